"""Whether an entry of the aggregate is larger at a class to which all teachers give more, all else held fixed.

It reads the normal form off: what does not hang on the class counts as a number. It knows no reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from axiomkd.prove import normal
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ZERO, Term

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

STEADY, RISES, FALLS = 0, 1, -1
RISING = frozenset({"tanh", "erf", "atan"})


def direction(a: Analysis, x: Term, i: Term) -> int | None:
    """RISES where x is at class i at least what it is at a class whose entries are all below, FALLS where it is at most that,
    STEADY where class i is not in it; None where the rules cannot tell."""
    memo: dict[Term, int | None] = {}

    def go(t: Term) -> int | None:
        if i not in t.free:
            return None if t is i else STEADY
        if t not in memo:
            memo[t] = _of(a, t, i, go)
        return memo[t]

    return go(x)


def _of(a: Analysis, t: Term, i: Term, go) -> int | None:
    match t.op:
        case "P" if t.args[1] is i and i not in t.args[0].free:
            return RISES
        case "add" | "max" | "min":
            return _same(map(go, t.args))
        case "mul" | "pow":
            return _product(a, t, go)
        case "exp" | "log":
            return go(t.args[0])
        case "fn" if t.data in RISING:
            return go(t.args[0])
        case "sum" | "amax" | "amin" | "sorted":
            v, body = a.opened(t)
            if any(i in x.free for x in (v.args[0], *t.args[2:])):
                return None
            return go(body)
        case "prod":
            v, body = a.opened(t)
            return go(body) if a.nonnegative(body) and i not in v.args[0].free else None
        case "where" if i not in t.args[0].free:
            return _same(map(go, t.args[1:]))
        case "ind" if _chosen(t, i):
            return RISES
        case "ind" if t.args[0].op == "ge" and t.args[0].args[1] is ZERO:
            return go(t.args[0].args[0])
    return None


def _chosen(t: Term, i: Term) -> bool:
    """Whether it is [i = argmax p_k]: 0 at a class j with p_kj < p_ki for another, i, of the same row."""
    c = t.args[0]
    if c.op != "eq" or i not in c.args:
        return False
    place = next(x for x in c.args if x is not i)
    if place.op != "argmax" or i in place.free:
        return False
    v, body = terms.opened(place)
    return body.op == "P" and body.args[1] is v and v not in body.args[0].free and v.args[0] is i.args[0]


def _same(several) -> int | None:
    found = set(several) - {STEADY}
    return STEADY if not found else found.pop() if len(found) == 1 else None


def _product(a: Analysis, t: Term, go) -> int | None:
    """Of factors that are at least 0; one alone may have any sign beside numbers that are."""
    c, factors = normal.split(t)
    ways = {f: go(f) for f in factors}
    if None in ways.values():
        return None
    moving = [f for f, way in ways.items() if way != STEADY]
    alone = len(moving) == 1 and factors[moving[0]] == 1
    for f, e in factors.items():
        if alone and f is moving[0]:
            continue
        if not (a.positive(f) if e < 0 and ways[f] != STEADY else a.nonnegative(f)):
            return None
    way = _same(ways[f] * (1 if factors[f] > 0 else -1) for f in moving)  # type: ignore[operator]
    return None if way is None else way * (1 if c > 0 else -1)
