"""What a report says in sum, worked out again from its verdicts: who is in it, required readings, status, strongest, profiles.

It runs no operator.
"""

from __future__ import annotations

from collections.abc import Sequence

from axiomkd import axioms
from axiomkd.core.report import FIRST_SCHEMA, SCHEMA, OperatorModel, Report, profile_met, status_of, strongest
from axiomkd.core.softener import SOFTENERS
from axiomkd.verify import known, requirements
from axiomkd.verify.line import Failed

# How the message of a report on a defect of the checker begins.
CLASH = ("a proof and a counterexample of ", "axiomkd ")


def whole(report: Report) -> None:
    """What is the same for all operators of a report. Raises Failed."""
    if report.schema_ not in (SCHEMA, FIRST_SCHEMA):
        raise Failed(f"the report's schema is {report.schema_!r}, and {SCHEMA!r} is what is verified")
    if not report.operators and not report.failures:
        raise Failed("the report has no operators: there is nothing in it to rely on")
    _once([one.target for one in report.operators], "operator")
    if report.settings.softener not in SOFTENERS:
        raise Failed(f"the report's softener is {report.settings.softener!r}; there are {', '.join(SOFTENERS)}")
    if any(not (2 <= K <= 64 and 2 <= C <= 1000) for K, C in report.settings.sizes):
        raise Failed("the report was searched at sizes that no claim speaks of")
    named = report.settings.K, report.settings.C
    if any(asked and n not in asked for size in report.settings.sizes for n, asked in zip(size, named, strict=True)):
        raise Failed("the report says that it was searched at sizes that were not asked for")
    if report.settings.dtype != "float64":
        raise Failed(f"the report's dtype is {report.settings.dtype!r}, and every search is in float64")
    if not 0 <= report.settings.tolerance < 1:
        raise Failed(f"the report's tolerance is {report.settings.tolerance}, and it is from 0 to 1")
    requirements.of_report(report)
    known.check(report)


def _once(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Failed(f"the {what} {name} stands in the report {names.count(name)} times")


def check(report: Report, one: OperatorModel) -> None:
    """Raises Failed where an operator's row does not follow from its verdicts."""
    verdicts = _verdicts(report, one)
    moot = {r.reading for r in one.readings if r.moot}
    asked = [name for wanted in one.requires.values() for name in wanted if name not in moot]
    _complete(report, one, verdicts)
    _stopped(report, one, verdicts)
    # An operator whose process ended has a message; one that was interrupted has one too, and is undecided.
    possible = {status_of(verdicts, asked, errored=errored) for errored in {False, bool(one.message)}}
    if one.status not in possible:
        _same(one, "status", one.status, min(possible))
    _same(one, "strongest", one.strongest, strongest(verdicts, axioms.NAMES, axioms.STRONGER))
    for name in axioms.PROFILES:
        if name not in one.profiles and report.schema_ == SCHEMA:
            raise Failed(f"{one.name}: the report does not say whether it meets the profile {name}")
    for name in one.profiles:
        needs = requirements.profile(name)
        met = profile_met(verdicts, [r for wanted in needs.values() for r in wanted])
        _same(one, f"profiles.{name}", one.profiles[name], met)
    _same(one, "defect", one.defect, one.message.startswith(CLASH) and "defect of axiomkd" in one.message)
    if "error" in verdicts.values() and not one.message:
        raise Failed(f"{one.name}: an operator that misbehaves has a message, and this one has none")
    if one.defect and not set(verdicts.values()) <= {"error", "refuted"}:
        raise Failed(f"{one.name}: the checker is at fault, and yet there are other verdicts than error and refuted")


def _stopped(report: Report, one: OperatorModel, verdicts: dict[str, str]) -> None:
    """What was left out is open, and was left out since a required reading is refuted; what holds within a tolerance is within the
    one that was asked for. Raises Failed."""
    ended = any(verdicts.get(name) == "refuted" for names in one.requires.values() for name in names)
    for r in one.readings:
        if r.skipped and not (report.settings.fail_fast and ended and r.verdict == "inconclusive" and r.method is None):
            raise Failed(
                f"{one.name} {r.id}: it is said to have been left out, and nothing in the report bears that out"
            )
        if r.within is not None and not r.within <= report.settings.tolerance:
            raise Failed(
                f"{one.name} {r.id}: it is said to hold within {r.within}, and the report's tolerance is "
                f"{report.settings.tolerance}"
            )


def _verdicts(report: Report, one: OperatorModel) -> dict[str, str]:
    verdicts: dict[str, str] = {}
    for r in one.readings:
        known_one = axioms.BY_NAME.get(r.reading)
        if known_one is None or known_one.axiom != r.axiom:
            raise Failed(f"{one.name}: there is no reading {r.axiom}/{r.reading}")
        if r.reading in verdicts:
            raise Failed(f"{one.name}: {r.axiom}/{r.reading} stands in the report twice")
        verdicts[r.reading] = r.counts
        wanted = r.reading in one.requires.get(r.axiom, ())
        if r.required != wanted:
            raise Failed(f"{one.name} {r.axiom}/{r.reading}: required is {r.required}, by `requires` it is {wanted}")
        if not report.settings.search and r.verdict in ("holds", "refuted", "fragile"):
            raise Failed(f"{one.name} {r.axiom}/{r.reading}: {r.verdict}, in a report of proofs alone")
    return verdicts


def _complete(report: Report, one: OperatorModel, verdicts: dict[str, str]) -> None:
    """Every reading is there, or exactly those that the settings say were asked for."""
    wanted = [r.name for r in axioms.wanted(report.settings.guarantees, one.requires)]
    if report.schema_ == FIRST_SCHEMA:
        wanted = [name for name in wanted if name not in axioms.SECOND]
    if report.settings.readings:
        unknown = [name for name in report.settings.readings if name not in {r.id for r in axioms.EVERY}]
        if unknown:
            raise Failed(f"the report's settings ask for readings that there are not: {', '.join(unknown)}")
        wanted = [r.name for r in axioms.EVERY if r.id in report.settings.readings]
    if list(verdicts) != wanted:
        lost = [name for name in wanted if name not in verdicts]
        raise Failed(
            f"{one.name}: the readings that were asked for are not those in the report, in the order of the axioms"
            + (f"; it lacks {', '.join(lost)}" if lost else "")
        )


def _same(one: OperatorModel, what: str, said: object, found: object) -> None:
    if said != found:
        raise Failed(f"{one.name}: {what} is {said!r}, from the verdicts it is {found!r}")
