"""Pools of known truth, written with what people have at hand: masked arrays, matrices, fractions, threads, callbacks, keys.

`EXOTIC` maps a name to (the zoo operator that it is, the function, the backend). Asserts nothing.
"""

from __future__ import annotations

import collections
import concurrent.futures
import decimal
import fractions
import functools
import math
import statistics

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
from jax import lax
from jax.experimental import io_callback

EXOTIC: dict[str, tuple[str, object, str | None]] = {}


def exotic(of: str, backend: str | None = None):
    def record(fn):
        EXOTIC[fn.__name__.replace("_", " ")] = (of, fn, backend)
        return fn

    return record


@exotic("linear", "numpy")
def masked_arrays(P, w):
    return np.ma.masked_invalid(np.ma.asarray(P, float) * np.ma.asarray(w, float)[:, None]).sum(0)


@exotic("linear", "numpy")
def masked_array_out(P, w):
    return np.ma.masked_less(w @ P, -1.0)


@exotic("linear", "numpy")
def matrices(P, w):
    return np.asarray(np.asmatrix(np.asarray(w, float)) * np.asmatrix(np.asarray(P, float)))[0]


@exotic("linear", "numpy")
def records(P, w):
    r = np.rec.fromarrays([np.asarray(w, float), np.asarray(P, float).sum(1)], names="w,s")
    return (r.w * r.s) @ np.asarray(P, float)


@exotic("linear", "numpy")
def long_doubles(P, w):
    return np.asarray(w, np.longdouble) @ np.asarray(P, np.longdouble)


@exotic("linear", "numpy")
def python_floats(P, w):
    return np.array([math.fsum(float(a) * float(p[i]) for a, p in zip(w, P, strict=True)) for i in range(P.shape[1])])


@exotic("linear", "numpy")
def a_list(P, w):
    return [sum(a * p for a, p in zip(w, c, strict=True)) for c in P.T]


@exotic("linear", "numpy")
def of_fractions(P, w):
    F = lambda x: fractions.Fraction(float(x))  # noqa: E731
    return np.array([float(sum(F(a) * F(p) for a, p in zip(w, c, strict=True))) for c in P.T])


@exotic("linear", "numpy")
def of_decimals(P, w):
    with decimal.localcontext(prec=20):
        D = lambda x: decimal.Decimal(float(x))  # noqa: E731
        return np.array([float(sum((D(a) * D(p) for a, p in zip(w, c, strict=True)), D(0))) for c in P.T])


@exotic("linear", "numpy")
def of_mpmath(P, w):
    with mpmath.workprec(80):
        return np.array([float(mpmath.fdot([float(a) for a in w], [float(p) for p in c])) for c in P.T])


@exotic("mean", "numpy")
def of_statistics(P, w):
    return np.array([statistics.fmean(map(float, c)) for c in P.T])


@exotic("linear", "numpy")
def in_threads(P, w):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(lambda c: float(np.dot(np.asarray(w, float), np.asarray(c, float))), P.T)))


@exotic("linear", "numpy")
def a_generator(P, w):
    return np.fromiter((float(w @ c) for c in P.T), float, P.shape[1])


@exotic("topteacher", "numpy")
def a_counter(P, w):
    votes = collections.Counter({k: float(a) for k, a in enumerate(w)})
    return np.asarray(P[max(votes, key=lambda k: votes[k])], float)


@exotic("linear", "numpy")
def fortran_order(P, w):
    return np.asfortranarray(np.asarray(P, float)).T @ np.asarray(w, float)


@exotic("linear", "numpy")
def in_thirds_of_float32(P, w):
    P, w = np.asarray(P, np.float32), np.asarray(w, np.float32)
    return (P / np.float32(3) * w[:, None] * np.float32(3)).sum(0)


@exotic("linear", "numpy")
def by_einsum_in_float16(P, w):
    return np.einsum("k,kc->c", np.asarray(w, np.float16), np.asarray(P, np.float16))


@exotic("linear", "numpy")
def rounded_to_twelve_places(P, w):
    return np.round(np.asarray(w @ P, float), 15)


@exotic("mean", "numpy")
def welford(P, w):
    mean = np.zeros(P.shape[1])
    for n, p in enumerate(np.asarray(P, float)):
        mean = mean + (p - mean) / (n + 1)
    return mean


