"""A function A(P, w[, T]) called as its author calls it: arrays in, a vector of float64 out. It imports nothing of this package."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

FINE, COARSE = 2.0**-52, 2.0**-7  # eps of float64, of bfloat16
_OUTSIDE = re.compile(r"\b(?:pure|io|debug)_callback\b")
_NARROW = re.compile(rf"\b(?:b?f16|f32|f8\w*|c64)\[|{_OUTSIDE.pattern}")
_QUICK = {"xla_backend_optimization_level": 0}  # what runs six times need not run fast


@dataclass(frozen=True)
class Way:
    """How a function is called. `temperature`: "T", "Ts" for one a teacher, "" for none."""

    inputs: str = "probabilities"
    outputs: str = "probabilities"
    backend: str | None = None
    temperature: str = ""


def temperature_of(fn: Callable[..., Any]) -> str:
    """The parameter that takes the temperature, "" where there is none."""
    try:
        names = set(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        return ""
    return "T" if "T" in names else "Ts" if "Ts" in names else ""


class Call:
    """A function with the kind of array that it takes: the first of JAX's and NumPy's with which a call comes back."""

    def __init__(self, fn: Callable[..., Any], way: Way) -> None:
        self._fn, self.way = fn, way
        self._array: Callable[[np.ndarray], Any] | None = np.array if way.backend == "numpy" else None
        self._eps: float | None = None
        self._made: dict[tuple[int, ...], tuple[Callable[..., Any], float]] = {}

    def __call__(self, P: np.ndarray, w: np.ndarray, T: float | None) -> tuple[np.ndarray, float]:
        """The aggregate (C,) at P (K, C) and w (K,), and the eps of its type of numbers. Raises what the function does."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            q = self._raw(np.log(P) if self.way.inputs != "probabilities" else P, w, T)
            value = _probabilities(np.asarray(q).astype(float), self.way.outputs)
        if value.shape != P.shape[1:]:
            raise ValueError(f"a result of shape {value.shape}")
        if self._eps is None:
            self._eps = self._coarsest(P, w)
        return value, self._eps

    def _raw(self, P: np.ndarray, w: np.ndarray, T: float | None) -> Any:
        if self._array is not None:
            return self._with(self._array, P, w, T)
        import jax.numpy as jnp

        try:
            q, self._array = self._with(jnp.asarray, P, w, T), jnp.asarray
        except Exception:
            q, self._array = self._with(np.array, P, w, T), np.array
        return q

    def many(self, P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> tuple[np.ndarray, float]:
        """The aggregates (B, C) at P (B, K, C), w (B, K) and T (B,), and the coarsest eps: compiled at once where JAX can, which
        costs less than each of its operations alone; else one by one. Raises what the function does."""
        if self.way.backend != "numpy":
            try:
                return self._compiled(P, w, T)
            except Exception:  # whatever there is against it: as it is then
                pass
        each = [self(P[n].copy(), w[n].copy(), None if T is None else float(T[n])) for n in range(len(P))]
        return np.stack([q for q, _ in each]), max(eps for _, eps in each)

    def _compiled(self, P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> tuple[np.ndarray, float]:
        given = [np.log(P) if self.way.inputs != "probabilities" else P, w]
        if self.way.temperature:
            given.append(np.ones(len(P)) if T is None else T)
        if P.shape not in self._made:
            self._made[P.shape] = self._make(given)
        call, eps = self._made[P.shape]
        q = np.asarray(call(*given)).astype(float)
        if q.shape != (len(P), P.shape[2]):
            raise ValueError(f"a result of shape {q.shape}")
        return np.stack([_probabilities(one, self.way.outputs) for one in q]), eps

    def _make(self, given: list[np.ndarray]) -> tuple[Callable[..., Any], float]:
        import jax
        import jax.numpy as jnp

        def one(P: Any, w: Any, T: Any = None) -> Any:
            return jnp.asarray(self._with(jnp.asarray, P, w, T))

        traced = jax.jit(jax.vmap(one)).trace(*given)
        text = str(traced.jaxpr)
        if _OUTSIDE.search(text):
            raise ValueError("it leaves the trace")
        options: Any = _QUICK if jax.default_backend() == "cpu" else None
        return traced.lower().compile(options), FINE if not _NARROW.search(text) else COARSE

    def _coarsest(self, P: np.ndarray, w: np.ndarray) -> float:
        """The eps of its coarsest step, so far as a trace shows that; of what none can be made, that of half precision."""
        import jax
        import jax.numpy as jnp

        try:
            trace = str(jax.make_jaxpr(lambda P, w: self._with(jnp.asarray, P, w, None))(P, w))
        except Exception:
            return COARSE
        return FINE if not _NARROW.search(trace) else COARSE

    def _with(self, array: Callable[[np.ndarray], Any], P: np.ndarray, w: np.ndarray, T: float | None) -> Any:
        more: dict[str, Any] = {}
        if self.way.temperature:
            now = 1.0 if T is None else T
            more = {self.way.temperature: now if self.way.temperature == "T" else array(np.full(w.shape[0], now))}
        return self._fn(array(P), array(w), **more)


def _probabilities(q: np.ndarray, outputs: str) -> np.ndarray:
    if outputs == "logits":
        raised = np.exp(q - np.max(q))
        return raised / np.sum(raised)
    return np.exp(q) if outputs == "log-probabilities" else q
