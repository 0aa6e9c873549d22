"""Random operators, what the prover proves of them, and a search for counterexamples to each proof.

`made(seed)` draws an operator from a small grammar that leans to pools, means, selections and gates; `edited(seed)` changes
a zoo operator's source at one or two places. `refutations` looks for cases that refute a proof, confirmed exactly.
"""

from __future__ import annotations

import ast
import inspect
import random
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd import axioms
from axiomkd.checking.proofs import covers
from axiomkd.claims.confirm import Confirmed, confirm
from axiomkd.claims.margins import measure
from axiomkd.core.case import exact
from axiomkd.core.operator import Operator, describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.search import growth, jump, limit, one_temperature, strategies
from axiomkd.search.draw import draw
from axiomkd.tracing.numbers import Undecided
from axiomkd.zoo import ENTRIES

Node = tuple
"""(operation, arguments…); the shape of a value is the table that the operation is drawn from: KC, K, C or S."""

# --- what the operations mean: on one panel with JAX, on a batch of panels with NumPy ---------------------------------------


def _xlogx(xp, x):
    return xp.where(x > 0, x * xp.log(xp.where(x > 0, x, 1.0)), 0.0)


ELEMENTWISE: dict[str, Callable] = {
    "exp": lambda xp, x: xp.exp(x),
    "log": lambda xp, x: xp.log(x),
    "sqrt": lambda xp, x: xp.sqrt(x),
    "square": lambda xp, x: x * x,
    "cube": lambda xp, x: x**3,
    "three halves": lambda xp, x: x**1.5,
    "inverse": lambda xp, x: 1 / x,
    "inverse square": lambda xp, x: 1 / x**2,
    "less 1": lambda xp, x: x - 1,
    "of 1": lambda xp, x: 1 - x,
    "minus": lambda xp, x: -x,
    "abs": lambda xp, x: xp.abs(x),
    "clip": lambda xp, x: xp.clip(x, 0.1, 0.6),
    "floor": lambda xp, x: xp.maximum(x, 1e-6),
    "relu": lambda xp, x: xp.maximum(x - 0.25, 0.0),
    "more": lambda xp, x: x + 0.1,
    "tanh": lambda xp, x: xp.tanh(x),
    "xlogx": _xlogx,
    "gate": lambda xp, x: xp.where(x > 0.3, x, 0.0),
    "step": lambda xp, x: xp.where(x >= 0.5, 1.0, 0.0),
    "safe log": lambda xp, x: xp.where(x > 0, xp.log(xp.where(x > 0, x, 1.0)), 0.0),
    "safe inverse": lambda xp, x: xp.where(x > 0, 1 / xp.where(x > 0, x, 1.0), 0.0),
    "double": lambda xp, x: 2 * x,
    "five": lambda xp, x: 5 * x,
    "third": lambda xp, x: x / 3,
    "logit": lambda xp, x: xp.log(x) - xp.log(1 - x),
    "sign": lambda xp, x: xp.sign(x),
    "no nan": lambda xp, x: xp.where(xp.isnan(x), 0.0, x),
    "finite": lambda xp, x: xp.where(xp.isfinite(x), x, 0.0),
}
BINARY: dict[str, Callable] = {
    "+": lambda xp, x, y: x + y,
    "-": lambda xp, x, y: x - y,
    "*": lambda xp, x, y: x * y,
    "/": lambda xp, x, y: x / y,
    "max": lambda xp, x, y: xp.maximum(x, y),
    "min": lambda xp, x, y: xp.minimum(x, y),
    "halves": lambda xp, x, y: 0.5 * x + 0.5 * y,
    "thirds": lambda xp, x, y: x / 3 + 2 * y / 3,
    "greater": lambda xp, x, y: xp.where(x > y, x, 0.5 * y),
    "where 0": lambda xp, x, y: xp.where(y == 0, 0.25, x / xp.where(y == 0, 1.0, y)),
    "power": lambda xp, x, y: xp.power(x, y),
}


