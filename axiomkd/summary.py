"""What follows from an operator's verdicts: required readings, status, profiles met, strongest readings.

It needs verdicts and names only, no JAX: the process that never runs an operator uses it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, profile_met, status_of, strongest
from axiomkd.core.settings import Settings

Claims = str | Mapping[str, Sequence[str]] | None


def requires_of(name: str, claims: Claims, settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """axiom -> readings that the operator's claims, or else the profile in force, ask for. Raises UsageError."""
    if claims is None:
        return settings.requires or axioms.profile(settings.profile, settings.profiles)
    if isinstance(claims, str):
        return axioms.profile(claims, settings.profiles)
    return axioms.checked(f"claims of `{name}`", claims, axioms.NAMES)


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
    verdicts: dict[str, str] = {r.reading: r.verdict for r in readings}
    profiles = {**axioms.PROFILES, **settings.profiles}
    asked = [one for wanted in requires.values() for one in wanted if one in verdicts]
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
