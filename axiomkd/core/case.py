"""A case: what a pointwise claim is evaluated at. Batches of floats for the search, single exact ones to conclude from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Cases:
    """B float cases: P (B, K, C), w (B, K), teacher k (B,), t, T1, T (B,), directions d (B, C) or None."""

    P: np.ndarray
    w: np.ndarray
    k: np.ndarray
    t: np.ndarray
    T1: np.ndarray
    T: np.ndarray
    d: np.ndarray | None = None
    label: str = ""

    def __len__(self) -> int:
        return len(self.P)

    @property
    def size(self) -> tuple[int, int]:
        return self.P.shape[1], self.P.shape[2]

    def take(self, index) -> Cases:
        """The cases at these places."""
        d = None if self.d is None else self.d[index]
        return Cases(
            self.P[index], self.w[index], self.k[index], self.t[index], self.T1[index], self.T[index], d, self.label
        )


Row = tuple[Fraction, ...]
SHORT = 2000  # the largest denominator of a float read as a short fraction


@dataclass(frozen=True)
class ExactCase:
    """One case in fractions; rows of P and w sum to exactly 1."""

    P: tuple[Row, ...]
    w: Row
    k: int = 0
    t: Fraction = Fraction(1, 2)
    T1: Fraction = Fraction(1)
    T: Fraction = Fraction(1, 2)
    d: Row | None = None

    @property
    def size(self) -> tuple[int, int]:
        return len(self.P), len(self.P[0])

    @property
    def zeros(self) -> int:
        return sum(x == 0 for row in (*self.P, self.w) for x in row)

    @property
    def ties(self) -> int:
        """How many of the rows and the weights have two equal entries: code that chooses between them may take either."""
        return sum(len(set(row)) < len(row) for row in (*self.P, self.w))

    def numbers(self) -> list[Fraction]:
        return [*(x for row in self.P for x in row), *self.w, self.t, self.T1, self.T]

    def simplicity(self) -> tuple:
        """The shrinking order: K, C, zeros, the largest denominator, all denominators, then the numbers themselves.

        Fewer zeros come first: a violation in the interior says more than one on a face.
        """
        dens = [x.denominator for x in self.numbers()]
        K, C = self.size
        return (K, C, self.zeros, max(dens), sum(dens), self.k, tuple(self.numbers()))

    def with_direction(self, d: Row | None) -> ExactCase:
        return replace(self, d=d)


def floats(cases: list[ExactCase]) -> Cases:
    """Exact cases of one size as a float batch."""
    d = None if cases[0].d is None else np.array([[float(x) for x in c.d or ()] for c in cases])
    return Cases(
        np.array([[[float(x) for x in row] for row in c.P] for c in cases]),
        np.array([[float(x) for x in c.w] for c in cases]),
        np.array([c.k for c in cases]),
        np.array([float(c.t) for c in cases]),
        np.array([float(c.T1) for c in cases]),
        np.array([float(c.T) for c in cases]),
        d,
    )


def _closed(row: np.ndarray) -> Row:
    """A float row as fractions with sum exactly 1: short fractions where the floats are those of short fractions, so that
    exact ties stay ties; else the binary values, the largest entry taking up the rounding."""
    short = tuple(Fraction(float(x)).limit_denominator(SHORT) for x in row)
    if sum(short) == 1 and all(float(s) == x for s, x in zip(short, row, strict=True)):
        return short
    exact = [Fraction(float(x)) for x in row]
    top = int(np.argmax(row))
    exact[top] = Fraction(1) - sum((x for i, x in enumerate(exact) if i != top), Fraction(0))
    return tuple(exact)


def exact(cases: Cases, i: int) -> ExactCase:
    """Case i in fractions: the binary values of its floats, rows closed to sum 1; T and t by their shortest decimals."""
    d = None if cases.d is None else tuple(Fraction(float(x)) for x in cases.d[i])
    return ExactCase(
        tuple(_closed(row) for row in cases.P[i]),
        _closed(cases.w[i]),
        int(cases.k[i]),
        _short(cases.t[i]),
        _short(cases.T1[i]),
        _short(cases.T[i]),
        d,
    )


def _short(x) -> Fraction:
    return Fraction(repr(float(x)))
