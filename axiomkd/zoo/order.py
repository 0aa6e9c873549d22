"""Pools made of order statistics, class by class: maxima, minima, medians, the trimmed mean.

Each takes one value a class and divides by their sum. Choosing a class or a teacher is in `selections`.
"""

import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import lower_weighted_median, normalised


@entry(
    formula="max_k p_k, normalised",
    source="code: AiDotNet (EnsembleAggregationMode, on logits there)",
    truth="++-- +++ +++ +-+++- +----++",
    guarantees="-- -- --- +-- -- -+ -+--",
    note="ignores w",
)
def max_all(P, w):
    """q_i ∝ max_k p_ki; w has no say."""
    return normalised(jnp.max(P, axis=0))


@entry(
    formula="max_k w_k p_k, normalised",
    source="the fuzzy maximum rule; standard",
    truth="++-- +++ +++ ++---- +----++",
    guarantees="-- -- --- --- -- -+ -+--",
)
def wmax(P, w):
    """q_i ∝ max_k w_k p_ki."""
    return normalised(jnp.max(w[:, None] * P, axis=0))


@entry(
    formula="min_k p_k, normalised",
    source="the minimum rule; standard",
    truth="++-- --+ +-- +-+++- +----++",
    guarantees="-- -- --- --- -- -- -+--",
    note="ignores w; 0/0 where no class has every teacher's support",
)
def min_all(P, w):
    """q_i ∝ min_k p_ki; w has no say."""
    return normalised(jnp.min(P, axis=0))


@entry(
    formula="weighted median of p_k a class, normalised",
    source="standard",
    truth="++-- +-+ --- ------ +----++",
    guarantees="-- -- --- --- -- -- -+--",
    note="jumps in w; 0/0 where every median is 0",
)
def wmedian(P, w):
    """q_i ∝ the lower weighted median of class i: the smallest p_ki with Σ_j w_j [p_ji ≤ p_ki] ≥ ½."""
    return normalised(lower_weighted_median(P, w))


@entry(
    formula="median of p_k a class, normalised",
    source="code: AiDotNet (median mode, on logits there)",
    truth="++-- --+ +-- +-+++- +----++",
    guarantees="-- -- --- --- -- -- -+--",
    note="ignores w; 0/0 where every median is 0, as at one-hot rows on three classes",
)
def umedian(P, w):
    """q_i ∝ the median of p_1i … p_Ki: the mean of the two middle ones where K is even; w has no say."""
    K = P.shape[0]
    ascending = jnp.sort(P, axis=0)
    return normalised((ascending[(K - 1) // 2] + ascending[K // 2]) / 2)


@entry(
    formula="mean of p_k a class without its largest and smallest, normalised",
    source="the trimmed mean; standard",
    truth="++-- --+ +-- +-+++- +----++",
    guarantees="-- -- --- --- -- -- -+--",
    note="ignores w; needs K ≥ 3; 0/0 where nothing is left of any class",
    K=tuple(range(3, 65)),
)
def trimmed(P, w):
    """q_i ∝ Σ_k p_ki − max_k p_ki − min_k p_ki, summed from the sorted middle; w has no say."""
    return normalised(jnp.sum(jnp.sort(P, axis=0)[1:-1], axis=0))
