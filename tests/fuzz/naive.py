"""Whether a function violates a reading somewhere near a point, in plain floats: naive predicates, margins far above rounding.

A violation that is found is one; that none is found says nothing. It knows no code of the package.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SURE = 1e-6
"""In each claim's unit. Float64 errs by 1e-12 at a thousand classes."""

A = Callable[[np.ndarray, np.ndarray], np.ndarray]


def soft(P: np.ndarray, T: float) -> np.ndarray:
    z = np.log(P) / T
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def tv(p, q) -> float:
    return float(np.abs(p - q).sum() / 2)


def entropy(q) -> float:
    q = q[q > 0]
    return float(-(q * np.log(q)).sum())


def moved(w: np.ndarray, k: int, t: float) -> np.ndarray:
    return (1 - t) * w + t * np.eye(len(w))[k]


TS = (0.0, 0.3, 0.8, 1.0)
TEMPERATURES = (0.25, 1.0, 3.0)


def violated(of: A, P: np.ndarray, w: np.ndarray) -> set[str]:
    """Readings that fail at P, w interior, or at points made of it. NaN at P, w counts as being undefined there."""
    K, C = P.shape
    q = of(P, w)
    found: set[str] = set()
    if not np.isfinite(q).all():
        return {"interior", "closed", "lipschitz"}
    low, high = P.min(0), P.max(0)
    if q.min() < -SURE:
        found |= {"nonnegative", "common-support", "any-support", "simplex"}
    if q.min() < -SURE or (q == 0).any():
        found |= {"common-support", "any-support", "inheritance"}
    if abs(q.sum() - 1) > SURE:
        found |= {"simplex"}
    if (low - q).max() > SURE or (q - high).max() > SURE:
        found |= {"envelope", "hull"}
    same = np.repeat(P[:1], K, 0)
    u = of(same, w)
    if np.isfinite(u).all() and np.abs(u - P[0]).max() > SURE:
        found |= {"unanimity"}
    found |= _weights(of, P, w, q)
    found |= _temperature(of, P, w, q)
    return _up(found)


def _weights(of: A, P, w, q) -> set[str]:
    found: set[str] = set()
    for k in sorted({0, len(w) - 1}):
        path = [of(P, moved(w, k, t)) for t in TS]
        if not all(np.isfinite(x).all() for x in path):
            continue
        away = [tv(x, P[k]) for x in path]
        if max(np.diff(away)) > SURE:
            found |= {"pull"}
        if np.diff([np.abs(x - P[k]) for x in path], axis=0).max() > SURE:
            found |= {"coordinate"}
        if away[-1] > SURE:
            found |= {"responsive"}
        best = P[k] >= P.max(0)
        if best.any() and np.diff([x[best] for x in path], axis=0).min() < -SURE:
            found |= {"favourite"}
    a, b = 0, len(w) - 1
    up = P[a] > P[b]
    d = w[b] / 2
    v = w + d * (np.eye(len(w))[a] - np.eye(len(w))[b])
    after = of(P, v)
    if up.any() and np.isfinite(after).all() and (after - q)[up].min() < -SURE:
        found |= {"transfer", "strict-transfer"}
    return found


def _temperature(of: A, P, w, q) -> set[str]:
    found: set[str] = set()
    rows = [soft(P, T) for T in TEMPERATURES]
    qs = [of(R, w) for R in rows]
    if not all(np.isfinite(x).all() for x in qs):
        return found
    for (R, x), (S, y) in zip(zip(rows, qs, strict=True), zip(rows[1:], qs[1:], strict=False), strict=False):
        if tv(x, y) - max(tv(r, s) for r, s in zip(R, S, strict=True)) > SURE:
            found |= {"nonexpansive"}
        if min(x.min(), y.min()) < -SURE or entropy(np.maximum(x, 0)) - entropy(np.maximum(y, 0)) > SURE:
            found |= {"entropy"}
    order = np.argsort(q)
    clear = np.diff(q[order]) > SURE
    for x in qs:
        if (np.diff(x[order])[clear] < -SURE).any():
            found |= {"ranking"}
        break
    for x in qs[1:]:
        if (np.diff(x[order])[clear] < -SURE).any():
            found |= {"ranking"}
    if q.min() < -SURE:
        found |= {"commutation"}
    elif q.min() > 0:
        for T, x in zip(TEMPERATURES, qs, strict=True):
            if np.abs(x - soft(q, T)).max() > SURE:
                found |= {"commutation"}
    hot = soft(P, 2.0**40 * (1 + np.abs(np.log(P)).max()))
    x = of(hot, w)
    hotter = of(soft(P, (2.0**40 * (1 + np.abs(np.log(P)).max())) ** 2), w)
    uniform = np.full(P.shape[1], 1 / P.shape[1])
    if np.isfinite(x).all() and np.isfinite(hotter).all():
        if tv(x, uniform) > 2e-3 and tv(hotter, uniform) > 0.95 * tv(x, uniform):
            found |= {"limits"}
    return found


STRONGER = {
    "simplex": ("unanimity",),
    "unanimity": ("envelope",),
    "envelope": ("hull",),
    "nonnegative": ("common-support",),
    "common-support": ("any-support",),
    "inheritance": ("common-support",),
    "interior": ("closed",),
    "closed": ("lipschitz",),
    "pull": ("responsive", "coordinate"),
    "favourite": ("transfer",),
    "transfer": ("strict-transfer",),
}


def _up(found: set[str]) -> set[str]:
    """With what is stronger than what fails."""
    todo = list(found)
    while todo:
        for stronger in STRONGER.get(todo.pop(), ()):
            if stronger not in found:
                found.add(stronger)
                todo.append(stronger)
    return found
