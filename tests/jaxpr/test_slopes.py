"""Derivatives of numbers that depend on ε: held against differences, and against what is known to be steep."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from axiomkd.tracing import functions, germs, numbers, slopes
from axiomkd.tracing.numbers import ONE, ZERO, Undecided

BITS = 512
AT = numbers.rational(Fraction(1, 2**1600))


def c(x: str):
    return numbers.rational(x)


def guarded(x):
    return numbers.log(numbers.add(x, c("1e-300")))


def times_log(x):
    return numbers.mul(x, numbers.log(x))


STEEP: dict[str, Callable] = {
    "x log x": times_log,
    "sqrt": numbers.sqrt,
    "x^0.999": lambda x: numbers.power(x, c("0.999")),
    "1/(1 - log x)": lambda x: numbers.div(ONE, numbers.sub(ONE, numbers.log(x))),
    "1/x": lambda x: numbers.div(ONE, x),
    "softmax of a logarithm": lambda x: numbers.logistic(numbers.mul(c("1/2"), numbers.log(x))),
    "entropy of two": lambda x: numbers.add(times_log(x), times_log(numbers.sub(ONE, x))),
    "tanh of a root": lambda x: numbers.tanh(numbers.sqrt(x)),
}
BOUNDED: dict[str, Callable] = {
    "x": lambda x: x,
    "x² log x": lambda x: numbers.mul(x, times_log(x)),
    "x^1.001": lambda x: numbers.power(x, c("1.001")),
    "guarded": guarded,
    "x · guarded": lambda x: numbers.mul(x, guarded(x)),
    "x · min(-log, 10^6)": lambda x: numbers.mul(x, numbers.minimum(numbers.neg(numbers.log(x)), c("1e6"))),
    "x · min(-log, 10^17)": lambda x: numbers.mul(x, numbers.minimum(numbers.neg(numbers.log(x)), c("1e17"))),
    "root of x + 1e-900": lambda x: numbers.sqrt(numbers.add(x, numbers.power(c("1e-300"), c("3")))),
    "exp": numbers.exp,
    "|x - 1|": lambda x: numbers.absolute(numbers.sub(x, ONE)),
    "max(x, 2x)": lambda x: numbers.maximum(x, numbers.mul(c("2"), x)),
    "flat": lambda x: numbers.exp(numbers.neg(numbers.div(ONE, x))),
    "a root that stays": lambda x: numbers.sqrt(numbers.add(ONE, x)),
}


def slope(f: Callable):
    with numbers.precision(BITS):
        return slopes.slope(f(slopes.epsilon(AT)))


@pytest.mark.parametrize("name", STEEP)
def test_a_derivative_without_bound(name):
    with numbers.precision(BITS):
        assert germs.unbounded(slope(STEEP[name]))


@pytest.mark.parametrize("name", BOUNDED)
def test_a_derivative_that_is_bounded_however_large(name):
    with numbers.precision(BITS):
        assert not germs.unbounded(slope(BOUNDED[name]))


@pytest.mark.parametrize("f", [lambda x: numbers.div(ONE, numbers.log(numbers.neg(numbers.log(x))))])
def test_what_is_too_slow_is_left_open(f):
    with pytest.raises(Undecided):
        slope(f)


NAMED = [name for name in slopes.DERIVATIVES if name not in ("acosh", "lgamma")]


@pytest.mark.parametrize("name", [*NAMED, "acosh", "lgamma"])
def test_a_rule_is_the_limit_of_differences(name):
    f = numbers.tanh if name == "tanh" else getattr(functions, name)
    at = c("5/2") if name in ("acosh", "lgamma") else c("3/10")
    with numbers.precision(BITS):
        step = numbers.rational(Fraction(1, 2**100))
        quotient = numbers.div(numbers.sub(f(at + step), f(at)), step)
        off = numbers.ball(numbers.sub(quotient, slopes.DERIVATIVES[name](at)))
        assert abs(off) < Fraction(1, 2**80).__float__()


def test_a_derivative_of_all_rules_together_lies_beside_differences():
    """Through sums, products, quotients, powers, a maximum and a function, at one small ε."""

    def f(x):
        y = numbers.add(
            numbers.mul(x, numbers.sqrt(numbers.add(c("1/4"), x))),
            numbers.div(numbers.sub(ONE, x), numbers.add(c("3"), x)),
        )
        y = numbers.maximum(y, numbers.power(y, c("1/3")))
        return numbers.absolute(numbers.neg(numbers.tanh(numbers.log(numbers.add(y, numbers.exp(x))))))

    with numbers.precision(4096):
        small = numbers.rational(Fraction(1, 2**1000))
        told = numbers.ball(slopes.slope(f(slopes.Sloped(germs.about(small, numbers.dyadic_ball(ZERO, 900)), ONE))))
        step = numbers.rational(Fraction(1, 2**1400))
        quotient = numbers.ball(numbers.div(numbers.sub(f(small + step), f(small)), step))
        assert abs(told.mid() - quotient) < 1e-60


def test_the_larger_of_two_logarithms_that_are_as_steep():
    """Which is the larger is not known, and neither is bounded: their growth is what both have in common."""
    with numbers.precision(BITS):
        x = slopes.epsilon(AT)
        one, other = (numbers.add(numbers.log(x), numbers.log(numbers.sub(ONE, y))) for y in (x, numbers.mul(x, ONE)))
        unsure = numbers.add(other, slopes.about(ZERO, numbers.dyadic_ball(ZERO, 900), ZERO))
        larger = numbers.maximum(one, unsure)
        assert germs.unbounded(larger.value) and germs.unbounded(larger.slope)
        assert not germs.unbounded(numbers.sub(larger, numbers.log(x)).value)
