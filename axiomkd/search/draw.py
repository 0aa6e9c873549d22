"""Numbers inside a structure: panels, weights, tilts and temperatures of one kind, B at a time, with NumPy.

Each kind aims at a corner that flat sampling misses. A kind is a function in a table; the search draws its name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from axiomkd.core.case import Cases
from axiomkd.core.extras import shares
from axiomkd.core.tolerances import TINY

Rng = np.random.Generator


def _dirichlet(rng: Rng, shape: tuple[int, ...], low: float = -2, high: float = 2) -> np.ndarray:
    """Rows of mixed concentration 10^low … 10^high: exponentials raised to a power, near enough to Dirichlet and faster."""
    spread = 10.0 ** rng.uniform(low, high, (*shape[:-1], 1))
    x = rng.standard_exponential(shape) ** (1 / spread)
    return shares(np.maximum(x / x.max(-1, keepdims=True), 1e-30))


# --- panels: (B, K, C) -----------------------------------------------------------------------------------------------------


def _mixture(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    return _dirichlet(rng, (B, K, C))


def _flat(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    return shares(rng.standard_exponential((B, K, C)))


def _sharp(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Near the vertices: one class takes nearly all, the rest between 1e-12 and 1e-1."""
    rest = 10.0 ** rng.uniform(-12, -1, (B, K, C))
    at = rng.integers(0, C, (B, K, 1))
    np.put_along_axis(rest, at, 1.0, -1)
    return shares(rest)


