"""Exact looks at points that are very near to each other: how far apart the aggregates are, and whether that lasts.

Everything here concludes; nothing searches. Where the operator cannot be followed exactly the same looks are taken in
floats, with a threshold far above rounding. Knows points and aggregates, and refuses to know why they were chosen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from axiomkd.claims import segments
from axiomkd.claims.finding import Finding
from axiomkd.claims.places import Point
from axiomkd.core import tolerances
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.tolerances import BELOW_FLOATS, DEEPEST, JUMP, JUMP_KEEPS, JUMP_NEAR, JUMP_NEARER, SETTLED
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import germs, numbers, slopes
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.arrays import full
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.tracing.walk import Unsupported

FEW_BITS = 4096
GERM_BITS = 8192  # where all distances are looked at together
GERM_NEAR = BELOW_FLOATS  # 2^-this is where comparisons are made that the limit leaves open
ABOUT = 1000  # and all points within 2^-this of a parameter that is only about known are looked at
LEAST_DOUBLE = 1100  # how far bisection goes, where each step costs: tanh(1e300·x) is no jump there
UNSETTLED = "values at finitely many points seem to settle, and their limit is not known"
FLOAT_SETTLED = Fraction(1, 10**9)  # in floats a change of a gap below this counts as none

Pair = Callable[[int], tuple[Point, Point]]
"""pair(n): two points that are at most 2^-n apart in ‖·‖₁."""
Every = Callable[[], tuple[Point, Point]]
"""The same two points at all distances from some on, ever nearer, at once: their entries are germs."""


class Undefined(Exception):
    """A is inf or nan at the point."""


class Look:
    """A at exact points, for one operator. `softened`: points carry a T, and A_T is meant; else A, at T = 1."""

    def __init__(self, evaluator: Evaluator, *, softened: bool = False):
        self.evaluator, self.softened = evaluator, softened
        self.exactly = evaluator.exactly
        self.cases = 0

    @property
    def threshold(self) -> Fraction:
        """What a gap must be above. In floats the coarsest dtype that was seen so far sets the bar."""
        if self.exactly:
            return JUMP
        return max(tolerances.FLOAT_JUMP, Fraction(self.evaluator.rounding.bar))

    def at(self, point: Point, bits: int) -> np.ndarray:
        """(C,) exact numbers, or floats where the operator can't be followed. Raises Undefined, Undecided."""
        self.cases += 1
        q = self._exact(point, bits) if self.exactly else self._float(point)
        if any(numbers.is_special(x) for x in q):
            raise Undefined
        return q

    def _exact(self, point: Point, bits: int) -> np.ndarray:
        try:
            P, w, *T = self.inputs(point, bits)
            return self.evaluator.exact(P, w, T[0][()] if T else None, bits=bits)
        except Unsupported as e:
            raise Undecided(str(e)) from e

    def inputs(self, point: Point, bits: int) -> list[np.ndarray]:
        """What the traced operator is called with: P and w, and T where it takes one."""
        T = self._temperature(point)
        if self.softened and not self.evaluator.operator.takes_temperature:
            return [self._soft(point, bits), point.w]
        return [point.P, point.w] if T is None else [point.P, point.w, full((), T)]

    def _soft(self, point: Point, bits: int) -> np.ndarray:
        with numbers.precision(bits):
            T = wrap(full((1, 1), point.T))
            return _alike(point.P, unwrap(self.evaluator.softener.rows(EXACT, wrap(point.P), T)))

    def _temperature(self, point: Point) -> Number | None:
        if not self.evaluator.operator.takes_temperature:
            return None
        return point.T if self.softened else numbers.ONE

    def _float(self, point: Point) -> np.ndarray:
        P, w = float_array(point.P)[None], float_array(point.w)[None]
        T = None if point.T is None else np.array([numbers.to_float(point.T)])
        q = soft_batch(self.evaluator, P, w, T) if self.softened else plain_batch(self.evaluator, P, w)
        out = full(q[0].shape, numbers.NAN)
        out[:] = [numbers.dyadic(x) if np.isfinite(x) else numbers.NAN for x in q[0]]
        return out


