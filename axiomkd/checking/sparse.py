"""How many cases a search must have looked at before `holds` is said of a target that a minimiser finds.

A panel costs such an operator as much as thousands of a pool's, and what a search of a few dozen cases did not find is no news. It
refuses to know why few were searched.
"""

from __future__ import annotations

from axiomkd import axioms
from axiomkd.core.reading import Pointwise
from axiomkd.core.verdict import Holds, Inconclusive, Verdict
from axiomkd.operators import losses
from axiomkd.operators.evaluate import Evaluator

FEWEST = 2_000
"""Cases of a claim about points, of all sizes together: a choice, no bound."""


def judged(evaluator: Evaluator | None, reading: str, verdict: Verdict) -> tuple[Verdict, str]:
    """The verdict, or `inconclusive` in the place of a `holds` after too few cases; and in words why, "" where it stands."""
    if evaluator is None or not isinstance(verdict, Holds) or verdict.scope is not None:
        return verdict, ""
    claim = axioms.BY_NAME[reading].claim
    cases = verdict.spent.cases
    if not isinstance(claim, Pointwise) or cases >= FEWEST or not losses.found_in_floats(evaluator.operator):
        return verdict, ""
    why = (
        f"{cases:,} cases are too few to say that it holds, of a target that is found by a minimiser: {FEWEST:,} are asked for. "
        "None of them refutes it; search with a larger --effort"
    )
    return Inconclusive(why, verdict.spent), why
