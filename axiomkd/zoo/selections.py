"""Operators that choose: a class (votes, ranks, the two largest) or a teacher (heaviest, surest, behind a gate).

Of equal candidates the first class or teacher wins, and equal probabilities share their Borda ranks.
"""

import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import entropy, largest, normalised, two_largest


@entry(
    formula="Σ w_k (top-2 of p_k, renormalised)",
    source="logit caches; code: DistillKit (MissingProbabilityHandling.ZERO)",
    truth="+--- --- --- ------ ------+",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties for the second place",
)
def topk_rows(P, w):
    """q = Σ_k w_k (p_k kept on its two largest classes and renormalised)."""
    return w @ normalised(P * two_largest(P))


@entry(
    formula="top-2 of Σ w_k p_k, renormalised",
    source="standard",
    truth="+--- --- --- +----- -------",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties for the second place; pull holds: for fixed classes the kept share moves monotonically towards the teacher's, and "
    "where m_c overtakes m_b the distance changes by min(p_kb, y) - min(p_kc, y) <= 0",
)
def topk_pool(P, w):
    """q = Σ_k w_k p_k kept on its two largest classes and renormalised."""
    m = w @ P
    return normalised(m * two_largest(m))


@entry(
    formula="one-hot of the class with the largest Σ w_k [argmax p_k = i]",
    source="weighted majority vote; standard",
    truth="+--- --- --- +----- -++++-+",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties",
)
def vote(P, w):
    """q = one-hot of argmax_i Σ_k w_k [argmax p_k = i]."""
    return largest(w @ largest(P))


@entry(
    formula="one-hot of argmax Σ w_k p_k",
    source="the decision of the linear pool; standard",
    truth="+--- --- --- +----- ---+---",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties",
)
def argpool(P, w):
    """q = one-hot of argmax_i Σ_k w_k p_ki."""
    return largest(w @ P)


@entry(
    formula="Σ w_k onehot(argmax p_k)",
    source="distillation from hard labels; standard",
    truth="+--- --- --- ------ -+++--+",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties",
)
def voteshare(P, w):
    """q = Σ_k w_k onehot(argmax p_k)."""
    return w @ largest(P)


@entry(
    formula="Σ w_k rank(p_k) / (C(C-1)/2)",
    source="Borda counts; standard",
    truth="+--- --- --- ------ -+++---",
    guarantees="-- -- --- --- -- -- -+--",
    note="ties share the mean of their ranks",
)
def borda(P, w):
    """q = Σ_k w_k r_k / (C(C−1)/2), r_ki = #{j: p_kj < p_ki} + ½ #{j ≠ i: p_kj = p_ki}."""
    C = P.shape[1]
    below = jnp.sum(P[:, :, None] > P[:, None, :], axis=2, dtype=P.dtype)
    up_to = jnp.sum(P[:, :, None] >= P[:, None, :], axis=2, dtype=P.dtype)
    rank = (below + up_to - 1) / 2
    return w @ rank / (C * (C - 1) // 2)


@entry(
    formula="the row of argmax w",
    source="a best-teacher gate; FuseLLM's MinCE is its version by cross-entropy",
    truth="++++ +-+ --- ++++-- +++++++",
    guarantees="-+ -+ --+ --+ -+ -+ -+++",
    note="ties",
)
def topteacher(P, w):
    """q = p_k for k = argmax w."""
    return largest(w) @ P


@entry(
    formula="the row of argmax w_k max p_k",
    source="a gate by confidence; standard",
    truth="++++ +-+ --- ++++-- -------",
    guarantees="-- -+ --+ --+ -+ -- -+--",
    note="ties; limits fails: the choice jumps as T moves (9:1 | 1:1, w = 2:3 switches at T = 2)",
)
def confteacher(P, w):
    """q = p_k for k = argmax_k w_k max_i p_ki."""
    return largest(w * jnp.max(P, axis=1)) @ P


@entry(
    formula="linear where JSD <= .02 nats, else the row of argmax w; JSD = H(Σ w_k p_k) - Σ w_k H(p_k)",
    source="code: a gate by Jensen-Shannon divergence in a distillation note",
    truth="++++ +-+ --- ------ ------+",
    guarantees="-- -+ --+ --+ -+ -- -+--",
    note="jumps at the threshold, along T too (9:1 | 1:9, w = 3:2 crosses it near T = 5.33); ties",
)
def jsdgate(P, w):
    """q = Σ_k w_k p_k where the teachers agree to JSD ≤ 0.02 nats, else p_k for k = argmax w."""
    m = w @ P
    JSD = entropy(m) - w @ entropy(P)
    return jnp.where(JSD <= 0.02, m, largest(w) @ P)
