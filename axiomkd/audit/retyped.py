"""A jaxpr run with every float in another format: in float64 it is a reference, in float32 a remedy.

One walk: each primitive is bound as it stands, its float parameters changed. Loops and branches are not followed. It knows no
operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.tracing import numbers
from axiomkd.tracing.walk import CALLS, Equation, Rules, unsupported

FORMATS = ("dtype", "new_dtype", "preferred_element_type")
NOT_FOLLOWED = ("scan", "while", "cond", "bitcast_convert_type", "pure_callback", "custom_call")


class Every(Mapping[str, Callable[..., Any]]):
    """Rules for all primitives: `own` where there is one, else `others`; a call is walked into."""

    def __init__(self, own: Mapping[str, Callable[..., Any]], others: Callable[..., Any]) -> None:
        self._own, self._others = own, others

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name in self._own:
            return self._own[name]
        if name in CALLS:
            raise KeyError(name)
        return self._others

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def rules(dtype: Any) -> Rules:
    """The domain of arrays whose floats are of `dtype`."""
    return Rules(lift=lambda constant, aval: lifted(constant, aval, dtype), primitives=Every({}, bound(dtype)))


def is_float(x: Any) -> bool:
    return jnp.issubdtype(x, jnp.floating)


def lifted(constant: Any, aval: Any, dtype: Any) -> Any:
    """A constant of the code: a float as its shortest decimal denotes it."""
    if not is_float(aval.dtype):
        return jnp.asarray(constant, aval.dtype)
    values = np.asarray(constant)
    flat = [numbers.to_float(numbers.number(one)) for one in values.reshape(-1)]
    return jnp.asarray(np.reshape(flat, values.shape), dtype)


def bound(dtype: Any) -> Callable[..., Any]:
    """The rule of every primitive: itself, with `dtype` for every float."""

    def rule(equation: Equation, *xs: Any) -> Any:
        name, params = equation.primitive.name, dict(equation.params)
        if name in NOT_FOLLOWED:
            raise unsupported(equation)
        if name == "reduce_precision":
            return xs[0]
        for key in FORMATS:
            if params.get(key) is not None and is_float(params[key]):
                params[key] = dtype
        return equation.primitive.bind(*xs, **params)

    return rule
