"""The float rule: when a violation that only floats show is believed, at an operator that cannot be followed exactly.

It must stand far above the rounding of the coarsest arithmetic the operator uses, last when inputs and aggregates move by
that, and not come from underflow. It concludes at one case, and refuses to know how the case was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from axiomkd.claims import lost, margins, views
from axiomkd.core import tolerances
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.case import Cases, ExactCase, floats
from axiomkd.core.reading import POINTS, Pointwise, Reading, View
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.roundoff import Roundoff

AGGREGATES = ("q", "q_same", *POINTS[1:])
ITSELF, ULPS, UNITS, MOVED = slice(0, 1), slice(0, 9), slice(0, 13), slice(13, 21)  # of the copies that `_shaken` makes
PASSES = "the violation does not last when the inputs move by a millionth"
DRAWS = 24  # ways to move the aggregates
ORDERS = 60  # binary orders of magnitude below what rounding leaves
INPUTS = 12  # and what the operator is called with
YES_OR_NO = "lost"  # the label of parts that say only whether an entry is positive
ZEROS = 6  # entries of 0 that are looked into


@dataclass(frozen=True)
class Stands:
    """The claim fails at `label`, `index`, by `margin` < 0, so many times the `noise`; `view` has one case."""

    view: View
    label: str
    index: tuple[int, ...]
    margin: float
    noise: float


@dataclass(frozen=True)
class Nothing:
    """No violation that is worth a word."""


@dataclass(frozen=True)
class Rounding:
    """A violation that the operator's own arithmetic accounts for."""

    why: str


@dataclass(frozen=True)
class Doubtful:
    """A violation that is neither believed nor explained; `on_edge`: it is another one, or none, a little to the side."""

    why: str
    on_edge: bool = False


Judged = Stands | Nothing | Rounding | Doubtful


