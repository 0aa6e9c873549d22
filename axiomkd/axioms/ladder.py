"""What implies what, in one table: premises, conclusion, and where it holds.

What a reading implies at every size and of every operator stands with the reading itself (`weaker`); what needs more stands
here. Each line has its reason; those of one line follow from the definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.scope import AtSizes, ForEvery, Scope
from axiomkd.core.softener import SOFTENERS


@dataclass(frozen=True)
class Rule:
    """Where all premises hold, so does the conclusion, at the same size: for K and C up to `most_K` and `most_C` (None: all),
    under softeners of which the `facts` are known, and, with `softened_from_outside`, of operators that take no temperature.

    The first premise is the main one: what refutes the conclusion counts against it. With `same_case` a case against the
    conclusion is one against it; without, the two are of different kinds, and none is carried up.
    """

    premises: tuple[str, ...]
    conclusion: str
    most_K: int | None = None
    most_C: int | None = None
    facts: tuple[str, ...] = ()
    softened_from_outside: bool = False
    same_case: bool = True

    @property
    def main(self) -> str:
        return self.premises[0]

    @property
    def beside(self) -> tuple[str, ...]:
        return self.premises[1:]

    @property
    def always(self) -> bool:
        """Whether the main premise is enough by itself, at every size and of every operator."""
        return self == Rule((self.main,), self.conclusion)

    def of_operators(self, *, takes_T: bool, softener: str) -> bool:
        """Whether it speaks of operators that take a temperature, or take none, under that softener."""
        return not (self.softened_from_outside and takes_T) and SOFTENERS[softener].has(*self.facts)

    def at(self, K: int, C: int) -> bool:
        """Whether it speaks of that size."""
        return (self.most_K is None or K <= self.most_K) and (self.most_C is None or C <= self.most_C)

    def throughout(self, scope: Scope, K: Iterable[int] | None = None, C: Iterable[int] | None = None) -> bool:
        """Whether it speaks of every size of a scope, where the operator supports these K and C (None: all)."""
        if isinstance(scope, AtSizes):
            return all(self.at(*size) for size in scope.sizes)
        values = {"K": K, "C": C}
        if isinstance(scope, ForEvery):
            values[scope.axis] = scope.values
        return all(
            most is None or (some is not None and max(some) <= most)
            for most, some in ((self.most_K, values["K"]), (self.most_C, values["C"]))
        )


# A softener keeps the order of a distribution's entries and makes it no sharper as T grows; where pooling commutes with it,
# the aggregate inherits both. It must be a distribution for that.
BESIDE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("commutation", "ranking"): ("simplex",),
    ("commutation", "entropy"): ("simplex",),
}

# Every bound below is on one class at a time where C = 2: 1 − q_i ≤ max_k (1 − p_ki), or log q_i ≥ min_k log p_ki.
_ONE_CLASS = ("bias-max", "brier-max", "log-loss-max")
# jensen and simplex make q the linear pool, so all that is true of it follows, but for `bayes`, and for `merge`, which is of
# two sizes. As s_i → 0, jensen fails where q_i > Σ_k w_k p_ki.
_OF_THE_LINEAR_POOL = (
    "bias-mean",
    "log-loss",
    "safety",
    "brier-mean",
    "variance",
    "variance-max",
    "influence",
    "entropy-mean",
    "hull",
)

CONDITIONAL: tuple[Rule, ...] = (
    # q = Σ v_k p_k, so q_i − q_j = Σ v_k (p_ki − p_kj).
    Rule(("hull",), "pareto"),
    # At C = 2 a distribution is one number; where weights are 0 it is one by continuity.
    Rule(("envelope",), "hull", most_C=2),
    Rule(("pull", "simplex", "closed"), "coordinate", most_C=2),
    # A set of classes, or the rest of it, is one class; both bounds of the envelope are needed.
    Rule(("envelope",), "safety-set", most_C=3),
    Rule(("safety-set", "simplex"), "envelope"),
    *(Rule((name, "simplex"), "envelope", most_C=2) for name in _ONE_CLASS),
    # The envelope keeps the class at or below the favourite's probability, also at weights of 0, by continuity.
    Rule(("coordinate", "envelope", "closed"), "favourite"),
    # w(t) = w + t w_k' (e_k − e_k') at K = 2.
    Rule(("favourite",), "transfer", most_K=2),
    # All weight to the teacher who gives the class most, or least: A(P, e_k) = p_k. Ties by continuity in P.
    Rule(("transfer", "simplex", "responsive", "closed"), "envelope", same_case=False),
    Rule(("strict-transfer", "simplex", "responsive", "closed"), "attenuation", same_case=False),
    *(Rule(("jensen", "simplex"), name, same_case=False) for name in _OF_THE_LINEAR_POOL),
    # p* = e_i: 1 − q_i ≤ Σ_k w_k (1 − p_ki), so q ≥ m, and the sums are equal.
    Rule(("bias-mean", "simplex"), "jensen", same_case=False),
    # One row after the other goes from T to T'; the panels between are interior.
    Rule(("influence", "interior"), "nonexpansive", softened_from_outside=True, same_case=False),
    # The row tends to a point of the interior, or of the closed domain.
    Rule(("interior",), "hot", softened_from_outside=True, same_case=False),
    Rule(("closed",), "cold", facts=("freezing",), softened_from_outside=True, same_case=False),
)


def rules(readings: Iterable[Reading]) -> tuple[Rule, ...]:
    """Every implication: those that stand with the readings, then those that need more."""
    named = tuple(Rule((r.name, *BESIDE.get((r.name, weak), ())), weak) for r in readings for weak in r.weaker)
    return (*named, *CONDITIONAL)


def weaker(readings: Iterable[Reading]) -> dict[str, set[str]]:
    """reading -> every reading that stands below it, directly or not; commutation needs simplex beside it."""
    return _closed({r.name: set(r.weaker) for r in readings})


def alone(readings: Iterable[Reading]) -> dict[str, set[str]]:
    """reading -> every reading that it implies by itself, at every size and of every operator, directly or not."""
    some = list(readings)
    down: dict[str, set[str]] = {r.name: set() for r in some}
    for rule in rules(some):
        if rule.always:
            down[rule.main].add(rule.conclusion)
    return _closed(down)


def _closed(direct: Mapping[str, set[str]]) -> dict[str, set[str]]:
    def below(name: str) -> set[str]:
        return direct[name].union(*(below(one) for one in direct[name]))

    return {name: below(name) for name in direct}


def turned(down: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """reading -> every reading that stands above it, or implies it."""
    return {name: {other for other, implied in down.items() if name in implied} for name in down}


def carries(rule: Rule, by_name: Mapping[str, Reading]) -> bool:
    """Whether a case against a rule's conclusion can be looked at as one against its main premise: all that this one speaks of
    is in it."""
    strong, weak = by_name[rule.main].claim, by_name[rule.conclusion].claim
    if not (isinstance(strong, Pointwise) and isinstance(weak, Pointwise)):
        return False
    return rule.same_case and set(strong.needs) <= set(weak.needs)