@exotic("log", "numpy")
def log_pool_in_base_2(P, w):
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(w[:, None] > 0, np.asarray(w, float)[:, None] * np.log2(np.asarray(P, float)), 0.0).sum(0)
    e = np.exp2(z - z.max())
    return e / e.sum()


@exotic("log", "numpy")
def log_pool_in_float32(P, w):
    P, w = np.asarray(P, np.float32), np.asarray(w, np.float32)
    q = np.prod(np.where(w[:, None] > 0, P ** w[:, None], np.float32(1)), 0)
    return q / q.sum()


@exotic("max_all", "numpy")
def maxima_by_reduce(P, w):
    q = functools.reduce(np.maximum, np.asarray(P, float))
    return q / q.sum()


# --- JAX -----------------------------------------------------------------------------------------------------------------


@exotic("linear", "jax")
def a_pure_callback(P, w):
    shape = jax.ShapeDtypeStruct((P.shape[1],), P.dtype)
    return jax.pure_callback(lambda P, w: np.asarray(w) @ np.asarray(P), shape, P, w, vmap_method="sequential")


@exotic("linear", "jax")
def an_io_callback(P, w):
    shape = jax.ShapeDtypeStruct((P.shape[1],), P.dtype)
    return io_callback(lambda P, w: np.asarray(w) @ np.asarray(P), shape, P, w)


@exotic("linear", "jax")
def a_debug_print(P, w):
    jax.debug.callback(lambda x: None, w)
    return w @ P


@exotic("linear", "jax")
def a_named_call(P, w):
    return jax.named_call(lambda P, w: w @ P, name="pool")(P, w)


@exotic("linear", "jax")
def vectorised(P, w):
    return jnp.vectorize(lambda w, c: jnp.dot(w, c), signature="(k),(k)->()")(w, P.T)


@exotic("linear", "jax")
def checkpointed(P, w):
    return jax.checkpoint(lambda P, w: w @ P)(P, w)


@jax.custom_batching.custom_vmap
def _pool(P, w):
    return w @ P


@_pool.def_vmap
def _pool_rule(size, batched, P, w):
    P = P if batched[0] else jnp.broadcast_to(P, (size, *P.shape))
    w = w if batched[1] else jnp.broadcast_to(w, (size, *w.shape))
    return jnp.einsum("bk,bkc->bc", w, P), True


@exotic("linear", "jax")
def custom_batching(P, w):
    return _pool(P, w)


@jax.custom_jvp
def _linear(P, w):
    return w @ P


@_linear.defjvp
def _linear_jvp(primals, tangents):
    P, w = primals
    return w @ P, 0 * P[0]


@exotic("linear", "jax")
def a_wrong_derivative(P, w):
    return _linear(P, w)


@exotic("linear", "jax")
def a_noise_of_nothing(P, w):
    noise = jax.random.normal(jax.random.key(0), (P.shape[1],))
    return w @ P + 0.0 * noise


@exotic("linear", "jax")
def in_float32(P, w):
    return jnp.dot(w.astype("float32"), P.astype("float32"), precision="highest")


@exotic("linear", "jax")
def in_bfloat16(P, w):
    return w.astype("bfloat16") @ P.astype("bfloat16")


@exotic("linear", "jax")
def solved(P, w):
    return jnp.linalg.solve(jnp.diag(jnp.full(w.shape[0], 2.0)), 2.0 * P).T @ w


@exotic("linear", "jax")
def through_qr(P, w):
    q, r = jnp.linalg.qr(P.T)
    return q @ (r @ w)


@exotic("linear", "jax")
def through_svd(P, w):
    u, s, v = jnp.linalg.svd(P, full_matrices=False)
    return (w @ u * s) @ v


@exotic("log", "jax")
def log_pool_in_half_precision(P, w):
    z = jnp.where(w[:, None] > 0, w[:, None] * jnp.log(P), 0.0).astype("float16").sum(0)
    return jax.nn.softmax(z)


@exotic("mean", "jax")
def a_scan_of_means(P, w):
    (total, n), _ = lax.scan(lambda c, p: ((c[0] + p, c[1] + 1), None), (jnp.zeros(P.shape[1]), 0), P)
    return total / n
