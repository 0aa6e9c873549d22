"""A case: what a pointwise claim is evaluated at. Batches of floats for the search, single exact ones to conclude from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from axiomkd.core.extras import EXTRAS
from axiomkd.core.shapes import Each, ManyWeights, Panels, Rows


@dataclass(frozen=True)
class Cases:
    """B float cases: P (B, K, C), w (B, K), teacher k (B,), t, T1, T (B,), directions d (B, C) or None; `more` what else a claim
    needs, by name (`core/extras.py`), B values each."""

    P: Panels
    w: ManyWeights
    k: Each
    t: Each
    T1: Each
    T: Each
    d: Rows | None = None
    label: str = ""
    more: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.P)

    @property
    def size(self) -> tuple[int, int]:
        return self.P.shape[1], self.P.shape[2]

    def take(self, index) -> Cases:
        """The cases at these places."""
        d = None if self.d is None else self.d[index]
        more = {name: x[index] for name, x in self.more.items()}
        return Cases(
            self.P[index],
            self.w[index],
            self.k[index],
            self.t[index],
            self.T1[index],
            self.T[index],
            d,
            self.label,
            more,
        )


def in_turns_of(batches: Sequence[Cases]) -> Cases:
    """Batches of equally many cases as one: the first of each, then the second of each, and so on."""

    def woven(parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])

    return Cases(
        woven([one.P for one in batches]),
        woven([one.w for one in batches]),
        woven([one.k for one in batches]),
        woven([one.t for one in batches]),
        woven([one.T1 for one in batches]),
        woven([one.T for one in batches]),
        label="several kinds",
    )


Row = tuple[Fraction, ...]
Value = int | Fraction | Row | tuple[int, int]
"""One value of what else a claim needs: an index, a share, a row, a set as zeros and ones, or a pair of classes."""
SHORT = 2000  # the largest denominator of a float read as a short fraction


@dataclass(frozen=True)
class ExactCase:
    """One case in fractions; rows of P and w sum to exactly 1."""

    P: tuple[Row, ...]
    w: Row
    k: int = 0
    t: Fraction = Fraction(1, 2)
    T1: Fraction = Fraction(1)
    T: Fraction = Fraction(1, 2)
    d: Row | None = None
    more: tuple[tuple[str, Value], ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Worked out once: hundreds of fractions take as long as to measure the case."""
        return hash((self.P, self.w, self.k, self.t, self.T1, self.T, self.d, self.more))

    @property
    def size(self) -> tuple[int, int]:
        return len(self.P), len(self.P[0])

    def having(self, more: Mapping[str, Value]) -> ExactCase:
        """The case with these beside or in place of what it has."""
        return replace(self, more=tuple(sorted({**dict(self.more), **more}.items())))

    @property
    def zeros(self) -> int:
        return sum(x == 0 for row in (*self.P, self.w) for x in row)

    @property
    def ties(self) -> int:
        """How many of the rows and the weights have two equal entries: code that chooses between them may take either."""
        return sum(len(set(row)) < len(row) for row in (*self.P, self.w))

    def numbers(self) -> list[Fraction]:
        more = (x for _, value in self.more for x in (value if isinstance(value, tuple) else (value,)))
        return [*(x for row in self.P for x in row), *self.w, self.t, self.T1, self.T, *map(Fraction, more)]

    @cached_property
    def longest(self) -> int:
        """The largest denominator."""
        return max(x.denominator for x in self.numbers())

    def simplicity(self) -> tuple:
        """The shrinking order: K, C, zeros, the largest denominator, all denominators, then the numbers themselves.

        Fewer zeros come first: a violation in the interior says more than one on a face.
        """
        dens = [x.denominator for x in self.numbers()]
        K, C = self.size
        return (K, C, self.zeros, self.longest, sum(dens), self.k, tuple(self.numbers()))

    def with_direction(self, d: Row | None) -> ExactCase:
        return replace(self, d=d)


