"""How much a traced operator computes at one point, counted from its equations: a number that no machine's load changes.

An estimate, for choosing how many points to look at; it says nothing about any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

ENDLESS = 32  # steps that a loop without a known number of them is taken for
CUBIC = frozenset({"lu", "cholesky", "qr", "eigh", "svd", "eig", "schur", "householder_product", "triangular_solve"})
# Primitives whose batches XLA's CPU backend computes a thousand times slower than the points one after the other.
BETTER_ALONE = frozenset({"conv_general_dilated"})


def work(jaxpr: Any) -> float:
    """Numbers computed by a jaxpr in one call, loops by their steps, products of matrices by their terms."""
    return sum(_of(eqn) for eqn in jaxpr.eqns)


def better_alone(jaxpr: Any) -> bool:
    """Whether a batch had better be computed point by point, inside one compiled call."""
    return any(
        eqn.primitive.name in BETTER_ALONE or any(better_alone(inner) for inner in inside(eqn)) for eqn in jaxpr.eqns
    )


def _of(eqn: Any) -> float:
    steps = {"scan": eqn.params.get("length", 1), "while": ENDLESS}.get(eqn.primitive.name, 1)
    inner = [work(one) for one in inside(eqn)]
    if inner:
        return steps * (max(inner) if eqn.primitive.name == "cond" else sum(inner))
    out = max((prod(v.aval.shape) for v in eqn.outvars), default=1)
    if eqn.primitive.name == "dot_general":
        ((contracted, _), _) = eqn.params["dimension_numbers"]
        return out * prod(eqn.invars[0].aval.shape[axis] for axis in contracted)
    taken = max((prod(getattr(v.aval, "shape", ())) for v in eqn.invars), default=1)
    return max(out, taken) ** (1.5 if eqn.primitive.name in CUBIC else 1)


def inside(eqn: Any) -> Iterator[Any]:
    """The jaxprs that an equation calls."""
    for value in eqn.params.values():
        for one in value if isinstance(value, tuple | list) else (value,):
            inner = getattr(one, "jaxpr", one)
            if hasattr(inner, "eqns"):
                yield inner
