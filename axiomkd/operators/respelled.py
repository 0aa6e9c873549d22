"""A NumPy function with `jax.numpy` in the place of `numpy`, and so the functions that it calls by name.

It is another function, until somebody has held it against the user's. It calls nothing.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np


def respelled(fn: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function with NumPy's names standing for JAX's, and so the functions that it calls by name."""
    if isinstance(fn, partial):
        inner = respelled(fn.func)
        return None if inner is None else partial(inner, *fn.args, **fn.keywords)
    if not isinstance(fn, types.FunctionType):
        return None
    return _function(fn, {})


def _function(fn: types.FunctionType, done: dict[int, Any]) -> Callable[..., Any]:
    if id(fn) in done:
        return done[id(fn)]
    names: dict[str, Any] = {"__builtins__": fn.__globals__.get("__builtins__", __builtins__)}
    cells = tuple(types.CellType(_swapped(c.cell_contents, done)) for c in fn.__closure__ or ())
    new = types.FunctionType(fn.__code__, names, fn.__name__, fn.__defaults__, cells)
    new.__kwdefaults__ = fn.__kwdefaults__
    done[id(fn)] = new
    for name in _names(fn.__code__):
        if name in fn.__globals__:
            names[name] = _swapped(fn.__globals__[name], done)
    return new


def _names(code: types.CodeType) -> Iterator[str]:
    """The global names that code uses, nested functions among it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _swapped(value: Any, done: dict[int, Any]) -> Any:
    """What stands for a value: JAX's module or function for NumPy's, a respelled function, or the value itself."""
    if isinstance(value, types.ModuleType):
        return _stands_for().get(value, value)
    if isinstance(value, types.FunctionType) and value.__module__ and not _of_a_library(value.__module__):
        return _function(value, done)
    name = getattr(value, "__name__", "")
    for ours, theirs in _stands_for().items():
        if callable(value) and getattr(ours, name, None) is value and hasattr(theirs, name):
            return getattr(theirs, name)
    return value


def _stands_for() -> dict[types.ModuleType, types.ModuleType]:
    """JAX's modules by those whose names they share. What nobody has imported, nobody's code calls."""
    found = {np: jnp, np.linalg: jnp.linalg}
    if "scipy.special" in sys.modules:
        import jax.scipy.special as jsp

        found[sys.modules["scipy.special"]] = jsp
    return found


def _of_a_library(module: str) -> bool:
    return module.split(".")[0] in ("numpy", "scipy", "jax", "math", "builtins")
