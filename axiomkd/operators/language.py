"""In which language an operator is written, where its registration does not say, and the operator as the others can call it.

torch is imported only for an operator that is declared so, and asked about only where the user's file has imported it.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import modules
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.layout import again, written
from axiomkd.core.operator import EACH, ONE, Operator
from axiomkd.core.package import INSTALL_TORCH
from axiomkd.core.tolerances import REPEAT
from axiomkd.core.words import listed
from axiomkd.operators.frames import text_of
from axiomkd.operators.guess import candidates
from axiomkd.operators.skewed import skewed

LACKING = f"is written in PyTorch, which is not installed here. {INSTALL_TORCH}"

STILL = "Take dropout and noise out: training=False, a module's .eval(), the mean in place of a sample, or a tensor made outside"
TENSORS_OWN = ("dim", "keepdim")  # keywords of tensors' methods that arrays' have under other names


class Translated:
    """A function of another language as JAX sees it: traced, it is the translation; called on numbers, the function itself."""

    why = ""  # why nothing is translated; "" where it is

    def random(self, K: int, C: int) -> str:
        """What draws random numbers in it, with its line; "" where nothing does."""
        raise NotImplementedError

    def many(self, P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> np.ndarray:
        """The function on a batch, P (B, K, C), w (B, K), T (B,) or (B, K) of one a teacher -> (B, C)."""
        raise NotImplementedError


def drawn_by(fn: Any, K: int, C: int) -> str:
    """What draws random numbers in a function that may stand around a translated one, as `Translated.random` says it."""
    while hasattr(fn, "inner") and not isinstance(fn, Translated):
        fn = fn.inner
    return fn.random(K, C) if isinstance(fn, Translated) else ""


def two_answers(fn: Any, P: np.ndarray, before: np.ndarray, after: np.ndarray) -> str:
    """What is said of a function that gives two results at one point P (K, C), with what draws in it and the remedy."""
    drawn = drawn_by(fn, *P.shape)
    return (
        f"two calls at one point gave {listed(np.ravel(before))} and then {listed(np.ravel(after))}: it is not a "
        f"function of its inputs{f': {drawn}. {STILL}' if drawn else '. Fix its seed, or its state'}"
    )


def settled(operator: Operator) -> Operator:
    """The operator with a function that takes NumPy's and JAX's arrays, and its language where that is PyTorch.

    Raises Misbehaviour where it is written in PyTorch and there is none, or where two languages give two results.
    """
    if isinstance(operator.fn, Translated):
        return operator
    there = callable(
        modules.attribute(sys.modules.get("torch"), "is_tensor")
    )  # None, or a stand-in, may be under that name
    if operator.backend is None and there and _speaks_torch(operator):
        operator = replace(operator, backend="torch")
    if operator.backend != "torch":
        return operator
    try:
        from axiomkd.operators.torch.twin import Twin
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] != "torch":
            raise
        raise Misbehaviour(LACKING) from None
    return replace(operator, fn=Twin(operator.fn, operator.takes_temperature))


def _speaks_torch(operator: Operator) -> bool:
    """Whether the function takes tensors and returns one, in some layout, and neither JAX's nor NumPy's arrays do."""
    K, C = operator.small_sizes((2, 3))[0]
    P, w = np.full((K, C), 1 / C) + np.linspace(0, 0.1, K * C).reshape(K, C), np.linspace(1, 2, K)
    P, w = P / P.sum(-1, keepdims=True), w / w.sum()
    torch: Any = sys.modules["torch"]
    knows = _knows(operator.fn, torch)
    if not knows and hasattr(_traced(operator, K, C), "shape"):
        return False  # told without a call, for which each of its operations would be compiled
    others = candidates(operator.call) if knows and not operator.settled else ()
    for call in (operator.call, *others):
        one = replace(operator, fn=again(operator.fn, call), call=call)
        found = _called(one, np.array, P, w)
        if torch.is_tensor(found):
            return True  # it makes tensors of what it gets
        other = found if _traced(one, K, C) is None else _called(one, jnp.asarray, P, w)
        if other is not None and not knows:
            return False
        mine = _called(one, torch.from_numpy, P.copy(), w.copy())
        if not torch.is_tensor(mine):  # what the function makes itself is float32, and may not mix with what it gets
            mine = _called(one, lambda x: torch.as_tensor(x, dtype=torch.get_default_dtype()), P.copy(), w.copy())
        if torch.is_tensor(mine) and mine.shape == (C,):
            if other is None or _differ(one, mine, other, (P, w)) or _calls(operator.fn, torch):
                return True
            return _differ_elsewhere(one, torch.from_numpy)
        if other is not None:
            return False
    return knows and _refused_arrays(operator, P, w)


def _refused_arrays(operator: Operator, P: np.ndarray, w: np.ndarray) -> bool:
    """Of a function that runs in no language: whether it fails on arrays because they are no tensors, so that it is PyTorch's
    word on it, and not NumPy's, that its author has to hear."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            operator.fn(P.copy(), w.copy(), **_temperature(operator, len(w), np.array))
    except AttributeError as e:
        tensor: Any = modules.attribute(sys.modules["torch"], "Tensor")
        return isinstance(e.obj, np.ndarray | np.generic) and hasattr(tensor, str(e.name))
    except TypeError as e:
        text = text_of(e)
        return "Tensor" in text or any(f"keyword argument '{name}'" in text for name in TENSORS_OWN)
    except (Exception, SystemExit):
        return False
    return False


