"""A where the temperature of one teacher alone has moved far, and where its row has come to its limit: exact looks and floats.

`hot` compares the two as t → ∞, where the row ends uniform, `cold` as t → 0+, where it ends one-hot at its argmax. An operator
that takes one T for all moves all rows at once. Everything here concludes; nothing searches.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from axiomkd.claims import nearby
from axiomkd.claims.nearby import Bounds, Look
from axiomkd.claims.places import Point
from axiomkd.core import tolerances
from axiomkd.core.tolerances import COLD_POWERS, FAR_POWERS, JUMP, SETTLED
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import germs, numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.arrays import full
from axiomkd.tracing.numbers import ONE, ZERO, Number, Undecided
from axiomkd.tracing.walk import Unsupported

BITS = 1024  # hot rows differ by 2^-40 from uniform, their squares by 2^-80; operators divide by such differences
MOST_BITS = 1 << 20  # of an entry: seconds at K and C in the tens
HALF = Fraction(1, 2)
WAYS = 6  # into a point at which A is undefined, by which what it is there is filled in
AGREED = Fraction(1, 2**100)  # how near to each other A must end on all of them
COARSE = "floats alone, coarser than double precision, do not tell where the aggregate ends"


@dataclass(frozen=True)
class Move:
    """The temperature of teacher `k` goes to infinity, or (`cold`) to 0; those of all teachers at once where k is None."""

    cold: bool
    k: int | None

    def rows(self, K: int) -> list[int]:
        return list(range(K)) if self.k is None else [self.k]


@dataclass(frozen=True)
class Apart:
    """The aggregate at the temperature t and the one at the limit, and at least how far they are apart in TV."""

    t: Number
    values: tuple[np.ndarray, np.ndarray]
    low: Fraction


def moves(evaluator: Evaluator, K: int, *, cold: bool) -> list[Move]:
    """What an operator's claim speaks of: each teacher, or all at once."""
    operator = evaluator.operator
    together = operator.takes_temperature and not operator.each_temperature
    return [Move(cold, None)] if together else [Move(cold, k) for k in range(K)]


def stays_apart(look: Look, base: Point, move: Move) -> Apart | None:
    """Where A does not come to its value at the limit; None where it does, or comes nearer as t goes on. For `cold` every row
    that moves must have one argmax. Raises Undefined where A is no number at the limit, and Undecided."""
    return _exactly_apart(look, base, move) if look.exactly else _apart_in_floats(look, base, move)


def witness(look: Look, base: Point, move: Move, found: Apart) -> Witness:
    """The point with the temperature of each teacher, or the one of all, and both aggregates."""
    K, C = base.P.shape
    each = tuple(str(found.t) if k == move.k else "1" for k in range(K))
    return Witness(
        K,
        C,
        nearby.rows(base.P),
        nearby.row(base.w),
        nearby.below(JUMP - found.low),
        nearby.how(look.exactly, *found.values),
        value=tuple(nearby.row(q) for q in found.values),
        teacher=move.k,
        T=(str(found.t),) if move.k is None else None,
        Ts=None if move.k is None else each,
    )


# ---- exact looks


def _exactly_apart(look: Look, base: Point, move: Move) -> Apart | None:
    t = temperature(base, move)
    if move.cold and _digits(base, move, t) > MOST_BITS:
        raise Undecided("a row that is cold enough, with so little weight, is of numbers too long to compute with")
    distances: list[Bounds] = []
    first: tuple[np.ndarray, np.ndarray] | None = None
    for power in COLD_POWERS if move.cold else FAR_POWERS:
        values, distance = compared(look, base, move, t / power if move.cold else t**power)
        first = values if first is None else first
        distances.append(distance)
        if distances[0][0] <= JUMP or not nearby.lasts(distances, SETTLED):
            return None
    assert first is not None
    if not apart_in_the_limit(look, base, move):
        raise Undecided("the aggregate stays away from its limit as far as was looked, and may still tend to it")
    return Apart(t, first, distances[0][0])


