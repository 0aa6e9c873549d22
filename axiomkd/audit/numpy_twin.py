"""A NumPy function traced as if it were JAX: the same code with `numpy` read as `jax.numpy`, where the two agree.

It serves to try a stable form of the code, and never to say what the code itself does.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy
import jax.scipy.special
import numpy as np

from axiomkd.core.layout import Panel
from axiomkd.core.operator import Operator
from axiomkd.operators.heat import temperature

TWINS = {"numpy": jnp, "scipy.special": jax.scipy.special, "scipy": jax.scipy}
CLOSE = 1e-10


class NoTwin(Exception):
    """The code does not run on JAX's arrays, or is another function there."""


def traced(operator: Operator, K: int, C: int, with_T: bool) -> Any:
    """The jaxpr of the function's twin at a size. Raises NoTwin, and what tracing raises."""
    fn = _twin(operator.fn)

    def written(P: Any, w: Any, T: Any = None) -> Any:
        q = jnp.asarray(fn(P, w, **temperature(operator, T, P)))
        if operator.outputs == "logits":
            return jax.nn.softmax(q)
        return jnp.exp(q) if operator.outputs == "log-probabilities" else q

    shapes = [(K, C), (K,), *([()] if with_T else [])]
    closed = jax.make_jaxpr(written)(*(jax.ShapeDtypeStruct(one, jnp.float64) for one in shapes))
    rng = np.random.default_rng(3)
    P, w = rng.dirichlet(np.ones(C), K), rng.dirichlet(np.ones(K))
    now = 2.0 if with_T else None
    own = np.asarray(operator.fn(P.copy(), w.copy(), **temperature(operator, now, P)), float)
    other = np.asarray(fn(jnp.asarray(P), jnp.asarray(w), **temperature(operator, now, jnp.asarray(P))), float)
    if own.shape != other.shape or not np.allclose(own, other, rtol=CLOSE, atol=CLOSE):
        raise NoTwin
    return closed


def _twin(fn: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(fn, partial):
        return partial(_twin(fn.func), *fn.args, **fn.keywords)
    if isinstance(fn, Panel):
        return replace(fn, written=_twin(fn.written))
    if hasattr(fn, "around"):  # a wrapper that says how to wrap another function
        return fn.around(_twin(fn.inner))  # type: ignore[attr-defined]
    if not isinstance(fn, types.FunctionType):
        raise NoTwin
    seen = {name: _replaced(value) for name, value in fn.__globals__.items()}
    made = types.FunctionType(fn.__code__, seen, fn.__name__, fn.__defaults__, fn.__closure__)
    made.__kwdefaults__ = fn.__kwdefaults__
    return made


def _replaced(value: Any) -> Any:
    """A module of NumPy's or SciPy's, or a function of one, as JAX has it."""
    if isinstance(value, types.ModuleType):
        return TWINS.get(value.__name__, value)
    home = str(getattr(value, "__module__", ""))
    if isinstance(value, np.ufunc) or home.startswith("scipy.special"):
        return getattr(jax.scipy.special, value.__name__, getattr(jnp, value.__name__, value))
    return value
