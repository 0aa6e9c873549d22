"""The prover from outside: scopes, reasons, certificates, and what kinds of code it follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.scope import All, Supported, over, whole
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

numerics.prepare()


def prove(fn, softener="power", **options):
    operator = describe(fn, **options)
    return prover.prove(operator, softener, axioms.READINGS, effort="standard", sizes=[(2, 2)])


def proved(fn, softener="power", **options) -> dict[str, str]:
    """reading -> scope, for what is proved."""
    return {r: a.scope for r, a in prove(fn, softener, **options).items() if isinstance(a, Proof)}


def linear(P, w):
    return w @ P


def test_every_reading_has_an_answer_and_a_certificate_that_is_json():
    answers = prove(linear)
    assert list(answers) == [r.name for r in axioms.READINGS]
    for answer in answers.values():
        if isinstance(answer, Proof):
            assert json.loads(json.dumps(answer.certificate)) == answer.certificate
            assert answer.theorem and answer.message
        else:
            assert answer.why


@pytest.mark.whole
def test_the_same_operator_gets_the_same_bytes(one_size):
    first, second = (json.dumps([repr(a) for a in prove(ENTRIES["invent"].fn).values()]) for _ in range(2))
    assert first == second


def test_an_attention_network_of_any_size_stays_in_the_hull():
    keys = jnp.asarray(np.random.default_rng(0).normal(size=(4, 2)))
    query = jnp.asarray(np.random.default_rng(1).normal(size=4))

    def attention(P, w):
        features = jnp.stack([jnp.max(P, axis=1), jnp.sum(P**2, axis=1)], axis=1)
        return jax.nn.softmax(jnp.tanh(features @ keys.T) @ query) @ P

    found = proved(attention)
    assert {found[r] for r in ("hull", "any-support", "lipschitz")} == {All()}


def test_a_missing_rule_is_named_with_the_line():
    def odd(P, w):
        return jax.nn.softmax(jax.scipy.special.erfinv(w - 0.5)) @ P

    line = odd.__code__.co_firstlineno + 1
    answer = prove(odd)["hull"]
    assert isinstance(answer, NotProved)
    assert "`erf_inv`" in answer.why and f"test_prover.py:{line}" in answer.why


def test_an_operator_that_raises_is_not_proved():
    def broken(P, w):
        raise ValueError("no")

    assert proved(broken) == {}


# --- scopes --------------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_loop_over_teachers_is_proved_for_a_few_of_them_and_all_classes(one_size):
    def loop(P, w):
        q = jnp.zeros(P.shape[1])
        for k in range(P.shape[0]):
            q = q + w[k] * P[k]
        return q

    assert set(proved(loop).values()) == {over("K", (2, 3, 4, 5))}
    assert set(proved(loop)) == set(proved(linear))


def test_sizes_that_an_operator_supports():
    assert set(proved(linear, K=range(3, 9)).values()) == {Supported()}


def flips_at_five(P, w):
    return -(w @ P) if P.shape[0] == 5 else w @ P


def flips_when_square(P, w):
    return -(w @ P) if P.shape[0] == P.shape[1] else w @ P


def flips_by_a_table(P, w):
    return w @ P * {3: -1.0}.get(P.shape[0], 1.0)


def flips_on_even(P, w):
    return w @ P if P.shape[1] % 2 else -(w @ P)


def flips_on_shape(P, w):
    return -(w @ P) if P.shape == (3, 3) else w @ P


@pytest.mark.parametrize(
    "fn", [flips_at_five, flips_when_square, flips_by_a_table, flips_on_even, flips_on_shape], ids=lambda f: f.__name__
)
def test_code_that_asks_for_a_size_is_not_proved_for_all(fn):
    assert not any(map(whole, proved(fn).values()))


def test_asking_what_holds_at_all_sizes_is_harmless():
    def careful(P, w):
        assert P.shape[0] == w.shape[0] and P.shape[0] != 1
        return w @ P

    assert proved(careful)["hull"] == All()


def test_symbolic_sizes_are_as_they_were_after_a_proof():
    (K,) = jax.export.symbolic_shape("K")
    before = type(K).__eq__, type(K).__hash__
    proved(flips_at_five)
    assert (type(K).__eq__, type(K).__hash__) == before


# --- kinds of code -------------------------------------------------------------------------------------------------------


def numpy_pool(P, w):
    q = 0.0
    for k in range(len(w)):
        q = q + w[k] * P[k]
    return q


def numpy_entropy(P, w):
    v = w * np.exp(np.sum(P * np.log(P), axis=1))
    return (v / v.sum()) @ P


@pytest.mark.whole
def test_numpy_code_is_proved_through_jax(one_size):
    assert "hull" in proved(numpy_pool, backend="numpy")
    assert proved(numpy_entropy, backend="numpy")["hull"] == All()


def numpy_by_hand(P, w):
    out = np.empty(P.shape[1:], dtype=P.dtype)
    for i in range(P.shape[1]):
        out[i] = sum(w[k] * P[k][i] for k in range(len(w)))
    return out


def test_numpy_code_that_jax_cannot_run_is_not_proved_and_says_so():
    answer = prove(numpy_by_hand, backend="numpy")["hull"]
    assert isinstance(answer, NotProved) and "NumPy code" in answer.why


def test_logits_in_and_out():
    def averaged(Z, w):
        return w @ Z

    found = proved(averaged, inputs="logits", outputs="logits")
    assert {"unanimity", "commutation", "responsive", "common-support"} <= set(found)
    assert "envelope" not in found


def test_parameters_of_a_callable_object():
    class Blend:
        def __init__(self, share):
            self.share = share

        def __call__(self, P, w):
            return self.share * (w @ P) + (1 - self.share) * jnp.mean(P, axis=0)

    found = proved(Blend(0.25), name="blend")
    assert {"hull", "any-support", "lipschitz", "nonexpansive"} <= set(found)


# --- temperature ---------------------------------------------------------------------------------------------------------


def annealed(P, w, T=1.0):
    return jax.nn.softmax(jnp.log(w @ P) / T)


def annealed_at_two(P, w, T=2.0):
    return jax.nn.softmax(jnp.log(w @ P) / T)


def test_pool_then_soften_commutes():
    found = proved(annealed)
    assert {"hull", "commutation", "ranking", "entropy", "limits"} <= set(found)
    assert "nonexpansive" not in found


@pytest.mark.whole
def test_a_default_temperature_is_not_judged(one_size):
    assert set(proved(annealed_at_two)) == set(proved(annealed))


def test_a_call_without_a_temperature_is_not_traced_where_one_is_taken():
    """No claim speaks of a default, and a trace at each size looked at is what a proof costs."""
    evaluator = Evaluator(describe(annealed_at_two), softener("power"))
    assert list(prover.traces(evaluator, 2, 3)) == ["T"]


def test_what_is_opaque_in_T_is_another_value_at_one():
    def odd(P, w, T):
        return jax.nn.softmax(jnp.log(w @ P) * jax.scipy.special.erfinv(T / 100))

    assert "commutation" not in proved(odd)


@pytest.mark.whole
def test_the_linear_pool_commutes_with_mixing(one_size):
    assert "commutation" in proved(linear, "uniform-mix")
    assert "commutation" not in proved(linear, "power")
    assert "commutation" not in proved(ENTRIES["log"].fn, "uniform-mix")
    assert "commutation" not in proved(ENTRIES["vote"].fn, "uniform-mix")


# --- the domain ----------------------------------------------------------------------------------------------------------


def test_an_operator_declared_for_the_interior():
    operator = replace(describe(linear), domain="interior")
    answers = prover.prove(operator, "power", axioms.READINGS, effort="standard", sizes=[(2, 2)])
    assert isinstance(answers["hull"], Proof)
    assert isinstance(answers["closed"], NotProved) and isinstance(answers["lipschitz"], NotProved)


@pytest.mark.whole
def test_a_limit_at_a_vertex_asks_for_more_than_a_value_there(one_size):
    """c_k = 0 leaves A(P, e_k) undefined, and the limit t → 1 is another teacher's row."""
    certainty = ENTRIES["marginw"].fn
    assert "responsive" in proved(certainty)
    assert "responsive" not in proved(certainty, domain="interior")


