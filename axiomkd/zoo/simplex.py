"""Small steps that the operators share: rescaling to sum 1, one-hot choices, leaving one out, how sure a row is.

Works on the last axis of any array. Knows nothing of teachers or of weights.
"""

import jax
import jax.numpy as jnp


def normalised(x):
    """x / Σ x over the last axis; 0/0 where all of x is 0."""
    return x / jnp.sum(x, axis=-1, keepdims=True)


def uniform_like(p):
    """The uniform distribution 1/C in the shape of p, from ones that are summed: 1/C itself, not its nearest float."""
    return normalised(jnp.ones_like(p))


def largest(x):
    """One-hot of the largest entry along the last axis; of equal ones the first wins."""
    return jax.nn.one_hot(jnp.argmax(x, axis=-1), x.shape[-1], dtype=x.dtype)


def two_largest(x):
    """1 at the two largest entries of the last axis and 0 elsewhere, for x in [0, 1]; of equal ones the first win."""
    first = largest(x)
    return first + largest(x - 2 * first)


def all_but(x):
    """Σ_{j≠i} x_j for every i of the last axis: 1 − x_i where x sums to 1, without the cancellation."""
    return x @ (1 - jnp.eye(x.shape[-1], dtype=x.dtype))


def entropy(p):
    """H(p) = −Σ p log p over the last axis, in nats, with 0 log 0 = 0."""
    return -jnp.sum(p * jnp.log(jnp.where(p > 0, p, 1)), axis=-1)


def lower_weighted_median(values, w):
    """Per column of values (K, n): the smallest entry v with Σ_k w_k [values_k ≤ v] ≥ ½."""
    at_most = values[None, :, :] <= values[:, None, :]
    mass = jnp.einsum("j,kjn->kn", w, at_most.astype(w.dtype))
    top = jnp.max(values, axis=0, keepdims=True)
    return jnp.min(jnp.where(mass >= 0.5, values, top), axis=0)
