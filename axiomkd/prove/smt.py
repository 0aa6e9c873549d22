"""Proofs at fixed sizes by an SMT solver: the negation of a claim, for real numbers, has no solution.

A reading's own margins are evaluated on terms, and Z3 is asked for a point of the domain where one is below 0. The limit
is of the solver's own steps, never of seconds: the same query ends in the same way everywhere. What is solved is the text
that the certificate holds. It knows no reading by name, and never says that a claim is refuted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.claims import views
from axiomkd.claims.judge import judge
from axiomkd.core.case import ExactCase
from axiomkd.core.late import late
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.core.scope import at_sizes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.prove.translation.points import points
from axiomkd.tracing import numbers
from axiomkd.tracing.batched import interpreter
from axiomkd.tracing.batched.machine import Unknown
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.smt import each, evaluate, fold
from axiomkd.tracing.smt_terms import NONNEGATIVE, POSITIVE, Declined, Problem, Term, conj, degree, disj, negated, times
from axiomkd.tracing.walk import Unsupported

if TYPE_CHECKING:
    import z3
else:
    z3 = late("z3")

SIZES: tuple[tuple[int, int], ...] = ((2, 2), (2, 3), (3, 3))
RLIMIT = {"quick": 400_000, "standard": 1_500_000, "thorough": 4_000_000}
# The solver counts few of the steps that it spends on roots and on high degrees: there a longer run has never ended in a
# proof, and may take minutes.
HARD, HARD_DEGREE = 100_000, 7
SAMPLES = 90  # exact points tried at each size before the solver is asked
RAN = 1e-4  # between a trace and the operator as it is run, in the coarsest type that is computed in
AGREES = 1e-9  # between a term and the exact operator at a sample point, where both are the same number


@dataclass(frozen=True)
class Query:
    """One question: at this size, for this teacher, is this part of the claim below 0 anywhere?

    `relaxed` asks it of more points than there are (maxima by their bounds alone), which is often easier; no solution of
    one is proof enough.
    """

    size: tuple[int, int]
    label: str
    relaxed: str
    text: str
    hard: bool


class Fails(Exception):
    """A query has a solution, or did not end."""


def attempt(
    evaluator: Evaluator, reading: Reading, sizes: Sequence[tuple[int, int]], *, rlimit: int, sample: bool = True
) -> Proof | NotProved:
    """A proof of the reading at all these sizes, or why there is none. `rlimit` bounds the solver's steps in each query;
    without `sample` no points are tried first."""
    sizes = [size for size in sizes if evaluator.operator.supports(*size)]
    try:
        _suits(evaluator, reading, sizes)
        solved, everywhere = [], True
        for size in sizes:
            if sample:
                _try_samples(evaluator, reading, size)
            for k in range(size[0] if _claim(reading).of_one_teacher else 1):
                relaxed, posed = (pose(evaluator, reading, size, k, relaxed=relaxed) for relaxed in (True, False))
                everywhere &= posed.everywhere
                for (label, easy, _), (_, text, hard) in zip(relaxed.questions(), posed.questions(), strict=True):
                    solved.append(_solved(Query(size, label, easy, text, hard), reading, rlimit))
    except Fails as e:
        return NotProved(reading.name, str(e))
    except Unsupported as e:
        place, why = (f" ({e.where})" if e.where else ""), (f": {e.why}" if e.why else "")
        return NotProved(reading.name, f"no SMT rule for `{e.primitive}`{place}{why}")
    except (Declined, Undecided) as e:
        return NotProved(reading.name, str(e))
    return _proof(reading, sizes, solved, everywhere)


def sampled(evaluator: Evaluator, reading: Reading, size: tuple[int, int]) -> NotProved | None:
    """Why there can be no proof at a size, where one of a few exact points has a margin below 0."""
    try:
        _try_samples(evaluator, reading, size)
    except Fails as e:
        return NotProved(reading.name, str(e))
    except (Declined, Undecided, Unsupported):
        return None
    return None


def _claim(reading: Reading) -> Pointwise:
    if not isinstance(reading.claim, Pointwise):
        raise Declined(f"{reading.name} is no claim about finitely many values, which is all that the solver is asked")
    return reading.claim


def _suits(evaluator: Evaluator, reading: Reading, sizes: Sequence[tuple[int, int]]) -> None:
    """Decline what can be seen not to work before anything is traced."""
    probes = set(_claim(reading).probes)
    if _claim(reading).drawn or _claim(reading).ties:
        raise Declined(f"{reading.name} speaks of more than the solver is asked about")
    if not sizes:
        raise Declined("the operator supports none of the sizes that the solver is given")
    if evaluator.mode != "jax":
        raise Declined("NumPy code is not traced, so the solver has no terms of it")
    if evaluator.operator.domain == "interior" and "q_vertex" in probes:
        raise Declined("all the weight on one teacher is a limit for an operator declared for the interior")
    if "q_warm" in probes and not evaluator.softener.has("rational"):
        raise Declined(f"the softener {evaluator.softener.name} is not rational in T")


def _try_samples(evaluator: Evaluator, reading: Reading, size: tuple[int, int]) -> None:
    """Raises Fails where the claim fails at one of a few exact points: the solver would spend all its steps to find none."""
    if _claim(reading).adversary is not None or _claim(reading).drawn:
        return
    for case in _cases(size, evaluator, zeros=reading.domain == "closed" and evaluator.operator.domain == "closed"):
        if judge(evaluator, reading, case) == "fails":
            K, C = size
            raise Fails(f"a sample point at (K, C) = ({K}, {C}) has a margin below 0 in exact arithmetic")


def _cases(size: tuple[int, int], evaluator: Evaluator, *, zeros: bool) -> Iterator[ExactCase]:
    """Random cases, the same every time."""
    (K, C), rng, soft = size, np.random.default_rng(0), evaluator.softener
    for n in range(SAMPLES):
        top = (4, 12, 100)[n % 3]
        whole = rng.integers(0 if zeros and n % 2 else 1, top, (K + 1, max(C, K)))
        rows = [*(row[:C] for row in whole[:K]), whole[K][:K]]
        if all(row.any() for row in rows):
            *P, w = (tuple(Fraction(int(x), int(row.sum())) for x in row) for row in rows)
            T = Fraction(int(rng.integers(2, 9))) if soft.lowest >= 1 else Fraction(1, 2)
            yield ExactCase(tuple(P), w, int(rng.integers(K)), Fraction(int(rng.integers(1, 8)), 8), Fraction(1), T)


def _solved(query: Query, reading: Reading, rlimit: int) -> dict[str, Any]:
    """The query's record, once it is known to have no solution. Raises Fails otherwise."""
    K, C = query.size
    text, rlimit = query.relaxed, min(rlimit, HARD) if query.hard else rlimit
    answer = check(text, rlimit)
    if answer != "unsat" and text != query.text:
        text = query.text
        answer = check(text, rlimit)
    if answer == "sat":
        raise Fails(f"Z3 found a point at (K, C) = ({K}, {C}) where the part {query.label!r} may be below 0")
    if answer != "unsat":
        raise Fails(f"Z3 reached its resource limit of {rlimit} at (K, C) = ({K}, {C}), part {query.label!r}")
    record: dict[str, Any] = {"size": [K, C], "claim": reading.name, "part": query.label, "smtlib": text}
    record |= {"rlimit": rlimit, "solver": f"z3 {z3.get_version_string()}"}
    opinion = second_opinion(text)
    if opinion is not None:
        name, said = opinion
        if said == "sat":
            raise Fails(f"{name} disagrees with Z3 at (K, C) = ({K}, {C}), part {query.label!r}")
        record["second"] = f"{name}: {said}"
    return record


