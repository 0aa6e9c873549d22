"""Confidence on the scale of a normal distribution: a sound pool, most of which the prover refuses to judge.

None of its rules knows the inverse error function. `axiomkd prove` says so, with the line, and `axiomkd check` searches;
docs/proofs.md shows what that looks like.
"""

import jax.numpy as jnp
from jax.scipy.special import erfinv

from axiomkd import operator


@operator(name="probit-weights")
def probit_weights(P, w):
    """q = Σ_k v_k p_k with v_k ∝ w_k z_k, where P(|Z| < √2 z_k) = 0.9 max_i p_ki for a normal Z."""
    z = erfinv(0.9 * jnp.max(P, axis=1))
    v = w * z
    return v @ P / jnp.sum(v)
