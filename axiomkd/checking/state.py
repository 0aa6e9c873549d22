"""The state of one check: what was asked, what is settled so far, and by whom. It knows no step, and no order of steps."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from axiomkd import axioms
from axiomkd.checking import proofs, sparse
from axiomkd.checking.cascade import Enough
from axiomkd.checking.proofs import Proofs
from axiomkd.core.case import ExactCase
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading, relaxed
from axiomkd.core.report import PicturesModel
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import Holds, Inconclusive, Refuted, Spent, Verdict
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.tally import Tally


@dataclass
class Settling:
    """The verdict on a reading, with what is said of it."""

    verdict: Verdict
    message: str
    seconds: float
    case: ExactCase | None = None
    skipped: bool = False  # not looked at


@dataclass
class State:
    """The state of one check."""

    operator: Operator
    settings: Settings
    readings: Sequence[Reading]
    requires: Mapping[str, Sequence[str]]  # axiom -> readings
    settled: dict[str, Settling] = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)
    started: float = field(default_factory=time.monotonic)
    searched: list[str] = field(default_factory=list)
    sizes: Sequence[tuple[int, int]] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)
    pictures: PicturesModel | None = None
    evaluator: Evaluator | None = None

    @cached_property
    def sought(self) -> dict[str, Reading]:
        """The readings by name as they are searched: with the room that the tolerance gives. Proofs are of the readings."""
        slack = Fraction(self.settings.tolerance)
        return {one.name: relaxed(one, slack) for one in axioms.EVERY}

    def asks_for(self, reading: Reading) -> bool:
        """Whether the profile or the operator's claims require the reading."""
        return reading.name in self.requires.get(reading.axiom, ())

    @property
    def first(self) -> list[Reading]:
        """The readings that come first where the check is to stop at one that is refuted; else none does."""
        return [one for one in self.readings if self.asks_for(one)] if self.settings.fail_fast else []

    @property
    def ended(self) -> list[Reading]:
        """Those of them that are refuted: they end the check."""
        done = [(one, self.settled.get(one.name)) for one in self.first]
        return [one for one, it in done if it is not None and isinstance(it.verdict, Refuted)]

    def settle(self, reading: str, done: Settling) -> None:
        """Give a reading its verdict; where it is proved, after holding the two against each other. Raises Clash."""
        proof = self.proofs.proved.get(reading)
        if proof is not None:
            verdict, message = proofs.against(proof, done.verdict, done.message)
            done = replace(done, verdict=verdict, message=message)
        verdict, why = sparse.judged(self.evaluator, reading, done.verdict)
        self.settled[reading] = replace(done, verdict=verdict, message=why) if why else done


def moot(run: State) -> None:
    """Settle the readings that the operator has nothing for."""
    for reading in run.readings:
        if proofs.moot(run.operator, reading):
            run.settle(reading.name, Settling(Inconclusive(proofs.WEIGHTLESS, Spent(0)), proofs.WEIGHTLESS, 0.0))


def enough(run: State) -> None:
    """Raises Enough where a required reading is refuted, and no more was asked for."""
    if run.ended:
        raise Enough


def few(evaluator: Evaluator, verdict: Verdict) -> str:
    """What a reading that stands says where fewer cases than usual were searched."""
    if not evaluator.allowance.limited or not isinstance(verdict, Holds):
        return ""
    return f"{verdict.spent.cases:,} cases: a call takes {evaluator.price}"
