"""Exact points at which claims are looked at: a fixed, seeded choice on each part of the domain, ties and zeros among them.

It knows domains and sizes, no operator.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from fractions import Fraction

from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import rational
from axiomkd.verify.values import Point

SIZES = ((2, 2), (2, 3), (3, 2), (3, 3), (4, 3))
TEMPERATURES = (Fraction(2), Fraction(1, 2), Fraction(3))
SEED = 20260
INSIDE, ON_FACES, TIED = 3, 8, 2  # points a size
PATTERNS = 64  # of zeros, a size
FEW = 4  # teachers or classes up to which every pattern of zeros is written down

Rows = tuple[tuple[Fraction, ...], ...]


def inside(size: tuple[int, int]) -> list[Point]:
    """Interior points: some at random, some with equal entries and weights, one with a class on which all agree."""
    rng = random.Random(f"{SEED} {size}")
    out = []
    for n in range(INSIDE + TIED):
        most = 20 if n < INSIDE else 2
        out.append(_point(*_odds(rng, size, most), T=TEMPERATURES[n % len(TEMPERATURES)]))
    return [*out, _with_one_class_in_common(size)]


def _with_one_class_in_common(size: tuple[int, int]) -> Point:
    """All teachers give the first class the same probability, and disagree on the others."""
    K, C = size
    others = [3**i for i in range(C - 1)]
    rows = [[sum(others), *others[k % (C - 1) :], *others[: k % (C - 1)]] for k in range(K)]
    return _point(rows, [1] * K, T=TEMPERATURES[0])


def with_zero_weights(size: tuple[int, int]) -> list[Point]:
    """Interior P; weights with every pattern of zeros, the vertices among them: of many teachers, some patterns only."""
    rng = random.Random(f"{SEED} w {size}")
    out = []
    for pattern in _zeros_of_weights(rng, size[0]):
        P, w = _odds(rng, size, 9)
        out.append(_point(P, [a * b for a, b in zip(w, pattern, strict=True)]))
    return out


def _zeros_of_weights(rng: random.Random, K: int) -> list[tuple[int, ...]]:
    """Which weights are not 0. All patterns of few teachers; of more, the first and last vertices, what lacks one teacher,
    and some at random: there are 2^K."""
    if K <= FEW:
        return [p for p in itertools.product((0, 1), repeat=K) if 0 < sum(p) < K]
    ends = (0, 1, K - 1)
    out = [tuple(int(j == k) for j in range(K)) for k in ends] + [tuple(int(j != k) for j in range(K)) for k in ends]
    drawn = [tuple(rng.randint(0, 1) for _ in range(K)) for _ in range(2**FEW - len(out))]
    return list(dict.fromkeys([*out, *(p for p in drawn if 0 < sum(p) < K)]))


def with_zeros_in_a_row(size: tuple[int, int]) -> list[Point]:
    """Interior weights; one row with zeros, each one-hot row among them, the others positive."""
    rng = random.Random(f"{SEED} rows {size}")
    K, C = size
    out = []
    for k, pattern in itertools.product(range(K), [tuple(int(i == j) for i in range(C)) for j in range(C)]):
        for zeros in (pattern, _some(rng, C)):
            P, w = _odds(rng, size, 9)
            P[k] = [a * b for a, b in zip(P[k], zeros, strict=True)]
            out.append(_point(P, w))
    return out


def on_faces(size: tuple[int, int], count: int = ON_FACES) -> list[Point]:
    """Points with zeros in P, in w, or in both, by patterns: all of them where there are few, else some at random."""
    rng = random.Random(f"{SEED} faces {size}")
    patterns = list(itertools.islice(_patterns(rng, size), count))
    out = []
    for rows, weights in patterns:
        P, w = _odds(rng, size, 9)
        out.append(
            _point(
                [[a * b for a, b in zip(row, zeros, strict=True)] for row, zeros in zip(P, rows, strict=True)],
                [a * b for a, b in zip(w, weights, strict=True)],
            )
        )
    return out


def _patterns(rng: random.Random, size: tuple[int, int]):
    K, C = size
    if C <= FEW and K <= FEW:
        row = [z for z in itertools.product((0, 1), repeat=C) if any(z)]
        own = [z for z in itertools.product((0, 1), repeat=K) if any(z)]
        if len(row) ** K * len(own) <= PATTERNS:
            every = [(rows, w) for rows in itertools.product(row, repeat=K) for w in own]
            rng.shuffle(every)
            yield from every
            return
    seen = set()
    for _ in range(20 * PATTERNS):
        one = tuple(_some(rng, C) for _ in range(K)), _some(rng, K)
        if one not in seen:
            seen.add(one)
            yield one


def _some(rng: random.Random, n: int) -> tuple[int, ...]:
    """A pattern of zeros that is not all zeros."""
    out = [rng.randint(0, 1) for _ in range(n)]
    if not any(out):
        out[rng.randrange(n)] = 1
    return tuple(out)


def _odds(rng: random.Random, size: tuple[int, int], most: int) -> tuple[list[list[int]], list[int]]:
    K, C = size
    return [[rng.randint(1, most) for _ in range(C)] for _ in range(K)], [rng.randint(1, most) for _ in range(K)]


def _point(P: Sequence[Sequence[int]], w: Sequence[int], T: Fraction = Fraction(1)) -> Point:
    rows = [[Fraction(x, sum(row)) for x in row] for row in P]
    Ts = object_array([T * TEMPERATURES[k % len(TEMPERATURES)] for k in range(len(w))])
    return Point(object_array(rows), object_array([Fraction(x, sum(w)) for x in w]), rational(T), Ts)
