"""Real numbers as fractions of polynomials for a solver, and the arithmetic of claims on arrays of them.

Written for checking: it shares nothing with what posed the queries of a certificate. A denominator is always above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import z3

from axiomkd.tracing import numbers
from axiomkd.tracing.walk import Unsupported

ANY, NONNEGATIVE, POSITIVE = 0, 1, 2


class Problem:
    """One solver context: `known` is what holds of the variables, `defined` what is assumed so that values exist."""

    def __init__(self) -> None:
        self.context = z3.Context()
        self.known: list[Any] = []
        self.count = 0

    def variable(self, name: str, sign: int = ANY) -> Real:
        x = z3.Real(name, self.context)
        if sign != ANY:
            self.known.append(x > 0 if sign == POSITIVE else x >= 0)
        return Real(self, x, self.one, sign)

    @property
    def one(self) -> Any:
        return z3.RealVal(1, self.context)

    def real(self, x: Any) -> Real:
        """A number, or a truth value, as a real."""
        if isinstance(x, Real):
            return x
        if isinstance(x, z3.BoolRef):
            return Real(self, z3.If(x, self.one, z3.RealVal(0, self.context)), self.one, NONNEGATIVE)
        value = numbers.as_fraction(numbers.rational(x.item() if isinstance(x, np.generic) else x))
        sign = POSITIVE if value > 0 else NONNEGATIVE if value == 0 else ANY
        return Real(self, z3.RealVal(str(value), self.context), self.one, sign)

    def root(self, x: Real) -> Real:
        """The square root, of what is assumed to be at least 0."""
        self.count += 1
        root = z3.Real(f"root_{self.count}", self.context)
        self.known += [root >= 0, root * root * x.den == x.num]
        return Real(self, root, self.one, POSITIVE if x.sign == POSITIVE else NONNEGATIVE)


class Real:
    """num / den, with what is known of its sign."""

    __slots__ = ("home", "num", "den", "sign")
    __array_priority__ = 100

    def __init__(self, home: Problem, num: Any, den: Any, sign: int = ANY) -> None:
        self.home, self.num, self.den, self.sign = home, num, den, sign

    def __add__(self, other: Any) -> Real:
        b = self.home.real(other)
        sign = max(self.sign, b.sign) if min(self.sign, b.sign) > ANY else ANY
        if self.den.eq(b.den):
            return Real(self.home, self.num + b.num, self.den, sign)
        return Real(self.home, self.num * b.den + b.num * self.den, _times(self.den, b.den), sign)

    def __mul__(self, other: Any) -> Real:
        b = self.home.real(other)
        return Real(self.home, _times(self.num, b.num), _times(self.den, b.den), min(self.sign, b.sign))

    def inverse(self) -> Real:
        """1/x where x is not 0, which is assumed."""
        if self.sign == POSITIVE:
            return Real(self.home, self.den, self.num, POSITIVE)
        self.home.known.append(self.num != 0)
        if self.sign == NONNEGATIVE:
            return Real(self.home, self.den, self.num, POSITIVE)
        return Real(self.home, self.den * self.num, self.num * self.num)

    def __neg__(self) -> Real:
        return Real(self.home, -self.num, self.den)

    def __sub__(self, other: Any) -> Real:
        return self + (-self.home.real(other))

    def __rsub__(self, other: Any) -> Real:
        return self.home.real(other) + (-self)

    def __truediv__(self, other: Any) -> Real:
        return self * self.home.real(other).inverse()

    def __rtruediv__(self, other: Any) -> Real:
        return self.home.real(other) * self.inverse()

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n: int) -> Real:
        out = self.home.real(1)
        for _ in range(abs(n)):
            out = out * self
        out = Real(out.home, out.num, out.den, max(out.sign, NONNEGATIVE if n % 2 == 0 else ANY))
        return out if n >= 0 else out.inverse()

    def compared(self, other: Any) -> Any:
        """The numerator of x − y, over something above 0."""
        return (self - other).num


def _times(a: Any, b: Any) -> Any:
    if z3.is_rational_value(a) and a.as_fraction() == 1:
        return b
    return a if z3.is_rational_value(b) and b.as_fraction() == 1 else a * b


def chosen(condition: Any, a: Real, b: Real) -> Real:
    """a where the condition holds, else b."""
    if isinstance(condition, bool | np.bool_):
        return a if condition else b
    return Real(a.home, z3.If(condition, a.num, b.num), z3.If(condition, a.den, b.den), min(a.sign, b.sign))


def larger(a: Real, b: Real) -> Real:
    found = chosen(a.compared(b) >= 0, a, b)
    return Real(found.home, found.num, found.den, max(a.sign, b.sign))


def smaller(a: Real, b: Real) -> Real:
    return chosen(a.compared(b) <= 0, a, b)


def magnitude(a: Real) -> Real:
    if a.sign != ANY:
        return a
    return Real(a.home, z3.If(a.num < 0, -a.num, a.num), a.den, NONNEGATIVE)


def each(function: Callable[..., Any], *xs: Any) -> np.ndarray:
    found = np.frompyfunc(function, len(xs), 1)(*(np.asarray(x, dtype=object) for x in xs))
    return found if isinstance(found, np.ndarray) else single(found)


def single(x: Any) -> np.ndarray:
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def folded(function: Callable[[Any, Any], Any], x: Any, axes: Sequence[int]) -> np.ndarray:
    combine: Any = np.frompyfunc(function, 2, 1)
    x = np.asarray(x, dtype=object)
    for axis in sorted(axes, reverse=True):
        found = combine.reduce(x, axis=axis)
        x = found if isinstance(found, np.ndarray) else single(found)
    return x


class Formulas:
    """`Arithmetic` on arrays of reals."""

    def __init__(self, home: Problem) -> None:
        self.home = home

    def _all(self, function: Callable[..., Any], *xs: Any) -> np.ndarray:
        return each(lambda *ys: function(*map(self.home.real, ys)), *xs)

    def sum(self, x, axis):
        return folded(lambda a, b: a + b, self._all(lambda a: a, x), [axis % np.ndim(x)])

    def max(self, x, axis):
        return folded(larger, self._all(lambda a: a, x), [axis % np.ndim(x)])

    def min(self, x, axis):
        return folded(smaller, self._all(lambda a: a, x), [axis % np.ndim(x)])

    def abs(self, x):
        return self._all(magnitude, x)

    def maximum(self, a, b):
        return self._all(larger, a, b)

    def minimum(self, a, b):
        return self._all(smaller, a, b)

    def where(self, mask, a, b):
        return each(lambda c, x, y: chosen(c, self.home.real(x), self.home.real(y)), *np.broadcast_arrays(mask.x, a, b))

    def log(self, x):
        raise Unsupported("log")

    def untied(self, x):
        raise Unsupported("a tie")

    def positive(self, x):
        return self._all(lambda a: chosen(a.num > 0, a, self.home.real(-1)), x)

    def order_kept(self, a, b):
        return self.maximum(a[None, :] - a[:, None], b[:, None] - b[None, :])

    def xlogx(self, x):
        raise Unsupported("log")

    def power(self, x, exponent):
        raise Unsupported("pow")


class Mask:
    """Truth values of the solver in an array, with what claims ask of NumPy's."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x

    def __or__(self, other: Mask) -> Mask:
        return Mask(each(z3.Or, *np.broadcast_arrays(self.x, other.x)))

    def __and__(self, other: Mask) -> Mask:
        return Mask(each(z3.And, *np.broadcast_arrays(self.x, other.x)))

    def __invert__(self) -> Mask:
        return Mask(each(z3.Not, self.x))

    def __getitem__(self, at: Any) -> Mask:
        return Mask(self.x[at])

    def all(self, axis: int) -> Mask:
        return Mask(folded(z3.And, self.x, [axis % self.x.ndim]))

    def any(self, axis: int) -> Mask:
        return Mask(folded(z3.Or, self.x, [axis % self.x.ndim]))
