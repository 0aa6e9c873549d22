"""The five axioms and the guarantees, their readings in the order of every report, the profiles, and which reading implies which.

Statements only: nothing here is searched, proved or reported. `READINGS` are those of the axioms, which every report has;
`EVERY` has the guarantees' too, which are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from axiomkd.axioms.continuity import CONTINUITY
from axiomkd.axioms.convexity import CONVEXITY
from axiomkd.axioms.guarantees import GROUP, GUARANTEES
from axiomkd.axioms.ladder import BESIDE, CONDITIONAL, Rule, alone, carries, rules, turned, weaker
from axiomkd.axioms.positivity import POSITIVITY
from axiomkd.axioms.profiles import ABOUT, DEFAULT, PROFILES, checked, profile
from axiomkd.axioms.temperature import TEMPERATURE
from axiomkd.axioms.weights import WEIGHTS
from axiomkd.core.errors import UsageError
from axiomkd.core.reading import Axiom, Reading
from axiomkd.core.words import unknown

AXIOMS: tuple[Axiom, ...] = (CONVEXITY, POSITIVITY, CONTINUITY, WEIGHTS, TEMPERATURE)
GROUPS: tuple[Axiom, ...] = (*AXIOMS, GUARANTEES)
READINGS: tuple[Reading, ...] = tuple(reading for axiom in AXIOMS for reading in axiom.readings)
EVERY: tuple[Reading, ...] = (*READINGS, *GUARANTEES.readings)
BY_NAME: dict[str, Reading] = {reading.name: reading for reading in EVERY}
NAMES: dict[str, tuple[str, ...]] = {axiom.name: tuple(r.name for r in axiom.readings) for axiom in GROUPS}
SECOND = frozenset({"inheritance", "transfer", "strict-transfer", "hot", "cold"})
"""Readings of the axioms that reports of the first schema do not have."""
WEAKER = weaker(EVERY)
STRONGER = turned(WEAKER)
IMPLIED = alone(EVERY)
RULES = rules(EVERY)

__all__ = [
    "ABOUT",
    "AXIOMS",
    "BESIDE",
    "BY_NAME",
    "CONDITIONAL",
    "DEFAULT",
    "EVERY",
    "GROUP",
    "GROUPS",
    "GUARANTEES",
    "IMPLIED",
    "NAMES",
    "PROFILES",
    "READINGS",
    "SECOND",
    "RULES",
    "Rule",
    "STRONGER",
    "WEAKER",
    "carries",
    "checked",
    "profile",
    "reading_id",
    "wanted",
]


def wanted(guarantees: bool, requires: Mapping[str, Sequence[str]]) -> list[Reading]:
    """The readings of a report for which no single ones were asked: those of the axioms, and guarantees asked for or required."""
    return [*READINGS, *(r for r in GUARANTEES.readings if guarantees or r.name in requires.get(GROUP, ()))]


def reading_id(text: str) -> str:
    """`axiom/reading` from itself or from the reading's name alone. Raises UsageError."""
    axiom, _, name = text.rpartition("/")
    if axiom and axiom not in NAMES:
        raise UsageError(unknown("axiom", axiom, NAMES))
    allowed = NAMES[axiom] if axiom else tuple(BY_NAME)
    if name not in allowed:
        raise UsageError(unknown("reading", text, allowed, f"{axiom} has" if axiom else "there are"))
    return BY_NAME[name].id
