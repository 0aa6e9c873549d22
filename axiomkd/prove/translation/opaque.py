"""What the opaque parts of a formula stand for: the outputs of the equations that no rule of the lift knew, as they were run.

A part that cannot be tied to one equation has no value, and a formula with it no proof: nothing is taken on trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from axiomkd.prove.translation.values import NoValue
from axiomkd.tracing import terms
from axiomkd.tracing.batched.machine import Step
from axiomkd.tracing.lift.lifted import Origin, Origins
from axiomkd.tracing.terms import Term
from axiomkd.tracing.walk import where


@dataclass
class Parts:
    """The opaque parts of one formula, the equations that they come from, and, once told, the steps of a run.

    `primitives` are those of the parts themselves, `wholes` the formulas that others stand for.
    """

    origins: Origins
    primitives: frozenset[str]
    wholes: dict[str, Term] = field(default_factory=dict)
    steps: Sequence[Step] = ()

    @staticmethod
    def of(term: Term, origins: Origins) -> Parts:
        """The parts of a term, those among them that stand for parts of the formula looked through."""
        made: set[str] = set()
        wholes: dict[str, Term] = {}
        stack, seen = [term], set()
        while stack:
            for t in terms.walk(stack.pop()):
                if t.op != "opaque" or t in seen:
                    continue
                seen.add(t)
                if _serial(t) is not None:
                    made.add(_primitive(t))
                elif (whole := _hidden(t)) is not None:
                    wholes[t.data[0]] = whole
                    stack.append(whole)
        return Parts(origins, frozenset(made), wholes)

    def told(self, steps: Sequence[Step]) -> Parts:
        """The parts with the steps of a run that they are values of."""
        return Parts(self.origins, self.primitives, self.wholes, steps)

    def whole(self, t: Term) -> Term | None:
        """The part of the formula that an opaque term stands for, where it hides one of ours."""
        return self.wholes.get(t.data[0])

    def value(self, t: Term) -> np.ndarray:
        """The values (B, …) of an opaque term over its indices, the steps of a loop last. Raises NoValue."""
        origin = self.origins.of.get(_serial(t))
        if origin is None:
            raise NoValue(f"`{_primitive(t)}` is no step of the code")
        found = self._steps_of(origin)
        output = None if found is None else _over_rows(found, origin.output, len(t.args))
        if output is None:
            raise NoValue(f"`{origin.primitive}` is not tied to one step of the code")
        return output.astype(float)

    def _steps_of(self, origin: Origin) -> list[Step] | None:
        """The steps of one equation, by its place among all of its primitive, else among those of its line; None where neither the
        run nor the lift saw as many as the other."""
        visits = self.origins.visits[origin.primitive]
        ran = [s for s in self.steps if s.primitive == origin.primitive]
        found = _one_of(ran, [one for one, _ in visits], origin.visit)
        if found is None:
            # JAX keeps what it traced of a function: lines of another call of it are not known, or those of that call.
            here = [s for s in ran if where(s.equation) == origin.line]
            before = sum(line == origin.line for _, line in visits[: origin.visit])
            found = _one_of(here, [one for one, line in visits if line == origin.line], before)
        return found


def _one_of(ran: Sequence[Step], walked: Sequence[int], visit: int) -> list[Step] | None:
    """The steps of one visit of the lift: the one of that number where the run made as many, else those of that equation where
    as many different ones were run; None where there are more, or fewer."""
    visits: dict[tuple[int, int], list[Step]] = {}
    seen: dict[tuple[int, tuple[int, ...]], int] = {}
    for step in ran:
        again = (id(step.equation), step.rows)
        seen[again] = seen.get(again, -1) + 1
        visits.setdefault((id(step.equation), seen[again]), []).append(step)
    if len(visits) == len(walked):
        return list(visits.values())[visit]
    equations, apart = list(dict.fromkeys(equation for equation, _ in visits)), list(dict.fromkeys(walked))
    if len(equations) != len(apart):
        return None
    meant = equations[apart.index(walked[visit])]
    return [s for (equation, _), some in visits.items() if equation == meant for s in some]


def _over_rows(steps: Sequence[Step], output: int, arity: int) -> np.ndarray | None:
    """An output of an equation that is told by `arity` indices, over the rows of the loop around it where it has one index more
    than the output has axes; None where the steps are not told apart by them."""
    values = [s.outputs[output] for s in steps]
    if values[0].ndim - 1 == arity:
        # No index tells the steps apart: they must agree.
        alike = all(v.shape == values[0].shape and np.array_equal(v, values[0], equal_nan=True) for v in values[1:])
        return values[0] if alike else None
    if values[0].ndim != arity or len(steps[0].rows) != 1:
        return None
    if sorted(s.rows[0] for s in steps) != list(range(len(steps))):
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


def _primitive(t: Term) -> str:
    """Its primitive, without the reason why no rule knew it."""
    return t.data[2].split(" (")[0]
