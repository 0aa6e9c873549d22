"""Numbers that stay exact beyond the rationals: sums of logarithms of primes, and the powers they are logs of.

It knows the algebra of c + Σ c_p log p and of r·exp(c + Σ e_p log p), with rational c, c_p, e_p, r, and refuses to know
any numerical value: those are balls, made in `numbers`. It works on any rational type that has the numerator and
denominator of python-flint's, so it imports none.

Why both forms are decidable: if Σ c_p log p = −c with c ≠ 0, then e^(−c) = Π p^(c_p) is algebraic, against the theorem
of Hermite and Lindemann (e^α is transcendental for algebraic α ≠ 0); with c = 0, Π p^(c_p) = 1 forces every c_p = 0 by
unique factorisation. So 1 and the logarithms of primes are linearly independent over Q: equal means equal coefficients.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Rational = Any  # flint.fmpq, by duck typing: only `numbers` imports flint

FACTORED_BITS = 64  # a whole number with more bits, small primes apart, is not factored: its logarithm becomes a ball
WRITTEN_BITS = 4096  # a power with more bits than this is not written out
SMALL_PRIMES = (2, 3, 5, 7)


class Logs:
    """constant + Σ terms[p]·log p: at least one prime, no zero coefficient; so never rational, and never 0."""

    __slots__ = ("constant", "terms", "seen")

    def __init__(self, constant: Rational, terms: dict[int, Rational]):
        self.constant = constant
        self.terms = terms
        self.seen: Any = None  # the last ball made of it, for `numbers`


class Powers:
    """factor·exp(exponent), irrational: exponent is rational or Logs, with prime coefficients in (0, 1); factor ≠ 0.

    The form is unique: if two are equal, the difference of their exponents is the logarithm of a rational, so its
    constant is 0 and its coefficients are whole (above), and lie in (−1, 1).
    """

    __slots__ = ("factor", "exponent", "seen")

    def __init__(self, factor: Rational, exponent: Rational | Logs):
        self.factor = factor
        self.exponent = exponent
        self.seen: Any = None


def logs(constant: Rational, terms: dict[int, Rational]) -> Rational | Logs:
    """The form with those coefficients, none of them 0; the rational itself where no logarithm is left."""
    return Logs(constant, terms) if terms else constant


def plus(a: Rational | Logs, b: Rational | Logs) -> Rational | Logs:
    if not isinstance(a, Logs):
        a, b = b, a
    if not isinstance(a, Logs):
        return a + b
    if not isinstance(b, Logs):
        return Logs(a.constant + b, a.terms)
    terms = dict(a.terms)
    for prime, coefficient in b.terms.items():
        total = terms.get(prime, 0) + coefficient
        if total == 0:
            del terms[prime]
        else:
            terms[prime] = total
    return logs(a.constant + b.constant, terms)


def scaled(a: Rational | Logs, by: Rational) -> Rational | Logs:
    if not isinstance(a, Logs):
        return a * by
    if by == 0:
        return by
    return Logs(a.constant * by, {prime: coefficient * by for prime, coefficient in a.terms.items()})


def ratio(a: Logs, b: Logs) -> Rational | None:
    """a / b where it is rational, i.e. where the coefficients are proportional; None elsewhere."""
    if a.terms.keys() != b.terms.keys():
        return None
    prime = next(iter(a.terms))
    quotient = a.terms[prime] / b.terms[prime]
    proportional = all(a.terms[p] == quotient * b.terms[p] for p in a.terms)
    return quotient if proportional and a.constant == quotient * b.constant else None


def log_of(x: Rational) -> Rational | Logs | None:
    """log x of a rational x > 0; None where x has parts too large to factor."""
    above, below = factors(x.p), factors(x.q)
    if above is None or below is None:
        return None
    one = x / x
    terms = {prime: one * count for prime, count in above}
    terms.update({prime: -one * count for prime, count in below})  # p and q share no prime
    return logs(one - one, terms)


def power_of(factor: Rational, exponent: Rational | Logs) -> Rational | Powers | None:
    """factor·exp(exponent) in its unique form; None where that takes a rational too large to write out."""
    if not isinstance(exponent, Logs):
        return factor if exponent == 0 else Powers(factor, exponent)
    terms = {}
    for prime, coefficient in exponent.terms.items():
        whole = int(coefficient.floor())
        if abs(whole) * prime.bit_length() > WRITTEN_BITS:
            return None
        factor = factor * prime**whole if whole >= 0 else factor / prime**-whole
        if coefficient != whole:
            terms[prime] = coefficient - whole
    left = logs(exponent.constant, terms)
    if factor.height_bits() > WRITTEN_BITS:
        return None
    return factor if not isinstance(left, Logs) and left == 0 else Powers(factor, left)


def same(a: Rational | Logs, b: Rational | Logs) -> bool:
    """Whether two sums of logarithms are the same number."""
    if isinstance(a, Logs) and isinstance(b, Logs):
        return a.constant == b.constant and a.terms == b.terms
    return not isinstance(a, Logs) and not isinstance(b, Logs) and bool(a == b)


@lru_cache(maxsize=8192)
def factors(n: Any) -> tuple[tuple[int, int], ...] | None:
    """The primes of a flint integer n ≥ 1 with their counts, or None where what small primes leave is too large."""
    found = []
    for prime in SMALL_PRIMES if n.bit_length() > FACTORED_BITS else ():
        n, count = _without(n, prime)
        if count:
            found.append((prime, count))
    if n.bit_length() > FACTORED_BITS:
        return None
    rest = n.factor() if n > 1 else ()
    return tuple(found) + tuple((int(prime), int(count)) for prime, count in rest)


def _without(n: Any, prime: int) -> tuple[Any, int]:
    """n without its factors of a prime, and how many they were. By halves: 2^20000 has twenty thousand of them."""
    powers = [n * 0 + prime]
    while n % powers[-1] == 0 and powers[-1].bit_length() < n.bit_length():
        powers.append(powers[-1] * powers[-1])
    count = 0
    for exponent, power in reversed(list(enumerate(powers))):
        while n % power == 0:
            n, count = n // power, count + 2**exponent
    return n, count
