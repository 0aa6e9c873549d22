"""Operations that move entries: views, slices, selections by index, joining, scattering, and tensors made from nothing."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.scipy.linalg import block_diag as block_diag_of_jax

from axiomkd.tracing.aten.table import array, cast, is_array, row, unless

END = 2**63 - 1  # torch's "to the end"


@row("view", "_unsafe_view")
def view(to, self, size=None, shape=None, stride=None):
    return jnp.reshape(self, to.shape)


@row("expand")
def expand(to, self, size, implicit=False):
    return jnp.broadcast_to(self, to.shape)


@row("permute")
def permute(to, self, dims):
    return jnp.transpose(self, [d % self.ndim for d in dims])


@row("transpose")
def transpose(to, self, dim0, dim1):
    return jnp.swapaxes(self, dim0, dim1) if self.ndim else self


@row("t")
def t(to, self):
    return self.T


@row("squeeze")
def squeeze(to, self, dim=None):
    return jnp.reshape(self, to.shape)


@row("unsqueeze")
def unsqueeze(to, self, dim):
    return jnp.expand_dims(self, dim)


def _along(x, dim, what):
    return (slice(None),) * (dim % x.ndim) + (what,)


def _range(start, end, step):
    return slice(start, None if isinstance(end, int) and end == END else end, step)


@row("select")
def select(to, self, dim, index):
    return self[_along(self, dim, index)]


@row("slice")
def part(to, self, dim=0, start=None, end=None, step=1):
    return self[_along(self, dim, _range(start, end, step))]


@row("unbind")
def unbind(to, self, dim=0):
    return tuple(self[_along(self, dim, n)] for n in range(len(to.shapes)))


@row("split", "split_with_sizes")
def split(to, self, split_size=None, split_sizes=None, dim=0):
    out, start = [], 0
    for shape in to.shapes:
        stop = start + shape[dim % self.ndim]
        out.append(self[_along(self, dim, slice(start, stop))])
        start = stop
    return tuple(out)


@row("index_select")
def index_select(to, self, dim, index):
    return jnp.take(self, index, axis=dim)


@row("index")
def index(to, self, indices):
    unless(any(i is not None and i.dtype == bool for i in indices), "taking entries by a mask")
    return self[tuple(slice(None) if i is None else i for i in indices)]


@row("gather")
def gather(to, self, dim, index, sparse_grad=False):
    return self[_places(index, dim)]


def _places(index, dim):
    """Index arrays for entries along an axis, each at its own place on the others."""
    grid = [jnp.arange(n).reshape((-1,) + (1,) * (index.ndim - 1 - a)) for a, n in enumerate(index.shape)]
    grid[dim % index.ndim] = index
    return tuple(jnp.broadcast_arrays(*grid))


def _one_of_each(index, self, dim):
    """Whether an index names one entry along an axis at every place of the others."""
    return index.ndim > 0 and index.shape == tuple(1 if a == dim % self.ndim else n for a, n in enumerate(self.shape))


def _numbered(self, dim, dtype):
    """The places along an axis, 1 on the others."""
    return jnp.arange(self.shape[dim], dtype=dtype).reshape(
        [-1 if a == dim % self.ndim else 1 for a in range(self.ndim)]
    )


@row("scatter")
def scatter(to, self, dim, index, src=None, value=None, reduce=None):
    what = value if src is None else src[tuple(slice(0, n) for n in index.shape)]
    if _one_of_each(index, self, dim):  # as votes are written: a choice entry by entry, which proofs see through
        what = _within(what, self)
        put = {None: what, "add": self + what, "multiply": self * what}[reduce]
        return jnp.where(_numbered(self, dim, index.dtype) == index, put, self)
    places = self.at[_places(index, dim)]
    put = {None: places.set, "add": places.add, "multiply": places.multiply}[reduce]
    return put(_within(what, self))


@row("scatter_reduce")
def scatter_reduce(to, self, dim, index, src, reduce, include_self=True):
    unless(reduce == "mean", "`scatter_reduce` by means")
    places, put = _places(index, dim), {"sum": "add", "prod": "multiply", "amax": "max", "amin": "min"}[reduce]
    if not include_self:  # what is written to starts from what changes nothing
        self = self.at[places].set(array({"sum": 0, "prod": 1, "amax": -jnp.inf, "amin": jnp.inf}[reduce], to.dtype))
    return getattr(self.at[places], put)(src[tuple(slice(0, n) for n in index.shape)])


@row("scatter_add")
def scatter_add(to, self, dim, index, src):
    return self.at[_places(index, dim)].add(cast(src[tuple(slice(0, n) for n in index.shape)], self.dtype))


@row("index_add")
def index_add(to, self, dim, index, source, alpha=1):
    return self.at[_along(self, dim, index)].add(cast(source if alpha == 1 else alpha * source, self.dtype))


@row("index_fill")
def index_fill(to, self, dim, index, value):
    return self.at[_along(self, dim, index)].set(_within(value, self))


@row("index_copy")
def index_copy(to, self, dim, index, source):
    return self.at[_along(self, dim, index)].set(source)


@row("take")
def take(to, self, index):
    return jnp.ravel(self)[index]


@row("bucketize", "searchsorted")
def bucketize(
    to, self, boundaries: Any = None, sorted_sequence: Any = None, right=False, out_int32=False, side=None, sorter=None
):
    """How many of the ascending boundaries are below (or at, from the right), NaN being above all."""
    unless(sorter is not None, "`searchsorted` through a `sorter`")
    bounds = boundaries if sorted_sequence is None else sorted_sequence
    x = array(self, bounds.dtype) if not is_array(self) else self
    above = bounds[..., None, :] if bounds.ndim > 1 else bounds
    passed = ~(above > x[..., None]) if right or side == "right" else ~(above >= x[..., None])
    return jnp.sum(passed, axis=-1, dtype=to.dtype)


def _within(what, self):
    return cast(what, self.dtype) if is_array(what) else array(what, self.dtype)


@row("index_put")
def index_put(to, self, indices, values, accumulate=False):
    masks = [i for i in indices if i is not None and i.dtype == bool]
    if not masks:
        places = self.at[tuple(slice(None) if i is None else i for i in indices)]
        return (places.add if accumulate else places.set)(cast(values, self.dtype))
    unless(len(indices) > 1 or accumulate or values.ndim > 0, "putting several values by a mask")
    mask = masks[0].reshape(masks[0].shape + (1,) * (self.ndim - masks[0].ndim))
    return jnp.where(mask, cast(values, self.dtype), self)


@row("select_scatter")
def select_scatter(to, self, src, dim, index):
    return self.at[_along(self, dim, index)].set(cast(src, self.dtype))


@row("slice_scatter")
def slice_scatter(to, self, src, dim=0, start=None, end=None, step=1):
    return self.at[_along(self, dim, _range(start, end, step))].set(cast(src, self.dtype))


@row("copy")
def copy(to, self, src):
    return jnp.broadcast_to(cast(src, to.dtype), to.shape)


@row("fill")
def fill(to, self, value):
    return jnp.broadcast_to(array(value, to.dtype), to.shape)


@row("cat")
def cat(to, tensors, dim=0):
    # An empty vector joins anything, as torch has it.
    real = [x for x in tensors if x.ndim != 1 or is_symbolic(x.shape[0]) or x.shape[0] != 0] or tensors
    return jnp.concatenate([cast(x, to.dtype) for x in real], axis=dim)


def is_symbolic(n) -> bool:
    return not isinstance(n, int)


@row("stack")
def stack(to, tensors, dim=0):
    return jnp.stack([cast(x, to.dtype) for x in tensors], axis=dim)


@row("flip")
def flip(to, self, dims):
    return jnp.flip(self, tuple(dims))


@row("roll")
def roll(to, self, shifts, dims=()):
    return jnp.roll(self, tuple(shifts), tuple(dims)) if dims else jnp.roll(self, shifts[0])


@row("rot90")
def rot90(to, self, k=1, dims=(0, 1)):
    return jnp.rot90(self, k, tuple(dims))


@row("unfold")
def unfold(to, self, dimension, size, step):
    n = self.shape[dimension % self.ndim]
    unless(is_symbolic(n), "`unfold` at symbolic sizes")
    parts = [self[_along(self, dimension, slice(a, a + size))] for a in range(0, n - size + 1, step)]
    return jnp.stack([jnp.moveaxis(one, dimension % self.ndim, -1) for one in parts], axis=dimension % self.ndim)


@row("repeat")
def repeat(to, self, repeats):
    return jnp.tile(self, tuple(repeats))


@row("tril")
def tril(to, self, diagonal=0):
    return jnp.tril(self, diagonal)


@row("triu")
def triu(to, self, diagonal=0):
    return jnp.triu(self, diagonal)


@row("diagonal", "diagonal_copy")
def diagonal(to, self, offset=0, dim1=0, dim2=1):
    return jnp.diagonal(self, offset, dim1, dim2)


@row("diagonal_scatter")
def diagonal_scatter(to, self, src, offset=0, dim1=0, dim2=1):
    unless(self.ndim != 2 or (offset, dim1 % 2, dim2 % 2) != (0, 0, 1), "`diagonal_scatter` off the diagonal")
    n = jnp.arange(src.shape[0])
    return self.at[n, n].set(cast(src, to.dtype))


@row("block_diag")
def block_diag(to, tensors):
    return cast(block_diag_of_jax(*(cast(x, to.dtype) for x in tensors)), to.dtype)


@row("diag_embed")
def diag_embed(to, self, offset=0, dim1=-2, dim2=-1):
    unless((offset, dim1, dim2) != (0, -2, -1), "`diag_embed` off the last axes")
    return jnp.where(jnp.eye(self.shape[-1], dtype=bool), self[..., None], array(0, self.dtype))


@row("constant_pad_nd")
def pad(to, self, pad, value=0):
    unless(any(n < 0 for n in pad), "negative padding")
    pairs = [(pad[n], pad[n + 1]) for n in range(0, len(pad), 2)][::-1]
    return jnp.pad(self, [(0, 0)] * (self.ndim - len(pairs)) + pairs, constant_values=value)


# --- made from nothing ---------------------------------------------------------------------------------------------------


@row("zeros", "zeros_like", "new_zeros", "zero")
def zeros(to, self=None, size=None):
    return jnp.zeros(to.shape, to.dtype)


@row("ones", "ones_like", "new_ones")
def ones(to, self=None, size=None):
    return jnp.ones(to.shape, to.dtype)


@row("full", "full_like", "new_full", "scalar_tensor")
def full(to, self=None, size=None, fill_value=None, s=None):
    return jnp.broadcast_to(array(fill_value if s is None else s, to.dtype), to.shape)


@row("empty", "empty_like", "new_empty")
def empty(to, self=None, size=None, stride=None):
    """NaN, so that what reads entries before it has written them is seen."""
    number = jnp.nan if jnp.issubdtype(to.dtype, jnp.floating) else 0
    return jnp.full(to.shape, number, to.dtype)


@row("arange")
def arange(to, end, start=0, step=1):
    if all(isinstance(n, int | float) for n in (start, end, step)):
        return jnp.arange(start, end, step, dtype=to.dtype)
    unless(not isinstance(step, int) or step != 1, "`arange` with steps at symbolic sizes")
    from_zero = isinstance(start, int) and start == 0
    return jnp.arange(end, dtype=to.dtype) if from_zero else jnp.arange(end - start, dtype=to.dtype) + start


@row("linspace")
def linspace(to, start, end, steps):
    return jnp.linspace(start, end, steps, dtype=to.dtype)


@row("logspace")
def logspace(to, start, end, steps, base=10.0):
    return jnp.logspace(start, end, steps, base=base, dtype=to.dtype)


@row("tril_indices")
def tril_indices(to, row, col, offset=0):
    return jnp.stack(jnp.tril_indices(row, offset, col)).astype(to.dtype)


@row("triu_indices")
def triu_indices(to, row, col, offset=0):
    return jnp.stack(jnp.triu_indices(row, offset, col)).astype(to.dtype)


@row("eye")
def eye(to, n, m=None):
    return jnp.eye(n, n if m is None else m, dtype=to.dtype)
