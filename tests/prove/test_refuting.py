"""Theorems by which a claim fails at every size from some on: members in numbers, near misses, messages, and forgeries.

What is claimed of a member is looked for in plain floats, at the least size and beyond; what misses a hypothesis is not claimed.
"""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import pytest
from jax.scipy.special import xlogy

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.report import ExtentModel, WitnessModel, extent_model
from axiomkd.core.scope import AtLeast, parse_at_least
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import normal, prover
from axiomkd.prove.families import REFUTING, THEOREMS, refuting
from axiomkd.prove.proof import Proof
from axiomkd.report import phrases
from axiomkd.tracing import numerics
from axiomkd.verify.certificate import Checked
from axiomkd.verify.failing import FAILING
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject
from axiomkd.zoo import ENTRIES
from tests.verify.reports import reading

from . import plainly

pytestmark = pytest.mark.usefixtures("one_size", "few_sizes")

numerics.prepare()


def normalised(f):
    return f / jnp.sum(f)


def by_rows(s):
    return lambda P, w: normalised(w * s(P)) @ P


def entropy(P):
    return -jnp.sum(xlogy(P, P), axis=1)


CURVED = {
    "w squared": lambda P, w: normalised(w**2) @ P,
    "softmax": lambda P, w: jax.nn.softmax(-3 * w) @ P,
    "w and its square": lambda P, w: normalised(w + 2 * w**2) @ P,
    "roots": lambda P, w: jnp.sqrt(w) @ P / jnp.sum(jnp.sqrt(w)),
}
STRONG = {
    "certainty": by_rows(lambda P: jnp.exp(-entropy(P))),
    "the largest": by_rows(lambda P: jnp.max(P, axis=1)),
    "squares": by_rows(lambda P: jnp.sum(P**2, axis=1)),
    "one class alone": by_rows(lambda P: 1 + P[:, 0]),
}
MEANS = {
    "geometric": lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
    "square": lambda P, w: normalised(jnp.sqrt(w @ P**2)),
    "harmonic": lambda P, w: normalised(1 / (w @ (1 / P))),
}
MEMBERS = {
    "curved-weights": {
        **CURVED,
        "half of it": lambda P, w: (normalised(w**2) @ P + jnp.mean(P, axis=0)) / 2,
        "a third to the uniform distribution": lambda P, w: (2 * normalised(w**3) @ P + 1 / P.shape[1]) / 3,
    },
    "curved-pool": CURVED,
    "row-strengths": STRONG,
    "row-strengths-pool": STRONG,
    "means-apart": MEANS,
}
NEAR = {
    "linear": lambda P, w: w @ P,
    "affine weights": lambda P, w: (0.5 * w + 0.5 / w.shape[0]) @ P,
    "the mean": lambda P, w: jnp.mean(P, axis=0),
    "constant strength": by_rows(lambda P: jnp.sum(P, axis=1) + 1),
    "a strength that all share": by_rows(lambda P: jnp.max(P) * jnp.ones(P.shape[0])),
    "order 1": lambda P, w: normalised((w @ P) ** 1.0),
    "a part that bends, taken back": lambda P, w: (w**2 @ P) + ((w - w**2) @ P),
}


def fails(fn, **sizes):
    return prover.examine(describe(fn, **sizes), "power", axioms.EVERY, effort="quick", sizes=()).fails


def said_by_a_credulous_prover(fn):
    """What it says to fail, though it may prove it too."""
    evaluator = Evaluator(describe(fn), softener("power"))
    traced, why = prover._traced(evaluator, None, None)
    assert traced is not None, why
    normal.begin()
    return prover._failing(traced, prover._validation(traced, evaluator, None, thorough=False))


def as_reported(extent):
    return ExtentModel.model_validate(json.loads(extent_model(extent).model_dump_json()))


def check(fn, name, extent):
    return Checked(Subject(describe(fn), "power"), frozenset()).fails(name, extent)


@pytest.mark.weekly(2)
@pytest.mark.parametrize("theorem", REFUTING, ids=lambda theorem: theorem.name)
@pytest.mark.whole
def test_members_fail_at_the_least_size_and_beyond(theorem):
    for why, fn in MEMBERS[theorem.name].items():
        found = fails(fn)
        assert {name for name, one in found.items() if one.theorem == theorem.name} == set(theorem.fails), why
        plain = plainly.Operator(fn)
        for K, C in ((theorem.extent.K, theorem.extent.C), (theorem.extent.K + 1, theorem.extent.C + 1)):
            for name in theorem.fails:
                worst = min(plainly.worst(plain, name, seed, K, C) for seed in range(2))
                assert worst < -1e-6, (why, name, K, C, worst)


