"""Profiles: which reading each axiom must reach for an operator to be called valid."""

from __future__ import annotations

from collections.abc import Mapping

from axiomkd.axioms.guarantees import GROUP
from axiomkd.core.errors import UsageError
from axiomkd.core.words import unknown

Requires = Mapping[str, tuple[str, ...]]

_COLUMNS = ("convexity", "positivity", "continuity", "weight-monotonicity", "temperature-coherence")
_TABLE = {
    "permissive": ("simplex", "common-support", "interior", "pull", "limits"),
    "paper": ("simplex", "inheritance", "interior", "strict-transfer", "hot cold"),
    "classical": ("unanimity", "common-support", "interior", "responsive", "limits"),
    "article": ("envelope", "common-support", "interior", "responsive", "nonexpansive"),
    "strict": ("hull", "any-support", "closed", "responsive coordinate", "nonexpansive"),
    "log": ("unanimity", "common-support", "interior", "responsive", "commutation"),
}
PROFILES: dict[str, Requires] = {
    **{
        name: {axiom: tuple(cell.split()) for axiom, cell in zip(_COLUMNS, row, strict=True)}
        for name, row in _TABLE.items()
    },
    "promises": {GROUP: ("jensen", "log-loss", "attenuation", "safety", "variance")},
}
ABOUT = {
    "permissive": "the weakest reading of each axiom that still excludes something",
    "paper": "the paper's five formulas, A1 to A5, no more and no less (A4 on the interior: the paper does not say)",
    "classical": "what opinion pooling asks: agreement kept, no class lost, the weights felt",
    "article": "the informal sentences of the article, taken at their word (the default)",
    "strict": "the strongest readings that a linear pool meets",
    "log": "what a logarithmic pool meets, temperature in full",
    "promises": "the guarantees that the paper derives from its axioms, instead of the axioms",
}
DEFAULT = "article"


def profile(name: str, more: Mapping[str, Requires] | None = None) -> Requires:
    """The profile of that name, the user's own (`more`) first. Raises UsageError on an unknown one."""
    every = {**PROFILES, **(more or {})}
    if name not in every:
        raise UsageError(unknown("profile", name, every))
    return every[name]


def checked(name: str, requires: Mapping[str, object], axioms: Mapping[str, tuple[str, ...]]) -> Requires:
    """A profile or a claims mapping of the user's, each axiom and reading known. Raises UsageError naming the culprit."""
    out: dict[str, tuple[str, ...]] = {}
    for axiom, readings in requires.items():
        if axiom not in axioms:
            raise UsageError(f"{name}: {unknown('axiom', axiom, axioms)}")
        wanted = (readings,) if isinstance(readings, str) else tuple(readings)  # type: ignore[arg-type]
        for one in wanted:
            if one not in axioms[axiom]:
                raise UsageError(f"{name}: {axiom} has no reading {one!r}; it has {', '.join(axioms[axiom])}.")
        out[axiom] = wanted
    return out