def _one_hot(xp, x, axis=-1):
    at = xp.argmax(x, axis=axis)
    n = xp.arange(x.shape[axis])
    return xp.where(n == at[..., None], 1.0, 0.0) if axis == -1 else xp.where(n[:, None] == at[..., None, :], 1.0, 0.0)


def _dot(xp, v, M):
    return v @ M if xp is jnp else np.einsum("...k,...kc->...c", v, M)


def _soft(xp, x):
    raised = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return raised / xp.sum(raised, axis=-1, keepdims=True)


def _unit(xp, x):
    return x / xp.sum(x, axis=-1, keepdims=True)


def _pick(xp, M, at):
    return M[at] if xp is jnp else np.take_along_axis(M, at[..., None, None], -2)[..., 0, :]


def _mean(xp, x, axis):
    return xp.sum(x, axis=axis) / x.shape[axis]


# Operations by the shape of their value; the letters are the shapes of their arguments.
TYPED: dict[str, dict[str, tuple[tuple[str, ...], Callable]]] = {
    "KC": {
        "P": ((), lambda xp, P, w: P),
        "rows": (("KC",), _unit),
        "columns": (("KC",), lambda xp, M: M / xp.sum(M, axis=-2, keepdims=True)),
        "soft rows": (("KC",), _soft),
        "row votes": (("KC",), _one_hot),
        "column votes": (("KC",), lambda xp, M: _one_hot(xp, M, -2)),
        "sorted teachers": (("KC",), lambda xp, M: xp.sort(M, axis=-2)),
        "sorted classes": (("KC",), lambda xp, M: xp.sort(M, axis=-1)),
        "scaled": (("K", "KC"), lambda xp, v, M: v[..., None] * M),
        "shifted": (("K", "KC"), lambda xp, v, M: M - v[..., None]),
        "powers": (("KC", "K"), lambda xp, M, v: xp.power(M, v[..., None])),
        "by class": (("KC", "C"), lambda xp, M, q: M * q[..., None, :]),
        "over class": (("KC", "C"), lambda xp, M, q: M / q[..., None, :]),
        "off class": (("KC", "C"), lambda xp, M, q: M - q[..., None, :]),
        "cumulated": (("KC",), lambda xp, M: xp.cumsum(M, axis=-1)),
    },
    "K": {
        "w": ((), lambda xp, P, w: w),
        "equal": ((), lambda xp, P, w: xp.ones_like(w) / w.shape[-1]),
        "unit": (("K",), _unit),
        "softmax": (("K",), _soft),
        "largest": (("K",), _one_hot),
        "row sum": (("KC",), lambda xp, M: xp.sum(M, axis=-1)),
        "row max": (("KC",), lambda xp, M: xp.max(M, axis=-1)),
        "row min": (("KC",), lambda xp, M: xp.min(M, axis=-1)),
        "row mean": (("KC",), lambda xp, M: _mean(xp, M, -1)),
        "row prod": (("KC",), lambda xp, M: xp.prod(M, axis=-1)),
        "certainty": (("KC",), lambda xp, M: xp.sum(_xlogx(xp, M), axis=-1)),
        "first class": (("KC",), lambda xp, M: M[..., 0]),
        "margin": (("KC",), lambda xp, M: xp.max(M, axis=-1) - xp.min(M, axis=-1)),
        "cumulated": (("K",), lambda xp, v: xp.cumsum(v, axis=-1)),
        "sorted": (("K",), lambda xp, v: xp.sort(v, axis=-1)),
        "by number": (("S", "K"), lambda xp, s, v: v * s[..., None]),
        "over number": (("K", "S"), lambda xp, v, s: v / s[..., None]),
        "to class": (("KC", "C"), lambda xp, M, q: xp.sum(M * q[..., None, :], axis=-1)),
        "distance": (("KC", "C"), lambda xp, M, q: xp.sum(xp.abs(M - q[..., None, :]), axis=-1)),
    },
    "C": {
        "pool": (("K", "KC"), _dot),
        "sum": (("KC",), lambda xp, M: xp.sum(M, axis=-2)),
        "mean": (("KC",), lambda xp, M: _mean(xp, M, -2)),
        "max": (("KC",), lambda xp, M: xp.max(M, axis=-2)),
        "min": (("KC",), lambda xp, M: xp.min(M, axis=-2)),
        "prod": (("KC",), lambda xp, M: xp.prod(M, axis=-2)),
        "unit": (("C",), _unit),
        "softmax": (("C",), _soft),
        "chosen": (("KC", "K"), lambda xp, M, v: _pick(xp, M, xp.argmax(v, axis=-1))),
        "least": (("KC", "K"), lambda xp, M, v: _pick(xp, M, xp.argmin(v, axis=-1))),
        "first": (("KC",), lambda xp, M: M[..., 0, :]),
        "last": (("KC",), lambda xp, M: M[..., -1, :]),
        "winner": (("C",), _one_hot),
        "flat": ((), lambda xp, P, w: xp.ones_like(P[..., 0, :]) / P.shape[-1]),
        "rest": (("KC",), lambda xp, M: xp.sum(M[..., 1:, :], axis=-2)),
        "spread": (("KC",), lambda xp, M: xp.max(M, axis=-2) - xp.min(M, axis=-2)),
        "by number": (("S", "C"), lambda xp, s, q: q * s[..., None]),
        "over number": (("C", "S"), lambda xp, q, s: q / s[..., None]),
        "plus number": (("C", "S"), lambda xp, q, s: q + s[..., None]),
        "gated": (("S", "S", "C", "C"), lambda xp, s, t, q, r: xp.where((s > t)[..., None], q, r)),
        "gated =": (("S", "S", "C", "C"), lambda xp, s, t, q, r: xp.where((s == t)[..., None], q, r)),
        "mixed": (("S", "C", "C"), lambda xp, s, q, r: s[..., None] * q + (1 - s)[..., None] * r),
        "sorted": (("C",), lambda xp, q: xp.sort(q, axis=-1)),
        "sorted at": (("KC", "K"), lambda xp, M, v: _pick(xp, xp.sort(M, axis=-2), xp.argmax(v, axis=-1))),
    },
    "S": {
        "half": ((), lambda xp, P, w: 0.5 + 0 * w[..., 0]),
        "tenth": ((), lambda xp, P, w: 0.1 + 0 * w[..., 0]),
        "most": (("K",), lambda xp, v: xp.max(v, axis=-1)),
        "fewest": (("K",), lambda xp, v: xp.min(v, axis=-1)),
        "all": (("K",), lambda xp, v: xp.sum(v, axis=-1)),
        "first": (("K",), lambda xp, v: v[..., 0]),
        "last": (("K",), lambda xp, v: v[..., -1]),
        "top": (("C",), lambda xp, q: xp.max(q, axis=-1)),
        "bottom": (("C",), lambda xp, q: xp.min(q, axis=-1)),
        "whole": (("C",), lambda xp, q: xp.sum(q, axis=-1)),
        "norm": (("K",), lambda xp, v: xp.sqrt(xp.sum(v * v, axis=-1))),
        "corner": (("KC",), lambda xp, M: M[..., 0, 0]),
    },
}
for _shape, _table in TYPED.items():
    _table.update({f"{name} of {_shape}": ((_shape,), f) for name, f in ELEMENTWISE.items()})
    _table.update({f"{name} with {_shape}": ((_shape, _shape), f) for name, f in BINARY.items()})

