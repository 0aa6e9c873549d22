"""The temperature as the user's function takes it: not at all, one T, or one for each teacher.

Everything else passes one T, or a vector of K where one teacher's alone moves; here it becomes an argument. Knows no softener.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.core.operator import EACH, ONE, Operator
from axiomkd.operators.backends.array import exact_array
from axiomkd.operators.backends.scalar import scalars
from axiomkd.tracing.arrays import full


def temperature(operator: Operator, T: Any, P: Any) -> dict[str, Any]:
    """The argument beside P (K, C) and w: none where T is None. One T goes to all of Ts; a T with axes goes as it is."""
    if T is None or not operator.each_temperature:
        return {} if T is None else {ONE: T}
    if np.ndim(T):
        return {EACH: T}
    K = P.shape[0]
    return {EACH: np.full((K,), T) if isinstance(P, np.ndarray) else jnp.broadcast_to(jnp.asarray(T), (K,))}


def exact_temperature(operator: Operator, T: Any, K: int) -> dict[str, Any]:
    """The same of exact numbers: T is one, or an object array of K."""
    if T is None or not operator.each_temperature:
        return {} if T is None else {ONE: scalars(np.array(T, dtype=object))[()]}
    return {EACH: exact_array(T if np.ndim(T) else full((K,), T))}


def trailing(operator: Operator, T: Any, K: int) -> Any:
    """Temperatures of a batch, (B,) or (B, K), for a function that gets P as (K, C, B)."""
    if T is None or not operator.each_temperature:
        return T
    return T.T.copy() if np.ndim(T) == 2 else np.repeat(T[None], K, axis=0)


def leading(operator: Operator, T: Any, K: int, *, rows: bool = False) -> Any:
    """The same for one that gets P as (B, K, C), and w as (B, K), or as (B, 1, K) with `rows`."""
    if T is None:
        return None
    if not operator.each_temperature:
        return T[:, None, None]
    each = T.copy() if np.ndim(T) == 2 else np.repeat(T[:, None], K, axis=1)
    return each[:, None] if rows else each
