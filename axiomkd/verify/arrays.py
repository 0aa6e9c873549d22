"""The value of a certificate's term at many points and for all classes at once, in extended floats.

Written from the description of the language alone, as `values` is, which decides wherever this file finds a difference. It
knows no claim and no operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from axiomkd.verify.line import Failed
from axiomkd.verify.terms import BINDERS, Node
from axiomkd.verify.values import Unknown

FLOAT = np.longdouble
MOST = 4_000_000  # numbers in one array
SMALL, LARGE = (
    FLOAT("1e-280"),
    FLOAT("1e280"),
)  # beyond these a computation in float64 may break where the value does not


class TooLarge(Exception):
    """An array with more numbers than are looked at."""


@dataclass(frozen=True)
class Array:
    """`x` (B, n₁, n₂, …): an axis for the points, then one for each variable in `over`."""

    x: np.ndarray
    over: tuple[Node, ...] = ()


@dataclass(eq=False)
class Points:
    """P (B, K, C), w (B, K), T (B,), and Ts (B, K), a temperature for each teacher. `extreme`
    says whether a number beyond the range of float64 was met on the way."""

    P: np.ndarray
    w: np.ndarray
    T: np.ndarray
    Ts: np.ndarray
    extreme: bool = False
    memo: dict[Node, Array] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        return self.P.shape[1], self.P.shape[2]


def value(n: Node, at: Points) -> Array:
    """The values of a term, or the truth values of a condition, for every value of its free variables. Raises Unknown,
    TooLarge."""
    if n not in at.memo:
        with np.errstate(all="ignore"):
            found = _value(n, at)
        if prod(found.x.shape) > MOST:
            raise TooLarge(str(found.x.shape))
        at.memo[n] = found
        _note(at, found.x)
    return at.memo[n]


def _note(at: Points, x: np.ndarray) -> None:
    if x.dtype != bool:
        size = np.abs(x[np.isfinite(x) & (x != 0)])
        at.extreme |= bool(np.isinf(x).any() or (size.size and (size.min() < SMALL or size.max() > LARGE)))


def classes(n: Node, i: Node | None, at: Points) -> np.ndarray:
    """(B, C): a term of at most the class index, at every class."""
    found = value(n, at)
    if any(v is not i for v in found.over):
        raise Failed("a term of the certificate depends on something else than its class")
    x = found.x if found.over else found.x[:, None]
    return np.broadcast_to(x, (len(at.P), at.size[1]))


def aligned(several: Sequence[Array]) -> tuple[list[np.ndarray], tuple[Node, ...]]:
    """The arrays with the same axes, those that one lacks of length 1."""
    over = tuple(dict.fromkeys(v for one in several for v in one.over))
    if (
        prod(max((one.x.shape[1 + one.over.index(v)] for one in several if v in one.over), default=1) for v in over)
        > MOST
    ):
        raise TooLarge(str(len(over)))
    return [_spread(one, over) for one in several], over


def _spread(one: Array, over: tuple[Node, ...]) -> np.ndarray:
    order = [one.over.index(v) for v in over if v in one.over]
    x = one.x.transpose(0, *(1 + n for n in order))
    lengths = iter(x.shape[1:])
    return x.reshape(len(x), *(next(lengths) if v in one.over else 1 for v in over))


def length(n: Node, at: Points) -> int:
    """The length of the axis of an index."""
    found = value(n.args[0], at).x
    if found.size != len(at.P) or not (found == np.rint(found.flat[0])).all():
        raise Failed("the length of an index of a certificate's term is no whole number")
    return int(found.flat[0])


def _value(n: Node, at: Points) -> Array:
    if n.op in ("index", "bound"):
        return Array(np.arange(length(n, at), dtype=FLOAT)[None, :], (n,))
    if n.op in BINDERS:
        return _bound(n, at)
    if n.op in LEAVES and not n.args:
        return Array(np.broadcast_to(np.asarray(LEAVES[n.op](n, at)), (len(at.P),)))
    if n.op not in OPERATIONS:
        raise Unknown(f"{n.op} {n.data or ''}".strip())
    if n.op in ("P", "w", "T"):
        return _entry(n, at)
    parts, over = aligned([value(a, at) for a in n.args])
    return Array(OPERATIONS[n.op](n, *parts), over)


def _entry(n: Node, at: Points) -> Array:
    """P, w or Ts at places; NaN where a place lies outside."""
    places, over = aligned([value(a, at) for a in n.args])
    source = {"P": at.P, "w": at.w, "T": at.Ts}[n.op]
    lengths = source.shape[1:]
    inside = [(p >= 0) & (p < m) for p, m in zip(places, lengths, strict=True)]
    whole = [np.where(ok, p, 0).astype(int) for p, ok in zip(places, inside, strict=True)]
    batch = np.arange(len(at.P)).reshape(-1, *(1 for _ in over))
    ok = inside[0] if len(inside) == 1 else inside[0] & inside[1]
    found = source[(batch, *whole)]
    return Array(np.where(ok, found, FLOAT("nan")), over)


def _bound(n: Node, at: Points) -> Array:
    bound, body = n.args[0], value(n.args[1], at)
    x, over = _along(body, bound, length(bound, at))
    match n.op:
        case "sum":
            return Array(x.sum(-1), over)
        case "prod":
            return Array(x.prod(-1), over)
        case _ if not x.shape[-1]:
            raise Unknown(f"{n.op} over nothing")
        case "amax" | "amin":
            return Array(x.max(-1) if n.op == "amax" else x.min(-1), over)
        case "argmax" | "argmin":
            return Array((x.argmax(-1) if n.op == "argmax" else x.argmin(-1)).astype(FLOAT), over)
    (row, place), both = aligned([Array(np.sort(x, -1)[..., 0], over), value(n.args[2], at)])
    ordered = np.sort(x, -1)
    spread = _spread(Array(np.moveaxis(ordered, -1, 1), (bound, *over)), (bound, *both))
    wanted = np.broadcast_to(place, np.broadcast_shapes(row.shape, place.shape)).astype(int)
    whole = np.broadcast_to(spread, (wanted.shape[0], spread.shape[1], *wanted.shape[1:]))
    return Array(np.take_along_axis(whole, wanted[:, None], axis=1)[:, 0], both)


def _along(body: Array, bound: Node, many: int) -> tuple[np.ndarray, tuple[Node, ...]]:
    """The body with the bound variable's axis last, and the other variables."""
    over = tuple(v for v in body.over if v is not bound)
    x = body.x
    if bound in body.over:
        return np.moveaxis(x, 1 + body.over.index(bound), -1), over
    return np.broadcast_to(x[..., None], (*x.shape, many)), over


