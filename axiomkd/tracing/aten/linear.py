"""Products of vectors and matrices, and linear systems."""

from __future__ import annotations

import jax.numpy as jnp

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
