"""How a witness tells what else its claim quantifies over: the fields of the report for the values of a case.

It knows the table of `core/extras.py` and no claim's name.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from axiomkd.core.case import ExactCase, Row
from axiomkd.core.reading import Pointwise

HALF = Fraction(1, 2)


def told(claim: Pointwise, case: ExactCase) -> tuple[ExactCase, dict[str, Any]]:
    """The case as it is printed, and the witness's further fields, for what the claim needs."""
    has: dict[str, Any] = {name: value for name, value in case.more if name in claim.needs}
    out: dict[str, Any] = {}
    if "other" in has:
        out["teacher2"] = has["other"]
    if "share" in has:
        out["delta"] = str(has["share"] * case.w[has["other"]])
    if "row" in has:
        out["P2"] = _texts(_with(case, {case.k: has["row"]}))
    if "mean" in has:
        case, out["P2"], out["pi"] = _with_one_mean(case, has)
    if "second" in has:
        out["P2"] = _texts(_with(case, {case.k: has["second"], has["other"]: has["second2"]}))
        out["pi"] = _chances(case, {case.k: has["pi"], has["other"]: has["pi2"]})
    for name, field in (("y", "truth"), ("s", "student"), ("l", "likelihood")):
        if name in has:
            out[field] = _row(has[name])
    if "S" in has:
        out["classes"] = tuple(i for i, x in enumerate(has["S"]) if x)
    if "pair" in has:
        out["classes"] = tuple(has["pair"])
    return case, out


def _with(case: ExactCase, rows: dict[int, Row]) -> tuple[Row, ...]:
    return tuple(rows.get(j, row) for j, row in enumerate(case.P))


def _with_one_mean(case: ExactCase, has: dict[str, Any]) -> tuple[ExactCase, tuple, tuple]:
    """Two rows vary about a mean, and all others stay there: the first outcomes, the second ones, and the chances of the first."""
    mean, chances, second = has["mean"], {}, {}
    for teacher, share in ((case.k, has["pi"]), (has["other"], has["pi2"])):
        p = case.P[teacher]
        chance = share * min(m / x for m, x in zip(mean, p, strict=True))
        chances[teacher] = chance
        second[teacher] = tuple((m - chance * x) / (1 - chance) for m, x in zip(mean, p, strict=True))
    varying = {case.k: case.P[case.k], has["other"]: case.P[has["other"]]}
    still = {j: mean for j in range(len(case.P)) if j not in varying}
    shown = replace(case, P=_with(case, still))
    return shown, _texts(_with(shown, second)), _chances(case, chances)


def _chances(case: ExactCase, of: dict[int, Fraction]) -> tuple[str, ...]:
    return tuple(str(of.get(j, HALF)) for j in range(len(case.P)))


def _row(row: Row) -> tuple[str, ...]:
    return tuple(map(str, row))


def _texts(P: tuple[Row, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(map(_row, P))
