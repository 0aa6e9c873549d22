"""Each theorem held against its own family: random members are proved, and what is concluded of them is true in numbers.

Operators that miss one hypothesis are not proved by it. The identities in the certificates of the zoo are evaluated again
by SymPy. No rule of the prover is looked at.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from zlib import crc32

import numpy as np
import pytest
import sympy as sp

from axiomkd import axioms
from axiomkd.claims.margins import measure
from axiomkd.core.operator import describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.scope import All
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover
from axiomkd.prove.families import BY_NAME, THEOREMS
from axiomkd.prove.proof import Proof
from axiomkd.search.draw import draw
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

from . import plainly
from .families import MEMBERS, MISSES

pytestmark = pytest.mark.usefixtures("one_size")

numerics.prepare()

SEEDS = [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))]
SIZES = ((2, 3), (3, 2), (3, 4))  # one a seed
BATCH = 256
TOLERANCE = 1e-9
NEVER_FIRST = {
    "one-hot",
    "no-entropy",
    "kept-signs",
    "kept-averages",
}  # what is shown of them may be proved by another theorem that is tried before
INTERIOR = (("flat", "mixture"), ("shared class", "near a vertex"), ("permuted", "equal"), ("near uniform", "mixture"))
CLOSED = (*INTERIOR, ("faces", "some zero"), ("vertices", "mixture"), ("flat", "some zero"))


def answers(fn, name="power"):
    return prover.prove(describe(fn), name, axioms.EVERY, effort="quick", sizes=())


def cases(size, seed, *, closed, pairs=False):
    return [
        draw(
            crc32(f"{panel} {weights} {seed}".encode()),
            BATCH,
            size,
            panel=panel,
            weights=weights,
            temperature="wide",
            tilt="uniform",
            temperatures_in=(1 / 8, 64.0),
            pairs=pairs,
            interior=not closed,
        )
        for panel, weights in (CLOSED if closed else INTERIOR)
    ]


def test_every_theorem_has_members_and_two_misses():
    assert set(MEMBERS) == set(BY_NAME)
    missed = [miss.theorem for miss in MISSES]
    assert {name for name in BY_NAME if missed.count(name) < 2} == set()


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.name)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.weekly(6)
def test_members_are_proved_and_have_what_is_concluded(theorem, seed):
    fn = MEMBERS[theorem.name](np.random.default_rng(seed))
    found = answers(fn)
    for reading in theorem.concludes:
        assert isinstance(found[reading], Proof), (reading, found[reading])
        assert found[reading].scope == All()
    if theorem.name not in NEVER_FIRST:
        assert theorem.name in {found[reading].theorem for reading in theorem.concludes}
    concluded = {*theorem.concludes}.union(*(axioms.IMPLIED[r] for r in theorem.concludes))
    holds_in_numbers(fn, [axioms.BY_NAME[name] for name in sorted(concluded)], SIZES[seed], seed)


# --- what is concluded, in numbers --------------------------------------------------------------------------------------


def holds_in_numbers(fn, readings, size, seed):
    operator = describe(fn)
    evaluator = Evaluator(operator, softener("power"), *size)
    plain = plainly.Operator(fn, operator.takes_temperature, operator.each_temperature)
    for one in (one for one in readings if one.name in plainly.MARGINS):
        assert plainly.worst(plain, one.name, seed, *size, n=500) >= -TOLERANCE, one.name
    readings = [one for one in readings if one.name not in plainly.MARGINS]
    pointwise = [one for one in readings if isinstance(one.claim, Pointwise)]
    if pointwise:
        for batch in cases(size, seed, closed=True, pairs=operator.takes_temperature):
            for name, margins in measure(evaluator, pointwise, batch).margins.items():
                assert np.nanmin(margins) >= -TOLERANCE, (name, batch.label)
    for one in readings:
        if not isinstance(one.claim, Pointwise):
            LIMITS[one.name](evaluator, size, seed)


def aggregate(evaluator, P, w, T=1.0):
    return evaluator.batch(P, w, np.full(len(P), T) if evaluator.operator.takes_temperature else None)


def moved(evaluator, size, seed, closed, step):
    """‖A(x) − A(y)‖₁ for x, y at most `step` apart in every entry, y in the interior; one array a kind of batch."""
    K, C = size
    for batch in cases(size, seed, closed=closed):
        # Near the faces an operator may be as steep as it likes: away from them, unless they are meant.
        P0, w0 = (batch.P, batch.w) if closed else (0.9 * batch.P + 0.1 / C, 0.9 * batch.w + 0.1 / K)
        P, w = (1 - step) * P0 + step / C, (1 - step) * w0 + step / K
        yield np.abs(aggregate(evaluator, P0, w0) - aggregate(evaluator, P, w)).sum(-1)


def settles(closed, far):
    def check(evaluator, size, seed):
        for difference in moved(evaluator, size, seed, closed, 1e-14):
            assert difference.max() < far  # NaN fails

    return check


def lipschitz(evaluator, size, seed):
    """Quotients do not grow as steps get smaller."""
    coarse, fine = (max(d.max() for d in moved(evaluator, size, seed, True, h)) / h for h in (1e-3, 1e-7))
    assert fine <= 10 * max(coarse, 1)


def limits(evaluator, size, seed):
    """At a temperature at which all rows are all but uniform, so is the aggregate."""
    K, C = size
    for batch in cases(size, seed, closed=False):
        T = 2.0**30
        if evaluator.operator.takes_temperature:
            q = aggregate(evaluator, batch.P, batch.w, T)
        else:
            P = batch.P ** (1 / T)
            P[:, 0, 0] *= 1 + 1e-7  # so that 0/0 where rows are exactly uniform does not count
            q = aggregate(evaluator, P / P.sum(-1, keepdims=True), batch.w)
        assert np.abs(q - 1 / C).max() < 1e-5


LIMITS = {
    "interior": settles(False, 1e-6),
    "closed": settles(True, 1e-2),
    "lipschitz": lipschitz,
    "limits": limits,
}


# --- one hypothesis missed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("miss", MISSES, ids=lambda miss: f"{miss.theorem}: {miss.why}")
@pytest.mark.weekly(6)
def test_who_misses_a_hypothesis_is_not_proved_by_it(miss):
    found = answers(miss.fn)
    by_it = {name for name, one in found.items() if isinstance(one, Proof) and one.theorem == miss.theorem}
    assert by_it & set(BY_NAME[miss.theorem].concludes) == set()


def test_a_softener_that_a_theorem_does_not_speak_of():
    """The logarithmic pool commutes with `power` and the linear pool with `uniform-mix`, and neither with the other's."""
    pairs = {
        (name, soft): isinstance(answers(ENTRIES[name].fn, soft)["commutation"], Proof)
        for name in ("log", "linear")
        for soft in ("power", "uniform-mix")
    }
    assert {pair for pair, proved in pairs.items() if proved} == {("log", "power"), ("linear", "uniform-mix")}


