"""Many-way bisection in floats: cut many segments at once, keep of each the part whose gap stands out, and repeat.

Works on any function of one parameter a segment; knows neither teachers nor temperatures. It finds where to look, and
concludes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from axiomkd.core.tolerances import JUMP

NARROW = 1e-12  # relative to a first length near 1: below it doubles run out
STANDS_OUT = 0.25  # what part of its excess a jump keeps when cut, once smooth curvature is gone (it falls by the cuts)
SPARE = 2
SCALES, LOOKS, WAYS = (1e-1, 1e-2, 1e-4, 1e-6), 50, 3  # how far from a jump others are looked for, and how often;
DEAR_LOOKS, DEAR_WAYS = 12, 2  # where points are dear: a staircase has a step between nearly any three of them
HALVED, MELTED = 5, 0.3  # after so many halvings a gap that is no jump is below this part of what it was
SURVIVORS = 2  # segments that are followed to the end then
SETTLED = 4  # cuts after which curvature is gone

Values = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""values(which, t): segments (n,) and parameters (n, m) -> outputs (n, m, C)."""


@dataclass(frozen=True)
class Narrowed:
    """A segment whose gap survived: from low to high the outputs differ by `gap`; `kept` is what a cut leaves."""

    segment: int
    low: float
    high: float
    gap: float
    kept: float


def narrow(values: Values, count: int, low: Any, high: Any, cuts: int) -> tuple[list[Narrowed], int]:
    """The segments 0 … count−1 that still have a gap at the end, and how many points were evaluated.

    `low` and `high` are numbers, or arrays with one for each segment; two parts beyond either end are seen as well. Cut in two,
    which is for points that are dear, a small jump on a steep slope is lost.
    """
    if cuts == 2:
        return _halved(values, count, low, high)
    which = np.arange(count)
    lows, highs = (np.array(np.broadcast_to(x, count), dtype=float) for x in (low, high))
    before, kept = np.full(count, np.inf), np.ones(count)
    gaps, step, cases = np.zeros(count), 0, 0
    while len(which) and (highs - lows).max() > NARROW:
        t = lows[:, None] + (highs - lows)[:, None] * (np.arange(-SPARE, cuts + SPARE + 1) / cuts)
        q = values(which, t)
        cases += q.shape[0] * q.shape[1]
        at, excess, gaps = _standing_out(q)
        step += 1
        with np.errstate(all="ignore"):
            kept = excess / before
        alive = (gaps > float(JUMP)) & ((kept >= STANDS_OUT) | (step <= SETTLED))
        rows = np.arange(len(which))
        lows, highs = t[rows, at + SPARE][alive], t[rows, at + SPARE + 1][alive]
        which, before, gaps, kept = which[alive], excess[alive], gaps[alive], kept[alive]
    found = zip(which.tolist(), lows.tolist(), highs.tolist(), gaps.tolist(), kept.tolist(), strict=True)
    return [Narrowed(*one) for one in found], cases


def _halved(values: Values, count: int, low: Any, high: Any) -> tuple[list[Narrowed], int]:
    """One new point a step: the half with the larger gap is kept, and a segment while its gap does not melt with it."""
    # Declared, as a checker would else work out each array from all the others, around the loop, for minutes.
    lows: np.ndarray
    highs: np.ndarray
    a: np.ndarray
    b: np.ndarray
    middle: np.ndarray
    which = np.arange(count)
    lows, highs = (np.array(np.broadcast_to(x, count), dtype=float) for x in (low, high))
    ends = values(which, np.stack([lows, highs], axis=1))
    a, b, cases, step = ends[:, 0], ends[:, 1], 2 * count, 0
    first = gaps = kept = _size(b - a)
    while len(which) and (highs - lows).max() > NARROW:
        middle = lows + (highs - lows) / 2
        m = values(which, middle[:, None])[:, 0]
        cases, step = cases + len(which), step + 1
        left, right = _size(m - a), _size(b - m)
        lower = left >= right
        lows, highs = np.where(lower, lows, middle), np.where(lower, middle, highs)
        a, b = np.where(lower[:, None], a, m), np.where(lower[:, None], m, b)
        now = np.maximum(left, right)
        with np.errstate(all="ignore"):
            kept = now / gaps
        alive = (now > float(JUMP)) & ((step < HALVED) | (now > MELTED * first))
        if step >= HALVED:
            alive &= np.argsort(np.argsort(-now, kind="stable"), kind="stable") < SURVIVORS
        which, lows, highs, a, b, first, gaps, kept = (x[alive] for x in (which, lows, highs, a, b, first, now, kept))
    found = zip(which.tolist(), lows.tolist(), highs.tolist(), gaps.tolist(), kept.tolist(), strict=True)
    return [Narrowed(*one) for one in found], cases


