"""Base points where A is undefined, or where floats break though A is defined.

Inside the domain the first refutes continuity; on a face it refutes only together with two ways that end apart, and is
fragile alone, as is the second everywhere. Knows places, and refuses to know what else is asked of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from axiomkd.claims import nearby
from axiomkd.claims.finding import Finding, Reach
from axiomkd.claims.nearby import Look
from axiomkd.claims.places import Places, Point
from axiomkd.core.verdict import Witness
from axiomkd.tracing.numbers import Undecided

BITS = (256, 1024)


def look(at: Look, there: Places, reach: Reach) -> Finding | None:
    """`refuted` at an interior base where A is undefined, else `fragile` at the simplest base where one breaks."""
    finite = np.atleast_1d(np.isfinite(nearby.plain_batch(at.evaluator, *there.floats(None))).all(axis=1))
    inside = there.interior()
    broken = np.flatnonzero(~finite)[: reach.trials]
    simple = np.arange(min(reach.simple, len(there)) if at.exactly else 0)
    fragile = None
    for n in np.union1d(broken, simple):
        point = there.exact(int(n), None)
        state = _state(at, point)
        if state == "undefined" and inside[n] and at.exactly:
            return _refuted(point)
        if fragile is None and (
            state == "undefined" or (state == "defined" and not finite[n] and not _finite(at, there, int(n)))
        ):
            fragile = _fragile(at, point, state, bool(inside[n]))
    return fragile


def _finite(at: Look, there: Places, n: int) -> bool:
    """Whether the operator itself gives numbers at a place in floats."""
    P, w = (x[n : n + 1] for x in there.floats(None))
    return bool(np.isfinite(nearby.plain_batch(at.evaluator, P, w, suggests=False)).all())


def at_point(at: Look, point: Point) -> Finding:
    """The same of one interior point, where floats gave no number."""
    finite = bool(
        np.isfinite(
            nearby.plain_batch(
                at.evaluator, nearby.float_array(point.P)[None], nearby.float_array(point.w)[None], suggests=False
            )
        ).all()
    )
    state = _state(at, point)
    if state == "undefined" and at.exactly:
        return counted(_refuted(point), at.cases)
    if not finite and state != "undecided":
        return counted(_fragile(at, point, state, True), at.cases)
    return Finding("open", None, "", at.cases, why="balls left it open" if state == "undecided" else "")


def _state(at: Look, point: Point) -> str:
    for bits in BITS:
        try:
            at.at(point, bits)
            return "defined"
        except nearby.Undefined:
            return "undefined"
        except Undecided:
            continue
    return "undecided"


def _refuted(point: Point) -> Finding:
    text = "the aggregate is undefined (0/0, or a function outside its domain) at an interior point, in exact numbers"
    return Finding("refuted", _nowhere(point, "exact"), text, 0)


def _fragile(at: Look, point: Point, state: str, inside: bool) -> Finding:
    where = "an interior point" if inside else "a boundary point"
    if not at.exactly:
        why = f"float64 gives nan or inf at {where}; the exact aggregate is not known: {at.evaluator.why_not_exact}"
    elif state == "undefined":
        why = (
            f"A is undefined at {where}, though no two ways into it were seen to end apart: the computation is at "
            "fault. Define it there: write xlogy(p, p) for p * log(p), or divide only where the divisor is positive"
        )
    else:
        why = (
            f"float64 gives nan or inf at {where} where the exact aggregate is a number: rewrite what overflows or "
            "divides by 0"
        )
    confirmed = "exact" if at.exactly and state == "undefined" else "float64"
    return Finding("fragile", _nowhere(point, confirmed), why, 0, why=why)


def _nowhere(point: Point, confirmed: str) -> Witness:
    K, C = point.P.shape
    return Witness(K, C, nearby.rows(point.P), nearby.row(point.w), "nan", confirmed, value=(("nan",) * C,))


def counted(found: Finding, cases: int, quotient: float | None = None) -> Finding:
    """The finding with what the whole search spent."""
    return replace(found, cases=cases, quotient=quotient)
