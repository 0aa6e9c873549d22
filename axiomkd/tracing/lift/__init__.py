"""From a jaxpr, traced at fixed or at symbolic sizes, to terms: the entry of every array as a formula.

The meaning is the code's, infinities and NaN included; nothing is proved here. `TABLE` has an entry a primitive, which says
for which dtypes and parameters its rule holds; everything else, and an index that may be out of range, gives an opaque term
that remembers the primitive and the user's line.
"""

from __future__ import annotations

from typing import Any

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.lift import control, elementwise, indexing, lifted, reductions, shapes
from axiomkd.tracing.lift.arrays import Array, counted, new, scalar
from axiomkd.tracing.lift.elementwise import maximum, minimum
from axiomkd.tracing.lift.lifted import NotLifted, number
from axiomkd.tracing.lift.table import Entry
from axiomkd.tracing.reroll import rerolled
from axiomkd.tracing.terms import Term

TABLE: dict[str, Entry] = {
    **elementwise.ENTRIES,
    **shapes.ENTRIES,
    **indexing.ENTRIES,
    **reductions.ENTRIES,
    **control.ENTRIES,
}
"""primitive -> its rule, and for what it holds."""


class Lifted(lifted.Lifted):
    """Lifts jaxprs by the table. `smallest` are the least K and C that the sizes may have."""

    def __init__(self, smallest: tuple[int, int] = (2, 2)) -> None:
        super().__init__(TABLE, smallest)


def panel(K: Term, C: Term) -> tuple[Array, Array]:
    """The inputs P and w of an operator with K teachers and C classes."""
    return new((K, C), terms.P), new((K,), terms.w)


def entry(
    closed_jaxpr: Any, K: Term, C: Term, *, with_T: bool, smallest: tuple[int, int], at: Term, each: bool = False
) -> tuple[Term, Lifted]:
    """The entry of the operator's only output at index `at`, and the lifter that made it; with `each`, of a trace that takes a
    temperature a teacher. Raises NotLifted where the output is no vector of C entries."""
    lifter = Lifted(smallest)
    P, w = panel(K, C)
    found = lifter.walk(
        closed_jaxpr, [P, w, *([new((K,), terms.T_of)] if each else [scalar(terms.T)] if with_T else [])]
    )
    if len(found) != 1 or len(found[0].at) != 1 or not sizes.same(found[0].shape[0], C):
        raise NotLifted("the result is no vector with an entry a class")
    out = counted(found[0])
    fixed = terms.is_num(K) or terms.is_num(C)
    return rerolled(out(at)) if fixed else out(at), lifter


__all__ = [
    "TABLE",
    "Array",
    "Lifted",
    "NotLifted",
    "entry",
    "maximum",
    "minimum",
    "new",
    "number",
    "panel",
    "scalar",
]
