"""A reading and its witness as plain text: a paragraph, a table with numbers under numbers, the lines to run.

It knows no terminal, no markup and no colour; how much of a large witness is shown is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.report.bars import short
from axiomkd.report.panel import Panel, Row, few, panel

TEACHERS, CLASSES = 10, 8  # of a large witness, where not all of it is to be shown


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


def headline(one: OperatorModel, reading: ReadingModel) -> str:
    """The reading, its verdict and the finding in words."""
    how = f" ({reading.witness.confirmed})" if reading.witness and reading.verdict == "refuted" else ""
    said = f": {reading.message}" if reading.message else ""
    at = f" at {reading.scope} only" if reading.partly else ""
    return f"`{one.name}` · {reading.id} {reading.verdict}{at}{how}{said}"


def to_run(reading: ReadingModel) -> list[str]:
    """The lines that show the witness again."""
    return ["to see it again:", *reading.reproducer.splitlines()] if reading.reproducer else []


def table(reading: ReadingModel, *, whole: bool = True) -> list[str]:
    """The witness in rows. Where it is not to be `whole`, the middle of many teachers and classes is left out."""
    if reading.witness is None:
        return []
    shown = panel(reading, reading.witness)
    columns = _columns(reading.witness.C, shown, whole)
    rows = list(shown.rows) if whole else few(shown.rows, shown.teacher, TEACHERS)
    cells = [["", *shown.weights, *(f"class {i}" if isinstance(i, int) else i for i in columns)]]
    cells += [[row.label, *_weights(row, len(shown.weights)), *_numbers(row, columns)] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    return [*(_line(line, widths) for line in cells), *shown.notes]


def _columns(C: int, shown: Panel, whole: bool) -> list[int | str]:
    """The classes shown, "…" for those left out: the first ones, and those that matter."""
    if whole or C <= CLASSES:
        return list(range(C))
    late = [i for i in shown.classes if i >= CLASSES - len(shown.classes)]
    chosen = sorted({*range(CLASSES - len(late)), *late})
    out: list[int | str] = []
    for before, i in zip([-1, *chosen], chosen, strict=False):
        out += ["…", i] if i != before + 1 else [i]
    return out if chosen[-1] == C - 1 else [*out, "…"]


def _weights(row: Row, size: int) -> list[str]:
    return [*map(short, row.weights), *[""] * (size - len(row.weights))]


def _numbers(row: Row, columns: Sequence[int | str]) -> list[str]:
    return [i if isinstance(i, str) else short(row.numbers[i]) for i in columns] if row.numbers else []


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()