@dataclass
class Record:
    """What one search has spent and run into so far: `floats` counts points in float64, the look counts exact ones."""

    look: Look
    evaluator: Evaluator
    floats: int = 0
    fragile: Finding | None = None
    undecided: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.floats + self.look.cases

    def unsettled(self, what: str) -> str:
        """How many promising candidates exact looks left open, and the first one's reason; "" where there is none."""
        if not self.undecided:
            return ""
        return f"{len(self.undecided)} promising {what} could not be decided; the first: {self.undecided[0]}"


def _alike(P: np.ndarray, softened: np.ndarray) -> np.ndarray:
    """Equal entries of like rows as one object: a softener treats them alike, and two balls would not be equal."""
    first: dict[object, Number] = {}
    keys = [tuple(sorted(map(str, p))) for p in P]
    for k, i in np.ndindex(*P.shape):
        softened[k, i] = first.setdefault((keys[k], str(P[k, i])), softened[k, i])
    return softened


def float_array(exact: np.ndarray) -> np.ndarray:
    """Exact numbers as the nearest doubles."""
    return np.array([numbers.to_float(x) for x in exact.flat], dtype=float).reshape(exact.shape)


def plain_batch(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, *, suggests: bool = True) -> np.ndarray:
    """A on floats, at T = 1 where the operator takes a temperature; any leading axes. `suggests`: nothing is concluded from it."""
    lead = P.shape[:-2]
    T = 1.0 if evaluator.operator.takes_temperature else None
    call = evaluator.suggested if suggests else evaluator.batch
    q = call(P.reshape(-1, *P.shape[-2:]), w.reshape(-1, w.shape[-1]), T)
    return q.reshape(*lead, -1)


def soft_batch(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any, *, suggests: bool = True) -> np.ndarray:
    """A_T on floats: P (B, K, C), w (B, K), T (B,)."""
    call = evaluator.suggested if suggests else evaluator.batch
    if evaluator.operator.takes_temperature:
        return call(P, w, T)
    with np.errstate(all="ignore"):
        return call(evaluator.softener.rows(NUMPY, P, T[:, None, None]), w)


# ---- gaps


def bits_for(n: int) -> int:
    """Enough for points 2^-n apart whose moves may be of second order, with room for cancellation."""
    return 4 * n + 256


def gap(a: np.ndarray, b: np.ndarray, bits: int) -> tuple[Fraction, Fraction]:
    """Fractions around ‖a − b‖₁."""
    with numbers.precision(bits):
        low, high = zip(*(_size(x, y) for x, y in zip(a, b, strict=True)), strict=True)
    return sum(low, Fraction(0)), sum(high, Fraction(0))


def _size(x: Number, y: Number) -> tuple[Fraction, Fraction]:
    low, high = numbers.bounds(numbers.sub(x, y))
    return max(low, -high, Fraction(0)), max(-low, high)


@dataclass(frozen=True)
class Gap:
    """Two near points whose aggregates are apart: `low` bounds ‖A(x) − A(y)‖₁ below, `later` the same much nearer."""

    first: Point
    second: Point
    values: tuple[np.ndarray, np.ndarray]
    low: Fraction
    later: Fraction


def lasting(look: Look, pair: Pair, every: Every) -> Gap | None:
    """The gap at 2^-200, if it is above the threshold, settled by 2^-400, still there far below the floats, and there in the
    limit.

    Raises Undecided; an undefined point is no gap.
    """
    try:
        if not look.exactly:
            return _lasting_in_floats(look, pair)
        found = _exactly_lasting(look, pair)
    except Undefined:
        return None
    if found is not None:
        _in_the_limit(look, every)
    return found


def _in_the_limit(look: Look, every: Every) -> None:
    """Whether the two aggregates stay apart however near the points come: the distances that were looked at are finitely
    many, and 1/log log(1/x), times a large number, moves at none of them. Raises Undecided where that is not proved."""
    a, b = limits(look, every)
    if gap(a, b, GERM_BITS)[0] <= look.threshold:
        raise Undecided("the aggregates stay apart as near as was looked, and may still meet in the limit")


