"""The theorems that certificates may lean on: which readings each concludes, and which claims its hypotheses are.

Their written proofs are trusted. This table was written from the theorems' statements, apart from the prover's own.
"""

from __future__ import annotations

from dataclasses import dataclass

INTERIOR, ALL_WEIGHTS, CLOSED = ("positive", "positive"), ("positive", "nonnegative"), ("nonnegative", "nonnegative")
ALL_ROWS = ("nonnegative", "positive")


@dataclass(frozen=True)
class Known:
    """`claims` are the kinds that must be there, one each at least; `domain` says of P and w where they must hold at
    least; `after` what must be proved besides; `takes_T` as of operators: None is both; `all_classes` whether the formula must be
    known for every number of classes."""

    concludes: tuple[str, ...]
    claims: tuple[str, ...]
    domain: tuple[str, str]
    after: tuple[str, ...] = ()
    takes_T: bool | None = None
    softeners: tuple[str, ...] | None = None
    all_classes: bool = False


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
    "no-say": Known(("pull", "favourite", "coordinate", "transfer"), ("form", "free"), ALL_WEIGHTS),
    "affine-transfer": Known(("strict-transfer",), ("form", "shape", "free", "positive"), ALL_WEIGHTS),
    "affine-transfer-weak": Known(("transfer",), ("form", "shape", "free", "nonnegative"), ALL_WEIGHTS),
    "shares": Known(("responsive", "favourite", "coordinate"), ("form", "shape", "nonnegative", "equal"), ALL_WEIGHTS),
    "affine-shares": Known(("favourite",), ("form", "shape", "nonnegative", "free"), ALL_WEIGHTS),
    "choice": Known(("responsive", "favourite", "coordinate"), ("form", "shape", "positive"), ALL_WEIGHTS),
    "pull-lemma": Known(("responsive",), ("form", "shape"), ALL_WEIGHTS),
    "winner": Known(("pull",), ("form", "shape"), ALL_WEIGHTS),
    "uniform-limit": Known(("limits",), ("form", "defined", "continuous", "equal"), INTERIOR, takes_T=False),
    "squeeze": Known(("limits",), ("form", "continuous"), INTERIOR, ("envelope",), takes_T=False),
    "fixed-weights": Known(("nonexpansive",), ("form", "free", "nonnegative"), INTERIOR, takes_T=False),
    "order": Known(("nonexpansive", "ranking", "entropy"), ("form", "shape"), INTERIOR, takes_T=False),
    "order-one-hot": Known(("commutation",), ("form", "shape"), INTERIOR, takes_T=False, softeners=("power",)),
    "no-entropy": Known(("entropy",), ("form", "shape"), INTERIOR, takes_T=False),
    "commuting": Known(("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=False),
    "pool-then-soften": Known(("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=True),
    "order-kept": Known(("ranking", "entropy"), (), INTERIOR, ("simplex", "commutation")),
    "ends-uniform": Known(("limits",), ("sign",), INTERIOR, ("commutation",), softeners=("power",)),
    "one-row-hot": Known(("hot",), ("form", "continuous"), INTERIOR, takes_T=False),
    "one-row-cold": Known(("cold",), ("form", "continuous"), ALL_ROWS, takes_T=False, softeners=("power",)),
    "linear-pool": Known(("jensen", "bias-mean", "log-loss", "safety", "brier-mean"), ("form", "equal"), INTERIOR),
    "fixed-shares": Known(("influence-one", "variance-max"), ("form", "free", "nonnegative"), INTERIOR),
    "small-shares": Known(("influence", "variance"), ("form", "free", "nonnegative"), INTERIOR),
    "positive-shares": Known(("attenuation",), ("form", "positive", "equal"), INTERIOR),
    "toward-uniform": Known(("entropy-mean",), ("form", "nonnegative", "equal"), INTERIOR),
    "kept-signs": Known(("inheritance",), ("sign",), ALL_WEIGHTS),
    "kept-averages": Known(("inheritance",), ("form", "nonnegative", "equal"), ALL_WEIGHTS),
    "class-wise": Known(("pareto",), ("form", "shape"), INTERIOR),
    "means": Known(("log-loss",), ("form", "shape", "nonnegative", "equal"), INTERIOR),
    "updating": Known(("bayes",), ("form", "shape", "free", "equal"), INTERIOR),
    "label-wise": Known(("merge",), ("form", "free"), INTERIOR, all_classes=True),
}


def at_least(domain: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """Whether a claim's domain holds all of the points wanted."""
    return all(a == "nonnegative" or b == "positive" for a, b in zip(domain, wanted, strict=True))


__all__ = ["ALL_WEIGHTS", "CLOSED", "INTERIOR", "KNOWN", "Known", "at_least"]
