"""What follows from an operator's verdicts: required readings, status, profiles met, strongest readings.

It needs verdicts and names only, no JAX: the process that never runs an operator uses it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from axiomkd import axioms
from axiomkd.core.reading import Reading
from axiomkd.core.report import OperatorModel, ReadingModel, SettingsModel, profile_met, status_of, strongest
from axiomkd.core.scope import complete, parse
from axiomkd.core.settings import Settings

Claims = str | Mapping[str, Sequence[str]] | None


def requires_of(name: str, claims: Claims, settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """axiom -> readings that the operator is held to: those asked for one by one, else its claims, else the profile in force.

    Raises UsageError, also where readings are asked for and claims that then play no part are wrong.
    """
    if claims is None:
        found = settings.requires or axioms.profile(settings.profile, settings.profiles)
    elif isinstance(claims, str):
        found = axioms.profile(claims, settings.profiles)
    else:
        found = axioms.checked(f"claims of `{name}`", claims, axioms.NAMES)
    return asked_for(settings.readings) if settings.readings else found


def readings_of(settings: Settings, requires: Mapping[str, Sequence[str]]) -> list[Reading]:
    """The readings that a check of an operator held to `requires` settles, in the order of every report."""
    if not settings.readings:
        return axioms.wanted(settings.guarantees, requires)
    return [r for r in axioms.EVERY if r.id in settings.readings or r.name in settings.readings]


def asked_for(readings: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """axiom -> readings, in the axioms' order, of readings named one by one. Raises UsageError."""
    wanted = {axioms.reading_id(one) for one in readings}
    found = {axiom: tuple(r for r in names if f"{axiom}/{r}" in wanted) for axiom, names in axioms.NAMES.items()}
    return {axiom: names for axiom, names in found.items() if names}


def marked(
    reading: ReadingModel, K: Sequence[int] | None, C: Sequence[int] | None, settings: Settings | SettingsModel
) -> ReadingModel:
    """The row with `partly` as it follows from the sizes that the operator supports (None: all) and those asked for.

    Where a search has looked at other sizes too, a proof at some of them takes nothing away: only in proofs alone does it.
    """
    if settings.search or reading.verdict != "proved":
        return reading
    try:
        done = complete(parse(reading.scope or ""), _asked(K, settings.K), _asked(C, settings.C))
    except ValueError:  # what names no sizes is not all of them
        done = False
    return reading.model_copy(update={"partly": not done})


def _asked(supported: Sequence[int] | None, given: Sequence[int]) -> Sequence[int] | None:
    """The sizes meant: those given that the operator supports, None for all; a single teacher or class is none."""
    if supported is None:
        return given or None
    return [n for n in supported if n >= 2 and (not given or n in given)]


def summarise(
    *,
    name: str,
    target: str,
    file: str,
    line: int,
    readings: list[ReadingModel],
    requires: Mapping[str, Sequence[str]],
    settings: Settings,
    seconds: float,
    message: str = "",
    errored: bool = False,
    output: str = "",
    defect: bool = False,
) -> OperatorModel:
    """An operator's row of the report; everything but its identity and its times follows from the verdicts."""
    verdicts: dict[str, str] = {r.reading: r.counts for r in readings}
    profiles = {**axioms.PROFILES, **settings.profiles}
    moot = {r.reading for r in readings if r.moot}
    asked = [one for wanted in requires.values() for one in wanted if one not in moot]
    return OperatorModel(
        name=name,
        target=target,
        file=file,
        line=line,
        status=status_of(verdicts, asked, errored=errored),  # type: ignore[arg-type]
        seconds=round(seconds, 3),
        requires={axiom: list(wanted) for axiom, wanted in requires.items()},
        strongest=strongest(verdicts, axioms.NAMES, axioms.STRONGER),
        profiles={
            one: profile_met(verdicts, [r for wanted in needs.values() for r in wanted])
            for one, needs in profiles.items()
        },
        message=message,
        output=output,
        defect=defect,
        readings=readings,
    )