def limits(look: Look, every: Callable[[], Sequence[Point]]) -> list[np.ndarray]:
    """The aggregates at all points at once, entries that hold them all. Raises Undecided where there are none."""
    found = at_all(look, every)
    try:
        with numbers.precision(GERM_BITS):
            return [np.frompyfunc(germs.enclosure, 1, 1)(q) for q in found]
    except Undecided as e:
        raise Undecided(f"{UNSETTLED}: {e}") from e


def runs_away(look: Look, every: Callable[[], Sequence[Point]]) -> bool:
    """Whether an entry of the aggregate at one of the points grows beyond all bounds. Raises Undecided where that is not known."""
    with numbers.precision(GERM_BITS):
        return any(germs.unbounded(x) for q in at_all(look, every) for x in q)


Way = Callable[[Number], Point]
"""way(ε): a point for each ε, all of which end at one place."""


def steepens(look: Look, one: Way, other: Way, *, apart: bool) -> bool:
    """Whether A's difference quotients between two ways into a place, or along them, are unbounded as ε goes to 0: those at
    finitely many distances bound nothing. Either the aggregates end `apart`, where they seem to, or A's derivative along one of
    the ways is unbounded. Raises Undecided where it is not known."""
    looks = [lambda: _end_apart(look, one, other)] * apart + [lambda: _steep(look, one), lambda: _steep(look, other)]
    return numbers.any_known(looks)


def _end_apart(look: Look, one: Way, other: Way) -> bool:
    a, b = limits(look, lambda: [one(epsilon()), other(epsilon())])
    return gap(a, b, GERM_BITS)[0] > look.threshold


def _steep(look: Look, way: Way) -> bool:
    (q,) = at_all(look, lambda: [way(sloped())])
    with numbers.precision(GERM_BITS):
        return any(germs.unbounded(slopes.slope(x)) for x in q)


def at_all(look: Look, every: Callable[[], Sequence[Point]]) -> list[np.ndarray]:
    """The aggregates at points whose entries depend on ε. Raises Undecided where they are not known at all ε."""
    try:
        with numbers.precision(GERM_BITS):
            points = every()
        return [look.at(point, GERM_BITS) for point in points]
    except (Undecided, Undefined) as e:
        why = str(e) or "the aggregate is undefined there"
        raise Undecided(f"{UNSETTLED}: {why}") from e


def _exactly_lasting(look: Look, pair: Pair) -> Gap | None:
    first, second = pair(JUMP_NEAR)
    values, here = _apart(look, first, second, bits_for(JUMP_NEAR))
    gaps = [here]
    if here[0] <= look.threshold:
        return None
    for n in (JUMP_NEARER, BELOW_FLOATS, DEEPEST):
        gaps.append(_gap_at(look, pair, n))
        if not settles(gaps, SETTLED):
            return None
    return Gap(first, second, values, here[0], min(low for low, _ in gaps))


def _gap_at(look: Look, pair: Pair, n: int) -> Bounds:
    """The gap at 2^-n: with few bits where they do, since most of what is computed does not cancel."""
    points = pair(n)
    if n > BELOW_FLOATS:
        try:
            low, high = _apart(look, *points, FEW_BITS)[1]
            if high - low < SETTLED:
                return low, high
        except Undecided:
            pass
    return _apart(look, *points, bits_for(n))[1]


def _lasting_in_floats(look: Look, pair: Pair) -> Gap | None:
    """The same between the distances at which doubles still tell points beside a face apart."""
    gaps = [_apart(look, *pair(n), 256)[1] for n in tolerances.FLOAT_JUMP_NEAR]
    first, second = pair(JUMP_NEAR)
    values, (low, _) = _apart(look, first, second, 256)
    if low <= look.threshold or 2 * gaps[0][0] < low or not settles(gaps[1:], FLOAT_SETTLED):
        return None
    return None if _melts(look, pair, low) else Gap(first, second, values, low, low)


