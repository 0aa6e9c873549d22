"""Linear pools q = Σ v_k p_k whose weights v are made from w, from P, or from both.

Knows how v is made; every aggregate here is v @ P with v on the simplex.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import all_but, entropy, normalised


@entry(
    formula="Σ p_k / K",
    source="in use everywhere",
    truth="++++ +++ +++ +-+++- ++---++",
    guarantees="-+ -+ --+ +-+ -+ -+ -++-",
    note="ignores w",
)
def mean(P, w):
    """v_k = 1/K; w has no say."""
    return jnp.mean(P, axis=0)


@entry(
    formula="Σ v_k p_k, v ∝ w²",
    source="a reweighted linear pool, from the table of ground truth",
    truth="++++ +++ +++ ++++-- ++---++",
    guarantees="-+ -+ --+ +-+ -+ -+ -++-",
)
def wsq(P, w):
    """v_k ∝ w_k²."""
    return normalised(w**2) @ P


@entry(
    formula="Σ v_k p_k, v = softmax(5w)",
    source="code: distillation with learned teacher weights",
    truth="++++ +++ +++ ------ ++---++",
    guarantees="-+ -+ --+ +-+ -+ -+ -++-",
)
def softmax5(P, w):
    """v = softmax(5w): a teacher of weight 0 keeps a share."""
    return jax.nn.softmax(5 * w) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w e^-H(p)",
    source="entropy weighting; standard",
    truth="++++ +++ ++- ++++-- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
)
def entropyw(P, w):
    """v_k ∝ w_k exp(−H(p_k))."""
    return normalised(w * jnp.exp(-entropy(P))) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w/(H(p) + .01)",
    source="inverse-entropy weighting; standard",
    truth="++++ +++ ++- ++++-- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
)
def invent(P, w):
    """v_k ∝ w_k / (H(p_k) + ε), ε = 0.01 nats."""
    return normalised(w / (entropy(P) + 0.01)) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w max p",
    source="confidence weighting; standard",
    truth="++++ +++ +++ ++++-- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
)
def confw(P, w):
    """v_k ∝ w_k max_i p_ki."""
    return normalised(w * jnp.max(P, axis=1)) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w (1 - H(p)/log C)",
    source="certainty weighting; standard",
    truth="++++ +-+ --- ++++-- +----++",
    guarantees="-- -+ --+ --+ -+ -- -+--",
    note="0/0 where every row of weight is uniform (removable)",
)
def nentw(P, w):
    """v_k ∝ w_k (1 − H(p_k)/log C)."""
    log_C = jnp.log(jnp.sum(jnp.ones_like(P), axis=1))
    return normalised(w * (1 - entropy(P) / log_C)) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w (top1 - top2)",
    source="margin weighting; standard",
    truth="++++ +-+ --- ++++-- +----++",
    guarantees="-- -+ --+ --+ -+ -- -+--",
    note="0/0 where the two largest classes of every row of weight tie (a jump)",
)
def marginw(P, w):
    """v_k ∝ w_k (largest entry of p_k − second largest)."""
    ascending = jnp.sort(P, axis=1)
    return normalised(w * (ascending[:, -1] - ascending[:, -2])) @ P


@entry(
    formula="Σ v_k p_k, v = (1 - H(p)/ΣH)/(K-1)",
    source="EBKD; code: CA-MKD (helper/loops.py)",
    truth="++++ --+ +-- +-+++- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
    note="ignores w; 0/0 where every row is one-hot",
)
def ebkd(P, w):
    """v_k = (1 − H(p_k)/Σ_j H(p_j))/(K − 1), which is ∝ Σ_{j≠k} H(p_j); w has no say."""
    return normalised(all_but(entropy(P))) @ P


@entry(
    formula="Σ v_k p_k, v = (1 - softmax(CE))/(K-1), CE_k = -log p_k[label]; the label is class 0",
    source="CAMKD; code: CA-MKD (distiller_zoo/CAMKD.py)",
    truth="++++ +++ +-- +-+++- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
    note="ignores w; undefined where a row gives the label 0",
)
def camkd(P, w):
    """v_k = (1 − softmax(CE)_k)/(K − 1) with CE_k = −log p_k0, which is ∝ Σ_{j≠k} softmax(CE)_j; w has no say."""
    cross_entropy = -jnp.log(P[:, 0])
    return normalised(all_but(jax.nn.softmax(cross_entropy))) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w/‖p‖₂",
    source="the spherical score; standard",
    truth="++++ +++ +++ ++++-- +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
    note="entropy-mean fails with very many classes only: C = 1000, w = 1:4, odds 500, then 60 times 20 or 80, then 1",
)
def spherical(P, w):
    """v_k ∝ w_k / ‖p_k‖₂."""
    return normalised(w / jnp.sqrt(jnp.sum(P**2, axis=1))) @ P


@entry(
    formula="Σ v_k p_k, v ∝ w e^-2TV(p, m), m = Σ w_k p_k",
    source="attention to the teachers that agree with the pool; standard",
    truth="++++ +++ +++ ------ +----++",
    guarantees="-- -+ --+ +-+ -+ -- -+--",
)
def agree(P, w):
    """v_k ∝ w_k exp(−2 TV(p_k, m)) with m = Σ_k w_k p_k."""
    m = w @ P
    twice_TV = jnp.sum(jnp.abs(P - m[None, :]), axis=1)
    return normalised(w * jnp.exp(-twice_TV)) @ P
