"""From a case to the view that margins are written on: the points that a claim looks at, and A there.

Written once over `Arithmetic`: float batches, single JAX cases under gradients, and exact cases go through `build`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core import formula
from axiomkd.core.arithmetic import NUMPY, Arithmetic
from axiomkd.core.case import Cases, ExactCase
from axiomkd.core.reading import View
from axiomkd.core.tolerances import SOFTENED_FLOOR
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.exact import object_array

# An operator declared for the interior never sees a vertex: in floats this is "all the weight on one teacher".
NEARLY_ALL = 1e-200  # so little that what it does to a pool of logarithms is below float rounding


class Undefined(Exception):
    """A is inf or nan at a point that the claim looks at."""


Ask = dict[str, tuple[Any, Any, Any]]
"""The points that a claim looks at: (P, w, T) by the name of the view's field; T None calls the operator without one."""


def one_at_a_time(A: Callable[[Any, Any, Any], Any]) -> Callable[[Ask], dict[str, Any]]:
    """Evaluate asked points one after the other."""
    return lambda ask: {name: A(*point) for name, point in ask.items()}


def build(
    m: Arithmetic,
    answer: Callable[[Ask], dict[str, Any]],
    evaluator: Evaluator,
    given: View,
    probes: Iterable[str],
    one: Any = 1.0,
) -> View:
    """`given` has P, w, p, others, corner (e_k), corner_alone (e_k, or near it), t, T1, T, d, warming, support, active.

    `answer` evaluates A at all points asked for; it may do so at once.
    """
    operator, soften, probes, v = evaluator.operator, evaluator.softener.rows, set(probes), given
    v.soften = lambda arithmetic, q, T: soften(arithmetic, q, T[..., None])
    warms = bool(probes & {"q_cold", "q_warm"})
    if warms:
        v.P_warm = soften(m, v.P, v.T[..., None, None])
        v.P_cold = v.P if v.T1_is_one else soften(m, v.P, v.T1[..., None, None])
    cold_is_base = not operator.takes_temperature and v.T1_is_one
    probes |= {"q"} if warms and cold_is_base else set()
    if cold_is_base:
        probes -= {"q_cold"}
    now = one if operator.takes_temperature else None
    points = {
        "q": lambda: (v.P, v.w, now),
        "q_same": lambda: (v.P * 0 + v.p[..., None, :], v.w, now),
        "q_tilted": lambda: (v.P, v.w + v.t[..., None] * (v.corner - v.w), now),
        "q_vertex": lambda: (v.P, v.corner_alone, now),
        "q_warm": lambda: (v.P, v.w, v.T) if operator.takes_temperature else (v.P_warm, v.w, None),
        "q_cold": lambda: (v.P, v.w, v.T1) if operator.takes_temperature else (v.P_cold, v.w, None),
    }
    v.point = lambda name: points[name]()
    for name in points:
        setattr(v, name, None)
    for name, q in answer({name: point() for name, point in points.items() if name in probes}).items():
        setattr(v, name, q)
    if cold_is_base and warms:
        v.q_cold = v.q
    return v


def of_floats(evaluator: Evaluator, cases: Cases, probes: Iterable[str], *, nearly: float = NEARLY_ALL) -> View:
    """The float view of a batch. NaN where A is undefined, or where softening underflows.

    `nearly` of the weight stays on all teachers where the operator is declared for the interior.
    """
    P, w, k = cases.P, cases.w, cases.k
    B, K, _ = P.shape
    corner = np.eye(K)[k]
    others = P.copy()
    others[np.arange(B), k] = -1.0  # below every probability: the maximum over the others never sees teacher k
    interior = evaluator.operator.domain == "interior"
    given = View(
        P=P,
        w=w,
        p=P[np.arange(B), k],
        others=others,
        corner=corner,
        corner_alone=(1 - nearly) * corner + nearly / K if interior else corner,
        t=cases.t,
        T1=cases.T1,
        T=cases.T,
        T1_is_one=bool(np.all(cases.T1 == 1)),
        warming=np.where(cases.T > cases.T1, 1.0, -1.0),
        d=cases.d,
        support=P > 0,
        active=w > 0,
    )
    with np.errstate(all="ignore"):
        v = build(NUMPY, one_at_a_time(evaluator.batch), evaluator, given, probes)
        if hasattr(v, "P_warm"):
            sunk = (v.P_warm < SOFTENED_FLOOR).any((1, 2)) | (v.P_cold < SOFTENED_FLOOR).any((1, 2))
            v.sunk = sunk
    return v


def of_exact(evaluator: Evaluator, case: ExactCase, probes: Iterable[str], *, bits: int, near: int = 0) -> View:
    """The exact view of one case, arrays of `jaxpr.arithmetic.Number`. Raises Undefined, Undecided, Unsupported.

    `near` n puts 2^-n of the weight on the others where the operator is declared for the interior.
    """
    K = len(case.w)
    P, w = wrap(object_array([list(row) for row in case.P])), wrap(object_array(list(case.w)))
    corner = [Fraction(int(j == case.k)) for j in range(K)]
    slack = Fraction(1, 2**near) if near else Fraction(0)
    alone = [(1 - slack) * x + slack / K for x in corner]

    def A(P, w, T):
        q = evaluator.exact(unwrap(P), unwrap(w), None if T is None else unwrap(T)[()], bits=bits)
        if any(numbers.is_special(x) for x in q):
            raise Undefined
        return wrap(q)

    def scalar(x):
        return wrap(object_array(x))

    given = View(
        P=P,
        w=w,
        p=P[case.k],
        others=np.delete(P, case.k, axis=0),
        corner=wrap(object_array(corner)),
        corner_alone=wrap(object_array(alone)),
        t=scalar(case.t),
        T1=scalar(case.T1),
        T=scalar(case.T),
        T1_is_one=case.T1 == 1,
        warming=1 if case.T > case.T1 else -1,
        d=None if case.d is None else wrap(object_array(list(case.d))),
        support=np.array([[x > 0 for x in row] for row in case.P]),
        active=np.array([x > 0 for x in case.w]),
        k=case.k,
    )
    with numbers.precision(bits):
        return _with_words(build(EXACT, one_at_a_time(A), evaluator, given, probes, one=scalar(1)), case)


def _with_words(v: View, case: ExactCase) -> View:
    """What sentences over an exact view ask for."""
    m = EXACT
    v.T, v.T1, v.case = v.T, v.T1, case
    v.total = lambda q: m.sum(q, -1)
    v.distance = lambda a, b: formula.total_variation(m, a, b)
    v.lowest = lambda i: m.min(v.P[:, i], -1)
    v.highest = lambda i: m.max(v.P[:, i], -1)
    v.dot = lambda a, b: m.sum(a * b, -1)
    v.farthest = lambda: m.max(m.sum(v.d[None, :] * v.P, -1), -1)
    v.largest_drift = lambda: m.max(formula.total_variation(m, v.P_warm, v.P_cold), -1)
    v.entropy_at = lambda T: formula.entropy(m, v.q_warm if T is v.T else v.q_cold)
    v.softened = lambda: v.soften(m, v.q, v.T)
    return v
