"""What the pictures of a report are drawn from: an operator at telling points and along telling paths, in floats.

No verdict rests on it, and it changes none. What cannot be computed at a point is left out or is no number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from axiomkd.checking import holding
from axiomkd.claims.nearby import plain_batch, soft_batch
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.report import PathModel, PicturesModel, SceneModel, TraceModel
from axiomkd.core.verdict import Refuted, Verdict, Witness
from axiomkd.operators.evaluate import Evaluator

PANEL = np.array(
    [[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]]
)  # three teachers who disagree, none of them certain
WEIGHTS = np.array([0.5, 0.3, 0.2])
MOST = 12  # classes of a witness that is drawn
WEIGHT_STEPS = np.linspace(0.02, 0.98, 49)
TEMPERATURES = np.geomspace(0.25, 64, 33)  # 1 is among them: eight steps an octave pair
GROWS = 1e-9  # a distance that grows by less along a whole step is rounding
POINTS = 40  # of a trace


def of(
    evaluator: Evaluator,
    verdicts: Mapping[tuple[str, str], Verdict],
    traces: Mapping[str, Sequence[tuple[int, float]]],
) -> PicturesModel:
    """The pictures of an operator. `verdicts`: (axiom, reading) -> verdict; `traces`: reading -> (cases, smallest margin)."""
    witnesses = {
        place: one.simplest
        for place, one in verdicts.items()
        if isinstance(one, Refuted) and one.simplest.C <= MOST and _finite(one.simplest)
    }
    return PicturesModel(
        holds=list(holding.holds(evaluator, _panel(evaluator), witnesses)),
        scenes=list(_scenes(evaluator)),
        paths=[*_weight(evaluator, witnesses), *_temperature(evaluator, witnesses)],
        traces=[trace for name, points in traces.items() if (trace := _trace(name, points))],
    )


def _scenes(evaluator: Evaluator) -> Iterator[SceneModel]:
    """The panel. Points at which something fails are drawn from their witnesses."""
    P, w = _panel(evaluator)
    q = _values(evaluator, P[None], w[None], None)
    if q is not None:
        yield SceneModel(reading="", P=P.tolist(), w=w.tolist(), q=_numbers(q[0]))


def _weight(evaluator: Evaluator, witnesses: Mapping[tuple[str, str], Witness]) -> Iterator[PathModel]:
    """The aggregate while one teacher's weight rises: at a witness against weight monotonicity, else at the panel."""
    found = [(name, one) for (axiom, name), one in witnesses.items() if axiom == "weight-monotonicity"]
    name, one = found[0] if found else ("", None)
    P, w = _panel(evaluator) if one is None else _point(one)
    k = 0 if one is None or one.teacher is None else one.teacher
    others = np.delete(w, k)
    if others.sum() <= 0:
        others = np.ones_like(others)
    path = np.insert(np.outer(1 - WEIGHT_STEPS, others / others.sum()), k, WEIGHT_STEPS, axis=1)
    q = _values(evaluator, np.repeat(P[None], len(path), 0), path, None)
    if q is None:
        return
    distance = np.abs(q - P[k]).sum(1) / 2
    yield PathModel(
        reading=name,
        parameter="weight",
        teacher=k,
        P=P.tolist(),
        w=w.tolist(),
        x=WEIGHT_STEPS.tolist(),
        q=[_numbers(row) for row in q],
        distance=_numbers(distance),
        turns=_turns(distance),
    )


def _turns(distance: np.ndarray) -> float | None:
    """The weight from which on the aggregate moves away from the teacher."""
    with np.errstate(invalid="ignore"):
        away = np.flatnonzero(np.diff(distance) > GROWS)
    return float(WEIGHT_STEPS[away[0]]) if len(away) else None


def _temperature(evaluator: Evaluator, witnesses: Mapping[tuple[str, str], Witness]) -> Iterator[PathModel]:
    found = [(name, one) for (axiom, name), one in witnesses.items() if axiom == "temperature-coherence"]
    name, one = found[0] if found else ("", None)
    P, w = _panel(evaluator) if one is None else _point(one)
    T = TEMPERATURES[TEMPERATURES >= evaluator.softener.lowest]
    q = _values(evaluator, np.repeat(P[None], len(T), 0), np.repeat(w[None], len(T), 0), T)
    if q is not None:
        rows = [_numbers(row) for row in q]
        yield PathModel(reading=name, parameter="temperature", P=P.tolist(), w=w.tolist(), x=T.tolist(), q=rows)


def _trace(name: str, points: Sequence[tuple[int, float]]) -> TraceModel | None:
    kept = [(cases, margin) for cases, margin in points if math.isfinite(margin)]
    if not kept:
        return None
    if len(kept) > POINTS:
        kept = [kept[i] for i in np.unique(np.linspace(0, len(kept) - 1, POINTS).round().astype(int))]
    return TraceModel(reading=name, cases=[cases for cases, _ in kept], margin=[margin for _, margin in kept])


# --- points and values -----------------------------------------------------------------------------------------------


def _panel(evaluator: Evaluator) -> tuple[np.ndarray, np.ndarray]:
    """Three teachers and three classes, or the nearest size that the operator supports, cut from or added to that panel."""
    supports = evaluator.operator.supports
    sizes = sorted(((K, C) for K in range(2, 9) for C in range(2, 9)), key=lambda s: abs(s[0] - 3) + abs(s[1] - 3))
    K, C = next((size for size in sizes if supports(*size)), (3, 3))
    if (K, C) == PANEL.shape:
        return PANEL, WEIGHTS
    rows = np.array([[1 + (3 if c == k % C else 0) + (k * c) % 2 for c in range(C)] for k in range(K)], float)
    weights = np.arange(K + 1, 1, -1, dtype=float)
    return rows / rows.sum(1, keepdims=True), weights / weights.sum()


def _values(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> np.ndarray | None:
    """A at points (B, K, C), or A_T where T is given; None where the operator will not be called there."""
    if evaluator.operator.domain == "interior" and (P.min() <= 0 or w.min() <= 0):
        return None
    try:
        with np.errstate(all="ignore"):
            q = plain_batch(evaluator, P, w) if T is None else soft_batch(evaluator, P, w, T)
    except (Misbehaviour, ArithmeticError, ValueError, TypeError):
        return None
    return np.asarray(q, float)


def _numbers(row: np.ndarray) -> list[float | None]:
    return [float(x) if math.isfinite(x) else None for x in row]


def _point(one: Witness) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[_float(x) for x in row] for row in one.P]), np.array([_float(x) for x in one.w])


def _T(one: Witness) -> float | None:
    return _float(one.T[-1]) if one.T else None


def _finite(one: Witness) -> bool:
    """Whether the witness is a point that floats can name: its rows still sum to 1, its temperature is none at infinity."""
    P, w = _point(one)
    T = _T(one)
    sums = np.abs(P.sum(1) - 1).max() < 1e-9 and abs(w.sum() - 1) < 1e-9
    return bool(sums) and (T is None or 1e-3 < T < 1e6)


def _float(text: str) -> float:
    try:
        return float.fromhex(text) if "x" in text else float(Fraction(text))
    except (ValueError, OverflowError):
        return math.nan
