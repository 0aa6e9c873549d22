"""What an operator tends to beside entries of 0 at which its formula has no value: 0 · log 0 has none, and nearby it is 0.

Looked at along four ways, in balls: where they part there is no limit, and nothing is said. It knows no dtype.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from axiomkd.audit.reference import Reference, as_floats
from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import full

BITS = 4096
NEAR = ((300, 600), (600, 300), (1500, 900), (900, 1500))  # zeros of P and of w become about 2 to the minus these
AGREE = 1e-9
VANISHES = 1e-60  # classes that stay below this on every way tend to 0


def limit(reference: Reference, P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray | None:
    """The aggregate (C,) that four ways towards a face agree on, in float64; None where they part, or there are no zeros."""
    if (P > 0).all() and (w > 0).all():
        return None
    found = []
    for n, (of_P, of_w) in enumerate(NEAR):
        try:
            q = as_floats(reference.at(_beside(P, of_P, n), _beside(w, of_w, n + 1), T, BITS))
        except Exception:  # undecided, or not followed
            return None
        if not np.isfinite(q).all() or (found and not np.allclose(q, found[0], rtol=AGREE, atol=AGREE)):
            return None
        found.append(q)
    return np.where(np.max(found, axis=0) < VANISHES, 0, found[0])


def _beside(x: np.ndarray, exponent: int, way: int) -> np.ndarray:
    """The numbers with each 0 replaced by a small one, no two alike, and every way in another order."""
    out, small = full(x.shape, numbers.ZERO), Fraction(1, 2**exponent)
    for n, (place, value) in enumerate(np.ndenumerate(x)):
        turn = (7 * n + 3 * way) % 11 + 1
        out[place] = numbers.dyadic(value) if value else numbers.rational(small * turn * turn)
    return out
