"""Second opinions by SymPy: identities seen for all positive numbers at once; what is false is told, the rest left unsaid."""

from __future__ import annotations

import pytest

from axiomkd.core.operator import describe
from axiomkd.core.scope import All
from axiomkd.operators.loading import load
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import opinion, terms
from axiomkd.verify.laws import Laws
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Scene
from axiomkd.verify.subject import Subject
from axiomkd.verify.terms import node


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


def scene(target_or_operator, sizes=((2, 2), (2, 3))) -> Scene:
    operator = load(target_or_operator)[0] if isinstance(target_or_operator, str) else target_or_operator
    axes = (terms.node("size", data="K"), terms.node("size", data="C"))
    return Scene(Subject(operator, "power"), list(sizes), axes, (2, 2), All())


def test_an_identity_is_seen_at_every_size():
    where = scene("zoo:linear", opinion.SIZES)
    code = where.subject.evaluator
    opinion.ask(where, "sum", lambda at: [(lambda: total(code.exact(at.P, at.w)), lambda: ONE)])
    opinion.told(where)
    assert where.layers == {"identities also by SymPy at (K, C) = (2, 2), (2, 3), (3, 2), (3, 3)": None}


def total(xs):
    out = xs[0]
    for x in xs[1:]:
        out = numbers.add(out, x)
    return out


def test_what_is_false_on_an_open_set_is_told():
    """p_00 = p_10 at points chosen so, and nowhere else."""
    where = scene("zoo:linear")
    with pytest.raises(Failed, match=r"SymPy finds the two sides different at \(K, C\) = \(2, 2\)"):
        opinion.ask(where, "rows", lambda at: [(lambda: at.P[0, 0], lambda: at.P[1, 0])])


def test_a_difference_that_vanishes_at_many_points_is_told():
    def nearly(at):
        x = at.P[0, 0]
        for n in range(2, 12):
            x = numbers.mul(x, numbers.sub(at.w[0], numbers.rational(f"1/{n}")))
        return x

    where = scene("zoo:linear", [(2, 2)])
    with pytest.raises(Failed):
        opinion.ask(where, "zero", lambda at: [(lambda: nearly(at), lambda: numbers.ZERO)])


def test_what_does_not_finish_is_left_unsaid(monkeypatch):
    monkeypatch.setattr(opinion, "STEPS", 3)
    where = scene("zoo:linear")
    code = where.subject.evaluator
    opinion.ask(where, "sum", lambda at: [(lambda: total(code.exact(at.P, at.w)), lambda: ONE)])
    opinion.told(where)
    assert where.opinions == {(2, 2): False, (2, 3): False} and where.layers == {}


def test_a_branch_that_signs_do_not_decide_is_left_unsaid():
    where = scene("zoo:topteacher")
    code = where.subject.evaluator
    opinion.ask(where, "sum", lambda at: [(lambda: total(code.exact(at.P, at.w)), lambda: ONE)])
    assert set(where.opinions.values()) == {False}


def test_what_differs_by_the_rounding_of_a_literal_is_no_lie():
    def rounded(P, w):
        return (w @ P) * 1.0000000000000002

    where = scene(describe(rounded, name="rounded"), [(2, 2)])
    code = where.subject.evaluator
    sides = lambda at: [(lambda: total(code.exact(at.P, at.w)), lambda: ONE)]  # noqa: E731
    opinion.ask(where, "sum", sides, loosely=True)
    assert where.opinions == {(2, 2): False}
    with pytest.raises(Failed):
        opinion.ask(where, "sum", sides)


def test_laws_of_logarithms_and_powers():
    field = Laws(("x", "y", "T"))
    x, y, T = map(field.letter, "xyT")
    log, exp, power, mul, div = numbers.log, numbers.exp, numbers.power, numbers.mul, numbers.div

    def same(a, b):
        field.budget = opinion.STEPS
        return field.zero(numbers.sub(a, b))

    assert same(log(mul(x, y)), numbers.add(log(x), log(y)))
    assert same(exp(log(div(x, y))), div(x, y))
    assert same(mul(power(x, T), power(y, T)), power(mul(x, y), T))
    assert same(log(power(x, T)), mul(T, log(x)))
    assert same(mul(numbers.sqrt(x), numbers.sqrt(x)), x)
    assert same(power(power(x, div(ONE, T)), T), x)
    assert same(
        numbers.mul(numbers.sqrt(numbers.rational(2)), numbers.sqrt(x)), numbers.sqrt(mul(numbers.rational(2), x))
    )
    assert not same(power(x, T), power(y, T)) and not same(exp(x), x) and not same(numbers.sqrt(x), x)
    assert same(x, y) is False


def test_a_pool_of_logarithms_commutes_with_softening():
    where = scene("zoo:log", [(2, 2)])
    subject = where.subject

    def sides(at):
        first = subject.evaluator.exact(subject.softened(at.P, at.T), at.w)
        after = subject.softened(subject.evaluator.exact(at.P, at.w), at.T)
        return [(lambda i=i: first[i], lambda i=i: after[i]) for i in range(2)]

    opinion.ask(where, "commutation", sides)
    assert where.opinions == {(2, 2): True}


def test_a_false_equal_claim_is_refused_by_sympy_alone(monkeypatch):
    """Where no chosen point shows it."""
    from axiomkd.verify import claims
    from axiomkd.verify.scene import Claim

    where = scene("zoo:linear", [(2, 2)])
    monkeypatch.setattr(Scene, "everywhere", lambda self, claim: iter(()))
    monkeypatch.setattr(claims.breadth, "equal", lambda scene, claim: None)
    k = node("index", node("size", data="K"), data="k")
    claim = Claim("equal", ("positive", "positive"), (), (node("w", k), terms.num(1)), "w_k = 1", {})
    with pytest.raises(Failed, match="w_k = 1"):
        claims.check(where, claim)
