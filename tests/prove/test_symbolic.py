"""Proofs by SymPy: what is true is proved at small sizes, what is false never, however small the region where it fails."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from axiomkd.axioms import BY_NAME
from axiomkd.core.operator import describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.softener import SOFTENERS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import fixed, smt
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.prove.symbolic import nonnegative, slopes
from axiomkd.prove.symbolic.attempt import attempt
from axiomkd.prove.symbolic.regions import Purse, written
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

numerics.prepare()
STEPS = 400_000


def of(fn, *, softener: str = "power", **options) -> Evaluator:
    return Evaluator(describe(fn, name=getattr(fn, "__name__", "it"), **options), SOFTENERS[softener])


def without_samples(monkeypatch) -> None:
    monkeypatch.setattr(nonnegative, "is_below", lambda *_: False)
    monkeypatch.setattr(slopes, "rises", lambda *_: True)


def tried(fn, reading: str, size=(2, 2), *, patience: int = 40_000, **options) -> Proof | NotProved:
    return attempt(of(fn, **options), BY_NAME[reading], size, Purse(patience, STEPS))


# --- truth -----------------------------------------------------------------------------------------------------------


def mixed(P, w):  # half by w, half by w², rescaled: no theorem knows the weights
    v = w / 2 + w**2 / jnp.sum(w**2) / 2
    return v @ P


def by_confidence(P, w):  # each teacher by the exponential of its largest entry
    v = w * jnp.exp(jnp.max(P, axis=1))
    return v / jnp.sum(v) @ P


def harmonic_of_odds(P, w):
    m = 1 / (w @ (1 / P))
    return m / jnp.sum(m)


TRUE = [
    ("linear", "envelope", (2, 2)),
    ("linear", "coordinate", (2, 2)),
    ("linear", "any-support", (2, 2)),
    ("wsq", "pull", (2, 2)),
    ("wmedian", "common-support", (2, 2)),
    ("dempster", "any-support", (2, 2)),
    ("w1", "unanimity", (2, 2)),
    pytest.param("w2", "simplex", (2, 3), marks=pytest.mark.whole),
    ("w2", "unanimity", (2, 2)),
    ("softmax5", "unanimity", (2, 3)),
    (mixed, "pull", (2, 2)),
    (mixed, "envelope", (2, 2)),
    pytest.param(by_confidence, "coordinate", (2, 2), marks=pytest.mark.whole),
    (harmonic_of_odds, "simplex", (2, 2)),
    (harmonic_of_odds, "pull", (2, 2)),
    ("linear", "log-loss", (2, 2)),
    pytest.param("linear", "entropy-mean", (2, 2), marks=pytest.mark.whole),
]


@pytest.mark.parametrize(("which", "reading", "size"), TRUE, ids=lambda x: getattr(x, "__name__", str(x)))
@pytest.mark.weekly(2)
def test_what_is_true_is_proved(which, reading, size):
    found = tried(ENTRIES[which].fn if isinstance(which, str) else which, reading, size)
    assert isinstance(found, Proof), found
    assert (found.method, found.scope.sizes, found.theorem) == ("sympy", (size,), None)  # type: ignore[union-attr]


SOME = ("linear", "mean", "log", "w1", "w2", "wmedian", "max_all", "voteshare", "topteacher", "smooth")


@pytest.mark.parametrize("name", [pytest.param(x, marks=() if x == "linear" else pytest.mark.whole) for x in SOME])
@pytest.mark.weekly(2)
@pytest.mark.whole
def test_what_is_false_is_never_proved(name, monkeypatch):
    """At two classes what is false of more may be true: those are meant that fail at one of a few points there."""
    without_samples(monkeypatch)  # the argument alone must refuse
    evaluator = of(ENTRIES[name].fn)
    false = [r for r in BY_NAME.values() if isinstance(r.claim, Pointwise) and smt.sampled(evaluator, r, (2, 2))]
    assert false, name
    for reading in false:
        assert isinstance(attempt(evaluator, reading, (2, 2), Purse(8_000, STEPS)), NotProved), reading.name


# --- near misses: each is one edit away from what holds ----------------------------------------------------------------------


def dented(P, w):  # 1e-9 below 0, at p near 1/3 only
    m = (w @ P)[0]
    return jnp.stack([m, 1 - m]) * jnp.stack([(m - 1 / 3) ** 2 * 1e6 - 1e-9, jnp.ones_like(m)])


def pinched(P, w):  # beyond the larger teacher by a millionth where they are nearly equal
    m = w @ P
    gap = P[0, 0] - P[1, 0]
    return m + jnp.where(jnp.abs(gap) < 1e-6, 1e-6, 0) * jnp.array([1.0, -1.0])


def extrapolated(P, w):  # v = w + (w - mean w)/1000, which leaves the simplex
    return (w + (w - jnp.mean(w)) / 1000) @ P


def turning(P, w):  # the first teacher's weight is w(1 - 2w)², which turns at 1/6 and at 1/2
    v = w.at[0].mul((1 - 2 * w[0]) ** 2)
    return v / jnp.sum(v) @ P


def tied(P, w):  # right but where two entries are equal, on a set without volume
    return jnp.where(P[0, 0] == P[1, 0], jnp.array([2.0, -1.0]), w @ P)


def swapped_at_a_tie(P, w):  # `>` for `>=` would be right: at a tie another teacher's row is taken, here a false one
    return jnp.where(w[0] >= w[1], jnp.where(w[0] > w[1], P[0], 2 * P[0] - 1 / 2), P[1])


def leaning(P, w):  # a billionth of the weight is the first teacher's, whatever the weights
    return (1 - 1e-9) * (w @ P) + 1e-9 * P[0]


NEAR_MISSES = [
    (leaning, "log-loss"),
    (leaning, "entropy-mean"),
    (dented, "nonnegative"),
    (pinched, "envelope"),
    (extrapolated, "envelope"),
    (extrapolated, "nonnegative"),
    (turning, "pull"),
    (turning, "coordinate"),
    (tied, "nonnegative"),
    (tied, "envelope"),
    (swapped_at_a_tie, "envelope"),
]


@pytest.mark.parametrize("samples", [True, False])
@pytest.mark.parametrize(("fn", "reading"), NEAR_MISSES, ids=lambda x: getattr(x, "__name__", x))
@pytest.mark.weekly(4)
def test_near_misses_are_refused(fn, reading, samples, monkeypatch):
    if not samples:
        without_samples(monkeypatch)
    assert isinstance(tried(fn, reading, patience=20_000), NotProved)


def test_what_it_cannot_write_is_no_proof():
    assert "no expression" in tried(lambda P, w: jnp.sin(w) @ P, "simplex").why  # type: ignore[union-attr]
    assert "softener" in tried(ENTRIES["linear"].fn, "nonexpansive").why  # type: ignore[union-attr]
    assert "more than the points" in tried(ENTRIES["linear"].fn, "hull").why  # type: ignore[union-attr]


@pytest.mark.whole
def test_every_reading_is_asked_about_or_declined():
    """What a claim needs drawn beside points, weights and temperatures is nothing that is tried at sample points here."""
    evaluator = of(ENTRIES["linear"].fn)
    for reading in BY_NAME.values():
        if isinstance(reading.claim, Pointwise):
            smt.sampled(evaluator, reading, (2, 2))
            answer = attempt(evaluator, reading, (2, 2), Purse(200, 200))
            assert isinstance(answer, Proof | NotProved), reading.name


def test_a_literal_is_its_shortest_decimal():
    """0.1 + 0.9 is 1 as decimals, and 1/3 + 2/3 is not."""
    assert isinstance(tried(lambda P, w: 0.1 * (w @ P) + 0.9 * P[0], "simplex"), Proof)
    assert isinstance(
        tried(lambda P, w: 0.3333333333333333 * (w @ P) + 0.6666666666666666 * P[0], "simplex"), NotProved
    )


def test_softening_that_is_rational():
    assert isinstance(tried(ENTRIES["linear"].fn, "commutation", softener="uniform-mix"), Proof)
    assert isinstance(tried(ENTRIES["wsq"].fn, "nonexpansive", softener="uniform-mix"), Proof)
    assert isinstance(tried(ENTRIES["power2"].fn, "commutation", softener="uniform-mix"), NotProved)


# --- steps -----------------------------------------------------------------------------------------------------------


def test_steps_end_it_and_not_seconds():
    evaluator, readings = of(ENTRIES["linear"].fn), BY_NAME["coordinate"]
    spent = []
    for most in (50, STEPS, STEPS):
        purse = Purse(40_000, most)
        found = attempt(evaluator, readings, (2, 2), purse)
        assert isinstance(found, Proof) == (most == STEPS)
        spent.append(purse.spent)
    assert spent[1] == spent[2]


def test_the_same_certificate_each_time():
    one, other = (tried(mixed, "pull").certificate for _ in range(2))  # type: ignore[union-attr]
    assert one == other


def test_sizes_by_either_method_are_one_proof(monkeypatch):
    """Where SymPy's steps end, the solver goes on, and the certificate says which did which."""
    monkeypatch.setattr(fixed, "PATIENCE", 1_500)
    monkeypatch.setattr(smt, "SIZES", ((2, 2), (2, 3)))
    found = fixed.prove(of(ENTRIES["w1"].fn), [BY_NAME["simplex"]], effort="standard")["simplex"]
    assert isinstance(found, Proof) and found.method == "sympy, smt"
    assert [one["certificate"]["kind"] for one in found.certificate["sizes"]] == ["sympy", "smt"]
    assert found.message.startswith("SymPy shows every margin of simplex nonnegative for (K, C) = (2, 2)")


def test_polynomials_as_they_are_written():
    assert written({(("x", 1), ("y", 2)): -3, (): 1, (("x", 1),): 1}) == "1 + x + -3*x*y^2"
    assert written({}) == "0"


def test_powers_of_the_sum_and_means():
    """x² − xy + y² has a coefficient below 0, and none once it is multiplied by x + y; x⁴ + y⁴ − 2x²y² is a square."""

    def square(P, w):
        a, b = P[0, 0], P[1, 0]
        return jnp.stack([(a * a - a * b + b * b), 1 - (a * a - a * b + b * b)])

    found = tried(square, "nonnegative")
    assert isinstance(found, Proof)
    said = {
        one.get("by")
        for case in found.certificate["derivations"][0]["cases"]
        for one in case["node"].get("margins", ())
    }
    assert said & {"power", "means"}


def test_a_branch_on_values_is_split():
    def larger(P, w):
        return jax.lax.cond(w[0] > w[1], lambda: P[0], lambda: P[1])

    found = tried(larger, "envelope")
    assert isinstance(found, Proof)
    assert found.certificate["derivations"][0]["cases"][0]["node"]["sides"].keys() == {"+", "0", "-"}