# --- the identities, by SymPy -------------------------------------------------------------------------------------------

POINTS = (
    (((Fraction(1, 3), Fraction(2, 3)), (Fraction(3, 4), Fraction(1, 4))), (Fraction(2, 5), Fraction(3, 5))),
    (((Fraction(5, 7), Fraction(2, 7)), (Fraction(1, 9), Fraction(8, 9))), (Fraction(7, 8), Fraction(1, 8))),
)
TEMPERATURE = Fraction(3, 2)


class Beyond(Exception):
    """An operation that is not evaluated here."""


def symbolic(term, at, bound):
    """The value of a certificate's term at K = C = 2 in SymPy's exact numbers: `bound` has the values of indices."""
    P, w = at

    def go(t, extra=()):
        return symbolic(t, at, {**bound, **dict(extra)})

    def each(variable, body):
        return [go(body, [(str(variable), n)]) for n in range(2)]

    match term:
        case "K" | "C":
            return sp.Integer(2)
        case "T":
            return sp.Rational(TEMPERATURE)
        case "true" | "false":
            return sp.true if term == "true" else sp.false
        case str():
            return sp.Rational(Fraction(term))
        case ["index" | "bound", *_]:
            return sp.Integer(bound[str(term)])
        case ["P", k, i]:
            return sp.Rational(P[int(go(k))][int(go(i))])
        case ["w", k]:
            return sp.Rational(w[int(go(k))])
        case ["add" | "mul" as op, *args]:
            return (sp.Add if op == "add" else sp.Mul)(*map(go, args))
        case ["div", x, y]:
            return go(x) / go(y)
        case ["pow", exponent, x]:
            return go(x) ** sp.Rational(Fraction(exponent))
        case ["exp" | "log" | "logp" as op, x]:
            return sp.exp(go(x)) if op == "exp" else sp.log(go(x))
        case ["max" | "min" as op, *args]:
            return (sp.Max if op == "max" else sp.Min)(*map(go, args))
        case ["abs", x]:
            return sp.Abs(go(x))
        case ["sum" | "prod" as op, v, body]:
            return (sp.Add if op == "sum" else sp.Mul)(*each(v, body))
        case ["amax" | "amin" as op, v, body]:
            return (sp.Max if op == "amax" else sp.Min)(*each(v, body))
        case ["argmax", v, body]:
            first, second = each(v, body)
            return sp.Integer(1 if holds(second > first) else 0)
        case ["ge", x, y]:
            return holds(go(x) >= go(y))
        case ["gt", x, y]:
            return holds(go(x) > go(y))
        case ["eq", x, y]:
            return sp.Eq(go(x), go(y)) == sp.true
        case ["not", x]:
            return not go(x)
        case ["and", *args]:
            return all(map(go, args))
        case ["ind", x]:
            return sp.Integer(1 if go(x) else 0)
        case ["where", condition, yes, no]:
            return go(yes) if go(condition) else go(no)
    raise Beyond(term[0])


