"""The floating point formats: their rounding and their range. It knows numbers about numbers, and no operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class Width:
    """`eps`: from 1 to the next number; `tiny`: the smallest normal number; `least`: the smallest above 0."""

    name: str
    dtype: Any
    eps: float
    tiny: float
    least: float

    @property
    def unit(self) -> float:
        """The largest relative error of rounding once."""
        return self.eps / 2

    def half_spacing(self, x: np.ndarray) -> np.ndarray:
        """What rounding each number once may change it by: half the distance to the next one."""
        exponent = np.floor(np.log2(np.maximum(np.abs(x), self.tiny)))
        return np.maximum(self.eps * 2.0**exponent, self.least) / 2

    def coarser(self, other: Width) -> Width:
        """The coarser and narrower of two, each in its own way."""
        return Width(
            self.name,
            self.dtype,
            max(self.eps, other.eps),
            max(self.tiny, other.tiny),
            max(self.least, other.least),
        )


@cache
def width(name: str) -> Width:
    """The format of a dtype's name."""
    info = jnp.finfo(name)
    return Width(name, np.dtype(name), float(info.eps), float(info.tiny), float(info.smallest_subnormal))


def of_result(q: Any) -> Width | None:
    """The format of a result's numbers; None where they are no floats of a format that is audited."""
    name = str(getattr(q, "dtype", ""))
    return width(name) if name in ("float64", "float32", "bfloat16", "float16") else None
