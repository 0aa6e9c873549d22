"""Terms evaluated one number at a time, as plainly as they are written: a faster evaluator is held against it. Asserts nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from axiomkd.tracing.terms import Term


class Unknown(Exception):
    """A term that has no number: an opaque value, or a captured array."""


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
            case "div":
                return go(t.args[0]) / go(t.args[1])
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
