"""What stands in the way of `valid`, as plain text: the message of an AxiomViolation.

It knows no terminal and decides nothing: the verdicts are the report's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from axiomkd.core.report import OperatorModel, Report
from axiomkd.core.verdict import GOOD
from axiomkd.report.plain import paragraph, trouble


def violation(report: Report, allowed: Sequence[str] = ()) -> str:
    """A paragraph for each required reading that is not met, its witness as a table."""
    return "\n\n".join(part for one in report.operators for part in _paragraphs(one, report, allowed))


def _paragraphs(one: OperatorModel, report: Report, allowed: Sequence[str]) -> Iterator[str]:
    required = {name for wanted in one.requires.values() for name in wanted}
    wrong = [r for r in one.readings if r.reading in required and r.counts not in GOOD and r.counts not in allowed]
    if one.status == "error" and one.message:
        yield trouble(one)
        wrong = [r for r in wrong if r.verdict != "error"]
    for reading in wrong:
        yield paragraph(one, reading, report)
    if one.repairs and one.status in ("invalid", "error"):
        yield "\n".join(f"did you mean: {told}" for told in one.repairs)
