"""A PyTorch operator under one roof: on numbers it is the user's function, under JAX's tracing its translation.

Every trace runs the user's function anew, as JAX's own do: what it reads from outside, and a branch on a size, show as they do
there. Whether the two agree is not asked here (`held`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

import jax.numpy as jnp
import numpy as np
import torch
from jax.core import Tracer

from axiomkd.core.layout import batch, student
from axiomkd.core.operator import EACH
from axiomkd.operators.language import Translated
from axiomkd.operators.skewed import skewed
from axiomkd.operators.torch.calling import Calling, defaults
from axiomkd.operators.torch.recording import Drawn, record
from axiomkd.tracing.aten.graph import Graph, Untranslated
from axiomkd.tracing.aten.interpret import run


def _itself(fn: Any) -> Any:
    return fn


class Twin(Translated):
    """A(P, w[, T=…]) of PyTorch. `why` says why it is not translated, "" where it is."""

    def __init__(self, fn: Callable[..., Any], takes_temperature: bool) -> None:
        self.__wrapped__ = self.inner = fn
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)
        self.takes_temperature = takes_temperature
        self.why = ""
        self.called = Calling(fn)
        self._remembered: set[Any] = set()

    def around(self, fn: Callable[..., Any]) -> Twin:
        """The twin of another function of the same temperature: of this one, called in another layout."""
        return Twin(fn, self.takes_temperature)

    @cached_property
    def _recorded(self) -> Calling:
        """A copy of its own for recordings: what they leave in a module is not in the one that is called."""
        return Calling(self.__wrapped__)

    def _record(self, K: Any, C: Any, named: dict[str, Any], *, loss: bool = False) -> Graph:
        """The graph at K and C, of the loss where it is one. Raises Untranslated."""
        by = student if loss else _itself
        sizes = tuple(n if isinstance(n, int) else None for n in (K, C))
        each = any(jnp.ndim(x) for x in named.values())
        if None not in sizes:
            self._remember(by, (K, C), {name: np.ones(jnp.shape(x)) for name, x in named.items()}, loss=loss)
        return record(by(self._recorded.fn), sizes, tuple(named), each=each, student=loss)

    def _remember(self, by: Any, sizes: tuple[int, int], named: dict[str, Any], *, loss: bool) -> None:
        """Call the function with numbers once a size: tensors that it remembers by their sizes have values then, and not what a
        recording would leave to all later calls."""
        key = (*sizes, *named, loss)
        if key in self._remembered:
            return
        self._remembered.add(key)
        P, w = (x[0] for x in skewed(*sizes))
        before = (np.log(P[0]),) if loss else ()
        with suppress(Exception, SystemExit):  # it is told elsewhere what it raises
            self._recorded(*before, P, w, by=by, **named)

    def __call__(self, P: Any, w: Any, **named: Any) -> Any:
        args = (P, w, *named.values())
        if any(isinstance(x, Tracer) for x in args):
            return self._translated(P, w, named)
        if any(isinstance(x, torch.Tensor) for x in args):
            with defaults():
                return self.called.fn(P, w, **named)
        if any(isinstance(x, np.ndarray) and x.dtype.hasobject for x in args):
            raise Untranslated(self.why or "PyTorch has no exact numbers")
        return self.called(P, w, **named)

    def _translated(self, P: Any, w: Any, named: dict[str, Any]) -> Any:
        if self.why:
            raise Untranslated(self.why)
        K, C = P.shape
        graph = self._record(K, C, named)
        return run(graph, [jnp.asarray(x, jnp.float64) for x in (P, w, *named.values())], K, C)

    def loss(self, z: Any, P: Any, w: Any, **named: Any) -> Any:
        """Of a loss: its value at a student's logits z (C,), a scalar; traced, its translation."""
        if not any(isinstance(x, Tracer) for x in (z, P, w, *named.values())):
            return self.called(z, P, w, by=student, **named)
        K, C = P.shape
        graph = self._record(K, C, named, loss=True)
        return run(graph, [jnp.asarray(x, jnp.float64) for x in (z, P, w, *named.values())], K, C)

    def losses(self, z: np.ndarray, P: np.ndarray, w: np.ndarray, **named: Any) -> Any:
        """Of a loss: its value at a batch, z (B, C), P (B, K, C), w (B, K)."""
        return self.called(z, P, w, by=partial(student, of="losses"), **named)

    def each(self, z: np.ndarray, P: np.ndarray, w: np.ndarray, **named: Any) -> Any:
        """Of a loss: its values at many students z (n, C) of one panel, by `torch.func.vmap`."""

        def by(fn: Any) -> Any:
            loss = student(fn)
            return lambda z, P, w, **named: torch.func.vmap(lambda one: loss(one, P, w, **named))(z)

        return self.called(z, P, w, by=by, **named)

    def batch(self, P: np.ndarray, w: np.ndarray, **named: Any) -> Any:
        """A function that takes batches, on one: P (B, K, C), w (B, K)."""
        return self.called(P, w, by=batch, **named)

    def many(self, P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> np.ndarray:
        """The function on a batch by `torch.func.vmap`; T is (B,), or (B, K) of one a teacher."""
        return self.called.many(P, w, T, EACH if T is not None and T.ndim == 2 else "T")

    def random(self, K: int, C: int) -> str:
        """What draws random numbers in it, with its line; "" where nothing does."""
        try:
            record(self._recorded.fn, (K, C), ("T",) if self.takes_temperature else ())
        except Drawn as e:
            return str(e)
        except Untranslated:
            return "it draws random numbers" if self.called.drawn else ""
        return ""
