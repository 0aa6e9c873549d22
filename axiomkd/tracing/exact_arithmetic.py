"""Exact rules for arithmetic and elementwise functions, conversions, sums and dot products.

A table row gives the function of real numbers and, where JAX has the primitive on whole numbers too, NumPy's function
of those. It refuses to know how to order, move or branch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.tracing import functions, numbers
from axiomkd.tracing.arrays import accumulated, asked, full, is_real, is_whole, mapped, object_array, reduced
from axiomkd.tracing.numbers import INF, ONE, ZERO
from axiomkd.tracing.walk import Equation, Rule, unsupported


def elementwise(real: Callable[..., Any], whole: Callable[..., Any] | None = None) -> Rule:
    """A rule that maps a function of numbers over arrays, and uses `whole` if none of them is real."""

    def rule(equation: Equation, *xs: np.ndarray) -> np.ndarray:
        if any(x.dtype == object for x in xs):
            return mapped(real, *(x if x.dtype == object else object_array(x) for x in xs))
        if whole is None:
            raise unsupported(equation, "on whole numbers")
        return np.asarray(whole(*xs), dtype=equation.outvars[0].aval.dtype)

    return rule


def truncated_quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whole division toward 0, −1 by 0 as XLA has it. The least of a type has no absolute value in it, so none is taken."""
    by = np.where(b == 0, np.ones_like(b), b)
    down = a // by
    upward = (down * by != a) & ((a < 0) != (by < 0))
    return np.where(b == 0, -1, down + upward)


def truncated_remainder(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(b == 0, a, np.fmod(a, np.where(b == 0, 1, b)))


ARITHMETIC: dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]] = {
    "add": (numbers.add, np.add),
    "add_any": (numbers.add, np.add),
    "sub": (numbers.sub, np.subtract),
    "mul": (numbers.mul, np.multiply),
    "div": (numbers.div, truncated_quotient),
    "rem": (functions.remainder, truncated_remainder),
    "neg": (numbers.neg, np.negative),
    "abs": (numbers.absolute, np.abs),
    "sign": (numbers.sign, np.sign),
    "square": (numbers.square, np.square),
    "pow": (numbers.power, np.power),
    "max": (numbers.maximum, np.maximum),
    "min": (numbers.minimum, np.minimum),
    "floor": (functions.floor, None),
    "ceil": (functions.ceil, None),
    "sqrt": (numbers.sqrt, None),
    "rsqrt": (functions.rsqrt, None),
    "cbrt": (functions.cbrt, None),
    "exp": (numbers.exp, None),
    "exp2": (functions.exp2, None),
    "expm1": (functions.expm1, None),
    "log": (numbers.log, None),
    "log1p": (functions.log1p, None),
    "logistic": (numbers.logistic, None),
    "sin": (functions.sin, None),
    "cos": (functions.cos, None),
    "tan": (functions.tan, None),
    "asin": (functions.asin, None),
    "acos": (functions.acos, None),
    "atan": (functions.atan, None),
    "atan2": (functions.atan2, None),
    "sinh": (functions.sinh, None),
    "cosh": (functions.cosh, None),
    "tanh": (numbers.tanh, None),
    "asinh": (functions.asinh, None),
    "acosh": (functions.acosh, None),
    "atanh": (functions.atanh, None),
    "erf": (functions.erf, None),
    "erfc": (functions.erfc, None),
    "erf_inv": (functions.erf_inv, None),
    "lgamma": (functions.lgamma, None),
    "digamma": (functions.digamma, None),
}


def integer_pow(equation: Equation, x: np.ndarray) -> np.ndarray:
    n = equation.params["y"]
    if x.dtype != object:
        return np.asarray(np.power(x, n), dtype=x.dtype)
    return mapped(numbers.power, x, full((), numbers.rational(n)))


def clamp(_equation: Equation, low: np.ndarray, x: np.ndarray, high: np.ndarray) -> np.ndarray:
    if x.dtype != object:
        return np.asarray(np.minimum(np.maximum(x, low), high), dtype=x.dtype)
    return mapped(numbers.minimum, mapped(numbers.maximum, x, low), high)


ROUNDINGS = {0: functions.round_away, 1: functions.round_even}


def round_(equation: Equation, x: np.ndarray) -> np.ndarray:
    return mapped(ROUNDINGS[int(equation.params["rounding_method"])], x)


# ---- conversions


def convert_element_type(equation: Equation, x: np.ndarray) -> np.ndarray:
    to = equation.params["new_dtype"]
    if is_real(to):
        return x if x.dtype == object else object_array(x)
    if not is_whole(to):
        raise unsupported(equation, f"to {to}")
    if x.dtype != object:
        return x.astype(to)
    if to == np.bool_:
        return ~asked(numbers.equal, x, full((), ZERO))
    limits = np.iinfo(np.dtype(to)) if np.dtype(to).kind in "iu" else jnp.iinfo(to)  # int4 and its kin are JAX's own
    return np.array([whole_part(element, limits) for element in x.flat], dtype=to).reshape(x.shape)


