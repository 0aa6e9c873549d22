"""Training losses, checked by the distribution that each of them pulls its student to: of both, the linear pool."""

import jax
import jax.numpy as jnp

from axiomkd import operator


@operator(outputs="loss", inputs="logits", name="distilled")
def distilled(student, teachers, w, T):
    """Σ_k w_k T² KL(softmax(z_k/T)‖softmax(z/T)), as in most code."""
    log_s = jax.nn.log_softmax(student / T)
    log_p = jax.nn.log_softmax(teachers / T, axis=-1)
    return T**2 * jnp.sum(w * jnp.sum(jnp.exp(log_p) * (log_p - log_s), axis=-1))


@operator(outputs="loss", layout="B K C", name="cross-entropies")
def cross_entropies(student, teachers, w):
    """The mean over a batch of weighted cross-entropies."""
    each = -jnp.sum(teachers * jax.nn.log_softmax(student)[:, None], axis=-1)
    return jnp.mean(each @ w)
