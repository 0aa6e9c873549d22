"""Make a violating case small and readable while it stays violated: fewer teachers, fewer classes, short fractions.

Greedy over neighbours, all of them measured in float batches; the order is `ExactCase.simplicity`. Exact arithmetic decides
afterwards, in `confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from axiomkd.core.case import ExactCase, Row, floats
from axiomkd.core.reading import Reading
from axiomkd.evaluate import Evaluator
from axiomkd.search import margins

DENOMINATORS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 50, 100, 200, 1000, 10_000, 10**6, 10**9)
ROUNDS = 60
SIMPLE_T = tuple(map(Fraction, ("1/2", "2", "1/3", "3", "1/4", "4", "1/5", "5", "1/8", "8", "64")))
SIMPLE_t = tuple(map(Fraction, ("1/2", "1/3", "1/4", "1", "2/3", "3/4")))


def shrink(evaluator: Evaluator, reading: Reading, case: ExactCase, enough: float) -> ExactCase:
    """The simplest case that greedy steps reach from `case` with a float margin of at most `enough` (negative)."""
    lowest, highest = evaluator.softener.lowest, evaluator.softener.highest
    allowed = _allowed(evaluator, lowest, highest)
    for _ in range(ROUNDS):
        smaller = [c for c in _neighbours(case, allowed) if c.simplicity()[:5] < case.simplicity()[:5]]
        better = _first(evaluator, reading, smaller, enough)
        if better is None:
            return case
        case = better
    return case


def _allowed(evaluator: Evaluator, lowest: float, highest: float) -> Callable[[ExactCase], bool]:
    operator = evaluator.operator

    def check(case: ExactCase) -> bool:
        if not operator.supports(*case.size) or case.T == case.T1 or not 0 < case.t <= 1:
            return False
        if operator.domain == "interior" and (case.zeros or case.t == 1):
            return False
        return lowest <= case.T <= highest and lowest <= case.T1 <= highest

    return check


def _first(evaluator: Evaluator, reading: Reading, cases: list[ExactCase], enough: float) -> ExactCase | None:
    """The simplest of these that still violates, size by size."""
    for size in sorted({c.size for c in cases}):
        group = sorted((c for c in cases if c.size == size), key=ExactCase.simplicity)
        for start in range(0, len(group), 512):
            part = group[start : start + 512]
            measured = margins.measure(evaluator, [reading], floats(part))
            hits = np.flatnonzero(measured.margins[reading.name] <= enough)
            if len(hits):
                return part[hits[0]]
    return None


def _neighbours(case: ExactCase, allowed: Callable[[ExactCase], bool]) -> list[ExactCase]:
    made = [*_fewer_teachers(case), *_fewer_classes(case), *_simpler_scalars(case), *_rounded(case), *_plainer_rows(case)]
    seen: dict[ExactCase, None] = dict.fromkeys(c for c in made if c != case and allowed(c))
    return list(seen)


def _fewer_teachers(case: ExactCase) -> Iterator[ExactCase]:
    K = len(case.P)
    drops = [[j] for j in range(K)] + ([list(range(0, K, 2)), list(range(1, K, 2)), list(range(K // 2, K))] if K > 3 else [])
    for drop in drops:
        keep = [j for j in range(K) if j not in drop]
        if case.k not in keep or len(keep) < 2:
            continue
        total = sum(case.w[j] for j in keep)
        if total > 0:
            w = tuple(case.w[j] / total for j in keep)
            yield replace(case, P=tuple(case.P[j] for j in keep), w=w, k=keep.index(case.k))
        yield replace(case, P=tuple(case.P[j] for j in keep), w=(Fraction(1, len(keep)),) * len(keep), k=keep.index(case.k))


def _fewer_classes(case: ExactCase) -> Iterator[ExactCase]:
    C = len(case.P[0])
    if C <= 2:
        return
    halves = [set(range(0, C, 2)), set(range(1, C, 2)), set(range(C // 2)), set(range(C // 2, C))] if C > 4 else []
    for drop in [{i} for i in range(min(C, 12))] + halves:
        keep = [i for i in range(C) if i not in drop]
        if len(keep) < 2:
            continue
        d = None if case.d is None else tuple(case.d[i] for i in keep)
        sums = [sum(row[i] for i in keep) for row in case.P]
        if all(s > 0 for s in sums):
            yield replace(case, P=tuple(tuple(row[i] / s for i in keep) for row, s in zip(case.P, sums, strict=True)), d=d)
        merged = [tuple(row[i] if i != keep[0] else row[i] + (1 - s) for i in keep) for row, s in zip(case.P, sums, strict=True)]
        yield replace(case, P=tuple(merged), d=d)


def _simpler_scalars(case: ExactCase) -> Iterator[ExactCase]:
    for t in SIMPLE_t:
        yield replace(case, t=t)
    for T in SIMPLE_T:
        yield replace(case, T=T)
        yield replace(case, T1=Fraction(1), T=T)
    yield replace(case, k=0, P=(case.P[case.k], *_without(case.P, case.k)), w=(case.w[case.k], *_without(case.w, case.k)))
    if case.d is not None:
        for den in (1, 2, 3, 4, 10):
            yield replace(case, d=tuple(Fraction(round(x * den), den) for x in case.d))


def _without(items: tuple, k: int) -> tuple:
    return items[:k] + items[k + 1 :]


def _rounded(case: ExactCase) -> Iterator[ExactCase]:
    """All rows, single rows, the weights, at each denominator; near ones too, where the rounding is not the only choice."""
    zero_free = case.zeros == 0
    for den in DENOMINATORS:
        P = tuple(round_row(row, den, zero_free) for row in case.P)
        w = round_row(case.w, den, zero_free)
        if all(P) and w:
            yield replace(case, P=P, w=w)
        if all(P):
            yield replace(case, P=P)
        if w:
            yield replace(case, w=w)
        if len(case.P) <= 6:
            for j, row in enumerate(P):
                if row:
                    yield replace(case, P=(*case.P[:j], row, *case.P[j + 1 :]))
                    if len(row) <= 6:
                        yield from (
                            replace(case, P=(*case.P[:j], near, *case.P[j + 1 :])) for near in _near(row, den, zero_free)
                        )
        if w and len(w) <= 6:
            yield from (replace(case, w=near) for near in _near(w, den, zero_free))


def _near(row: Row, den: int, zero_free: bool) -> Iterator[Row]:
    """Rows that differ by one unit of 1/den in two places."""
    if den > 24:
        return
    unit = Fraction(1, den)
    for i in range(len(row)):
        for j in range(len(row)):
            if i != j and row[j] - unit >= (unit if zero_free else 0):
                out = list(row)
                out[i], out[j] = out[i] + unit, out[j] - unit
                yield tuple(out)


def _plainer_rows(case: ExactCase) -> Iterator[ExactCase]:
    K, C = case.size
    uniform = (Fraction(1, C),) * C
    for j in range(min(K, 8)):
        yield replace(case, P=(*case.P[:j], uniform, *case.P[j + 1 :]))
        for i in range(min(K, 8)):
            if i != j:
                yield replace(case, P=(*case.P[:j], case.P[i], *case.P[j + 1 :]))
    yield replace(case, w=(Fraction(1, K),) * K)


def round_row(row: Row, den: int, zero_free: bool) -> Row | None:
    """The row in units of 1/den by largest remainders; None where zeros would come in that were not there."""
    scaled = [x * den for x in row]
    units = [int(x) for x in scaled]
    if zero_free:
        units = [max(n, 1) for n in units]
    spare = den - sum(units)
    order = sorted(range(len(row)), key=lambda i: (units[i] - scaled[i], i))
    if spare < 0:
        for i in reversed(order * (1 - spare)):
            if spare < 0 and units[i] > (1 if zero_free else 0):
                units[i] -= 1
                spare += 1
        if spare < 0:
            return None
    for i in order[:spare]:
        units[i] += 1
    if sum(units) != den:
        return None
    return tuple(Fraction(n, den) for n in units)
