"""A reading of an axiom as one frozen value, the kinds of claims that readings make, and what a claim looks at.

The search is written against the kinds of claims and their needs: it never asks for a reading's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import SimpleNamespace

from axiomkd.core.arithmetic import Arithmetic, Array

Parts = dict[str, Array]
View = SimpleNamespace
"""What a margin sees of a case. Every array may have leading batch axes.

P (K, C), w (K,), p (C,) = row k, t, T1, T (scalars), warming (+1 where T > T1, else -1), d (C,) a direction, support (K, C)
and active (K,): P > 0 and w > 0 as booleans; the aggregates q = A(P, w), q_same = A((p…p), w), q_tilted = A(P, w(t)),
q_vertex = A(P, e_k), q_cold and q_warm = A at T1 and T, P_cold and P_warm the softened rows; soften(q, T).
"""


@dataclass(frozen=True)
class Pointwise:
    """For all cases every part is >= 0. A part has trailing shape (), (C,) or (C, C).

    `parts(m, view)` gives the margins by label; `scale(m, view)` is what the margin is divided by when gradients climb (the
    raw margin decides); `tell` maps a label to a sentence over the exact view. `adversary` names what else is drawn:
    a direction is found from the aggregate.
    """

    parts: Callable[[Arithmetic, View], Parts]
    probes: tuple[str, ...]
    scale: Callable[[Arithmetic, View], Array] | None = None
    tell: Mapping[str, Callable[[View, tuple[int, ...]], str]] = field(default_factory=dict)
    adversary: str | None = None
    measurable: bool = True  # False where the margin says only yes or no (supports)
    slack: Fraction = Fraction(0)  # what has been added to every part


@dataclass(frozen=True)
class Jump:
    """A has no jump: `closed` says whether points on the faces of the domain count."""

    closed: bool


@dataclass(frozen=True)
class Growth:
    """The difference quotient of A stays bounded on the closed domain."""


@dataclass(frozen=True)
class Limit:
    """A has no jump along T, and tends to the uniform distribution as T grows."""


Claim = Pointwise | Jump | Growth | Limit


@dataclass(frozen=True)
class Reading:
    """One formal reading of an axiom.

    `domain` is "interior" (P and w interior), "interior P" (w anywhere) or "closed". `weaker` names the readings of the
    same axiom that it implies at once; `unit` is the margin's unit, None where the claim is not a margin.
    """

    axiom: str
    name: str
    statement: str
    formula: str
    latex: str
    domain: str
    claim: Claim
    unit: str | None
    weaker: tuple[str, ...] = ()
    source: str = "the formal readings are this project's; the article states the axiom in one sentence"
    note: str = ""
    fails: str = ""  # a zoo operator that fails it, for the example in `explain`; "" where none is at hand

    @property
    def id(self) -> str:
        return f"{self.axiom}/{self.name}"


def relaxed(reading: Reading, slack: Fraction) -> Reading:
    """The same claim with room: every margin is larger by `slack`. What is no margin stays as it is."""
    claim = reading.claim
    if not slack or not isinstance(claim, Pointwise) or not claim.measurable:
        return reading

    def parts(m: Arithmetic, v: View) -> Parts:
        room = float(slack) if hasattr(m, "xp") else slack
        return {label: part + room for label, part in claim.parts(m, v).items()}

    return replace(reading, claim=replace(claim, parts=parts, slack=slack))


@dataclass(frozen=True)
class Axiom:
    name: str
    title: str
    sentence: str
    readings: tuple[Reading, ...]
