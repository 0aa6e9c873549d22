"""The theorems: each a family of operators, the hypotheses that make an operator one of it, and the written proof."""

from axiomkd.prove.families import continuity, convexity, guarantees, heated, positivity, temperature, weights
from axiomkd.prove.families.refuting import REFUTING, Refuting
from axiomkd.prove.theorem import Theorem

THEOREMS: tuple[Theorem, ...] = (
    *convexity.THEOREMS,
    *positivity.THEOREMS,
    *continuity.THEOREMS,
    *weights.THEOREMS,
    *temperature.THEOREMS,
    *heated.THEOREMS,
    *guarantees.THEOREMS,
)
BY_NAME = {theorem.name: theorem for theorem in THEOREMS}

__all__ = ["BY_NAME", "REFUTING", "THEOREMS", "Refuting", "Theorem"]
