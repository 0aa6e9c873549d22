"""What implies what within an axiom, derived from each reading's `weaker`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from axiomkd.core.reading import Reading

# A softener keeps the order of a distribution's entries and makes it no sharper as T grows; where pooling commutes with
# it, the aggregate inherits both. It must be a distribution for that: the premises of the two lines are both needed.
TOGETHER: Mapping[str, tuple[str, str]] = {
    "ranking": ("commutation", "simplex"),
    "entropy": ("commutation", "simplex"),
}
# With two classes a distribution is one number: these imply a reading that is stronger for more classes.
AT_TWO_CLASSES: Mapping[str, str] = {"envelope": "hull", "pull": "coordinate"}


def weaker(readings: Iterable[Reading]) -> dict[str, set[str]]:
    """reading -> every reading that it implies, directly or not."""
    direct = {r.name: set(r.weaker) for r in readings}

    def below(name: str) -> set[str]:
        return direct[name].union(*(below(one) for one in direct[name]))

    return {name: below(name) for name in direct}


def stronger(readings: Iterable[Reading]) -> dict[str, set[str]]:
    """reading -> every reading that implies it."""
    down = weaker(list(readings))
    return {name: {other for other, implied in down.items() if name in implied} for name in down}


def implied(down: Mapping[str, set[str]], name: str, *, two_classes: bool) -> set[str]:
    """The readings that one implies, where `down` lists those that it implies at every size."""
    also = AT_TWO_CLASSES.get(name) if two_classes else None
    return down[name] if also is None else down[name] | {also} | (down[also] - {name})
