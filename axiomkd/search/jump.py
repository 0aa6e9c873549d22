"""The claim that A has no jump: inside the domain, or on its faces too.

Two ways. Places where aggregates break (ties, zeros) are tried from several sides at once; and many segments are cut
down to where their gap stands out. Floats choose, exact looks conclude. Knows no operator and no axiom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from axiomkd.claims import nearby, places, segments, steep
from axiomkd.claims.finding import REACHES, Finding, Reach
from axiomkd.claims.nearby import Gap, Look, Record
from axiomkd.claims.places import Places, Point
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.tolerances import JUMP
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import paths, surfaces, undefined
from axiomkd.search.paths import Paths
from axiomkd.search.surfaces import Crossing, Surfaces
from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import object_array
from axiomkd.tracing.numbers import Undecided

NEARBY = (1e-9, 1e-12)  # the two distances at which floats look at a place
CURVING = (1e-3, 1e-5)  # and at an interior one where ε² must not drown beside the entries
CROSSED = 48  # segments on which surfaces are looked for
DEAR_PLACES = 12
WIDE = 0.05  # half precision and its like have steps a tenth as wide
LASTS = 0.5  # a jump keeps this much between them; what is steep and slower, exact looks sort out


@dataclass
class _Record(Record):
    closed: bool = False


def search(
    evaluator: Evaluator,
    closed: bool,
    *,
    sizes: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    effort: int = 1,
) -> Finding:
    """A jump of A, or a point where A is undefined; `closed` says whether zeros in P and w count. See `Finding`."""
    record = _Record(Look(evaluator), evaluator, closed=closed)
    sizes = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    with suppress(OutOfCalls):  # then what was looked at is what counts
        # In floats no point is 2^-200 beside one inside the domain: there a jump is found on a segment or not at all.
        at_once = (_at_places, _on_surfaces, _on_segments)
        for look_for in at_once if evaluator.exactly or closed else (_on_surfaces, _on_segments, _at_places):
            for K, C in sizes:
                reach = REACHES[effort].at(K, C, share=evaluator.share)
                found = look_for(record, K, C, rng, reach)
                if found is not None:
                    return found
    if record.fragile is not None:
        return undefined.counted(record.fragile, record.cases)
    return Finding("open", None, "", record.cases, why=record.unsettled("pairs"))


def at_point(evaluator: Evaluator, P: Sequence[Sequence[Fraction]], w: Sequence[Fraction]) -> Finding:
    """What one interior point without a float value says: `refuted` where A is undefined there, `fragile` where floats
    are at fault, `open` where that is not known."""
    return undefined.at_point(Look(evaluator), Point(object_array([list(p) for p in P]), object_array(list(w))))


# ---- places


def _at_places(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    inside_too = record.look.exactly or not record.closed  # see `search`
    for boundary in (False, True)[0 if inside_too else 1 : 2 if record.closed else 1]:
        there = _simplest(places.draw(K, C, rng, reach.places, boundary=boundary), reach)
        found = _undefined(record, there, reach) or _sides(record, there, reach)
        if found is not None:
            return found
    return None


def _simplest(there: Places, reach: Reach) -> Places:
    """Where points are dear, a few: the known ones alone are more than can be looked at."""
    if reach.cuts > 2:
        return there
    some = slice(0, DEAR_PLACES)
    return Places(there.P[some], there.w[some], there.by_P[:, some], there.by_w[:, some])


def _undefined(record: _Record, there: Places, reach: Reach) -> Finding | None:
    """A base where A is undefined: refuted inside the domain; else noted, for when no jump is found."""
    record.floats += len(there)
    found = undefined.look(record.look, there, reach)
    if found is not None and found.outcome == "refuted":
        return undefined.counted(found, record.cases)
    record.fragile = record.fragile or found
    return None


def _sides(record: _Record, there: Places, reach: Reach) -> Finding | None:
    """Two ways into one place, or a way and the place itself, whose aggregates end apart."""
    for trial, (n, one, other) in enumerate(_promising(record, there)):
        if trial >= reach.trials:
            break
        found = _lasting(record, there, n, one, other)
        if found is not None:
            return _refuted(record, found, _tell_sides(there, n, other))
    return None


def _lasting(record: _Record, there: Places, n: int, one: int | None, other: int | None) -> Gap | None:
    shift = there.reach(n)

    def pair(depth: int) -> tuple[Point, Point]:
        epsilon = places.power_of_half(depth + shift)
        return there.exact(n, one, epsilon), there.exact(n, other, epsilon)

    def every() -> tuple[Point, Point]:
        return there.exact(n, one, nearby.epsilon()), there.exact(n, other, nearby.epsilon())

    try:
        return nearby.lasting(record.look, pair, every)
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _promising(record: _Record, there: Places) -> Iterator[tuple[int, int | None, int | None]]:
    """(place, way, way or None for the place itself), those whose gap lasts first, then the simplest."""
    base = nearby.plain_batch(record.evaluator, *there.floats(None))
    found: list[tuple[int, int, int, int | None]] = []
    for far, near in (NEARBY, CURVING) if there.interior().all() else (NEARBY,):
        ways = [nearby.plain_batch(record.evaluator, *there.floats(epsilon)) for epsilon in (far, near)]
        record.floats += 2 * len(there) * there.ways
        found += _lasting_in_floats(*(_between_ways(q) for q in reversed(ways)))
        found += _lasting_in_floats(*(_from_base(q, base) for q in reversed(ways)))
    for _, n, one, other in sorted(found, key=lambda x: (x[0], x[1], x[3] is None)):
        yield n, one, other


def _from_base(q: np.ndarray, base: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.abs(q - base[:, None]).sum(-1), nan=0.0, posinf=0.0)[:, :, None]


def _between_ways(q: np.ndarray) -> np.ndarray:
    """‖·‖₁ between the ends of any two ways, (N, S, S); 0 where one is not finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(q[:, :, None] - q[:, None, :]).sum(-1)
    return np.nan_to_num(apart, nan=0.0, posinf=0.0)


