"""The sizes at which a formula is held against its operator, far beyond the smallest; and the exact points at each.

Counters of eight bits wrap at 128 and 256 and are met from both sides; many teachers, many classes, and both at once. It
knows sizes and points, no operator.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from axiomkd.core.scope import AtSizes, ForEvery, Scope
from axiomkd.verify.arrays import FLOAT, Points

Size = tuple[int, int]
Row = tuple[Fraction, ...]
Exact = tuple[tuple[Row, ...], Row, Fraction]

TEACHERS, CLASSES = range(2, 65), range(2, 41)
POWERS = tuple(2**n + d for n in range(6, 11) for d in (-1, 0, 1) if 40 < 2**n + d <= 1025)
LARGE = (300, 601, 602, 700, 999, 1000)
MIXED = ((5, 100), (7, 40), (9, 257), (16, 16), (17, 33), (31, 130), (3, 1000), (64, 64), (40, 129))
RUN = ((2, 2), (2, 3), (3, 2), (4, 3), (7, 3), (2, 130), (3, 258), (2, 1000), (64, 5))  # really run, compiled
FEW_NUMBERS = 200  # K*C up to which every kind of point is looked at
MOST_SIZES = 40  # of those that a certificate lists
TILT = Fraction(1, 10**6)


def sizes(supports, scope: Scope, declared: tuple[Sequence[int] | None, Sequence[int] | None]) -> list[Size]:
    """The sizes of a scope that are looked at, the smaller first."""
    if isinstance(scope, AtSizes):
        found = list(scope.sizes)
        return [size for size in (*found[: MOST_SIZES // 2], *found[-MOST_SIZES // 2 :]) if supports(*size)]
    Ks, Cs = _axis(declared[0], scope, "K"), _axis(declared[1], scope, "C")
    every = [(K, C) for K in (Ks or TEACHERS) for C in (Cs[:2] if Cs else (2, 3))]
    every += [(K, C) for C in (Cs or (*CLASSES, *POWERS, *LARGE)) for K in (Ks[:2] if Ks else (2,))]
    every += MIXED
    if Ks and not Cs:
        every += [(K, C) for K in Ks for C in (2, 3, 5, 130, 1000)]
    if Cs and not Ks:
        every += [(K, C) for C in Cs for K in (2, 3, 5, 64)]
    found = [size for size in dict.fromkeys(every) if 2 <= size[0] and supports(*size) and scope.covers(*size)]
    return sorted(found, key=lambda size: (size[0] * size[1], size))


def _axis(declared: Sequence[int] | None, scope: Scope, axis: str) -> list[int]:
    """The values of an axis, where they are limited: at most so many of them, the ends among them."""
    values = scope.values if isinstance(scope, ForEvery) and scope.axis == axis else declared
    some = sorted(n for n in values if n >= 2) if values else []
    return some if len(some) <= MOST_SIZES else [*some[: MOST_SIZES // 2], *some[-MOST_SIZES // 2 :]]


def points(size: Size, *, faces: bool, zero_weights: bool) -> list[Exact]:
    """Exact points of a size: at random, with ties, near a vertex of the weights, with tiny probabilities; and with zeros where
    the claim speaks of them. Fewer of large sizes, chosen in turn."""
    rng = random.Random(f"wide {size}")
    kinds = [_generic, _tied, _near_vertex, _tiny]
    kinds += [_zero_weights] if zero_weights else []
    kinds += [_faces] if faces else []
    if size[0] * size[1] > FEW_NUMBERS:
        kinds = [_generic, kinds[1 + rng.randrange(len(kinds) - 1)]]
    return [kind(rng, *size) for kind in kinds]


def _odds(odds: Sequence[int]) -> Row:
    total = sum(odds)
    return tuple(Fraction(x, total) for x in odds)


def _at(rows: list[Row], w: Row, rng: random.Random) -> Exact:
    return tuple(rows), w, rng.choice((Fraction(2), Fraction(1, 2), Fraction(3)))


def _generic(rng: random.Random, K: int, C: int) -> Exact:
    return _at([_odds([rng.randint(1, 97) for _ in range(C)]) for _ in range(K)], _odds([rng.randint(1, 97) for _ in range(K)]), rng)


def _dyadic(rng: random.Random, n: int) -> Row:
    """Equal entries and fractions with a power of two below the bar: sums of these are exact in floats, so ties stay ties."""
    odds = [rng.randint(1, 2) for _ in range(n)]
    total = 1 << (sum(odds) - 1).bit_length()
    odds[rng.randrange(n)] += total - sum(odds)
    return tuple(Fraction(x, total) for x in odds)


def _tied(rng: random.Random, K: int, C: int) -> Exact:
    rows = [_dyadic(rng, C) for _ in range(K)]
    if rng.random() < 0.5:
        rows[-1] = rows[0]
    return _at(rows, _dyadic(rng, K), rng)


def _near_vertex(rng: random.Random, K: int, C: int) -> Exact:
    P, w, T = _generic(rng, K, C)
    k = rng.randrange(K)
    return P, tuple((1 - TILT) * (j == k) + TILT * x for j, x in enumerate(w)), T


def _tiny(rng: random.Random, K: int, C: int) -> Exact:
    P, w, T = _generic(rng, K, C)
    rows = []
    for row in P:
        i = rng.randrange(C)
        rows.append(tuple((1 - TILT**2) * (j == i) + TILT**2 * x for j, x in enumerate(row)))
    return tuple(rows), w, T


def _zero_weights(rng: random.Random, K: int, C: int) -> Exact:
    P, _, T = _generic(rng, K, C)
    odds = [rng.randint(0, 1) * rng.randint(1, 9) for _ in range(K)]
    odds[rng.randrange(K)] += 1
    return P, _odds(odds), T


def _faces(rng: random.Random, K: int, C: int) -> Exact:
    rows = []
    for _ in range(K):
        odds = [rng.randint(0, 1) * rng.randint(1, 9) for _ in range(C)]
        odds[rng.randrange(C)] += 1
        rows.append(_odds(odds))
    return _at(rows, _zero_weights(rng, K, C)[1], rng)


def floats(several: Sequence[Exact]) -> Points:
    """Exact points of one size in extended floats."""

    def one(x: Fraction) -> FLOAT:
        return FLOAT(x.numerator) / FLOAT(x.denominator)

    P = np.array([[[one(x) for x in row] for row in P] for P, _, _ in several], dtype=FLOAT)
    w = np.array([[one(x) for x in w] for _, w, _ in several], dtype=FLOAT)
    return Points(P, w, np.array([one(T) for _, _, T in several], dtype=FLOAT))
