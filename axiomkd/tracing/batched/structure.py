"""What moves entries about and computes nothing: shapes, slices, gathers and scatters, places out of range as JAX documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axiomkd.tracing.batched.machine import Rule, Run, Unknown, Value


def _broadcast(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
    shape, to = equation.params["shape"], equation.params["broadcast_dimensions"]
    laid = [1] * len(shape)
    for d, n in zip(to, x.shape[1:], strict=True):
        laid[d] = n
    return np.broadcast_to(x.reshape(len(x), *laid), (len(x), *shape))


def _reshape(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
    if equation.params.get("dimensions") is not None:
        x = x.transpose(0, *(d + 1 for d in equation.params["dimensions"]))
    return x.reshape(len(x), *equation.params["new_sizes"])


def _to_declared(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
    """Axes of length 1 come and go."""
    return x.reshape(len(x), *equation.outvars[0].aval.shape)


def _transpose(_run: Run, equation: Any, x: Value) -> Value:
    return x.transpose(0, *(d + 1 for d in equation.params["permutation"]))


def _rev(_run: Run, equation: Any, x: Value) -> Value:
    return np.flip(x, tuple(d + 1 for d in equation.params["dimensions"]))


def _slice(_run: Run, equation: Any, x: Value) -> Value:
    p = equation.params
    steps = p["strides"] or (1,) * len(p["start_indices"])
    return x[(slice(None), *map(slice, p["start_indices"], p["limit_indices"], steps))]


def _concatenate(_run: Run, equation: Any, *xs: Value) -> Value:
    points = max(len(x) for x in xs)
    return np.concatenate(
        [np.broadcast_to(x, (points, *x.shape[1:])) for x in xs], axis=equation.params["dimension"] + 1
    )


def _stack(_run: Run, equation: Any, *xs: Value) -> Value:
    points = max(len(x) for x in xs)
    return np.stack([np.broadcast_to(x, (points, *x.shape[1:])) for x in xs], axis=equation.params["axis"] + 1)


def _unstack(_run: Run, equation: Any, x: Value) -> list[Value]:
    return list(np.moveaxis(x, equation.params["axis"] + 1, 0))


def _split(_run: Run, equation: Any, x: Value) -> list[Value]:
    ends = np.cumsum(equation.params["sizes"])[:-1]
    return np.split(x, ends, axis=equation.params["axis"] + 1)


def _pad(_run: Run, equation: Any, x: Value, filler: Value) -> Value:
    """Before, after, and between entries; a negative amount cuts off."""
    points = max(len(x), len(filler))
    x = np.broadcast_to(x, (points, *x.shape[1:]))
    for d, (low, high, between) in enumerate(equation.params["padding_config"], 1):
        n = x.shape[d]
        inner = n + between * max(n - 1, 0)
        spread = np.broadcast_to(
            filler.reshape(len(filler), *[1] * (x.ndim - 1)), (*x.shape[:d], inner, *x.shape[d + 1 :])
        ).copy()
        spread[_at(d, slice(0, inner, between + 1))] = x
        cut = spread[_at(d, slice(max(-low, 0), inner - max(-high, 0)))]
        room = [filler.reshape(len(filler), *[1] * (x.ndim - 1))] * 2
        ends = [
            np.broadcast_to(r, (points, *cut.shape[1:d], max(m, 0), *cut.shape[d + 1 :]))
            for r, m in zip(room, (low, high), strict=True)
        ]
        x = np.concatenate([ends[0], cut, ends[1]], axis=d)
    return x


def _at(axis: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, part)


def _iota(run: Run, equation: Any, *_: Value) -> Value:
    """Counts in its own type, and wraps there."""
    shape, d = equation.params["shape"], equation.params["dimension"]
    counted = np.arange(shape[d]).astype(run.dtype(equation.outvars[0].aval))
    return np.broadcast_to(counted.reshape([-1 if n == d else 1 for n in range(len(shape))]), shape)[None]


# --- places that are computed ------------------------------------------------------------------------------------------------


def _grid(shape: Sequence[int]) -> list[Value]:
    """For each axis the index along it, laid out so that all of them span the shape; the first axis is the points."""
    return list(np.ix_(*map(np.arange, shape)))


def _dynamic_starts(x: Value, starts: Sequence[Value], lengths: Sequence[int]) -> list[Value]:
    """Start places moved inside, so that the slice fits."""
    return [np.clip(s.astype(np.int64), 0, n - m) for s, n, m in zip(starts, x.shape[1:], lengths, strict=True)]


def _window(x: Value, starts: Sequence[Value], lengths: Sequence[int]) -> tuple[Value, ...]:
    """The index of the slice of these lengths at these starts, one a point."""
    points = max(len(x), *(len(s) for s in starts)) if starts else len(x)
    grid = _grid((points, *lengths))
    moved = [s.reshape(len(s), *[1] * len(lengths)) + g for s, g in zip(starts, grid[1:], strict=True)]
    return (grid[0] if len(x) > 1 else np.zeros_like(grid[0]), *moved)


def _dynamic_slice(_run: Run, equation: Any, x: Value, *starts: Value) -> Value:
    lengths = equation.params["slice_sizes"]
    places = _dynamic_starts(x, starts[: len(lengths)], lengths)
    if all(len(s) == 1 for s in places):  # one place for all points, as a row that is named by its number has
        return x[(slice(None), *(slice(int(s[0]), int(s[0]) + m) for s, m in zip(places, lengths, strict=True)))]
    return x[_window(x, places, lengths)]


def _dynamic_update_slice(_run: Run, _equation: Any, x: Value, part: Value, *starts: Value) -> Value:
    lengths = part.shape[1:]
    points = max(len(x), len(part), *(len(s) for s in starts)) if starts else max(len(x), len(part))
    out = np.broadcast_to(x, (points, *x.shape[1:])).copy()
    if not lengths:
        return np.broadcast_to(part, (points,))
    out[_window(out, _dynamic_starts(out, starts, lengths), lengths)] = part
    return out


def _mode(equation: Any) -> str:
    """clip, drop (what is out of range is left out, or filled) or promise (it is not)."""
    text = str(equation.params["mode"]).rsplit(".", 1)[-1].upper()
    for known, name in (("CLIP", "clip"), ("FILL", "drop"), ("DROP", "drop"), ("PROMISE", "promise"), ("0", "clip")):
        if known in text:
            return name
    raise Unknown(f"indices in mode {text}")


def _inside(starts: list[Value], rooms: Sequence[int], mode: str) -> tuple[list[Value], Value]:
    """The start places clipped to their rooms, and where all of them were inside."""
    fits = np.array(True)
    for s, room in zip(starts, rooms, strict=True):
        fits = fits & (s >= 0) & (s <= room)
    if mode == "promise" and not fits.all():
        raise Unknown("an index out of range that was promised to be in range")
    return [np.clip(s, 0, max(room, 0)) for s, room in zip(starts, rooms, strict=True)], fits


def _gather(_run: Run, equation: Any, x: Value, indices: Value) -> Value:
    how, lengths = equation.params["dimension_numbers"], equation.params["slice_sizes"]
    shape = equation.outvars[0].aval.shape
    points = max(len(x), len(indices))
    grid = _grid((points, *shape))
    batch = [d for d in range(len(shape)) if d not in how.offset_dims]
    gone = {*how.collapsed_slice_dims, *how.operand_batching_dims}
    offset = dict(zip((d for d in range(x.ndim - 1) if d not in gone), how.offset_dims, strict=True))
    row = grid[0] if len(indices) > 1 else np.zeros_like(grid[0])
    at = [row, *(grid[d + 1] for d in batch)]
    starts = [indices[(*at, n)].astype(np.int64) for n in range(len(how.start_index_map))]
    rooms = [x.shape[d + 1] - lengths[d] for d in how.start_index_map]
    mode = _mode(equation)
    starts, fits = _inside(starts, rooms, mode)
    places: list[Value] = [grid[0] if len(x) > 1 else np.zeros_like(grid[0])]
    batched = dict(zip(how.operand_batching_dims, how.start_indices_batching_dims, strict=True))
    for d in range(x.ndim - 1):
        place: Value = np.zeros(1, dtype=np.int64)
        if d in how.start_index_map:
            place = starts[how.start_index_map.index(d)]
        elif d in batched:
            place = grid[batch[batched[d]] + 1]
        places.append(place + grid[offset[d] + 1] if d in offset else place)
    out = np.broadcast_to(x[tuple(places)], (points, *shape))
    if mode == "drop":
        out = np.where(fits, out, _filler(equation, x.dtype))
    return out


def _filler(equation: Any, dtype: np.dtype) -> Value:
    """What stands for entries out of range: NaN, or the least whole number, or the greatest where there is no sign."""
    value = equation.params.get("fill_value")
    if value is None:
        kind = dtype.kind
        value = (
            True
            if kind == "b"
            else np.iinfo(dtype).min
            if kind == "i"
            else np.iinfo(dtype).max
            if kind == "u"
            else np.nan
        )
    return np.asarray(value).astype(dtype)


def _scatter(combine: Any) -> Rule:
    """Updates at computed places, by a NumPy ufunc, or set (None); what does not fit is left out."""

    def rule(_run: Run, equation: Any, x: Value, indices: Value, updates: Value) -> Value:
        if combine is None and _computes(equation.params.get("update_jaxpr")):
            raise Unknown("values changed in place by a function")
        how = equation.params["dimension_numbers"]
        points = max(len(x), len(indices), len(updates))
        out = np.broadcast_to(x, (points, *x.shape[1:])).copy()
        updates = np.broadcast_to(updates, (points, *updates.shape[1:]))
        grid = _grid(updates.shape)
        batch = [d for d in range(updates.ndim - 1) if d not in how.update_window_dims]
        gone = {*how.inserted_window_dims, *how.operand_batching_dims}
        window = dict(zip((d for d in range(x.ndim - 1) if d not in gone), how.update_window_dims, strict=True))
        row = grid[0] if len(indices) > 1 else np.zeros_like(grid[0])
        at = [row, *(grid[d + 1] for d in batch)]
        to = list(how.scatter_dims_to_operand_dims)
        starts = [indices[(*at, n)].astype(np.int64) for n in range(len(to))]
        rooms = [x.shape[d + 1] - (updates.shape[window[d] + 1] if d in window else 1) for d in to]
        mode = _mode(equation)
        starts, fits = _inside(starts, rooms, mode)
        batched = dict(zip(how.operand_batching_dims, how.scatter_indices_batching_dims, strict=True))
        places: list[Value] = [grid[0]]
        for d in range(x.ndim - 1):
            place: Value = np.zeros(1, dtype=np.int64)
            if d in to:
                place = starts[to.index(d)]
            elif d in batched:
                place = grid[batch[batched[d]] + 1]
            places.append(place + grid[window[d] + 1] if d in window else place)
        flat = np.ravel_multi_index([np.broadcast_to(p, updates.shape) for p in places], out.shape)
        keep = np.broadcast_to(fits if mode == "drop" else np.array(True), updates.shape)
        targets, values = flat[keep], updates[keep]
        if combine is None:
            if len(np.unique(targets)) != len(targets):
                raise Unknown("two values written to one place")
            out.reshape(-1)[targets] = values
        else:
            combine.at(out.reshape(-1), targets, values)
        return out

    return rule


def _computes(update: Any) -> bool:
    """Whether what is written is worked out from what was there, as x.at[i].apply(f) does."""
    inner = getattr(update, "jaxpr", update)
    return inner is not None and (bool(inner.eqns) or inner.outvars[0] is not inner.invars[1])


def _tile(_run: Run, equation: Any, x: Value) -> Value:
    return np.tile(x, (1, *equation.params["reps"]))


RULES: dict[str, Rule] = {
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "squeeze": _to_declared,
    "expand_dims": _to_declared,
    "transpose": _transpose,
    "rev": _rev,
    "slice": _slice,
    "concatenate": _concatenate,
    "stack": _stack,
    "unstack": _unstack,
    "split": _split,
    "pad": _pad,
    "tile": _tile,
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter(None),
    "scatter-add": _scatter(np.add),
    "scatter_add": _scatter(np.add),
    "scatter-sub": _scatter(np.subtract),
    "scatter_sub": _scatter(np.subtract),
    "scatter-mul": _scatter(np.multiply),
    "scatter_mul": _scatter(np.multiply),
    "scatter-min": _scatter(np.minimum),
    "scatter_min": _scatter(np.minimum),
    "scatter-max": _scatter(np.maximum),
    "scatter_max": _scatter(np.maximum),
}
