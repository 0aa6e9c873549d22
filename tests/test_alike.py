"""Ways of calling an operator that must not matter, and those of which the result says nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.core.errors import Misbehaviour
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators import alike
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.manners import Manners
from axiomkd.operators.skewed import skewed
from axiomkd.tracing import numerics
from axiomkd.tracing.shaken import shaken

numerics.prepare()
SIZES = [(2, 2), (2, 3), (3, 3)]


def met(fn, **options):
    return Manners(describe(fn, **options), softener("power"), SIZES, hurry=True).meet()


# ---- traced or not


def on_numpy(P, w):
    return 2 * P[0] - P[-1] if isinstance(P, np.ndarray) else w @ P


def outside(P, w):
    return w @ P if isinstance(P, jax.core.Tracer) else jnp.mean(P, axis=0)


def by_exception(P, w):
    try:
        P[0, 0].item()
    except Exception:
        return w @ P
    return P[0]


def only_with_three(P, w):
    return P[0] if isinstance(P, np.ndarray) and P.shape == (3, 3) else w @ P


def only_with_many(P, w):
    return w @ P if isinstance(P, jax.core.Tracer) or P.shape[0] < 5 else P[0]


def only_where_one_is_sure(P, w):
    try:
        return P[0] if float(P[0, 0]) > 0.99 or float(P[0].max()) > 0.99 else w @ P
    except jax.errors.ConcretizationTypeError:
        return w @ P


def only_where_a_weight_is_large(P, w):
    return P[0] if not isinstance(w, jax.core.Tracer) and max(w) > 0.97 else w @ P


@pytest.mark.parametrize(
    "fn",
    [
        on_numpy,
        outside,
        by_exception,
        only_with_three,
        only_with_many,
        only_where_one_is_sure,
        only_where_a_weight_is_large,
    ],
)
def test_another_function_outside_a_trace_is_an_error(fn):
    with pytest.raises(Misbehaviour, match="does one thing under a trace and another when called with") as caught:
        met(fn)
    assert caught.value.point["P"]


def raises_on_numpy(P, w):
    return P.at[0].multiply(1.0)[0] * 0 + w @ P


def rounds(P, w):
    return (w.astype(jnp.float16) @ P.astype(jnp.float16)).astype(float)


@pytest.mark.parametrize("fn", [raises_on_numpy, rounds, lambda P, w: w @ P])
@pytest.mark.weekly(2)
def test_what_differs_by_rounding_or_runs_in_a_trace_only_is_none(fn):
    met(fn)


# ---- logits


def first_softmax(z):
    return jax.nn.softmax(z, axis=1)


INVARIANT = {
    "mean of logits": (lambda z, w: w @ z, "logits"),
    "mean of softmax": (lambda z, w: w @ first_softmax(z), "probabilities"),
    "softmax by hand": (lambda z, w: w @ (jnp.exp(z) / jnp.exp(z).sum(1, keepdims=True)), "probabilities"),
    "max of shifted": (lambda z, w: jnp.max(z - z.max(1, keepdims=True), axis=0), "logits"),
    "float32": (lambda z, w: (w @ z.astype(jnp.float32)).astype(float), "logits"),
}
VARIANT = {
    "max of logits": lambda z, w: jnp.max(z, axis=0),
    "clipped": lambda z, w: w @ jnp.clip(z, -20, 20),
    "clipped far": lambda z, w: w @ jnp.clip(z, -100, 100),
    "weighted by size": lambda z, w: jax.nn.softmax(jnp.max(z, axis=1)) @ z,
    "float32": lambda z, w: jnp.max(z.astype(jnp.float32), axis=0).astype(float),
}


@pytest.mark.parametrize("name", INVARIANT)
@pytest.mark.weekly(2)
@pytest.mark.whole
def test_logits_are_known_up_to_a_constant(name):
    fn, outputs = INVARIANT[name]
    met(fn, inputs="logits", outputs=outputs)


@pytest.mark.parametrize("name", VARIANT)
@pytest.mark.weekly(2)
def test_a_result_that_depends_on_a_constant_is_an_error(name):
    with pytest.raises(Misbehaviour, match="the result changes with a row's constant"):
        met(VARIANT[name], inputs="logits", outputs="logits")


def test_numpy_logits_too():
    met(lambda z, w: np.asarray(w) @ np.asarray(z), inputs="logits", outputs="logits", backend="numpy")
    with pytest.raises(Misbehaviour, match="constant"):
        met(lambda z, w: np.max(z, axis=0), inputs="logits", outputs="logits", backend="numpy")


# ---- what rounding blows up is no other function


@pytest.mark.parametrize("fn", [lambda P, w: (w @ P) + 1e17 - 1e17, lambda P, w: jax.nn.softmax(1e9 * ((w @ P) - 0.3))])
def test_rounding_blown_up_is_no_other_function(fn):
    met(fn)


def tied_inside(P, w):
    """Steps of Frank and Wolfe from w: at the first, all teachers are as good, and the last digit may choose among them."""
    gram = P @ P.T

    def step(i, a):
        best = jnp.argmin(gram @ a - gram @ w)
        return a + (jnp.zeros(len(w)).at[best].set(1.0) - a) * 2 / (i + 2)

    return jax.lax.fori_loop(0, 24, step, w) @ P


@pytest.mark.whole
def test_a_tie_inside_that_rounding_breaks_is_no_other_function():
    evaluator = Evaluator(describe(tied_inside), softener("power"), 20, 2)
    P, w = skewed(20, 2)
    for p, v in zip(P, w, strict=True):
        assert not alike._another(evaluator, np.array, p, v, np.asarray(tied_inside(np.array(p), np.array(v))))


def test_shaken_steps_stay_where_nothing_is_tied():
    P, w = skewed(3, 3)
    for fn in (lambda P, w: w @ P, lambda P, w: jax.nn.softmax(w @ jnp.log(P))):
        (q,) = shaken(jax.make_jaxpr(fn)(P[0], w[0]), [P[0], w[0]], 0)
        assert 0 < np.abs(q - np.asarray(fn(P[0], w[0]))).max() < 1e-14


def test_a_steep_operator_on_logits_is_invariant():
    met(lambda z, w: 1e7 * (w @ z), inputs="logits", outputs="logits")
