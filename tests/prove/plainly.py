"""What the paper's readings and the guarantees claim, in plain floats: the worst margin of each over many random cases.

Written from the formulas, apart from the package: it imports nothing of it. Nothing here is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

FAR = 1e-3  # gaps above which a strict claim must show
LEFT_OUT = np.inf


def softened(P, T):
    x = np.log(P) / T
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def panels(rng, n, K, C):
    """Rows of all kinds: flat, spiky, far in the corners, and with classes on which teachers nearly agree."""
    spread = rng.choice([0.05, 0.3, 1.0, 5.0], (n, 1, 1))
    P = rng.gamma(spread, 1.0, (n, K, C)) + 1e-12
    odds = np.exp2(rng.integers(-8, 9, (n, K, C)))
    P = np.where(rng.random((n, 1, 1)) < 0.3, odds, P)
    same = rng.random((n, 1, C)) < 0.15
    P = np.where(same, P[:, :1] * (1 + 1e-3 * rng.standard_normal((n, K, C))), P)
    P = P / P.sum(-1, keepdims=True)
    return 0.999999 * P + 0.000001 / C


def weights(rng, n, K):
    w = rng.gamma(rng.choice([0.2, 1.0, 5.0], (n, 1)), 1.0, (n, K)) + 1e-6
    return w / w.sum(-1, keepdims=True)


def tv(a, b):
    return np.abs(a - b).sum(-1) / 2


def entropy(p):
    return -(p * np.log(np.maximum(p, 1e-300))).sum(-1)


def kl(a, b):
    return (a * (np.log(np.maximum(a, 1e-300)) - np.log(b))).sum(-1)


class Operator:
    """An aggregation function on batches, at T = 1 where it takes T (or Ts, with `each`)."""

    def __init__(self, fn: Callable, takes_T: bool = False, each: bool = False):
        one = (lambda P, w: fn(P, w, jnp.ones(len(w) if each else ()))) if takes_T else fn
        self.of = jax.jit(jax.vmap(one))
        self.takes_T, self.each = takes_T, each
        self.at = jax.jit(jax.vmap(fn)) if takes_T else None

    def __call__(self, P, w):
        return np.asarray(self.of(jnp.asarray(P), jnp.asarray(w)))


def transfer(A, rng, P, w):
    n, K, C = P.shape
    k = rng.integers(0, K, n)
    other = (k + rng.integers(1, K, n)) % K
    at = np.arange(n)
    delta = w[at, other] * rng.choice([1.0, 0.5, 0.01], n)
    moved = w.copy()
    moved[at, k] += delta
    moved[at, other] = np.maximum(moved[at, other] - delta, 0)
    change, lead = A(P, moved) - A(P, w), P[at, k] - P[at, other]
    return np.where(lead > 0, change, LEFT_OUT), np.where(lead * delta[:, None] > FAR, change, LEFT_OUT)


def weak_transfer(A, rng, P, w):
    return transfer(A, rng, P, w)[0]


def strict_transfer(A, rng, P, w):
    weak, strict = transfer(A, rng, P, w)
    return np.minimum(weak, np.where(strict > 1e-12, LEFT_OUT, -1.0))


def inheritance(A, rng, P, w):
    w = np.where(rng.random(w.shape) < 0.3, 0, w)
    w[:, 0] += w.sum(-1) == 0
    return np.where(A(P, w / w.sum(-1, keepdims=True)) <= 0, -1.0, 0.0)  # undefined is no violation


def four(A, rng, P, w, centred):
    """Two rows at two outcomes each: the outcomes' probabilities, aggregates and rows; the first row's place and the second's."""
    n, K, C = P.shape
    k = rng.integers(0, K, n)
    other, at = (k + rng.integers(1, K, n)) % K, np.arange(n)
    rows, chances = [], []
    for _ in range(2):
        pi = rng.uniform(0.05, 0.95, n)[:, None]
        a, b = panels(rng, n, 1, C)[:, 0], panels(rng, n, 1, C)[:, 0]
        if centred:  # both around the other rows' common mean
            mean = P[:, 0]
            step = a - b
            room = np.minimum(
                (mean / np.maximum(-(1 - pi) * step, 1e-15) + 1e9 * (step >= 0)).min(-1),
                (mean / np.maximum(pi * step, 1e-15) + 1e9 * (step <= 0)).min(-1),
            )[:, None]
            step = step * np.minimum(0.999 * room, 1)
            a, b = mean + (1 - pi) * step, mean - pi * step
        rows.append((a, b))
        chances.append((pi, 1 - pi))
    fixed = np.repeat(P[:, :1], K, 1) if centred else P
    found = []
    for x in (0, 1):
        for y in (0, 1):
            Q = fixed.copy()
            Q[at, k], Q[at, other] = rows[0][x], rows[1][y]
            found.append((chances[0][x] * chances[1][y], A(Q, w)))
    of_rows = [c[0] * c[1] * (a - b) ** 2 for c, (a, b) in zip(chances, rows, strict=True)]
    chance, q = (np.stack(one) for one in zip(*found, strict=True))
    mean = (chance * q).sum(0)
    return (chance * (q - mean) ** 2).sum(0), of_rows, w[at, k][:, None], w[at, other][:, None]


