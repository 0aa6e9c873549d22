"""What an operator gave back in place of an array of real numbers, in words, with the remedy. It calls nothing."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isawaitable, isgenerator
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from axiomkd.operators.frames import text_of

STATE = (
    "keeps something of one call for the next (a global, an attribute, a cache), so that two calls at one point differ: it is "
    "not a function of its inputs. Return what depends on P and w alone"
)
KINDS = {"c": "complex", "U": "a string", "S": "a string", "O": "Python objects", "M": "dates", "m": "durations"}
ON_CPU = "Operators are called on the CPU: make tensors on the device of what comes in (device=P.device), and leave .cuda() out"
# What PyTorch says of a call, and what there is to do about it.
NEXT = (
    (
        "Expected more than 1 value per channel when training",
        "A BatchNorm in train mode mixes its batch: call .eval() on the module, or register the module itself, which is judged so",
    ),
    ("NVIDIA driver", ON_CPU),
    ("not compiled with CUDA", ON_CPU),
    ("No CUDA GPUs are available", ON_CPU),
)
FEW = 4  # keys that are named


class NoArray(TypeError):
    """A call gave something else than an array; the text says what, and the remedy."""


def array(q: Any) -> Any:
    """The result as it is. Raises NoArray."""
    wrong = _complaint(q)
    if wrong is not None:
        raise NoArray(wrong)
    return q


def leaked(q: Any) -> bool:
    """Whether a result of a call on floats holds what an earlier call was handed: a trace's values, or exact numbers."""
    held = q.flat[0] if isinstance(q, np.ndarray) and q.dtype == object and q.size else q
    return isinstance(held, Tracer) or type(held).__module__.startswith("axiomkd.operators.backends")


def _complaint(q: Any) -> str | None:
    match q:
        case None:
            return "returned None. Does it end without `return`?"
        case Mapping():
            keys = [repr(one) for one in list(q)[:FEW]] + ["…"] * (len(q) > FEW)
            return f"returned a dict ({', '.join(keys)}), expected an array. Return the aggregate alone: d[{keys[0]}]"
        case _ if isgenerator(q):
            return "returned a generator, expected an array. Write `return q` in place of `yield q`"
        case _ if isawaitable(q):
            getattr(q, "close", lambda: None)()  # or Python would warn that it was never awaited
            return "returned a coroutine, expected an array. Write `def` and not `async def`"
        case str() | bytes():
            return "returned a string, expected an array of real numbers"
        case tuple() if not q or any(getattr(one, "ndim", 0) for one in q):
            return f"returned a tuple of {len(q)}, expected one array. Return the aggregate alone: `return q`"
        case _ if callable(q):
            return "returned a function, expected an array. Call it, and return what it gives"
    return None


def of_dtype(q: np.ndarray) -> str:
    """What is said of an array whose entries are no real numbers."""
    return f"returned dtype {q.dtype} ({KINDS.get(q.dtype.kind, q.dtype.kind)}), expected real numbers"


def of_shape(name: str, shape: tuple[int, ...], K: int, C: int, batches: str = "") -> str:
    """What is said of an array of another shape; `batches` is how it would have to be declared to be right on batches."""
    hint = ""
    if shape == (K,) and K != C:
        hint = " Did you sum over axis 1? Teachers are axis 0: sum(axis=0)."
    elif shape == (K, C):
        hint = " Is the sum over the teachers missing? sum(axis=0)."
    elif shape == () and C:
        hint = " Is a sum over all entries meant to be one over the teachers? sum(axis=0)."
    elif len(shape) == 2 and 1 in shape and C in shape:
        hint = " Drop the axis of length 1, for instance by .ravel()."
    hint += f" Or does it take batches? Declare operator({batches})." if batches else ""
    return f"`{name}` returned shape {shape}, expected ({C},) for K={K}, C={C}.{hint}"


def remedy(e: BaseException) -> str:
    """The next step after an exception of PyTorch's, where it does not say it itself: ". …", or ""."""
    text = text_of(e)
    return next((f". {step}" for said, step in NEXT if said in text), "")


def forgets(e: BaseException) -> bool:
    """Whether an exception says that a value of one trace turned up in another call."""
    return isinstance(e, jax.errors.UnexpectedTracerError)
