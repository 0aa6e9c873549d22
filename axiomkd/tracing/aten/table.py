"""The table of aten operations: a row each, a function of JAX arrays under the names of the operation's own arguments.

A row gets `to`, what torch says the result is, and returns an array of that dtype, or a tuple for several results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

ROWS: dict[str, Callable[..., Any]] = {}
OPEN = "which of equal entries `{}` names is left open by PyTorch"


class NoRow(Exception):
    """The operation, or what is asked of it, has no row; the text says what."""


@dataclass(frozen=True)
class To:
    """What an operation makes: the shape and dtype of each result, and which of them are used."""

    shapes: tuple[tuple[Any, ...], ...]
    dtypes: tuple[Any, ...]
    used: tuple[bool, ...]

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.shapes[0]

    @property
    def dtype(self) -> Any:
        return self.dtypes[0]


def row(*names: str) -> Callable[[Callable], Callable]:
    """Enter a function into the table under the names of operations."""

    def enter(fn: Callable) -> Callable:
        for name in names:
            if name in ROWS:
                raise ValueError(f"two rows for {name}")
            ROWS[name] = fn
        return fn

    return enter


def is_array(x: Any) -> bool:
    return isinstance(x, jax.Array)


def cast(x: Any, dtype: Any) -> Any:
    """An array in that dtype; a Python number as it is: JAX gives it the dtype of what it meets."""
    if is_array(x):
        return x if x.dtype == dtype else x.astype(dtype)
    return x


def array(x: Any, dtype: Any) -> jax.Array:
    """An array or a number as an array of that dtype."""
    return x.astype(dtype) if is_array(x) else jnp.asarray(x, dtype)


def axes(dim: Any) -> tuple[int, ...] | None:
    """Axes as jnp takes them: None and [] mean all."""
    if dim is None:
        return None
    found = tuple(dim) if isinstance(dim, Sequence) else (dim,)
    return found or None


def unless(condition: bool, what: str) -> None:
    """Raise NoRow where the condition holds."""
    if condition:
        raise NoRow(what)
