"""Operations by order: the place of an extreme, sorting, the median. Where torch leaves open which of equal entries is meant, and
that is asked, there is no row.

torch's documentation names the first of equal extremes for argmax, argmin, max and min; of sort, topk, kthvalue and median it
says that places of equal entries are not determined (unless `stable=True`).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from axiomkd.tracing.aten.table import OPEN, NoRow, cast, row, unless


@row("argmax")
def argmax(to, self, dim=None, keepdim=False):
    return jnp.argmax(self, axis=dim, keepdims=keepdim).astype(to.dtype)


@row("argmin")
def argmin(to, self, dim=None, keepdim=False):
    return jnp.argmin(self, axis=dim, keepdims=keepdim).astype(to.dtype)


@row("max")
def largest(to, self, dim=None, keepdim=False, other=None):
    if other is not None:
        return jnp.maximum(cast(self, to.dtype), cast(other, to.dtype))
    if dim is None:
        return jnp.max(self)
    return jnp.max(self, axis=dim, keepdims=keepdim), _place(to, argmax, self, dim, keepdim)


@row("min")
def least(to, self, dim=None, keepdim=False, other=None):
    if other is not None:
        return jnp.minimum(cast(self, to.dtype), cast(other, to.dtype))
    if dim is None:
        return jnp.min(self)
    return jnp.min(self, axis=dim, keepdims=keepdim), _place(to, argmin, self, dim, keepdim)


def _place(to, place, self, dim, keepdim):
    return place(to, self, dim, keepdim).astype(to.dtypes[1]) if to.used[1] else None


@row("sort")
def sort(to, self, dim=-1, descending=False, stable=None):
    values = jnp.sort(self, axis=dim, descending=descending)
    if not to.used[1]:
        return values, None
    unless(not stable, OPEN.format("sort"))
    return values, jnp.argsort(self, axis=dim, descending=descending, stable=True).astype(to.dtypes[1])


@row("topk")
def topk(to, self, k, dim=-1, largest=True, sorted=True):
    unless(to.used[1], OPEN.format("topk"))
    unless(not sorted, "the order of `topk(sorted=False)`")
    moved = jnp.moveaxis(self, dim, -1)
    values = jax.lax.top_k(moved, k)[0] if largest else -jax.lax.top_k(-moved, k)[0]
    return jnp.moveaxis(values, -1, dim), None


@row("kthvalue")
def kthvalue(to, self, k, dim=-1, keepdim=False):
    unless(to.used[1], OPEN.format("kthvalue"))
    return _entry(self, k - 1, dim, keepdim), None


@row("median")
def median(to, self, dim=None, keepdim=False):
    """The lower of two middle entries, NaN where there is one."""
    if dim is None:
        flat = jnp.ravel(self)
        return _with_nan(flat, _entry(flat, (flat.shape[0] - 1) // 2, 0, False), 0, False)
    unless(to.used[1], OPEN.format("median"))
    found = _entry(self, (self.shape[dim] - 1) // 2, dim, keepdim)
    return _with_nan(self, found, dim, keepdim), None


def _with_nan(x, found, dim, keepdim):
    return jnp.where(jnp.any(jnp.isnan(x), axis=dim, keepdims=keepdim), jnp.nan, found)


def _entry(x, n, dim, keepdim):
    """The n-th smallest along an axis."""
    if x.ndim == 0:
        raise NoRow("the order of a single number")
    taken = jnp.take(jnp.sort(x, axis=dim), n, axis=dim)
    return jnp.expand_dims(taken, dim) if keepdim else taken
