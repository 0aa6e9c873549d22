"""What a project knows to be violated: its table of expected violations, and the report that it has committed as a baseline.

It reads files and decides nothing: `gate` holds verdicts against what is read here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.report import FIRST_SCHEMA, RENAMED, Report
from axiomkd.core.verdict import GOOD
from axiomkd.gate import judge
from axiomkd.gate.configuration import Configuration, from_here
from axiomkd.gate.values import Baseline


def expectations(options: Mapping[str, Any], found: Configuration) -> list[Expected]:
    """The table's entries, then one for each required reading that the baseline does not meet.

    Raises UsageError where there is no such baseline, unless this run writes it: then nothing in it is known.
    """
    baseline = options.get("baseline")
    if baseline is None:
        return list(found.expected)
    try:
        return [*found.expected, *_violations(baseline)]
    except UsageError:
        writes = {os.path.normpath(options.get(name) or "") for name in ("json", "write_baseline")}
        if os.path.normpath(baseline.file) not in writes:
            raise
        return list(found.expected)


def renamed(options: Mapping[str, Any]) -> str:
    """What has changed about the profile that the baseline's header names; "" where nothing has, or where there is no such file."""
    known = options.get("baseline")
    if known is None:
        return ""
    try:
        header = json.loads(Path(known.file).read_text(encoding="utf-8"))
        old = header["profile"]["name"] if header.get("schema") == FIRST_SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""  # what is wrong with the file is told where its violations are read
    if old not in RENAMED:
        return ""
    new = RENAMED[old]
    return (
        f"baseline: {known.file} was written for the profile {old} of then, which is called {new} now. Check with `--profile "
        f"{new}`, or write the baseline again for the {old} of today."
    )


SCHEMA = "axiomkd.baseline/1"


def written(report: Report) -> str:
    """A baseline as text: each required reading that is not met, one a line in a fixed order, and nothing that changes from run
    to run. `_violations` reads it."""
    rows = sorted(
        (operator.target, reading.id, reading.counts)
        for operator in report.operators
        for reading in (judge.required(operator) if operator.status != "error" else ())
        if reading.counts not in GOOD
    )
    lines = [json.dumps({"target": t, "reading": r, "verdict": v}, ensure_ascii=False) for t, r, v in rows]
    body = "".join(f"\n    {line}," for line in lines).rstrip(",")
    return f'{{\n  "schema": "{SCHEMA}",\n  "violations": [{body}{chr(10) + "  " if lines else ""}]\n}}\n'


def _read(file: str) -> list[tuple[str, str, str]] | None:
    """(target, reading, verdict) of a baseline; None where the file is something else. Raises UsageError."""
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return None
    try:
        return [
            (str(one["target"]), axioms.reading_id(one["reading"]), str(one["verdict"])) for one in found["violations"]
        ]
    except (KeyError, TypeError) as e:
        raise UsageError(
            f"baseline: {file} is damaged ({e}). Write it again with `axiomkd check TARGET... --write-baseline {file}`."
        ) from None


def _violations(baseline: Baseline) -> Iterator[Expected]:
    file = baseline.file
    if not Path(file).is_file():
        raise UsageError(
            f"baseline: there is no {file}. Write one with `axiomkd check TARGET... --write-baseline {file}`."
        )
    kept = _read(file)
    if kept is not None:
        yield from (_known(baseline, *one) for one in kept)
        return
    report = Report.load(file)
    if report.partial:
        raise UsageError(
            f"baseline: {file} is the report of an interrupted run. Write it again, and let it come to its end."
        )
    for operator in report.operators:
        for reading in judge.required(operator) if operator.status != "error" else ():
            if reading.counts not in GOOD:
                yield _known(baseline, operator.target, reading.id, reading.counts)


def _known(baseline: Baseline, target: str, reading: str, verdict: str) -> Expected:
    return Expected(
        target=from_here(Path(baseline.folder), target),
        reading=reading,
        reason=baseline.reason or f"in the baseline {baseline.file}",
        until=baseline.until,
        source=baseline.file,
        strict=False,
        verdict=verdict,
    )
