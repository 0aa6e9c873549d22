"""The verdicts against what is required, allowed and known: what a run's exit code is.

It knows no format and no search, and changes no verdict: what is known stays refuted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date

from axiomkd.core.expected import Expected
from axiomkd.core.report import KnownModel, OperatorModel, ReadingModel, Report
from axiomkd.core.verdict import GOOD
from axiomkd.core.words import meant

EXCUSABLE = ("refuted", "fragile", "inconclusive")  # an error is never known: nothing was found out


def matching(expected: Sequence[Expected], target: str, name: str, reading: str) -> Expected | None:
    """The entry for a reading (axiom/reading) of an operator, if there is one.

    An entry's target is that of the operator, or a file or module alone, which stands for all that it registers. What stands
    in a table comes before a baseline, and of several entries the narrowest counts, of those the first.
    """
    near = [(one.strict, _nearness(one.target, target, name), one) for one in expected if one.reading == reading]
    found = [(strict, nearness) for strict, nearness, _ in near if nearness]
    return next((one for *rank, one in near if tuple(rank) == max(found)), None) if found else None


def _nearness(entry: str, target: str, name: str) -> int:
    """3: the operator itself; 2: a family `power` of `power[alpha=2]`; 1: all of its file or module; 0: another one."""
    entry, target = _normal(entry), _normal(target)
    where, separator, last = _split(target)
    if entry in (target, f"{where}{separator}{name}"):
        return 3
    if entry in {f"{where}{separator}{one.partition('[')[0]}" for one in (last, name)}:
        return 2
    return 1 if entry == where else 0


def _split(target: str) -> tuple[str, str, str]:
    for separator in ("::", ":"):
        where, found, last = target.partition(separator)
        if found:
            return (where, found, last) if where != "zoo" else ("zoo:", "", last)
    return target, "", ""


def _normal(target: str) -> str:
    """The file of a target written in one way only."""
    where, separator, last = target.partition("::")
    return f"{os.path.normpath(where)}{separator}{last}" if where.endswith(".py") else target


def judged(report: Report, expected: Sequence[Expected], today: date) -> Report:
    """The report with `known` filled in: what is expected and happened, has expired, or is met by now."""
    if not expected:
        return report
    known = [
        one
        for operator in report.operators
        for reading in required(operator)
        for one in _known(operator, reading, expected, today)
    ]
    return report.model_copy(update={"known": known})


def unmatched(report: Report, expected: Sequence[Expected], *, every: bool = False) -> list[Expected]:
    """Entries of the table that speak of nothing that was checked: of an operator of a file that was, or, where `every` target
    of the project was checked, of any other. What could not be loaded, or was not asked for, is no reason to complain."""
    if report.failures or report.partial or report.settings.readings:
        return []
    files = {_split(_normal(one.target))[0] for one in report.operators}
    return [
        entry
        for entry in expected
        if entry.strict
        and (every or (_split(_normal(entry.target))[0] or _normal(entry.target)) in files)
        and not any(_speaks(entry, one) for one in report.operators)
    ]


def why_unmatched(report: Report, entry: Expected) -> str:
    """What an entry that speaks of nothing speaks of, and why there is no such thing."""
    if any(_nearness(entry.target, one.target, one.name) for one in report.operators):
        return f"nothing requires {entry.reading} of {entry.target}"
    near = meant(entry.target, [one.target for one in report.operators])
    return f"no operator {entry.target} was checked" + (f" (did you mean {near}?)" if near else "")


def _speaks(entry: Expected, operator: OperatorModel) -> bool:
    near = bool(_nearness(entry.target, operator.target, operator.name))
    return near and (operator.status == "error" or any(one.id == entry.reading for one in required(operator)))


def _known(
    operator: OperatorModel, reading: ReadingModel, expected: Sequence[Expected], today: date
) -> Iterator[KnownModel]:
    entry = matching(expected, operator.target, operator.name, reading.id)
    if entry is None or operator.status == "error" or not covers(entry, reading.counts):
        return
    state = "fixed" if reading.counts in GOOD else "expired" if entry.expired(today) else "known"
    yield KnownModel(
        target=operator.target,
        axiom=reading.axiom,
        reading=reading.reading,
        verdict=reading.verdict,
        state=state,
        reason=entry.reason,
        until=None if entry.until is None else entry.until.isoformat(),
        source=entry.dated if state == "expired" else entry.source,
    )


def covers(entry: Expected, verdict: str) -> bool:
    """Whether the entry speaks of such a verdict. What was open in a baseline and is refuted now is worse, so it is new."""
    if verdict == "refuted":
        return entry.verdict in (None, "refuted")
    return verdict in EXCUSABLE or verdict in GOOD


def required(operator: OperatorModel) -> list[ReadingModel]:
    """The readings that the operator is held to, that say something of it and that were checked, in the report's order."""
    wanted = {(axiom, name) for axiom, names in operator.requires.items() for name in names}
    return [one for one in operator.readings if (one.axiom, one.reading) in wanted and not one.moot]


def excused(report: Report, operator: OperatorModel) -> set[str]:
    """The names of the readings of an operator whose violation is known and has not expired."""
    return {one.reading for one in report.known if one.state == "known" and one.target == operator.target}


def exit_code(report: Report, allow: Sequence[str] = ()) -> int:
    """The exit code of the report, with the verdicts in `allow`, and what is known, counted as good enough."""
    code = report.exit_code
    if code not in (1, 3):
        return code
    codes = {_code(report, one, allow) for one in report.operators}
    return next((code for code in (1, 3) if code in codes), 0)


def _code(report: Report, operator: OperatorModel, allow: Sequence[str]) -> int:
    if operator.status == "error":
        return 1
    known = excused(report, operator)
    wanted = required(operator)
    if any(
        one.skipped for one in wanted
    ):  # only a refutation ends a check early, and what lies behind it nobody has seen
        return 1
    left = {one.counts for one in wanted if one.reading not in known}
    if left - {*GOOD, "fragile", "inconclusive"}:
        return 1
    return 3 if left - {*GOOD, *allow} else 0
