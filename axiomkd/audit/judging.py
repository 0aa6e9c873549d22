"""What a result in a dtype has lost, held against the exact value at the same inputs.

Suspected on arrays of floats, as that is fast; concluded on exact numbers, or not at all where they are there. It knows neither
operators nor how inputs were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.audit.widths import Width
from axiomkd.core.tolerances import ACCUMULATED, ROUNDINGS
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided


@dataclass(frozen=True)
class Loss:
    """`kind` at the classes `place`; for a sum there is no place."""

    kind: str
    place: tuple[int, ...] = ()


def suspected(q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> list[Loss]:
    """What q (C,) seems to have lost where the exact value is about `exact` (C,), both float64; nothing where that is no number."""
    if not np.isfinite(exact).all():
        return []
    wrong = np.flatnonzero(~np.isfinite(q))
    if len(wrong):
        return [Loss("not-finite", (int(wrong[0]),))]
    out = []
    gone = np.flatnonzero((q <= 0) & (exact >= least(width, K)))
    if len(gone):
        out.append(Loss("lost-class", (int(gone[np.argmax(exact[gone])]),)))
    if abs(q.sum() - exact.sum()) > room(exact, width, K):
        out.append(Loss("sum-off"))
    turned = _turned(np.where((q <= 0) | (exact < width.tiny), np.inf, q), exact, width, K)
    return out if turned is None else [*out, Loss("ranking-flip", turned)]


def least(width: Width, K: int) -> float:
    """The smallest class that a dtype keeps: of K products that are summed each may be below its smallest normal number, which
    many machines set to 0."""
    return (ROUNDINGS + K) * width.tiny


def beneath(q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> bool:
    """Whether a class came out as 0 that is too small for the dtype."""
    return bool(((q == 0) & (exact > 0) & (exact < least(width, K))).any())


def room(exact: np.ndarray, width: Width, K: int) -> float:
    """What a sum over classes may be off by when each is rounded K + 4 times, and a total of C terms is taken on the way, one by
    one, in the dtype or in float32 where that is finer (which is what all libraries do)."""
    total = len(exact) * min(width.unit, ACCUMULATED) * np.abs(exact).sum()
    return float((ROUNDINGS + K) * width.half_spacing(exact).sum() + total)


def gap(width: Width, K: int) -> float:
    """The relative distance within which two classes are a tie at the dtype's resolution."""
    return (ROUNDINGS + K) * width.eps


def _turned(q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> tuple[int, int] | None:
    """Classes i, j with exact_i below exact_j by more than a tie, and q_i > q_j: those that are furthest apart in q. A class
    that is lost has q = inf here, and changes places with none.

    With classes in order of their exact values, j is turned if the largest q of all that are clearly below it is above q_j."""
    order = np.argsort(exact, kind="stable")
    low, values = exact[order], q[order]
    values, best = np.where(np.isfinite(values), values, np.inf), np.where(np.isfinite(values), values, -np.inf)
    best = np.maximum.accumulate(best)
    at_best = np.maximum.accumulate(np.where(values == best, np.arange(len(q)), 0))
    clearly = np.searchsorted(low, np.minimum(low / (1 + gap(width, K)), low - width.tiny), side="right")
    below = np.maximum(clearly - 1, 0)
    by = np.where(clearly > 0, best[below] - values, -1.0)
    j = int(np.argmax(by))
    return (int(order[at_best[below[j]]]), int(order[j])) if by[j] > 0 else None


def error(q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> float:
    """The largest relative error of classes that the dtype keeps; inf where q is not finite."""
    there = exact >= least(width, K)
    if not np.isfinite(q).all():
        return float("inf")
    return float(np.max(np.abs(q[there] - exact[there]) / exact[there], initial=0.0))


def lasts(loss: Loss, q: np.ndarray, nearby: Sequence[np.ndarray], width: Width, K: int) -> bool:
    """Whether q is as wrong an answer to each of the exact values at inputs nearby."""
    return all(_wrong(loss, q, exact, width, K) for exact in nearby)


def _wrong(loss: Loss, q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> bool:
    if not np.isfinite(exact).all():
        return False
    match loss.kind:
        case "not-finite":
            return True
        case "lost-class":
            return bool(exact[loss.place[0]] >= least(width, K))
        case "sum-off":
            return abs(q.sum() - exact.sum()) > room(exact, width, K)
        case _:
            i, j = loss.place
            return bool(exact[j] > exact[i] * (1 + gap(width, K)))


# --- concluded -------------------------------------------------------------------------------------------------------


def concluded(loss: Loss, q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> bool:
    """Whether it is lost for certain: q (C,) as floats, exact (C,) numbers of the tower."""
    if not all(numbers.is_finite(x) for x in exact):
        return False
    try:
        match loss.kind:
            case "not-finite":
                return not np.isfinite(q[loss.place[0]])
            case "lost-class":
                i = loss.place[0]
                return bool(q[i] <= 0) and numbers.less_equal(numbers.dyadic(least(width, K)), exact[i])
            case "sum-off":
                return _sum_is_off(q, exact, width, K)
            case _:
                i, j = loss.place
                clear = numbers.mul(exact[i], numbers.rational(1 + Fraction(gap(width, K))))
                apart = numbers.sub(exact[j], exact[i])
                return (
                    bool(q[i] > q[j])
                    and numbers.less(clear, exact[j])
                    and numbers.less(numbers.dyadic(width.tiny), apart)
                )
    except Undecided:
        return False


def _sum_is_off(q: np.ndarray, exact: np.ndarray, width: Width, K: int) -> bool:
    floats = np.array([numbers.to_float(x) for x in exact])
    total = sum_of(exact)
    computed = numbers.rational(sum((Fraction(float(x)) for x in q), Fraction(0)))
    off = numbers.absolute(numbers.sub(computed, total))
    return numbers.less(numbers.dyadic(room(floats, width, K) * (1 + 2.0**-20)), off)


def sum_of(exact: np.ndarray) -> Any:
    """The sum of numbers of the tower, as a ball where many are irrational."""
    total = numbers.ZERO
    for x in exact:
        total = numbers.add(total, x if numbers.is_rational(x) else numbers.ball(x))
    return total


def certainty(exact: np.ndarray) -> str:
    """`exact` where all numbers are rational, else `ball`."""
    return "exact" if all(numbers.is_rational(x) for x in exact) else "ball"
