"""A size that is asked for by its kind, or by the text of what has it in it: one trace does not stand for all sizes."""

from __future__ import annotations

import jax
import pytest

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover
from axiomkd.tracing.numerics import prepare

ASKED = {
    "text of the array": lambda P: ",777]" in str(P),
    "text of its type": lambda P: "777" in str(jax.typeof(P)),
    "kind": lambda P: [3, P.shape[1]][isinstance(P.shape[1], int)] == 777,
    "has": lambda P: [3, P.shape[1]][hasattr(P.shape[1], "bit_length")] == 777,
}


@pytest.mark.parametrize("how", ASKED)
def test_one_trace_is_not_taken_for_all(how):
    prepare("cpu")
    asked = ASKED[how]
    operator = describe(lambda P, w: [w @ P, 2 * (w @ P)][asked(P)], name="two", backend="jax")
    traced, why = prover._traced(Evaluator(operator, softener("power")), None, None)
    assert traced is None and "asks for the value of a size" in why
