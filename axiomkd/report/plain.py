"""A reading and its witness as plain text: a paragraph, a table with numbers under numbers, the lines to run.

It knows no terminal, no markup and no colour; how much of a large witness is shown is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.report import phrases
from axiomkd.report.bars import short, value
from axiomkd.report.panel import Others, Row, columns, few, panel

TEACHERS, CLASSES = 10, 8  # of a large witness, where not all of it is to be shown
WHOLE = 24  # teachers or classes that are shown in full, where that is asked for

FEW, SHORT = 4, 16  # readings that are named, and numbers of a panel that fit a line


def paragraph(one: OperatorModel, reading: ReadingModel, report: Report, *, whole: bool = True) -> str:
    """What was found of a reading, its claim, the witness and how to see it again."""
    lines = [
        headline(one, reading),
        f"  claim: {axioms.BY_NAME[reading.reading].formula}",
        *(f"  {line}" for line in table(reading, whole=whole)),
        f"  {_asked(report)}, {report.settings.softener} softening, seed {report.settings.seed}",
    ]
    return "\n".join([*lines, *to_run(reading)])


def _asked(report: Report) -> str:
    return "asked for by name" if report.settings.readings else f"{report.profile.name} profile"


def trouble(one: OperatorModel, *, whole: bool = True) -> str:
    """What is said of an operator in error, and the call that it went wrong in."""
    errors = [r for r in one.readings if r.verdict == "error"]
    first = next((r for r in errors if r.witness is not None), next(iter(errors), None))
    said = f"`{one.name}`: {one.message.rstrip()}"
    if first is None:
        return said
    return "\n".join([said, *(f"  {line}" for line in table(first, whole=whole)), *to_run(first)])


def brief(one: OperatorModel) -> list[str]:
    """An operator in error in a few lines: the user's own line, the call, and what was refuted before."""
    errors = [r for r in one.readings if r.verdict == "error"]
    point = next((r.witness for r in errors if r.witness is not None), None)
    refuted = [r.id for r in one.readings if r.verdict == "refuted"]
    frames = re.findall(r'^  File "(.+)", line (\d+), in .+\n(?:    (.+))?', one.message, re.MULTILINE)
    file, line, code = frames[-1] if frames else ("", "", "")
    return [
        *([f"at {file}:{line}{': ' if code else ''}{code}"] if frames else []),
        *([call(point)] if point is not None else []),
        *([f"refuted before that: {', '.join(refuted[:FEW])}{' …' if len(refuted) > FEW else ''}"] if refuted else []),
    ]


def call(point: WitnessModel) -> str:
    """The call of a witness on one line: `A(P = [[1/2, 1/2], [1/3, 2/3]], w = [1/2, 1/2])`, sizes in place of what is long."""
    if point.K * point.C > SHORT:
        return f"in a call with K = {point.K}, C = {point.C}"
    P, w = ", ".join(map(_vector, point.P)), _vector(point.w)
    T = f", T = {_readable(point.T[0])}" if point.T else f", Ts = {_vector(point.Ts)}" if point.Ts else ""
    return f"in the call with P = [{P}], w = {w}{T}"


def _vector(numbers: Sequence[str]) -> str:
    return f"[{', '.join(map(_readable, numbers))}]"


def _readable(text: str) -> str:
    """A double that a small fraction rounds to as that fraction: the call is with doubles, and the JSON report has them."""
    number = value(text)
    if isinstance(number, Fraction):
        near = number.limit_denominator(1000)
        if float(near) == float(number):
            return str(near)
    return short(text)


def headline(one: OperatorModel, reading: ReadingModel) -> str:
    """The reading, its verdict and the finding in words."""
    how = f" ({reading.witness.confirmed})" if reading.witness and reading.verdict == "refuted" else ""
    said = f": {reading.message}" if reading.message else ""
    at = f" at {reading.scope} only" if reading.partly else ""
    beyond = phrases.extent(reading)
    beyond = f"{'' if said.endswith('.') else '.'} {beyond}" if beyond else ""
    return f"`{one.name}` · {reading.id} {reading.verdict}{at}{how}{said}{beyond}"


def to_run(reading: ReadingModel) -> list[str]:
    """The lines that show the witness again."""
    return ["to see it again:", *reading.reproducer.splitlines()] if reading.reproducer else []


def table(reading: ReadingModel, *, whole: bool = True) -> list[str]:
    """The witness in rows. Where it is not to be `whole`, or is very large, many teachers and classes stand for themselves in
    one row or column; the JSON report has every number."""
    if reading.witness is None:
        return []
    whole = whole and max(reading.witness.K, reading.witness.C) <= WHOLE
    shown = panel(reading, reading.witness)
    rows = list(shown.rows) if whole else few(shown.rows, shown.teacher, TEACHERS)
    C = reading.witness.C
    some = range(C) if whole or C <= CLASSES else columns(rows, C, shown.classes, CLASSES)
    cells = [["", *shown.weights, *(i.heading if isinstance(i, Others) else f"class {i}" for i in some)]]
    cells += [[row.label, *_weights(row, len(shown.weights)), *_numbers(row, some)] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    return [*(_line(line, widths) for line in cells), *shown.notes]


def _weights(row: Row, size: int) -> list[str]:
    return [*map(short, row.weights), *[""] * (size - len(row.weights))]


def _numbers(row: Row, some: Sequence[int | Others]) -> list[str]:
    return [_number(row, i) for i in some] if row.numbers else []


def _number(row: Row, i: int | Others) -> str:
    place = i.like if isinstance(i, Others) else i
    return "…" if place is None else short(row.numbers[place])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()
