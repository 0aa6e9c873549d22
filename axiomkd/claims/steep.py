"""Whether what two adjacent doubles show is a jump, or only a slope so steep that doubles step over it.

Beside a jump the aggregates are near those of one point or of the other, where ties are shared at one value between them, and
where several jumps meet at a few. On a slope entries moved by units in the last place give many; and what code that keeps more
digits makes of long doubles between the two melts. A slope of 1e16 is none that doubles tell from a jump. No jump is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from axiomkd.claims.nearby import Look, called_with
from axiomkd.claims.places import Point
from axiomkd.core.tolerances import JUMP_KEEPS

DRAWS = 48  # points beside each of the two
SINGLE = 12  # and where points are dear
ULPS = 4  # by at most so many is an entry moved
ENDS = 0.05  # of the way between the two points: nearer to one than this counts as there
APART = 0.02  # of the way: values nearer to each other are one
ASIDE = (
    0.25  # of the gap: further from the straight way between the ends is what other surfaces do, which may meet here
)
WHY = "aggregates at adjacent doubles lie apart, and there are more beside them: it may be a steep slope"
MANY = 4  # others; where ranks are averaged and two rows are tied at once there are up to 3
HALVINGS = 10  # a long double has eleven bits more


def slopes(look: Look, first: Point, second: Point) -> bool:
    """Whether there is reason to take what lies between the two points for a slope."""
    ends = [_End.of(look, point) for point in (first, second)]
    return _others(look, ends) >= MANY or _melts(look, ends)


@dataclass(frozen=True)
class _End:
    """What the operator is called with at a point, or at many: P (…, K, C), w (…, K) and, where it takes one, T (…)."""

    P: np.ndarray
    w: np.ndarray
    T: np.ndarray | None

    @classmethod
    def of(cls, look: Look, point: Point) -> _End:
        P, w, T = called_with(look, point)
        if T is None and look.evaluator.operator.takes_temperature:
            T = 1.0
        return cls(P, w, None if T is None else np.asarray(T))

    def mapped(self, move: Callable[[np.ndarray], np.ndarray]) -> _End:
        return _End(move(self.P), move(self.w), None if self.T is None else move(self.T))


def _others(look: Look, ends: list[_End]) -> int:
    """How many values but those at the two points are seen beside them, on the straight way that both are on."""
    rng = np.random.default_rng(23)
    draws = SINGLE if look.evaluator.mode == "single" else DRAWS
    near = [end.mapped(lambda x: _moved(rng, x, draws)) for end in ends]
    a, b = (_at(look, end.mapped(lambda x: x[None]))[0] for end in ends)
    many, d = np.concatenate([_at(look, end) for end in near]), b - a
    with np.errstate(all="ignore"):
        along = (many - a) @ d / (d @ d)
        aside = np.abs(many - a - along[:, None] * d).sum(-1)
        other = (np.abs(along) > ENDS) & (np.abs(along - 1) > ENDS) & (aside <= ASIDE * np.abs(d).sum())
    seen = np.sort(along[other])
    return int(len(seen) > 0) + int((np.diff(seen) > APART).sum())


def _at(look: Look, end: _End) -> np.ndarray:
    return look.evaluator.batch(end.P, end.w, end.T)


def _moved(rng: np.random.Generator, x: np.ndarray, draws: int) -> np.ndarray:
    many = np.broadcast_to(x, (draws, *x.shape))
    return np.where(many > 0, many + rng.integers(-ULPS, ULPS + 1, many.shape) * np.spacing(many), many)


def _melts(look: Look, ends: list[_End]) -> bool:
    """Whether a gap between two doubles is spread over the long doubles between them; not known where code keeps none."""
    first, second = (end.mapped(lambda x: np.asarray(x, np.longdouble)) for end in ends)

    def at(s: np.longdouble) -> np.ndarray | None:
        T = None if first.T is None or second.T is None else first.T + s * (second.T - first.T)
        P, w = (x + s * (y - x) for x, y in ((first.P, second.P), (first.w, second.w)))
        return look.evaluator.extended(P[None], w[None], T)

    low, high = np.longdouble(0), np.longdouble(1)
    a, b = at(low), at(high)
    if a is None or b is None:
        return False
    whole = kept = np.abs(b - a).sum()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        m = at(middle)
        if m is None:
            return False
        left, right = np.abs(m - a).sum(), np.abs(b - m).sum()
        low, a, high, b = (low, a, middle, m) if left >= right else (middle, m, high, b)
        kept = max(left, right)
    return bool(kept < float(JUMP_KEEPS) * whole)
