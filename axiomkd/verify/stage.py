"""The stage on which a theorem's hypotheses are held against the aggregate's formula, at exact points.

It knows no theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.verify import opinion, shapes
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, Scene, Tally, compare, shown
from axiomkd.verify.terms import Node
from axiomkd.verify.values import Point, Unknown, holds, value

DERIVED = "shape re-derived"


@dataclass(frozen=True)
class Stage:
    """The claims of one certificate; `q` is the formula of the aggregate's entry at class `i`."""

    scene: Scene
    claims: Sequence[Claim]
    form: Claim
    q: Node
    i: Node | None

    def of(self, kind: str, count: int | None = None, *, rule: str | None = None) -> list[Claim]:
        """The claims of a kind. Raises Failed where there are not `count` of them."""
        found = [c for c in self.claims if c.kind == kind and (rule is None or c.more.get("rule") == rule)]
        if count is not None and len(found) != count:
            raise Failed(f"the certificate has {len(found)} claims {kind}, its theorem needs {count}")
        return found

    def entry(self, at: Point, c: int, q: Node | None = None) -> Number:
        return value(q or self.q, at, {} if self.i is None else {self.i: c})

    def identity(
        self,
        what: str,
        left: Callable[[Point, int], Number],
        right: Callable[[Point, int], Number],
        given: Sequence[Node] = (),
    ) -> None:
        """left = right for every class, at every point of the formula's domain at which the conditions hold."""
        tally = Tally()
        for at in self.scene.points(self.form.domain):
            if holding(given, at):
                for c in range(at.size[1]):
                    compare(
                        tally,
                        lambda at=at, c=c: left(at, c),
                        lambda at=at, c=c: right(at, c),
                        lambda x, y, at=at, c=c: f"{what}: at {shown(at)}, class {c}, the sides are {x} and {y}",
                    )
        if not given:
            opinion.ask(self.scene, what, lambda at: (_sides(left, right, at, c) for c in range(at.size[1])))
        self.scene.trust(
            "identities compared at exact points" if tally.stood else f"rule table ({what} could be looked at nowhere)"
        )


def _sides(
    left: Callable[[Point, int], Number], right: Callable[[Point, int], Number], at: Point, c: int
) -> opinion.Sides:
    return (lambda: left(at, c)), (lambda: right(at, c))


def holding(given: Sequence[Node], at: Point) -> bool:
    try:
        return all(holds(c, at) for c in given)
    except (Undecided, Unknown):
        return False


def stage(scene: Scene, claims: Sequence[Claim]) -> Stage:
    """Raises Failed where there is no one formula of the aggregate."""
    forms = [c for c in claims if c.kind == "form" and not c.more.get("T") and not c.more.get("each")]
    if len(forms) != 1 or len(forms[0].terms) != 1:
        raise Failed(f"the certificate gives {len(forms)} formulas of the aggregate, its theorem needs 1")
    q = forms[0].terms[0]
    return Stage(scene, claims, forms[0], q, shapes.class_index(q))


def require(found: bool, what: str) -> None:
    if not found:
        raise Failed(what)


def of_inputs(claim: Claim, *wanted: str) -> None:
    require(set(wanted) <= set(claim.more.get("of", ())), f"the {claim.kind} claim is not on {', '.join(wanted)}")


def total(xs: Sequence[Number]) -> Number:
    out = numbers.ZERO
    for x in xs:
        out = numbers.add(out, x)
    return out
