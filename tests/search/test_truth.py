"""The zoo as test table: nothing that holds is refuted, what fails is found. Default effort, many seeds: slow tests."""

from __future__ import annotations

import pytest

from axiomkd import axioms
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
    truth, far = ENTRIES[name].truth, FAR.get(name, "").split()
    lacking = [r.reading for r in result.readings if truth.get(r.reading) is False and r.verdict != "refuted"]
    return [reading for reading in lacking if reading not in far]


# False, and out of a quick search's reach: what fails only with many classes (a peaked row of little weight beside one that is
# uniform on the other classes makes entropy-mean of power2 fail, from 16 classes on; under spherical weights a row with one peak
# breaks two guarantees, from 10), and what jumps where a logarithm has exactly some value.
FAR = {
    "power2": "entropy-mean",
    "spherical": "variance-max influence-one",
    "jsdgate": "hot",
}


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


@pytest.mark.whole
@pytest.mark.parametrize("name", ("linear", "log", "mean"))
@pytest.mark.weekly(3)
def test_quick_effort_agrees_with_the_guarantees(name):
    result = checked(from_zoo(name), *(r.id for r in axioms.GUARANTEES.readings), guarantees=True)
    assert not wrong(name, result)
    assert not missed(name, result)


def test_what_is_out_of_reach_is_false_all_the_same():
    """With many classes, in floats: far beyond their rounding."""
    import numpy as np

    def entropy(p):
        return -float(np.sum(p * np.log(p)))

    C, w = 100, np.array([0.1, 0.9])
    peaked = np.full(C, 1e-6)
    peaked[0] = 1 - 1e-6 * (C - 1)
    P = np.array([peaked, np.full(C, 1 / C)])
    assert entropy(np.asarray(ENTRIES["power2"].fn(P, w))) < w @ [entropy(p) for p in P] - 0.05
    # spherical: a row with one peak grows it while the other row has all on that class
    C, step = 16, 1 / 256
    first = np.full(C, 0.05)
    first[0] = 0.25
    then = first + step * np.where(np.arange(C) == 0, 1, -1 / (C - 1))
    other, w = np.full(C, 1e-6), np.array([0.5, 0.5])
    other[0] = 1 - 1e-6 * (C - 1)
    before, after = (np.asarray(ENTRIES["spherical"].fn(np.array([row, other]), w)) for row in (first, then))
    assert np.abs(after - before).sum() > 1.02 * np.abs(then - first).sum()
    assert np.sum((after - before) ** 2) > 1.05 * np.sum((then - first) ** 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_default_effort_agrees_with_the_truth(name):
    result = checked(from_zoo(name), effort="standard", guarantees=True)
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