def judge(evaluator: Evaluator, reading: Reading, case: ExactCase) -> Judged:
    """Whether the float violation of a pointwise reading at this case is believed."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    rounding = evaluator.rounding
    cases = _shaken(floats([case]), rounding.eps)

    def measured(which: slice) -> np.ndarray:
        return margins.measure(evaluator, [reading], cases.take(which), ties=False).margins[reading.name]

    # What needs few calls comes first: most candidates of an operator that is dear to call end here.
    itself = float(measured(ITSELF)[0])
    if -tolerances.DETECT < itself < np.inf:
        return Nothing()
    v = views.of_floats(evaluator, cases.take(ITSELF), claim.probes)
    label, index = least(margins.parts(claim, NUMPY, v, ties=False))
    by_size = label != YES_OR_NO and not rounding.coarse and itself < -rounding.bar
    if by_size and _passes(itself, measured(MOVED)):
        return Doubtful(PASSES, on_edge=True)
    found = measured(slice(None))
    if not np.isfinite(found).all():
        why = "the float result is not finite nearby, or the claim does not speak of points nearby"
        return Doubtful(why, on_edge=True)
    noise = max(float(np.ptp(found[UNITS])) if rounding.coarse else 0.0, float(np.ptp(found[ULPS])), 1e-15)
    if label == YES_OR_NO and v.q[0][index] < 0:
        return _negative(evaluator, cases, v, index)
    why = _yes_or_no(evaluator, v, index) if label == YES_OR_NO else _by_size(evaluator, claim, v, found, noise)
    return why if why is not None else Stands(v, label, index, float(found[0]), noise)


def _by_size(evaluator: Evaluator, claim: Pointwise, v: View, found: np.ndarray, noise: float) -> Judged | None:
    """Why a violation that has a size is not believed; None where it is."""
    rounding = evaluator.rounding
    need = max(
        rounding.bar,
        _sums(rounding, v),
        (tolerances.COARSE_SHAKE if rounding.coarse else tolerances.FLOAT_FACTOR) * noise,
    )
    if found[0] > -need and rounding.coarse:
        return Rounding(
            f"the operator computes in {rounding.name}, and the violation of {-found[0]:.3g} is within what its rounding does"
        )
    if found[0] > -need:
        return Doubtful("the violation does not stand far above the rounding error")
    enough = tolerances.KEEPS * found[0]
    if _passes(float(found[0]), found[MOVED]):
        return Doubtful(PASSES, on_edge=True)
    if not _moderate(evaluator, v):
        return Doubtful("products of probabilities so small may underflow")
    if rounding.iterates and not _far_from_faces(v):
        return Doubtful("the operator iterates until it is content, which is too early beside faces")
    return (
        _of_its_inputs(evaluator, claim, v, float(found[0]))
        or _in_range(evaluator, claim, v, float(found[0]))
        or _in_extended_range(evaluator, claim, v, enough)
    )


def _passes(margin: float, moved: np.ndarray) -> bool:
    """Whether a violation is gone, by half or more, at some of the points beside it; what has no number there says nothing."""
    return bool(np.max(moved, where=np.isfinite(moved), initial=-np.inf) > tolerances.KEEPS * margin)


def _sums(rounding: Roundoff, v: View) -> float:
    """What sums over all teachers and classes may be off by: n terms by up to n units."""
    return sum(v.P.shape[-2:]) * rounding.eps if rounding.coarse else 0.0


def _yes_or_no(evaluator: Evaluator, v: View, index: tuple[int, ...]) -> Judged | None:
    """A class that gets nothing: only a 0 that is one refutes, not noise around it and not an underflow."""
    if v.q[0][index] == 0 and _really(evaluator, v, "q", index[0]):
        return None
    return Doubtful("a class gets 0 or less in floats, and rounding or underflow may be why")


def _negative(evaluator: Evaluator, cases: Cases, v: View, index: tuple[int, ...]) -> Judged:
    """A class that gets less than nothing: lost too, where that is no noise around 0."""
    values = views.of_floats(evaluator, cases, ("q",)).q[:, index[0]]
    noise = max(float(np.ptp(values[UNITS])), 1e-15)
    if values.max() < -max(evaluator.rounding.bar, tolerances.COARSE_SHAKE * noise) and _moderate(evaluator, v):
        return Stands(v, YES_OR_NO, index, -1.0, noise)
    return Doubtful("a class gets less than 0 in floats, and rounding may be why")


def _panels(v: View) -> list[np.ndarray]:
    return [v.P, v.P_warm, v.P_cold] if hasattr(v, "P_warm") else [v.P]


def _far_from_faces(v: View) -> bool:
    """Whether every entry is 0 or of moderate size: near faces solvers are ill-conditioned."""
    return all((x[x > 0] >= tolerances.MODERATE * (1 - 1e-9)).all() for x in (*_panels(v), v.w))


def _moderate(evaluator: Evaluator, v: View) -> bool:
    panels = _panels(v)
    weights = v.w[v.w > 0]
    return weights.min() >= tolerances.LEAST_WEIGHT and all(lost.within_reach(evaluator, P) for P in panels)


def _really(evaluator: Evaluator, v: View, name: str, i: int) -> bool:
    P, w, T = v.point(name)
    return lost.really(evaluator, P[0], w[0], None if T is None else float(np.ravel(T)[0]), i)


# ---- what the operator is called with, and what it returns, moved by rounding


def _of_its_inputs(evaluator: Evaluator, claim: Pointwise, v: View, margin: float) -> Judged | None:
    """The violation where everything that the operator is called with is moved by units of its rounding: softened rows are
    nearly even, and code that casts them to half precision finds ties there."""
    rounding = evaluator.rounding
    if not rounding.coarse:
        return None  # those moves are far below the millionth by which the case was moved
    rng = np.random.default_rng(17)

    def called_anew(name: str, q: np.ndarray) -> np.ndarray:
        P, w, T = v.point(name)
        now = None if T is None else np.repeat(np.ravel(T)[:1], INPUTS)
        moved = evaluator.batch(_rounded(rng, P, rounding.eps), _rounded(rng, w, rounding.eps), now)
        return np.resize(moved, (DRAWS, q.shape[-1]))

    if _steady(claim, v, margin, called_anew):
        return None
    return Rounding(
        f"the operator computes in {rounding.name}, and the violation is another one when its inputs are rounded otherwise"
    )


def _rounded(rng: np.random.Generator, x: np.ndarray, eps: float) -> np.ndarray:
    """Copies of a distribution with every entry moved by up to two units of rounding."""
    many = np.repeat(x[:1], INPUTS, axis=0)
    many = many * (1 + min(eps, 1 / 8) * rng.integers(-2, 3, many.shape))
    return many / many.sum(-1, keepdims=True)


def _in_range(evaluator: Evaluator, claim: Pointwise, v: View, margin: float) -> Judged | None:
    """The violation with every aggregate moved by some units of rounding of its largest entry; entries that are 0 too,
    unless they are looked into and found to be 0."""
    if _steady(claim, v, margin, _off(evaluator, lift=True)):
        return None
    if not _steady(claim, v, margin, _off(evaluator, lift=False)):
        return Doubtful("the violation rests on differences within the rounding of the aggregates")
    zeros = [(name, int(i)) for name in _asked(v) for i in np.flatnonzero(getattr(v, name)[0] == 0)]
    if len(zeros) <= ZEROS and all(_really(evaluator, v, name, i) for name, i in zeros):
        return None
    return Doubtful("the violation rests on entries of 0 that may be underflow")


def _asked(v: View) -> list[str]:
    return [name for name in AGGREGATES if getattr(v, name, None) is not None]


Moved = Callable[[str, np.ndarray], np.ndarray]
"""Draws of an aggregate (1, C) -> (DRAWS, C), by its name and what it is."""


def _off(evaluator: Evaluator, *, lift: bool) -> Moved:
    """Aggregates off by their rounding; every second draw gives an entry below that any size, of all orders of magnitude:
    temperatures take roots, and those tell them apart."""
    rng = np.random.default_rng(13)

    def rounded(_name: str, q: np.ndarray) -> np.ndarray:
        size = evaluator.rounding.moves * np.abs(q).max()
        by = size * rng.uniform(-1, 1, (DRAWS, q.shape[-1]))
        by[::2] = np.where(np.abs(q) <= size, size * 2.0 ** -np.linspace(0, ORDERS, DRAWS // 2)[:, None] - q, by[::2])
        return np.where(q == 0, np.abs(by) * lift, q + by)

    return rounded


def _steady(claim: Pointwise, v: View, margin: float, moved: Moved) -> bool:
    """Whether no draw of the aggregates changes the margin by as much as half: towards 0, nor away from it. Where two numbers
    are claimed to be equal and either is far off, few draws bring them together."""
    low, high = _between(claim, v, moved)
    return high <= tolerances.KEEPS * margin and low >= (2 - tolerances.KEEPS) * margin


def _between(claim: Pointwise, v: View, moved: Moved) -> tuple[float, float]:
    """The smallest and the largest margin over draws of the aggregates; each array is drawn once."""
    many, known = _many(v), {}
    for name in _asked(v):
        q = getattr(v, name)
        if id(q) not in known:
            known[id(q)] = moved(name, q)
        setattr(many, name, known[id(q)])
    return _range_of(claim, many)


def _many(v: View) -> SimpleNamespace:
    return SimpleNamespace(**{key: _repeated(x) for key, x in vars(v).items()})


def _range_of(claim: Pointwise, many: SimpleNamespace) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        found = margins.smallest(NUMPY, margins.parts(claim, NUMPY, many, ties=False), DRAWS)
    return float(np.min(found)), float(np.where(np.isnan(found), np.inf, found).max())


def _repeated(x: Any) -> Any:
    return np.repeat(x, DRAWS, axis=0) if isinstance(x, np.ndarray) and x.ndim and len(x) == 1 else x


def _in_extended_range(evaluator: Evaluator, claim: Pointwise, v: View, enough: float) -> Judged | None:
    """The same case with more digits and a far wider range, where the operator keeps them."""
    wide = SimpleNamespace(**vars(v))
    for name in _asked(v):
        q = evaluator.extended(*v.point(name))
        if q is None:
            return None
        setattr(wide, name, q)
    with np.errstate(all="ignore"):
        margin = float(margins.smallest(NUMPY, margins.parts(claim, NUMPY, wide, ties=False), 1)[0])
    return None if margin <= enough else Rounding("in extended precision and range the violation is gone")


# ---- the inputs moved


def _shaken(cases: Cases, eps: float) -> Cases:
    """The case; 8 copies with P and w moved by units in the last place; 4 by units of the operator's rounding; 8 by
    a millionth. Zeros stay."""
    rng = np.random.default_rng(5)

    def move(x):
        many = np.repeat(x, 21, axis=0)
        steps = rng.integers(-2, 3, many.shape)
        by = steps * np.spacing(many)
        by[9:13] = steps[9:13] * min(eps, 1 / 8) * many[9:13]
        by[13:] = tolerances.STAYS * rng.uniform(-1, 1, many[13:].shape) * many[13:]
        by[0] = 0
        moved = np.where(many > 0, many + by, many)
        moved[9:] /= moved[9:].sum(-1, keepdims=True)
        return moved

    def same(x):
        return np.repeat(x, 21, axis=0)

    d = None if cases.d is None else same(cases.d)
    more = {name: same(x) for name, x in cases.more.items()}
    return Cases(
        move(cases.P), move(cases.w), same(cases.k), same(cases.t), same(cases.T1), same(cases.T), d, more=more
    )


def least(parts: dict[str, Any]) -> tuple[str, tuple[int, ...]]:
    """Label and index of the smallest margin of a batch of one."""
    best = min(parts.items(), key=lambda item: float(np.min(item[1])))
    at = np.unravel_index(int(np.argmin(best[1])), np.shape(best[1]))
    return best[0], tuple(int(i) for i in at[1:])
