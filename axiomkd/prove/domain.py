"""Where a claim is made: which inputs are known to be positive, and the least sizes. Knows no operator."""

from __future__ import annotations

from dataclasses import dataclass, replace

from axiomkd.tracing.terms import Term


@dataclass(frozen=True)
class Domain:
    """P and w on their simplices; `P_positive` and `w_positive` say whether their entries are above 0 (else at least 0).

    `smallest` are the least K and C; `given` are conditions taken for true, as inside a branch of `where`.
    """

    P_positive: bool
    w_positive: bool
    smallest: tuple[int, int] = (2, 2)
    given: frozenset[Term] = frozenset()

    def assuming(self, condition: Term) -> Domain:
        return replace(self, given=self.given | {condition})


def of_reading(domain: str, smallest: tuple[int, int] = (2, 2)) -> Domain:
    """The domain of that name: "interior", "interior P", "interior w" or "closed"."""
    return Domain(domain in ("interior", "interior P"), domain in ("interior", "interior w"), smallest)
