"""Pools from the theory of evidence: each teacher's row, discounted by its weight, is combined by a product.

Knows simple support functions only; the plain product of experts is in `pools`.
"""

import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import normalised, uniform_like


def plausibility(P, w):
    """∏_k (1 − w_k + w_k p_ki) for every class i."""
    return jnp.prod((1 - w[:, None]) + w[:, None] * P, axis=0)


@entry(
    formula="∏(1 - w_k + w_k p_k) - ∏(1 - w_k) + ∏(1 - w_k)/C, normalised",
    source="Shafer 1976, discounted simple supports; Smets' pignistic transform",
    truth="+--- +++ +++ ------ +?---++",
    guarantees="-? -- --- --- -- -+ ?+--",
)
def dempster(P, w):
    """q_i ∝ ∏_k (1 − w_k + w_k p_ki) − u + u/C with u = ∏_k (1 − w_k), the mass of total ignorance."""
    u = jnp.prod(1 - w)
    return normalised(plausibility(P, w) - u + u * uniform_like(P[0]))


@entry(
    formula="∏(1 - w_k + w_k p_k), normalised",
    source="Shafer 1976, the plausibility of each class after discounting",
    truth="+--- +++ +++ ------ ++---++",
    guarantees="-? -- --- --- -- ++ ?+--",
)
def discount(P, w):
    """q_i ∝ ∏_k (1 − w_k + w_k p_ki)."""
    return normalised(plausibility(P, w))
