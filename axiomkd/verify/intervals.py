"""Bounds of real numbers with fractions as ends, open or closed: the values that `signs` computes with.

An end None is infinite. It knows no terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

End = Fraction | None


@dataclass(frozen=True)
class Interval:
    """low ≤ x ≤ high; `above` and `below` say that an end is not reached."""

    low: End = None
    high: End = None
    above: bool = False
    below: bool = False

    @property
    def nonnegative(self) -> bool:
        return self.low is not None and self.low >= 0

    @property
    def positive(self) -> bool:
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.above))

    @property
    def nonpositive(self) -> bool:
        return self.high is not None and self.high <= 0

    def at_least(self, x: int) -> bool:
        return self.low is not None and self.low >= x

    def at_most(self, x: int) -> bool:
        return self.high is not None and self.high <= x


ANY = Interval()


def exactly(x: Fraction | int) -> Interval:
    return Interval(Fraction(x), Fraction(x))


def between(low: int | Fraction | None, high: int | Fraction | None, *, strict: bool = False) -> Interval:
    return Interval(None if low is None else Fraction(low), None if high is None else Fraction(high), strict, strict)


NONNEGATIVE, POSITIVE, UNIT = between(0, None), Interval(Fraction(0), None, True), between(0, 1)


def add(a: Interval, b: Interval) -> Interval:
    return Interval(
        None if a.low is None or b.low is None else a.low + b.low,
        None if a.high is None or b.high is None else a.high + b.high,
        a.above or b.above,
        a.below or b.below,
    )


def negative(a: Interval) -> Interval:
    return Interval(None if a.high is None else -a.high, None if a.low is None else -a.low, a.below, a.above)


def times(a: Interval, b: Interval) -> Interval:
    """A product; of factors that may have either sign nothing is known."""
    if a.nonpositive and not a.nonnegative:
        return negative(times(negative(a), b))
    if b.nonpositive and not b.nonnegative:
        return negative(times(a, negative(b)))
    if not (a.nonnegative and b.nonnegative):
        known = next((x for x in (a, b) if x.low is not None and x.low == x.high), None)
        return ANY if known is None else scaled(known.low or Fraction(0), b if known is a else a)
    assert a.low is not None and b.low is not None
    low = a.low * b.low
    above = a.positive and b.positive and (low == 0 or a.above or b.above)
    high = None if a.high is None or b.high is None else a.high * b.high
    return Interval(low, high, above, bool(high) and (a.below or b.below))


def scaled(c: Fraction, a: Interval) -> Interval:
    if c == 0:
        return exactly(0)
    if c < 0:
        return negative(scaled(-c, a))
    return Interval(None if a.low is None else c * a.low, None if a.high is None else c * a.high, a.above, a.below)


def hull(a: Interval, b: Interval) -> Interval:
    """The bounds that both obey."""
    low = None if a.low is None or b.low is None else min(a.low, b.low)
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    above = all(x.above or (x.low is not None and low is not None and x.low > low) for x in (a, b))
    below = all(x.below or (x.high is not None and high is not None and x.high < high) for x in (a, b))
    return Interval(low, high, above, below)


def both(a: Interval, b: Interval) -> Interval:
    """What two sets of bounds on one number come to."""
    low, above = max(((x.low, x.above) for x in (a, b) if x.low is not None), default=(None, False))
    high = min((x.high for x in (a, b) if x.high is not None), default=None)
    below = any(x.below and x.high == high for x in (a, b))
    return Interval(low, high, above, below)


def larger(a: Interval, b: Interval) -> Interval:
    """The maximum of two numbers."""
    low, above = max(((x.low, x.above) for x in (a, b) if x.low is not None), default=(None, False))
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    return Interval(low, high, above, False)
