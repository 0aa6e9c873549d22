"""Surfaces of the domain on which traced code switches (`jaxpr.switches`), and where segments cross them.

A crossing is found in floats, and then as precisely as is asked by the secant method on the switch itself: it is smooth
where the aggregate is not. Knows points and switches, and refuses to know what happens there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

import jax
import numpy as np

from axiomkd.claims import nearby
from axiomkd.claims.nearby import Gap, Look, Path
from axiomkd.claims.places import Point
from axiomkd.claims.segments import Narrowed, Values
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.late import late
from axiomkd.core.tolerances import JUMP, JUMP_NEAR
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers, switches
from axiomkd.tracing.exact import evaluate
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.tracing.numerics import faithful_compile, quick_compile
from axiomkd.tracing.walk import Unsupported

extend = late("jax.extend.core")  # it imports all of Pallas

CHUNK = 1024  # points in one call: one shape, so that JAX compiles once for each size
SAMPLES = 24  # of a segment, between which signs are compared
OF_EACH = 12  # crossings kept of one switch: half of them the first, half from all over
MOST = 512  # crossings kept in all
BESIDE, BESIDE_NEARER = 1e-8, 1e-11  # the two distances at which floats look at both sides of a surface
LASTS = 0.5  # a jump keeps this much between them
TRIED = 3  # crossings of one switch that are looked at exactly
HALVINGS = 56  # of a sample's width, down to where doubles end
STEPS = 40  # of the secant method: its digits grow by more than half at each
TOGETHER = Fraction(1, 2**30)  # where the secant method may go from a crossing in floats


@dataclass(frozen=True)
class Surfaces:
    """The switches of one operator at one size: S numbers at a point, and the whole numbers that matter of some."""

    jaxpr: Any
    offsets: tuple[Fraction | None, ...]  # (S,): of a switch that matters where it is whole, what is added to that
    places: tuple[tuple[int, int], ...]  # (S,): which output of the jaxpr, and which entry
    compiled: Callable[..., Any]
    hidden: bool  # whether there may be others

    def floats(self, *args: np.ndarray) -> np.ndarray:
        """The switches at points in floats: each of args (B, …) -> (B, S)."""
        out = []
        for start in range(0, len(args[0]), CHUNK):
            part = [x[start : start + CHUNK] for x in args]
            missing = CHUNK - len(part[0])
            padded = [np.concatenate([x, np.repeat(x[:1], missing, axis=0)]) for x in part]
            found = [np.asarray(x) for x in self.compiled(*padded)]
            out.append(np.concatenate(found, axis=1)[: CHUNK - missing])
        return np.concatenate(out)

    def exact(self, n: int, args: list[Any], bits: int) -> Number:
        """Switch n at an exact point. Raises Undecided."""
        output, entry = self.places[n]
        try:
            return evaluate(self.jaxpr, args, bits=bits)[output][entry]
        except Unsupported as e:
            raise Undecided(str(e)) from e


_known: WeakKeyDictionary[Evaluator, dict[tuple[int, int], Surfaces | None]] = WeakKeyDictionary()


def of(evaluator: Evaluator, K: int, C: int) -> Surfaces | None:
    """None where neither the operator nor its twin can be traced and followed exactly, or where it switches nowhere."""
    traced = evaluator if evaluator.mode == "jax" else evaluator.twin
    if traced is None or not (evaluator.exactly and traced.exactly):
        return None
    known = _known.setdefault(traced, {})
    if (K, C) not in known:
        known[K, C] = _traced(traced, K, C)
    return known[K, C]


def all_of(evaluator: Evaluator, K: int, C: int) -> Surfaces | None:
    """The surfaces, where the code switches on no others: what is steep beside them is no jump. Of a twin that is not known."""
    found = of(evaluator, K, C)
    return None if found is None or found.hidden or evaluator.mode != "jax" else found


def _traced(evaluator: Evaluator, K: int, C: int) -> Surfaces | None:
    closed = evaluator.jaxpr(K, C, evaluator.operator.takes_temperature)
    offsets: list[Fraction | None] = []
    hidden: list[bool] = []

    def values(*args: Any) -> list[Any]:
        found = switches.collect(closed, args)
        offsets[:], hidden[:] = [one.offset for one in found.found], [found.hidden]
        return [one.values for one in found.found]

    try:
        jaxpr = jax.make_jaxpr(values)(*(jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars))
    except Exception:  # what JAX does not bind in this way is code that is searched without surfaces
        return None
    if not offsets:
        return None
    places = [(n, i) for n, v in enumerate(jaxpr.jaxpr.outvars) for i in range(v.aval.shape[0])]
    known = tuple(offsets[n] for n, _ in places)
    options = quick_compile() if evaluator.hurry else faithful_compile()
    return Surfaces(
        jaxpr, known, tuple(places), jax.jit(jax.vmap(extend.jaxpr_as_fun(jaxpr)), compiler_options=options), hidden[0]
    )


def along(look: Look, surfaces: Surfaces, floats: Callable[[Any, Any], tuple[np.ndarray, ...]]) -> Values:
    """The switches along segments, given their points (P, w) or (P, w, T) by segments and parameters."""

    def values(which: np.ndarray, t: np.ndarray) -> np.ndarray:
        P, w, *T = floats(which[:, None], t)
        lead, (K, C) = P.shape[:-2], P.shape[-2:]
        P, w = P.reshape(-1, K, C), w.reshape(-1, K)
        now = T[0].ravel() if T else np.ones(len(P))
        if look.evaluator.operator.takes_temperature:
            return surfaces.floats(P, w, now).reshape(*lead, -1)
        if T:
            with np.errstate(all="ignore"):
                P = look.evaluator.softener.rows(NUMPY, P, now[:, None, None])
        return surfaces.floats(P, w).reshape(*lead, -1)

    return values


# ---- crossings, in floats


@dataclass(frozen=True)
class Crossing:
    """Segment `segment` meets switch `switch` at parameter t: there it is `level` (0, but for what is rounded)."""

    segment: int
    switch: int
    level: Fraction
    t: float


def crossings(values: Values, surfaces: Surfaces, count: int, low: Any, high: Any) -> tuple[list[Crossing], int]:
    """Where segments 0 … count−1 cross surfaces between `low` and `high`, the first segments first, and how many points
    were evaluated."""
    lows, highs = (np.array(np.broadcast_to(x, count), dtype=float) for x in (low, high))
    t = lows[:, None] + (highs - lows)[:, None] * np.linspace(0, 1, SAMPLES)
    s = values(np.arange(count), t)
    levels = _levels(s[:, :-1], s[:, 1:], surfaces.offsets)
    with np.errstate(all="ignore"):
        crossed = (s[:, :-1] - levels) * (s[:, 1:] - levels) < 0
    kept = _kept(crossed)
    if not len(kept):
        return [], s.shape[0] * s.shape[1]
    n, m, which = kept.T
    level = levels[n, m, which]
    found = _halved(values, n, which, level, t[n, m], t[n, m + 1])
    points = s.shape[0] * s.shape[1] + HALVINGS * len(kept)
    return [
        Crossing(int(a), int(b), Fraction(float(c)), float(x))
        for a, b, c, x in zip(n, which, level, found, strict=True)
    ], points


def _levels(a: np.ndarray, b: np.ndarray, offsets: tuple[Fraction | None, ...]) -> np.ndarray:
    """(N, M − 1, S): 0, or the whole number plus offset nearest to the middle of what lies between two samples."""
    offset = np.array([0.0 if x is None else float(x) for x in offsets])
    whole = np.array([x is not None for x in offsets])
    with np.errstate(all="ignore"):
        return np.where(whole, np.round((a + b) / 2 - offset) + offset, 0.0)


def _kept(crossed: np.ndarray) -> np.ndarray:
    """(segment, sample, switch) of the first crossings of each switch."""
    order = [np.argwhere(crossed[:, :, n]) for n in range(crossed.shape[2])]
    share = max(1, min(OF_EACH, MOST // max(len(order), 1)))
    order = [at[_some(len(at), share)] for at in order]
    rows = [np.column_stack([at, np.full(len(at), n)]) for n, at in enumerate(order)]
    return np.concatenate(rows)[:MOST] if rows else np.empty((0, 3), int)


def _some(count: int, share: int) -> np.ndarray:
    first = np.arange(min(count, (share + 1) // 2))
    spread = np.linspace(0, max(count - 1, 0), share // 2).astype(int) if count else first
    return np.union1d(first, spread)


def _halved(values: Values, n, which, level, low, high) -> np.ndarray:
    """Every crossing cut into as many parts as one call has room for, until doubles end."""
    rows, parts = np.arange(len(n)), int(np.clip(CHUNK // len(n), 2, 32))
    cuts = np.arange(1, parts) / parts
    side = np.sign(values(n, low[:, None])[rows, 0, which] - level)
    for _ in range(math.ceil(HALVINGS / math.log2(parts))):
        t = low[:, None] + (high - low)[:, None] * cuts
        same = np.sign(values(n, t)[rows, :, which] - level[:, None]) == side[:, None]
        first = np.where(same.all(axis=1), parts - 1, (~same).argmax(axis=1))  # the first cut beyond the crossing
        edges = np.column_stack([low, t, high])
        low, high = edges[rows, first], edges[rows, first + 1]
    return low + (high - low) / 2


def parting(values: Values, found: Sequence[Crossing], size: np.ndarray) -> list[Crossing]:
    """The crossings beside which values stay apart, the largest gaps first and among like ones the simplest segments."""
    if not found:
        return []
    which, t = np.array([one.segment for one in found]), np.array([one.t for one in found])
    sides = values(which, t[:, None] + np.array([-BESIDE, -BESIDE_NEARER, BESIDE_NEARER, BESIDE]))
    with np.errstate(all="ignore"):
        far, near = (np.nan_to_num(np.abs(sides[:, a] - sides[:, b]).sum(-1), posinf=0.0) for a, b in ((0, 3), (1, 2)))
    apart = np.flatnonzero((near > float(JUMP)) & (near > LASTS * far))
    order = np.lexsort((size[which[apart]], -np.log10(near[apart]).round()))
    return few([found[n] for n in apart[order]])


def few(found: Sequence[Crossing]) -> list[Crossing]:
    """The first crossings of each switch: what is no jump here is none a little farther along."""
    seen: Counter[int] = Counter()
    out = []
    for one in found:
        seen[one.switch] += 1
        out += [one] * (seen[one.switch] <= TRIED)
    return out


# ---- crossings, as precisely as is asked


@dataclass(frozen=True)
class Root:
    """The parameter of a crossing; `exactly` where the switch is known to be at its level there."""

    t: Number
    exactly: bool


def root(look: Look, surfaces: Surfaces, crossing: Crossing, path: Path, at: float, depth: int) -> Root | None:
    """The crossing near parameter `at` of a path, to within 2^-depth; None where the secant method does not find it.

    Raises Undecided.
    """
    bits = 2 * depth + 256
    level = numbers.rational(crossing.level)

    def s(t: Number) -> Number:
        return numbers.sub(surfaces.exact(crossing.switch, look.inputs(path(t), bits), bits), level)

    with numbers.precision(bits):
        return _secant(s, numbers.dyadic(at), depth)


def gap(look: Look, surfaces: Surfaces, crossing: Crossing, path: Path, at: float, *, shift: int) -> Gap | None:
    """The jump at a crossing near parameter `at` of a path that moves less than 2^shift in ‖·‖₁ per unit, if there is
    one. Raises Undecided."""
    rough = root(look, surfaces, crossing, path, at, JUMP_NEAR + 64)
    if rough is None or not _far_apart(look, nearby.around(path, rough.t, shift)):
        return None
    known = rough if rough.exactly else None

    def pair(n: int) -> tuple[Point, Point]:
        """Beside a crossing known no better than is needed: its points are written out."""
        found = known or (rough if n == JUMP_NEAR else root(look, surfaces, crossing, path, at, n + 64))
        if found is None:
            raise Undecided(f"where the code switches, to within 2^-{n}")
        return nearby.around(path, found.t, shift)(n)

    every = nearby.beside(path, rough.t) if rough.exactly else None

    def about() -> tuple[Point, Point]:
        found = root(look, surfaces, crossing, path, at, nearby.GERM_NEAR + 64)
        if found is None:
            raise Undecided(f"where the code switches, to within 2^-{nearby.GERM_NEAR}")
        return nearby.beside_about(path, found.t, shift)()

    return nearby.lasting(look, pair, every or about)


def gap_between(
    look: Look,
    surfaces: Surfaces,
    switched: Values,
    path: Path,
    where: Narrowed,
    of_parameter: Callable[[float], float],
    *,
    shift: int,
) -> Gap | None:
    """The jump at a crossing within what floats have narrowed down, if there is one. Raises Undecided."""
    wide = where.high - where.low
    found, _ = crossings(
        lambda which, t: switched(np.full(len(which), where.segment), t),
        surfaces,
        1,
        where.low - wide,
        where.high + wide,
    )
    for crossing in found[: 2 * TRIED]:
        there = gap(look, surfaces, crossing, path, of_parameter(crossing.t), shift=shift)
        if there is not None:
            return there
    return None


def _far_apart(look: Look, pair: nearby.Pair) -> bool:
    """Whether the gap is there at 2^-200: that costs little, and most of what is steep in floats has none."""
    bits = nearby.bits_for(JUMP_NEAR)
    try:
        a, b = (look.at(point, bits) for point in pair(JUMP_NEAR))
    except nearby.Undefined:
        return False
    return nearby.gap(a, b, bits)[0] > look.threshold


def _secant(s: Callable[[Number], Number], first: Number, depth: int) -> Root | None:
    near, small = numbers.rational(TOGETHER), numbers.rational(Fraction(1, 2 ** (depth + 8)))
    before, now = first - near / 2, first
    a, b = s(before), s(now)
    for _ in range(STEPS):
        if _is_zero(b):
            return Root(now, True)
        step = _step(before, now, a, b, 2 * depth)
        if step is None or abs(now + step - first) > near:
            return None
        before, a = now, b
        now = now + step
        b = s(now)
        if abs(step) < small and not _is_zero(b):
            return Root(now, False)
    return None


def _is_zero(x: Number) -> bool:
    return numbers.is_rational(x) and x == 0


def _step(before: Number, now: Number, a: Number, b: Number, bits: int) -> Number | None:
    """What the secant method adds to `now`: exactly on rationals, else cut to 2^-bits."""
    if numbers.is_special(a) or numbers.is_special(b):
        return None
    try:
        step = numbers.neg(numbers.mul(b, numbers.div(now - before, numbers.sub(b, a))))
    except Undecided:
        return None
    if numbers.is_special(step):
        return None
    if numbers.is_rational(step) and numbers.as_fraction(step).denominator.bit_length() < bits // 4:
        return step
    low, high = numbers.bounds(step)
    return numbers.rational(Fraction(round((low + high) / 2 * 2**bits), 2**bits))
