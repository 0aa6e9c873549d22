"""Training losses, checked by the distribution that each of them pulls its student to."""

import jax
import jax.numpy as jnp

from axiomkd import operator


@operator(outputs="loss", inputs="logits", name="distilled", claims="strict")
def distilled(student, teachers, w, T):
    """Σ_k w_k T² KL(softmax(z_k/T)‖softmax(z/T)), as in most code: its target is the linear pool of the softened teachers."""
    log_s = jax.nn.log_softmax(student / T)
    log_p = jax.nn.log_softmax(teachers / T, axis=-1)
    return T**2 * jnp.sum(w * jnp.sum(jnp.exp(log_p) * (log_p - log_s), axis=-1))


@operator(outputs="loss", name="confident-teachers", weights="none")
def confident_teachers(student, teachers):
    """Cross-entropies, a teacher's share being the larger the less its entropy is."""
    entropy = -jnp.sum(jax.scipy.special.xlogy(teachers, teachers), axis=-1)
    share = jax.nn.softmax(-entropy)
    return -jnp.sum(share[:, None] * teachers * jax.nn.log_softmax(student))
