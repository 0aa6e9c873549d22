"""The sizes at which a formula is held against its operator, far beyond the smallest; and the exact points at each.

Counters of eight bits wrap at 128 and 256 and are met from both sides; many teachers, many classes, and both at once. It
knows sizes and points, no operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

import numpy as np

from axiomkd.core.scope import AtSizes, ForEvery, Scope
from axiomkd.tracing import numbers
from axiomkd.verify.arrays import FLOAT, Points

Size = tuple[int, int]

FACTORS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3))  # of one teacher's temperature after the other

TEACHERS, CLASSES = range(2, 65), range(2, 41)
POWERS = tuple(2**n + d for n in range(6, 11) for d in (-1, 0, 1) if 40 < 2**n + d <= 1025)
LARGE = (300, 601, 602, 700, 999, 1000)
MIXED = ((5, 100), (7, 40), (9, 257), (16, 16), (17, 33), (31, 130), (3, 1000), (64, 64), (40, 129))
RUN = ((2, 2), (2, 3), (3, 2), (4, 3), (7, 3), (2, 130), (3, 258), (2, 1000), (64, 5))  # really run, compiled
RUN_ALONE = tuple((2, C) for C in (5, 9, 17, 33, 129, 257, 513, 602, 1025)) + ((17, 3), (33, 3), (6, 3), (5, 3))
FEW_NUMBERS = 200  # K*C up to which every kind of point is looked at
MOST_SIZES = 40  # of an axis that the operator names


def sizes(supports, scope: Scope, declared: tuple[Sequence[int] | None, Sequence[int] | None]) -> list[Size]:
    """The sizes of a scope that are looked at, the smaller first."""
    if isinstance(scope, AtSizes):
        found = list(scope.sizes)
        return [size for size in found if supports(*size)]
    Ks, Cs = _axis(declared[0], scope, "K"), _axis(declared[1], scope, "C")
    every = [(K, C) for K in (Ks or TEACHERS) for C in (Cs[:2] if Cs else (3,))]
    every += [(K, C) for C in (Cs or (*CLASSES, *POWERS, *LARGE)) for K in (Ks[:2] if Ks else (2,))]
    every += [(3, 2), (4, 2), (5, 4)]
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
    listed = isinstance(scope, ForEvery) and scope.axis == axis  # each is a part of what is claimed
    return some if listed or len(some) <= MOST_SIZES else [*some[: MOST_SIZES // 2], *some[-MOST_SIZES // 2 :]]


@dataclass(frozen=True, eq=False)
class Exact:
    """An exact point: numerators P (K, C) over the rows' totals, w (K,) over its own, and T. `inside` is of P, `whole` of w:
    whether all are above 0. `plain` has neither ties nor tiny entries."""

    P: np.ndarray
    w: np.ndarray
    T: Fraction
    plain: bool = False
    tied: bool = False

    @cached_property
    def Ts(self) -> list[Fraction]:
        """A temperature for each teacher."""
        return [self.T * FACTORS[k % len(FACTORS)] for k in range(len(self.w))]

    @cached_property
    def inside(self) -> bool:
        return bool((self.P > 0).all())

    @cached_property
    def whole(self) -> bool:
        return bool((self.w > 0).all())

    def balls(self, bits: int) -> tuple[np.ndarray, np.ndarray]:
        """P and w as arrays of narrow balls around the exact numbers; what is 0 or 1 stays exact."""
        with numbers.precision(bits):
            return tuple(np.frompyfunc(_ball, 1, 1)(x) for x in self.exact)  # type: ignore[return-value]

    @cached_property
    def exact(self) -> tuple[np.ndarray, np.ndarray]:
        """P and w as arrays of exact numbers."""
        rows, w = _numbers(self.P), _numbers(self.w)
        totals = _numbers(self.P.sum(1))
        return rows / totals[:, None], w / _numbers(self.w.sum()[None])[0]


def _ball(x: numbers.Number) -> numbers.Number:
    return x if x in (0, 1) else numbers.ball(x)


def _numbers(x: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, dtype=object)
    out[...] = np.reshape([_number(int(n)) for n in x.flat], x.shape) if x.size > 1 else _number(int(x.flat[0]))
    return out


@cache
def _number(n: int) -> numbers.Number:
    return numbers.rational(n)


def points(size: Size, *, closed: bool) -> list[Exact]:
    """Exact points of a size: at random, with ties, near a vertex of the weights, with tiny probabilities; with `closed` some
    with zeros too. Fewer of large sizes, chosen in turn."""
    rng = np.random.default_rng((size[0], size[1], 7))
    kinds = [_tied, _near_vertex, _tiny, *([_zero_weights, _faces] if closed else [])]
    if size[0] * size[1] > FEW_NUMBERS:
        kinds = [kinds[int(rng.integers(len(kinds)))]]
    return [_generic(rng, *size), *(kind(rng, *size) for kind in kinds)]


def _generic(rng: np.random.Generator, K: int, C: int) -> Exact:
    return Exact(rng.integers(1, 98, (K, C)), rng.integers(1, 98, K), _temperature(rng), plain=True)


def _temperature(rng: np.random.Generator) -> Fraction:
    return (Fraction(2), Fraction(1, 2), Fraction(3))[int(rng.integers(3))]


def _dyadic(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Equal entries and fractions with a power of two below the bar: sums of these are exact in floats, so ties stay ties."""
    odds = rng.integers(1, 3, shape)
    for row in odds.reshape(-1, shape[-1]):
        total = 1 << (int(row.sum()) - 1).bit_length()
        row[rng.integers(len(row))] += total - row.sum()
    return odds


