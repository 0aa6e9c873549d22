"""Bounds of whole numbers: whether a computed integer surely fits its dtype at every size, so that it never wraps.

A bound is a polynomial in K and C. What is assumed of sizes is that K, C and every axis are shorter than 2³¹: no array of
doubles that long fits a machine's memory as a row of P. Floats have no bounds here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.tracing import sizes
from axiomkd.tracing.sizes import Polynomial
from axiomkd.tracing.terms import Term

LONGEST = 2**31 - 1
"""The longest axis, and so the largest K and C, for which a proof over all sizes speaks."""

MOST = 8  # the degree of a bound beyond which nothing is said


@dataclass(frozen=True)
class Range:
    """low ≤ x ≤ high at all sizes."""

    low: Polynomial
    high: Polynomial


class Unbounded(Exception):
    """A term of which no bounds are known."""


class Bounds:
    """Bounds of terms for sizes from `smallest` on. `params` are captured arrays by their names, `dtypes` those of opaque
    whole numbers, by what identifies them."""

    def __init__(self, smallest: tuple[int, int], params: Mapping[str, np.ndarray], dtypes: Mapping[Any, str]) -> None:
        self.smallest, self.params, self.dtypes = smallest, params, dtypes
        self._memo: dict[Term, Range | None] = {}

    def fits(self, x: Term, dtype: str) -> bool:
        """Whether a whole number surely lies in the range of an integer dtype."""
        found = self.of(x)
        if found is None:
            return False
        limits = np.iinfo(dtype)
        return self.least(found.low) >= int(limits.min) and self.most(found.high) <= int(limits.max)

    def within(self, place: Term, length: Term) -> bool:
        """Whether a whole number surely lies in 0 … length − 1."""
        found, n = self.of(place), sizes.polynomial(length)
        if found is None or n is None:
            return False
        return self.nonnegative(found.low) and self.nonnegative(_plus(n, _times(found.high, -1), _number(-1)))

    def nonempty(self, length: Term) -> bool:
        """Whether an axis surely has an entry."""
        n = sizes.least(length, self.smallest)
        return n is not None and n >= 1

    def of(self, x: Term) -> Range | None:
        """The bounds of a term, None where none are known."""
        if x not in self._memo:
            try:
                self._memo[x] = self._of(x)
            except Unbounded:
                self._memo[x] = None
        return self._memo[x]

    # --- polynomials over the sizes --------------------------------------------------------------------------------------

    def least(self, p: Polynomial) -> Fraction:
        """A number that the polynomial is never below."""
        total, (K, C) = Fraction(0), (LONGEST - n for n in self.smallest)
        for (a, b), c in sizes.shifted(p, self.smallest).items():
            if (a, b) == (0, 0) or c < 0:  # what grows is least at the smallest sizes, what falls at the largest
                total += c * K**a * C**b
        return total

    def most(self, p: Polynomial) -> Fraction:
        """A number that the polynomial is never above."""
        return -self.least(_times(p, -1))

    def nonnegative(self, p: Polynomial) -> bool:
        """Whether the polynomial is plain to see to be never negative."""
        shifted = sizes.shifted(p, self.smallest)
        return all(c >= 0 for c in shifted.values())

    # --- bounds of terms -------------------------------------------------------------------------------------------------

    def _known(self, x: Term) -> Range:
        found = self.of(x)
        if found is None:
            raise Unbounded
        return found

    def _of(self, x: Term) -> Range:
        match x.op:
            case "num":
                return Range(_number(x.data), _number(x.data))
            case "size":
                p = sizes.polynomial(x) or {}
                return Range(p, p)
            case "index" | "bound":
                return self._place(x.args[0])
            case "argmax" | "argmin":
                return self._place(x.args[0].args[0])
            case "add":
                parts = [self._known(a) for a in x.args]
                return Range(_plus(*(r.low for r in parts)), _plus(*(r.high for r in parts)))
            case "mul":
                return self._product([self._known(a) for a in x.args])
            case "pow" if x.data.denominator == 1 and 0 <= x.data <= MOST:
                return self._product([self._known(x.args[0])] * int(x.data))
            case "ind":
                return Range({}, _number(1))
            case "sign":
                return Range({} if self.nonnegative(self._known(x.args[0]).low) else _number(-1), _number(1))
            case "abs":
                return Range({}, self._size(self._known(x.args[0])))
            case "where":
                return self._hull([self._known(a) for a in x.args[1:]])
            case "max" | "min":
                return self._extreme(x.op, [self._known(a) for a in x.args])
            case "sum":
                return self._total(x)
            case "prod":
                return self._running_product(x)
            case "amax" | "amin" | "sorted":
                return self._known(x.args[1])
            case "floordiv":
                above = self._known(x.args[0])
                if not self.nonnegative(above.low):
                    raise Unbounded
                return Range({}, above.high)
            case "param" if x.data[0] in self.params and self.params[x.data[0]].dtype.kind in "iub":
                value = self.params[x.data[0]]
                return Range(_number(int(value.min())), _number(int(value.max())))
            case "opaque" if x.data in self.dtypes:
                limits = np.iinfo(self.dtypes[x.data])
                return Range(_number(int(limits.min)), _number(int(limits.max)))
            case _:
                raise Unbounded

    def _place(self, length: Term) -> Range:
        n = sizes.polynomial(length)
        return Range({}, _number(LONGEST - 1) if n is None else _plus(n, _number(-1)))

    def _product(self, parts: list[Range]) -> Range:
        out = Range(_number(1), _number(1))
        for r in parts:
            out = self._two(out, r)
        return out

    def _two(self, x: Range, y: Range) -> Range:
        for a, b in ((x, y), (y, x)):
            if a.low == a.high and set(a.low) <= {(0, 0)}:
                c = a.low.get((0, 0), Fraction(0))
                ends = _times(b.low, c), _times(b.high, c)
                return Range(*(ends if c >= 0 else ends[::-1]))
        if self.nonnegative(x.low) and self.nonnegative(y.low):
            return Range(_product(x.low, y.low), _product(x.high, y.high))
        top = _product(self._size(x), self._size(y))
        return Range(_times(top, -1), top)

    def _size(self, r: Range) -> Polynomial:
        """A bound of |x|."""
        if self.nonnegative(r.low):
            return r.high
        if self.nonnegative(_times(r.high, -1)):
            return _times(r.low, -1)
        return _plus(self._above(r.high), self._above(_times(r.low, -1)))

    def _above(self, p: Polynomial) -> Polynomial:
        """A polynomial that is never negative and never below p: sizes are positive."""
        return {key: c for key, c in p.items() if c > 0}

    def _hull(self, parts: list[Range]) -> Range:
        low, high = parts[0].low, parts[0].high
        for r in parts[1:]:
            high = self._upper(high, r.high)
            low = _times(self._upper(_times(low, -1), _times(r.low, -1)), -1)
        return Range(low, high)

    def _upper(self, p, q) -> Polynomial:
        """A polynomial that is below neither."""
        if self.nonnegative(_plus(p, _times(q, -1))):
            return p
        if self.nonnegative(_plus(q, _times(p, -1))):
            return q
        return _plus(self._above(p), self._above(q))

    def _extreme(self, op: str, parts: list[Range]) -> Range:
        """max(x, y, …) lies above every lower bound, min below every upper one."""
        hull = self._hull(parts)
        low, high = hull.low, hull.high
        for r in parts:
            if op == "max" and self.nonnegative(_plus(r.low, _times(low, -1))):
                low = r.low
            if op == "min" and self.nonnegative(_plus(high, _times(r.high, -1))):
                high = r.high
        return Range(low, high)

    def _total(self, x: Term) -> Range:
        n, body = sizes.polynomial(x.args[0].args[0]), self._known(x.args[1])
        if n is not None and not self.nonnegative(n):
            raise Unbounded
        return self._two(Range({}, _number(LONGEST)) if n is None else Range(n, n), body)

    def _running_product(self, x: Term) -> Range:
        body = self._known(x.args[1])
        one = _number(1)
        if self.nonnegative(body.low) and self.nonnegative(_plus(one, _times(body.high, -1))):
            return Range({}, one)
        raise Unbounded


def _number(c: Any) -> Polynomial:
    return {(0, 0): Fraction(c)} if c else {}


def _plus(*parts: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for p in parts:
        for key, c in p.items():
            out[key] = out.get(key, Fraction(0)) + c
    return {key: c for key, c in out.items() if c}


def _times(p: Polynomial, c: Any) -> Polynomial:
    return {key: value * c for key, value in p.items()} if c else {}


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for (a, b), x in p.items():
        for (c, d), y in q.items():
            if a + b + c + d > MOST:
                raise Unbounded
            out[a + c, b + d] = out.get((a + c, b + d), Fraction(0)) + x * y
    return {key: c for key, c in out.items() if c}