def _melts(look: Look, pair: Pair, gap_before: Fraction) -> bool:
    """Whether a gap is gone at the least doubles, where what moves by a higher power has reached the face. Undefined there, as a
    product that underflows is, tells nothing."""
    try:
        (_, high) = _apart(look, *pair(tolerances.FLOAT_NEAREST), 256)[1]
    except Undefined:
        return False
    return high < JUMP_KEEPS * gap_before


def close(found: Gap) -> bool:
    """Whether the two points are less than 2^-200 apart in ‖·‖₁."""
    pairs = zip((*found.first.P.flat, *found.first.w.flat), (*found.second.P.flat, *found.second.w.flat), strict=True)
    return sum((abs(x - y) for x, y in pairs), numbers.ZERO) <= 1 / numbers.rational(2**JUMP_NEAR)


Bounds = tuple[Fraction, Fraction]


def settles(gaps: Sequence[Bounds], none: Fraction) -> bool:
    """Whether gaps at ever smaller distances are those of a jump: nine tenths of the first are kept, and from one
    distance to the next they change by ever less. What is steep and continuous changes by more (`tolerances.SETTLED`)."""
    (_, first), *later = gaps
    if any(low < JUMP_KEEPS * first for low, _ in later):
        return False
    return _calms(gaps, none)


def lasts(gaps: Sequence[Bounds], none: Fraction) -> bool:
    """Whether gaps on the way to a limit are those of what does not come to it: they settle, or every one is above the one before,
    as where the aggregate runs away. For where the limit itself is looked at after them: what grows at first may yet go."""
    return settles(gaps, none) or all(after[0] > before[1] for before, after in itertools.pairwise(gaps))


def _calms(gaps: Sequence[Bounds], none: Fraction) -> bool:
    changes = [_change(a, b) for a, b in itertools.pairwise(gaps)]
    return all(after <= max(before, none) for before, after in itertools.pairwise(changes))


def _change(a: Bounds, b: Bounds) -> Fraction:
    """At most how far two gaps are from each other."""
    return max(a[1] - b[0], b[1] - a[0])


def _apart(look: Look, first: Point, second: Point, bits: int):
    values = look.at(first, bits), look.at(second, bits)
    return values, gap(*values, bits)


def normal(look: Look, *points: Point) -> bool:
    """Whether no entry is so small that the operator's own arithmetic may flush it to 0: a float16 cannot hold 1e-8."""
    evaluator = look.evaluator
    entries: list[np.ndarray] = []
    for point in points:
        P = float_array(point.P)
        if point.T is not None and not evaluator.operator.takes_temperature:
            with np.errstate(all="ignore"):
                P = evaluator.softener.rows(NUMPY, P[None], np.full((1, 1, 1), numbers.to_float(point.T)))[0]
        entries += [P.ravel(), float_array(point.w)]
    values = np.concatenate(entries)
    least = max(tolerances.SOFTENED_FLOOR, evaluator.rounding.tiny if evaluator.rounding.coarse else 0.0)
    return bool((values[values != 0] >= least).all())


def called_with(look: Look, point: Point) -> tuple[np.ndarray, np.ndarray, float | None]:
    """P (K, C) and w (K,) in floats, softened where the point has a T that the operator does not take; else T too."""
    P, w = float_array(point.P), float_array(point.w)
    T = None if point.T is None else numbers.to_float(point.T)
    if T is not None and not look.evaluator.operator.takes_temperature:
        with np.errstate(all="ignore"):
            P, T = look.evaluator.softener.rows(NUMPY, P[None], np.array([T])[:, None, None])[0], None
    return P, w, T


