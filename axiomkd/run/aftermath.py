"""What is left to say of an operator whose process did not come back: its Finished event, from what it had sent before.

Pure: it knows the operator by name and place, and starts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from axiomkd.axioms.summary import readings_of, requires_of, summarise
from axiomkd.core.events import Calling, Event, Finished, Settled
from axiomkd.core.report import OperatorModel, ReadingModel, reading_model
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import BAD, Error, Inconclusive, Spent, Verdict, Witness
from axiomkd.operators import hashes
from axiomkd.operators.recorder import Call
from axiomkd.report.reproducer import snippet
from axiomkd.run.worker import Ref


@dataclass
class Heard:
    """What a worker has said so far."""

    settled: dict[str, ReadingModel] = field(default_factory=dict)
    calling: Calling | None = None
    output: str = ""

    def note(self, event: Event) -> None:
        if isinstance(event, Settled):
            self.settled[event.reading.reading] = event.reading
        elif isinstance(event, Calling):
            self.calling = event


@dataclass(frozen=True)
class End:
    """How it ended: `message` for people; an interrupted one is undecided, any other an error, and not the operator's where
    it is a `defect` of this package."""

    message: str
    details: str = ""
    interrupted: bool = False
    defect: bool = False


def finished(ref: Ref, settings: Settings, heard: Heard, end: End, call: Call | None, seconds: float) -> Finished:
    """The Finished event that the worker owes. Refuted readings keep their verdict, all others end as `end` says."""
    requires = requires_of(ref.name, ref.claims, settings)
    required = {one for names in requires.values() for one in names}
    # Where this package failed, the last call of the operator has nothing to do with it.
    verdict: Verdict = Error(end.message, None if end.defect else _witness(ref, heard, call))
    if end.interrupted:
        verdict = Inconclusive(end.message, Spent(0))
    readings = [
        _kept(heard, one.name, end.interrupted)
        or reading_model(
            one.axiom, one.name, verdict, required=one.name in required, message=_message(end, call), seconds=0.0
        )
        for one in readings_of(settings, requires)
    ]
    result = summarise(
        name=ref.name,
        target=ref.target,
        file=ref.file,
        line=ref.line,
        readings=readings,
        requires=requires,
        settings=settings,
        seconds=seconds,
        message=end.message + (f"\n{end.details}" if end.details else ""),
        errored=not end.interrupted,
        defect=end.defect,
        output=heard.output,
    )
    source = hashes.source(ref.file)
    result = result.model_copy(
        update={
            "takes_T": ref.takes_T,
            "default_T": ref.default_T,
            "constants": ref.constants,
            "call": ref.call,
            "hashes": {"source": source} if source else {},
        }
    )
    return Finished(operator=ref.name, result=result, sizes=[], device=settings.device or "cpu")


def fits(event: Finished, ref: Ref, settings: Settings) -> str:
    """What is wrong with a result as an answer to what was asked; "" where nothing is. A result comes from a process that runs the
    user's code."""
    result, requires = event.result, requires_of(ref.name, ref.claims, settings)
    if (event.operator, result.name, result.target, result.file) != (ref.name, ref.name, ref.target, ref.file):
        return "a result of another operator"
    wanted = [one.name for one in readings_of(settings, requires)]
    if [one.reading for one in result.readings] != wanted:
        return f"a result on {len(result.readings)} readings where {len(wanted)} were asked for"
    verdicts = {one.reading: one.counts for one in result.readings}
    required = [one for names in requires.values() for one in names]
    if result.status == "valid" and any(verdicts.get(one) in BAD for one in required):
        return "a result that contradicts itself"
    return ""


def _message(end: End, call: Call | None) -> str:
    if call is None or call.points == 1 or end.interrupted or end.defect:
        return end.message
    return f"{end.message} (in a call on {call.points} points at once, of which this is the first)"


def reproduced(result: OperatorModel, settings: Settings) -> OperatorModel:
    """The same result, each witness with the lines of Python that show it."""
    readings = [
        one.model_copy(update={"reproducer": one.reproducer or _snippet(result, one, settings)})
        for one in result.readings
    ]
    return result.model_copy(update={"readings": readings})


def _snippet(result: OperatorModel, reading: ReadingModel, settings: Settings) -> str | None:
    """The lines for one reading; those of a counterexample where it contradicts a proof, though its verdict is `error`."""
    if result.defect and reading.witness is not None:
        reading = reading.model_copy(update={"verdict": "refuted"})
    return snippet(result, reading, softener=settings.softener)


def _kept(heard: Heard, name: str, interrupted: bool) -> ReadingModel | None:
    told = heard.settled.get(name)
    return told if told is not None and (interrupted or told.verdict == "refuted") else None


def _witness(ref: Ref, heard: Heard, call: Call | None) -> Witness | None:
    """The last point that the operator was called at, as probabilities."""
    point = call or heard.calling
    if point is None:
        return None
    P = [_probabilities(row) for row in point.P] if ref.logits and point is call else point.P
    return Witness(
        K=len(P),
        C=len(P[0]),
        P=tuple(tuple(float(x).hex() for x in row) for row in P),
        w=tuple(float(x).hex() for x in point.w),
        margin="0",
        confirmed="float64",
        T=None if point.T is None else (float(point.T).hex(),),
    )


def _probabilities(logits: Sequence[float]) -> list[float]:
    raised = [math.exp(z - max(logits)) for z in logits]
    return [x / sum(raised) for x in raised]
