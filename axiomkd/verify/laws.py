"""Rational functions with the laws of exponentials and logarithms: enough to see that two formulas of positive numbers are one.

log(a b) = log a + log b, exp(c log a) = a^c, a^c a^d = a^(c + d) and (a^(1/n))^n = a, for a, b > 0. The larger of two numbers is a
letter of its own, if no sign says which it is. It decides no order that signs do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from sympy import factorint

from axiomkd.tracing import numbers
from axiomkd.tracing.logarithms import Logs, Powers
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.verify.ratios import Field, Open


class Laws(Field):
    """A field whose letters for logarithms, powers and roots know what they stand for."""

    def __init__(self, strict: Sequence[str], known: Sequence[tuple[Mapping, int]] = (), *, extra: int = 40):
        super().__init__(strict, known=known, extra=extra)
        self.logs: dict[str, Any] = {}  # letter -> the polynomial whose logarithm it is
        self.powers: dict[str, tuple[Any, Any]] = {}  # letter -> exponent, polynomial
        self.roots: dict[str, tuple[int, Any]] = {}  # letter -> n, polynomial: the n-th root

    def raw(self, x: Number) -> Any:
        """Exact sums of logarithms, and powers, are what they are by the same laws."""
        if isinstance(x, Logs):
            total = super().raw(numbers.number(x.constant))
            for prime, c in x.terms.items():
                total += super().raw(numbers.number(c)) * self._log_of(self.field.ring(int(prime)))
            return total
        if isinstance(x, Powers):
            raised: Any = self.exp(self.made(self.raw(x.exponent)))
            return self.raw(x.factor) * self.raw(raised)
        return super().raw(x)

    # ---- laws

    def log(self, a: Number) -> Number:
        x = self.raw(a)
        total = self.field(0)
        for f, side in ((x.numer, 1), (x.denom, -1)):
            c, factors = f.factor_list()
            for prime, n in factorint(abs(int(c))).items():
                total += side * n * self._log_of(self.field.ring(int(prime)))
            for g, n in factors:
                if not self.positive(g):
                    return super().log(a)
                total += side * n * self._log_of(g)
        return self.made(total)

    def _log_of(self, g: Any) -> Any:
        name = self._alone(g)
        if name in self.powers:
            c, base = self.powers[name]
            return c * self._log_of(base)
        if name in self.roots:
            n, base = self.roots[name]
            return self._log_of(base) / n
        letter: Any = self.atom("log", None, g)
        self.logs.setdefault(self._alone(letter.x.numer) or "", g)
        return letter.x

    def _alone(self, g: Any) -> str | None:
        """The letter that a polynomial is."""
        if len(g) != 1 or g.LC != 1 or sum(g.monoms()[0]) != 1:
            return None
        return list(self.letters)[g.monoms()[0].index(1)]

    def exp(self, a: Number) -> Number:
        x = self.raw(a)
        parts = self._by_logs(x)
        if parts is None:
            return super().exp(a)
        out = self.field(1)
        for name, c in parts.items():
            if not c:
                continue
            if name == "":
                rest: Any = super().exp(self.made(c))
                out *= self.raw(rest)
            else:
                out *= self._powered(self.logs[name], c)
        return self.made(out)

    def _by_logs(self, x: Any) -> dict[str, Any] | None:
        """x = Σ c_j log g_j + c, as the c by letter; None where it is no such sum."""
        names = list(self.letters)
        if any(m[names.index(one)] for one in self.logs for m in x.denom.monoms()):
            return None
        parts: dict[str, Any] = {}
        for m, c in x.numer.terms():
            own = [name for name in self.logs if m[names.index(name)]]
            if len(own) > 1 or any(m[names.index(name)] > 1 for name in own):
                return None
            name = own[0] if own else ""
            left = tuple(0 if names[i] == name else n for i, n in enumerate(m))
            term = self.field(self.field.ring({left: c})) / self.field(x.denom)
            parts[name] = parts.get(name, self.field(0)) + term
        return parts

    def _powered(self, g: Any, c: Any) -> Any:
        """g^c: a whole power, that of a root, or a letter of its own."""
        base = self.field(g)
        if c.numer.is_ground and c.denom.is_ground:
            p, q = int(c.numer.LC), int(c.denom.LC)
            if q == 1:
                return base**p
            letter: Any = self.atom("root", 2, g, q)
            self.roots.setdefault(self._alone(letter.x.numer) or "", (q, g))
            return letter.x**p
        negative = c.numer.LC < 0
        c = -c if negative else c
        letter = self.atom("power", 2, g, c)
        self.powers.setdefault(self._alone(letter.x.numer) or "", (c, g))
        return 1 / letter.x if negative else letter.x

    def power(self, a: Number, b: Number) -> Number:
        return self.exp(numbers.mul(b, self.log(a)))

    def larger(self, a: Number, b: Number) -> Number:
        try:
            return super().larger(a, b)
        except Open:
            return self.atom("max", None, *sorted((self.raw(a), self.raw(b)), key=str))

    # ---- what is asked

    def zero(self, x: Number) -> bool | None:
        """Whether a difference is 0: None where it is not seen to be, and might be by a law that is not known here."""
        if numbers.is_special(x):
            raise Undecided("a value that is no number")
        if numbers.is_rational(x):
            return bool(x == 0)
        f = self._without_roots(self.raw(x).numer)
        if not f:
            return True
        names = list(self.letters)
        return None if any(n and names[i] in self.signs for m in f.monoms() for i, n in enumerate(m)) else False

    def _without_roots(self, f: Any) -> Any:
        names = list(self.letters)
        for name, (n, g) in self.roots.items():
            at = names.index(name)
            out = self.field.ring(0)
            for m, c in f.terms():
                whole, left = divmod(m[at], n)
                self.budget -= len(g) ** whole
                if self.budget < 0:
                    raise Undecided("more steps than are allowed")
                term = self.field.ring({tuple(left if i == at else k for i, k in enumerate(m)): c})
                out += term * g**whole
            f = out
        return f

    def somewhere(self, x: Number) -> float:
        """A value of a rational function of positive letters, to see how far it is from 0."""
        f = self.raw(x)
        at = [Fraction(1, 7 + 2 * n) for n in range(len(self.letters))]
        top, below = (
            sum((int(c) * prod(b**k for b, k in zip(at, m, strict=True)) for m, c in g.terms()), Fraction(0))
            for g in (f.numer, f.denom)
        )
        return float(top / below) if below else numbers.NAN
