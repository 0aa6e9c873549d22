"""Numbers in SymPy's own field of rational functions, and the sign that one has where all letters are positive.

Written for checking: it shares nothing with what made a derivation but what is shared with exact evaluation, which computes with
any number that varies. An order that no sign decides is `Open`, and no derivation stands on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sympy import ZZ
from sympy.polys.fields import FracElement, FracField
from sympy.polys.orderings import lex

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Operations, Undecided, Varying
from axiomkd.verify.line import Failed


class Open(Exception):
    """An order that is not the same all over a region, or is not known to be."""


class Field:
    """Rational functions of letters. `strict` are those above 0, `weak` those at least 0, `known` signs of polynomials.

    `extra` letters, at most so many, stand for exponentials, logarithms and powers of what is no number: one for each. `budget`
    bounds the terms met in products; what goes beyond it is Open.
    """

    def __init__(
        self,
        strict: Sequence[str],
        weak: Sequence[str] = (),
        known: Sequence[tuple[Mapping, int]] = (),
        *,
        extra: int = 10,
        budget: int = 10**9,
    ):
        names = [*strict, *weak, *(f"a{n}" for n in range(extra))]
        self.field = FracField(names, ZZ, lex)
        self.strict, self.weak, self.budget = set(strict), set(weak), budget
        self.letters: dict[str, Any] = dict(zip(names, self.field.gens, strict=True))
        self.met: dict[tuple, str] = {}
        self.arguments: dict[str, tuple[str, tuple]] = {}  # what the extra letters are of
        self.signs: dict[str, int | None] = {}
        self.known = [(self.polynomial(f), sign) for f, sign in known]

    def letter(self, name: str) -> Number:
        return Ratio(self, self.letters[name])

    def polynomial(self, f: Mapping) -> Any:
        """A polynomial of the field's ring, from coefficients by monomial."""
        out = self.field.ring(0)
        for m, c in f.items():
            term = self.field.ring(c)
            for name, n in m:
                if name not in self.letters:
                    raise Failed(f"the derivation speaks of {name}, which is no letter there")
                term *= self.letters[name].numer ** n
            out += term
        return out

    def raw(self, x: Number) -> Any:
        if isinstance(x, Ratio):
            return x.x
        if not numbers.is_rational(x):
            raise Undecided("a number that is no fraction beside a rational function")
        return self.field(int(x.p)) / self.field(int(x.q))

    def made(self, x: Any) -> Number:
        self.budget -= len(x.numer) * len(x.denom)
        if self.budget < 0:
            raise Undecided("more steps than are allowed")
        if x.numer.is_ground and x.denom.is_ground:
            return numbers.rational(Fraction(int(x.numer.LC) if x.numer else 0, int(x.denom.LC)))
        return Ratio(self, x)

    def sign(self, f: Any) -> int:
        """2, 1, 0, −1 or −2: above 0, at least 0, 0, at most 0, below 0. Raises Open."""
        alone = self._of_terms(f)
        if alone is not None:
            return alone
        c, factors = f.factor_list()
        total = 2 if c > 0 else -2
        for g, power in factors:
            one = self._of_terms(g)
            if one is None and power % 2:
                raise Open(str(f))
            one = 1 if one is None else one
            for _ in range(power):
                total = 0 if not total * one else (2 if abs(total * one) == 4 else 1) * (1 if total * one > 0 else -1)
        return total

    def _of_terms(self, f: Any) -> int | None:
        for g, sign in self.known:
            if f == g or f == -g:
                return sign if f == g else -sign
        if not f:
            return 0
        found, surely = set(), False
        for m, c in f.terms():
            side, sure = (1 if c > 0 else -1), True
            for name, n in zip(self.letters, m, strict=True):
                own = self.signs.get(name, 2 if name in self.strict else 1) if n else 2
                if own is None:
                    if n % 2:
                        return None
                    sure = False
                else:
                    side *= -1 if own < 0 and n % 2 else 1
                    sure &= abs(own) == 2
            found.add(side)
            surely |= sure
        return None if len(found) > 1 else found.pop() * (2 if surely else 1)

    def positive(self, f: Any) -> bool:
        try:
            return self.sign(f) == 2
        except Open:
            return False

    def whole(self, x: Any) -> int:
        """The sign of a rational function. Raises Open."""
        top, below = self.sign(x.numer), self.sign(x.denom)
        if abs(below) != 2:
            raise Open(str(x))
        return top if below > 0 else -top

    def exactly(self, x: Any) -> int:
        found = self.whole(x)
        if abs(found) == 1:
            raise Open(str(x))
        return found // 2

    def atom(self, kind: str, sign: int | None, *key: Any) -> Number:
        name = (kind, *map(str, key))
        if name not in self.met:
            if f"a{len(self.met)}" not in self.letters:
                raise Undecided("more exponentials, logarithms and powers than there are letters for")
            self.met[name] = f"a{len(self.met)}"
            self.signs[self.met[name]] = sign
            self.arguments[self.met[name]] = kind, key
        return self.letter(self.met[name])

    def named(self, kind: str, key: Sequence[Any]) -> str | None:
        """The letter of an exponential, a logarithm or a power, where it has one."""
        return self.met.get((kind, *map(str, key)))

    def define(self, letter: str, kind: str, key: Sequence[Any]) -> None:
        """Let a letter that is of nothing yet be one. Raises Failed, Open."""
        if kind not in ("exp", "log", "power") or self.named(kind, key) is not None:
            raise Failed(f"the derivation has {letter} as a letter of what it cannot be of")
        if kind != "exp" and self.whole(key[0]) != 2:
            raise Failed(f"the derivation takes a {'logarithm' if kind == 'log' else kind} of what may be 0")
        self.met[kind, *map(str, key)] = letter
        self.signs[letter] = self._side(key[0]) if kind == "log" else 2
        self.arguments[letter] = kind, tuple(key)

    def exp(self, a: Number) -> Number:
        return self.atom("exp", 2, self.raw(a))

    def log(self, a: Number) -> Number:
        x = self.raw(a)
        return self.atom("log", self._side(x), x)

    def _side(self, x: Any) -> int | None:
        """On which side of 1 it is, where that is the same everywhere: the sign of its logarithm."""
        try:
            side = self.whole(x - 1)
        except Open:
            return None
        return side if abs(side) == 2 else None

    def power(self, a: Number, b: Number) -> Number:
        if self.exactly(self.raw(a)) > 0:
            return self.atom("power", 2, self.raw(a), self.raw(b))
        raise Undecided("a power of 0")

    def larger(self, a: Number, b: Number) -> Number:
        return a if self.whole(self.raw(a) - self.raw(b)) >= 0 else b

    def magnitude(self, a: Number) -> Number:
        return a if self.whole(self.raw(a)) >= 0 else numbers.neg(a)


