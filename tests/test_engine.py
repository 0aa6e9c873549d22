"""The engine's own rules: the ladder, what an error leaves standing, budgets, sizes, the same bytes twice."""

from __future__ import annotations

import json
from fractions import Fraction as F

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.axioms.summary import requires_of
from axiomkd.checking import engine, ladder, plans, pointwise, rows, state
from axiomkd.claims.confirm import Confirmed, confirm, reproducer
from axiomkd.core.case import ExactCase
from axiomkd.core.errors import Misbehaviour, UsageError
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Fragile, Holds, Inconclusive, Proved, Refuted, Spent, Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import effort
from axiomkd.search.run import Plan
from axiomkd.tracing import numerics

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
    run = state.State(describe(fn), Settings(), readings, ())
    run.settled[weak] = state.Settling(Refuted(found.witness, None, "exact", Spent(1)), found.message, 0.0, CASE)
    run.settled[strong] = state.Settling(Holds(Spent(7, 0.0)), "", 0.0)
    ladder.raised(run, evaluator)
    return run.settled[strong].verdict


@pytest.mark.parametrize("strong", ["unanimity", "envelope", "hull"])
def test_a_refutation_goes_up_the_ladder(strong):
    verdict = climbed(double, "simplex", strong)
    assert isinstance(verdict, Refuted) and verdict.simplest.K == 2
    assert (verdict.simplest.direction is not None) == (strong == "hull")


@pytest.mark.whole
def test_a_check_climbs_the_ladder(monkeypatch):
    """What the search of one reading misses, a weaker reading's witness still finds."""
    whole = pointwise.conclude.conclude

    def forgetful(evaluator, tally, limit, **options):
        if tally.reading.name == "envelope":
            return pointwise.conclude.Concluded(Holds(Spent(1, 0.0)), "")
        return whole(evaluator, tally, limit, **options)

    monkeypatch.setattr(pointwise.conclude, "conclude", forgetful)
    result = finished(double, readings=("convexity/simplex", "convexity/envelope")).result
    assert [r.verdict for r in result.readings] == ["refuted", "refuted"]


@pytest.mark.whole
def test_a_jump_refutes_what_implies_continuity():
    def first(P, w):
        return P[jnp.argmax(w)]

    found = {r.reading: r.verdict for r in finished(first, readings=axioms.NAMES["continuity"]).result.readings}
    assert found == {"interior": "refuted", "closed": "refuted", "lipschitz": "refuted"}


def test_limits_alone_can_be_asked_for_of_code_that_is_not_traced():
    def opaque(P, w):
        return np.array([float(w @ column) for column in np.asarray(P)[:, ::-1].T])

    result = finished(opaque, readings=("limits",), K=(2,), C=(2,)).result
    assert [(r.reading, r.verdict) for r in result.readings] == [("limits", "holds")]


def test_an_error_leaves_refutations_standing():
    run = state.State(describe(double), Settings(), axioms.READINGS[:2], ())
    kept = state.Settling(Refuted(None, None, "exact", Spent(1)), "", 0.0)  # type: ignore[arg-type]
    run.settled["simplex"] = kept
    rows.all_error(run, Misbehaviour("changed its mind"))
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


@pytest.mark.slow
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


def test_of_declared_sizes_the_least_are_searched_with_each_other():
    """w^(C/2), normalised, is linear at C = 2, and has no transfer at C = 4 from three teachers on."""
    assert {(3, 4), (4, 6)} <= set(effort.sizes(lambda K, C: C in (2, 4, 6)))
    assert {(7, 2), (9, 3)} <= set(effort.sizes(lambda K, C: K in (7, 9)))
    assert effort.sizes(lambda K, C: (K, C) == (5, 17)) == [(5, 17)] and effort.sizes(lambda K, C: False) == []
    assert effort.sizes(lambda K, C: True) == list(effort.SIZES + effort.ODD_SIZES)


def test_claims_replace_the_profile():
    def required(claims):
        return [r for readings in requires_of("linear", claims, Settings()).values() for r in readings]

    assert required("log") == ["unanimity", "common-support", "interior", "responsive", "commutation"]
    assert required({"convexity": ("hull",)}) == ["hull"]
    with pytest.raises(UsageError, match="no reading 'hulk'"):
        required({"convexity": ("hulk",)})


