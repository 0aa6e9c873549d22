"""Entropy weights with the entropy written as p * log(p): right inside the simplex, NaN where a probability is 0.

The limit of p log p at 0 is 0, so the operator is sound and its computation is not. The remedy is
jax.scipy.special.xlogy(P, P).
"""

import jax.numpy as jnp

from axiomkd import operator


@operator(name="entropy-naive")
def entropy_naive(P, w):
    """q = Σ_k v_k p_k with v_k ∝ w_k exp(−H(p_k))."""
    H = -jnp.sum(P * jnp.log(P), axis=1)
    v = w * jnp.exp(-H)
    return (v / jnp.sum(v)) @ P
