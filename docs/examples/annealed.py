"""A pool that takes the temperature itself: pool the teachers first, soften the aggregate afterwards.

The third parameter T hands the softening to the operator, which gets its teachers at T = 1.
"""

import jax
import jax.numpy as jnp

from axiomkd import operator


@operator
def annealed(P, w, T=1.0):
    """q ∝ (Σ_k w_k p_k)^{1/T}, in logarithms."""
    return jax.nn.softmax(jnp.log(w @ P) / T)