# --- no reading fares better than one that it implies -----------------------------------------------------------------


def levelled(verdicts, C=3, tolerance=0.0):
    """The verdicts after the ladder, by reading."""
    readings = [one for one in axioms.EVERY if one.name in verdicts]
    run = state.State(describe(linear), Settings(tolerance=tolerance), readings, {})
    run.settled = {name: state.Settling(verdict, "", 0.0) for name, verdict in verdicts.items()}
    ladder.levelled(run, Plan([(2, C)], effort.EFFORTS["quick"], 0))
    return {name: done.verdict.verdict for name, done in run.settled.items()}


WITNESS = Witness(2, 2, (("1/2", "1/2"),) * 2, ("1/2", "1/2"), "0", "exact")
FRAGILE = Fragile(WITNESS, "nan", Spent(1))
OPEN = Inconclusive("late", Spent(1))
HOLDS = Holds(Spent(5, 0.0))
PROVED = Proved("all K, C", "theorem", {}, Spent(0))


@pytest.mark.parametrize(
    "weak, strong",
    [
        ("simplex", "hull"),
        ("envelope", "hull"),
        ("pull", "responsive"),
        ("interior", "lipschitz"),
        ("nonnegative", "any-support"),
    ],
)
def test_what_implies_an_open_reading_does_not_hold(weak, strong):
    assert levelled({weak: FRAGILE, strong: HOLDS})[strong] == "fragile"
    assert levelled({weak: OPEN, strong: HOLDS})[strong] == "inconclusive"
    assert levelled({weak: Refuted(WITNESS, None, "exact", Spent(1)), strong: HOLDS})[strong] == "inconclusive"
    assert levelled({weak: HOLDS, strong: FRAGILE}) == {weak: "holds", strong: "fragile"}
    assert levelled({weak: FRAGILE, strong: PROVED})[strong] == "proved"


@pytest.mark.parametrize(
    "weak, strong",
    [("jensen", "bias-mean"), ("pull", "coordinate"), ("favourite", "transfer"), ("influence-one", "influence")],
)
def test_what_fails_by_no_more_than_the_tolerance_implies_nothing_that_fails_by_more(weak, strong):
    """0.999 Σ w_k p_k + 0.001 e_1 has bias-mean within 0.001, and jensen within no number."""
    verdicts = {"simplex": HOLDS, weak: Refuted(WITNESS, None, "exact", Spent(1)), strong: HOLDS}
    assert levelled(verdicts)[strong] == "inconclusive"
    assert levelled(verdicts, tolerance=0.01)[strong] == "holds"
    supports = {"nonnegative": verdicts[weak], "common-support": HOLDS}  # yes or no: no room is in that
    assert levelled(supports, tolerance=0.01)["common-support"] == "inconclusive"


def test_with_two_classes_some_readings_are_one():
    assert levelled({"envelope": HOLDS, "hull": FRAGILE}, C=2) == {"envelope": "fragile", "hull": "fragile"}
    assert levelled({"envelope": HOLDS, "hull": FRAGILE}, C=3)["envelope"] == "holds"
    beside = {"simplex": HOLDS, "closed": HOLDS}
    assert levelled({**beside, "pull": HOLDS, "coordinate": FRAGILE}, C=2)["pull"] == "fragile"
    assert levelled({"pull": HOLDS, "coordinate": FRAGILE}, C=2)["pull"] == "holds"
    assert levelled({**beside, "pull": HOLDS, "coordinate": FRAGILE}, C=3)["pull"] == "holds"


def test_what_is_of_another_kind_counts_where_it_is_refuted_only():
    refuted = Refuted(WITNESS, None, "exact", Spent(1))
    assert levelled({"interior": HOLDS, "hot": refuted})["interior"] == "inconclusive"
    assert levelled({"interior": HOLDS, "hot": OPEN})["interior"] == "holds"


def test_nothing_is_proved_of_weights_that_there_are_not():
    def first(P):
        return P[0]

    (row,) = finished(first, search=False, readings=("weight-monotonicity/pull",)).result.readings
    assert (row.verdict, row.moot, row.certificate) == ("inconclusive", True, None)