def check(text: str, rlimit: int) -> str:
    """What Z3 says of a text in SMT-LIB: sat, unsat or unknown. A context of its own makes the answer repeatable."""
    solver = z3.SolverFor("QF_NRA", ctx=z3.Context())
    solver.set("rlimit", rlimit)
    solver.from_string(text)
    return str(solver.check())


SECOND_LIMIT = 200_000  # cvc5's own steps


def second_opinion(text: str) -> tuple[str, str] | None:
    """cvc5's name and answer, unsat, sat or unknown; None where it is not installed."""
    try:
        import cvc5  # type: ignore[import-not-found]  # optional
    except ImportError:
        return None
    solver: Any = cvc5.Solver()
    solver.setOption("rlimit", str(SECOND_LIMIT))
    parser: Any = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, "(set-logic QF_NRA)\n" + text, "query")
    said = "unknown"
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, parser.getSymbolManager())).strip() or said
    return f"cvc5 {cvc5.__version__}", said if said in ("sat", "unsat") else "unknown"


def _proof(reading: Reading, sizes: Sequence[tuple[int, int]], solved: list[dict], everywhere: bool) -> Proof:
    scope = at_sizes(sizes)
    where = "" if everywhere else ", at the points where the aggregate is defined"
    return Proof(
        reading=reading.name,
        scope=scope,
        method="smt",
        theorem=None,
        certificate={"kind": "smt", "queries": solved},
        message=f"Z3 finds no point against {reading.name} for {scope}{where}: {len(solved)} queries, all unsatisfiable.",
    )


