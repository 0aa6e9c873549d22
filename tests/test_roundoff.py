"""How coarsely an operator computes: read in traces and results, and measured where it hides."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators import roundoff
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numerics

numerics.prepare()


def plain(x, dtype=float):
    """The same numbers by Python floats: exact arithmetic cannot follow."""
    return np.array([[float(y) for y in row] for row in x] if np.ndim(x) > 1 else [float(y) for y in x], dtype=dtype)


def pool(dtype):
    return lambda P, w: (plain(w, dtype)[:, None] * plain(P, dtype)).sum(0)


def hidden(dtype):
    def inside(P, w):
        q = pool(dtype)(P, w).astype(float)
        return q / q.sum()

    return inside


def round_trip(P, w):
    u, s, v = np.linalg.svd(np.outer(plain(w) @ plain(P), np.ones(3)), full_matrices=False)
    return ((u * s) @ v)[:, 0]


def vote(P, w):
    P = plain(P)
    return np.eye(P.shape[1])[np.argmax(plain(w) @ P)]


def rounding_of(fn, **options):
    return Evaluator(describe(fn, **options), softener("power")).rounding


@pytest.mark.parametrize("fn", [pool(np.float64), hidden(np.float64), round_trip, vote])
def test_double_precision_is_not_coarse(fn):
    assert not rounding_of(fn, backend="numpy").coarse


@pytest.mark.parametrize("make", [pool, hidden])
@pytest.mark.parametrize("dtype, eps", [(np.float32, 2**-23), (np.float16, 2**-10), (ml_dtypes.bfloat16, 2**-7)])
def test_a_coarse_dtype_is_seen_in_the_result_or_behind_it(make, dtype, eps):
    found = rounding_of(make(dtype), backend="numpy")
    assert found.coarse and eps / 4 < found.eps < 8 * eps


def test_a_result_cast_back_lies_on_the_grid():
    found = rounding_of(lambda P, w: pool(np.float32)(P, w).astype(float), backend="numpy")
    assert found.coarse and found.tiny > 1e-40


def test_a_few_short_numbers_are_on_no_grid():
    assert roundoff.on_grid(np.array([0, 1, 0.5, 0.75, 0.25])) is None
    assert roundoff.on_grid(np.random.default_rng(0).random(9)) is None
    found = roundoff.on_grid(np.random.default_rng(0).random(9).astype(np.float16).astype(float))
    assert found is not None and found.name == "float16"


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float16, jnp.bfloat16])
def test_a_trace_shows_its_dtypes_in_loops_too(dtype):
    def inside(P, w):
        def step(total, row):
            return total + row.astype(dtype).astype(float), 0.0

        return jax.lax.scan(step, jnp.zeros(P.shape[1]), w[:, None] * P)[0]

    assert rounding_of(inside).eps == float(jnp.finfo(dtype).eps)
    assert not rounding_of(lambda P, w: w @ P).coarse


def test_a_complex_dtype_counts_as_its_parts():
    found = rounding_of(lambda P, w: jnp.real(jnp.fft.ifft(jnp.fft.fft((w @ P).astype(jnp.complex64)))))
    assert found.name == "float32"


def in_steps(dtype, number):
    def inside(P, w):
        return ((pool(dtype)(P, w) + dtype(number)) - dtype(number)).astype(float)

    return inside


@pytest.mark.parametrize("number, unit", [(2.0**n, 2.0 ** (n - 23)) for n in (17, 19, 20, 21, 22)])
def test_a_pool_that_a_large_number_was_added_to_comes_in_steps(number, unit):
    found = rounding_of(in_steps(np.float32, number), backend="numpy")
    assert found.eps >= unit and found.bar >= 1


def two_best(P, w):
    best = np.argsort(-(plain(w) @ plain(P)))[:2]
    return np.isin(np.arange(P.shape[1]), best) / 2


def votes_without_weights(P, w):
    return np.mean([np.arange(P.shape[1]) == row.argmax() for row in plain(P)], axis=0)


@pytest.mark.parametrize("fn", [vote, two_best, votes_without_weights])
def test_votes_come_in_steps_that_are_their_own(fn):
    assert not rounding_of(fn, backend="numpy").coarse


def test_a_few_digits_lost_are_measured_and_not_coarse():
    found = rounding_of(in_steps(np.float64, 2**9), backend="numpy")
    assert not found.coarse and 2**-43 / 8 < found.errs < 2**-43
    assert found.moves > 2**-42 > 10 * rounding_of(pool(np.float64), backend="numpy").moves
