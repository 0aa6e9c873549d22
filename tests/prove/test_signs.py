"""Bounds hold where a normal form is defined, each inequality where its hypotheses do; continuity is not contradicted nearby.

Every rule that compares two monomials has a case where it applies, and one where a hypothesis fails.
"""

from __future__ import annotations

import random
from fractions import Fraction
from fractions import Fraction as F

import pytest

from axiomkd.prove import inequalities, intervals, normal, smooth
from axiomkd.prove.intervals import Interval
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
from .extended import Forms, Opaque, Undefined
from .test_normal import RULES

numerics.prepare()

ENDS = [
    Interval(F(0), F(1)),
    Interval(F(0), F(1), True, True),
    Interval(F(0), F(0)),
    Interval(F(0), None, True),
    Interval(F(0), None),
    Interval(F(-1), F(2)),
    Interval(F(-1), F(0), True, False),
    Interval(None, F(0), False, True),
    Interval(F(1), F(2), False, True),
    Interval(F(1, 2), None),
    Interval(F(2), F(2)),
    Interval(F(-2), F(-1)),
    Interval(None, None),
]
STEPS = [F(x) for x in ("-3", "-2", "-3/2", "-1", "-1/2", "-1/9", "0", "1/9", "1/2", "1", "3/2", "2", "3")]


def samples(i: Interval) -> list[F]:
    return [x for x in STEPS if contained.within(numbers.rational(x), i)]


@pytest.mark.parametrize("x", ENDS)
@pytest.mark.parametrize("y", ENDS)
def test_arithmetic_of_intervals(x, y):
    total, product, both, either = intervals.plus(x, y), intervals.times(x, y), x & y, x | y
    for a in samples(x):
        assert contained.within(numbers.rational(a), either)
        for b in samples(y):
            assert contained.within(numbers.rational(a + b), total), (a, b)
            assert contained.within(numbers.rational(a * b), product), (a, b)
        if contained.within(numbers.rational(a), y):
            assert contained.within(numbers.rational(a), both)


@pytest.mark.parametrize("x", ENDS)
@pytest.mark.parametrize("e", [F(n) for n in ("-3", "-2", "-1", "-1/2", "1/3", "1/2", "3/2", "2", "3")])
def test_powers_of_intervals(x, e):
    with numbers.precision(contained.BITS):
        for a in samples(x):
            found = numbers.power(numbers.rational(a), numbers.rational(e))
            if not numbers.is_special(found):
                assert contained.within(found, intervals.raised(x, e)), a


@pytest.mark.parametrize("x", ENDS)
def test_scaling_and_kinds_of_intervals(x):
    told = intervals.kinds_of(x)
    for a in samples(x):
        assert ("-" if a < 0 else "+" if a > 0 else "0") in told
        for c in (F(-2), F(0), F(1, 2)):
            assert contained.within(numbers.rational(c * a), intervals.scaled(c, x))


def holds(raw, domain: str, rng: random.Random, count: int = 4) -> None:
    a = contained.analysis(domain)
    form = a.normal(raw)
    bounds = a.interval(form)
    with numbers.precision(contained.BITS):
        for _ in range(count):
            panel, weights = contained.point(rng, domain)
            at = contained.places(form, rng, len(panel), len(panel[0]))
            if at is None:
                continue
            try:
                found = Forms(panel, weights)(form, at)
            except (Undecided, Opaque, Undefined):
                continue
            assert contained.within(found, bounds), (form, bounds, panel, weights, at, numbers.text(found))


@pytest.mark.parametrize("first", range(5000, 5400, 50))
@pytest.mark.parametrize("domain", contained.DOMAINS)
@pytest.mark.weekly(3)
def test_random_terms(first, domain):
    for seed in range(first, first + 50):
        raw, *_ = contained.random_term(seed)
        if raw.size <= 120:
            try:
                holds(raw, domain, random.Random(seed))
            except RecursionError:
                continue


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(0, 100, 4))
def test_the_parts_of_random_code(seed):
    raw, *_ = contained.lifted(fuzz.made(seed).operator.fn)
    rng = random.Random(seed)
    some = [t for t in [raw, *contained.subterms(raw)] if t.size <= 300]
    for t in rng.sample(some, min(6, len(some))):
        holds(t, rng.choice(contained.DOMAINS), rng, 4)


