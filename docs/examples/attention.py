"""Attention over teachers, with parameters as a trained model would hold them: an operator that is an object.

Each teacher is scored from features of its own row, so one set of parameters serves any number of teachers and classes.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from axiomkd import operator


@dataclass(frozen=True, eq=False)  # arrays have no hash, so the object keeps its identity
class Attention:
    """q = Σ_k v_k p_k, v_k ∝ w_k exp(query · tanh(keys f_k)), f_k = (H(p_k), max p_k, Σ_i p_ki²).

    `keys` has shape (hidden, 3) and `query` has shape (hidden,).
    """

    keys: jax.Array
    query: jax.Array

    def __call__(self, P, w):
        score = jnp.tanh(self.features(P) @ self.keys.T) @ self.query
        v = w * jnp.exp(score - jnp.max(score))
        return (v / jnp.sum(v)) @ P

    def features(self, P):
        """Entropy, largest probability and purity of each row: shape (K, 3)."""
        H = -jnp.sum(P * jnp.log(jnp.where(P > 0, P, 1)), axis=1)
        return jnp.stack([H, jnp.max(P, axis=1), jnp.sum(P**2, axis=1)], axis=1)


operator(
    Attention(
        keys=jnp.array([[-0.75, 0.5, 0.25], [0.25, 1.0, -0.5]], dtype=float),
        query=jnp.array([1.5, 0.5], dtype=float),
    ),
    name="attention",
)
