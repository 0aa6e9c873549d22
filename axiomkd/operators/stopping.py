"""How far an operator that iterates until it is content is from what it iterates towards: the tolerance of a solver, measured.

Code that nothing can follow may hold a solver, and a solver's answer is off by what it stopped at, far above any rounding, and
smoothly so nearly everywhere. Where the number of its steps changes its answer jumps, by about one step. The number of steps
shows as the number of functions that a call calls. Knows calls and numbers, and refuses to know any claim.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from axiomkd.core import tolerances

SEGMENTS, PARTS = 6, 6  # along which the number of steps is looked at, and in how many parts each
ENDS = (2.0, 0.5)  # of segments: Dirichlet exponents of one end and of the other, since solvers err most beside faces
NARROW = 2.0**-32  # of a segment
LEAST = 1e-9  # a jump below this says nothing: 64 of them are below what floats refute at all
LASTS, STAYS = 3, 0.8  # of a gap that is a jump so much is left after so many halvings; a slope leaves an eighth

Call = Callable[[np.ndarray, np.ndarray], Any]


@dataclass(frozen=True)
class _At:
    """What a call at a point of a segment gave, and in how many steps."""

    t: float
    q: np.ndarray
    steps: int


def tolerance(call: Call, K: int, C: int, most: int) -> tuple[float, int]:
    """The largest of the small jumps of `call(P, w)`, in ‖·‖₁, where its number of steps changes; 0 where that is the same at
    all points, or changes nothing. Then how many calls that took: at most `most`, but for one segment. The large ones are
    jumps of the function itself, as a vote has them.

    Raises what the operator raises.
    """
    rng = np.random.default_rng((K, C, 17))
    changes, calls = [], 0
    for _ in range(SEGMENTS):
        at = _along(call, rng, K, C)
        points = [at(t) for t in np.linspace(0, 1, PARTS + 1)]
        calls += len(points)
        changes.append([(at, a, b) for a, b in pairwise(points) if a.steps != b.steps])
        if calls >= most / 2:
            break
    largest = 0.0
    for at, a, b in _in_turns(changes):
        if calls >= most:
            break
        found, spent = _jump(at, a, b, max(largest, LEAST))
        calls += spent
        if found <= tolerances.SOLVER_WORST:
            largest = max(largest, found)
    return largest, calls


def _in_turns(each: list[list[Any]]) -> list[Any]:
    """The first of each, then the second of each, and so on."""
    return [some[n] for n in range(max(map(len, each), default=0)) for some in each if n < len(some)]


def _along(call: Call, rng: np.random.Generator, K: int, C: int) -> Callable[[float], _At]:
    P, Q = (rng.dirichlet(np.full(C, a), K) for a in ENDS)
    w, v = (rng.dirichlet(np.full(K, a)) for a in ENDS)

    def at(t: float) -> _At:
        return _At(t, *counted(call, P + t * (Q - P), w + t * (v - w)))

    return at


def _jump(at: Callable[[float], _At], a: _At, b: _At, least: float) -> tuple[float, int]:
    """By how much the answer jumps where the number of steps changes, 0 where by less than `least`; and the calls."""
    gaps = [_apart(a, b)]
    while gaps[-1] > least and b.t - a.t > NARROW:
        middle = at((a.t + b.t) / 2)
        a, b = (middle, b) if middle.steps == a.steps else (a, middle)
        gaps.append(_apart(a, b))
        if len(gaps) > LASTS and gaps[-1] > STAYS * gaps[-1 - LASTS]:
            return gaps[-1], len(gaps)
    return 0.0, len(gaps)


def _apart(a: _At, b: _At) -> float:
    """‖·‖₁ between two answers; 0 where one is not finite."""
    with np.errstate(all="ignore"):
        gap = float(np.abs(a.q - b.q).sum())
    return gap if np.isfinite(gap) else 0.0


def counted(call: Call, P: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, int]:
    """The answer at a point and how many functions, Python's own among them, were called for it."""
    steps = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        q = call(P, w)
    finally:
        sys.setprofile(before)
    return np.asarray(q, dtype=float), steps
