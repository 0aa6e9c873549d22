"""The zoo as test table: nothing that holds is refuted, what fails is found. Default effort, many seeds: slow tests."""

from __future__ import annotations

import pytest

from axiomkd.core.verdict import GOOD
from axiomkd.zoo import ENTRIES

from .checks import checked, from_zoo, verdicts

TABLE = ("linear", "log", "power2", "wsq", "entropyw", "mean", "max_all", "softmax5", "vote", "voteshare", "topteacher")
# Those of the zoo whose corners are the thinnest: the fast tests check these and the table, the slow ones every operator.
CORNERS = ("confteacher", "jsdgate")


def wrong(name, result):
    truth = ENTRIES[name].truth
    return [r.reading for r in result.readings if truth.get(r.reading) is True and r.verdict == "refuted"]


def missed(name, result):
    truth = ENTRIES[name].truth
    return [r.reading for r in result.readings if truth.get(r.reading) is False and r.verdict != "refuted"]


# A quick check of these takes in every axiom; the slow tests check all operators, and more thoroughly.
QUICK = ("linear", "log", "softmax5", "vote", "topteacher", *CORNERS)


@pytest.mark.whole
@pytest.mark.parametrize("name", QUICK)
@pytest.mark.weekly(3)
def test_quick_effort_agrees_with_the_truth(name):
    result = checked(from_zoo(name))
    assert not wrong(name, result)
    assert not missed(name, result)
    assert not result.message


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_default_effort_agrees_with_the_truth(name):
    result = checked(from_zoo(name), effort="standard")
    assert not wrong(name, result)
    assert not missed(name, result)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", TABLE)
def test_no_seed_refutes_what_holds(name, seed):
    assert not wrong(name, checked(from_zoo(name), seed=seed, effort="standard"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_thorough_effort_refutes_nothing_that_holds(name):
    assert not wrong(name, checked(from_zoo(name), effort="thorough"))


@pytest.mark.slow
def test_a_default_temperature_is_a_line_and_no_violation():
    import jax.numpy as jnp

    def annealed(P, w, T=4.0):
        q = (w @ P) ** (1 / T)
        return q / jnp.sum(q)

    result = checked(annealed, "ranking", "commutation")
    assert {r.verdict for r in verdicts(result).values()} <= GOOD
    assert result.default_T == 4 and result.message == "" and result.status != "error"


@pytest.mark.slow
def test_pool_then_soften_commutes():
    import jax.numpy as jnp

    def annealed(P, w, T=1.0):
        q = (w @ P) ** (1 / T)
        return q / jnp.sum(q)

    result = verdicts(checked(annealed))
    assert {result["commutation"].verdict, result["ranking"].verdict} <= GOOD
    assert result["nonexpansive"].verdict == "refuted"


@pytest.mark.slow
def test_uniform_mix_is_the_linear_pools_softener():
    for name, expected in (("linear", GOOD), ("log", {"refuted"})):
        result = checked(from_zoo(name), "commutation", softener="uniform-mix")
        assert verdicts(result)["commutation"].verdict in expected
