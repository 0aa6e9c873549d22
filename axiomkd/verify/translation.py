"""A certificate's formula held against the operator itself, at many sizes: the traces there agree, and so do the values.

The operator's values are those of exact evaluation of its own trace, and at a handful of sizes those of a real run; the
formula's are its term's. Neither shares code with the translation from one to the other, which is what is checked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.scope import AtSizes, ForEvery, Scope
from axiomkd.operators.language import Translated
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Undecided
from axiomkd.verify import arrays, everywhere, sides, wide
from axiomkd.verify.agree import agrees, nearly
from axiomkd.verify.arrays import Points, TooLarge
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, Scene
from axiomkd.verify.shapes import class_index
from axiomkd.verify.subject import Subject
from axiomkd.verify.terms import Node
from axiomkd.verify.trace import signature, work
from axiomkd.verify.values import Point, Unknown, value
from axiomkd.verify.wide import Exact, Size

BITS = 128
CLOSE = float(tolerances.EXACT)  # relative; whatever is farther apart is looked at exactly
RUN_CLOSE = 1e-9  # a real run in float64: cancellation costs some digits
MOST_WORK = 60_000  # numbers at one point: what exact evaluation is given
ALL_WORK = 6_000_000  # and at all points of an operator
LOOKED_AGAIN = 12  # differences looked at exactly, a size
ONE, EACH = "T", "Ts"  # a formula with one temperature, and with one a teacher
TWICE = ((2, 3), (3, 2))  # called with NumPy arrays too, outside any trace


@dataclass(eq=False)
class Values:
    """An operator's values at the wide points, each computed once; `spent` counts what exact evaluation was given."""

    subject: Subject
    spent: int = 0
    _exact: dict[tuple[int, str], np.ndarray | None] = field(default_factory=dict)
    _points: dict[Size, list[Exact]] = field(default_factory=dict)
    _runs: dict[tuple[Size, str], np.ndarray] = field(default_factory=dict)
    _called: dict[tuple[Size, str], np.ndarray | None] = field(default_factory=dict)

    def points(self, size: Size) -> list[Exact]:
        """The points of a size, zeros among them unless the operator is of the interior."""
        if size not in self._points:
            self._points[size] = wide.points(size, closed=self.subject.operator.domain != "interior")
            self._points[size] += self._at_other_sides(size)
        return self._points[size]

    def _at_other_sides(self, size: Size) -> list[Exact]:
        """Points at which the operator's own trace decides otherwise than at those of a size."""
        evaluator, takes = self.subject.evaluator, self.subject.operator.takes_temperature
        if size not in sides.SIZES or evaluator.mode != "jax" or not evaluator.exactly or takes:
            return []
        return sides.points(evaluator.jaxpr(*size, False), self._points[size])

    def exact(self, at: Exact, heat: str) -> np.ndarray | None:
        """The exact value at a point, (C,) numbers; None where there is none, it is undecided, or it costs too much."""
        key = (id(at), heat)
        if key not in self._exact:
            self._exact[key] = self._one(at, heat)
        return self._exact[key]

    def _one(self, at: Exact, heat: str) -> np.ndarray | None:
        subject, (K, C) = self.subject, at.P.shape
        takes = subject.operator.takes_temperature
        cost = at.P.size
        if subject.evaluator.mode == "jax":
            cost = work(subject.evaluator.jaxpr(K, C, takes, each=heat == EACH))
        if cost > MOST_WORK or self.spent > ALL_WORK or not subject.evaluator.exactly:
            return None
        self.spent += cost
        now = None if not takes else _temperatures(at, heat)
        # Balls first: fractions have exact logarithms, which cost ten times as much. At a tie only these decide.
        for P, w in (at.balls(BITS), at.exact) if not at.tied else (at.exact,):
            try:
                with numbers.precision(BITS):
                    q = subject.evaluator.exact(P, w, now, bits=BITS)
                return None if any(numbers.is_special(x) for x in q) else q
            except Undecided:
                continue
            except Exception:  # no rule, or one that does not reach so far: then the real runs speak alone
                return None
        return None

    @property
    def _call(self) -> Callable[..., np.ndarray]:
        """The user's own function, whatever it was translated to."""
        evaluator = self.subject.evaluator
        return evaluator.really if isinstance(evaluator.operator.fn, Translated) else evaluator.batch

    def run(self, size: Size, heat: str) -> np.ndarray:
        """The values of a real run at the points of a size that floats can tell apart, (B, C)."""
        key = (size, heat)
        if key not in self._runs:
            several = self.ordinary(size)
            P, w, T = wide.doubles(several)
            Ts = np.array([[float(t) for t in at.Ts] for at in several])
            given = (
                None if not self.subject.operator.takes_temperature else {ONE: T, EACH: Ts}.get(heat, np.ones(len(P)))
            )
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._runs[key] = self._call(P, w, given)
            except Misbehaviour as e:
                raise Failed(f"the operator misbehaves at (K, C) = {size}: {e}") from None
        return self._runs[key]

    def ordinary(self, size: Size) -> list[Exact]:
        """The plain point; where the operator cannot be followed exactly, all without ties, at which rounding may decide."""
        every = self.points(size)
        return [at for at in every if (at.plain if self.subject.evaluator.exactly else not at.tied)]

    def called(self, size: Size, heat: str) -> np.ndarray | None:
        """The user's function as it stands, called on NumPy arrays at the plain point, (1, C); None where it takes none."""
        key = (size, heat)
        if key not in self._called:
            several = [at for at in self.points(size) if at.plain]
            P, w, T = wide.doubles(several)
            takes = self.subject.operator.takes_temperature
            given: Any = {ONE: float(T[0]), EACH: np.array([float(t) for t in several[0].Ts])}.get(heat, 1.0)
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    q = self.subject.evaluator.plain(P[0], w[0], given if takes else None)
                self._called[key] = np.asarray(q, dtype=float).reshape(1, size[1])
            except Exception:  # code for JAX arrays need not take NumPy's
                self._called[key] = None
        return self._called[key]


