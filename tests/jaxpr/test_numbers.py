"""The tower one number at a time: conversions, the edges of IEEE arithmetic, and random expressions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from axiomkd.tracing import functions, numbers
from axiomkd.tracing.numbers import INF, NAN, Undecided, rational


def same(a, b) -> bool:
    return numbers.is_nan(a) if numbers.is_nan(b) else not numbers.is_nan(a) and numbers.equal(a, b)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0.1, "1/10"),
        ("3/40", "3/40"),
        ("0x1.8p-1", "3/4"),
        (1e-30, "1/1000000000000000000000000000000"),
        (np.float32(0.1), "1/10"),
        (np.float64(0.3), "3/10"),
        (np.float16(0.1), "1/10"),
        (np.int64(-3), "-3"),
        (True, "1"),
        (Fraction(2, 6), "1/3"),
    ],
)
def test_rational(written, meant):
    assert numbers.as_fraction(rational(written)) == Fraction(meant)


def test_dyadic_is_the_binary_value():
    assert numbers.as_fraction(numbers.dyadic(0.1)) == Fraction(0.1)


def test_text():
    assert numbers.text(rational("3/40")) == "3/40"
    assert numbers.text(numbers.sqrt(rational(2))).startswith("[1.41421356237310 +/-")


def test_bounds_enclose_and_are_tight():
    with numbers.precision(200):
        low, high = numbers.bounds(numbers.sqrt(rational(2)))
    assert low**2 < 2 < high**2 and high - low < Fraction(1, 2**180)


def test_bounds_of_the_tiny_are_written_coarsely():
    low, high = numbers.bounds(numbers.exp(rational(-(10**9))))
    assert low <= 0 < high < Fraction(1, 2**1000)


@pytest.mark.parametrize("x", [INF, -INF, NAN])
def test_specials_have_no_bounds(x):
    with pytest.raises(ValueError):
        numbers.bounds(x)


EDGES = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, INF, -INF, NAN]
BINARY = {
    "add": (numbers.add, np.add),
    "sub": (numbers.sub, np.subtract),
    "mul": (numbers.mul, np.multiply),
    "div": (numbers.div, np.divide),
    "max": (numbers.maximum, np.maximum),
    "min": (numbers.minimum, np.minimum),
    "remainder": (functions.remainder, np.fmod),
    "atan2": (functions.atan2, np.arctan2),
}
UNARY = {
    "exp": (numbers.exp, np.exp),
    "log": (numbers.log, np.log),
    "sqrt": (numbers.sqrt, np.sqrt),
    "tanh": (numbers.tanh, np.tanh),
    "abs": (numbers.absolute, np.abs),
    "sign": (numbers.sign, np.sign),
    "neg": (numbers.neg, np.negative),
    "floor": (functions.floor, np.floor),
    "ceil": (functions.ceil, np.ceil),
    "truncate": (functions.truncate, np.trunc),
    "round": (functions.round_even, np.round),
    "cbrt": (functions.cbrt, np.cbrt),
    "exp2": (functions.exp2, np.exp2),
    "log2": (functions.log2, np.log2),
    "log10": (functions.log10, np.log10),
    "expm1": (functions.expm1, np.expm1),
    "log1p": (functions.log1p, np.log1p),
    "sin": (functions.sin, np.sin),
    "cos": (functions.cos, np.cos),
    "tan": (functions.tan, np.tan),
    "asin": (functions.asin, np.arcsin),
    "acos": (functions.acos, np.arccos),
    "atan": (functions.atan, np.arctan),
    "sinh": (functions.sinh, np.sinh),
    "cosh": (functions.cosh, np.cosh),
    "asinh": (functions.asinh, np.arcsinh),
    "acosh": (functions.acosh, np.arccosh),
    "atanh": (functions.atanh, np.arctanh),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_edges_are_those_of_ieee(name):
    exact, floats = BINARY[name]
    with np.errstate(all="ignore"):
        for a in EDGES:
            for b in EDGES:
                got, expected = exact(numbers.number(a), numbers.number(b)), float(floats(a, b))
                assert numbers.to_float(got) == pytest.approx(expected, nan_ok=True), (a, b)


@pytest.mark.parametrize("name", UNARY)
def test_unary_edges_are_those_of_ieee(name):
    exact, floats = UNARY[name]
    with np.errstate(all="ignore"):
        for x in EDGES:
            got, expected = exact(numbers.number(x)), float(floats(x))
            assert numbers.to_float(got) == pytest.approx(expected, nan_ok=True), x


def c_power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:  # Python raises where C answers: a pole, or a root of a negative number
        return INF if a == 0 else NAN


def test_power_edges_are_those_of_c():
    """Not of NumPy, which turns x**0.5 into a square root."""
    for a in EDGES:
        for b in EDGES:
            got = numbers.power(numbers.number(a), numbers.number(b))
            assert numbers.to_float(got) == pytest.approx(c_power(a, b), nan_ok=True), (a, b)


def test_a_ball_around_zero_squares_to_something_nonnegative():
    x = arb(0, 1e-10)
    assert numbers.bounds(numbers.mul(x, x))[0] >= 0
    assert numbers.bounds(numbers.power(x, rational(4)))[0] >= 0


@pytest.mark.parametrize(
    "question",
    [
        lambda x: numbers.div(rational(1), x),
        lambda x: numbers.div(x, x),
        lambda x: numbers.log(x),
        lambda x: numbers.sqrt(x),
        lambda x: numbers.sign(x),
        lambda x: numbers.less(x, rational(0)),
        lambda x: numbers.equal(x, rational(0)),
        lambda x: numbers.mul(x, INF),
        lambda x: functions.floor(x),
        lambda x: numbers.power(x, rational("1/2")),
        lambda x: functions.acosh(numbers.add(x, rational(1))),
        lambda x: functions.atanh(numbers.add(x, rational(1))),
        lambda x: numbers.power(rational(-2), x),
        lambda x: functions.lgamma(x),
    ],
)
def test_a_ball_around_zero_leaves_open(question):
    with pytest.raises(Undecided):
        result = question(arb(0, 1e-10))
        assert result is None, f"decided: {result}"


def test_no_ball_without_information_is_returned():
    huge = numbers.tanh(rational(1))
    with pytest.raises(Undecided, match="says nothing"):
        for _ in range(40):
            huge = numbers.exp(huge)


def test_huge_powers_are_not_written_out():
    x = numbers.power(rational("3/2"), rational(2**40))
    assert numbers.less(rational(10**9), x)
    assert same(numbers.power(rational(1), rational(2**40)), rational(1))
    numbers.exp(numbers.mul(rational(2**70), numbers.log(rational(3))))


# ---- exact forms: compared with balls that know nothing of them

primes = st.sampled_from(["2", "3", "5/2", "6/5", "12", "1/7", "1", "9/4", "1000003/1000033"])
exponents = st.sampled_from(["1/2", "-1/2", "2/3", "2", "-1", "7/3", "0", "1"])


@st.composite
def expressions(draw, depth=4):
    """A pair (exact number, plain ball at the same point, or None where there is no real value)."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        text = draw(primes)
        q = rational(text)
        return q, arb(q)
    kind = draw(st.sampled_from(["add", "sub", "mul", "div", "log", "exp", "power", "neg", "max", "cancel"]))
    a, plain_a = draw(expressions(depth - 1))
    if kind in ("log", "power") and not numbers.less(rational(0), a):
        return a, plain_a
    if kind == "log":
        return numbers.log(a), plain_a.log()
    if kind == "exp":
        return (numbers.exp(a), plain_a.exp()) if numbers.less(numbers.absolute(a), rational(50)) else (a, plain_a)
    if kind == "power":
        text = draw(exponents)
        q = rational(text)
        return numbers.power(a, q), (plain_a.log() * arb(q)).exp()
    if kind == "neg":
        return numbers.neg(a), -plain_a
    b, plain_b = draw(expressions(depth - 1))
    if kind == "cancel":
        return numbers.sub(numbers.add(a, b), b), plain_a
    if kind == "max":
        return numbers.maximum(a, b), plain_a.max(plain_b)
    if kind == "div" and numbers.equal(b, rational(0)):
        return a, plain_a
    operation = {"add": numbers.add, "sub": numbers.sub, "mul": numbers.mul, "div": numbers.div}[kind]
    plain = {"add": plain_a + plain_b, "sub": plain_a - plain_b, "mul": plain_a * plain_b, "div": plain_a / plain_b}
    return operation(a, b), plain[kind]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_exact_forms_agree_with_plain_balls(data):
    with numbers.precision(400):
        try:
            exact, plain = data.draw(expressions())
        except Undecided:
            return
        assert numbers.is_number(exact)
        if plain.is_finite():
            assert numbers.ball(exact).overlaps(plain)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(primes, st.integers(-3, 3)), min_size=1, max_size=5))