def _near_ties(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """The two largest entries of each row nearly equal."""
    P = _dirichlet(rng, (B, K, C), -1, 1)
    a, b = rng.integers(0, C, (2, B, K, 1))
    top = P.max(-1, keepdims=True)
    np.put_along_axis(P, a, top, -1)
    np.put_along_axis(P, b, top * (1 + 10.0 ** rng.uniform(-9, -2, (B, K, 1)) * rng.choice([-1, 1], (B, K, 1))), -1)
    return shares(P)


def _equal_rows(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    return np.repeat(_dirichlet(rng, (B, 1, C)), K, axis=1)


def _nearly_equal_rows(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    P = np.repeat(_dirichlet(rng, (B, 1, C), -1, 1), K, axis=1)
    scale = 10.0 ** rng.uniform(-7, -1, (B, 1, 1))
    return shares(P * (1 + scale * rng.uniform(-1, 1, P.shape)))


def _tiny(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Some probabilities between 1e-100 and 1e-6; or all but two of a row alike, where what is added to each, lest its logarithm
    be infinite, adds up."""
    P = _flat(rng, B, K, C)
    small = rng.random(P.shape) < 0.4
    small[..., 0] &= rng.random((B, K)) < 0.5
    keep = rng.integers(0, C, (B, K, 1))
    np.put_along_axis(small, keep, False, -1)
    apart = np.where(small, np.maximum(10.0 ** rng.uniform(-100, -6, P.shape), TINY), P)
    return shares(np.where(rng.random((B, 1, 1)) < 0.5, apart, _alike(rng, B, K, C)))


def _alike(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """A sure class a row, the same for all or not; one that is the same for all; the rest of a row at one scale."""
    P = np.repeat(10.0 ** rng.uniform(-16, -1, (B, K, 1)), C, axis=2)
    np.put_along_axis(
        P, np.repeat(rng.integers(0, C, (B, 1, 1)), K, axis=1), 10.0 ** rng.uniform(-16, -1, (B, K, 1)), -1
    )
    sure = np.where(rng.random((B, 1, 1)) < 0.5, rng.integers(0, C, (B, 1, 1)), rng.integers(0, C, (B, K, 1)))
    np.put_along_axis(P, sure, 1.0, -1)
    return P


def _near_uniform(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    scale = 10.0 ** rng.uniform(-6, -0.5, (B, K, 1))
    return shares(1 + scale * rng.uniform(-1, 1, (B, K, C)))


def _permuted(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """One row and permutations of it."""
    row = _dirichlet(rng, (B, 1, C), -1, 1)
    order = np.argsort(rng.random((B, K, C)), axis=-1)
    return np.take_along_axis(np.repeat(row, K, axis=1), order, -1)


def _shared_class(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Teachers at odds on most classes and of one mind on one: where geometric means lift a class above every teacher."""
    P = _sharp(rng, B, K, C) if rng.random() < 0.5 else _dirichlet(rng, (B, K, C), -1.5, 0.5)
    shared = 10.0 ** rng.uniform(-4, -0.3, (B, 1))
    P = shares(np.concatenate([P[..., :-1], np.full((B, K, 1), 1e-12)], -1)) if C > 1 else P
    P = P * (1 - shared[..., None])
    P[..., -1] = shared
    return shares(P)


def _contested(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """On one class two or more teachers nearly tie for the highest; what else they say is far apart."""
    P = _dirichlet(rng, (B, K, C), -1, 1)
    i = rng.integers(0, C, (B, 1, 1))
    top = rng.uniform(0.02, 0.7, (B, 1))
    below = np.where(rng.random((B, K)) < 0.6, 10.0 ** rng.uniform(-4, -0.7, (B, K)), rng.random((B, K)))
    np.put_along_axis(P, np.broadcast_to(i, (B, K, 1)), 0.0, -1)
    P = np.maximum(P, 1e-12)
    entry = (top * (1 - below))[..., None]
    P = shares(P) * (1 - entry)
    np.put_along_axis(P, np.broadcast_to(i, (B, K, 1)), entry, -1)
    return shares(P)


def _fractions(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Small whole odds: exact ties come for free."""
    return shares(rng.integers(1, 10, (B, K, C)).astype(float))


def _faces(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Some entries exactly zero."""
    P = _dirichlet(rng, (B, K, C), -1, 1)
    zero = rng.random(P.shape) < rng.uniform(0.1, 0.8, (B, 1, 1))
    np.put_along_axis(zero, rng.integers(0, C, (B, K, 1)), False, -1)
    return shares(np.where(zero, 0.0, P))


def _fractions_on_faces(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """Small whole odds, zeros among them: rows whose partial sums meet."""
    odds = rng.integers(0, 3, (B, K, C)).astype(float)
    np.put_along_axis(odds, rng.integers(0, C, (B, K, 1)), 1.0, -1)
    return shares(odds)


def _vertices(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """One-hot rows, beside ordinary ones."""
    hot = np.eye(C)[rng.integers(0, C, (B, K))]
    return np.where(rng.random((B, K, 1)) < 0.7, hot, _dirichlet(rng, (B, K, C), -1, 1))


def _one_peak(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """One class of a row apart from all others, which are alike; the same class for all teachers, or not; some rows uniform."""
    P = np.ones((B, K, C))
    peak = 10.0 ** rng.uniform(0, 6, (B, K, 1))
    at = np.where(rng.random((B, 1, 1)) < 0.5, rng.integers(0, C, (B, 1, 1)), rng.integers(0, C, (B, K, 1)))
    np.put_along_axis(P, at, np.where(rng.random((B, K, 1)) < 0.25, 1.0, peak), -1)
    return shares(P)


def _split(rng: Rng, B: int, K: int, C: int) -> np.ndarray:
    """All teachers between the same two classes, and of different minds how much is left for the others: who prefers one of the
    two may still give the other more than its friends do."""
    P = _dirichlet(rng, (B, K, C), -1, 1)
    i, j = rng.permuted(np.tile(np.arange(C), (B, 1)), axis=1)[:, :2].T[..., None, None]
    for at in (i, j):
        np.put_along_axis(P, np.broadcast_to(at, (B, K, 1)), 0.0, -1)
    left = rng.uniform(0.0, 0.3, (B, K, 1)) * (C > 2)
    part = 0.5 + 10.0 ** rng.uniform(-3, -0.7, (B, K, 1)) * rng.choice([-1, 1], (B, K, 1)) / 2
    P = left * P / np.maximum(P.sum(-1, keepdims=True), TINY)
    np.put_along_axis(P, np.broadcast_to(i, (B, K, 1)), (1 - left) * part, -1)
    np.put_along_axis(P, np.broadcast_to(j, (B, K, 1)), (1 - left) * (1 - part), -1)
    return shares(P)


PANELS: dict[str, Callable[[Rng, int, int, int], np.ndarray]] = {
    "mixture": _mixture,
    "flat": _flat,
    "sharp": _sharp,
    "near ties": _near_ties,
    "equal rows": _equal_rows,
    "nearly equal rows": _nearly_equal_rows,
    "tiny": _tiny,
    "near uniform": _near_uniform,
    "permuted": _permuted,
    "shared class": _shared_class,
    "contested": _contested,
    "fractions": _fractions,
    "faces": _faces,
    "fractions on faces": _fractions_on_faces,
    "vertices": _vertices,
}
ONE_PEAK = "one peak"
"""No kind of `PANELS`, which are drawn at every size: it is worth its cost with many classes alone."""
SPLIT = "split"
"""Nor is this: worth its cost where few cases are drawn, and code that chooses is to be met all the same."""
_KINDS = {**PANELS, ONE_PEAK: _one_peak, SPLIT: _split}


# --- weights: (B, K) -------------------------------------------------------------------------------------------------------


def _weights_mixture(rng: Rng, B: int, K: int) -> np.ndarray:
    return _dirichlet(rng, (B, K))


def _near_vertex(rng: Rng, B: int, K: int) -> np.ndarray:
    """Nearly all the weight on one teacher."""
    w = shares(rng.standard_exponential((B, K))) * 10.0 ** rng.uniform(-9, -1, (B, 1))
    np.put_along_axis(w, rng.integers(0, K, (B, 1)), 1.0, -1)
    return shares(w)


def _some_zero(rng: Rng, B: int, K: int) -> np.ndarray:
    w = shares(rng.standard_exponential((B, K)))
    zero = rng.random((B, K)) < 0.4
    np.put_along_axis(zero, rng.integers(0, K, (B, 1)), False, -1)
    return shares(np.where(zero, 0.0, w))


def _equal(rng: Rng, B: int, K: int) -> np.ndarray:
    return np.full((B, K), 1 / K)


def _near_equal(rng: Rng, B: int, K: int) -> np.ndarray:
    return shares(1 + 10.0 ** rng.uniform(-7, -0.5, (B, 1)) * rng.uniform(-1, 1, (B, K)))


def _heavy_other(rng: Rng, B: int, K: int) -> np.ndarray:
    """One teacher heavy, the others comparable: raising a light one moves much."""
    w = rng.uniform(0.5, 2.0, (B, K))
    np.put_along_axis(w, rng.integers(0, K, (B, 1)), K * 10.0 ** rng.uniform(0, 1.3, (B, 1)), -1)
    return shares(w)


def _small_odds(rng: Rng, B: int, K: int) -> np.ndarray:
    return shares(rng.integers(1, 6, (B, K)).astype(float))


WEIGHTS: dict[str, Callable[[Rng, int, int], np.ndarray]] = {
    "mixture": _weights_mixture,
    "near a vertex": _near_vertex,
    "some zero": _some_zero,
    "equal": _equal,
    "nearly equal": _near_equal,
    "heavy other": _heavy_other,
    "small odds": _small_odds,
}

# --- tilts and temperatures: (B,) ------------------------------------------------------------------------------------------

TILTS: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "uniform": lambda rng, B: rng.uniform(0.01, 1, B),
    "small": lambda rng, B: 10.0 ** rng.uniform(-4, -1, B),
    "to the vertex": lambda rng, B: np.where(rng.random(B) < 0.5, 1.0, 1 - 10.0 ** rng.uniform(-6, -1, B)),
}

# Factors by which T differs from T1, as powers of e; clipped to the softener's range.
TEMPERATURES: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "wide": lambda rng, B: rng.uniform(-2.0, 4.1, B),
    "close": lambda rng, B: 10.0 ** rng.uniform(-4, -0.5, B) * rng.choice([-1, 1], B),
    "halves": lambda rng, B: np.log(rng.choice([1 / 8, 1 / 4, 1 / 3, 1 / 2, 2.0, 3.0, 4.0, 8.0, 64.0], B)),
    "far": lambda rng, B: rng.choice([-1, 1], B) * rng.uniform(1.5, 4.15, B),
}


def temperatures(
    rng: Rng, B: int, kind: str, lowest: float, highest: float, pairs: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(T1, T), both in [lowest, highest] and different. `pairs` False: T1 = 1, which covers every pair (a semigroup)."""
    factor = TEMPERATURES[kind](rng, B)
    if not pairs:
        T = np.exp(np.where(lowest >= 1, np.abs(factor), factor))
        return np.ones(B), _apart(np.ones(B), np.clip(T, lowest, highest), highest)
    T1 = np.exp(rng.uniform(np.log(lowest), np.log(highest), B))
    T1 = np.where(rng.random(B) < 0.3, np.clip(1.0, lowest, highest), T1)
    return T1, _apart(T1, np.clip(T1 * np.exp(factor), lowest, highest), highest)


def _apart(T1: np.ndarray, T: np.ndarray, highest: float) -> np.ndarray:
    return np.where(T == T1, np.where(T1 * 2 <= highest, T1 * 2, T1 / 2), T)


def draw(
    key: int,
    B: int,
    size: tuple[int, int],
    *,
    panel: str,
    weights: str,
    temperature: str,
    tilt: str,
    temperatures_in: tuple[float, float],
    pairs: bool,
    interior: bool,
) -> Cases:
    """B cases of one structure. `interior` keeps zeros out (an operator declared for the interior)."""
    rng = np.random.Generator(np.random.SFC64(key))
    K, C = size
    P, w = _KINDS[panel](rng, B, K, C), WEIGHTS[weights](rng, B, K)
    t = TILTS[tilt](rng, B)
    if interior:
        P, w, t = shares(np.maximum(P, TINY)), shares(np.maximum(w, 1e-12)), np.minimum(t, 1 - 1e-9)
    T1, T = temperatures(rng, B, temperature, *temperatures_in, pairs)
    return Cases(P, w, rng.integers(0, K, B), t, T1, T, label=f"{panel}, weights {weights}")
