"""From a case to the view that margins are written on: the points that a claim looks at, and A there.

Written once over `Arithmetic`: float batches, single JAX cases under gradients, and exact cases go through `build`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

import numpy as np

from axiomkd.core import formula
from axiomkd.core.arithmetic import NUMPY, Arithmetic
from axiomkd.core.case import Cases, ExactCase
from axiomkd.core.extras import EXTRAS
from axiomkd.core.operator import Operator
from axiomkd.core.reading import View
from axiomkd.core.softener import Softener
from axiomkd.core.tolerances import SOFTENED_FLOOR
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.exact import object_array

# An operator declared for the interior never sees a vertex: in floats this is "all the weight on one teacher".
NEARLY_ALL = 1e-200  # so little that what it does to a pool of logarithms is below float rounding


class Undefined(Exception):
    """A is inf or nan at a point that the claim looks at."""


@runtime_checkable
class Asked(Protocol):
    """What the margins of an operator are measured with: an `Evaluator`, or what stands for one in another process."""

    @property
    def operator(self) -> Operator: ...
    @property
    def softener(self) -> Softener: ...
    @property
    def mode(self) -> str: ...
    def detect(self) -> float: ...
    def batch(self, P: Any, w: Any, T: Any = None) -> np.ndarray: ...
    def suggested(self, P: Any, w: Any, T: Any = None) -> np.ndarray: ...


Ask = dict[str, tuple[Any, Any, Any]]
"""The points that a claim looks at: (P, w, T) by the name of the view's field; T None calls the operator without one."""


def one_at_a_time(A: Callable[[Any, Any, Any], Any]) -> Callable[[Ask], dict[str, Any]]:
    """Evaluate asked points one after the other."""
    return lambda ask: {name: A(*point) for name, point in ask.items()}


def together(A: Callable[[Any, Any, Any], Any]) -> Callable[[Ask], dict[str, Any]]:
    """Evaluate the asked points of one size in one call: what a call costs beside its arithmetic is paid once."""

    def answer(ask: Ask) -> dict[str, Any]:
        alike: dict[Any, list[str]] = {}
        for name, (P, _, T) in ask.items():
            alike.setdefault((P.shape, None if T is None else np.ndim(T) > 1), []).append(name)
        out: dict[str, Any] = {}
        for ((B, K, _), each), names in alike.items():
            P, w = (np.concatenate([ask[name][n] for name in names]) for n in (0, 1))
            T = None
            if each is not None:
                T = np.concatenate([np.broadcast_to(ask[name][2], (B, K) if each else (B,)) for name in names])
            out.update(zip(names, np.split(A(P, w, T), len(names)), strict=True))
        return out

    return answer


def build(
    m: Arithmetic,
    answer: Callable[[Ask], dict[str, Any]],
    evaluator: Asked,
    given: View,
    probes: Iterable[str],
    one: Any = 1.0,
) -> View:
    """`given` has P, w, p, others, corner (e_k), corner_alone (e_k, or near it), t, T1, T, d, warming, support, active, and what
    else is drawn: of an index `other` corner2 (e_other), of a `pair` M (`merging`), the rest by its name.

    `answer` evaluates A at all points asked for; it may do so at once.
    """
    operator, soften, probes, v = evaluator.operator, evaluator.softener.rows, set(probes), given
    v.soften = lambda arithmetic, q, T: soften(arithmetic, q, T[..., None])
    warms = bool(probes & {"q_cold", "q_warm"})
    if warms:
        v.P_warm = soften(m, v.P, v.T[..., None, None])
        v.P_cold = v.P if v.T1_is_one else soften(m, v.P, v.T1[..., None, None])
    cold_is_base = not operator.takes_temperature and v.T1_is_one
    derive(m, v)
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
    points |= _of_extras(m, v, now)
    v.point = lambda name: points[name]()
    for name in points:
        setattr(v, name, None)
    for name, q in answer({name: point() for name, point in points.items() if name in probes}).items():
        setattr(v, name, q)
    if cold_is_base and warms:
        v.q_cold = v.q
    return v


def derive(m: Arithmetic, v: View) -> None:
    """What follows from what is drawn, where it is: weights of the two teachers, the other's row, what moves, what varies."""
    v.w_k = m.sum(v.w * v.corner, -1)
    if hasattr(v, "corner2"):
        v.p2, v.w_other = m.sum(v.P * v.corner2[..., :, None], -2), m.sum(v.w * v.corner2, -1)
    if hasattr(v, "share"):
        v.delta = _times(m, v.share, v.w_other)
    if hasattr(v, "mean"):
        # The least ratio is at most 1, as both sum to 1: the second outcomes are positive, and the means are `mean`.
        v.chance = _times(m, v.pi, m.min(v.mean / v.p, -1))
        v.chance2 = _times(m, v.pi2, m.min(v.mean / v.p2, -1))
        v.b, v.b2 = _else(v.mean, v.chance, v.p), _else(v.mean, v.chance2, v.p2)


def _times(m: Arithmetic, a: Any, b: Any) -> Any:
    """a b as an array, which a product of two exact 0-d arrays is not."""
    return m.sum(a[..., None] * b[..., None], -1)


