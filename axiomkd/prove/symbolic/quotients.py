"""Numbers that are quotients of polynomials with whole coefficients, over all points of a region at once.

`tracing.numbers` computes with them as with any number that varies. A denominator is a list of polynomials, each above 0 on
the region. An order asks the region for a sign; where it knows none, that is a `regions.Split`. Exponentials, logarithms and
roots are letters of their own, one for each argument: that they depend on it is forgotten, so more points are covered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from axiomkd.core.late import late
from axiomkd.prove.symbolic.regions import Purse, Region
from axiomkd.prove.symbolic.signs import POSITIVE, Signs
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE, ZERO, Number, Operations, Undecided, Varying

if TYPE_CHECKING:
    import sympy
    from sympy.polys import rings
    from sympy.polys.rings import PolyElement
else:
    sympy, rings = late("sympy"), late("sympy.polys.rings")

LETTERS = 10  # kept free for exponentials, logarithms and roots
LONGEST = 600  # terms of a numerator
COMMON = 8  # steps a pair of terms, for a greatest common divisor


class Home:
    """One run over one region: its ring of polynomials, and the letters met so far. `purse` pays for every step."""

    def __init__(self, region: Region, purse: Purse):
        names = [*region.names, *(f"a{n}" for n in range(LETTERS))]
        self.ring, *letters = rings.ring(names, sympy.ZZ)
        self.region, self.purse = region, purse
        self.letters = dict(zip(names, letters, strict=True))
        self.met: dict[tuple, PolyElement] = {}
        self.arguments: dict[
            str, tuple[str, tuple[Any, ...]]
        ] = {}  # of the letters met: what they are of, as fractions
        self.fractions = self.ring.to_field()
        self.split_letters = {step.extra for step in region.steps}
        self.signs = Signs(self.ring, region, purse, {}, self.value)
        self._point = [3 + 2 * n * (n + 4) + 7 * n for n in range(len(names))]
        self._values: dict[PolyElement, int] = {}

    # ---- to and from numbers

    def letter(self, name: str) -> Number:
        return Quotient(self, self.letters[name], ())

    def quotient(self, x: Number) -> Quotient:
        if isinstance(x, Quotient):
            return x
        if not numbers.is_rational(x):
            raise Undecided("a number that is no fraction beside a quotient of polynomials")
        return Quotient(self, self.ring(int(x.p)), (self.ring(int(x.q)),) if x.q != 1 else ())

    def made(self, num: PolyElement, den: Sequence[PolyElement]) -> Number:
        """The quotient with what divides out taken out; a number where nothing varies any more."""
        if not num:
            return ZERO
        if len(num) > LONGEST:
            raise Undecided("the polynomials grow too long")
        kept, below = [], 1
        for factor in den:
            if factor.is_ground:
                below *= int(factor.LC)
                continue
            divided = self._divided(num, factor)
            if divided is None:
                kept.append(factor)
            else:
                num = divided
        content = int(num.content())
        common = Fraction(content, below)
        num = num.quo_ground(content).mul_ground(common.numerator)
        if not kept and num.is_ground:
            return numbers.rational(Fraction(int(num.LC), common.denominator))
        if common.denominator != 1:
            kept.append(self.ring(common.denominator))
        return Quotient(self, num, tuple(kept))

    def _divided(self, num: PolyElement, factor: PolyElement) -> PolyElement | None:
        """num / factor where that is a polynomial. Values at one point rule out most of the divisions that don't go."""
        if self.value(num) % self.value(factor):
            return None
        self.purse.spend(len(num) * len(factor))
        found: Any = num.div(factor)
        quotient, rest = found
        return None if rest else quotient

    def value(self, x: PolyElement) -> int:
        """The polynomial at one point of whole numbers."""
        if x not in self._values:
            total = 0
            for powers, c in x.terms():
                for base, power in zip(self._point, powers, strict=True):
                    c *= base**power if power else 1
                total += c
            self._values[x] = int(total)
        return self._values[x]

    def product(self, xs: Sequence[PolyElement]) -> PolyElement:
        out = self.ring(1)
        for x in xs:
            out = self.times(out, x)
        return out

    def times(self, x: PolyElement, y: PolyElement) -> PolyElement:
        self.purse.spend(len(x) * len(y))
        return x * y

    def atom(self, kind: str, sign: int | None, *key: Number) -> Number:
        """The letter of an exponential, a logarithm or a root of these arguments: the same for the same ones."""
        name = (kind, *(_key(x) for x in key))
        if name not in self.met:
            if len(self.met) == LETTERS:
                raise Undecided(f"more than {LETTERS} exponentials, logarithms and roots")
            letter = f"a{len(self.met)}"
            self.met[name] = self.letters[letter]
            self.signs.letters[letter] = sign
            self.arguments[letter] = kind, tuple(self._fraction(x) for x in key)
        return Quotient(self, self.met[name], ())

    def _fraction(self, x: Number) -> Any:
        x = self.quotient(x)
        return self.fractions(x.num) / self.fractions(self.product(x.den))

    def lettered(self, kind: str, of: Sequence[Any]) -> Any:
        """The letter of an exponential, a logarithm or a power of fractions, as a fraction; its sign is asked for as ever."""
        xs = [self._quotient_of(one) for one in of]
        made = {"exp": numbers.exp, "log": numbers.log, "power": numbers.power}[kind](*xs)
        return self._fraction(made)

    def _quotient_of(self, x: Any) -> Number:
        """A fraction as a number; what is below is above 0."""
        below = x.denom if self.signs.exactly(x.denom) > 0 else -x.denom
        return self.made(x.numer if below == x.denom else -x.numer, (below,))