def alone(look: Look, point: Point, size: float) -> bool:
    """Whether a jump of this size that floats show at a point has no like in its neighbourhood. Code that computes in single
    or half precision is a staircase: beside each step there are others, though not along every path."""
    (P, w, T), evaluator = called_with(look, point), look.evaluator

    def values(s: np.ndarray, key: int) -> np.ndarray:
        rng = np.random.default_rng(key)
        Q, v = rng.dirichlet(np.ones(P.shape[1]), P.shape[0]), rng.dirichlet(np.ones(len(w)))
        P_on, w_on = P + s[:, None, None] * (Q - P), w + s[:, None] * (v - w)
        if T is None:
            return plain_batch(evaluator, P_on, w_on)
        return evaluator.batch(P_on, w_on, T)

    return not segments.on_stairs(values, np.random.default_rng(0), size, dear=evaluator.mode == "single")


# ---- bisection along a path


Path = Callable[[Number], Point]


def pin(look: Look, path: Path, low: Number, high: Number, speed: int) -> Gap | None:
    """The jump between two parameters of a path that moves at most `speed` in ‖·‖₁ per unit, by bisection to 2^-400.

    A simple fraction in between is tried first. Raises Undecided.
    """
    shift = max(speed, 1).bit_length()
    simple = _simple_between(low, high)
    if simple is not None:
        found = lasting(look, around(path, simple, shift), beside(path, simple))
        if found is not None:
            return found
    return _bisect(look, path, low, high, shift) if look.exactly else None


def beside(path: Path, middle: Number) -> Every:
    """All points on both sides of a parameter that is known exactly."""

    def every() -> tuple[Point, Point]:
        step = epsilon()
        return path(middle - step), path(middle + step)

    return every


def beside_about(path: Path, middle: Number, shift: int) -> Every:
    """All points on both sides of a parameter that is known to within 2^-GERM_NEAR. What is compared goes as at the nearest."""

    def every() -> tuple[Point, Point]:
        return between(path, *around(path, middle, shift)(GERM_NEAR), numbers.dyadic_ball(middle, ABOUT))

    return every


def between(path: Path, low: Point, high: Point, parameters: Number) -> tuple[Point, Point]:
    """All points in a ball of parameters, on one side of what the code switches on and on the other."""
    every = path(parameters)
    return _germs(low, every), _germs(high, every)


def epsilon() -> Number:
    """What goes to 0."""
    return germs.epsilon(numbers.ONE / numbers.rational(2**GERM_NEAR))


def sloped() -> Number:
    """What goes to 0, and carries derivatives along."""
    return slopes.epsilon(numbers.ONE / numbers.rational(2**GERM_NEAR))


def _germs(one: Point, many: Point) -> Point:
    def mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.frompyfunc(germs.about, 2, 1)(a, b)

    return Point(mixed(one.P, many.P), mixed(one.w, many.w), None if one.T is None else germs.about(one.T, many.T))


def around(path: Path, middle: Number, shift: int) -> Pair:
    """The points on both sides of a parameter of a path that moves less than 2^shift in ‖·‖₁ per unit."""

    def pair(n: int) -> tuple[Point, Point]:
        step = numbers.ONE / numbers.rational(2 ** (n + shift + 1))
        return path(middle - step), path(middle + step)

    return pair


def _simple_between(low: Number, high: Number) -> Number | None:
    middle = numbers.as_fraction((low + high) / 2).limit_denominator(2520)
    found = numbers.rational(middle)
    return found if low <= found <= high else None


def _bisect(look: Look, path: Path, low: Number, high: Number, shift: int) -> Gap | None:
    """Halve and keep the half with the larger gap; give up when the gap falls below half of what it was."""
    ends: dict[int, tuple] = {}
    try:
        for n in (50, 100, JUMP_NEAR, JUMP_NEARER, LEAST_DOUBLE):
            ends[n] = low, high, _, _ = _halved(look, path, low, high, shift, n)
            if not _calms([gap for *_, gap in ends.values()], SETTLED):
                return None
    except (Undefined, _Vanished):
        return None
    nearest = ends[LEAST_DOUBLE][:2]
    low, high, values, (near, _) = ends[JUMP_NEAR]
    gaps = [ends[n][-1] for n in (JUMP_NEAR, JUMP_NEARER, LEAST_DOUBLE)]
    if not settles(gaps, SETTLED):
        return None
    a, b = nearest
    _in_the_limit(look, lambda: between(path, path(a), path(b), numbers.dyadic_ball(a, ABOUT)))
    return Gap(path(low), path(high), values, near, min(low for low, _ in gaps))


