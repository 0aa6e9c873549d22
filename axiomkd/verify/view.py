"""What a claim's margin looks at, built anew from a witness: the points, and A there. Exact numbers, or floats.

Written from the table of the readings; the search builds its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core.arithmetic import NUMPY, Arithmetic
from axiomkd.core.reading import Pointwise, View
from axiomkd.core.report import WitnessModel
from axiomkd.core.tolerances import JUMP_NEAR
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.exact import object_array
from axiomkd.verify import beside
from axiomkd.verify.beside import Beside
from axiomkd.verify.line import Failed

Numbers = tuple[Fraction, ...]


class Undefined(Exception):
    """A is no number at a point that the claim looks at."""


@dataclass(frozen=True)
class Case:
    """A witness in fractions. `alone`: all the weight is on teacher k, the tilt plays no part."""

    P: tuple[Numbers, ...]
    w: Numbers
    k: int
    t: Fraction
    T1: Fraction
    T: Fraction
    d: Numbers | None
    alone: bool
    beside: Beside = Beside()


def fraction(text: str) -> Fraction:
    """The one number that a witness's string names. Raises Failed where it names none."""
    try:
        return numbers.as_fraction(numbers.rational(text))
    except (ValueError, OverflowError, ZeroDivisionError) as e:
        raise Failed(f"the witness has {text!r}, which names no number") from e


def row(texts: Sequence[str]) -> Numbers:
    return tuple(map(fraction, texts))


def case_of(w: WitnessModel) -> Case:
    """Raises Failed where the witness's shapes are wrong."""
    P = tuple(map(row, w.P))
    if len(P) != w.K or any(len(p) != w.C for p in P) or len(w.w) != w.K:
        raise Failed(f"the witness's P and w are not of K = {w.K}, C = {w.C}")
    if w.teacher is not None and not 0 <= w.teacher < w.K:
        raise Failed(f"the witness names teacher {w.teacher} of {w.K}")
    for i in () if w.cls is None else (w.cls,) if isinstance(w.cls, int) else w.cls:
        if not 0 <= i < w.C:
            raise Failed(f"the witness names class {i} of {w.C}")
    t, T = row(w.t or ()), row(w.T or ())
    return Case(
        P,
        row(w.w),
        w.teacher or 0,
        t[-1] if t else Fraction(1, 2),
        T[0] if T else Fraction(1),
        T[-1] if T else Fraction(2),
        None if w.direction is None else row(w.direction),
        alone=len(t) == 1,
        beside=beside.of(w, fraction),
    )


def exact(evaluator: Evaluator, case: Case, claim: Pointwise, bits: int) -> View:
    """The view in exact numbers. Raises Undefined, Undecided, Unsupported."""

    def A(P: Any, w: Any, T: Any) -> Any:
        q = evaluator.exact(unwrap(P), unwrap(w), None if T is None else unwrap(T)[()], bits=bits)
        if any(numbers.is_special(x) for x in q):
            raise Undefined
        return wrap(q)

    return _build(EXACT, lambda x: wrap(object_array(x)), A, evaluator, case, claim)


def in_floats(evaluator: Evaluator, case: Case, claim: Pointwise) -> View:
    """The view in float64."""

    def A(P: Any, w: Any, T: Any) -> Any:
        return evaluator.batch(P[None], w[None], None if T is None else float(T))[0]

    def array(x: Any) -> np.ndarray:
        return np.array(x, dtype=float)

    with np.errstate(all="ignore"):
        return _build(NUMPY, array, A, evaluator, case, claim)


def many_in_floats(evaluator: Evaluator, cases: Sequence[Case], claim: Pointwise) -> list[View]:
    """The views in float64, with A called on whole batches: a first pass asks for the points, a second has the values."""

    def array(x: Any) -> np.ndarray:
        return np.array(x, dtype=float)

    asked: list[tuple[np.ndarray, np.ndarray, float | None]] = []

    def ask(P: Any, w: Any, T: Any) -> Any:
        asked.append((P, w, None if T is None else float(T)))
        return np.full(P.shape[-1], np.nan)

    with np.errstate(all="ignore"):
        for case in cases:
            _build(NUMPY, array, ask, evaluator, case, claim)
        values: list[np.ndarray | None] = [None] * len(asked)
        for key in dict.fromkeys((P.shape, T is None) for P, _, T in asked):
            places = [n for n, (P, _, T) in enumerate(asked) if (P.shape, T is None) == key]
            P, w = np.stack([asked[n][0] for n in places]), np.stack([asked[n][1] for n in places])
            T = None if key[1] else np.array([asked[n][2] for n in places], dtype=float)
            for n, q in zip(places, evaluator.batch(P, w, T), strict=True):
                values[n] = q
        told = iter(values)
        return [_build(NUMPY, array, lambda _P, _w, _T: next(told), evaluator, case, claim) for case in cases]


def _build(
    m: Arithmetic, array: Callable[[Any], Any], A: Callable, evaluator: Evaluator, case: Case, claim: Pointwise
) -> View:
    operator, K, wanted = evaluator.operator, len(case.w), set(claim.probes)
    corner = [Fraction(int(j == case.k)) for j in range(K)]
    near = Fraction(1, 2**JUMP_NEAR) if operator.domain == "interior" else Fraction(0)
    v = View(
        P=array([list(p) for p in case.P]),
        w=array(list(case.w)),
        p=array(list(case.P[case.k])),
        others=array([list(p) for j, p in enumerate(case.P) if j != case.k]),
        corner=array(corner),
        t=array(case.t),
        T1=array(case.T1),
        T=array(case.T),
        warming=1 if case.T > case.T1 else -1,
        d=None if case.d is None else array(list(case.d)),
        support=np.array([[x > 0 for x in p] for p in case.P]),
        active=np.array([x > 0 for x in case.w]),
        k=case.k,
    )
    soften = evaluator.softener.rows
    v.soften = lambda arithmetic, q, T: soften(arithmetic, q, T[..., None])
    now = array(Fraction(1)) if operator.takes_temperature else None
    v.q = v.q_same = v.q_tilted = v.q_vertex = v.q_warm = v.q_cold = None
    warms = bool(wanted & {"q_cold", "q_warm"})
    if "q" in wanted or warms:
        v.q = A(v.P, v.w, now)
    if "q_same" in wanted:
        v.q_same = A(array([list(case.P[case.k])] * K), v.w, now)
    if "q_tilted" in wanted and not case.alone:
        v.q_tilted = A(v.P, v.w + v.t * (v.corner - v.w), now)
    if "q_vertex" in wanted:
        v.q_vertex = A(v.P, array([(1 - near) * x + near / K for x in corner]), now)
    if warms:
        _soften(m, v, A, operator, soften, case)
    beside.fill(m, v, claim, case.beside, case.k, array, A, now)
    return v


def _soften(m: Arithmetic, v: View, A: Callable, operator: Any, soften: Callable, case: Case) -> None:
    """The aggregates at both temperatures."""
    v.P_warm = soften(m, v.P, v.T[..., None, None]) if case.T != 1 else v.P
    v.P_cold = soften(m, v.P, v.T1[..., None, None]) if case.T1 != 1 else v.P
    if operator.takes_temperature:
        v.q_warm, v.q_cold = A(v.P, v.w, v.T), A(v.P, v.w, v.T1)
    else:
        v.q_warm, v.q_cold = A(v.P_warm, v.w, None), A(v.P_cold, v.w, None)
