"""Means of other geometries: averaged log-odds, and the centroid of the Jeffreys divergence.

Knows each geometry's own coordinates; the Hölder family is in `pools`.
"""

import jax
import jax.numpy as jnp

from axiomkd.zoo.entry import entry
from axiomkd.zoo.simplex import all_but, normalised


@entry(
    formula="σ(Σ w_k logit p_k), normalised",
    source="the log-odds (Bregman) mean; standard",
    truth="++-- +-+ +-- ------ +----++",
    guarantees="-- -- -++ --- -- -- -+--",
    note="p_ki = 1 beside p_ji = 0; 0/0 where every class has a teacher at 0",
)
def logodds(P, w):
    """q_i ∝ σ(Σ_k w_k log(p_ki/(1 − p_ki))), with 1 − p_ki summed from the other classes."""
    return normalised(jax.nn.sigmoid(w @ (jnp.log(P) - jnp.log(all_but(P)))))


@entry(
    formula="argmin_q Σ w_k J(q, p_k), J(q, p) = Σ (q_i - p_i) log(q_i/p_i); q_i = a_i / W(a_i/g_i e^(1+λ))",
    source="Nielsen 2013, the Jeffreys centroid by the Lambert W function",
    truth="++-- +-+ +-- ??---- +----++",
    guarantees="-- -- -++ --- -- -- -+--",
    note="zeros: q_i = 0 where a teacher of weight has p_ki = 0; 0/0 where that is every class",
    open="pull and responsive: it is no mean class by class once the multiplier λ moves with w, so that the lemma that settles the "
    "other means does not speak of it; no violation found by climbing",
)
def jeffreys(P, w):
    """q = argmin_q Σ_k w_k Σ_i (q_i − p_ki) log(q_i/p_ki), by Newton steps accurate to about 1e-14.

    With a = Σ w_k p_k and g the logarithmic pool the minimiser is q_i = a_i/x_i, x_i + log x_i = log(a_i/g_i) + c, for
    the c ≤ 1 that makes Σ q_i = 1. log Σ a_i/x_i falls and is convex in c, so Newton's method converges from c = 1.
    """
    w_column = w[:, None]
    log_g = jax.nn.log_softmax(jnp.sum(w_column * jnp.log(jnp.where(w_column > 0, P, 1)), axis=0))
    alive = jnp.all((P > 0) | (w_column == 0), axis=0)
    a = jnp.where(alive, w @ P, 0)
    log_a = jnp.log(jnp.where(alive, a, 1))
    log_ratio = jnp.where(alive, log_a - log_g, 0)

    def newton(_, c):
        x = wright_omega(log_ratio + c)
        total, slope = jnp.sum(a / x), -jnp.sum(a / (x * (1 + x)))
        return c - jnp.log(total) * total / slope

    c = jax.lax.fori_loop(0, 12, newton, jnp.ones_like(w[0]))
    return normalised(a / wright_omega(log_ratio + c))


def wright_omega(s):
    """The x > 0 with x + log x = s (which is W(e^s)), by Newton steps from e^s or from s."""
    x = jnp.where(s > 1, s, jnp.exp(jnp.minimum(s, 1)))
    for _ in range(6):
        x = x * (1 + s - jnp.log(x)) / (1 + x)
    return x
