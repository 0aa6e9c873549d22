"""Whether traces at different sizes are one function of the size: equation by equation, up to the numbers that sizes make.

A Python branch on a shape leaves no mark in a trace but that other sizes trace otherwise, however it was spelled. Numbers may
differ from size to size only as one function of K and C does; anything else makes another trace. Values are not looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import blake2b
from math import log
from typing import Any

import numpy as np

from axiomkd.core.scope import Size
from axiomkd.tracing.batched.machine import CALLED_BY

MOVES = frozenset(
    """broadcast_in_dim reshape squeeze expand_dims transpose rev slice dynamic_slice gather concatenate stack unstack split
    pad tile iota dim_as_value convert_element_type copy copy_p stop_gradient select_n lt add_any""".split()
)
"""Primitives that move entries, or that a place needs: JAX chooses among them by size, and by whether a size is known."""
LOOPS = frozenset(
    {"scan", "while"}
)  # a counted loop is the one where its length is known, the other where it is a symbol


@dataclass(frozen=True)
class Trace:
    """A trace up to numbers: `form` is all else, `numbers` those in it, in order."""

    form: bytes
    numbers: tuple[float, ...]


def trace(closed: Any) -> Trace:
    """The form of a jaxpr at a fixed size, and its numbers."""
    numbers: list[float] = []
    digest = blake2b(digest_size=16)
    for part in _jaxpr(closed, numbers):
        digest.update(part.encode())
    return Trace(digest.digest(), tuple(numbers))


def _jaxpr(closed: Any, numbers: list[float]) -> Iterator[str]:
    jaxpr = getattr(closed, "jaxpr", closed)
    names: dict[Any, int] = {}
    for variable in (*jaxpr.constvars, *jaxpr.invars):
        names[variable] = len(names)
    for constant in getattr(closed, "consts", ()):
        value = np.asarray(constant)
        yield f"const {value.dtype} {value.shape} {blake2b(value.tobytes(), digest_size=16).hexdigest()};"
    for equation in jaxpr.eqns:
        yield f"{equation.primitive.name}("
        for atom in equation.invars:
            yield from _atom(atom, names, numbers)
        for key in sorted(equation.params):
            yield f"{key}="
            yield from _parameter(equation.params[key], numbers)
        for variable in equation.outvars:
            names[variable] = len(names)
            aval = variable.aval
            numbers.extend(float(n) for n in getattr(aval, "shape", ()))
            yield f"->{getattr(aval, 'dtype', '')}{len(getattr(aval, 'shape', ()))}"
        yield ")"
    for atom in jaxpr.outvars:
        yield from _atom(atom, names, numbers)


def _atom(atom: Any, names: Mapping[Any, int], numbers: list[float]) -> Iterator[str]:
    if not hasattr(atom, "val"):
        yield f"{names[atom]},"
        return
    value = np.asarray(atom.val)
    yield f"{value.dtype}{value.ndim},"
    if value.ndim or value.dtype.kind not in "iuf":
        yield value.tobytes().hex()
    else:
        numbers.append(float(value))


def _parameter(value: Any, numbers: list[float]) -> Iterator[str]:
    if value is None or isinstance(value, bool | str | bytes | np.dtype):
        yield repr(value)
    elif isinstance(value, int | float | np.number) and not isinstance(value, Enum):
        yield "n"
        numbers.append(float(value))
    elif isinstance(value, list | tuple):
        yield f"{type(value).__name__}{len(value)}["
        for one in value:
            yield from _parameter(one, numbers)
        yield "]"
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield str(key)
            yield from _parameter(value[key], numbers)
    elif hasattr(value, "eqns") or hasattr(value, "jaxpr"):
        yield "{"
        yield from _jaxpr(value, numbers)
        yield "}"
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}{blake2b(value.tobytes(), digest_size=16).hexdigest()}"
    elif isinstance(value, type):
        yield value.__name__
    elif isinstance(getattr(value, "name", None), str):
        yield f"{type(value).__name__}.{value.name}"
    else:
        yield type(value).__name__  # what has no text of its own: a function, a mesh


# --- numbers as functions of the size ---------------------------------------------------------------------------------------

FUNCTIONS = (
    lambda _K, _C: 1.0,
    lambda K, _C: K,
    lambda _K, C: C,
    lambda K, C: K * C,
    lambda K, _C: K * K,
    lambda _K, C: C * C,
    lambda K, _C: K // 2,
    lambda _K, C: C // 2,
)
"""What a whole number may be a combination of."""
REALS = (
    lambda n: 1 / n,
    lambda n: 1 / (n - 1),
    lambda n: 1 / (n + 1),
    lambda n: n / (n - 1),
    lambda n: (n - 1) / n,
    lambda n: n**0.5,
    lambda n: n**-0.5,
    lambda n: log(n),
    lambda n: 1 / log(n),
    lambda n: 1 / (n * n),
)
"""What a real number may be a multiple of, of K or of C."""
EXACT = 1e-12
MOST = 0.75  # of the sizes must follow a function for the others to be called exceptions


def explained(sizes: Sequence[Size], traces: Sequence[Trace]) -> np.ndarray:
    """For each of these sizes, of one form, whether its numbers are the functions of K and C that most of them follow."""
    table = np.array([t.numbers for t in traces], dtype=float)
    fine = np.ones(len(sizes), dtype=bool)
    if not table.size:
        return fine
    columns = np.unique(table[:, ~_constant(table)], axis=1)
    for column in columns.T:
        fine &= _follows(tuple(sizes), column)
    return fine


def _constant(table: np.ndarray) -> np.ndarray:
    return ((table == table[:1]) | (np.isnan(table) & np.isnan(table[:1]))).all(axis=0)


def _follows(sizes: tuple[Size, ...], column: np.ndarray) -> np.ndarray:
    """Where a number is the function of the size that it is at most sizes; nowhere if there is none."""
    value, count = Counter(column.tolist()).most_common(1)[0]
    candidates = [column == value] if count >= MOST * len(column) else []
    basis = _basis(sizes)
    for chosen in _subsets(len(sizes)):
        found, *_ = np.linalg.lstsq(basis[chosen], column[chosen], rcond=None)
        candidates.append(np.abs(basis @ found - column) <= 1e-6)
        if candidates[-1].all():
            return candidates[-1]
    for values in _multiples(sizes):
        scale = np.median(column / values)
        candidates.append(np.abs(values * scale - column) <= EXACT * np.abs(column))
    best = max(candidates, key=lambda c: c.sum())
    return best if best.mean() >= MOST else np.zeros(len(column), dtype=bool)


@cache
def _basis(sizes: tuple[Size, ...]) -> np.ndarray:
    return np.array([[f(K, C) for f in FUNCTIONS] for K, C in sizes], dtype=float)


@cache
def _multiples(sizes: tuple[Size, ...]) -> list[np.ndarray]:
    return [np.array([f(size[axis]) for size in sizes], dtype=float) for f in REALS for axis in (0, 1)]


def _subsets(n: int) -> Iterator[np.ndarray]:
    """All sizes, and then parts of them, so that a few exceptions don't hide what the others follow."""
    yield np.arange(n)
    for first in range(5):
        part = np.arange(n)[first::5]
        if len(part) > 2 * len(FUNCTIONS):
            yield part


