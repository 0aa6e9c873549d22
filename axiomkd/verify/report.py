"""A report verified: operator by operator, reading by reading, one line each, or the first thing that is not borne out.

It trusts neither the search nor the prover, and shares no code with them. It runs the operators' code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from axiomkd import axioms, hashes
from axiomkd.core.errors import LoadError
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Pointwise
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.verify import exhaustion, order, scope, spot, summary, terms, view, witness
from axiomkd.verify.certificate import Checked
from axiomkd.verify.line import NOTHING, Failed, Line
from axiomkd.verify.subject import Subject

Load = Callable[[str], list[Operator]]
SEARCHED = "searched, not proved: nothing to verify"
CHANGED = "another jaxpr than the report's"
UNHASHED = "no hashes of the operator in the report"


def verify(report: Report, load: Load | None = None) -> Iterator[Line]:
    """A line for every reading of a report. Raises Failed at the first that is not borne out, LoadError where an operator
    cannot be loaded."""
    for one in report.operators:
        yield from operator(report, one, load)


def operator(report: Report, one: OperatorModel, load: Load | None = None) -> Iterator[Line]:
    """The lines of one operator."""
    summary.check(report, one)
    order.check(one)
    subject, layers = _loaded(report, one, load)
    certificates = {r.reading: r.certificate for r in one.readings if r.verdict == "proved" and r.certificate}
    checked = Checked(subject, frozenset(certificates))
    for r in one.readings:
        try:
            found = _reading(checked, r)
        except Failed as e:
            raise Failed(f"{one.name} {r.axiom}/{r.reading}, {r.verdict}: {e}") from e
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as e:
            what = "certificate" if r.verdict == "proved" else "witness"
            raise Failed(
                f"{one.name} {r.axiom}/{r.reading}, {r.verdict}: its {what} is malformed ({type(e).__name__}: {e})"
            ) from e
        yield Line(
            one.name, f"{r.axiom}/{r.reading}", r.verdict, found if found[0].endswith(NOTHING) else (*found, *layers)
        )


def _loaded(report: Report, one: OperatorModel, load: Load | None) -> tuple[Subject, tuple[str, ...]]:
    """The operator as it is now, and what its hashes leave to trust. Raises Failed where its source has changed."""
    said = one.hashes
    source = hashes.source(one.file)
    if "source" in said and not source:
        raise LoadError(f"{one.file}: no such file here. Verify in the folder in which the report was made.")
    if "source" in said and source != said["source"]:
        raise Failed(f"{one.name}: the operator's source has changed since the report ({one.file})")
    if load is None:
        from axiomkd.loading import load as from_target

        load = from_target
    if not one.target:
        raise LoadError(f"{one.name}: the report names no target to load it from. Check the operator by its file.")
    found = [made for made in load(one.target) if made.name == one.name]
    if not found:
        raise LoadError(f"{one.target}: it registers no operator {one.name!r} any more.")
    terms.forget()
    subject = Subject(found[0], report.settings.softener)
    if not said:
        return subject, (UNHASHED,)
    return subject, () if said.get("jaxpr", "") == hashes.jaxpr(subject.evaluator) else (CHANGED,)


def _reading(checked: Checked, r: ReadingModel) -> tuple[str, ...]:
    match r.verdict:
        case "refuted":
            return _refuted(checked, r)
        case "proved":
            return _proved(checked, r)
        case "holds":
            _without(r, "witness", "largest")
            if r.certificate is None:
                return (SEARCHED,)
            if r.certificate.get("kind") != "exhaustion":
                raise Failed("it holds, and has the certificate of a proof")
            return exhaustion.check(checked.subject, axioms.BY_NAME[r.reading], r.certificate)
        case "inconclusive":
            _without(r, "witness", "largest", "certificate")
        case "fragile":
            _without(r, "largest", "certificate")
            if r.witness is None:
                raise Failed("there is no reproducer")
        case "error":
            _without(r, "largest", "certificate")
    return (NOTHING,)


def _without(r: ReadingModel, *fields: str) -> None:
    for name in fields:
        if getattr(r, name) is not None:
            raise Failed(f"it has a {name}, which this verdict never has")


def _refuted(checked: Checked, r: ReadingModel) -> tuple[str, ...]:
    _without(r, "certificate")
    if r.witness is None:
        raise Failed("there is no witness")
    reading = axioms.BY_NAME[r.reading]
    claim = reading.claim
    layers = witness.both(checked.subject, reading, [r.witness, r.largest])
    if isinstance(claim, Pointwise) and claim.measurable and r.margin is not None and r.witness.margin is not None:
        said = float(view.fraction(r.witness.margin))
        if abs(r.margin - said) > 1e-9 * abs(said):
            raise Failed(f"its margin is {r.margin}, that of its witness {said}")
    return layers


def _proved(checked: Checked, r: ReadingModel) -> tuple[str, ...]:
    _without(r, "witness", "largest")
    if r.certificate is None:
        raise Failed("there is no certificate")
    scope.check(checked.subject.operator, r)
    layers = checked.certificate(r.reading, r.certificate)
    sizes = scope.sizes(r.certificate)
    spot.check(checked.subject, axioms.BY_NAME[r.reading], sizes)
    return layers


__all__ = ["Failed", "Line", "operator", "verify"]
