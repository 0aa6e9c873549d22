"""Pieces of operator code that exact evaluation must follow, by name: those that keep rationals, and the others."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax


def newton_root(P, w):
    def step(state):
        x, n = state
        return (x + 2 / x) / 2, n + 1

    return lax.while_loop(lambda state: state[1] < 4, step, (1.0 + w[0], 0))[0] * P


def bisection(P, w):
    def body(_, bounds):
        low, high = bounds
        middle = (low + high) / 2
        below = jnp.sum(jnp.maximum(P - middle, 0)) > 1
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    return lax.fori_loop(0, 6, body, (jnp.float64(0), jnp.float64(1)))


def simplex_projection(P, w):
    z = 2 * w @ P
    ordered = jnp.sort(z)[::-1]
    sums = jnp.cumsum(ordered) - 1
    count = jnp.sum(ordered - sums / jnp.arange(1, 5) > 0)
    return jnp.maximum(z - sums[count - 1] / count, 0)


def running_mean(P, w):
    return lax.scan(lambda carry, x: (carry + x[0] * x[1], carry), jnp.zeros(4), (w, P), reverse=True)


RATIONAL = {
    "linear": lambda P, w: w @ P,
    "tenth": lambda P, w: 0.1 * P,
    "einsum": lambda P, w: jnp.einsum("k,kc,kd->cd", w, P, P),
    "tensordot": lambda P, w: jnp.tensordot(P, P, axes=((1,), (1,))),
    "batched-matmul": lambda P, w: jnp.matmul(P[:, None, :], P[:, :, None]),
    "mean-var": lambda P, w: (jnp.mean(P, 0), jnp.var(P, 0)),
    "median": lambda P, w: jnp.median(P, axis=0),
    "quantile": lambda P, w: jnp.quantile(P, 0.3, axis=0),
    "percentile": lambda P, w: jnp.percentile(P, 40, axis=1, method="lower"),
    "sort": lambda P, w: jnp.sort(P, axis=0),
    "sort-descending": lambda P, w: jnp.sort(P, axis=1, descending=True),
    "argsort": lambda P, w: jnp.take_along_axis(P, jnp.argsort(P, axis=1), axis=1),
    "lexsort": lambda P, w: jnp.lexsort((P[0], P[1])),
    "top-k": lambda P, w: lax.top_k(P, 2),
    "argmax": lambda P, w: (jnp.argmax(P, 1), jnp.argmin(P, 0), jnp.argmax(P)),
    "best-teacher": lambda P, w: P[jnp.argmax(w)],
    "one-hot": lambda P, w: jax.nn.one_hot(jnp.argmax(P, 1), 4).mean(0),
    "where": lambda P, w: jnp.where(P > 0.25, P, 0),
    "where-guarded": lambda P, w: jnp.where(w > 0, 1 / w, 0.0),
    "select": lambda P, w: jnp.select([P > 0.5, P > 0.25], [P, 2 * P], 0.0),
    "cumulatives": lambda P, w: (
        jnp.cumsum(P, 1),
        jnp.cumprod(P, 0),
        lax.cummax(P, axis=1),
        lax.cummin(P, reverse=True),
    ),
    "extremes": lambda P, w: (P.max(0), P.min(1), jnp.maximum(P, w[:, None]), jnp.prod(P, 0)),
    "normalise": lambda P, w: P / P.sum(0),
    "powers": lambda P, w: (P**2, P**3, 1 / (1 + P) ** 2, (1 + P) ** -1),
    "pow-whole": lambda P, w: jnp.power(P, 2.0),
    "clip": lambda P, w: jnp.clip(P, 0.1, 0.4),
    "nan-to-num": lambda P, w: jnp.nan_to_num(w[:, None] / P, nan=0.0, posinf=5.0),
    "abs-sign": lambda P, w: (jnp.abs(P - 0.25), jnp.sign(P - 0.25)),
    "rounding": lambda P, w: (jnp.floor(10 * P), jnp.ceil(10 * P), jnp.round(8 * P), jnp.trunc(3 * (P - 0.5))),
    "modulo": lambda P, w: (P % 0.29, jnp.fmod(P - 0.5, 0.23), P // 0.29),
    "finite": lambda P, w: (jnp.isfinite(1 / P), jnp.isnan(P), jnp.isinf(1 / P), jnp.isclose(P, 0.25)),
    "logic": lambda P, w: (jnp.any(P > 0.5, 0), jnp.all(P >= 0, 1), jnp.logical_xor(P > 0.2, P < 0.4), ~(P > 0.3)),
    "casts": lambda P, w: ((10 * P).astype(int), (P > 0.2).astype(float), P.astype(bool)),
    "integers": lambda P, w: (jnp.arange(4) // 3, jnp.arange(4) % 3 - 1, P * jnp.arange(4), -(jnp.arange(5) - 2) // 2),
    "bits": lambda P, w: (
        jnp.arange(8) >> 1,
        jnp.arange(8) & 3,
        jnp.arange(8) << 2,
        lax.population_count(jnp.arange(8)),
    ),
    "shape-games": lambda P, w: (
        P.T.reshape(2, 6)[:, ::2],
        jnp.flip(P, 1),
        jnp.roll(P, 1, axis=0),
        jnp.tile(P, (2, 1)),
    ),
    "stack-split": lambda P, w: jnp.split(jnp.concatenate([P, 2 * P], axis=1), 2, axis=1),
    "stack": lambda P, w: jnp.stack([w, 2 * w], axis=1),
    "pad": lambda P, w: (jnp.pad(P, 1), lax.pad(P, 0.5, ((-1, 2, 1), (0, -1, 2))), jnp.pad(P, 1, mode="edge")),
    "rows": lambda P, w: sum(w[k] * row for k, row in enumerate(P)),
    "static-index": lambda P, w: (P[0], P[1, 2], P[:, [0, 2]], P[::-1, 1:3], P[jnp.array([0, -1])]),
    "dynamic-index": lambda P, w: (P[jnp.argmax(w), jnp.argmin(w)], lax.dynamic_slice(P, (jnp.argmax(w), 3), (2, 2))),
    "out-of-bounds": lambda P, w: (P.at[jnp.array([7])].get(), jnp.take(P, jnp.array([1, 9]), axis=0, mode="fill")),
    "out-clipped": lambda P, w: (jnp.take(P, jnp.array([1, 9]), axis=1, mode="clip"), P.at[9].set(1.0)),
    "scatter": lambda P, w: (P.at[0].set(1.0), P.at[:, 1].set(w), P.at[jnp.array([0, 2]), jnp.array([1, 1])].set(0.5)),
    "scatter-combine": lambda P, w: (
        P.at[jnp.array([0, 0])].add(1),
        P.at[0].multiply(w[0]),
        P.at[1].max(0.3),
        P.at[1].min(0.3),
    ),
    "segment-sum": lambda P, w: jax.ops.segment_sum(w, jnp.array([1, 0, 1]), 3),
    "update-slice": lambda P, w: lax.dynamic_update_slice(P, 2 * P[:2, :2], (jnp.argmax(w), 1)),
    "vmap-index": lambda P, w: jax.vmap(lambda p, i: p[i])(P, jnp.argmax(P, 1)),
    "vmap-scatter": lambda P, w: jax.vmap(lambda p, i: p.at[i].set(0.0))(P, jnp.argmax(P, 1)),
    "vmap-update": lambda P, w: jax.vmap(lambda p, i: lax.dynamic_update_slice(p, jnp.ones(1), (i,)))(
        P, jnp.argmax(P, 1)
    ),
    "vmap-dot": lambda P, w: jax.vmap(lambda p: jnp.dot(p, p))(P),
    "vmap-sort": lambda P, w: jax.vmap(jnp.sort)(P),
    "cond": lambda P, w: lax.cond(w[0] > 0.3, lambda: P, lambda: 1 - P),
    "switch": lambda P, w: lax.switch(jnp.argmax(w), [lambda p: p, lambda p: 2 * p, lambda p: p / 3], P),
    "scan": running_mean,
    "fori": lambda P, w: lax.fori_loop(0, 3, lambda k, s: s + w[k] * P[k], jnp.zeros(4)),
    "fori-dynamic": lambda P, w: lax.fori_loop(0, jnp.argmax(w) + 1, lambda k, s: s * 2, w),
    "while": newton_root,
    "bisection": bisection,
    "map": lambda P, w: lax.map(lambda p: p / (1 + p.sum()), P),
    "associative-scan": lambda P, w: lax.associative_scan(jnp.add, P, axis=1),
    "simplex-projection": simplex_projection,
    "solve": lambda P, w: jnp.linalg.solve(P[:, :3] + jnp.eye(3), w),
    "inverse": lambda P, w: (jnp.linalg.inv(P[:, :3] + 2 * jnp.eye(3)), jnp.linalg.det(P[:, :3] + jnp.eye(3))),
    "positive-solve": lambda P, w: jax.scipy.linalg.solve_triangular(jnp.tril(P[:, :3]) + jnp.eye(3), w, lower=True),
    "interp": lambda P, w: jnp.interp(w, jnp.array([0.0, 0.3, 1.0]), jnp.array([0.0, 1.0, 2.0])),
    "searchsorted": lambda P, w: jnp.searchsorted(jnp.array([0.1, 0.2, 0.6]), P),
    "digitize": lambda P, w: jnp.digitize(P, jnp.array([0.1, 0.3])),
    "unstack": lambda P, w: jnp.unstack(P, axis=1),
    "named-axis": lambda P, w: jnp.apply_along_axis(jnp.sum, 0, P),
    "unique": lambda P, w: jnp.unique(P, size=3, fill_value=0.0),
    "nan-mean": lambda P, w: (jnp.nanmean(w[:, None] / P * 0, axis=0), jnp.nanmax(P, 1), jnp.nanmedian(P)),
    "diff": lambda P, w: (jnp.diff(P, axis=1), jnp.trapezoid(P, axis=1), jnp.outer(w, w), jnp.trace(P), jnp.tril(P)),
    "bincount": lambda P, w: jnp.bincount(jnp.argmax(P, 1), weights=w, length=4),
    "trimmed": lambda P, w: jnp.sort(P, axis=0)[1:-1].mean(0),
    "jit-inside": lambda P, w: jax.jit(lambda x: x / x.sum())(P),
    "checkpoint": lambda P, w: jax.checkpoint(lambda x: x * 2)(P),
    "stop-gradient": lambda P, w: lax.stop_gradient(P) + jax.nn.relu(P - 0.2) + jax.nn.relu6(P),
    "gradient": lambda P, w: jax.grad(lambda x: jnp.sum(w @ x**3))(P),
    "gradient-gather": lambda P, w: jax.grad(lambda x: jnp.sum(x[jnp.array([0, 0, 1])] ** 2))(P),
}

REAL = {
    "softmax": lambda P, w: jax.nn.softmax(P, axis=1),
    "log-pool": lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
    "log-softmax": lambda P, w: jax.nn.log_softmax(w @ jnp.log(P)),
    "logsumexp": lambda P, w: jax.scipy.special.logsumexp(P, axis=1, b=2.0),
    "logaddexp": lambda P, w: (jnp.logaddexp(P, 0.5), jax.nn.softplus(P), lax.cumlogsumexp(P, axis=1)),
    "logaddexp2": lambda P, w: jnp.logaddexp2(P, 0.5),
    "entropy": lambda P, w: -jnp.sum(jnp.where(P > 0, P * jnp.log(jnp.where(P > 0, P, 1.0)), 0), axis=1),
    "xlogy": lambda P, w: (
        jax.scipy.special.xlogy(P, P),
        jax.scipy.special.entr(P),
        jax.scipy.special.rel_entr(P, 0.2),
    ),
    "geometric": lambda P, w: jnp.exp(jnp.mean(jnp.log(P), axis=0)),
    "power-mean": lambda P, w: (w @ P**0.5) ** 2,
    "negative-power": lambda P, w: P**-0.5,
    "pow-array": lambda P, w: P ** w[:, None],
    "soften": lambda P, w: P ** (1 / 3) / jnp.sum(P ** (1 / 3), axis=1, keepdims=True),
    "norms": lambda P, w: (jnp.linalg.norm(P), jnp.linalg.norm(P, axis=1, ord=1), jnp.linalg.norm(w, jnp.inf)),
    "std": lambda P, w: jnp.std(P, axis=0),
    "roots": lambda P, w: (jnp.sqrt(P), lax.rsqrt(P), jnp.cbrt(P - 0.3), jnp.hypot(P, w[:, None])),
    "exponentials": lambda P, w: (jnp.exp(P), jnp.exp2(P), jnp.expm1(P), jnp.exp(-1 / P)),
    "logarithms": lambda P, w: (jnp.log(P), jnp.log2(P), jnp.log10(P), jnp.log1p(P), jnp.log1p(-P)),
    "logits": lambda P, w: (jax.nn.sigmoid(P), jax.scipy.special.logit(P), jax.nn.sigmoid(jax.scipy.special.logit(P))),
    "circular": lambda P, w: (
        jnp.sin(P),
        jnp.cos(P),
        jnp.tan(P),
        jnp.arcsin(P),
        jnp.arccos(P),
        jnp.arctan(P),
        jnp.arctan2(P, P - 0.3),
    ),
    "hyperbolic": lambda P, w: (
        jnp.sinh(P),
        jnp.cosh(P),
        jnp.tanh(P),
        jnp.arcsinh(P),
        jnp.arccosh(1 + P),
        jnp.arctanh(P),
    ),
    "special": lambda P, w: (lax.erf(P), lax.erfc(P), lax.erf_inv(P), lax.lgamma(P), lax.digamma(P + 1)),
    "activations": lambda P, w: (jax.nn.gelu(P), jax.nn.silu(P), jax.nn.elu(P - 0.3), jax.nn.log_sigmoid(P)),
    "cholesky": lambda P, w: jnp.linalg.cholesky(P[:, :3] @ P[:, :3].T + jnp.eye(3)),
    "cho-solve": lambda P, w: jax.scipy.linalg.solve(P[:, :3] @ P[:, :3].T + jnp.eye(3), w, assume_a="pos"),
    "custom-jvp": lambda P, w: jax.nn.logsumexp(jnp.log(P), axis=1),
    "kl": lambda P, w: jnp.sum(P * (jnp.log(P) - jnp.log(P.mean(0))), axis=1),
    "wasserstein-step": lambda P, w: jnp.exp(-jnp.square(jnp.arange(4.0)[:, None] - jnp.arange(4.0))) @ P.T,
}

SNIPPETS = {**{name: (f, True) for name, f in RATIONAL.items()}, **{name: (f, False) for name, f in REAL.items()}}
