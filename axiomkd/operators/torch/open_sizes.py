"""Calls in which torch asks for the value of a size though the result is one function of it, spelled in operations that do not.

Only for recordings at symbolic sizes; those at fixed sizes, against which these are held, go through torch's own code.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class OpenSizes(TorchFunctionMode):
    """`x[n]` and `one_hot(x, n)` with a symbolic n."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.__getitem__:
            key = args[1] if isinstance(args[1], tuple) else (args[1],)
            if any(isinstance(one, torch.SymInt) for one in key) and all(map(_is_basic, key)):
                return _taken(args[0], key)
        if getattr(func, "__name__", "") == "one_hot":
            x, n = args[0], args[1] if len(args) > 1 else kwargs.get("num_classes")
            if isinstance(n, torch.SymInt):
                return (x.unsqueeze(-1) == _counted(n)).to(torch.int64)
        return func(*args, **kwargs)


def _counted(n: Any) -> torch.Tensor:
    return torch.arange(n)


def _is_basic(one: Any) -> bool:
    return one is None or one is Ellipsis or isinstance(one, int | slice | torch.SymInt) and not isinstance(one, bool)


def _taken(x: torch.Tensor, key: tuple[Any, ...]) -> torch.Tensor:
    """x[key], each symbolic place taken from the axis that is left for it."""
    rest = x.ndim - sum(one is not None and one is not Ellipsis for one in key)
    axis, places = 0, []
    for one in key:
        if isinstance(one, torch.SymInt):
            places.append((axis, one))
        axis += rest if one is Ellipsis else not isinstance(one, int) or isinstance(one, torch.SymInt)
    out = x[tuple(slice(None) if isinstance(one, torch.SymInt) else one for one in key)]
    for axis, place in reversed(places):
        out = torch.select(out, axis, place)
    return out
