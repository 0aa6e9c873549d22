"""Every case in small fractions, in the order of simplicity: what a reader would try first, tried exhaustively.

A violation found here needs no shrinking. The interior comes first, then the faces (zeros in P and w).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import gcd

import numpy as np

from axiomkd.core.case import Cases, ExactCase

# Tilts and temperatures tried with the cases, the simplest pair with all of them and the others with a part. Integer 1/T
# keeps softened rows rational.
PAIRS = (
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(1, 3), Fraction(1, 3)),
    (Fraction(1), Fraction(2)),
    (Fraction(1, 4), Fraction(3)),
)
WARM_PAIRS = ((Fraction(1, 2), Fraction(2)), (Fraction(1, 3), Fraction(3)), (Fraction(1), Fraction(4)))


SIZES = ((2, 2), (2, 3), (2, 4), (3, 2), (3, 3))
"""(K, C) at which all cases in small fractions can be listed: their number grows as a power of K."""


@dataclass(frozen=True)
class Lattice:
    """Rows by index: `rows` (n, C) numerators over `dens` (n,); `P` (N, K) and `w` (N,) index rows and weights."""

    K: int
    C: int
    rows: np.ndarray
    dens: np.ndarray
    weights: np.ndarray
    weight_dens: np.ndarray
    P: np.ndarray
    w: np.ndarray

    def __len__(self) -> int:
        return len(self.w)

    def largest(self, i: int) -> int:
        """The largest denominator of case i."""
        return int(max(*self.dens[self.P[i]], self.weight_dens[self.w[i]]))

    def cases(self, index: slice | np.ndarray, t: Fraction, T: Fraction, k: int = 0) -> Cases:
        P = (self.rows / self.dens[:, None])[self.P[index]]
        w = (self.weights / self.weight_dens[:, None])[self.w[index]]
        B = len(w)
        return Cases(
            P, w, np.full(B, k), np.full(B, float(t)), np.ones(B), np.full(B, float(T)), label="small fractions"
        )

    def exact(self, i: int, t: Fraction, T: Fraction, k: int = 0) -> ExactCase:
        P = tuple(_fractions(self.rows[j], self.dens[j]) for j in self.P[i])
        return ExactCase(P, _fractions(self.weights[self.w[i]], self.weight_dens[self.w[i]]), k, t, Fraction(1), T)


def _fractions(numerators, den) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(n), int(den)) for n in numerators)


def _compositions(total: int, parts: int, least: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        if total >= least:
            yield (total,)
        return
    for first in range(least, total - least * (parts - 1) + 1):
        for rest in _compositions(total - first, parts - 1, least):
            yield (first, *rest)


def _table(parts: int, highest: int, least: int) -> tuple[np.ndarray, np.ndarray]:
    """All probability vectors in lowest terms with denominators up to `highest`; `least` 1 leaves zeros out."""
    rows = [
        (den, row) for den in range(1, highest + 1) for row in _compositions(den, parts, least) if gcd(*row, den) == 1
    ]
    return np.array([row for _, row in rows]), np.array([den for den, _ in rows])


def _highest(K: int, C: int, least: int, most: int) -> int:
    """The largest denominator at which the whole lattice stays below `most` cases (at least the smallest useful one)."""
    den = max(C if least else 2, K if least else 1)
    while den < 24:
        n, m = len(_table(C, den + 1, least)[1]), len(_table(K, den + 1, least)[1])
        if n**K * m > most:
            break
        den += 1
    return den


@cache
def lattice(K: int, C: int, most: int, zeros: bool) -> Lattice:
    """The first `most` cases at (K, C) by their largest denominator, then the sum of denominators; with `zeros`, the faces.

    (K, C) is one of `SIZES`: elsewhere there are too many even of the smallest denominators, and ValueError is raised.
    """
    if (K, C) not in SIZES:
        raise ValueError(f"no lattice at (K, C) = {K, C}")
    least = 0 if zeros else 1
    highest = _highest(K, C, least, 2 * most)
    rows, dens = _table(C, highest, least)
    weights, weight_dens = _table(K, highest, least)
    shape = (len(dens),) * K + (len(weight_dens),)
    grids = np.indices(shape, dtype=np.int32).reshape(K + 1, -1)
    P, w = grids[:K].T, grids[K]
    if zeros:
        face = (rows == 0).any(1)[P].any(1) | (weights == 0).any(1)[w]
        P, w = P[face], w[face]
    largest = np.maximum(dens[P].max(1), weight_dens[w])
    total = dens[P].sum(1) * C + weight_dens[w] * K
    order = np.lexsort((total, largest))[:most]
    return Lattice(K, C, rows, dens, weights, weight_dens, P[order], w[order])
