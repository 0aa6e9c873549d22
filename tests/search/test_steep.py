"""Slopes that adjacent doubles step over, in code that takes floats only: no jump is seen in them, and jumps still are."""

from __future__ import annotations

import numpy as np
import pytest

from axiomkd.claims import places, steep
from axiomkd.claims.nearby import Look
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import jump
from axiomkd.tracing import numbers

from .hunting import SEARCHES


def blended(share, *, wide=False):
    """A of share·p₁ + (1 − share)·p₂, in floats that nothing else can follow, `wide` ones where it is called so."""

    def operator(P, w):
        if not wide:
            P, w = (np.array([float(x) for x in np.ravel(y)]).reshape(np.shape(y)) for y in (P, w))
        s = np.clip(share(w[0] - w[1]), 0, 1)
        if P.dtype == object:
            raise TypeError("floats only")
        return s * P[0] + (1 - s) * P[1]

    return Evaluator(describe(operator, name="blended", backend="numpy"), softener("power"))


def looked_for(evaluator):
    return jump.search(evaluator, False, sizes=[(2, 2)], rng=np.random.default_rng(0))


@pytest.mark.parametrize("slope", [pytest.param(1e14, marks=pytest.mark.whole), 3e15])
def test_a_steep_slope_is_no_jump(slope):
    assert looked_for(blended(lambda x: slope * x + 0.5)).outcome != "refuted"


@pytest.mark.parametrize(
    "share", [lambda x: x > 0, lambda x: np.heaviside(x, 0.5)], ids=["one side or the other", "shared where tied"]
)
def test_jumps_are_no_slopes(share):
    evaluator = blended(share)
    assert not steep.slopes(Look(evaluator), *two())
    assert looked_for(evaluator).outcome == "refuted"


def two():
    def point(w):
        return places.Point(numbers_of([[0.25, 0.75], [0.5, 0.5]]), numbers_of(w))

    below = np.nextafter(0.5, 0)
    return point([below, 0.5]), point([0.5, below])


def numbers_of(x):
    return np.frompyfunc(numbers.dyadic, 1, 1)(np.asarray(x, float))


def test_more_digits_see_what_doubles_do_not():
    if np.finfo(np.longdouble).eps > 2.0**-60:
        pytest.skip("no wider floats here")

    def share(x):
        return 1e17 * x + 0.5

    assert steep.slopes(Look(blended(share, wide=True)), *two())
    assert not steep.slopes(Look(blended(share)), *two())  # nothing tells it from a jump


def pool_of_guarded_logs(P, w):
    q = np.exp(np.asarray(w) @ np.log(np.maximum(np.array([[float(x) for x in row] for row in P]), 1e-300)))
    return q / q.sum()


def pool_of_logs(P, w):
    with np.errstate(all="ignore"):
        z = np.asarray(w) @ np.log(np.array([[float(x) for x in row] for row in P]))
        q = np.exp(z - z.max())
        return q / q.sum()


@pytest.mark.whole
@pytest.mark.weekly(2)
@pytest.mark.parametrize(("fn", "jumps"), [(pool_of_guarded_logs, False), (pool_of_logs, True)])
def test_a_guard_far_below_the_floats_that_are_looked_at_is_no_jump(fn, jumps):
    """max(p, 1e-300) is continuous, though a pool of its logarithms jumps as far as 2^-900."""
    evaluator = Evaluator(describe(fn, backend="numpy"), softener("power"))
    assert not evaluator.exactly
    found = SEARCHES["closed"](evaluator, sizes=((2, 2), (2, 3)), rng=np.random.default_rng(0), effort=1)
    assert (found.outcome == "refuted") is jumps
