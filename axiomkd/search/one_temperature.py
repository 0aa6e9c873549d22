"""The claims that A comes to its value at the limit as one teacher's temperature goes to infinity, or to 0.

Many points are looked at in floats, each teacher's row (or all rows, where the operator takes one T) far on its way and at its
end; exact looks conclude.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from axiomkd.claims import nearby, one_temperature, places
from axiomkd.claims.finding import REACHES, Finding, Reach
from axiomkd.claims.nearby import Look, Record
from axiomkd.claims.one_temperature import Apart, Move
from axiomkd.claims.places import Point
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.extras import shares
from axiomkd.core.tolerances import FLOAT_JUMP, JUMP
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.lattice import SIZES, lattice
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided

HALVES = 3  # neighbouring entries of a row to be sharpened differ by less than 2 to this power, and may by 1 more
DEEPEST = 40  # powers of 2 from the largest entry of such a row to the smallest
KEPT = 0.5  # of a gap, from one temperature to one much farther: what is slow and continuous keeps less
SMALL = 128  # points in the smallest fractions, tried before those drawn
SUCH = 2  # points at which floats give no number that are looked at all the same


def search(
    evaluator: Evaluator,
    *,
    cold: bool,
    sizes: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    effort: int = 1,
) -> Finding:
    """An interior (P, w) and a teacher on whose way to the limit A stays away from its value there."""
    softener = evaluator.softener
    if cold and softener.lowest >= 1:
        why = f"the softener {softener.name} is for T >= {softener.lowest:g}: it has no cold end"
        return Finding("open", None, "", 0, why=why)
    record = Record(Look(evaluator), evaluator)
    with suppress(OutOfCalls):  # then what was looked at is what counts
        for K, C in sorted(sizes, key=lambda size: (size[0] * size[1], size)):
            reach = REACHES[effort].at(K, C, share=evaluator.share)
            found = _at_size(record, K, C, cold, rng, reach)
            if found is not None:
                return found
    return Finding("open", None, "", record.cases, why=record.unsettled("points"))


def _at_size(record: Record, K: int, C: int, cold: bool, rng: np.random.Generator, reach: Reach) -> Finding | None:
    P, _ = places.interior_odds(K, C, rng, reach.places)
    first, weights = _smallest(K, C)
    P = np.concatenate([first, _powers(P.shape, rng) if cold else P])
    try:
        tried = [
            _tried(record, P, weights, move, rng) for move in one_temperature.moves(record.evaluator, K, cold=cold)
        ]
    except Misbehaviour as e:
        record.undecided.append(f"the operator fails far from T = 1: {e}")
        return None
    for n, one, seen in _promising(tried, reach):
        base = Point(places.exact_rows(P[n]), places.exact_rows(one.w[n]))
        try:
            apart = one_temperature.stays_apart(record.look, base, one.move)
        except nearby.Undefined:
            continue
        except Undecided as e:
            record.undecided += [str(e)] if seen else []  # what floats could not compute either was no candidate
            continue
        if apart is not None:
            return _refuted(record, base, one.move, apart)
    return None


def _smallest(K: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (B, K, C) and weights (B, K) in odds, in the smallest fractions; none at sizes where those are too many to list."""
    if (K, C) not in SIZES:
        return np.zeros((0, K, C), int), np.zeros((0, K), int)
    small = lattice(K, C, SMALL, False)
    return small.rows[small.P], small.weights[small.w]


@dataclass(frozen=True)
class _Tried:
    """A move of many points in odds, with their weights w (B, K): `small` in the smallest fractions, then those drawn.

    Floats show a gap at the points `seen` (B,), and no number at those `lost` (B,); `size` (B, 2) is how long the point is to
    write: its largest denominator, and all of them.
    """

    move: Move
    small: int
    w: np.ndarray
    seen: np.ndarray
    lost: np.ndarray
    size: np.ndarray


def _tried(record: Record, P: np.ndarray, first: np.ndarray, move: Move, rng: np.random.Generator) -> _Tried:
    """The points P (B, K, C), the first of them with these weights, the others with some that tie what may tie at the end."""
    rows = move.rows(P.shape[1])
    end = P.copy()
    end[:, rows] = (P[:, rows].max(-1, keepdims=True) == P[:, rows]) if move.cold else 1
    w = np.concatenate([first, places.weights(end[len(first) :], rng)])
    gaps = _gaps(record, shares(P), shares(end), shares(w), move)
    bar = float(JUMP) / 2 if record.look.exactly else max(float(FLOAT_JUMP), record.evaluator.rounding.bar)
    near, nearer, far, farther = gaps
    with np.errstate(invalid="ignore"):  # what shows a gap far out is judged there
        seen = np.where(far > bar, _kept(far, farther, bar), _kept(near, nearer, bar) | (farther > bar))
    lost = np.asarray(np.isnan(gaps).any(0))
    meant = _of_powers(P[:, rows]) if move.cold else np.ones(len(P), bool)
    return _Tried(move, len(first), w, seen & ~lost & meant, lost & meant, _sizes(P, w))


