"""Germs: limits that are known, and those that finitely many values would get wrong."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from axiomkd.tracing import functions, germs, numbers
from axiomkd.tracing.numbers import ONE, ZERO, Undecided

BITS = 2048


def at_zero(f: Callable) -> germs.Germ:
    """f(ε) as ε goes to 0."""
    return f(germs.epsilon(numbers.rational(1) / 2**1600))


def limit(f: Callable):
    """The ball around the values of f(ε) as ε goes to 0, as (low, high) in floats."""
    with numbers.precision(BITS):
        low, high = numbers.bounds(germs.enclosure(at_zero(f)))
    return float(low), float(high)


def q(text: str):
    return numbers.rational(text)


def _powers(e, first: str, second: str):
    """a^(1/T) / (a^(1/T) + b^(1/T)) with T = 1/log(1/ε): ε^log(1/a) against ε^log(1/b)."""
    T = numbers.div(ONE, numbers.neg(log(e)))
    a, b = (numbers.exp(numbers.div(log(q(x)), T)) for x in (first, second))
    return numbers.div(a, numbers.add(a, b))


def log(x):
    return numbers.log(x)


LIMITS: dict[str, tuple[Callable, float]] = {
    "1/2 + e": (lambda e: q("1/2") + e, 0.5),
    "e log e": (lambda e: numbers.mul(e, log(e)), 0),
    "e^e": (lambda e: numbers.power(e, e), 1),
    "e^(1/2000)": (lambda e: numbers.power(e, q("1/2000")), 0),
    "1/log": (lambda e: numbers.div(ONE, log(e)), 0),
    "tanh(1e12/log)": (lambda e: numbers.tanh(numbers.div(q("1e12"), log(e))), 0),
    "tanh(1e12 e^(1/2000))": (lambda e: numbers.tanh(numbers.mul(q("1e12"), numbers.power(e, q("1/2000")))), 0),
    "tanh(1/e)": (lambda e: numbers.tanh(numbers.div(ONE, e)), 1),
    "exp(-1/e)": (lambda e: numbers.exp(numbers.neg(numbers.div(ONE, e))), 0),
    "softmax of logs": (
        lambda e: numbers.div(
            numbers.exp(numbers.mul(q("1/3"), log(e))),
            numbers.add(numbers.exp(numbers.mul(q("1/3"), log(e))), numbers.exp(numbers.mul(q("2/3"), log(e)))),
        ),
        1,
    ),
    "equal powers, by logarithms over 1/log": (lambda e: _powers(e, "1/5", "1/5"), 0.5),
    "unequal powers, by logarithms over 1/log": (lambda e: _powers(e, "1/5", "1/4"), 0),
    "log(1-e)/e": (lambda e: numbers.div(log(numbers.sub(ONE, e)), e), -1),
    "entropies of one-hot rows, a quotient": (lambda e: numbers.div(_entropy(e), _entropy(e * 2)), 0.5),
    "e/(e + 1e-300)": (lambda e: numbers.div(e, e + q("1e-300")), 0),
    "max(e, 1/3)": (lambda e: numbers.maximum(e, q("1/3")), 1 / 3),
    "|e - 1|": (lambda e: numbers.absolute(numbers.sub(e, ONE)), 1),
    "floor(1 - e)": (lambda e: functions.floor(numbers.sub(ONE, e)), 0),
    "floor(1 + e)": (lambda e: functions.floor(ONE + e), 1),
    "erf(1/e)": (lambda e: functions.erf(numbers.div(ONE, e)), 1),
}


def _entropy(e):
    rest = numbers.sub(ONE, e)
    return numbers.neg(numbers.mul(e, log(e)) + numbers.mul(rest, log(rest)))


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit(name):
    f, expected = LIMITS[name]
    low, high = limit(f)
    assert low - 1e-9 <= expected <= high + 1e-9 and high - low < 1e-2


SLOW: dict[str, Callable] = {
    "tanh(1e300/log)": lambda e: numbers.tanh(numbers.div(q("1e300"), numbers.neg(log(e)))),
    "min(1e300/log, 1)": lambda e: numbers.minimum(numbers.div(q("1e300"), numbers.neg(log(e))), ONE),
    "min(1e300/log log, 1)": lambda e: numbers.minimum(numbers.div(q("1e300"), log(numbers.neg(log(e)))), ONE),
    "tanh(1e300/log log)": lambda e: numbers.tanh(numbers.div(q("1e300"), log(numbers.neg(log(e))))),
}


@pytest.mark.parametrize("name", SLOW)
def test_nothing_is_known_of_what_is_too_slow(name):
    """All of these are 1 at every ε that can be written out, and tend to 0."""
    try:
        low, high = limit(SLOW[name])
    except Undecided:
        return
    assert low <= 0 <= high


def test_signs_are_those_of_the_limit():
    with numbers.precision(BITS):
        e = germs.epsilon(q("1/4"))
        half = q("1/2")
        assert numbers.compare(half + e, half) == 1 and numbers.compare(numbers.sub(half, e), half) == -1
        assert numbers.less(e, q("1e-300")) and numbers.less(ZERO, e)
        assert numbers.sub(half + e, e) == half


def test_one_value_decides_only_what_is_near_on_all_of_them():
    with numbers.precision(BITS):
        near = germs.about(q("1/2") + ONE / 2**1600, numbers.dyadic_ball(q("1/2"), 1000))
        wide = germs.about(q("1/2") + ONE / 2**1600, numbers.dyadic_ball(q("1/2"), 100))
        assert numbers.compare(near, q("1/2")) == 1
        with pytest.raises(Undecided):
            numbers.compare(wide, q("1/2"))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_computed_at_one_point_lies_in_the_ball(seed):
    """A random expression at a tiny ε, and its enclosure over all smaller ones."""
    r = random.Random(seed)
    with numbers.precision(BITS):
        e = germs.epsilon(ONE / 2**60)
        tiny = numbers.exp(numbers.neg(q(str(germs.DELTA_BITS))))  # e^(−2^60), below δ
        try:
            every, one = _expression(r, e, 4), _expression(random.Random(seed), tiny, 4)
            ball = numbers.ball(every)
        except Undecided:
            return
        one = numbers.ball(one)
        assert not (one < ball) and not (one > ball)


def _expression(r: random.Random, e, depth: int):
    kind = (
        r.choice(["e", "e", "number", "sum"])
        if depth == 0
        else r.choice(["sum", "product", "quotient", "exp", "log", "max", "power"])
    )
    if kind == "e":
        return e
    if kind == "number":
        return q(r.choice(["1/3", "2", "1e-300", "1e12", "1/2"]))
    if depth == 0:
        return numbers.add(q("1/7"), e)
    a = _expression(r, e, depth - 1)
    if kind == "exp":
        return numbers.exp(numbers.neg(a))
    if kind == "log":
        return numbers.neg(numbers.log(numbers.div(a, numbers.add(ONE, a))))
    if kind == "power":
        return numbers.power(a, q(r.choice(["1/2", "1/64", "3"])))
    b = _expression(r, e, depth - 1)
    operation = {"sum": numbers.add, "product": numbers.mul, "quotient": numbers.div, "max": numbers.maximum}[kind]
    return operation(a, b)
