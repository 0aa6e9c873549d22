"""Whether two exact numbers are the same, and which sign one has, as far as balls can tell.

Knows numbers only.
"""

from __future__ import annotations

from fractions import Fraction

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Undecided

NARROW = Fraction(1, 2**100)


def agrees(x: Number, y: Number) -> bool | None:
    """Whether x = y: exactly, or by balls that overlap and are narrow; None where they are too wide to say."""
    if numbers.is_special(x) or numbers.is_special(y):
        return str(x) == str(y)
    if numbers.is_rational(x) and numbers.is_rational(y):
        return x == y
    try:
        low, high = numbers.bounds(numbers.sub(x, y))
    except Undecided:
        return None
    if low > 0 or high < 0:
        return False
    return True if high - low < NARROW else None


def nearly(x: Number, y: Number, slack: Fraction) -> bool:
    """Whether x and y surely differ by no more than the slack."""
    if numbers.is_special(x) or numbers.is_special(y):
        return False
    low, high = numbers.bounds(numbers.sub(x, y))
    return -slack <= low and high <= slack


def sign(x: Number) -> int | None:
    """The sign of x; 0 also for a narrow ball around 0; None where it cannot be told."""
    try:
        return numbers.sign_of(x)
    except Undecided:
        low, high = numbers.bounds(x)
        return 0 if high - low < NARROW else None