@pytest.mark.parametrize("why", NEAR)
def test_near_misses_are_not_said_to_fail(why):
    assert fails(NEAR[why]) == {}


def test_what_is_proved_at_the_least_sizes_is_not_said_to_fail_there():
    """At K = 2 squared weights rise with w, and strengths of two classes keep transfers: the theorems begin above."""
    for fn, size in ((CURVED["w squared"], (2, 3)),):
        extent = fails(fn)["transfer"].sizes
        assert not extent.covers(*size)
        assert plainly.worst(plainly.Operator(fn), "transfer", 0, *size) >= -1e-12


def test_operators_of_some_sizes_have_none():
    assert fails(CURVED["w squared"], K=(2,)) == {}


def test_the_zoo_has_none_of_what_is_said_to_fail():
    for theorem in REFUTING:
        entry = ENTRIES[theorem.example]
        found = fails(entry.fn)
        assert {name for name, one in found.items() if one.theorem == theorem.name} == set(theorem.fails)
        assert not any(entry.truth.get(name) for name in found)


@pytest.mark.whole
def test_nothing_is_proved_and_said_to_fail():
    for fn in (*CURVED.values(), *STRONG.values(), *MEANS.values()):
        examined = prover.examine(describe(fn), "power", axioms.EVERY, effort="quick", sizes=())
        assert not [name for name in examined.fails if isinstance(examined.answers[name], Proof)]


def test_the_verifier_knows_the_same_theorems():
    assert set(FAILING) == {one.name for one in REFUTING} and not set(FAILING) & {one.name for one in THEOREMS}
    for one in REFUTING:
        assert FAILING[one.name].known.concludes == one.fails
        assert AtLeast(*FAILING[one.name].least) == one.extent
        assert parse_at_least(str(one.extent)) == one.extent


# --- forged ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def squares():
    return as_reported(
        prover.examine(describe(CURVED["w squared"]), "power", axioms.EVERY, effort="quick", sizes=()).fails["transfer"]
    )


@pytest.mark.whole
def test_an_extent_is_verified_for_its_operator_alone(squares):
    assert "written proof of curved-weights" in check(CURVED["w squared"], "transfer", squares)
    with pytest.raises(Failed):
        check(NEAR["linear"], "transfer", squares)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("transfer", {"scope": "every K ≥ 2, C ≥ 2"}, "the theorem speaks of"),
        ("transfer", {"scope": "all K, C"}, "the theorem speaks of"),
        ("pull", {}, "no theorem on what fails of pull"),
        ("transfer", {"theorem": "means-apart"}, "the theorem speaks of"),
        ("transfer", {"theorem": "shares"}, "no theorem on what fails"),
        ("transfer", {"certificate": {"kind": "theorem", "theorem": "curved-weights", "after": []}}, "starts at"),
    ],
)
def test_a_forged_extent_is_refused(squares, name, change, why):
    with pytest.raises(Failed, match=why):
        check(CURVED["w squared"], name, squares.model_copy(update=change))


@pytest.mark.whole
def test_weights_that_only_seem_to_bend_are_refused(monkeypatch):
    """A prover that takes every share for a bent one is caught."""
    monkeypatch.setattr(refuting, "_curved", lambda p: refuting.subject.own_share(p))
    forged = as_reported(said_by_a_credulous_prover(NEAR["affine weights"])["transfer"])
    with pytest.raises(Failed, match="not affine"):
        check(NEAR["affine weights"], "transfer", forged)


@pytest.mark.whole
def test_strengths_that_do_not_differ_are_refused(monkeypatch):
    monkeypatch.setattr(refuting, "positive", lambda a, x, what: refuting.claim("positive", a, x, text=what))
    fn = NEAR["constant strength"]
    found = said_by_a_credulous_prover(fn)
    with pytest.raises(Failed):
        check(fn, "jensen", as_reported(found["jensen"]))


# --- told -----------------------------------------------------------------------------------------------------------------


def row(K, C, extent):
    size = WitnessModel(K=K, C=C, P=[["1/2"] * C] * K, w=["1/2"] * K, margin="-1", confirmed="exact")
    return reading("transfer", "refuted").model_copy(update={"witness": size, "extent": extent})


def test_the_message_says_whether_the_witness_is_one_of_the_sizes(squares):
    told = phrases.extent(row(3, 2, squares))
    assert (
        told.startswith("It fails at every K ≥ 3, C ≥ 2, by the theorem curved-weights") and "another size" not in told
    )
    assert "the witness is of another size, K = 2, C = 2" in phrases.extent(row(2, 2, squares))
    assert phrases.extent(reading("transfer", "holds")) == ""
