"""Numbers as a reader wants them in a sentence: a short fraction stays a fraction, anything longer becomes a decimal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

# Set by the package that knows the exact numbers: turns one into a Fraction, or into a float where it is no fraction.
_READERS: list = []


def register_reader(reader) -> None:
    """Teach `number` an exact type: `reader(x)` returns a Fraction, a float, or None where it does not know x."""
    _READERS.append(reader)


def number(x: Any) -> str:
    """x as text: `3/40`, or six significant digits where the fraction would be long."""
    for reader in _READERS:
        known = reader(x)
        if known is not None:
            x = known
            break
    if isinstance(x, Fraction):
        return str(x) if x.denominator < 10_000 and abs(x.numerator) < 100_000 else f"{float(x):.6g}"
    return f"{float(x):.6g}"
