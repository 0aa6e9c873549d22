"""Terms in plain numbers, infinities and NaN included: what the tests of the lift hold against JAX. Asserts nothing.

It shares no rule with the lift, and none with what the prover makes of terms. Whole numbers stay whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from axiomkd.tracing.terms import Term


class Opaque(Exception):
    """A term that has no value by itself."""


class Values:
    """Terms at one point: P (K, C), w (K,), T, and captured arrays by their names."""

    def __init__(self, P=None, w=None, T: float = 1.0, params: Mapping[str, np.ndarray] | None = None) -> None:
        self.P, self.w, self.T, self.params = P, w, T, params or {}
        self._memo: dict[Any, Any] = {}

    def __call__(self, t: Term, at: Mapping[Term, int] | None = None) -> Any:
        """The value of a term, indices being `at`."""
        at = dict(at or {})
        name = (t, tuple(sorted((v.key, n) for v, n in at.items() if v.op == "bound" or v in t.free)))
        if name not in self._memo:
            with np.errstate(all="ignore"):
                self._memo[name] = self._value(t, at)
        return self._memo[name]

    def place(self, t: Term, at: Mapping[Term, int]) -> int:
        found = self(t, at)
        if found != int(found):
            raise AssertionError(f"{t} is no whole number, {found}")
        return int(found)

    def _each(self, t: Term, at: Mapping[Term, int]) -> list[Any]:
        return [self(t.args[1], {**at, t.args[0]: j}) for j in range(self.place(t.args[0].args[0], at))]

    def _value(self, t: Term, at: dict[Term, int]) -> Any:
        def go(x: Term) -> Any:
            return self(x, at)

        def real(x: Term) -> np.float64:
            return np.float64(go(x))

        match t.op:
            case "num":
                return int(t.data) if t.data.denominator == 1 else float(t.data)
            case "inf":
                return math.inf * t.data
            case "nan":
                return math.nan
            case "size":
                return np.shape(self.P)[0 if t.data == "K" else 1]
            case "T":
                return self.T
            case "index" | "bound":
                n = self.place(t.args[0], at)
                if not 0 <= at[t] < n:
                    raise AssertionError(f"{t} is {at[t]}, of {n}")
                return at[t]
            case "P" | "w" | "param":
                array = {"P": self.P, "w": self.w}.get(t.op) if t.op != "param" else self.params[t.data[0]]
                places = tuple(self.place(x, at) for x in t.args)
                if any(not 0 <= p < n for p, n in zip(places, np.shape(array), strict=True)):
                    raise AssertionError(f"{t} looks at {places} of {np.shape(array)}")
                found = np.asarray(array)[places]
                return int(found) if found.dtype.kind in "iub" else float(found)
            case "add":
                return _folded(lambda x, y: x + y, map(go, t.args), 0)
            case "mul":
                return _folded(_times, map(go, t.args), 1)
            case "div":
                return float(real(t.args[0]) / real(t.args[1]))
            case "pow":
                return _power(go(t.args[0]), t.data)
            case "powr":
                return float(np.power(real(t.args[0]), real(t.args[1])))
            case "exp" | "log" | "cbrt":
                return float(getattr(np, t.op)(real(t.args[0])))
            case "fn":
                x = real(t.args[0])
                return float(getattr(np, {"atan": "arctan"}.get(t.data, t.data))(x)) if t.data != "erf" else math.erf(x)
            case "logistic":
                return float(1 / (1 + np.exp(-real(t.args[0]))))
            case "abs":
                return abs(go(t.args[0]))
            case "sign":
                x = go(t.args[0])
                return x if x != x else (x > 0) - (x < 0)
            case "max" | "min":
                return _folded(_larger if t.op == "max" else _smaller, map(go, t.args), None)
            case "where":
                return go(t.args[1] if self.holds(t.args[0], at) else t.args[2])
            case "ind":
                return int(self.holds(t.args[0], at))
            case "floordiv":
                return go(t.args[0]) // go(t.args[1])
            case "sum":
                return _folded(lambda x, y: x + y, self._each(t, at), 0)
            case "prod":
                return _folded(_times, self._each(t, at), 1)
            case "amax":
                return _folded(_larger, self._each(t, at), -math.inf)
            case "amin":
                return _folded(_smaller, self._each(t, at), math.inf)
            case "argmax" | "argmin":
                return _extreme(self._each(t, at), t.op)
            case "sorted":
                each = self._each(t, at)
                place = self.place(t.args[2], at)
                if not 0 <= place < len(each):
                    raise AssertionError(f"place {place} of {len(each)}")
                return sorted(each, key=lambda x: (x != x, 0 if x != x else x))[place]
            case "softmax":
                each, mine = self._each(t, at), self(t.args[1], {**at, t.args[0]: self.place(t.args[2], at)})
                top = _folded(_larger, each, -math.inf)
                under = sum(np.exp(np.float64(x) - top) for x in each)
                return float(np.exp(np.float64(mine) - top) / under)
            case _:
                raise Opaque(t.op)

    def holds(self, c: Term, at: Mapping[Term, int] | None = None) -> bool:
        """Whether a condition is true; NaN compares false."""
        at = at or {}
        match c.op:
            case "true" | "false":
                return c.op == "true"
            case "not":
                return not self.holds(c.args[0], at)
            case "and":
                return all([self.holds(x, at) for x in c.args])
            case "finite":
                return math.isfinite(self(c.args[0], at))
            case "ge" | "gt" | "eq":
                x, y = (self(x, at) for x in c.args)
                return {"ge": x >= y, "gt": x > y, "eq": x == y}[c.op]
            case _:
                raise Opaque(c.op)


def _folded(f, parts, empty) -> Any:
    out = empty
    for n, x in enumerate(parts):
        out = x if n == 0 else f(out, x)
    return out


def _times(x: Any, y: Any) -> Any:
    return x * y if isinstance(x, int) and isinstance(y, int) else float(np.float64(x) * np.float64(y))


def _larger(x: Any, y: Any) -> Any:
    return x if x != x or x >= y else y


def _smaller(x: Any, y: Any) -> Any:
    return x if x != x or x <= y else y


def _power(x: Any, e: Any) -> Any:
    if isinstance(x, int) and e.denominator == 1 and e >= 0:
        return x ** int(e)
    return float(np.power(np.float64(x), float(e)))


def _extreme(each: list[Any], op: str) -> int:
    for j, x in enumerate(each):
        if x != x:
            return j
    return each.index(max(each) if op == "argmax" else min(each))
