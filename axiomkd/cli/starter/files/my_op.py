"""An aggregation operator to begin with. Change it, and run `axiomkd check`."""

import jax.numpy as jnp
from axiomkd import operator


@operator
def my_op(P, w):
    """The mixture of the teachers' predictions.

    P is (K, C): K teachers, each row a distribution over C classes. w is (K,), a distribution over the teachers. What is
    returned is (C,), the target for the student. Write it with jax.numpy (or NumPy), for any K and C.
    """
    return jnp.sum(w[:, None] * P, axis=0)
