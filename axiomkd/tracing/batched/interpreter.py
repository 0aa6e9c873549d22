"""A jaxpr at a fixed size run in NumPy on a batch of points: what JAX documents that each primitive does, dtypes included.

It shares no code with the lift nor with the exact rules, and knows neither. What it has no rule for, or what JAX leaves to the
machine, raises `Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from axiomkd.tracing.batched import elementwise, linear, loops, reductions, structure
from axiomkd.tracing.batched.machine import WORK, Rule, Run, Unknown, Value

RULES: Mapping[str, Rule] = {
    **elementwise.RULES,
    **structure.RULES,
    **reductions.RULES,
    **linear.RULES,
    **loops.RULES,
}


def run(
    closed: Any,
    args: Sequence[Value],
    *,
    real: bool = True,
    record: frozenset[str] = frozenset(),
    work: float = WORK,
    flushed: bool = False,
) -> tuple[Value, Run]:
    """An operator's values (B, C) at a batch of points, and the run. Raises Unknown.

    `args` are P (B, K, C), w (B, K) and, where it is taken, T (B,). `real` computes reals of any width in float64: the
    function that the code denotes; else each in its own: what JAX computes. `work` bounds the entries read. `flushed`: no double is
    nearer to 0 than the least normal one.
    """
    made = Run(RULES, real, record, work, flushed)
    with np.errstate(all="ignore"):
        given = [
            made.normal(np.asarray(a).astype(made.dtype(v.aval)))
            for a, v in zip(args, closed.jaxpr.invars, strict=True)
        ]
        (out,) = made.walk(closed, given)
        if out.dtype.kind == "c":
            raise Unknown("a complex result")
        return np.broadcast_to(out.astype(float), (len(args[0]), *out.shape[1:])), made
