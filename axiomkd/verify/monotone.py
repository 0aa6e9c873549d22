"""Whether a term rises with the teachers' entries at one class, all else held fixed: read off its operations.

It answers with a sign, or None where its rules end. It shares no rule with what wrote the certificate.
"""

from __future__ import annotations

from axiomkd.verify.algebra import split
from axiomkd.verify.signs import Signs
from axiomkd.verify.terms import Node, free

UP, LEVEL, DOWN = 1, 0, -1
ALIKE = frozenset({"add", "max", "min"})  # rise with each of their parts
WITH_BODY = frozenset({"sum", "amax", "amin", "sorted"})
WITH_FIRST = frozenset({"exp", "log", "cbrt"})


def slope(x: Node, i: Node, signs: Signs) -> int | None:
    """UP where x is at least at class i what it is at a class with smaller entries in all rows, DOWN where it is at most that."""
    if i not in free(x):
        return LEVEL
    if x.op == "P":
        return UP if x.args[1] is i and i not in free(x.args[0]) else None
    if x.op in ALIKE:
        return _agreed([slope(part, i, signs) for part in x.args])
    if x.op in WITH_BODY or x.op == "prod":
        if any(i in free(part) for part in (x.args[0].args[0], *x.args[2:])):
            return None
        rises = slope(x.args[1], i, signs)
        return rises if x.op != "prod" or signs.of(x.args[1]).nonnegative else None
    if x.op in WITH_FIRST or (x.op == "fn" and x.data in ("tanh", "erf", "atan")):
        return slope(x.args[0], i, signs)
    if x.op in ("mul", "pow", "div"):
        return _of_product(x, i, signs)
    if x.op == "where" and i not in free(x.args[0]):
        return _agreed([slope(part, i, signs) for part in x.args[1:]])
    if x.op == "ind" and _vote(x.args[0], i):
        return UP
    if x.op == "ind" and x.args[0].op == "ge" and i not in free(x.args[0].args[1]):
        return slope(x.args[0].args[0], i, signs)
    return None


def _vote(condition: Node, i: Node) -> bool:
    """i = argmax p_k: false at a class that has less than another in row k."""
    if condition.op != "eq" or len(condition.args) != 2 or i not in condition.args:
        return False
    (place,) = (a for a in condition.args if a is not i) if condition.args[0] is not condition.args[1] else (i,)
    if place.op != "argmax" or i in free(place):
        return False
    bound, body = place.args
    return body.op == "P" and body.args[1] is bound and bound not in free(body.args[0]) and bound.args[0] is i.args[0]


def _agreed(several: list[int | None]) -> int | None:
    moving = [s for s in several if s != LEVEL]
    if None in moving or len(set(moving)) > 1:
        return None
    return moving[0] if moving else LEVEL


def _of_product(x: Node, i: Node, signs: Signs) -> int | None:
    c, factors = split(x)
    slopes = {f: slope(f, i, signs) for f in factors}
    moving = [f for f, s in slopes.items() if s != LEVEL]
    linear = moving if len(moving) == 1 and factors[moving[0]] == 1 else []
    for f, e in factors.items():
        bounds = signs.of(f)
        if f not in linear and not (bounds.positive if e < 0 and slopes[f] != LEVEL else bounds.nonnegative):
            return None
    turned = [None if (s := slopes[f]) is None else s if factors[f] > 0 else -s for f in moving]
    found = _agreed(turned)
    return None if found is None else found if c > 0 else -found
