"""Each near miss fails what it says it fails: every case is decided again in exact arithmetic.

The zoo original must have each of those readings, and must not be refuted by the very case.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from axiomkd.axioms import BY_NAME
from axiomkd.claims.confirm import Cleared, Confirmed, Undefined, confirm
from axiomkd.core.operator import describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers, numerics
from axiomkd.tracing.exact import object_array
from axiomkd.zoo import ENTRIES

from .near_misses import DISCONTINUITIES, NEAR_MISSES

numerics.prepare()

BY_MISS = {miss.name: miss for miss in NEAR_MISSES}
CASES = [(miss, reading) for miss in NEAR_MISSES for reading in miss.cases]
POINTWISE = [(miss, reading) for miss, reading in CASES if isinstance(BY_NAME[reading].claim, Pointwise)]
LIMITS = [miss for miss in NEAR_MISSES if "limits" in miss.cases]
FAR, APART = Fraction(1, 1000), Fraction(1, 10**9)


def named(value):
    return value if isinstance(value, str) else value.name


@cache
def evaluator(miss):
    return Evaluator(describe(miss.fn, K=ENTRIES[miss.of].K), softener("power"))


@cache
def original(name):
    return Evaluator(describe(ENTRIES[name].fn, K=ENTRIES[name].K), softener("power"))


def exact_at(miss, case):
    return evaluator(miss).exact(object_array([list(row) for row in case.P]), object_array(list(case.w)), bits=1024)


def distance(a, b):
    """A lower bound of the sum of |a_i - b_i|."""
    with numbers.precision(1024):
        total = numbers.ZERO
        for x, y in zip(a, b, strict=True):
            total = numbers.add(total, numbers.absolute(numbers.sub(x, y)))
        return Fraction(numbers.bounds(total)[0])


def undefined(q):
    return any(numbers.is_special(x) for x in q)


# Families and twins of operators that have near misses of their own.
WITHOUT = {"linear_ts", "log_ts", "tempered_linear", "tempered_log", "renyi", "conforming"}


def test_names_are_told_apart_and_known():
    assert len(BY_MISS) == len(NEAR_MISSES)
    assert {miss.of for miss in NEAR_MISSES} == set(ENTRIES) - WITHOUT
    assert all(miss.note and miss.fails for miss in NEAR_MISSES)


def test_a_case_or_an_argument_never_both():
    assert not [miss.name for miss in NEAR_MISSES if set(miss.cases) & set(miss.by_argument)]
    assert set(DISCONTINUITIES) <= {miss.name for miss in NEAR_MISSES if "interior" in miss.by_argument}


@pytest.mark.slow
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=named)
def test_the_original_has_what_is_lost(miss):
    assert [reading for reading in miss.fails if ENTRIES[miss.of].truth[reading] is not True] == []


@pytest.mark.slow
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=named)
def test_arguments_speak_of_continuity_only(miss):
    assert set(miss.by_argument) <= {"interior", "closed", "lipschitz", "limits"}


@pytest.mark.slow
@pytest.mark.parametrize(("miss", "reading"), CASES, ids=named)
def test_cases_lie_in_the_domain(miss, reading):
    case, domain = miss.cases[reading], BY_NAME[reading].domain
    assert all(sum(row) == 1 for row in (*case.P, case.w))
    least_P, least_w = min(min(row) for row in case.P), min(case.w)
    assert domain == "closed" or least_P > 0
    assert domain != "interior" or least_w > 0
    assert min(least_P, least_w) >= 0
    assert 0 <= case.t <= 1 and Fraction(1, 8) <= min(case.T, case.T1) and max(case.T, case.T1) <= 64


@pytest.mark.slow
@pytest.mark.parametrize(("miss", "reading"), POINTWISE, ids=named)
def test_the_case_refutes_the_near_miss_and_not_the_original(miss, reading):
    case = miss.cases[reading]
    outcome = confirm(evaluator(miss), BY_NAME[reading], case)
    assert isinstance(outcome, Confirmed), outcome
    assert outcome.witness.confirmed in ("exact", "ball")
    assert isinstance(confirm(original(miss.of), BY_NAME[reading], case), Cleared | Undefined)


@pytest.mark.parametrize("miss", LIMITS, ids=named)
def test_uniform_rows_do_not_give_the_uniform_distribution(miss):
    case = miss.cases["limits"]
    _, C = case.size
    uniform = [Fraction(1, C)] * C
    assert all(list(row) == uniform for row in case.P)
    assert distance(exact_at(miss, case), object_array(uniform)) / 2 > FAR


@pytest.mark.parametrize("name", DISCONTINUITIES)
def test_discontinuities_are_where_they_are_said_to_be(name):
    jump, miss = DISCONTINUITIES[name], BY_MISS[name]
    here = exact_at(miss, jump.at)
    assert min(min(row) for row in (*jump.at.P, jump.at.w)) > 0
    if jump.beside == jump.at:
        assert undefined(here)
    else:
        assert distance(here, exact_at(miss, jump.beside)) > APART
