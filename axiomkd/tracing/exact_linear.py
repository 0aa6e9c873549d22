"""Exact rules for linear algebra by elimination: LU, Cholesky, triangular and custom solves.

Rational in, rational out (but for Cholesky's square roots). It refuses eigenvalues and singular values: those are
limits of iterations, which no finite elimination gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import full, mapped
from axiomkd.tracing.numbers import NAN, ONE, ZERO
from axiomkd.tracing.walk import Equation, Rule

Walk = Callable[[Any, Sequence[Any]], list[Any]]


def over_batch(function: Callable[..., Any], *arrays: np.ndarray) -> list[np.ndarray]:
    """The function on each matrix of a batch: a list of stacked results."""
    batch = arrays[0].shape[:-2]
    results = [function(*(x[index] for x in arrays)) for index in np.ndindex(*batch)]
    return [np.stack(part).reshape(*batch, *part[0].shape) for part in zip(*results, strict=True)]


def eliminated(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L below and U from the diagonal up, the row swapped in at each step, and the permutation, by partial pivoting."""
    a = matrix.copy()
    permutation = np.arange(a.shape[0], dtype=np.int32)
    pivots = np.arange(min(a.shape), dtype=np.int32)
    for step in range(min(a.shape)):
        pivots[step] = chosen = _pivot(a[:, step], step)
        a[[step, chosen]] = a[[chosen, step]]
        permutation[[step, chosen]] = permutation[[chosen, step]]
        if numbers.is_special(a[step, step]) or numbers.sign_of(a[step, step]) != 0:
            _clear_below(a, step)
    return a, pivots, permutation


def _pivot(column: np.ndarray, step: int) -> int:
    """The first row from `step` on with the largest absolute value: LAPACK's choice, which decides what L and U are."""
    best, size = step, numbers.absolute(column[step])
    for row in range(step + 1, len(column)):
        other = numbers.absolute(column[row])
        if numbers.less(size, other):
            best, size = row, other
    return best


def _clear_below(a: np.ndarray, step: int) -> None:
    for row in range(step + 1, a.shape[0]):
        factor = numbers.div(a[row, step], a[step, step])
        a[row, step] = factor
        tail = slice(step + 1, None)
        a[row, tail] = mapped(numbers.sub, a[row, tail], mapped(numbers.mul, full((), factor), a[step, tail]))


def lu(_equation: Equation, a: np.ndarray) -> list[np.ndarray]:
    return over_batch(eliminated, a)


def lu_pivots_to_permutation(equation: Equation, pivots: np.ndarray) -> np.ndarray:
    size = equation.params["permutation_size"]
    out = np.empty((*pivots.shape[:-1], size), dtype=equation.outvars[0].aval.dtype)
    for index in np.ndindex(*pivots.shape[:-1]):
        order = np.arange(size)
        for step, chosen in enumerate(pivots[index]):
            order[[step, chosen]] = order[[chosen, step]]
        out[index] = order
    return out


def substituted(a: np.ndarray, b: np.ndarray, lower: bool, unit: bool) -> np.ndarray:
    """x with a x = b, for a triangular a."""
    n = len(a)
    x = b.copy()
    for step in range(n) if lower else reversed(range(n)):
        known = range(step) if lower else range(step + 1, n)
        for column in range(x.shape[1]):
            total = x[step, column]
            for other in known:
                total = numbers.sub(total, numbers.mul(a[step, other], x[other, column]))
            x[step, column] = total if unit else numbers.div(total, a[step, step])
    return x


def triangular_solve(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    params = equation.params
    lower, unit = params["lower"], params["unit_diagonal"]
    if params["transpose_a"]:
        a, lower = a.swapaxes(-1, -2), not lower
    if params["left_side"]:
        return over_batch(lambda m, rhs: (substituted(m, rhs, lower, unit),), a, b)[0]
    transposed = a.swapaxes(-1, -2), b.swapaxes(-1, -2)  # x a = b is aᵀ xᵀ = bᵀ
    return over_batch(lambda m, rhs: (substituted(m, rhs, not lower, unit),), *transposed)[0].swapaxes(-1, -2)


def factored(a: np.ndarray) -> np.ndarray:
    """Cholesky's lower L with L Lᵀ = a from the lower half of a; all nan where a is not positive definite."""
    n = len(a)
    out = full((n, n), ZERO)
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total = numbers.sub(total, numbers.mul(out[i, k], out[j, k]))
            if i == j and not numbers.less(ZERO, total):
                return full((n, n), NAN)
            out[i, j] = numbers.sqrt(total) if i == j else numbers.div(total, out[j, j])
    return out


def cholesky(equation: Equation, a: np.ndarray) -> np.ndarray:
    if equation.params.get("symmetrize_input"):
        half = full((), ONE / 2)
        a = mapped(numbers.mul, half, mapped(numbers.add, a, a.swapaxes(-1, -2)))
    return over_batch(lambda m: (factored(m),), a)[0]


def rules(walk: Walk) -> dict[str, Rule]:
    """The rules, given the function that evaluates a jaxpr on arrays."""

    def custom_linear_solve(equation: Equation, *operands: np.ndarray) -> list[Any]:
        lengths, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
        before, own = lengths.matvec + lengths.vecmat, lengths.solve
        right_sides = operands[sum(lengths) :]
        return walk(jaxprs.solve, [*operands[before : before + own], *right_sides])

    return {
        "lu": lu,
        "lu_pivots_to_permutation": lu_pivots_to_permutation,
        "triangular_solve": triangular_solve,
        "cholesky": cholesky,
        "custom_linear_solve": custom_linear_solve,
        "linear_solve": custom_linear_solve,
    }