class _Vanished(Exception):
    """The gap is gone."""


def _halved(look: Look, path: Path, low: Number, high: Number, shift: int, n: int):
    """The two parameters, at most 2^-n apart in what they stand for, between which the gap is, with values and gap."""
    bits = 2 * n + 256  # the path is straight, and what is undecided has other cuts

    def A(t: Number) -> np.ndarray:
        return look.at(path(t), bits)

    a, b = A(low), A(high)
    kept = first = gap(a, b, bits)[0]
    while (high - low) * 2**shift * 2**n > 1:
        if kept <= look.threshold or 2 * kept < first:
            raise _Vanished
        middle, m = _inside(A, low, high)
        left, right = gap(a, m, bits)[0], gap(m, b, bits)[0]
        low, a, high, b, kept = (low, a, middle, m, left) if left >= right else (middle, m, high, b, right)
    if kept <= look.threshold:
        raise _Vanished
    return low, high, (a, b), gap(a, b, bits)


def _inside(A: Callable[[Number], np.ndarray], low: Number, high: Number) -> tuple[Number, np.ndarray]:
    """A at the middle, or at another cut where balls leave the middle open: that may be the jump itself."""
    why = None
    for cut in _cuts():
        t = low + (high - low) * cut
        try:
            return t, A(t)
        except Undecided as e:
            why = e
    raise why if why is not None else Undecided("no cut")


@lru_cache(maxsize=1)
def _cuts() -> tuple[Number, ...]:
    return tuple(numbers.rational(text) for text in ("1/2", "3/7", "5/8", "1/4"))


# ---- as text


def witness(found: Gap, *, exactly: bool, margin: str | None = None) -> Witness:
    """The two points of a gap. The second has only what differs from the first."""
    a, b = found.first, found.second
    same_P, same_w = (_equal(x, y) for x, y in ((a.P, b.P), (a.w, b.w)))
    T = None if a.T is None else ((str(a.T),) if b.T is None or a.T == b.T else (str(a.T), str(b.T)))
    return Witness(
        K=a.P.shape[0],
        C=a.P.shape[1],
        P=rows(a.P),
        w=row(a.w),
        P2=None if same_P else rows(b.P),
        w2=None if same_w else row(b.w),
        T=T,
        value=tuple(row(q) for q in found.values),
        margin=margin or below(-found.low),
        confirmed=how(exactly, *found.values),
    )


def how(exactly: bool, *values: np.ndarray) -> str:
    """How these aggregates were computed, as a witness says it."""
    if not exactly:
        return "float64"
    return "exact" if all(numbers.is_rational(x) for q in values for x in q) else "ball"


def proviso(look: Look) -> str:
    """What a message adds where only floats could look."""
    if look.exactly:
        return ""
    return (
        f"; confirmed in floats only, since {look.evaluator.why_not_exact or 'the operator cannot be followed exactly'}"
    )


def _equal(x: np.ndarray, y: np.ndarray) -> bool:
    return all(a == b for a, b in zip(x.flat, y.flat, strict=True))


def row(x: np.ndarray) -> tuple[str, ...]:
    """Exact numbers as text: a fraction as it is, a ball by its nearest double in hexadecimal."""
    return tuple(str(n) if numbers.is_rational(n) or numbers.is_special(n) else numbers.to_float(n).hex() for n in x)


def rows(x: np.ndarray) -> tuple[tuple[str, ...], ...]:
    return tuple(row(one) for one in x)


def below(x: Fraction) -> str:
    """x itself where it is short, else a decimal of 15 digits that is nearer to 0."""
    if x.denominator < 10**9:
        return str(x)
    text = f"{float(x):.15g}"
    return text if abs(Fraction(text)) <= abs(x) else f"{float(x) * (1 - 1e-14):.15g}"
