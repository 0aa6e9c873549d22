"""Whether NumPy code means the same on exact numbers as on floats: both runs, held against each other at many points.

Code branches on dtypes, catches exceptions, calls what does nothing on objects; then the exact run is of another
function. Where the two part for any reason but rounding, the run is not called exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from axiomkd.core.errors import Misbehaviour
from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import object_array
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported

SIZES = ((2, 2), (2, 3), (3, 2), (3, 3), (2, 5), (4, 3))
CLOSE = 1e-6  # relative; far above the rounding of float64, far below what another function differs by
SHAKES = 12

Exact = Callable[[np.ndarray, np.ndarray], np.ndarray]
Floats = Callable[[np.ndarray, np.ndarray], np.ndarray]


def disagreement(
    exact: Exact, floats: Floats, supports: Callable[[int, int], bool], first: tuple[int, int], inner: bool
):
    """One clause on where A on exact numbers, P (K, C) and w (K,), is not A on float batches; "" where it is everywhere.

    `inner`: no point on a face is tried.
    """
    sizes = [size for size in dict.fromkeys((first, *SIZES)) if supports(*size) and size[0] * size[1] <= 16]
    for K, C in sizes:
        for P, w, face in _points(K, C):
            if face and inner:
                continue
            found = _at(exact, floats, P, w, face)
            if found:
                return f"on exact numbers its NumPy code is another function than on floats {found}, K = {K}, C = {C}"
    return ""


def _points(K: int, C: int) -> Iterator[tuple[list[list[int]], list[int], bool]]:
    """P and w in odds, and whether a zero is among them."""
    rng = np.random.default_rng((K, C, 17))

    def odds(*shape: int) -> list:
        return rng.integers(1, 12, shape).tolist()

    for _ in range(2):
        yield odds(K, C), odds(K), False
    yield [odds(C)] * K, [1] * K, False
    yield [[1] * C] * K, odds(K), False
    yield [[*row[1:], row[0]] for row in [odds(C)] for _ in range(K)], odds(K), False
    for k in range(2):
        P = odds(K, C)
        P[k][rng.integers(C)] = 0
        yield P, odds(K), True
    P = odds(K, C)
    for row in P:
        row[0] = 0
    yield P, odds(K), True
    yield [[int(i == k % C) for i in range(C)] for k in range(K)], odds(K), True
    yield odds(K, C), [0, *odds(K - 1)], True
    yield odds(K, C), [int(k == K - 1) for k in range(K)], True


def _at(exact: Exact, floats: Floats, odds_P: list, odds_w: list, face: bool) -> str:
    P = object_array([[Fraction(x, sum(row)) for x in row] for row in odds_P])
    w = object_array([Fraction(x, sum(odds_w)) for x in odds_w])
    try:
        truth = np.array([numbers.to_float(x) for x in exact(P, w)])
        near_P, near_w = _shaken(_floats(P)), _shaken(_floats(w))
        seen = floats(near_P[:1], near_w[:1])[0]
        if _alike(truth, seen) or (not face and not np.isfinite(seen).all()):
            return ""  # an overflow at an interior point is a defect of the computation, told elsewhere
        # Two numbers that are equal may round either way, and what chooses between them then does so by chance.
        several = floats(near_P, near_w)
    except (Undecided, Unsupported, Misbehaviour):
        return ""
    if any(_alike(truth, q) for q in several) or _scattered(several):
        return ""
    return f"(P in odds {odds_P}, w {odds_w})"


def _floats(x: np.ndarray) -> np.ndarray:
    return np.array([numbers.to_float(one) for one in x.flat]).reshape(x.shape)


def _shaken(x: np.ndarray) -> np.ndarray:
    """The point, and copies with every number moved by units in the last place."""
    by = np.random.default_rng(19).integers(-2, 3, (SHAKES, *x.shape)) * np.spacing(x)
    by[0] = 0
    return np.where(x > 0, x + by, x)


def _alike(truth: np.ndarray, q: np.ndarray) -> bool:
    """Undefined at the same entries, and near elsewhere."""
    if q.shape != truth.shape or not np.array_equal(np.isfinite(truth), np.isfinite(q)):
        return False
    return bool(np.allclose(truth[np.isfinite(truth)], q[np.isfinite(q)], rtol=CLOSE, atol=CLOSE))


def _scattered(several: np.ndarray) -> bool:
    finite = several[np.isfinite(several).all(-1)]
    return len(finite) > 1 and bool(np.ptp(finite, axis=0).max() > 1e3 * CLOSE)
