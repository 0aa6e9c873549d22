"""Average the teachers' logits, then take one softmax: the logarithmic pool as most training code has it.

The function gets logits (log-probabilities up to a constant a row) and knows nothing of probabilities.
"""

import jax

from axiomkd import operator


@operator(inputs="logits")
def averaged_logits(logits, w):
    """q = softmax(Σ_k w_k z_k) for logits z of shape (K, C) and weights w of shape (K,)."""
    return jax.nn.softmax(w @ logits)
