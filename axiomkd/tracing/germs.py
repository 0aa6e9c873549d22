"""Numbers that depend on ε, known for every ε in (0, δ] at once, δ = 2^-(2^60): what holds of all of them holds in the limit.

Finitely many values settle no limit: tanh(1e12 / log log(1/ε)) is 1 wherever it can be written, and tends to 0. A germ is
one of three forms, where L = log(1/ε), and u is a ball around what is left, for all those ε together:

    Ratio   p(ε)/q(ε), exact polynomials over the rationals
    Term    ε^a L^b u, with real a and b
    Line    c L + u, c ≠ 0: the logarithm of a term

What has no such form raises `Undecided`. `at` is the value at one small ε. It decides a comparison only where both sides
are within 2^-500 of each other on all of (0, δ]: nothing slow is. Knows no arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE, ZERO, Number, Operations, Undecided, Varying, arb, ball, fmpq, fmpq_poly

DELTA_BITS = 1 << 60
TOGETHER = Fraction(1, 2**500)
LONGEST = 64  # degree of exact polynomials; of longer ones leading terms are kept


@dataclass(frozen=True, slots=True)
class Ratio:
    p: Any
    q: Any


@dataclass(frozen=True, slots=True)
class Term:
    a: Number
    b: Number
    u: Any


@dataclass(frozen=True, slots=True)
class Line:
    c: Number
    u: Any


Form = Ratio | Term | Line


class Germ(Varying):
    """A form, and its value at the small ε: None where that is not known."""

    __slots__ = ("form", "at")

    def __init__(self, form: Form, at: Number | None):
        self.form, self.at = form, at

    # What `numbers` asks of a number that varies.

    def ball(self) -> Any:
        return _bounded(self.form)

    def sign(self) -> int:
        return _sign(self)

    def to_float(self) -> float:
        return numbers.NAN if self.at is None else numbers.to_float(self.at)


def epsilon(at: Number) -> Germ:
    """ε itself, with its one small value."""
    return Germ(Ratio(fmpq_poly([0, 1]), fmpq_poly([1])), at)


def about(at: Number, every: Any) -> Number:
    """A number that lies in the ball `every` for all ε, and is `at` for the small one."""
    return at if numbers.is_rational(every) else Germ(Term(ZERO, ZERO, every), at)


def unbounded(x: Number) -> bool:
    """Whether |x| grows beyond all bounds as ε goes to 0. Raises `Undecided` where neither that nor a bound is known."""
    if not isinstance(x, Germ):
        return False
    if isinstance(x.form, Line):
        return True
    term = _term(x.form)
    a, b = numbers.sign_of(term.a), _sign_or_none(term.b)
    grows = a < 0 or a == 0 and b == 1
    if grows and not (term.u > 0 or term.u < 0):
        raise Undecided("whether a quantity grows without bound, or is 0")
    if not grows:
        x.ball()
    return grows


def enclosure(x: Number) -> Any:
    """A ball around all values of x as ε goes to 0; an exact number as it is."""
    return x.ball() if isinstance(x, Germ) else x


# ---- forms


def _form(x: Number) -> Form:
    if isinstance(x, Germ):
        return x.form
    if numbers.is_rational(x):
        return Ratio(fmpq_poly([x]), fmpq_poly([1]))
    return Term(ZERO, ZERO, ball(x))


def _made(form: Form, at: Number | None) -> Number:
    """The germ, or the number itself where it no longer depends on ε."""
    if isinstance(form, Ratio):
        common = form.p.gcd(form.q)
        p, q = divmod(form.p, common)[0], divmod(form.q, common)[0]
        if p.degree() <= 0 and q.degree() <= 0:
            return p[0] / q[0]
        form = Ratio(p, q)
        if max(p.degree(), q.degree()) > LONGEST:
            form = _term(form)
    return Germ(form, at)


def _at(function: Callable[..., Number], *xs: Number) -> Number | None:
    values = [x.at if isinstance(x, Germ) else x for x in xs]
    if any(x is None for x in values):
        return None
    with suppress(Undecided):
        return function(*values)
    return None


def _term(form: Form) -> Term:
    if isinstance(form, Term):
        return form
    if isinstance(form, Line):
        return Term(ZERO, ONE, ball(form.c) + form.u * _power_of_L(-1))
    if form.p.degree() < 0:
        return Term(ZERO, ZERO, arb(0))
    (m, p), (n, q) = _leading(form.p), _leading(form.q)
    return Term(fmpq(m - n), ZERO, p / q)


def _leading(p: Any) -> tuple[int, Any]:
    """m and a ball u with p(ε) = ε^m u."""
    coefficients = p.coeffs()
    m = next(n for n, c in enumerate(coefficients) if c != 0)
    return m, arb(coefficients[m]) + _tiny(1) * sum((abs(arb(c)) for c in coefficients[m + 1 :]), arb(0))


def _tiny(a: Number) -> Any:
    """A ball around ±ε^a for every ε, a > 0."""
    top = _delta_to(a)
    return top.union(-top)


def _delta_to(a: Number) -> Any:
    return (arb(-DELTA_BITS) * arb(2).log() * ball(numbers.number(a))).exp()


def _least_L() -> Any:
    return arb(DELTA_BITS) * arb(2).log()


def _power_of_L(b: Number) -> Any:
    """A ball around L^b for every ε, b < 0."""
    return arb(0).union(_least_L() ** ball(numbers.number(b)))


def _reach(a: Number, b: Number) -> Any | None:
    """A ball around ε^a L^b for every ε: None where that is unbounded, or not known to be bounded."""
    side = _sign_or_none(a)
    if side is None or side < 0:
        return None
    if side == 0:
        of_L = _sign_or_none(b)
        return arb(1) if of_L == 0 else _power_of_L(b) if of_L == -1 else None
    if not bool(ball(a) * _least_L() > ball(b)):  # ε^a L^b falls with ε where a L > b
        return None
    return arb(0).union(_at_delta(a, b))


def _grows(a: Number, b: Number) -> bool:
    """Whether ε^a L^b grows, or stays, as ε falls from δ: a L ≤ b, for all L from there on."""
    return bool(ball(a) <= 0) and bool(ball(a) * _least_L() <= ball(b))


def _at_delta(a: Number, b: Number) -> Any:
    return _delta_to(a) * _least_L() ** ball(b)


def _sign_or_none(x: Number) -> int | None:
    try:
        return numbers.sign_of(x)
    except Undecided:
        return None


def _bounded(form: Form) -> Any:
    term = _term(form)
    reach = _reach(term.a, term.b)
    if reach is None:
        raise Undecided("a quantity that grows without bound, or that may")
    return _settled(term.u * reach)


def _settled(u: Any) -> Any:
    return numbers.settled(u, "a limit")


# ---- arithmetic of forms


def _add(f: Form, g: Form) -> Form:
    if isinstance(f, Ratio) and isinstance(g, Ratio):
        return Ratio(f.p * g.q + g.p * f.q, f.q * g.q)
    if isinstance(f, Line) and isinstance(g, Line):
        c = numbers.add(f.c, g.c)
        return Term(ZERO, ZERO, f.u + g.u) if numbers.is_rational(c) and c == 0 else Line(c, f.u + g.u)
    if isinstance(g, Line):
        f, g = g, f
    if isinstance(f, Line):
        with suppress(Undecided):
            return Line(f.c, f.u + _bounded(g))
    return _add_terms(_term(f), _term(g))


def _add_terms(f: Term, g: Term) -> Term:
    """The one that dominates, and the other as a part of it."""
    if f.u.is_zero() or g.u.is_zero():
        return g if f.u.is_zero() else f
    for one, other in ((f, g), (g, f)):
        part = _reach(numbers.sub(other.a, one.a), numbers.sub(other.b, one.b))
        if part is not None:
            return Term(one.a, one.b, _settled(one.u + other.u * part))
    raise Undecided("which of two terms is the larger in the limit")


def _times(f: Form, g: Form) -> Form:
    if isinstance(f, Ratio) and isinstance(g, Ratio):
        return Ratio(f.p * g.p, f.q * g.q)
    if isinstance(g, Line):
        f, g = g, f
    if isinstance(f, Line) and isinstance(g, Ratio) and g.q[0] != 0 and g.p[0] != 0:
        # (c L + u)(r + O(ε)) = c r L + what is bounded: an exponent of ε stays exact
        r = g.p[0] / g.q[0]
        rest = _term(_add(g, Ratio(fmpq_poly([-r]), fmpq_poly([1]))))
        more = arb(0) if rest.u == 0 else _bounded(Term(rest.a, numbers.add(rest.b, ONE), rest.u))
        return Line(numbers.mul(f.c, r), _settled(f.u * _bounded(g) + ball(f.c) * more))
    f, g = _term(f), _term(g)
    return Term(numbers.add(f.a, g.a), numbers.add(f.b, g.b), _settled(f.u * g.u))


def _inverse(f: Form) -> Form:
    if isinstance(f, Ratio):
        return Ratio(f.q, f.p)
    f = _term(f)
    if not (f.u > 0 or f.u < 0):
        raise Undecided("a division by what may be 0 in the limit")
    if numbers.is_rational(f.a) and numbers.is_rational(f.b) and f.a == 0 and f.b == -1 and f.u == 1:
        return Line(ONE, arb(0))  # of 1/L: L itself
    return Term(numbers.neg(f.a), numbers.neg(f.b), _settled(1 / f.u))


def _log(f: Form) -> Form:
    if (
        isinstance(f, Ratio) and f.p[0] == f.q[0] != 0
    ):  # log(1 + x) = x (1 + O(x)), of x's own order: entropies divide by it
        x = _term(Ratio(f.p - f.q, f.q))
        size = _bounded(x)
        return Term(x.a, x.b, x.u * (1 + size.union(-size)))
    f = _term(f)
    if not f.u > 0:
        raise Undecided("a logarithm of what may be 0 in the limit")
    a, b = (_sign_or_none(x) for x in (f.a, f.b))
    if b == 0:
        return Term(ZERO, ZERO, f.u.log()) if a == 0 else Line(numbers.neg(f.a), f.u.log())
    if a in (1, -1):  # L (−a + (b log L + log u)/L), and (log L)/L falls with ε
        least = _least_L()
        return Term(ZERO, ONE, -ball(f.a) + ball(f.b) * arb(0).union(least.log() / least) + f.u.log() * _power_of_L(-1))
    raise Undecided("a logarithm of a logarithm: too slow to tell its limit")


def _exp(f: Form) -> Form:
    if isinstance(f, Line):
        return Term(numbers.neg(f.c), ZERO, _settled(f.u.exp()))
    with suppress(Undecided):
        return Term(ZERO, ZERO, _settled(_bounded(f).exp()))
    term = _term(f)
    a, b = _sign_or_none(term.a), _sign_or_none(numbers.sub(term.b, ONE))
    if a == 0 and b == 0:
        return Term(-term.u, ZERO, arb(1))
    if term.u < 0 and (a == -1 or a == 0 and b == 1) and _grows(term.a, numbers.sub(term.b, ONE)):
        # at most exp(−c L) with the least c = |u| ε^a L^(b−1), which is that at δ
        least = abs(term.u) * _at_delta(term.a, numbers.sub(term.b, ONE))
        return Term(ball(numbers.rational(int(min(float(least.lower()), 1e6)))), ZERO, arb(0).union(arb(1)))
    raise Undecided("an exponential that grows without bound, or may")


def _raised(f: Form, n: Number) -> Form:
    """A positive form to a power that does not depend on ε."""
    f = _term(f)
    if not f.u > 0:
        raise Undecided("a power of what may be 0 in the limit")
    return Term(numbers.mul(f.a, n), numbers.mul(f.b, n), _settled((f.u.log() * ball(n)).exp()))


# ---- order


def _sign(x: Germ) -> int:
    form = x.form
    if isinstance(form, Ratio):
        if form.p.degree() < 0:
            return 0
        (_, p), (_, q) = _leading(form.p), _leading(form.q)
        return (1 if p > 0 else -1) * (1 if q > 0 else -1)
    u = _term(form).u
    if u > 0 or u < 0:
        return 1 if u > 0 else -1
    if u.is_zero():
        return 0
    low, high = numbers.bounds(_bounded(form))
    if x.at is None or max(-low, high) > TOGETHER:
        raise Undecided("a sign in the limit")
    return numbers.sign_of(x.at)


def _compare(a: Number, b: Number) -> int:
    return 0 if a is b else numbers.sign_of(numbers.sub(a, b))


# ---- what `numbers` calls


def _sum(a: Number, b: Number) -> Number:
    return _made(_add(_form(a), _form(b)), _at(numbers.add, a, b))


def _difference(a: Number, b: Number) -> Number:
    minus = _times(_form(b), Ratio(fmpq_poly([-1]), fmpq_poly([1])))
    return _made(_add(_form(a), minus), _at(numbers.sub, a, b))


def _product(a: Number, b: Number) -> Number:
    if any(numbers.is_rational(x) and x == 0 for x in (a, b)):
        return ZERO
    form = _times_constant(_form(a), b) or _times_constant(_form(b), a) or _times(_form(a), _form(b))
    if a is b and isinstance(form, Term):
        form = Term(form.a, form.b, form.u.nonnegative_part())
    return _made(form, _at(numbers.mul, a, b))


def _quotient(a: Number, b: Number) -> Number:
    if numbers.is_rational(a) and a == 0:
        return ZERO
    inverse = _inverse(_form(b))
    return _made(_times_constant(inverse, a) or _times(_form(a), inverse), _at(numbers.div, a, b))


def _times_constant(f: Form, x: Number) -> Form | None:
    """A line times an exact number that does not depend on ε: log p · L keeps an exact slope, so that equal powers of ε meet as
    equals. None where it is no such product."""
    if not isinstance(f, Line) or isinstance(x, Germ | arb):
        return None
    return Line(numbers.mul(f.c, x), _settled(f.u * ball(x)))


def _negative(a: Number) -> Number:
    return _difference(ZERO, a)


def _exponential(a: Number) -> Number:
    return _made(_exp(_form(a)), _at(numbers.exp, a))


def _logarithm(a: Number) -> Number:
    return _made(_log(_form(a)), _at(numbers.log, a))


def _power(a: Number, b: Number) -> Number:
    """A positive base, or a whole exponent was taken care of."""
    if not isinstance(b, Germ):
        return _made(_raised(_form(a), b), _at(numbers.power, a, b))
    return numbers.exp(numbers.mul(b, numbers.log(a)))


def _extremum(side: int) -> Callable[[Number, Number], Number]:
    function = numbers.maximum if side == 1 else numbers.minimum

    def extremum(a: Number, b: Number) -> Number:
        try:
            return a if _compare(a, b) * side >= 0 else b
        except Undecided:
            join = (lambda x, y: x.max(y)) if side == 1 else (lambda x, y: x.min(y))
            return Germ(_joined(a, b, join), _at(function, a, b))

    return extremum


def either(a: Number, b: Number) -> Number:
    """What is a or b, for each ε. Raises `Undecided` where they are of different orders and one has no bound."""
    return Germ(_joined(a, b, lambda x, y: x.union(y)), None)


def _joined(a: Number, b: Number, join: Callable[[Any, Any], Any]) -> Form:
    """Two numbers joined by their balls: by those beside a growth that both have in common, or else as they are."""
    f, g = _form(a), _form(b)
    if isinstance(f, Line) and isinstance(g, Line) and _same(f.c, g.c):
        return Line(f.c, join(f.u, g.u))
    f, g = _term(f), _term(g)
    if _same(f.a, g.a) and _same(f.b, g.b):
        return Term(f.a, f.b, join(f.u, g.u))
    return Term(ZERO, ZERO, join(ball(a), ball(b)))


def _same(x: Number, y: Number) -> bool:
    return numbers.is_rational(x) and numbers.is_rational(y) and x == y


def _absolute(a: Number) -> Number:
    try:
        return _negative(a) if numbers.sign_of(a) < 0 else a
    except Undecided:
        term = _term(_form(a))
        return Germ(Term(term.a, term.b, abs(term.u)), _at(numbers.absolute, a))


def _floor(a: Number) -> Number:
    """The whole part: of what is whole in the limit, by the side from which it comes."""
    low, high = numbers.bounds(ball(a))
    nearest = round(low)
    if low // 1 == high // 1:
        return fmpq(int(low // 1))
    if not max(high - nearest, nearest - low) < Fraction(1, 2):
        raise Undecided("a whole part in the limit")
    return fmpq(nearest if numbers.sign_of(numbers.sub(a, fmpq(nearest))) >= 0 else nearest - 1)


def function(
    name: str, method: Callable[[Any], Any], plain: Callable[[Number], Number], limits: tuple[Number, Number], x: Germ
) -> Number:
    """A function by its ball; where x is unbounded and the function is not, from its value at the nearest x to its limit."""
    try:
        u = numbers.settled(method(ball(x)), name)
    except Undecided:
        limit = limits[_sign(x) > 0]
        if numbers.is_special(limit):
            raise
        term = _term(x.form)
        if not _grows(term.a, term.b):
            raise
        u = numbers.settled(method(term.u * _at_delta(term.a, term.b)).union(ball(limit)), name)
    return Germ(Term(ZERO, ZERO, u), _at(plain, x))


Germ.operations = Operations(
    add=_sum,
    sub=_difference,
    mul=_product,
    div=_quotient,
    neg=_negative,
    exp=_exponential,
    log=_logarithm,
    power=_power,
    maximum=_extremum(1),
    minimum=_extremum(-1),
    absolute=_absolute,
    floor=_floor,
    compare=_compare,
    function=function,
)