@pytest.mark.parametrize("name", RULES)
def test_one_term_a_rule(name):
    raw, domain = RULES[name]
    holds(terms.replaced(raw, lambda t: None), domain, random.Random(name), 20)


# --- one inequality at a time -----------------------------------------------------------------------------------------------


def over(op, n, f):
    v = terms.index(n)
    return bind(op, v, f(v))


def exp(x):
    return apply("exp", x)


def log(x):
    return apply("log", x)


def _inequalities():
    """rule -> (x, y, domain, what it says): True strictly, False weakly, None nothing."""
    k, m, i = terms.index(K, "k"), terms.index(K, "m"), terms.index(C, "i")
    p, own = P(k, i), w(k)
    certain = over("sum", C, lambda v: mul(P(k, v), log(P(k, v))))
    columns = over("sum", K, lambda v: P(v, i))
    products = over("prod", K, lambda v: P(v, i))
    return {
        "_sum_above_entry": [
            (columns, p, "interior", True),
            (columns, p, "closed", False),
            (over("sum", K, lambda v: sub(P(v, i), num(F(1, 2)))), sub(p, num(F(1, 2))), "interior", None),
            (over("sum", sub(K, num(1)), lambda v: P(v, i)), p, "interior", None),
            (columns, P(k, terms.index(C, "j")), "interior", None),
        ],
        "_entry_above_sum": [
            (log(p), over("sum", K, lambda v: log(P(v, i))), "interior", True),
            (neg(p), over("sum", K, lambda v: neg(P(v, i))), "closed", None),
            (log(p), over("sum", sub(K, num(1)), lambda v: log(P(v, i))), "interior", None),
            (p, columns, "closed", None),
        ],
        "_sum_above_sum": [
            (columns, over("sum", K, lambda v: mul(P(v, i), w(v))), "closed", False),
            (columns, over("sum", K, lambda v: mul(P(v, i), w(v))), "interior", True),
            (over("sum", K, lambda v: mul(P(v, i), w(v))), columns, "closed", None),
            (columns, over("sum", C, lambda v: mul(P(k, v), P(m, v))), "closed", None),
        ],
        "_sum_above_multiple": [
            (over("sum", K, lambda v: exp(P(v, i))), K, "closed", False),
            (over("sum", K, lambda v: P(v, i)), mul(K, over("amin", K, lambda v: P(v, i))), "closed", False),
            (over("sum", C, lambda v: exp(P(k, v))), K, "closed", None),
            (columns, mul(K, own), "closed", None),
        ],
        "_sum_above_bound": [
            (over("sum", K, lambda v: exp(mul(P(v, i), own))), p, "closed", False),
            (columns, own, "closed", None),
        ],
        "_length_above_sum": [
            (K, columns, "closed", False),
            (K, over("sum", K, lambda v: exp(P(v, i))), "closed", None),
            (C, columns, "closed", None),
        ],
        "_averages": [
            (ONE, over("sum", K, lambda v: mul(w(v), P(v, i))), "closed", False),
            (over("sum", K, lambda v: mul(w(v), exp(P(v, i)))), ONE, "closed", False),
            (over("sum", K, lambda v: mul(w(v), P(v, i))), over("amin", K, lambda v: P(v, i)), "closed", False),
            (over("sum", K, lambda v: mul(w(v), P(v, i))), ONE, "closed", None),
            (over("sum", C, lambda v: mul(P(k, v), exp(P(m, v)))), num(2), "closed", None),
        ],
        "_ratio_below_one": [
            (ONE, div(p, columns), "interior", True),
            (ONE, div(columns, p), "interior", None),
            (ONE, div(p, own), "interior", None),
            (own, div(p, columns), "interior", None),
        ],
        "_monotone": [
            (exp(p), exp(mul(p, own)), "closed", False),
            (exp(mul(p, own)), exp(p), "closed", None),
            (log(p), log(mul(p, p)), "interior", None),
            (exp(p), log(p), "interior", None),
        ],
        "_max_above_entry": [
            (over("amax", K, lambda v: P(v, i)), p, "closed", False),
            (p, over("amin", K, lambda v: P(v, i)), "closed", False),
            (over("amax", sub(K, num(1)), lambda v: P(v, i)), p, "closed", None),
            (over("amax", K, lambda v: P(v, i)), P(k, terms.index(C, "j")), "closed", None),
            (p, over("amax", K, lambda v: P(v, i)), "closed", None),
        ],
        "_sorted_above": [
            (_sorted(i, add(K, num(-2))), _sorted(i, ONE), "closed", None),
            (_sorted(i, num(2)), _sorted(i, ONE), "closed", False),
            (_sorted(i, ONE), _sorted(i, num(2)), "closed", None),
            (_sorted(i, num(2)), _sorted(terms.index(C, "j"), ONE), "closed", None),
        ],
        "_product_above": [
            (products, over("prod", K, lambda v: mul(P(v, i), w(v))), "closed", False),
            (over("prod", K, lambda v: sub(P(v, i), ONE)), over("prod", K, lambda v: neg(ONE)), "closed", None),
            (over("prod", K, lambda v: mul(P(v, i), w(v))), products, "closed", None),
        ],
        "_below_one": [
            (exp(p), own, "closed", False),
            (exp(p), own, "interior", True),
            (own, exp(p), "closed", None),
            (certain, own, "interior", None),
        ],
    }


