"""Difference quotients: what grows without bound is caught however slowly, and what is piecewise smooth never."""

from __future__ import annotations

from fractions import Fraction

import pytest

from axiomkd.zoo import ENTRIES

from .hunting import distance, few, hunt
from .odd_operators import ODD, OUTCOMES

STRANGE = [name for name in ODD if ODD[name][1][2] != "-"]


def expected(name: str) -> str:
    if name in ODD:
        return OUTCOMES[ODD[name][1][2]]
    return "refuted" if ENTRIES[name].truth["lipschitz"] is False else "open"


@pytest.mark.weekly(12)
@pytest.mark.parametrize("name", [*ENTRIES, *STRANGE])
def test_verdict(name):
    found = hunt(name, "lipschitz", sizes=few(name))
    assert found.outcome == expected(name), found.message


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", [*ENTRIES, *STRANGE])
def test_verdict_for_other_seeds(name, seed):
    assert hunt(name, "lipschitz", seed).outcome == expected(name)


@pytest.mark.parametrize("name", ["entropyw", "invent", "power_half", "power2", "power3", "slow_logarithm"])
def test_a_witness_is_a_pair_at_the_last_distance(name):
    found = hunt(name, "lipschitz", sizes=few(name))
    assert distance(found.witness) == Fraction(1, 2**400)
    assert "at 2^-50" in found.message and float(found.witness.margin) < -1


@pytest.mark.parametrize(("name", "constant"), [("linear", 1.0), ("mean", 0.5), ("smooth", 0.9), ("softmax5", 2.5)])
def test_the_quotient_seen_comes_near_the_known_constant(name, constant):
    assert 0.85 * constant < hunt(name, "lipschitz", sizes=few(name)).quotient < constant * (1 + 1e-6)


@pytest.mark.whole
def test_floats_alone_refute_nothing():
    found = hunt("numpy_gate", "lipschitz")
    assert found.outcome == "open" and "floats" in found.why
