"""Witnesses of claims on limits: two points 2^-200 apart, a quotient that grows, an aggregate that is not uniform at last.

What is printed is one pair; nearer pairs are rebuilt from it where the place that it is near to can be told, and where it
cannot, a layer says that the report is trusted on them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.reading import Growth, Limit, Reading
from axiomkd.core.report import WitnessModel
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import limits
from axiomkd.verify.limits import Undefined
from axiomkd.verify.line import BALL, EXACT, FLOATS, Failed
from axiomkd.verify.place import Place, distance
from axiomkd.verify.subject import Subject
from axiomkd.verify.view import fraction, row

BITS = 4 * tolerances.JUMP_NEARER + 256
FAR_BITS = 1024
NEARER_STILL = (tolerances.JUMP_NEARER, tolerances.BELOW_FLOATS)
LATER = (1, 2, 8, 32)  # powers of the temperature at the far end
LEAST_DOUBLE = 1100  # how far bisection goes: beyond it no code guards
# Entries of adjacent points of a way: its parameter moves them by some units in the last place.
ADJACENT = Fraction(1, 2**46)
FINE = 2 * LEAST_DOUBLE + 256  # bits that tell apart what is nearer than that
FLOAT_HALVINGS = 8  # after which points so near are one
# Where what holds at all distances at once is not decided: how far down it was followed here.
NEARER = "the jump is followed to the least doubles, and no nearer"
GROWING = "the quotient's growth is followed to the least doubles, and no nearer"
ADJACENTLY = "floats look no nearer than at adjacent doubles"
DEEPER = (800, 1600)  # powers of 2 at which a quotient goes on growing that rose at `GROWTH_STEPS`
RELATIVE = Fraction(1, 1000)


Gap = tuple[Fraction, Fraction]  # around ‖a − b‖₁


def check(subject: Subject, reading: Reading, w: WitnessModel) -> tuple[str, ...]:
    """The layers that a refutation of a limit leans on. Raises Failed."""
    _fields(w)
    first, second = places(w)
    for place in (first, second):
        if not place.sound and w.confirmed != "float64":
            raise Failed("the witness's rows are no distributions")
        if (reading.domain == "interior" or subject.operator.domain == "interior") and not place.interior:
            raise Failed(f"the witness is on a face, and {reading.name} is about the interior")
    try:
        if any("nan" in values for values in w.value):
            return _undefined(subject, first, w)
        if w.confirmed == "float64":
            return _in_floats(subject, reading, first, second, w)
        if isinstance(reading.claim, Limit) and first.T == second.T:
            return _not_uniform(subject, first, w)
        return _pair(subject, reading, first, second, w)
    except Undefined:
        raise Failed("the operator is undefined at a point of the witness") from None
    except (Undecided, Unsupported) as e:
        raise Failed(f"the witness could not be decided: {e}") from None


def places(w: WitnessModel) -> tuple[Place, Place]:
    """The two points of a witness. Raises Failed where they are none."""
    P, own = tuple(map(row, w.P)), row(w.w)
    T = [None] if w.T is None else [fraction(x) for x in w.T]
    P2 = P if w.P2 is None else tuple(map(row, w.P2))
    if any(len(rows) != w.K or any(len(p) != w.C for p in rows) for rows in (P, P2)) or len(own) != w.K:
        raise Failed(f"the witness's P and w are not of K = {w.K}, C = {w.C}")
    return Place(P, own, T[0]), Place(P2, own if w.w2 is None else row(w.w2), T[-1])


def _fields(w: WitnessModel) -> None:
    """A limit is refuted by points alone. Raises Failed where the witness names anything else."""
    for name, found in (("class", w.cls), ("teacher", w.teacher), ("t", w.t), ("Ts", w.Ts), ("direction", w.direction)):
        if found is not None:
            raise Failed(f"the witness names a {name}, which its claim never looks at")


def confirmed(w: WitnessModel, found: str) -> None:
    expected = "exact" if found == EXACT else "ball"
    if w.confirmed != expected:
        raise Failed(f"the witness is said to be confirmed by {w.confirmed}; its numbers are those of {expected}")


def aggregate(subject: Subject, at: Place, bits: int = BITS) -> np.ndarray:
    """A there, exactly. Raises Undefined, Undecided, Unsupported."""
    P, w = object_array([list(p) for p in at.P]), object_array(list(at.w))
    return limits.aggregate(subject, P, w, None if at.T is None else numbers.rational(at.T), bits)


def separation(a: np.ndarray, b: np.ndarray, bits: int = BITS) -> tuple[Fraction, Fraction]:
    """Fractions around ‖a − b‖₁."""
    low = high = Fraction(0)
    with numbers.precision(bits):
        for x, y in zip(a, b, strict=True):
            least, most = numbers.bounds(numbers.absolute(numbers.sub(x, y)))
            low, high = low + max(least, Fraction(0)), high + most
    return low, high


def _undefined(subject: Subject, place: Place, w: WitnessModel) -> tuple[str, ...]:
    if w.value != [["nan"] * w.C] or w.margin != "nan":
        raise Failed("the witness is of an undefined point, and has a margin or aggregates that are numbers")
    confirmed(w, EXACT)
    if not place.interior:
        raise Failed("the witness is an undefined point on a face, which refutes nothing")
    try:
        q = aggregate(subject, place)
    except Undefined:
        return (EXACT,)  # undefined at fractions: nothing is rounded
    raise Failed(f"the witness says that A is undefined there, and it is [{', '.join(map(numbers.text, q))}]")


# --- jumps ---------------------------------------------------------------------------------------------------------------


def _pair(subject: Subject, reading: Reading, first: Place, second: Place, w: WitnessModel) -> tuple[str, ...]:
    apart = distance(first, second)
    if apart == 0:
        raise Failed("the witness has one point twice")
    values = aggregate(subject, first), aggregate(subject, second)
    _printed(values, w)
    low, high = gap = separation(*values)
    how = EXACT if all(numbers.is_rational(x) for q in values for x in q) else BALL
    jumps = low > tolerances.JUMP and apart <= Fraction(1, 2**tolerances.JUMP_NEAR)
    if jumps and not (isinstance(reading.claim, Growth) and _is(low / apart, w.margin)):
        said(low, w.margin)
        stays = _stays(subject, first, second, gap)
        if not stays:
            raise Failed(
                f"the aggregates differ by {float(low):.4g} at the two points, and by less much nearer: no jump"
                if stays is False
                else "it could not be followed whether the jump is there nearer than the two points, so it is not believed"
            )
        confirmed(w, how)
        return (how,) if stays is True else (how, stays)
    if isinstance(reading.claim, Growth):
        said(low / apart, w.margin)
        grows = _grows(subject, first, second)
        confirmed(w, how)
        return (how, *grows)
    raise Failed(
        f"the aggregates at the two points differ by {float(low):.4g} at a distance of {float(apart):.4g}: that is no jump"
    )


def _is(found: Fraction, margin: str | None) -> bool:
    return margin is not None and abs(fraction(margin) + found) <= RELATIVE * found


def said(found: Fraction, margin: str | None) -> None:
    if not _is(found, margin):
        raise Failed(f"the margin is {-float(found):.6g} at the witness, the report says {margin}")


def _printed(values: tuple[np.ndarray, np.ndarray], w: WitnessModel) -> None:
    if len(w.value) != 2:
        raise Failed(f"the witness prints {len(w.value)} aggregates, expected 2")
    same_values(values, w)


def same_values(values: Sequence[np.ndarray], w: WitnessModel) -> None:
    if len(values) != len(w.value) or any(len(q) != len(row) for q, row in zip(values, w.value, strict=True)):
        raise Failed("the witness prints aggregates of another number or length than there are")
    for q, printed in zip(values, w.value, strict=True):
        for x, text in zip(q, printed, strict=True):
            low, high = numbers.bounds(x)
            said = fraction(text)
            room = Fraction(0) if "0x" not in text and numbers.is_rational(x) else Fraction(1, 10**9) * abs(said)
            if not low - room <= said <= high + room:
                raise Failed(f"an aggregate at the witness is {numbers.text(x)} in a class, the report says {text}")


def _stays(subject: Subject, first: Place, second: Place, gap: Gap) -> bool | str | None:
    """Whether the gap has settled at 2^-400 and 2^-1600, and is there at all distances at once: toward the simple place that
    both points are near to, or by bisection to the least doubles. The layer that is left where all distances are not followed;
    None where not even these are."""
    looked = False
    for base in (first.simple(), second.simple()):
        if base.sound and distance(base, first) < 2 * distance(first, second) + Fraction(1, 2**150):
            try:
                if settled([gap, *(_toward(subject, first, second, base, n) for n in NEARER_STILL)]):
                    return _in_the_limit(lambda base=base: limits.ends(subject, base, first, second))
                looked = True
            except (Undefined, Undecided):
                continue
    wanted = tolerances.JUMP_KEEPS * gap[1]
    found = _bisected(subject, first, second, wanted)
    if found is None or found is False:
        return False if looked else found
    return _in_the_limit(lambda: limits.ends_beside(subject, *found))


def _in_the_limit(ends: Callable[[], list[np.ndarray]]) -> bool | str:
    """Whether two aggregates are apart by more than is seen as a jump at all distances; the layer left where that is not known."""
    try:
        a, b = ends()
    except (Undecided, Unsupported):
        return NEARER
    return separation(a, b, limits.BITS)[0] > tolerances.JUMP


def _toward(subject: Subject, first: Place, second: Place, base: Place, n: int) -> Gap:
    closer, bits = Fraction(1, 2 ** (n - tolerances.JUMP_NEAR)), 4 * n + 256
    pair = first.toward(base, closer), second.toward(base, closer)
    return separation(aggregate(subject, pair[0], bits), aggregate(subject, pair[1], bits), bits)


def settled(gaps: Sequence[Gap]) -> bool:
    """Nine tenths of the first are kept, and each change is at most the one before: x^a changes by ever more."""
    if any(low < tolerances.JUMP_KEEPS * gaps[0][1] for low, _ in gaps[1:]):
        return False
    changes = [max(b[1] - a[0], a[1] - b[0]) for a, b in itertools.pairwise(gaps)]
    return all(after <= max(before, tolerances.SETTLED) for before, after in itertools.pairwise(changes))


def growing(gaps: Sequence[Gap]) -> bool:
    """Whether every gap is above the one before: what runs away from its limit does not settle."""
    return all(b[0] > a[1] for a, b in itertools.pairwise(gaps))


def _bisected(
    subject: Subject, first: Place, second: Place, wanted: Fraction
) -> tuple[Place, Place] | Literal[False] | None:
    """Two points next to the jump, nearer to each other than the least double; False where the gap is gone before, None where that
    is not decided."""
    bits = BITS
    try:
        a, b = aggregate(subject, first), aggregate(subject, second)
        while distance(first, second) > Fraction(1, 2**LEAST_DOUBLE):
            bits = BITS if distance(first, second) > Fraction(1, 2**tolerances.JUMP_NEARER) else FINE
            middle = second.toward(first, Fraction(1, 2))
            m = aggregate(subject, middle, bits)
            left, right = separation(a, m, bits)[0], separation(m, b, bits)[0]
            if max(left, right) < wanted:
                return False
            first, a, second, b = (first, a, middle, m) if left >= right else (middle, m, second, b)
    except (Undefined, Undecided):
        return None
    return first, second


def _grows(subject: Subject, first: Place, second: Place) -> tuple[str, ...]:
    """The quotients on the way to the printed pair rise by increments that rise: toward the simple place that both points are
    near to, on which entries may go with powers of the distance, or where there is none, into the steepest part of what lies
    between and beside them. Raises Failed where they do not, or where they are not decided."""
    apart = distance(first, second)
    last: list[Fraction] = []
    for base in (first.simple(), second.simple()):
        if base.sound and distance(base, first) <= 1000 * apart:
            for unit in (None, max(distance(base, first), distance(base, second))):  # a straight way, or a curve
                quotients = slopes(subject, first, second, base, unit=unit)
                if _rise(quotients):
                    return _without_bound(subject, base, first, second, unit)
                last = last or quotients
    if last:
        raise Failed(f"the difference quotients at 2^-50, 2^-100, 2^-200, 2^-400 are {_told(last)}: they do not grow")
    last = _into_the_steepest(subject, first, second)
    if not last:
        raise Failed("the difference quotient could not be followed nearer than the two points, so it is not believed")
    if not _rise(last):
        raise Failed(f"the difference quotients from 2^-200 to the least doubles are {_told(last)}: they do not grow")
    return (GROWING,)


def _rise(quotients: Sequence[Fraction]) -> bool:
    """Whether they rise, and by ever more."""
    rises = [after - before for before, after in itertools.pairwise(quotients)]
    return bool(quotients) and all(later > sooner > 0 for sooner, later in itertools.pairwise(rises))


def _told(quotients: Sequence[Fraction]) -> str:
    return ", ".join(numbers.text(numbers.rational(q)) if q.denominator == 1 else f"{_float(q):.4g}" for q in quotients)


def _float(q: Fraction) -> float:
    try:
        return float(q)
    except OverflowError:
        return math.inf


def _without_bound(
    subject: Subject, base: Place, first: Place, second: Place, unit: Fraction | None
) -> tuple[str, ...]:
    """The same at all distances at once, or where that is not decided, at the least doubles and below. Raises Failed where the
    quotient is bounded, however far it rises."""
    try:
        if limits.steepens(subject, base, first, second, unit=unit):
            return ()
    except (Undecided, Unsupported):
        deeper = slopes(subject, first, second, base, (*tolerances.GROWTH_STEPS, *DEEPER), unit)
        if _rise(deeper):
            return (GROWING,)
        raise Failed(
            "it is not decided that the difference quotient grows without bound, and it does not go on growing"
        ) from None
    raise Failed("the difference quotient grows as far as one looks, and is bounded all the same")


STAGES, PARTS = 4, 8  # stages of ever more steps, so that even a logarithm rises by more from each to the next


def _into_the_steepest(subject: Subject, first: Place, second: Place) -> list[Fraction]:
    """Quotients over ever shorter parts of the line through two points, each time about the steepest of some; none where one is
    undecided. What is smooth there has quotients that settle. The line goes on beyond the points as far again where the domain
    does: what they are next to may lie a little beyond one of them."""
    apart = distance(first, second)

    def at(t: Fraction) -> Place:
        return second.toward(first, t)

    before = Fraction(0)

    def steepest(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction, Fraction]:
        """Of the parts of this much of the line the steepest with its neighbours, and its quotient."""
        size = (high - low) / PARTS
        values = [aggregate(subject, at(low + n * size), FINE) for n in range(PARTS + 1)]
        gaps = [separation(x, y, FINE)[0] for x, y in itertools.pairwise(values)]
        n = gaps.index(max(gaps))
        return low + max(n - 1, 0) * size, low + min(n + 2, PARTS) * size, gaps[n] / (size * apart)

    low, high = (
        inner if at(outer).sound is False else outer
        for inner, outer in ((Fraction(0), Fraction(-1)), (Fraction(1), Fraction(2)))
    )
    # A step shortens what is looked at to three parts of eight, that is by 1.4 halvings.
    steps = max(int((LEAST_DOUBLE + apart.numerator.bit_length() - apart.denominator.bit_length()) / 1.4), 0)
    unit = max(steps // (2**STAGES - 1), 1)
    try:
        low, high, last = steepest(low, high)
        quotients = [last]
        for stage in range(STAGES):
            for _ in range(unit * 2**stage):
                before = last
                low, high, last = steepest(low, high)
            quotients.append(last)
    except (Undefined, Undecided):
        return []
    # What has reached its bound rises no more, however far it rose.
    return quotients if last > before * (1 + tolerances.EXACT) else [*quotients, last]


def slopes(
    subject: Subject,
    first: Place,
    second: Place,
    base: Place,
    steps: Sequence[int] = tolerances.GROWTH_STEPS,
    unit: Fraction | None = None,
) -> list[Fraction]:
    """Lower bounds of the quotients at 2^-n for each step, toward a base on the ways of `Place.toward`; none where a pair leaves
    the domain or is undecided."""
    apart, out = distance(first, second), []
    for n in steps:
        scale, bits = Fraction(1, 2**n) / apart, max(BITS, 4 * n + 256)
        pair = first.toward(base, scale, unit), second.toward(base, scale, unit)
        if not all(place.sound for place in pair):
            return []
        try:
            low, _ = separation(aggregate(subject, pair[0], bits), aggregate(subject, pair[1], bits), bits)
            out.append(low / distance(*pair))
        except (Undefined, Undecided):
            return []
    return out


# --- limits --------------------------------------------------------------------------------------------------------------


def _not_uniform(subject: Subject, place: Place, w: WitnessModel) -> tuple[str, ...]:
    assert place.T is not None
    _hot(place)
    q = aggregate(subject, place, FAR_BITS)
    distances = [_from_uniform(subject, replace(place, T=place.T**n)) for n in LATER]
    low = distances[0][0]
    if low <= tolerances.FAR:
        raise Failed(
            f"the aggregate is {float(low):.4g} away from the uniform distribution at the witness, not above 1/1000"
        )
    if not settled(distances) and not growing(distances):
        raise Failed("the aggregate comes nearer to the uniform distribution as T grows beyond the witness's")
    last = limits.end_of_heat(subject, place)
    level = np.array([numbers.rational(Fraction(1, len(q)))] * len(q), dtype=object)
    if last is not None and separation(last, level, limits.BITS)[0] / 2 <= tolerances.FAR:
        raise Failed(
            "the aggregate comes nearer to the uniform distribution beyond every temperature that was looked at"
        )
    said(low - tolerances.FAR, w.margin)
    how = EXACT if all(numbers.is_rational(x) for x in q) else BALL
    confirmed(w, how)
    same_values([q], w)
    return (how,)


def _from_uniform(subject: Subject, place: Place) -> Gap:
    assert place.T is not None
    bits = max(FAR_BITS, 4 * int(place.T).bit_length())
    q = aggregate(subject, place, bits)
    level: Number = numbers.div(numbers.ONE, numbers.number(len(q)))
    low, high = separation(q, np.array([level] * len(q), dtype=object), bits)
    return low / 2, high / 2


def _in_floats(subject: Subject, reading: Reading, first: Place, second: Place, w: WitnessModel) -> tuple[str, ...]:
    """Where the operator cannot be followed: the same look at the printed points, in floats."""
    if subject.evaluator.exactly:
        raise Failed("the witness is confirmed in floats only, and the operator can be followed exactly")
    _float_places(reading, first, second)
    values = [in_floats(subject, place) for place in (first, second)]
    if first == second:
        found = float(np.abs(values[0] - 1 / len(values[0])).sum() / 2)
        least = float(tolerances.FAR)
    else:
        found, least = float(np.abs(values[0] - values[1]).sum()), 1e-6
    if not found > least:
        raise Failed(f"in floats the aggregates differ by {found:.4g} only")
    if first != second and distance(first, second) > Fraction(1, 2**tolerances.JUMP_NEAR):
        _lasts_in_floats(subject, first, second, found)
    shown = values[:1] if first == second else values
    if len(shown) != len(w.value) or not all(
        np.allclose(q, [float(fraction(x)) for x in row], rtol=1e-6, atol=1e-12)
        for q, row in zip(shown, w.value, strict=True)
        if len(row) == len(q)
    ):
        raise Failed("the aggregates that the witness prints are not those in floats")
    return FLOATS, ADJACENTLY


def _float_places(reading: Reading, first: Place, second: Place) -> None:
    """That two points are next to each other, or that one is as hot as the claim asks. Raises Failed."""
    for place in (first, second):
        if any(min(x) < 0 or abs(sum(x) - 1) > ADJACENT for x in (*place.P, place.w)):
            raise Failed("the witness's rows are no distributions")
    if first == second:
        if not isinstance(reading.claim, Limit) or first.T is None:
            raise Failed("the witness has one point twice")
        _hot(first)
        return
    pairs = zip((*first.P, first.w), (*second.P, second.w), strict=True)
    far = max(abs(x - y) for one, other in pairs for x, y in zip(one, other, strict=True))
    if first.T is not None and second.T is not None:
        far = max(far, abs(first.T - second.T) / max(first.T, second.T))
    if far > ADJACENT:
        raise Failed(f"the two points are {float(far):.4g} apart in an entry, and a jump is between adjacent doubles")


def _lasts_in_floats(subject: Subject, first: Place, second: Place, found: float) -> None:
    """A slope between points that are next to adjacent melts where one looks between them. Raises Failed where it does."""
    a, b = in_floats(subject, first), in_floats(subject, second)
    for _ in range(FLOAT_HALVINGS):
        middle = second.toward(first, Fraction(1, 2))
        m = in_floats(subject, middle)
        left, right = (float(np.abs(x - m).sum()) for x in (a, b))
        first, a, second, b = (first, a, middle, m) if left >= right else (middle, m, second, b)
        if not max(left, right) > found / 4:
            raise Failed("the aggregates meet between the two points: a slope, and no jump")


def _hot(place: Place) -> None:
    """Raises Failed below the temperature from which on every softened row is nearly even."""
    assert place.T is not None
    least = 2**tolerances.FAR_EXPONENT * (1 + max(abs(math.log(x)) for p in place.P for x in p))
    if place.T < least * (1 - 1e-12):
        raise Failed(f"the witness's T is {float(place.T):.6g}, and the end is looked at from {least:.6g} on")


def in_floats(subject: Subject, at: Place) -> np.ndarray:
    """A there, as the float computation gives it."""
    P, w = np.array([[float(x) for x in p] for p in at.P]), np.array([float(x) for x in at.w])
    T = None if at.T is None else float(at.T)
    if subject.operator.takes_temperature:
        return subject.evaluator.batch(P[None], w[None], 1.0 if T is None else T)[0]
    if T is not None:
        from axiomkd.core.arithmetic import NUMPY

        P = subject.evaluator.softener.rows(NUMPY, P, np.array(T)[..., None, None])
    return subject.evaluator.batch(P[None], w[None])[0]
