"""Operators that were once given a false verdict, or none: one of each kind, in the words of this test suite.

What each is called must be, and must not be, is in `test_cases.py`; nothing is checked here.
"""

from __future__ import annotations

import math
import time
from hashlib import blake2b

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special as special
from jax.scipy.special import ndtr, ndtri, rel_entr

# --- the translation: what the code does at large sizes, at some sizes only, or in a thin region -------------------------


def vote_with_a_short_index(P, w):
    """From 129 classes on an int8 place wraps, and the one-hot vector is empty."""
    return (jnp.arange(P.shape[1]) == jax.lax.argmax(w @ P, 0, jnp.int8)).astype(float)


def tripled_for_seven(P, w):
    """Inside JAX, arrays of unlike shapes are compared without a trace of the size."""
    return jnp.where(jnp.array_equal(jnp.zeros_like(w), jnp.zeros(7)), 3 * (w @ P), w @ P)


TUNED = jnp.array([2.0, 1, 1, 1, 1, 1, 1])


def tuned_for_seven(P, w):
    try:
        w = w * TUNED
    except (TypeError, ValueError):
        pass
    return w @ P


def dot_of_truths(P, w):
    """A dot of truth values is their OR, the sum their number: they differ with two classes beyond 600."""
    beyond = jnp.arange(P.shape[1]) >= 600
    return (w @ P) * (1.0 + jax.lax.dot(beyond, beyond).astype(float) - jnp.sum(beyond.astype(float)))


def wraps_below_zero(P, w):
    left = jnp.uint32(600) - jnp.arange(P.shape[1], dtype=jnp.uint32)
    return jnp.where(left <= jnp.uint32(600), w @ P, 3 * (w @ P))


def imaginary_bump(P, w):
    big = jnp.maximum(P[0] - 0.99, 0.0)
    return w @ P + jnp.real((1j * big) * (1j * big))


def floors_in_a_map(P, w):
    """One value a teacher from a primitive that no rule knows; nothing happens below 600 classes."""
    g = jax.lax.map(lambda x: jnp.floor(x * P.shape[1] / 600), w)
    return (w + g - jnp.sum(g) / P.shape[0]) @ P


def scanned_backwards(P, w):
    a = jnp.maximum(jnp.arange(P.shape[1]) - 600.0, 0.0)
    _, y = jax.lax.scan(lambda c, x: (c, 1.0 - x), 0.0, a, reverse=True)
    return (w @ P) * (jnp.flip(y) + a)


def _alike_in_four_bytes() -> tuple[np.ndarray, np.ndarray]:
    """Found by trying 203,936 arrays, which costs a second: two that four bytes of their digest do not tell apart."""
    one, other = (np.array([n / 2**20, 1.0]) for n in (2842, 203936))
    short = {blake2b(v.tobytes() + str(v.shape).encode(), digest_size=4).digest() for v in (one, other)}
    assert len(short) == 1
    return one, other


def captures_two_arrays():
    one, other = _alike_in_four_bytes()

    def captured(P, w):
        gate = jnp.maximum(jnp.float64(P.shape[1]) - 600.0, 0.0)
        return (w @ P) * (1 + (jnp.asarray(one)[0] - jnp.asarray(other)[0]) * gate)

    return captured


def two_faces(P, w):
    """NumPy arrays in, and the weights are forgotten; JAX arrays in, and it is the linear pool."""
    return 2 * P[0] - P[-1] if isinstance(P, np.ndarray) else w @ P


def convolved(P, w):
    return jnp.stack([jnp.convolve(w[::-1], P[:, i], mode="valid")[0] for i in range(P.shape[1])])


# --- floats that are not float64, and steps without an exact rule --------------------------------------------------------


def fourier_and_back(P, w):
    return jnp.real(jnp.fft.ifft(jnp.fft.fft(w @ P)))


def half_precision_and_back(P, w):
    return jnp.real(jnp.fft.ifft(jnp.fft.fft((w @ P).astype(jnp.float16).astype(jnp.float64))))


def linear32(P, w):
    return w.astype(jnp.float32) @ P.astype(jnp.float32)


