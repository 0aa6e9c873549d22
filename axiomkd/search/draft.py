"""A case while it is being shrunk: rows as whole numbers over one denominator, each knowing what is asked of it again and again.

Hundreds of neighbours of a case are made for each that is kept, and nearly all of their rows are rows of others: a vector is
shared among them, and what follows from it is worked out once. Knows no claim and no operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any, TypeVar

import numpy as np

from axiomkd.core.case import Cases, ExactCase, Row, Value
from axiomkd.core.extras import EXTRAS

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Vector:
    """One row of P, or the weights: `units` over `den`, with the number of `zeros`, the largest denominator in lowest terms and the
    sum of all, and the nearest doubles. `made` is what was derived from it so far. Make one with `vector`."""

    units: tuple[int, ...]
    den: int
    zeros: int
    longest: int
    lengths: int
    floats: tuple[float, ...]
    made: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.units)

    @property
    def exact(self) -> Row:
        return self.derived("exact", lambda: tuple(Fraction(n, self.den) for n in self.units))

    def derived(self, key: Any, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for each key."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def rounded(self, den: int, zero_free: bool) -> Vector | None:
        """In units of 1/den by largest remainders; None where zeros would come in that were not there."""

        def make() -> Vector | None:
            units = _rounded(self.units, self.den, den, int(zero_free))
            return None if units is None else vector(units, den)

        return self.derived((den, zero_free), make)


def vector(units: tuple[int, ...], den: int) -> Vector:
    lengths = [den // gcd(n, den) for n in units]
    return Vector(units, den, units.count(0), max(lengths), sum(lengths), tuple([n / den for n in units]))


def lowest(units: Sequence[int], den: int) -> Vector:
    """The row of these parts of `den`, over the least denominator that they have in common."""
    shared = gcd(den, *units)
    return vector(tuple(n // shared for n in units), den // shared)


def vector_of(row: Sequence[Fraction]) -> Vector:
    den = lcm(*(x.denominator for x in row))
    return vector(tuple(x.numerator * (den // x.denominator) for x in row), den)


def _rounded(units: tuple[int, ...], den: int, new: int, least: int) -> tuple[int, ...] | None:
    if least * len(units) > new:
        return None
    scaled = [n * new for n in units]  # over den * new
    out = [max(x // den, least) for x in scaled]
    spare = new - sum(out)
    order = sorted(range(len(out)), key=lambda i: (out[i] * den - scaled[i], i))
    if spare < 0:
        for i in reversed(order * (1 - spare)):
            if spare < 0 and out[i] > least:
                out[i] -= 1
                spare += 1
    for i in order[: max(spare, 0)]:
        out[i] += 1
    return tuple(out) if sum(out) == new else None


@dataclass(frozen=True, eq=False)
class Numbers:
    """t, T1, T, and what else the claim needs, by name."""

    t: Fraction
    T1: Fraction
    T: Fraction
    more: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def dens(self) -> tuple[int, int]:
        own = [self.t.denominator, self.T1.denominator, self.T.denominator]
        for value in self.more.values():
            own += [x.denominator for x in (value if isinstance(value, tuple) else (value,))]
        return max(own), sum(own)

    @cached_property
    def floats(self) -> tuple[float, ...]:
        return tuple(map(float, self._all))

    @cached_property
    def _all(self) -> list[Fraction]:
        values = (x for value in self.more.values() for x in (value if isinstance(value, tuple) else (value,)))
        return [self.t, self.T1, self.T, *map(Fraction, values)]


@dataclass(frozen=True, eq=False)
class Draft:
    """An exact case in the making; `ExactCase` has the same fields."""

    P: tuple[Vector, ...]
    w: Vector
    k: int
    numbers: Numbers
    d: Row | None = None

    @classmethod
    def of(cls, case: ExactCase) -> Draft:
        rows: dict[Row, Vector] = {}
        P = tuple(rows.setdefault(row, vector_of(row)) for row in case.P)
        return cls(P, vector_of(case.w), case.k, Numbers(case.t, case.T1, case.T, dict(case.more)), case.d)

    @property
    def case(self) -> ExactCase:
        n = self.numbers
        rows = tuple(row.exact for row in self.P)
        return ExactCase(rows, self.w.exact, self.k, n.t, n.T1, n.T, self.d, tuple(sorted(n.more.items())))

    @property
    def size(self) -> tuple[int, int]:
        return len(self.P), len(self.P[0].units)

    @property
    def zeros(self) -> int:
        return sum([row.zeros for row in self.P]) + self.w.zeros

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """K, C, zeros, the largest denominator, all denominators: what a case must be smaller in to be simpler."""
        longest, lengths = self.numbers.dens
        zeros, P = 0, self.P
        for row in (*P, self.w):
            zeros += row.zeros
            lengths += row.lengths
            if row.longest > longest:
                longest = row.longest
        return len(P), len(P[0].units), zeros, longest, lengths

    @property
    def entries(self) -> tuple:
        """What comes after its rank in the order of `ExactCase.simplicity`: doubles, which keep that of the fractions."""
        return self.k, [row.floats for row in self.P], self.w.floats, self.numbers.floats

    def having(self, more: Mapping[str, Value]) -> Draft:
        """The draft with these beside or in place of what else it has."""
        return self.with_numbers(more=dict(sorted({**self.numbers.more, **more}.items()))) if more else self

    def without_more(self) -> Draft:
        return self.with_numbers(more={}) if self.numbers.more else self

    def with_numbers(
        self,
        *,
        t: Fraction | None = None,
        T1: Fraction | None = None,
        T: Fraction | None = None,
        more: Mapping[str, Value] | None = None,
    ) -> Draft:
        was = self.numbers
        now = Numbers(
            was.t if t is None else t,
            was.T1 if T1 is None else T1,
            was.T if T is None else T,
            was.more if more is None else more,
        )
        return Draft(self.P, self.w, self.k, now, self.d)

    def with_rows(self, P: tuple[Vector, ...], w: Vector | None = None) -> Draft:
        return Draft(P, w or self.w, self.k, self.numbers, self.d)  # `replace` takes ten times as long

    def with_row(self, j: int, row: Vector) -> Draft:
        return self.with_rows((*self.P[:j], row, *self.P[j + 1 :]))


def floats(drafts: Sequence[Draft]) -> Cases:
    """Drafts of one size, with one kind of directions and of what else is drawn, as a float batch."""
    first = drafts[0]
    t, T1, T = np.array([one.numbers.floats[:3] for one in drafts]).T
    d = None if first.d is None else np.array([[float(x) for x in one.d or ()] for one in drafts])
    return Cases(
        np.array([[row.floats for row in one.P] for one in drafts]),
        np.array([one.w.floats for one in drafts]),
        np.array([one.k for one in drafts]),
        t,
        T1,
        T,
        d,
        more={
            name: np.array([one.numbers.more[name] for one in drafts], EXTRAS[name].dtype)
            for name in first.numbers.more
        },
    )
