"""Rules that take entries from computed places, or put them there: slices, gathers, scatters.

A place must surely lie inside: what JAX does with one outside (it clamps, drops or fills) is never asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.exact_structure import replaces
from axiomkd.tracing.lift.arrays import Array, lengths, new, shifted, simple
from axiomkd.tracing.lift.elementwise import chosen
from axiomkd.tracing.lift.lifted import Lifted, NotLifted
from axiomkd.tracing.lift.table import ANYTHING, KNOWN, REAL, WHOLE, Entry, Signature, named
from axiomkd.tracing.terms import ONE, ZERO, Term, add, bind, neg, num
from axiomkd.tracing.walk import Equation

OUTSIDE = "an index that may be out of range"


def _inside(lifted: Lifted, start: Term, length: Term, whole: Term) -> bool:
    """Whether start … start + length − 1 surely lie in an axis: JAX moves no start in 0 … whole − length."""
    if start is ZERO and sizes.same(length, whole):
        return True
    if length is ONE:
        return lifted.in_range(start, whole)
    return lifted.in_range(start, simple(add(whole, neg(length), ONE)))


def _settled(place: Term) -> Term:
    """A place with its cases decided, where they are those of numbers: of places put side by side, the one that is meant."""

    def change(t: Term) -> Term | None:
        if t.op in ("ge", "gt", "eq"):
            return terms.compare(t.op, *t.args)
        return terms.where(*t.args) if t.op == "where" else None

    return terms.replaced(place, change) if place.op == "where" else place


def _dynamic_slice(lifted: Lifted, equation: Equation, x: Array, *rest: Array) -> Array:
    wanted = lengths(equation.params["slice_sizes"])
    starts = [a.entry for a in rest[: len(wanted)]]
    for s, n, whole in zip(starts, wanted, x.shape, strict=True):
        if s is not ZERO and not _inside(lifted, s, n, whole):
            raise NotLifted(OUTSIDE)
    return new(wanted, lambda *at: x(*[shifted(a, s) for a, s in zip(at, starts, strict=True)]))


def _gather(lifted: Lifted, equation: Equation, x: Array, starts: Array) -> Array:
    how = equation.params["dimension_numbers"]
    if getattr(how, "operand_batching_dims", ()) or getattr(how, "start_indices_batching_dims", ()):
        raise NotLifted("batched")
    wanted = lengths(equation.params["slice_sizes"])
    shape = lengths(equation.outvars[0].aval.shape)
    batch = [d for d in range(len(shape)) if d not in how.offset_dims]
    kept = [d for d in range(len(x.at)) if d not in how.collapsed_slice_dims]

    def entry(*at: Term) -> Term:
        offsets = dict(zip(kept, (at[d] for d in how.offset_dims), strict=True))
        places = []
        for d, whole in enumerate(x.shape):
            start = ZERO
            if d in how.start_index_map:
                start = _settled(starts(*(at[b] for b in batch), num(how.start_index_map.index(d))))
                if not _inside(lifted, start, wanted[d], whole):
                    raise NotLifted(OUTSIDE)
            places.append(shifted(offsets[d], start) if d in offsets else start)
        return x(*places)

    return new(shape, entry)


def _scatter(combine: Callable[[Term, Term], Term] | None) -> Callable:
    """x.at[place].set(value), or with a function of the old and the new value, at one place; .add at a row of places."""

    def rule(lifted: Lifted, equation: Equation, x: Array, place: Array, value: Array) -> Array:
        how = equation.params["dimension_numbers"]
        if getattr(how, "operand_batching_dims", ()) or getattr(how, "scatter_indices_batching_dims", ()):
            raise NotLifted("batched")
        if combine is add and len(place.at) == 2 and len(x.at) == len(value.at) == 1:
            return _scattered_sum(lifted, equation, x, place, value)
        to = list(how.scatter_dims_to_operand_dims)
        if (
            len(place.at) != 1
            or set(how.inserted_window_dims) != set(to)
            or not sizes.same(place.shape[0], num(len(to)))
        ):
            raise NotLifted("several places")
        if tuple(how.update_window_dims) != tuple(range(len(value.at))):
            raise NotLifted("several places")
        starts = {d: place(num(n)) for n, d in enumerate(to)}
        rest = [n for d, n in enumerate(x.shape) if d not in starts]
        if len(rest) != len(value.at) or not all(map(sizes.same, rest, value.shape)):
            raise NotLifted("a part of a row")
        if not all(lifted.in_range(start, x.shape[d]) for d, start in starts.items()):
            raise NotLifted(OUTSIDE)

        def entry(*at: Term) -> Term:
            here = terms.TRUE
            for d, start in starts.items():
                here = terms.both(here, terms.compare("eq", start, at[d]))
            new_value = value(*[a for d, a in enumerate(at) if d not in starts])
            if combine is add:
                return add(x(*at), terms.where(here, new_value, ZERO))
            return chosen(here, new_value, x(*at), x.kind)

        return new(x.shape, entry)

    return rule


def _scattered_sum(lifted: Lifted, equation: Equation, x: Array, place: Array, value: Array) -> Array:
    """x_i + Σ_k [place_k = i] value_k."""
    how, k = equation.params["dimension_numbers"], value.at[0]
    plain = (tuple(how.update_window_dims), tuple(how.inserted_window_dims), tuple(how.scatter_dims_to_operand_dims))
    if plain != ((), (0,), (0,)) or not (place.shape[1] is ONE and sizes.same(place.shape[0], value.shape[0])):
        raise NotLifted("a part of a row")
    if equation.params.get("unique_indices"):
        raise NotLifted("a promise that places differ")
    start = place(k, ZERO)
    if not lifted.in_range(start, x.shape[0]):
        raise NotLifted(OUTSIDE)

    def entry(i: Term) -> Term:
        here = terms.compare("eq", start, i)
        return add(x(i), bind("sum", k, terms.where(here, value.entry, ZERO)))

    return new(x.shape, entry)


def _adds(update: Any) -> bool:
    """Whether a scatter's function is the sum of both its arguments."""
    if update is None:
        return True
    inner = getattr(update, "jaxpr", update)
    return (
        [e.primitive.name for e in inner.eqns] == ["add"]
        and set(inner.eqns[0].invars) == set(inner.invars)
        and list(inner.outvars) == list(inner.eqns[0].outvars)
    )


# The mode says what happens to places outside; the two promises are about places that are known to lie inside, and to differ
# where there is one of them (a row of places is looked at by its rule).
HOW = named("dimension_numbers", "mode", "indices_are_sorted", "unique_indices")
ROWS = (Signature((REAL, WHOLE, REAL), (REAL,)), Signature((WHOLE, WHOLE, WHOLE), (WHOLE,)))

ENTRIES: dict[str, Entry] = {
    "dynamic_slice": Entry(
        _dynamic_slice, (Signature((ANYTHING, WHOLE), (ANYTHING,)),), named("slice_sizes"), computes=False
    ),
    "gather": Entry(
        _gather,
        (Signature((ANYTHING, WHOLE), (ANYTHING,)),),
        HOW | named("slice_sizes", "fill_value"),
        computes=False,
    ),
    "scatter": Entry(
        _scatter(None), (Signature((KNOWN, WHOLE, KNOWN), (KNOWN,)),), HOW | {"update_jaxpr": replaces}, computes=False
    ),
    "scatter-add": Entry(_scatter(add), ROWS, HOW | {"update_jaxpr": _adds}),
    "scatter_add": Entry(_scatter(add), ROWS, HOW | {"update_jaxpr": _adds}),
}
