"""Proofs by SMT: what is true is proved, what is false never, and each certificate says so again to a fresh solver."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import z3

from axiomkd.axioms import BY_NAME
from axiomkd.core.operator import describe
from axiomkd.core.softener import SOFTENERS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import smt
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.tracing import numbers, numerics, smt_terms
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.smt import evaluate
from axiomkd.tracing.smt_terms import Declined, Problem, Term
from axiomkd.tracing.walk import Unsupported
from axiomkd.zoo import ENTRIES

numerics.prepare()
SIZES = ((2, 2), (2, 3))
RLIMIT = 300_000


@cache
def of(fn, *, softener: str = "power", **options) -> Evaluator:
    return Evaluator(describe(fn, name=getattr(fn, "__name__", "it"), **options), SOFTENERS[softener])


def attempt(fn, reading: str, *, sizes=SIZES, rlimit: int = RLIMIT, **options):
    return smt.attempt(of(fn, **options), BY_NAME[reading], sizes, rlimit=rlimit)


# --- truth -------------------------------------------------------------------------------------------------------------------

SMALL = ("mean", "wmax", "max_all", "power_minus1", "discount", "smooth", "topk_pool")
FALSE = [
    pytest.param(name, reading, marks=() if name in ("mean", "wmax", "smooth", "log") else pytest.mark.slow)
    for name in (*SMALL, "topteacher", "voteshare", "log")
    for reading, holds in ENTRIES[name].truth.items()
    if holds is False
]
TRUE = [
    *(("linear", reading) for reading in ("unanimity", "envelope", "hull", "any-support", "responsive", "coordinate")),
    *(("wsq", reading) for reading in ("hull", "common-support", "pull", "favourite")),
    *(("mean", reading) for reading in ("envelope", "pull", "nonnegative")),
    *(("wmax", reading) for reading in ("unanimity", "any-support")),
    *(("power_minus1", reading) for reading in ("simplex", "unanimity")),
    ("power2", "unanimity"),
    *(("confw", reading) for reading in ("envelope", "any-support")),
    *(("max_all", reading) for reading in ("pull", "coordinate")),
    ("topteacher", "envelope"),
    ("discount", "any-support"),
]
TRUE = [
    pytest.param(*one, marks=() if one[0] in ("linear", "power2", "topteacher") else pytest.mark.slow) for one in TRUE
]


@pytest.mark.parametrize(("name", "reading"), FALSE, ids=lambda x: x)
@pytest.mark.weekly(2)
def test_what_is_false_is_never_proved(name, reading):
    assert isinstance(attempt(ENTRIES[name].fn, reading), NotProved)


@pytest.mark.parametrize(
    ("name", "reading"), [x for x in FALSE if x.values[0] in ("mean", "smooth", "voteshare")], ids=lambda x: x
)
@pytest.mark.weekly(2)
def test_the_solver_alone_proves_nothing_false(name, reading, monkeypatch):
    monkeypatch.setattr(smt, "SAMPLES", 0)
    assert isinstance(attempt(ENTRIES[name].fn, reading), NotProved)


@pytest.mark.parametrize(("name", "reading"), TRUE, ids=lambda x: x)
@pytest.mark.weekly(3)
def test_what_is_true_is_proved(name, reading):
    answer = attempt(ENTRIES[name].fn, reading)
    assert isinstance(answer, Proof), answer
    assert (answer.method, str(answer.scope), answer.theorem) == ("smt", "(K, C) = (2, 2), (2, 3)", None)


# --- near misses: each one edit away from an operator that passes ------------------------------------------------------------


def weights_without_a_sum(P, w):  # w² is not divided by its sum
    return w**2 @ P


def shifted(P, w):  # a thousandth of the first class goes to the last
    q = w @ P
    return q.at[0].add(-q[0] / 1000).at[-1].add(q[0] / 1000)


def extrapolated(P, w):  # v = w + (w - mean w)/1000, which leaves the simplex
    return (w + (w - jnp.mean(w)) / 1000) @ P


def turning(P, w):  # the first teacher's weight is w(1 - 2w)², which turns at 1/6 and at 1/2
    v = w.at[0].mul((1 - 2 * w[0]) ** 2)
    return v / jnp.sum(v) @ P


def clipped(P, w):  # small probabilities are cut off
    m = w @ P
    kept = jnp.where(m > 1 / 1000, m, 0)
    return kept / jnp.sum(kept)


NEAR_MISSES = [
    (weights_without_a_sum, "simplex"),
    (weights_without_a_sum, "hull"),
    (shifted, "unanimity"),
    (shifted, "envelope"),
    (shifted, "responsive"),
    (extrapolated, "envelope"),
    (extrapolated, "nonnegative"),
    (turning, "pull"),
    (turning, "coordinate"),
    (clipped, "any-support"),
    (clipped, "unanimity"),
]


@pytest.mark.parametrize(("fn", "reading"), NEAR_MISSES, ids=lambda x: getattr(x, "__name__", x))
@pytest.mark.weekly(2)
def test_near_misses_are_never_proved(fn, reading, monkeypatch):
    monkeypatch.setattr(smt, "SAMPLES", 0)  # the solver alone
    assert isinstance(attempt(fn, reading), NotProved)


# --- where the aggregate is undefined ----------------------------------------------------------------------------------------


def guarded(P, w):  # 0/0 in a branch that is not taken
    m = w @ P
    s = m[0] + m[1]
    return jnp.where(s > 0, m * (s / s), m)


def hidden(P, w):  # 0/0 becomes 0 by a maximum of nan and 0, which is nan: nothing is said of that
    least = jnp.min(P, axis=0)
    return jnp.maximum(least / jnp.sum(least), 0)


def wrong_where_guarded(P, w):  # what is undefined in one branch does not hide what the other does wrong
    m = w @ P
    return jnp.where(P[0, 0] > 0, m / P[0, 0] * P[0, 0], m - 1)


def infinite(P, w):  # 1/0 is infinite and 1 over it is 0: finite where a factor is not
    return 1 / (w @ (1 / P))


def undefined_inside(P, w):
    return w @ P / (P[0, 0] - P[1, 0]) * (P[0, 0] - P[1, 0])


def undefined_at_vertices(P, w):
    v = jnp.prod(w) / jnp.prod(w) * w
    return v @ P


@pytest.mark.whole
def test_an_undefined_branch_that_is_not_taken_excludes_nothing():
    answer = attempt(guarded, "any-support")
    assert isinstance(answer, Proof) and "defined" not in answer.message


@pytest.mark.parametrize("reading", ["nonnegative", "any-support"])
def test_the_other_branch_is_still_looked_at(reading):
    assert isinstance(attempt(wrong_where_guarded, reading), NotProved)


@pytest.mark.parametrize(
    ("fn", "primitive"), [(hidden, "max"), (infinite, "div")], ids=lambda x: getattr(x, "__name__", x)
)
def test_what_may_absorb_an_undefined_value_is_declined(fn, primitive):
    answer = attempt(fn, "nonnegative")
    assert isinstance(answer, NotProved)
    assert f"`{primitive}`" in answer.why and "test_smt.py" in answer.why


def test_a_claim_of_the_points_where_it_is_defined_says_so():
    answer = attempt(undefined_inside, "envelope", sizes=((2, 2),))
    assert isinstance(answer, Proof) and "where the aggregate is defined" in answer.message


def test_all_the_weight_on_one_teacher_must_be_defined():
    assert isinstance(attempt(undefined_at_vertices, "responsive"), NotProved)


# --- what is declined, by name -----------------------------------------------------------------------------------------------


def numpy_only(P, w):
    return np.asarray(w) @ np.asarray(P)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: attempt(ENTRIES["log"].fn, "simplex"), "no SMT rule for `log`"),
        (lambda: attempt(ENTRIES["linear"].fn, "closed"), "no claim about finitely many values"),
        (lambda: attempt(ENTRIES["linear"].fn, "nonexpansive"), "softener power"),
        (lambda: attempt(ENTRIES["linear"].fn, "entropy", softener="uniform-mix"), "logarithms"),
        (lambda: attempt(ENTRIES["linear"].fn, "responsive", domain="interior"), "a limit"),
        (lambda: attempt(numpy_only, "simplex", backend="numpy"), "NumPy"),
        (lambda: attempt(ENTRIES["trimmed"].fn, "simplex", K=(3,)), "supports none"),
        (lambda: attempt(ENTRIES["wmax"].fn, "pull", rlimit=1000), "resource limit of 1000 at (K, C) = (2, 2)"),
        (lambda: attempt(ENTRIES["max_all"].fn, "hull"), "Z3 found a point at (K, C) = (2, 3)"),
    ],
)
def test_no_proof_has_its_reason(answer, words):
    found = answer()
    assert isinstance(found, NotProved) and words in found.why


@pytest.mark.parametrize("reading", ["ranking", "commutation"])
def test_the_linear_pool_under_uniform_mix(reading):
    assert isinstance(attempt(ENTRIES["linear"].fn, reading, softener="uniform-mix"), Proof)


def test_the_linear_pool_under_uniform_mix_expands_nothing():
    assert isinstance(attempt(ENTRIES["linear"].fn, "nonexpansive", softener="uniform-mix", sizes=((2, 2),)), Proof)


def test_the_power_mean_under_uniform_mix_does_not_commute():
    assert isinstance(attempt(ENTRIES["power_minus1"].fn, "commutation", softener="uniform-mix"), NotProved)


# --- certificates ------------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_certificate_is_solved_again():
    answer = attempt(ENTRIES["wsq"].fn, "favourite")
    assert isinstance(answer, Proof)
    queries = answer.certificate["queries"]
    assert {tuple(query["size"]) for query in queries} == set(SIZES)
    for query in queries:
        solver = z3.SolverFor("QF_NRA", ctx=z3.Context())
        solver.set("rlimit", query["rlimit"])
        solver.from_string(query["smtlib"])
        assert solver.check() == z3.unsat
        assert query["claim"] == "favourite" and query["solver"].startswith("z3 ")


def test_the_same_attempt_makes_the_same_certificate():
    one, two = (attempt(ENTRIES["confw"].fn, "envelope", sizes=((2, 2),)) for _ in range(2))
    assert one == two


# --- the rules: a term has the value that exact evaluation gives -------------------------------------------------------------

RULES = {
    "clip": lambda P, w: jnp.clip(P[0], 0.1, 0.4),
    "power": lambda P, w: P[0] ** 3 / P[1] ** 2,
    "roots": lambda P, w: jnp.sqrt(P[0]) + jnp.cbrt(P[1] - 0.5) + P[0] ** 1.5 + jax.lax.rsqrt(P[1]),
    "sign": lambda P, w: jnp.sign(P[0] - P[1]) + jnp.abs(P[0] - 0.3),
    "sort": lambda P, w: jnp.sort(P[0])[::-1] * jnp.sort(P, axis=0)[1],
    "argsort": lambda P, w: P[1][jnp.argsort(P[0])],
    "top_k": lambda P, w: jax.lax.top_k(P[0], 3)[0] + jax.lax.top_k(P[1], 3)[1],
    "argmax": lambda P, w: P[jnp.argmax(w)] + jnp.argmin(P, axis=1)[0],
    "one_hot": lambda P, w: jax.nn.one_hot(jnp.argmax(P[0]), 3) + jnp.sum(P > 0.3, axis=0),
    "median": lambda P, w: jnp.median(P, axis=0),
    "cumsum": lambda P, w: jnp.cumsum(P[0]) + jnp.cumsum(P[1][::-1])[::-1] + jnp.cumprod(P[0]),
    "cummax": lambda P, w: jax.lax.cummax(P[0]) - jax.lax.cummin(P[1]),
    "scatter": lambda P, w: P[0].at[1].add(w[0]).at[0].set(w[1]).at[jnp.argmax(P[1])].set(2),
    "cond": lambda P, w: jax.lax.cond(w[0] > w[1], lambda: P[0] / P[1], lambda: P[1] * 2),
    "scan": lambda P, w: jax.lax.fori_loop(0, 3, lambda i, q: q * P[0] + w[0] / (i + 1), P[1]),
    "all": lambda P, w: jnp.where(jnp.all(P > 0.1, axis=0) | (w[0] < 0.4), P[0], -P[1]),
    "xor": lambda P, w: jnp.where((P[0] > P[1]) ^ (P[0] < 0.3), 1.0, P[0]),
    "finite": lambda P, w: jnp.where(jnp.isfinite(P[0] / (P[1] - 0.25)), 1.0, 2.0),
    "einsum": lambda P, w: jnp.einsum("ki,k,kj->i", P, w, P),
    "batched": lambda P, w: jnp.einsum("ki,ki->i", P, P),
    "whole": lambda P, w: (jnp.argmax(P[0]) * 2 + jnp.argmax(P[1]) % 2 + jnp.max(jnp.argmax(P, axis=1))) * P[0],
}
POINTS = [([["1/5", "3/10", "1/2"], ["1/2", "1/4", "1/4"]], ["2/3", "1/3"])]
POINTS += [([["3/5", "3/10", "1/10"], ["1/20", "3/20", "4/5"]], ["1/3", "2/3"])]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("point", range(len(POINTS)))
@pytest.mark.weekly(2)
def test_a_rule_agrees_with_exact_evaluation(rule, point):
    evaluator, (P, w) = of(RULES[rule]), POINTS[point]
    expected = evaluator.exact(object_array(P), object_array(w))
    problem = Problem()
    names = np.array([problem.variable(f"x{i}", 2) for i in range(8)], dtype=object)
    (q,) = evaluate(problem, evaluator.jaxpr(2, 3, False), [names[:6].reshape(2, 3), names[6:]])
    solver = z3.SolverFor("QF_NRA", ctx=problem.context)
    flat = [Fraction(x) for row in (*P, w) for x in row]
    solver.add(
        *problem.assumed, *(n.num == z3.RealVal(str(x), problem.context) for n, x in zip(names, flat, strict=True))
    )
    assert solver.check() == z3.sat
    for term, number in zip(map(problem.term, q), expected, strict=True):
        ok = term.ok if isinstance(term.ok, bool) else z3.is_true(solver.model().eval(term.ok, model_completion=True))
        assert ok == (not numbers.is_special(number))
        assert abs(smt._value(solver.model(), term) - numbers.to_float(number)) < 1e-12


def test_a_branch_shows_no_sign_outside_itself():
    """x > 0 inside the branch, where x is a divisor; outside, x may be 0 and must not spoil the other branch."""

    def fn(P, w):
        x = P[0] - P[1]
        return jax.lax.cond(x[0] > 0, lambda: P[0] / x[0] * x[0], lambda: P[0])

    evaluator = of(fn)
    problem = Problem()
    names = np.array([problem.variable(f"x{i}", 2) for i in range(6)], dtype=object)
    (q,) = evaluate(problem, evaluator.jaxpr(2, 2, False), [names[:4].reshape(2, 2), names[4:]])
    term = q[0]
    assert isinstance(term, Term)
    solver = z3.SolverFor("QF_NRA", ctx=problem.context)
    solver.add(*problem.assumed, names[0].num == names[2].num, term.num != names[0].num)
    assert solver.check() == z3.unsat


def test_nothing_that_depends_on_the_point_is_a_python_number():
    x = Problem().variable("x")
    for ask in (bool, int, float):
        with pytest.raises(Declined):
            ask(x)


def test_a_loop_that_depends_on_the_point_is_declined():
    def fn(P, w):
        return jax.lax.while_loop(lambda q: q[0] > 0.5, lambda q: q / 2, P[0])

    with pytest.raises(Unsupported, match="depends on the point"):
        smt.pose(of(fn), BY_NAME["nonnegative"], (2, 2), 0)


def test_where_many_side_queries_come_to_no_end_the_problem_is_declined(monkeypatch):
    """A claim that leans on signs which the solver leaves open costs its limit at each of them, and is not proved after all."""
    monkeypatch.setattr(smt_terms, "SMALL_RLIMIT", 1)
    problem = Problem()
    x, y = problem.variable("x").num, problem.variable("y").num
    asked = [x * x * y + n * y * y * x < x * y * y * y + n for n in range(2 * smt_terms.MOST_OPEN)]
    for condition in asked[: smt_terms.MOST_OPEN]:
        assert not problem.proves(condition)
    with pytest.raises(Declined, match="signs open"):
        problem.proves(asked[smt_terms.MOST_OPEN])
    assert not problem.proves(asked[0])  # what is known is told again
