"""The theorems that certificates may lean on: which readings each concludes, and which claims its hypotheses are.

Their written proofs are trusted. This table was written from the theorems' statements, apart from the prover's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from axiomkd.verify import commuting, formulas, mixtures, pools
from axiomkd.verify.scene import Claim, Scene
from axiomkd.verify.stage import Stage, require, stage

Check = Callable[[Scene, Sequence[Claim]], None]
INTERIOR, ALL_WEIGHTS, CLOSED = ("positive", "positive"), ("positive", "nonnegative"), ("nonnegative", "nonnegative")
ALL_ROWS = ("nonnegative", "positive")


@dataclass(frozen=True)
class Known:
    """`check` re-derives what ties the claims to one another, or is `follows`; `claims` are the kinds that must be there,
    one each at least; `domain` says of P and w where they must hold at least; `after` what must be proved besides; `takes_T`
    as of operators: None is both; `facts` what is asked of the softener; `all_classes` whether the
    formula must be known for every number of classes; `inside` are the kinds of claims that the interior is enough for, beside
    formulas with a temperature, whatever the others need."""

    check: Check
    concludes: tuple[str, ...]
    claims: tuple[str, ...]
    domain: tuple[str, str]
    after: tuple[str, ...] = ()
    takes_T: bool | None = None
    facts: tuple[str, ...] = ()
    all_classes: bool = False
    inside: frozenset[str] = frozenset()


def on_formula(check: Callable[[Stage], None]) -> Check:
    """A check of hypotheses that speak of the aggregate's formula."""
    return lambda where, read: check(stage(where, read))


def _both(*checks: Callable[[Stage], None]) -> Callable[[Stage], None]:
    def check(s: Stage) -> None:
        for one in checks:
            one(s)

    return check


def follows(_where: Scene, _read: Sequence[Claim]) -> None:
    """Nothing is asked beyond the claims, the premises and the softener's facts."""


def _positive(_where: Scene, read: Sequence[Claim]) -> None:
    require(any(c.kind == "sign" and c.more.get("strict") for c in read), "no claim says that q > 0")


def _never_negative(where: Scene, read: Sequence[Claim]) -> None:
    """Either the code's own signs, or the formula's."""
    if any(c.kind == "sign" and not c.given for c in read):
        return
    s = stage(where, read)
    require(
        any(c.terms == (s.q,) and not c.given for c in s.of("nonnegative")), "no claim says that the formula is ≥ 0"
    )


def _supported(scenario: str) -> Check:
    def check(where: Scene, read: Sequence[Claim]) -> None:
        _never_negative(where, read)
        found = [c.more.get("scenario") for c in read if c.kind == "support"]
        require(scenario in found, f"the support claim is not of the scenario {scenario}")

    return check