# --- from a claim to queries -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Posed:
    """A claim at one size and for one teacher, in terms: `parts` by label, `given` what is assumed of the points."""

    problem: Problem
    size: tuple[int, int]
    given: list[Any]
    everywhere: bool
    parts: dict[str, np.ndarray]

    def questions(self) -> Iterator[tuple[str, str, bool]]:
        """For every part and every class of it: a label, a text, and whether it is hard for the solver."""
        for label, part in self.parts.items():
            for at, margin in np.ndenumerate(part):
                term = self.problem.term(margin)
                solver = z3.SolverFor("QF_NRA", ctx=self.problem.context)
                solver.add(*self.problem.assumed, *self.given, *signs(term), term.num < 0)
                name = label + "".join(f"[{i}]" for i in at)
                yield name, solver.to_smt2(), bool(self.problem.roots) or degree(term.num) > HARD_DEGREE


def signs(term: Term) -> list[Any]:
    """What the rules of signs know of a margin, for the solver to lean on."""
    return [] if not term.sign else [term.num > 0 if term.sign == POSITIVE else term.num >= 0]


def pose(evaluator: Evaluator, reading: Reading, size: tuple[int, int], k: int, *, relaxed: bool = False) -> Posed:
    """The claim at a size. Raises Unsupported or Declined where there are no terms of the operator."""
    problem, claim = Problem(relaxed=relaxed), _claim(reading)
    given = _view(problem, evaluator, reading, size, k)
    defined: dict[str, Any] = {}
    build = views.build(
        Terms(problem),
        lambda ask: {name: _aggregate(problem, evaluator, defined, name, *point) for name, point in ask.items()},
        evaluator,
        given,
        claim.probes,
        one=object_array(1),
    )
    proved = {name: problem.proves(ok) for name, ok in defined.items()}
    if not proved.get("q_vertex", True):
        raise Declined("the aggregate may be undefined where all the weight is on one teacher")
    parts = {label: np.asarray(part, dtype=object) for label, part in claim.parts(Terms(problem), build).items()}
    assumed = [ok for name, ok in defined.items() if not proved[name]]
    if build.q is not None:
        _compare(problem, evaluator, build, assumed)
    return Posed(problem, size, assumed, not assumed, parts)


def _simplex(problem: Problem, names: Sequence[str], sign: int) -> np.ndarray:
    """A point of the simplex, in variables."""
    row = np.empty(len(names), dtype=object)
    row[:] = [problem.variable(name, sign) for name in names]
    problem.assume(z3.Sum([x.num for x in row]) == 1)
    return row


def _between(problem: Problem, name: str, low: Any, high: Any) -> np.ndarray:
    x = problem.variable(name, POSITIVE if low > 0 else NONNEGATIVE)
    problem.assume(x.num >= low)
    problem.assume(x.num <= high)
    return _scalar(x)