def _sorted(i, place):
    v = terms.index(K)
    return bind("sorted", v, P(v, i), place)


NAMES = [rule.__name__ for rule in inequalities.EXCEEDING]


def test_every_inequality_has_a_case_for_and_a_case_against():
    table = _inequalities()
    assert set(table) == set(NAMES)
    for cases in table.values():
        said = {told is None for *_, told in cases}
        assert said == {True, False}


@pytest.mark.parametrize("name", NAMES)
def test_inequalities(name):
    rule = next(r for r in inequalities.EXCEEDING if r.__name__ == name)
    for x, y, domain, told in _inequalities()[name]:
        a = contained.analysis(domain)
        x, y = a.normal(x), a.normal(y)
        said = rule(a, x, y)
        assert said is told, (x, y, domain)
        if said is not None:
            _is_so(x, y, said, domain)


def _is_so(x, y, strictly: bool, domain: str) -> None:
    rng = random.Random(1)
    with numbers.precision(contained.BITS):
        for _ in range(60):
            panel, weights = contained.point(rng, domain)
            at = contained.places(add(x, y), rng, len(panel), len(panel[0]))
            values = Forms(panel, weights)
            try:
                gap = numbers.sub(values(x, at), values(y, at))
            except (Undecided, Opaque, Undefined):
                continue
            high = numbers.bounds(gap)[1]
            assert high > 0 if strictly else high >= 0, (x, y, panel, weights)


@pytest.mark.parametrize("first", range(0, 800, 100))
@pytest.mark.weekly(2)
def test_whatever_exceeds_is_larger(first):
    """All rules together, on pairs of monomials of random terms."""
    for seed in range(first, first + 100):
        rng = random.Random(seed)
        domain = rng.choice(contained.DOMAINS)
        a = contained.analysis(domain)
        k, i = terms.index(K, "k"), terms.index(C, "i")
        try:
            pair = [a.normal(contained.term(rng, 2, (k,), (i,))) for _ in range(2)]
            x, y = (normal.base(t)[1] for t in pair)
            if x.op == "add" or y.op == "add":
                continue
            said = inequalities.exceeds(a, x, y)
            if said is not None:
                _is_so(x, y, said, domain)
        except (RecursionError, Opaque, Undecided):
            continue


def test_attained_ends_are_closed():
    a = contained.analysis("closed")
    k, i = terms.index(K, "k"), terms.index(C, "i")
    flat = over("sum", K, lambda v: exp(apply("max", sub(P(v, i), num(F(1, 2))), ZERO)))
    assert not a.positive(a.normal(sub(flat, num(2))))
    small = where(compare("ge", sub(P(k, i), ONE), ZERO), ZERO, ONE)
    assert not a.positive(a.normal(over("sum", sub(K, num(2)), lambda v: ONE)))
    assert not a.positive(a.normal(small))
    assert not a.positive(a.normal(over("sum", sub(K, num(2)), lambda v: exp(P(v, i)))))


