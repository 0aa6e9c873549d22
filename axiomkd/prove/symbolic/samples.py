"""Values of a polynomial at a few points of a region, letters of logarithms and the like having the values that they stand for.

It refuses what is seen to be false, before steps are spent on showing it, and makes no proof. It knows no operator and no claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from axiomkd.prove.symbolic.quotients import Home
from axiomkd.prove.symbolic.regions import portable

if TYPE_CHECKING:
    from sympy.polys.rings import PolyElement

VALUES = (1, 2, 7, 1, 30, 3)
POINTS, ALONG = 12, 6  # points, and lines along one letter
HEIGHTS = (0.01, 0.3, 2.0, 20.0)  # of the letter on a line
LEAST = 1e-9  # of the terms' sizes: what is below 0 by less may be rounding


def is_below(home: Home, f: PolyElement) -> bool:
    """Whether f has a value below 0 at one of a few points: whole numbers where they do."""
    for point in _points(home, POINTS):
        home.purse.spend(len(f))
        try:
            now = _with_atoms(home, point) if home.arguments else dict(point)
            total, size = _value(f, now)
        except (ArithmeticError, ValueError):
            continue
        if total < (-LEAST * size if home.arguments else 0):
            return True
    return False


def rises(home: Home, f: PolyElement, over: PolyElement, name: str) -> bool:
    """Whether f over another polynomial is seen to fall along a letter nowhere on a few lines, and not to start below 0."""
    for point in _points(home, ALONG):
        home.purse.spend(len(HEIGHTS) * (len(f) + len(over)))
        low, slack = 0.0, 0.0
        for x in HEIGHTS:
            try:
                now = _with_atoms(home, {**point, name: x})
                (top, size), (below, _) = _value(f, now), _value(over, now)
                here, room = top / below, LEAST * size / abs(below)
            except (ArithmeticError, ValueError):
                continue
            if here < low - slack - room:
                return False
            low, slack = here, room
    return True


def _points(home: Home, count: int) -> Iterator[dict[str, float]]:
    for shift in range(count):
        yield {
            name: VALUES[(i * (shift + 1) + shift * shift) % len(VALUES)] for i, name in enumerate(home.region.names)
        }


def _with_atoms(home: Home, point: Mapping[str, float]) -> dict[str, float]:
    now = dict(point)
    for letter, (kind, of) in home.arguments.items():
        x, *power = (_value(one.numer, now)[0] / _value(one.denom, now)[0] for one in of)
        now[letter] = {"exp": math.exp, "log": math.log, "power": math.pow}[kind](x, *power)
    return now


def _value(f: PolyElement, now: Mapping[str, float]) -> tuple[float, float]:
    """The value, and that of its terms without their signs."""
    total = size = 0
    for m, c in portable(f).items():
        term = c
        for x, n in m:
            term *= now[x] ** n
        total, size = total + term, size + abs(term)
    return total, size
