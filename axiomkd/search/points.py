"""Interior points that sampling found without a float value: undefined in exact arithmetic too, or a numerical defect?"""

from __future__ import annotations

from axiomkd.core.case import ExactCase
from axiomkd.core.verdict import Witness
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import numbers
from axiomkd.jaxpr.exact import Undecided, Unsupported, object_array
from axiomkd.search.finding import Finding

BITS = (256, 1024)


def at(evaluator: Evaluator, case: ExactCase) -> Finding | None:
    """`refuted` where A is undefined in exact arithmetic, `fragile` where it has a value, None where that stays open."""
    if not evaluator.exactly:
        return None
    P, w = object_array([list(row) for row in case.P]), object_array(list(case.w))
    now = object_array(1)[()] if evaluator.operator.takes_temperature else None
    for bits in BITS:
        try:
            q = evaluator.exact(P, w, now, bits=bits)
        except Undecided:
            continue
        except Unsupported:
            return None
        if any(numbers.is_special(x) for x in q):
            text = "the aggregate is undefined (0/0, or a function outside its domain) at an interior point, in exact arithmetic"
            return Finding("refuted", _witness(case, "exact"), text, 0)
        text = "the float result is not finite at an interior point where the exact aggregate is: rewrite what overflows or underflows"
        return Finding("fragile", _witness(case, "float64"), text, 0, why=text)
    return None


def _witness(case: ExactCase, confirmed: str) -> Witness:
    K, C = case.size
    return Witness(
        K=K,
        C=C,
        P=tuple(tuple(str(x) for x in row) for row in case.P),
        w=tuple(str(x) for x in case.w),
        margin="nan",
        confirmed=confirmed,
        value=(("nan",) * C,),
    )
