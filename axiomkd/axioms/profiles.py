"""Profiles: which reading each axiom must reach for an operator to be called valid."""

from __future__ import annotations

from collections.abc import Mapping

from axiomkd.core.errors import UsageError

Requires = Mapping[str, tuple[str, ...]]

_COLUMNS = ("convexity", "positivity", "continuity", "weight-monotonicity", "temperature-coherence")
_TABLE = {
    "permissive": ("simplex", "common-support", "interior", "pull", "limits"),
    "paper": ("unanimity", "common-support", "interior", "responsive", "limits"),
    "article": ("envelope", "common-support", "interior", "responsive", "nonexpansive"),
    "strict": ("hull", "any-support", "closed", "responsive coordinate", "nonexpansive"),
    "log": ("unanimity", "common-support", "interior", "responsive", "commutation"),
}
PROFILES: dict[str, Requires] = {
    name: {axiom: tuple(cell.split()) for axiom, cell in zip(_COLUMNS, row, strict=True)}
    for name, row in _TABLE.items()
}
ABOUT = {
    "permissive": "the weakest reading of each axiom that still excludes something",
    "paper": "the weakest that fits what is known of the source article's three valid families (provisional)",
    "article": "the informal sentences of the article, taken at their word (the default)",
    "strict": "the strongest readings that a linear pool meets",
    "log": "what a logarithmic pool meets, temperature in full",
}
DEFAULT = "article"


def profile(name: str, more: Mapping[str, Requires] | None = None) -> Requires:
    """The profile of that name, the user's own (`more`) first. Raises UsageError on an unknown one."""
    every = {**PROFILES, **(more or {})}
    if name not in every:
        raise UsageError(f"no profile {name!r}; there are {', '.join(every)}.")
    return every[name]


def checked(name: str, requires: Mapping[str, object], axioms: Mapping[str, tuple[str, ...]]) -> Requires:
    """A profile or a claims mapping of the user's, each axiom and reading known. Raises UsageError naming the culprit."""
    out: dict[str, tuple[str, ...]] = {}
    for axiom, readings in requires.items():
        if axiom not in axioms:
            raise UsageError(f"{name}: no axiom {axiom!r}; there are {', '.join(axioms)}.")
        wanted = (readings,) if isinstance(readings, str) else tuple(readings)  # type: ignore[arg-type]
        for one in wanted:
            if one not in axioms[axiom]:
                raise UsageError(f"{name}: {axiom} has no reading {one!r}; it has {', '.join(axioms[axiom])}.")
        out[axiom] = wanted
    return out
