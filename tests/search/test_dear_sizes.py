"""An operator that computes far more at a large size than at a small one: what is drawn there, and what is said of it."""

import jax.numpy as jnp

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.effort import EFFORTS
from axiomkd.search.run import Plan, drawn_at, worth
from axiomkd.tracing import numerics

numerics.prepare()
SIZES = [(2, 2), (2, 3), (8, 100), (2, 1000)]


def spectral(P, w):
    """The leading direction of the rows."""
    v = jnp.abs(jnp.linalg.eigh(P.T @ (w[:, None] * P))[1][:, -1])
    return v / v.sum()


def evaluator(fn, K=2, C=3):
    return Evaluator(describe(fn), softener("power"), K, C)


def test_a_plain_pool_is_drawn_at_every_size():
    plain = evaluator(lambda P, w: w @ P)
    assert list(drawn_at(plain, Plan(SIZES, EFFORTS["quick"], 0))) == SIZES
    assert all(worth(plain, size) == 1 for size in SIZES)


def test_where_a_spectrum_grows_few_structures_are_drawn_and_at_last_none():
    dear = evaluator(spectral)
    assert worth(dear, (2, 3)) == 1 > worth(dear, (8, 100)) > worth(dear, (2, 1000))
    assert dear.padded_to(64, 8, 100) < evaluator(lambda P, w: w @ P).padded_to(64, 8, 100)
    assert list(drawn_at(dear, Plan(SIZES, EFFORTS["quick"], 0))) == SIZES[:3]


def test_the_only_size_that_is_asked_for_is_drawn_at():
    assert list(drawn_at(evaluator(spectral), Plan([(2, 1000)], EFFORTS["quick"], 0))) == [(2, 1000)]
