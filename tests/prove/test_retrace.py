"""NumPy code that unrolls into a long trace is not held against it: a hundred such traces take longer than the whole search."""

from __future__ import annotations

import numpy as np

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import retrace


def iterated(steps: int) -> Evaluator:
    def steps_of_mean(P, w):
        P = np.array(P, dtype=float)
        q = w @ P
        for _ in range(steps):
            q = (q + w @ P) / 2
        return q

    return Evaluator(describe(steps_of_mean, backend="numpy"), softener("power"))


def test_a_long_trace_is_not_read(monkeypatch):
    monkeypatch.setattr(retrace, "LONGEST", 20)
    why = retrace.through_jax(iterated(30))
    assert isinstance(why, str)
    assert "unrolls into" in why
