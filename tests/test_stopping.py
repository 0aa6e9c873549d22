"""Operators that iterate until they are content: their tolerance is measured, and refutes nothing."""

import sys

import numpy as np
import pytest

from axiomkd.checking import engine
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.operators import stopping
from axiomkd.run.session import resolved

STOP = 1e-5


def floats(P):
    if np.asarray(P).dtype == object:
        raise TypeError("takes floats only")
    return np.ascontiguousarray(P, dtype=float)


def iterated(P, w):
    """The linear pool, in steps of a tenth of the way: the last one leaves nine of its kind undone."""
    mean = np.asarray(w, dtype=float) @ floats(P)
    q = np.full(len(mean), 1 / len(mean))
    step = np.inf
    while np.max(np.abs(step)) > STOP:
        step = 0.1 * (mean - q)
        q = np.add(q, step)
        np.sum(q)  # a call that a profiler sees
    return q


def always_as_often(P, w):
    mean = np.asarray(w, dtype=float) @ floats(P)
    q = np.full(len(mean), 1 / len(mean))
    for _ in range(40):
        q = q + 0.1 * (mean - q)
        np.sum(q)
    return q


def vote(P, w):
    shares = np.zeros(P.shape[1])
    for k, row in enumerate(floats(P)):
        shares[row.argmax()] += w[k]
    while shares.sum() > 0 and shares.max() < 0.6:  # as often as it takes
        shares = shares**2 / (shares**2).sum()
    return np.eye(len(shares))[shares.argmax()]


def test_where_the_number_of_steps_changes_the_answer_moves_by_one_step():
    found, calls = stopping.tolerance(iterated, 3, 3, 150)
    assert STOP / 3 < found < 6 * STOP and calls < 200


@pytest.mark.parametrize("operator", [always_as_often, vote])
def test_what_takes_as_many_steps_everywhere_or_jumps_by_itself_has_no_tolerance(operator):
    assert stopping.tolerance(operator, 3, 3, 150)[0] == 0


def test_a_profiler_that_was_there_is_there_afterwards():

    def mine(frame, event, argument):
        pass

    sys.setprofile(mine)
    try:
        stopping.counted(iterated, np.full((2, 2), 0.5), np.full(2, 0.5))
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


@pytest.mark.whole
def test_a_tolerance_is_no_violation_and_hides_none():
    """Equal teachers come out up to 9e-5 beside what they agree on, far above any rounding."""
    readings = ("unanimity", "envelope", "interior", "commutation")
    last = list(
        engine.check(describe(iterated, backend="numpy"), resolved(Settings(effort="quick", readings=readings)))
    )[-1]
    found = {r.reading: r for r in last.result.readings}
    assert found["commutation"].verdict == "refuted"
    assert found["interior"].verdict == "holds"
    assert {found[name].verdict for name in ("unanimity", "envelope")} <= {"fragile", "inconclusive"}
    assert "iterations whose ends are about" in found["unanimity"].message
