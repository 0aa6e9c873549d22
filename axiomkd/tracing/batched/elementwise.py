"""What each primitive does entry by entry, in NumPy's arithmetic of the same dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.core.late import late
from axiomkd.tracing.batched.machine import Rule, Run, Unknown, Value

if TYPE_CHECKING:
    import scipy.special as sp
else:
    sp = late("scipy.special")


def level(*xs: Value) -> list[Value]:
    """Values with as many axes as the one that has most: a scalar goes with any shape."""
    most = max(x.ndim for x in xs)
    return [x if x.ndim == most else x.reshape(x.shape[:1] + (1,) * (most - x.ndim) + x.shape[1:]) for x in xs]


def _each(function: Callable[..., Value]) -> Rule:
    return lambda _run, _equation, *xs: function(*level(*xs))


def _reals(function: Callable[..., Value]) -> Rule:
    """A function that NumPy or SciPy has for real numbers in float64 only."""

    def rule(_run: Run, equation: Any, *xs: Value) -> Value:
        if any(x.dtype.kind == "c" for x in xs):
            raise Unknown(f"`{equation.primitive.name}` of complex numbers")
        return np.asarray(function(*(x.astype(float) for x in level(*xs))))

    return rule


def _special(name: str) -> Rule:
    """A function of SciPy's, by name: it is imported when one of them is asked for."""
    return _reals(lambda *xs: getattr(sp, name)(*xs))


def _ordered(function: Callable[..., Value]) -> Rule:
    """An operation that asks for an order, which complex numbers have none of."""

    def rule(_run: Run, equation: Any, *xs: Value) -> Value:
        if any(x.dtype.kind == "c" for x in xs):
            raise Unknown(f"`{equation.primitive.name}` of complex numbers")
        return function(*level(*xs))

    return rule


def _division(_run: Run, _equation: Any, x: Value, y: Value) -> Value:
    """Whole numbers are divided towards 0; by 0, what comes out is the machine's."""
    x, y = level(x, y)
    if x.dtype.kind in "fcV":
        return x / y
    if (y == 0).any():
        raise Unknown("a whole number divided by 0")
    quotient = x // y
    return quotient + ((x % y != 0) & ((x < 0) != (y < 0)) if x.dtype.kind == "i" else 0)


def _remainder(_run: Run, _equation: Any, x: Value, y: Value) -> Value:
    x, y = level(x, y)
    if x.dtype.kind in "iu" and (y == 0).any():
        raise Unknown("a whole number divided by 0")
    return np.fmod(x, y)


def _power(_run: Run, _equation: Any, x: Value, y: Value) -> Value:
    x, y = level(x, y)
    if x.dtype.kind in "iu" and (y < 0).any():
        raise Unknown("a whole number to a negative power")
    return np.power(x, y) if x.dtype.kind in "iu" else np.power(x, y.astype(x.dtype) if y.dtype.kind != "c" else y)


def _integer_power(_run: Run, equation: Any, x: Value) -> Value:
    y = equation.params["y"]
    if y >= 0:
        return np.power(x, np.asarray(y, dtype=x.dtype)) if x.dtype.kind in "iu" else x**y
    if x.dtype.kind in "iu":
        raise Unknown("a whole number to a negative power")
    return 1 / x**-y


def _round(_run: Run, equation: Any, x: Value) -> Value:
    """Halves to the even neighbour, or away from 0."""
    if int(equation.params["rounding_method"]) == 1:
        return np.rint(x)
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole)


def _logistic(x: Value) -> Value:
    return 1 / (1 + np.exp(-x))


def _select(_run: Run, _equation: Any, which: Value, *cases: Value) -> Value:
    which, *several = level(which, *cases)
    if which.dtype.kind == "b":
        return np.where(which, several[1], several[0])
    if ((which < 0) | (which >= len(several))).any():
        raise Unknown("a choice among cases that are not there")
    out = several[0]
    for n, case in enumerate(several[1:], 1):
        out = np.where(which == n, case, out)
    return out


def _clamp(_run: Run, _equation: Any, low: Value, x: Value, high: Value) -> Value:
    low, x, high = level(low, x, high)
    return np.minimum(np.maximum(x, low), high)


def _convert(run: Run, equation: Any, x: Value) -> Value:
    to = run.dtype(equation.outvars[0].aval)
    if x.dtype.kind == "c" and to.kind != "c":
        x = np.real(x) if to.kind != "b" else x
    if to.kind == "b":
        return x != 0
    if x.dtype.kind in "fV" and to.kind in "iu":
        info, x = np.iinfo(to), x.astype(float)
        # Beyond the range of the whole numbers, JAX gives what the machine gives.
        if not ((x > float(info.min) - 1) & (x < float(info.max) + 1)).all():
            raise Unknown("a real number cut to a whole one that does not hold it")
        return np.trunc(x).astype(to)
    return x.astype(to)


