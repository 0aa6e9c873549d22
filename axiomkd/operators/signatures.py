"""Whether a callable can be called as an operator is, as far as its signature says, and what to do where it cannot.

It calls nothing, and knows no array.
"""

from __future__ import annotations

import inspect
from functools import partial
from inspect import Parameter
from typing import Any

from axiomkd.core.operator import OPTIONS, TEMPERATURES, Operator, called

POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def misfit(operator: Operator) -> str | None:
    """Why A(P, w[, T]) cannot be called so, with the remedy; None where it can, or where its signature is not known."""
    kind = _kind(operator.fn)
    if kind is not None:
        return kind
    try:
        parameters = inspect.signature(called(inspect.unwrap(operator.fn))).parameters
    except (TypeError, ValueError):
        return None
    return _too_few(operator, parameters) or _too_many(parameters)


def _kind(fn: Any) -> str | None:
    """What calls of it return, where that is never an array."""
    inner = fn.func if isinstance(fn, partial) else fn
    inner = inner if inspect.isroutine(inner) else inspect.getattr_static(type(inner), "__call__", inner)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        return "is an async function: a call of it gives a coroutine and no array. Write `def`, not `async def`"
    if inspect.isgeneratorfunction(inner):
        return "is a generator: it yields and does not return. Write `return q` in place of `yield q`"
    return None


def _too_few(operator: Operator, parameters: Any) -> str | None:
    kinds = [one.kind for one in parameters.values()]
    takes = [name for name, one in parameters.items() if one.kind in POSITIONAL and name not in TEMPERATURES]
    if Parameter.VAR_POSITIONAL in kinds or len(takes) >= 2 or "weights" in OPTIONS:
        return None
    named = operator.params and list(parameters)  # a parameter that `params` binds is no longer positional
    taken = f"({', '.join(takes)})" if takes else "no panel"
    add = "Take the weights as its second parameter, `w`; it may ignore them"
    return f"takes {taken}, and is called as A(P, w){' beside ' + ', '.join(operator.params) if named else ''}. {add}"


def _too_many(parameters: Any) -> str | None:
    needed = [
        name
        for n, (name, one) in enumerate(parameters.items())
        if one.default is Parameter.empty
        and one.kind in (*POSITIONAL, Parameter.KEYWORD_ONLY)
        and name not in TEMPERATURES
        and (n >= 2 or one.kind is Parameter.KEYWORD_ONLY)
    ]
    if not needed:
        return None
    name, every = needed[0], ", ".join(f"`{one}`" for one in needed)
    given = f'given={{"{name}": …}}' if "given" in OPTIONS else f"operator(partial(f, {name}=…), name=…)"
    return f"needs {every} beside P and w, which nobody hands over. Bind it: {given}, or give it a default"
