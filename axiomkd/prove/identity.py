"""A check in numbers: a normal form, evaluated at a few points, against what the operator returns there.

It proves nothing; it keeps a wrong rule of ours from becoming a proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.exact import Undecided, Unsupported, object_array
from axiomkd.jaxpr.terms import Term
from axiomkd.prove.subject import Subject

TOLERANCE = 1e-9
# A few interior points of three sizes, in small fractions: rows and weights as odds.
POINTS = (
    (((3, 1, 2), (1, 4, 2)), (2, 3)),
    (((5, 2, 1), (2, 2, 7)), (4, 1)),
    (((3, 1), (1, 2), (5, 4)), (1, 2, 3)),
    (((2, 1, 3), (1, 1, 5), (4, 3, 1), (1, 6, 2)), (2, 1, 4, 3)),
)
TEMPERATURE = Fraction(2, 3)


class Unknown(Exception):
    """A term that has no number: an opaque value, or a captured array."""


def agrees(form: Term, s: Subject, evaluator: Evaluator, *, with_T: bool = False) -> bool:
    """Whether the form has the operator's values at a few interior points; True where the form or the operator has none."""
    for odds, shares in points(s):
        P = [[Fraction(x, sum(row)) for x in row] for row in odds]
        w = [Fraction(x, sum(shares)) for x in shares]
        T = TEMPERATURE if with_T else Fraction(1)
        q = _of_operator(evaluator, P, w, T)
        try:
            floats = np.array(P, float), np.array(w, float), float(T)
            mine = np.array([value(form, *floats, {s.i: i}) for i in range(len(P[0]))])
        except Unknown:
            return True
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):  # TypeError: a complex power
            continue
        if q is not None and np.isfinite(q).all() and not np.allclose(mine, q, rtol=TOLERANCE, atol=TOLERANCE):
            return False
    return True


def points(s: Subject) -> list[tuple]:
    """The points of sizes that the subject has; at a fixed size, one that is made up of it."""
    if s.K.op == "size" and s.C.op == "size":
        return [p for p in POINTS if len(p[0]) >= s.smallest[0] and len(p[0][0]) >= s.smallest[1]]
    K, C = (int(n.data) if n.op == "num" else least + 1 for n, least in zip((s.K, s.C), s.smallest, strict=True))
    return [
        ([[1 + (3 * k + 5 * i + k * i) % 7 for i in range(C)] for k in range(K)], [1 + (2 * k) % 5 for k in range(K)])
    ]


def _of_operator(evaluator: Evaluator, P: list, w: list, T: Fraction) -> np.ndarray | None:
    """The operator's value, exactly where it can be followed, in floats else; None where it has none."""
    takes = evaluator.operator.takes_temperature
    try:
        q = evaluator.exact(object_array(P), object_array(w), object_array(T)[()] if takes else None)
        return np.array([numbers.to_float(x) for x in q])
    except (Unsupported, Undecided):
        given = (np.array(P, float), np.array(w, float), *([float(T)] if takes else []))
        return np.asarray(evaluator.plain(*given), float)


def value(t: Term, P: np.ndarray, w: np.ndarray, T: float, at: dict[Term, int]) -> float:
    """A term's value in floats. Raises Unknown where it has none."""
    K, C = P.shape
    length: Callable[[Term], int] = lambda x: int(round(go(x)))  # noqa: E731
    memo: dict[Any, float] = {}

    def go(t: Term) -> float:
        if t.op in ("index", "bound"):
            if t not in at:
                raise Unknown(t.op)
            return at[t]
        key = t if not t.free and not any(b in at for b in _bounds(t)) else None
        if key is not None and key in memo:
            return memo[key]
        out = one(t)
        if key is not None:
            memo[key] = out
        return out

    def each(t: Term):
        bound, body = t.args[:2]
        kept = at.get(bound)
        for j in range(length(bound.args[0])):
            at[bound] = j
            yield go(body)
        if kept is None:
            at.pop(bound, None)
        else:
            at[bound] = kept

    def one(t: Term) -> float:
        match t.op:
            case "num":
                return float(t.data)
            case "size":
                return float(K if t.data == "K" else C)
            case "T":
                return T
            case "P":
                return float(P[length(t.args[0]), length(t.args[1])])
            case "w":
                return float(w[length(t.args[0])])
            case "add":
                return math.fsum(map(go, t.args))
            case "mul":
                return math.prod(map(go, t.args))
            case "pow":
                return go(t.args[0]) ** float(t.data)
            case "exp":
                return math.exp(go(t.args[0]))
            case "log":
                return math.log(go(t.args[0]))
            case "logp":
                x = go(t.args[0])
                return math.log(x) if x > 0 else 0.0
            case "wherepos":
                x = go(t.args[0])
                return x if x > 0 else 1.0
            case "abs":
                return abs(go(t.args[0]))
            case "cbrt":
                return math.cbrt(go(t.args[0]))
            case "powr":
                return go(t.args[0]) ** go(t.args[1])
            case "fn":
                return float(getattr(math, t.data)(go(t.args[0])))
            case "max":
                return max(map(go, t.args))
            case "min":
                return min(map(go, t.args))
            case "sum":
                return math.fsum(each(t))
            case "prod":
                return math.prod(each(t))
            case "amax":
                return max(each(t))
            case "amin":
                return min(each(t))
            case "argmax":
                return int(np.argmax(list(each(t))))
            case "argmin":
                return int(np.argmin(list(each(t))))
            case "sorted":
                place = length(t.args[2])
                return sorted(each(t))[place]
            case "ind":
                return float(holds(t.args[0]))
            case "where":
                return go(t.args[1] if holds(t.args[0]) else t.args[2])
            case "floordiv":
                return go(t.args[0]) // go(t.args[1])
            case _:
                raise Unknown(t.op)

    def holds(c: Term) -> bool:
        match c.op:
            case "true" | "false":
                return c.op == "true"
            case "not":
                return not holds(c.args[0])
            case "and":
                return all(map(holds, c.args))
            case "ge":
                return go(c.args[0]) >= go(c.args[1])
            case "gt":
                return go(c.args[0]) > go(c.args[1])
            case "eq":
                return go(c.args[0]) == go(c.args[1])
            case _:
                raise Unknown(c.op)

    return go(t)


def _bounds(t: Term) -> set[Term]:
    """The bound variables that occur in a term."""
    if t.height == 0:
        return set()
    stack, seen, out = [t], set(), set()
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if x.op == "bound":
            out.add(x)
        stack.extend(x.args)
    return out
