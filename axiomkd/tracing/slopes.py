"""Numbers that depend on ε, each with its derivative by ε: whether a quotient grows without bound is seen at all ε at once.

Finitely many quotients settle no growth: min(log(1/ε), 10^6) grows at every distance that can be written. Where the derivative
of a number along a path is a germ (`germs`) that tends to infinity with one sign, its difference quotients along that path are
unbounded, by the mean value theorem; where all derivatives are bounded, so are they. The rules are those of the calculus, on
the values and derivatives of `germs`. Knows no arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axiomkd.tracing import functions, germs, numbers
from axiomkd.tracing.numbers import HALF, ONE, TWO, ZERO, Number, Operations, Undecided, Varying, arb


class Sloped(Varying):
    """A number and its derivative, both by ε: germs, or numbers that do not depend on it."""

    __slots__ = ("value", "slope")

    def __init__(self, value: Number, slope: Number):
        self.value, self.slope = value, slope

    def ball(self) -> Any:
        return numbers.ball(self.value)

    def sign(self) -> int:
        return numbers.sign_of(self.value)

    def to_float(self) -> float:
        return numbers.to_float(self.value)


def epsilon(at: Number) -> Sloped:
    """ε itself, with its one small value."""
    return Sloped(germs.epsilon(at), ONE)


def about(at: Number, every: Any, slope: Number) -> Number:
    """A number in the ball `every` for all ε, `at` for the small one, that moves at a constant rate."""
    known = germs.about(at, every)
    return Sloped(known, slope) if isinstance(known, Varying) else known


def slope(x: Number) -> Number:
    """The derivative by ε; 0 of what does not depend on it. Raises `Undecided` where it is not known."""
    if isinstance(x, Sloped):
        return x.slope
    if isinstance(x, Varying):
        raise Undecided("the derivative of a number that is only known to lie in a ball")
    return ZERO


def _value(x: Number) -> Number:
    return x.value if isinstance(x, Sloped) else x


def _made(value: Number, derivative: Number) -> Number:
    """A rational value is the same for every ε: the derivative is 0 then, whatever its ball."""
    if numbers.is_rational(value) or numbers.is_special(value):
        return value
    if numbers.is_rational(derivative) and derivative == 0 and not isinstance(value, Varying):
        return value
    return Sloped(value, derivative)


# ---- the rules


def _sum(a: Number, b: Number) -> Number:
    return _made(numbers.add(_value(a), _value(b)), numbers.add(slope(a), slope(b)))


def _difference(a: Number, b: Number) -> Number:
    return _made(numbers.sub(_value(a), _value(b)), numbers.sub(slope(a), slope(b)))


def _product(a: Number, b: Number) -> Number:
    x, y = _value(a), _value(b)
    if a is b:
        return _made(numbers.square(x), numbers.mul(TWO, numbers.mul(x, slope(a))))
    return _made(numbers.mul(x, y), numbers.add(numbers.mul(slope(a), y), numbers.mul(x, slope(b))))


def _quotient(a: Number, b: Number) -> Number:
    x, y = _value(a), _value(b)
    q = numbers.div(x, y)
    return _made(q, numbers.div(numbers.sub(slope(a), numbers.mul(q, slope(b))), y))


def _negative(a: Number) -> Number:
    return _made(numbers.neg(_value(a)), numbers.neg(slope(a)))


def _exponential(a: Number) -> Number:
    raised = numbers.exp(_value(a))
    return _made(raised, numbers.mul(raised, slope(a)))


def _logarithm(a: Number) -> Number:
    x = _value(a)
    return _made(numbers.log(x), numbers.div(slope(a), x))


def _power(a: Number, b: Number) -> Number:
    """A positive base, or a whole exponent was taken care of."""
    if isinstance(b, Varying):
        return numbers.exp(numbers.mul(b, numbers.log(a)))
    x = _value(a)
    lower = numbers.power(x, numbers.sub(b, ONE))
    return _made(numbers.power(x, b), numbers.mul(numbers.mul(b, lower), slope(a)))


def _extremum(side: int) -> Callable[[Number, Number], Number]:
    function = numbers.maximum if side == 1 else numbers.minimum

    def extremum(a: Number, b: Number) -> Number:
        try:
            return a if _compare(a, b) * side >= 0 else b
        except Undecided:
            value = function(_value(a), _value(b))
            return _made(value, germs.either(slope(a), slope(b)))

    return extremum


def _absolute(a: Number) -> Number:
    try:
        return _negative(a) if numbers.sign_of(_value(a)) < 0 else a
    except Undecided:
        return _made(numbers.absolute(_value(a)), germs.either(slope(a), numbers.neg(slope(a))))


def _floor(a: Number) -> Number:
    return functions.floor(_value(a))


def _compare(a: Number, b: Number) -> int:
    order = numbers.compare(_value(a), _value(b))
    assert order is not None, "nan is no number that varies"
    return order


def _function(name: str, _method: Any, plain: Callable[[Number], Number], _limits: Any, x: Sloped) -> Number:
    derivative = DERIVATIVES.get(name)
    if derivative is None:
        raise Undecided(f"the derivative of {name}")
    return _made(plain(x.value), numbers.mul(derivative(x.value), x.slope))


def _one_over_root(inside: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda x: numbers.power(inside(numbers.square(x)), -HALF)


def _bell(x: Number) -> Number:
    """2 exp(−x²) / √π."""
    return numbers.mul(numbers.exp(numbers.neg(numbers.square(x))), TWO / arb.pi().sqrt())


DERIVATIVES: dict[str, Callable[[Number], Number]] = {
    "tanh": lambda x: numbers.sub(ONE, numbers.square(numbers.tanh(x))),
    "sin": functions.cos,
    "cos": lambda x: numbers.neg(functions.sin(x)),
    "tan": lambda x: numbers.add(ONE, numbers.square(functions.tan(x))),
    "asin": _one_over_root(lambda s: numbers.sub(ONE, s)),
    "acos": lambda x: numbers.neg(DERIVATIVES["asin"](x)),
    "atan": lambda x: numbers.div(ONE, numbers.add(ONE, numbers.square(x))),
    "sinh": functions.cosh,
    "cosh": functions.sinh,
    "asinh": _one_over_root(lambda s: numbers.add(ONE, s)),
    "acosh": _one_over_root(lambda s: numbers.sub(s, ONE)),
    "atanh": lambda x: numbers.div(ONE, numbers.sub(ONE, numbers.square(x))),
    "erf": _bell,
    "erfc": lambda x: numbers.neg(_bell(x)),
    "erf_inv": lambda x: numbers.div(ONE, _bell(functions.erf_inv(x))),
    "lgamma": functions.digamma,
}

Sloped.operations = Operations(
    add=_sum,
    sub=_difference,
    mul=_product,
    div=_quotient,
    neg=_negative,
    exp=_exponential,
    log=_logarithm,
    power=_power,
    maximum=_extremum(1),
    minimum=_extremum(-1),
    absolute=_absolute,
    floor=_floor,
    compare=_compare,
    function=_function,
)
