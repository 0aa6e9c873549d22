"""Operations over axes: sums, products, extremes, means, norms, the softmax and its kin, running sums."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from axiomkd.tracing.aten.table import OPEN, NoRow, array, axes, cast, row, unless


@row("sum")
def total(to, self, dim=None, keepdim=False, dtype=None):
    return jnp.sum(array(self, to.dtype), axis=axes(dim), keepdims=keepdim)


@row("nansum")
def nansum(to, self, dim=None, keepdim=False, dtype=None):
    return jnp.nansum(array(self, to.dtype), axis=axes(dim), keepdims=keepdim)


@row("mean")
def mean(to, self, dim=None, keepdim=False, dtype=None):
    return jnp.mean(array(self, to.dtype), axis=axes(dim), keepdims=keepdim)


@row("prod")
def prod(to, self, dim=None, keepdim=False, dtype=None):
    return jnp.prod(array(self, to.dtype), axis=axes(dim), keepdims=keepdim)


@row("amax")
def amax(to, self, dim=(), keepdim=False):
    return jnp.max(self, axis=axes(dim), keepdims=keepdim)


@row("amin")
def amin(to, self, dim=(), keepdim=False):
    return jnp.min(self, axis=axes(dim), keepdims=keepdim)


@row("aminmax")
def aminmax(to, self, dim=None, keepdim=False):
    return amin(to, self, axes(dim), keepdim), amax(to, self, axes(dim), keepdim)


@row("all")
def every(to, self, dim=None, keepdim=False):
    return jnp.all(self, axis=axes(dim), keepdims=keepdim)


@row("any")
def some(to, self, dim=None, keepdim=False):
    return jnp.any(self, axis=axes(dim), keepdims=keepdim)


@row("count_nonzero")
def count_nonzero(to, self, dim=None):
    return jnp.sum(self != 0, axis=axes(dim), dtype=to.dtype)


def _correction(unbiased, correction):
    if unbiased is not None:
        return int(unbiased)
    return 1 if correction is None else correction


@row("var")
def var(to, self, dim=None, unbiased=None, correction=None, keepdim=False):
    return jnp.var(self, axis=axes(dim), ddof=_correction(unbiased, correction), keepdims=keepdim)


@row("std")
def std(to, self, dim=None, unbiased=None, correction=None, keepdim=False):
    return jnp.sqrt(var(to, self, dim, unbiased, correction, keepdim))


@row("var_mean")
def var_mean(to, self, dim=None, unbiased=None, correction=None, keepdim=False):
    return var(to, self, dim, unbiased, correction, keepdim), mean(to, self, dim, keepdim)


@row("std_mean")
def std_mean(to, self, dim=None, unbiased=None, correction=None, keepdim=False):
    return std(to, self, dim, unbiased, correction, keepdim), mean(to, self, dim, keepdim)


@row("linalg_vector_norm")
def vector_norm(to, self, ord=2, dim=None, keepdim=False, dtype=None):
    x, over = array(self, to.dtype), {"axis": axes(dim), "keepdims": keepdim}
    unless(not jnp.issubdtype(x.dtype, jnp.floating), "a norm of complex numbers")
    return _norm(x, float(ord), over)


def _norm(x, p, over):
    match p:
        case 2.0:
            return jnp.sqrt(jnp.sum(jnp.square(x), **over))
        case 1.0:
            return jnp.sum(jnp.abs(x), **over)
        case 0.0:
            return jnp.sum(x != 0, **over).astype(x.dtype)
        case p if p == float("inf"):
            return jnp.max(jnp.abs(x), **over)
        case p if p == float("-inf"):
            return jnp.min(jnp.abs(x), **over)
        case p:
            return jnp.sum(jnp.abs(x) ** p, **over) ** (1 / p)


@row("norm")
def norm(to, self, p=2, dim=None, keepdim=False, dtype=None):
    return _norm(array(self, to.dtype), 2.0 if p is None else float(p), {"axis": axes(dim), "keepdims": keepdim})


@row("dist")
def dist(to, self, other, p=2):
    return _norm(self - other, float(p), {})


@row("_cdist_forward")
def cdist(to, x1, x2, p=2, compute_mode=None):
    return _norm(x1[..., :, None, :] - x2[..., None, :, :], float(p), {"axis": -1})


@row("_pdist_forward")
def pdist(to, self, p=2):
    first, second = jnp.triu_indices(self.shape[0], 1)
    return _norm(self[first] - self[second], float(p), {"axis": -1})


@row("_softmax")
def softmax(to, self, dim, half_to_float=False):
    return _wide(jax.nn.softmax, to, self, dim)


def _wide(fn, to, self, dim):
    """Of an axis as torch has it in half precision: computed in float32 and rounded once, at the end."""
    wide = jnp.float32 if to.dtype.itemsize == 2 else to.dtype
    return cast(fn(cast(self, wide), axis=dim), to.dtype)


@row("_safe_softmax")
def safe_softmax(to, self, dim, dtype=None):
    """The softmax, and nothing at all where every entry is −inf."""
    ruled_out = jnp.all(jnp.isneginf(self), axis=dim, keepdims=True)
    return jnp.where(ruled_out, array(0, to.dtype), softmax(to, jnp.where(ruled_out, 0, self), dim))


@row("_log_softmax")
def log_softmax(to, self, dim, half_to_float=False):
    return _wide(jax.nn.log_softmax, to, self, dim)


@row("logsumexp")
def logsumexp(to, self, dim, keepdim=False):
    return jax.nn.logsumexp(cast(self, to.dtype), axis=axes(dim), keepdims=keepdim)


@row("cumsum")
def cumsum(to, self, dim, dtype=None):
    return jnp.cumsum(array(self, to.dtype), axis=dim)


@row("cumprod")
def cumprod(to, self, dim, dtype=None):
    return jnp.cumprod(array(self, to.dtype), axis=dim)


@row("cummax")
def cummax(to, self, dim):
    unless(to.used[1], OPEN.format("cummax"))
    return jax.lax.cummax(self, axis=dim % self.ndim), None


@row("cummin")
def cummin(to, self, dim):
    unless(to.used[1], OPEN.format("cummin"))
    return jax.lax.cummin(self, axis=dim % self.ndim), None


@row("logcumsumexp")
def logcumsumexp(to, self, dim):
    return jax.lax.cumlogsumexp(self, axis=dim % self.ndim)


@row("native_layer_norm")
def layer_norm(to, input, normalized_shape, weight=None, bias=None, eps=1e-5):
    over = tuple(range(-len(normalized_shape), 0))
    middle = jnp.mean(input, axis=over, keepdims=True)
    scale = 1 / jnp.sqrt(jnp.var(input, axis=over, keepdims=True) + eps)
    out = (input - middle) * scale
    out = out if weight is None else out * weight
    return (out if bias is None else out + bias), middle, scale


@row("native_group_norm")
def group_norm(to, input, N, C, HxW, group, eps, weight=None, bias=None):
    rows = jnp.reshape(input, (N, group, -1))
    middle = jnp.mean(rows, axis=2, keepdims=True)
    scale = 1 / jnp.sqrt(jnp.var(rows, axis=2, keepdims=True) + eps)
    out, place = jnp.reshape((rows - middle) * scale, input.shape), (1, -1) + (1,) * (input.ndim - 2)
    out = out if weight is None else out * weight.reshape(place)
    return (out if bias is None else out + bias.reshape(place)), middle[..., 0], scale[..., 0]


@row("native_batch_norm")
def batch_norm(
    to, input, training, running_mean=None, running_var=None, weight=None, bias=None, momentum=0.1, eps=1e-5
):
    if training or running_mean is None or running_var is None:
        raise NoRow("`batch_norm` in training, which mixes its batch")
    unless(any(to.used[1:]), "the statistics of `batch_norm`")
    place = (1, -1) + (1,) * (input.ndim - 2)
    out = (input - running_mean.reshape(place)) / jnp.sqrt(running_var.reshape(place) + eps)
    out = out if weight is None else out * weight.reshape(place)
    return (out if bias is None else out + bias.reshape(place)), None, None
