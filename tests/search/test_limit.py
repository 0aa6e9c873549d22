"""Temperature: jumps along T, and the end where every teacher is uniform."""

from __future__ import annotations

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.price import Price
from axiomkd.search import limit
from axiomkd.zoo import ENTRIES

from .hunting import few, hunt
from .odd_operators import ODD, OUTCOMES

STRANGE = [name for name in ODD if ODD[name][1][3] != "-"]

# A gate on what temperature changes jumps along T: topteacher gates on w and does not.
JUMPS_ALONG_T = {"confteacher", "jsdgate"}


def expected(name: str) -> str:
    if name in ODD:
        return OUTCOMES[ODD[name][1][3]]
    return "refuted" if ENTRIES[name].truth["limits"] is False or name in JUMPS_ALONG_T else "open"


@pytest.mark.weekly(18)
@pytest.mark.parametrize("name", [*ENTRIES, *STRANGE])
def test_verdict(name):
    found = hunt(name, "limits", sizes=few(name))
    assert found.outcome == expected(name), found.message


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", [*ENTRIES, *STRANGE])
def test_verdict_for_other_seeds(name, seed):
    assert hunt(name, "limits", seed).outcome == expected(name)


@pytest.mark.parametrize("name", [*sorted(JUMPS_ALONG_T), "gate", "other_at_high_temperature"])
@pytest.mark.weekly(3)
def test_a_jump_is_two_temperatures(name):
    witness = hunt(name, "limits", sizes=few(name)).witness
    below, above = map(Fraction, witness.T)
    assert 0 < above - below <= Fraction(1, 2**200) and Fraction(1, 8) <= below < 64
    assert witness.P2 is None and witness.w2 is None


def test_a_jump_at_a_simple_temperature_is_named():
    below, above = map(Fraction, hunt("other_at_high_temperature", "limits").witness.T)
    assert below < Fraction(33, 10) < above


def test_the_far_end_is_one_temperature():
    witness = hunt("vote", "limits").witness
    assert len(witness.T) == 1 and Fraction(witness.T[0]) >= 2**40
    assert Fraction(witness.margin) == Fraction(1, 1000) - Fraction(1, 2)
    assert set(witness.value[0]) == {"0", "1"}


@pytest.mark.parametrize(("name", "outcome"), [("linear", "open"), ("vote", "refuted"), ("confteacher", "refuted")])
def test_another_softener(name, outcome):
    assert hunt(name, "limits", soft="uniform-mix").outcome == outcome


@pytest.mark.parametrize(("turned", "outcome"), [(1.05, "refuted"), (1.0, "open")])
@pytest.mark.parametrize("at", [1, 20])
def test_a_small_jump_along_its_own_temperature_is_found_where_calls_are_dear(at, turned, outcome):
    def switches(P, w, T):
        T = float(T) if T < at else turned * float(T)
        return [float(x) for x in w @ softmax(np.log(np.asarray(P, float)) / T, axis=1)]

    evaluator = Evaluator(describe(switches, backend="numpy"), softener("power"))
    evaluator.price = Price(1)
    found = limit.search(evaluator, sizes=[(2, 2)], rng=np.random.default_rng(0), effort=0)
    assert found.outcome == outcome, found.message


@pytest.mark.parametrize(
    ("growth", "outcome"), [(lambda T: T, "refuted"), (jnp.log, "refuted"), (lambda T: 1 / T, "open")]
)
def test_what_runs_away_from_uniform_as_T_grows_does_not_end_there(growth, outcome):
    def away(P, w, T):
        return (w @ P - 1 / P.shape[1]) * growth(T) + 1 / P.shape[1]

    evaluator = Evaluator(describe(away), softener("power"))
    found = limit.search(evaluator, sizes=[(2, 2)], rng=np.random.default_rng(0), effort=0)
    assert found.outcome == outcome, found.message