LEAVES = {"KC": ["P"], "K": ["w", "w", "equal"], "C": ["flat"], "S": ["half", "tenth"]}


def value(node: Node, shape: str, xp, P, w):
    arguments, f = TYPED[shape][node[0]]
    if not arguments:
        return f(xp, P, w)
    return f(xp, *(value(x, s, xp, P, w) for x, s in zip(node[1:], arguments, strict=True)))


# --- drawing -------------------------------------------------------------------------------------------------------------


def wild(rng: random.Random, shape: str, depth: int) -> Node:
    """Any expression of a shape."""
    names = [n for n, (arguments, _) in TYPED[shape].items() if arguments]
    if depth <= 0 or rng.random() < 0.15 and shape != "C":
        if shape == "C":
            return rng.choice([("pool", ("w",), ("P",)), ("max", ("P",)), ("mean", ("P",)), ("prod", ("P",))])
        return (rng.choice(LEAVES[shape]),)
    name = rng.choice(names)
    return (name, *(wild(rng, s, depth - 1) for s in TYPED[shape][name][0]))


def elementwise(rng: random.Random, shape: str, names: list[str], inner: Node) -> Node:
    return (f"{rng.choice(names)} of {shape}", inner)


def row_score(rng: random.Random, depth: int = 1) -> Node:
    """A number for each teacher, of its row."""
    kind = rng.choice(["certainty", "row max", "row min", "margin", "first class", "row sum", "distance", "wild"])
    if kind == "wild":
        return wild(rng, "K", 2)
    M = ("P",) if rng.random() < 0.7 else elementwise(rng, "KC", ["square", "sqrt", "of 1", "xlogx", "gate"], ("P",))
    found = ("distance", M, ("mean", ("P",))) if kind == "distance" else (kind, M)
    return found if rng.random() < 0.5 else elementwise(rng, "K", ["exp", "of 1", "square", "minus", "more"], found)


