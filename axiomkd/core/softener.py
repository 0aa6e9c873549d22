"""Softeners S_T: what temperature does to a row of probabilities. Each is one object; axiom 5 takes it as a parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from axiomkd.core.arithmetic import Arithmetic, Array
from axiomkd.core.errors import UsageError


@dataclass(frozen=True)
class Softener:
    """`rows(m, p, T)` softens the last axis of p; T broadcasts against p with a last axis of 1. T is in [lowest, highest]."""

    name: str
    formula: str
    latex: str
    rows: Callable[[Arithmetic, Array, Any], Array]
    lowest: float
    highest: float


def _power(m: Arithmetic, p: Array, T: Array) -> Array:
    # Dividing by the largest entry first keeps float powers in [0, 1]; the exact result is the same.
    raised = m.power(p / m.max(p, -1)[..., None], 1 / T)
    return raised / m.sum(raised, -1)[..., None]


def _uniform_mix(m: Arithmetic, p: Array, T: Array) -> Array:
    return p / T + (1 - 1 / T) / p.shape[-1]


SOFTENERS = {
    "power": Softener(
        "power",
        "S_T(p)_i = p_i^(1/T) / Σ_j p_j^(1/T)",
        r"S_T(p)_i = \frac{p_i^{1/T}}{\sum_j p_j^{1/T}}",
        _power,
        1 / 8,
        64,
    ),
    "uniform-mix": Softener(
        "uniform-mix",
        "S_T(p) = p/T + (1 - 1/T)/C, T >= 1",
        r"S_T(p) = \frac{p}{T} + \left(1 - \frac1T\right)\frac{1}{C},\ T \ge 1",
        _uniform_mix,
        1,
        64,
    ),
}


def softener(name: str) -> Softener:
    """The softener of that name. Raises UsageError on an unknown one."""
    if name not in SOFTENERS:
        raise UsageError(f"no softener {name!r}; there are {', '.join(SOFTENERS)}.")
    return SOFTENERS[name]
