"""Where aggregates break: base points with ties and zeros, and the ways into each of them.

Everything is in whole odds, so that a point is as exact as it is a float: row k of a base is P_k / ΣP_k, and a way into
it is (P + ε·P1 + ε²·P2 + ε³·P3) / ΣP, where the rows of each Pn sum to 0 and a zero of P moves up. Knows no operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from axiomkd.core.shapes import Each, ManyWeights, Panel, Panels, Rows, Weights
from axiomkd.tracing.arrays import full
from axiomkd.tracing.numbers import ONE, Number, fmpq  # type: ignore[attr-defined]

RATES = np.array([1, 1, 2, 4, 9])
ORDERS = 3  # a way moves at ε, ε² and ε³: x³y/(x⁶ + y²) has a limit on no other curves
CURVED = 4  # ways into each place whose entries move at orders of their own
LARGEST = 6  # of the odds drawn at random: small numbers make small witnesses


@dataclass(frozen=True)
class Point:
    """An exact point of the domain: P (K, C) and w (K,), object arrays of exact numbers, and T where it matters."""

    P: Panel
    w: Weights
    T: Number | None = None


@dataclass(frozen=True)
class Places:
    """N base points in odds, simplest first, each with S ways into it: P (N, K, C), and what moves at ε, ε² and ε³,
    by_P (ORDERS, N, S, K, C); w and by_w alike."""

    P: Panels
    w: ManyWeights
    by_P: np.ndarray
    by_w: np.ndarray

    def __len__(self) -> int:
        return len(self.P)

    @property
    def ways(self) -> int:
        return self.by_P.shape[2]

    def interior(self) -> Each:
        """Which bases have no zero, (N,)."""
        return np.logical_and((self.P > 0).all(axis=(1, 2)), (self.w > 0).all(axis=1))

    def floats(self, epsilon: float | None) -> tuple[np.ndarray, np.ndarray]:
        """The bases (N, K, C), (N, K), or at an ε the points on every way, (N, S, K, C), (N, S, K)."""
        P, w, mass_P, mass_w = self.P, self.w, self.P.sum(-1)[..., None], self.w.sum(-1)[..., None]
        if epsilon is None:
            return P / mass_P, w / mass_w
        moved_P, moved_w = (
            odds[:, None] + sum(epsilon ** (n + 1) * move for n, move in enumerate(moves))
            for odds, moves in ((P, self.by_P), (w, self.by_w))
        )
        return moved_P / mass_P[:, None], moved_w / mass_w[:, None]

    def some(self, n: Any, way: Any, epsilon: Any) -> tuple[np.ndarray, np.ndarray]:
        """The float points at ε (…) on ways (…) into bases (…), which broadcast: (…, K, C), (…, K)."""
        e = epsilon[..., None]
        w = self.w[n] + sum(e ** (m + 1) * moves[n, way] for m, moves in enumerate(self.by_w))
        e = e[..., None]
        P = self.P[n] + sum(e ** (m + 1) * moves[n, way] for m, moves in enumerate(self.by_P))
        return P / self.P[n].sum(-1)[..., None], w / self.w[n].sum(-1)[..., None]

    def exact(self, n: int, way: int | None, epsilon: Number | None = None) -> Point:
        """Base n (way None), or the point on a way into it at an exact ε."""
        if way is None or epsilon is None:
            return Point(*(exact_rows(x) for x in (self.P[n], self.w[n])))
        return Point(
            _moved(self.P[n], self.by_P[:, n, way], epsilon),
            _moved(self.w[n], self.by_w[:, n, way], epsilon),
        )

    def name(self, n: int) -> str:
        """Base n in words and odds."""
        P = " | ".join(":".join(map(str, odds)) for odds in self.P[n]) if self.P[n].size <= 20 else "…"
        w = ":".join(map(str, self.w[n])) if self.w[n].size <= 10 else "…"
        return f"at the {'interior' if self.interior()[n] else 'boundary'} point P = {P}, w = {w} (in odds)"

    def apart(self, n: int, one: int | None, other: int | None) -> Number:
        """The distance ‖x − y‖₁ of two ways into base n, per ε and to first order; None is the base itself."""
        total = fmpq(0)
        for odds, moves in ((self.P[n], self.by_P[0, n]), (self.w[None, n], self.by_w[0, n][:, None])):
            zero = np.zeros_like(odds)
            difference = (zero if one is None else moves[one]) - (zero if other is None else moves[other])
            for row, mass in zip(np.abs(difference).sum(-1), odds.sum(-1), strict=True):
                total += fmpq(int(row), int(mass))
        return total

    def reach(self, n: int) -> int:
        """An m such that every way into base n is within 2^-j/2 of it in ‖·‖₁ at ε = 2^-(j+m), for j ≥ 0."""
        size_P = np.abs(self.by_P[:, n]).sum(axis=(0, 2, 3))
        size_w = np.abs(self.by_w[:, n]).sum(axis=(0, 2))
        return int((size_P + size_w).max()).bit_length() + 1


def exact_rows(odds: np.ndarray) -> np.ndarray:
    """Whole odds, normalised along the last axis, as exact fractions."""
    out = full(odds.shape, None)
    mass = odds.sum(-1, keepdims=True)
    for place in np.ndindex(*odds.shape):
        out[place] = fmpq(int(odds[place]), int(mass[(*place[:-1], 0)]))
    return out


def _moved(odds: np.ndarray, moves: np.ndarray, epsilon: Number) -> np.ndarray:
    out = full(odds.shape, None)
    mass, powers = odds.sum(-1, keepdims=True), [epsilon ** (n + 1) for n in range(len(moves))]
    for place in np.ndindex(*odds.shape):
        value = fmpq(int(odds[place]))
        for power, move in zip(powers, moves, strict=True):
            if move[place]:
                value += power * int(move[place])
        out[place] = value / int(mass[(*place[:-1], 0)])
    return out


def power_of_half(n: int) -> Number:
    return ONE / fmpq(2) ** n


# ---- base points


def draw(K: int, C: int, rng: np.random.Generator, count: int, *, boundary: bool) -> Places:
    """About `count` different bases, simplest first: interior ones, or ones with zeros too."""
    P, w = _bases(K, C, rng, count, boundary)
    order = np.argsort(P.sum(axis=(1, 2)) + w.sum(axis=1), kind="stable")
    P, w = P[order], w[order]
    ways = _ways_from_faces(P, w, rng) if boundary else _ways_inside(P, w, rng)
    return Places(P, w, *ways)


def interior_odds(K: int, C: int, rng: np.random.Generator, count: int) -> tuple[Panels, ManyWeights]:
    """Interior bases alone, P (N, K, C) and w (N, K) in odds."""
    rows = _row_palette(C)
    P = rows[rng.integers(len(rows), size=(count, K))]
    free = rng.random((count, K)) < 0.5
    P = np.where(free[..., None], rng.integers(1, LARGEST + 1, size=P.shape), P)
    same = rng.random(count) < 0.1
    P = np.where(same[:, None, None], P[:, :1], P)
    w = weights(P, rng)
    P[: len(rows)] = rows[:count, None]  # unanimous teachers, uniform ones first
    w[: len(rows)] = 1
    return P, w


def _row_palette(C: int) -> Rows:
    ones = np.ones(C, dtype=np.int64)
    first = np.minimum(np.arange(1, C + 1), LARGEST)
    rows = [ones, first, first[::-1], np.minimum(2 ** np.arange(min(C, 5))[np.arange(C) % 5 % C], 16)]
    for i in range(min(C, 4)):
        unit = (np.arange(C) == i).astype(np.int64)
        rows += [ones + unit, ones + 2 * unit, 2 * ones - unit, ones + unit + np.roll(unit, 1)]
    return np.unique(np.array(rows), axis=0)


def weights(P: Panels, rng: np.random.Generator) -> ManyWeights:
    """Weights (N, K) in odds for panels in odds: equal, one with half of all, small ones at random, and those that tie something
    of P."""
    N, K, C = P.shape
    kinds = [
        np.ones((N, K), dtype=np.int64),
        1 + (np.arange(K) == rng.integers(K, size=(N, 1))) * (K - 2 if K > 2 else 1),
        rng.integers(1, LARGEST, size=(N, K)),
        rng.integers(1, 3, size=(N, K)),
        _tie_confidence(P),
        _tie_pool(P, rng),
    ]
    choice = rng.choice(len(kinds), size=N, p=[0.2, 0.15, 0.2, 0.15, 0.15, 0.15])
    w = np.select([(choice == n)[:, None] for n in range(len(kinds))], kinds)
    w = w // np.gcd.reduce(w, axis=1)[:, None]
    return np.where((w.max(axis=1) > 10**6)[:, None], 1, w)


def _tie_confidence(P: np.ndarray) -> np.ndarray:
    """w_k ∝ 1 / max_i p_ki."""
    tops, masses = P.max(axis=2), P.sum(axis=2)
    common = np.lcm.reduce(tops, axis=1)[:, None] if P.shape[1] < 9 else np.ones_like(tops[:, :1])
    return masses * np.maximum(common // tops, 1)


def _tie_pool(P: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """w for which two classes of Σ w_k p_k tie, where some rows favour one and some the other."""
    N, K, C = P.shape
    i = rng.integers(C, size=N)
    j = (i + rng.integers(1, C, size=N)) % C if C > 1 else i
    lead = P[np.arange(N), :, i] - P[np.arange(N), :, j]
    masses = P.sum(axis=2)
    if K > 6:
        return np.ones_like(lead)
    common = np.lcm.reduce(masses, axis=1)[:, None]
    lead = lead * (common // masses)
    up, down = np.maximum(lead, 0).sum(axis=1)[:, None], np.maximum(-lead, 0).sum(axis=1)[:, None]
    w = np.where(lead > 0, down, np.where(lead < 0, up, np.maximum(up, 1)))
    return np.where((up > 0) & (down > 0), w, 1)


def _bases(K: int, C: int, rng: np.random.Generator, count: int, boundary: bool) -> tuple[Panels, ManyWeights]:
    P, w = interior_odds(K, C, rng, count)
    if boundary:
        P, w = _with_zeros(P, w, rng)
        known_P, known_w = _known_boundary(K, C)
        P, w = np.concatenate([known_P, P]), np.concatenate([known_w, w])
    both = np.concatenate([P.reshape(len(P), -1), w], axis=1)
    _, keep = np.unique(both, axis=0, return_index=True)
    keep = keep[(P[keep] == 0).any(axis=(1, 2)) | (w[keep] == 0).any(axis=1)] if boundary else keep
    keep = np.sort(keep)
    return P[keep], w[keep]


def _with_zeros(P: Panels, w: ManyWeights, rng: np.random.Generator) -> tuple[Panels, ManyWeights]:
    """The same odds with zeros: whole classes, single entries, one-hot rows, weights."""
    N, K, C = P.shape
    kind = rng.random((N, K, 1))
    hot = np.arange(C) == rng.integers(C, size=(N, K, 1))
    column = np.arange(C) == rng.integers(C, size=(N, 1, 1))
    single = np.broadcast_to(np.arange(C) == rng.integers(C, size=(N, K, 1)), P.shape)
    mask = np.where(kind < 0.35, hot, np.where(kind < 0.6, ~column, np.where(kind < 0.8, ~single, True)))
    P = np.where(hot & mask & (kind < 0.35), 1, P * mask)
    kind = rng.random((N, 1))
    k = np.arange(K) == rng.integers(K, size=(N, 1))
    w = np.where(kind < 0.5, w, np.where(kind < 0.7, k, w * ~k))
    empty = P.sum(axis=2, keepdims=True) == 0
    return np.where(empty, 1, P), np.where(w.sum(axis=1, keepdims=True) == 0, 1, w)


def _known_boundary(K: int, C: int) -> tuple[Panels, ManyWeights]:
    """Conflicting one-hot rows, equal ones, uniform rows, a zeroed class: each with equal weights and with vertices."""
    k, i = np.arange(K)[:, None], np.arange(C)[None, :]
    conflict, uniform = (i == k % C).astype(np.int64), np.ones((K, C), dtype=np.int64)
    zeroed = np.where(i == 0, 0, 1 + (i == 1 + k % max(C - 1, 1)))
    lame = np.where(k == K - 1, i == 0, 1).astype(np.int64)
    rows = [conflict, np.where(k == 0, i == 0, i > 0).astype(np.int64), uniform, zeroed, lame, (i == 0) + 0 * k]
    weights = [np.ones(K, dtype=np.int64)]
    weights += [(np.arange(K) == n).astype(np.int64) for n in (0, K - 1)]
    weights += [(np.arange(K) < 2).astype(np.int64)]
    pairs = [(p, v) for p in rows for v in weights]
    return np.array([p for p, _ in pairs], dtype=np.int64), np.array([v for _, v in pairs])


# ---- ways into them


def _ways_inside(P: np.ndarray, w: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Straight ways: along the two largest classes of one row and of all rows, two weights, two random directions."""
    N, K, C = P.shape
    row = rng.integers(K, size=N)
    pair = np.argsort(-(P[np.arange(N), row] + rng.random((N, C))), axis=1)[:, :2]
    along = np.zeros((N, C), dtype=np.int64)
    along[np.arange(N), pair[:, 0]], along[np.arange(N), pair[:, -1]] = 1, -1 if C > 1 else 0
    one = along[:, None, :] * (np.arange(K) == row[:, None])[..., None]
    every = np.broadcast_to(along[:, None, :], P.shape)
    of_w = _unit(rng.integers(K, size=N), K) - _unit(rng.integers(K, size=N), K)
    still_P, still_w = np.zeros_like(P), np.zeros_like(w)
    free = [
        (_balanced(rng.integers(-2, 3, size=P.shape), P, rng), _balanced(rng.integers(-2, 3, size=w.shape), w, rng))
        for _ in range(2)
    ]
    straight = [(one, still_w), (every, still_w), (still_P, of_w), *free]
    P1 = [sign * a for a, _ in straight for sign in (1, -1)]
    w1 = [sign * b for _, b in straight for sign in (1, -1)]
    curved = [_one_by_one(P, w, rng) for _ in range(CURVED)]
    still = np.zeros((ORDERS - 1, *P.shape), dtype=np.int64), np.zeros((ORDERS - 1, *w.shape), dtype=np.int64)
    by_P = [np.concatenate([a[None], still[0]]) for a in P1] + [a for a, _ in curved]
    by_w = [np.concatenate([b[None], still[1]]) for b in w1] + [b for _, b in curved]
    return np.stack(by_P, axis=2), np.stack(by_w, axis=2)