def weights(rng: random.Random) -> Node:
    """Weights of teachers, well made or nearly so."""
    base = rng.choice(
        [
            lambda: ("w",),
            lambda: elementwise(
                rng, "K", ["square", "sqrt", "cube", "inverse", "safe inverse", "of 1", "relu"], ("w",)
            ),
            lambda: ("* with K", ("w",), row_score(rng)),
            lambda: ("* with K", ("w",), ("exp of K", row_score(rng))),
            lambda: ("/ with K", ("w",), row_score(rng)),
            lambda: row_score(rng),
            lambda: ("+ with K", ("w",), ("equal",)),
            lambda: ("halves with K", ("w",), ("equal",)),
            lambda: ("five of K", ("w",)),
            lambda: ("cumulated", ("w",)),
            lambda: ("sorted", ("w",)),
            lambda: ("gate of K", ("w",)),
            lambda: ("max with K", ("w",), row_score(rng)),
            lambda: wild(rng, "K", 2),
        ]
    )()
    return rng.choice(
        [
            lambda: ("unit", base),
            lambda: ("unit", base),
            lambda: ("softmax", base),
            lambda: ("largest", base),
            lambda: base,
        ]
    )()


def matrix(rng: random.Random) -> Node:
    """The panel, mostly as it is."""
    r = rng.random()
    if r < 0.6:
        return ("P",)
    if r < 0.85:
        names = [
            "square",
            "sqrt",
            "three halves",
            "inverse",
            "log",
            "exp",
            "clip",
            "floor",
            "relu",
            "gate",
            "more",
            "xlogx",
        ]
        M = elementwise(rng, "KC", names, ("P",))
        return ("rows", M) if rng.random() < 0.5 else M
    return (
        rng.choice(["row votes", "sorted teachers", "columns", "soft rows", "column votes", "sorted classes"]),
        ("P",),
    )


def pooled(rng: random.Random) -> Node:
    """An aggregate before normalising."""
    return rng.choice(
        [
            lambda: ("pool", weights(rng), matrix(rng)),
            lambda: ("pool", weights(rng), matrix(rng)),
            lambda: ("pool", weights(rng), ("P",)),
            lambda: (rng.choice(["mean", "sum", "max", "min", "prod", "first", "rest", "spread"]), matrix(rng)),
            lambda: (rng.choice(["max", "min", "prod"]), ("scaled", weights(rng), matrix(rng))),
            lambda: generalised(rng),
            lambda: ("prod", ("powers", ("P",), weights(rng))),
            lambda: (rng.choice(["chosen", "least", "sorted at"]), matrix(rng), weights(rng)),
            lambda: ("pool", ("w",), ("row votes", matrix(rng))),
            lambda: wild(rng, "C", 3),
        ]
    )()


