"""Exact looks at points that are very near to each other: how far apart the aggregates are, and whether that lasts.

Everything here concludes; nothing searches. Where the operator cannot be followed exactly the same looks are taken in
floats, with a threshold far above rounding. Knows points and aggregates, and refuses to know why they were chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.tolerances import JUMP, JUMP_KEEPS, JUMP_NEAR, JUMP_NEARER
from axiomkd.core.verdict import Witness
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.arithmetic import EXACT, unwrap, wrap
from axiomkd.jaxpr.arrays import full
from axiomkd.jaxpr.numbers import Number, Undecided
from axiomkd.jaxpr.walk import Unsupported
from axiomkd.search.finding import Finding
from axiomkd.search.places import Point

# A third distance, 2^-1600: code guards divisions with constants down to the least double, 2^-1074, and what such a
# guard smooths looks like a jump at 2^-400 while the function that the code denotes is continuous.
BELOW_FLOATS = 1600

# In floats: a gap between two points counts above this, far over the rounding error of any pool (2e-15).
FLOAT_JUMP = Fraction(1, 10**6)

Pair = Callable[[int], tuple[Point, Point]]
"""pair(n): two points that are at most 2^-n apart in ‖·‖₁."""


class Undefined(Exception):
    """A is inf or nan at the point."""


class Look:
    """A at exact points, for one operator. `softened`: points carry a T, and A_T is meant; else A, at T = 1."""

    def __init__(self, evaluator: Evaluator, *, softened: bool = False):
        self.evaluator, self.softened = evaluator, softened
        self.exactly = evaluator.exactly
        self.threshold = JUMP if evaluator.exactly else max(FLOAT_JUMP, Fraction(evaluator.rounding.bar))
        self.cases = 0

    def at(self, point: Point, bits: int) -> np.ndarray:
        """(C,) exact numbers, or floats where the operator can't be followed. Raises Undefined, Undecided."""
        self.cases += 1
        q = self._exact(point, bits) if self.exactly else self._float(point)
        if any(numbers.is_special(x) for x in q):
            raise Undefined
        return q

    def _exact(self, point: Point, bits: int) -> np.ndarray:
        P, T = point.P, self._temperature(point)
        try:
            if self.softened and not self.evaluator.operator.takes_temperature:
                P, T = self._soft(point, bits), None
            return self.evaluator.exact(P, point.w, T, bits=bits)
        except Unsupported as e:
            raise Undecided(str(e)) from e

    def _soft(self, point: Point, bits: int) -> np.ndarray:
        with numbers.precision(bits):
            T = wrap(full((1, 1), point.T))
            return _alike(point.P, unwrap(self.evaluator.softener.rows(EXACT, wrap(point.P), T)))

    def _temperature(self, point: Point) -> Number | None:
        if not self.evaluator.operator.takes_temperature:
            return None
        return point.T if self.softened else numbers.ONE

    def _float(self, point: Point) -> np.ndarray:
        P, w = float_array(point.P)[None], float_array(point.w)[None]
        T = None if point.T is None else np.array([numbers.to_float(point.T)])
        q = soft_batch(self.evaluator, P, w, T) if self.softened else plain_batch(self.evaluator, P, w)
        out = full(q[0].shape, numbers.NAN)
        out[:] = [numbers.dyadic(x) if np.isfinite(x) else numbers.NAN for x in q[0]]
        return out


@dataclass
class Record:
    """What one search has spent and run into so far: `floats` counts points in float64, the look counts exact ones."""

    look: Look
    evaluator: Evaluator
    floats: int = 0
    fragile: Finding | None = None
    undecided: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.floats + self.look.cases

    def unsettled(self, what: str) -> str:
        """How many promising candidates exact looks left open, and the first one's reason; "" where there is none."""
        if not self.undecided:
            return ""
        return f"{len(self.undecided)} promising {what} could not be decided; the first: {self.undecided[0]}"


def _alike(P: np.ndarray, softened: np.ndarray) -> np.ndarray:
    """Equal entries of like rows as one object: a softener treats them alike, and two balls would not be equal."""
    first: dict[object, Number] = {}
    keys = [tuple(sorted(map(str, p))) for p in P]
    for k, i in np.ndindex(*P.shape):
        softened[k, i] = first.setdefault((keys[k], str(P[k, i])), softened[k, i])
    return softened


