"""Which pool of the zoo a loss's target is, by its values at a few panels: a name for people, on which no verdict rests."""

from __future__ import annotations

import warnings

import numpy as np

from axiomkd.core.operator import Operator
from axiomkd.operators.heat import temperature
from axiomkd.zoo import ENTRIES

SIZES = ((2, 3), (3, 4))
POINTS = 2
NEAR = 1e-7  # a minimiser is good to less


def named(operator: Operator) -> str:
    """The name in the zoo, "" where there is none. Of an operator that takes T, at T = 1."""
    points = []
    for K, C in operator.small_sizes(*SIZES):
        rng = np.random.default_rng((K, C, 73))
        points += [(rng.dirichlet(np.ones(C), K), rng.dirichlet(np.ones(K))) for _ in range(POINTS)]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            targets = [_target(operator, P, w) for P, w in points]
        except Exception:  # what it does wrong is told elsewhere
            return ""
        return next((name for name in ENTRIES if _is(name, points, targets)), "")


def _target(operator: Operator, P: np.ndarray, w: np.ndarray) -> np.ndarray:
    given = np.log(P) if operator.takes_logs else P
    return np.asarray(
        operator.fn(given, w, **temperature(operator, 1.0 if operator.takes_temperature else None, P)), float
    )


def _is(name: str, points: list, targets: list[np.ndarray]) -> bool:
    entry = ENTRIES[name]
    for (P, w), q in zip(points, targets, strict=True):
        if (entry.K and len(P) not in entry.K) or (entry.C and P.shape[1] not in entry.C):
            return False
        try:
            if not np.allclose(np.asarray(entry.fn(P, w), float), q, rtol=0, atol=NEAR):
                return False
        except Exception:  # another signature
            return False
    return True
