"""How a witness tells what else its claim quantifies over: the fields of the report for the values of a case.

It knows the table of `core/extras.py` and no claim's name.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from axiomkd.core.case import ExactCase, Row
from axiomkd.core.reading import Pointwise
from axiomkd.core.report import WitnessModel

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


def read(claim: Any, model: WitnessModel, point: tuple, rows: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What `told` makes of a case, undone: the values of what the claim needs. `point` is P, w, P2, pi and delta in fractions,
    `rows` those that are told as they are. What the witness lacks is left out, to be drawn."""
    needs: set[str] = set(claim.needs) if isinstance(claim, Pointwise) else set()
    P, w, P2, pi, delta = point
    k, j, chosen = model.teacher or 0, model.teacher2, model.classes
    out: dict[str, Any] = {name: row for name, row in rows.items() if row is not None}
    if j is not None:
        out["other"] = j
        if delta is not None and w[j]:
            out["share"] = delta / w[j]
    if P2 is not None:
        out |= {"row": P2[k], "second": P2[k]}
        if j is not None and pi is not None:
            mean = tuple(pi[k] * x + (1 - pi[k]) * y for x, y in zip(P[k], P2[k], strict=True))
            centred = "mean" in needs
            most = {i: min(m / x for m, x in zip(mean, P[i], strict=True)) if centred else Fraction(1) for i in (k, j)}
            out |= {"second2": P2[j], "mean": mean, "pi": pi[k] / most[k], "pi2": pi[j] / most[j]}
    if chosen is not None:
        out |= {"S": tuple(Fraction(int(i in chosen)) for i in range(len(P[0]))), "pair": tuple(chosen)}
    return tuple(sorted((name, value) for name, value in out.items() if name in needs))