def floats(cases: list[ExactCase]) -> Cases:
    """Exact cases of one size as a float batch."""
    d = None if cases[0].d is None else np.array([[float(x) for x in c.d or ()] for c in cases])
    return Cases(
        np.array([[[float(x) for x in row] for row in c.P] for c in cases]),
        np.array([[float(x) for x in c.w] for c in cases]),
        np.array([c.k for c in cases]),
        np.array([float(c.t) for c in cases]),
        np.array([float(c.T1) for c in cases]),
        np.array([float(c.T) for c in cases]),
        d,
        more={name: np.array([dict(c.more)[name] for c in cases], EXTRAS[name].dtype) for name, _ in cases[0].more},
    )


def _in_short(row: np.ndarray) -> Row | None:
    """The row where every float of it is that of a short fraction; most rows are found not to be at their first entry."""
    out = []
    for x in row.tolist():
        short = Fraction(int(x)) if x.is_integer() else Fraction(x).limit_denominator(SHORT)
        if float(short) != x:
            return None
        out.append(short)
    return tuple(out)


def _closed(row: np.ndarray) -> Row:
    """A float row as fractions with sum exactly 1: short fractions where the floats are those of short fractions, so that
    exact ties stay ties; else the binary values, the largest entry taking up the rounding."""
    short = _in_short(row)
    if short is not None and sum(short) == 1:
        return short
    ratios = [x.as_integer_ratio() for x in row.tolist()]
    den = max(d for _, d in ratios)  # a power of two, as all of them are
    units = [n * (den // d) for n, d in ratios]
    top = int(np.argmax(row))
    units[top] += den - sum(units)
    return tuple(Fraction(n, den) for n in units)


def exact(cases: Cases, i: int) -> ExactCase:
    """Case i in fractions: the binary values of its floats, rows closed to sum 1; T and t by their shortest decimals."""
    d = None if cases.d is None else tuple(Fraction(float(x)) for x in cases.d[i])
    return ExactCase(
        tuple(_closed(row) for row in cases.P[i]),
        _closed(cases.w[i]),
        int(cases.k[i]),
        _short(cases.t[i]),
        _short(cases.T1[i]),
        _short(cases.T[i]),
        d,
        tuple(sorted(more_of(cases, i).items())),
    )


def more_of(cases: Cases, i: int) -> dict[str, Value]:
    """What else case i has, exactly, by name."""
    return {name: _value(EXTRAS[name].kind, x[i]) for name, x in cases.more.items()}


def _value(kind: str, x: Any) -> Value:
    """One value exactly: rows are closed to sum 1, other numbers are read by their shortest decimals."""
    match kind:
        case "index":
            return int(x)
        case "pair":
            return int(x[0]), int(x[1])
        case "row":
            decimals = tuple(map(_short, x))
            return decimals if sum(decimals) == 1 else _closed(x)
        case "share":
            return _simple(x)
        case _:
            return tuple(map(_simple, x))


def written(name: str, value: Value) -> Any:
    """A value of `name` as JSON has it: whole numbers, and other numbers as text."""
    if EXTRAS[name].dtype is int:
        return value
    return [str(x) for x in value] if isinstance(value, tuple) else str(value)


def value_of(name: str, x: Any, K: int, C: int) -> Value:
    """The value that is written so. Raises KeyError, TypeError, ValueError where it is none for K teachers and C classes."""
    kind, size = EXTRAS[name].kind, EXTRAS[name].shape(K, C)
    if kind == "index":
        value: Value = int(x)
        sound = 0 <= value < K
    elif kind == "pair":
        value = int(x[0]), int(x[1])
        sound = 0 <= value[0] < value[1] < C
    elif kind == "share":
        value = Fraction(x)
        sound = 0 < value <= 1
    else:
        value = tuple(Fraction(one) for one in x)
        sound = len(value) == size[0] and min(value) >= 0 and (kind != "row" or sum(value) == 1)
    if not sound:
        raise ValueError(f"{x!r} is no {name} of {K} teachers and {C} classes")
    return value


def _simple(x: Any) -> Fraction:
    near = Fraction(float(x)).limit_denominator(SHORT)
    return near if float(near) == float(x) else _short(x)


def _short(x) -> Fraction:
    return Fraction(repr(float(x)))