def test_commutation_implies_ranking_of_distributions_only():
    assert levelled({"simplex": HOLDS, "ranking": FRAGILE, "commutation": HOLDS})["commutation"] == "fragile"
    refuted = Refuted(WITNESS, None, "exact", Spent(1))
    assert levelled({"simplex": refuted, "ranking": FRAGILE, "commutation": HOLDS})["commutation"] == "holds"


def test_at_two_classes_a_refutation_of_the_stronger_reading_goes_to_the_weaker():
    case = ExactCase(((F(1, 4), F(3, 4)), (F(1, 4), F(3, 4))), (HALF, HALF), d=(F(1), F(0)))
    assert ladder._above("hull", case) == {"envelope"}
    assert "envelope" not in ladder._above("hull", ExactCase(((F(1, 3),) * 3,) * 2, (HALF, HALF)))


# --- one defect hides nothing --------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_what_is_fragile_at_one_size_is_searched_at_the_others():
    """The teacher nearest to the mean: at K = 2 rounding chooses, at K = 3 there is a jump."""

    def nearest(P, w):
        return P[jnp.argmin(jnp.sqrt(jnp.sum((P - jnp.mean(P, axis=0)) ** 2, axis=1)))]

    result = finished(nearest, readings=("temperature-coherence/nonexpansive",), K=(2, 3), C=(3,)).result
    (reading,) = result.readings
    assert reading.verdict == "refuted" and reading.witness.K == 3


def test_an_operator_for_the_interior_is_not_judged_on_its_faces():
    """It is undefined inside: `interior` is refuted, and nothing goes up to what speaks of faces."""

    def holed(P, w):
        return (w @ P) * (w[0] - 1 / 2) / (w[0] - 1 / 2)

    event = next(
        event
        for event in engine.check(
            describe(holed, domain="interior"),
            Settings(effort="quick", readings=axioms.NAMES["continuity"], K=(2,), C=(2,)),
        )
        if event.kind == "finished"
    )
    found = {r.reading: r.verdict for r in event.result.readings}
    assert found["closed"] == found["lipschitz"] == "inconclusive"


def test_what_is_fragile_says_only_what_matters():
    evaluator = Evaluator(describe(lambda P, w: (w @ P) + 1e17 - 1e17), softener("power"))
    envelope, pull = (reproducer(evaluator, axioms.BY_NAME[name], CASE) for name in ("envelope", "pull"))
    assert envelope.teacher is envelope.t is envelope.T is None and len(envelope.value) == 1
    assert (pull.teacher, pull.t, pull.T, len(pull.value)) == (0, ("0", "1/2"), None, 2)
    lost = reproducer(
        Evaluator(describe(lambda P, w: jnp.exp(-1e4 * P[0])), softener("power")),
        axioms.BY_NAME["common-support"],
        CASE,
    )
    assert lost.cls == 0 and lost.value == (("0x0.0p+0", "0x0.0p+0"),)


def test_code_that_takes_its_declared_sizes_alone_is_called_at_no_other():
    def reshaped(P, w):
        assert P.shape == (5, 7)
        return np.array([sum(w[k] * P[k, i] for k in range(5)) for i in range(7)])

    operator = describe(reshaped, K=5, C=7, backend="numpy")
    events = engine.check(operator, Settings(effort="quick", readings=("simplex",)))
    (row,) = next(event for event in events if event.kind == "finished").result.readings
    assert row.verdict == "holds"


def test_counts_in_narrow_types_are_looked_at_where_they_have_wrapped():
    def wraps(P, w):
        n = jnp.sum(jnp.ones(P.shape[1], jnp.int8), dtype=jnp.int8)
        return jnp.where(n < 0, 0.5, 1.0) * (w @ P)

    def sizes(fn):
        evaluator = Evaluator(describe(fn), softener("power"))
        run = state.State(describe(fn), Settings(), axioms.READINGS, {})
        return plans.with_odd_sizes(run, plans.plan_of(describe(fn), Settings()), evaluator).sizes

    assert {(2, 200), (2, 300)} <= set(sizes(wraps))
    assert max(C for _, C in sizes(linear)) == 100
