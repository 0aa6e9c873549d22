"""Products, decompositions and transforms, by NumPy's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.core.late import late
from axiomkd.tracing.batched.machine import Rule, Run, Unknown, Value

if TYPE_CHECKING:
    from scipy import linalg
else:
    linalg = late("scipy.linalg")


def _dot_general(run: Run, equation: Any, x: Value, y: Value) -> Value:
    """Batch axes, then x's free ones, then y's. Truth values are joined by or; whole numbers wrap in the result's type."""
    (cx, cy), (bx, by) = equation.params["dimension_numbers"]
    to = run.dtype(equation.outvars[0].aval)
    letters = iter(range(1, 52))
    in_x = [next(letters) for _ in range(x.ndim - 1)]
    in_y = [next(letters) for _ in range(y.ndim - 1)]
    for a, b in zip((*bx, *cx), (*by, *cy), strict=True):
        in_y[b] = in_x[a]
    free_x = [n for d, n in enumerate(in_x) if d not in (*cx, *bx)]
    free_y = [n for d, n in enumerate(in_y) if d not in (*cy, *by)]
    out = [0, *(in_x[d] for d in bx), *free_x, *free_y]
    wide = np.int64 if to.kind == "b" else to
    points = max(len(x), len(y))
    x, y = (np.broadcast_to(a.astype(wide), (points, *a.shape[1:])) for a in (x, y))
    found = np.einsum(x, [0, *in_x], y, [0, *in_y], out)
    return found != 0 if to.kind == "b" else found


def _cholesky(_run: Run, equation: Any, x: Value) -> Value:
    if equation.params.get("symmetrize_input"):
        x = (x + np.conj(np.swapaxes(x, -1, -2))) / 2
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        raise Unknown("a matrix that is not positive") from None


def _triangular_solve(_run: Run, equation: Any, a: Value, b: Value) -> Value:
    p = equation.params
    a = np.tril(a) if p["lower"] else np.triu(a)
    if p["unit_diagonal"]:
        n = np.arange(a.shape[-1])
        a = a.copy()
        a[..., n, n] = 1
    a = np.conj(a) if p["conjugate_a"] else a
    a = np.swapaxes(a, -1, -2) if p["transpose_a"] else a
    if not p["left_side"]:
        a, b = np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2)
    points = max(len(a), len(b))
    a, b = (np.broadcast_to(m, (points, *m.shape[1:])) for m in (a, b))
    try:
        x = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise Unknown("a singular matrix") from None
    return x if p["left_side"] else np.swapaxes(x, -1, -2)


def _lu(_run: Run, _equation: Any, x: Value) -> list[Value]:
    """The two factors in one matrix, the pivots, and the permutation that they make."""
    m, n = x.shape[-2:]
    flat = x.reshape(-1, m, n)
    factors, pivots, orders = np.empty_like(flat), np.empty((len(flat), min(m, n)), int), np.empty((len(flat), m), int)
    for j, one in enumerate(flat):
        factors[j], pivots[j] = linalg.lu_factor(one, check_finite=False)
        orders[j] = np.arange(m)
        for a, b in enumerate(pivots[j]):
            orders[j, [a, b]] = orders[j, [b, a]]
    return [
        factors.reshape(x.shape),
        pivots.reshape(*x.shape[:-2], min(m, n)),
        orders.reshape(*x.shape[:-2], m),
    ]


def _linear_solve(run: Run, equation: Any, *args: Value) -> list[Value]:
    """By the solver that the code brings along."""
    lengths, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    before = lengths.matvec + lengths.vecmat
    own = args[before : before + lengths.solve]
    return run.walk(jaxprs.solve, [*own, *args[before + lengths.solve + lengths.transpose_solve :]])


FFT_TYPES = ("FFT", "IFFT", "RFFT", "IRFFT")  # in the order of XLA's enumeration


def _fft(_run: Run, equation: Any, x: Value) -> Value:
    kind = FFT_TYPES[int(equation.params["fft_type"])]
    lengths = tuple(equation.params["fft_lengths"])
    axes = tuple(range(x.ndim - len(lengths), x.ndim))
    by: dict[str, Callable[..., Value]] = {
        "FFT": np.fft.fftn,
        "IFFT": np.fft.ifftn,
        "RFFT": np.fft.rfftn,
        "IRFFT": np.fft.irfftn,
    }
    return by[kind](x, s=lengths, axes=axes)


RULES: dict[str, Rule] = {
    "dot_general": _dot_general,
    "cholesky": _cholesky,
    "triangular_solve": _triangular_solve,
    "lu": _lu,
    "custom_linear_solve": _linear_solve,
    "linear_solve": _linear_solve,
    "fft": _fft,
}
