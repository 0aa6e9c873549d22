import jax.numpy as jnp

from axiomkd import operator


@operator
def linear(P, w):
    return w @ P


@operator
def geometric(P, w):
    z = w @ jnp.log(P)
    e = jnp.exp(z - jnp.max(z))
    return e / jnp.sum(e)