def heated(claim: Claim) -> str:
    """The temperatures that a formula has in it: none, ONE or EACH."""
    return EACH if claim.more.get("each") else ONE if claim.more.get("T") else ""


def _temperatures(at: Exact, heat: str) -> Any:
    """What an operator that takes a temperature gets."""
    if heat == EACH:
        return object_array(at.Ts)
    return numbers.rational(at.T) if heat == ONE else numbers.ONE


def wide_values(subject: Subject) -> Values:
    """The one collection of an operator."""
    return subject.keep("wide values", lambda: Values(subject))


def sizes(subject: Subject, scope: Scope) -> list[Size]:
    """The sizes of a scope that are looked at."""
    operator = subject.operator
    return wide.sizes(operator.supports, scope, (operator.K, operator.C))


# --- traces ----------------------------------------------------------------------------------------------------------------


def same_traces(subject: Subject, scope: Scope, heat: str = "") -> str:
    """The layer that is left: none where the traces at all sizes looked at are the same but for the sizes in them. Raises
    Failed where they are not, and where it is not sure that sizes beyond those make no difference."""
    everywhere.check(subject, scope, heat == EACH)
    if subject.evaluator.mode != "jax":
        return "no trace of NumPy code at the sizes looked at"
    if isinstance(scope, AtSizes):
        return ""
    takes = subject.operator.takes_temperature
    first: dict[int | None, tuple[Size, object]] = {}
    for size in sizes(subject, scope):
        try:
            seen = signature(subject.evaluator.jaxpr(*size, takes, each=heat == EACH))
        except Exception as e:
            raise Failed(f"the operator cannot be traced at (K, C) = {size}: {type(e).__name__}: {e}") from None
        group = None if not isinstance(scope, ForEvery) else size[0] if scope.axis == "K" else size[1]
        before, trace = first.setdefault(group, (size, seen))
        if trace != seen:
            raise Failed(
                f"the operator does one thing at (K, C) = {before} and another at {size}: no one formula stands for both"
            )
    return ""


# --- values ----------------------------------------------------------------------------------------------------------------