def whole_part(x: Any, limits: Any) -> int:
    """A real number rounded toward 0 and clipped to a whole type; 0 for nan, as XLA has it."""
    if numbers.is_nan(x):
        return 0
    if numbers.is_special(x):
        return limits.max if x > 0 else limits.min
    return min(max(int(numbers.as_fraction(functions.truncate(x))), limits.min), limits.max)


def unchanged(_equation: Equation, x: np.ndarray, *_: np.ndarray) -> np.ndarray:
    return x


def all_unchanged(equation: Equation, *xs: np.ndarray) -> Any:
    return list(xs) if equation.primitive.multiple_results else xs[0]


# ---- sums and products over axes

FOLDS: dict[str, tuple[Callable[..., Any], Any, Any, Any]] = {
    "sum": (numbers.add, ZERO, np.sum, np.cumsum),
    "prod": (numbers.mul, ONE, np.prod, np.cumprod),
    "max": (numbers.maximum, -INF, np.max, np.maximum.accumulate),
    "min": (numbers.minimum, INF, np.min, np.minimum.accumulate),
}
"""For each fold: its function of two numbers, its value on nothing, and NumPy's two forms on whole numbers."""


def reduction(fold: str) -> Rule:
    function, empty, whole, _ = FOLDS[fold]

    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        axes = tuple(equation.params["axes"])
        if x.dtype == object:
            return reduced(function, x, axes, empty)
        return np.asarray(whole(x, axis=axes), dtype=equation.outvars[0].aval.dtype)

    return rule


def running(fold: str) -> Rule:
    function, _, _, whole = FOLDS[fold]

    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        axis, backward = equation.params["axis"], equation.params["reverse"]
        if x.dtype == object:
            return accumulated(function, x, axis, backward)
        flipped = np.flip(x, axis) if backward else x
        result = whole(flipped, axis=axis).astype(equation.outvars[0].aval.dtype)
        return np.flip(result, axis) if backward else result

    return rule


def cumlogsumexp(equation: Equation, x: np.ndarray) -> np.ndarray:
    """The logarithms of running sums: the exponentials are summed once, not taken out of a logarithm at each step."""
    sums = accumulated(numbers.add, mapped(numbers.exp, x), equation.params["axis"], equation.params["reverse"])
    return mapped(numbers.log, sums)


def logical_reduction(function: Callable[..., Any]) -> Rule:
    return lambda equation, x: np.asarray(function(x, axis=tuple(equation.params["axes"])), dtype=x.dtype)


def dot_general(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    (contract_a, contract_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
    if is_real(equation.outvars[0].aval.dtype):  # a real matrix times truth values or whole numbers
        a, b = (x if x.dtype == object else object_array(x.astype(int)) for x in (a, b))
    a, kept_a = _matrices(a, batch_a, contract_a)
    b, kept_b = _matrices(b, batch_b, contract_b)
    shape = (*a.shape[: len(batch_a)], *kept_a, *kept_b)
    batch, inner = int(np.prod(a.shape[: len(batch_a)])), a.shape[-1]
    left, right = (x.reshape(batch, -1, inner) if x.size else x.reshape(batch, 0, inner) for x in (a, b))
    left, right = left[:, :, None, :], right[:, None, :, :]
    if a.dtype != object:
        wide = equation.outvars[
            0
        ].aval.dtype  # products are taken in it, not in the operands' own: int8 times int8 may wrap
        return np.sum(left.astype(wide) * right.astype(wide), axis=-1, dtype=wide).reshape(shape)
    if inner == 0:
        return reduced(numbers.add, np.empty((*shape, 0), dtype=object), (len(shape),), ZERO)
    products = mapped(numbers.mul, left, right)
    return reduced(numbers.add, products, (3,), ZERO).reshape(shape)


def _matrices(x: np.ndarray, batch: Any, contract: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """x with its batch axes first and one contracted axis last, and the sizes of the axes between."""
    kept = [axis for axis in range(x.ndim) if axis not in batch and axis not in contract]
    moved = x.transpose(*batch, *kept, *contract)
    sizes = tuple(x.shape[axis] for axis in kept)
    inner = int(np.prod([x.shape[axis] for axis in contract], dtype=int))
    return moved.reshape(*(x.shape[axis] for axis in batch), *sizes, inner), sizes


RULES: dict[str, Rule] = {
    **{name: elementwise(real, whole) for name, (real, whole) in ARITHMETIC.items()},
    **{f"reduce_{fold}": reduction(fold) for fold in FOLDS},
    **{f"cum{fold}": running(fold) for fold in FOLDS},
    "cumlogsumexp": cumlogsumexp,
    "reduce_and": logical_reduction(np.bitwise_and.reduce),
    "reduce_or": logical_reduction(np.bitwise_or.reduce),
    "reduce_xor": logical_reduction(np.bitwise_xor.reduce),
    "integer_pow": integer_pow,
    "clamp": clamp,
    "round": round_,
    "convert_element_type": convert_element_type,
    "reduce_precision": unchanged,
    "stop_gradient": unchanged,
    "copy": unchanged,
    "copy_p": unchanged,
    "name": unchanged,
    "pvary": all_unchanged,
    "sharding_constraint": unchanged,
    "device_put": all_unchanged,
    "optimization_barrier": all_unchanged,
    "dot_general": dot_general,
}
