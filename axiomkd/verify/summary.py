"""What a report says in sum, worked out again from its verdicts: required readings, status, strongest, profiles.

It runs no operator.
"""

from __future__ import annotations

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, Report, profile_met, status_of, strongest
from axiomkd.verify.line import Failed


def check(report: Report, one: OperatorModel) -> None:
    """Raises Failed where an operator's row does not follow from its verdicts."""
    verdicts: dict[str, str] = {}
    for r in one.readings:
        known = axioms.BY_NAME.get(r.reading)
        if known is None or known.axiom != r.axiom:
            raise Failed(f"{one.name}: there is no reading {r.axiom}/{r.reading}")
        if r.reading in verdicts:
            raise Failed(f"{one.name}: {r.axiom}/{r.reading} stands in the report twice")
        verdicts[r.reading] = r.counts
        wanted = r.reading in one.requires.get(r.axiom, ())
        if r.required != wanted:
            raise Failed(f"{one.name} {r.axiom}/{r.reading}: required is {r.required}, by `requires` it is {wanted}")
    asked = [name for wanted in one.requires.values() for name in wanted if name in verdicts]
    # An operator whose process ended has a message; one that was interrupted has one too, and is undecided.
    possible = {status_of(verdicts, asked, errored=errored) for errored in {False, bool(one.message)}}
    if one.status not in possible:
        _same(one, "status", one.status, sorted(possible)[-1])
    _same(one, "strongest", one.strongest, strongest(verdicts, axioms.NAMES, axioms.STRONGER))
    profiles = {name: needs for name, needs in axioms.PROFILES.items() if name in one.profiles}
    for name, needs in profiles.items():
        met = profile_met(verdicts, [r for wanted in needs.values() for r in wanted])
        _same(one, f"profiles.{name}", one.profiles[name], met)
    own = report.profile
    if own.name not in profiles and own.name in one.profiles:
        met = profile_met(verdicts, [r for wanted in own.requires.values() for r in wanted])
        _same(one, f"profiles.{own.name}", one.profiles[own.name], met)


def _same(one: OperatorModel, what: str, said: object, found: object) -> None:
    if said != found:
        raise Failed(f"{one.name}: {what} is {said!r}, from the verdicts it is {found!r}")
