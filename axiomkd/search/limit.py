"""The claim that A_T has no jump in T and ends at the uniform distribution.

Jumps are looked for by cutting the range of T of many interior points at once; the end is looked at, at one temperature
so high that every softened row is uniform to within 1e-11. Floats choose, exact looks conclude.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

import numpy as np

from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.softener import Softener
from axiomkd.core.tolerances import FAR, FAR_EXPONENT
from axiomkd.core.verdict import Witness
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.arrays import full
from axiomkd.jaxpr.numbers import Number, Undecided
from axiomkd.search import nearby, places, segments
from axiomkd.search.finding import REACHES, Finding, Reach
from axiomkd.search.nearby import Gap, Look, Record
from axiomkd.search.places import Point

FAR_BITS = 1024  # softened rows differ by 2^-40 there, their squares by 2^-80; operators divide by such differences
FLOAT_SLACK = 1e-6
SHORT = 0.3  # in log T
POWERS = np.array([1, 1, 2, 3, 4, 9, 16])  # odds whose roots are simple: then a jump may sit at a simple T


def search(
    evaluator: Evaluator,
    *,
    sizes: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    effort: int = 1,
) -> Finding:
    """An interior (P, w) at which A_T jumps in T, or is not uniform at last."""
    record = Record(Look(evaluator, softened=True), evaluator)
    sizes = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    reaches = [REACHES[effort].at(K, C, share=evaluator.share) for K, C in sizes]
    drawn = [_draw(K, C, rng, reach.segments) for (K, C), reach in zip(sizes, reaches, strict=True)]
    with suppress(OutOfCalls):  # then what was looked at is what counts
        for look_for in (_far, _jumps):
            for (P, w), reach in zip(drawn, reaches, strict=True):
                found = look_for(record, P, w, reach)
                if found is not None:
                    return found
    return Finding("open", None, "", record.cases, why=record.unsettled("points"))


def _draw(K: int, C: int, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Interior points in odds, simplest first: those with ties, and rows of powers."""
    P, w = places.interior_odds(K, C, rng, count)
    Q = rng.choice(POWERS, size=P.shape)
    P = np.where((rng.random(count) < 0.5)[:, None, None], Q, P)
    order = np.argsort(P.sum((1, 2)) + w.sum(1), kind="stable")
    return P[order], w[order]


def _shares(odds: np.ndarray) -> np.ndarray:
    return odds / odds.sum(-1, keepdims=True)


def _base(P: np.ndarray, w: np.ndarray, n: int) -> Point:
    return Point(places.exact_rows(P[n]), places.exact_rows(w[n]))


# ---- the end