# --- continuity ---------------------------------------------------------------------------------------------------------------


def _moved(rng: random.Random, panel, weights, epsilon: F):
    """Another point at most epsilon away in each entry, on the simplex, zeros moved up or kept."""

    def row(x):
        away = [F(rng.choice([1, 1, 2, 3])) for _ in x]
        return [(1 - epsilon) * a + epsilon * b / sum(away) for a, b in zip(x, away, strict=True)]

    return [row(x) if rng.random() < 0.8 else x for x in panel], row(weights) if rng.random() < 0.8 else weights


def not_contradicted(raw, domain: str, rng: random.Random, count: int = 4) -> int:
    """Where a term is said to be continuous (Lipschitz), two ways into a point end at its value (with bounded slopes)."""
    a, near, seen = contained.analysis(domain), F(1, 2**200), 0
    form = a.normal(raw)
    if any(t.op == "opaque" for t in terms.walk(form)):
        return 0
    said = {lipschitz: smooth.roughness(a, form, lipschitz=lipschitz) is None for lipschitz in (False, True)}
    assert said[False] or not said[True]
    if not said[False]:
        return 0
    with numbers.precision(4 * contained.BITS):
        for _ in range(count):
            panel, weights = contained.point(rng, domain)
            at = contained.places(form, rng, len(panel), len(panel[0]))
            if at is None:
                continue
            try:
                here = Forms(panel, weights)(form, at)
                there = [Forms(*_moved(rng, panel, weights, near**n))(form, at) for n in (1, 2)]
            except (Undecided, Opaque, Undefined):
                continue
            seen += 1
            for n, q in enumerate(there, 1):
                gap = numbers.bounds(numbers.absolute(numbers.sub(q, here)))[0]
                assert gap < F(1, 1000), (form, panel, weights, at)
                if said[True] and domain == "closed":
                    assert gap <= 10**6 * near**n, (form, panel, weights, at)
    return seen


@pytest.mark.parametrize("first", range(8000, 8400, 50))
@pytest.mark.parametrize("domain", ["interior", "closed"])
@pytest.mark.weekly(2)
def test_continuity_of_random_terms(first, domain):
    for seed in range(first, first + 50):
        raw, *_ = contained.random_term(seed)
        if raw.size <= 100:
            try:
                not_contradicted(raw, domain, random.Random(seed))
            except RecursionError:
                continue


@pytest.mark.parametrize("name", RULES)
def test_continuity_of_one_term_a_rule(name):
    raw, domain = RULES[name]
    not_contradicted(terms.replaced(raw, lambda t: None), domain, random.Random(name), 15)


def test_continuity_is_claimed_and_is_not():
    k, i = terms.index(K, "k"), terms.index(C, "i")
    p, own = P(k, i), w(k)
    closed, inside = contained.analysis("closed"), contained.analysis("interior")
    at = over("argmax", K, w)
    cases = [
        (mul(p, own), closed, True, True),
        (power(p, Fraction(1, 2)), closed, True, False),
        (power(p, Fraction(3, 2)), closed, True, True),
        (log(p), closed, False, False),
        (log(p), inside, True, None),
        (div(own, p), closed, False, False),
        (div(own, p), inside, True, None),
        (P(at, i), inside, False, False),
        (bind("sorted", (v := terms.index(K)), P(v, i), at), inside, False, False),
        (bind("sorted", (v := terms.index(K)), P(v, i), ONE), closed, True, True),
        (where(compare("gt", p, own), p, own), inside, False, False),
        (where(compare("gt", p, ZERO), mul(p, log(p)), ZERO), closed, True, False),
        (where(compare("gt", p, ZERO), mul(p, p, log(p)), ZERO), closed, True, True),
        (apply("abs", sub(p, own)), closed, True, True),
        (div(ONE, sub(p, own)), inside, False, False),
        (power(sub(p, own), Fraction(1, 2)), inside, False, False),
    ]
    for raw, a, continuous, lipschitz in cases:
        form = a.normal(raw)
        assert (smooth.roughness(a, form, lipschitz=False) is None) is continuous, raw
        if lipschitz is not None:
            assert (smooth.roughness(a, form, lipschitz=True) is None) is lipschitz, raw