def variance(A, rng, P, w):
    spread, (first, second), mine, its = four(A, rng, P, w, centred=True)
    return mine**2 * first + its**2 * second - spread


def variance_max(A, rng, P, w):
    spread, (first, second), _, _ = four(A, rng, P, w, centred=False)
    return np.maximum(first.sum(-1), second.sum(-1)) - spread.sum(-1)


def truths(rng, P, q):
    """p* that are hard: vertices, and what is left of the simplex beside q."""
    n, _, C = P.shape
    vertex = np.eye(C)[rng.integers(0, C, n)]
    subset = rng.random((n, C)) < 0.5
    on = np.where(subset, P.mean(1), 1e-12)
    kind = rng.integers(0, 4, n)[:, None]
    return np.select(
        [kind == 0, kind == 1, kind == 2],
        [vertex, on / on.sum(-1, keepdims=True), panels(rng, n, 1, C)[:, 0]],
        np.abs(2 * P[:, 0] - q) / np.abs(2 * P[:, 0] - q).sum(-1, keepdims=True),
    )


def bias(mean):
    def margin(A, rng, P, w):
        q = A(P, w)
        y = truths(rng, P, q)
        teachers = tv(P, y[:, None])
        return ((w * teachers).sum(-1) if mean else teachers.max(-1)) - tv(q, y)

    return margin


def jensen(A, rng, P, w):
    q = A(P, w)
    least = np.argmax(q - (w[..., None] * P).sum(1), -1)
    s = panels(rng, len(P), 1, P.shape[2])[:, 0]
    s[np.arange(len(P)), least] *= 10.0 ** -rng.integers(0, 200, len(P)).astype(float)
    s = s / s.sum(-1, keepdims=True)
    return (w * kl(P, s[:, None])).sum(-1) - kl(q, s)


def log_loss(A, rng, P, w):
    return np.log(A(P, w)) - (w[..., None] * np.log(P)).sum(1)


def log_loss_max(A, rng, P, w):
    q = A(P, w)
    y = truths(rng, P, q)
    return (y[:, None] * (np.log(q)[:, None] - np.log(P))).sum(-1).max(-1)


def attenuation(A, rng, P, w):
    q, high, low = A(P, w), P.max(1), P.min(1)
    return np.where(high - low > FAR, np.where(q < high, 0.0, q - high - 1), LEFT_OUT)


def safety(A, rng, P, w):
    q, at = A(P, w), np.arange(len(P))
    k = rng.integers(0, P.shape[1], len(P))
    others = P.copy()
    others[at, k] = -1
    mine = w[at, k][:, None]
    return (1 - mine) * others.max(1) + mine * P[at, k] - q


def safety_set(A, rng, P, w):
    q = A(P, w)
    S = rng.random(q.shape) < 0.5
    k = rng.integers(0, P.shape[1], len(P))
    S = np.where(rng.random((len(P), 1)) < 0.5, S, q > P[np.arange(len(P)), k])
    return (P * S[:, None]).sum(-1).max(-1) - (q * S).sum(-1)


def brier(mean):
    def margin(A, rng, P, w):
        q = A(P, w)
        mine, theirs = ((x**2).sum(-1)[..., None] - 2 * x + 1 for x in (q, P))
        return ((w[..., None] * theirs).sum(1) if mean else theirs.max(1)) - mine

    return margin


def influence(own):
    def margin(A, rng, P, w):
        n, K, C = P.shape
        at, k = np.arange(n), rng.integers(0, K, n)
        changed = P.copy()
        near = rng.random(n)[:, None] < 0.5
        move = panels(rng, n, 1, C)[:, 0]
        into, gone = rng.integers(0, C, n), rng.integers(0, C, n)
        nudge = P[at, k].copy()
        size = P[at, k, gone] * rng.choice([0.9, 0.1, 1e-4], n)
        nudge[at, gone] -= size
        nudge[at, into] += size
        changed[at, k] = np.where(near, nudge, move)
        before = tv(P[at, k], changed[at, k])
        return (w[at, k] if own else 1) * before - tv(A(P, w), A(changed, w))

    return margin


