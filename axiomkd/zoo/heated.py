"""Pools that soften their teachers themselves, with a temperature for each: the linear and the logarithmic one.

At Ts = 1 they are those of `pools`, and so they are when called without Ts.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import normalised


def column(Ts, w):
    """Ts (K,), or one number for all, as a column (K, 1)."""
    return jnp.broadcast_to(jnp.asarray(Ts, w.dtype), w.shape)[:, None]


@entry(
    formula="Σ w_k S_{t_k}(p_k)",
    source="the linear pool with a temperature for each teacher; standard",
    truth="++++ +++ +++ ++++++ ++---++",
    guarantees="++ ++ +++ +++ ++ ++ +++-",
    note="takes Ts",
)
def linear_ts(P, w, Ts=1.0):
    """q = Σ_k w_k S_{t_k}(p_k), S_t(p)_i ∝ p_i^{1/t}."""
    return w @ normalised(P ** (1 / column(Ts, w)))


@entry(
    formula="∏ p_k^{w_k/t_k}, normalised",
    source="the logarithmic pool with a temperature for each teacher; standard",
    truth="++-- +-+ +-- ++---- +-+++++",
    guarantees="-- -- -++ --- -- -- -+-+",
    note="takes Ts; 0^0 where w_k = 0 meets p_ki = 0; 0/0 where the supports are disjoint",
)
def log_ts(P, w, Ts=1.0):
    """q_i ∝ ∏_k p_ki^{w_k/t_k}: the softmax of the averaged logits, each teacher's divided by its temperature."""
    return jax.nn.softmax(w @ (jnp.log(P) / column(Ts, w)))
