"""A softener's own formula, written out in terms: a row of C entries is a function from a class to a term.

The operations are those of `Arithmetic` that a formula on paper has. It knows no softener; one that asks for more is declined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from axiomkd.core.softener import Softener
from axiomkd.prove import normal
from axiomkd.prove.analysis import Analysis
from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term, make

Change = Callable[[Term], Term | None]


class NoFormula(Exception):
    """The softener asks for an operation that terms have no rule for."""


@dataclass(frozen=True)
class Row:
    """A row, or one number for all classes: `at(c)` is its entry at class c, in normal form."""

    a: Analysis
    classes: Term
    at: Callable[[Term], Term]

    @property
    def shape(self) -> tuple[Row]:
        return (self._number(self.a.normal(self.classes)),)

    def __getitem__(self, _at: Any) -> Row:
        return self  # a number broadcasts as it is

    def _number(self, x: Any) -> Row:
        if isinstance(x, Row):
            return x
        value = x if isinstance(x, Term) else terms.num(Fraction(x))
        return Row(self.a, self.classes, lambda _c: value)

    def _with(self, other: Any, combine: Callable[[Term, Term], Term]) -> Row:
        right = self._number(other)
        return Row(self.a, self.classes, lambda c: combine(self.at(c), right.at(c)))

    def _inverse(self) -> Row:
        return Row(self.a, self.classes, lambda c: normal.power(self.a, self.at(c), Fraction(-1)))

    def __add__(self, other: Any) -> Row:
        return self._with(other, lambda x, y: normal.add([x, y]))

    def __mul__(self, other: Any) -> Row:
        return self._with(other, lambda x, y: normal.mul(self.a, [x, y]))

    def __neg__(self) -> Row:
        return Row(self.a, self.classes, lambda c: normal.minus(self.at(c)))

    def __sub__(self, other: Any) -> Row:
        return self + -self._number(other)

    def __truediv__(self, other: Any) -> Row:
        return self * self._number(other)._inverse()

    def __rsub__(self, other: Any) -> Row:
        return self._number(other) - self

    def __rtruediv__(self, other: Any) -> Row:
        return self._number(other) / self

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True)
class Symbols:
    """The part of `Arithmetic` that formulas are written in; `over` is the index that sums over the classes run through."""

    over: Term

    def sum(self, x: Row, axis: int) -> Row:
        if axis != -1:
            raise NoFormula("a sum over another axis than the classes")
        found = normal.total(x.a, self.over, x.at(self.over))
        return Row(x.a, x.classes, lambda _c: found)

    def power(self, x: Row, exponent: Row) -> Row:
        """x^e for x > 0."""

        def at(c: Term) -> Term:
            return normal.exp(x.a, normal.mul(x.a, [exponent.at(c), normal.log(x.a, x.at(c))]))

        return Row(x.a, x.classes, at)

    def __getattr__(self, name: str) -> Any:
        raise NoFormula(f"`{name}`")


def of_rows(a: Analysis, softener: Softener, C: Term, *, each: bool = False) -> Change:
    """Every row softened at temperature T, or `each` at its own T[k], still free: what an entry P[k, i] is replaced by."""

    def change(t: Term) -> Term | None:
        if t.op != "P":
            return None
        k, i = t.args
        over = next(v for n in range(9) if (v := terms.index(C, f"s{n}")) not in t.free)
        return _soft(softener, Row(a, C, lambda c: make("P", (k, c))), over, terms.T_of(k) if each else terms.T).at(i)

    return change


def of_aggregate(a: Analysis, softener: Softener, q: Term, i: Term) -> Term:
    """S_T(q) at class i, for q > 0."""
    row = Row(a, i.args[0], lambda c: q if c is i else terms.substitute(q, {i: c}))
    return _soft(softener, row, i).at(i)


def _soft(softener: Softener, row: Row, over: Term, T: Term = terms.T) -> Row:
    # Formulas are written on `Arithmetic`, of which `Symbols` has a part; what it lacks is declined by name.
    m: Any = Symbols(over)
    return softener.symbolic(m, row, row._number(T))
