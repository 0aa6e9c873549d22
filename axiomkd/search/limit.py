"""The claim that A_T has no jump in T and ends at the uniform distribution.

Jumps are looked for by cutting the range of T of many interior points at once; the end is looked at, at one temperature
so high that every softened row is uniform to within 1e-11. Floats choose, exact looks conclude.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.claims import nearby, places, segments, steep
from axiomkd.claims.finding import REACHES, Finding, Reach
from axiomkd.claims.nearby import Gap, Look, Record
from axiomkd.claims.places import Point
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.extras import shares
from axiomkd.core.softener import Softener
from axiomkd.core.tolerances import FAR, FAR_EXPONENT, FAR_POWERS, SETTLED
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import surfaces
from axiomkd.search.surfaces import Crossing, Surfaces
from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import full
from axiomkd.tracing.numbers import Number, Undecided

FAR_BITS = 1024  # softened rows differ by 2^-40 there, their squares by 2^-80; operators divide by such differences
FLOAT_SLACK = 1e-6
CROSSED = 48  # points whose range of T is looked at for surfaces
SHORT = 0.3  # in log T
FINE = 64  # parts of a range of T, as where points are cheap
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
        for look_for in (_far, _on_surfaces, _finely, _jumps):
            some = 1 if look_for is _finely else len(sizes)
            for (P, w), reach in list(zip(drawn, reaches, strict=True))[:some]:
                found = look_for(record, P, w, reach)
                if found is not None:
                    return found
    return Finding("open", None, "", record.cases, why=record.unsettled("points"))


def _draw(K: int, C: int, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Interior points in odds, simplest first: those with ties, and rows of powers."""
    P, w = _sorted(*places.interior_odds(K, C, rng, count))
    P[1::2] = rng.choice(POWERS, size=P[1::2].shape)  # the simplest of all stays
    return _sorted(P, w)


