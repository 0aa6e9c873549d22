"""The digits of a constant: the decimal that a float was written as, and whether it was computed in few of them.

It knows types of floats, and refuses to know what is done with the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np

_MET: ContextVar[set[float] | None] = ContextVar("met", default=None)
_FLOAT32, _LARGEST = 2.0**-23, float(np.finfo(np.float32).max)
# The unit of bfloat16, float32 and float16 -> digits of the longest decimal that stands for itself in them.
_DIGITS = {2.0**-7: 2, _FLOAT32: 6, 2.0**-10: 3}
# A double that is a float32 is taken for one beyond so many significant bits, of which so many are ones: 1 + 2^-20 is itself.
WRITTEN, FEWEST_BITS = 16, 5


def shortest(x: Any) -> str:
    """The shortest decimal that x's own type reads back as x."""
    if isinstance(x, float):
        return float.__repr__(x)
    kind = type(x)
    for digits in range(17):  # NumPy's repr would do, were there no bfloat16
        text = f"{float(x):.{digits}e}"
        if kind(float(text)) == x:
            return text
    return float.__repr__(float(x))


@contextmanager
def constants_met() -> Iterator[set[float]]:
    """The units of rounding (distances from 1 to the next number) of the rounded constants that are met inside."""
    met: set[float] = set()
    token = _MET.set(met)
    try:
        yield met
    finally:
        _MET.reset(token)


def meet(unit: float) -> None:
    """Note a rounded constant, by its unit."""
    if (met := _MET.get()) is not None:
        met.add(unit)


def rounded_to(x: Any) -> float:
    """The unit of rounding of a constant that was computed in fewer digits than float64 has before it was handed over:
    float32(1) / float32(3), and 1 - float32(0.1) where it has become a double. 0 for any other: 0.1 stands for itself in
    every type, and so does 2^-23. What such a constant was meant to be is known up to that unit only."""
    if isinstance(x, (str, bool, int, Fraction, np.integer, np.bool_)) or x == 0 or _bits(x)[1] < FEWEST_BITS:
        return 0.0
    if isinstance(x, float):
        narrow = not x.is_integer() and abs(x) <= _LARGEST and float(np.float32(x)) == x
        return _FLOAT32 if narrow and _bits(x)[0] > WRITTEN else 0.0
    kind = x.dtype.type if hasattr(x, "dtype") else type(x)
    unit = next((unit for unit in _DIGITS if float(kind(1 + unit)) > 1 and float(kind(1 + unit / 4)) == 1), 0.0)
    digits = shortest(x).partition("e")[0].replace(".", "").strip("-0")
    return unit if unit and len(digits) > _DIGITS[unit] else 0.0


def _bits(x: Any) -> tuple[int, int]:
    """How many significant bits a float has, and how many of them are ones."""
    units = abs(int(math.frexp(float(x))[0] * 2**53))
    return 54 - (units & -units).bit_length(), units.bit_count()
