"""Exact rules that only move elements: reshaping, slicing, padding, gathering, scattering.

They run on any array, real or whole, by plain NumPy: running JAX's own primitives on element numbers would also do, and
compile once a shape. The file refuses to know what an element is; a scatter that combines asks for a function of two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import is_real, object_array
from axiomkd.tracing.walk import Equation, Rule, unsupported


def broadcast_in_dim(equation: Equation, x: np.ndarray, *_: np.ndarray) -> np.ndarray:
    shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
    aligned = [1] * len(shape)
    for axis, place in enumerate(places):
        aligned[place] = x.shape[axis]
    return np.broadcast_to(x.reshape(aligned), shape)


def reshape(equation: Equation, x: np.ndarray, *_: np.ndarray) -> np.ndarray:
    order = equation.params.get("dimensions")
    return (x if order is None else x.transpose(order)).reshape(equation.params["new_sizes"])


def transpose(equation: Equation, x: np.ndarray) -> np.ndarray:
    return x.transpose(equation.params["permutation"])


def squeeze(equation: Equation, x: np.ndarray) -> np.ndarray:
    return x.reshape(equation.outvars[0].aval.shape)


def rev(equation: Equation, x: np.ndarray) -> np.ndarray:
    return np.flip(x, tuple(equation.params["dimensions"]))


def tile(equation: Equation, x: np.ndarray) -> np.ndarray:
    return np.tile(x, equation.params["reps"])


def concatenate(equation: Equation, *xs: np.ndarray) -> np.ndarray:
    return np.concatenate(xs, axis=int(equation.params["dimension"]))


def stack(equation: Equation, *xs: np.ndarray) -> np.ndarray:
    return np.stack(xs, axis=int(equation.params["axis"]))


def unstack(equation: Equation, x: np.ndarray) -> list[np.ndarray]:
    axis = int(equation.params["axis"])
    return [x[(slice(None),) * axis + (place, ...)] for place in range(x.shape[axis])]


def split(equation: Equation, x: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum(equation.params["sizes"])[:-1]
    return list(np.split(x, ends, axis=equation.params["axis"]))


def iota(equation: Equation) -> np.ndarray:
    shape, axis, dtype = (equation.params[name] for name in ("shape", "dimension", "dtype"))
    aligned = [shape[axis] if place == axis else 1 for place in range(len(shape))]
    counted = np.broadcast_to(np.arange(shape[axis]).reshape(aligned), shape)
    return object_array(counted) if is_real(dtype) else counted.astype(dtype)


def slice_(equation: Equation, x: np.ndarray) -> np.ndarray:
    starts, limits = equation.params["start_indices"], equation.params["limit_indices"]
    strides = equation.params["strides"] or (1,) * x.ndim
    return x[tuple(slice(*bounds) for bounds in zip(starts, limits, strides, strict=True))]


def _window(shape: tuple[int, ...], sizes: tuple[int, ...], starts: tuple[np.ndarray, ...]) -> tuple[slice, ...]:
    """The window of those sizes, moved inward where it would leave the array."""
    moved = (min(max(int(start), 0), n - size) for n, size, start in zip(shape, sizes, starts, strict=True))
    return tuple(slice(start, start + size) for start, size in zip(moved, sizes, strict=True))


def dynamic_slice(equation: Equation, x: np.ndarray, *starts: np.ndarray) -> np.ndarray:
    return x[_window(x.shape, equation.params["slice_sizes"], starts[: x.ndim])]


def dynamic_update_slice(_equation: Equation, x: np.ndarray, update: np.ndarray, *starts: np.ndarray) -> np.ndarray:
    out = x.copy()
    out[_window(x.shape, update.shape, starts)] = update
    return out


def pad(equation: Equation, x: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Gaps between elements, then borders; a negative border cuts off."""
    config = equation.params["padding_config"]
    spread = [max(n + (n - 1) * gap, 0) for n, (_, _, gap) in zip(x.shape, config, strict=True)]
    borders = [(max(low, 0), max(high, 0)) for low, high, _ in config]
    shape = [low + n + high for n, (low, high) in zip(spread, borders, strict=True)]
    out = np.empty(shape, dtype=x.dtype)
    out[...] = value
    inside = zip(spread, borders, config, strict=True)
    out[tuple(slice(low, low + n, gap + 1) for n, (low, _), (_, _, gap) in inside)] = x
    cuts = zip(shape, config, strict=True)
    return out[tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high, _) in cuts)]


# ---- gather and scatter


def gathered_places(
    shape: tuple[int, ...], indices: np.ndarray, dimensions: Any, sizes: tuple[int, ...], clip: bool
) -> np.ndarray:
    """The flat place in an array of that shape of every element of a gather's result; −1 where it is outside."""
    rank, batch = len(shape), indices.shape[:-1]
    starts = np.zeros((*batch, rank), dtype=np.int64)
    for column, axis in enumerate(dimensions.start_index_map):
        starts[..., axis] = indices[..., column]
    paired = zip(dimensions.operand_batching_dims, dimensions.start_indices_batching_dims, strict=True)
    for axis, batch_axis in paired:
        counted = np.arange(batch[batch_axis])
        starts[..., axis] = counted.reshape([-1 if place == batch_axis else 1 for place in range(len(batch))])
    limits = np.array(shape, dtype=np.int64) - np.array(sizes, dtype=np.int64)
    inside = np.all((starts >= 0) & (starts <= limits), axis=-1) if rank else np.ones(batch, dtype=bool)
    starts = np.clip(starts, 0, np.maximum(limits, 0))
    strides = np.cumprod((1, *shape[:0:-1]))[::-1] if rank else np.zeros(0, dtype=np.int64)
    within = np.tensordot(strides, np.indices(sizes), axes=1) if rank else np.zeros((), dtype=np.int64)
    places = (starts @ strides).reshape(*batch, *(1,) * rank) + within
    if not clip:
        places = np.where(inside.reshape(*batch, *(1,) * rank), places, -1)
    return _with_window_axes(places, len(batch), dimensions)


