"""A NumPy operator, written for one panel (K, C) as it usually is: no batch axis, no JAX.

The pool trusts a teacher by its length ‖p_k‖₂: 1 for a row that is sure, 1/√C for one that is uniform.
"""

import numpy as np

from axiomkd import operator


@operator(name="numpy-pool")
def numpy_pool(P, w):
    """q = Σ_k v_k p_k with v_k ∝ w_k ‖p_k‖₂."""
    v = w * np.sqrt(np.sum(P**2, axis=1))
    v = v / np.sum(v)
    return np.sum(v[:, None] * P, axis=0)
