"""The paper's example families with their parameters, and the blend that conforms to its axioms and is not linear.

Entropic regularisation adds -β H(q) to the divergence that a pool minimises; the Rényi family has an order. At β = 0 or
α = 1 these are the linear and the logarithmic pool of `pools`; the label-smoothed linear pool is there, too.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import normalised


@entry(
    formula="∏ p_k^{w_k/(1+β)}, normalised; β = 1",
    source="the paper, III.2: argmin Σ w_k KL(q‖p_k) - β H(q)",
    truth="+--- +-+ +-- ------ +-+++++",
    guarantees="-- -- --- --- -- -- -+--",
    note="0^0 where w_k = 0 meets p_ki = 0; 0/0 where the supports are disjoint",
)
def tempered_log(P, w, beta=1.0):
    """q_i ∝ ∏_k p_ki^{w_k/(1+β)}: the logarithmic pool at temperature 1 + β."""
    return jax.nn.softmax(w @ jnp.log(P) / (1 + beta))


@entry(
    formula="(Σ w_k p_k)^{1/(1+β)}, normalised; β = 1",
    source="the paper, III.2, its linear form: S_{1+β} of the linear pool",
    truth="+--- +++ ++- ------ +----++",
    guarantees="-- -- --- --- -- -- ++--",
)
def tempered_linear(P, w, beta=1.0):
    """q_i ∝ (Σ_k w_k p_ki)^{1/(1+β)}: pool, then soften at a temperature of its own."""
    return normalised((w @ P) ** (1 / (1 + beta)))


@entry(
    formula="(Σ w_k p_k^{1-α})^{1/(1-α)}, normalised; α = ¾",
    source="the paper, III.2: the Rényi family; a Hölder mean of exponent 1 - α",
    truth="++-- +++ ++- ++---- +----++",
    guarantees="-- -- -++ --- -- -- -+--",
)
def renyi(P, w, alpha=0.75):
    """q_i ∝ (Σ_k w_k p_ki^{1-α})^{1/(1-α)}: the linear pool at α = 0, towards the logarithmic one as α → 1."""
    return normalised((w @ P ** (1 - alpha)) ** (1 / (1 - alpha)))


@entry(
    formula="½ Σ w_k p_k + ½ (∏ p_k^{1/K}, normalised)",
    source="this project's: non-linear, and each of the paper's five axioms holds",
    truth="++-- +++ +-- --+-++ +----++",
    guarantees="-- -- --+ --- -- -- -+--",
    note="undefined where the supports are disjoint",
)
def conforming(P, w):
    """q = ½ Σ_k w_k p_k + ½ (∏_k p_ki^{1/K}, normalised): weights move the linear half alone."""
    return (w @ P + jax.nn.softmax(jnp.mean(jnp.log(P), axis=0))) / 2
