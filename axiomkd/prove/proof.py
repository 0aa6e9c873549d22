"""What a prover answers for one reading: a proof with its scope and certificate, or the reason why there is none.

Knows no prover: theorems, SMT and exhaustion all answer in these words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

ALL = "all K, C"
SUPPORTED = "all K, C that it supports"


@dataclass(frozen=True)
class Proof:
    """An exact argument for one reading of one operator.

    `scope` is `ALL` or `SUPPORTED`, or names the sizes (`over`, `listed`); `method` is "theorem" or "smt"; `theorem` is the
    name of the theorem leant on (None for SMT); `certificate` is a JSON object that `axiomkd verify` re-checks: its "kind"
    says how; `message` is one sentence for a reader.
    """

    reading: str
    scope: str
    method: str
    theorem: str | None
    certificate: dict[str, Any]
    message: str


@dataclass(frozen=True)
class Exhausted:
    """No proof of the claim: it was checked, in exact fractions, at every case within the bounds that `scope` names."""

    reading: str
    scope: str
    certificate: dict[str, Any]
    cases: int


@dataclass(frozen=True)
class NotProved:
    """No proof, and why: the primitive or the fact that was missing, with the user's file and line where it is known."""

    reading: str
    why: str


Answer = Proof | NotProved


def implied(reading: str, by: Proof, message: str) -> Proof:
    """The proof of a weaker reading that a proof is; its certificate holds the stronger one's."""
    return replace(
        by,
        reading=reading,
        certificate={"kind": "implied", "by": by.reading, "certificate": by.certificate},
        message=message,
    )


def listed(sizes: Sequence[tuple[int, int]]) -> str:
    """A scope at fixed sizes: `(K, C) = (2, 2), (2, 3)`."""
    return "(K, C) = " + ", ".join(f"({K}, {C})" for K, C in sizes)


def over(name: str, fixed: Sequence[int]) -> str:
    """A scope with one size fixed: `over("K", (2, 3))` is `K = 2, 3 and every C`."""
    other = {"K": "C", "C": "K"}[name]
    return f"{name} = {', '.join(map(str, fixed))} and every {other}"


def whole(scope: str) -> bool:
    """Whether a scope is every size that the operator supports."""
    return scope in (ALL, SUPPORTED)


def covers(scope: str, K: int, C: int) -> bool:
    """Whether a scope has this size in it, one that the operator supports."""
    if whole(scope):
        return True
    for name, size in (("K", K), ("C", C)):
        found = re.fullmatch(rf"{name} = ([\d, ]+) and every [KC]", scope)
        if found:
            return size in {int(n) for n in found[1].split(",")}
    return (K, C) in {(int(k), int(c)) for k, c in re.findall(r"\((\d+), (\d+)\)", scope.removeprefix("(K, C) ="))}
