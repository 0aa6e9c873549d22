"""What a prover answers for one reading: a proof with its scope and certificate, or the reason why there is none.

Knows no prover: theorems, SymPy and SMT all answer in these words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from axiomkd.core.scope import Scope


@dataclass(frozen=True)
class Proof:
    """An exact argument for one reading of one operator.

    `scope` is the sizes that it speaks of; `method` is "theorem", "sympy", "smt", or several with commas; `theorem` is the name
    of the theorem leant on (None for the others); `certificate` is a JSON object that `axiomkd verify` re-checks: its "kind"
    says how; `message` is one sentence for a reader.
    """

    reading: str
    scope: Scope
    method: str
    theorem: str | None
    certificate: dict[str, Any]
    message: str


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