def compared(look: Look, base: Point, move: Move, t: Number) -> tuple[tuple[np.ndarray, np.ndarray], Bounds]:
    """The two aggregates, and fractions around their TV: with few bits where they do."""
    most = 4 * numbers.as_fraction(t).denominator if move.cold else 4 * numbers.as_fraction(t).numerator.bit_length()
    if most > BITS:
        with suppress(Undecided):
            values, distance = _compared(look, base, move, t, BITS)
            if distance[1] - distance[0] < SETTLED:
                return values, distance
    return _compared(look, base, move, t, max(BITS, most))


def _compared(
    look: Look, base: Point, move: Move, t: Number, bits: int
) -> tuple[tuple[np.ndarray, np.ndarray], Bounds]:
    values = moved(look, base, move, t, bits), ended(look, base, move, bits)
    low, high = nearby.gap(*values, bits)
    return values, (low * HALF, high * HALF)


def temperature(base: Point, move: Move) -> Number:
    """The t at which the operational rule looks, or somewhat farther: a power of 2, or for `cold` the inverse of a whole number, so
    that sharpened rows stay fractions."""
    rows = move.rows(len(base.P))
    if not move.cold:
        most = max(abs(math.log(numbers.to_float(x))) for k in rows for x in base.P[k])
        return numbers.rational(2 ** math.ceil(tolerances.FAR_EXPONENT + math.log2(1 + most)))
    return ONE / numbers.rational(max(_sharpness(base.P[k], numbers.to_float(base.w[k])) for k in rows))


def _digits(base: Point, move: Move, t: Number) -> float:
    """Bits of the smallest entry of a row at the coldest temperature looked at, of the longest of them."""
    depths = (math.log2(max(x) / min(x)) for x in (nearby.float_array(base.P[k]) for k in move.rows(len(base.P))))
    return max(depths) * COLD_POWERS[-1] / numbers.to_float(t)


def _sharpness(p: np.ndarray, w: float) -> int:
    """The least whole N, by floats, with (second / largest)^N ≤ 2^(-200/w)."""
    return math.ceil(tolerances.COLD_EXPONENT / w / drop(p) * (1 - 1e-12))


def drop(p: np.ndarray) -> float:
    """log2 of the largest entry over the second."""
    second, first = sorted(numbers.to_float(x) for x in p)[-2:]
    return math.log2(first / second)


def moved(look: Look, base: Point, move: Move, t: Number, bits: int) -> np.ndarray:
    """A(S_t P, w), or A(P, w, t) where the operator softens itself. Raises Undefined, Undecided."""
    with numbers.precision(bits):
        P, T = _inputs(look, base, move, t)
    return _at(look, P, base.w, T, bits)


def ended(look: Look, base: Point, move: Move, bits: int) -> np.ndarray:
    """A where the rows that move have come to their limits, at T = 1. Raises Undefined, Undecided.

    Where it is undefined, it is filled in for operators that soften themselves, if it has one limit there. For the others the
    way to the limit is one of those on which A ends at what is filled in: their claim holds.
    """
    T = ONE if look.evaluator.operator.takes_temperature else None
    try:
        return _at(look, end_of(base.P, move), base.w, T, bits)
    except nearby.Undefined:
        if T is None or not look.exactly:
            raise
    return _filled(look, base, move)


def end_of(P: np.ndarray, move: Move) -> np.ndarray:
    """The rows at the limit: uniform, or one-hot at the largest."""
    out, C = P.copy(), P.shape[1]
    for k in move.rows(len(P)):
        top = max(range(C), key=lambda i, k=k: numbers.to_float(P[k, i]))
        out[k] = [ONE if i == top else ZERO for i in range(C)] if move.cold else [ONE / numbers.rational(C)] * C
    return out


