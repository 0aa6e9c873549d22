"""A report verified: operator by operator, reading by reading, one line each, or the first thing that is not borne out.

It trusts neither the search nor the prover, and shares no code with them. It runs the operators' code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.axioms.summary import marked
from axiomkd.core.errors import LoadError
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading, relaxed
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.operators import guess, hashes, losses
from axiomkd.operators.language import settled
from axiomkd.verify import (
    everywhere,
    evidence,
    order,
    rendered,
    requirements,
    row,
    scope,
    source,
    spot,
    summary,
    terms,
    translation,
    view,
    witness,
)
from axiomkd.verify.certificate import Checked
from axiomkd.verify.evidence import Looks
from axiomkd.verify.line import NOTHING, Failed, Line
from axiomkd.verify.subject import Subject

Load = Callable[[str], list[Operator]]
Met = dict[tuple[str, ...], Subject]
SEARCHED = "searched, not proved: nothing to verify"
OPEN = "open: nothing to verify"
UNLOADED = "it could not be run: nothing to verify"
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)


def verify(
    report: Report, load: Load | None = None, met: Met | None = None, trusted: Path | None = None
) -> Iterator[Line]:
    """A line for every reading of a report. Raises Failed at the first that is not borne out, LoadError where an operator
    cannot be loaded. `met` keeps what is known of operators from one report on the same files to the next; no file outside
    `trusted`, the working folder unless it is given, is run."""
    summary.whole(report)
    for one in report.operators:
        yield from operator(report, one, load, met, trusted)


def operator(
    report: Report,
    one: OperatorModel,
    load: Load | None = None,
    met: Met | None = None,
    trusted: Path | None = None,
) -> Iterator[Line]:
    """The lines of one operator. Nothing of it is run before its words are consistent and its file is the one hashed."""
    unrun = bool(one.message) and "source" not in one.hashes and {r.verdict for r in one.readings} == {"error"}
    if not unrun:
        source.check(one, trusted)
    summary.check(report, one)
    order.check(one, report.settings.tolerance)
    _of_rows(report, one)
    if unrun:
        yield from (Line(one.name, f"{r.axiom}/{r.reading}", r.verdict, (UNLOADED,)) for r in one.readings)
        return
    subject = _loaded(report, one, load, {} if met is None else met)
    requirements.of_operator(report, one, subject.operator)
    requirements.of_call(one, subject.operator)
    if not one.message and (one.loss or report.settings.search) and not losses.tells(subject.operator, one.loss):
        raise Failed(f"{one.name}: of its loss the report says {one.loss!r}, it is {losses.told(subject.operator)!r}")
    certificates = {r.reading: r.certificate for r in one.readings if r.verdict == "proved" and r.certificate}
    judge = _Judge(report, one, Checked(subject, frozenset(certificates)), evidence.looks(subject, report))
    for r in one.readings:
        if r.partly != marked(r, subject.operator.K, subject.operator.C, report.settings).partly:
            raise Failed(
                f"{one.name} {r.axiom}/{r.reading}: that it is proved at some sizes only is said to be {r.partly}"
            )
        layers = _told(one, r, judge.layers)
        yield Line(one.name, f"{r.axiom}/{r.reading}", r.verdict, (*layers, *rendered.unvouched(r)))


def _of_rows(report: Report, one: OperatorModel) -> None:
    for r in one.readings:
        if r.reading in axioms.BY_NAME:  # what is not there is told by the summary
            _told(one, r, row.check)
            _told(one, r, lambda r: rendered.check(one, r, report.settings.softener))


def _told(one: OperatorModel, r: ReadingModel, look: Callable[[ReadingModel], Any]) -> Any:
    """What a look at a row gives. Raises Failed that names the row, also where the row is malformed."""
    about = f"{one.name} {r.axiom}/{r.reading}, {r.verdict}"
    try:
        return look(r)
    except Failed as e:
        raise Failed(f"{about}: {e}") from e
    except MALFORMED as e:
        what = "certificate" if r.verdict == "proved" else "witness"
        raise Failed(f"{about}: its {what} is malformed ({type(e).__name__}: {e})") from e


def _loaded(report: Report, one: OperatorModel, load: Load | None, met: Met) -> Subject:
    """The operator as it is now. Raises Failed where it is not the one that the report is on."""
    if load is None:
        from axiomkd.operators.loading import load as from_target

        load = from_target
    key = (one.target, one.name, one.hashes["source"], report.settings.softener)
    if key not in met:
        found = [made for made in load(one.target) if made.name == one.name]
        if not found:
            raise LoadError(f"{one.target}: it registers no operator {one.name!r} any more.")
        if not met:
            terms.forget()
        met[key] = Subject(_settled(found[0]), report.settings.softener)
    subject = met[key]
    operator = subject.operator
    if _place(one) != _place(operator):
        said, now = (one.target, one.file, one.line), (operator.target, operator.file, operator.line)
        raise Failed(f"{one.name}: the report says that it is {said}, it is {now}")
    jaxpr = hashes.jaxpr(subject.evaluator)
    if one.hashes.get("jaxpr", "") != jaxpr and (jaxpr or "jaxpr" in one.hashes) and not one.message:
        raise Failed(
            f"{one.name}: its jaxpr is another than when the report was made: what its file imports has changed, or JAX has"
        )
    return subject


def _settled(operator: Operator) -> Operator:
    """As its function is called; of a loss, its target."""
    return losses.judged(guess.settled(settled(operator))) if operator.is_loss else guess.settled(operator)


def _place(one: OperatorModel | Operator) -> tuple[Any, ...]:
    return (*source.placed(one.target, one.file), one.line)


@dataclass(frozen=True)
class _Judge:
    """One operator's rows, each with what is left to trust where it stands."""

    report: Report
    one: OperatorModel
    checked: Checked
    looks: Looks

    def layers(self, r: ReadingModel) -> tuple[str, ...]:
        reading = self._searched(r)
        if r.extent is not None and r.verdict != "refuted":
            raise Failed(f"it is {r.verdict}, and is said to fail at {r.extent.scope}")
        match r.verdict:
            case "refuted":
                return _refuted(self.checked, r)
            case "proved":
                return self._proved(r)
            case "holds":
                return self._holds(r)
            case "fragile":
                assert r.witness is not None
                layers = evidence.fragile(self.checked.subject, reading, r.witness)
                self.looks.false(reading)
                return (*layers, evidence.LOOKED)
            case "inconclusive":
                return self._open(r)
            case "error":
                return evidence.error(self.checked.subject, r, self.one.message)
        raise AssertionError(r.verdict)

    def _searched(self, r: ReadingModel) -> Reading:
        """The reading with the room that the report says it was searched with. A proof has none."""
        return relaxed(axioms.BY_NAME[r.reading], Fraction(self.report.settings.tolerance))

    def _proved(self, r: ReadingModel) -> tuple[str, ...]:
        subject, reading = self.checked.subject, axioms.BY_NAME[r.reading]
        covered = scope.check(subject.operator, r)
        everywhere.outside(subject)
        layers = self.checked.certificate(r.reading, r.certificate, covered)
        spot.check(subject, reading, scope.sizes(covered))
        self.looks.false(reading, translation.sizes(subject, covered))
        return layers

    def _holds(self, r: ReadingModel) -> tuple[str, ...]:
        self.looks.false(self._searched(r))
        if r.certificate is None:
            return SEARCHED, evidence.LOOKED
        raise Failed("it holds, and has the certificate of a proof")

    def _open(self, r: ReadingModel) -> tuple[str, ...]:
        """What was searched to its end and is false at simple points is not open, but where it says nothing of the operator."""
        settings = self.report.settings
        if r.moot or r.method is None or not settings.search or settings.budget is not None or self.report.partial:
            return (NOTHING,)
        self.looks.false(self._searched(r))
        return OPEN, evidence.LOOKED


def _refuted(checked: Checked, r: ReadingModel) -> tuple[str, ...]:
    assert r.witness is not None
    reading = axioms.BY_NAME[r.reading]
    layers = witness.both(checked.subject, reading, [r.witness, r.largest])
    if r.margin is not None and r.witness.margin is not None:
        said = float(view.fraction(r.witness.margin))
        if r.margin != said:
            raise Failed(f"its margin is {r.margin}, that of its witness {said}")
    if r.extent is not None:
        layers += tuple(layer for layer in checked.fails(r.reading, r.extent) if layer not in layers)
    return layers


__all__ = ["Failed", "Line", "operator", "verify"]
