"""A linear pool that listens more to the teachers that are sure of themselves.

The weight of a teacher is its prior weight times its largest probability; no label is looked at.
"""

import jax.numpy as jnp

from axiomkd import operator


@operator(name="confidence-weighted")
def confidence_weighted(P, w):
    """q = Σ_k v_k p_k with v_k ∝ w_k max_i p_ki."""
    v = w * jnp.max(P, axis=1)
    return (v / jnp.sum(v)) @ P
