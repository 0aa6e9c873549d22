"""Whether a function runs the same of its instructions outside a trace as under one: else its trace is of another function.

What a trace raises and outside of it nothing does (a number taken out of an array) may be handled in the user's code, and what is
traced can be told from what is not: a branch that hides so may be as thin as it likes, and no number of calls finds it. That other
instructions run shows at any point. It knows no claim.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core.operator import Operator
from axiomkd.operators.alike import on_device
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import Translated
from axiomkd.operators.skewed import skewed
from axiomkd.prove.followed import Followed, differing, followed
from axiomkd.tracing.uncompiled import uncompiled

_known: WeakKeyDictionary[Evaluator, str] = WeakKeyDictionary()


def calls(operator: Operator) -> list[str]:
    """The ways to call an operator that are traced: A(P, w), or A(P, w, T), a default of T being judged by nobody, and
    A(P, w, Ts)."""
    takes = operator.takes_temperature
    ways = (("plain", not takes), ("T", takes), ("Ts", operator.each_temperature))
    return [name for name, there in ways if there]


def traces(evaluator: Evaluator, K: Any, C: Any) -> dict[str, Any]:
    """The jaxprs of A(P, w), or of A(P, w, T) and A(P, w, Ts) where it takes a temperature, at one size."""
    given = _arguments(*(jax.ShapeDtypeStruct(shape, jnp.float64) for shape in ((K, C), (K,), ())))
    return {name: jax.make_jaxpr(evaluator.traceable)(*given[name]) for name in calls(evaluator.operator)}


def _arguments(P: Any, w: Any, T: Any) -> dict[str, tuple[Any, ...]]:
    return {"plain": (P, w), "T": (P, w, T), "Ts": (P, w, w)}


def apart(evaluator: Evaluator) -> str:
    """Why proofs of the trace say nothing of the function itself; "" where the same instructions run. Functions of another language
    are held against what they are translated to elsewhere, and what does not run outside a trace is nothing else there."""
    if evaluator.mode != "jax" or isinstance(evaluator.operator.fn, Translated):
        return ""
    if evaluator not in _known:
        _known[evaluator] = _apart(evaluator)
    return _known[evaluator]


def _apart(evaluator: Evaluator) -> str:
    K, C = evaluator.operator.small_sizes((2, 3), (3, 4))[0]
    given = _arguments(*(on_device(x) for x in (*(x[-1] for x in skewed(K, C)), np.ones(()))))
    traces(evaluator, K, C)  # what the function remembers by size is there then
    with followed() as traced:
        traces(evaluator, K, C)
    try:
        with uncompiled(), followed() as outside:
            for name in calls(evaluator.operator):
                evaluator.plain(*given[name])
    except Exception:
        return ""
    line = _other_line(traced, outside)
    return "" if line is None else f"it runs other code under a trace than outside of one ({line})"


def _other_line(traced: Followed, outside: Followed) -> str | None:
    swallowed = [line for line in traced.swallowed if line not in outside.swallowed]
    return swallowed[0] if swallowed else differing(traced, outside)