def holds(relation) -> bool:
    return bool(relation)


def free(term) -> dict:
    """The free indices of a term, by their text."""
    if not isinstance(term, list):
        return {}
    if term[0] == "index":
        return {str(term): None}
    return {name: None for part in term[1:] for name in free(part)}


@cache
def certificates():
    """(operator, claims without conditions) for each proof of the zoo that covers (2, 2), each claim once."""
    found = []
    for name, entry in ENTRIES.items():
        operator = describe(entry.fn, name=name, K=entry.K, C=entry.C)
        if operator.supports(2, 2):
            proofs = [one for one in prover.prove(operator, "power", axioms.EVERY, effort="quick", sizes=()).values()]
            claims = [c for one in proofs if isinstance(one, Proof) for c in one.certificate.get("claims", ())]
            found.append((name, list({str(c): c for c in claims if not c["domain"]["given"]}.values())))
    return found


def values(term, at, names=None):
    """The term's values at one point, for all values of its free indices."""
    names = list(free(term)) if names is None else names
    return [symbolic(term, at, dict(zip(names, n, strict=True))) for n in np.ndindex(*(2,) * len(names))]


@pytest.mark.slow
def test_identities_of_the_zoo_hold_in_sympy():
    """The "equal" claims whose sides are spelled differently."""
    looked_at = 0
    for name, claims in certificates():
        for claim in (c for c in claims if c["claim"] == "equal" and c["terms"][0] != c["terms"][1]):
            left, right = claim["terms"]
            names = list({**free(left), **free(right)})
            for at in POINTS:
                try:
                    pairs = zip(values(left, at, names), values(right, at, names), strict=True)
                except Beyond:
                    continue
                for x, y in pairs:
                    assert x == y or abs((x - y).evalf(60)) < sp.Float(10) ** -40, (name, claim["text"])
                    looked_at += 1
    assert looked_at >= 8


@pytest.mark.slow
def test_forms_of_the_zoo_are_the_operators_in_sympy():
    """The normal forms that the identities are about have to be the operators themselves."""
    looked_at = set()
    for name, claims in certificates():
        terms = {str(c["terms"][0]): c["terms"][0] for c in claims if c["claim"] == "form"}
        for term in terms.values():
            try:
                q = values(term, POINTS[0])
            except Beyond:
                continue
            floats = np.asarray(ENTRIES[name].fn(*(np.array(x, float) for x in POINTS[0])))
            np.testing.assert_allclose([float(x) for x in q] * (2 // len(q)), floats, atol=1e-9, err_msg=name)
            looked_at.add(name)
    assert len(looked_at) >= 30
