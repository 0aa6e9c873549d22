"""What the opaque parts of a formula stand for: the outputs of the equations that no rule of the lift knew, as they were run.

A part that cannot be tied to one equation has no value, and a formula with it no proof: nothing is taken on trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from axiomkd.jaxpr import terms
from axiomkd.jaxpr.terms import Term
from axiomkd.jaxpr.walk import where
from axiomkd.prove.translation.machine import Step
from axiomkd.prove.translation.values import NoValue

Place = tuple[str, str | None]
"""A primitive, and the user's line."""


@dataclass
class Parts:
    """The opaque parts of one formula, by the place of the equation that each comes from, in the order in which they were made."""

    by_place: dict[Place, list[int]]
    wholes: dict[str, Term] = field(default_factory=dict)
    steps: Sequence[Step] = ()

    @staticmethod
    def of(term: Term) -> Parts:
        """The parts of a term, those among them that stand for parts of the formula looked through."""
        found: dict[Place, set[int]] = {}
        wholes: dict[str, Term] = {}
        stack, seen = [term], set()
        while stack:
            for t in terms.walk(stack.pop()):
                if t.op != "opaque" or t in seen:
                    continue
                seen.add(t)
                serial = _serial(t)
                if serial is not None:
                    found.setdefault(_place(t), set()).add(serial)
                elif (whole := _hidden(t)) is not None:
                    wholes[t.data[0]] = whole
                    stack.append(whole)
        return Parts({place: sorted(names) for place, names in found.items()}, wholes)

    @property
    def primitives(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.by_place)

    def told(self, steps: Sequence[Step]) -> Parts:
        """The parts with the steps of a run that they are values of."""
        return Parts(self.by_place, self.wholes, steps)

    def whole(self, t: Term) -> Term | None:
        """The part of the formula that an opaque term stands for, where it hides one of ours."""
        return self.wholes.get(t.data[0])

    def value(self, t: Term) -> np.ndarray:
        """The values (B, …) of an opaque term over its indices, the steps of a loop last. Raises NoValue."""
        serial, place = _serial(t), _place(t)
        ran: dict[int, list[Step]] = {}
        for step in self.steps:
            if step.primitive == place[0] and where(step.equation) == place[1]:
                ran.setdefault(id(step.equation), []).append(step)
        outputs = [x for several in ran.values() if (x := _over_rows(several, len(t.args))) is not None]
        names = self.by_place.get(place, [])
        if serial is None or len(outputs) != len(names):
            raise NoValue(f"`{place[0]}` is not tied to one step of the code")
        return outputs[names.index(serial)].astype(float)


def _over_rows(steps: Sequence[Step], arity: int) -> np.ndarray | None:
    """The one output of an equation that has `arity` indices, over the rows of the loop around it where it has one index more;
    None where there is no such output, or several."""
    fitting = [n for n, x in enumerate(steps[0].outputs) if arity - len(steps[0].rows) <= x.ndim - 1 <= arity]
    if len(fitting) != 1:
        return None
    values = [s.outputs[fitting[0]] for s in steps]
    if values[0].ndim - 1 == arity:
        # No index tells the steps apart: they must agree.
        alike = all(v.shape == values[0].shape and np.array_equal(v, values[0], equal_nan=True) for v in values[1:])
        return values[0] if alike else None
    if len(steps[0].rows) != 1 or sorted(s.rows[0] for s in steps) != list(range(len(steps))):
        return None
    points = max(len(v) for v in values)
    ordered = [v for _, v in sorted(zip((s.rows[0] for s in steps), values, strict=True), key=lambda pair: pair[0])]
    return np.stack([np.broadcast_to(v, (points, *v.shape[1:])) for v in ordered], axis=-1)


def _serial(t: Term) -> int | None:
    """The number of an opaque term that the lift made, the same at T = 1 as at any T; None of one that hides a part."""
    name = t.data[0]
    if isinstance(name, int):
        return name
    return int(name.removesuffix(" at 1")) if name.endswith(" at 1") else None


def _hidden(t: Term) -> Term | None:
    """The term whose normal form an opaque one stands for: it is named by its key."""
    try:
        return terms.by_key(bytes.fromhex(t.data[0]))
    except ValueError:
        return None


def _place(t: Term) -> Place:
    """Its primitive, without the reason why no rule knew it, and the user's line."""
    return t.data[2].split(" (")[0], t.data[3]
