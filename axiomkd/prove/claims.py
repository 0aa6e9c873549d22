"""The steps of a proof that a checker can look at one by one: each a claim on terms over a domain, with its text.

A claim is recorded when the prover has derived it; what re-checks it lives elsewhere and shares no rule with the prover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from axiomkd.prove.domain import Domain
from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term

KINDS = {
    "form": "the aggregate's entry at class i is this term, wherever the code's value is finite",
    "defined": "the code's value is finite all over the domain",
    "support": "at every point of the scenario where the code's value is finite, it is positive",
    "sign": "the code's value is never negative where it is finite",
    "nonnegative": "the term is at least 0",
    "positive": "the term is above 0",
    "equal": "the two terms are equal",
    "free": "the term does not depend on the inputs named",
    "continuous": "the term is continuous in the inputs named",
    "lipschitz": "the term is Lipschitz in the inputs named",
    "shape": "the hypothesis of the theorem on the term's shape, as the text says",
}


@dataclass(frozen=True)
class Claim:
    """`kind` is one of KINDS; `domain` where it is claimed; `on` the terms; `detail` what else the kind needs."""

    kind: str
    domain: Domain
    on: tuple[Term, ...] = ()
    text: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """The claim as JSON: terms as nested lists, the domain by its three facts."""
        return {
            "claim": self.kind,
            "domain": {
                "P": "positive" if self.domain.P_positive else "nonnegative",
                "w": "positive" if self.domain.w_positive else "nonnegative",
                "given": sorted(
                    (terms.dump(c) for c in self.domain.given),
                    key=str,
                ),
            },
            "terms": terms.dump_all(self.on),
            "text": self.text,
            **self.detail,
        }


@dataclass(frozen=True)
class Derived:
    """All hypotheses of a theorem hold, by these claims."""

    claims: Sequence[Claim]


@dataclass(frozen=True)
class Missing:
    """A hypothesis that could not be derived, and why. `near` counts the hypotheses that held: the nearest miss is told."""

    why: str
    near: int = 0


Attempt = Derived | Missing