def _lasting_in_floats(near: np.ndarray, far: np.ndarray) -> list[tuple[int, int, int, int | None]]:
    """(rank, place, way, way or None): of each place the largest gap that lasts; rank 0 where nearly all of it does."""
    N, S, R = near.shape
    with np.errstate(all="ignore"):
        ratio = np.minimum(near / far, 1)
    score = np.where((near > float(JUMP)) & (ratio >= LASTS), np.round(ratio, 1) * 1e3 + near, 0.0).reshape(N, -1)
    at = score.argmax(axis=1)
    return [
        (int(10 - score[n, at[n]] // 100), int(n), int(at[n] // R), None if R == 1 else int(at[n] % R))
        for n in np.flatnonzero(score.max(axis=1) > 0)
    ]


def _tell_sides(there: Places, n: int, other: int | None) -> str:
    sides = "a point beside it and the point itself" if other is None else "two points beside it"
    return f"{there.name(n)}, {sides}"


# ---- surfaces


def _on_surfaces(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    """Where segments cross what the code switches on, the two sides of each crossing: straight segments, and ways to places on
    the boundary, which meet what switches only in a thin corner."""
    found = surfaces.of(record.evaluator, K, C)
    if found is None:
        return None
    (apart,) = rng.spawn(1)
    corners = places.draw(K, C, apart, CROSSED // 2, boundary=True)
    for along in (
        paths.straight(record.evaluator, paths.ends(K, C, rng, CROSSED, record.closed)),
        paths.inward(record.evaluator, corners, apart, CROSSED, closed=record.closed),
    ):
        count = len(along.size)
        if not count:
            continue
        switched = surfaces.along(record.look, found, along.floats)
        crossings, cases = surfaces.crossings(switched, found, count, along.low, along.high)
        record.floats += cases + 4 * len(crossings)
        for crossing in surfaces.parting(along.values, crossings, along.size)[: reach.trials]:
            gap = _at_crossing(record, found, along, crossing)
            if gap is not None:
                return _refuted(record, gap, f"{_tell_where(gap)}, on a surface where the code switches")
    return None


def _at_crossing(record: _Record, found: Surfaces, along: Paths, crossing: Crossing) -> Gap | None:
    shift = int(along.speed[crossing.segment]).bit_length()
    try:
        return surfaces.gap(
            record.look, found, crossing, along.exact(crossing.segment), along.of_parameter(crossing.t), shift=shift
        )
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _tell_where(found: Gap) -> str:
    entries = [x for point in (found.first, found.second) for x in (*point.P.flat, *point.w.flat)]
    return "at an interior point" if all(x > 0 for x in entries) else "on a face"


# ---- segments


def _on_segments(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    half = reach.segments // 2
    kinds = [paths.straight(record.evaluator, paths.ends(K, C, rng, reach.segments, record.closed))]
    for boundary in (False, True):
        there = places.draw(K, C, rng, half, boundary=boundary)
        kinds.append(paths.inward(record.evaluator, there, rng, half, closed=record.closed))
    for some in kinds:
        found = _along(record, some, reach)
        if found is not None:
            return found
    return None


def _along(record: _Record, along: Paths, reach: Reach) -> Finding | None:
    narrowed, cases = segments.narrow(along.values, len(along.size), along.low, along.high, reach.cuts)
    record.floats += cases
    narrowed.sort(key=lambda one: (one.kept < 0.9, along.size[one.segment], one.segment))
    for one in narrowed[: reach.pins]:
        found = _pinned(record, along, one) if record.look.exactly else _adjacent(record, along, one)
        if found is not None:
            return _refuted(record, found, f"{_tell_where(found)}, {along.name(one.segment)}")
    return None


def _pinned(record: _Record, along: Paths, one: segments.Narrowed) -> Gap | None:
    low, high = (numbers.dyadic(along.of_parameter(t)) for t in (one.low, one.high))
    wide, speed, path = high - low, int(along.speed[one.segment]), along.exact(one.segment)
    known = surfaces.all_of(record.evaluator, *along.shape)
    try:
        if known is None:
            return nearby.pin(record.look, path, low - wide, high + wide, speed)
        switched = surfaces.along(record.look, known, along.floats)
        return surfaces.gap_between(
            record.look, known, switched, path, one, along.of_parameter, shift=speed.bit_length()
        )
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _adjacent(record: _Record, along: Paths, one: segments.Narrowed) -> Gap | None:
    """The float rule: adjacent doubles along the segment, and nothing but their gap at 1000 times the distance."""
    between = segments.to_neighbours(along.values, one, float(record.look.threshold))
    if between is None:
        return None
    points = [Point(*map(_dyadic, along.floats(one.segment, t))) for t in between]
    if not nearby.normal(record.look, *points):
        return None
    try:
        aggregates = [record.look.at(point, 53) for point in points]
    except nearby.Undefined:
        return None
    low, _ = nearby.gap(aggregates[0], aggregates[1], 256)
    wide = float(low) > max(WIDE, record.evaluator.rounding.bar)  # no rounding makes such a step
    if low <= record.look.threshold or not (wide or nearby.alone(record.look, points[0], float(low))):
        return None
    if steep.slopes(record.look, *points):
        record.undecided.append(steep.WHY)
        return None
    return Gap(points[0], points[1], (aggregates[0], aggregates[1]), low, low)


def _dyadic(x: np.ndarray) -> np.ndarray:
    return np.frompyfunc(numbers.dyadic, 1, 1)(x)


# ---- what is said


def _refuted(record: _Record, found: Gap, where: str) -> Finding:
    exactly = record.look.exactly
    near = "less than 2^-200 apart" if exactly or nearby.close(found) else "adjacent in float64"
    later = f", and by {_short(found.later)} or more at 2^-400" if exactly else ""
    text = (
        f"{where}: the two points are {near} (P and w together) and the aggregates differ by {_short(found.low)}{later}"
    )
    text += nearby.proviso(record.look)
    return Finding("refuted", nearby.witness(found, exactly=exactly), text, record.cases)


def _short(x) -> str:
    return str(x) if x.denominator < 1000 else f"{float(x):.4g}"
