"""Whether a function of batches of panels does to each what it does to one alone. A handful of calls; it refuses to know any claim.

The operator that is checked is the function on a batch of one panel. Here the rows of a batch carry different panels, at sizes
where the number of panels differs from those of teachers and classes, the smallest first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import layout as layouts
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.operator import Operator
from axiomkd.core.tolerances import COARSE_FACTOR, REPEAT
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.frames import named, text_of, user_traceback
from axiomkd.operators.heat import temperature
from axiomkd.operators.language import Translated
from axiomkd.tracing.numerics import faithful_compile

SIZES = ((2, 2, 3), (2, 3, 2), (3, 2, 4), (3, 3, 2), (4, 3, 5))
"""(K, C, B)."""
# What is done in parts, or by a rule for large batches, shows there; not of losses, each row of which is a minimum.
MANY = (2, 3, 33)
OTHERS = ((2, 9, 3), (16, 2, 3), (8, 100, 3))  # where none of the sizes above is supported
TEMPERATURES = (1.0, 2.0)  # in turn: what mixes where the teachers are softened alone
SURE = (0.9999, 0.98)  # how much of panels that are nearly certain is in one class, of their weights in one teacher

Whole = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""P (B, K, C) and w (B, K) -> probabilities (B, C), in one call."""


def alone(evaluator: Evaluator) -> None:
    """Call a function of batches on batches of different panels. Raises Misbehaviour where a row is not what its panel gives."""
    operator = evaluator.operator
    if not operator.call.layout.batched:
        return
    usual = SIZES if operator.is_loss else (*SIZES, MANY)
    sizes = [size for size in usual if operator.supports(*size[:2])]
    for n, (K, C, B) in enumerate(sizes or [size for size in OTHERS if operator.supports(*size[:2])]):
        now = TEMPERATURES[n % 2] if operator.takes_temperature else None
        whole = _whole(evaluator, now)
        # A minimum is searched for panel by panel: of losses one batch.
        for P, w in _batches(K, C, B)[: 1 if operator.is_loss else None]:
            if operator.call.weights == "K":
                w[:] = w[:1]
            _each_alone(evaluator, whole, P, w, now)


def _batches(K: int, C: int, B: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """P (B, K, C) and w (B, K): plain ones, and panels of which the first and every second are nearly certain of one class, and
    of a teacher, and, of many, the second is the first again: what reads the batch at a threshold or a tie alone shows there."""
    rng = np.random.default_rng((K, C, B))
    P, w = rng.dirichlet(np.ones(C), (B, K)), rng.dirichlet(np.ones(K), B)
    sure, heavy = P.copy(), w.copy()
    for share, b in zip(np.resize(SURE, B), range(0, B, 2), strict=False):
        sure[b] = (1 - share) * P[b] + share * np.eye(C)[b // 2 % C]
        heavy[b] = (1 - share) * w[b] + share * np.eye(K)[b // 2 % K]
    if B > 3:
        sure[1], heavy[1] = sure[0], heavy[0]
    return [(P, w), (sure, heavy)]


def _each_alone(evaluator: Evaluator, whole: Whole, P: np.ndarray, w: np.ndarray, now: float | None) -> None:
    """Raises Misbehaviour where a row of the batch is not what its panel gives."""
    B, K, C = P.shape
    point = {"P": P[0].tolist(), "w": w[0].tolist(), "T": now}
    where = f'K = {K}, C = {C}, layout="{evaluator.operator.call.layout}"'
    try:
        many = whole(P, w)
    except (Exception, SystemExit) as e:
        text = f"takes a batch of one panel, and raised {named(e)} on one of {B} ({where}): {text_of(e)}"
        raise Misbehaviour(text, point, user_traceback(e)) from e
    if many.shape != (B, C):
        raise Misbehaviour(
            f"returned shape {many.shape} for a batch of {B} panels ({where}), expected ({B}, {C}): a row a panel",
            point,
        )
    each = evaluator.batch(P, w, now)
    room = max(REPEAT, COARSE_FACTOR * evaluator.rounding.eps)
    apart = ~np.isclose(many, each, rtol=room, atol=room, equal_nan=True).all(-1)
    if apart.any():
        b = int(np.flatnonzero(apart)[0])
        beside = "; ".join(_shown(P[n]) for n in range(B) if n != b)
        raise Misbehaviour(
            f"mixes its batch: panel {b} of {B} gives {_shown(many[b])}, and alone {_shown(each[b])} ({where}; "
            f"beside it {beside}). Sum and normalise over the axes of teachers and classes only; of a module, call .eval()",
            {"P": P[b].tolist(), "w": w[b].tolist(), "T": now},
        )


def _whole(evaluator: Evaluator, T: float | None) -> Whole:
    """The user's function on a whole batch, in one call, as probabilities. It is compiled once a size."""
    operator = evaluator.operator
    fn = _batch(operator)

    def call(P: Any, w: Any) -> Any:
        return fn(P, w, **temperature(operator, T, P[0]))

    jitted = evaluator.mode == "jax" and not isinstance(operator.fn, Translated) and not operator.is_loss
    called = jax.jit(call, compiler_options=faithful_compile()) if jitted else call

    def whole(P: np.ndarray, w: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            q = np.asarray(called(np.log(P) if operator.takes_logs else P, w), dtype=float)
        if operator.outputs == "logits":
            return np.asarray(jax.nn.softmax(jnp.asarray(q), axis=-1))
        return np.exp(q) if operator.outputs == "log-probabilities" else q

    return whole


def _batch(operator: Operator) -> Callable[..., Any]:
    """The function on a batch, every row of which is given what its panel is given alone: labels that differ by row would make
    each another function of its panel, and no row mixed with others."""
    call = operator.call
    if not any(callable(value) for value in call.given.values()):
        return layouts.batch(operator.fn)

    def same(value: Any) -> Any:
        if not callable(value):
            return value

        def made(K: int, C: int, B: int) -> Any:
            return _rows(value(K, C, 1), value(K, C, B), B)

        return made

    alike = replace(call, given={name: same(value) for name, value in call.given.items()})
    return layouts.batch(layouts.again(operator.fn, alike))


def _rows(one: Any, many: Any, B: int) -> Any:
    """What is given with one panel, so many times along the axis that grows with the panels; what has no such axis as it is."""
    if isinstance(one, list | tuple) and len(one) == 1 and len(many) == B:
        return one * B
    shapes = tuple(np.shape(one)), tuple(np.shape(many))
    if len(shapes[0]) != len(shapes[1]):
        return many
    grown = [axis for axis, (a, b) in enumerate(zip(*shapes, strict=True)) if (a, b) == (1, B)]
    if len(grown) != 1:
        return many
    taken: Any = (slice(None),) * grown[0] + (np.zeros(B, int),)
    return one[taken]


def _shown(x: np.ndarray) -> str:
    return str(np.round(x, 6).tolist())
