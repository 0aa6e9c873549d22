"""Pools of known truth, computed in half, single, double and long double precision, by NumPy and by JAX, opaque and not.

The truth is the zoo's; rounding must change nothing of it. What a pool is made of is drawn from one seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import ml_dtypes
import numpy as np

from axiomkd.core.operator import Operator, describe
from axiomkd.zoo import ENTRIES


def _share(v):
    return v / v.sum()


def _xlogx(P):
    return np.where(P > 0, P * np.log(np.where(P > 0, P, 1)), 0)


NUMPY: dict[str, Callable] = {
    "linear": lambda P, w: w @ P,
    "wsq": lambda P, w: _share(w**2) @ P,
    "mean": lambda P, w: P.mean(0),
    "max_all": lambda P, w: _share(P.max(0)),
    "wmax": lambda P, w: _share((w[:, None] * P).max(0)),
    "min_all": lambda P, w: _share(P.min(0)),
    "umedian": lambda P, w: _share(np.median(P, 0)),
    "power2": lambda P, w: _share(np.sqrt(w @ P**2)),
    "softmax5": lambda P, w: _share(np.exp(5 * w)) @ P,
    "topteacher": lambda P, w: P[np.argmax(w)],
    "entropyw": lambda P, w: _share(w * np.exp(_xlogx(P).sum(1))) @ P,
    "voteshare": lambda P, w: w @ np.eye(P.shape[1])[P.argmax(1)],
}
"""Zoo name -> the same pool in NumPy, which keeps the dtype that it is given."""

HOWS: dict[str, Callable] = {
    "as it is": lambda A: A,
    "a loop over classes": lambda A: lambda P, w: np.array([x for x in A(P, w)]),
    "normalised again": lambda A: lambda P, w: _share(A(P, w)),
    "through logarithms": lambda A: lambda P, w: np.exp(np.log(np.maximum(A(P, w), 0))),
    "through Fourier": lambda A: lambda P, w: np.real(np.fft.ifft(np.fft.fft(A(P, w)))),
    "rounded half-way": lambda A: lambda P, w: A(P, w).astype(np.float32),
    "there and back": lambda A: lambda P, w: A(P, w).astype(np.float16).astype(np.float64),
    "plus one and back": lambda A: lambda P, w: (A(P, w) + 1) - 1,
    "plus a million and back": lambda A: lambda P, w: (A(P, w) + 2**20) - 2**20,
    "times a small number and back": lambda A: lambda P, w: (A(P, w) * 1e-3) / 1e-3,
}
DTYPES: dict[str, type] = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
    "longdouble": np.longdouble,
}


@dataclass(frozen=True)
class Pool:
    """An operator, and its truth: reading -> True, False, or None where it is not known."""

    seed: int
    told: str
    operator: Operator
    truth: Mapping[str, bool | None]


def made(seed: int) -> Pool:
    """A NumPy pool in some precision."""
    rng = random.Random(seed)
    name, how, dtype = rng.choice(list(NUMPY)), rng.choice(list(HOWS)), rng.choice(list(DTYPES))
    opaque, back = rng.random() < 0.5, rng.random() < 0.5
    if dtype == "float16" and how == "plus a million and back":
        how = "plus one and back"  # a million is inf there, and nothing comes back
    A, d = HOWS[how](NUMPY[name]), DTYPES[dtype]

    def cast(x):
        return np.vectorize(float, otypes=[float])(x).astype(d) if opaque else np.asarray(x).astype(d)

    def operator(P, w):
        q = A(cast(P), cast(w))
        return q.astype(np.float64) if back else q

    told = (
        f"seed {seed}: {name} in {dtype}, {how}{', opaque' if opaque else ''}{', returned in float64' if back else ''}"
    )
    entry = ENTRIES[name]
    return Pool(seed, told, describe(operator, name=name, K=entry.K, C=entry.C, backend="numpy"), entry.truth)


def of_zoo(name: str, dtype: str, numpy: bool) -> Pool:
    """A zoo operator in some precision: as JAX code, or opaque, called with NumPy arrays."""
    entry = ENTRIES[name]
    d = {"float16": jnp.float16, "bfloat16": jnp.bfloat16, "float32": jnp.float32, "float64": jnp.float64}[dtype]

    def jaxed(P, w):
        return entry.fn(jnp.asarray(P).astype(d), jnp.asarray(w).astype(d))

    def opaque(P, w):
        P, w = (np.vectorize(float, otypes=[float])(x) for x in (P, w))
        return np.asarray(entry.fn(jnp.asarray(P, d), jnp.asarray(w, d)))

    fn, backend = (opaque, "numpy") if numpy else (jaxed, "jax")
    one = describe(fn, name=name, K=entry.K, C=entry.C, backend=backend)
    return Pool(0, f"zoo:{name} in {dtype}{', opaque' if numpy else ''}", one, entry.truth)
