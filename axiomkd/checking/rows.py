"""From the state of a check to the rows of its report: verdicts with what is said of them. It settles nothing but what an error
voids."""

from __future__ import annotations

import time
from collections.abc import Iterator

from axiomkd.axioms.summary import marked, summarise
from axiomkd.checking import proofs
from axiomkd.checking.state import Settling, State
from axiomkd.core.errors import Clash, Misbehaviour
from axiomkd.core.events import Event, Settled
from axiomkd.core.operator import told
from axiomkd.core.reading import Reading
from axiomkd.core.report import OperatorModel, ReadingModel, reading_model
from axiomkd.core.tolerances import DETECT
from axiomkd.core.verdict import Error, Refuted, Witness
from axiomkd.operators import hashes, losses


def all_error(run: State, e: Misbehaviour) -> None:
    """What was refuted stays refuted; everything else ends as error."""
    for reading in run.readings:
        old = run.settled.get(reading.name)
        if old is None or not isinstance(old.verdict, Refuted):
            run.settled[reading.name] = Settling(Error(str(e), witness_of_point(e.point)), str(e), 0.0)


def all_void(run: State, e: Clash) -> None:
    """Nothing that this run found can be relied on; the contradiction is shown where it is."""
    for reading in run.readings:
        witness = e.witness if reading.name == e.reading else None
        run.settled[reading.name] = Settling(Error(str(e), witness), str(e), 0.0)


def with_details(e: Misbehaviour | Clash) -> str:
    return f"{e}" + (f"\n{e.details}" if e.details else "")


def witness_of_point(point: dict | None) -> Witness | None:
    """A misbehaving call's inputs, each number as the double it was."""
    if not point:
        return None
    P, w = point["P"], point["w"]
    return Witness(
        K=len(P),
        C=len(P[0]),
        P=tuple(tuple(float(x).hex() for x in row) for row in P),
        w=tuple(float(x).hex() for x in w),
        margin="0",
        confirmed="float64",
        T=None if point.get("T") is None else (float(point["T"]).hex(),),
        Ts=None if point.get("Ts") is None else tuple(float(t).hex() for t in point["Ts"]),
    )


def news(run: State, told: dict[str, Settling]) -> Iterator[Event]:
    """Every verdict that is new or has changed: what is settled is known to whoever listens, if the check is cut short."""
    for reading in run.readings:
        done = run.settled.get(reading.name)
        if done is not None and told.get(reading.name) is not done:
            told[reading.name] = done
            yield Settled(operator=run.operator.name, reading=row_of(run, reading))


def row_of(run: State, reading: Reading) -> ReadingModel:
    done = run.settled[reading.name]
    row = reading_model(
        reading.axiom,
        reading.name,
        run.proofs.beside(reading.name, done.verdict),
        required=run.asks_for(reading),
        message=done.message,
        seconds=done.seconds,
        unproved=run.proofs.unproved(reading.name, searched=run.settings.search),
        moot=proofs.moot(run.operator, reading) and done.verdict.verdict == "inconclusive",
    )
    row = row.model_copy(update={"skipped": done.skipped and done.verdict.verdict == "inconclusive"})
    return marked(_in_full(row, run.sought[reading.name]), run.operator.K, run.operator.C, run.settings)


def _in_full(row: ReadingModel, sought: Reading) -> ReadingModel:
    """The row with the margin of the claim itself, where it was searched with room; what the room let pass is said."""
    slack = float(getattr(sought.claim, "slack", 0))
    if not slack or row.margin is None:
        return row
    margin = row.margin - slack
    if row.verdict not in ("holds", "proved", "inconclusive", "fragile"):
        return row.model_copy(update={"margin": margin})
    told = row.message
    if row.verdict == "holds" and margin < -DETECT:
        told = f"{told} It fails by up to {-margin:.3g}, within the tolerance of {slack:g}.".strip()
        row = row.model_copy(update={"within": -margin})
    return row.model_copy(update={"margin": max(margin, 0.0), "message": told})


def result(run: State, message: str, defect: bool = False) -> OperatorModel:
    operator = run.operator
    return summarise(
        name=operator.name,
        target=operator.target,
        file=operator.file,
        line=operator.line,
        readings=[row_of(run, reading) for reading in run.readings],
        requires=run.requires,
        settings=run.settings,
        seconds=time.monotonic() - run.started,
        message=message,
        errored=bool(message),
        defect=defect,
    ).model_copy(
        update={
            "takes_T": operator.takes_temperature,
            "default_T": operator.default_temperature,
            "constants": dict(operator.constants),
            "call": told(operator if run.evaluator is None else run.evaluator.operator),
            "assumed": dict(run.evaluator.operator.assumed) if run.evaluator is not None else {},
            "loss": "" if run.evaluator is None else losses.told(run.evaluator.operator),
            "hashes": hashes.of(operator, run.evaluator),
            "pictures": run.pictures,
        }
    )
