"""A report for a program that searches for operators: numbers that say how near one is, and texts that say what is wrong.

Pure: it knows verdicts and margins, and runs nothing. How a reading is scored stands in `score`, and nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.report import phrases
from axiomkd.report.plain import paragraph, trouble

PROVED, HOLDS, FRAGILE, OPEN, REFUTED, LEAST = 1.0, 0.95, 0.7, 0.6, 0.4, 0.05
STEEP = 10.0  # a violation of 1/10 halves what is left of REFUTED
BLUNT = 0.15  # of a refuted claim that is not a margin: by how much it fails cannot be said
CUT = " …"
# What moves a terminal's cursor, begins a command of a CI's log, or is no character at all.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def metrics(
    operator: OperatorModel | None, requires: Mapping[str, Sequence[str]], *, cut: bool = False
) -> dict[str, float]:
    """`combined_score`, `valid` (0 or 1), and a number in [0, 1] for each required reading ("convexity/envelope").

    The combined score is the mean of the readings' numbers; where there is no operator, or one that ended in error, it is 0.
    Where the time was over (`cut`) what is open counts 0 too: to be slow is no way to be spared. All are finite.
    """
    if operator is not None:
        requires = operator.requires
    rows = {one.id: one for one in operator.readings} if operator is not None else {}
    ids = [f"{axiom}/{name}" for axiom, names in requires.items() for name in names]
    found = {one: score(rows[one]) if one in rows and not (cut and _open(rows[one])) else 0.0 for one in ids}
    mean = math.fsum(found.values()) / len(found) if found else 0.0
    if operator is not None and operator.status == "error":
        mean = 0.0
    valid = float(operator is not None and operator.status == "valid")
    return {"combined_score": mean, "valid": valid, **found}


def _open(reading: ReadingModel) -> bool:
    return reading.counts == "inconclusive"


def score(reading: ReadingModel) -> float:
    """proved 1, holds 0.95, fragile 0.7, inconclusive 0.6, error 0; refuted by v: 0.05 + 0.35 / (1 + 10 v), which falls from 0.4
    to 0.05 as the violation v (in the claim's unit) grows, and 0.15 where the claim is not a margin."""
    match reading.counts:
        case "proved":
            return PROVED
        case "holds":
            return HOLDS
        case "fragile":
            return FRAGILE
        case "inconclusive":
            return OPEN
        case "refuted":
            by = violation(reading)
            return BLUNT if by is None else LEAST + (REFUTED - LEAST) / (1 + STEEP * by)
    return 0.0


def violation(reading: ReadingModel) -> float | None:
    """By how much it fails where it fails most, of what the report has; None where that is no number."""
    if not phrases.unit(reading):
        return None
    sizes = [abs(_number(one.margin)) for one in (reading.witness, reading.largest) if one is not None and one.margin]
    return max((one for one in sizes if math.isfinite(one)), default=None)


def _number(text: str) -> float:
    try:
        return float.fromhex(text) if "x" in text else float(Fraction(text))
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.inf


def artifacts(report: Report, why: str, most: int) -> dict[str, str]:
    """Texts for whoever writes the next program, the most telling first, of `most` bytes in all (UTF-8, names counted).

    `verdict`: in one line; `error`: why nothing, or not all, could be checked; `witness`: the smallest counterexample to a required
    reading, in plain words; `hint`: a repair that was tried and helps; `readings`: a line each; `output`: what was printed.
    """
    operator = next(iter(report.operators), None)
    texts: dict[str, str] = {}
    if operator is None:
        return fitted({"verdict": "error: it could not be checked", "error": why}, most)
    texts["verdict"] = phrases.status(report, operator)
    told = trouble(operator) if operator.status == "error" else why
    if told:
        texts["error"] = told
    wrong = smallest(operator)
    if wrong is not None:
        texts["witness"] = paragraph(operator, wrong, report)
    if operator.repairs:
        texts["hint"] = "\n".join(operator.repairs)
    texts["readings"] = "\n".join(_line(one) for one in operator.readings if one.required)
    if operator.output:
        texts["output"] = operator.output
    return fitted(texts, most)


def smallest(operator: OperatorModel) -> ReadingModel | None:
    """The required reading that is refuted with the least witness: the fewest numbers, then the shortest."""
    refuted = [
        one for one in operator.readings if one.required and one.verdict == "refuted" and one.witness is not None
    ]
    return min(refuted, key=lambda one: _length(one.witness), default=None)


def _length(witness: WitnessModel | None) -> tuple[int, int]:
    if witness is None:
        return (0, 0)
    numbers = [*witness.w, *(x for row in [*witness.P, *(witness.P2 or [])] for x in row)]
    return witness.K * witness.C, sum(map(len, numbers))


def _line(reading: ReadingModel) -> str:
    told = (
        f": {reading.message.splitlines()[0]}" if reading.message and reading.verdict not in ("proved", "holds") else ""
    )
    return f"{reading.id}  {score(reading):.3f}  {phrases.verdict(reading)}{told}"


def fitted(texts: Mapping[str, str], most: int) -> dict[str, str]:
    """The texts, none of whose characters act on a terminal, as many bytes of them as there is room for, the first first."""
    out: dict[str, str] = {}
    left = most
    for name, text in texts.items():
        left -= len(name.encode())
        told = _clipped(_UNFIT.sub(_written, text), left)
        if not told:
            break
        out[name] = told
        left -= len(told.encode())
    return out


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _clipped(text: str, most: int) -> str:
    raw = text.encode()
    if len(raw) <= most:
        return text
    room = most - len(CUT.encode())
    return raw[:room].decode(errors="ignore") + CUT if room > 0 else ""


def zero(requires: Mapping[str, Iterable[str]], why: str, most: int) -> dict[str, dict]:
    """What is said of a program of which nothing could be found out."""
    found = metrics(None, {axiom: tuple(names) for axiom, names in requires.items()})
    return {"metrics": found, "artifacts": fitted({"verdict": "error: it could not be checked", "error": why}, most)}