def generalised(rng: random.Random) -> Node:
    there, back = rng.choice(
        [
            ("square", "sqrt"),
            ("sqrt", "square"),
            ("inverse", "inverse"),
            ("log", "exp"),
            ("cube", "sqrt"),
            ("three halves", "square"),
            ("exp", "log"),
            ("inverse square", "sqrt"),
            ("square", "inverse"),
            ("logit", "exp"),
            ("log", "square"),
        ]
    )
    return (f"{back} of C", ("pool", weights(rng), (f"{there} of KC", ("P",))))


def finished(rng: random.Random, q: Node) -> Node:
    return rng.choice(
        [
            lambda: ("unit", q),
            lambda: ("unit", q),
            lambda: ("unit", q),
            lambda: q,
            lambda: q,
            lambda: (
                "unit",
                elementwise(rng, "C", ["square", "sqrt", "more", "clip", "floor", "gate", "inverse", "exp"], q),
            ),
            lambda: ("softmax", elementwise(rng, "C", ["log", "double", "five", "minus"], q)),
            lambda: ("winner", q),
            lambda: elementwise(rng, "C", ["square", "more", "of 1", "abs", "minus", "no nan", "finite"], q),
            lambda: ("halves with C", q, pooled(rng)),
            lambda: ("mixed", wild(rng, "S", 2), q, pooled(rng)),
            lambda: (rng.choice(["gated", "gated ="]), wild(rng, "S", 2), wild(rng, "S", 1), q, pooled(rng)),
            lambda: ("/ with C", q, pooled(rng)),
            lambda: ("- with C", q, pooled(rng)),
            lambda: ("where 0 with C", q, pooled(rng)),
        ]
    )()


def places(node: Node, shape: str, path=()) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, shape
    for n, s in enumerate(TYPED[shape][node[0]][0]):
        yield from places(node[n + 1], s, (*path, n + 1))


def put(node: Node, path, new: Callable[[Node], Node]) -> Node:
    if not path:
        return new(node)
    return (*node[: path[0]], put(node[path[0]], path[1:], new), *node[path[0] + 1 :])


def mutated(rng: random.Random, node: Node) -> Node:
    """One operation exchanged for another of the same arguments, left out, or put in."""
    path, shape = rng.choice(list(places(node, "C")))

    def new(old: Node) -> Node:
        arguments = TYPED[shape][old[0]][0]
        alike = [n for n, (a, _) in TYPED[shape].items() if a == arguments]
        r = rng.random()
        if r < 0.5:
            return (rng.choice(alike), *old[1:])
        if r < 0.75 and shape in arguments:
            return old[1 + arguments.index(shape)]
        return (rng.choice([n for n, (a, _) in TYPED[shape].items() if a == (shape,)]), old)

    return put(node, path, new)


def tree(seed: int) -> Node:
    """The expression of a seed."""
    rng = random.Random(seed)
    node = finished(rng, pooled(rng)) if rng.random() < 0.85 else wild(rng, "C", 4)
    while rng.random() < 0.25:
        node = mutated(rng, node)
    return node


@dataclass(frozen=True)
class Made:
    """An operator; `told` describes it, `batch` evaluates it on many panels where that needs no compiling."""

    operator: Operator
    told: str
    batch: Callable | None = field(default=None, compare=False)


def of_tree(node: Node) -> Made:
    def fn(P, w):
        return value(node, "C", jnp, P, w)

    def batch(P, w):
        with np.errstate(all="ignore"):
            return value(node, "C", np, P, w)

    return Made(describe(fn, name="made"), repr(node), batch)


def made(seed: int) -> Made:
    return of_tree(tree(seed))


# --- edits of the zoo's source --------------------------------------------------------------------------------------------

SWAPS = {
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "sum": "mean",
    "mean": "sum",
    "argmax": "argmin",
    "argmin": "argmax",
    "exp": "sqrt",
    "sqrt": "square",
    "log": "sqrt",
    "prod": "sum",
    "sort": "flip",
    "abs": "square",
}


