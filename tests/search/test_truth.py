"""The zoo as test table: nothing that holds is refuted, what fails is found. Default effort, many seeds: slow tests."""

from __future__ import annotations

from fractions import Fraction

import pytest

from axiomkd import axioms
from axiomkd.claims import confirm
from axiomkd.core.case import ExactCase
from axiomkd.core.softener import SOFTENERS
from axiomkd.core.verdict import GOOD
from axiomkd.operators.evaluate import Evaluator
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


# False, and out of a search's reach: what fails with a thousand classes only, or by a thousandth; and what jumps where a logarithm
# of algebraic numbers is exactly 1/50, which by Lindemann's theorem it never is: there is no witness in fractions.
FAR = {
    "spherical": "entropy-mean",
    "dempster": "variance-max",
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


def borne_out(name, reading, P, w, **more):
    """What exact arithmetic says of a case given in odds: the margin where the claim fails there."""
    case = ExactCase(tuple(map(odds, P)), odds(w)).having(more)
    evaluator = Evaluator(from_zoo(name), SOFTENERS["power"], *case.size)
    found = confirm.confirm(evaluator, axioms.BY_NAME[reading], case)
    assert isinstance(found, confirm.Confirmed), found
    return found.margin


def odds(row):
    return tuple(Fraction(x, sum(row)) for x in row)


def test_what_is_out_of_reach_is_false_all_the_same():
    """With many classes, or by a thousandth: in exact arithmetic and in balls."""
    levels = [(500, *[high] * 60, *[1] * 939) for high in (20, 80)]
    assert borne_out("spherical", "entropy-mean", levels, (1, 4)) < Fraction(-2, 1000)
    rows = odds((994, 5, 1)), odds((997, 1, 2))
    spread = sum((a - b) ** 2 for a, b in zip(*rows, strict=True)) / 4
    half = Fraction(1, 2)
    more = {"other": 1, "second": rows[1], "second2": odds((1, 998, 1)), "pi": half, "pi2": half}
    margin = borne_out("dempster", "variance-max", [(994, 5, 1), (1, 998, 1)], (31, 1), **more)
    assert margin < -spread / 1000


@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "readings"), [("power2", "entropy-mean"), ("spherical", "variance-max influence-one")]
)
@pytest.mark.weekly(2)
def test_what_fails_with_many_classes_only_is_found_there(name, readings):
    asked = [axioms.BY_NAME[one].id for one in readings.split()]
    found = verdicts(checked(from_zoo(name), *asked, guarantees=True))
    assert {r.verdict for r in found.values()} == {"refuted"}
    assert all(r.witness.C >= 10 for r in found.values())


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
