"""Whether a class that gets 0 in floats gets the number 0: code that nothing can follow may cut it off, or underflow.

What is cut off stays 0 around the point, and where it stops being 0 it is at once far above the least float, or grows as a
power of the distance; what underflows comes back through the least floats, and what has drowned beside 1 (1 − tanh) through
single units of rounding, exponentially. Knows points and aggregates, and no claim.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.shapes import Each, ManyWeights, Panel, Panels, Weights
from axiomkd.operators.evaluate import Evaluator

ELSEWHERE, ENDS, HALVINGS = 32, 4, 50
# In so small a part of a way between moderate points no product of probabilities grows by half, nor exp(5000 x): what was lost
# for want of digits does not have several of them there, and what was cut off does, however steadily it rises.
SOON = 2.0**-14
NEARER, STEPS = 2.0**-10, 4  # distances from where it comes back at which its growth is looked at
SLOWEST = 2.0**-22  # what a step nearer leaves at least of a linear or quadratic growth, and not of an exponential one
CLOSEST = 11  # decimal places to which rows are brought together
UNITS = 1024  # of rounding: what comes back with fewer may have drowned beside larger numbers
AROUND = (2.0**-50, 2.0**-20, 1e-3)
COPIES = 8


def within_reach(evaluator: Evaluator, P: Panel | Panels) -> bool:
    """Whether no product of one probability of each row comes near underflow: P (..., K, C)."""
    with np.errstate(divide="ignore"):
        least = np.log(np.where(P > 0, P, 1.0)).min(-1).sum(-1)
    return bool((least >= np.log(evaluator.rounding.tiny) / 2).all())


def really(evaluator: Evaluator, P: Panel, w: Weights, T: Any, i: int) -> bool:
    """Whether A_i(P, w[, T]) is 0 beyond doubt: P (K, C), w (K,) of moderate size or 0."""
    moderate = min(np.min(x[x > 0]) for x in (P, w)) >= tolerances.MODERATE * (1 - 1e-9)
    if not moderate or not within_reach(evaluator, P):
        return False
    rng = np.random.default_rng((*P.shape, i))
    near = [_shaken(rng, P, w, size) for size in AROUND]
    if (
        _entries(evaluator, np.concatenate([a for a, _ in near]), np.concatenate([b for _, b in near]), T, i) != 0
    ).any():
        return False
    # A switch that has no way back on the face may have one inside.
    for elsewhere in (_elsewhere, _inside, partial(_beside, _elsewhere), partial(_beside, _inside)):
        far_P, far_w = elsewhere(rng, P, w, i)
        found = _entries(evaluator, far_P, far_w, T, i)
        ends = np.argsort(-np.nan_to_num(found), kind="stable")[:ENDS]
        ends = ends[found[ends] > 0]
        if ends.size:
            return _cut_off(evaluator, (P, w), (far_P[ends], far_w[ends]), T, i)
    return True


def _entries(evaluator: Evaluator, P: Panels, w: ManyWeights, T: Any, i: int) -> Each:
    """A_i at each point, not a number where A is not finite."""
    q = evaluator.batch(P, w, T)
    return np.where(np.isfinite(q).all(-1), q[:, i], np.nan)


def _shaken(rng: np.random.Generator, P: Panel, w: Weights, size: float) -> tuple[Panels, ManyWeights]:
    def move(x: np.ndarray) -> np.ndarray:
        many = x * (1 + size * rng.uniform(-1, 1, (COPIES, *x.shape)))
        return many / many.sum(-1, keepdims=True)

    return move(P), move(w)


def _elsewhere(rng: np.random.Generator, P: Panel, w: Weights, i: int) -> tuple[Panels, ManyWeights]:
    """Points with the same zeros, half of them with class i ahead in every row that has it."""
    return _drawn(rng, P > 0, i), _drawn(rng, w > 0, None)


def _inside(rng: np.random.Generator, P: Panel, w: Weights, i: int) -> tuple[Panels, ManyWeights]:
    """The same with no zeros but those of class i."""
    kept = np.ones_like(P, bool)
    kept[:, i] = P[:, i] > 0
    return _drawn(rng, kept, i), _drawn(rng, np.ones_like(w, bool), None)


def _beside(draw: Callable, rng: np.random.Generator, P: Panel, w: Weights, i: int) -> tuple[Panels, ManyWeights]:
    """What is drawn, a row of each near another that has no class which the row has not: a switch between the two turns there."""
    far_P, far_w = draw(rng, P, w, i)
    support = far_P[0] > 0
    for n, row in enumerate(far_P):
        k = n % len(P)
        near = [j for j in range(len(P)) if j != k and not (support[j] & ~support[k]).any()]
        if near:
            by = 10.0 ** -rng.uniform(1, CLOSEST)
            row[k] = (1 - by) * row[near[int(rng.integers(len(near)))]] + by * row[k]
    return far_P, far_w


def _drawn(rng: np.random.Generator, kept: np.ndarray, ahead: int | None) -> np.ndarray:
    """Distributions that are positive where `kept`, every other one with a class ahead."""
    many = np.where(kept, rng.uniform(0.1, 1, (ELSEWHERE, *kept.shape)), 0.0)
    if ahead is not None:
        many[::2, :, ahead] *= kept.shape[-1] * rng.uniform(1, 20, (ELSEWHERE // 2, 1))
    return many / many.sum(-1, keepdims=True)


def _cut_off(evaluator: Evaluator, zero: tuple, ends: tuple, T: Any, i: int) -> bool:
    """Halve the ways from the zero to points where the class has something: what it has where it first comes back."""
    low, high = np.zeros(len(ends[0])), np.ones(len(ends[0]))

    def at(s: np.ndarray) -> np.ndarray:
        P = zero[0] + s[:, None, None] * (ends[0] - zero[0])
        return _entries(evaluator, P, zero[1] + s[:, None] * (ends[1] - zero[1]), T, i)

    rounding = evaluator.rounding
    last = at(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        here = at(middle)
        up = here > 0
        low, high, last = np.where(up, low, middle), np.where(up, middle, high), np.where(up, here, last)
    soon = at(np.minimum(high + SOON, 1))
    noise = UNITS * rounding.eps
    grown = np.array([at(high + (1 - high) * NEARER**n) for n in range(STEPS + 1)])
    least = max(2 * rounding.tiny, rounding.eps**2)
    if not ((last > 2 * rounding.tiny) & (soon > 2 * rounding.lost) & (grown[STEPS // 2] > least)).all():
        return False
    with np.errstate(invalid="ignore"):
        steady = (grown[:-1] <= noise) | (grown[1:] >= SLOWEST * grown[:-1])
    return bool(((last > noise) | steady.all(0)).all())
