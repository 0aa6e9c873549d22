"""Jumps: every operator of the zoo and every misleading one, and what a witness must look like."""

from __future__ import annotations

from fractions import Fraction

import pytest

from axiomkd.claims import nearby
from axiomkd.core.tolerances import JUMP
from axiomkd.search import jump
from axiomkd.tracing import numbers
from axiomkd.zoo import ENTRIES

from .hunting import both_points, distance, evaluator, few, fractions, hunt, replayed
from .odd_operators import ODD, OUTCOMES

BOTH = ("interior", "closed")
ZOO = [(name, reading) for name in ENTRIES for reading in BOTH]
STRANGE = [(name, reading) for name in ODD for reading in BOTH]


def expected(name: str, reading: str) -> str:
    if name in ODD:
        return OUTCOMES[ODD[name][1]["interior closed".split().index(reading)]]
    return "refuted" if ENTRIES[name].truth[reading] is False else "open"


def differ(name: str) -> bool:
    return expected(name, "interior") != expected(name, "closed")


# Where both readings have one verdict, `closed` does what `interior` does and more.
QUICK = [(name, reading) for name, reading in ZOO + STRANGE if reading == "closed" or differ(name)]


@pytest.mark.weekly(12)
@pytest.mark.parametrize(("name", "reading"), QUICK)
def test_verdict(name, reading):
    found = hunt(name, reading, sizes=few(name))
    assert found.outcome == expected(name, reading), found.message
    assert found.cases > 0 and not found.why or found.outcome == "fragile"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("name", "reading"), ZOO + STRANGE)
def test_verdict_for_other_seeds(name, reading, seed):
    found = hunt(name, reading, seed)
    assert found.outcome == expected(name, reading), found.message


REFUTED = [name for name in ENTRIES if ENTRIES[name].truth["closed"] is False]


@pytest.mark.parametrize("name", REFUTED)
@pytest.mark.weekly(4)
def test_a_witness_is_two_near_points_of_the_domain_and_replays(name):
    witness = hunt(name, "closed", sizes=few(name)).witness
    assert witness is not None and witness.confirmed in ("exact", "ball")
    for P, w in both_points(witness):
        assert all(sum(row) == 1 and min(row) >= 0 for row in [*P, w])
    values = replayed(name, witness)
    if witness.margin == "nan":
        assert any(numbers.is_special(x) for x in values[0])
        return
    assert distance(witness) <= Fraction(1, 2**200)
    low, _ = nearby.gap(*values, 1056)
    assert low > JUMP and low >= -Fraction(witness.margin)


def test_the_witness_is_simple():
    witness = hunt("topteacher", "interior").witness
    assert (witness.K, witness.C) == (2, 2)
    near_half = fractions(witness.w)[0] - Fraction(1, 2)
    assert abs(near_half) < Fraction(1, 2**200)
    assert witness.P2 is None or max(len(x) for row in witness.P for x in row) < 150


@pytest.mark.whole
def test_a_curved_threshold_is_pinned_down():
    found = hunt("gate", "interior")
    assert "at an interior point, on a surface" in found.message
    assert found.witness.value != () and distance(found.witness) <= Fraction(1, 2**200)


def test_an_interior_point_without_a_value_refutes():
    found = hunt("nentw", "interior")
    assert found.outcome == "refuted" and found.witness.value[0][0] == "nan"
    assert "undefined" in found.message


@pytest.mark.whole
def test_fragile_names_the_remedy():
    found = hunt("naive_entropy", "closed")
    assert "xlogy" in found.message and found.witness.value[0][0] == "nan"


@pytest.mark.whole
def test_floats_alone_refute_with_adjacent_doubles():
    found = hunt("numpy_gate", "interior")
    assert found.witness.confirmed == "float64" and "floats only" in found.message
    assert distance(found.witness) < Fraction(1, 10**14)


def test_one_point():
    third = [[Fraction(1, 3)] * 3] * 2, [Fraction(1, 2)] * 2
    assert jump.at_point(evaluator("nentw"), *third).outcome == "refuted"
    assert jump.at_point(evaluator("linear"), *third).outcome == "open"


def test_same_seed_same_finding():
    assert hunt("gate", "closed", 3) == hunt("gate", "closed", 3)


@pytest.mark.parametrize("size", [(8, 100), (5, 10), (64, 2)])
@pytest.mark.whole
def test_large_sizes(size):
    assert hunt("linear", "closed", sizes=[size], effort=0).outcome == "open"
    assert hunt("vote", "closed", sizes=[size], effort=0).outcome == "refuted"