def _inputs(look: Look, base: Point, move: Move, t: Number) -> tuple[np.ndarray, Any]:
    """P and T that the operator is given: the rows softened, or the temperature of all, or those of each."""
    operator, rows = look.evaluator.operator, move.rows(len(base.P))
    if operator.each_temperature:
        return base.P, np.array([t if k in rows else ONE for k in range(len(base.P))], dtype=object)
    if operator.takes_temperature:
        return base.P, t
    P = base.P.copy()
    for k in rows:
        softened = unwrap(look.evaluator.softener.rows(EXACT, wrap(base.P[k : k + 1]), wrap(full((1, 1), t))))[0]
        P[k] = _alike(base.P[k], softened)
    return P, None


def _alike(p: np.ndarray, softened: np.ndarray) -> list[Number]:
    """Equal entries as one object: a softener treats them alike, and two balls would not be equal."""
    first: dict[str, Number] = {}
    return [first.setdefault(str(x), y) for x, y in zip(p, softened, strict=True)]


def _at(look: Look, P: np.ndarray, w: np.ndarray, T: Any, bits: int) -> np.ndarray:
    """(C,) exact numbers, or what floats give where the operator cannot be followed."""
    look.cases += 1
    try:
        q = look.evaluator.exact(P, w, T, bits=bits) if look.exactly else _in_floats(look.evaluator, P, w, T)
    except Unsupported as e:
        raise Undecided(str(e)) from e
    if any(numbers.is_special(x) for x in q):
        raise nearby.Undefined
    return q


# ---- every temperature from some on


def apart_in_the_limit(look: Look, base: Point, move: Move) -> bool:
    """Whether A is away from its value at the limit for every t from some on. Raises Undecided where that is not known."""
    end = ended(look, base, move, nearby.GERM_BITS)
    try:
        with numbers.precision(nearby.GERM_BITS):
            P, T = _all_the_way(look, base, move)
        q = _at(look, P, base.w, T, nearby.GERM_BITS)
        with numbers.precision(nearby.GERM_BITS):
            if any(germs.unbounded(x) for x in q):
                return True
            last = np.frompyfunc(germs.enclosure, 1, 1)(q)
    except (Undecided, nearby.Undefined) as e:
        raise Undecided(f"{nearby.UNSETTLED}: {str(e) or 'the aggregate is undefined there'}") from e
    return nearby.gap(last, end, nearby.GERM_BITS)[0] / 2 > JUMP


def _all_the_way(look: Look, base: Point, move: Move) -> tuple[np.ndarray, Any]:
    """What the operator is given, at all t from some on."""
    epsilon = nearby.epsilon()
    if not move.cold:
        return _inputs(look, base, move, ONE / epsilon)
    if look.evaluator.operator.takes_temperature:
        return _inputs(look, base, move, numbers.div(ONE, numbers.neg(numbers.log(epsilon))))
    P = base.P.copy()
    for k in move.rows(len(P)):
        raised = [numbers.power(epsilon, numbers.number(n)) for n in _orders(base.P[k])]
        total = reduce(numbers.add, raised)
        P[k] = [numbers.div(x, total) for x in raised]
    return P, None


