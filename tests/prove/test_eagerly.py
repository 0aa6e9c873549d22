"""A function that does under a trace what it does not outside of one: however thin the difference, nothing is proved of it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import fixed, prover
from axiomkd.prove.eagerly import apart
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics
from tests.hidden import HIDDEN

numerics.prepare()
READINGS = [axioms.BY_NAME["hull"], axioms.BY_NAME["responsive"]]


@pytest.mark.parametrize("fn", HIDDEN, ids=lambda fn: fn.__name__)
def test_what_hides_from_a_trace_is_not_proved(fn):
    operator = describe(fn)
    answers = prover.prove(operator, "power", READINGS, effort="quick", sizes=[])
    solved = fixed.prove(Evaluator(operator, softener("power")), READINGS, effort="quick")
    for found in (*answers.values(), *solved.values()):
        assert not isinstance(found, Proof) and "under a trace" in found.why and "hidden.py:" in found.why


def checked(P, w):
    if P.ndim != 2 or len(w) != P.shape[0]:
        raise ValueError("shapes")
    return sum(w[k] * P[k] for k in range(P.shape[0]))


@jax.jit
def jitted(P, w):
    return jnp.where(P[0, 0] > 2, P[0], w @ P)


def arrays(P, w):
    return w @ (jnp.asarray(P) if isinstance(P, np.ndarray) else P)


def folded(P, w):
    return jax.lax.fori_loop(0, P.shape[0], lambda k, q: q + w[k] * P[k], jnp.zeros(P.shape[1]))


MADE: dict[int, np.ndarray] = {}


def remembers(P, w):
    K = P.shape[0]
    if K not in MADE:
        MADE[K] = np.ones(K)
    return (w * MADE[K]) @ P


@pytest.mark.parametrize(
    "fn", [checked, jitted, arrays, folded, remembers], ids=lambda fn: getattr(fn, "__name__", "jitted")
)
def test_honest_code_runs_alike(fn):
    MADE.clear()
    evaluator = Evaluator(describe(fn, name="honest"), softener("power"))
    MADE.clear()
    assert apart(evaluator) == ""
