"""A certificate's claims as read, and the stage on which they are looked at: domain, sizes, points, index values.

It decides nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from axiomkd.core.scope import All, Scope
from axiomkd.tracing.numbers import Number, Undecided, is_special, text
from axiomkd.verify import terms
from axiomkd.verify.agree import agrees, nearly
from axiomkd.verify.line import Failed
from axiomkd.verify.signs import Signs
from axiomkd.verify.subject import Size, Subject
from axiomkd.verify.terms import Node, free
from axiomkd.verify.values import Point, Unknown, holds, value

KINDS = frozenset("form defined support sign nonnegative positive equal free continuous lipschitz shape".split())
MOST = 300  # assignments of free indices at one point


@dataclass(frozen=True)
class Claim:
    """`domain` says of P and w whether they are positive or nonnegative; `given` are conditions on the points."""

    kind: str
    domain: tuple[str, str]
    given: tuple[Node, ...]
    terms: tuple[Node, ...]
    text: str
    more: dict[str, Any]


def read(json: Any) -> Claim:
    """A claim of a certificate. Raises Failed where it is none, or of a kind that is not known."""
    if not isinstance(json, dict) or not {"claim", "domain", "terms"} <= json.keys():
        raise Failed("a claim of the certificate is no claim")
    kind, domain = json["claim"], json["domain"]
    if kind not in KINDS:
        raise Failed(f"the certificate makes a claim of a kind that is not known: {kind!r}")
    signs = domain.get("P"), domain.get("w")
    if not set(signs) <= {"positive", "nonnegative"}:
        raise Failed(f"the {kind} claim names no domain that is known")
    more = {key: x for key, x in json.items() if key not in ("claim", "domain", "terms", "text")}
    given = tuple(map(terms.read, domain.get("given", ())))
    return Claim(kind, signs, given, tuple(map(terms.read, json["terms"])), str(json.get("text", "")), more)


@dataclass(eq=False)
class Scene:
    """Where one certificate is checked: `axes` are the lengths as its terms spell them."""

    subject: Subject
    sizes: Sequence[Size]
    axes: tuple[Node, Node]
    smallest: Size
    scope: Scope = All()
    layers: dict[str, None] = field(default_factory=dict)
    opinions: dict[Size, bool] = field(default_factory=dict)  # whether SymPy has seen every identity so far, by size

    def trust(self, layer: str) -> None:
        """Note what the reader has to trust."""
        self.layers.setdefault(layer)

    def signs(self, claim: Claim) -> Signs:
        P, w = (one == "positive" for one in claim.domain)
        return Signs(P_positive=P, w_positive=w, smallest=self.smallest, axes=self.axes)

    def points(self, domain: tuple[str, str]) -> Iterator[Point]:
        """Points of the domain, of all sizes; an operator declared for the interior gets interior ones only."""
        closed = self.subject.operator.domain != "interior"
        for size in self.sizes:
            yield from self.subject.points("inside", size)
            if domain[1] == "nonnegative" and closed:
                yield from self.subject.points("weights", size)
            if domain[0] == "nonnegative" and closed:
                yield from self.subject.points("faces" if domain[1] == "nonnegative" else "rows", size)

    def everywhere(self, claim: Claim) -> Iterator[tuple[Point, dict[Node, int]]]:
        """Every point of the claim's domain, with every value of its free indices, at which its conditions hold."""
        variables = list(dict.fromkeys(v for n in (*claim.terms, *claim.given) for v in free(n)))
        for at in self.points(claim.domain):
            lengths = [range(at.length(v.args[0], {})) for v in variables]
            for places in itertools.islice(itertools.product(*lengths), MOST):
                env = dict(zip(variables, places, strict=True))
                try:
                    if all(holds(c, at, env) for c in claim.given):
                        yield at, env
                except (Undecided, Unknown):
                    continue


@dataclass
class Tally:
    """How many comparisons stood, and how many could not be made."""

    stood: int = 0
    open: int = 0
    rounded: int = 0
    opaque: str = ""


def compare(
    tally: Tally,
    left: Callable[[], Number | None],
    right: Callable[[], Number | None],
    otherwise: Callable[[str, str], str],
    slack: Fraction = Fraction(0),
) -> None:
    """Hold two values against each other where both are numbers. Raises Failed with `otherwise` where they differ by more
    than the slack."""
    try:
        x, y = left(), right()
        same = None if x is None or y is None or is_special(x) or is_special(y) else agrees(x, y)
    except Undecided:
        same = None
    except Unknown as e:
        tally.opaque = str(e)
        same = None
    if same is False and slack and nearly(x, y, slack):
        tally.rounded += 1
        same = True
    if same is False:
        raise Failed(otherwise(text(x), text(y)))
    tally.stood += same is True
    tally.open += same is None


def shown(at: Point) -> str:
    """A point as a reader would write it."""
    P = ", ".join("[" + ", ".join(map(text, row)) + "]" for row in at.P)
    T = "" if text(at.T) == "1" else f", T = {text(at.T)}"
    return f"P = [{P}], w = [{', '.join(map(text, at.w))}]{T}"


__all__ = ["Claim", "Scene", "Tally", "compare", "read", "shown", "value"]
