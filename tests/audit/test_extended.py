"""The fast reference: the same function as exact evaluation, in extended precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.audit import extended
from axiomkd.core.softener import DEFAULT, softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.tracing.arrays import object_array
from axiomkd.tracing.numbers import to_float

pytestmark = pytest.mark.skipif(not extended.FINER, reason="no more than float64 here")


@pytest.mark.parametrize("one", load("zoo:")[::6], ids=lambda one: one.name)
def test_it_is_what_exact_evaluation_gives(one):
    evaluator = Evaluator(one, softener(DEFAULT), hurry=True)
    if evaluator.mode != "jax" or not one.supports(2, 3):
        return
    P = np.array([[0.5, 0.375, 0.125], [0.25, 0.5, 0.25]])
    w = np.array([0.25, 0.75])
    T = 1.0 if one.takes_temperature else None
    closed = evaluator.jaxpr(2, 3, T is not None)
    q = extended.evaluate(closed, [P, w] if T is None else [P, w, np.float64(T)])
    exact = evaluator.exact(
        object_array(P.tolist()), object_array(w.tolist()), None if T is None else object_array(1)[()]
    )
    assert np.allclose(q, [to_float(x) for x in exact], rtol=1e-15, atol=0)


def test_nothing_underflows():
    closed = jax.make_jaxpr(lambda x: jnp.log(jnp.exp(x) * jnp.exp(x)))(jax.ShapeDtypeStruct((2,), jnp.float32))
    assert np.allclose(extended.evaluate(closed, [np.array([-2000.0, 2000.0])]), [-4000, 4000])


def test_sorting_and_choosing():
    def f(x):
        top, at = jax.lax.top_k(x, 2)
        return jnp.sort(x) + jnp.cumsum(x) + top.sum() + jnp.argmax(x) + at[1] + jnp.where(x > 0.3, x, 0)

    x = np.array([0.5, 0.125, 0.375])
    closed = jax.make_jaxpr(f)(jax.ShapeDtypeStruct((3,), jnp.float64))
    assert np.allclose(extended.evaluate(closed, [x]), np.asarray(f(jnp.asarray(x))), rtol=1e-15)
