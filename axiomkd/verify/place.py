"""A point of the domain in fractions, with a temperature or without: nearness, and what simple point it is near to.

It knows no operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from axiomkd.verify.view import Numbers

SMALL = Fraction(1, 2**40)  # a unit from which powers can be told from factors
SIMPLE = 10**6  # the largest denominator of a place that points are near to


@dataclass(frozen=True)
class Place:
    P: tuple[Numbers, ...]
    w: Numbers
    T: Fraction | None = None

    def now(self) -> Place:
        """The same point without a temperature."""
        return Place(self.P, self.w)

    def toward(self, base: Place, scale: Fraction, unit: Fraction | None = None) -> Place:
        """base + scale · (self − base); where a `unit` is given, on the curve whose entries go with their `power` of the scale, but
        for the largest of each row, which takes up the rest."""

        def mix(xs: Numbers, ys: Numbers) -> Numbers:
            if unit is None:
                return tuple(y + scale * (x - y) for x, y in zip(xs, ys, strict=True))
            out = [y + scale ** power(x - y, unit) * (x - y) for x, y in zip(xs, ys, strict=True)]
            out[ys.index(max(ys))] += 1 - sum(out)
            return tuple(out)

        T = None if self.T is None or base.T is None else base.T + scale * (self.T - base.T)
        return Place(tuple(mix(p, o) for p, o in zip(self.P, base.P, strict=True)), mix(self.w, base.w), T)

    def simple(self) -> Place:
        """The nearest place in short fractions."""
        T = None if self.T is None else self.T.limit_denominator(SIMPLE)
        rows = tuple(tuple(x.limit_denominator(SIMPLE) for x in p) for p in self.P)
        return Place(rows, tuple(x.limit_denominator(SIMPLE) for x in self.w), T)

    @property
    def interior(self) -> bool:
        return min(x for p in (*self.P, self.w) for x in p) > 0

    @property
    def sound(self) -> bool:
        return all(min(p) >= 0 and sum(p) == 1 for p in (*self.P, self.w))


def power(apart: Fraction, unit: Fraction) -> int:
    """Which power of a small unit a difference of entries is like, at least the first: of 2^-100 the second for 3 · 2^-200."""
    return max(round(_log2(apart) / _log2(unit)), 1) if apart and unit < SMALL else 1


def _log2(x: Fraction) -> int:
    """About the logarithm of |x|, for differences far too small for floats."""
    return abs(x.numerator).bit_length() - x.denominator.bit_length()


def distance(a: Place, b: Place) -> Fraction:
    total = sum(
        (abs(x - y) for p, o in zip((*a.P, a.w), (*b.P, b.w), strict=True) for x, y in zip(p, o, strict=True)),
        Fraction(0),
    )
    return total + (abs(a.T - b.T) if a.T is not None and b.T is not None else 0)
