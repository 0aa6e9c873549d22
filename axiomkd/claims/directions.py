"""Directions that separate an aggregate from the convex hull of the teachers: the adversary of a claim over all directions.

The nearest point of the hull is found by Frank-Wolfe with exact line search on a batch; its residual is the direction.
"""

from __future__ import annotations

import numpy as np

from axiomkd.core.shapes import Each, Panels, Rows

STEPS = 10
SHARE = 4  # the projection is iterated for one of these in so many: those farthest outside so far
LEAST = 16


def separating(P: Panels, q: Rows, one_in: int = 1) -> Rows:
    """For P (B, K, C) and q (B, C) a direction d (B, C), largest entry 1 in absolute value, with d·q - max_k d·p_k large.

    Zero where q is a teacher, and for all but `one_in` of a sampled batch: a direction among three and more teachers costs
    as much as all other margins together.
    """
    with np.errstate(all="ignore"):
        if P.shape[1] == 2:
            return _scaled(q - _on_segment(P[:, 0], P[:, 1], q))
        d = np.zeros_like(q)
        aimed = min(max(len(P) // one_in, LEAST), len(P))
        d[:aimed] = _aimed(P[:aimed], q[:aimed])
        return d


def _aimed(P: Panels, q: Rows) -> Rows:
    start = _start(P, q)
    residual = q - start
    gap = _gap(P, q, residual)
    count = min(max(len(P) // SHARE, LEAST), len(P))
    far = np.argpartition(-np.where(np.isfinite(gap), gap, -np.inf), count - 1)[:count]
    residual[far] = q[far] - _nearest(P[far], q[far], start[far])
    return _scaled(residual)


def _on_segment(a: Rows, b: Rows, q: Rows) -> Rows:
    """The point of the segment from a to b nearest to q: two teachers need no iteration."""
    step = b - a
    length = (step**2).sum(-1)
    share = np.clip(((q - a) * step).sum(-1) / np.where(length > 0, length, 1), 0, 1)
    return a + share[:, None] * step


def _start(P: Panels, q: Rows) -> Rows:
    """The nearest teacher."""
    nearest = np.argmin(((P - q[:, None, :]) ** 2).sum(-1), axis=-1)
    return P[np.arange(len(P)), nearest]


def _gap(P: Panels, q: Rows, d: Rows) -> Each:
    return (d * q).sum(-1) - (d[:, None, :] * P).sum(-1).max(-1)


def _nearest(P: Panels, q: Rows, x: Rows) -> Rows:
    rows = np.arange(len(P))
    for _ in range(STEPS):
        toward = P[rows, np.argmax(((q - x)[:, None, :] * P).sum(-1), axis=-1)]
        step = toward - x
        length = (step**2).sum(-1)
        share = np.clip(((q - x) * step).sum(-1) / np.where(length > 0, length, 1), 0, 1)
        x = x + share[:, None] * step
    return x


def _scaled(d: Rows) -> Rows:
    largest = np.abs(d).max(-1, keepdims=True)
    safe = np.where(np.isfinite(largest) & (largest > 0), largest, 1)
    return np.where(np.isfinite(d), d, 0) / safe
