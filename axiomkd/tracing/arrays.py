"""Arrays of exact evaluation: how they are made, and how functions of one number become functions of arrays.

A real array has dtype object and elements of the number tower; any other is an ordinary NumPy array of whole numbers or
truth values. This file knows dtypes and shapes, and refuses to know primitives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.tracing.numbers import Number, is_number, number


def object_array(nested: Any) -> np.ndarray:
    """Nested lists or arrays of what `numbers.rational` takes, inf and nan, as an object array of exact numbers."""
    if isinstance(nested, np.ndarray) or hasattr(nested, "__array__") and hasattr(nested, "shape"):
        source = np.asarray(nested)
        flat = [number(x) for x in (source.flat if source.dtype == object else source.ravel())]
        return _filled(flat, source.shape)
    shape, flat = _flattened(nested)
    return _filled([number(x) for x in flat], shape)


def _flattened(nested: Any) -> tuple[tuple[int, ...], list[Any]]:
    if not isinstance(nested, (list, tuple)):
        if getattr(nested, "shape", ()) != ():
            return nested.shape, list(np.asarray(nested).flat)
        return (), [nested]
    parts = [_flattened(part) for part in nested]
    shapes = {shape for shape, _ in parts}
    if len(shapes) > 1:
        raise ValueError(f"rows of different shapes {sorted(shapes)}")
    return (len(parts), *(shapes.pop() if shapes else ())), [x for _, flat in parts for x in flat]


def _filled(flat: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    out = np.empty(len(flat), dtype=object)
    out[:] = flat
    return out.reshape(shape)


def full(shape: tuple[int, ...], value: Any) -> np.ndarray:
    """A real array with one number everywhere."""
    out = np.empty(shape, dtype=object)
    out[...] = value
    return out


def is_real(dtype: Any) -> bool:
    """Whether a JAX dtype stands for real numbers (bfloat16 and float8 included)."""
    return jnp.issubdtype(dtype, np.floating)


def is_whole(dtype: Any) -> bool:
    """Whether a JAX dtype stands for whole numbers or truth values."""
    return jnp.issubdtype(dtype, np.integer) or jnp.issubdtype(dtype, np.bool_)


def lift(constant: Any, aval: Any) -> np.ndarray:
    """A literal, captured array or argument as an array of exact evaluation."""
    if not is_real(aval.dtype):
        return np.asarray(constant) if hasattr(constant, "dtype") else np.asarray(constant, dtype=aval.dtype)
    if isinstance(constant, np.ndarray) and constant.dtype == object and all(map(is_number, constant.flat)):
        return constant
    if np.ndim(constant) == 0:
        return full((), number(constant[()] if isinstance(constant, np.ndarray) else constant))
    return object_array(np.asarray(constant))


def as_array(x: Any) -> np.ndarray:
    """x itself if it is an array; a number that NumPy took out of its array, put back."""
    return x if type(x) is np.ndarray else full((), x)


@cache
def universal(function: Callable[..., Number], arity: int) -> Callable[..., Any]:
    """The NumPy ufunc of a function of numbers, made once: pass functions that live as long as their module."""
    return np.frompyfunc(function, arity, 1)


def mapped(function: Callable[..., Number], *arrays: np.ndarray) -> np.ndarray:
    """The function of numbers on every element, as a real array."""
    return as_array(universal(function, len(arrays))(*arrays))


def asked(predicate: Callable[..., bool], *arrays: np.ndarray) -> np.ndarray:
    """The predicate on every element, as an array of truth values."""
    return np.asarray(universal(predicate, len(arrays))(*arrays), dtype=bool)


def reduced(function: Callable[..., Number], x: np.ndarray, axes: tuple[int, ...], empty: Any) -> np.ndarray:
    """x folded along axes by an associative function; `empty` where there is nothing to fold."""
    axes = tuple(axes)
    if x.size == 0:
        return full(tuple(n for axis, n in enumerate(x.shape) if axis not in axes), empty)
    fold = universal(function, 2)
    for axis in sorted(axes, reverse=True):
        x = as_array(fold.reduce(x, axis=axis))  # type: ignore[attr-defined]
    return x


def accumulated(function: Callable[..., Number], x: np.ndarray, axis: int, backward: bool) -> np.ndarray:
    """The running folds of x along an axis."""
    if x.size == 0:
        return x
    x = np.flip(x, axis) if backward else x
    running = universal(function, 2).accumulate(x, axis=axis)  # type: ignore[attr-defined]
    return np.flip(running, axis) if backward else running


def rows(x: np.ndarray, axis: int) -> np.ndarray:
    """x as a matrix whose rows run along the axis; `from_rows` puts it back."""
    moved = np.moveaxis(x, axis, -1)
    return moved.reshape(-1, x.shape[axis]) if x.size else moved.reshape(0, x.shape[axis])


def from_rows(matrix: np.ndarray, shape: tuple[int, ...], axis: int) -> np.ndarray:
    """The inverse of `rows`, for a result of that shape."""
    moved = (*shape[:axis], *shape[axis + 1 :], shape[axis])
    return np.moveaxis(matrix.reshape(moved), -1, axis)
