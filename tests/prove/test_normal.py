"""Wherever the code's value is finite, the normal form is defined and equal: random terms at random points, faces included."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from axiomkd.prove import normal
from axiomkd.tracing import numbers, numerics, terms
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.terms import (
    ONE,
    ZERO,
    C,
    K,
    P,
    add,
    apply,
    bind,
    compare,
    div,
    mul,
    neg,
    num,
    power,
    sub,
    w,
    where,
)

from . import contained, fuzz
from .extended import Forms, Opaque, Undefined, Values

numerics.prepare()
k, i, j = terms.index(K, "k"), terms.index(C, "i"), terms.index(C, "j")
p, own = P(k, i), w(k)


def log(x):
    return apply("log", x)


def exp(x):
    return apply("exp", x)


def guarded(x, f, at_zero=ZERO):
    return where(compare("gt", x, ZERO), f, at_zero)


def over(op, n, f):
    v = terms.index(n)
    return bind(op, v, f(v))


def same_where_finite(raw, domain: str, rng: random.Random, count: int = 4) -> int:
    """Check a term at a few points; how many had a finite value."""
    form = contained.analysis(domain).normal(raw)
    finite = 0
    with numbers.precision(contained.BITS):
        for _ in range(count):
            panel, weights = contained.point(rng, domain)
            values = Values(panel, weights)
            at = contained.places(raw, rng, len(panel), len(panel[0]))
            if at is None:
                continue
            try:
                code = values(raw, at)
                if numbers.is_special(code):
                    continue
            except (Undecided, Opaque):
                continue
            there = (raw, form, panel, weights, at, numbers.text(code))
            try:
                mine = Forms(panel, weights)(form, at)
            except (Undecided, Opaque):
                continue
            except Undefined:
                raise AssertionError(there) from None
            assert contained.close(code, mine), (there, numbers.text(mine))
            finite += 1
    return finite


def sized(seed: int):
    """A random term of modest size, or None."""
    raw, *_ = contained.random_term(seed)
    return raw if raw.size <= 120 else None


@pytest.mark.parametrize("first", range(0, 500, 50))
@pytest.mark.parametrize("domain", contained.DOMAINS)
@pytest.mark.weekly(4)
def test_random_terms(first, domain):
    for seed in range(first, first + 50):
        raw = sized(seed)
        if raw is not None:
            try:
                same_where_finite(raw, domain, random.Random(seed))
            except RecursionError:
                continue


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(0, 100, 4))
def test_the_parts_of_random_code(seed):
    raw, *_ = contained.lifted(fuzz.made(seed).operator.fn)
    rng = random.Random(seed)
    some = [t for t in [raw, *contained.subterms(raw)] if t.size <= 300]
    for t in rng.sample(some, min(6, len(some))):
        same_where_finite(t, rng.choice(contained.DOMAINS), rng, 3)


# One term a rule, and the domain.
RULES = {
    "like monomials": (add(p, p, neg(own)), "interior"),
    "a product of sums": (mul(add(p, own), sub(p, own)), "interior"),
    "a sum over itself": (div(add(p, own), add(p, own)), "closed"),
    "a square of a sum": (power(add(p, own), Fraction(2)), "closed"),
    "a root of a square": (power(power(sub(p, own), Fraction(2)), Fraction(1, 2)), "closed"),
    "a root of a product": (power(mul(num(4), p, own), Fraction(1, 2)), "closed"),
    "a square of a root": (power(power(p, Fraction(1, 2)), Fraction(2)), "closed"),
    "an inverse": (div(ONE, mul(p, own)), "closed"),
    "an inverse of an inverse": (div(ONE, div(ONE, p)), "closed"),
    "exp of logarithms": (exp(add(mul(num(2), log(p)), mul(num(Fraction(1, 2)), log(own)))), "closed"),
    "exp of what may be -inf": (exp(mul(own, log(p))), "closed"),
    "exp of minus a logarithm": (exp(neg(log(p))), "closed"),
    "exp of a squared logarithm": (exp(neg(power(log(p), Fraction(2)))), "closed"),
    "exp of log 0": (exp(log(terms.indicator(compare("ge", ZERO, p)))), "interior"),
    "log of a product": (log(mul(p, own, num(6))), "interior"),
    "log of a product on faces": (log(mul(p, own)), "closed"),
    "log of a power": (log(power(p, Fraction(3))), "closed"),
    "log of an inverse": (log(div(ONE, p)), "closed"),
    "log of 0": (add(log(ZERO), ONE), "interior"),
    "x log x": (guarded(p, mul(p, log(where(compare("gt", p, ZERO), p, ONE)))), "closed"),
    "x log x over x": (div(guarded(p, mul(p, log(p))), p), "closed"),
    "log of a guarded x": (log(where(compare("gt", p, ZERO), p, ONE)), "closed"),
    "an inverse, guarded": (guarded(p, div(ONE, where(compare("gt", p, ZERO), p, ONE))), "closed"),
    "a guard for 0/0": (where(compare("eq", p, ZERO), num(3), div(own, p)), "closed"),
    "weights sum to 1": (over("sum", K, w), "closed"),
    "rows sum to 1": (over("sum", C, lambda v: P(k, v)), "closed"),
    "columns do not": (over("sum", K, lambda v: P(v, i)), "closed"),
    "a sum of what is constant": (over("sum", K, lambda v: mul(p, num(2))), "closed"),
    "a sum of two sums": (over("sum", C, lambda v: over("sum", K, lambda u: mul(w(u), P(u, v)))), "closed"),
    "a sum over fewer": (over("sum", sub(K, num(2)), lambda v: ONE), "closed"),
    "a sum over fewer of what is not defined": (over("sum", sub(K, num(2)), lambda v: log(own)), "closed"),
    "a product over fewer": (over("prod", sub(K, num(2)), lambda v: div(ONE, own)), "closed"),
    "the entry that is picked": (
        over("sum", K, lambda v: mul(terms.indicator(compare("eq", v, over("argmax", K, w))), P(v, i))),
        "closed",
    ),
    "the largest of scaled": (over("amax", K, lambda v: mul(own, P(v, i))), "closed"),
    "the largest of shifted": (over("amax", K, lambda v: add(own, P(v, i))), "closed"),
    "the largest of minus": (over("amax", K, lambda v: neg(P(v, i))), "closed"),
    "the largest of inverses": (over("amax", K, lambda v: div(ONE, P(v, i))), "interior"),
    "the least of powers": (over("amin", K, lambda v: power(P(v, i), Fraction(3, 2))), "closed"),
    "the largest of logarithms": (over("amax", K, lambda v: log(P(v, i))), "closed"),
    "the largest of two": (apply("max", p, add(p, own)), "closed"),
    "the least of what may be infinite": (apply("min", div(ONE, p), num(2)), "closed"),
    "a product over teachers": (over("prod", K, lambda v: P(v, i)), "closed"),
    "a product of positives": (over("prod", K, lambda v: exp(P(v, i))), "closed"),
    "a product of powers": (over("prod", K, lambda v: apply("powr", P(v, i), w(v))), "closed"),
    "0 to the 0": (apply("powr", p, own), "closed"),
    "an absolute value": (apply("abs", sub(p, own)), "closed"),
    "an absolute value of a product": (apply("abs", mul(num(-3), p, sub(p, own))), "closed"),
    "a sign": (apply("sign", sub(p, own)), "closed"),
    "the place of the largest": (P(over("argmax", K, lambda v: mul(own, w(v))), i), "closed"),
    "the place of the largest of shifted": (P(over("argmax", K, lambda v: sub(w(v), own)), i), "closed"),
    "the place of the largest of minus": (P(over("argmax", K, lambda v: neg(w(v))), i), "closed"),
    "the place of the largest of 0": (P(over("argmax", K, lambda v: mul(w(v), sub(own, own))), i), "closed"),
    "the last of a sorted row": (
        bind("sorted", j, P(k, j), add(C, num(-1))),
        "closed",
    ),
    "the first of a sorted row": (bind("sorted", j, P(k, j), ZERO), "closed"),
    "a sort with NaN": (bind("sorted", j, log(sub(P(k, j), own)), ZERO), "closed"),
    "a softmax": (bind("softmax", j, mul(num(2), log(P(k, j))), i), "closed"),
    "a softmax of no logarithm": (bind("softmax", j, mul(own, log(P(k, j))), i), "closed"),
    "a sigmoid": (apply("logistic", log(p)), "closed"),
    "a cube root": (apply("cbrt", sub(p, own)), "closed"),
    "NaN compares false": (where(compare("ge", sub(log(own), log(own)), ZERO), ONE, num(2)), "closed"),
    "not NaN compares true": (where(terms.negate(compare("ge", sub(log(own), log(own)), ZERO)), ONE, num(2)), "closed"),
    "infinite or not": (where(apply("finite", log(p)), ONE, num(2)), "closed"),
    "above infinity": (where(compare("gt", terms.infinity(1), p), p, own), "closed"),
    "conditions that repeat": (where(compare("gt", p, own), where(compare("gt", p, own), p, own), num(2)), "closed"),
    "a condition against": (where(compare("gt", p, own), ONE, where(compare("gt", p, own), p, own)), "closed"),
    "indicators multiplied": (
        mul(terms.indicator(compare("gt", p, own)), terms.indicator(compare("gt", p, own)), p),
        "closed",
    ),
    "an indicator of 0 times x": (mul(terms.indicator(compare("ge", ZERO, p)), p), "closed"),
    "a root of -inf": (power(log(p), Fraction(3, 2)), "closed"),
    "a large power": (power(add(p, own, ONE), Fraction(9)), "closed"),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name):
    raw, domain = RULES[name]
    raw = terms.replaced(raw, lambda t: None)  # built when this module was read: made anew
    same_where_finite(raw, domain, random.Random(name), 60)


def test_some_forms():
    a, closed = contained.analysis("interior"), contained.analysis("closed")
    k, i = terms.index(K, "k"), terms.index(C, "i")
    p, own = P(k, i), w(k)
    assert a.normal(over("sum", K, w)) is ONE
    assert a.normal(div(mul(p, own), own)) is p
    assert a.normal(exp(log(p))) is p
    assert a.normal(over("sum", sub(K, num(2)), lambda v: ONE)) is normal.add([K, num(-2)])
    assert closed.normal(exp(mul(own, log(p)))).op == "opaque"
    assert closed.normal(where(compare("ge", log(own), ZERO), p, own)).op == "opaque"
    assert closed.normal(apply("min", div(ONE, p), ONE)).op == "opaque"
    assert closed.normal(div(ONE, log(p))).op == "opaque"
    assert a.normal(terms.NAN) is terms.NAN