class Edit(ast.NodeTransformer):
    """Counts the places of an edit, or makes the one at `at`."""

    def __init__(self, rng: random.Random, at: int = -1) -> None:
        self.rng, self.at, self.seen = rng, at, 0

    def _here(self) -> bool:
        self.seen += 1
        return self.seen - 1 == self.at

    def visit_Constant(self, node):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        if self._here():
            choices = (
                [0, 1, -1, 2, 0.5] if isinstance(node.value, int) else [0.0, 1.0, -node.value, 2 * node.value, 0.3]
            )
            return ast.copy_location(ast.Constant(self.rng.choice(choices)), node)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if self._here():
            r = self.rng.random()
            if r < 0.35:
                return node.left
            if r < 0.5:
                return node.right
            node.op = self.rng.choice([ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.Pow()])
        return node

    def visit_Compare(self, node):
        self.generic_visit(node)
        if self._here():
            node.ops = [self.rng.choice([ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq()])]
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if node.attr in SWAPS and self._here():
            node.attr = SWAPS[node.attr]
        return node

    def visit_Name(self, node):
        if node.id in ("P", "w") and isinstance(node.ctx, ast.Load) and self._here():
            text = {"P": ["P ** 2", "P[::-1]", "1 - P"], "w": ["w ** 2", "w[::-1]", "(1 - w)", "jnp.ones_like(w)"]}[
                node.id
            ]
            return ast.copy_location(ast.parse(self.rng.choice(text), mode="eval").body, node)
        return node


def edited(seed: int, functions: list[Callable]) -> Made | None:
    """A function with one or two edits; None where the result is no operator."""
    rng = random.Random(seed)
    fn = rng.choice(functions)
    try:
        module = ast.parse(textwrap.dedent(inspect.getsource(fn)))
    except (OSError, TypeError, SyntaxError):
        return None
    (definition,) = module.body
    if not isinstance(definition, ast.FunctionDef):
        return None
    definition.decorator_list = []
    for _ in range(rng.choice([1, 1, 2])):
        count = Edit(rng)
        count.visit(ast.parse(ast.unparse(module)))
        if not count.seen:
            return None
        module = Edit(rng, rng.randrange(count.seen)).visit(module)
    source = ast.unparse(ast.fix_missing_locations(module))
    names = dict(inspect.unwrap(fn).__globals__) | {"jnp": jnp}
    try:
        exec(compile(source, "<edited>", "exec"), names)
        new = names[definition.name]
        for K, C in ((2, 3), (3, 2), (3, 4)):
            q = jax.eval_shape(new, jax.ShapeDtypeStruct((K, C), jnp.float64), jax.ShapeDtypeStruct((K,), jnp.float64))
            if q.shape != (C,) or q.dtype != jnp.float64:
                return None
    except Exception:
        return None
    return Made(describe(new, name="edited"), source)


def zoo_functions() -> list[Callable]:
    return [entry.fn for entry in ENTRIES.values() if entry.K is None and entry.C is None]


# --- proofs, and the search for what refutes them -----------------------------------------------------------------------


class Fast(Evaluator):
    """An evaluator whose batches are NumPy's: nothing is compiled."""

    fast: Callable | None = None

    def batch(self, P, w, T=None):
        if self.fast is None or T is not None:
            return super().batch(P, w, T)
        q = np.broadcast_to(np.asarray(self.fast(P, w), float), (len(P), P.shape[2]))
        return np.array(q)


def proofs(one: Made, softened: str = "power", sizes: Sequence[tuple[int, int]] = ()) -> dict[str, Proof]:
    """What is proved at all sizes; with `sizes`, at those too."""
    found = prover.prove(one.operator, softened, axioms.READINGS, effort="quick", sizes=list(sizes))
    return {name: answer for name, answer in found.items() if isinstance(answer, Proof)}


@dataclass(frozen=True)
class Refutation:
    reading: str
    told: str
    case: Any


SIZES = ((2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 3))
SEARCHES: dict[str, Callable] = {
    "interior": lambda e, **how: jump.search(e, False, **how),
    "closed": lambda e, **how: jump.search(e, True, **how),
    "lipschitz": growth.search,
    "limits": limit.search,
    "hot": lambda e, **how: one_temperature.search(e, cold=False, **how),
    "cold": lambda e, **how: one_temperature.search(e, cold=True, **how),
}


