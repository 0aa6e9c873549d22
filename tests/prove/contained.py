"""Random terms and random code with points to evaluate them at: what the tests of the rules share. Asserts nothing."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import jax
import jax.numpy as jnp
from jax import export

from axiomkd.prove import kinds, normal
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.domain import of_reading
from axiomkd.tracing import lift, numbers, terms
from axiomkd.tracing.terms import ONE, ZERO, Term, apply, bind, div, num, power

from .extended import Values, parts

SIZES = ((2, 2), (2, 3), (3, 2), (3, 4), (4, 3))
BITS = 256
EXPONENTS = [Fraction(x) for x in ("1/2", "3/2", "2", "3", "1/3", "2/3", "1/4")]
NUMBERS = [Fraction(x) for x in ("-2", "-1", "-1/2", "0", "1/3", "1/2", "1", "2", "5/2")]
DOMAINS = ("interior", "interior P", "closed")


# --- random terms ----------------------------------------------------------------------------------------------------------


def term(rng: random.Random, depth: int, k: tuple[Term, ...], i: tuple[Term, ...]) -> Term:
    """Any term of P and w in free indices k of teachers and i of classes."""

    def go(d: int = 1) -> Term:
        return term(rng, depth - d, k, i)

    if depth <= 0 or rng.random() < 0.08:
        leaf = rng.random()
        if leaf < 0.45 and k and i:
            return terms.P(rng.choice(k), rng.choice(i))
        if leaf < 0.75 and k:
            return terms.w(rng.choice(k))
        if leaf < 0.8:
            return rng.choice([terms.K, terms.C])
        return num(rng.choice(NUMBERS))
    match rng.choice(OPERATIONS):
        case "add":
            return terms.add(go(), go())
        case "less":
            return terms.sub(go(), go())
        case "mul":
            return terms.mul(go(), go())
        case "div":
            return div(go(), go())
        case "pow":
            return power(go(), rng.choice(EXPONENTS))
        case "max":
            return lift.maximum(go(), go())
        case "min":
            return lift.minimum(go(), go())
        case "where":
            return terms.where(condition(rng, depth - 1, k, i), go(), go())
        case "ind":
            return terms.indicator(condition(rng, depth - 1, k, i))
        case "powr":
            return apply("powr", go(), go())
        case "atan":
            return apply("fn", go(), data="atan")
        case "xlogx":
            x = go()
            positive = terms.compare("gt", x, ZERO)
            return terms.where(positive, terms.mul(x, apply("log", terms.where(positive, x, ONE))), ZERO)
        case "soft":
            v = terms.index(rng.choice([terms.K, terms.C]))
            return bind("softmax", v, inside(rng, depth - 1, k, i, v), _place(rng, v, k, i))
        case "sorted":
            v = terms.index(rng.choice([terms.K, terms.C]))
            place = rng.choice([ZERO, terms.add(v.args[0], num(-1)), ONE])
            return bind("sorted", v, inside(rng, depth - 1, k, i, v), place)
        case "chosen":
            v = terms.index(terms.K)
            at = bind(rng.choice(["argmax", "argmin"]), v, inside(rng, depth - 1, k, i, v))
            return terms.P(at, rng.choice(i)) if i and rng.random() < 0.6 else terms.w(at)
        case "picked":
            v = terms.index(terms.C)
            at = bind("argmax", v, inside(rng, depth - 1, k, i, v))
            return terms.indicator(terms.compare("eq", at, rng.choice(i))) if i else terms.P(ZERO, at)
        case "sum" | "prod" | "amax" | "amin" as op:
            n = rng.choice(
                [terms.K, terms.K, terms.C, terms.sub(terms.K, num(2)) if op in ("sum", "prod") else terms.K]
            )
            v = terms.index(n)
            return bind(op, v, inside(rng, depth - 1, k, i, v))
        case "average":
            v = terms.index(terms.K)
            return bind("sum", v, terms.mul(terms.w(v), inside(rng, depth - 1, k, i, v)))
        case "mean over classes":
            v = terms.index(terms.C)
            row = terms.P(rng.choice(k) if k else ZERO, v)
            return bind("sum", v, terms.mul(row, inside(rng, depth - 1, k, i, v)))
        case op:
            return apply(op, go())


OPERATIONS = (
    "add add less mul mul div div pow pow max min where where ind powr atan xlogx soft sorted chosen picked sum sum prod amax "
    "amin average average mean@over@classes exp exp log log abs sign cbrt logistic"
).split()
OPERATIONS = [op.replace("@", " ") for op in OPERATIONS]


def _place(rng: random.Random, v: Term, k, i) -> Term:
    there = [t for t in (*k, *i) if t.args[0] is v.args[0]]
    return rng.choice(there) if there and rng.random() < 0.8 else ZERO


def inside(rng: random.Random, depth: int, k, i, v: Term) -> Term:
    """A term with one more index."""
    return term(rng, depth, k if v.args[0] is terms.C else (*k, v), (*i, v) if v.args[0] is terms.C else i)


def condition(rng: random.Random, depth: int, k, i) -> Term:
    r = rng.random()
    if r < 0.12:
        return terms.negate(condition(rng, depth - 1, k, i))
    if r < 0.24:
        return terms.both(condition(rng, depth - 1, k, i), condition(rng, depth - 1, k, i))
    if r < 0.3:
        return apply("finite", term(rng, depth - 1, k, i))
    if r < 0.42 and (k or i):
        v = rng.choice([*k, *i])
        places = [ZERO, num(Fraction(1, 2)), ONE, terms.add(v.args[0], num(-1)), div(v.args[0], num(2)), *k, *i]
        return terms.compare("eq", v, rng.choice(places))
    x, y = term(rng, depth - 1, k, i), term(rng, depth - 1, k, i)
    return terms.compare(rng.choice(["ge", "gt", "gt", "eq"]), x, y if rng.random() < 0.6 else ZERO)


def random_term(seed: int) -> tuple[Term, Term, Term]:
    """A term in a teacher k and a class i, and both."""
    rng = random.Random(seed)
    k, i = terms.index(terms.K, "k"), terms.index(terms.C, "i")
    return term(rng, rng.choice([2, 3, 3, 4]), (k,), (i,)), k, i


# --- lifted code --------------------------------------------------------------------------------------------------------------


def lifted(fn: Callable, *, smallest=(2, 2)) -> tuple[Term, Term, lift.Lifted]:
    """The raw entry of an operator at class i, at all sizes."""
    K, C = export.symbolic_shape("K, C", constraints=[f"K >= {smallest[0]}", f"C >= {smallest[1]}"])
    P, w = jax.ShapeDtypeStruct((K, C), jnp.float64), jax.ShapeDtypeStruct((K,), jnp.float64)
    jaxpr = jax.make_jaxpr(lambda P, w: jnp.asarray(fn(P, w)))(P, w)
    i = terms.index(terms.C, "i")
    raw, lifter = lift.entry(jaxpr, terms.K, terms.C, with_T=False, smallest=smallest, at=i)
    return raw, i, lifter


def subterms(raw: Term, most: int = 60) -> Iterator[Term]:
    """The terms that a raw term is made of, bound variables made free: what holds of any index holds of these."""
    seen = 0
    for t, under in parts(raw):
        if t.op in ("num", "size", "index", "bound", "true", "false", "inf", "nan", "P", "w") or is_condition(t):
            continue
        free = {b: terms.index(b.args[0], f"z{n}") for n, b in enumerate(dict.fromkeys(under))}
        yield terms.substitute(t, free) if free else t
        seen += 1
        if seen >= most:
            return


def is_condition(t: Term) -> bool:
    return t.op in ("ge", "gt", "eq", "and", "not", "finite", "true", "false", "argmax", "argmin")


# --- points -------------------------------------------------------------------------------------------------------------------


def row(rng: random.Random, n: int, zeros: float) -> list[Fraction]:
    odds = [0 if rng.random() < zeros else rng.choice([1, 1, 2, 3, 5]) for _ in range(n)]
    if not any(odds):
        odds[rng.randrange(n)] = 1
    return [Fraction(x, sum(odds)) for x in odds]


def point(rng: random.Random, domain: str, size: tuple[int, int] | None = None):
    """P and w in small fractions: ties are common, and on faces zeros."""
    K, C = size or rng.choice(SIZES)
    zeros = rng.choice([0.2, 0.5, 0.8])
    P = [row(rng, C, zeros if domain == "closed" else 0) for _ in range(K)]
    if rng.random() < 0.2:
        P = [P[0]] * K
    return P, row(rng, K, zeros if domain != "interior" else 0)


def places(t: Term, rng: random.Random, K: int, C: int) -> dict[Term, int] | None:
    """A value for each free index; None where an index has none."""
    at = {}
    for v in t.free:
        n = Values([[Fraction(1)] * C] * K, [Fraction(1)] * K).place(v.args[0], {})
        if n < 1:
            return None
        at[v] = rng.randrange(n)
    return at


def analysis(domain: str) -> Analysis:
    """A new analysis, with all the steps that normal forms may take."""
    normal.begin()
    return Analysis(of_reading(domain), terms.K, terms.C)


def close(x, y) -> bool:
    """Whether two finite numbers are equal, as far as balls can tell."""
    try:
        gap = numbers.bounds(numbers.absolute(numbers.sub(x, y)))[0]
    except ValueError:  # too large to be written as a fraction
        return True
    return gap <= Fraction(1, 2 ** (BITS // 4))


def within(x, interval) -> bool:
    """Whether a finite number may lie in the interval; an end that a ball touches is let pass."""
    try:
        low, high = numbers.bounds(x)
    except ValueError:
        return True
    exactly = low == high
    if interval.low is not None and (high < interval.low or exactly and interval.low_open and low == interval.low):
        return False
    return interval.high is None or not (low > interval.high or exactly and interval.high_open and low == interval.high)


# --- scenarios ----------------------------------------------------------------------------------------------------------------


def told_apart(P, w) -> Iterator[tuple[str, kinds.Scenario, int, list[str]]]:
    """Each scenario that this point is in: its name, itself, the class asked about, and the case of each teacher."""
    for i in range(len(P[0])):
        if all(P[k][i] > 0 for k in range(len(w)) if w[k] > 0):
            yield "common", COMMON, i, ["with" if x > 0 else "without" for x in w]
        for one in range(len(w)):
            if w[one] > 0 and P[one][i] > 0:
                yield "any", ANYONE, i, ["one" if k == one else "rest" for k in range(len(w))]


COMMON, ANYONE = kinds.common(), kinds.anyone()


def cases_of(at: dict[Term, int], it: int, teachers: list[str]) -> dict[Term, str]:
    """The cases of free indices at their values."""
    out = {}
    for v, n in at.items():
        if v.args[0] is terms.K:
            out[v] = teachers[n]
        elif v.args[0] is terms.C:
            out[v] = "it" if n == it else "other"
    return out


def all_places(t: Term, K: int, C: int, most: int = 12) -> list[dict[Term, int]]:
    """Values of the free indices, several."""
    ranges = []
    for v in sorted(t.free, key=lambda v: v.key):
        n = Values([[Fraction(1)] * C] * K, [Fraction(1)] * K).place(v.args[0], {})
        ranges.append([(v, x) for x in range(n)])
    return [dict(one) for one in itertools.islice(itertools.product(*ranges), most)]
