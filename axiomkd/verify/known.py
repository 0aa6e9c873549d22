"""Violations that a report calls known: each is of an operator and a required reading of it, and is written down here.

It compares words only: with the report's own rows, and with the project's table of expected violations.
"""

from __future__ import annotations

from datetime import date

from axiomkd.core.errors import UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.report import KnownModel, OperatorModel, ReadingModel, Report
from axiomkd.core.verdict import GOOD
from axiomkd.gate import baseline, configuration, judge, values
from axiomkd.verify.line import Failed


def check(report: Report) -> None:
    """Raises Failed at the first entry that the report's rows or the project's table do not bear out."""
    if not report.known:
        return
    expected = _expected(report)
    rows = {
        (one.target, r.axiom, r.reading): (one, r) for one in report.operators for r in one.readings if _counts(one, r)
    }
    seen: set[tuple[str, str, str]] = set()
    for entry in report.known:
        key = entry.target, entry.axiom, entry.reading
        about = f"the known violation of {entry.axiom}/{entry.reading} by {entry.target}"
        if key not in rows:
            raise Failed(f"{about}: the report has no such required reading of an operator without an error")
        if key in seen:
            raise Failed(f"{about} stands in the report twice")
        seen.add(key)
        _borne_out(about, entry, *rows[key], expected)


def _counts(one: OperatorModel, r: ReadingModel) -> bool:
    return one.status != "error" and r.reading in one.requires.get(r.axiom, ())


def _borne_out(about: str, entry: KnownModel, one: OperatorModel, r: ReadingModel, expected: list[Expected]) -> None:
    if entry.verdict != r.verdict:
        raise Failed(f"{about}: its verdict is {entry.verdict}, the reading's is {r.verdict}")
    if (entry.state == "fixed") != (r.verdict in GOOD):
        raise Failed(f"{about}: its state is {entry.state}, and the reading is {r.verdict}")
    until = _day(about, entry.until)
    if entry.state == "expired" and (until is None or until >= date.today()):
        raise Failed(f"{about}: it is called expired, and its last day is {entry.until}")
    found = judge.matching(expected, one.target, one.name, f"{r.axiom}/{r.reading}")
    if found is None or not judge.covers(found, r.verdict):
        raise Failed(f"{about}: this project has written down no such violation")
    said = entry.reason, entry.until, entry.source
    written = found.reason, None if found.until is None else found.until.isoformat(), found.source
    if said != written:
        raise Failed(f"{about}: the report says {said}, written down is {written}")


def _day(about: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as e:
        raise Failed(f"{about}: its last day is {text!r}") from e


def _expected(report: Report) -> list[Expected]:
    """What this project has written down: in its table, in its baseline, and in the baselines that the report names."""
    try:
        found = configuration.read(configuration.find())
        written = baseline.expectations(found.options, found)
        here = {one.source for one in written}
        for source in dict.fromkeys(entry.source for entry in report.known):
            if source.endswith(".json") and source not in here:
                written += baseline.expectations({"baseline": values.Baseline(source)}, configuration.Configuration())
        return written
    except UsageError as e:
        raise Failed(f"the violations that this project has written down cannot be read: {e}") from e
