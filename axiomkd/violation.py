"""What stands in the way of `valid`, as plain text: the message of an AxiomViolation.

It knows no terminal and decides nothing: the verdicts are the report's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.core.verdict import GOOD
from axiomkd.report.bars import short
from axiomkd.report.panel import Row, panel


def violation(report: Report, allowed: Sequence[str] = ()) -> str:
    """A paragraph for each required reading that is not met, its witness as a table."""
    return "\n\n".join(part for one in report.operators for part in _paragraphs(one, report, allowed))


def _paragraphs(one: OperatorModel, report: Report, allowed: Sequence[str]) -> Iterator[str]:
    required = {name for wanted in one.requires.values() for name in wanted}
    wrong = [r for r in one.readings if r.reading in required and r.verdict not in GOOD and r.verdict not in allowed]
    if one.status == "error" and one.message:
        errors = [r for r in one.readings if r.verdict == "error"]
        first = next((r for r in errors if r.witness is not None), next(iter(errors), None))
        yield "\n".join([f"`{one.name}`: {one.message.rstrip()}", *(_seen_again(first) if first else [])])
        wrong = [r for r in wrong if r.verdict != "error"]
    for reading in wrong:
        yield _paragraph(one, reading, report)


def _paragraph(one: OperatorModel, reading: ReadingModel, report: Report) -> str:
    how = f" ({reading.witness.confirmed})" if reading.witness and reading.verdict == "refuted" else ""
    lines = [
        f"`{one.name}` · {reading.axiom}/{reading.reading} {reading.verdict}{how}: {reading.message}",
        f"  claim: {axioms.BY_NAME[reading.reading].formula}",
        *(f"  {line}" for line in _table(reading)),
        f"  {report.profile.name} profile, {report.settings.softener} softening, seed {report.settings.seed}",
    ]
    return "\n".join([*lines, *_lines_to_run(reading)])


def _seen_again(reading: ReadingModel) -> list[str]:
    """The call that an operator went wrong in."""
    return [*(f"  {line}" for line in _table(reading)), *_lines_to_run(reading)]


def _lines_to_run(reading: ReadingModel) -> list[str]:
    return ["to see it again:", *reading.reproducer.splitlines()] if reading.reproducer else []


def _table(reading: ReadingModel) -> list[str]:
    """The witness in rows, numbers under numbers."""
    if reading.witness is None:
        return []
    shown = panel(reading, reading.witness)
    indent = len(shown.weights)
    header = Row("heading", "", shown.weights, tuple(f"class {i}" for i in range(reading.witness.C)))
    cells = [[row.label, *_padded(row.weights, indent), *row.numbers] for row in (header, *shown.rows)]
    cells[1:] = [[line[0], *(short(x) if x else "" for x in line[1:])] for line in cells[1:]]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    return [*(_line(line, widths) for line in cells), *shown.notes]


def _padded(weights: Sequence[str], size: int) -> list[str]:
    return [*weights, *[""] * (size - len(weights))]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return "  ".join([first, *numbers]).rstrip()
