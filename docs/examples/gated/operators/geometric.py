"""The weighted geometric mean. It cannot lie between the teachers class by class, so it claims another profile."""

import jax.numpy as jnp

from axiomkd import operator


@operator(claims="log")
def geometric(P, w):
    q = jnp.prod(P ** w[:, None], axis=0)
    return q / jnp.sum(q)
