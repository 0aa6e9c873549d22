"""The theorems that certificates may lean on: which readings each concludes, and which claims its hypotheses are.

Their written proofs are trusted. This table was written from the theorems' statements, apart from the prover's own.
"""

from __future__ import annotations

from dataclasses import dataclass

INTERIOR, ALL_WEIGHTS, CLOSED = ("positive", "positive"), ("positive", "nonnegative"), ("nonnegative", "nonnegative")


@dataclass(frozen=True)
class Known:
    """`claims` are the kinds that must be there, one each at least; `domain` says of P and w where they must hold at
    least; `after` what must be proved besides; `takes_T` as of operators: None is both;
    `facts` what is asked of the softener."""

    concludes: tuple[str, ...]
    claims: tuple[str, ...]
    domain: tuple[str, str]
    after: tuple[str, ...] = ()
    takes_T: bool | None = None
    facts: tuple[str, ...] = ()


KNOWN: dict[str, Known] = {
    "averages": Known(("hull",), ("form", "nonnegative", "equal"), INTERIOR),
    "sum-to-one": Known(("simplex",), ("form", "nonnegative", "equal"), INTERIOR),
    "agreement": Known(("unanimity",), ("form", "equal"), INTERIOR, ("simplex",)),
    "signs": Known(("nonnegative",), (), CLOSED),
    "common-signs": Known(("common-support",), ("support",), CLOSED),
    "any-signs": Known(("any-support",), ("support",), CLOSED),
    "vanishing": Known(("common-support",), ("form", "nonnegative", "equal", "shape"), CLOSED),
    "continuity": Known(("interior",), ("form", "defined", "continuous"), INTERIOR),
    "faces": Known(("closed",), ("form", "defined", "continuous"), CLOSED),
    "slopes": Known(("lipschitz",), ("form", "defined", "lipschitz"), CLOSED),
    "no-say": Known(("pull", "favourite", "coordinate"), ("form", "free"), ALL_WEIGHTS),
    "shares": Known(("responsive", "favourite", "coordinate"), ("form", "shape", "nonnegative", "equal"), ALL_WEIGHTS),
    "affine-shares": Known(("favourite",), ("form", "shape", "nonnegative", "free"), ALL_WEIGHTS),
    "choice": Known(("responsive", "favourite", "coordinate"), ("form", "shape", "positive"), ALL_WEIGHTS),
    "pull-lemma": Known(("responsive",), ("form", "shape"), ALL_WEIGHTS),
    "winner": Known(("pull",), ("form", "shape"), ALL_WEIGHTS),
    "uniform-limit": Known(
        ("limits",), ("form", "defined", "continuous", "equal"), INTERIOR, takes_T=False, facts=("settling",)
    ),
    "squeeze": Known(("limits",), ("form", "continuous"), INTERIOR, ("envelope",), takes_T=False, facts=("settling",)),
    "fixed-weights": Known(("nonexpansive",), ("form", "free", "nonnegative"), INTERIOR, takes_T=False),
    "order": Known(
        ("nonexpansive", "ranking", "entropy"), ("form", "shape"), INTERIOR, takes_T=False, facts=("increasing",)
    ),
    "order-one-hot": Known(
        ("commutation",), ("form", "shape"), INTERIOR, takes_T=False, facts=("increasing", "one-hot")
    ),
    "no-entropy": Known(("entropy",), ("form", "shape"), INTERIOR, takes_T=False),
    "commuting": Known(("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=False),
    "pool-then-soften": Known(("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=True),
    "order-kept": Known(
        ("ranking", "entropy"), (), INTERIOR, ("simplex", "commutation"), facts=("increasing", "flattening")
    ),
    "ends-uniform": Known(("limits",), ("sign",), INTERIOR, ("commutation",), facts=("settling",)),
}


def at_least(domain: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """Whether a claim's domain holds all of the points wanted."""
    return all(a == "nonnegative" or b == "positive" for a, b in zip(domain, wanted, strict=True))


__all__ = ["ALL_WEIGHTS", "CLOSED", "INTERIOR", "KNOWN", "Known", "at_least"]
