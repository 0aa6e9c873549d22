"""A reading of an axiom as one frozen value, the kinds of claims that readings make, and what a claim looks at.

The search is written against the kinds of claims and their needs: it never asks for a reading's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import SimpleNamespace

from axiomkd.core.arithmetic import Arithmetic, Array
from axiomkd.core.extras import TEACHER

Parts = dict[str, Array]
View = SimpleNamespace
"""What a margin sees of a case. Every array may have leading batch axes.

P (K, C), w (K,), p (C,) = row k, t, T1, T (scalars), warming (+1 where T > T1, else -1), d (C,) a direction, support (K, C)
and active (K,): P > 0 and w > 0 as booleans; the aggregates q = A(P, w), q_same = A((p…p), w), q_tilted = A(P, w(t)),
q_vertex = A(P, e_k), q_cold and q_warm = A at T1 and T, P_cold and P_warm the softened rows; soften(q, T).
What a claim needs drawn beside these (`core/extras.py`) is a field of the same name, and what follows from it too: w_k, w_other;
p2 (C,) the other teacher's row, delta the weight that moves from it, q_moved = A(P, w + delta (e_k - e_other)); q_changed = A
with row k changed to `row`; q_weighed = A((p_k∘l renormalised), w); M (C, C - 1) that merges two classes, q_merged = A(P M, w).
Two rows that vary are p or b, with the probability chance of p, and p2 or b2, with chance2, all other rows being `mean`: q_aa,
q_ab, q_ba, q_bb; or p or second, with pi, and p2 or second2, with pi2, the other rows as they are: u_aa, u_ab, u_ba, u_bb.
"""


POINTS = (
    *("q", "q_tilted", "q_vertex", "q_cold", "q_warm"),
    *("q_moved", "q_changed", "q_weighed", "q_merged"),
    *("q_aa", "q_ab", "q_ba", "q_bb"),
    *("u_aa", "u_ab", "u_ba", "u_bb"),
)
"""The aggregates of a view that a witness shows, in the order in which it lists them."""


@dataclass(frozen=True)
class Pointwise:
    """For all cases every part is >= 0. A part has trailing shape (), (C,) or (C, C).

    `parts(m, view)` gives the margins by label; `scale(m, view)` is what the margin is divided by when gradients climb (the
    raw margin decides); `tell` maps a label to a sentence over the exact view. `adversary` names what else is drawn:
    a direction is found from the aggregate. `needs` names what else the claim quantifies over (`core/extras.py`), and `aim` by
    what means each of it is best chosen once the aggregates are known (`claims/adversaries.py`). The parts in `ties` say only
    whether two numbers are equal: -1 where they are, exactly, else not negative; floats bear out none. Where the claim is `strict`
    that is all that is wrong there, and no amount.
    """

    parts: Callable[[Arithmetic, View], Parts]
    probes: tuple[str, ...]
    scale: Callable[[Arithmetic, View], Array] | None = None
    tell: Mapping[str, Callable[[View, tuple[int, ...]], str]] = field(default_factory=dict)
    adversary: str | None = None
    measurable: bool = True  # False where the margin says only yes or no (supports)
    slack: Fraction = Fraction(0)  # what has been added to every part
    needs: tuple[str, ...] = ()
    aim: Mapping[str, str] = field(default_factory=dict)
    ties: frozenset[str] = frozenset()
    strict: bool = False

    @property
    def drawn(self) -> frozenset[str]:
        """What it needs beside the teacher k, whom every case has."""
        return frozenset(self.needs) - {TEACHER}

    @property
    def of_one_teacher(self) -> bool:
        """Whether it speaks of one teacher k, so that it is asked for each, and a witness names who it is."""
        return "q_tilted" in self.probes or TEACHER in self.needs


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


@dataclass(frozen=True)
class OneTemperature:
    """As the temperature of one teacher alone goes to infinity (`cold`: to 0) the aggregate tends to the one at the limit of its
    row."""

    cold: bool


PAPER = "the paper, arXiv:2601.09165, sections II to IV"
"""The source of what the paper states as a formula."""

Claim = Pointwise | Jump | Growth | Limit | OneTemperature


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
    paper: str = ""  # the axiom or theorem of the paper that states it, "A3" or "IV.7"; "" where the paper does not
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
        return {label: part if label in claim.ties else part + room for label, part in claim.parts(m, v).items()}

    return replace(reading, claim=replace(claim, parts=parts, slack=slack))


def has_room(reading: Reading) -> bool:
    """Whether the claim may fail by a tolerance: then it implies no other claim, as it does where it holds."""
    return isinstance(reading.claim, Pointwise) and reading.claim.slack > 0


@dataclass(frozen=True)
class Axiom:
    name: str
    title: str
    sentence: str
    readings: tuple[Reading, ...]