def _scalar(x: Any) -> np.ndarray:
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _view(problem: Problem, evaluator: Evaluator, reading: Reading, size: tuple[int, int], k: int) -> View:
    """The fields that `views.build` is given, each a variable constrained as the reading's domain says."""
    (K, C), soft = size, evaluator.softener
    inside = evaluator.operator.domain == "interior"
    P_sign = NONNEGATIVE if reading.domain == "closed" and not inside else POSITIVE
    w_sign = POSITIVE if reading.domain == "interior" or inside else NONNEGATIVE
    P = np.stack([_simplex(problem, [f"P_{j}_{i}" for i in range(C)], P_sign) for j in range(K)])
    w = _simplex(problem, [f"w_{j}" for j in range(K)], w_sign)
    corner = object_array([int(j == k) for j in range(K)])
    t: Any = _between(problem, "t", 0, 1)
    if inside:
        problem.assume(t[()].num < 1)
    # The softener is a semigroup: for an operator that does no softening of its own T = 1 against T covers every pair.
    base = not evaluator.operator.takes_temperature
    T1 = object_array(1) if base else _between(problem, "T1", soft.lowest, soft.highest)
    d = np.array([problem.variable(f"d_{i}") for i in range(C)], dtype=object)
    return View(
        P=P,
        w=w,
        p=P[k],
        others=np.delete(P, k, axis=0),
        corner=corner,
        corner_alone=corner,
        t=t,
        T1=T1,
        T=_between(problem, "T", soft.lowest, soft.highest),
        T1_is_one=base,
        warming=1,
        d=d,
        support=Mask(each(lambda x: x.sign == POSITIVE or x.num > 0, P)),
        active=Mask(each(lambda x: x.sign == POSITIVE or x.num > 0, w)),
    )


def _aggregate(problem: Problem, evaluator: Evaluator, defined: dict[str, Any], name: str, P, w, T) -> np.ndarray:
    """A at terms. Where it is defined is noted aside, and assumed (or proved) for the claim as a whole."""
    K, C = P.shape
    try:
        jaxpr = evaluator.jaxpr(K, C, T is not None)
    except Exception as e:
        raise Declined(f"the operator cannot be traced at (K, C) = ({K}, {C}): {type(e).__name__}") from e
    for x in (*P.flat, *w):
        problem.signed(x)
    (q,) = evaluate(problem, jaxpr, [P, w] if T is None else [P, w, T])
    if q.shape != (C,) or jaxpr.out_avals[0].dtype.kind not in "fV":
        raise Declined(f"the operator returns shape {q.shape} at (K, C) = ({K}, {C}), or no real numbers")
    q = each(problem.term, q)
    defined[name] = conj(True, *(x.ok for x in q))
    return each(lambda x: Term(problem, x.num, x.den, True, x.sign), q)


class Mask:
    """Truth values of supports as arrays: what the readings ask of NumPy's booleans, on formulas."""

    def __init__(self, x: np.ndarray):
        self.x = x

    def __or__(self, other: Mask) -> Mask:
        return Mask(each(disj, *np.broadcast_arrays(self.x, other.x)))

    def __and__(self, other: Mask) -> Mask:
        return Mask(each(conj, *np.broadcast_arrays(self.x, other.x)))

    def __invert__(self) -> Mask:
        return Mask(each(negated, self.x))

    def __getitem__(self, at: Any) -> Mask:
        return Mask(self.x[at])

    def all(self, axis: int) -> Mask:
        return Mask(fold(conj, self.x, (axis % self.x.ndim,)))

    def any(self, axis: int) -> Mask:
        return Mask(fold(disj, self.x, (axis % self.x.ndim,)))


class Terms:
    """`Arithmetic` on arrays of numbers and terms, all of them finite. What is not algebraic is declined."""

    def __init__(self, problem: Problem):
        self.problem = problem

    def sum(self, x, axis):
        return fold(self.problem.add, x, (axis % np.ndim(x),))

    def max(self, x, axis):
        return fold(self.problem.maximum, x, (axis % np.ndim(x),))

    def min(self, x, axis):
        return fold(self.problem.minimum, x, (axis % np.ndim(x),))

    def abs(self, x):
        return each(self.problem.absolute, np.asarray(x, dtype=object))

    def maximum(self, a, b):
        return each(self.problem.maximum, np.asarray(a, dtype=object), np.asarray(b, dtype=object))

    def minimum(self, a, b):
        return each(self.problem.minimum, np.asarray(a, dtype=object), np.asarray(b, dtype=object))

    def where(self, mask: Mask, a, b):
        return each(self.problem.either, mask.x, a, np.broadcast_to(np.asarray(b, dtype=object), np.shape(a)))

    def log(self, x):
        raise Declined("logarithms are not algebraic")

    def untied(self, x):
        raise Declined("a tie is no inequality")

    def positive(self, x):
        return each(lambda e: self.problem.either(self.problem.less(0, e), e, -numbers.ONE), x)

    def order_kept(self, a, b):
        return self.maximum(a[None, :] - a[:, None], b[:, None] - b[None, :])

    def xlogx(self, x):
        raise Declined("logarithms of the aggregate are not algebraic")

    def power(self, x, exponent):
        raise Declined("the softener's powers are not rational in T")