def refutations(
    one: Made, proved: dict[str, Proof], seed: int, *, softened: str = "power", structures: int = 4, jumps: bool = False
) -> tuple[list[Refutation], int]:
    """Counterexamples to what is proved, confirmed exactly, and how many cases were looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = Fast(one.operator, softener(softened))
        evaluator.fast = one.batch
        sizes = [size for size in SIZES if one.operator.supports(*size)]
        if one.batch is None:
            sizes = sizes[1:4:2]
        found, cases = _pointwise(evaluator, one, proved, sizes, seed, structures)
        if jumps and evaluator.exactly:
            more, looked = _limits(evaluator, one, proved, seed)
            found, cases = found + more, cases + looked
        return found, cases


def _pointwise(evaluator, one: Made, proved, sizes, seed: int, structures: int) -> tuple[list[Refutation], int]:
    readings = [axioms.BY_NAME[name] for name in proved if isinstance(axioms.BY_NAME[name].claim, Pointwise)]
    found, cases, closed = [], 0, set()
    if not readings and "interior" not in proved:
        return [], 0
    rng = random.Random(seed)
    plan = strategies.explicit(sizes)
    for size in sizes:
        plan += [
            strategies.Structure(
                size,
                rng.choice(list(strategies.PANELS)),
                rng.choice(list(strategies.WEIGHTS)),
                rng.choice(list(strategies.TEMPERATURES)),
                rng.choice(list(strategies.TILTS)),
                rng.randrange(2**32),
            )
            for _ in range(structures)
        ]
    tried: dict[str, int] = {}
    for s in plan:
        batch = draw(
            s.key,
            64,
            s.size,
            panel=s.panel,
            weights=s.weights,
            temperature=s.temperature,
            tilt=s.tilt,
            temperatures_in=(evaluator.softener.lowest, evaluator.softener.highest),
            pairs=False,
            interior=one.operator.domain == "interior",
        )
        cases += len(batch)
        here = [r for r in readings if r.name not in closed and covers(proved[r.name], *s.size)]
        measured = measure(evaluator, here, batch)
        for name, margin in measured.margins.items():
            with np.errstate(all="ignore"):
                order = np.argsort(np.where(np.isnan(margin), np.inf, margin))[:2]
            for n in order:
                if not margin[n] < -1e-9 or tried.get(name, 0) >= 6:
                    break
                tried[name] = tried.get(name, 0) + 1
                case = exact(measured.cases, int(n))
                outcome = confirm(evaluator, axioms.BY_NAME[name], case)
                if isinstance(outcome, Confirmed):
                    found.append(Refutation(name, one.told, case))
                    closed.add(name)
                    break
        if (
            "interior" in proved
            and measured.undefined.any()
            and "interior" not in closed
            and tried.get("interior", 0) < 4
        ):
            tried["interior"] = tried.get("interior", 0) + 1
            case = exact(measured.cases, int(np.argmax(measured.undefined)))
            if _undefined(evaluator, case):
                found.append(Refutation("interior", one.told, case))
                closed.add("interior")
    return found, cases


def _undefined(evaluator, case) -> bool:
    from axiomkd.tracing import numbers
    from axiomkd.tracing.exact import Unsupported, object_array

    try:
        q = evaluator.exact(object_array([list(row) for row in case.P]), object_array(list(case.w)))
    except (Undecided, Unsupported):
        return False
    return any(numbers.is_special(x) for x in q)


def _limits(evaluator, one: Made, proved, seed: int) -> tuple[list[Refutation], int]:
    found, cases = [], 0
    wanted = [name for name in SEARCHES if name in proved]
    if "lipschitz" in wanted and "closed" in wanted:
        wanted = [name for name in wanted if name != "interior"]
    for name in wanted:
        sizes = [
            size for size in ((2, 2), (2, 3), (3, 3)) if one.operator.supports(*size) and covers(proved[name], *size)
        ]
        if not sizes:
            continue
        seen = SEARCHES[name](evaluator, sizes=sizes, rng=np.random.default_rng(seed), effort=0)
        cases += seen.cases
        if seen.outcome == "refuted":
            found.append(Refutation(name, one.told, seen.witness))
    return found, cases
