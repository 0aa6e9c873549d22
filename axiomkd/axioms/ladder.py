"""What implies what within an axiom, derived from each reading's `weaker`."""

from __future__ import annotations

from collections.abc import Iterable

from axiomkd.core.reading import Reading


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
