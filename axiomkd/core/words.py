"""Numbers as a reader wants them in a sentence: a short fraction stays a fraction, anything longer becomes a decimal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

# Set by the package that knows the exact numbers: turns one into a Fraction, or into a float where it is no fraction.
Reader = Callable[[Any], "Fraction | float | None"]
_READERS: list[Reader] = []


def register_reader(reader: Reader) -> None:
    """Teach `number` an exact type: `reader(x)` returns a Fraction, a float, or None where it does not know x."""
    _READERS.append(reader)


def number(x: Any) -> str:
    """x as text: `3/40`, or six significant digits where the fraction would be long."""
    for reader in _READERS:
        known = reader(x)
        if known is not None:
            x = known
            break
    if isinstance(x, Fraction) and x.denominator < 10_000 and abs(x.numerator) < 100_000:
        return str(x)
    value = float(x)
    short = f"{value:.6g}"
    # 0.5 for 0.49999995 would read as if it were exact, and two different numbers as one.
    return f"{value:.12g}" if len(short) < 7 and float(short) != value else short


MANY = 8  # numbers that a sentence can bear


def listed(numbers: Iterable[float]) -> str:
    """`[0.25, 0.75]` with every digit, or the first of a long list with how many are left out."""
    every = [float(x) for x in numbers]
    some = every if len(every) <= MANY else every[: MANY - 2]
    more = len(every) - len(some)
    return f"[{', '.join(map(repr, some))}{f', … {more} more' if more else ''}]"