def _reduce_precision(run: Run, equation: Any, x: Value) -> Value:
    if run.real:
        return x
    bits = equation.params["exponent_bits"], equation.params["mantissa_bits"]
    narrow = {(5, 10): np.float16, (8, 23): np.float32, (11, 52): np.float64}.get(bits)
    if narrow is None:
        raise Unknown("reduce_precision to a type that NumPy has not")
    return x.astype(narrow)


def _shifted(move: Callable[[Value, Value], Value], beyond: Callable[[Value], Value]) -> Rule:
    """A shift of bits; by more than there are, what is left is 0, or the sign."""

    def rule(_run: Run, _equation: Any, x: Value, by: Value) -> Value:
        x, by = level(x, by)
        inside = (by >= 0) & (by < x.dtype.itemsize * 8)
        return np.where(inside, move(x, np.where(inside, by, 0)), beyond(x))

    return rule


def _right_logical(x: Value, by: Value) -> Value:
    unsigned = np.dtype(f"u{x.dtype.itemsize}")
    return (x.astype(unsigned) >> by.astype(unsigned)).astype(x.dtype)


def _right_arithmetic(run: Run, equation: Any, x: Value, by: Value) -> Value:
    if x.dtype.kind == "u":
        raise Unknown("the sign of a number without one, shifted")
    return _shifted(np.right_shift, lambda x: np.where(x < 0, -1, 0).astype(x.dtype))(run, equation, x, by)


def _unsigned_bits(x: Value) -> Value:
    return np.ascontiguousarray(x).view(np.dtype(f"u{x.dtype.itemsize}"))


def _leading_zeros(x: Value) -> Value:
    bits = _unsigned_bits(x)
    width = x.dtype.itemsize * 8
    out = np.full(bits.shape, width)
    for n in range(width):
        out = np.where((bits >> np.asarray(n, bits.dtype)) & np.asarray(1, bits.dtype) == 1, width - 1 - n, out)
    return out


def _same(_run: Run, _equation: Any, x: Value, *_: Value) -> Value:
    return x


RULES: dict[str, Rule] = {
    "add": _each(np.add),
    "add_any": _each(np.add),
    "sub": _each(np.subtract),
    "mul": _each(np.multiply),
    "div": _division,
    "rem": _remainder,
    "neg": _each(np.negative),
    "sign": _each(np.sign),
    "abs": _each(np.abs),
    "floor": _each(np.floor),
    "ceil": _each(np.ceil),
    "round": _round,
    "exp": _each(np.exp),
    "exp2": _each(np.exp2),
    "log": _each(np.log),
    "log1p": _each(np.log1p),
    "expm1": _each(np.expm1),
    "sqrt": _each(np.sqrt),
    "rsqrt": _each(lambda x: 1 / np.sqrt(x)),
    "cbrt": _each(np.cbrt),
    "square": _each(np.square),
    "integer_pow": _integer_power,
    "pow": _power,
    "logistic": _each(_logistic),
    "tanh": _each(np.tanh),
    "tan": _each(np.tan),
    "sin": _each(np.sin),
    "cos": _each(np.cos),
    "asin": _each(np.arcsin),
    "acos": _each(np.arccos),
    "atan": _each(np.arctan),
    "sinh": _each(np.sinh),
    "cosh": _each(np.cosh),
    "asinh": _each(np.arcsinh),
    "acosh": _each(np.arccosh),
    "atanh": _each(np.arctanh),
    "atan2": _reals(np.arctan2),
    "erf": _special("erf"),
    "erfc": _special("erfc"),
    "erf_inv": _special("erfinv"),
    "lgamma": _special("gammaln"),
    "digamma": _special("psi"),
    "igamma": _special("gammainc"),
    "igammac": _special("gammaincc"),
    "regularized_incomplete_beta": _special("betainc"),
    "is_finite": _each(np.isfinite),
    "nextafter": _each(np.nextafter),
    "max": _ordered(np.maximum),
    "min": _ordered(np.minimum),
    "clamp": _clamp,
    "eq": _each(np.equal),
    "ne": _each(np.not_equal),
    "lt": _ordered(np.less),
    "le": _ordered(np.less_equal),
    "gt": _ordered(np.greater),
    "ge": _ordered(np.greater_equal),
    "and": _each(np.bitwise_and),
    "or": _each(np.bitwise_or),
    "xor": _each(np.bitwise_xor),
    "not": _each(np.invert),
    "shift_left": _shifted(np.left_shift, np.zeros_like),
    "shift_right_logical": _shifted(_right_logical, np.zeros_like),
    "shift_right_arithmetic": _right_arithmetic,
    "population_count": _each(lambda x: np.bitwise_count(_unsigned_bits(x))),
    "clz": _each(_leading_zeros),
    "real": _each(np.real),
    "imag": _each(np.imag),
    "conj": _each(np.conj),
    "complex": _each(lambda x, y: x + 1j * y),
    "select_n": _select,
    "convert_element_type": _convert,
    "reduce_precision": _reduce_precision,
    "stop_gradient": _same,
    "copy": _same,
    "copy_p": _same,
    "sharding_constraint": _same,
    "mesh_cast": _same,
    "optimization_barrier": lambda _run, _equation, *xs: list(xs),
}
