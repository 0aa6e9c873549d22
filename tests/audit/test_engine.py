"""Whole audits of operators: what each loses, what none is accused of, and the stable form that mends it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.audit import engine
from axiomkd.audit.as_written import AsWritten
from axiomkd.core.operator import describe
from tests.audit import operators

pytestmark = pytest.mark.usefixtures("audit_of_few_sizes")


def audited(name, dtype):
    (found,) = engine.audit(operators.operator(name), [dtype]).dtypes
    assert found.ran, found.why
    return found


def lost(found):
    return {loss.kind: loss for loss in found.losses}


CLEAN = [
    ("linear", "float16"),
    ("stable_softmax", "float32"),
    ("hard_vote", "bfloat16"),
    ("through_float32", "float16"),
]


@pytest.mark.whole
@pytest.mark.parametrize(("name", "dtype"), CLEAN)
def test_what_is_stable_loses_nothing(name, dtype):
    assert audited(name, dtype).losses == []


def test_softmax_without_the_maximum_taken_out():
    loss = lost(audited("softmax", "float16"))["not-finite"]
    assert (loss.K, loss.C, loss.confirmed) == (2, 2, "ball")
    assert loss.right_to_logit == 10 and loss.right_to_p is None
    assert loss.advice is not None and loss.advice.name == "logarithms" and loss.advice.still == 0
    assert any("jax.nn.logsumexp" in line for line in loss.advice.how)
    assert loss.advice.before is None and loss.advice.error is not None and loss.advice.error < 2e-3


@pytest.mark.whole
def test_zero_times_log_zero():
    loss = lost(audited("entropy_weights", "float16"))["not-finite"]
    assert "has no value at a 0" in loss.message and loss.advice is not None and loss.advice.name == "xlogy"


@pytest.mark.whole
def test_a_large_power_underflows():
    found = lost(audited("power", "float16"))
    assert {"not-finite", "lost-class"} <= set(found)
    assert all(loss.advice is not None and loss.advice.name == "logarithms" for loss in found.values())


@pytest.mark.whole
def test_a_product_over_teachers_underflows():
    found = lost(audited("product", "float16"))
    assert found and all(loss.advice is not None and loss.advice.name == "logarithms" for loss in found.values())


@pytest.mark.whole
def test_a_cast_inside_is_seen_in_float64():
    found = lost(audited("through_float32", "float64"))
    assert found["lost-class"].right_to_p == 1e-37 and found["lost-class"].confirmed == "exact"


@pytest.mark.whole
def test_a_guard_of_the_dtype_is_part_of_the_formula():
    """`finfo(P.dtype).tiny` is another number in each dtype: the exact value is that of the formula that has run."""
    assert lost(audited("guarded", "float32")).keys() <= {"not-finite"}


@pytest.mark.whole
def test_numpy():
    found = audited("numpy_softmax", "float16")
    loss = lost(found)["not-finite"]
    assert loss.advice is not None and any("scipy.special.logsumexp" in line for line in loss.advice.how)
    (half,) = engine.audit(operators.operator("numpy_softmax"), ["bfloat16"]).dtypes
    assert not half.ran and half.why == "NumPy has no bfloat16"
    assert [one.dtype for one in engine.audit(operators.operator("numpy_softmax"), ["float32"]).dtypes] == ["float32"]


@pytest.mark.whole
def test_what_cannot_be_followed_is_held_against_its_own_float64():
    found = engine.audit(operators.operator("numpy_opaque"), ["float64", "float16"])
    assert not found.dtypes[0].ran and "no exact value" in found.dtypes[0].why
    assert found.dtypes[1].ran and {loss.confirmed for loss in found.dtypes[1].losses} <= {"float64"}


@pytest.mark.whole
def test_a_tie_that_rounding_breaks_is_nobody_s_loss():
    """The vote of a third against two: 1/3 + 1/3 and 2/3 are one number in no dtype, and the exact sum decides by its last bit."""

    def winner(P, w):
        import jax
        import jax.numpy as jnp

        return jax.nn.one_hot(jnp.argmax(w @ P), P.shape[1], dtype=P.dtype)

    (found,) = engine.audit(describe(winner, name="winner"), ["bfloat16"]).dtypes
    assert found.losses == []


def test_one_that_returns_no_floats_is_not_judged():
    (found,) = engine.audit(describe(lambda P, w: np.argsort(P[0]), backend="numpy"), ["float16"]).dtypes
    assert not found.ran and "not floats" in found.why


@pytest.mark.whole
def test_one_seed_gives_one_report():
    first, again = (engine.audit(operators.operator("softmax"), ["float16"], 3).model_dump_json() for _ in range(2))
    assert first == again


def test_a_reproducer_shows_the_loss():
    A = AsWritten(operators.operator("softmax"), "float16")
    loss = lost(audited("softmax", "float16"))["lost-class"]
    names = {"np": np, "K": loss.K, "C": loss.C}
    exec("\n".join(loss.code), names)
    q, exact = A(names["P"], names["w"]), A.exact(names["P"], names["w"])
    assert q.dtype == np.float16 and q[loss.place[0]] == 0
    assert repr(float(exact[loss.place[0]])) == loss.exact[0]


def test_a_loss_computes_no_target_that_could_lose_anything():
    loss = describe(lambda z, P, w: -jnp.sum((w @ P) * jax.nn.log_softmax(z)), outputs="loss")
    found = engine.audit(loss, ("float16",))
    assert "is a loss" in found.problem and not found.dtypes
