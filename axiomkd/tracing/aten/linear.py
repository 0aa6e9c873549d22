"""Products of vectors and matrices, and linear systems."""

from __future__ import annotations

import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular as solve_triangular_of_jax

from axiomkd.tracing.aten.table import cast, row, unless

row("mm")(lambda to, self, mat2: jnp.matmul(self, mat2))
row("bmm")(lambda to, self, mat2: jnp.matmul(self, mat2))
row("mv")(lambda to, self, vec: jnp.matmul(self, vec))
row("dot")(lambda to, self, tensor: jnp.dot(self, tensor))
row("vdot")(lambda to, self, other: jnp.dot(self, other))


def _plus(self, product, beta, alpha):
    scaled = product if alpha == 1 else alpha * product
    if beta == 0:
        return scaled  # what is in `self` then has no say, NaN neither
    return scaled + (self if beta == 1 else beta * self)


@row("addmm")
def addmm(to, self, mat1, mat2, beta=1, alpha=1):
    return _plus(self, jnp.matmul(mat1, mat2), beta, alpha)


@row("addmv")
def addmv(to, self, mat, vec, beta=1, alpha=1):
    return _plus(self, jnp.matmul(mat, vec), beta, alpha)


@row("baddbmm")
def baddbmm(to, self, batch1, batch2, beta=1, alpha=1):
    return _plus(self, jnp.matmul(batch1, batch2), beta, alpha)


@row("addbmm")
def addbmm(to, self, batch1, batch2, beta=1, alpha=1):
    return _plus(self, jnp.sum(jnp.matmul(batch1, batch2), axis=0), beta, alpha)


@row("addr")
def addr(to, self, vec1, vec2, beta=1, alpha=1):
    return _plus(self, cast(vec1[:, None] * vec2[None], to.dtype), beta, alpha)


@row("_linalg_solve_ex")
def solve(to, A, B, left=True, check_errors=False):
    unless(not left or any(to.used[1:]), "`solve_ex` with more than its solution")
    vector = B.ndim == A.ndim - 1
    out = jnp.linalg.solve(A, B[..., None] if vector else B)
    return (out[..., 0] if vector else out), None, None, None


@row("linalg_inv_ex")
def inv(to, A, check_errors=False):
    unless(to.used[1], "what `inv_ex` says of errors")
    return jnp.linalg.inv(A), None


@row("trace")
def trace(to, self):
    return jnp.trace(self).astype(to.dtype)


@row("linalg_cross")
def cross(to, self, other, dim=-1):
    return jnp.cross(self, other, axis=dim)


@row("_linalg_det")
def det(to, A):
    unless(any(to.used[1:]), "the factors of a determinant")
    return jnp.linalg.det(A), None, None


@row("_linalg_slogdet")
def slogdet(to, A):
    unless(any(to.used[2:]), "the factors of a determinant")
    return (*jnp.linalg.slogdet(A), None, None)


@row("linalg_cholesky_ex")
def cholesky(to, self, upper=False, check_errors=False):
    unless(to.used[1], "what `cholesky_ex` says of errors")
    return jnp.linalg.cholesky(self, upper=upper), None


@row("linalg_solve_triangular")
def solve_triangular(to, self, B, upper, left=True, unitriangular=False):
    unless(not left, "`solve_triangular` from the right")
    A = jnp.broadcast_to(self, (*B.shape[:-2], *self.shape[-2:]))
    return solve_triangular_of_jax(A, B, lower=not upper, unit_diagonal=unitriangular)
