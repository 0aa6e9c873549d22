"""The number tower of exact evaluation, and its arithmetic one number at a time.

    fmpq          an exact rational
    Logs, Powers  an exact irrational (see `logarithms`)
    arb           a ball: the real number meant lies within it, whatever is rounded is rounded outward
    float         inf, −inf or nan, and nothing else
    Varying       a number that depends on another, known for many values of it at once (see `germs`)

An operation stays as high in this list as it can. At the edges it does what IEEE arithmetic does, with one zero, +0.
What a ball can't decide raises `Undecided`: a guess never leaves this module, nor does a ball that holds no
information. The module refuses to know arrays and JAX, and it alone imports flint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import flint
import numpy as np
from flint import arb, fmpq, fmpq_poly  # noqa: F401  (for `germs`)

from axiomkd.tracing import logarithms
from axiomkd.tracing.digits import meet, rounded_to, shortest
from axiomkd.tracing.logarithms import Logs, Powers

Number = Any  # fmpq | Logs | Powers | arb | float(inf, -inf, nan): flint ships no types that a checker could use

INF, NAN = math.inf, math.nan
ZERO, ONE, TWO, HALF = fmpq(0), fmpq(1), fmpq(2), fmpq(1, 2)

REFINEMENTS = 4  # an exact irrational is evaluated at up to 2^4 times the precision before a sign is given up
WRITTEN_BITS = logarithms.WRITTEN_BITS
EXPONENT_BITS = 512  # a whole power beyond 2^this is not followed
FRACTION_BITS = 1 << 20  # a bound beyond 2^±this is not written as a fraction
LONGEST_BITS = 1 << 17
"""A product with more bits than this is carried on as a ball: iterations such as Newton's double a fraction's length with
each step, and a thousand 64-bit numbers over one denominator have half as many."""


class Undecided(Exception):
    """A question that the balls at this precision can't answer; the text says which."""


def any_known(questions: Iterable[Callable[[], bool]]) -> bool:
    """Whether the answer to one of them is yes; where none is known to be, raises the first Undecided of the open ones."""
    still_open = None
    for question in questions:
        try:
            if question():
                return True
        except Undecided as e:
            still_open = still_open or e
    if still_open is not None:
        raise still_open
    return False