def _key(x: Number) -> Any:
    if not isinstance(x, Quotient):
        return str(x)
    num, den = x.num, x.home.product(x.den)
    x.home.purse.spend(COMMON * len(num) * len(den))
    common: Any = num.gcd(den)
    top: Any = num.exquo(common)
    below: Any = den.exquo(common)
    return (top, below) if below.LC > 0 else (-top, -below)


class Quotient(Varying):
    """num over the product of den, on the region of its home."""

    __slots__ = ("home", "num", "den")

    def __init__(self, home: Home, num: PolyElement, den: tuple[PolyElement, ...]):
        self.home, self.num, self.den = home, num, den

    def ball(self) -> Any:
        raise Undecided("a quotient of polynomials has no one value")

    def to_float(self) -> float:
        return numbers.NAN

    def sign(self) -> int:
        """−1, 0 or 1. Raises Split where that differs over the region, or is not known."""
        return self.home.signs.exactly(self.num)


def _shared(a: Sequence[PolyElement], b: Sequence[PolyElement]) -> tuple[list[PolyElement], ...]:
    """The factors that both have, and what each has besides."""
    common: list[PolyElement] = []
    left, right = [], list(b)
    for d in a:
        if d in right:
            right.remove(d)
            common.append(d)
        else:
            left.append(d)
    return common, left, right


def _add(home: Home, a: Number, b: Number) -> Number:
    x, y = home.quotient(a), home.quotient(b)
    common, left, right = _shared(x.den, y.den)
    num = home.times(x.num, home.product(right)) + home.times(y.num, home.product(left))
    return home.made(num, [*common, *left, *right])


def _negative(home: Home, a: Number) -> Number:
    x = home.quotient(a)
    return Quotient(home, -x.num, x.den)


def _mul(home: Home, a: Number, b: Number) -> Number:
    x, y = home.quotient(a), home.quotient(b)
    return home.made(home.times(x.num, y.num), [*x.den, *y.den])


def _div(home: Home, a: Number, b: Number) -> Number:
    """b is not 0 anywhere: `numbers.div` has asked for its sign."""
    x, y = home.quotient(a), home.quotient(b)
    sign = home.signs.exactly(y.num)
    _, top, bottom = _shared(y.den, x.den)
    num = home.times(x.num, home.product(top))
    return home.made(num if sign > 0 else -num, [*bottom, y.num if sign > 0 else -y.num])


def _difference(home: Home, a: Number, b: Number) -> Number:
    return _add(home, a, numbers.neg(b))


def _compare(home: Home, a: Number, b: Number) -> int:
    return numbers.sign_of(_difference(home, a, b))


def _no_less(home: Home, a: Number, b: Number) -> bool:
    """a ≥ b on the region, or else a ≤ b. Where both hold the answer makes no difference to who asks."""
    gap = _difference(home, a, b)
    return (home.signs.loosely(gap.num) if isinstance(gap, Quotient) else numbers.sign_of(gap)) >= 0


def _extremum(larger: bool) -> Callable[[Home, Number, Number], Number]:
    return lambda home, a, b: a if _no_less(home, a, b) == larger else b


def _absolute(home: Home, a: Number) -> Number:
    return a if _no_less(home, a, ZERO) else numbers.neg(a)


def _exp(home: Home, a: Number) -> Number:
    return home.atom("exp", POSITIVE, a)


def _log(home: Home, a: Number) -> Number:
    """`numbers.log` has asked for the sign of a; that of its logarithm is the side of 1 on which it lies."""
    x = home.quotient(a)
    sign, culprit = home.signs.of(home.quotient(_difference(home, x, ONE)).num)
    return home.atom("log", sign if culprit is None and abs(sign) == 2 else None, a)


def _power(home: Home, a: Number, b: Number) -> Number:
    """a to a power that is not whole; `numbers.power` has asked for the sign of a."""
    if numbers.is_rational(a) or home.signs.exactly(home.quotient(a).num) > 0:
        return home.atom("power", POSITIVE, a, b)
    if numbers.is_rational(b) and b > 0:
        return ZERO
    raise Undecided("a power of 0")


def _on(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function at the home of its operands, for one step."""

    def operate(*xs: Any) -> Any:
        home = next(x.home for x in xs if isinstance(x, Quotient))
        home.purse.spend(1)
        return function(home, *xs)

    return operate


def _none(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise Undecided(f"{name} of a quotient of polynomials")

    return refuse


Quotient.operations = Operations(
    add=_on(_add),
    sub=_on(_difference),
    mul=_on(_mul),
    div=_on(_div),
    neg=_on(_negative),
    exp=_on(_exp),
    log=_on(_log),
    power=_on(_power),
    maximum=_on(_extremum(True)),
    minimum=_on(_extremum(False)),
    absolute=_on(_absolute),
    floor=_none("the whole part"),
    compare=_on(_compare),
    function=_none("a function"),
)
