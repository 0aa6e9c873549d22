"""Signals: where a fault is asleep and where it is awake, seen as numbers, truth values and arrays.

A signal sleeps at small sizes, or away from a thin region, and is awake beyond; it knows no primitive that may hide it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

EDGE = {"P": 0.98, "w": 0.002}  # p_k0 above for every teacher, w_k below for all but the first
CLASSES = (3, 5, 6, 8, 13, 20, 40, 41, 63, 100, 126, 130, 200, 254, 260, 300, 511, 600, 700, 900)
TEACHERS = (3, 5, 6, 8, 12, 17, 32, 60)


@dataclass(frozen=True)
class Signal:
    """`axis`: "C" or "K", awake where that axis is longer than `n`; "P" or "w", awake in a thin region of that argument."""

    axis: str
    n: int

    @property
    def sized(self) -> bool:
        return self.axis in "KC"

    def length(self, P):
        """The axis' length as a real number."""
        return jnp.sum(jnp.ones_like(P[0] if self.axis == "C" else P[:, 0]))

    def signed(self, P, w):
        """A number: positive asleep, negative awake, never 0 at a size."""
        if self.sized:
            return self.n + 0.5 - self.length(P)
        return EDGE["P"] - jnp.min(P[:, 0]) if self.axis == "P" else jnp.min(w) - EDGE["w"]

    def flags(self, P, w):
        """Truth values: all false asleep; awake at least two are true."""
        if self.sized:
            return jnp.arange(P.shape[1] if self.axis == "C" else P.shape[0]) >= self.n
        return P[:, 0] > EDGE["P"] if self.axis == "P" else w < EDGE["w"]

    def excess(self, P, w):
        """An array of non-negative numbers, all 0 asleep; awake at least two are positive, of the order of 1."""
        if self.sized:
            return jnp.maximum(jnp.arange(P.shape[1] if self.axis == "C" else P.shape[0]) - (self.n - 1.0), 0.0)
        if self.axis == "P":
            return jnp.maximum(P[:, 0] - EDGE["P"], 0.0) * 100
        return jnp.maximum(EDGE["w"] - w, 0.0) * 1000

    def size(self) -> tuple[int, int]:
        """(K, C) at which it can be awake: three past the threshold."""
        return {"C": (2, self.n + 3), "K": (self.n + 3, 3), "P": (3, 4), "w": (4, 3)}[self.axis]

    def moved(self, P: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The point, moved to where it is awake: rows and weights keep their sums, and stay interior."""
        if self.axis == "P":
            P = P * (0.008 / P[:, 1:].sum(1, keepdims=True))
            P[:, 0] = 0.992
        if self.axis == "w":
            w = w * (0.0015 / w[1:].sum())
            w[0] = 1 - w[1:].sum()
        return P, w


def drawn(rng: random.Random) -> Signal:
    axis = rng.choice("CCCKKPw")
    return Signal(axis, rng.choice(CLASSES if axis == "C" else TEACHERS) if axis in "CK" else 0)
