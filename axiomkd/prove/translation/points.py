"""The points at which a formula is held against the operator: interior ones, ties, skewed ones and faces, the same every time.

Rows and weights of ties and faces are multiples of 2^-12 where the sizes allow it, so that sums of products are exact in any order
and a tie is one for every spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

PARTS = 4096
FEW = 4
NEAR = 1e-9  # an entry near 0, and how near a weight is to 1
FACTORS = (1.0, 2.0, 0.75, 1.25)  # of the teachers' temperatures
TEMPERATURES = (2 / 3, 3.0, 1 / 8, 1.0, 17.0, 1.5, 0.5, 64.0, 2.0)


@dataclass(frozen=True)
class Points:
    """P (B, K, C), w (B, K), T (B,); `P_inside` and `w_inside` say where all entries are positive."""

    P: np.ndarray
    w: np.ndarray
    T: np.ndarray

    @property
    def Ts(self) -> np.ndarray:
        """A temperature for each teacher, (B, K): T, and others beside it."""
        K = self.w.shape[1]
        return self.T[:, None] * np.resize(FACTORS, K)

    @property
    def P_inside(self) -> np.ndarray:
        return np.asarray((self.P > 0).all(axis=(1, 2)))

    @property
    def w_inside(self) -> np.ndarray:
        return np.asarray((self.w > 0).all(axis=1))

    def some(self, which: np.ndarray | slice | list[int]) -> Points:
        """Some of the points, by their places; a place that an operator declared for the interior has no point at is left out."""
        if isinstance(which, list):
            which = [n for n in which if n < len(self.P)]
        return Points(self.P[which], self.w[which], self.T[which])


@lru_cache(maxsize=256)
def points(K: int, C: int, *, interior: bool) -> Points:
    """Twelve points of a size, seven of them interior; only these where the operator is declared for the interior."""
    rng = np.random.default_rng((K, C, 12))
    rows = rng.standard_exponential((3, K, C)) + 1e-3
    rows /= rows.sum(axis=2, keepdims=True)
    weights = rng.standard_exponential((3, K)) + 1e-3
    weights /= weights.sum(axis=1, keepdims=True)
    grid, shares = _parts(rng, (K, C)), _parts(rng, (K,))
    tie, even = grid.copy(), _even(K)
    tie[-1] = tie[0]  # two teachers alike,
    tie[:, [0, -1]] = (tie[:, [0]] + tie[:, [-1]]) / 2  # and two classes with one value in each row
    near = rows[2].copy()
    few = np.arange(min(K, FEW))  # a product over more teachers would underflow
    near[few, few % C] = NEAR
    near /= near.sum(axis=1, keepdims=True)
    leaning = np.full(K, NEAR)
    leaning[(K + C) % K] = 1 - (K - 1) * NEAR
    last = grid[:, ::-1] / 16  # the largest entry of all in the last class, and the largest weight on the last teacher
    last[:, -1] += 15 / 16
    inside = [
        (rows[0], weights[0]),
        (rows[1], weights[1]),
        (tie, even),
        (np.repeat(grid[:1], K, axis=0), shares),
        (near, leaning),
        (np.tile(_even(C), (K, 1)), weights[2]),
        (last, np.sort(shares)),
    ]
    faces = []
    if not interior:
        corner = np.zeros(K)
        corner[K // 2] = 1
        hole = _without(grid, [(0, 0), (K - 1, C - 1)])
        faces = [
            (hole, shares),
            (_without(grid, [(k, C - 1) for k in range(K)]), even),
            (grid, corner),
            (hole, _moved(shares)),
            (_hot(K, C), shares),
        ]
    chosen = [*inside, *faces]
    P, w = np.stack([p for p, _ in chosen]), np.stack([x for _, x in chosen])
    return Points(P, w, np.resize(TEMPERATURES, len(chosen)))


def _parts(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows in positive whole multiples of 2^-12 (of a finer one where a row is long)."""
    n = shape[-1]
    parts = PARTS if n <= PARTS // 8 else 8 * PARTS
    drawn = rng.integers(1, max(2, parts // n), shape)
    drawn[..., 0] += parts - drawn.sum(axis=-1)
    return drawn / parts


def _even(K: int) -> np.ndarray:
    """A row as nearly uniform as multiples of 2^-12 can be, the first entry the largest."""
    out = np.full(K, PARTS // K)
    out[0] += PARTS - out.sum()
    return out / PARTS


def _hot(K: int, C: int) -> np.ndarray:
    """Row k is certain of class k, modulo C. The rows of an identity would be made of C² numbers."""
    out = np.zeros((K, C))
    out[np.arange(K), np.arange(K) % C] = 1
    return out


def _without(grid: np.ndarray, holes: list[tuple[int, int]]) -> np.ndarray:
    """The rows with some entries 0, and what was there on a neighbour."""
    out = grid.copy()
    C = out.shape[1]
    for k, i in holes:
        out[k, (i + 1) % C] += out[k, i]
        out[k, i] = 0
    return out


def _moved(shares: np.ndarray) -> np.ndarray:
    """The weights with the first one's on the last."""
    out = shares.copy()
    out[-1] += out[0]
    out[0] = 0
    return out