# --- a check of the terms themselves -----------------------------------------------------------------------------------------


def _samples(size: tuple[int, int]) -> Iterator[tuple[list[list[Fraction]], list[Fraction]]]:
    """Two interior points without ties."""
    K, C = size
    for shift in (0, 2):
        rows = [[2 + (5 * i + 3 * j + shift) % (2 * C + 1) + Fraction(i, 7) for i in range(C)] for j in range(K)]
        weights = [Fraction(2 * j + 3 + (shift * j) % 3) for j in range(K)]
        yield [[x / sum(row) for x in row] for row in rows], [x / sum(weights) for x in weights]


def _compare(problem: Problem, evaluator: Evaluator, view: View, given: Sequence[Any]) -> None:
    """Decline unless the assumptions hold and the terms have the exact operator's values at sample points.

    A proof from assumptions that nothing meets, or about other terms than the operator's, would be worth nothing.
    """
    hold_the_exact_rules(evaluator, view.P.shape)
    for P, w in _samples(view.P.shape):
        one = numbers.ONE if evaluator.operator.takes_temperature else None
        expected = evaluator.exact(object_array(P), object_array(w), one)
        solver = z3.SolverFor("QF_NRA", ctx=problem.context)
        solver.set("rlimit", 10_000_000)
        solver.add(*problem.assumed, *problem.splits, *given)
        fixed = zip([*view.P.flat, *view.w], [*(x for row in P for x in row), *w], strict=True)
        solver.add(*(variable.num == z3.RealVal(str(x), problem.context) for variable, x in fixed))
        solver.add(*(x.num == 1 for x in (view.t[()], view.T[()]) if evaluator.operator.domain == "closed"))
        if any(numbers.is_special(x) for x in expected) or solver.check() != z3.sat:
            raise Declined("the operator is undefined at a sample point, or the terms could not be compared there")
        found = [_value(solver.model(), x) for x in view.q]
        if any(abs(x - numbers.to_float(y)) > AGREES for x, y in zip(found, expected, strict=True)):
            raise Declined("the terms differ from the operator at a sample point: please report this")


def hold_the_exact_rules(evaluator: Evaluator, size: tuple[int, int]) -> None:
    """Decline where the operator's trace, run by rules that the exact ones and the terms share nothing with, gives other values.

    The terms take moves of entries from the exact rules, so that comparing the two alone would miss a fault of both.
    """
    at = points(*size, interior=True)
    takes = evaluator.operator.takes_temperature
    given = [at.P, at.w, *([np.ones(len(at.P))] if takes else [])]
    try:
        found, _ = interpreter.run(evaluator.jaxpr(*size, takes), given)
    except Unknown as e:
        raise Declined(f"the operator's trace could not be run by rules of its own ({e})") from e
    called = evaluator.batch(at.P, at.w, np.ones(len(at.P)) if takes else None)
    for P, w, q, once in zip(at.P, at.w, found, called, strict=True):
        try:
            exact = evaluator.exact(object_array(P), object_array(w), numbers.ONE if takes else None)
            expected = np.array([numbers.to_float(x) for x in exact])
        except Undecided:
            continue
        defined = np.isfinite(expected) & np.isfinite(q) & np.isfinite(once)
        if not (
            np.allclose(q[defined], expected[defined], rtol=AGREES, atol=AGREES)
            and np.allclose(q, once, atol=RAN, equal_nan=True)
        ):
            K, C = size
            raise Declined(f"at K = {K}, C = {C} the formula is not the operator")


def _value(model: z3.ModelRef, x: Term) -> float:
    value: Any = model.eval(x.num / times(z3.RealVal(1, x.home.context), x.den), model_completion=True)
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    if not isinstance(value, z3.RatNumRef):
        raise Declined("a term has no value at a sample point")
    return float(value.as_fraction())
