"""A jaxpr in NumPy's extended precision: 64 bits and a range in which nothing under- or overflows, on whole arrays, uncompiled.

A fast reference that suspects and never concludes. What only moves elements is as in exact evaluation. Where the machine has no
more than float64, `FINER` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axiomkd.tracing import exact_control, exact_order, exact_structure, numbers
from axiomkd.tracing.arrays import is_real, is_whole
from axiomkd.tracing.exact_arithmetic import ARITHMETIC, all_unchanged, logical_reduction, unchanged
from axiomkd.tracing.walk import Equation, Rule, Rules, Unsupported, unsupported, walk

REAL = np.longdouble
FINER = bool(np.finfo(REAL).eps < np.finfo(float).eps)


def evaluate(closed: Any, args: Sequence[np.ndarray]) -> np.ndarray:
    """The one output of a jaxpr, in float64. Raises Unsupported, and what NumPy raises."""
    with np.errstate(all="ignore"):
        (q,) = walk(closed, [np.asarray(x, REAL) for x in args], EXTENDED)
        return np.asarray(q, float)


def _lift(constant: Any, aval: Any) -> np.ndarray:
    """A constant of the code: a float as its shortest decimal denotes it, to float64's precision."""
    if not is_real(aval.dtype):
        return np.asarray(constant, dtype=aval.dtype)
    flat = [numbers.to_float(numbers.number(one)) for one in np.asarray(constant).reshape(-1)]
    return np.asarray(flat, REAL).reshape(aval.shape)


def _own(x: np.ndarray, equation: Equation, place: int = 0) -> np.ndarray:
    """The array in the kind that the equation's result has."""
    to = equation.outvars[place].aval.dtype
    return np.asarray(x, REAL if is_real(to) else to)


def _by(function: Callable[..., Any]) -> Rule:
    return lambda equation, *xs: _own(function(*xs), equation)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


FLOATS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "neg": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "square": np.square,
    "pow": np.power,
    "max": np.maximum,
    "min": np.minimum,
    "floor": np.floor,
    "ceil": np.ceil,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "cbrt": np.cbrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "logistic": _logistic,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "clamp": lambda low, x, high: np.minimum(np.maximum(x, low), high),
    "is_finite": np.isfinite,
}
FOLDS = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min}
RUNNING = {"sum": np.cumsum, "prod": np.cumprod, "max": np.maximum.accumulate, "min": np.minimum.accumulate}


def _div(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if is_real(equation.outvars[0].aval.dtype):
        return _own(np.divide(a, b), equation)
    whole = ARITHMETIC["div"][1]
    assert whole is not None
    return _own(whole(a, b), equation)


def _integer_pow(equation: Equation, x: np.ndarray) -> np.ndarray:
    return _own(x ** equation.params["y"], equation)


def _fold(function: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        axes = tuple(equation.params["axes"])
        if not x.size and function in (np.max, np.min):
            raise unsupported(equation, "of nothing")
        return _own(function(x, axis=axes), equation)

    return rule


def _running(function: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        axis, backward = equation.params["axis"], equation.params["reverse"]
        result = function(np.flip(x, axis) if backward else x, axis=axis)
        return _own(np.flip(result, axis) if backward else result, equation)

    return rule


def _convert(equation: Equation, x: np.ndarray) -> np.ndarray:
    to = equation.params["new_dtype"]
    if is_real(to):
        return np.asarray(x, REAL)
    if not is_whole(to):
        raise unsupported(equation, f"to {to}")
    return np.trunc(x).astype(to) if x.dtype == REAL and to != np.bool_ else x.astype(to)


def _iota(equation: Equation) -> np.ndarray:
    shape, axis = equation.params["shape"], equation.params["dimension"]
    aligned = [shape[axis] if place == axis else 1 for place in range(len(shape))]
    return _own(np.broadcast_to(np.arange(shape[axis]).reshape(aligned), shape), equation)


def _dot(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    (contract_a, contract_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    of_a, of_b = [next(letters) for _ in range(a.ndim)], [next(letters) for _ in range(b.ndim)]
    for i, j in zip((*contract_a, *batch_a), (*contract_b, *batch_b), strict=True):
        of_b[j] = of_a[i]
    batch = [of_a[i] for i in batch_a]
    left = [of_a[i] for i in range(a.ndim) if i not in (*contract_a, *batch_a)]
    right = [of_b[j] for j in range(b.ndim) if j not in (*contract_b, *batch_b)]
    written = f"{''.join(of_a)},{''.join(of_b)}->{''.join([*batch, *left, *right])}"
    return _own(np.einsum(written, np.asarray(a, REAL), np.asarray(b, REAL)), equation)


def _sort(equation: Equation, *xs: np.ndarray) -> list[np.ndarray]:
    if equation.params["num_keys"] != 1:
        return exact_order.sort(equation, *xs)
    axis = equation.params["dimension"]
    places = np.argsort(xs[0], axis=axis, kind="stable")
    return [np.take_along_axis(x, places, axis=axis) for x in xs]


def _top_k(equation: Equation, x: np.ndarray) -> list[np.ndarray]:
    axis = equation.params.get("axis", -1) % x.ndim
    places = np.take(np.argsort(-x, axis=axis, kind="stable"), np.arange(equation.params["k"]), axis=axis)
    return [np.take_along_axis(x, places, axis=axis), _own(places, equation, 1)]


def _extreme(function: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        (axis,) = equation.params["axes"]
        return _own(function(x, axis=axis), equation)

    return rule


def _walk(jaxpr: Any, args: Sequence[Any]) -> list[Any]:
    return walk(jaxpr, args, EXTENDED)


EXTENDED = Rules(
    lift=_lift,
    primitives={
        **exact_structure.RULES,
        **{name: rule for name, rule in exact_order.RULES.items() if name != "is_finite"},
        **exact_control.rules(_walk),
        **{name: _by(function) for name, function in FLOATS.items()},
        **{f"reduce_{name}": _fold(function) for name, function in FOLDS.items()},
        **{f"cum{name}": _running(function) for name, function in RUNNING.items()},
        "reduce_and": logical_reduction(np.bitwise_and.reduce),
        "reduce_or": logical_reduction(np.bitwise_or.reduce),
        "div": _div,
        "integer_pow": _integer_pow,
        "convert_element_type": _convert,
        "reduce_precision": unchanged,
        "stop_gradient": unchanged,
        "copy": unchanged,
        "copy_p": unchanged,
        "name": unchanged,
        "device_put": all_unchanged,
        "optimization_barrier": all_unchanged,
        "iota": _iota,
        "dot_general": _dot,
        "sort": _sort,
        "top_k": _top_k,
        "argmax": _extreme(np.argmax),
        "argmin": _extreme(np.argmin),
    },
)
__all__ = ["EXTENDED", "FINER", "Unsupported", "evaluate"]
