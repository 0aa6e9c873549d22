"""The claim that the difference quotient ‖A(x) − A(y)‖₁ / ‖x − y‖₁ stays bounded on the closed domain.

Refuted where the quotients at distances 2^-50, 2^-100, 2^-200, 2^-400 rise by increments that rise: x log x does it
slowly, a square root fast, a jump faster; what is piecewise smooth does not; and where the derivative along a way to the place
is unbounded, known at all distances at once: what is capped may rise as far as one looks. Floats choose, exact looks conclude.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from axiomkd.claims import nearby, places
from axiomkd.claims.finding import REACHES, Finding, Reach
from axiomkd.claims.nearby import Gap, Look, Record
from axiomkd.claims.places import Places, Point
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.tolerances import GROWTH_STEPS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import paths, surfaces, undefined
from axiomkd.search.paths import Paths
from axiomkd.search.surfaces import Crossing, Surfaces
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Undecided

FLOAT_STEPS = (1e-4, 1e-7, 1e-10)
RISES = 1e-5  # float quotients at 1e-10 are good to some 1e-6
# Logarithmic growth rises by equal increments from 1e-4 to 1e-7 to 1e-10; smooth functions by vanishing ones.
STEADY = 0.5
CROSSED = 48  # segments on which surfaces are looked for
# 2^-this is how near to a surface its point must be: a root of that is still small beside what is looked at
ROUGH_ROOT = 2 * GROWTH_STEPS[-1] + 64
FAR_INSIDE = 2.0**-20  # beside a surface's point that was rounded to 2^-32, an entry that may move either way
PAIRS = 12  # ways on which one pair of entries moves that are tried from a crossing
CLOSE = 1e-6  # the distance of random pairs that only measure


@dataclass
class _Record(Record):
    quotient: float = 0.0

    def measured(self, quotients: np.ndarray) -> None:
        finite = quotients[np.isfinite(quotients)]
        self.quotient = max(self.quotient, float(finite.max())) if finite.size else self.quotient


def search(
    evaluator: Evaluator,
    *,
    sizes: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    effort: int = 1,
) -> Finding:
    """A pair of points whose difference quotient grows without bound as they meet; `quotient` is the largest seen."""
    record = _Record(Look(evaluator), evaluator)
    with suppress(OutOfCalls):  # then what was looked at is what counts
        for K, C in sorted(sizes, key=lambda size: (size[0] * size[1], size)):
            reach = REACHES[effort].at(K, C, share=evaluator.share)
            _measure(record, K, C, rng, reach)
            for boundary in (True, False):
                there = places.draw(K, C, rng, reach.places, boundary=boundary)
                found = _undefined(record, there, reach) or _growing(record, there, reach)
                if found is not None:
                    return undefined.counted(found, record.cases, record.quotient)
            found = _on_surfaces(record, K, C, rng, reach)
            if found is not None:
                return undefined.counted(found, record.cases, record.quotient)
    if record.fragile is not None:
        return undefined.counted(record.fragile, record.cases, record.quotient)
    unseen = "" if evaluator.exactly else f"only floats could look: {evaluator.why_not_exact}"
    why = record.unsettled("pairs") or unseen
    return Finding("open", None, "", record.cases, quotient=record.quotient, why=why)


def _measure(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> None:
    """The quotients of random pairs, far apart and close."""
    count = 4 * reach.places
    P, Q = (rng.dirichlet(np.full(C, a), (count, K)) for a in (0.5, 1.0))
    w, v = (rng.dirichlet(np.full(K, a), count) for a in (0.5, 1.0))
    same = rng.random((count, 1, 1))
    Q, v = np.where(same < 0.3, P, Q), np.where((same[..., 0] > 0.3) & (same[..., 0] < 0.6), w, v)
    near = np.where(rng.random((count, 1)) < 0.5, CLOSE, 1.0)
    Q, v = P + near[..., None] * (Q - P), w + near * (v - w)
    a, b = nearby.plain_batch(record.evaluator, P, w), nearby.plain_batch(record.evaluator, Q, v)
    record.floats += 2 * count
    with np.errstate(all="ignore"):
        apart = np.abs(P - Q).sum((1, 2)) + np.abs(w - v).sum(1)
        record.measured(np.abs(a - b).sum(1)[apart > CLOSE / 100] / apart[apart > CLOSE / 100])


def _undefined(record: _Record, there: Places, reach: Reach) -> Finding | None:
    """Where A is undefined, as for `closed`: refuted inside the domain; else noted, for when no growth is found."""
    record.floats += len(there)
    found = undefined.look(record.look, there, reach)
    if found is not None and found.outcome == "refuted":
        return found
    record.fragile = record.fragile or found
    return None


def _growing(record: _Record, there: Places, reach: Reach) -> Finding | None:
    for trial, (n, one, other) in enumerate(_promising(record, there)):
        if trial >= reach.trials or not record.look.exactly:
            break
        found = _exactly_growing(record, there, n, one, other)
        if found is not None:
            return found
    return None


# ---- surfaces


def _on_surfaces(record: _Record, K: int, C: int, rng: np.random.Generator, reach: Reach) -> Finding | None:
    """Where straight segments cross what the code switches on: from the surface to either side."""
    found = surfaces.of(record.evaluator, K, C)
    if found is None:
        return None
    along = paths.straight(record.evaluator, paths.ends(K, C, rng, CROSSED, closed=True))
    switched = surfaces.along(record.look, found, along.floats)
    crossings, cases = surfaces.crossings(switched, found, CROSSED, along.low, along.high)
    record.floats += cases + len(crossings) * (1 + 2 * len(FLOAT_STEPS))
    for crossing, side in _steep(along, crossings)[: reach.trials]:
        grown = _growing_from(record, found, along, crossing, side)
        if grown is not None:
            return grown
    return None


def _steep(along: Paths, crossings: Sequence[Crossing]) -> list[tuple[Crossing, int]]:
    """The crossings, and the sides of them, whose float quotients rise steadily: the simplest segments first."""
    if not crossings:
        return []
    which, t = np.array([one.segment for one in crossings]), np.array([one.t for one in crossings])
    steps = np.array([side * step for side in (1, -1) for step in FLOAT_STEPS])
    there = t[:, None] + np.concatenate([[0.0], steps])
    q, (P, w) = along.values(which, there), along.floats(which[:, None], there)
    quotients = _quotients((q[:, 1:], P[:, 1:], w[:, 1:]), (q[:, :1], P[:, :1], w[:, :1]))
    sides = quotients.reshape(len(t), 2, len(FLOAT_STEPS))
    rising = _rising([sides[:, :, n] for n in range(len(FLOAT_STEPS))])
    found = [(crossings[n], 1 - 2 * int(rising[n].argmax())) for n in np.flatnonzero(rising.any(axis=1)).tolist()]
    sides_of = dict(found)
    simplest = sorted(sides_of, key=lambda one: int(along.size[one.segment]))
    return [(one, sides_of[one]) for one in surfaces.few(simplest)]


def _growing_from(record: _Record, found: Surfaces, along: Paths, crossing: Crossing, side: int) -> Finding | None:
    """Growth from a crossing, along the segment, or where that crosses at no rational along ways on which one pair of entries
    moves: what is bilinear switches at a rational there."""
    path = along.exact(crossing.segment)
    straight = [(path, crossing.t, side)]
    others = ((one, 0.0, way) for one in _pairs(along, crossing) for way in (1, -1))
    undecided = []
    for one, at, way in itertools.chain(straight, itertools.islice(others, PAIRS)):
        try:
            grown = _growing_along(record, found, crossing, one, at, way)
        except nearby.Undefined:
            continue
        except Undecided as e:
            undecided.append(str(e))
            continue
        if grown is not None or one is path:
            return grown
    record.undecided += undecided[:1]
    return None


def _pairs(along: Paths, crossing: Crossing) -> Iterator[nearby.Path]:
    """Ways through a point beside the crossing on which two weights, or two entries of a row, pay for each other."""
    P, w = (_exact_shares(x) for x in along.floats(crossing.segment, crossing.t))

    def way(*entry: int) -> nearby.Path:
        def path(t: Number) -> Point:
            moved = P.copy(), w.copy()
            row = moved[0][entry[0]] if len(entry) == 2 else moved[1]
            row[entry[-1]], row[-1] = row[entry[-1]] + t, row[-1] - t
            return Point(*moved)

        return path

    K, C = P.shape

    def inside(*x: Number) -> bool:
        return all(numbers.to_float(one) > FAR_INSIDE for one in x)

    yield from (way(k, i) for k in range(K) for i in range(C - 1) if inside(P[k, i], P[k, -1]))
    yield from (way(k) for k in range(K - 1) if inside(w[k], w[-1]))


def _exact_shares(x: np.ndarray) -> np.ndarray:
    """Distributions in whole parts of 2^-32, the last entry paying for what rounding leaves."""
    whole = np.round(x * 2.0**32).astype(np.int64)
    whole[..., -1] = 2**32 - whole[..., :-1].sum(-1)
    return np.frompyfunc(lambda n: numbers.rational(Fraction(int(n), 2**32)), 1, 1)(whole)


def _growing_along(
    record: _Record, found: Surfaces, crossing: Crossing, path: nearby.Path, at: float, side: int
) -> Finding | None:
    """Raises Undefined, Undecided."""
    root = surfaces.root(record.look, found, crossing, path, at, ROUGH_ROOT)
    if root is None:
        return None
    base = path(root.t)
    speed = _distance(base, path(root.t + side))

    def pair(n: int) -> tuple[Point, Point]:
        return path(root.t + side * places.power_of_half(n) / speed), base

    looks = _rising_looks(record.look, pair, GROWTH_STEPS, 0 if root.exactly else 2 * ROUGH_ROOT + 256)
    if looks is None:
        return None
    if not root.exactly:
        raise Undecided("where the code switches is known about only, and how fast the aggregate moves there is not")
    if not _steepens(record, looks, lambda epsilon: path(root.t + side * epsilon), lambda epsilon: base):
        return None
    return _refuted(record, looks)


def _steepens(record: _Record, looks: Sequence[_Seen], one: nearby.Way, other: nearby.Way) -> bool:
    return nearby.steepens(record.look, one, other, apart=looks[-1].gap.low > record.look.threshold)


# ---- floats


def _promising(record: _Record, there: Places) -> Iterator[tuple[int, int, int | None]]:
    """(place, way, another way or None for the place itself) whose float quotients rise steadily, simplest first."""
    base_P, base_w = there.floats(None)
    base = nearby.plain_batch(record.evaluator, base_P, base_w)
    record.floats += len(there) * (1 + len(FLOAT_STEPS) * there.ways)
    to_base, to_next = [], []
    for epsilon in FLOAT_STEPS:
        P, w = there.floats(epsilon)
        q = nearby.plain_batch(record.evaluator, P, w)
        around = (base[:, None], base_P[:, None], base_w[:, None]), tuple(np.roll(x, -1, axis=1) for x in (q, P, w))
        for quotients, other in zip((to_base, to_next), around, strict=True):
            quotients.append(_quotients((q, P, w), other))
            if epsilon == FLOAT_STEPS[0]:
                # Ways that move at ε² and ε³ come so close that rounding is a part of their quotients.
                record.measured(np.where(_apart((q, P, w), other) > epsilon / 100, quotients[0], np.nan))
    rising = np.concatenate([_rising(to_base), _rising(to_next)], axis=1)
    for n in np.flatnonzero(rising.any(axis=1)):
        at = int(rising[n].argmax())
        way = at % there.ways
        yield int(n), way, None if at < there.ways else (way + 1) % there.ways


def _quotients(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> np.ndarray:
    apart = _apart(a, b)
    with np.errstate(all="ignore"):
        return np.where(apart > 0, np.abs(a[0] - b[0]).sum(-1) / apart, np.nan)


def _apart(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> np.ndarray:
    """‖x − y‖₁ of points (q, P, w)."""
    return np.abs(a[1] - b[1]).sum((-1, -2)) + np.abs(a[2] - b[2]).sum(-1)


def _rising(quotients: Sequence[np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):
        first, second = quotients[1] - quotients[0], quotients[2] - quotients[1]
        return (second > RISES) & (first > 0) & (second > STEADY * first)


# ---- exact looks


def _exactly_growing(record: _Record, there: Places, n: int, one: int, other: int | None) -> Finding | None:
    speed = there.apart(n, one, other)
    if speed == 0:  # they part only at second order; another pair of ways shows what there is
        return None

    def pair(depth: int) -> tuple[Point, Point]:
        epsilon = places.power_of_half(depth) / speed
        return there.exact(n, one, epsilon), there.exact(n, other, epsilon)

    def way(number: int | None) -> nearby.Way:
        return lambda epsilon: there.exact(n, number, epsilon)

    try:
        looks = _rising_looks(record.look, pair, GROWTH_STEPS)
        if looks is None or not _steepens(record, looks, way(one), way(other)):
            return None
    except nearby.Undefined:
        return None
    except Undecided as e:
        record.undecided.append(str(e))
        return None
    return _refuted(record, looks)


def _rising_looks(look: Look, pair: nearby.Pair, steps: Sequence[int], bits: int = 0) -> list[_Seen] | None:
    """The quotients at all distances, if they rise by increments that rise; balls count at their worst.

    `bits`: at least so many, where the points themselves are so near to a surface.
    """
    seen: list[_Seen] = []
    last = Fraction(0)
    for depth in steps:
        seen.append(_quotient(look, *pair(depth), max(bits, nearby.bits_for(depth))))
        if len(seen) > 1:
            before, now = seen[-2], seen[-1]
            if now.low - before.high <= last:
                return None
            last = now.high - before.low
    return seen


@dataclass(frozen=True)
class _Seen:
    """Bounds of one difference quotient, and the pair with its aggregates."""

    low: Fraction
    high: Fraction
    gap: Gap


def _quotient(look: Look, x: Point, y: Point, bits: int) -> _Seen:
    values = look.at(x, bits), look.at(y, bits)
    low, high = nearby.gap(*values, bits)
    apart = nearby.gap(x.P.ravel(), y.P.ravel(), bits)[0] + nearby.gap(x.w, y.w, bits)[0]
    return _Seen(low / apart, high / apart, Gap(x, y, values, low, low))


def _refuted(record: _Record, seen: Sequence[_Seen]) -> Finding:
    listed = ", ".join(f"{_short(one.low)} at 2^-{n}" for one, n in zip(seen, GROWTH_STEPS, strict=True))
    text = f"the difference quotient grows without bound as the two points meet: {listed}"
    witness = nearby.witness(seen[-1].gap, exactly=True, margin=f"-{_short(seen[-1].low)}")
    return Finding("refuted", witness, text, record.cases)


def _distance(x: Point, y: Point) -> Number:
    """‖x − y‖₁ of rational points."""
    entries = zip((*x.P.flat, *x.w.flat), (*y.P.flat, *y.w.flat), strict=True)
    return sum((abs(a - b) for a, b in entries), numbers.ZERO)


def _short(q: Fraction) -> str:
    return f"{numbers.to_float(numbers.rational(q)):.4g}"