def _size(step: np.ndarray) -> np.ndarray:
    """‖·‖₁ of each row; 0 where a number is missing."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.abs(step).sum(axis=1), nan=0.0, posinf=0.0)


def _standing_out(q: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (n, m + 5, C) outputs, two to spare on either side: the part whose step differs most from its neighbours',
    by how much, and that step's size. A smooth function's fourth differences fall by the fifth power of the cuts."""
    with np.errstate(all="ignore"):
        steps = np.diff(q, axis=1)
        steps = np.where(np.isfinite(steps).all(axis=2, keepdims=True), steps, 0.0)
        own, next_ones, second_ones = steps[:, 2:-2], steps[:, 1:-3] + steps[:, 3:-1], steps[:, :-4] + steps[:, 4:]
        excess = np.abs(own - next_ones * (4 / 6) + second_ones / 6).sum(axis=2)
    at = excess.argmax(axis=1)
    rows = np.arange(len(q))
    return at, excess[rows, at], np.abs(own[rows, at]).sum(axis=1)


def to_neighbours(values: Values, found: Narrowed, least: float) -> tuple[float, float] | None:
    """Two adjacent doubles of the parameter between which the outputs jump by more than `least`: the gap stands at 10 and
    1000 times their distance, and on either side there is next to none. None where it is not so.
    """
    which = np.array([found.segment])
    low, high = found.low, found.high

    def at(*t: float) -> np.ndarray:
        return values(which, np.array([t]))[0]

    while np.nextafter(low, np.inf) < high:
        middle = low + (high - low) / 2
        a, m, b = at(low, middle, high)
        low, high = (low, middle) if np.abs(m - a).sum() >= np.abs(b - m).sum() else (middle, high)
    d = high - low
    a, b, *around = at(low, high, low - 5 * d, high + 5 * d, low - 500 * d, high + 500 * d)
    gap = np.abs(b - a).sum()
    flat = max(np.abs(x - y).sum() for x, y in zip(around, (a, b) * 2, strict=True))
    return (low, high) if gap > least and flat <= gap / 10 else None


def on_stairs(
    values: Callable[[np.ndarray, int], np.ndarray], rng: np.random.Generator, gap: float, *, dear: bool = False
) -> bool:
    """Whether, in some direction from a jump of this size and within some distance, the outputs' second differences are
    a good part of it too. `values(s, way)` at fractions s (n,) of the way to some point, ways drawn from `rng`."""
    looks, ways = (DEAR_LOOKS, DEAR_WAYS) if dear else (LOOKS, WAYS)
    for _ in range(ways):
        key = int(rng.integers(2**32))
        for scale in SCALES:
            # The first looks are left out: the surface of the jump itself is crossed there, if at all.
            outputs = values(scale * np.linspace(0, 1, looks)[SPARE:], key)
            with np.errstate(all="ignore"):
                bends = np.abs(np.diff(outputs, n=2, axis=0)).sum(axis=1)
            if np.nan_to_num(bends, posinf=0.0).max() > gap / 4:
                return True
    return False
