"""What a check was asked to do: everything that the report's bytes depend on, apart from the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from axiomkd.core.softener import DEFAULT

EFFORTS = ("quick", "standard", "thorough")


@dataclass(frozen=True)
class Settings:
    """The arguments of one check. Sizes left empty mean the default ones; `readings` empty means all.

    `requires` (axiom -> readings) is the profile in force; `budget` is in seconds and is the only clock that a search obeys;
    `timeout` is the hard limit in seconds on the worker process; `memory` its limit in MiB above what it starts with.
    """

    profile: str = "article"
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    profiles: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=dict[str, Mapping[str, tuple[str, ...]]]
    )
    readings: tuple[str, ...] = ()  # "axiom/reading"
    search: bool = True  # False: proofs only
    effort: str = "standard"
    budget: float | None = None
    softener: str = DEFAULT
    seed: int = 0
    K: tuple[int, ...] = ()
    C: tuple[int, ...] = ()
    device: str | None = None
    timeout: float | None = None
    memory: int = 4096
    guarantees: bool = False  # whether all guarantees are asked for beside the axioms
    fail_fast: bool = False  # stop at the first required reading that is refuted
    precision: bool = False  # whether the operator is run in each dtype too, and held against its exact value
    tolerance: float = 0.0  # a violation of a margin by no more than this is let pass, in the claim's own unit
    pictures: bool = False  # what a report with pictures is drawn from
    examples: str | None = None  # folder of the database of what failed before; None: keep none
    verify: bool = False  # whether the result is held against `verify` in a process that has not made it
    outside: bool = True  # whether what is settled is held against the operator called in a process of its own
    kept: str | None = None  # folder that what fails now is written to; None: the same one
