"""The minimisers of many panels at once: the sum of their losses is one loss of all of their logits, whose second derivative has a
block a panel.

SciPy's `trust-ncg` (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.2) finds where that sum is least; a row is
taken over only where its own gradient, its own second derivative and a second start say that it is at its one minimum. It refuses
to know what becomes of the other rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.extras import softmax

ROWS, ENTRIES = 128, 1024  # panels in one search, at most; and logits of all of them
LARGEST = 128  # classes above which second derivatives of many panels are too much
STEEP = 1e-6  # what is left of the gradient where the search stops; Newton's steps go on from there
NEWTON = 3
LOST = 1e-6  # a class of so little probability does not count in curvature
LEFT = 1e-10  # what is left of the gradient of a row that is at its minimum, relative to its loss


def rows(C: int) -> int:
    """Panels in one search: what SciPy does between two calls of the loss takes as long as the losses of so many."""
    return max(1, min(ROWS, ENTRIES // C)) if C <= LARGEST else 1


def together(every: Callable[[np.ndarray], tuple], starts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Logits (B, C) at which the rows of a batch are least, and which of them are known to be (B,).

    `every` gives, of logits (B, C), losses (B,), gradients (B, C) and second derivatives (B, C, C); the rows are independent."""
    at = _Last(every)
    with np.errstate(all="ignore"):
        ends = [_end(at, start) for start in starts]
    (z, known, value), *others = ends
    s = softmax(z)
    for other, known_too, least in others:
        same = np.abs(softmax(other) - s).max(-1) <= tolerances.MINIMISER
        known = known & known_too & same & (np.abs(least - value) <= tolerances.MINIMISER * (1 + np.abs(value)))
    return z, known


class _Last:
    """`every`, which is not called again for the logits that it was last called for: SciPy asks for each part by itself."""

    def __init__(self, every: Callable[[np.ndarray], tuple]) -> None:
        self.every = every
        self._z: bytes = b""
        self._found: tuple[Any, ...] = ()

    def __call__(self, z: np.ndarray) -> tuple[Any, ...]:
        key = z.tobytes()
        if key != self._z:
            self._found = tuple(np.asarray(x, float) for x in self.every(z))
            self._z = key
        return self._found


def _end(at: _Last, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a search ends, which rows are at a minimum there, and their losses."""
    from scipy.optimize import minimize  # seldom needed, and slow to import

    shape = start.shape

    def curved(z: np.ndarray, p: np.ndarray) -> np.ndarray:
        return np.einsum("bij,bj->bi", at(z.reshape(shape))[2], p.reshape(shape)).ravel()

    radius = np.sqrt(len(start))
    z = minimize(
        lambda z: float(at(z.reshape(shape))[0].sum()),
        start.ravel(),
        jac=lambda z: at(z.reshape(shape))[1].ravel(),
        hessp=curved,
        method="trust-ncg",
        options={"initial_trust_radius": radius, "max_trust_radius": 1e3 * radius, "gtol": STEEP, "maxiter": 60},
    ).x.reshape(shape)
    step = np.zeros(shape)
    for n in range(NEWTON + 1):
        L, g, H = at(z)
        finite = np.isfinite(L) & np.isfinite(g).all(-1) & np.isfinite(H).all((-1, -2))
        step = _newton(np.where(finite[:, None], g, 0), np.where(finite[:, None, None], H, 0))
        if n == NEWTON:
            break
        further = at(z + step)[1]
        closer = finite & (np.abs(further).max(-1) < np.abs(g).max(-1))
        z = np.where(closer[:, None], z + step, z)
    left = np.abs(g).max(-1) <= LEFT * (1 + np.abs(L))
    near = np.abs(softmax(z + step) - softmax(z)).max(-1) <= tolerances.MINIMISER
    return z, finite & left & near & _bowls(z, H, finite), L


def _newton(g: np.ndarray, H: np.ndarray) -> np.ndarray:
    return -np.einsum("bij,bj->bi", np.linalg.pinv(H, rcond=1e-12, hermitian=True), g)


def _bowls(z: np.ndarray, H: np.ndarray, finite: np.ndarray, room: float = 1e-9) -> np.ndarray:
    """`bowl` of each row: at once where no class is lost."""
    C = z.shape[1]
    basis = np.linalg.svd(np.ones((1, C)))[2][1:].T
    values = np.linalg.eigvalsh(basis.T @ np.where(finite[:, None, None], H, 0) @ basis)
    found = values.min(-1) > room * np.maximum(np.abs(values).max(-1), room)
    for b in np.flatnonzero(finite & (softmax(z).min(-1) <= LOST)):
        found[b] = bowl(z[b], H[b], (C,), room)
    return found


def bowl(z: np.ndarray, H: np.ndarray, shape: tuple[int, ...], room: float = 1e-9) -> bool:
    """Whether the second derivative is positive in all directions that move a probability, of those classes that have any."""
    s = softmax(z.reshape(shape)).ravel()
    kept = np.flatnonzero(s > LOST)
    rows = np.repeat(np.arange(int(np.prod(shape[:-1], initial=1))), shape[-1])[kept]
    if len(kept) <= len(set(rows)):
        return True  # all on one class: it is looked at elsewhere
    # Directions in which the logits of each row sum to 0.
    sums = np.array([(rows == r).astype(float) for r in sorted(set(rows))])
    basis = np.linalg.svd(sums)[2][len(sums) :].T
    values = np.linalg.eigvalsh(basis.T @ H[np.ix_(kept, kept)] @ basis)
    return bool(values.min() > room * max(np.abs(values).max(), room))
