"""The fixed-form pools: linear, logarithmic, their blend and their smoothing, power means, and the product of experts.

Each weighs a teacher by w alone (the product ignores it). Weights that look at P are in `weighting`.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import normalised, uniform_like


@entry(
    formula="Σ w_k p_k",
    source="Stone 1961; Hinton, Vinyals & Dean 2015; code: the averaged loss of CA-MKD (helper/loops.py)",
    truth="++++ +++ +++ ++++++ ++---++",
    guarantees="++ ++ +++ +++ ++ ++ +++-",
)
def linear(P, w):
    """q = Σ_k w_k p_k."""
    return w @ P


@entry(
    formula="∏ p_k^{w_k}, normalised",
    source="Genest & Zidek 1986; code: aprender-train (distill/ensemble.rs)",
    truth="++-- +-+ +-- ++---- +-+++++",
    guarantees="-- -- -++ --- -- -- -+-+",
    note="0^0 where w_k = 0 meets p_ki = 0; 0/0 where the supports are disjoint",
)
def log(P, w):
    """q_i ∝ ∏_k p_ki^{w_k}: the softmax of the averaged log-probabilities, or of the averaged logits."""
    return jax.nn.softmax(w @ jnp.log(P))


@entry(
    formula="(Σ w_k / p_k)^-1, normalised",
    source="Hölder mean, exponent -1; standard",
    truth="++-- +-+ +-- ++---- +----++",
    guarantees="-- -- --- --- -- -- -+--",
    note="zeros: 0/0 where w_k = 0 meets p_ki = 0, and where the supports are disjoint",
)
def power_minus1(P, w):
    """q_i ∝ (Σ_k w_k / p_ki)^{-1}: the weighted harmonic mean of each class."""
    return normalised(1 / (w @ (1 / P)))


@entry(
    formula="(Σ w_k √p_k)², normalised",
    source="Hellinger mean, an α-divergence barycentre; standard",
    truth="++-- +++ ++- ++---- +----++",
    guarantees="-- -- -++ --- -- -- -+--",
)
def power_half(P, w):
    """q_i ∝ (Σ_k w_k √p_ki)²."""
    return normalised((w @ jnp.sqrt(P)) ** 2)


@entry(
    formula="(Σ w_k p_k²)^½, normalised",
    source="Hölder mean, exponent 2; standard",
    truth="++-- +++ ++- ++---- +----++",
    guarantees="-- -- --- +-- -- -+ -+--",
)
def power2(P, w):
    """q_i ∝ (Σ_k w_k p_ki²)^{1/2}."""
    return normalised(jnp.sqrt(w @ P**2))


@entry(
    formula="(Σ w_k p_k³)^⅓, normalised",
    source="Hölder mean, exponent 3; standard",
    truth="++-- +++ ++- ++---- +----++",
    guarantees="-- -- --- +-- -- -+ -+--",
)
def power3(P, w):
    """q_i ∝ (Σ_k w_k p_ki³)^{1/3}."""
    return normalised(jnp.cbrt(w @ P**3))


@entry(
    formula="∏ p_k, normalised",
    source="Hinton 1999, products of experts",
    truth="+--- --+ +-- +-+++- +-+++++",
    guarantees="-- -- --- --- -- -- -+--",
    note="ignores w; 0/0 where the supports are disjoint",
)
def poe(P, w):
    """q_i ∝ ∏_k p_ki, in logarithms; w has no say."""
    return jax.nn.softmax(jnp.sum(jnp.log(P), axis=0))


@entry(
    formula="½ linear + ½ log",
    source="a blend of the two pools; standard",
    truth="++-- +++ +-- ------ +----++",
    guarantees="-- -- -++ --- -- -- -+--",
    note="undefined where the logarithmic pool is",
)
def halflinlog(P, w):
    """q = ½ Σ_k w_k p_k + ½ (∏_k p_k^{w_k}, normalised)."""
    return (linear(P, w) + log(P, w)) / 2


@entry(
    formula=".9 Σ w_k p_k + .1/C",
    source="label smoothing, Szegedy et al. 2016",
    truth="+--- +++ +++ --+-++ ++---++",
    guarantees="++ -- --- --- -- ++ ++--",
)
def smooth(P, w):
    """q_i = 0.9 Σ_k w_k p_ki + 0.1 / C."""
    return 0.9 * (w @ P) + 0.1 * uniform_like(P[0])
