"""What a trace is up to the sizes in it: its primitives in order, those inside loops and calls among them, with their dtypes.

A Python branch on a shape shows as another such sequence. It evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Signature = tuple[Any, ...]


def signature(closed: Any) -> Signature:
    """The trace without its sizes: equal for two sizes at which the operator does the same."""
    return tuple(_equations(getattr(closed, "jaxpr", closed)))


def _equations(jaxpr: Any) -> Iterator[Any]:
    yield tuple(_kind(v) for v in jaxpr.outvars)
    for equation in jaxpr.eqns:
        inner = tuple(signature(one) for value in equation.params.values() for one in _jaxprs(value))
        kinds = tuple(_kind(v) for v in (*equation.invars, *equation.outvars))
        yield (equation.primitive.name, kinds, inner)


def _kind(v: Any) -> tuple[str, int]:
    return str(v.aval.dtype), len(v.aval.shape)


def _jaxprs(value: Any) -> Iterator[Any]:
    for one in value if isinstance(value, tuple | list) else (value,):
        if hasattr(one, "eqns") or hasattr(one, "jaxpr"):
            yield one


def dtypes(closed: Any) -> set[Any]:
    """Every dtype that occurs in a trace."""
    jaxpr = getattr(closed, "jaxpr", closed)
    found = {v.aval.dtype for equation in jaxpr.eqns for v in (*equation.invars, *equation.outvars)}
    for equation in jaxpr.eqns:
        for value in equation.params.values():
            for one in _jaxprs(value):
                found |= dtypes(one)
    return found


def work(closed: Any) -> int:
    """How many numbers a trace makes, loops by their lengths: what evaluating it costs, up to a factor."""
    jaxpr = getattr(closed, "jaxpr", closed)
    total = 0
    for equation in jaxpr.eqns:
        times = int(equation.params.get("length", 1) or 1) if equation.primitive.name == "scan" else 1
        inner = sum(work(one) for value in equation.params.values() for one in _jaxprs(value))
        total += times * inner + sum(_count(v) for v in equation.outvars) + _products(equation)
    return total


def _count(v: Any) -> int:
    n = 1
    for length in v.aval.shape:
        n *= int(length)
    return n


def _products(equation: Any) -> int:
    """The inputs of what folds: a sum over an axis looks at all of it."""
    if equation.primitive.name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        shape = equation.invars[0].aval.shape
        n = _count(equation.outvars[0])
        for axis in contracted:
            n *= int(shape[axis])
        return n
    return max((_count(v) for v in equation.invars), default=0)
