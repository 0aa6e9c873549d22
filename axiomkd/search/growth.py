"""The claim that the difference quotient ‖A(x) − A(y)‖₁ / ‖x − y‖₁ stays bounded on the closed domain.

Refuted where the quotients at distances 2^-50, 2^-100, 2^-200, 2^-400 rise by increments that rise: x log x does it
slowly, a square root fast, a jump faster; what is piecewise smooth does not. Floats choose, exact looks conclude.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.tolerances import GROWTH_STEPS
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.numbers import Undecided
from axiomkd.search import nearby, places, undefined
from axiomkd.search.finding import REACHES, Finding, Reach
from axiomkd.search.nearby import BELOW_FLOATS, Gap, Look, Record
from axiomkd.search.places import Places, Point

FLOAT_STEPS = (1e-4, 1e-7, 1e-10)
RISES = 1e-5  # float quotients at 1e-10 are good to some 1e-6
# Logarithmic growth rises by equal increments from 1e-4 to 1e-7 to 1e-10; smooth functions by vanishing ones.
STEADY = 0.5
BEYOND = (BELOW_FLOATS, 2 * BELOW_FLOATS)  # log(p + 1e-300) grows until 2^-997: what code guards must grow past that
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
        to_base.append(_quotients((q, P, w), (base[:, None], base_P[:, None], base_w[:, None])))
        to_next.append(_quotients((q, P, w), tuple(np.roll(x, -1, axis=1) for x in (q, P, w))))
    record.measured(np.stack([to_base[0], to_next[0]]))
    rising = np.concatenate([_rising(to_base), _rising(to_next)], axis=1)
    for n in np.flatnonzero(rising.any(axis=1)):
        at = int(rising[n].argmax())
        way = at % there.ways
        yield int(n), way, None if at < there.ways else (way + 1) % there.ways


def _quotients(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):
        apart = np.abs(a[1] - b[1]).sum((-1, -2)) + np.abs(a[2] - b[2]).sum(-1)
        return np.where(apart > 0, np.abs(a[0] - b[0]).sum(-1) / apart, np.nan)


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

    try:
        looks = _rising_looks(record.look, pair)
    except nearby.Undefined:
        return None
    except Undecided as e:
        record.undecided.append(str(e))
        return None
    return None if looks is None else _refuted(record, looks[: len(GROWTH_STEPS)])


def _rising_looks(look: Look, pair: nearby.Pair) -> list[_Seen] | None:
    """The quotients at all distances, if they rise by increments that rise; balls count at their worst."""
    seen: list[_Seen] = []
    last = Fraction(0)
    for depth in (*GROWTH_STEPS, *BEYOND):
        seen.append(_quotient(look, *pair(depth), depth))
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


def _quotient(look: Look, x: Point, y: Point, depth: int) -> _Seen:
    bits = nearby.bits_for(depth)
    values = look.at(x, bits), look.at(y, bits)
    low, high = nearby.gap(*values, bits)
    apart = nearby.gap(x.P.ravel(), y.P.ravel(), bits)[0] + nearby.gap(x.w, y.w, bits)[0]
    return _Seen(low / apart, high / apart, Gap(x, y, values, low, low))


def _refuted(record: _Record, seen: Sequence[_Seen]) -> Finding:
    listed = ", ".join(f"{_short(one.low)} at 2^-{n}" for one, n in zip(seen, GROWTH_STEPS, strict=True))
    text = f"the difference quotient grows without bound as the two points meet: {listed}"
    witness = nearby.witness(seen[-1].gap, exactly=True, margin=f"-{_short(seen[-1].low)}")
    return Finding("refuted", witness, text, record.cases)


def _short(q: Fraction) -> str:
    return f"{numbers.to_float(numbers.rational(q)):.4g}"