# --- cases ---------------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_choice_made_class_by_class_is_no_case_of_the_whole(one_size):
    """Each class takes its entry from one of two pools: both are in the hull, the patchwork is not even on the simplex."""

    def patchwork(P, w):
        return jnp.where(P[0] > P[1], w @ P, jnp.mean(P, axis=0))

    def one_or_the_other(P, w):
        return jnp.where(P[0, 0] > P[1, 0], w @ P, jnp.mean(P, axis=0))

    assert not {"hull", "envelope", "unanimity", "simplex"} & set(proved(patchwork))
    assert proved(one_or_the_other)["hull"] == All()


def test_a_spelling_is_held_against_the_code_at_sizes_that_it_supports():
    def by_type(P, w):
        return w @ P if type(P).__module__ == "numpy" else 2 * (w @ P)

    for sizes in ({}, {"K": 5}, {"K": range(5, 9), "C": [6, 7]}):
        answer = prover.prove(
            describe(by_type, backend="numpy", **sizes), "power", axioms.READINGS, effort="quick", sizes=[]
        )
        assert not any(isinstance(one, Proof) for one in answer.values()), sizes
        assert "differ at" in answer["hull"].why


@pytest.mark.whole
def test_the_reason_does_not_hang_on_how_python_orders_a_set():
    code = (
        "from axiomkd.prove.claims import Missing\nfrom axiomkd.prove.prover import _missed\n"
        "found = _missed({name: Missing(name) for name in ('hull', 'log-loss', 'envelope', 'transfer', 'faces')})\n"
        "print([(name, one.why) for name, one in found.items()])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(said) == 1
