"""The engine's own rules: the ladder, what an error leaves standing, budgets, sizes, the same bytes twice."""

from __future__ import annotations

import json
from fractions import Fraction as F

import jax.numpy as jnp
import pytest

from axiomkd import axioms, engine, numerics
from axiomkd.confirm import Confirmed, confirm
from axiomkd.core.case import ExactCase
from axiomkd.core.errors import Misbehaviour, UsageError
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Holds, Refuted, Spent
from axiomkd.evaluate import Evaluator
from axiomkd.summary import requires_of

numerics.prepare()
HALF = F(1, 2)
CASE = ExactCase(((HALF, HALF), (F(1, 4), F(3, 4))), (HALF, HALF))


def double(P, w):
    return 2 * (w @ P)


def linear(P, w):
    return w @ P


def finished(fn, **settings):
    events = engine.check(describe(fn), Settings(**{"effort": "quick", **settings}))
    return next(event for event in events if event.kind == "finished")


def climbed(fn, weak, strong):
    """The run after the ladder, when the search refuted `weak` at CASE and missed `strong`."""
    evaluator = Evaluator(describe(fn), softener("power"))
    found = confirm(evaluator, axioms.BY_NAME[weak], CASE)
    assert isinstance(found, Confirmed)
    readings = [axioms.BY_NAME[weak], axioms.BY_NAME[strong]]
    run = engine._Run(describe(fn), Settings(), readings, ())
    run.settled[weak] = engine._Settled(Refuted(found.witness, None, "exact", Spent(1)), found.message, 0.0, CASE)
    run.settled[strong] = engine._Settled(Holds(Spent(7, 0.0)), "", 0.0)
    engine._ladder(run, evaluator)
    return run.settled[strong].verdict


@pytest.mark.parametrize("strong", ["unanimity", "envelope", "hull"])
def test_a_refutation_goes_up_the_ladder(strong):
    verdict = climbed(double, "simplex", strong)
    assert isinstance(verdict, Refuted) and verdict.simplest.K == 2
    assert (verdict.simplest.direction is not None) == (strong == "hull")


def test_a_check_climbs_the_ladder(monkeypatch):
    """What the search of one reading misses, a weaker reading's witness still finds."""
    whole = engine.conclude.conclude

    def forgetful(evaluator, tally, limit):
        if tally.reading.name == "envelope":
            return engine.conclude.Concluded(Holds(Spent(1, 0.0)), "")
        return whole(evaluator, tally, limit)

    monkeypatch.setattr(engine.conclude, "conclude", forgetful)
    result = finished(double, readings=("convexity/simplex", "convexity/envelope")).result
    assert [r.verdict for r in result.readings] == ["refuted", "refuted"]


def test_a_jump_refutes_what_implies_continuity():
    def first(P, w):
        return P[jnp.argmax(w)]

    found = {r.reading: r.verdict for r in finished(first, readings=axioms.NAMES["continuity"]).result.readings}
    assert found == {"interior": "refuted", "closed": "refuted", "lipschitz": "refuted"}


def test_an_error_leaves_refutations_standing():
    run = engine._Run(describe(double), Settings(), axioms.READINGS[:2], ())
    kept = engine._Settled(Refuted(None, None, "exact", Spent(1)), "", 0.0)  # type: ignore[arg-type]
    run.settled["simplex"] = kept
    engine._all_error(run, Misbehaviour("changed its mind"))
    assert run.settled["simplex"] is kept
    assert run.settled["unanimity"].verdict.verdict == "error"


@pytest.mark.whole
def test_the_same_seed_gives_the_same_bytes():
    def bytes_of(event):
        model = event.result.model_dump(mode="json", by_alias=True)
        model["seconds"] = 0
        for reading in model["readings"]:
            reading["seconds"] = 0
        return json.dumps(model)

    assert bytes_of(finished(linear, seed=3)) == bytes_of(finished(linear, seed=3))


def test_a_budget_that_ends_at_once_holds_nothing():
    only = ("temperature-coherence/commutation",)  # it fails there, and so is not proved before the search begins
    result = finished(linear, effort="standard", budget=1e-6, readings=only).result
    (reading,) = result.readings
    assert reading.verdict == "inconclusive" and "budget" in reading.message


def test_sizes_asked_for_are_the_sizes_searched():
    event = finished(linear, K=(3,), C=(4, 5), readings=("convexity/simplex",))
    assert event.sizes == [(3, 4), (3, 5)]


def test_sizes_that_the_operator_does_not_support_are_refused():
    operator = describe(linear, K=[3])
    with pytest.raises(UsageError, match="declared for K = 3, and was asked for K = 2"):
        list(engine.check(operator, Settings(K=(2,), C=(3,))))


def test_claims_replace_the_profile():
    def required(claims):
        return [r for readings in requires_of("linear", claims, Settings()).values() for r in readings]

    assert required("log") == ["unanimity", "common-support", "interior", "responsive", "commutation"]
    assert required({"convexity": ("hull",)}) == ["hull"]
    with pytest.raises(UsageError, match="no reading 'hulk'"):
        required({"convexity": ("hulk",)})
