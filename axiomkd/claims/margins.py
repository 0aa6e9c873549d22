"""Margins of all pointwise readings on one batch, one evaluation of A shared by all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from axiomkd.claims import views
from axiomkd.claims.directions import separating
from axiomkd.core.arithmetic import NUMPY, Arithmetic
from axiomkd.core.case import Cases
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.core.tolerances import DETECT
from axiomkd.operators.evaluate import Evaluator


@dataclass(frozen=True)
class Measured:
    """Margins by reading, (B,) each: +inf outside the reading's domain, NaN where A is undefined inside it.

    `undefined` marks interior cases at which A itself is not finite; `view` is what was evaluated; a violation above
    `-detect` is within the rounding of the operator's own arithmetic.
    """

    margins: dict[str, np.ndarray]
    undefined: np.ndarray
    cases: Cases
    view: View
    detect: float = DETECT


def pointwise(readings: Iterable[Reading]) -> list[Reading]:
    return [r for r in readings if isinstance(r.claim, Pointwise)]


def probes(readings: Iterable[Reading]) -> set[str]:
    return {probe for r in readings if isinstance(r.claim, Pointwise) for probe in r.claim.probes} | {"q"}


def smallest(m: Arithmetic, parts: dict, batch: int) -> np.ndarray:
    """The smallest margin over all parts, classes and pairs: (B,)."""
    least = None
    for part in parts.values():
        flat = m.min(part.reshape(batch, -1), -1) if part.ndim > 1 else part
        least = flat if least is None else np.minimum(least, flat)
    assert least is not None
    return least


def measure(evaluator: Evaluator, readings: Sequence[Reading], cases: Cases, *, aimed: int = 1) -> Measured:
    """Evaluate A once at each point that the readings look at, and every reading's margin.

    A claim over directions is measured at one case in `aimed`; the margin is +inf at the others.
    """
    B = len(cases)
    v = views.of_floats(evaluator, cases, probes(readings))
    if any(r.claim.adversary == "direction" for r in readings if isinstance(r.claim, Pointwise)) and cases.d is None:
        v.d = separating(v.P, v.q, aimed)
        cases = Cases(cases.P, cases.w, cases.k, cases.t, cases.T1, cases.T, v.d, cases.label)
    inner_P, inner_w = v.support.all((1, 2)), v.active.all(1)
    inside = {"interior": inner_P & inner_w, "interior P": inner_P, "closed": np.ones(B, bool)}
    if evaluator.operator.domain == "interior":
        inside = dict.fromkeys(inside, inner_P & inner_w)
    margins = {}
    with np.errstate(all="ignore"):
        for r in readings:
            assert isinstance(r.claim, Pointwise)
            margin = smallest(NUMPY, r.claim.parts(NUMPY, v), B)
            margin = np.where(inside[r.domain] & ~_sunk(r.claim, v) & _aimed(r.claim, v), margin, np.inf)
            # At a boundary point A may be undefined: that is a matter of continuity, and no claim speaks of the point.
            margins[r.name] = np.where(np.isnan(margin) & ~inside["interior"], np.inf, margin)
            if "q_vertex" in r.claim.probes:
                corner_nan = ~np.isfinite(v.q_vertex).all(-1)
                margins[r.name] = np.where(np.isnan(margin) & corner_nan, np.inf, margins[r.name])
    undefined = inside["interior"] & ~np.isfinite(v.q).all(-1)
    return Measured(margins, undefined, cases, v, evaluator.rounding.detect)


def _aimed(claim: Pointwise, v: View) -> np.ndarray | bool:
    """Cases that were given the direction that the claim is about."""
    return True if claim.adversary is None else (v.d != 0).any(-1)


def _sunk(claim: Pointwise, v: View) -> np.ndarray | bool:
    """Cases whose softened rows underflow: softening would fail there, not the operator."""
    return v.sunk if {"q_cold", "q_warm"} & set(claim.probes) else False
