"""A PyTorch function written down as a list of aten operations at one size, or at symbolic sizes. Values only; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from axiomkd.tracing.walk import Unsupported


class Untranslated(Unsupported):
    """Why a PyTorch function has no other spelling, as a sentence about it, with the user's line where it is known."""

    def __init__(self, sentence: str, where: str | None = None):
        super().__init__(sentence, where)

    def __str__(self) -> str:
        return f"{self.primitive} ({self.where})" if self.where else self.primitive


@dataclass(frozen=True)
class Ref:
    """The value of that number in a graph."""

    number: int


@dataclass(frozen=True)
class Size:
    """A number made of sizes: `op` is "K", "C" or a name of ARITHMETIC, `parts` are Sizes and numbers."""

    op: str
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Meta:
    """Shape and dtype of a tensor, as torch says them."""

    shape: tuple[int | Size, ...]
    dtype: str


@dataclass(frozen=True)
class Node:
    """An operation: `op` is its name without overload, `args` are by the names of its schema, `outputs` the values it makes."""

    op: str
    args: Mapping[str, Any]
    outputs: tuple[int, ...]
    metas: tuple[Meta, ...]
    where: str | None = None


@dataclass(frozen=True)
class Graph:
    """`inputs` are the values of P, w and perhaps T, `constants` those of tensors from outside (parameters, globals)."""

    inputs: tuple[int, ...]
    constants: Mapping[int, tuple[np.ndarray, str]]
    nodes: tuple[Node, ...]
    output: int


ARITHMETIC = {
    "+": lambda *x: sum(x[1:], x[0]),
    "*": lambda *x: _product(x),
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
}


def _product(factors: tuple[Any, ...]) -> Any:
    out = factors[0]
    for one in factors[1:]:
        out = out * one
    return out


def number(x: Any, K: Any, C: Any) -> Any:
    """A Size with sizes of JAX's in it, or a number as it is. Sizes are computed with and never compared."""
    if not isinstance(x, Size):
        return x
    if x.op in ("K", "C"):
        return K if x.op == "K" else C
    return ARITHMETIC[x.op](*(number(one, K, C) for one in x.parts))