def float_array(exact: np.ndarray) -> np.ndarray:
    """Exact numbers as the nearest doubles."""
    return np.array([numbers.to_float(x) for x in exact.flat], dtype=float).reshape(exact.shape)


def plain_batch(evaluator: Evaluator, P: np.ndarray, w: np.ndarray) -> np.ndarray:
    """A on floats, at T = 1 where the operator takes a temperature; any leading axes."""
    lead = P.shape[:-2]
    T = 1.0 if evaluator.operator.takes_temperature else None
    q = evaluator.batch(P.reshape(-1, *P.shape[-2:]), w.reshape(-1, w.shape[-1]), T)
    return q.reshape(*lead, -1)


def soft_batch(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any) -> np.ndarray:
    """A_T on floats: P (B, K, C), w (B, K), T (B,)."""
    if evaluator.operator.takes_temperature:
        return evaluator.batch(P, w, T)
    with np.errstate(all="ignore"):
        return evaluator.batch(evaluator.softener.rows(NUMPY, P, T[:, None, None]), w)


# ---- gaps


def bits_for(n: int) -> int:
    """Enough for points 2^-n apart whose moves may be of second order, with room for cancellation."""
    return 4 * n + 256


def gap(a: np.ndarray, b: np.ndarray, bits: int) -> tuple[Fraction, Fraction]:
    """Fractions around ‖a − b‖₁."""
    with numbers.precision(bits):
        low, high = zip(*(_size(x, y) for x, y in zip(a, b, strict=True)), strict=True)
    return sum(low, Fraction(0)), sum(high, Fraction(0))


def _size(x: Number, y: Number) -> tuple[Fraction, Fraction]:
    low, high = numbers.bounds(numbers.sub(x, y))
    return max(low, -high, Fraction(0)), max(-low, high)


@dataclass(frozen=True)
class Gap:
    """Two near points whose aggregates are apart: `low` bounds ‖A(x) − A(y)‖₁ below, `later` the same much nearer."""

    first: Point
    second: Point
    values: tuple[np.ndarray, np.ndarray]
    low: Fraction
    later: Fraction


def lasting(look: Look, pair: Pair) -> Gap | None:
    """The gap at 2^-200, if it is above the threshold and keeps nine tenths at 2^-400 and far below the floats.

    Raises Undecided; an undefined point is no gap.
    """
    try:
        first, second = pair(JUMP_NEAR)
        values, (low, high) = _apart(look, first, second, bits_for(JUMP_NEAR))
        if low <= look.threshold:
            return None
        later = low
        for n in (JUMP_NEARER, BELOW_FLOATS) if look.exactly else (JUMP_NEARER,):
            _, (still, _) = _apart(look, *pair(n), bits_for(n))
            if still < JUMP_KEEPS * high:
                return None
            later = min(later, still)
    except Undefined:
        return None
    return Gap(first, second, values, low, later)


def _apart(look: Look, first: Point, second: Point, bits: int):
    values = look.at(first, bits), look.at(second, bits)
    return values, gap(*values, bits)


# ---- bisection along a path


Path = Callable[[Number], Point]


def pin(look: Look, path: Path, low: Number, high: Number, speed: int) -> Gap | None:
    """The jump between two parameters of a path that moves at most `speed` in ‖·‖₁ per unit, by bisection to 2^-400.

    A simple fraction in between is tried first. Raises Undecided.
    """
    shift = max(speed, 1).bit_length()
    simple = _simple_between(low, high)
    if simple is not None:
        found = lasting(look, _around(path, simple, shift))
        if found is not None:
            return found
    return _bisect(look, path, low, high, shift) if look.exactly else None


def _around(path: Path, middle: Number, shift: int) -> Pair:
    def pair(n: int) -> tuple[Point, Point]:
        step = numbers.ONE / numbers.rational(2 ** (n + shift + 1))
        return path(middle - step), path(middle + step)

    return pair


