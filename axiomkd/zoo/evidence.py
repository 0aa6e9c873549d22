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
    guarantees="-- -- --- --- -- -+ ?+--",
    note="variance-max fails by a thousandth: w = 31:1, row 0 is 994:5:1 or 997:1:2 by an even chance, row 1 is 1:998:1",
    open="nonexpansive: one teacher alone has influence-one, but all rows move; the largest ratio found by climbing is 1. "
    "entropy-mean: q is a mixture of the uniform distribution, the rows and their products; no bound of its entropy is known that "
    "holds for all K",
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
    open="variance-max: it would follow if the slope of q in row k had a Euclidean norm of at most √w_k (a function of "
    "independent rows varies at most as much as it does along them one by one, in sum), and in 60,000 panels it was at most w_k; "
    "the proof of influence bounds it in ‖·‖_1 only. entropy-mean: it holds where the rows agree, since q is flatter than they "
    "are then; for rows that differ no bound is known that holds for all K",
)
def discount(P, w):
    """q_i ∝ ∏_k (1 − w_k + w_k p_ki)."""
    return normalised(plausibility(P, w))
