"""Points that a claim looks at are evaluated in one call, and a quick search draws fewer cases of each structure."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.claims.views import one_at_a_time, together
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator, batch_size
from axiomkd.search.effort import EFFORTS
from axiomkd.search.run import ENOUGH, batches
from axiomkd.search.strategies import drawn

from . import checks  # noqa: F401  float64 on


def cooled(P, w, T):
    S = P ** (1 / T)
    return w @ (S / S.sum(-1, keepdims=True))


def each_cooled(P, w, Ts):
    S = P ** (1 / Ts[:, None])
    return w @ (S / S.sum(-1, keepdims=True))


def linear(P, w):
    return w @ P


def asked(takes):
    """Points of two sizes, some at a temperature of their own where one is taken."""
    rng = np.random.default_rng(0)

    def some(K, C, T):
        return rng.dirichlet(np.ones(C), (5, K)), rng.dirichlet(np.ones(K), 5), T

    now, own, each = {"none": (None, None, None), "one": (1.0, rng.uniform(1, 4, 5), 2.0)}.get(
        takes, (1.0, rng.uniform(1, 4, 5), rng.uniform(1, 4, (5, 3)))
    )
    return {
        "q": some(3, 4, now),
        "q_warm": some(3, 4, own),
        "q_merged": some(3, 3, now),
        "q_cold": some(3, 4, each),
    }


@pytest.mark.parametrize("fn, takes", [(linear, "none"), (cooled, "one"), (each_cooled, "each")])
def test_in_one_call_each_point_gets_what_it_gets_alone(fn, takes):
    one = Evaluator(describe(fn), softener("power"))
    points = asked(takes)
    alone, at_once = one_at_a_time(one.suggested)(points), together(one.suggested)(points)
    assert set(alone) == set(at_once)
    for name, q in alone.items():
        np.testing.assert_allclose(at_once[name], q, rtol=1e-14)


def test_points_of_one_size_are_one_call():
    calls = []

    def A(P, w, T):
        calls.append(len(P))
        return P[:, 0]

    together(A)(asked("none"))
    assert sorted(calls) == [5, 15]


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (8, 100)])
def test_a_quick_search_draws_a_share_of_a_batch_but_never_few(size):
    one = Evaluator(describe(lambda P, w: jnp.asarray(w @ P), name="one"), softener("power"))
    (structure,) = drawn(size, 1, 0)
    whole, quick = (sum(map(len, batches(one, structure, EFFORTS[e].share))) for e in ("standard", "quick"))
    assert whole >= quick >= ENOUGH and whole == max(batch_size(*size), ENOUGH)
    assert quick == max(whole // 4, ENOUGH)
