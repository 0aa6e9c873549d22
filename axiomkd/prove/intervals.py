"""Intervals with open or closed ends, and their arithmetic. Knows no term."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from axiomkd.prove import kinds


@dataclass(frozen=True)
class Interval:
    """low ≤ x ≤ high; None is unbounded; an open end is not attained."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def __and__(self, other: Interval) -> Interval:
        low, low_open = _stronger((self.low, self.low_open), (other.low, other.low_open), 1)
        high, high_open = _stronger((self.high, self.high_open), (other.high, other.high_open), -1)
        return Interval(low, high, low_open, high_open)

    def __or__(self, other: Interval) -> Interval:
        low, low_open = _weaker((self.low, self.low_open), (other.low, other.low_open), 1)
        high, high_open = _weaker((self.high, self.high_open), (other.high, other.high_open), -1)
        return Interval(low, high, low_open, high_open)


End = tuple[Fraction | None, bool]


def _stronger(x: End, y: End, sign: int) -> End:
    if x[0] is None or y[0] is None:
        return y if x[0] is None else x
    if x[0] == y[0]:
        return x[0], x[1] or y[1]
    return x if sign * x[0] > sign * y[0] else y


def _weaker(x: End, y: End, sign: int) -> End:
    if x[0] is None or y[0] is None:
        return None, False
    if x[0] == y[0]:
        return x[0], x[1] and y[1]
    return x if sign * x[0] < sign * y[0] else y


F = Fraction
EVERYTHING = Interval(None, None)
ABOVE, FROM_ZERO = Interval(F(0), None, True), Interval(F(0), None)
BELOW = Interval(None, F(0), False, True)
UNIT, INNER = Interval(F(0), F(1)), Interval(F(0), F(1), True, True)


def point(x: Fraction) -> Interval:
    return Interval(x, x)


def kinds_of(i: Interval) -> frozenset[str]:
    out = set()
    if i.low is None or i.low < 0:
        out.add(kinds.NEG)
    if i.high is None or i.high > 0:
        out.add(kinds.POS)
    if (i.low is None or i.low < 0 or (i.low == 0 and not i.low_open)) and (
        i.high is None or i.high > 0 or (i.high == 0 and not i.high_open)
    ):
        out.add(kinds.NIL)
    return frozenset(out)


def plus(x: Interval, y: Interval) -> Interval:
    low = None if x.low is None or y.low is None else x.low + y.low
    high = None if x.high is None or y.high is None else x.high + y.high
    return Interval(
        low, high, low is not None and (x.low_open or y.low_open), high is not None and (x.high_open or y.high_open)
    )


def scaled(c: Fraction, x: Interval) -> Interval:
    if not c:
        return point(F(0))
    ends = (x.low, x.low_open), (x.high, x.high_open)
    (low, lo), (high, ho) = ends if c > 0 else ends[::-1]
    return Interval(None if low is None else c * low, None if high is None else c * high, lo, ho)


def times(x: Interval, y: Interval) -> Interval:
    """The product: exact for intervals on one side of zero, the hull of the corners else."""
    if point(F(0)) in (x, y):
        return point(F(0))
    if not_negative(x) and not_negative(y):
        assert x.low is not None and y.low is not None
        low = x.low * y.low
        low_open = (x.low_open and y.low_open) if low == 0 and x.low == 0 and y.low == 0 else False
        if low == 0:
            # zero is attained if either factor attains zero
            low_open = not ((x.low == 0 and not x.low_open) or (y.low == 0 and not y.low_open))
        else:
            low_open = x.low_open or y.low_open
        if x.high is None or y.high is None:
            return Interval(low, None, low_open, False)
        high = x.high * y.high
        return Interval(low, high, low_open, high != 0 and (x.high_open or y.high_open))
    if not_negative(scaled(F(-1), x)):
        return scaled(F(-1), times(scaled(F(-1), x), y))
    if not_negative(scaled(F(-1), y)):
        return scaled(F(-1), times(x, scaled(F(-1), y)))
    if x.low is None or x.high is None or y.low is None or y.high is None:
        return EVERYTHING
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return Interval(min(corners), max(corners))


def not_negative(x: Interval) -> bool:
    return x.low is not None and x.low >= 0


def raised(x: Interval, e: Fraction) -> Interval:
    """x^e, where it is defined."""
    if e.denominator == 1 and e > 0 and not not_negative(x):
        if e % 2 == 0:
            if x.high is not None and x.high <= 0:
                return raised(scaled(F(-1), x), e)
            top = None if x.low is None or x.high is None else max(-x.low, x.high) ** int(e)
            return Interval(F(0), top)
        low = None if x.low is None else x.low ** int(e)
        high = None if x.high is None else x.high ** int(e)
        return Interval(low, high, x.low_open, x.high_open)
    if not not_negative(x):
        if e.denominator > 1:
            return ABOVE if e < 0 else raised(x & FROM_ZERO, e)
        if x.high is not None and x.high <= 0:
            return BELOW if e % 2 else ABOVE
        return ABOVE if e % 2 == 0 else EVERYTHING
    ends = [(x.low, x.low_open), (x.high, x.high_open)]
    if e < 0:
        # Defined only where x > 0.
        ends = [(None if v is None else v, o) for v, o in ends][::-1]
        high = None if ends[1][0] in (None, 0) else _rational_power(ends[1][0], e)
        low = F(0) if ends[0][0] is None else _rational_power(ends[0][0], e) if ends[0][0] else None
        if low is None:
            return ABOVE
        return Interval(low, high, ends[0][0] is None or ends[0][1] or low == 0, bool(high is not None and ends[1][1]))
    low, high = _rational_power(ends[0][0], e), None if ends[1][0] is None else _rational_power(ends[1][0], e)
    if low is None:
        low, low_open = F(0), True
    else:
        low_open = ends[0][1]
    return Interval(low, high, low_open, ends[1][1])


def _rational_power(x: Fraction | None, e: Fraction) -> Fraction | None:
    """x^e where it is rational, or on which side of 1 it lies; None where nothing is known."""
    if x is None:
        return None
    if x in (0, 1):
        return x
    return x ** int(e) if e.denominator == 1 else None
