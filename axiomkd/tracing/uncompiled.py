"""JAX's operations outside a trace, done by NumPy: JAX compiles each of them, at every shape anew, for one call.

What a function does between them (which of its branches it takes, what it is given) is what it does anyway. Where there is no rule
for an operation, or this JAX has no such door, it is done as ever. It knows rules and refuses to know what is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np

from axiomkd.tracing.batched import interpreter
from axiomkd.tracing.batched.machine import Run


def uncompiled() -> AbstractContextManager[Any]:
    """Within it, what is no trace computes without the compiler; its results are JAX's arrays, up to the last digits the same."""
    made = _trace()
    if made is None:
        return nullcontext()
    kind, entered = made
    return entered(kind())


@cache
def _trace() -> tuple[type, Any] | None:
    try:
        # Private: the public way to evaluate without compiling, `jax.disable_jit`, compiles each primitive by itself.
        from jax._src import core

        plain, entered = core.EvalTrace, core.set_current_trace
    except (ImportError, AttributeError):
        return None

    class Uncompiled(plain):
        def process_primitive(self, primitive: Any, args: Sequence[Any], params: Any, /) -> Any:
            try:
                return _done(primitive, args, params)
            except Exception:  # whatever there is against it: JAX's own way says what is wrong, or that nothing is
                return super().process_primitive(primitive, args, params)

    return Uncompiled, entered


def _done(primitive: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    given = [np.asarray(x) for x in args]
    equation = _equation(primitive, args, params)
    with np.errstate(all="ignore"):
        found = Run(interpreter.RULES, real=False, flushed=True).step(equation, [x[None] for x in given])
    arrays = [jax.device_put(np.array(x[0], x.dtype)) for x in found]
    return arrays if primitive.multiple_results else arrays[0]


def _equation(primitive: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """What rules ask of an equation: its parameters, and what goes in and comes out."""
    avals = tuple(map(jax.typeof, args))
    try:
        return _made(primitive, avals, tuple(sorted(params.items())))
    except TypeError:  # parameters that cannot be a key
        return _made.__wrapped__(primitive, avals, tuple(params.items()))


@lru_cache(maxsize=1024)
def _made(primitive: Any, avals: tuple[Any, ...], params: tuple[tuple[str, Any], ...]) -> Any:
    given = dict(params)
    outs = getattr(given.get("jaxpr"), "out_avals", None)
    if outs is None:
        out, _ = primitive.abstract_eval(*avals, **given)
        outs = out if primitive.multiple_results else [out]
    invars, outvars = ([SimpleNamespace(aval=x) for x in some] for some in (avals, outs))
    return SimpleNamespace(primitive=primitive, params=given, invars=invars, outvars=outvars)
