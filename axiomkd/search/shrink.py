"""Make a violating case small and readable while it stays violated: fewer teachers, fewer classes, short fractions.

Greedy over neighbours, all of them measured in float batches; the order is `ExactCase.simplicity`. Exact arithmetic decides
afterwards, in `confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.claims import margins
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.case import ExactCase, Row, floats, more_of
from axiomkd.core.extras import EXTRAS
from axiomkd.core.reading import Reading
from axiomkd.operators.evaluate import Evaluator

DENOMINATORS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 50, 100, 200, 1000, 10_000, 10**6, 10**9)
ROUNDS = 60
SHARE = 1 / 4  # of the calls that are left, where calls are counted
AT_ONCE, ONE_BY_ONE = 512, 4  # cases measured before the first that violates is looked for
LARGE_STAGES, LARGE_ROUNDS = 3, 8
SMALL = (5, 6)  # up to here teachers and classes are dropped one by one
SIMPLE_T = tuple(map(Fraction, ("1/2", "2", "1/3", "3", "1/4", "4", "1/5", "5", "1/8", "8", "64")))
DRAWN = 6  # cases of each smaller kind, where what else a claim needs is drawn anew
SIMPLE_SHARES = tuple(map(Fraction, ("1", "1/2", "1/3", "1/4", "2/3", "3/4")))
SIMPLE_t = tuple(map(Fraction, ("1/2", "1/3", "1/4", "1", "2/3", "3/4")))


def shrink(evaluator: Evaluator, reading: Reading, case: ExactCase, enough: float) -> ExactCase:
    """The simplest case that greedy steps reach from `case` with a float margin of at most `enough` (negative).

    Where calls are counted each shrinking has a share of those left, and the best so far is the answer when it is used up.
    """
    best = [case]
    with evaluator.allowance.portion(SHARE), suppress(OutOfCalls):
        _descend(evaluator, reading, best, enough)
    return best[-1]


def _descend(evaluator: Evaluator, reading: Reading, best: list[ExactCase], enough: float) -> None:
    """Append every simpler case that is reached."""
    allowed = _allowed(evaluator, evaluator.softener.lowest, evaluator.softener.highest)
    case = best[0]
    n = left = 0
    while n < len(STAGES) and left < ROUNDS:
        if _is_large(case) and (n >= LARGE_STAGES or left >= LARGE_ROUNDS):
            return
        better = _first(evaluator, reading, _smaller(STAGES[n](case), case, allowed), enough)
        if better is None:
            n += 1
        else:
            # Fewer teachers and classes are tried again after every other success: short fractions may open the way.
            case, n, left = better, n if n == 0 else min(n, 1), left + 1
            n = 0 if case.size != (2, 2) else n
            best.append(case)


def _is_large(case: ExactCase) -> bool:
    """A case of hundreds of fractions stays unreadable whatever is done: a few coarse steps, then it is left alone."""
    return case.size[0] > SMALL[0] or case.size[1] > SMALL[1]


def _allowed(evaluator: Evaluator, lowest: float, highest: float) -> Callable[[ExactCase], bool]:
    operator = evaluator.operator
    inside = operator.domain == "interior"  # never given a weight of 0

    def check(case: ExactCase) -> bool:
        if not operator.supports(*case.size) or case.T == case.T1 or not 0 < case.t <= 1:
            return False
        if inside and (case.zeros or case.t == 1):
            return False
        if any(not _sound(name, value) or (inside and (name, value) == ("share", 1)) for name, value in case.more):
            return False
        return lowest <= case.T <= highest and lowest <= case.T1 <= highest

    return check


def _sound(name: str, value: Any) -> bool:
    """Whether a value is one of its kind: a share up to 1, a chance below it, a row of positive numbers but for what is true."""
    if EXTRAS[name].kind == "share":
        return 0 < value < 1 or (value == 1 and name == "share")
    return EXTRAS[name].kind != "row" or name == "y" or min(value) > 0


def _first(evaluator: Evaluator, reading: Reading, cases: list[ExactCase], enough: float) -> ExactCase | None:
    """The first of these (the simplest) that still violates, size by size."""
    for size, names in sorted({(c.size, tuple(name for name, _ in c.more)) for c in cases}):
        group = [c for c in cases if c.size == size and tuple(name for name, _ in c.more) == names]
        step = AT_ONCE if evaluator.mode != "single" else ONE_BY_ONE
        for start in range(0, len(group), step):
            part = group[start : start + step]
            measured = margins.measure(evaluator, [reading], floats(part))
            hits = np.flatnonzero(measured.margins[reading.name] <= enough)
            if len(hits):
                return part[hits[0]].having(more_of(measured.of(reading), int(hits[0])))
    return None


def _smaller(made: Iterable[ExactCase], case: ExactCase, allowed: Callable[[ExactCase], bool]) -> list[ExactCase]:
    """Of the cases made, those allowed and simpler, the simplest first."""
    here = case.simplicity()[:5]
    keyed = [(c.simplicity(), c) for c in made if allowed(c)]
    # Cases made twice are measured twice: hashing fractions to find them would cost more.
    return [c for key, c in sorted((pair for pair in keyed if pair[0][:5] < here), key=lambda pair: pair[0])]


def _far_smaller(case: ExactCase) -> Iterator[ExactCase]:
    """From a large case straight to a few small sizes: every size on the way would be one more for JAX to compile."""
    K, C = case.size
    if not _is_large(case):
        return
    rng = np.random.default_rng(0)
    for k in range(2, min(K, SMALL[0]) + 1):
        for c in range(2, min(C, SMALL[1]) + 1):
            for _ in range(4):
                for teachers in _kept_teachers(case, k, rng):
                    for classes in _kept_classes(case, c, rng):
                        yield _cut(case, teachers, classes)


def _kept_teachers(case: ExactCase, k: int, rng: np.random.Generator) -> Iterator[list[int]]:
    others = [j for j in range(len(case.P)) if j != case.k]
    heavy = sorted(others, key=lambda j: (-case.w[j], j))
    yield sorted([case.k, *heavy[: k - 1]])
    yield sorted([case.k, *(int(j) for j in rng.permutation(others)[: k - 1])])
    if case.k < k:
        yield list(range(k))


def _kept_classes(case: ExactCase, c: int, rng: np.random.Generator) -> Iterator[list[int]]:
    C = case.size[1]
    P = np.array([[float(x) for x in row] for row in case.P])
    for score in (
        P.max(0) - P.min(0),
        P.mean(0),
        P.min(0),
        np.log(P.max(0) / np.maximum(P.min(0), 1e-300)),
        rng.random(C),
    ):
        yield sorted(int(i) for i in np.argsort(-score, kind="stable")[:c])
    yield list(range(c))  # operators that treat classes by their place most often single out the first


def _cut(case: ExactCase, teachers: list[int], classes: list[int]) -> ExactCase:
    """Some teachers and some classes in their order, what the others had going to the last class kept."""
    total = sum(case.w[j] for j in teachers)
    w = tuple(case.w[j] / total if total else Fraction(1, len(teachers)) for j in teachers)
    rows = [[case.P[j][i] for i in classes] for j in teachers]
    P = tuple((*row[:-1], 1 - sum(row[:-1])) for row in rows)
    return replace(case, P=P, w=w, k=teachers.index(case.k), d=None, more=())


def _fewer_teachers(case: ExactCase) -> Iterator[ExactCase]:
    K = len(case.P)
    if K > SMALL[0]:
        return
    for drop in range(K):
        keep = [j for j in range(K) if j != drop]
        if case.k not in keep or len(keep) < 2:
            continue
        total = sum(case.w[j] for j in keep)
        if total > 0:
            w = tuple(case.w[j] / total for j in keep)
            yield replace(case, P=tuple(case.P[j] for j in keep), w=w, k=keep.index(case.k), more=())
        equal = (Fraction(1, len(keep)),) * len(keep)
        yield replace(case, P=tuple(case.P[j] for j in keep), w=equal, k=keep.index(case.k), more=())


def _fewer_classes(case: ExactCase) -> Iterator[ExactCase]:
    C = len(case.P[0])
    if C <= 2 or C > SMALL[1]:
        return
    for drop in range(C):
        keep = [i for i in range(C) if i != drop]
        d = None if case.d is None else tuple(case.d[i] for i in keep)
        sums = [sum(row[i] for i in keep) for row in case.P]
        if all(s > 0 for s in sums):
            yield replace(
                case,
                P=tuple(tuple(row[i] / s for i in keep) for row, s in zip(case.P, sums, strict=True)),
                d=d,
                more=(),
            )
        merged = [
            tuple(row[i] if i != keep[0] else row[i] + (1 - s) for i in keep)
            for row, s in zip(case.P, sums, strict=True)
        ]
        yield replace(case, P=tuple(merged), d=d, more=())


def _simpler_scalars(case: ExactCase) -> Iterator[ExactCase]:
    for t in SIMPLE_t:
        yield replace(case, t=t)
    for den in (1, 2, 3, 4, 5, 10, 100):
        yield replace(case, T=Fraction(round(case.T * den), den))
        yield replace(case, t=Fraction(round(case.t * den), den))
        if round(den / case.T):
            yield replace(case, T=Fraction(den, round(den / case.T)))
    for T in SIMPLE_T:
        yield replace(case, T=T)
        yield replace(case, T1=Fraction(1), T=T)
    yield _k_first(case)
    if case.d is not None:
        for den in (1, 2, 3, 4, 10):
            yield replace(case, d=tuple(Fraction(round(x * den), den) for x in case.d))


def _k_first(case: ExactCase) -> ExactCase:
    """Teacher k in the first place, the others in their order."""
    k, more = case.k, dict(case.more)
    moved = replace(case, k=0, P=(case.P[k], *_without(case.P, k)), w=(case.w[k], *_without(case.w, k)))
    return moved.having({"other": more["other"] + (more["other"] < k)}) if "other" in more else moved  # type: ignore[operator]


def _simpler_more(case: ExactCase) -> Iterator[ExactCase]:
    """What else the claim needs, plainer: simple shares, rows in short fractions, fewer classes in a set."""
    for name, value in case.more:
        for plainer in _PLAINER.get(EXTRAS[name].kind, lambda value: ())(value):
            yield case.having({name: plainer})


def _plainer_row(row: Row) -> Iterator[Row]:
    C, positive = len(row), min(row) > 0
    top = max(range(C), key=lambda i: row[i])
    if not positive:
        yield tuple(Fraction(int(i == top)) for i in range(C))
    yield (Fraction(1, C),) * C
    yield from (short for den in DENOMINATORS if (short := round_row(row, den, positive)) is not None)
    yield _powers_of_ten(row)


def _plainer_positive(row: Row) -> Iterator[Row]:
    top = max(row)
    yield tuple(Fraction(2) if x == top else Fraction(1) for x in row)
    for den in (1, 2, 3, 10, 100):
        rounded = tuple(Fraction(round(x * den), den) for x in row)
        if min(rounded) > 0:
            yield rounded


def _plainer_set(chosen: Row) -> Iterator[Row]:
    if sum(chosen) > 1:
        yield from (tuple(x * (j != i) for j, x in enumerate(chosen)) for i, here in enumerate(chosen) if here)


_PLAINER: dict[str, Callable[[Any], Iterable[Any]]] = {
    "share": lambda x: (
        *SIMPLE_SHARES,
        *(Fraction(round(x * n), n) for n in (2, 3, 4, 5, 10, 100, 1000) if round(x * n)),
    ),
    "row": _plainer_row,
    "positive": _plainer_positive,
    "set": _plainer_set,
}


def _without(items: tuple, k: int) -> tuple:
    return items[:k] + items[k + 1 :]


def _rounded(case: ExactCase) -> Iterator[ExactCase]:
    """All rows and the weights at each denominator, together and one of the two."""
    zero_free = case.zeros == 0
    for den in DENOMINATORS:
        P = tuple(round_row(row, den, zero_free) for row in case.P)
        w = round_row(case.w, den, zero_free)
        if all(P) and w:
            yield replace(case, P=P, w=w)  # type: ignore[arg-type]
        if all(P):
            yield replace(case, P=P)  # type: ignore[arg-type]
        if w:
            yield replace(case, w=w)


def _one_by_one(case: ExactCase) -> Iterator[ExactCase]:
    """Single rows and the weights at each denominator; near ones too, where the rounding is not the only choice."""
    zero_free = case.zeros == 0
    for den in DENOMINATORS:
        for j in range(min(len(case.P), 8)):
            row = round_row(case.P[j], den, zero_free)
            for near in () if row is None else (row, *_near(row, den, zero_free)):
                yield replace(case, P=(*case.P[:j], near, *case.P[j + 1 :]))
        w = round_row(case.w, den, zero_free)
        for near in () if w is None else _near(w, den, zero_free):
            yield replace(case, w=near)


def _magnitudes(case: ExactCase) -> Iterator[ExactCase]:
    """Rows that keep only the orders of magnitude of their small entries: for violations that live on tiny probabilities."""
    short = tuple(_powers_of_ten(row) for row in case.P)
    yield replace(case, P=short, w=_powers_of_ten(case.w))
    yield replace(case, P=short)
    for j in range(min(len(short), 6)):
        yield replace(case, P=(*case.P[:j], short[j], *case.P[j + 1 :]))
    for up in (2, 4, 8, 16, 32):
        lifted = tuple(_powers_of_ten(row, up) for row in case.P)
        yield replace(case, P=lifted)
        for j in range(min(len(short), 6)):
            yield replace(case, P=(*case.P[:j], lifted[j], *case.P[j + 1 :]))


def _powers_of_ten(row: Row, up: int = 0) -> Row:
    """Every entry but the largest as the power of ten below it (`up` digits higher, at most 1/100), the largest as the rest."""
    top = max(range(len(row)), key=lambda i: row[i])
    out = [x if x == 0 else min(Fraction(1, 10 ** max(_digits(x) - up, 0)), max(x, Fraction(1, 100))) for x in row]
    out[top] = Fraction(1) - sum((x for i, x in enumerate(out) if i != top), Fraction(0))
    return tuple(out) if out[top] > 0 else row


def _digits(x: Fraction) -> int:
    """n with 10^-n <= x < 10^-(n-1), for 0 < x <= 1."""
    n = max(len(str(x.denominator)) - len(str(x.numerator)), 0)
    while x < Fraction(1, 10**n):
        n += 1
    return n


def _near(row: Row, den: int, zero_free: bool) -> Iterator[Row]:
    """Rows that differ by one unit of 1/den in two places."""
    if den > 12 or len(row) > 5:
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


def _several(case: ExactCase, smaller: Iterable[ExactCase]) -> Iterator[ExactCase]:
    """Each of them once, or several times where more is drawn anew with it."""
    return (one for one in smaller for _ in range(DRAWN if case.more else 1))


STAGES = (
    lambda case: (*_far_smaller(case), *_several(case, (*_fewer_teachers(case), *_fewer_classes(case)))),
    lambda case: (*_simpler_scalars(case), *_simpler_more(case)),
    _rounded,
    _magnitudes,
    _plainer_rows,
    _one_by_one,
)
