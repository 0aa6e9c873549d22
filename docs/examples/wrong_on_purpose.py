"""Wrong on purpose: entropy weights without their divisor, as published code has them, leave the simplex.

The weights 1 − H_k/ΣH sum to K − 1. With two teachers that is 1, so the mistake shows from three teachers on;
dividing by K − 1 mends it.
"""

import jax.numpy as jnp

from axiomkd import operator


@operator(name="wrong-on-purpose")
def wrong_on_purpose(P, w):
    """q = Σ_k (1 − H(p_k)/Σ_j H(p_j)) p_k; w has no say."""
    H = -jnp.sum(P * jnp.log(jnp.where(P > 0, P, 1)), axis=1)
    return (1 - H / jnp.sum(H)) @ P
