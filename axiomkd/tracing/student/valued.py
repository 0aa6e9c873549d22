"""A loss as a function of its value: derivatives of it are of what it computes, whatever it says that its gradient is.

`stop_gradient` is the identity here, and custom derivatives are those of the code that they stand for. What is inside of loops is
left as it is: whoever takes a derivative looks at the values again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axiomkd.tracing.walk import CALLS


def valued(closed: Any) -> Callable[..., Any]:
    """The only output of a closed jaxpr as a function to differentiate."""
    return lambda *args: _run(closed.jaxpr, closed.consts, args)[0]


def loops(closed: Any) -> bool:
    """Whether there is a loop or a branch in it, which is not seen into here."""
    jaxpr = getattr(closed, "jaxpr", closed)
    inner = [
        e.params[CALLS[e.primitive.name]]
        for e in jaxpr.eqns
        if e.params.get(CALLS.get(e.primitive.name, "")) is not None
    ]
    return any(e.primitive.name in ("scan", "while", "cond") for e in jaxpr.eqns) or any(map(loops, inner))


def _run(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip(jaxpr.invars, args, strict=True)) | dict(
        zip(jaxpr.constvars, consts, strict=True)
    )

    def value(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        inputs, name = [value(atom) for atom in equation.invars], equation.primitive.name
        inner = equation.params.get(CALLS.get(name, ""))
        if name == "stop_gradient":
            out = inputs
        elif inner is not None:
            out = _run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)
        else:
            bound: Any = equation.primitive.get_bind_params(
                equation.params
            )  # by version, functions and parameters, or all in one
            functions, params = bound if isinstance(bound, tuple) else ((), bound)
            found = equation.primitive.bind(*functions, *inputs, **params)
            out = found if equation.primitive.multiple_results else [found]
        values.update(zip(equation.outvars, out, strict=True))
    return [value(atom) for atom in jaxpr.outvars]