def _differ(operator: Operator, mine: Any, other: Any, at: tuple[np.ndarray, np.ndarray]) -> bool:
    """False where both languages give one result. Raises Misbehaviour where they do not."""
    mine, other = np.asarray(mine.detach(), float), np.asarray(other, float)
    if mine.shape == other.shape and np.allclose(mine, other, rtol=REPEAT, atol=REPEAT, equal_nan=True):
        return False
    raise Misbehaviour(
        'gives one result on PyTorch tensors and another on arrays. Say which is meant: backend="torch", "jax" or "numpy"',
        {"P": at[0].tolist(), "w": at[1].tolist(), "T": 1.0 if operator.takes_temperature else None},
    )


def _differ_elsewhere(operator: Operator, tensor: Any) -> bool:
    """`_differ` at points beyond a threshold, which a function that handles exceptions may pass in one language alone."""
    for P, w in zip(*skewed(*operator.small_sizes((2, 3))[0]), strict=True):
        mine, other = _called(operator, tensor, P.copy(), w.copy()), _called(operator, np.array, P, w)
        if hasattr(mine, "detach") and other is not None:
            _differ(operator, mine, other, (P, w))
    return False


def _temperature(operator: Operator, K: int, array: Any) -> Mapping[str, Any]:
    if not operator.takes_temperature:
        return {}
    return {EACH: array(np.ones(K))} if operator.each_temperature else {ONE: array(np.array(1.0))}


def _called(operator: Operator, array: Any, P: np.ndarray, w: np.ndarray) -> Any:
    """The result, None where it raises or returns no array."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            q = operator.fn(array(P), array(w), **_temperature(operator, len(w), array))
            return q if hasattr(q, "shape") and hasattr(q, "dtype") else None
    except (Exception, SystemExit):
        return None


def _traced(operator: Operator, K: int, C: int) -> Any:
    """What a trace of the function returns, with shapes in place of arrays; None where it cannot be traced."""
    args = jax.ShapeDtypeStruct((K, C), jnp.float64), jax.ShapeDtypeStruct((K,), jnp.float64)
    try:
        return jax.eval_shape(lambda P, w: operator.fn(P, w, **_temperature(operator, K, jnp.asarray)), *args)
    except (Exception, SystemExit):
        return None


def knows_torch(fn: Any) -> bool:
    """Whether a function is of a file that has imported torch."""
    there = modules.attribute(sys.modules.get("torch"), "Tensor") is not None
    return there and _knows(fn, sys.modules["torch"])


def _calls(fn: Any, torch: ModuleType) -> bool:
    """Whether torch is named in what a function does, or in the user's functions that it names: where it runs on arrays all the
    same, as one that comes to `torch.softmax` at five teachers only, it is written for tensors."""
    seen: set[CodeType] = set()

    def named(code: CodeType, names: Mapping[str, Any]) -> bool:
        if code in seen:
            return False
        seen.add(code)
        for one in (names.get(name) for name in code.co_names):
            if _is_torch(one, torch):
                return True
            if isinstance(one, FunctionType) and named(one.__code__, one.__globals__):
                return True
        return any(named(inner, names) for inner in code.co_consts if isinstance(inner, CodeType))

    inner = _innermost(fn)
    return isinstance(inner, FunctionType) and named(inner.__code__, inner.__globals__)


def _innermost(fn: Any) -> Any:
    """What the user wrote, under all that was put around it."""
    while hasattr(fn, "inner"):
        fn = fn.inner
    return inspect.unwrap(written(fn))


def _is_torch(one: Any, torch: ModuleType) -> bool:
    return one is torch or isinstance(one, ModuleType) and str(getattr(one, "__name__", "")).startswith("torch.")


def _knows(fn: Any, torch: ModuleType) -> bool:
    """Whether torch, or something of it, is among the names that a function sees."""
    inner = _innermost(fn)
    seen = getattr(inner, "__globals__", None) or getattr(sys.modules.get(type(inner).__module__), "__dict__", {})
    return any(_is_torch(one, torch) for one in list(seen.values()))