def _one_by_one(P: np.ndarray, w: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Curves: every class but one of a row, and every weight but one, moves at an order of its own, or stays."""
    by_P, by_w = _at_orders(rng.integers(-2, 3, size=P.shape), rng), _at_orders(rng.integers(-2, 3, size=w.shape), rng)
    # Of all rows one class pays: the others move freely.
    payer = int(rng.integers(P.shape[2])), int(rng.integers(P.shape[1]))
    return _paid(by_P, payer[0]), _paid(by_w, payer[1])


def _at_orders(move: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(ORDERS, …): each entry of the move at one order."""
    order = rng.choice(ORDERS, size=move.shape, p=(0.5, 0.35, 0.15))
    return np.stack([move * (order == n) for n in range(ORDERS)])


def _paid(moves: np.ndarray, payer: int) -> np.ndarray:
    out = moves.copy()
    out[..., payer] = 0
    out[..., payer] = -out.sum(axis=-1)
    return out


def _ways_from_faces(P: np.ndarray, w: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Every zero gets c·ε or c·ε², at rates that differ between teachers, classes and weights; or only some move."""
    N, K, C = P.shape
    k, i = np.arange(K), np.arange(C)
    ones_P, ones_w = np.ones_like(P), np.ones_like(w)
    later = np.broadcast_to((k > 0)[:, None], P.shape)
    none_P, none_w = np.zeros(P.shape, bool), np.zeros(w.shape, bool)
    row = (k == rng.integers(K, size=(N, 1)))[..., None]
    table = [  # rates of P and of w, and where they are of second order
        (ones_P, ones_w, none_P, none_w),
        (np.where(later, 4, ones_P), ones_w, none_P, none_w),
        (ones_P, ones_w, later, none_w),
        (ones_P * (1 + i**2 % 7), ones_w * (1 + k**2 % 7), none_P, none_w),
        (ones_P, ones_w, none_P, ~none_w),
        (ones_P, ones_w, ~none_P, none_w),
        (ones_P * 0, ones_w, none_P, none_w),
        (ones_P * row, ones_w * 0, none_P, none_w),
    ]
    for _ in range(3):
        rates = rng.choice(RATES, size=P.shape), rng.choice(RATES, size=w.shape)
        table.append((*rates, rng.random(P.shape) < 0.3, rng.random(w.shape) < 0.3))
    moved = [(_from_zero(P, c, 0 + s), _from_zero(w, d, 0 + u)) for c, d, s, u in table]
    nudged = _balanced(rng.integers(-1, 2, size=P.shape) * (P > 0), P, rng)
    moved[-1][0][0] += nudged  # one of the ways breaks ties of positive entries as well
    for _ in range(CURVED):
        rates = rng.choice(RATES, size=P.shape), rng.choice(RATES, size=w.shape)
        orders = [rng.choice(ORDERS, size=x.shape, p=(0.4, 0.3, 0.3)) for x in (P, w)]
        moved.append((_from_zero(P, rates[0], orders[0]), _from_zero(w, rates[1], orders[1])))
    return np.stack([a for a, _ in moved], axis=2), np.stack([b for _, b in moved], axis=2)


def _from_zero(odds: np.ndarray, rate: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(ORDERS, …): every zero moves up at its rate and order, and the largest entry pays."""
    up = (odds == 0) * rate
    return np.stack([_balanced(up * (order == n), odds, None) for n in range(ORDERS)])


def _balanced(move: np.ndarray, odds: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
    """The move with its sum taken from one positive entry: the largest, or one at random."""
    score = odds if rng is None else (odds > 0) * (1 + rng.random(odds.shape))
    payer = _unit(score.argmax(axis=-1), odds.shape[-1])
    return move - payer * move.sum(axis=-1, keepdims=True)


def _unit(index: np.ndarray, size: int) -> np.ndarray:
    return (np.arange(size) == index[..., None]).astype(np.int64)
