"""Random compositions of array functions, evaluated exactly and by JAX in float64."""

from __future__ import annotations

import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd.tracing import numbers
from axiomkd.tracing.exact import Undecided, evaluate, object_array

STEPS = [
    jnp.exp,
    jnp.tanh,
    jnp.square,
    lax.logistic,
    jnp.expm1,
    lambda x: jnp.log(jnp.abs(x)),
    lambda x: jnp.sqrt(jnp.abs(x)),
    lambda x: 1 / (1 + x * x),
    lambda x: jnp.cumsum(x, axis=1),
    lambda x: jnp.sort(x, axis=0),
    lambda x: x / x.sum(axis=1, keepdims=True),
    lambda x: jax.nn.softmax(x, axis=1),
    lambda x: jnp.where(x > 0.31, x, 0.0),
    lambda x: jnp.clip(x, -1, 1),
    lambda x: x - jnp.median(x, axis=0),
    lambda x: lax.top_k(x, 4)[0],
    lambda x: x.at[jnp.argmin(x[:, 0])].set(1.0),
    lambda x: x + x[jnp.argmax(x, axis=0), jnp.arange(4)],
    lambda x: jnp.nan_to_num(x, posinf=3.0, neginf=-3.0),
    lambda x: (x @ x.T) @ x,
]
VALUES = [["0", "1"], ["0", "1/2", "1/4", "1"], ["1/10", "1/5", "3/10", "2/5", "1/7"], ["-1", "1/2", "2", "-1/3", "0"]]


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_floats(seed):
    draw = random.Random(seed)
    steps = draw.choices(STEPS, k=3)
    texts = [draw.choices(draw.choice(VALUES), k=4) for _ in range(3)]

    def f(x):
        for step in steps:
            x = step(x)
        return x

    X = object_array(texts)
    floats = jnp.array([[numbers.to_float(x) for x in row] for row in X])
    try:
        (out,) = evaluate(jax.make_jaxpr(f)(floats), [X])
    except Undecided as question:
        pytest.xfail(f"a tie of balls: {question}")
    assert all(map(numbers.is_number, out.flat))
    got = np.array([numbers.to_float(x) for x in out.flat]).reshape(out.shape)
    np.testing.assert_allclose(got, np.asarray(f(floats)), rtol=1e-6, atol=1e-8)
