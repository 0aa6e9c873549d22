"""What holds of an operator at all small distances from a place at once: its limits there, and whether it steepens without bound.

Values at finitely many distances settle no limit: what is capped may rise as far as one looks. Points whose entries depend on ε
are handed to the operator (`jaxpr.germs`, `jaxpr.slopes`). It knows places and an operator, and no report.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.tracing import germs, numbers, slopes
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.verify.place import Place, distance, power
from axiomkd.verify.subject import Subject
from axiomkd.verify.view import Numbers

BITS = 8192
NEAR = 1600  # 2^-this is the ε at which comparisons are made that the limit leaves open
ABOUT = 1000  # all points within 2^-this of a place that is only about known are looked at


class Undefined(Exception):
    """A is no number at the point."""


def aggregate(subject: Subject, P: np.ndarray, w: np.ndarray, T: Number | None, bits: int) -> np.ndarray:
    """A at numbers of the tower, its rows softened where it takes no T. Raises Undefined, Undecided, Unsupported."""
    operator = subject.operator
    with numbers.precision(bits):
        if T is not None and not operator.takes_temperature:
            P, T = subject.softened(P, T), None
        elif operator.takes_temperature and T is None:
            T = numbers.ONE
        q = subject.evaluator.exact(P, w, T, bits=bits)
    if any(numbers.is_special(x) for x in q):
        raise Undefined
    return q


def ends(subject: Subject, base: Place, *places: Place, unit: Fraction | None = None) -> list[np.ndarray]:
    """Balls around the aggregates on the ways from the places into the base, for every point near it: straight ones, or as
    `Place.toward` has them with a `unit`."""
    return _enclosed([_at(subject, *_towards(germs.epsilon(_small()), base, place, unit)) for place in places])


def ends_beside(subject: Subject, *places: Place) -> list[np.ndarray]:
    """The same for all points about places that are nearly one: what is compared goes as at each of them."""
    moved = _moved(*places)

    def near(place: Place) -> tuple[list[list[Number]], list[Number], Number | None]:
        def one(x: Fraction, moves: bool) -> Number:
            at = numbers.rational(x)
            return germs.about(at, numbers.dyadic_ball(at, ABOUT)) if moves else at

        P, w, T = moved
        return (
            [[one(x, m) for x, m in zip(p, row, strict=True)] for p, row in zip(place.P, P, strict=True)],
            [one(x, m) for x, m in zip(place.w, w, strict=True)],
            None if place.T is None else one(place.T, T),
        )

    with numbers.precision(BITS):
        points = [near(place) for place in places]
    return _enclosed([_at(subject, *point) for point in points])


def end_of_heat(subject: Subject, place: Place) -> np.ndarray | None:
    """Balls around the aggregate for every temperature from some on; None where it runs away."""
    with numbers.precision(BITS):
        T = numbers.ONE / germs.epsilon(_small())
        P, w, _ = _towards(numbers.ZERO, replace(place, T=None), replace(place, T=None))
    return enclosed(_at(subject, P, w, T))


def enclosed(q: np.ndarray) -> np.ndarray | None:
    """Balls around numbers that depend on ε, for every small one; None where one of them grows beyond all bounds. Raises Undecided
    where neither is known."""
    with numbers.precision(BITS):
        return None if any(germs.unbounded(x) for x in q) else np.frompyfunc(germs.enclosure, 1, 1)(q)


def steepens(subject: Subject, base: Place, *places: Place, unit: Fraction | None = None) -> bool:
    """Whether the derivative along the way from one of two places into the base is unbounded, or the aggregates on the two end
    apart; the ways are those of `ends`, of bounded speed. Raises Undecided where that is not known."""
    ways = [place for place in places if place != base]

    def apart() -> bool:
        first, second = ends(subject, base, *places, unit=unit)
        with numbers.precision(BITS):
            gaps = (numbers.absolute(numbers.sub(a, b)) for a, b in zip(first, second, strict=True))
            return any(numbers.bounds(one)[0] > 0 for one in gaps)

    def steep(place: Place) -> bool:
        q = _at(subject, *_towards(slopes.epsilon(_small()), base, place, unit))
        with numbers.precision(BITS):
            return any(germs.unbounded(slopes.slope(x)) for x in q)

    looks: list[Callable[[], bool]] = [*(lambda place=place: steep(place) for place in ways), apart]
    return numbers.any_known(looks)


def epsilon() -> Number:
    """What goes to 0."""
    return germs.epsilon(_small())


def _small() -> Number:
    return numbers.rational(Fraction(1, 2**NEAR))


def _towards(
    epsilon: Number, base: Place, place: Place, unit: Fraction | None = None
) -> tuple[list[list[Number]], list[Number], Number | None]:
    """base + ε (place − base) / ‖place − base‖₁; with a `unit`, that of `Place.toward` at ε / unit."""
    size = unit or distance(base, place) or Fraction(1)

    def on(x: Fraction, y: Fraction, n: int = 1) -> Number:
        out, rate = numbers.rational(y), (x - y) / size**n
        if rate == 0:
            return out
        step = numbers.rational(rate)
        for _ in range(n):
            step = numbers.mul(step, epsilon)
        return numbers.add(out, step)

    def row(xs: Numbers, ys: Numbers) -> list[Number]:
        if unit is None:
            return [on(x, y) for x, y in zip(xs, ys, strict=True)]
        top = ys.index(max(ys))
        out = [on(x, y, power(x - y, unit)) for x, y in zip(xs, ys, strict=True)]
        rest = (x for i, x in enumerate(out) if i != top)
        out[top] = functools.reduce(numbers.sub, rest, numbers.ONE)
        return out

    with numbers.precision(BITS):
        P = [row(p, o) for p, o in zip(place.P, base.P, strict=True)]
        return P, row(place.w, base.w), None if place.T is None or base.T is None else on(place.T, base.T)


def _moved(first: Place, *others: Place) -> tuple[list[list[bool]], list[bool], bool]:
    """Which entries are not the same at all places."""

    def differ(*xs: Any) -> bool:
        return len(set(xs)) > 1

    P = [[differ(*x) for x in zip(*rows, strict=True)] for rows in zip(first.P, *(o.P for o in others), strict=True)]
    w = [differ(*x) for x in zip(first.w, *(o.w for o in others), strict=True)]
    return P, w, differ(first.T, *(o.T for o in others))


def _at(subject: Subject, P: list[list[Number]], w: list[Number], T: Number | None) -> np.ndarray:
    try:
        return aggregate(subject, object_array(P), object_array(w), T, BITS)
    except Undefined:
        raise Undecided("the aggregate is undefined beside the place") from None


def _enclosed(found: list[np.ndarray]) -> list[np.ndarray]:
    with numbers.precision(BITS):
        return [np.frompyfunc(germs.enclosure, 1, 1)(q) for q in found]