def _far(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    T = 2.0**FAR_EXPONENT * (1 + np.ceil(np.abs(np.log(_shares(P))).max((1, 2))))
    q = nearby.soft_batch(record.evaluator, _shares(P), _shares(w), T)
    record.floats += len(P)
    with np.errstate(all="ignore"):
        distance = np.abs(q - 1 / q.shape[-1]).sum(-1) / 2
    for n in np.flatnonzero(~(distance < float(FAR) / 2))[: reach.trials]:
        found = _not_uniform(record, _base(P, w, int(n)), int(T[n]), bool(np.isfinite(distance[n])))
        if found is not None:
            return found
    return None


def _not_uniform(record: Record, base: Point, T: int, seen: bool) -> Finding | None:
    point = Point(base.P, base.w, numbers.rational(T))
    try:
        q = record.look.at(point, FAR_BITS)
        uniform = full(q.shape, numbers.ONE / numbers.rational(len(q)))
        low = nearby.gap(q, uniform, FAR_BITS)[0] / 2
    except nearby.Undefined:
        return None
    except Undecided as e:
        record.undecided += [str(e)] if seen else []  # what floats could not compute either was no candidate
        return None
    slack = Fraction(0) if record.look.exactly else Fraction(FLOAT_SLACK)
    if low <= FAR + slack:
        return None
    K, C = point.P.shape
    confirmed = nearby.how(record.look.exactly, q)
    margin = nearby.below(FAR - low)
    rows = nearby.rows(point.P), nearby.row(point.w)
    witness = Witness(K, C, *rows, margin, confirmed, value=(nearby.row(q),), T=(str(T),))
    text = (
        f"at T = {T}, where every softened row is uniform to within 1e-11, the aggregate is {float(low):.4g} away from "
        "the uniform distribution in TV"
    )
    return Finding("refuted", witness, text, record.cases)


# ---- jumps along T


def _jumps(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    softener = record.evaluator.softener
    values = _along(record.evaluator, _shares(P), _shares(w))
    low, high = _ranges(softener, len(P), reach.cuts)
    narrowed, cases = segments.narrow(values, len(P), low, high, reach.cuts)
    record.floats += cases
    narrowed.sort(key=lambda one: (one.kept < 0.9, one.segment))
    for one in narrowed[: reach.pins]:
        exactly = record.look.exactly
        base = _base(P, w, one.segment)
        found = _pinned(record, base, one) if exactly else _adjacent(record, values, base, one)
        if found is not None:
            return _refuted(record, found)
    return None


def _ranges(softener: Softener, count: int, cuts: int) -> tuple[np.ndarray, np.ndarray]:
    """Of log T: for most points all of it, for some a short range at either end; less the parts that `narrow` adds."""
    lowest, highest = math.log(softener.lowest), math.log(softener.highest)
    turn = np.arange(count) % 8
    low = np.where(turn == 6, highest - SHORT, lowest)
    high = np.where(turn == 7, lowest + SHORT, highest)
    spare = segments.SPARE * (high - low) / (cuts + 2 * segments.SPARE) + 1e-9
    return low + spare, high - spare


def _along(evaluator: Evaluator, P: np.ndarray, w: np.ndarray) -> segments.Values:
    """A_T along log T."""

    def values(which: np.ndarray, t: np.ndarray) -> np.ndarray:
        many = np.repeat(which, t.shape[1])
        T = np.clip(np.exp(t.ravel()), evaluator.softener.lowest, evaluator.softener.highest)
        return nearby.soft_batch(evaluator, P[many], w[many], T).reshape(*t.shape, -1)

    return values


def _pinned(record: Record, base: Point, one: segments.Narrowed) -> Gap | None:
    low, high = numbers.dyadic(math.exp(one.low)), numbers.dyadic(math.exp(one.high))
    wide = high - low

    def path(T: Number) -> Point:
        return Point(base.P, base.w, T)

    try:
        return nearby.pin(record.look, path, low - wide, high + wide, 1)
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _adjacent(record: Record, values: segments.Values, base: Point, one: segments.Narrowed) -> Gap | None:
    """The float rule, along log T."""
    between = segments.to_neighbours(values, one)
    if between is None:
        return None
    points = [Point(base.P, base.w, numbers.dyadic(math.exp(t))) for t in between]
    try:
        aggregates = [record.look.at(point, 53) for point in points]
    except nearby.Undefined:
        return None
    low, _ = nearby.gap(aggregates[0], aggregates[1], 256)
    return Gap(points[0], points[1], (aggregates[0], aggregates[1]), low, low) if low > record.look.threshold else None


def _refuted(record: Record, found: Gap) -> Finding:
    exactly = record.look.exactly
    temperatures = [numbers.to_float(point.T) for point in (found.first, found.second)]
    near = "two temperatures less than 2^-200 apart" if exactly else "two adjacent temperatures in float64"
    text = (
        f"A_T jumps at T = {sum(temperatures) / 2:.6g}: at {near} it differs by {float(found.low):.4g} in the "
        f"sum of absolute differences{nearby.proviso(record.look)}"
    )
    return Finding("refuted", nearby.witness(found, exactly=exactly), text, record.cases)