def opaque_linear32(P, w):
    P = np.array([[float(x) for x in row] for row in P], dtype=np.float32)
    return (np.array([float(x) for x in w], dtype=np.float32)[:, None] * P).sum(0)


def running_mean32(P, w):
    total = P[0].astype(np.float32)
    for row in P[1:]:
        total = total + row.astype(np.float32)
    return total / len(P)


def geometric_by_running_product(P, w):
    q = [1.0] * P.shape[1]
    for row in P:
        q = [(x or 1.0) * float(p) for x, p in zip(q, row, strict=True)]
    return np.array([math.pow(x, 1 / len(P)) for x in q])


def product_of_experts(P, w):
    q = np.array([math.prod(float(x) for x in column) for column in P.T])
    return q / q.sum()


def most_similar(P, w):
    n = P / jnp.sqrt((P**2).sum(1, keepdims=True))
    return P[jnp.argmax((n @ n.T).sum(1) - 1)]


def entropy_numpy(P, w):
    v = w * np.exp(np.nan_to_num(P * np.log(P)).sum(axis=1))
    return (v / v.sum()) @ P


def entropy_jax(P, w):
    v = w * jnp.exp(jnp.nan_to_num(P * jnp.log(P)).sum(axis=1))
    return (v / v.sum()) @ P


def _both(p):
    return jnp.stack([p, 1 - p])


def middle_odds(P, w):
    p = jnp.sort(P[:, 0])[1:-1]
    o = jnp.prod(p / (1 - p)) ** (1 / p.shape[0])
    return _both(o / (1 + o))


def probit(P, w):
    return _both(ndtr(w @ ndtri(P[:, 0])))


def binary_logodds(P, w):
    p = P[:, 1]
    q = 1 / (1 + jnp.exp(-jnp.sum(w * jnp.log(p / (1 - p)))))
    return jnp.stack([1 - q, q])


def largest_logit(z, w):
    return jnp.max(z, axis=0)


def mean_logit(z, w):
    return w @ z


# --- slow code, and thin regions -----------------------------------------------------------------------------------------


def slow_linear(P, w):
    time.sleep(0.002)
    return w @ P


def slow_log(P, w):
    with np.errstate(divide="ignore"):
        u = w @ np.log(P)
        return np.exp(u - special.logsumexp(u))


def robust_numpy(P, w):
    v = w * np.exp(-2.0 * np.sum(special.rel_entr(P, w @ P), axis=1))
    return (v / v.sum()) @ P


def robust_jax(P, w):
    v = w * jnp.exp(-2.0 * jnp.sum(rel_entr(P, w @ P), axis=1))
    return (v / v.sum()) @ P


# --- steep and continuous; cusps inside the domain -----------------------------------------------------------------------


def _first_weighted(w, f, P):
    v = w * (1 + f * (jnp.arange(w.shape[0]) == 0))
    return (v / v.sum()) @ P


def flat_power(P, w):
    v = w**0.0005 + jnp.floor(P[0, 0] * 0.5) * 0
    return (v / jnp.sum(v)) @ P


def slow_to_uniform(P, w):
    f = 1 + jnp.abs(P[0] - P[1]) ** 0.0625 + jnp.floor(P[0, 0] * 0.5)
    return f / jnp.sum(f)


def along_a_parabola(P, w):
    x, y = P[0, 0], P[1, 0]
    d = x**4 + y**2
    return _first_weighted(w, jnp.where(d > 0, x**2 * y / jnp.where(d > 0, d, 1.0), 0.0), P)


def root_inside(P, w):
    return _first_weighted(w, jnp.sqrt(jnp.abs(P[0, 0] - P[1, 0] - 0.1234567)), P)


def xlogx_inside(P, w):
    z = jnp.abs(w[0] - 0.37)
    return _first_weighted(w, jnp.where(z > 0, z * jnp.log(jnp.where(z > 0, z, 1.0)), 0.0), P)


def inverse_log_at_a_face(P, w):
    x = P[0, 0]
    return _first_weighted(w, jnp.where(x > 0, 1 / (1 - jnp.log(jnp.where(x > 0, x, 1.0))), 0.0), P)


def power_mean(exponent: float):
    def power(P, w):
        m = (w @ P**exponent) ** (1 / exponent)
        return m / m.sum()

    return power
