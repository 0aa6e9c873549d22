"""Whether a traced operator computes with whole numbers of 8 or 16 bits, which wrap within the sizes that claims speak of.

It looks at types alone: whether a number does wrap, and what follows, is for those who call the operator there.
"""

from __future__ import annotations

from typing import Any

from axiomkd.tracing.work import inside

NARROW = frozenset({"int8", "uint8", "int16", "uint16"})
# A count of 200 is negative in int8, its square in int16; one of 300 has passed 0 in uint8, its square in uint16.
WRAPPED: tuple[tuple[int, int], ...] = ((2, 200), (2, 300))
"""Sizes at which what is counted over the classes has wrapped."""


def narrow(jaxpr: Any) -> bool:
    """Whether an equation of the jaxpr, or of those inside it, gives whole numbers of a narrow type."""
    return any(
        any(str(getattr(v.aval, "dtype", "")) in NARROW for v in eqn.outvars) or any(narrow(one) for one in inside(eqn))
        for eqn in jaxpr.eqns
    )
