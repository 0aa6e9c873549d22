"""What is told of many operators at once: how many readings came out how, and which operators are looked at first.

Pure: values in, values out. Terminals and pages share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from axiomkd.core.report import OperatorModel, Report
from axiomkd.report.matrix import Line, Matrix

STATUSES = ("error", "invalid", "undecided", "valid")  # what asks for attention first
VERDICTS = ("proved", "holds", "refuted", "fragile", "inconclusive", "error")


@dataclass(frozen=True)
class Count:
    """A reading over all operators: `verdicts` counts what it came out as, `unmet` the operators that require it and do not meet
    it, `required` those that require it."""

    axiom: str
    reading: str
    verdicts: dict[str, int]
    required: int
    unmet: int


def counts(table: Matrix) -> list[Count]:
    """A row a reading, in the table's order."""
    out = []
    for n, column in enumerate(table.columns):
        cells = [line.cells[n] for line in table.lines]
        found = Counter(cell.verdict for cell in cells if cell.verdict is not None)
        required = [cell for cell in cells if cell.required]
        unmet = sum(cell.verdict not in ("proved", "holds") for cell in required)
        out.append(
            Count(column.axiom, column.reading, {v: found[v] for v in VERDICTS if found[v]}, len(required), unmet)
        )
    return out


def ranked(operators: Sequence[OperatorModel] | Sequence[Line]) -> list[int]:
    """The places of the operators, those in error first, those that meet what is asked last; else as they were."""
    return sorted(range(len(operators)), key=lambda n: STATUSES.index(operators[n].status))


def statuses(report: Report, places: Sequence[int]) -> str:
    """How many of these operators are what: `3 in error, 12 invalid, 985 valid`."""
    found = Counter(report.operators[n].status for n in places)
    return ", ".join(f"{found[s]} {'in error' if s == 'error' else s}" for s in STATUSES if found[s])
