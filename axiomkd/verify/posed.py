"""A claim at a fixed size as formulas for a solver, worked out anew from the operator's trace: nothing of a certificate's text.

What has no rule here raises Unsupported; then the certificate's own text is all that there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import z3

from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.tracing import exact_structure, numbers
from axiomkd.tracing.arrays import is_real
from axiomkd.tracing.walk import Equation, Rules, Unsupported, walk
from axiomkd.verify.line import Failed
from axiomkd.verify.reals import (
    NONNEGATIVE,
    POSITIVE,
    Formulas,
    Mask,
    Problem,
    Real,
    chosen,
    each,
    folded,
    larger,
    magnitude,
    single,
    smaller,
)
from axiomkd.verify.subject import Size, Subject

MOST_STEPS = 4_000_000  # the solver's, for one part


def parts(subject: Subject, reading: Reading, size: Size, k: int) -> tuple[Problem, dict[str, Real]]:
    """Every margin of the claim by its label and place, for teacher k. Raises Unsupported."""
    claim, operator, problem = reading.claim, subject.operator, Problem()
    assert isinstance(claim, Pointwise)
    probes = set(claim.probes)
    if subject.evaluator.mode != "jax":
        raise Unsupported("NumPy code")
    if operator.domain == "interior" and "q_vertex" in probes:
        raise Unsupported("a limit")
    view = _view(problem, subject, reading, size, k)
    m = Formulas(problem)
    one = single(problem.real(1)) if operator.takes_temperature else None

    def A(P: Any, w: Any, T: Any) -> np.ndarray:
        args = [P, w] if T is None else [P, w, T]
        lifted = [each(problem.real, x) for x in args]
        (q,) = walk(subject.evaluator.jaxpr(*size, T is not None), lifted, rules(problem))
        return each(problem.real, q)

    view.w_k = single(view.w[k])
    if claim.drawn:
        raise Unsupported("a claim about more than P, w, a teacher, t and T")
    view.q = A(view.P, view.w, one)
    view.q_same = A(np.stack([view.p] * size[0]), view.w, one) if "q_same" in probes else None
    view.q_tilted = A(view.P, view.w + view.t * (view.corner - view.w), one) if "q_tilted" in probes else None
    view.q_vertex = A(view.P, view.corner, one) if "q_vertex" in probes else None
    if probes & {"q_warm", "q_cold"}:
        _softened(subject, view, m, A)
    every = claim.parts(m, view)
    return problem, {
        label + "".join(f"[{i}]" for i in at): problem.real(x)
        for label, part in every.items()
        for at, x in np.ndenumerate(np.asarray(part, dtype=object))
    }


def _softened(subject: Subject, v: View, m: Formulas, A: Any) -> None:
    soften, takes = subject.evaluator.softener.rows, subject.operator.takes_temperature
    v.P_warm, v.P_cold = soften(m, v.P, v.T), soften(m, v.P, v.T1)
    v.q_warm = A(v.P, v.w, v.T) if takes else A(v.P_warm, v.w, None)
    v.q_cold = A(v.P, v.w, v.T1) if takes else A(v.P_cold, v.w, None)
    v.soften = lambda arithmetic, q, T: soften(arithmetic, q, T)


def _view(problem: Problem, subject: Subject, reading: Reading, size: Size, k: int) -> View:
    (K, C), soft = size, subject.evaluator.softener
    inside = subject.operator.domain == "interior"
    of_P = NONNEGATIVE if reading.domain == "closed" and not inside else POSITIVE
    of_w = POSITIVE if reading.domain == "interior" or inside else NONNEGATIVE

    def row(name: str, n: int, sign: int) -> np.ndarray:
        xs = np.array([problem.variable(f"{name}_{i}", sign) for i in range(n)], dtype=object)
        problem.known.append(z3.Sum([x.num for x in xs]) == 1)
        return xs

    def between(name: str, low: float, high: float) -> np.ndarray:
        x = problem.variable(name, POSITIVE if low > 0 else NONNEGATIVE)
        problem.known += [x.num >= problem.real(low).num, x.num <= problem.real(high).num]
        return single(x)

    P = np.stack([row(f"P_{j}", C, of_P) for j in range(K)])
    w = row("w", K, of_w)
    t = between("t", 0, 1)
    if inside:
        problem.known.append(t.item().num < 1)
    takes = subject.operator.takes_temperature
    T1 = between("T1", soft.lowest, soft.highest) if takes else single(problem.real(1))
    return View(
        P=P,
        w=w,
        p=P[k],
        others=np.delete(P, k, axis=0),
        corner=np.array([problem.real(int(j == k)) for j in range(K)], dtype=object),
        t=t,
        T1=T1,
        T=between("T", soft.lowest, soft.highest),
        warming=1,
        d=np.array([problem.variable(f"d_{i}") for i in range(C)], dtype=object),
        support=Mask(each(lambda x: x.num > 0, P)),
        active=Mask(each(lambda x: x.num > 0, w)),
        k=k,
    )


def solved(problem: Problem, margin: Real, steps: int) -> str:
    """What the solver says of a point at which the margin is below 0: unsat where there is none."""
    solver = z3.SolverFor("QF_NRA", ctx=problem.context)
    solver.set("rlimit", min(steps, MOST_STEPS))
    solver.add(*problem.known, margin.num < 0)
    try:
        return str(solver.check())
    except z3.Z3Exception as e:
        raise Failed(f"the solver fails ({e})") from e


# --- the trace -------------------------------------------------------------------------------------------------------------


def rules(problem: Problem) -> Rules:
    """The rules of a trace over reals. Comparisons give truth values of the solver; places must not depend on the point."""
    return _Rules(problem).table()


@dataclass(frozen=True)
class _Rules:
    """Rules that make reals of one problem."""

    problem: Problem

    def lift(self, x: Any, aval: Any) -> np.ndarray:
        if is_real(aval.dtype):
            return each(lambda y: self.problem.real(y if isinstance(y, Real) else numbers.number(y)), x)
        return np.asarray(x)

    def real(self, x: np.ndarray) -> np.ndarray:
        return each(self.problem.real, x)

    def on_reals(self, function: Any) -> Any:
        return lambda e, *xs: each(function, *np.broadcast_arrays(*map(self.real, xs))) if _reals(e) else _whole(e, *xs)

    def compared(self, test: Any) -> Any:
        def rule(e: Equation, x: np.ndarray, y: np.ndarray) -> np.ndarray:
            if not is_real(e.invars[0].aval.dtype):
                return _whole(e, x, y)
            return each(lambda a, b: _settled(test(a.compared(b))), *np.broadcast_arrays(self.real(x), self.real(y)))

        return rule

    def reduced(self, function: Any) -> Any:
        return lambda e, x: folded(function, self.real(x), e.params["axes"]) if _reals(e) else _whole(e, x)

    def select(self, e: Equation, which: np.ndarray, *cases: np.ndarray) -> np.ndarray:
        if len(cases) != 2 or not is_real(e.outvars[0].aval.dtype):
            raise Unsupported("select_n")
        no, yes = map(self.real, cases)
        return each(chosen, *np.broadcast_arrays(np.asarray(which, dtype=object), yes, no))

    def power(self, _e: Equation, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        exponents = {str(b.num) + "/" + str(b.den) for b in self.real(y).flat}
        if exponents == {"1/2/1"}:
            return each(self.problem.root, self.real(x))
        if len(exponents) == 1 and (n := exponents.pop().removesuffix("/1")).lstrip("-").isdigit():
            return each(lambda a: a ** int(n), self.real(x))
        raise Unsupported("pow")

    def dot(self, e: Equation, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        (of_x, of_y), (batch, _) = e.params["dimension_numbers"]
        if batch or not _reals(e):
            raise Unsupported("dot_general")
        found = np.tensordot(self.real(x), self.real(y), axes=(tuple(of_x), tuple(of_y)))
        return found if isinstance(found, np.ndarray) else single(found)

    def convert(self, e: Equation, x: np.ndarray) -> np.ndarray:
        if is_real(e.outvars[0].aval.dtype):
            return self.real(x)
        return _whole(e, x) if is_real(e.invars[0].aval.dtype) or x.dtype == object else x.astype(e.params["new_dtype"])

    def table(self) -> Rules:
        structure = {name: rule for name, rule in exact_structure.RULES.items() if not name.startswith("scatter")}
        return Rules(
            lift=self.lift,
            primitives={
                **structure,
                "add": self.on_reals(lambda a, b: a + b),
                "sub": self.on_reals(lambda a, b: a - b),
                "mul": self.on_reals(lambda a, b: a * b),
                "div": self.on_reals(lambda a, b: a / b),
                "neg": self.on_reals(lambda a: -a),
                "abs": self.on_reals(magnitude),
                "max": self.on_reals(larger),
                "min": self.on_reals(smaller),
                "square": self.on_reals(lambda a: a**2),
                "sqrt": self.on_reals(self.problem.root),
                "rsqrt": self.on_reals(lambda a: self.problem.root(a).inverse()),
                "integer_pow": lambda e, x: each(lambda a: a ** int(e.params["y"]), self.real(x)),
                "pow": self.power,
                "gt": self.compared(lambda d: d > 0),
                "ge": self.compared(lambda d: d >= 0),
                "lt": self.compared(lambda d: d < 0),
                "le": self.compared(lambda d: d <= 0),
                "eq": self.compared(lambda d: d == 0),
                "ne": self.compared(lambda d: d != 0),
                "select_n": self.select,
                "reduce_sum": self.reduced(lambda a, b: a + b),
                "reduce_max": self.reduced(larger),
                "reduce_min": self.reduced(smaller),
                "reduce_prod": self.reduced(lambda a, b: a * b),
                "dot_general": self.dot,
                "convert_element_type": self.convert,
                "copy": lambda _e, x: x,
                "stop_gradient": lambda _e, x: x,
            },
        )


def _reals(e: Equation) -> bool:
    return is_real(e.outvars[0].aval.dtype)


def _whole(e: Equation, *_xs: Any) -> np.ndarray:
    raise Unsupported(f"{e.primitive.name} of whole numbers")


def _settled(condition: Any) -> Any:
    found = z3.simplify(condition)
    return True if z3.is_true(found) else False if z3.is_false(found) else condition
