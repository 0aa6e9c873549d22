"""A PyTorch operator run in another dtype than float64: inputs, parameters and buffers cast, as a user would run it.

It knows neither what is exact nor what is judged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from axiomkd.core.layout import Panel
from axiomkd.core.operator import EACH, Operator
from axiomkd.operators.torch.calling import plain

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def call(operator: Operator, dtype: str, P: np.ndarray, w: np.ndarray, T: float | None) -> Any:
    """The result as an array of its own dtype. `operator.fn` is a twin."""
    own = DTYPES[dtype]
    fn = _cast(operator.fn.__wrapped__, lambda module: module.to(own))  # type: ignore[attr-defined]
    given = [torch.from_numpy(np.array(x, float)).to(own) for x in (P, w)]
    heat: dict[str, Any] = {}
    if T is not None:
        each = operator.each_temperature
        heat = {EACH: torch.full((len(w),), T, dtype=own)} if each else {"T": torch.tensor(T, dtype=own)}
    with torch.no_grad():
        return plain(fn(*given, **heat))


def rounded(operator: Operator, dtype: str) -> Operator:
    """The operator with the parameters of its modules as the dtype represents them, to be evaluated in float64."""
    from axiomkd.operators.torch.twin import Twin

    fn = operator.fn.__wrapped__  # type: ignore[attr-defined]
    made = _cast(fn, lambda module: module.to(DTYPES[dtype]).double())
    return operator if made is fn else replace(operator, fn=Twin(made, operator.takes_temperature))


def _cast(fn: Callable[..., Any], to: Callable[[Any], Any]) -> Callable[..., Any]:
    """The function itself, or a copy of a module (or of a method's) in eval mode, its numbers cast."""
    if isinstance(fn, partial):
        return partial(_cast(fn.func, to), *fn.args, **fn.keywords)
    if isinstance(fn, Panel):
        inner = _cast(fn.written, to)
        return fn if inner is fn.written else replace(fn, written=inner)
    if hasattr(fn, "around"):  # a wrapper that says how to wrap another function
        inner = _cast(fn.inner, to)  # type: ignore[attr-defined]
        return fn if inner is fn.inner else fn.around(inner)  # type: ignore[attr-defined]
    if isinstance(fn, torch.nn.Module):
        return to(copy.deepcopy(fn).cpu().eval())
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, torch.nn.Module) and hasattr(fn, "__func__"):
        return fn.__func__.__get__(to(copy.deepcopy(owner).cpu().eval()))
    return fn


def reads_format(operator: Operator, dtype: str, P: np.ndarray, w: np.ndarray, T: float | None) -> bool:
    """Whether it asks for the limits of a dtype (`torch.finfo`), so that its formula is another one in each."""
    asked = []
    real = torch.finfo

    def noted(*args: Any, **named: Any) -> Any:
        asked.append(args)
        return real(*args, **named)

    torch.finfo = noted  # type: ignore[misc]
    try:
        call(operator, dtype, P, w, T)
    except Exception:
        return False
    finally:
        torch.finfo = real  # type: ignore[misc]
    return bool(asked)
