"""Witnesses against `hot` and `cold`: one teacher's temperature far on its way, and its row at the limit.

What is printed is one temperature; farther ones, and all of them at once, are worked out here. It shares nothing with the search.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.reading import OneTemperature, Reading
from axiomkd.core.report import WitnessModel
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import limits, near
from axiomkd.verify.limits import Undefined
from axiomkd.verify.line import BALL, EXACT, FLOATS, Failed
from axiomkd.verify.place import Place
from axiomkd.verify.subject import Subject
from axiomkd.verify.view import fraction

LATER = {False: (1, 2, 8, 32), True: (1, 4, 16)}  # by cold: powers of the temperature, and of the ratio of entries
LOOKED_AT = frozenset({"K", "C", "P", "w", "teacher", "T", "Ts", "value", "margin", "confirmed"})
ROOM = 1 - 1e-9  # logarithms here are floats
FLOAT_DROP = (
    40  # in floats a sharpened row's second entry must be below 2^-40 of the largest, if not so far as in the claim
)
WAYS, AGREED = 6, Fraction(1, 2**100)  # by which what A is at a point where it is undefined is filled in


@dataclass(frozen=True)
class Ray:
    """The rows that move, and how far: t as the report has it."""

    place: Place
    rows: tuple[int, ...]
    t: Fraction
    cold: bool


def check(subject: Subject, reading: Reading, w: WitnessModel) -> tuple[str, ...]:
    """The layers that a refutation leans on. Raises Failed."""
    claim = reading.claim
    assert isinstance(claim, OneTemperature)
    ray = _ray(subject, w, cold=claim.cold)
    try:
        return _in_floats(subject, ray, w) if w.confirmed == "float64" else _exactly(subject, ray, w)
    except Undefined:
        raise Failed("the operator is undefined at a point of the witness") from None
    except (Undecided, Unsupported) as e:
        raise Failed(f"the witness could not be decided: {e}") from None


def _ray(subject: Subject, w: WitnessModel, *, cold: bool) -> Ray:
    """Raises Failed where the witness does not say what its claim speaks of."""
    for name in type(w).model_fields:
        if name not in LOOKED_AT and getattr(w, name) is not None:
            raise Failed(f"the witness has a {name}, which its claim never looks at")
    place = near.places(w.model_copy(update={"T": None}))[0]
    exactly = w.confirmed != "float64"
    if not place.interior or exactly and not place.sound:
        raise Failed("the witness's P and w are not in the interior of the domain")
    if cold and (subject.operator.domain == "interior" or subject.evaluator.softener.lowest >= 1):
        raise Failed("nothing is claimed of the cold end: of this operator, or under this softener")
    operator = subject.operator
    together = operator.takes_temperature and not operator.each_temperature
    ray = _of_all(place, w, cold) if together else _of_one(place, w, cold)
    _far_enough(ray, exactly=exactly)
    return ray


def _of_all(place: Place, w: WitnessModel, cold: bool) -> Ray:
    if w.T is None or len(w.T) != 1 or w.Ts is not None or w.teacher is not None:
        raise Failed("the operator takes one temperature, and the witness does not give that, or gives others too")
    return Ray(place, tuple(range(w.K)), fraction(w.T[0]), cold)


def _of_one(place: Place, w: WitnessModel, cold: bool) -> Ray:
    k = w.teacher
    if k is None or w.Ts is None or len(w.Ts) != w.K or w.T is not None:
        raise Failed("the witness names no teacher, or not the temperature of each of them")
    if any(fraction(t) != 1 for j, t in enumerate(w.Ts) if j != k):
        raise Failed("the temperature of more than one teacher is not 1")
    return Ray(place, (k,), fraction(w.Ts[k]), cold)


def _far_enough(ray: Ray, *, exactly: bool) -> None:
    if ray.t <= 0:
        raise Failed("the witness's temperature is not positive")
    for k in ray.rows:
        p = ray.place.P[k]
        if not ray.cold:
            least = 2**tolerances.FAR_EXPONENT * (1 + max(abs(math.log(x)) for x in p))
            if ray.t < least * ROOM:
                raise Failed(f"the temperature is {float(ray.t):.6g}, and the end is looked at from {least:.6g} on")
            continue
        second, first = sorted(p)[-2:]
        wanted = tolerances.COLD_EXPONENT / float(ray.place.w[k]) if exactly else FLOAT_DROP
        if first == second or math.log2(first / second) / ray.t < wanted * ROOM:
            raise Failed(
                f"row {k} has no one argmax, or its second entry has not fallen to 2^-{wanted:.6g} of the largest"
            )


# --- exactly -------------------------------------------------------------------------------------------------------------


def _exactly(subject: Subject, ray: Ray, w: WitnessModel) -> tuple[str, ...]:
    values = _at(subject, ray, 1), _end(subject, ray, near.FAR_BITS)
    gaps = [_gap(subject, ray, power) for power in LATER[ray.cold]]
    low = gaps[0][0]
    if low <= tolerances.JUMP:
        raise Failed(f"the aggregate is {float(low):.4g} away from what it is at the limit, not above 1e-9")
    if not near.settled(gaps) and not near.growing(gaps):
        raise Failed("the aggregate comes nearer to what it is at the limit beyond the witness's temperature")
    last = _all_the_way(subject, ray)
    if (
        last is not None
        and near.separation(last, _end(subject, ray, limits.BITS), limits.BITS)[0] / 2 <= tolerances.JUMP
    ):
        raise Failed(
            "the aggregate comes nearer to what it is at the limit beyond every temperature that was looked at"
        )
    near.said(low - tolerances.JUMP, w.margin)
    how = EXACT if all(numbers.is_rational(x) for q in values for x in q) else BALL
    near.confirmed(w, how)
    near.same_values(values, w)
    return (how,)


def _gap(subject: Subject, ray: Ray, power: int) -> near.Gap:
    """Fractions around the TV of the two, at a power of the temperature (of the ratio of entries where it is cold)."""
    bits = _bits(ray, power)
    low, high = near.separation(_at(subject, ray, power), _end(subject, ray, bits), bits)
    return low / 2, high / 2


def _bits(ray: Ray, power: int) -> int:
    size = 4 * int(1 / ray.t) if ray.cold else 4 * int(ray.t).bit_length()
    return max(near.FAR_BITS, size * power)


def _at(subject: Subject, ray: Ray, power: int) -> np.ndarray:
    bits = _bits(ray, power)
    t = ray.t / power if ray.cold else ray.t**power
    with numbers.precision(bits):
        P, T = _given(subject, ray, numbers.rational(t))
    return _aggregate(subject, P, _row(ray.place.w), T, bits)


def _given(subject: Subject, ray: Ray, t: Number) -> tuple[np.ndarray, Any]:
    """P and the temperature or temperatures that the operator gets."""
    operator, P = subject.operator, _rows(ray.place.P)
    if operator.each_temperature:
        return P, np.array([t if k in ray.rows else numbers.ONE for k in range(len(P))], dtype=object)
    if operator.takes_temperature:
        return P, t
    for k in ray.rows:
        P[k] = subject.softened(P[k], t)
    return P, None


def _aggregate(subject: Subject, P: np.ndarray, w: np.ndarray, T: Any, bits: int) -> np.ndarray:
    q = subject.evaluator.exact(P, w, T, bits=bits)
    if any(numbers.is_special(x) for x in q):
        raise Undefined
    return q


def _rows(P: Sequence[Sequence[Fraction]]) -> np.ndarray:
    return object_array([list(p) for p in P])


def _row(w: Sequence[Fraction]) -> np.ndarray:
    return object_array(list(w))


def _end_place(ray: Ray) -> Place:
    rows = list(ray.place.P)
    for k in ray.rows:
        p = rows[k]
        rows[k] = tuple(Fraction(int(x == max(p))) if ray.cold else Fraction(1, len(p)) for x in p)
    return replace(ray.place, P=tuple(rows))


def _end(subject: Subject, ray: Ray, bits: int) -> np.ndarray:
    """A at the limit, at T = 1; where it is undefined and the operator softens itself, where A ends from every side."""
    end, own = _end_place(ray), subject.operator.takes_temperature
    try:
        return _aggregate(subject, _rows(end.P), _row(end.w), numbers.ONE if own else None, bits)
    except Undefined:
        if not own:
            raise
    found = limits.ends(subject, end, *(_inside(end, n) for n in range(WAYS)))
    if any(near.separation(found[0], one, limits.BITS)[1] >= AGREED for one in found[1:]):
        raise Undefined
    return found[0]


def _inside(end: Place, n: int) -> Place:
    rng = random.Random(f"warmth {n}")

    def row(size: int) -> tuple[Fraction, ...]:
        odds = [rng.randint(1, 9) for _ in range(size)]
        return tuple(Fraction(x, sum(odds)) for x in odds)

    return Place(tuple(row(len(p)) for p in end.P), row(len(end.w)))


# --- every temperature from some on --------------------------------------------------------------------------------------


def _all_the_way(subject: Subject, ray: Ray) -> np.ndarray | None:
    """Balls around the aggregate for every temperature from some on; None where it runs away."""
    with numbers.precision(limits.BITS):
        epsilon = limits.epsilon()
        if not ray.cold:
            P, T = _given(subject, ray, numbers.ONE / epsilon)
        elif subject.operator.takes_temperature:
            P, T = _given(subject, ray, numbers.div(numbers.ONE, numbers.neg(numbers.log(epsilon))))
        else:
            P, T = _rows(ray.place.P), None
            for k in ray.rows:
                P[k] = _sharpened(ray.place.P[k], epsilon)
    try:
        q = _aggregate(subject, P, _row(ray.place.w), T, limits.BITS)
    except Undefined:
        raise Undecided("the aggregate is undefined on the way to the limit") from None
    return limits.enclosed(q)


def _sharpened(p: Sequence[Fraction], epsilon: Number) -> list[Number]:
    """ε^n_i, normalised, where p_i / max p = 2^(-n_i)."""
    ratios = [max(p) / x for x in p]
    if any(x.denominator != 1 or x.numerator & (x.numerator - 1) for x in ratios):
        raise Undecided("a row whose entries are not powers of 2 apart")
    raised = [numbers.power(epsilon, numbers.rational(x.numerator.bit_length() - 1)) for x in ratios]
    total = raised[0]
    for x in raised[1:]:
        total = numbers.add(total, x)
    return [numbers.div(x, total) for x in raised]


# --- floats --------------------------------------------------------------------------------------------------------------


def _in_floats(subject: Subject, ray: Ray, w: WitnessModel) -> tuple[str, ...]:
    """Where the operator cannot be followed: the same look in floats, at the printed temperature."""
    if subject.evaluator.exactly:
        raise Failed("the witness is confirmed in floats only, and the operator can be followed exactly")
    evaluator, end = subject.evaluator, _end_place(ray)
    with numbers.precision(256):
        P, T = _given(subject, ray, numbers.rational(ray.t))
    to_floats = np.vectorize(numbers.to_float, otypes=[float])
    own = np.array([float(x) for x in ray.place.w])[None]
    given = None if T is None else to_floats(T)[None] if np.ndim(T) else np.array([numbers.to_float(T)])
    last = np.array([[float(x) for x in p] for p in end.P])[None]
    values = [
        evaluator.batch(to_floats(P)[None], own, given)[0],
        evaluator.batch(last, own, 1.0 if subject.operator.takes_temperature else None)[0],
    ]
    found = float(np.abs(values[0] - values[1]).sum() / 2)
    if not found > float(tolerances.FLOAT_JUMP):
        raise Failed(f"in floats the aggregates differ by {found:.4g} only")
    printed = [[float(fraction(x)) for x in row] for row in w.value]
    if len(printed) != 2 or not np.allclose(values, printed, rtol=1e-6, atol=1e-12):
        raise Failed("the aggregates that the witness prints are not those in floats")
    return (FLOATS,)


# --- a quick look of one's own -------------------------------------------------------------------------------------------


def look(subject: Subject, reading: Reading, base: Place, still: Fraction) -> None:
    """Raises Failed where the claim is false for a teacher at a place: what is left of a gap is at least `still` of it."""
    claim, operator = reading.claim, subject.operator
    assert isinstance(claim, OneTemperature)
    together = operator.takes_temperature and not operator.each_temperature
    every = [tuple(range(len(base.P)))] if together else [(k,) for k in range(len(base.P))]
    for rows in every:
        ray = _ray_from(base, rows, claim.cold)
        if ray is None:
            continue
        (first, _), (last, _) = (_gap(subject, ray, power) for power in LATER[claim.cold][:2])
        if first > tolerances.JUMP and last >= still * first:
            told = f"teacher {rows[0]}" if len(rows) == 1 else "all teachers"
            raise Failed(f"it is false: with the temperature of {told} the aggregate ends {float(last):.4g} away")


def _ray_from(base: Place, rows: tuple[int, ...], cold: bool) -> Ray | None:
    if not cold:
        most = max(abs(math.log(x)) for k in rows for x in base.P[k])
        return Ray(base, rows, Fraction(2**tolerances.FAR_EXPONENT * (1 + math.ceil(most))), cold)
    pairs = [(k, *sorted(base.P[k])[-2:]) for k in rows]
    if any(second == first for _, second, first in pairs):
        return None
    wanted = (tolerances.COLD_EXPONENT / base.w[k] / Fraction(math.log2(a / b)) for k, b, a in pairs)
    return Ray(base, rows, Fraction(1, max(map(math.ceil, wanted)) + 1), cold)