def _orders(p: np.ndarray) -> list[int]:
    """Whole n_i with (p_i / max p)^(1/t) = ε^n_i for an ε of t: the row must be one of powers of 2. Raises Undecided."""
    top = max(p)
    drops = [numbers.as_fraction(top / x) for x in p]
    if any(x.denominator != 1 or x.numerator & (x.numerator - 1) for x in drops):
        raise Undecided("a row that is not in powers of 2 has no simple end")
    logs = [x.numerator.bit_length() - 1 for x in drops]
    common = math.gcd(*logs)
    return [n // common for n in logs]


def _filled(look: Look, base: Point, move: Move) -> np.ndarray:
    """What A ends at on several ways into the limit, where that is one value. Raises Undefined."""
    end, rng = end_of(base.P, move), np.random.default_rng(0)
    tilts = [(_tilt(end, rng), _tilt(base.w[None], rng)[0], n % 2 + 1) for n in range(WAYS)]

    def ways() -> list[Point]:
        out = []
        for by_P, by_w, order in tilts:
            step = nearby.epsilon() ** order
            out.append(Point(_stepped(end, by_P, step), _stepped(base.w, by_w, step)))
        return out

    try:
        found = nearby.limits(look, ways)
    except Undecided:
        raise nearby.Undefined from None
    if all(nearby.gap(found[0], one, nearby.GERM_BITS)[1] < AGREED for one in found[1:]):
        return found[0]
    raise nearby.Undefined


def _tilt(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers that sum to 0 in each row, positive where the row is 0."""
    zero = np.array([[x == 0 for x in p] for p in rows])
    out = np.where(zero, rng.integers(1, 5, zero.shape), rng.integers(-4, 5, zero.shape))
    payer = np.argmin(zero, axis=1)
    out[np.arange(len(out)), payer] -= out.sum(axis=1)
    return out


def _stepped(rows: np.ndarray, by: np.ndarray, step: Number) -> np.ndarray:
    def moved(x: Number, n: int) -> Number:
        return numbers.add(x, numbers.mul(numbers.number(int(n)), step)) if n else x

    return np.frompyfunc(moved, 2, 1)(rows, by)


# ---- floats


def float_temperatures(P: np.ndarray, *, cold: bool) -> np.ndarray:
    """Temperatures for floats, (n, B, K), those of each row of P (B, K, C) by itself, in two pairs of a nearer and a farther one.

    The first pair keeps an order of classes that the row alone decides: a tie of 1/6 and 1/6 + 2^-45 is none in doubles. The
    second goes as far as doubles do: a softened row is uniform to 12 bits, a sharpened one's smallest entry above the least
    double. The inverses of cold ones are whole.
    """
    logs = np.log2(P)
    if not cold:
        return np.exp2(tolerances.FLOAT_HOT)[:, None, None] * (1 + np.ceil(np.abs(logs).max(-1) * math.log(2)))
    depth = np.maximum(logs.max(-1) - logs.min(-1), 1e-3)
    return 1 / np.maximum(np.floor(np.array(tolerances.FLOAT_COLD)[:, None, None] / depth), 1)


def _apart_in_floats(look: Look, base: Point, move: Move) -> Apart | None:
    """The float rule: above the rounding of any pool at each of three temperatures, and settled."""
    rounding = look.evaluator.rounding
    if rounding.coarse:
        raise Undecided(COARSE)
    rows = move.rows(len(base.P))
    each = float_temperatures(nearby.float_array(base.P)[None], cold=move.cold)[1:, 0, rows]
    bar = max(tolerances.FLOAT_JUMP, Fraction(rounding.bar))
    distances: list[Bounds] = []
    for one in each:
        t = (
            ONE / numbers.rational(round(1 / one.min()))
            if move.cold
            else numbers.rational(2 ** math.ceil(math.log2(one.max())))
        )
        values = moved(look, base, move, t, 256), ended(look, base, move, 256)
        low, high = nearby.gap(*values, 256)
        distances.append((low / 2, high / 2))
    if min(low for low, _ in distances) <= bar or not nearby.settles(distances, nearby.FLOAT_SETTLED):
        return None
    return Apart(t, values, distances[-1][0])


def _in_floats(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any) -> np.ndarray:
    given = None if T is None else nearby.float_array(np.atleast_1d(np.asarray(T, dtype=object)))
    if given is not None and isinstance(T, np.ndarray) and T.ndim == 1:
        given = given[None]
    q = evaluator.batch(nearby.float_array(P)[None], nearby.float_array(w)[None], given)[0]
    out = full(q.shape, numbers.NAN)
    out[:] = [numbers.dyadic(x) if np.isfinite(x) else numbers.NAN for x in q]
    return out
