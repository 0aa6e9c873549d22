"""What can be said of a reading: one class a verdict, each with its own fields only; and the witness of a refutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from axiomkd.core.scope import AtLeast, Scope


@dataclass(frozen=True)
class Witness:
    """A counterexample as it is printed: every number is a string that names one exact number.

    P is K rows of C, w is K weights; `cls` is a class index or two, `teacher` the index k, `t` and `T` the values compared,
    `P2`, `w2` a second point, `direction` a separating vector (against `hull`), `value` the aggregate(s) at the points
    compared, `margin` the margin of the claim there, `confirmed` one of exact, ball, float64. `Ts` are the temperatures of the
    teachers; `teacher2` loses the weight `delta`, or varies; `student` and `truth` are distributions, `classes` a set or the two
    that are merged, `pi` the chance of each row of P against that of P2, `likelihood` what has been seen.
    """

    K: int
    C: int
    P: tuple[tuple[str, ...], ...]
    w: tuple[str, ...]
    margin: str
    confirmed: str
    value: tuple[tuple[str, ...], ...] = ()
    cls: int | tuple[int, int] | None = None
    teacher: int | None = None
    t: tuple[str, ...] | None = None
    T: tuple[str, ...] | None = None
    Ts: tuple[str, ...] | None = None
    P2: tuple[tuple[str, ...], ...] | None = None
    w2: tuple[str, ...] | None = None
    direction: tuple[str, ...] | None = None
    teacher2: int | None = None
    delta: str | None = None
    student: tuple[str, ...] | None = None
    truth: tuple[str, ...] | None = None
    classes: tuple[int, ...] | None = None
    pi: tuple[str, ...] | None = None
    likelihood: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Spent:
    """What a search cost and how far it came: `cases` points of the claim's domain, `margin` the worst one met (clipped at
    zero; None where the claim is not a margin), `lipschitz` the largest quotient seen, where one was looked for."""

    cases: int
    margin: float | None = None
    quotient: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Proved:
    """`scope` names the sizes that the argument covers; `spent` is what a search beside it has cost."""

    verdict: ClassVar[str] = "proved"
    scope: Scope
    method: str
    certificate: dict[str, Any]
    spent: Spent


@dataclass(frozen=True)
class Holds:
    """`scope` and `certificate` are given where, beyond the search, every case within some bounds was checked exactly."""

    verdict: ClassVar[str] = "holds"
    spent: Spent
    scope: str | None = None
    certificate: dict[str, Any] | None = None


@dataclass(frozen=True)
class Extent:
    """Where a claim fails by a theorem, beyond the size of a witness: the sizes, the theorem's name, and what re-checks it."""

    sizes: AtLeast
    theorem: str
    certificate: dict[str, Any]


@dataclass(frozen=True)
class Refuted:
    """`simplest` is the smallest witness; `largest` is given too where the simplest has less than half its violation; `extent`
    where a theorem says at which other sizes the claim fails."""

    verdict: ClassVar[str] = "refuted"
    simplest: Witness
    largest: Witness | None
    how: str
    spent: Spent
    extent: Extent | None = None


@dataclass(frozen=True)
class Fragile:
    verdict: ClassVar[str] = "fragile"
    reproducer: Witness
    why: str
    spent: Spent


@dataclass(frozen=True)
class Inconclusive:
    """`method` is None where nothing was searched."""

    verdict: ClassVar[str] = "inconclusive"
    why: str
    spent: Spent
    method: str | None = "search"


@dataclass(frozen=True)
class Error:
    verdict: ClassVar[str] = "error"
    why: str
    reproducer: Witness | None = None


Verdict = Proved | Holds | Refuted | Fragile | Inconclusive | Error

GOOD = frozenset({"proved", "holds"})
BAD = frozenset({"refuted", "error"})
