"""What the tests of jumps, growth and limits share: evaluators, searches by the names of readings, exact replays."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import jax
import numpy as np

from axiomkd.claims.finding import Finding
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import growth, jump, limit
from axiomkd.search.effort import JUMP_SIZES
from axiomkd.tracing.exact import object_array
from axiomkd.zoo import ENTRIES

from .odd_operators import ODD

jax.config.update("jax_enable_x64", True)

SEARCHES = {
    "interior": lambda evaluator, **how: jump.search(evaluator, False, **how),
    "closed": lambda evaluator, **how: jump.search(evaluator, True, **how),
    "lipschitz": growth.search,
    "limits": limit.search,
}


@cache
def evaluator(name: str, soft: str = "power") -> Evaluator:
    if name in ODD:
        backend = "numpy" if name.startswith("numpy_") else None
        return Evaluator(describe(ODD[name][0], backend=backend), softener(soft))
    entry = ENTRIES[name]
    return Evaluator(describe(entry.fn, name=name, K=entry.K, C=entry.C), softener(soft), K=3)


def hunt(name: str, reading: str, seed: int = 0, *, effort: int = 1, sizes=JUMP_SIZES, soft: str = "power") -> Finding:
    searched = evaluator(name, soft)
    sizes = [size for size in sizes if searched.operator.supports(*size)]
    return SEARCHES[reading](searched, sizes=sizes, rng=np.random.default_rng(seed), effort=effort)


def few(name: str) -> tuple[tuple[int, int], ...]:
    """The fewest sizes at which every failure of an operator shows: compilation is most of what these tests cost."""
    if name == "at_four_classes_only":
        return ((2, 2), (2, 4))
    if ENTRIES[name].truth["closed"] is False if name in ENTRIES else "F" in ODD[name][1]:
        return ((2, 2), (2, 3), (3, 3))
    return ((2, 3),)


def fractions(rows) -> list:
    return [fractions(x) if isinstance(x, tuple) else Fraction(x) for x in rows]


def both_points(witness: Witness) -> list[tuple[list, list]]:
    """The points (P, w) of a witness in fractions."""
    P, w = witness.P, witness.w
    return [(fractions(P), fractions(w)), (fractions(witness.P2 or P), fractions(witness.w2 or w))]


def distance(witness: Witness) -> Fraction:
    (P, w), (Q, v) = both_points(witness)
    entries = zip(sum(P, []) + w, sum(Q, []) + v, strict=True)
    return sum((abs(a - b) for a, b in entries), Fraction(0))


def replayed(name: str, witness: Witness, bits: int = 1056) -> list[np.ndarray]:
    """A at the points of a witness, evaluated anew from its text."""
    return [evaluator(name).exact(object_array(P), object_array(w), bits=bits) for P, w in both_points(witness)]
