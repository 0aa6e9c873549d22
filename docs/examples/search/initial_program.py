"""Where a search begins: a plausible pool that fails. Between the two marks OpenEvolve and ShinkaEvolve write."""

import jax.numpy as jnp

from axiomkd import operator

# EVOLVE-BLOCK-START


def aggregate(P, w):
    """P: (K, C), rows sum to 1; w: (K,), sums to 1. Returns (C,)."""
    v = w**2
    return jnp.exp(v @ jnp.log(P))


# EVOLVE-BLOCK-END

operator(aggregate)
