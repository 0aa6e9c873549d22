"""A PyTorch function or module called for real: on float64 tensors, in eval mode, without leaving a trace in the process.

The global generator, the default dtype and the user's module are as they were afterwards. It knows nothing of translations.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor

from axiomkd.core.layout import Panel
from axiomkd.operators import returned
from axiomkd.operators.torch.widening import Widening

SEED = 20_240_229  # of the numbers that an operator draws: any, and the same in every run


def prepared(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, or a copy of a module (or of a method's) in eval mode, parameters and buffers in float64."""
    if isinstance(fn, partial):
        return partial(prepared(fn.func), *fn.args, **fn.keywords)
    if isinstance(fn, Panel):
        return replace(fn, written=prepared(fn.written))
    if hasattr(fn, "around"):  # a wrapper that says how to wrap another function
        return fn.around(prepared(fn.inner))  # type: ignore[attr-defined]
    if isinstance(fn, torch.nn.Module):
        return _copied(fn)
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, torch.nn.Module) and hasattr(fn, "__func__"):
        return fn.__func__.__get__(_copied(owner))
    return fn


def _copied(module: torch.nn.Module) -> torch.nn.Module:
    made = copy.deepcopy(module).cpu().eval()
    with torch.no_grad():
        return made.double()


class Calling:
    """Calls a function on NumPy arrays through tensors. `fn` is the user's, prepared; `drawn` says whether a call has used the
    generator."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = prepared(fn)
        self.drawn = False
        self._state: Any = None

    def __call__(self, *args: Any, by: Callable[[Any], Any] = lambda fn: fn, **named: Any) -> np.ndarray | Any:
        """The result as a float array, or what was returned in place of a tensor. The tensors share the arrays' memory, so that
        what the function does to its inputs is seen in them."""
        with self._own_generator(), defaults(), torch.no_grad(), Widening():
            q = by(self.fn)(*map(tensor, args), **{name: tensor(x) for name, x in named.items()})
        return plain(q)

    def many(self, P: np.ndarray, w: np.ndarray, T: np.ndarray | None, name: str) -> np.ndarray:
        """The same on a batch by `torch.func.vmap`: P (B, K, C), w (B, K), T (B,) or (B, K)."""

        def one(P: Any, w: Any, *T: Any) -> Any:
            return self.fn(P, w, **dict(zip((name,), T, strict=False)))

        with self._own_generator(), defaults(), torch.no_grad(), Widening():
            return plain(torch.func.vmap(one)(*(tensor(np.array(x)) for x in (P, w, T) if x is not None)))

    @contextmanager
    def _own_generator(self) -> Iterator[None]:
        before = torch.get_rng_state()
        if self._state is None:
            torch.manual_seed(SEED)
            self._state = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            yield
        finally:
            after = torch.get_rng_state()
            self.drawn |= not torch.equal(after, self._state)
            self._state = after
            torch.set_rng_state(before)


@contextmanager
def defaults() -> Iterator[None]:
    """What is made without a dtype is float64, as the inputs are; a user's own run has both in float32."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def tensor(x: Any) -> Any:
    """A float64 tensor of an array's memory, where that can be written to; what is no array as it is."""
    if isinstance(x, torch.Tensor):
        return x
    if isinstance(x, float | int | np.generic) and not isinstance(x, bool):
        return torch.tensor(float(x), dtype=torch.float64)
    found = np.asarray(x)
    if found.dtype != np.float64 or not found.flags.writeable or any(s < 0 for s in found.strides):
        found = np.array(found, dtype=np.float64)
    return torch.from_numpy(found)


def plain(q: Any) -> Any:
    """A tensor as a NumPy array of its own; anything else as it is. Raises NoArray where it holds what a recording left."""
    if isinstance(q, FakeTensor) or isinstance(q, torch.Tensor) and q.is_meta:
        raise returned.NoArray(returned.STATE)
    if not isinstance(q, torch.Tensor):
        return q
    if q.dtype == torch.bfloat16:  # NumPy has none, but for the one that JAX brings
        return q.detach().cpu().contiguous().view(torch.int16).numpy().copy().view(jnp.bfloat16)
    return q.detach().resolve_conj().resolve_neg().cpu().numpy().copy()
