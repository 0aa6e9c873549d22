"""What a page needs to let a reader move teachers, weights and temperature: the operator as a few steps, or as samples.

No verdict rests on it. A form of the operator that differs from the operator itself at any sampled panel is not given away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np

from axiomkd.core.errors import Misbehaviour
from axiomkd.core.report import HoldModel, StartModel
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import steps
from axiomkd.tracing.walk import Unsupported

CLASSES = (2, 3)  # a line and a triangle: what can be drawn
TEACHERS = 5
SIZES, STARTS = 3, 6  # how many pairs (K, C) and points of each an operator brings along
CHECKED, SAMPLED = (
    24,
    240,
)  # panels at which a program is held against the operator; those that stand for it where there is none
AGREES = 1e-6  # what no eye sees; the page asks the same of its own arithmetic
THOUSANDTHS = 1000

Point = tuple[np.ndarray, np.ndarray]
Witnesses = Mapping[tuple[str, str], Witness]


def holds(evaluator: Evaluator, panel: Point, witnesses: Witnesses) -> Iterator[HoldModel]:
    """One for each pair (K, C) that a start has, those of witnesses first."""
    starts: dict[tuple[int, int], list[StartModel]] = {}
    for start in [*_of_witnesses(witnesses), StartModel(reading="", P=panel[0].tolist(), w=panel[1].tolist())]:
        starts.setdefault((len(start.P), len(start.P[0])), []).append(start)
    fit = [size for size in starts if size[0] <= TEACHERS and size[1] in CLASSES]
    for size in fit[:SIZES]:
        found = _hold(evaluator, size, starts[size][:STARTS])
        if found is not None:
            yield found


def _of_witnesses(witnesses: Witnesses) -> Iterator[StartModel]:
    for (_, name), one in witnesses.items():
        P = [[_float(x) for x in row] for row in one.P]
        yield StartModel(reading=name, P=P, w=[_float(x) for x in one.w], T=_float(one.T[-1]) if one.T else 1.0)


def _hold(evaluator: Evaluator, size: tuple[int, int], starts: list[StartModel]) -> HoldModel | None:
    takes_T = evaluator.operator.takes_temperature
    made = _program(evaluator, size, takes_T)
    panels, values = _sampled(evaluator, size, takes_T, CHECKED if made else SAMPLED)
    if made is not None and not _agrees(made, panels, values):
        made = None
        panels, values = _sampled(evaluator, size, takes_T, SAMPLED)
    if not len(panels):
        return None
    return HoldModel(
        K=size[0],
        C=size[1],
        takes_T=takes_T,
        starts=starts,
        steps=None if made is None else [list(step) for step in made.steps],
        outputs=[] if made is None else list(made.outputs),
        panels=panels.tolist(),
        values=[[round(float(x), 12) if math.isfinite(x) else None for x in row] for row in values],
    )


def _program(evaluator: Evaluator, size: tuple[int, int], takes_T: bool) -> steps.Program | None:
    K, C = size
    if evaluator.mode != "jax":
        return None
    shapes: list[tuple[int, ...]] = [(K, C), (K,), *([()] if takes_T else [])]
    try:
        return steps.program(evaluator.jaxpr(K, C, takes_T), shapes)
    except (Unsupported, steps.TooLong, TypeError, ValueError, KeyError, IndexError):
        return None  # it is a picture: samples do


def _sampled(evaluator: Evaluator, size: tuple[int, int], takes_T: bool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Panels in thousandths, so that they are short to write, and the operator there; none where it will not be called."""
    K, C = size
    rng = np.random.default_rng((K, C))
    P, w = _thousandths(rng.dirichlet(np.ones(C), (count, K))), _thousandths(rng.dirichlet(np.ones(K), count))
    T = 2.0 ** rng.integers(-1, 4, count) if takes_T else None
    try:
        values = np.asarray(evaluator.batch(P, w, T), float)
    except (Misbehaviour, ArithmeticError, ValueError, TypeError):
        return np.zeros((0, 0)), np.zeros((0, 0))
    columns = [P.reshape(count, -1), w, *([T[:, None]] if T is not None else [])]
    return np.concatenate(columns, axis=1), values


def _thousandths(rows: np.ndarray) -> np.ndarray:
    """Rows of whole thousandths, none of them 0, that sum to 1."""
    whole = np.maximum(np.floor(rows * THOUSANDTHS), 1)
    top = np.expand_dims(whole.argmax(-1), -1)
    rest = THOUSANDTHS - whole.sum(-1, keepdims=True)
    np.put_along_axis(whole, top, np.take_along_axis(whole, top, -1) + rest, -1)
    return whole / THOUSANDTHS


def _agrees(made: steps.Program, panels: np.ndarray, values: np.ndarray) -> bool:
    return len(panels) > 0 and all(
        np.allclose(steps.run(made, inputs), q, rtol=0, atol=AGREES, equal_nan=True)
        for inputs, q in zip(panels, values, strict=True)
    )


def _float(text: str) -> float:
    return float.fromhex(text) if "x" in text else float(Fraction(text))
