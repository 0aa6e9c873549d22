"""The report as JSON, whole: what the other formats are drawn from. It leaves nothing out, whatever may stay open."""

from __future__ import annotations

from typing import Any

from axiomkd.core.report import Report


def render(report: Report, **_judged: Any) -> str:
    return report.to_json()
