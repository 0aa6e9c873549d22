"""The operations that axioms are written in, over object arrays of exact numbers. See `core.arithmetic` for their meaning."""

from __future__ import annotations

from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.words import register_reader
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE, ZERO


class Number:
    """An element with operators: the tower's functions behind + - * /, so that formulas read as formulas."""

    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __add__(self, o):
        return Number(numbers.add(self.x, _raw(o)))

    __radd__ = __add__

    def __sub__(self, o):
        return Number(numbers.sub(self.x, _raw(o)))

    def __rsub__(self, o):
        return Number(numbers.sub(_raw(o), self.x))

    def __mul__(self, o):
        return Number(numbers.mul(self.x, _raw(o)))

    __rmul__ = __mul__

    def __truediv__(self, o):
        return Number(numbers.div(self.x, _raw(o)))

    def __rtruediv__(self, o):
        return Number(numbers.div(_raw(o), self.x))

    def __neg__(self):
        return Number(numbers.neg(self.x))


def _raw(o):
    if isinstance(o, np.ndarray):  # NumPy hands a 0-d array over where it meets a single number
        o = o[()]
    return o.x if type(o) is Number else numbers.number(o)


def _each(function, *arrays):
    return _boxed(np.frompyfunc(lambda *xs: Number(function(*map(_raw, xs))), len(arrays), 1)(*arrays))


def _fold(function, x, axis):
    """Left to right along one axis, which numpy's own reduction would do through Python's operators."""
    moved = np.moveaxis(np.asarray(x, dtype=object), axis, 0)
    total = moved[0]
    for part in moved[1:]:
        total = _each(function, total, part)
    return _boxed(total)


class Exact:
    """`Arithmetic` on object arrays of Number. Comparisons that balls leave open raise Undecided."""

    def sum(self, x, axis):
        return _fold(numbers.add, x, axis)

    def max(self, x, axis):
        return _fold(numbers.maximum, x, axis)

    def min(self, x, axis):
        return _fold(numbers.minimum, x, axis)

    def abs(self, x):
        return _each(numbers.absolute, x)

    def maximum(self, a, b):
        return _each(numbers.maximum, a, b)

    def minimum(self, a, b):
        return _each(numbers.minimum, a, b)

    def where(self, mask, a, b):
        return np.where(mask, a, b)

    def xlogx(self, x):
        return _each(_xlogx, x)

    def power(self, x, exponent):
        return _each(numbers.power, x, exponent)

    def positive(self, x):
        return _each(_positive, x)

    def log(self, x):
        return _each(_log, x)

    def untied(self, x):
        return _each(_untied, x)

    def order_kept(self, a, b):
        return self.maximum(a[None, :] - a[:, None], b[:, None] - b[None, :])


EXACT = Exact()


def wrap(array: Any) -> np.ndarray:
    """Exact numbers of the tower as an array of Number."""
    return _boxed(np.frompyfunc(Number, 1, 1)(np.asarray(array, dtype=object)))


def unwrap(array: Any) -> np.ndarray:
    """The other way round."""
    return _boxed(np.frompyfunc(_raw, 1, 1)(np.asarray(array, dtype=object)))


def _boxed(x) -> np.ndarray:
    """frompyfunc hands back a bare element for a 0-d array; arrays are wanted, so that [..., None] works."""
    if isinstance(x, np.ndarray):
        return x
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _xlogx(x):
    if numbers.is_rational(x) and numbers.equal(x, ZERO):
        return ZERO
    if numbers.less(x, ZERO):
        return ZERO  # as in floats: the entropy of a vector off the simplex counts its positive entries
    return numbers.mul(x, numbers.log(x))


def _log(x):
    return numbers.log(x) if numbers.less(ZERO, x) else ZERO


def _untied(x):
    """-1 where x is 0 beyond doubt, else 1: equality within a ball is no tie."""
    try:
        return numbers.neg(ONE) if numbers.equal(x, ZERO) else ONE
    except numbers.Undecided:
        return ONE


def _positive(x):
    """x where x > 0, -1 where it is 0 or clearly negative; 0 for what rounding of a literal can explain."""
    if numbers.less(ZERO, x):
        return x
    if numbers.equal(x, ZERO) or numbers.less(x, numbers.rational(-tolerances.EXACT)):
        return numbers.neg(ONE)
    return ZERO


def _reader(x):
    """For `core.words.number`: a Fraction where the number is one, else a float."""
    x = x[()] if isinstance(x, np.ndarray) and x.ndim == 0 else x
    x = x.x if type(x) is Number else x
    if not numbers.is_number(x):
        return None
    if numbers.is_rational(x):
        return numbers.as_fraction(x)
    return numbers.to_float(x)


register_reader(_reader)
