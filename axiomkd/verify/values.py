"""The exact value of a certificate's term at an exact point.

Written from the description of the language alone; it shares no code with what wrote the terms. It knows no theorem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from axiomkd.tracing import functions, numbers
from axiomkd.tracing.numbers import ONE, ZERO, Number
from axiomkd.verify.line import Failed
from axiomkd.verify.terms import BINDERS, Node


class Unknown(Exception):
    """A term whose value is not in the certificate: an opaque one, or a captured array."""


@dataclass(eq=False)
class Point:
    """P (K, C), w (K,), T, and Ts (K,) where each teacher has its own: exact numbers at which terms are evaluated; values are
    remembered."""

    P: np.ndarray
    w: np.ndarray
    T: Number = ONE
    Ts: np.ndarray | None = None
    memo: dict = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        return self.P.shape  # type: ignore[return-value]

    def length(self, n: Node, env: Mapping[Node, int]) -> int:
        return whole(value(n, self, env))


Env = Mapping[Node, int]
NO_INDICES: Env = {}


def whole(x: Number) -> int:
    """A whole number of the tower as an int. Raises Failed for any other number."""
    if not numbers.is_rational(x) or x.q != 1:
        raise Failed(f"an index or a length of a certificate's term is {numbers.text(x)}, no whole number")
    return int(x.p)


def value(n: Node, at: Point, env: Env = NO_INDICES) -> Number:
    """The exact value of a term. Raises Undecided where balls leave it open, Unknown where it has none."""
    if n.op in ("index", "bound"):
        if n not in env:
            raise Failed(f"an index of a certificate's term, {n.data!r}, is bound by nothing")
        return numbers.number(env[n])
    key = (n, tuple(env.get(v) for v in n.loose))
    if key not in at.memo:
        at.memo[key] = _value(n, at, env)
    return at.memo[key]


def _value(n: Node, at: Point, env: Env) -> Number:
    if n.op in BINDERS:
        return _bound_value(n, at, env)
    if n.op in ("ind", "where"):
        yes = holds(n.args[0], at, env)
        return (ONE if yes else ZERO) if n.op == "ind" else value(n.args[1 if yes else 2], at, env)
    if n.op in LEAVES and not n.args:
        return LEAVES[n.op](n, at)
    if n.op in ("opaque", "param") or n.op not in OPERATIONS:
        raise Unknown(f"{n.op} {n.data or ''}".strip())
    parts = [value(a, at, env) for a in n.args]
    if n.op == "P":
        return at.P[_place(parts[0], at.size[0]), _place(parts[1], at.size[1])]
    if n.op == "w":
        return at.w[_place(parts[0], at.size[0])]
    if n.op == "T":
        if at.Ts is None:
            raise Unknown("the temperature of one teacher")
        return at.Ts[_place(parts[0], at.size[0])]
    return OPERATIONS[n.op](n, *parts)


def _place(x: Number, length: int) -> int:
    place = whole(x)
    if not 0 <= place < length:
        raise Failed(f"a certificate's term looks at place {place} of an axis of length {length}")
    return place


def _bound_value(n: Node, at: Point, env: Env) -> Number:
    bound, body = n.args[:2]
    parts = [value(body, at, {**env, bound: j}) for j in range(at.length(bound.args[0], env))]
    if n.op in ("sum", "prod"):
        total = ZERO if n.op == "sum" else ONE
        for part in parts:
            total = (numbers.add if n.op == "sum" else numbers.mul)(total, part)
        return total
    if not parts:
        raise Unknown(f"{n.op} over nothing")
    if n.op in ("amax", "amin"):
        out = parts[0]
        for part in parts[1:]:
            out = (numbers.maximum if n.op == "amax" else numbers.minimum)(out, part)
        return out
    if n.op == "sorted":
        return _sorted(parts)[_place(value(n.args[2], at, env), len(parts))]
    best = 0
    for j, part in enumerate(parts):
        better = numbers.less(parts[best], part) if n.op == "argmax" else numbers.less(part, parts[best])
        best = j if better else best
    return numbers.number(best)


def _sorted(parts: list[Number]) -> list[Number]:
    out: list[Number] = []
    for part in parts:
        place = next((j for j, x in enumerate(out) if numbers.less(part, x)), len(out))
        out.insert(place, part)
    return out


def holds(c: Node, at: Point, env: Env = NO_INDICES) -> bool:
    """Whether a condition is true at a point."""
    match c.op:
        case "true" | "false":
            return c.op == "true"
        case "not":
            return not holds(c.args[0], at, env)
        case "and":
            return all(holds(a, at, env) for a in c.args)
        case "ge" | "gt" | "eq":
            x, y = (value(a, at, env) for a in c.args)
            return {"ge": numbers.less_equal, "gt": numbers.less, "eq": numbers.equal}[c.op](y, x)
    raise Failed(f"{c.op!r} stands where a condition is expected")


def _folded(function):
    def fold(_n: Node, *parts: Number) -> Number:
        total = parts[0]
        for part in parts[1:]:
            total = function(total, part)
        return total

    return fold


def _positive(x: Number) -> bool:
    return not numbers.is_nan(x) and numbers.less(ZERO, x)


def _named(n: Node, x: Number) -> Number:
    function = getattr(functions, n.data, None) or getattr(numbers, n.data, None)
    if function is None or n.data.startswith("_"):
        raise Unknown(f"the function {n.data}")
    return function(x)


LEAVES = {
    "num": lambda n, _at: numbers.rational(n.data),
    "size": lambda n, at: numbers.number(at.size[0 if n.data == "K" else 1]),
    "T": lambda _n, at: at.T,
    "nan": lambda _n, _at: numbers.NAN,
    "inf": lambda n, _at: numbers.INF if n.data > 0 else -numbers.INF,
}
OPERATIONS = {
    "P": None,
    "w": None,
    "T": None,
    "add": _folded(numbers.add),
    "mul": _folded(numbers.mul),
    "max": _folded(numbers.maximum),
    "min": _folded(numbers.minimum),
    "div": lambda _n, x, y: numbers.div(x, y),
    "pow": lambda n, x: numbers.power(x, numbers.rational(n.data)),
    "powr": lambda _n, x, y: numbers.power(x, y),
    "exp": lambda _n, x: numbers.exp(x),
    "log": lambda _n, x: numbers.log(x),
    "logp": lambda _n, x: numbers.log(x) if _positive(x) else ZERO,
    "wherepos": lambda _n, x: x if _positive(x) else ONE,
    "abs": lambda _n, x: numbers.absolute(x),
    "cbrt": lambda _n, x: functions.cbrt(x),
    "floordiv": lambda _n, x, y: functions.floor(numbers.div(x, y)),
    "fn": _named,
}
