"""What a term may be holds of what it is: kinds at random points, infinities and NaN included, and in the two scenarios."""

from __future__ import annotations

import itertools
import random

import pytest

from axiomkd.prove import kinds
from axiomkd.tracing import numbers, numerics
from axiomkd.tracing.numbers import Undecided

from . import contained, fuzz
from .extended import Opaque, Values, kind
from .test_normal import RULES

numerics.prepare()

SAMPLES = {"-inf": [-numbers.INF], "-": [-2, -1], "0": [0], "+": [1, 2], "+inf": [numbers.INF], "nan": [numbers.NAN]}
OPERATIONS = {
    "_add1": numbers.add,
    "_mul1": numbers.mul,
    "_div1": numbers.div,
    "_powr1": numbers.power,
    "_max1": numbers.maximum,
    "_min1": numbers.minimum,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_tables_of_two(name):
    """The zero is +0 in exact arithmetic; the kinds allow for both."""
    for x, y in itertools.product(SAMPLES, SAMPLES):
        told = getattr(kinds, name)(x, y)
        for a, b in itertools.product(SAMPLES[x], SAMPLES[y]):
            assert kind(OPERATIONS[name](numbers.number(a), numbers.number(b))) in told, (x, y)


ONE = {
    "EXP": numbers.exp,
    "LOG": numbers.log,
    "ABS": numbers.absolute,
    "SIGN": numbers.sign,
    "LOGISTIC": numbers.logistic,
    "EVEN": lambda x: numbers.power(x, numbers.TWO),
    "ODD": lambda x: numbers.power(x, numbers.rational(3)),
    "ROOT": lambda x: numbers.power(x, numbers.HALF),
}


@pytest.mark.parametrize("name", ONE)
def test_tables_of_one(name):
    table = getattr(kinds, name)
    for x, samples in SAMPLES.items():
        for a in samples:
            assert kind(ONE[name](numbers.number(a))) in table[x], x


def within(raw, domain: str, rng: random.Random, count: int = 3) -> int:
    """Check a term at a few points, on the domain and in the scenarios; how many kinds were looked at."""
    a, seen = contained.analysis(domain), 0
    told = a.kinds(raw)
    with numbers.precision(contained.BITS):
        for _ in range(count):
            P, w = contained.point(rng, domain)
            values = Values(P, w)
            for at in contained.all_places(raw, len(P), len(P[0]), 4):
                try:
                    found = kind(values(raw, at))
                except (Undecided, Opaque):
                    continue
                seen += 1
                assert found in told, (raw, P, w, at)
                if domain == "closed":
                    for name, scenario, it, teachers in contained.told_apart(P, w):
                        here = a.kinds_in(scenario)(raw, contained.cases_of(at, it, teachers))
                        assert found in here, (name, raw, P, w, at, it, teachers)
    return seen


@pytest.mark.parametrize("first", range(2000, 2400, 50))
@pytest.mark.parametrize("domain", contained.DOMAINS)
@pytest.mark.weekly(6)
def test_random_terms(first, domain):
    for seed in range(first, first + 50):
        raw, *_ = contained.random_term(seed)
        if raw.size <= 80:
            try:
                within(raw, domain, random.Random(seed), 2)
            except RecursionError:
                continue


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(1, 100, 5))
def test_the_parts_of_random_code(seed):
    raw, *_ = contained.lifted(fuzz.made(seed).operator.fn)
    rng = random.Random(seed)
    some = [t for t in [raw, *contained.subterms(raw)] if t.size <= 200]
    for t in rng.sample(some, min(5, len(some))):
        within(t, rng.choice(contained.DOMAINS), rng, 2)


@pytest.mark.parametrize("name", RULES)
def test_one_term_a_rule(name):
    raw, domain = RULES[name]
    within(contained.terms.replaced(raw, lambda t: None), domain, random.Random(name), 15)


def test_scenarios_are_what_their_words_say():
    """Each case of each scenario is met by some point, and every point of a scenario is in its cases."""
    rng, met = random.Random(0), set()
    for _ in range(200):
        P, w = contained.point(rng, "closed")
        for name, scenario, it, teachers in contained.told_apart(P, w):
            for k, case in enumerate(teachers):
                assert kind(numbers.rational(w[k])) in scenario.of_w(case)
                assert case not in scenario.below_one or w[k] < 1
                for i in range(len(P[0])):
                    cls = "it" if i == it else "other"
                    assert kind(numbers.rational(P[k][i])) in scenario.of_P(case, cls)
                met.add((name, case))
    assert met == {("common", "with"), ("common", "without"), ("any", "one"), ("any", "rest")}
