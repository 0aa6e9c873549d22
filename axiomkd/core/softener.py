"""Softeners S_T: what temperature does to a row of probabilities. Each is one object; axiom 5 takes it as a parameter.

An object says all there is to say of its softener: how it is computed and written, what undoes it, and the facts that
theorems ask for. Whoever needs a softener asks the object, and nothing else knows one by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from axiomkd.core.arithmetic import Arithmetic, Array
from axiomkd.core.errors import UsageError
from axiomkd.core.words import unknown

Rows = Callable[[Arithmetic, Array, Any], Array]

FACTS = {
    "increasing": "S_T keeps the order of a row's entries, and their ties",
    "flattening": "S_T(q) is majorised by S_T'(q) for T > T' and q on the simplex: its sorted partial sums are no larger",
    "settling": "S_T(q) is continuous in T and tends to (1/C, …, 1/C) as T → ∞, for every positive q, on the simplex or not",
    "semigroup": "S_T S_T' = S_(T T'), and S_1 is the identity, on the simplex",
    "freezing": "S_T(q) tends to the one-hot row at the argmax of q as T → 0, for every positive q with one argmax",
    "one-hot": "S_T leaves one-hot rows as they are",
    "rational": "the entries of S_T(p) are rational functions of p and T",
}
NEEDED = frozenset({"increasing", "flattening", "settling", "semigroup"})
"""Axiom 5 leans on these: what follows from `commutation` by the ladder, and that T' = 1 against T covers every pair."""


@dataclass(frozen=True)
class Softener:
    """`rows(m, p, T)` softens the last axis of p; T broadcasts against p with a last axis of 1. T is in [lowest, highest].

    `written` is `rows` as one writes it on paper, without what only floats need, where that differs: proofs see this one.
    `inverse(m, q, T)` is the p that S_T makes q of; `script` the same as `rows` in JavaScript, for a `row` and `T`. `facts`
    are names of `FACTS`; `commutes` is an operator of the zoo that commutes with it. Raises ValueError where a fact is
    unknown, or one of `NEEDED` is missing.
    """

    name: str
    formula: str
    latex: str
    rows: Rows
    script: str
    lowest: float
    highest: float
    facts: frozenset[str]
    written: Rows | None = None
    inverse: Rows | None = None
    commutes: str = ""

    def __post_init__(self) -> None:
        unknown, missing = sorted(self.facts - FACTS.keys()), sorted(NEEDED - self.facts)
        if unknown:
            raise ValueError(f"the softener {self.name} has unknown facts: {', '.join(unknown)}")
        if missing:
            raise ValueError(f"the softener {self.name} lacks what axiom 5 leans on: {', '.join(missing)}")

    @property
    def symbolic(self) -> Rows:
        """S_T to be written out in symbols."""
        return self.written or self.rows

    def has(self, *facts: str) -> bool:
        """Whether all these facts are known of it."""
        return self.facts.issuperset(facts)


def _power(m: Arithmetic, p: Array, T: Array) -> Array:
    raised = m.power(p, 1 / T)
    return raised / m.sum(raised, -1)[..., None]


def _power_from_the_top(m: Arithmetic, p: Array, T: Array) -> Array:
    # Dividing by the largest entry first keeps float powers in [0, 1]; the exact result is the same.
    return _power(m, p / m.max(p, -1)[..., None], T)


def _uniform_mix(_m: Arithmetic, p: Array, T: Array) -> Array:
    return p / T + (1 - 1 / T) / p.shape[-1]


SHIPPED: tuple[Softener, ...] = (
    Softener(
        name="power",
        formula="S_T(p)_i = p_i^(1/T) / Σ_j p_j^(1/T)",
        latex=r"S_T(p)_i = \frac{p_i^{1/T}}{\sum_j p_j^{1/T}}",
        rows=_power_from_the_top,
        written=_power,
        inverse=lambda m, q, T: _power_from_the_top(m, q, 1 / T),
        script="((up) => up.map((x) => x / up.reduce((a, b) => a + b)))"
        "(row.map((p) => Math.pow(p / Math.max(...row), 1 / T)))",
        lowest=1 / 8,
        highest=64,
        facts=NEEDED | {"freezing", "one-hot"},
        commutes="log",
    ),
    Softener(
        name="uniform-mix",
        formula="S_T(p) = p/T + (1 - 1/T)/C, T >= 1",
        latex=r"S_T(p) = \frac{p}{T} + \left(1 - \frac1T\right)\frac{1}{C},\ T \ge 1",
        rows=_uniform_mix,
        inverse=lambda m, q, T: _uniform_mix(m, q, 1 / T),
        script="row.map((p) => p / T + (1 - 1 / T) / row.length)",
        lowest=1,
        highest=64,
        facts=NEEDED | {"rational"},
        commutes="linear",
    ),
)
SOFTENERS = {one.name: one for one in SHIPPED}
DEFAULT = "power"


def softener(name: str) -> Softener:
    """The softener of that name. Raises UsageError on an unknown one."""
    if name not in SOFTENERS:
        raise UsageError(unknown("softener", name, SOFTENERS))
    return SOFTENERS[name]
