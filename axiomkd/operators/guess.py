"""In which layout a function takes its teachers, where nobody said: by trying which shapes it accepts.

It is asked only where A(P, w) of one panel does not work, at sizes where teachers, classes and panels are of different number.
What it assumes is told; where two answers are left, it refuses. It knows no claim.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import layout as layouts
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.layout import NONE, Call, Layout, parameters
from axiomkd.core.operator import Operator
from axiomkd.operators.frames import LONGEST, text_of
from axiomkd.operators.heat import temperature

PANELS = 4
SIZES = ((3, 5), (2, 5), (3, 2), (2, 3), (5, 3), (3, 7), (16, 2), (8, 100))
POINTS = 3
WEIGHTS = frozenset({"w", "weight", "weights"})
TEACHERS = frozenset({"P", "p", "probs", "probabilities", "teachers", "logits"})


def settled(operator: Operator) -> Operator:
    """The operator with the layout that its function takes. Raises Misbehaviour where two are possible, and give something else."""
    size = next((size for size in SIZES if operator.supports(*size)), None)
    if operator.settled or size is None or _traced(operator, operator.call, *size) == (size[1],):
        return operator
    usual = _shape(operator, operator.call, *size)
    if usual == (size[1],) or usual in mistaken(*size):
        return replace(operator, settled=True)
    if usual is None and _hopeless(operator, *size):
        return replace(operator, settled=True)
    ways = list(candidates(operator.call))
    found = [call for call in ways if _works(operator, call, *size, _traced)]
    found = found or [call for call in ways if _works(operator, call, *size, _shape)]
    different = _different(operator, found, *size)
    if len(different) > 1:
        P, w = _panels(*size, 1)
        raise Misbehaviour(
            f"can be called in two ways, which give different results: {_declared(different[0])}, or {_declared(different[1])}. "
            "Declare the one that is meant: operator(…)",
            {"P": P[0].tolist(), "w": w[0].tolist(), "T": 1.0 if operator.takes_temperature else None},
        )
    if not found:
        return replace(operator, settled=True)
    _refuse_turned(operator, *size)
    told = {"layout": str(found[0].layout), "weights": found[0].weights}
    usual_ones = {"layout": layouts.PLAIN, "weights": operator.call.weights}
    return replace(
        operator,
        fn=layouts.again(operator.fn, found[0]),
        call=found[0],
        settled=True,
        assumed={name: text for name, text in told.items() if text != usual_ones[name]},
    )


def turned(operator: Operator) -> tuple[str, str] | None:
    """The names of the first two parameters where they say that weights come first."""
    first, second = [*parameters(layouts.written(getattr(operator.fn, "inner", operator.fn))), "", ""][:2]
    return (first, second) if first in WEIGHTS and second in TEACHERS else None


def _refuse_turned(operator: Operator, K: int, C: int) -> None:
    """Raises Misbehaviour where weights come first: a layout in which it works would judge another function."""
    if names := turned(operator):
        first, second = names
        P, w = _panels(K, C, 1)
        raise Misbehaviour(
            f"takes ({first}, {second}), and is called with the teachers first: A(P, w). Turn its parameters round, or declare the "
            "layout that is meant: operator(layout=…)",
            {"P": P[0].tolist(), "w": w[0].tolist(), "T": 1.0 if operator.takes_temperature else None},
        )


def _hopeless(operator: Operator, K: int, C: int) -> bool:
    """Whether a call fails in a way that is no matter of shapes. To try a score of others would take a score of times as long."""
    P, w = _panels(K, C, 1)
    array, now = _arrays(operator)[-1], 1.0 if operator.takes_temperature else None
    try:
        operator.fn(array(P[0]), array(w[0]), **temperature(operator, now, P[0]))
    except (RecursionError, MemoryError):
        return True
    except (Exception, SystemExit) as e:
        return len(text_of(e)) > LONGEST
    return False


def _traced(operator: Operator, call: Call, K: int, C: int, B: int = 0) -> tuple[int, ...] | None:
    """The shape of the result for one panel, or for B of them, as a trace has it, which is cheap; None where there is none."""
    if operator.backend not in (None, "jax"):
        return None
    fn, T = layouts.again(operator.fn, call), 1.0 if operator.takes_temperature else None
    fn, lead = (layouts.batch(fn), (B,)) if B else (fn, ())
    given = (jax.ShapeDtypeStruct((*lead, *size), jnp.float64) for size in ((K, C), (K,)))
    try:
        return jax.eval_shape(lambda P, w: fn(P, w, **temperature(operator, T, P[0] if B else P)), *given).shape
    except (Exception, SystemExit):
        return None


def mistaken(K: int, C: int) -> set[tuple[int, ...]]:
    """Shapes of results that a slip in a function of one panel gives: a sum over the classes, or none, or over everything."""
    return {(K,), (K, C), ()}


def stacked(operator: Operator, shape: tuple[int, ...], K: int, C: int) -> str:
    """The layout of batches that a function takes whose result has this shape for one panel; "" where there is none."""
    if shape not in mistaken(K, C):
        return ""
    batches = [one for one in candidates(operator.call) if one.layout.batched]
    fits = [one for one in batches for shape in (_traced, _shape) if _works(operator, one, K, C, shape)]
    return _declared(fits[0]) if fits else ""


def _declared(call: Call) -> str:
    return f'layout="{call.layout}"' + (f', weights="{call.weights}"' if "B" in call.weights else "")


def candidates(call: Call) -> Iterator[Call]:
    """Ways of calling in the order in which they are preferred."""
    for text in ("C K", "[C]", "K B C", "B K C", "B C K", "[B C]", "C B K", "K C B", "C K B"):
        layout: Layout = layouts.layout(text)
        weights = (NONE,) if call.weights == NONE else ("K", "B K", "K B") if layout.batched else ("K",)
        yield from (replace(call, layout=layout, weights=one) for one in weights)


def _works(operator: Operator, call: Call, K: int, C: int, shape: Callable[..., tuple[int, ...] | None]) -> bool:
    """Whether a batch of different panels, and one panel alone, come back as they should."""
    if shape(operator, call, K, C) != (C,):
        return False
    return not call.layout.batched or shape(operator, call, K, C, PANELS) == (PANELS, C)


def _shape(operator: Operator, call: Call, K: int, C: int, B: int = 0) -> tuple[int, ...] | None:
    """The shape of the result for one panel, or for B of them; None where it is no array, or the call raises."""
    P, w = _panels(K, C, max(B, 1))
    q = _called(operator, call, P if B else P[0], w if B else w[0])
    return None if q is None else q.shape


def _different(operator: Operator, found: list[Call], K: int, C: int) -> list[Call]:
    """Of the ways that work, those that give different operators."""
    P, w = _panels(K, C, POINTS)
    out: list[tuple[Call, np.ndarray]] = []
    for call in found:
        results = [_called(operator, call, P[n], w[n]) for n in range(POINTS)]
        if any(q is None for q in results):
            continue
        q = np.stack(results)  # type: ignore[arg-type]
        if not any(np.allclose(q, other, rtol=1e-6, atol=1e-6, equal_nan=True) for _, other in out):
            out.append((call, q))
    return [call for call, _ in out]


def _panels(K: int, C: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng((K, C, 41))
    return rng.dirichlet(np.ones(C), (count, K)), rng.dirichlet(np.ones(K), count)


def _called(operator: Operator, call: Call, P: np.ndarray, w: np.ndarray) -> np.ndarray | None:
    """The result of the first kind of array that the function takes."""
    fn = layouts.again(operator.fn, call)
    fn = layouts.batch(fn) if P.ndim == 3 else fn
    given = np.log(P) if operator.takes_logs else P
    now = 1.0 if operator.takes_temperature else None
    for array in _arrays(operator):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                q = np.asarray(fn(array(given), array(w), **temperature(operator, now, P[0] if P.ndim == 3 else P)))
            except (Exception, SystemExit):
                continue
            if q.dtype.kind in "fiub" or jnp.issubdtype(q.dtype, jnp.floating):
                return q.astype(float)
    return None


def _arrays(operator: Operator) -> list[Callable[[np.ndarray], Any]]:
    arrays: dict[str, Callable[[np.ndarray], Any]] = {"numpy": np.array, "jax": jnp.asarray}
    return [arrays[operator.backend]] if operator.backend in arrays else list(arrays.values())