def _else(mean: Any, chance: Any, a: Any) -> Any:
    """What a row is when it is not a, if it is a with this chance and has this mean."""
    return (mean - chance[..., None] * a) / (1 - chance[..., None])


def _of_extras(m: Arithmetic, v: View, now: Any) -> dict[str, Callable[[], tuple[Any, Any, Any]]]:
    """The points beside the five that all cases have, by the names of the aggregates there."""

    def with_rows(first: Any, second: Any | None = None, rest: Any | None = None) -> Any:
        """P with row k, and the other one, changed, the rest as it is or all alike."""
        k, P = v.corner[..., :, None], v.P if rest is None else v.P * 0 + rest[..., None, :]
        left = 1 - k if second is None else 1 - k - v.corner2[..., :, None]
        P = P * left + k * first[..., None, :]
        return P if second is None else P + v.corner2[..., :, None] * second[..., None, :]

    def weighed() -> Any:
        P = v.P * v.l[..., None, :]
        return P / m.sum(P, -1)[..., None]

    return {
        "q_moved": lambda: (v.P, v.w + v.delta[..., None] * (v.corner - v.corner2), now),
        "q_changed": lambda: (with_rows(v.row), v.w, now),
        "q_weighed": lambda: (weighed(), v.w, now),
        "q_merged": lambda: (formula.merged(m, v.P, v.M[..., None, :, :]), v.w, now),
        "q_aa": lambda: (with_rows(v.p, v.p2, v.mean), v.w, now),
        "q_ab": lambda: (with_rows(v.p, v.b2, v.mean), v.w, now),
        "q_ba": lambda: (with_rows(v.b, v.p2, v.mean), v.w, now),
        "q_bb": lambda: (with_rows(v.b, v.b2, v.mean), v.w, now),
        "u_aa": lambda: (v.P, v.w, now),
        "u_ab": lambda: (with_rows(v.p, v.second2), v.w, now),
        "u_ba": lambda: (with_rows(v.second, v.p2), v.w, now),
        "u_bb": lambda: (with_rows(v.second, v.second2), v.w, now),
    }


def merging(pair: Any, C: int) -> np.ndarray:
    """M (…, C, C - 1): the second class of the pair (the first is lower) is added to the first, and goes."""
    pair = np.asarray(pair)
    first, second = pair[..., 0, None], pair[..., 1, None]
    old = np.arange(C)
    new = np.where(old == second, first, old - (old > second))
    return (new[..., :, None] == np.arange(C - 1)).astype(float)


def of_floats(
    evaluator: Asked, cases: Cases, probes: Iterable[str], *, nearly: float = NEARLY_ALL, suggests: bool = False
) -> View:
    """The float view of a batch. NaN where A is undefined, or where softening underflows.

    `nearly` of the weight stays on all teachers where the operator is declared for the interior. `suggests`: nothing is concluded
    from the numbers, so that they need not be those of compiled code to the last digit.
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
        **_drawn(cases),
    )
    with np.errstate(all="ignore"):
        # Code of the user's that takes whole batches may ask for one temperature in each.
        answer = together if evaluator.mode == "jax" else one_at_a_time
        v = build(NUMPY, answer(evaluator.suggested if suggests else evaluator.batch), evaluator, given, probes)
        if hasattr(v, "P_warm"):
            sunk = (v.P_warm < SOFTENED_FLOOR).any((1, 2)) | (v.P_cold < SOFTENED_FLOOR).any((1, 2))
            v.sunk = sunk
    return v


def _drawn(cases: Cases) -> dict[str, Any]:
    """What else is drawn, as the view has it."""
    K, C = cases.size
    more = dict(cases.more)
    if "other" in more:
        more["corner2"] = np.eye(K)[more["other"]]
    if "pair" in more and C > 2:
        more["M"] = merging(more["pair"], C)
    return more


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
        **_drawn_exactly(case),
    )
    with numbers.precision(bits):
        return _with_words(build(EXACT, one_at_a_time(A), evaluator, given, probes, one=scalar(1)), case)


def _drawn_exactly(case: ExactCase) -> dict[str, Any]:
    K, C = case.size
    more: dict[str, Any] = {}
    for name, value in case.more:
        if EXTRAS[name].dtype is int:
            more[name] = value
        else:
            more[name] = wrap(object_array(list(value) if isinstance(value, tuple) else value))
    if "other" in more:
        more["corner2"] = wrap(object_array([Fraction(int(j == more["other"])) for j in range(K)]))
    if "pair" in more and C > 2:
        M = merging(more["pair"], C)
        more["M"] = wrap(object_array([[Fraction(int(x)) for x in row] for row in M]))
    return more


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
    v.highest_other = lambda i: m.max(v.others[:, i], -1)
    v.after = lambda: formula.merged(m, v.q, v.M)
    v.chosen = lambda: ", ".join(str(i) for i, x in enumerate(unwrap(v.S)) if numbers.sign_of(x))
    v.most_on_set = lambda: m.max(m.sum(v.P * v.S[None, :], -1), -1)
    return v
