"""Wasserstein barycentres for labels in a fixed order 0 … C−1 at unit distance.

Knows cumulative sums and quantiles along that order; to permute the classes changes the aggregate.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import lower_weighted_median


@entry(
    formula="differences of the weighted median of the cumulative sums",
    source="the W1 barycentre on ordered labels; standard",
    truth="+++- +-+ --- ------ +----++",
    guarantees="-- -- --- --- -- -- ----",
    note="ordered labels; jumps in w",
)
def w1(P, w):
    """q_i = G_i − G_{i−1}, G_i the lower weighted median of F_ki = Σ_{j≤i} p_kj."""
    G = lower_weighted_median(jnp.cumsum(P, axis=1), w)
    return jnp.diff(G, prepend=0)


@entry(
    formula="the law of Σ w_k Q_k(u), u uniform, Q_k the quantiles of p_k; mass between two labels is split linearly",
    source="the W2 barycentre on ordered labels; standard",
    truth="++-- --+ +++ ------ +----++",
    guarantees="-- -- --- --- -- -- ?---",
    note="ordered labels",
    open="entropy-mean: between densities on a line the differential entropy is concave along the mean of the quantiles, but "
    "splitting the mass between two labels is no cut of such a density; no violation was found",
)
def w2(P, w):
    """q_i = ∫_0^1 (1 − |Q(u) − i|)_+ du with Q = Σ_k w_k Q_k, Q_k the quantile function of p_k on labels 0 … C−1.

    Q starts at 0 and rises by w_k at each u = F_k0 … F_k,C−2, so the sorted cuts give its steps.
    """
    C = P.shape[1]
    inner = jnp.cumsum(P, axis=1)[:, :-1]
    rise = jnp.broadcast_to(w[:, None], inner.shape)
    cut, rise = jax.lax.sort((inner.ravel(), rise.ravel()), num_keys=1)
    length = jnp.diff(cut, prepend=0, append=1)
    Q = jnp.concatenate([jnp.zeros_like(rise[:1]), jnp.cumsum(rise)])
    label = jnp.arange(C, dtype=P.dtype)
    share = jnp.maximum(0, 1 - jnp.abs(Q[:, None] - label[None, :]))
    return length @ share
