"""Whether a callable can be called as an operator is, as far as its signature says, and what to do where it cannot.

It calls nothing, and knows no array.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Set
from functools import partial
from inspect import Parameter
from typing import Any

from axiomkd.core.layout import beneath, parameters, written
from axiomkd.core.operator import Operator

POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def misfit(operator: Operator) -> str | None:
    """Why the function cannot be called as it is declared, with the remedy; None where it can, or has no signature to be read."""
    fn = operator.fn
    while hasattr(fn, "inner"):  # what stands around the user's function takes whatever that takes
        fn = fn.inner
    kind = _kind(fn)
    if kind is not None:
        return kind
    found = parameters(beneath(fn))
    taken = {operator.call.one, operator.call.each, *operator.call.given, *operator.params}
    return _too_few(operator, found, taken) or _too_many(operator, found, taken)


def _kind(fn: Any) -> str | None:
    """What calls of it return, where that is never an array."""
    inner = written(fn)
    inner = inner.func if isinstance(inner, partial) else inner
    inner = inner if inspect.isroutine(inner) else inspect.getattr_static(type(inner), "__call__", inner)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        return "is an async function: a call of it gives a coroutine and no array. Write `def`, not `async def`"
    if inspect.isgeneratorfunction(inner):
        return "is a generator: it yields and does not return. Write `return q` in place of `yield q`"
    return None


def _too_few(operator: Operator, found: Mapping[str, Parameter], taken: Set[str | None]) -> str | None:
    kinds = [one.kind for one in found.values()]
    takes = [name for name, one in found.items() if one.kind in POSITIONAL and name not in taken]
    wanted = [*(["z"] if operator.is_loss else []), "P", *(["w"] if operator.has_weights else [])]
    if not found or Parameter.VAR_POSITIONAL in kinds or len(takes) >= len(wanted):
        return None
    has = f"({', '.join(takes)})" if takes else "no panel"
    beside = ", ".join([*operator.params, *operator.call.given])
    told = f" beside {beside}" if beside else ""
    if operator.is_loss:
        add = "Take the student's logits first, then the teachers, then the weights where there are any"
        return f"takes {has}, and is called as L({', '.join(wanted)}){told}. {add}"
    add = "Take the weights as its second parameter, `w`" if takes else "Take the teachers as its first parameter, `P`"
    return f"takes {has}, and is called as A({', '.join(wanted)}){told}. {add}"


def _too_many(operator: Operator, found: Mapping[str, Parameter], taken: Set[str | None]) -> str | None:
    handed = (2 if operator.has_weights else 1) + operator.is_loss
    positional = [name for name, one in found.items() if one.kind in POSITIONAL and name not in taken]
    needed = [
        name
        for name, one in found.items()
        if one.default is Parameter.empty and one.kind in (*POSITIONAL, Parameter.KEYWORD_ONLY)
        if name not in taken and name not in positional[:handed]
    ]
    if not needed:
        return None
    name, every = needed[0], ", ".join(f"`{one}`" for one in needed)
    what = ("z, " if operator.is_loss else "") + ("P and w" if operator.has_weights else "P")
    return f'needs {every} beside {what}, which nobody hands over. Bind it: given={{"{name}": …}}, or give it a default'