def _simple_between(low: Number, high: Number) -> Number | None:
    middle = numbers.as_fraction((low + high) / 2).limit_denominator(2520)
    found = numbers.rational(middle)
    return found if low <= found <= high else None


def _bisect(look: Look, path: Path, low: Number, high: Number, shift: int) -> Gap | None:
    """Halve and keep the half with the larger gap; give up when the gap falls below half of what it was."""
    bits = bits_for(JUMP_NEARER)
    ends = {}

    def A(t: Number) -> np.ndarray:
        return look.at(path(t), bits)

    try:
        a, b = A(low), A(high)
        kept = first = gap(a, b, bits)[0]
        for n in (JUMP_NEAR, JUMP_NEARER):
            while (high - low) * 2**shift * 2**n > 1:
                if kept <= look.threshold or 2 * kept < first:
                    return None
                middle, m = _inside(A, low, high)
                left, right = gap(a, m, bits)[0], gap(m, b, bits)[0]
                low, a, high, b, kept = (low, a, middle, m, left) if left >= right else (middle, m, high, b, right)
            ends[n] = path(low), path(high), (a, b), gap(a, b, bits)
    except Undefined:
        return None
    (x, y, values, (near, above)), (_, _, _, (later, _)) = ends[JUMP_NEAR], ends[JUMP_NEARER]
    return Gap(x, y, values, near, later) if near > look.threshold and later >= JUMP_KEEPS * above else None


def _inside(A: Callable[[Number], np.ndarray], low: Number, high: Number) -> tuple[Number, np.ndarray]:
    """A at the middle, or at another cut where balls leave the middle open: that may be the jump itself."""
    why = None
    for cut in _cuts():
        t = low + (high - low) * cut
        try:
            return t, A(t)
        except Undecided as e:
            why = e
    raise why if why is not None else Undecided("no cut")


@lru_cache(maxsize=1)
def _cuts() -> tuple[Number, ...]:
    return tuple(numbers.rational(text) for text in ("1/2", "3/7", "5/8", "1/4"))


# ---- as text


def witness(found: Gap, *, exactly: bool, margin: str | None = None) -> Witness:
    """The two points of a gap. The second has only what differs from the first."""
    a, b = found.first, found.second
    same_P, same_w = (_equal(x, y) for x, y in ((a.P, b.P), (a.w, b.w)))
    T = None if a.T is None else ((str(a.T),) if b.T is None or a.T == b.T else (str(a.T), str(b.T)))
    return Witness(
        K=a.P.shape[0],
        C=a.P.shape[1],
        P=rows(a.P),
        w=row(a.w),
        P2=None if same_P else rows(b.P),
        w2=None if same_w else row(b.w),
        T=T,
        value=tuple(row(q) for q in found.values),
        margin=margin or below(-found.low),
        confirmed=how(exactly, *found.values),
    )


def how(exactly: bool, *values: np.ndarray) -> str:
    """How these aggregates were computed, as a witness says it."""
    if not exactly:
        return "float64"
    return "exact" if all(numbers.is_rational(x) for q in values for x in q) else "ball"


def proviso(look: Look) -> str:
    """What a message adds where only floats could look."""
    if look.exactly:
        return ""
    return (
        f"; confirmed in floats only, since {look.evaluator.why_not_exact or 'the operator cannot be followed exactly'}"
    )


def _equal(x: np.ndarray, y: np.ndarray) -> bool:
    return all(a == b for a, b in zip(x.flat, y.flat, strict=True))


def row(x: np.ndarray) -> tuple[str, ...]:
    """Exact numbers as text: a fraction as it is, a ball by its nearest double in hexadecimal."""
    return tuple(str(n) if numbers.is_rational(n) or numbers.is_special(n) else numbers.to_float(n).hex() for n in x)


def rows(x: np.ndarray) -> tuple[tuple[str, ...], ...]:
    return tuple(row(one) for one in x)


def below(x: Fraction) -> str:
    """x itself where it is short, else a decimal of 15 digits that is nearer to 0."""
    if x.denominator < 10**9:
        return str(x)
    text = f"{float(x):.15g}"
    return text if abs(Fraction(text)) <= abs(x) else f"{float(x) * (1 - 1e-14):.15g}"