def check(where: Scene, claim: Claim, scope: Scope) -> None:
    """The formula of a form claim is the operator at every size looked at. Raises Failed, naming the size."""
    subject = where.subject
    (q,) = claim.terms
    heat = heated(claim)
    key = (q, claim.domain, heat, str(scope))
    done: dict[tuple, tuple[str, ...]] = subject.keep("translated", dict)
    if key in done:
        for layer in done[key]:
            where.trust(layer)
        return
    layers = [layer for layer in (same_traces(subject, scope, heat),) if layer]
    looked = sizes(subject, scope)
    exactly, run = 0, 0
    try:
        for size in looked:
            exactly += _at(where, claim, q, size, heat)
        wanted = wide.RUN if subject.evaluator.exactly else (*wide.RUN, *wide.RUN_ALONE)
        for size in [size for size in wanted if size in looked] or looked[:3]:
            run += _run(where, claim, q, size, heat)
        if not exactly and not run:
            raise Failed("its formula could be held against the operator at no size")
        layers.append(
            f"formula held against the operator at {exactly} sizes, and a real run at {run}, of {len(looked)}"
        )
    except Unknown as e:
        layers.append(f"rule table (the formula has {e} in it, which cannot be evaluated)")
    done[key] = tuple(layers)
    for layer in layers:
        where.trust(layer)


def within(where: Scene, domain: tuple[str, str], size: Size) -> list[Exact]:
    """The points of a size that a claim speaks of."""
    every = wide_values(where.subject).points(size)
    return [at for at in every if (at.inside or domain[0] != "positive") and (at.whole or domain[1] != "positive")]


def _formula(claim: Claim, q: Node, several: Sequence[Exact]) -> tuple[np.ndarray, Points] | None:
    at = wide.floats(several)
    if not heated(claim):
        at.T = np.ones_like(at.T)
    try:
        return arrays.classes(q, class_index(q), at), at
    except TooLarge:
        return None


def _at(where: Scene, claim: Claim, q: Node, size: Size, heat: str) -> bool:
    """Whether the values could be compared at a size."""
    several = within(where, claim.domain, size)
    found = _formula(claim, q, several)
    if found is None:
        return False
    mine, looked = found[0], 0
    compared = False
    for at, row in zip(several, mine, strict=True):
        theirs = wide_values(where.subject).exact(at, heat)
        if theirs is None:
            continue
        compared = True
        floats = np.array([numbers.to_float(x) for x in theirs])
        with np.errstate(all="ignore"):
            apart = np.abs(row - floats) > CLOSE * np.maximum(np.abs(row), np.abs(floats)) + 1e-290
        for c in np.flatnonzero(apart | ~np.isfinite(row)):
            if looked < LOOKED_AGAIN:
                looked += 1
                _exactly(q, at, int(c), theirs[c], size, heat)
    return compared


def _exactly(q: Node, at: Exact, c: int, theirs: numbers.Number, size: Size, heat: str) -> None:
    """One value again, in exact numbers. Raises Failed where the two differ."""
    point = Point(*at.exact, numbers.rational(at.T if heat else 1), object_array(at.Ts))
    i = class_index(q)
    try:
        with numbers.precision(BITS):
            x = value(q, point, {} if i is None else {i: c})
            if numbers.is_special(x) or not (agrees(x, theirs) in (True, None) or nearly(x, theirs, tolerances.EXACT)):
                raise Failed(
                    f"claim form: at (K, C) = {size} the term gives class {c} the value {short(x)}, the operator {short(theirs)}"
                )
    except Undecided:
        return


def short(x: numbers.Number) -> str:
    """A number as a message shows it."""
    told = numbers.text(x)
    return told if len(told) < 40 else f"{numbers.to_float(x):.12g}"


def _run(where: Scene, claim: Claim, q: Node, size: Size, heat: str) -> bool:
    """A real run at ordinary points: what is compiled, and what comes of NumPy arrays, must be the formula too."""
    several = wide_values(where.subject).ordinary(size)
    found = _formula(claim, q, several)
    if found is None or found[1].extreme:
        return False
    mine = found[0].astype(float)
    subject = where.subject
    close = max(RUN_CLOSE, 256 * subject.coarseness)
    runs = [("compiled", wide_values(subject).run(size, heat))]
    if size in TWICE and (plain := wide_values(subject).called(size, heat)) is not None:
        runs.append(("called with NumPy arrays", plain))
    for how, floats in runs:
        mine = mine[: len(floats)]
        scale = np.maximum(np.abs(mine), np.abs(floats))
        with np.errstate(all="ignore"):
            wrong = np.isfinite(floats) & ~(np.abs(mine - floats) <= close * scale + close * mine.max() * 1e-3)
        if wrong.any():
            n, c = (int(x[0]) for x in np.nonzero(wrong))
            raise Failed(
                f"claim form: at (K, C) = {size} the term gives class {c} the value {mine[n, c]:.12g}, the operator, "
                f"{how}, {floats[n, c]:.12g}"
            )
    return True
