"""NumPy code through JAX: the same function with `jax.numpy` in the place of `numpy`, so that it can be traced.

A new spelling is a new function: it counts only where it agrees with the user's on samples and in exact arithmetic,
faces included. Whatever cannot be carried over (assignment into arrays, NumPy functions that JAX lacks) raises on tracing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core.operator import Operator
from axiomkd.operators import losses
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import Translated
from axiomkd.operators.respelled import respelled
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import Undecided, Unsupported, object_array

SIZES = ((2, 3), (3, 2), (4, 3))
CLOSE = 1e-12
GROSS = 1e-2  # beyond what a step in half precision does to a probability
BITS = 256
LONGEST = 1500  # operations of a trace: it is made at a hundred sizes before a proof, and each takes as long as a hundred calls


def through_jax(evaluator: Evaluator) -> Evaluator | str:
    """An evaluator of the operator respelled in JAX; or why there is none."""
    operator = evaluator.operator
    if losses.found_in_floats(operator):
        return operator.fn.why  # type: ignore[attr-defined]
    if isinstance(operator.fn, Translated):
        return f"its PyTorch code is not translated: {operator.fn.why}"
    fn = respelled(operator.fn)
    if fn is None:
        return "its NumPy code is no plain function"
    made = replace(operator, fn=fn, backend="jax")
    try:
        other = Evaluator(made, evaluator.softener)
    except Exception as e:
        return f"its NumPy code does not run on jax.numpy ({type(e).__name__})"
    if other.mode != "jax" or not other.exactly:
        return f"its NumPy code does not run on jax.numpy{_because(other)}"
    try:
        if (long := _operations(other)) > LONGEST:
            return f"its NumPy code unrolls into {long:,} operations, and traces of more than {LONGEST:,} are not read"
        place = _apart(evaluator, other, operator)
    except Exception as e:
        return f"its NumPy code does not run on jax.numpy ({type(e).__name__})"
    return other if place is None else f"its NumPy code and the same code in jax.numpy differ at {place}"


def _operations(evaluator: Evaluator) -> int:
    K, C = evaluator.operator.small_sizes(*SIZES)[0]
    return len(evaluator.jaxpr(K, C, evaluator.operator.takes_temperature).jaxpr.eqns)


def _because(other: Evaluator) -> str:
    error = getattr(other, "_trace_error", None)
    return f" ({type(error).__name__})" if error is not None else ""


def _apart(mine: Evaluator, other: Evaluator, operator: Operator) -> str | None:
    """A point at which the two spellings differ, in words; None where there is none among those looked at."""
    for K, C in operator.small_sizes(*SIZES):
        for P, w in points(K, C):
            # Exact numbers come in arrays of another type than NumPy's, by which code may choose what it does.
            if not (_alike(mine, other, P, w) and _alike_in_floats(mine, other, P, w, GROSS)):
                return f"P = {[list(map(str, row)) for row in P]}, w = {list(map(str, w))}"
    return None


def points(K: int, C: int) -> Iterator[tuple[list[list[Fraction]], list[Fraction]]]:
    """Interior points, near-ties, faces and vertices in small fractions."""
    rng = np.random.default_rng(3)
    for round_ in range(14):
        odds = rng.integers(1, 9, (K, C))
        shares = rng.integers(1, 9, K)
        if round_ >= 4:
            odds[rng.random((K, C)) < 0.35] = 0
        if round_ >= 9:
            shares[rng.random(K) < 0.4] = 0
        odds[odds.sum(1) == 0, 0] = 1
        shares[0] += shares.sum() == 0
        yield (
            [[Fraction(int(x), int(row.sum())) for x in row] for row in odds],
            [Fraction(int(x), int(shares.sum())) for x in shares],
        )


def _alike(mine: Evaluator, other: Evaluator, P, w) -> bool:
    T = object_array(Fraction(2, 3))[()] if mine.operator.takes_temperature else None
    values = []
    for evaluator in (mine, other):
        try:
            values.append(evaluator.exact(object_array(P), object_array(w), T))
        except (Undecided, Unsupported):
            return _alike_in_floats(mine, other, P, w)
    with numbers.precision(BITS):
        return all(_same(x, y) for x, y in zip(*values, strict=True))


def _same(x: Any, y: Any) -> bool:
    if numbers.is_special(x) or numbers.is_special(y):
        return numbers.is_special(x) and numbers.is_special(y)
    low, high = numbers.bounds(numbers.sub(x, y))
    return low <= 0 <= high and high - low < Fraction(1, 2**60)


def _alike_in_floats(mine: Evaluator, other: Evaluator, P, w, close: float = CLOSE) -> bool:
    """In floats, undefined alike or within rounding."""
    args = np.array([[[float(x) for x in row] for row in P]]), np.array([[float(x) for x in w]])
    T = 2 / 3 if mine.operator.takes_temperature else None
    x, y = (np.where(np.isfinite(q := e.batch(*args, T)), q, np.nan) for e in (mine, other))
    return np.allclose(x, y, rtol=0, atol=close, equal_nan=True)
