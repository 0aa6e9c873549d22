"""Monotonicity by a derivative with one free letter: h ≥ 0 where h is at least 0 at x = 0 and its slope in x is nowhere below 0.

h is the polynomial, over a coefficient of it that is above 0 where that helps: a logarithm stands alone then, and is gone from the
slope; or over a power. Exponentials, logarithms and powers are followed by the chain rule. It knows no operator and no claim.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from axiomkd.prove.symbolic.quotients import Home
from axiomkd.prove.symbolic.regions import portable, written
from axiomkd.prove.symbolic.samples import rises
from axiomkd.prove.symbolic.signs import POSITIVE

if TYPE_CHECKING:
    from sympy.polys.fields import FracElement
    from sympy.polys.rings import PolyElement

DEEPEST = 3  # slopes of slopes
TERMS = 40  # of a polynomial whose slope is still looked at
ROOTS = 1  # powers in it: quotients of them grow fast
DIFFERENTIATING = 400  # steps a term

Reason = Callable[[Home, "PolyElement", int], dict[str, Any] | None]
"""Why a polynomial is nowhere below 0, for the slope and for what there is at x = 0."""


class Elsewhere(Exception):
    """A value, or a slope, that is not to be had."""


def by_slope(home: Home, f: PolyElement, depth: int, reason: Reason) -> dict[str, Any] | None:
    """How f ≥ 0 is seen from a slope; `reason` shows what is left to be shown. None where no letter will do.

    Regions of which more is known than their letters' signs are no product of intervals: along x they may be left.
    """
    if depth >= DEEPEST or len(f) > TERMS or home.region.known:
        return None
    if sum(home.arguments[x][0] == "power" for x in depends(home, f) if x in home.arguments) > ROOTS:
        return None
    for name in _free(home, f):
        own = name in home.split_letters
        if not own and depth:  # where no order was split, only the simplest is tried
            continue
        for over in _divisors(home, f) if own else (home.ring(1),):
            found = _along(home, f, over, name, depth, reason) if rises(home, f, over, name) else None
            if found is not None:
                return {"by": "slope", "letter": name, "over": written(portable(over)), **found}
    return None


def _along(
    home: Home, f: PolyElement, over: PolyElement, name: str, depth: int, reason: Reason
) -> dict[str, Any] | None:
    home.purse.spend(DIFFERENTIATING * len(f))
    h = home.fractions(f) / home.fractions(over)
    try:
        slope = _fraction(home, slope_of(home, h, name), depth, reason)
        if slope is None:
            return None
        at_start = at_zero(home, h, name)
        _positive_at_zero(home, over, name)
    except Elsewhere:
        return None
    start = _fraction(home, at_start, depth, reason)
    if start is None:
        return None
    return {"slope": slope, "start": start}


def _fraction(home: Home, x: FracElement, depth: int, reason: Reason) -> dict[str, Any] | None:
    """A quotient with the reason why it is nowhere below 0."""
    num, den = x.numer, x.denom
    home.purse.spend(len(num) * max(len(den), 1))
    sign, culprit = home.signs.of(den)
    if culprit is not None or abs(sign) != POSITIVE or len(num) > TERMS:
        return None
    num, den = (num, den) if sign > 0 else (-num, -den)
    why = reason(home, num, depth + 1)
    if why is None:
        return None
    return {"numerator": written(portable(num)), "denominator": written(portable(den)), **why}


def _free(home: Home, f: PolyElement) -> Iterator[str]:
    """The letters of the region that f depends on, the latest first: at 0 of those two orders meet."""
    inside = depends(home, f)
    yield from (x for x in reversed(home.region.names) if x in inside)


def depends(home: Home, f: Any) -> set[str]:
    """The letters that a polynomial's value depends on, inside of logarithms and the like too."""
    found = {x for m in portable(f) for x, _ in m}
    for x in list(found):
        if x in home.arguments:
            found |= {y for one in home.arguments[x][1] for part in (one.numer, one.denom) for y in depends(home, part)}
    return found


