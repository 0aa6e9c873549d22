"""Exact rules for comparisons, truth values, choice and sorting.

An order that balls leave open raises Undecided, except in max and min, which need none (see `exact_arithmetic`). It
refuses to know arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any

import numpy as np

from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import asked, from_rows, rows
from axiomkd.tracing.walk import Equation, Rule

COMPARISONS: dict[str, tuple[Callable[..., bool], Callable[..., Any]]] = {
    "eq": (numbers.equal, np.equal),
    "ne": (lambda a, b: not numbers.equal(a, b), np.not_equal),
    "lt": (numbers.less, np.less),
    "le": (numbers.less_equal, np.less_equal),
    "gt": (lambda a, b: numbers.less(b, a), np.greater),
    "ge": (lambda a, b: numbers.less_equal(b, a), np.greater_equal),
    "eq_to": (lambda a, b: numbers.total_order(a, b) == 0, np.equal),
    "lt_to": (lambda a, b: numbers.total_order(a, b) < 0, np.less),
    "le_to": (lambda a, b: numbers.total_order(a, b) <= 0, np.less_equal),
}


def comparison(real: Callable[..., bool], whole: Callable[..., Any]) -> Rule:
    def rule(_equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return asked(real, a, b) if a.dtype == object else np.asarray(whole(a, b), dtype=bool)

    return rule


def is_finite(_equation: Equation, x: np.ndarray) -> np.ndarray:
    return asked(numbers.is_finite, x)


def on_whole(function: Callable[..., Any]) -> Rule:
    """A rule by NumPy for a primitive that has no real form."""
    return lambda equation, *xs: np.asarray(function(*xs), dtype=equation.outvars[0].aval.dtype)


def _bits(a: np.ndarray, kind: str) -> np.ndarray:
    """The same bits as a signed ("i") or an unsigned ("u") whole number."""
    return a.astype(np.dtype(f"{kind}{a.dtype.itemsize}")) if a.dtype.kind in "iu" else a


def shift_right_logical(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.right_shift(_bits(a, "u"), _bits(b, "u")).astype(a.dtype)


def shift_right_arithmetic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The top bit is what moves in, of an unsigned number too."""
    return np.right_shift(
        _bits(a, "i"), np.minimum(_bits(b, "u"), 8 * a.dtype.itemsize - 1).astype(_bits(a, "i").dtype)
    ).astype(a.dtype)


def population_count(a: np.ndarray) -> np.ndarray:
    """NumPy's own counts the bits of the absolute value."""
    return np.bitwise_count(_bits(a, "u"))


def select_n(_equation: Equation, which: np.ndarray, *cases: np.ndarray) -> np.ndarray:
    out = cases[0].copy()
    for index, case in enumerate(cases[1:], start=1):
        chosen = np.broadcast_to(which == index, out.shape)
        out[chosen] = case[chosen]
    return out


# ---- sorting and its kin


def order(a: Any, b: Any) -> int:
    """The sorting order of two whole or two real numbers."""
    return numbers.total_order(a, b) if numbers.is_number(a) else int(a > b) - int(a < b)


def lexicographic(keys: Sequence[Sequence[Any]]) -> Callable[[int, int], int]:
    """The order of positions by the first key that tells them apart."""

    def compare(i: int, j: int) -> int:
        return next((sign for key in keys if (sign := order(key[i], key[j]))), 0)

    return compare


def sort(equation: Equation, *operands: np.ndarray) -> list[np.ndarray]:
    """Stable, whatever was asked: XLA's unstable order of equal keys is free to be this one."""
    axis, count = equation.params["dimension"], equation.params["num_keys"]
    matrices = [rows(x, axis) for x in operands]
    sorted_matrices = [np.empty_like(m) for m in matrices]
    for row in range(len(matrices[0])):
        keys = [m[row] for m in matrices[:count]]
        places = sorted(range(matrices[0].shape[1]), key=cmp_to_key(lexicographic(keys)))
        for source, target in zip(matrices, sorted_matrices, strict=True):
            target[row] = source[row][places]
    return [from_rows(m, x.shape, axis) for m, x in zip(sorted_matrices, operands, strict=True)]


def top_k(equation: Equation, x: np.ndarray) -> list[np.ndarray]:
    k = equation.params["k"]
    axis = equation.params.get("axis", -1) % x.ndim
    matrix = rows(x, axis)
    places = np.empty((len(matrix), k), dtype=equation.outvars[1].aval.dtype)
    for row, values in enumerate(matrix):
        descending = cmp_to_key(lambda i, j, values=values: order(values[j], values[i]))
        places[row] = sorted(range(len(values)), key=descending)[:k]
    shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
    largest = np.take_along_axis(matrix, places.astype(np.int64), axis=1)
    return [from_rows(largest, shape, axis), from_rows(places, shape, axis)]


def extreme_place(side: int) -> Rule:
    """argmax (side 1) or argmin (−1): the first nan if there is one, else the first extreme.

    The first by its index as JAX counts it: an index type too narrow for the axis wraps, and of equal ones the least counts.
    """

    def beats(a: Any, b: Any) -> bool:
        if numbers.is_number(a) and (numbers.is_nan(a) or numbers.is_nan(b)):
            return numbers.is_nan(a) and not numbers.is_nan(b)
        return order(a, b) * side > 0

    def ties(a: Any, b: Any) -> bool:
        return not (numbers.is_number(a) and numbers.is_nan(a)) and order(a, b) == 0

    def place(values: np.ndarray, counted: np.ndarray) -> int:
        best = 0
        for i in range(1, len(values)):
            before = counted[i] < counted[best]
            if beats(values[i], values[best]) or (before and ties(values[i], values[best])):
                best = i
        return counted[best]

    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        (axis,) = equation.params["axes"]
        counted = np.arange(x.shape[axis]).astype(equation.params["index_dtype"])
        places = np.array([place(values, counted) for values in rows(x, axis)], dtype=counted.dtype)
        return places.reshape(equation.outvars[0].aval.shape)

    return rule


RULES: dict[str, Rule] = {
    **{name: comparison(real, whole) for name, (real, whole) in COMPARISONS.items()},
    "is_finite": is_finite,
    "and": on_whole(np.bitwise_and),
    "or": on_whole(np.bitwise_or),
    "xor": on_whole(np.bitwise_xor),
    "not": on_whole(np.invert),
    "shift_left": on_whole(np.left_shift),
    "shift_right_logical": on_whole(shift_right_logical),
    "shift_right_arithmetic": on_whole(shift_right_arithmetic),
    "population_count": on_whole(population_count),
    "select_n": select_n,
    "sort": sort,
    "top_k": top_k,
    "argmax": extreme_place(1),
    "argmin": extreme_place(-1),
}