def _with_window_axes(places: np.ndarray, batch_rank: int, dimensions: Any) -> np.ndarray:
    """Places with the window's single axes dropped and its other axes moved to where the result has them."""
    dropped = (*dimensions.collapsed_slice_dims, *dimensions.operand_batching_dims)
    places = places.squeeze(tuple(batch_rank + axis for axis in dropped))
    windows = range(batch_rank, places.ndim)
    return np.moveaxis(places, tuple(windows), tuple(dimensions.offset_dims))


def _clips(equation: Equation) -> bool:
    """Whether an index outside is moved inward; elsewhere it fills, or drops its update."""
    return "FILL" not in str(equation.params["mode"]).upper()


def gather(equation: Equation, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    params = equation.params
    sizes = tuple(params["slice_sizes"])
    places = gathered_places(x.shape, indices, params["dimension_numbers"], sizes, _clips(equation))
    outside = places < 0
    if not outside.any():
        return x.reshape(-1)[places] if places.ndim else x.reshape(-1)[places, ...]
    taken = x.reshape(-1)[np.where(outside, 0, places).reshape(-1)] if x.size else np.empty(places.size, x.dtype)
    out = taken.reshape(places.shape)
    out[outside] = _fill(params["fill_value"], x.dtype)
    return out


def _fill(value: Any, dtype: np.dtype) -> Any:
    """What stands for an element outside: JAX's choice for the type where the user made none."""
    if dtype.kind == "O":
        return numbers.NAN if value is None else numbers.number(value)
    if value is not None:
        return value
    return True if dtype.kind == "b" else np.iinfo(dtype).max if dtype.kind == "u" else np.iinfo(dtype).min


class _ScatterAsGather:
    """A scatter's dimension numbers read as those of the gather that fetches what it updates."""

    def __init__(self, dimensions: Any):
        self.offset_dims = dimensions.update_window_dims
        self.collapsed_slice_dims = dimensions.inserted_window_dims
        self.start_index_map = dimensions.scatter_dims_to_operand_dims
        self.operand_batching_dims = dimensions.operand_batching_dims
        self.start_indices_batching_dims = dimensions.scatter_indices_batching_dims

    def sizes(self, rank: int, update: tuple[int, ...]) -> tuple[int, ...]:
        """The window's size along every axis of the operand."""
        single = {*self.collapsed_slice_dims, *self.operand_batching_dims}
        windows = iter([update[axis] for axis in self.offset_dims])
        return tuple(1 if axis in single else next(windows) for axis in range(rank))


def replaces(update: Any) -> bool:
    """Whether a scatter's function gives the new value: none at all, or one that returns its second argument."""
    if update is None:
        return True
    inner = getattr(update, "jaxpr", update)
    return not inner.eqns and list(inner.outvars) == [inner.invars[1]]


def scatter(combine: Callable[..., Any] | None, whole: Callable[..., Any] | None = None) -> Rule:
    """A scatter that combines the old element with the update, or replaces it where combine is None."""

    def rule(equation: Equation, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
        if combine is None and not replaces(equation.params.get("update_jaxpr")):
            raise unsupported(equation, "with a function of its own")  # x.at[i].apply(f)
        dimensions = _ScatterAsGather(equation.params["dimension_numbers"])
        sizes = dimensions.sizes(x.ndim, updates.shape)
        places = gathered_places(x.shape, indices, dimensions, sizes, _clips(equation))
        out = x.reshape(-1).copy()
        function = combine if x.dtype == object else whole
        for place, update in zip(places.reshape(-1), updates.reshape(-1), strict=True):
            if place >= 0:
                out[place] = update if function is None else function(out[place], update)
        return out.reshape(x.shape)

    return rule


RULES: dict[str, Rule] = {
    "broadcast_in_dim": broadcast_in_dim,
    "reshape": reshape,
    "transpose": transpose,
    "squeeze": squeeze,
    "expand_dims": squeeze,
    "rev": rev,
    "tile": tile,
    "concatenate": concatenate,
    "split": split,
    "stack": stack,
    "unstack": unstack,
    "iota": iota,
    "slice": slice_,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "pad": pad,
    "gather": gather,
    "scatter": scatter(None),
    "scatter-add": scatter(numbers.add, np.add),
    "scatter_add": scatter(numbers.add, np.add),
    "scatter-sub": scatter(numbers.sub, np.subtract),
    "scatter_sub": scatter(numbers.sub, np.subtract),
    "scatter-mul": scatter(numbers.mul, np.multiply),
    "scatter_mul": scatter(numbers.mul, np.multiply),
    "scatter-max": scatter(numbers.maximum, np.maximum),
    "scatter_max": scatter(numbers.maximum, np.maximum),
    "scatter-min": scatter(numbers.minimum, np.minimum),
    "scatter_min": scatter(numbers.minimum, np.minimum),
}
