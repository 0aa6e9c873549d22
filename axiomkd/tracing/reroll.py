"""Loops that were written out: a sum (product, maximum, minimum) of like terms for teachers 0, 1, 2, … as one over an index.

At fixed sizes a Python loop over teachers leaves one term a teacher. Nothing is changed but the spelling: the terms found
are exactly the instances of one template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from axiomkd.tracing import terms
from axiomkd.tracing.terms import ZERO, Term, make, num, substitute

OVER = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}
SHORTEST = 2


def rerolled(term: Term) -> Term:
    """The term with every written-out loop over teachers or classes as a binder."""
    memo: dict[Term, Term] = {}

    def go(t: Term) -> Term:
        if t not in memo:
            memo[t] = _rolled(_parts(t, go))
        return memo[t]

    return go(term)


def _parts(t: Term, go: Callable[[Term], Term]) -> Term:
    if not t.args or t.op in ("index", "bound"):
        return t
    if t.op in terms.BINDERS:
        variable, body = terms.opened(t)
        return terms.bind(t.op, variable, go(body), *map(go, t.args[2:]), data=t.data)
    args = [go(a) for a in t.args]
    return {"add": terms.add, "mul": terms.mul}.get(t.op, lambda *a: make(t.op, a, t.data))(*args)


def _rolled(t: Term) -> Term:
    if t.op not in OVER or len(t.args) < SHORTEST:
        return t
    args = list(t.args)
    for first in t.args:
        found = next((f for axis in AXES if first in args and (f := _family(first, args, axis))), None)
        if found is None:
            continue
        v, template, n = found
        for m in range(n):
            args.remove(substitute(template, {v: num(m)}))
        args.append(terms.bind(OVER[t.op], v, template))
    if len(args) == len(t.args):
        return t
    join = {"add": terms.add, "mul": terms.mul}.get(t.op, lambda *a: a[0] if len(a) == 1 else make(t.op, a))
    return join(*args)


def _family(first: Term, args: Sequence[Term], axis: str) -> tuple[Term, Term, int] | None:
    """(index, template, count): the instances 0 … count − 1 of the template are all among args."""
    probe = terms.index(num(len(args)), "roll")
    template = generalised(first, probe, axis)
    if template is first:
        return None
    n = 1
    while n < len(args) and substitute(template, {probe: num(n)}) in args:
        n += 1
    if n < SHORTEST:
        return None
    v = terms.index(num(n), "roll")
    return v, substitute(template, {probe: v}), n


AXES = ("teacher", "class")


def generalised(t: Term, v: Term, axis: str) -> Term:
    """The term with teacher 0 (or class 0) replaced by the index v wherever it is named."""

    def change(x: Term) -> Term | None:
        if x.op == "P":
            k, i = x.args
            if axis == "teacher" and k is ZERO:
                return make("P", (v, i))
            return make("P", (k, v)) if axis == "class" and i is ZERO else x
        if x.op == "w":
            return make("w", (v,)) if axis == "teacher" and x.args[0] is ZERO else x
        return None

    return terms.replaced(t, change)


def sequence(parts: Sequence[Term], place: Term) -> Term | None:
    """The entry at `place` of a stack whose entries 0, 1, … are these, where they are the instances of one template."""
    probe = terms.index(num(len(parts)), "roll")
    for axis in AXES:
        template = generalised(parts[0], probe, axis)
        if template is not parts[0] and all(
            substitute(template, {probe: num(m)}) is part for m, part in enumerate(parts)
        ):
            return substitute(template, {probe: place})
    return None
