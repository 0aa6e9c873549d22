"""Operators as people write them, each with what it loses in some dtype and keeps in another."""

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core.operator import describe


def log_pool(P, w):
    z = jnp.exp(w @ jnp.log(P))
    return z / jnp.sum(z)


def linear(P, w):
    return w @ P


def softmax(Z, w):
    z = jnp.exp(w @ Z)
    return z / jnp.sum(z)


def stable_softmax(Z, w):
    return jax.nn.softmax(w @ Z)


def geometric(P, w):
    g = jnp.prod(P ** w[:, None], axis=0)
    return g / g.sum()


def product(P, w):
    g = jnp.prod(P, axis=0)
    return g / g.sum()


def power(P, w):
    m = (w @ P**16) ** (1 / 16)
    return m / m.sum()


def hard_vote(P, w):
    return w @ jax.nn.one_hot(jnp.argmax(P, axis=1), P.shape[1], dtype=P.dtype)


def entropy_weights(P, w):
    v = w * jnp.exp(jnp.sum(P * jnp.log(P), axis=1))
    return v @ P / v.sum()


def through_float32(P, w):
    return (w.astype(jnp.float32) @ P.astype(jnp.float32)).astype(P.dtype)


def guarded(P, w):
    z = jnp.exp(w @ jnp.log(P + jnp.finfo(P.dtype).tiny))
    return z / jnp.sum(z)


def numpy_softmax(Z, w):
    z = np.exp(w @ Z)
    return z / z.sum()


def numpy_opaque(P, w):
    """What no exact numbers go through."""
    q = np.exp(-40 * P.astype(np.float16).astype(float)).astype(P.dtype)
    return w @ (q / q.sum(axis=1, keepdims=True))


LOGITS = {"softmax", "stable_softmax", "numpy_softmax"}
NUMPY = {"numpy_softmax", "numpy_opaque"}


def operator(name):
    inputs = "logits" if name in LOGITS else "probabilities"
    backend = "numpy" if name in NUMPY else "jax"
    return describe(globals()[name], inputs=inputs, backend=backend)
