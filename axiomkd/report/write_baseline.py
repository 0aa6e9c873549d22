"""What a report says is violated, as a baseline for later runs. How one is spelled is the gate's to know."""

from __future__ import annotations

from typing import Any

from axiomkd.core.report import Report
from axiomkd.gate import baseline


def render(report: Report, **_judged: Any) -> str:
    return baseline.written(report)