@dataclass(frozen=True)
class Operations:
    """What one kind of number that varies computes with. An operand may be any other number; one of them is of the kind.

    `compare` gives the sign of a − b; `function(name, method, plain, limits, x)` a function by its ball `method`.
    """

    add: Callable[[Any, Any], Any]
    sub: Callable[[Any, Any], Any]
    mul: Callable[[Any, Any], Any]
    div: Callable[[Any, Any], Any]
    neg: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    power: Callable[[Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    minimum: Callable[[Any, Any], Any]
    absolute: Callable[[Any], Any]
    floor: Callable[[Any], Any]
    compare: Callable[[Any, Any], int]
    function: Callable[..., Any]


class Varying:
    """A number that stands for many at once, and brings what it takes to compute with it (`germs`)."""

    __slots__ = ()
    operations: ClassVar[Operations]

    def ball(self) -> Any:
        raise NotImplementedError

    def sign(self) -> int:
        raise NotImplementedError

    def to_float(self) -> float:
        raise NotImplementedError

    def __add__(self, other: Any):
        return add(self, number(other))

    def __sub__(self, other: Any):
        return sub(self, number(other))

    def __rsub__(self, other: Any):
        return sub(number(other), self)

    def __mul__(self, other: Any):
        return mul(self, number(other))

    def __truediv__(self, other: Any):
        return div(self, number(other))

    def __rtruediv__(self, other: Any):
        return div(number(other), self)

    def __pow__(self, n: int):
        return power(self, rational(n))

    def __neg__(self):
        return neg(self)

    __radd__, __rmul__ = __add__, __mul__


def _applied(name: str, *xs: Any) -> Any:
    varying = next(x for x in xs if isinstance(x, Varying))
    return getattr(type(varying).operations, name)(*xs)


class precision:
    """`with precision(bits):` makes balls with that many bits, and restores the former precision after."""

    def __init__(self, bits: int):
        self.bits = bits

    def __enter__(self) -> None:
        self.before = flint.ctx.prec
        flint.ctx.prec = self.bits

    def __exit__(self, *exception: object) -> None:
        flint.ctx.prec = self.before


# ---- from and to other kinds of numbers


def rational(x: Any) -> Number:
    """The exact rational that x denotes: a float by its shortest decimal, a hexadecimal float by its binary value."""
    if type(x) is fmpq:
        return x
    if isinstance(x, str):
        text = x.strip()
        return dyadic(float.fromhex(text)) if "0x" in text.lower() else _of_fraction(Fraction(text))
    if isinstance(x, (bool, np.bool_, int, np.integer, flint.fmpz)):
        return fmpq(int(x))
    if isinstance(x, Fraction):
        return _of_fraction(x)
    return _of_fraction(Fraction(shortest(x)))


def number(x: Any) -> Number:
    """x as a number of the tower: as `rational`, and inf, −inf and nan as they are."""
    if isinstance(x, (Logs, Powers, arb, fmpq, Varying)):
        return x
    if isinstance(x, (str, bool, int, Fraction)) or not math.isinf(float(x)) and not math.isnan(float(x)):
        found, unit = _of_literal(x)
        if unit:
            meet(unit)
        return found
    return float(x)


@lru_cache(maxsize=4096, typed=True)
def _of_literal(x: Any) -> tuple[Number, float]:
    return rational(x), rounded_to(x)


def _of_fraction(x: Fraction) -> Number:
    return fmpq(x.numerator, x.denominator)


def dyadic(x: float) -> Number:
    """The exact binary value of a float."""
    return _of_fraction(Fraction(float(x)))


def dyadic_ball(middle: Number, n: int) -> Number:
    """The ball of radius 2^-n around a rational."""
    return arb(middle) + arb(0, arb(fmpq(1, 2) ** n))


def as_fraction(x: Number) -> Fraction:
    """An exact rational as a Fraction; ValueError for anything else."""
    if type(x) is not fmpq:
        raise ValueError(f"{text(x)} is no exact rational; take its bounds instead")
    return Fraction(int(x.p), int(x.q))


def is_rational(x: Number) -> bool:
    return type(x) is fmpq


def is_special(x: Number) -> bool:
    """Whether x is inf, −inf or nan."""
    return type(x) is float


def is_number(x: Any) -> bool:
    """Whether x belongs to the tower."""
    if type(x) is float:
        return math.isinf(x) or math.isnan(x)
    return isinstance(x, (fmpq, Logs, Powers, arb, Varying))


def bounds(x: Number) -> tuple[Fraction, Fraction]:
    """Fractions lower ≤ x ≤ upper, equal for a rational; ValueError for inf, −inf, nan, or a size beyond 2^(2^20)."""
    if is_special(x):
        raise ValueError(f"{x} has no bounds")
    if type(x) is fmpq:
        return as_fraction(x), as_fraction(x)
    b = ball(x)
    middle, radius = _binary(b.mid(), up=None), _binary(b.rad(), up=True)
    if middle is None:  # |middle| below 2^-FRACTION_BITS: widen by that much rather than write it out
        tiny = Fraction(1, 1 << FRACTION_BITS)
        return -tiny - radius, tiny + radius
    return middle - radius, middle + radius


def _binary(x: Number, *, up: bool | None) -> Any:
    """An exact ball as a Fraction; one too small to write becomes None, or a larger bound where up is True."""
    mantissa, exponent = (int(part) for part in x.man_exp())
    size = mantissa.bit_length() + exponent
    if mantissa and size > FRACTION_BITS:
        raise ValueError(f"a number near 2^{size} is too large to be written as a fraction")
    if mantissa and exponent < -2 * FRACTION_BITS:
        return Fraction(1, 1 << FRACTION_BITS) if up and size <= -FRACTION_BITS else _coarse(mantissa, exponent)
    return Fraction(mantissa) * Fraction(2) ** exponent


def _coarse(mantissa: int, exponent: int) -> Fraction | None:
    if mantissa.bit_length() + exponent <= -FRACTION_BITS:
        return None
    raise ValueError(f"a number with {mantissa.bit_length()} bits is too long to be written as a fraction")


def to_float(x: Number) -> float:
    """A nearest float, for display."""
    if is_special(x):
        return x
    if type(x) is fmpq:
        try:
            return int(x.p) / int(x.q)
        except OverflowError:
            return INF * sign_of(x)
    return x.to_float() if isinstance(x, Varying) else float(ball(x).mid())


def text(x: Number) -> str:
    """'3/40' for a rational, a decimal with its radius for a ball."""
    if is_special(x) or type(x) is fmpq:
        return str(x)
    return ball(x).str(15)


# ---- balls


def ball(x: Number) -> Number:
    """A ball around a finite number, at the present precision or better."""
    if type(x) is arb:
        return x
    if type(x) is fmpq:
        return arb(x)
    if isinstance(x, Varying):
        return x.ball()
    bits = flint.ctx.prec
    if x.seen is None or x.seen[0] < bits:
        x.seen = (bits, _enclosure(x, bits))
    return x.seen[1]


def _enclosure(x: Logs | Powers, bits: int) -> Number:
    """A ball of an exact irrational that is good to about `bits` bits even where its terms cancel."""
    value = arb(0)
    for doubling in range(REFINEMENTS):
        with precision((bits + 32) << doubling):
            value = _evaluate(x)
        if value.rel_accuracy_bits() >= bits:
            break
    return settled(value, "an exact irrational")


def _evaluate(x: Number) -> Number:
    """A ball of x at the present precision, without recourse to the last one seen."""
    if isinstance(x, Powers):
        return _evaluate(x.factor) * _evaluate(x.exponent).exp()
    if isinstance(x, Logs):
        terms = (arb(c) * _log_of_prime(p, flint.ctx.prec) for p, c in x.terms.items())
        return sum(terms, arb(x.constant))
    return arb(x) if type(x) is fmpq else x


@lru_cache(maxsize=4096)
def _log_of_prime(prime: int, bits: int) -> Number:
    with precision(bits):
        return arb(prime).log()


def settled(x: Number, what: str) -> Number:
    """x, unless it holds no information (nan, or an infinite radius)."""
    if not x.is_finite():
        raise Undecided(f"{what}: at {flint.ctx.prec} bits the ball says nothing")
    return x


def _shadow(x: Number) -> float:
    """A float that acts as x does beside inf or nan: a finite number by its sign."""
    return x if type(x) is float else float(sign_of(x))


# ---- order


def sign_of(x: Number) -> int:
    """−1, 0 or 1, of a number that is not nan."""
    if type(x) is fmpq:
        return (x > 0) - (x < 0)
    if type(x) is float:
        return (x > 0) - (x < 0)
    if isinstance(x, Powers):
        return sign_of(x.factor)
    if isinstance(x, Varying):
        return x.sign()
    if isinstance(x, Logs):
        return _refined_sign(lambda: _evaluate(x), "the sign of a sum of logarithms")
    if x > 0:
        return 1
    if x < 0:
        return -1
    if x.is_zero():
        return 0
    raise Undecided(f"the sign of {text(x)}")


def _refined_sign(value: Callable[[], Number], what: str) -> int:
    """The sign of a number that is known not to be 0, by evaluating it ever more precisely."""
    for doubling in range(REFINEMENTS + 1):
        with precision(flint.ctx.prec << doubling):
            v = value()
            if v > 0 or v < 0:
                return 1 if v > 0 else -1
    raise Undecided(f"{what}: within {text(settled(value(), what))}")


def compare(a: Number, b: Number) -> int | None:
    """The sign of a − b; None where one is nan. One and the same object is equal to itself, even as a ball."""
    if type(a) is fmpq and type(b) is fmpq:
        return (a > b) - (a < b)
    if is_nan(a) or is_nan(b):
        return None
    if a is b:
        return 0
    if type(a) is float or type(b) is float:
        left, right = (x if type(x) is float else 0.0 for x in (a, b))
        return (left > right) - (left < right)
    if isinstance(a, Varying) or isinstance(b, Varying):
        return _applied("compare", a, b)
    if type(a) is arb or type(b) is arb:
        return _compare_balls(ball(a), ball(b))
    return _compare_exact(a, b)


def _compare_balls(a: Number, b: Number) -> int:
    if a < b:
        return -1
    if a > b:
        return 1
    if a.is_exact() and b.is_exact():
        return 0
    raise Undecided(f"the order of {text(a)} and {text(b)}")


def _compare_exact(a: Number, b: Number) -> int:
    """The order of two exact numbers, not both rational."""
    if isinstance(a, Powers) and isinstance(b, Powers):
        if a.factor == b.factor and logarithms.same(a.exponent, b.exponent):
            return 0
    elif not isinstance(a, Powers) and not isinstance(b, Powers):
        return sign_of(logarithms.plus(a, logarithms.scaled(b, -ONE)))
    return _refined_sign(lambda: _evaluate(a) - _evaluate(b), "the order of two irrational numbers")


def less(a: Number, b: Number) -> bool:
    return compare(a, b) == -1


def less_equal(a: Number, b: Number) -> bool:
    return compare(a, b) in (-1, 0)


def equal(a: Number, b: Number) -> bool:
    return compare(a, b) == 0


def total_order(a: Number, b: Number) -> int:
    """As `compare`, with nan equal to itself and above everything: the order in which arrays are sorted."""
    order = compare(a, b)
    if order is not None:
        return order
    return int(is_nan(a)) - int(is_nan(b))


def is_nan(x: Number) -> bool:
    return type(x) is float and x != x


def is_finite(x: Number) -> bool:
    return type(x) is not float


def maximum(a: Number, b: Number) -> Number:
    """The larger, nan if either is; of balls that overlap, a ball around the larger, whichever that is."""
    return _extremum(a, b, 1)


def minimum(a: Number, b: Number) -> Number:
    return _extremum(a, b, -1)


def _extremum(a: Number, b: Number, side: int) -> Number:
    if (isinstance(a, Varying) or isinstance(b, Varying)) and not is_special(a) and not is_special(b):
        return _applied("maximum" if side == 1 else "minimum", a, b)
    try:
        order = compare(a, b)
    except Undecided:
        return ball(a).max(ball(b)) if side == 1 else ball(a).min(ball(b))
    if order is None:
        return NAN
    return a if order * side >= 0 else b


# ---- arithmetic


def add(a: Number, b: Number) -> Number:
    if type(a) is fmpq and type(b) is fmpq:
        return a + b
    if type(a) is float or type(b) is float:
        left, right = (x if type(x) is float else 0.0 for x in (a, b))
        return left + right
    if isinstance(a, Varying) or isinstance(b, Varying):
        return _applied("add", a, b)
    if type(a) is arb or type(b) is arb:
        return _add_balls(a, b)
    if isinstance(a, Powers) or isinstance(b, Powers):
        return _add_powers(a, b)
    return logarithms.plus(a, b)


def _add_balls(a: Number, b: Number) -> Number:
    if type(a) is fmpq and a == 0:
        return b
    if type(b) is fmpq and b == 0:
        return a
    return settled(ball(a) + ball(b), "a sum")


def _add_powers(a: Number, b: Number) -> Number:
    """A sum with a power in it: exact where both are rational multiples of one power."""
    if isinstance(a, Powers) and isinstance(b, Powers) and logarithms.same(a.exponent, b.exponent):
        factor = a.factor + b.factor
        return factor if factor == 0 else Powers(factor, a.exponent)
    if type(a) is fmpq and a == 0:
        return b
    if type(b) is fmpq and b == 0:
        return a
    return settled(ball(a) + ball(b), "a sum")


def neg(a: Number) -> Number:
    if isinstance(a, Varying):
        return _applied("neg", a)
    if isinstance(a, Powers):
        return Powers(-a.factor, a.exponent)
    return logarithms.scaled(a, -ONE) if isinstance(a, Logs) else -a


def sub(a: Number, b: Number) -> Number:
    if type(a) is fmpq and type(b) is fmpq:
        return a - b
    if a is b and type(a) is not float:  # one real number, whatever its ball
        return ZERO
    if (isinstance(a, Varying) or isinstance(b, Varying)) and not is_special(a) and not is_special(b):
        return _applied("sub", a, b)
    return add(a, neg(b))


def mul(a: Number, b: Number) -> Number:
    if type(a) is fmpq and type(b) is fmpq:
        return _in_short(a * b)
    if is_nan(a) or is_nan(b):
        return NAN
    if type(a) is float or type(b) is float:
        return _shadow(a) * _shadow(b)
    if isinstance(a, Varying) or isinstance(b, Varying):
        return _applied("mul", a, b)
    if type(a) is fmpq or type(b) is fmpq:
        return _scaled(a, b) if type(b) is fmpq else _scaled(b, a)
    if isinstance(a, Powers) and isinstance(b, Powers):
        return _power(a.factor * b.factor, logarithms.plus(a.exponent, b.exponent))
    product = settled(ball(a) * ball(b), "a product")
    return product.nonnegative_part() if a is b else product


def _in_short(x: Number) -> Number:
    return x if x.height_bits() <= LONGEST_BITS else arb(x)


def _scaled(a: Number, by: Number) -> Number:
    """An irrational number or a ball, times a rational."""
    if by == 0:
        return ZERO
    if by == 1:
        return a
    if isinstance(a, Powers):
        return _power(a.factor * by, a.exponent)
    return logarithms.scaled(a, by) if isinstance(a, Logs) else settled(a * by, "a product")


def _power(factor: Number, exponent: Number) -> Number:
    """factor·exp(exponent), with exponent rational or a sum of logarithms."""
    exact = logarithms.power_of(factor, exponent)
    return settled(ball(factor) * ball(exponent).exp(), "a power") if exact is None else exact


def div(a: Number, b: Number) -> Number:
    if type(a) is fmpq and type(b) is fmpq and b != 0:
        return _in_short(a / b)
    if is_nan(a) or is_nan(b):
        return NAN
    if type(b) is float:
        return NAN if type(a) is float else ZERO
    side = _sign_of_divisor(b)
    if side == 0:
        return (_shadow(a) * INF) if type(a) is float or sign_of(a) else NAN
    if type(a) is float:
        return a * side
    if a is b:
        return ONE
    if isinstance(a, Varying) or isinstance(b, Varying):
        return _applied("div", a, b)
    if type(b) is fmpq:
        return _scaled(a, 1 / b)
    return _divide_irrational(a, b)


def _sign_of_divisor(b: Number) -> int:
    try:
        return sign_of(b)
    except Undecided:
        raise Undecided(f"a division by {text(b)}, which may be 0") from None


def _divide_irrational(a: Number, b: Number) -> Number:
    if type(a) is fmpq and a == 0:
        return ZERO
    if isinstance(b, Powers) and type(a) in (fmpq, Powers):
        return mul(a, _power(1 / b.factor, logarithms.scaled(b.exponent, -ONE)))
    if isinstance(a, Logs) and isinstance(b, Logs):
        quotient = logarithms.ratio(a, b)
        if quotient is not None:
            return quotient
    return settled(ball(a) / ball(b), "a quotient")


def absolute(x: Number) -> Number:
    if type(x) in (fmpq, float):
        return abs(x)
    if type(x) is arb:
        return abs(x)
    if isinstance(x, Varying):
        return _applied("absolute", x)
    return neg(x) if sign_of(x) < 0 else x


def sign(x: Number) -> Number:
    return NAN if is_nan(x) else fmpq(sign_of(x))


def square(x: Number) -> Number:
    return mul(x, x)


# ---- exponentials, logarithms, powers


def exp(x: Number) -> Number:
    if type(x) is float:
        return ZERO if x == -INF else x
    if isinstance(x, Varying):
        return _applied("exp", x)
    return _power(ONE, x) if type(x) in (fmpq, Logs) else settled(ball(x).exp(), "an exponential")


def log(x: Number) -> Number:
    if is_nan(x) or _sign_in_log(x) < 0:
        return NAN
    if type(x) is float:
        return x
    if type(x) is fmpq and x == 0:
        return -INF
    if isinstance(x, Varying):
        return _applied("log", x)
    if isinstance(x, Powers):
        return add(log(x.factor), x.exponent)
    exact = logarithms.log_of(x) if type(x) is fmpq else None
    return settled(ball(x).log(), "a logarithm") if exact is None else exact


def _sign_in_log(x: Number) -> int:
    try:
        return sign_of(x)
    except Undecided:
        raise Undecided(f"a logarithm of {text(x)}, which may be 0") from None


def power(a: Number, b: Number) -> Number:
    """a to the power b, as IEEE's pow at the edges: 0**0 = 1, nan for a negative a and a b that is not whole."""
    if type(b) is fmpq and b == 0 or type(a) is fmpq and a == 1:
        return ONE
    if is_nan(a) or is_nan(b):
        return NAN
    if type(a) is float or type(b) is float:
        return _power_at_infinity(a, b)
    if type(b) is fmpq and b.q == 1:
        return _whole_power(a, int(b.p))
    if type(a) is fmpq and a == 0:
        return ZERO if sign_of(b) > 0 else INF
    if type(b) is fmpq and type(a) is arb and b == HALF:
        return settled(a.sqrt(), "a square root")
    if sign_of(a) < 0:
        return NAN if type(b) is not arb else _power_of_negative(b)
    if isinstance(a, Varying):
        return _applied("power", a, b)
    root = _root(a, b) if type(a) is fmpq and type(b) is fmpq else None
    return exp(mul(b, log(a))) if root is None else root


def _power_at_infinity(a: Number, b: Number) -> Number:
    """A power with an infinite base or exponent, by IEEE's table."""
    if type(b) is float:
        size = compare(absolute(a), ONE)
        return ONE if size == 0 else INF if (size == 1) == (b > 0) else ZERO
    if sign_of(b) < 0:
        return ZERO
    if a < 0 and type(b) is arb:
        return _power_of_negative(b)
    odd = type(b) is fmpq and b.q == 1 and b.p % 2 == 1
    return a if odd else INF


def _power_of_negative(b: Number) -> Number:
    if b.contains_integer():
        raise Undecided(f"whether {text(b)}, the power of a negative number, is whole")
    return NAN


def _whole_power(a: Number, n: int) -> Number:
    if n < 0:
        return div(ONE, _whole_power(a, -n))
    if type(a) is fmpq:
        if a == 0 or abs(a) == 1:
            return a if n % 2 else abs(a)
        return a**n if a.height_bits() * n <= WRITTEN_BITS else _power_by_squaring(ball(a), n)
    if isinstance(a, Powers) and a.factor.height_bits() * n <= WRITTEN_BITS:
        return _power(a.factor**n, logarithms.scaled(a.exponent, fmpq(n)))
    return _power_by_squaring(a, n)


def _power_by_squaring(a: Number, n: int) -> Number:
    """a to the n ≥ 1 by squaring: flint's own power of a ball around 0 is nan."""
    if n == 1:
        return a
    if n.bit_length() > EXPONENT_BITS:
        raise Undecided(f"a power with an exponent of {n.bit_length()} bits")
    half = _power_by_squaring(a, n // 2)
    even = mul(half, half)
    return mul(even, a) if n % 2 else even


def _root(a: Number, b: Number) -> Number | None:
    """a to the b where the root is rational and the logarithm of a > 0 was too large to factor; None elsewhere."""
    if int(b.q) > 64 or abs(int(b.p)) > 64 or logarithms.log_of(a) is not None:
        return None
    degree = int(b.q)
    above, below = a.p.root(degree), a.q.root(degree)
    if above**degree != a.p or below**degree != a.q:
        return None
    return _whole_power(fmpq(above, below), int(b.p))


def sqrt(x: Number) -> Number:
    return power(x, HALF) if x != -INF or type(x) is not float else NAN


def logistic(x: Number) -> Number:
    return div(ONE, add(ONE, exp(neg(x))))


# ---- other functions


def function(
    name: str,
    method: Callable[[Any], Any],
    exact: Mapping[int, Any],
    limits: tuple[Any, Any] = (NAN, NAN),
    domain: tuple[Any, Any] = (-INF, INF),
) -> Callable[[Number], Number]:
    """A function by its ball, its values at whole points, limits at (−inf, inf), and closed domain (nan outside)."""
    values = {point: number(value) for point, value in exact.items()}
    at_minus, at_plus = (number(limit) for limit in limits)
    low, high = (number(edge) for edge in domain)

    def apply(x: Number) -> Number:
        if type(x) is float:
            return x if x != x else at_plus if x > 0 else at_minus
        if type(x) is fmpq and x.q == 1 and (known := values.get(int(x.p))) is not None:
            return known
        if less(x, low) or less(high, x):
            return NAN
        if isinstance(x, Varying):
            return _applied("function", name, method, apply, (at_minus, at_plus), x)
        return settled(method(ball(x)), name)

    apply.__name__ = name
    return apply


tanh = function("tanh", arb.tanh, {0: 0}, limits=(-1, 1))