def _sorted(P: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(P.sum((1, 2)) + w.sum(1), kind="stable")
    return P[order], w[order]


def _base(P: np.ndarray, w: np.ndarray, n: int) -> Point:
    return Point(places.exact_rows(P[n]), places.exact_rows(w[n]))


# ---- the end


def _far(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    T = 2.0**FAR_EXPONENT * (1 + np.ceil(np.abs(np.log(shares(P))).max((1, 2))))
    q = nearby.soft_batch(record.evaluator, shares(P), shares(w), T)
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
        q, low = _stays_away(record.look, base, T)
    except nearby.Undefined:
        return None
    except Undecided as e:
        record.undecided += [str(e)] if seen else []  # what floats could not compute either was no candidate
        return None
    if low is None:
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


def _stays_away(look: Look, base: Point, T: int) -> tuple[np.ndarray, Fraction | None]:
    """The aggregate at T, and at least how far it is from uniform; None where it is not, or comes nearer as T grows."""
    slack = Fraction(0) if look.exactly else Fraction(max(FLOAT_SLACK, look.evaluator.rounding.bar))
    distances: list[nearby.Bounds] = []
    first = None
    for power in FAR_POWERS if look.exactly else FAR_POWERS[:2]:
        bits = max(FAR_BITS, 4 * T.bit_length() * power)
        q = look.at(Point(base.P, base.w, numbers.rational(T**power)), bits)
        first = q if first is None else first
        distances.append(_from_uniform(q, bits))
        lasts = nearby.lasts if look.exactly else nearby.settles
        if distances[0][0] <= FAR + slack or not lasts(distances, SETTLED):
            return first, None
    assert first is not None
    if look.exactly and not nearby.runs_away(
        look, end := lambda: [Point(base.P, base.w, numbers.ONE / nearby.epsilon())]
    ):
        (last,) = nearby.limits(look, end)
        if _from_uniform(last, nearby.GERM_BITS)[0] <= FAR:
            raise Undecided("the aggregate stays away from uniform as far as was looked, and may still tend to it")
    return first, distances[0][0]


def _from_uniform(q: np.ndarray, bits: int) -> nearby.Bounds:
    """Fractions around TV(q, uniform)."""
    uniform = full(q.shape, numbers.ONE / numbers.rational(len(q)))
    low, high = nearby.gap(q, uniform, bits)
    return low / 2, high / 2


# ---- jumps along T


def _finely(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    """Where points are dear, ranges are halved, which loses a jump that is small beside the slope. Code that switches on its own T
    does so at every point: the range of one is cut finely, of that whose aggregate varies most."""
    evaluator = record.evaluator
    if reach.cuts > 2 or not evaluator.operator.takes_temperature or evaluator.allowance.left < 10 * FINE:
        return None  # a jump takes some seven steps to be closed in
    values = _along(evaluator, shares(P), shares(w))
    ends = values(np.arange(len(P)), np.stack(_ranges(evaluator.softener, len(P), FINE), axis=1))
    record.floats += 2 * len(P)
    with np.errstate(all="ignore"):
        n = int(np.nan_to_num(np.abs(ends[:, 1] - ends[:, 0]).sum(-1), posinf=0.0).argmax())
    return _jumps(record, P[n : n + 1], w[n : n + 1], replace(reach, cuts=FINE))


def _jumps(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    softener = record.evaluator.softener
    values = _along(record.evaluator, shares(P), shares(w))
    low, high = _ranges(softener, len(P), reach.cuts)
    narrowed, cases = segments.narrow(values, len(P), low, high, reach.cuts)
    record.floats += cases
    narrowed.sort(key=lambda one: (one.kept < 0.9, one.segment))
    for one in narrowed[: reach.pins]:
        exactly = record.look.exactly
        base = _base(P, w, one.segment)
        found = _pinned(record, P, w, base, one) if exactly else _adjacent(record, values, base, one)
        if found is not None:
            return _refuted(record, found)
    return None


def _on_surfaces(record: Record, P: np.ndarray, w: np.ndarray, reach: Reach) -> Finding | None:
    """Where the range of T crosses what the code switches on: both sides of each crossing."""
    found = surfaces.of(record.evaluator, *P.shape[1:])
    if found is None:
        return None
    if len(P) < CROSSED:  # few as calls are dear: what switches is computed without any
        K, C = P.shape[1:]
        P, w = _draw(K, C, np.random.default_rng((K, C)), CROSSED)
    P, w = P[:CROSSED], w[:CROSSED]
    low, high = _ranges(record.evaluator.softener, len(P), 1)
    crossings, cases = surfaces.crossings(surfaces.along(record.look, found, _floats(P, w)), found, len(P), low, high)
    record.floats += cases + 4 * len(crossings)
    values = _along(record.evaluator, shares(P), shares(w))
    for crossing in surfaces.parting(values, crossings, np.arange(len(P)))[: reach.trials]:
        base = _base(P, w, crossing.segment)
        gap = _at_crossing(record, found, base, crossing)
        if gap is not None:
            return _refuted(record, gap)
    return None


def _floats(P: np.ndarray, w: np.ndarray) -> Callable[[Any, Any], tuple[np.ndarray, ...]]:
    """P, w and T by the points in odds and log T."""
    p, v = shares(P), shares(w)

    def floats(which: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, ...]:
        shape = np.broadcast_shapes(which.shape, t.shape)
        which = np.broadcast_to(which, shape)
        return p[which], v[which], np.broadcast_to(np.exp(t), shape)

    return floats


def _at_crossing(record: Record, found: Surfaces, base: Point, crossing: Crossing) -> Gap | None:
    try:
        return surfaces.gap(
            record.look, found, crossing, lambda T: Point(base.P, base.w, T), math.exp(crossing.t), shift=1
        )
    except Undecided as e:
        record.undecided.append(str(e))
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


def _pinned(record: Record, P: np.ndarray, w: np.ndarray, base: Point, one: segments.Narrowed) -> Gap | None:
    low, high = numbers.dyadic(math.exp(one.low)), numbers.dyadic(math.exp(one.high))
    wide = high - low

    def path(T: Number) -> Point:
        return Point(base.P, base.w, T)

    known = surfaces.all_of(record.evaluator, *P.shape[1:])
    try:
        if known is None:
            return nearby.pin(record.look, path, low - wide, high + wide, 1)
        switched = surfaces.along(record.look, known, _floats(P, w))
        return surfaces.gap_between(record.look, known, switched, path, one, math.exp, shift=1)
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _adjacent(record: Record, values: segments.Values, base: Point, one: segments.Narrowed) -> Gap | None:
    """The float rule, along log T."""
    between = segments.to_neighbours(values, one, float(record.look.threshold))
    if between is None:
        return None
    points = [Point(base.P, base.w, numbers.dyadic(math.exp(t))) for t in between]
    if not nearby.normal(record.look, *points):
        return None
    try:
        aggregates = [record.look.at(point, 53) for point in points]
    except nearby.Undefined:
        return None
    low, _ = nearby.gap(aggregates[0], aggregates[1], 256)
    if low <= record.look.threshold or not nearby.alone(record.look, points[0], float(low)):
        return None
    if steep.slopes(record.look, *points):
        record.undecided.append(steep.WHY)
        return None
    return Gap(points[0], points[1], (aggregates[0], aggregates[1]), low, low)


def _refuted(record: Record, found: Gap) -> Finding:
    exactly = record.look.exactly
    temperatures = [numbers.to_float(point.T) for point in (found.first, found.second)]
    near = "two temperatures less than 2^-200 apart" if exactly else "two adjacent temperatures in float64"
    text = (
        f"A_T jumps at T = {sum(temperatures) / 2:.6g}: at {near} it differs by {float(found.low):.4g} in the "
        f"sum of absolute differences{nearby.proviso(record.look)}"
    )
    return Finding("refuted", nearby.witness(found, exactly=exactly), text, record.cases)