def entropy_mean(A, rng, P, w):
    return entropy(A(P, w)) - (w * entropy(P)).sum(-1)


def pareto(A, rng, P, w):
    n, _, C = P.shape
    a, b = rng.integers(0, C, n), rng.integers(0, C, n)
    at = np.arange(n)
    high, low = np.maximum(P[at, :, a], P[at, :, b]), np.minimum(P[at, :, a], P[at, :, b])
    P = P.copy()
    P[at, :, a], P[at, :, b] = high, low
    q = A(P, w)
    lead = (P[at, :, a] - P[at, :, b]).min(-1)
    return np.where(lead > 0, q[at, a] - q[at, b], LEFT_OUT)


def merge(A, rng, P, w):
    if P.shape[2] == 2:
        return np.zeros(len(P))
    C = P.shape[2]
    j = int(rng.integers(1, C))
    i = int(rng.integers(0, j))

    def merged(x):
        x = x.copy()
        x[..., i] += x[..., j]
        return np.delete(x, j, -1)

    return -tv(A(merged(P), w), merged(A(P, w)))


def bayes(A, rng, P, w):
    likely = np.exp(rng.standard_normal((len(P), P.shape[2])) * 2)
    q, weighed = A(P, w) * likely, P * likely[:, None]
    after = A(weighed / weighed.sum(-1, keepdims=True), w)
    return -tv(after, q / q.sum(-1, keepdims=True))


def hot(A, rng, P, w):
    n, K, C = P.shape
    at, k = np.arange(n), rng.integers(0, K, n)
    far, limit = P.copy(), P.copy()
    far[at, k], limit[at, k] = softened(P[at, k], 2.0**34), 1 / C
    there = own(A, P, w, k, 2.0**34) if A.takes_T else A(far, w)
    return np.where(tv(there, A(np.full_like(P, 1 / C) if A.takes_T and not A.each else limit, w)) > 1e-6, -1.0, 0.0)


def own(A, P, w, k, T):
    """The aggregate with teacher k's temperature at T, or with the one that there is."""
    given = np.where(np.arange(w.shape[1]) == k[:, None], T, 1.0) if A.each else np.full(len(P), T)
    return np.asarray(A.at(jnp.asarray(P), jnp.asarray(w), jnp.asarray(given)))


def cold(A, rng, P, w):
    n, _, C = P.shape
    w = 0.5 * w + 0.5 / w.shape[1]
    at, k = np.arange(n), rng.integers(0, w.shape[1], n)
    far, limit = P.copy(), P.copy()
    best = np.argmax(P[at, k], -1)
    limit[at, k] = np.eye(C)[best]
    far[at, k] = np.where(np.eye(C)[best] > 0, 1.0, 1e-300)
    if A.takes_T:
        top = np.sort(P, -1)
        one = (top[..., -1] > 1.1 * top[..., -2]).all(-1) if not A.each else top[at, k, -1] > 1.1 * top[at, k, -2]
        ends = limit if A.each else np.eye(C)[np.argmax(P, -1)]
        return np.where(one & (tv(own(A, P, w, k, 2.0**-9), A(ends, w)) > 1e-2), -1.0, 0.0)
    there = tv(A(far, w), A(limit, w))
    return np.where(there > 1e-2, -1.0, 0.0)  # NaN, where it is undefined at the limit, is no violation


MARGINS: dict[str, Callable] = {
    "inheritance": inheritance,
    "transfer": weak_transfer,
    "strict-transfer": strict_transfer,
    "hot": hot,
    "cold": cold,
    "variance": variance,
    "variance-max": variance_max,
    "bias-mean": bias(mean=True),
    "bias-max": bias(mean=False),
    "jensen": jensen,
    "log-loss": log_loss,
    "log-loss-max": log_loss_max,
    "attenuation": attenuation,
    "safety": safety,
    "safety-set": safety_set,
    "brier-mean": brier(mean=True),
    "brier-max": brier(mean=False),
    "influence": influence(own=True),
    "influence-one": influence(own=False),
    "entropy-mean": entropy_mean,
    "pareto": pareto,
    "merge": merge,
    "bayes": bayes,
}


def worst(A: Operator, reading: str, seed: int, K: int, C: int, n: int = 2000) -> float:
    """The least margin of a reading over n random cases of one size; NaN, where A is undefined, does not count."""
    rng = np.random.default_rng(seed)
    P, w = panels(rng, n, K, C), weights(rng, n, K)
    found = MARGINS[reading](A, rng, P, w)
    found = found[np.isfinite(found)]
    return float(found.min()) if found.size else 0.0
