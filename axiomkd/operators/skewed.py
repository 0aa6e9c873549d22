"""Interior points at which one thing is nearly certain: what a function does at a threshold alone shows there.

It makes points, and calls nothing.
"""

from __future__ import annotations

import numpy as np

SURE = (0.98, 0.9999)  # how much a row or a weight has


def skewed(K: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """P (B, K, C) and w (B, K): an even point, and some where one row, every row, one weight or all of them are nearly certain."""
    rng = np.random.default_rng((K, C, 31))
    P, w = rng.dirichlet(np.ones(C), (2 + 2 * len(SURE), K)), rng.dirichlet(np.ones(K), 2 + 2 * len(SURE))
    for n, share in enumerate(SURE):
        top = np.eye(C)[rng.integers(C, size=K)]
        P[1 + n, 0] = (1 - share) * P[1 + n, 0] + share * top[0]
        P[1 + len(SURE) + n] = (1 - share) * P[1 + len(SURE) + n] + share * top
        w[1 + len(SURE) + n] = (1 - share) * w[1 + len(SURE) + n] + share * np.eye(K)[n % K]
    return P, w