def _divisors(home: Home, f: PolyElement) -> Iterator[PolyElement]:
    """1, the coefficients of single logarithms that are above 0, and powers themselves: over it, one stands alone."""
    one = home.ring(1)
    seen = [one]
    yield one
    for name, (kind, _) in list(home.arguments.items()):
        letter = home.letters[name]
        coefficient = f.diff(letter)
        if kind == "power" and coefficient:
            yield letter
        if kind != "log" or not coefficient or coefficient.diff(letter) or coefficient.is_ground:
            continue
        sign, culprit = home.signs.of(coefficient)
        if culprit is None and abs(sign) == POSITIVE:
            coefficient = coefficient if sign > 0 else -coefficient
            if coefficient not in seen:
                seen.append(coefficient)
                yield coefficient


# ---- derivatives and values


def slope_of(home: Home, h: FracElement, name: str) -> FracElement:
    """dh/dx, letters of exponentials and the like by the chain rule. Raises Elsewhere."""
    total = h.diff(home.fractions(home.letters[name]))
    for letter, (kind, of) in list(home.arguments.items()):
        by_letter = h.diff(home.fractions(home.letters[letter]))
        if by_letter:
            total += by_letter * _of_atom(home, home.fractions(home.letters[letter]), kind, of, name)
    return total


def _of_atom(home: Home, a: FracElement, kind: str, of: tuple[Any, ...], name: str) -> FracElement:
    inner = slope_of(home, of[0], name)
    match kind:
        case "exp":
            return a * inner
        case "log":
            return inner / of[0]
        case "power" if not slope_of(home, of[1], name):
            return of[1] * a * inner / of[0]
    raise Elsewhere


def at_zero(home: Home, h: FracElement, name: str) -> FracElement:
    """h at x = 0, with letters for the logarithms and so on that are there. Raises Elsewhere where that is no value."""
    now = {name: home.fractions(home.ring(0))}
    for letter, (kind, of) in list(home.arguments.items()):
        if name in depends(home, home.letters[letter]) and letter in depends(home, h.numer) | depends(home, h.denom):
            now[letter] = _atom_at_zero(home, kind, of, name)
    return _put(home, h, now)


def _atom_at_zero(home: Home, kind: str, of: tuple[Any, ...], name: str) -> FracElement:
    args = [at_zero(home, one, name) for one in of]
    zero, one = home.fractions(home.ring(0)), home.fractions(home.ring(1))
    if kind == "exp" and args[0] == zero:
        return one
    if kind in ("log", "power"):
        if _sign(home, args[0]) != POSITIVE:
            raise Elsewhere
        if args[0] == one:
            return zero if kind == "log" else one
    return home.lettered(kind, args)


def _positive_at_zero(home: Home, over: PolyElement, name: str) -> None:
    if _sign(home, at_zero(home, home.fractions(over), name)) != POSITIVE:
        raise Elsewhere


def _sign(home: Home, x: FracElement) -> int:
    """2 where it is above 0 all over the region; 0 where that is not seen."""
    above, below = home.signs.of(x.numer), home.signs.of(x.denom)
    sure = above[1] is None and below[1] is None and abs(above[0]) == abs(below[0]) == POSITIVE
    return POSITIVE if sure and (above[0] > 0) == (below[0] > 0) else 0


def _put(home: Home, h: FracElement, now: dict[str, FracElement]) -> FracElement:
    parts = []
    for f in (h.numer, h.denom):
        home.purse.spend(len(f))
        total = home.fractions(home.ring(0))
        for m, c in portable(f).items():
            term = home.fractions(home.ring(c))
            for x, n in m:
                term *= now.get(x, home.fractions(home.letters[x])) ** n
            total += term
        parts.append(total)
    top, bottom = parts
    if not bottom or _sign(home, bottom) != POSITIVE and _sign(home, -bottom) != POSITIVE:
        raise Elsewhere
    return top / bottom


def defined(home: Home, said: dict[str, Any]) -> dict[str, list]:
    """What the letters of exponentials, logarithms and powers in a reason stand for, those that others are of before them."""
    named = set(re.findall(r"a\d+", json.dumps(said)))
    inside = {x for name in named if name in home.arguments for x in depends(home, home.letters[name])}
    return {
        letter: [kind, *([written(portable(one.numer)), written(portable(one.denom))] for one in of)]
        for letter, (kind, of) in home.arguments.items()
        if letter in named | inside
    }
