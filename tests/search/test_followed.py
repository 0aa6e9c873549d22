"""What only suggests is run in NumPy: it is what compiled code gives up to rounding, and concludes nothing by itself."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import monitoring

from axiomkd.checking import engine
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import DEFAULT, softener
from axiomkd.operators import followed
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numerics
from axiomkd.tracing.uncompiled import uncompiled
from axiomkd.zoo import ENTRIES

numerics.prepare()


def evaluator_of(fn, **more) -> Evaluator:
    return Evaluator(describe(fn, **more), softener(DEFAULT), hurry=True)


def points(K: int, C: int, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Interior points, and some on faces."""
    rng = np.random.default_rng((K, C))
    P, w = rng.dirichlet(np.ones(C), (count, K)), rng.dirichlet(np.ones(K), count)
    P[:5, 0] = np.eye(C)[0]
    w[3:8] = np.eye(K)[1]
    return P, w


@pytest.mark.parametrize("name", ["linear", "log", "softmax5", "umedian", "vote", "borda", "jsdgate"])
def test_it_is_what_compiled_code_gives_up_to_rounding(name):
    evaluator = evaluator_of(ENTRIES[name].fn)
    P, w = points(3, 4)
    found = evaluator.suggested(P, w)
    assert not evaluator._jitted, "something was compiled"
    assert np.allclose(found, evaluator.batch(P, w), rtol=1e-9, atol=1e-13, equal_nan=True)


def test_numbers_below_the_least_normal_double_are_lost_as_they_are_in_compiled_code():
    evaluator = evaluator_of(lambda P, w: (w @ P) * 1e-200 * 1e-105)
    P, w = points(2, 3)
    P[:, :, 0] = 1e-6
    (found, compiled) = evaluator.suggested(P, w), evaluator.batch(P, w)
    assert (found[:, 0] == 0).all()
    assert np.array_equal(found == 0, compiled == 0)
    assert (found[8:, 1] > 0).all()


def test_what_computes_in_fewer_digits_is_compiled():
    evaluator = evaluator_of(lambda P, w: (w @ P).astype(jnp.float32))
    P, w = points(2, 3)
    assert np.array_equal(evaluator.suggested(P, w), evaluator.batch(P, w))
    assert len(evaluator._jitted) == 1


def test_what_no_rule_is_there_for_is_compiled():
    evaluator = evaluator_of(lambda P, w: jnp.abs(jnp.linalg.eigh(P.T @ P)[1][:, -1]))
    evaluator.exactly = True  # as if it could be followed otherwise
    P, w = points(2, 3)
    assert np.array_equal(evaluator.suggested(P, w), evaluator.batch(P, w), equal_nan=True)


def test_where_much_is_asked_it_is_compiled(monkeypatch):
    evaluator = evaluator_of(ENTRIES["log"].fn)
    P, w = points(2, 3, count=2000)
    evaluator.suggested(P, w)
    assert not evaluator._jitted
    monkeypatch.setattr(followed, "PAYS", 1e5)
    evaluator.suggested(P, w)
    assert evaluator._jitted


@pytest.mark.parametrize("wrong", [np.nan, 3.0])
def test_floats_that_are_not_the_operators_conclude_nothing(monkeypatch, wrong):
    """Neither a refutation nor a defect of the operator's computation."""
    monkeypatch.setattr(
        followed.Followed,
        "run",
        lambda _self, closed, args, _together: np.full((len(args[0]), args[0].shape[2]), wrong),
    )
    monkeypatch.setattr(
        engine.proofs, "ask", lambda *_: engine.proofs.Proofs()
    )  # nothing hides what the search makes of it
    settings = Settings(effort="quick", K=(2,), C=(2, 3), readings=("envelope", "nonnegative", "interior", "hull"))
    (done,) = (e for e in engine.check(describe(lambda P, w: w @ P), settings) if e.kind == "finished")
    assert {r.verdict for r in done.result.readings} <= {"holds", "inconclusive"}, done.result.message
    assert not done.result.message


# ---- operations outside a trace


def test_operations_outside_a_trace_compile_nothing_and_give_the_same():
    compiled: list[str] = []

    def heard(event: str, duration_secs: float, **_: str | int) -> None:
        compiled.append(event)

    def pool(P, w):
        assert isinstance(P, jnp.ndarray)
        if float(P[0, 0]) > 2:  # it holds numbers, and no letters
            raise AssertionError
        r = jnp.exp(w @ jnp.log(P)) + 0.25 * jnp.max(P, axis=0)
        return r / r.sum()

    P, w = jnp.asarray(np.full((3, 5), 0.2) + 0), jnp.asarray([0.2, 0.3, 0.5])
    monitoring.register_event_duration_secs_listener(heard)
    try:
        with uncompiled():
            found = pool(P, w)
        assert not [one for one in compiled if "backend_compile" in one]
        expected = pool(P, w)
        assert [one for one in compiled if "backend_compile" in one], "this JAX names its events otherwise"
    finally:
        monitoring.unregister_event_duration_listener(heard)
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    assert np.allclose(found, expected, rtol=0, atol=1e-15)


def test_what_no_rule_is_there_for_is_done_as_ever():
    P = jnp.asarray([[2.0, 1.0], [1.0, 3.0]])
    with uncompiled():
        found = jnp.linalg.eigvalsh(P)
    assert np.allclose(found, np.linalg.eigvalsh(np.asarray(P)))
