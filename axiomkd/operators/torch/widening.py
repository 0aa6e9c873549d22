"""Calls in which torch refuses to mix float32 with the float64 that it is handed, made in the wider of the two.

A user's run has everything in float32: the inputs, and a module that a function closes over. What is judged is the function over
the real numbers, so each number is taken as it is and computed with in float64. It knows no operation by name.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only


class Widening(TorchFunctionMode):
    """A call that raises, and that has tensors of two kinds of float, is made again with one kind."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        try:
            return func(*args, **kwargs)
        except RuntimeError:
            kinds = {x.dtype for x in tree_leaves((args, kwargs)) if _is_float(x)}
            if len(kinds) < 2:
                raise
        to = args[0].dtype if _writes(func) and _is_float(args[0]) else max(kinds, key=lambda kind: kind.itemsize)
        args, kwargs = tree_map_only(torch.Tensor, lambda x: x.to(to) if _is_float(x) else x, (args, kwargs))
        return func(*args, **kwargs)


def _is_float(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and x.dtype.is_floating_point


def _writes(func: Any) -> bool:
    name = getattr(func, "__name__", "")
    return name.endswith("_") and not name.endswith("__")
