"""Sums, extremes, places, running results and orders along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axiomkd.tracing.batched.machine import Rule, Run, Unknown, Value


def _over(function: Callable[..., Value], *, typed: bool = False) -> Rule:
    """A reduction over axes; `typed` ones are told the dtype, since NumPy would widen whole numbers."""

    def rule(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
        axes = tuple(d + 1 for d in equation.params["axes"])
        return np.asarray(function(x, axis=axes, **({"dtype": x.dtype} if typed else {})))

    return rule


def _extreme(function: Any) -> Rule:
    """NaN wherever there is one; of no entries, the least (or greatest) value of the type."""

    def rule(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
        if x.dtype.kind == "c":
            raise Unknown("an extreme of complex numbers")
        axes = tuple(d + 1 for d in equation.params["axes"])
        if 0 in (x.shape[d] for d in axes):
            raise Unknown("an extreme of nothing")
        return np.asarray(function.reduce(x, axis=axes))

    return rule


def _place(function: Callable[..., Value]) -> Rule:
    """The first place of the extreme, NaN above all; counted in the index type, which may wrap."""

    def rule(_run: Run, equation: Any, x: Value, *_: Value) -> Value:
        (axis,) = equation.params["axes"]
        return function(x, axis=axis + 1)

    return rule


def _running(accumulate: Callable[..., Value]) -> Rule:
    def rule(_run: Run, equation: Any, x: Value) -> Value:
        axis = equation.params["axis"] + 1
        if not equation.params["reverse"]:
            return accumulate(x, axis=axis, dtype=x.dtype)
        return np.flip(accumulate(np.flip(x, axis), axis=axis, dtype=x.dtype), axis)

    return rule


def _ranked(x: Value, axis: int) -> Value:
    """The order that sorts x along an axis, ties as they stand, NaN last."""
    if x.dtype.kind == "c":
        raise Unknown("an order of complex numbers")
    return np.argsort(x, axis=axis, kind="stable")


def _sort(_run: Run, equation: Any, *xs: Value) -> list[Value]:
    axis, keys = equation.params["dimension"] + 1, equation.params["num_keys"]
    points = max(len(x) for x in xs)
    rows = [np.broadcast_to(x, (points, *x.shape[1:])) for x in xs]
    for n in reversed(range(keys)):  # the last key first: each sort keeps the order of those before
        order = _ranked(rows[n], axis)
        rows = [np.take_along_axis(x, order, axis) for x in rows]
    return rows


def _top_k(_run: Run, equation: Any, x: Value) -> list[Value]:
    axis = equation.params.get("axis", -1) % (x.ndim - 1) + 1
    n = x.shape[axis]
    # The greatest first, the first of equal ones first: the order of the reversed row, reversed.
    order = n - 1 - np.flip(_ranked(np.flip(x, axis), axis), axis)
    order = np.take(order, np.arange(equation.params["k"]), axis)
    return [np.take_along_axis(x, order, axis), order]


RULES: dict[str, Rule] = {
    "reduce_sum": _over(np.sum, typed=True),
    "reduce_prod": _over(np.prod, typed=True),
    "reduce_max": _extreme(np.maximum),
    "reduce_min": _extreme(np.minimum),
    "reduce_and": _extreme(np.bitwise_and),
    "reduce_or": _extreme(np.bitwise_or),
    "reduce_xor": _extreme(np.bitwise_xor),
    "argmax": _place(np.argmax),
    "argmin": _place(np.argmin),
    "cumsum": _running(np.add.accumulate),
    "cumprod": _running(np.multiply.accumulate),
    "cummax": _running(np.maximum.accumulate),
    "cummin": _running(np.minimum.accumulate),
    "cumlogsumexp": _running(np.logaddexp.accumulate),
    "sort": _sort,
    "top_k": _top_k,
}
