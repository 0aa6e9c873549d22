"""What claims quantify over beside P, w, a teacher, t and T: drawn, aimed, confirmed, told, read again and verified.

Margins of the readings against naive predicates are in test_axioms; here it is what carries them through.
"""

from __future__ import annotations

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.claims import adversaries, beside, margins
from axiomkd.claims.confirm import Cleared, Confirmed, complete, confirm
from axiomkd.core.case import ExactCase, exact, floats, more_of, value_of, written
from axiomkd.core.errors import UsageError
from axiomkd.core.extras import EXTRAS, TEACHER, drawn
from axiomkd.core.operator import describe
from axiomkd.core.reading import Pointwise, View
from axiomkd.core.report import witness_model
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draw import draw
from axiomkd.search.shrink import shrink
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import beside as looked
from axiomkd.verify import view
from axiomkd.verify.line import Failed

F = Fraction
READINGS = [r for r in axioms.EVERY if isinstance(r.claim, Pointwise) and r.claim.needs]
P = ((F(1, 2), F(1, 3), F(1, 6)), (F(1, 10), F(3, 10), F(3, 5)), (F(1, 3), F(1, 3), F(1, 3)))
W = (F(1, 2), F(3, 10), F(1, 5))


def geometric(P, w):
    q = jnp.exp(w @ jnp.log(P))
    return q / q.sum()


def linear(P, w):
    return w @ P


def squared(P, w):
    return (w**2 / (w**2).sum()) @ P


def sharpened(P, w):
    q = (w @ P) ** 2
    return q / q.sum()


def mean(P, w):
    return P.mean(0)


def evaluator(fn, **options):
    prepare("cpu")
    return Evaluator(describe(fn, **options), softener("power"))


@pytest.fixture(scope="module")
def log():
    return evaluator(geometric)


def sampled(size=(3, 4), B=64, **more):
    given = {"panel": "flat", "weights": "mixture", "temperature": "wide", "tilt": "uniform"}
    return draw(5, B, size, **given, temperatures_in=(1 / 8, 64), pairs=False, interior=True, **more)


# --- drawing -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", EXTRAS.values(), ids=lambda one: one.name)
def test_what_is_drawn_is_of_its_kind(one):
    cases = sampled(B=400)
    values = drawn(3, [one.name], cases.P, cases.w, cases.k)[one.name]
    assert values.shape == (400, *one.shape(3, 4))
    again = drawn(3, [one.name], cases.P, cases.w, cases.k)[one.name]
    assert (values == again).all()
    match one.kind:
        case "index":
            assert ((values >= 0) & (values < 3) & (values != cases.k)).all() and len(set(values)) == 3
        case "pair":
            assert (values[:, 0] < values[:, 1]).all() and values.min() == 0 and values.max() == 3
        case "share":
            assert ((values > 0) & (values <= 1)).all() and (one.name == "share") == (values == 1).any()
        case "row":
            assert np.allclose(values.sum(-1), 1) and (values >= 0).all() and ((values > 0).all() or one.name == "y")
        case "set":
            assert set(np.unique(values)) == {0, 1} and (values.sum(-1) > 0).all() and (values.sum(-1) < 4).all()
        case "positive":
            assert (values > 0).all()


def test_every_need_is_in_the_table():
    assert {need for r in READINGS for need in r.claim.needs} - {TEACHER} == set(EXTRAS)


def test_values_are_written_and_read():
    cases = sampled()
    cases = margins._completed(READINGS, cases, inside=False)
    for name, value in more_of(cases, 3).items():
        assert value_of(name, written(name, value), 3, 4) == value
    with pytest.raises(ValueError, match="no pair"):
        value_of("pair", [2, 1], 3, 4)
    with pytest.raises(ValueError, match="no y"):
        value_of("y", ["1/2", "1/2", "1/2", "0"], 3, 4)


def test_exact_cases_keep_what_floats_were_given():
    cases = margins._completed(READINGS, sampled(), inside=False)
    back = floats([exact(cases, i) for i in range(8)])
    for name, values in cases.more.items():
        assert np.allclose(back.more[name], values[:8], atol=1e-15)


# --- means that two rows have in common --------------------------------------------------------------------------------------


