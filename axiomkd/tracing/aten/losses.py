"""Operations that losses come to: the logarithm at a label."""

from __future__ import annotations

import jax.numpy as jnp

from axiomkd.tracing.aten.table import row

NONE, MEAN = 0, 1  # torch's numbers for `reduction`; the third is the sum


@row("nll_loss_forward", "nll_loss2d_forward")
def nll_loss(to, self, target, weight=None, reduction=MEAN, ignore_index=-100):
    """−weight[y]·self[.., y, ..]; what is to be ignored is 0, and does not count in the mean."""
    axis = 0 if self.ndim == 1 else 1
    classes = jnp.arange(self.shape[axis]).reshape((-1,) + (1,) * (self.ndim - 1 - axis))
    label = jnp.expand_dims(target, axis)
    chosen = (label == classes) & (label != ignore_index)
    each = jnp.ones(self.shape[axis]) if weight is None else weight
    shares = jnp.where(chosen, each.reshape(classes.shape).astype(to.dtype), 0.0)
    lost = jnp.sum(jnp.where(chosen, -self, 0.0) * shares, axis=axis)
    total = jnp.sum(shares)
    if reduction == NONE:
        return lost, jnp.zeros((), to.dtype)
    return (jnp.sum(lost) / total if reduction == MEAN else jnp.sum(lost)), total
