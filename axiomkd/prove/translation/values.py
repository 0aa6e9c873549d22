"""A term's value at a batch of points, in NumPy: every index that occurs is an axis, a binder reduces its own.

It means by each operation what `jaxpr.terms` says, infinities and NaN included, and shares no code with what makes or changes
terms. It knows no jaxpr: what an opaque term stands for is told by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.core.late import late
from axiomkd.tracing.batched.machine import denoted
from axiomkd.tracing.terms import Term

if TYPE_CHECKING:
    import scipy.special as sp
else:
    sp = late("scipy.special")

LARGEST = 1_200_000  # entries of an intermediate array: C² at 1,025 classes, at one point


class NoValue(Exception):
    """A term that has none here: an operation that is not known, or an opaque part of which nothing is known."""


class TooLarge(Exception):
    """An intermediate array would be too large."""


@dataclass(frozen=True)
class Laid:
    """Values at all points: the first axis is the points (or 1, where they agree), then one for each of `over`."""

    x: np.ndarray
    over: tuple[Term, ...] = ()


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "erf": lambda x: sp.erf(x),
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
}
ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    "div": np.divide,
    "exp": np.exp,
    "log": np.log,
    "logp": lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0.0),
    "wherepos": lambda x: np.where(x > 0, x, 1.0),
    "abs": np.abs,
    "sign": np.sign,
    "cbrt": np.cbrt,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "powr": np.power,
    "floordiv": np.floor_divide,
    "finite": np.isfinite,
    "not": np.logical_not,
    "ge": np.greater_equal,
    "gt": np.greater,
    "eq": np.equal,
    "ind": lambda c: c.astype(float),
}
FOLDED: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "and": np.logical_and,
}
REDUCED: Mapping[str, Callable[..., Any]] = {
    "sum": np.sum,
    "prod": np.prod,
    "amax": np.max,
    "amin": np.min,
    "argmax": np.argmax,
    "argmin": np.argmin,
}


@dataclass
class Values:
    """Terms at the points P (B, K, C), w (B, K), T (B,), or (B, K) where each teacher has one. `params` are
    captured arrays by name; `opaque` gives an array (B, …)
    with one axis for each argument of an opaque term, or raises NoValue; `whole` gives the term that one stands for, if any.
    """

    P: np.ndarray
    w: np.ndarray
    T: np.ndarray
    params: Mapping[str, np.ndarray] = field(default_factory=dict)
    opaque: Callable[[Term], np.ndarray] | None = None
    whole: Callable[[Term], Term | None] = lambda _t: None
    largest: int = LARGEST
    _known: dict[Term, Laid] = field(default_factory=dict)

    def entries(self, term: Term, at: Term) -> np.ndarray:
        """The term (B, n) at every value of a free index. Raises NoValue, TooLarge."""
        with np.errstate(all="ignore"):
            found = self.laid(term)
            if set(found.over) - {at}:
                raise NoValue("an index that ranges over nothing")
            x = found.x if found.over else found.x[:, None]
            return np.broadcast_to(x, (len(self.P), self.length(at))).astype(float)

    def everywhere(self, condition: Term) -> np.ndarray:
        """Where (B,) a condition holds, at all values of its free indices."""
        with np.errstate(all="ignore"):
            x = self.laid(condition).x
            return np.broadcast_to(x.reshape(len(x), -1).all(axis=1), (len(self.P),))

    def length(self, index: Term) -> int:
        """How many values an index has."""
        found = self.laid(index.args[0])
        if found.over or len(found.x) != 1 or not np.isfinite(found.x[0]):
            raise NoValue("a length that is no number")
        return int(round(float(found.x[0])))

    def laid(self, t: Term) -> Laid:
        """The value of a term, worked out once: a bound variable ranges over its axis wherever it occurs."""
        if t not in self._known:
            self._known[t] = self._value(t)
        return self._known[t]

    # --- axes ------------------------------------------------------------------------------------------------------------

    def _joined(self, *parts: Laid) -> tuple[tuple[Term, ...], list[np.ndarray]]:
        """Arrays with the same axes in the same order, of length 1 where a value does not depend on one."""
        over = max((p.over for p in parts), key=len)
        if any(not set(p.over) <= set(over) for p in parts):
            over = tuple(sorted({v for p in parts for v in p.over}, key=lambda v: v.key))
        if any(p.over != over for p in parts):
            if len({v for p in parts for v in p.over}) > 1:
                self._room(over, max(len(p.x) for p in parts))
        elif parts:
            self._room(over, max(len(p.x) for p in parts))
        return over, [self._spread(p, over) for p in parts]

    def _room(self, over: tuple[Term, ...], points: int) -> None:
        size = points
        for v in over:
            size *= self.length(v)
        if size > self.largest:
            raise TooLarge

    @staticmethod
    def _spread(p: Laid, over: tuple[Term, ...]) -> np.ndarray:
        if p.over == over:
            return p.x
        order = [v for v in over if v in p.over]
        x = p.x.transpose(0, *(p.over.index(v) + 1 for v in order)) if order else p.x
        sizes = dict(zip(order, x.shape[1:], strict=True))
        return x.reshape(len(x), *(sizes.get(v, 1) for v in over))

    # --- operations ------------------------------------------------------------------------------------------------------

    def _value(self, t: Term) -> Laid:
        op = t.op
        if op in FOLDED:
            over, xs = self._joined(*map(self.laid, t.args))
            return Laid(np.asarray(reduce(FOLDED[op], xs)), over)
        if op in REDUCED:
            return self._reduced(t)
        if op in ELEMENTWISE:
            over, xs = self._joined(*map(self.laid, t.args))
            return Laid(np.asarray(ELEMENTWISE[op](*xs)), over)
        match op:
            case "num":
                return Laid(np.array([_float(t.data)]))
            case "inf":
                return Laid(np.array([np.inf * t.data]))
            case "nan":
                return Laid(np.array([np.nan]))
            case "true" | "false":
                return Laid(np.array([op == "true"]))
            case "size":
                return Laid(np.array([float(self.P.shape[1 if t.data == "K" else 2])]))
            case "T" if t.args:
                return self._at(self.T, t.args)
            case "T":
                return Laid(self.T)
            case "index" | "bound":
                return Laid(np.arange(self.length(t), dtype=float)[None], (t,))
            case "P":
                return self._at(self.P, t.args)
            case "w":
                return self._at(self.w, t.args)
            case "param":
                return self._parameter(t)
            case "pow":
                base = self.laid(t.args[0])
                return Laid(_power(base.x, t.data), base.over)
            case "fn" if t.data in FUNCTIONS:
                inner = self.laid(t.args[0])
                return Laid(np.asarray(FUNCTIONS[t.data](inner.x)), inner.over)
            case "where":
                over, (c, yes, no) = self._joined(*map(self.laid, t.args))
                return Laid(np.where(c, yes, no), over)
            case "sorted":
                return self._placed(t, self._along(t, lambda x, axis: np.sort(x, axis=axis)))
            case "softmax":
                return self._placed(t, self._along(t, _softmax))
            case "opaque":
                return self._opaque(t)
            case _:
                raise NoValue(f"no value of `{op}`")

    def _along(self, t: Term, change: Callable[[np.ndarray, int], np.ndarray]) -> tuple[np.ndarray, tuple[Term, ...]]:
        """A binder's body changed along its variable, whose axis is the last one."""
        variable, body = t.args[0], self.laid(t.args[1])
        over = tuple(v for v in body.over if v is not variable)
        x = self._spread(body, (*over, variable))
        if variable not in body.over:
            x = np.broadcast_to(x, (*x.shape[:-1], self.length(variable)))
        return change(x, x.ndim - 1), over

    def _reduced(self, t: Term) -> Laid:
        variable, body = t.args[0], self.laid(t.args[1])
        n = self.length(variable)
        if variable in body.over:
            axis = body.over.index(variable) + 1
            if not n and t.op not in ("sum", "prod"):
                raise NoValue("an extreme of nothing")
            found = np.asarray(REDUCED[t.op](body.x, axis=axis))
            return Laid(found.astype(float), tuple(v for v in body.over if v is not variable))
        match t.op:
            case "sum":
                return Laid(body.x * float(n), body.over)
            case "prod":
                return Laid(np.power(body.x, float(n)), body.over)
            case "amax" | "amin":
                return body
            case _:
                return Laid(np.where(np.isnan(body.x), 0.0, 0.0), body.over)

    def _placed(self, t: Term, along: tuple[np.ndarray, tuple[Term, ...]]) -> Laid:
        """The entries of a row at a place that may depend on anything."""
        x, over = along
        place = self.laid(t.args[2])
        joint = tuple(sorted({*over, *place.over}, key=lambda v: v.key))
        self._room(joint, max(len(x), len(place.x)))
        row = self._spread(Laid(x.reshape(*x.shape[:-1], x.shape[-1]), (*over, t.args[0])), (*joint, t.args[0]))
        at, there = _places(self._spread(place, joint), x.shape[-1])
        row, at = _level(row, at[..., None])
        out = np.take_along_axis(row, at, axis=-1)[..., 0]
        return Laid(np.where(there, out, np.nan), joint)

    def _at(self, x: np.ndarray, places: tuple[Term, ...]) -> Laid:
        """The entries of an array (B, …) at index terms; NaN out of range."""
        if len(set(places)) == len(places) and all(
            p.op in ("index", "bound") and self.length(p) == n for p, n in zip(places, x.shape[1:], strict=True)
        ):
            return Laid(x, places)
        over, at = self._joined(*map(self.laid, places))
        inside = np.array(True)
        index: list[np.ndarray] = []
        for p, n in zip(at, x.shape[1:], strict=True):
            place, there = _places(p, n)
            inside = inside & there
            index.append(place)
        rows = np.arange(len(x)).reshape(len(x), *[1] * len(over))
        out = x[(rows, *index)]
        self._room(over, len(out))
        return Laid(np.where(inside, out, np.nan) if not inside.all() else out, over)

    def _parameter(self, t: Term) -> Laid:
        value = self.params.get(t.data[0])
        if value is None:
            raise NoValue("a captured array that is not known")
        return self._at(denoted(value)[None].astype(float), t.args)

    def _opaque(self, t: Term) -> Laid:
        whole = self.whole(t)
        if whole is not None:
            found = self.laid(whole)
            free = sorted(whole.free, key=lambda v: v.key)
            x = self._spread(found, tuple(free)) if free else found.x
            x = np.broadcast_to(x, (len(x), *map(self.length, free)))
            return self._at(x.astype(float), t.args) if free else Laid(x.astype(float))
        if self.opaque is None:
            raise NoValue(f"`{t.data[2]}` stands for anything")
        x = self.opaque(t)
        return self._at(x, t.args) if t.args else Laid(x)


def _float(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def _power(x: np.ndarray, e: Fraction) -> np.ndarray:
    if e == Fraction(1, 2):
        return np.sqrt(x)
    return np.power(x, float(e)) if e >= 0 else 1 / np.power(x, -float(e))


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    raised = np.exp(x - x.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def _places(x: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Index values as whole numbers inside 0 … n − 1, and where they were so."""
    there = (x >= 0) & (x <= n - 1)
    return np.where(there, x, 0).astype(np.int64), there


def _level(x: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays with all axes but the last of the same lengths."""
    shape = np.broadcast_shapes(x.shape[:-1], at.shape[:-1])
    return np.broadcast_to(x, (*shape, x.shape[-1])), np.broadcast_to(at, (*shape, at.shape[-1]))
