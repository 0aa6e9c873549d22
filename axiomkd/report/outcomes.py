"""What a reading comes to for programs that know only pass, failure, error and skipped; and what an exit code says.

Every machine format judges by these rules. It knows no format, and decides no verdict: those are the report's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from axiomkd.core.codes import DEFECT, INTERRUPTED
from axiomkd.core.report import KnownModel, OperatorModel, ReadingModel, Report
from axiomkd.core.verdict import GOOD

Outcome = Literal["met", "known", "allowed", "refuted", "undecided", "error", "unchecked"]

ENDINGS = {
    0: "every required reading is proved or holds, or is known or allowed not to",
    1: "a required reading is refuted, or an operator ended in error",
    2: "not all of the work could be done: a target could not be loaded",
    3: "nothing is refuted, and a required reading is fragile or inconclusive",
    DEFECT: "axiomkd contradicts itself, or failed: a defect of axiomkd",
    INTERRUPTED: "interrupted: not everything was checked",
}


@dataclass(frozen=True)
class Case:
    """A reading that an operator is held to. `reading` is None where it was not checked; `known` is what is known of it."""

    axiom: str
    name: str
    reading: ReadingModel | None
    outcome: Outcome
    known: KnownModel | None = None

    @property
    def id(self) -> str:
        return f"{self.axiom}/{self.name}"


def cases(report: Report, operator: OperatorModel, allow: Sequence[str] = ()) -> list[Case]:
    """The required readings in the report's order, then those that were not checked: none of them is a pass."""
    wanted = [(axiom, name) for axiom, names in operator.requires.items() for name in names]
    checked = [one for one in operator.readings if (one.axiom, one.reading) in wanted]
    missing = [one for one in wanted if one not in [(r.axiom, r.reading) for r in checked]]
    return [
        *(
            Case(one.axiom, one.reading, one, outcome(report, operator, one, allow), known(report, operator, one))
            for one in checked
        ),
        *(Case(axiom, name, None, "unchecked") for axiom, name in missing),
    ]


def outcome(report: Report, operator: OperatorModel, reading: ReadingModel, allow: Sequence[str] = ()) -> Outcome:
    """The outcome of a reading, required or not. Where the checker contradicts itself nothing counts."""
    if operator.defect or reading.verdict == "error":
        return "error"
    if reading.counts in GOOD:
        return "met"
    written = known(report, operator, reading)
    if written is not None and written.state == "known":
        return "known"
    if reading.verdict == "refuted":
        return "refuted"
    return "allowed" if reading.counts in allow and not reading.skipped else "undecided"


def known(report: Report, operator: OperatorModel, reading: ReadingModel) -> KnownModel | None:
    """What the project has written down of a reading of this operator."""
    place = (operator.target, reading.axiom, reading.reading)
    return next((one for one in report.known if (one.target, one.axiom, one.reading) == place), None)


def ending(code: int) -> str:
    """What an exit code says, in words."""
    return ENDINGS.get(code, "not a code of a check")
