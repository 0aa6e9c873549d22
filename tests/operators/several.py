"""Operators registered in every way that the decorator knows."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from axiomkd import operator


@operator
def linear(P, w):
    return w @ P


@operator(name="log-pool", claims="log")
def log_pool(P, w):
    z = w @ jnp.log(P)
    return jnp.exp(z - jnp.max(z)) / jnp.sum(jnp.exp(z - jnp.max(z)))


@operator(params={"alpha": [1, 2]})
def power(P, w, alpha):
    q = (w @ P**alpha) ** (1 / alpha)
    return q / jnp.sum(q)


@operator
def annealed(P, w, T=1.0):
    q = (w @ P) ** (1 / T)
    return q / jnp.sum(q)


class Shifted:
    """A callable with state."""

    def __init__(self, by):
        self.by = by

    def __call__(self, P, w):
        return (1 - self.by) * (w @ P) + self.by * P[0]


operator(Shifted(0.1), name="shifted")
operator(partial(power, alpha=3), name="cubes", K=[2, 3], C=range(2, 5))


def bare(P, w):
    return np.asarray(w) @ np.asarray(P)


not_callable = 3