def _folded(function: Callable[..., Any]) -> Callable[..., Any]:
    def fold(_n: Node, *parts: np.ndarray) -> np.ndarray:
        total = parts[0]
        for part in parts[1:]:
            total = function(total, part)
        return total

    return fold


def _power(n: Node, x: np.ndarray) -> np.ndarray:
    e = n.data
    if e.denominator == 1:
        return x ** FLOAT(int(e))
    return x ** (FLOAT(e.numerator) / FLOAT(e.denominator))


def _named(n: Node, x: np.ndarray) -> np.ndarray:
    function = FUNCTIONS.get(n.data)
    if function is None:
        raise Unknown(f"the function {n.data}")
    return function(x)


FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "truncate": np.trunc,
    "round_even": np.rint,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp2": np.exp2,
    "log2": np.log2,
    "log10": np.log10,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "atan": np.arctan,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sign": np.sign,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
}
LEAVES: dict[str, Callable[[Node, Points], Any]] = {
    "num": lambda n, _at: FLOAT(n.data.numerator) / FLOAT(n.data.denominator),
    "size": lambda n, at: FLOAT(at.size[0 if n.data == "K" else 1]),
    "T": lambda _n, at: at.T,
    "nan": lambda _n, _at: FLOAT("nan"),
    "inf": lambda n, _at: FLOAT("inf") if n.data > 0 else -FLOAT("inf"),
    "true": lambda _n, _at: True,
    "false": lambda _n, _at: False,
}
OPERATIONS: dict[str, Callable[..., np.ndarray]] = {
    "P": lambda _n, *places: places[0],
    "w": lambda _n, *places: places[0],
    "T": lambda _n, *places: places[0],
    "add": _folded(np.add),
    "mul": _folded(np.multiply),
    "max": _folded(np.maximum),
    "min": _folded(np.minimum),
    "and": _folded(np.logical_and),
    "not": lambda _n, x: ~x,
    "ge": lambda _n, x, y: x >= y,
    "gt": lambda _n, x, y: x > y,
    "eq": lambda _n, x, y: x == y,
    "div": lambda _n, x, y: x / y,
    "pow": _power,
    "powr": lambda _n, x, y: x**y,
    "exp": lambda _n, x: np.exp(x),
    "log": lambda _n, x: np.log(x),
    "logp": lambda _n, x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), FLOAT(0)),
    "wherepos": lambda _n, x: np.where(x > 0, x, FLOAT(1)),
    "abs": lambda _n, x: np.abs(x),
    "cbrt": lambda _n, x: np.cbrt(x),
    "floordiv": lambda _n, x, y: np.floor(x / y),
    "ind": lambda _n, c: np.where(c, FLOAT(1), FLOAT(0)),
    "where": lambda _n, c, x, y: np.where(c, x, y),
    "fn": _named,
}
