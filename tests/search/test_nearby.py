"""When a gap between ever nearer points is that of a jump: what is steep, slow, guarded, and what only looks like it."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from axiomkd.claims import nearby
from axiomkd.core.tolerances import BELOW_FLOATS, JUMP_NEAR, JUMP_NEARER, SETTLED
from axiomkd.tracing import numbers

DISTANCES = (JUMP_NEAR, JUMP_NEARER, BELOW_FLOATS)


def settles(gap) -> bool:
    """Of a gap as a function of n, at distance 2^-n."""
    gaps = [Fraction(gap(n)) for n in DISTANCES]
    return nearby.settles([(x, x) for x in gaps], SETTLED)


@pytest.mark.parametrize("a", [1, 1 / 64, 1 / 500, 1 / 2000, 1e-4, 1e-5, 1e-7])
def test_a_power_is_continuous_however_steep(a):
    assert not settles(lambda n: math.exp(-n * a * math.log(2)))


def test_so_is_a_power_that_floats_do_not_tell_from_a_jump():
    with numbers.precision(2000):
        tiny = numbers.rational(Fraction(1, 10**60))
        gaps = [
            numbers.bounds(numbers.exp(numbers.mul(numbers.rational(-n), numbers.mul(tiny, numbers.log(numbers.TWO)))))
            for n in DISTANCES
        ]
    assert not nearby.settles(gaps, SETTLED)


@pytest.mark.parametrize("s", [4, 1, 0.1, 0.01, 1e-4])
def test_so_is_a_power_of_a_logarithm(s):
    assert not settles(lambda n: n**-s)


def test_so_is_the_inverse_of_a_repeated_logarithm():
    assert not settles(lambda n: 1 / math.log(math.log(n) + 3))
    assert not settles(lambda n: 1 / math.log(3 + math.log(3 + math.log(n))))


@pytest.mark.parametrize("b", [1, 0.5, 1 / 16, 1 / 64])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_beside_a_cusp_settles(b, sign):
    assert settles(lambda n: 0.3 + sign * 0.1 * 2.0 ** (-n * b))


def test_a_jump_settles():
    assert settles(lambda n: 1e-8)


def test_what_vanishes_far_below_the_floats_is_no_jump():
    assert not settles(lambda n: 1 if n < 1000 else 0)


def test_bounds_count_at_their_worst():
    exact, wide = Fraction(1, 2), Fraction(1, 100)
    around = [(exact - wide, exact + wide)] * 2 + [(exact - 2 * wide, exact + 2 * wide)]
    assert nearby.settles([(exact, exact)] * 3, SETTLED)
    assert not nearby.settles(around, SETTLED)