def _tied(rng: np.random.Generator, K: int, C: int) -> Exact:
    P = _dyadic(rng, K, C)
    if rng.random() < 0.5:
        P[-1] = P[0]
    return Exact(P, _dyadic(rng, K), _temperature(rng), tied=True)


def _heaped(odds: np.ndarray, place: int, scale: int) -> np.ndarray:
    """Nearly everything at one place: all but 1/scale, which the others share as before."""
    out = odds.copy()
    out[place] += (scale - 1) * odds.sum()
    return out


def _near_vertex(rng: np.random.Generator, K: int, C: int) -> Exact:
    at = _generic(rng, K, C)
    return Exact(at.P, _heaped(at.w, int(rng.integers(K)), 10**6), at.T)


def _tiny(rng: np.random.Generator, K: int, C: int) -> Exact:
    at = _generic(rng, K, C)
    return Exact(np.stack([_heaped(row, int(rng.integers(C)), 10**12) for row in at.P]), at.w, at.T)


def _zeros(rng: np.random.Generator, *shape: int) -> np.ndarray:
    odds = rng.integers(1, 10, shape) * rng.integers(0, 2, shape)
    for row in odds.reshape(-1, shape[-1]):
        row[rng.integers(len(row))] += 1
    return odds


def _zero_weights(rng: np.random.Generator, K: int, C: int) -> Exact:
    return Exact(rng.integers(1, 98, (K, C)), _zeros(rng, K), _temperature(rng), tied=True)


def _faces(rng: np.random.Generator, K: int, C: int) -> Exact:
    return Exact(_zeros(rng, K, C), _zeros(rng, K), _temperature(rng), tied=True)


def floats(several: Sequence[Exact]) -> Points:
    """Exact points of one size in extended floats."""
    P, w = (np.array([x.astype(FLOAT) for x in xs]) for xs in zip(*((at.P, at.w) for at in several), strict=True))
    T = np.array([FLOAT(at.T.numerator) / FLOAT(at.T.denominator) for at in several])
    Ts = np.array([[FLOAT(t.numerator) / FLOAT(t.denominator) for t in at.Ts] for at in several])
    return Points(P / P.sum(-1, keepdims=True), w / w.sum(-1, keepdims=True), T, Ts)


def doubles(several: Sequence[Exact]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact points of one size in float64."""
    P, w = (np.array([x.astype(float) for x in xs]) for xs in zip(*((at.P, at.w) for at in several), strict=True))
    return P / P.sum(-1, keepdims=True), w / w.sum(-1, keepdims=True), np.array([float(at.T) for at in several])
