"""A trace run in NumPy in place of compiling it: what is asked of most sizes is less than compiling them would cost.

How much is run so is counted in entries, size by size, and never in seconds, so that the same questions get the same answers. It
knows traces and refuses to know what they are asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from axiomkd.tracing.batched import interpreter
from axiomkd.tracing.batched.machine import TooMuch, Unknown
from axiomkd.tracing.work import inside

PAYS = 1.5e7  # entries read in NumPy in the time that compiling a plain pool takes
# What a rule may raise of values that it was not made for; an operator is compiled then, as if there were no such rule.
NO_RULE = (Unknown, ArithmeticError, ValueError, IndexError, TypeError, np.linalg.LinAlgError)


class Followed:
    """One operator's traces, and how much of each was run."""

    def __init__(self) -> None:
        self._spent: dict[int, float] = defaultdict(float)
        self._plain: dict[int, bool] = {}
        self._off = False

    def run(self, closed: Any, args: Sequence[np.ndarray], together: int) -> np.ndarray | None:
        """The aggregates (B, C) at B points, `together` of them at a time; None where they had better be compiled."""
        key = id(closed)  # the evaluator keeps every trace for as long as this lives
        if self._off or self._spent[key] >= PAYS:
            return None
        if key not in self._plain:
            self._plain[key] = in_doubles(closed.jaxpr)
        if not self._plain[key]:
            return None
        out = []
        try:
            for start in range(0, len(args[0]), together):
                part = [x[start : start + together] for x in args]
                left = PAYS - self._spent[key]
                q, run = interpreter.run(closed, part, real=False, work=left, flushed=True)
                self._spent[key] += left - run.left
                out.append(q)
        except TooMuch:
            self._spent[key] = PAYS
            return None
        except NO_RULE:
            self._off = True
            return None
        return np.concatenate(out) if out else np.zeros((0, *closed.out_avals[0].shape))


def in_doubles(jaxpr: Any) -> bool:
    """Whether all its reals are doubles: what NumPy does with narrower ones is not what compiled code does."""
    dtypes = {getattr(v.aval, "dtype", None) for eqn in jaxpr.eqns for v in eqn.outvars}
    dtypes |= {getattr(v.aval, "dtype", None) for v in jaxpr.invars}
    narrow = any(dtype is not None and np.dtype(dtype).kind not in "biu" and dtype != np.float64 for dtype in dtypes)
    return not narrow and all(in_doubles(one) for eqn in jaxpr.eqns for one in inside(eqn))
