"""Inequalities of one letter that a derivative shows, and those that fail by a little, which it must not show."""

from __future__ import annotations

from fractions import Fraction

import pytest

from axiomkd.prove.symbolic import nonnegative, slopes
from axiomkd.prove.symbolic.quotients import Home, Quotient
from axiomkd.prove.symbolic.regions import Purse, Region, Step
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE, add, div, exp, log, mul, power, sub

HALF = numbers.rational(Fraction(1, 2))


def home(known=()) -> Home:
    """One letter x > 0 that a split has left, and y > 0."""
    step = Step("x0", "+", {(): 1}, {(("y", 1),): 1}, "x")
    return Home(Region((("y", "1"),), ("1",), "0", "1", 0, ("x", "y"), (), (step,), known), Purse(10**6, 10**7))


def shown(make, known=()) -> dict | None:
    here = home(known)
    value = make(here.letter("x"), here.letter("y"))
    assert isinstance(value, Quotient)
    return slopes.by_slope(here, value.num, 0, nonnegative._reason)


def times(c: str, x):
    return mul(numbers.rational(Fraction(c)), x)


RIGHT = {
    "log(1 + x) ≥ x/(1 + x)": lambda x, y: sub(log(add(ONE, x)), div(x, add(ONE, x))),
    "x ≥ log(1 + x)": lambda x, y: sub(x, log(add(ONE, x))),
    "exp(x) ≥ 1 + x": lambda x, y: sub(exp(x), add(ONE, x)),
    "exp(x) ≥ 1 + x + x²/2": lambda x, y: sub(exp(x), add(add(ONE, x), times("1/2", mul(x, x)))),
    "1 + x/2 ≥ √(1 + x)": lambda x, y: sub(add(ONE, times("1/2", x)), power(add(ONE, x), HALF)),
    "(y + x) log((y + x)/y) ≥ x": lambda x, y: sub(mul(add(y, x), log(div(add(y, x), y))), x),
}
WRONG = {
    "log(1 + x) ≥ 1.0001 x/(1 + x)": lambda x, y: sub(log(add(ONE, x)), times("10001/10000", div(x, add(ONE, x)))),
    "0.9999 x ≥ log(1 + x)": lambda x, y: sub(times("9999/10000", x), log(add(ONE, x))),
    "exp(x) ≥ 1 + 1.0001 x": lambda x, y: sub(exp(x), add(ONE, times("10001/10000", x))),
    "log(1 + x) ≥ 0.0001": lambda x, y: sub(log(add(ONE, x)), times("1/10000", ONE)),  # rises, from below 0
    "log(x) + 100 ≥ 0": lambda x, y: add(log(x), times("100", ONE)),  # rises, and starts nowhere
    "1 ≥ exp(x)": lambda x, y: sub(ONE, exp(x)),
    "√(1 + x) ≥ 1 + x/2": lambda x, y: sub(power(add(ONE, x), HALF), add(ONE, times("1/2", x))),
    "(y + x) log((y + x)/y) ≥ 1.0001 x": lambda x, y: sub(
        mul(add(y, x), log(div(add(y, x), y))), times("10001/10000", x)
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_derivative_shows_it(what):
    found = shown(RIGHT[what])
    assert found is not None and (found["by"], found["letter"]) == ("slope", "x")


@pytest.mark.parametrize("what", WRONG)
def test_what_is_false_by_a_little_is_not_shown(what, monkeypatch):
    """The argument alone must refuse: no sample is looked at."""
    monkeypatch.setattr(nonnegative, "is_below", lambda *_: False)
    monkeypatch.setattr(slopes, "rises", lambda *_: True)
    assert shown(WRONG[what]) is None


def test_where_more_is_known_than_signs_nothing_is_shown():
    """Of x ≥ y alone x − y is at least 0: along x down to 0 that region is left."""
    known = (({(("x", 1),): 1, (("y", 1),): -1}, 1),)
    assert shown(RIGHT["x ≥ log(1 + x)"], known) is None
