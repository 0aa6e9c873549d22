"""Lifting one jaxpr: the table is asked whether it covers an equation, the rule is run, and its result is held against the
equation's shapes and dtypes. Whatever does not pass is opaque.

It knows constants and the unknown, and refuses to know a primitive. It raises nothing: a fault of a rule is a value nobody
knows, and is noted in `defects`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.tracing import numbers, sizes, terms
from axiomkd.tracing.lift.arrays import KINDS, Array, named, new, scalar
from axiomkd.tracing.lift.table import Entry
from axiomkd.tracing.lift.whole import Bounds
from axiomkd.tracing.terms import Term, num
from axiomkd.tracing.walk import CALLS, Equation, Rules, walk, where

LARGE = 60_000  # nodes of a term beyond which nothing is derived


class NotLifted(Exception):
    """What a rule does not cover, and only the operands show."""


@dataclass(frozen=True)
class Origin:
    """Where an opaque value comes from: which of the equations of a primitive, as they were walked through, and which output."""

    primitive: str
    line: str | None
    visit: int
    output: int


@dataclass
class Origins:
    """The origins of opaque values by their numbers; the equations of each primitive by identity, and their lines, as they were
    walked through."""

    of: dict[Any, Origin] = field(default_factory=dict)
    visits: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)

    def visited(self, equation: Equation) -> None:
        self.visits.setdefault(equation.primitive.name, []).append((id(equation), where(equation)))

    def made(self, entry: Term, equation: Equation, output: int) -> None:
        """Note that an opaque term stands for an output of an equation, as it was walked through last."""
        visits = self.visits[equation.primitive.name]
        visit = max(n for n, (one, _) in enumerate(visits) if one == id(equation))
        self.of[entry.data[0]] = Origin(equation.primitive.name, where(equation), visit, output)


class Lifted:
    """Lifts jaxprs. `smallest` are the least K and C that the sizes may have; `params` collects captured arrays by name,
    `origins` what opaque values are outputs of, `defects` the faults of rules."""

    def __init__(self, table: Mapping[str, Entry], smallest: tuple[int, int] = (2, 2)) -> None:
        self.table, self.smallest = table, smallest
        self.params: dict[str, np.ndarray] = {}
        self.defects: list[str] = []
        self.origins = Origins()
        self._opaque: dict[Any, str] = {}  # the dtypes of opaque whole numbers
        self.bounds = Bounds(smallest, self.params, self._opaque)
        self._rules = Rules(self.constant, _Every(self))  # type: ignore[arg-type]

    def walk(self, jaxpr: Any, args: Sequence[Array]) -> list[Array]:
        """The outputs of a jaxpr on arrays."""
        return walk(jaxpr, args, self._rules)

    # --- one equation ----------------------------------------------------------------------------------------------------

    def apply(self, equation: Equation, *inputs: Array) -> Any:
        """The output of an equation, or the list of outputs of a primitive that has several."""
        self.origins.visited(equation)
        try:
            found = self._found(equation, inputs)
        except (NotLifted, sizes.Unreadable) as e:
            found = str(e)
        except RecursionError:
            found = "the formula gets too deep"
        except Exception as e:
            self.defects.append(f"{equation.primitive.name}: {type(e).__name__}: {e}")
            found = f"a defect of axiomkd, {type(e).__name__}"
        out = self.unknown(equation, inputs, found) if isinstance(found, str) else found
        return out if equation.primitive.multiple_results else out[0]

    def _found(self, equation: Equation, inputs: Sequence[Array]) -> list[Array] | str:
        """The outputs; or why there are none, empty where no rule knows the primitive."""
        name = equation.primitive.name
        if name in CALLS:
            inner = equation.params.get(CALLS[name])
            return "" if inner is None else self.walk(inner, inputs)
        entry = self.table.get(name)
        if entry is None:
            return ""
        why = entry.refusal(equation)
        if why is not None:
            return why
        found = entry.rule(self, equation, *inputs)
        several = list(found) if isinstance(found, list) else [found]
        if len(several) != len(equation.outvars):
            raise AssertionError("a rule gave another number of results")
        out = [a.of(v.aval.dtype) for a, v in zip(several, equation.outvars, strict=True)]
        for a, v in zip(out, equation.outvars, strict=True):
            self._held(a, v.aval.shape)
            if entry.computes and a.kind == "i" and not self._in_dtype(a, inputs):
                return "whole numbers that may not fit their type"
        return out

    def _held(self, a: Array, shape: Sequence[Any]) -> None:
        """Stop where a result has not the shape that the equation says, or grows too long."""
        if a.entry.size > LARGE:
            raise NotLifted("the formula gets too long")
        if len(a.at) != len(shape) or not all(
            sizes.same(n, sizes.axis(m)) for n, m in zip(a.shape, shape, strict=True)
        ):
            raise NotLifted("a shape that is not followed")

    def _in_dtype(self, a: Array, inputs: Sequence[Array]) -> bool:
        """Whether computed whole numbers fit. What a loop carries has no bounds yet: its sums, differences and products wrap
        alike whenever they are taken, so it is asked when the loop is folded; a change of type is not put off."""
        if terms.loops(a.entry):
            return all(x.dtype == a.dtype for x in inputs if x.kind == "i")
        return self.bounds.fits(a.entry, a.dtype)

    def in_range(self, place: Term, length: Term) -> bool:
        """Whether an index term surely lies in 0 … length − 1."""
        if place.op in ("index", "bound"):
            return sizes.same(place.args[0], length) or self.bounds.within(place, length)
        if place.op in ("argmax", "argmin") and sizes.same(place.args[0].args[0], length):
            return True
        return self.bounds.within(place, length)

    def nonempty(self, *axes: Term) -> None:
        """Stop where one of the axes may have no entries."""
        if not all(self.bounds.nonempty(n) for n in axes):
            raise NotLifted("an axis that may have no entries")

    # --- constants and the unknown ---------------------------------------------------------------------------------------

    def constant(self, value: Any, aval: Any) -> Array:
        """A literal or a captured array; arrays that are not constant are parameters, named by all that they are."""
        dtype = named(aval.dtype)
        try:
            value = np.asarray(value)
        except TypeError:  # keys of random numbers
            return self._opaque_array(aval, "a constant", None, frozenset(), ())
        if dtype not in KINDS or value.dtype.kind not in "biuf":
            return self._opaque_array(aval, f"a constant in {dtype}", None, frozenset(), ())
        kind = KINDS[dtype]
        if value.ndim == 0:
            return scalar(number(value[()], kind), dtype)
        shape = [num(n) for n in value.shape]
        if value.size and (value == value.flat[0]).all():
            return new(shape, lambda *_: number(value.flat[0], kind), dtype)
        name = terms.captured(str(value.dtype), value.shape, value.tobytes())
        self.params[name] = value = value.astype(np.int8) if kind == "b" else value
        marks = (name, bool(np.isfinite(value).all()), _signs(value))
        entries = new(shape, lambda *at: terms.make("param", at, marks), dtype)
        return Array(entries.at, terms.compare("eq", entries.entry, terms.ONE), dtype) if kind == "b" else entries

    def unknown(self, equation: Equation, inputs: Sequence[Array], why: str = "") -> list[Array]:
        """Opaque outputs: anything that may depend on what the inputs depend on, P and w as well as the steps of loops."""
        of = frozenset().union(*(a.entry.of for a in inputs), *(i.of for a in inputs for i in a.at))
        steps = frozenset().union(*(a.entry.free.difference(a.at) for a in inputs))
        name = equation.primitive.name + (f" ({why})" if why else "")
        return [
            self._opaque_array(v.aval, name, where(equation), of, sorted(steps, key=lambda t: t.key), (equation, n))
            for n, v in enumerate(equation.outvars)
        ]

    def _opaque_array(
        self,
        aval: Any,
        name: str,
        line: str | None,
        of: frozenset[str],
        steps: Sequence[Term],
        output: tuple[Equation, int] | None = None,
    ) -> Array:
        """An array of which only the dtype is known, with a value for each of the steps: an equation's output, or a constant."""
        at = tuple(terms.index(sizes.axis(n)) for n in getattr(aval, "shape", ()))
        entry = terms.opaque(name, line, of, (*at, *steps))
        if output is not None:
            self.origins.made(entry, *output)
        dtype = named(getattr(aval, "dtype", "no dtype"))
        if KINDS.get(dtype) == "i":
            self._opaque[entry.data] = dtype
        if KINDS.get(dtype) == "b":
            entry = terms.compare("eq", entry, terms.ONE)
        return Array(at, entry, dtype)


class _Every(dict):
    """The table as the walker sees it: there is a rule for every primitive."""

    def __init__(self, lifted: Lifted) -> None:
        super().__init__()
        self._lifted = lifted

    def get(self, _name: str, _default: Any = None) -> Callable[..., Any]:
        return self._lifted.apply


def number(value: Any, kind: str = "f") -> Term:
    """A scalar as a term: a float by the shortest decimal that its own type reads back as it."""
    if kind == "b":
        return terms.TRUE if value else terms.FALSE
    if kind == "i":
        return num(int(value))
    if np.isnan(value):
        return terms.NAN
    if np.isinf(value):
        return terms.infinity(1 if value > 0 else -1)
    return num(Fraction(numbers.as_fraction(numbers.rational(value))))


def _signs(value: np.ndarray) -> str:
    return "".join(
        s for s, there in (("-", (value < 0).any()), ("0", (value == 0).any()), ("+", (value > 0).any())) if there
    )
