"""The neighbours of a case that may be simpler than it: fewer teachers, fewer classes, short fractions. Stage by stage, the
largest steps first.

It makes them, and refuses to know which of them still violate anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from axiomkd.core.case import Row
from axiomkd.core.extras import EXTRAS
from axiomkd.search.draft import Draft, Vector, lowest, vector, vector_of

DENOMINATORS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 50, 100, 200, 1000, 10_000, 10**6, 10**9)
SMALL = (5, 6)  # up to here teachers and classes are dropped one by one
SIMPLE_T = tuple(map(Fraction, ("1/2", "2", "1/3", "3", "1/4", "4", "1/5", "5", "1/8", "8", "64")))
DRAWN = 6  # cases of each smaller kind, where what else a claim needs is drawn anew
SIMPLE_SHARES = tuple(map(Fraction, ("1", "1/2", "1/3", "1/4", "2/3", "3/4")))
SIMPLE_t = tuple(map(Fraction, ("1/2", "1/3", "1/4", "1", "2/3", "3/4")))
LONGEST = 12  # denominator of rows whose neighbours are tried too
UP = (2, 4, 8, 16, 32)  # digits by which small entries are lifted


def is_large(size: tuple[int, int]) -> bool:
    """A case of hundreds of fractions stays unreadable whatever is done: a few coarse steps, then it is left alone."""
    return size[0] > SMALL[0] or size[1] > SMALL[1]


# ---- fewer teachers, fewer classes


def _fewer(case: Draft) -> Iterator[Draft]:
    yield from _far_smaller(case)
    for one in (*_fewer_teachers(case), *_fewer_classes(case)):
        yield from (one for _ in range(DRAWN if case.numbers.more else 1))  # more is drawn anew with each


def _far_smaller(case: Draft) -> Iterator[Draft]:
    """From a large case straight to a few small sizes: every size on the way would be one more for JAX to compile."""
    K, C = case.size
    if not is_large(case.size):
        return
    rng = np.random.default_rng(0)
    P = np.array([row.floats for row in case.P])
    cut: dict[tuple[int, tuple[int, ...]], Vector] = {}  # rows by teacher and classes: most cases share them
    for k in range(2, min(K, SMALL[0]) + 1):
        for c in range(2, min(C, SMALL[1]) + 1):
            chosen = [
                (tuple(teachers), tuple(classes))
                for _ in range(4)
                for teachers in _kept_teachers(case, k, rng)
                for classes in _kept_classes(P, c, rng)
            ]
            # Where more is drawn with each case, one that comes again is another.
            for teachers, classes in chosen if case.numbers.more else dict.fromkeys(chosen):
                for j in teachers:
                    if (j, classes) not in cut:
                        cut[j, classes] = _cut(case.P[j], classes)
                rows = tuple(cut[j, classes] for j in teachers)
                yield _of_some(case, teachers, rows, _among(case.w, teachers) or _even(k))


def _kept_teachers(case: Draft, k: int, rng: np.random.Generator) -> Iterator[list[int]]:
    others = [j for j in range(len(case.P)) if j != case.k]
    heavy = sorted(others, key=lambda j: (-case.w.units[j], j))
    yield sorted([case.k, *heavy[: k - 1]])
    yield sorted([case.k, *(int(j) for j in rng.permutation(others)[: k - 1])])
    if case.k < k:
        yield list(range(k))


def _kept_classes(P: np.ndarray, c: int, rng: np.random.Generator) -> Iterator[list[int]]:
    for score in (
        P.max(0) - P.min(0),
        P.mean(0),
        P.min(0),
        np.log(P.max(0) / np.maximum(P.min(0), 1e-300)),
        rng.random(P.shape[1]),
    ):
        yield sorted(int(i) for i in np.argsort(-score, kind="stable")[:c])
    yield list(range(c))  # operators that treat classes by their place most often single out the first


def _cut(row: Vector, classes: Sequence[int]) -> Vector:
    """Some classes in their order, what the others had going to the last of these."""
    units = [row.units[i] for i in classes[:-1]]
    return vector((*units, row.den - sum(units)), row.den)


def _fewer_teachers(case: Draft) -> Iterator[Draft]:
    K = len(case.P)
    if K > SMALL[0]:
        return
    for drop in range(K):
        keep = [j for j in range(K) if j != drop]
        if case.k not in keep or len(keep) < 2:
            continue
        P = tuple(case.P[j] for j in keep)
        for w in (_among(case.w, keep), _even(len(keep))):
            if w is not None:
                yield _of_some(case, keep, P, w, d=case.d)


def _fewer_classes(case: Draft) -> Iterator[Draft]:
    C = len(case.P[0])
    if C <= 2 or C > SMALL[1]:
        return
    for drop in range(C):
        keep = [i for i in range(C) if i != drop]
        d = None if case.d is None else tuple(case.d[i] for i in keep)
        shares = [_among(row, keep) for row in case.P]
        if all(shares):
            yield replace(case.without_more(), P=tuple(row for row in shares if row), d=d)
        to = keep[0]
        merged = tuple(
            vector(tuple(row.units[i] + (row.units[drop] if i == to else 0) for i in keep), row.den) for row in case.P
        )
        yield replace(case.without_more(), P=merged, d=d)


def _of_some(case: Draft, teachers: Sequence[int], P: tuple[Vector, ...], w: Vector, d: Row | None = None) -> Draft:
    return Draft(P, w, teachers.index(case.k), case.without_more().numbers, d)


def _among(every: Vector, keep: Sequence[int]) -> Vector | None:
    """Some of the entries over their sum; None where that is 0."""
    units = tuple(every.units[i] for i in keep)
    return vector(units, sum(units)) if any(units) else None


def _even(n: int) -> Vector:
    return vector((1,) * n, n)


# ---- plainer numbers beside P and w


def _plainer_numbers(case: Draft) -> Iterator[Draft]:
    yield from _simpler_scalars(case)
    yield from _simpler_more(case)


def _simpler_scalars(case: Draft) -> Iterator[Draft]:
    t, T = case.numbers.t, case.numbers.T
    for plain in SIMPLE_t:
        yield case.with_numbers(t=plain)
    for den in (1, 2, 3, 4, 5, 10, 100):
        yield case.with_numbers(T=Fraction(round(T * den), den))
        yield case.with_numbers(t=Fraction(round(t * den), den))
        if round(den / T):
            yield case.with_numbers(T=Fraction(den, round(den / T)))
    for plain in SIMPLE_T:
        yield case.with_numbers(T=plain)
        yield case.with_numbers(T1=Fraction(1), T=plain)
    yield _k_first(case)
    if case.d is not None:
        for den in (1, 2, 3, 4, 10):
            yield replace(case, d=tuple(Fraction(round(x * den), den) for x in case.d))


def _k_first(case: Draft) -> Draft:
    """Teacher k in the first place, the others in their order."""
    k, w = case.k, case.w
    order = [k, *(j for j in range(len(w)) if j != k)]
    moved = replace(case, k=0, P=tuple(case.P[j] for j in order), w=vector(tuple(w.units[j] for j in order), w.den))
    other = case.numbers.more.get("other")
    return moved.having({"other": other + (other < k)}) if isinstance(other, int) else moved


def _simpler_more(case: Draft) -> Iterator[Draft]:
    """What else the claim needs, plainer: simple shares, rows in short fractions, fewer classes in a set."""
    for name, value in case.numbers.more.items():
        for plainer in _PLAINER.get(EXTRAS[name].kind, lambda value: ())(value):
            yield case.having({name: plainer})


def _plainer_row(row: Row) -> Iterator[Row]:
    C, positive, whole = len(row), min(row) > 0, vector_of(row)
    top = max(range(C), key=lambda i: row[i])
    if not positive:
        yield tuple(Fraction(int(i == top)) for i in range(C))
    yield _even(C).exact
    yield from (short.exact for den in DENOMINATORS if (short := whole.rounded(den, positive)) is not None)
    yield _powers_of_ten(whole).exact


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


# ---- shorter fractions


def _rounded(case: Draft) -> Iterator[Draft]:
    """All rows and the weights at each denominator, together and one of the two."""
    zero_free = case.zeros == 0
    for den in DENOMINATORS:
        rows = [row.rounded(den, zero_free) for row in case.P]
        P = tuple(row for row in rows if row is not None)
        w = case.w.rounded(den, zero_free)
        if len(P) == len(rows):
            if w is not None:
                yield case.with_rows(P, w)
            yield case.with_rows(P)
        if w is not None:
            yield case.with_rows(case.P, w)


def _one_by_one(case: Draft) -> Iterator[Draft]:
    """Single rows and the weights at each denominator; near ones too, where the rounding is not the only choice."""
    zero_free = case.zeros == 0
    for den in DENOMINATORS:
        for j in range(min(len(case.P), 8)):
            row = case.P[j].rounded(den, zero_free)
            for near in () if row is None else (row, *_near(row, zero_free)):
                yield case.with_row(j, near)
        w = case.w.rounded(den, zero_free)
        for near in () if w is None else _near(w, zero_free):
            yield case.with_rows(case.P, near)


def _near(row: Vector, zero_free: bool) -> tuple[Vector, ...]:
    """Rows that differ by one unit in two places."""
    if row.den > LONGEST or len(row) > 5:
        return ()
    return row.derived(("near", zero_free), lambda: tuple(_moved(row, int(zero_free))))


def _moved(row: Vector, least: int) -> Iterator[Vector]:
    for i in range(len(row)):
        for j in range(len(row)):
            if i != j and row.units[j] - 1 >= least:
                units = list(row.units)
                units[i], units[j] = units[i] + 1, units[j] - 1
                yield vector(tuple(units), row.den)


def _magnitudes(case: Draft) -> Iterator[Draft]:
    """Rows that keep only the orders of magnitude of their small entries: for violations that live on tiny probabilities."""
    short = tuple(map(_powers_of_ten, case.P))
    yield case.with_rows(short, _powers_of_ten(case.w))
    yield case.with_rows(short)
    for j in range(min(len(short), 6)):
        yield case.with_row(j, short[j])
    for up in UP:
        lifted = tuple(_powers_of_ten(row, up) for row in case.P)
        yield case.with_rows(lifted)
        for j in range(min(len(short), 6)):
            yield case.with_row(j, lifted[j])


def _powers_of_ten(row: Vector, up: int = 0) -> Vector:
    """Every entry but the largest as the power of ten below it (`up` digits higher, at most 1/100), the largest as the rest."""
    return row.derived(("ten", up), lambda: _tens(row, up))


def _tens(row: Vector, up: int) -> Vector:
    units, den = row.units, row.den
    top = max(range(len(units)), key=lambda i: units[i])
    out = []
    for x in units:
        if x == 0:
            out.append((0, 1))
            continue
        power = 10 ** max(_digits(x, den) - up, 0)
        least = (x, den) if 100 * x > den else (1, 100)  # the larger of x and 1/100
        out.append((1, power) if least[0] * power > least[1] else least)  # and the smaller of that and the power
    common = lcm(*(d for i, (_, d) in enumerate(out) if i != top))
    moved = [n * (common // d) if i != top else 0 for i, (n, d) in enumerate(out)]
    moved[top] = common - sum(moved)
    return lowest(moved, common) if moved[top] > 0 else row


def _digits(n: int, den: int) -> int:
    """m with 10^-m <= n / den < 10^-(m-1), for 0 < n <= den."""
    m = max(len(str(den)) - len(str(n)) - 1, 0)
    while n * 10**m < den:
        m += 1
    return m


def _plainer_rows(case: Draft) -> Iterator[Draft]:
    K, C = case.size
    uniform = _even(C)
    for j in range(min(K, 8)):
        yield case.with_row(j, uniform)
        for i in range(min(K, 8)):
            if i != j:
                yield case.with_row(j, case.P[i])
    yield case.with_rows(case.P, _even(K))


STAGES: tuple[Callable[[Draft], Iterable[Draft]], ...] = (
    _fewer,
    _plainer_numbers,
    _rounded,
    _magnitudes,
    _plainer_rows,
    _one_by_one,
)
