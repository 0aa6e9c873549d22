"""The claim that A has no jump: inside the domain, or on its faces too.

Two ways. Places where aggregates break (ties, zeros) are tried from several sides at once; and many segments are cut down to
where their gap stands out. Floats choose, exact looks conclude. Knows no operator and no axiom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core.tolerances import JUMP
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.arrays import object_array
from axiomkd.jaxpr.numbers import Number, Undecided
from axiomkd.search import nearby, places, segments, undefined
from axiomkd.search.finding import REACHES, Finding, Reach
from axiomkd.search.nearby import Gap, Look
from axiomkd.search.places import Places, Point

FAR, NEAR = 1e-9, 1e-12  # the two distances at which floats look at a place
LASTS = 0.5  # a jump keeps this much between them; what is steep and slower, exact looks sort out


@dataclass
class _Record:
    """What one search has spent and run into so far."""

    look: Look
    evaluator: Evaluator
    closed: bool
    floats: int = 0
    fragile: Finding | None = None
    undecided: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.floats + self.look.cases


def search(
    evaluator: Evaluator,
    closed: bool,
    *,
    sizes: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    effort: int = 1,
) -> Finding:
    """A jump of A, or a point where A is undefined; `closed` says whether zeros in P and w count. See `Finding`."""
    record = _Record(Look(evaluator), evaluator, closed)
    sizes = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    for look_for in (_at_places, _on_segments):
        for K, C in sizes:
            reach = REACHES[effort].at(K, C, one_by_one=evaluator.mode == "single")
            found = look_for(record, K, C, rng, reach)
            if found is not None:
                return found
    if record.fragile is not None:
        return undefined.counted(record.fragile, record.cases)
    why = ""
    if record.undecided:
        why = f"{len(record.undecided)} promising pairs could not be decided; the first: {record.undecided[0]}"
    return Finding("open", None, "", record.cases, why=why)


def at_point(evaluator: Evaluator, P: Sequence[Sequence[Fraction]], w: Sequence[Fraction]) -> Finding:
    """What one interior point without a float value says: `refuted` where A is undefined there, `fragile` where floats are at
    fault, `open` where that is not known."""
    return undefined.at_point(Look(evaluator), Point(object_array([list(p) for p in P]), object_array(list(w))))


# ---- places


def _at_places(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    for boundary in (False, True) if record.closed else (False,):
        there = places.draw(K, C, rng, reach.places, boundary=boundary)
        found = _undefined(record, there, reach) or _sides(record, there, reach)
        if found is not None:
            return found
    return None


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

    try:
        return nearby.lasting(record.look, pair)
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _promising(record: _Record, there: Places) -> Iterator[tuple[int, int | None, int | None]]:
    """(place, way, way or None for the place itself), those whose gap lasts first, then the simplest."""
    base = nearby.plain_batch(record.evaluator, *there.floats(None))
    ways = {epsilon: nearby.plain_batch(record.evaluator, *there.floats(epsilon)) for epsilon in (FAR, NEAR)}
    record.floats += 2 * len(there) * there.ways
    far, near = _between_ways(ways[FAR]), _between_ways(ways[NEAR])
    from_base = np.nan_to_num(np.abs(ways[NEAR] - base[:, None]).sum(-1), nan=0.0, posinf=0.0)
    from_base_far = np.nan_to_num(np.abs(ways[FAR] - base[:, None]).sum(-1), nan=0.0, posinf=0.0)
    found = [*_lasting_in_floats(near, far), *_lasting_in_floats(from_base[:, :, None], from_base_far[:, :, None])]
    for _, n, one, other in sorted(found, key=lambda x: (x[0], x[1], x[3] is None)):
        yield n, one, other


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
    return f"{_called(there, n)}, {sides}"


def _called(there: Places, n: int) -> str:
    P = " | ".join(":".join(map(str, odds)) for odds in there.P[n]) if there.P[n].size <= 20 else "…"
    w = ":".join(map(str, there.w[n])) if there.w[n].size <= 10 else "…"
    return f"at the {'interior' if there.interior()[n] else 'boundary'} point P = {P}, w = {w} (in odds)"


# ---- segments


@dataclass(frozen=True)
class _Paths:
    """Segments of the domain: in floats, exactly, how fast they move, how simple they are, and what to call them."""

    values: segments.Values
    floats: Callable[[int, float], tuple[np.ndarray, np.ndarray]]
    exact: Callable[[int], nearby.Path]
    of_parameter: Callable[[float], float]  # what is cut in floats may be the logarithm of what is cut exactly
    low: Any
    high: Any
    speed: np.ndarray
    size: np.ndarray
    name: Callable[[int], str]


def _on_segments(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    straight = _straight(record.evaluator, _ends(K, C, rng, reach.segments, record.closed))
    kinds = [straight]
    for boundary in (False, True):
        there = places.draw(K, C, rng, reach.segments // 2, boundary=boundary)
        kinds.append(_inward(record, there, rng, reach.segments // 2))
    for paths in kinds:
        found = _along(record, paths, reach)
        if found is not None:
            return found
    return None


def _along(record: _Record, paths: _Paths, reach: Reach) -> Finding | None:
    narrowed, cases = segments.narrow(paths.values, len(paths.size), paths.low, paths.high, reach.cuts)
    record.floats += cases
    narrowed.sort(key=lambda one: (one.kept < 0.9, paths.size[one.segment], one.segment))
    for one in narrowed[: reach.pins]:
        found = _pinned(record, paths, one) if record.look.exactly else _adjacent(record, paths, one)
        if found is not None:
            return _refuted(record, found, paths.name(one.segment))
    return None


Ends = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _ends(K: int, C: int, rng: np.random.Generator, count: int, closed: bool) -> Ends:
    """Both ends of straight segments, in odds: P, w, and P, w again. Some move w alone, or P alone; some lie on a face."""
    P, w = places.interior_odds(K, C, rng, count)
    Q, v = places.interior_odds(K, C, rng, count)
    kind = rng.random(count)
    Q = np.where((kind < 0.25)[:, None, None], P, np.where((kind < 0.4)[:, None, None], np.roll(P, 1, axis=2), Q))
    v = np.where(((kind > 0.4) & (kind < 0.6))[:, None], w, v)
    v[(kind < 0.25) & (v == w).all(axis=1), 0] += 1
    if closed:
        off_face = rng.random(count) < 0.6
        keep_P = (rng.random(P.shape) < 0.7) | (np.arange(C) == rng.integers(C, size=(count, K, 1)))
        keep_w = (rng.random(w.shape) < 0.8) | (np.arange(K) == rng.integers(K, size=(count, 1)))
        keep_P, keep_w = keep_P | off_face[:, None, None], keep_w | off_face[:, None]
        P, Q, w, v = P * keep_P, Q * keep_P, w * keep_w, v * keep_w
    return P, w, Q, v


def _straight(evaluator: Evaluator, ends: Ends) -> _Paths:
    P, w, Q, v = (x / x.sum(-1, keepdims=True) for x in ends)

    def points(which: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
        s = np.asarray(t)[..., None]
        return (1 - s[..., None]) * P[which] + s[..., None] * Q[which], (1 - s) * w[which] + s * v[which]

    def exact(n: int) -> nearby.Path:
        a, b, c, d = (places.exact_rows(x[n]) for x in ends)
        return lambda t: Point(a + (c - a) * t, b + (d - b) * t)

    size = sum(x.reshape(len(x), -1).sum(axis=1) for x in ends)
    return _Paths(
        values=lambda which, t: nearby.plain_batch(evaluator, *points(which[:, None], t)),
        floats=points,
        exact=exact,
        of_parameter=float,
        low=0.0,
        high=1.0,
        speed=np.full(len(P), 2 * P.shape[1] + 2),
        size=np.asarray(size),
        name=lambda n: "along a straight segment",
    )


def _inward(record: _Record, there: Places, rng: np.random.Generator, count: int) -> _Paths:
    """Ways from far to near a place, cut in log ε: thresholds and guards stand at distances of every order."""
    n, s = rng.integers(len(there), size=count), rng.integers(there.ways, size=count)
    if not record.closed:
        P, w = there.floats(NEAR)
        inside = (P > 0).all(axis=(2, 3)) & (w > 0).all(axis=2)
        n, s = n[inside[n, s]], s[inside[n, s]]
    moves = (np.abs(x[n, s]).reshape(len(n), -1).max(axis=1, initial=1) for x in (there.P1, there.P2, there.w1, there.w2))
    fastest = np.max(list(moves), axis=0) if len(n) else np.ones(0)

    def points(which: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
        return there.some(n[which], s[which], np.exp(np.asarray(t)))

    def exact(one: int) -> nearby.Path:
        return lambda epsilon: there.exact(int(n[one]), int(s[one]), epsilon)

    def name(one: int) -> str:
        return f"{_called(there, int(n[one]))}, at some distance from it"

    return _Paths(
        values=lambda which, t: nearby.plain_batch(record.evaluator, *points(which[:, None], t)),
        floats=points,
        exact=exact,
        of_parameter=math.exp,
        low=math.log(NEAR),
        high=np.log(0.5 / fastest),
        speed=np.array([2 ** there.reach(int(one)) for one in n], dtype=object),
        size=there.P[n].sum(axis=(1, 2)) + there.w[n].sum(axis=1),
        name=name,
    )


def _pinned(record: _Record, paths: _Paths, one: segments.Narrowed) -> Gap | None:
    low, high = (numbers.dyadic(paths.of_parameter(t)) for t in (one.low, one.high))
    wide = high - low
    try:
        return nearby.pin(record.look, paths.exact(one.segment), low - wide, high + wide, int(paths.speed[one.segment]))
    except Undecided as e:
        record.undecided.append(str(e))
        return None


def _adjacent(record: _Record, paths: _Paths, one: segments.Narrowed) -> Gap | None:
    """The float rule: adjacent doubles along the segment, with nothing but the gap at ten and a thousand times their distance."""
    between = segments.to_neighbours(paths.values, one)
    if between is None:
        return None
    points = [Point(*map(_dyadic, paths.floats(one.segment, t))) for t in between]
    try:
        aggregates = [record.look.at(point, 53) for point in points]
    except nearby.Undefined:
        return None
    low, _ = nearby.gap(aggregates[0], aggregates[1], 256)
    return Gap(points[0], points[1], (aggregates[0], aggregates[1]), low, low) if low > record.look.threshold else None


def _dyadic(x: np.ndarray) -> np.ndarray:
    return np.frompyfunc(numbers.dyadic, 1, 1)(x)


# ---- what is said


def _refuted(record: _Record, found: Gap, where: str) -> Finding:
    exactly = record.look.exactly
    near = "less than 2^-200 apart" if exactly or "beside it" in where else "adjacent in float64"
    later = f", and by {_short(found.later)} or more at 2^-400" if exactly else ""
    proviso = "" if exactly else f"; confirmed in floats only, since {record.evaluator.why_not_exact or 'it cannot be followed'}"
    text = f"{where}: the two points are {near} (P and w together) and the aggregates differ by {_short(found.low)}{later}{proviso}"
    return Finding("refuted", nearby.witness(found, exactly=exactly), text, record.cases)


def _short(x) -> str:
    return str(x) if x.denominator < 1000 else f"{float(x):.4g}"
