"""Whether a class that gets 0 in floats gets the number 0: code that nothing can follow may cut it off, or underflow.

What is cut off stays 0 around the point, and where it stops being 0 it is at once far above the least float; what
underflows comes back through the least floats. Knows points and aggregates, and no claim.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.operators.evaluate import Evaluator

ELSEWHERE, ENDS, HALVINGS = 32, 4, 24
# In so small a part of a way between moderate points no product of probabilities grows by half, nor exp(5000 x): what was lost
# for want of digits does not have several of them there, and what was cut off does, however steadily it rises.
SOON = 2.0**-14
AROUND = (2.0**-50, 2.0**-20, 1e-3)
COPIES = 8


def within_reach(evaluator: Evaluator, P: np.ndarray) -> bool:
    """Whether no product of one probability of each row comes near underflow: P (..., K, C)."""
    with np.errstate(divide="ignore"):
        least = np.log(np.where(P > 0, P, 1.0)).min(-1).sum(-1)
    return bool((least >= np.log(evaluator.rounding.tiny) / 2).all())


def really(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any, i: int) -> bool:
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
    far_P, far_w = _elsewhere(rng, P, w, i)
    found = _entries(evaluator, far_P, far_w, T, i)
    ends = np.flatnonzero(found > 0)[:ENDS]
    return not ends.size or _cut_off(evaluator, (P, w), (far_P[ends], far_w[ends]), T, i)


def _entries(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any, i: int) -> np.ndarray:
    """A_i at each point, not a number where A is not finite."""
    q = evaluator.batch(P, w, T)
    return np.where(np.isfinite(q).all(-1), q[:, i], np.nan)


def _shaken(rng: np.random.Generator, P: np.ndarray, w: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    def move(x: np.ndarray) -> np.ndarray:
        many = x * (1 + size * rng.uniform(-1, 1, (COPIES, *x.shape)))
        return many / many.sum(-1, keepdims=True)

    return move(P), move(w)


def _elsewhere(rng: np.random.Generator, P: np.ndarray, w: np.ndarray, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Points with the same zeros, half of them with class i ahead in every row that has it."""

    def draw(x: np.ndarray, ahead: bool) -> np.ndarray:
        many = np.where(x > 0, rng.uniform(0.1, 1, (ELSEWHERE, *x.shape)), 0.0)
        if ahead:
            many[::2, :, i] *= x.shape[-1] * rng.uniform(1, 20, (ELSEWHERE // 2, 1))
        return many / many.sum(-1, keepdims=True)

    return draw(P, True), draw(w, False)


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
    return bool(((last > max(2 * rounding.tiny, rounding.eps**2)) & (soon > 2 * rounding.lost)).all())
