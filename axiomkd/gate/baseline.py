"""What a project knows to be violated: its table of expected violations, and the report that it has committed as a baseline.

It reads files and decides nothing: `gate` holds verdicts against what is read here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from axiomkd.core.errors import UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.report import Report
from axiomkd.core.verdict import GOOD
from axiomkd.gate import judge
from axiomkd.gate.configuration import Baseline, Configuration, from_here


def expectations(options: Mapping[str, Any], found: Configuration) -> list[Expected]:
    """The table's entries, then one for each required reading that the baseline does not meet.

    Raises UsageError where there is no such baseline, unless this run's `--json` writes it: then nothing in it is known.
    """
    baseline = options.get("baseline")
    if baseline is None:
        return list(found.expected)
    try:
        return [*found.expected, *_violations(baseline)]
    except UsageError:
        if os.path.normpath(options.get("json") or "") != os.path.normpath(baseline.file):
            raise
        return list(found.expected)


def _violations(baseline: Baseline) -> Iterator[Expected]:
    file = baseline.file
    if not Path(file).is_file():
        raise UsageError(f"baseline: there is no {file}. Write one with `axiomkd check TARGET... --json {file}`.")
    report = Report.load(file)
    if report.partial:
        raise UsageError(
            f"baseline: {file} is the report of an interrupted run. Write it again, and let it come to its end."
        )
    for operator in report.operators:
        for reading in judge.required(operator) if operator.status != "error" else ():
            if reading.counts not in GOOD:
                yield Expected(
                    target=from_here(Path(baseline.folder), operator.target),
                    reading=reading.id,
                    reason=baseline.reason or f"in the baseline {file}",
                    until=baseline.until,
                    source=file,
                    strict=False,
                    verdict=reading.counts,
                )