def test_a_sum_of_logarithms_is_zero_exactly_if_its_product_is_one(terms):
    total, product = rational(0), Fraction(1)
    for text, count in terms:
        total = numbers.add(total, numbers.mul(rational(count), numbers.log(rational(text))))
        product *= Fraction(text) ** count
    assert numbers.equal(total, rational(0)) == (product == 1)
    assert numbers.less(total, rational(0)) == (product < 1)
    assert same(numbers.exp(total), rational(product))


@settings(max_examples=100, deadline=None)
@given(
    st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000), st.integers(1, 4), st.integers(1, 4)
)
def test_rational_roots_are_found(x, degree, power):
    root = numbers.power(rational(x**degree), rational(Fraction(power, degree)))
    assert numbers.is_rational(root) and numbers.as_fraction(root) == x**power


def test_a_root_of_a_number_too_large_to_factor_is_found():
    big = rational(Fraction(2**89 - 1, 2**107 - 1))
    assert same(numbers.sqrt(numbers.mul(big, big)), big)


def test_close_irrationals_are_ordered():
    """log(10^7 + 19) − log(10^7) and like differences: nonzero by construction, so more bits decide."""
    a, b = rational(10**7 + 19), rational(10**7)
    with numbers.precision(16):
        assert numbers.less(numbers.log(b), numbers.log(a))
        assert numbers.less(numbers.sqrt(b), numbers.sqrt(a))
        assert numbers.less(rational("1.41421356237309"), numbers.sqrt(rational(2)))


def test_float_of_a_number():
    assert numbers.to_float(rational("1/3")) == 1 / 3
    assert numbers.to_float(rational(10**400)) == INF
    assert numbers.to_float(numbers.log(rational(2))) == math.log(2)
