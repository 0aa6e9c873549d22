"""Rules that move entries about: broadcasting, axes that come and go, slices, arrays put together, counters.

Nothing is computed here. A dtype does not matter to a move, so opaque entries are moved too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.lift.arrays import Array, from_the_end, lengths, new, scalar, shifted, simple
from axiomkd.tracing.lift.elementwise import cases
from axiomkd.tracing.lift.lifted import Lifted, NotLifted
from axiomkd.tracing.lift.table import ANYTHING, KNOWN, REAL, WHOLE, Check, Entry, Signature, alike, named
from axiomkd.tracing.reroll import sequence
from axiomkd.tracing.terms import ONE, ZERO, Term, add, num, sub
from axiomkd.tracing.walk import Equation


def _broadcast(_lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
    shape, where_to = lengths(equation.params["shape"]), equation.params["broadcast_dimensions"]

    def entry(*at: Term) -> Term:
        places = [ZERO if n is ONE else at[d] for n, d in zip(x.shape, where_to, strict=True)]
        return x(*places)

    return new(shape, entry)


def _reshape(_lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
    """Only axes of length 1 may come and go."""
    shape = lengths(equation.params["new_sizes"])
    kept = [n for n in x.shape if n is not ONE]
    if len(kept) != sum(n is not ONE for n in shape) or any(
        not sizes.same(a, b) for a, b in zip(kept, (n for n in shape if n is not ONE), strict=True)
    ):
        raise NotLifted("axes merged or split")

    def entry(*at: Term) -> Term:
        long = iter([a for a, n in zip(at, shape, strict=True) if n is not ONE])
        return x(*[ZERO if n is ONE else next(long) for n in x.shape])

    return new(shape, entry)


def _squeeze(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    gone = {d % len(x.at) for d in equation.params["dimensions"]}
    shape = [n for d, n in enumerate(x.shape) if d not in gone]

    def entry(*at: Term) -> Term:
        rest = iter(at)
        return x(*[ZERO if d in gone else next(rest) for d in range(len(x.at))])

    return new(shape, entry)


def _expand_dims(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    rank = len(x.at) + len(equation.params["dimensions"])
    added = {d % rank for d in equation.params["dimensions"]}
    old = iter(x.shape)
    shape = [ONE if d in added else next(old) for d in range(rank)]
    return new(shape, lambda *at: x(*[a for d, a in enumerate(at) if d not in added]))


def _transpose(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    order = equation.params["permutation"]

    def entry(*at: Term) -> Term:
        places = [ZERO] * len(order)
        for a, d in zip(at, order, strict=True):
            places[d] = a
        return x(*places)

    return new([x.shape[d] for d in order], entry)


def _rev(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    turned = set(equation.params["dimensions"])

    def entry(*at: Term) -> Term:
        return x(*[from_the_end(a, x.shape[d]) if d in turned else a for d, a in enumerate(at)])

    return new(x.shape, entry)


def _slice(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    starts, stops = lengths(equation.params["start_indices"]), lengths(equation.params["limit_indices"])
    shape = [simple(sub(b, a)) for a, b in zip(starts, stops, strict=True)]
    return new(shape, lambda *at: x(*[shifted(a, s) for a, s in zip(at, starts, strict=True)]))


def _concatenate(_lifted: Lifted, equation: Equation, *parts: Array) -> Array:
    axis = equation.params["dimension"]
    shape = lengths(equation.outvars[0].aval.shape)

    def entry(*at: Term) -> Term:
        if len(parts) > 1 and all(part.shape[axis] is ONE for part in parts):
            stacked = sequence([part(*at[:axis], ZERO, *at[axis + 1 :]) for part in parts], at[axis])
            if stacked is not None:
                return stacked

        def piece(n: int, before: Term) -> Term:
            part = parts[n]
            inside = sub(at[axis], before) if part.shape[axis] is not ONE else ZERO
            here = part(*at[:axis], inside, *at[axis + 1 :])
            if n + 1 == len(parts):
                return here
            after = simple(add(before, part.shape[axis]))
            return cases(terms.compare("gt", after, at[axis]), here, piece(n + 1, after), part.kind)

        return piece(0, ZERO)

    return new(shape, entry)


def _stack(_lifted: Lifted, equation: Equation, *parts: Array) -> Array:
    """Arrays of one shape along a new axis, case by case where they are not the instances of one template."""
    axis = equation.params["axis"]
    shape = lengths(equation.outvars[0].aval.shape)
    return new(shape, lambda *at: stacked([part(*at[:axis], *at[axis + 1 :]) for part in parts], at[axis], parts[0]))


def stacked(entries: list[Term], place: Term, like: Array) -> Term:
    """The entry at a place of entries 0, 1, …"""
    found = sequence(entries, place) if len(entries) > 1 else entries[0]
    if found is not None:
        return found
    out = entries[-1]
    for n in reversed(range(len(entries) - 1)):
        out = cases(terms.compare("eq", place, num(n)), entries[n], out, like.kind)
    return out


def _unstack(_lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    axis = equation.params["axis"]
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    pieces = range(len(equation.outvars))
    return [new(rest, lambda *at, n=n: x(*at[:axis], num(n), *at[axis:])) for n in pieces]


def _split(_lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    axis, before, out = equation.params["axis"], ZERO, []
    for variable in equation.outvars:
        n = sizes.length(variable.aval.shape[axis])
        shape = [*x.shape[:axis], n, *x.shape[axis + 1 :]]

        def entry(*at: Term, start: Term = before) -> Term:
            return x(*at[:axis], shifted(at[axis], start), *at[axis + 1 :])

        out.append(new(shape, entry))
        before = simple(add(before, n))
    return out


def _iota(_lifted: Lifted, equation: Equation, *_: Array) -> Array:
    return new(lengths(equation.params["shape"]), lambda *at: at[equation.params["dimension"]])


def _dim(_lifted: Lifted, equation: Equation) -> Array:
    return scalar(sizes.length(equation.params["dim"]))


def _unit_steps(strides: Any) -> bool:
    return strides is None or all(step == 1 for step in strides)


def moves(rule: Callable[..., Any], *parameters: str, **checks: Check) -> Entry:
    """An entry for a rule that only moves entries: of any dtype."""
    return Entry(rule, alike(ANYTHING), named(*parameters) | checks, computes=False)


def joins(rule: Callable[..., Any], *parameters: str) -> Entry:
    """An entry for a rule that puts arrays of one dtype together, by cases."""
    return Entry(rule, alike(KNOWN), named(*parameters), computes=False)


ENTRIES: dict[str, Entry] = {
    "broadcast_in_dim": moves(_broadcast, "shape", "broadcast_dimensions"),
    "reshape": moves(_reshape, "new_sizes"),
    "squeeze": moves(_squeeze, "dimensions"),
    "expand_dims": moves(_expand_dims, "dimensions"),
    "transpose": moves(_transpose, "permutation"),
    "rev": moves(_rev, "dimensions"),
    "slice": moves(_slice, "start_indices", "limit_indices", strides=_unit_steps),
    "concatenate": joins(_concatenate, "dimension"),
    "stack": joins(_stack, "axis"),
    "unstack": moves(_unstack, "axis"),
    "split": moves(_split, "sizes", "axis"),
    "iota": Entry(
        _iota,
        (Signature((ANYTHING,), (WHOLE,)), Signature((ANYTHING,), (REAL,))),
        named("dtype", "shape", "dimension"),
    ),
    "dim_as_value": Entry(_dim, (Signature((ANYTHING,), (WHOLE,)),), named("dim")),
}