def _of_powers(P: np.ndarray) -> np.ndarray:
    """(B,) whether in rows of odds (B, n, C) one entry is the largest, by powers of 2: the claim is for one, and those have simple
    ends."""
    top = P.max(-1, keepdims=True)
    times = top // P
    return ((times * P == top) & (times & (times - 1) == 0)).all((1, 2)) & ((P == top).sum(-1) == 1).all(-1)


def _sizes(P: np.ndarray, w: np.ndarray) -> np.ndarray:
    dens = np.concatenate([np.repeat(P.sum(-1), P.shape[-1], -1), np.repeat(w.sum(-1)[:, None], w.shape[-1], -1)], -1)
    return np.stack([dens.max(-1), dens.sum(-1)], -1)


def _kept(first: np.ndarray, last: np.ndarray, bar: float) -> np.ndarray:
    return (last > bar) & ~(last < KEPT * first)


def _powers(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Odds 2^n in any order, the largest alone: of half of the rows no two are alike."""
    B, K, C = shape
    steps = rng.integers(0, HALVES, shape) + (rng.random((B, K, 1)) < 0.5)
    steps[..., 0], steps[..., 1] = 0, np.maximum(steps[..., 1], 1)
    drops = np.minimum(np.cumsum(steps, axis=-1), DEEPEST)
    return rng.permuted(2 ** (drops.max(-1, keepdims=True) - drops), axis=-1)


# ---- in floats


def _gaps(record: Record, P: np.ndarray, end: np.ndarray, w: np.ndarray, move: Move) -> np.ndarray:
    """TV of the aggregates on the way and at the end, (n, B): by pairs, of which the second is farther on the way."""
    evaluator = record.evaluator
    ways = one_temperature.float_temperatures(P, cold=move.cold)
    with np.errstate(all="ignore"):
        last = evaluator.suggested(end, w, 1.0 if evaluator.operator.takes_temperature else None)
        found = [np.abs(_moved(evaluator, P, w, T, move) - last).sum(-1) / 2 for T in ways]
    record.floats += (1 + len(ways)) * len(P)
    return np.array(found)


def _moved(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: np.ndarray, move: Move) -> np.ndarray:
    operator, rows = evaluator.operator, move.rows(P.shape[1])
    if operator.each_temperature:
        given = np.ones_like(w)
        given[:, rows] = T[:, rows]
        return evaluator.suggested(P, w, given)
    if operator.takes_temperature:
        return evaluator.suggested(P, w, T.min(-1) if move.cold else T.max(-1))
    soft = P.copy()
    soft[:, rows] = evaluator.softener.rows(NUMPY, P[:, rows], T[:, rows, None])
    return evaluator.suggested(soft, w)


def _promising(tried: Sequence[_Tried], reach: Reach) -> list[tuple[int, _Tried, bool]]:
    """Points with a move, simplest first, at which floats show a gap (True), and a few at which they show no number."""

    def simplest(mask: str, most: int, *, drawn: bool) -> list[tuple[int, _Tried]]:
        every = [
            (*one.size[n].tolist(), m, int(n))
            for m, one in enumerate(tried)
            for n in np.flatnonzero(getattr(one, mask))
            if (n >= one.small) == drawn
        ]
        return [(n, tried[m]) for *_, m, n in sorted(every)[:most]]

    # What is smallest may be what cannot be decided: what was drawn has its turn whatever came before.
    seen = simplest("seen", reach.trials // 2, drawn=False) + simplest("seen", reach.trials, drawn=True)
    return [(*one, True) for one in seen] + [(*one, False) for one in simplest("lost", SUCH, drawn=True)]


# ---- as a finding


def _refuted(record: Record, base: Point, move: Move, found: Apart) -> Finding:
    witness = one_temperature.witness(record.look, base, move, found)
    end = "one-hot" if move.cold else "uniform"
    rows = f"all rows {end}" if move.k is None else f"row {move.k} {end}"
    text = (
        f"{_far(move, found)}; the aggregate is {float(found.low):.4g} in TV away from that with {rows}, and stays so as T "
        f"{'falls to 0' if move.cold else 'grows'}{nearby.proviso(record.look)}"
    )
    return Finding("refuted", witness, text, record.cases)


def _far(move: Move, found: Apart) -> str:
    """How far the temperature has gone, and what that makes of a row."""
    whose = "all teachers" if move.k is None else f"teacher {move.k} alone"
    rows = "all rows are" if move.k is None else f"row {move.k} is"
    if move.cold:
        return f"with {whose} at T = {found.t} {rows} all but one-hot at the largest entry"
    power = numbers.as_fraction(found.t).numerator.bit_length() - 1
    return f"with {whose} at T = 2^{power} {rows} within 1e-11 of uniform"