# --- symbolic against fixed -------------------------------------------------------------------------------------------------


def essence(closed: Any) -> tuple[str, ...]:
    """The primitives that compute something of the inputs, in order, moves of entries left out, calls and loops opened.

    The same whether sizes are symbols or numbers: what is computed of sizes and constants alone is left out.
    """
    jaxpr = getattr(closed, "jaxpr", closed)
    found: list[str] = []
    _essential(jaxpr, [True] * len(jaxpr.invars), found)
    return tuple(found)


def _essential(closed: Any, given: Sequence[bool], found: list[str]) -> list[bool]:
    """Which outputs depend on the inputs."""
    jaxpr = getattr(closed, "jaxpr", closed)
    depends: dict[Any, bool] = dict.fromkeys(jaxpr.constvars, False)
    depends.update(zip(jaxpr.invars, given, strict=True))

    def read(atom: Any) -> bool:
        return not hasattr(atom, "val") and depends[atom]

    for equation in jaxpr.eqns:
        inputs, name = [read(a) for a in equation.invars], equation.primitive.name
        if not any(inputs):
            out = [False] * len(equation.outvars)
        elif name in CALLED_BY:
            inner = equation.params[CALLED_BY[name]]
            width = len(getattr(inner, "jaxpr", inner).invars)
            # A symbolic call takes the sizes first; they depend on nothing.
            out = _essential(inner, [False] * (width - len(inputs)) + inputs, found)
        else:
            out = [True] * len(equation.outvars)
            dtype = equation.outvars[0].aval.dtype
            if name in LOOPS:
                found.append("loop")
            elif name not in MOVES and not (
                name == "add" and np.issubdtype(dtype, np.integer)
            ):  # a place counted from the end
                found.append(f"{name}:{np.dtype(dtype).kind if np.issubdtype(dtype, np.integer) else dtype}")
            for inner in inside(equation.params):
                width = len(getattr(inner, "jaxpr", inner).invars)
                _essential(inner, [True] * width, found)
        depends.update(zip(equation.outvars, out, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def inside(params: Mapping[str, Any]) -> Iterator[Any]:
    for key in sorted(params):
        value = params[key]
        for one in value if isinstance(value, list | tuple) else (value,):
            if hasattr(one, "eqns") or hasattr(one, "jaxpr"):
                yield one


def loops(closed: Any) -> bool:
    """Whether there is a loop or a branch in a trace, at any depth."""
    jaxpr = getattr(closed, "jaxpr", closed)
    return any(
        e.primitive.name in LOOPS or e.primitive.name == "cond" or any(map(loops, inside(e.params))) for e in jaxpr.eqns
    )
