"""Exact evaluation of a jaxpr: the real function that the code denotes, at exact inputs.

Real arrays are object arrays of the number tower (`numbers`), whole numbers and truth values are NumPy arrays. The
width of a float type is no part of that function: conversions between float types do nothing, and a literal is its
shortest decimal. Here are the entry points and the assembled table; the rules themselves are in `exact_arithmetic`,
`exact_order`, `exact_structure`, `exact_linear` and `exact_control`, and this file knows none of them by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axiomkd.tracing import exact_arithmetic, exact_control, exact_linear, exact_order, exact_structure
from axiomkd.tracing.arrays import lift, object_array
from axiomkd.tracing.numbers import Undecided, precision
from axiomkd.tracing.walk import Rules, Unsupported, walk

__all__ = ["EXACT", "Undecided", "Unsupported", "evaluate", "object_array"]


def _walk(jaxpr: Any, args: Sequence[Any]) -> list[Any]:
    return walk(jaxpr, args, EXACT)


EXACT = Rules(
    lift=lift,
    primitives={
        **exact_arithmetic.RULES,
        **exact_order.RULES,
        **exact_structure.RULES,
        **exact_linear.rules(_walk),
        **exact_control.rules(_walk),
    },
)


def evaluate(closed_jaxpr: Any, args: Sequence[Any], *, bits: int = 256) -> list[np.ndarray]:
    """The outputs of a closed jaxpr on args, one array for each input of the jaxpr.

    A real input is an object array as `object_array` makes it (floats are converted by their shortest decimal), any
    other a NumPy array. Real outputs are object arrays. Balls carry `bits` bits; exact irrationals among the outputs
    become balls only when asked, at the precision of that moment, so ask within `precision(bits)` too. One ball object
    in several places of the inputs is taken for one and the same real number.
    Raises Undecided where balls leave a branch, an order or a division open, Unsupported at a primitive without a rule.
    """
    jaxpr = closed_jaxpr.jaxpr
    if len(args) != len(jaxpr.invars):
        raise TypeError(f"the jaxpr takes {len(jaxpr.invars)} arrays, got {len(args)}")
    with precision(bits), np.errstate(all="ignore"):  # inf and nan are values here, not warnings
        inputs = [lift(arg, variable.aval) for arg, variable in zip(args, jaxpr.invars, strict=True)]
        for value, variable in zip(inputs, jaxpr.invars, strict=True):
            if value.shape != tuple(variable.aval.shape):
                raise TypeError(f"the jaxpr takes an array of shape {variable.aval.shape}, got {value.shape}")
        try:
            return walk(closed_jaxpr, inputs, EXACT)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A rule that cannot cope says as little as one that is missing: it costs the exact answer, not the report.
            place = next(iter(getattr(error, "__notes__", ())), "")
            raise Unsupported("an operation", None, f"that its rule did not expect: {error} {place}".strip()) from error
