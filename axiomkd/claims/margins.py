"""Margins of all pointwise readings on one batch, one evaluation of A shared by all of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from axiomkd.claims import views
from axiomkd.claims.adversaries import chosen
from axiomkd.claims.directions import separating
from axiomkd.claims.views import Asked
from axiomkd.core.arithmetic import NUMPY, Arithmetic
from axiomkd.core.case import Cases
from axiomkd.core.extras import drawn
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.core.shapes import Each
from axiomkd.core.tolerances import DETECT

BESIDE_FACES = frozenset({"q_vertex", "q_moved"})
"""Aggregates at weights that may be 0 where those of the case are not: undefined there is no claim of the reading's."""


TIE = 2.0**-16
"""What a tie of floats counts for."""


@dataclass(frozen=True)
class Measured:
    """Margins by reading, (B,) each: +inf outside the reading's domain, NaN where A is undefined inside it.

    `undefined` marks interior cases at which A itself is not finite; `view` is what was evaluated; a violation above
    `-detect` is within the rounding of the operator's own arithmetic. `found` is what was chosen for a reading once the aggregates
    were known, by name.
    """

    margins: dict[str, Each]
    undefined: Each
    cases: Cases
    view: View
    detect: float = DETECT
    found: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)

    def of(self, reading: Reading) -> Cases:
        """The cases with what the reading was measured at, and nothing that it does not look at."""
        assert isinstance(reading.claim, Pointwise)
        more = {**self.cases.more, **self.found.get(reading.name, {})}
        return replace(self.cases, more={name: x for name, x in more.items() if name in reading.claim.needs})

    def seen(self, reading: Reading) -> View:
        """The view that the reading was measured on."""
        return View(**{**vars(self.view), **self.found.get(reading.name, {})})


def pointwise(readings: Iterable[Reading]) -> list[Reading]:
    return [r for r in readings if isinstance(r.claim, Pointwise)]


def probes(readings: Iterable[Reading]) -> set[str]:
    return {probe for r in readings if isinstance(r.claim, Pointwise) for probe in r.claim.probes} | {"q"}


def smallest(m: Arithmetic, parts: dict, batch: int) -> Each:
    """The smallest margin over all parts, classes and pairs: (B,)."""
    least = None
    for part in parts.values():
        flat = m.min(part.reshape(batch, -1), -1) if part.ndim > 1 else part
        least = flat if least is None else np.minimum(least, flat)
    assert least is not None
    return least


def measure(
    evaluator: Asked,
    readings: Sequence[Reading],
    cases: Cases,
    *,
    aimed: int = 1,
    ties: bool = True,
    anew: bool = False,
    suggests: bool = True,
) -> Measured:
    """Evaluate A once at each point that the readings look at, and every reading's margin.

    A claim over directions is measured at one case in `aimed`; the margin is +inf at the others. What else is chosen against the
    aggregates is chosen at one case in `aimed`, and stays as drawn at the others. `ties`: whether parts that only
    an exact equality breaks count; `anew`: whether what the cases come with may be chosen better; `suggests`: whether nothing is
    concluded from what floats show.
    """
    given = set() if anew else set(cases.more)
    B = len(cases)
    interior = evaluator.operator.domain == "interior"
    cases = _completed(readings, cases, inside=interior)
    asked = [r for r in readings if isinstance(r.claim, Pointwise) and posed(evaluator, r.claim, cases.size)]
    v = views.of_floats(evaluator, cases, probes(asked), suggests=suggests)
    if any(r.claim.adversary == "direction" for r in readings if isinstance(r.claim, Pointwise)) and cases.d is None:
        v.d = separating(v.P, v.q, aimed)
        cases = replace(cases, d=v.d)
    inner_P, inner_w = v.support.all((1, 2)), v.active.all(1)
    inside = {"interior": inner_P & inner_w, "interior P": inner_P, "closed": np.ones(B, bool)}
    if interior:
        inside = dict.fromkeys(inside, inner_P & inner_w & _leaves_some(cases))
    elif not evaluator.operator.has_weights:  # every teacher counts
        inside = {domain: there & inner_w for domain, there in inside.items()}
    margins = {r.name: np.full(B, np.inf) for r in readings}
    found: dict[str, Mapping[str, np.ndarray]] = {}
    with np.errstate(all="ignore"):
        for r in asked:
            assert isinstance(r.claim, Pointwise)
            found[r.name] = {x: chosen(how, v, x, aimed) for x, how in r.claim.aim.items() if x not in given}
            here = View(**{**vars(v), **found[r.name]}) if found[r.name] else v
            margin = smallest(NUMPY, parts(r.claim, NUMPY, here, ties=ties), B)
            margin = np.where(inside[r.domain] & ~_sunk(r.claim, v) & _aimed(r.claim, v), margin, np.inf)
            # At a boundary point A may be undefined: that is a matter of continuity, and no claim speaks of the point.
            margins[r.name] = np.where(np.isnan(margin) & ~inside["interior"], np.inf, margin)
            for name in BESIDE_FACES & set(r.claim.probes):
                gone = ~np.isfinite(getattr(v, name)).all(-1)
                margins[r.name] = np.where(np.isnan(margin) & gone, np.inf, margins[r.name])
    undefined = inner_P & inner_w & ~np.isfinite(v.q).all(-1)
    return Measured(margins, undefined, cases, v, evaluator.detect(), found)


def parts(claim: Pointwise, m: Arithmetic, v: View, *, ties: bool = True) -> dict[str, Any]:
    """The claim's margins by label; those that only an exact equality breaks where they are asked for."""
    found = {label: part for label, part in claim.parts(m, v).items() if ties or label not in claim.ties}
    return {label: _tied(m.xp, x) if label in claim.ties and hasattr(m, "xp") else x for label, x in found.items()}  # type: ignore[attr-defined]


def _tied(xp: Any, part: Any) -> Any:
    """Floats suggest a tie, and only that: it must not come before a violation that has a size. No tie is no margin either, small
    or large."""
    return xp.where(part >= 0, xp.inf, part * TIE)


def posed(evaluator: Asked, claim: Pointwise, size: tuple[int, int]) -> bool:
    """Whether the claim says anything at a size: one that merges classes needs the operator at one class less."""
    K, C = size
    return "pair" not in claim.needs or (C > 2 and evaluator.operator.supports(K, C - 1))


def _leaves_some(cases: Cases) -> np.ndarray | bool:
    """Cases in which no weight moves away altogether: to an operator declared for the interior a weight of 0 is never given."""
    return cases.more["share"] < 1 if "share" in cases.more else True


def _completed(readings: Sequence[Reading], cases: Cases, *, inside: bool) -> Cases:
    """The cases with all that these readings need: what is missing is drawn, the same for the same batch."""
    needs = {name for r in readings if isinstance(r.claim, Pointwise) for name in r.claim.drawn}
    lacking = needs - set(cases.more)
    if not lacking:
        return cases
    key = zlib.crc32(np.ascontiguousarray(cases.P).tobytes())
    return replace(cases, more={**cases.more, **drawn(key, lacking, cases.P, cases.w, cases.k, inside=inside)})


def _aimed(claim: Pointwise, v: View) -> np.ndarray | bool:
    """Cases that were given the direction that the claim is about."""
    return True if claim.adversary is None else (v.d != 0).any(-1)


def _sunk(claim: Pointwise, v: View) -> np.ndarray | bool:
    """Cases whose softened rows underflow: softening would fail there, not the operator."""
    return v.sunk if {"q_cold", "q_warm"} & set(claim.probes) else False
