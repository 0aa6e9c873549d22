"""One exact number as a Python object, so that an operator written in NumPy runs on object arrays and stays exact.

NumPy calls an element's own method on object arrays (`np.log` calls `.log()`), and its operators. A `Scalar`
deliberately has no __float__, __int__ or __index__: a silent cast would lose exactness, so it raises TypeError instead
and the caller learns that this operator can't be followed. Arithmetic is `axiomkd.tracing.numbers`; this file knows none.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.tracing import functions, numbers
from axiomkd.tracing.arrays import full
from axiomkd.tracing.numbers import Number

PLAIN = (bool, int, float, Fraction, np.bool_, np.integer, np.floating)


def number_of(x: Any) -> Number | None:
    """The tower's number of a Scalar or plain number; None for anything else, arrays included."""
    if type(x) is Scalar:
        return x.value
    if isinstance(x, PLAIN) or numbers.is_number(x):
        return numbers.number(x)
    return None


def _binary(function: Callable[[Number, Number], Any], *, reflected: bool = False, wrap: bool = True) -> Any:
    def method(self: Scalar, other: Any) -> Any:
        value = number_of(other)
        if value is None:
            return NotImplemented
        result = function(value, self.value) if reflected else function(self.value, value)
        return Scalar(result) if wrap else result

    return method


def _unary(function: Callable[[Number], Number]) -> Any:
    def method(self: Scalar) -> Scalar:
        return Scalar(function(self.value))

    return method


def _floor_quotient(a: Number, b: Number) -> Number:
    return functions.floor(numbers.div(a, b))


def _modulus(a: Number, b: Number) -> Number:
    """Python's: the sign of b."""
    return numbers.sub(a, numbers.mul(b, _floor_quotient(a, b)))


class Scalar:
    """An exact number with Python's operators and the methods that NumPy calls; comparisons may raise Undecided."""

    __slots__ = ("value",)

    def __init__(self, value: Number):
        self.value = value

    __add__, __radd__ = _binary(numbers.add), _binary(numbers.add, reflected=True)
    __sub__, __rsub__ = _binary(numbers.sub), _binary(numbers.sub, reflected=True)
    __mul__, __rmul__ = _binary(numbers.mul), _binary(numbers.mul, reflected=True)
    __truediv__, __rtruediv__ = _binary(numbers.div), _binary(numbers.div, reflected=True)
    __pow__, __rpow__ = _binary(numbers.power), _binary(numbers.power, reflected=True)
    __floordiv__, __rfloordiv__ = _binary(_floor_quotient), _binary(_floor_quotient, reflected=True)
    __mod__, __rmod__ = _binary(_modulus), _binary(_modulus, reflected=True)

    __lt__, __le__ = _binary(numbers.less, wrap=False), _binary(numbers.less_equal, wrap=False)
    __gt__ = _binary(lambda a, b: numbers.less(b, a), wrap=False)
    __ge__ = _binary(lambda a, b: numbers.less_equal(b, a), wrap=False)
    __eq__ = _binary(numbers.equal, wrap=False)
    __ne__ = _binary(lambda a, b: not numbers.equal(a, b), wrap=False)

    __neg__, __abs__ = _unary(numbers.neg), _unary(numbers.absolute)
    __floor__, __ceil__ = _unary(functions.floor), _unary(functions.ceil)  # no __trunc__: int() would try it

    exp, exp2, expm1 = _unary(numbers.exp), _unary(functions.exp2), _unary(functions.expm1)
    log, log2, log10, log1p = map(_unary, (numbers.log, functions.log2, functions.log10, functions.log1p))
    sqrt, cbrt, square = _unary(numbers.sqrt), _unary(functions.cbrt), _unary(numbers.square)
    sin, cos, tan = _unary(functions.sin), _unary(functions.cos), _unary(functions.tan)
    arcsin, arccos, arctan = _unary(functions.asin), _unary(functions.acos), _unary(functions.atan)
    sinh, cosh, tanh = _unary(functions.sinh), _unary(functions.cosh), _unary(numbers.tanh)
    arcsinh, arccosh, arctanh = _unary(functions.asinh), _unary(functions.acosh), _unary(functions.atanh)
    rint, floor, ceil, trunc = map(_unary, (functions.round_even, functions.floor, functions.ceil, functions.truncate))
    fabs, sign = _unary(numbers.absolute), _unary(numbers.sign)

    def __pos__(self) -> Scalar:
        return self

    def __bool__(self) -> bool:
        return not numbers.equal(self.value, numbers.ZERO)

    def __hash__(self) -> int:
        """Equal rationals hash alike, with Python's own; a ball equals only itself."""
        if numbers.is_rational(self.value):
            return hash(numbers.as_fraction(self.value))
        return hash(self.value) if numbers.is_special(self.value) else hash(numbers.to_float(self.value))

    def conjugate(self) -> Scalar:
        return self

    def isnan(self) -> bool:
        return numbers.is_nan(self.value)

    def isinf(self) -> bool:
        return numbers.is_special(self.value) and not numbers.is_nan(self.value)

    def isfinite(self) -> bool:
        return numbers.is_finite(self.value)

    def reciprocal(self) -> Scalar:
        return Scalar(numbers.div(numbers.ONE, self.value))

    def __str__(self) -> str:
        return numbers.text(self.value)

    def __repr__(self) -> str:
        return f"Scalar({numbers.text(self.value)})"


def scalars(array: Any) -> np.ndarray:
    """An array of the tower's numbers as an object array of Scalar."""
    source = np.asarray(array, dtype=object)
    return _mapped(Scalar, source)


def values(array: Any) -> np.ndarray:
    """An object array of Scalar, or of Scalar and plain numbers, as an object array of the tower's numbers.

    Raises TypeError for an element that is no exact number.
    """
    return _mapped(_required, array if isinstance(array, np.ndarray) else np.asarray(array, dtype=object))


def _required(x: Any) -> Number:
    value = number_of(x)
    if value is None:
        raise TypeError(f"expected an exact number, got {type(x).__name__} {x!r}")
    return value


def _mapped(function: Callable[[Any], Any], array: np.ndarray) -> np.ndarray:
    out = full(array.shape, None)
    for place in np.ndindex(*array.shape):
        out[place] = function(array[place])
    return out