def test_rows_that_vary_have_one_mean(log):
    reading = axioms.BY_NAME["variance"]
    case = complete(log, reading, ExactCase(P, W, k=1))
    shown, told = beside.told(reading.claim, case)
    chances, second = [F(x) for x in told["pi"]], [[F(x) for x in row] for row in told["P2"]]
    means = {
        tuple(c * x + (1 - c) * y for x, y in zip(p, q, strict=True))
        for p, q, c in zip(shown.P, second, chances, strict=True)
    }
    assert len(means) == 1 and all(min(row) > 0 for row in second) and all(0 < c < 1 for c in chances)


# --- confirmation ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.name)
@pytest.mark.weekly(2)
def test_a_witness_tells_all_and_is_read_again(log, reading):
    """What a witness shows is enough to come back to the case, and verify sees the same margin in its own way."""
    found = next(
        (one for n in range(300) if isinstance(one := confirm(log, reading, _case(n, 2 + n // 2 % 2)), Confirmed)),
        None,
    )
    if reading.name in ("log-loss-max", "bayes"):
        assert found is None  # they are true of the logarithmic pool
        return
    assert found is not None
    model = witness_model(found.witness)
    assert looked.wanted(reading.claim) == {name for name in looked.FIELDS if getattr(model, name) is not None}
    assert (model.teacher is not None) == (TEACHER in reading.claim.needs)
    number = view.fraction
    point = (
        tuple(map(view.row, model.P)),
        view.row(model.w),
        None if model.P2 is None else tuple(map(view.row, model.P2)),
        None if model.pi is None else view.row(model.pi),
        None if model.delta is None else number(model.delta),
    )
    rows = {
        "y": None if model.truth is None else view.row(model.truth),
        "s": None if model.student is None else view.row(model.student),
        "l": None if model.likelihood is None else view.row(model.likelihood),
    }
    more = beside.read(reading.claim, model, point, rows)
    again = confirm(log, reading, ExactCase(point[0], point[1], model.teacher or 0, more=more))
    assert isinstance(again, Confirmed) and again.witness.margin == found.witness.margin
    case = view.case_of(model)
    looked.inside(reading.claim, case.beside, case.P, case.w, case.k, F(0))
    v = view.exact(log, case, reading.claim, 256)
    from axiomkd.tracing.arithmetic import EXACT
    from axiomkd.verify.witness import _least, close

    least, _ = _least(reading.claim.parts(EXACT, v))
    assert close(least, model.margin)


def _case(seed, K=3):
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 8, (K, 3))
    if seed % 2:  # one class of which all teachers are of one mind
        rows[:, 0], rows[:, 2] = 2, 8 - rows[:, 1]
    weights = rng.integers(1, 5, K)
    return ExactCase(
        tuple(tuple(F(int(x), int(row.sum())) for x in row) for row in rows),
        tuple(F(int(x), int(weights.sum())) for x in weights),
        k=int(rng.integers(K)),
    )


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.name)
def test_the_linear_pool_stands(reading):
    pool = evaluator(linear)
    if reading.name == "bayes":
        pytest.skip("it is false of the linear pool")
    assert all(not isinstance(confirm(pool, reading, _case(seed)), Confirmed) for seed in range(6))


def test_the_paper_s_witness_against_the_geometric_mean(log):
    """64:1:9 | 1:64:4, half the weight moves: class 2 falls from 3/11 to 9/74, exactly."""
    rows = tuple(tuple(F(x, sum(odds)) for x in odds) for odds in ((64, 1, 9), (1, 64, 4)))
    case = ExactCase(rows, (F(1, 2), F(1, 2)), k=0, more=(("other", 1), ("share", F(1))))
    found = confirm(log, axioms.BY_NAME["transfer"], case)
    assert isinstance(found, Confirmed)
    assert "1/2 of weight moves from teacher 1 to teacher 0" in found.message
    assert "the class falls from 3/11 to 9/74" in found.message


# --- ties --------------------------------------------------------------------------------------------------------------------


def test_an_exact_tie_refutes_and_a_float_tie_does_not(log):
    strict = axioms.BY_NAME["strict-transfer"]
    case = ExactCase(P, W, k=0, more=(("other", 1), ("share", F(1, 2))))
    found = confirm(evaluator(mean), strict, case)
    assert isinstance(found, Confirmed) and found.witness.margin == "-1" and "stays at" in found.message

    def opaque(P, w):
        return np.mean([[float(x) for x in row] for row in P], 0)

    assert isinstance(confirm(evaluator(opaque, backend="numpy"), strict, case), Cleared)


def test_floats_that_meet_where_the_numbers_differ_are_no_tie():
    def slow(P, w):
        return w @ P + 1e-30 * (w[0] - w[1]) * (P[0] - P[1])

    strict = axioms.BY_NAME["strict-transfer"]
    rows = (P[0], P[1])
    case = ExactCase(rows, (F(1, 2), F(1, 2)), k=0, more=(("other", 1), ("share", F(1, 1000))))
    assert isinstance(confirm(evaluator(slow), strict, case), Cleared)


def test_room_is_not_given_to_ties():
    from axiomkd.core.reading import relaxed

    case = ExactCase(P, W, k=0, more=(("other", 1), ("share", F(1, 2))))
    found = confirm(evaluator(mean), relaxed(axioms.BY_NAME["strict-transfer"], F(1, 100)), case)
    assert isinstance(found, Confirmed) and found.witness.margin == "-1"


# --- adversaries -------------------------------------------------------------------------------------------------------------


def test_a_student_is_found_wherever_the_aggregate_is_not_the_mean():
    pool = evaluator(squared)
    cases = sampled((2, 3), 200)
    far = np.abs(pool.batch(cases.P, cases.w, None) - (cases.w[..., None] * cases.P).sum(1)).max(-1) > 0.02
    measured = margins.measure(pool, [axioms.BY_NAME["jensen"]], cases)
    assert far.sum() > 50 and (measured.margins["jensen"][far] < -1e-6).all()


@pytest.mark.parametrize("how, name", [("set", "S"), ("truth far from all", "y"), ("dear truth", "y")])
def test_what_is_chosen_is_no_worse_than_what_was_drawn(log, how, name):
    reading = {"set": "safety-set", "truth far from all": "bias-max", "dear truth": "log-loss-max"}[how]
    r = axioms.BY_NAME[reading]
    pool = evaluator(sharpened) if how == "dear truth" else log
    cases = margins._completed([r], sampled((3, 5), 128), inside=False)
    fixed = margins.measure(pool, [r], cases).margins[reading]
    chosen = margins.measure(pool, [r], cases, anew=True).margins[reading]
    assert (chosen <= fixed + 1e-12).all() and (chosen < fixed - 1e-9).any()
    v = View(P=cases.P, w=cases.w, q=log.batch(cases.P, cases.w, None), **{name: cases.more[name]})
    assert adversaries.chosen(how, v, name, 4)[32:].tolist() == cases.more[name][32:].tolist()


@pytest.mark.whole
def test_sets_are_found_that_single_classes_do_not_show():
    """An aggregate within the envelope and out of the hull: only a set of two classes tells."""

    def swapped(P, w):
        q = P.mean(0)
        lean = jnp.minimum(P.max(0) - q, q - P.min(0)).min()
        return q + lean * jnp.array([1.0, 1.0, -1.0, -1.0]) * 0.99

    r = axioms.BY_NAME["safety-set"]
    P4 = np.array([[[0.4, 0.1, 0.3, 0.2], [0.1, 0.4, 0.2, 0.3]]])
    measured = margins.measure(evaluator(swapped), [r], floats([exact(_of(P4), 0)]), anew=True)
    assert measured.margins["safety-set"][0] < -0.05
    assert sorted(measured.of(r).more["S"][0].tolist()) == [0, 0, 1, 1]


def _of(rows):
    from axiomkd.core.case import Cases

    one = np.ones(1)
    return Cases(rows, np.full((1, 2), 0.5), np.zeros(1, int), one / 2, one, one / 2)


# --- shrinking ---------------------------------------------------------------------------------------------------------------


def test_what_is_drawn_is_shrunk_too(log):
    reading = axioms.BY_NAME["transfer"]
    cases = sampled((4, 5), 400)
    measured = margins.measure(log, [reading], cases)
    at = int(np.argmin(measured.margins["transfer"]))
    wild = exact(measured.of(reading), at)
    small = shrink(log, reading, wild, -1e-3)
    assert small.size[0] == 2 and max(x.denominator for x in small.numbers()) <= 30
    assert isinstance(confirm(log, reading, small), Confirmed)


# --- what verify refuses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, field, forged",
    [
        ("transfer", "delta", "9/10"),
        ("transfer", "teacher2", 0),
        ("variance", "pi", ["1/2", "1/2", "1/3"]),
        ("influence", "P2", [["1/3", "1/3", "1/3"]] * 3),
        ("jensen", "student", ["1", "0", "0"]),
        ("bias-mean", "truth", ["1/2", "1/2", "1/2"]),
        ("safety-set", "classes", [0, 1, 2]),
        ("merge", "classes", [1]),
        ("bayes", "likelihood", ["1", "-1", "1"]),
    ],
)
def test_a_forged_field_is_refused(name, field, forged):
    pool = evaluator(geometric if name in ("merge", "safety-set") else squared)
    reading = axioms.BY_NAME[name]
    found = next(
        one for seed in range(60) if isinstance(one := confirm(pool, reading, _forging(name, seed)), Confirmed)
    )
    model = witness_model(found.witness)
    honest = view.case_of(model)
    looked.inside(reading.claim, honest.beside, honest.P, honest.w, honest.k, F(0))
    with pytest.raises(Failed):
        case = view.case_of(model.model_copy(update={field: forged}))
        looked.inside(reading.claim, case.beside, case.P, case.w, case.k, F(0))


def _forging(name, seed):
    case = _case(seed)
    return ExactCase(case.P, case.w, k=0) if name == "transfer" else case


# --- the group ---------------------------------------------------------------------------------------------------------------


def test_guarantees_are_asked_for():
    assert [r.name for r in axioms.wanted(False, {})] == [r.name for r in axioms.READINGS]
    assert [r.name for r in axioms.wanted(True, {})] == [r.name for r in axioms.EVERY]
    asked = axioms.wanted(False, {axioms.GROUP: ("jensen",)})
    assert [r.name for r in asked] == [*(r.name for r in axioms.READINGS), "jensen"]
    assert axioms.reading_id("jensen") == "guarantees/jensen"
    with pytest.raises(UsageError, match="no reading"):
        axioms.reading_id("guarantees/hull")


def test_merging_is_asked_where_both_numbers_of_classes_are_supported():
    few = evaluator(linear, C=3)
    claim = axioms.BY_NAME["merge"].claim
    assert not margins.posed(few, claim, (2, 3)) and margins.posed(evaluator(linear), claim, (2, 3))
    assert not margins.posed(evaluator(linear), claim, (2, 2))
    assert (margins.measure(few, [axioms.BY_NAME["merge"]], sampled((2, 3))).margins["merge"] == np.inf).all()


def test_a_fall_is_no_tie(log):
    """What falls is told as a fall, by how much, though a tie would count for more."""
    rows = ((F(1, 4), F(1, 4), F(1, 2)), (F(3, 5), F(1, 5), F(1, 5)))
    case = ExactCase(rows, (F(3, 4), F(1, 4)), k=0, more=(("other", 1), ("share", F(1))))
    found = confirm(log, axioms.BY_NAME["strict-transfer"], case)
    assert isinstance(found, Confirmed) and "falls from" in found.message and -0.001 < float(found.margin) < 0


def test_claims_that_merge_are_looked_at_with_a_thousand_classes_in_no_time():
    """What `verify` looks at by itself: made of fractions the matrix that merges two classes took minutes there."""
    import time

    from axiomkd.verify.scan import Scan
    from axiomkd.verify.subject import Subject

    linear = Scan(Subject(describe(lambda P, w: w @ P, name="linear"), "power"), (2, 1000))
    begun = time.process_time()
    assert linear.suspects(axioms.BY_NAME["merge"]) == []
    assert time.process_time() - begun < 30
    root = Scan(Subject(describe(lambda P, w: (w @ P) ** 0.5, name="root"), "power"), (2, 3))
    assert root.suspects(axioms.BY_NAME["merge"])
