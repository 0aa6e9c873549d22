"""Raw terms and normal forms in exact extended arithmetic: what code means, ±∞ and NaN included; no rule of the prover is used.

`Values(P, w, T)(term, at)` is a number of `axiomkd.tracing.numbers`; `kind` names its kind. Raises Undecided, or Opaque.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from axiomkd.tracing import functions, numbers
from axiomkd.tracing.terms import BINDERS, Term

FN = {"atan": functions.atan}
KIND = {-1: "-", 0: "0", 1: "+"}


class Opaque(Exception):
    """A term that means nothing by itself."""


def kind(x: Any) -> str:
    if numbers.is_nan(x):
        return "nan"
    if numbers.is_special(x):
        return "+inf" if x > 0 else "-inf"
    return KIND[numbers.sign_of(x)]


class Undefined(Exception):
    """A part of a normal form has no finite value: then the form has none."""


class Values:
    """Terms at one point: P (K rows of C fractions), w (K fractions) and T."""

    def __init__(self, P: list[list[Fraction]], w: list[Fraction], T: Fraction = Fraction(1), params=None) -> None:
        self.P = [[numbers.rational(x) for x in row] for row in P]
        self.w = [numbers.rational(x) for x in w]
        self.T, self.params = numbers.rational(T), params or {}
        self.K, self.C = len(P), len(P[0])

    def __call__(self, t: Term, at: Mapping[Term, int]) -> Any:
        return self._value(t, dict(at))

    def place(self, t: Term, at: dict) -> int:
        if t.op in ("index", "bound"):
            return at[t]
        if t.op in ("argmax", "argmin"):
            return self._argument(t, at)
        return int(numbers.as_fraction(self._value(t, at)))

    def _each(self, t: Term, at: dict) -> Iterator[Any]:
        variable, body = t.args[:2]
        for j in range(self.place(variable.args[0], at)):
            yield self._value(body, {**at, variable: j})

    def _argument(self, t: Term, at: dict) -> int:
        """The first of the largest; the first NaN, where there is one."""
        best = None
        for j, x in enumerate(self._each(t, at)):
            if numbers.is_nan(x):
                return j
            before = best is None or (numbers.less(best[1], x) if t.op == "argmax" else numbers.less(x, best[1]))
            best = (j, x) if before else best
        if best is None:
            raise Opaque("the place of a largest entry of none")
        return best[0]

    def _value(self, t: Term, at: dict) -> Any:
        def go(x: Term) -> Any:
            return self._value(x, at)

        match t.op:
            case "num":
                return numbers.rational(t.data)
            case "size":
                return numbers.rational(self.K if t.data == "K" else self.C)
            case "T":
                return self.T
            case "inf":
                return math.inf * t.data
            case "nan":
                return math.nan
            case "index" | "bound" | "argmax" | "argmin":
                return numbers.rational(self.place(t, at))
            case "P":
                return self.P[self.place(t.args[0], at)][self.place(t.args[1], at)]
            case "w":
                return self.w[self.place(t.args[0], at)]
            case "param":
                return numbers.number(self.params[t.data[0]][tuple(self.place(x, at) for x in t.args)])
            case "add" | "mul" | "max" | "min":
                return self._folded(t.op, list(map(go, t.args)))
            case "div":
                return numbers.div(go(t.args[0]), go(t.args[1]))
            case "pow":
                return numbers.power(go(t.args[0]), numbers.rational(t.data))
            case "powr":
                return numbers.power(go(t.args[0]), go(t.args[1]))
            case "exp":
                return numbers.exp(go(t.args[0]))
            case "log":
                return numbers.log(go(t.args[0]))
            case "logp":
                x = go(t.args[0])
                return numbers.log(x) if numbers.sign_of(x) > 0 else numbers.ZERO
            case "wherepos":
                x = go(t.args[0])
                return x if numbers.sign_of(x) > 0 else numbers.ONE
            case "abs":
                return numbers.absolute(go(t.args[0]))
            case "sign":
                return numbers.sign(go(t.args[0]))
            case "cbrt":
                return functions.cbrt(go(t.args[0]))
            case "logistic":
                return numbers.logistic(go(t.args[0]))
            case "fn" if t.data in FN:
                return FN[t.data](go(t.args[0]))
            case "floordiv":
                x, y = (numbers.as_fraction(go(x)) for x in t.args)
                return numbers.rational(x // y)
            case "ind":
                return numbers.ONE if self.holds(t.args[0], at) else numbers.ZERO
            case "where":
                return go(t.args[1] if self.holds(t.args[0], at) else t.args[2])
            case "softmax":
                return self._softmax(t, at)
            case "sorted":
                return self._sorted(t, at)
            case "sum" | "prod" | "amax" | "amin":
                op = {"sum": "add", "prod": "mul", "amax": "max", "amin": "min"}[t.op]
                return self._folded(op, list(self._each(t, at)))
            case _:
                raise Opaque(t.op)

    @staticmethod
    def _folded(op: str, parts: list[Any]) -> Any:
        f = {"add": numbers.add, "mul": numbers.mul, "max": numbers.maximum, "min": numbers.minimum}[op]
        out = {"add": numbers.ZERO, "mul": numbers.ONE, "max": -math.inf, "min": math.inf}[op]
        for x in parts:
            out = f(out, x)
        return out

    def _softmax(self, t: Term, at: dict) -> Any:
        each = list(self._each(t, at))
        top = self._folded("max", each)
        raised = [numbers.exp(numbers.sub(x, top)) for x in each]
        mine = numbers.sub(self._value(t.args[1], {**at, t.args[0]: self.place(t.args[2], at)}), top)
        return numbers.div(numbers.exp(mine), self._folded("add", raised))

    def _sorted(self, t: Term, at: dict) -> Any:
        rest, place = list(self._each(t, at)), self.place(t.args[2], at)
        if not 0 <= place < len(rest):
            raise Opaque("a place beyond the row")
        for _ in range(place + 1):
            least = 0
            for n, x in enumerate(rest):
                if numbers.total_order(x, rest[least]) < 0:
                    least = n
            out = rest.pop(least)
        return out

    def holds(self, c: Term, at: dict) -> bool:
        match c.op:
            case "true" | "false":
                return c.op == "true"
            case "not":
                return not self.holds(c.args[0], at)
            case "and":
                return all([self.holds(x, at) for x in c.args])
            case "finite":
                return not numbers.is_special(self._value(c.args[0], at))
            case "ge" | "gt" | "eq":
                x, y = (self._value(a, at) for a in c.args)
                if numbers.is_nan(x) or numbers.is_nan(y):
                    return False
                if c.op == "eq":
                    return numbers.equal(x, y)
                return numbers.less(y, x) if c.op == "gt" else numbers.less_equal(y, x)
            case _:
                raise Opaque(c.op)


class Forms(Values):
    """Normal forms: whatever is not finite in one makes all of it undefined. Raises Undefined."""

    def _value(self, t: Term, at: dict) -> Any:
        found = super()._value(t, at)
        if numbers.is_special(found):
            raise Undefined(t.op)
        return found


def parts(t: Term) -> Iterator[tuple[Term, tuple[Term, ...]]]:
    """Every subterm, and the bound variables that it stands under."""
    seen = set()
    stack: list[tuple[Term, tuple[Term, ...]]] = [(t, ())]
    while stack:
        x, under = stack.pop()
        if (x, under) in seen:
            continue
        seen.add((x, under))
        yield x, under
        for n, a in enumerate(x.args):
            stack.append((a, (*under, x.args[0]) if x.op in BINDERS and n == 1 else under))
