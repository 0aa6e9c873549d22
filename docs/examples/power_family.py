"""A family in one function: weighted power means of each class, an operator for each exponent α.

α = −1 is the harmonic mean and α = 1 would be the linear pool; the larger α, the nearer to the maximum.
"""

import jax.numpy as jnp

from axiomkd import operator


@operator(name="power", params={"alpha": [-1, 0.5, 2, 4]})
def power(P, w, alpha):
    """q_i ∝ (Σ_k w_k p_ki^α)^{1/α}."""
    m = (w @ P**alpha) ** (1 / alpha)
    return m / jnp.sum(m)
