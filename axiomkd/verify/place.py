"""A point of the domain in fractions, with a temperature or without: nearness, and what simple point it is near to.

It knows no operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from axiomkd.verify.view import Numbers

SIMPLE = 10**6  # the largest denominator of a place that points are near to


@dataclass(frozen=True)
class Place:
    P: tuple[Numbers, ...]
    w: Numbers
    T: Fraction | None = None

    def now(self) -> Place:
        """The same point without a temperature."""
        return Place(self.P, self.w)

    def toward(self, base: Place, scale: Fraction) -> Place:
        """base + scale · (self − base)."""

        def mix(xs: Numbers, ys: Numbers) -> Numbers:
            return tuple(y + scale * (x - y) for x, y in zip(xs, ys, strict=True))

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


def distance(a: Place, b: Place) -> Fraction:
    total = sum(
        (abs(x - y) for p, o in zip((*a.P, a.w), (*b.P, b.w), strict=True) for x, y in zip(p, o, strict=True)),
        Fraction(0),
    )
    return total + (abs(a.T - b.T) if a.T is not None and b.T is not None else 0)