class Ratio(Varying):
    """An element of a field."""

    __slots__ = ("home", "x")

    def __init__(self, home: Field, x: FracElement):
        self.home, self.x = home, x

    def ball(self) -> Any:
        raise Undecided("a rational function has no one value")

    def sign(self) -> int:
        return self.home.exactly(self.x)

    def to_float(self) -> float:
        return numbers.NAN


def _at(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function at the home of its operands."""
    return lambda *xs: function(next(x.home for x in xs if isinstance(x, Ratio)), *xs)


def _arithmetic(function: Callable[..., Any]) -> Callable[..., Number]:
    return _at(lambda home, *xs: home.made(function(*map(home.raw, xs))))


def _none(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise Undecided(f"{name} of a rational function")

    return refuse


Ratio.operations = Operations(
    add=_arithmetic(lambda x, y: x + y),
    sub=_arithmetic(lambda x, y: x - y),
    mul=_arithmetic(lambda x, y: x * y),
    div=_arithmetic(lambda x, y: x / y),
    neg=_arithmetic(lambda x: -x),
    exp=_at(lambda home, a: home.exp(a)),
    log=_at(lambda home, a: home.log(a)),
    power=_at(lambda home, a, b: home.power(a, b)),
    maximum=_at(lambda home, a, b: home.larger(a, b)),
    minimum=_at(lambda home, a, b: numbers.neg(home.larger(numbers.neg(a), numbers.neg(b)))),
    absolute=_at(lambda home, a: home.magnitude(a)),
    floor=_none("the whole part"),
    compare=_at(lambda home, a, b: home.exactly(home.raw(a) - home.raw(b))),
    function=_none("a function"),
)