KNOWN: dict[str, Known] = {
    "averages": Known(on_formula(pools.averages), ("hull",), ("form", "nonnegative", "equal"), INTERIOR),
    "sum-to-one": Known(on_formula(pools.sums), ("simplex",), ("form", "nonnegative", "equal"), INTERIOR),
    "agreement": Known(on_formula(formulas.agreeing), ("unanimity",), ("form", "equal"), INTERIOR, ("simplex",)),
    "signs": Known(_never_negative, ("nonnegative",), (), CLOSED),
    "common-signs": Known(_supported("common"), ("common-support",), ("support",), CLOSED),
    "any-signs": Known(_supported("any"), ("any-support",), ("support",), CLOSED),
    "vanishing": Known(
        on_formula(pools.vanishing), ("common-support",), ("form", "nonnegative", "equal", "shape"), CLOSED
    ),
    "continuity": Known(
        on_formula(formulas.smooth("continuous", "P", "w")), ("interior",), ("form", "defined", "continuous"), INTERIOR
    ),
    "faces": Known(
        on_formula(formulas.smooth("continuous", "P", "w")), ("closed",), ("form", "defined", "continuous"), CLOSED
    ),
    "slopes": Known(
        on_formula(formulas.smooth("lipschitz", "P", "w")), ("lipschitz",), ("form", "defined", "lipschitz"), CLOSED
    ),
    "no-say": Known(
        on_formula(formulas.without_weights),
        ("pull", "favourite", "coordinate", "transfer"),
        ("form", "free"),
        ALL_WEIGHTS,
    ),
    "affine-transfer": Known(
        on_formula(pools.affine(strict=True)), ("strict-transfer",), ("form", "shape", "free", "positive"), ALL_WEIGHTS
    ),
    "affine-transfer-weak": Known(
        on_formula(pools.affine(strict=False)), ("transfer",), ("form", "shape", "free", "nonnegative"), ALL_WEIGHTS
    ),
    "shares": Known(
        on_formula(pools.shares),
        ("responsive", "favourite", "coordinate"),
        ("form", "shape", "nonnegative", "equal"),
        ALL_WEIGHTS,
    ),
    "affine-shares": Known(
        on_formula(pools.affine_shares), ("favourite",), ("form", "shape", "nonnegative", "free"), ALL_WEIGHTS
    ),
    "choice": Known(
        on_formula(pools.chosen), ("responsive", "favourite", "coordinate"), ("form", "shape", "positive"), ALL_WEIGHTS
    ),
    "pull-lemma": Known(on_formula(formulas.generalised_mean), ("responsive",), ("form", "shape"), ALL_WEIGHTS),
    "winner": Known(on_formula(formulas.pooled_scores), ("pull", "pareto"), ("form", "shape"), ALL_WEIGHTS),
    "uniform-limit": Known(
        on_formula(formulas.even),
        ("limits",),
        ("form", "defined", "continuous", "equal"),
        INTERIOR,
        takes_T=False,
        facts=("settling",),
    ),
    "squeeze": Known(
        on_formula(formulas.smooth("continuous", "P")),
        ("limits",),
        ("form", "continuous"),
        INTERIOR,
        ("envelope",),
        takes_T=False,
        facts=("settling",),
    ),
    "fixed-weights": Known(
        on_formula(pools.fixed_pool), ("nonexpansive",), ("form", "free", "nonnegative"), INTERIOR, takes_T=False
    ),
    "order": Known(
        on_formula(formulas.ordered),
        ("nonexpansive", "ranking", "entropy"),
        ("form", "shape"),
        INTERIOR,
        takes_T=False,
        facts=("increasing",),
    ),
    "order-one-hot": Known(
        on_formula(formulas.ordered_one_hot),
        ("commutation",),
        ("form", "shape"),
        INTERIOR,
        takes_T=False,
        facts=("increasing", "one-hot"),
    ),
    "no-entropy": Known(on_formula(formulas.one_hot), ("entropy",), ("form", "shape"), INTERIOR, takes_T=False),
    "commuting": Known(
        on_formula(commuting.commuting), ("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=False
    ),
    "pool-then-soften": Known(
        on_formula(commuting.commuting_with_T), ("commutation",), ("form", "sign", "equal"), INTERIOR, takes_T=True
    ),
    "order-kept": Known(
        follows, ("ranking", "entropy"), (), INTERIOR, ("simplex", "commutation"), facts=("increasing", "flattening")
    ),
    "ends-uniform": Known(_positive, ("limits",), ("sign",), INTERIOR, ("commutation",), facts=("settling",)),
    "one-row-hot": Known(
        on_formula(formulas.smooth("continuous", "P")),
        ("hot",),
        ("form", "continuous"),
        INTERIOR,
        takes_T=False,
        facts=("settling",),
    ),
    "one-row-cold": Known(
        on_formula(formulas.smooth("continuous", "P")),
        ("cold",),
        ("form", "continuous"),
        ALL_ROWS,
        takes_T=False,
        facts=("freezing",),
    ),
    "linear-pool": Known(
        on_formula(pools.linear),
        ("jensen", "bias-mean", "log-loss", "safety", "brier-mean"),
        ("form", "equal"),
        INTERIOR,
    ),
    "fixed-shares": Known(
        on_formula(pools.fixed_pool), ("influence-one", "variance-max"), ("form", "free", "nonnegative"), INTERIOR
    ),
    "small-shares": Known(
        on_formula(pools.small_shares), ("influence", "variance"), ("form", "free", "nonnegative"), INTERIOR
    ),
    "positive-shares": Known(
        on_formula(pools.positive_shares), ("attenuation",), ("form", "positive", "equal"), INTERIOR
    ),
    "toward-uniform": Known(
        on_formula(pools.toward_uniform), ("entropy-mean",), ("form", "nonnegative", "equal"), INTERIOR
    ),
    "kept-signs": Known(_positive, ("inheritance",), ("sign",), ALL_WEIGHTS),
    "kept-averages": Known(on_formula(pools.averages), ("inheritance",), ("form", "nonnegative", "equal"), ALL_WEIGHTS),
    "class-wise": Known(on_formula(formulas.class_wise), ("pareto",), ("form", "shape"), INTERIOR),
    "means": Known(on_formula(mixtures.mixture), ("log-loss",), ("form", "shape", "nonnegative", "equal"), INTERIOR),
    "updating": Known(on_formula(mixtures.updating), ("bayes",), ("form", "shape", "free", "equal"), INTERIOR),
    "label-wise": Known(on_formula(pools.label_wise), ("merge",), ("form", "free"), INTERIOR, all_classes=True),
    "large-means": Known(
        on_formula(mixtures.large_mean("order", "maximum", "weighted maximum")),
        ("influence-one",),
        ("form", "shape"),
        INTERIOR,
    ),
    "large-means-below": Known(
        on_formula(mixtures.large_mean("order", "maximum")), ("attenuation",), ("form", "shape"), INTERIOR
    ),
    "discounted": Known(on_formula(mixtures.large_mean("discounted")), ("influence",), ("form", "shape"), INTERIOR),
    "flowing-cold": Known(
        on_formula(formulas.flowing),
        ("cold",),
        ("form", "continuous"),
        ALL_ROWS,
        takes_T=False,
        facts=("freezing",),
    ),
    "rows-softened-hot": Known(
        on_formula(_both(formulas.smooth("continuous", "P"), commuting.softened_rows)),
        ("hot",),
        ("form", "defined", "equal", "continuous"),
        INTERIOR,
        takes_T=True,
        facts=("settling",),
    ),
    "rows-softened-cold": Known(
        on_formula(_both(formulas.flowing, commuting.softened_rows)),
        ("cold",),
        ("form", "defined", "equal", "continuous"),
        ALL_ROWS,
        takes_T=True,
        facts=("freezing",),
        inside=frozenset({"defined", "equal"}),
    ),
    "argmax-cold": Known(
        on_formula(formulas.by_argmax),
        ("cold",),
        ("form", "shape"),
        ALL_ROWS,
        takes_T=False,
        facts=("increasing", "freezing"),
    ),
}


def at_least(domain: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """Whether a claim's domain holds all of the points wanted."""
    return all(a == "nonnegative" or b == "positive" for a, b in zip(domain, wanted, strict=True))


__all__ = ["ALL_WEIGHTS", "CLOSED", "INTERIOR", "KNOWN", "Known", "at_least", "follows", "on_formula"]
