"""One evaluator of a jaxpr in any domain: it passes values between equations and looks up a rule for each primitive.

It refuses to know what a value is: a domain brings a table of rules and a way to lift constants. Calls (jit, custom
derivatives, checkpoints) are walked into here, since they mean the same in every domain; loops and branches need
values, so they are rules. Primitives are matched by name, because JAX's classes move between versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

JAX_FOLDER = str(Path(jax.__file__).parent)

Equation = Any
Rule = Callable[..., Any]
"""rule(equation, *inputs): the output, or the list of outputs of a primitive that has several."""


@dataclass(frozen=True)
class Rules:
    """A domain: `lift(constant, aval)` makes a value of a literal or captured array, `primitives` compute."""

    lift: Callable[[Any, Any], Any]
    primitives: Mapping[str, Rule]


class Unsupported(Exception):
    """A primitive without a rule, and the user's file and line that led to it where JAX knows it."""

    def __init__(self, primitive: str, where: str | None = None, why: str = ""):
        super().__init__(primitive, where, why)
        self.primitive, self.where, self.why = primitive, where, why

    def __str__(self) -> str:
        why, place = (f": {self.why}" if self.why else ""), (f" ({self.where})" if self.where else "")
        return f"no exact rule for `{self.primitive}`{why}{place}"


CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "core_call": "call_jaxpr",
    "closed_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
    "custom_lin": "call_jaxpr",
    "custom_vmap_call": "call",
    "composite": "jaxpr",
}
"""The primitives that only call a jaxpr, with the parameter that holds it."""


def walk(closed_jaxpr: Any, args: Iterable[Any], rules: Rules) -> list[Any]:
    """The outputs of a closed (or constant-free) jaxpr on args, in the domain of rules.

    Raises Unsupported at a primitive without a rule; what a rule raises goes through, with a note of the user's line.
    """
    jaxpr = getattr(closed_jaxpr, "jaxpr", closed_jaxpr)
    values: dict[Any, Any] = {}
    values.update(
        (variable, rules.lift(constant, variable.aval))
        for variable, constant in zip(jaxpr.constvars, getattr(closed_jaxpr, "consts", ()), strict=True)
    )
    values.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return rules.lift(atom.val, atom.aval) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        outputs = apply(equation, [read(atom) for atom in equation.invars], rules)
        values.update(zip(equation.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def apply(equation: Equation, inputs: list[Any], rules: Rules) -> list[Any]:
    """The outputs of one equation."""
    rule = rules.primitives.get(equation.primitive.name)
    inner = None if rule else _called(equation)
    try:
        if rule is None:
            return walk(inner, inputs, rules)
        outputs = rule(equation, *inputs)
    except Exception as error:
        locate(error, equation, anew=inner is not None and _written_in_jax(inner))
        raise
    return list(outputs) if equation.primitive.multiple_results else [outputs]


def _called(equation: Equation) -> Any:
    inner = equation.params.get(CALLS.get(equation.primitive.name, ""))
    if inner is None:
        raise unsupported(equation)
    return inner


def unsupported(equation: Equation, why: str = "") -> Unsupported:
    """The error for an equation that has no rule, or only for other parameters."""
    return Unsupported(equation.primitive.name, where(equation), why)


def locate(error: Exception, equation: Equation, *, anew: bool) -> None:
    """Note the line of the innermost equation on the error, or of this one if the line inside is not to be trusted."""
    if isinstance(error, Unsupported):
        error.where = where(equation) if anew else error.where
    elif anew or not getattr(error, "__notes__", None):
        error.__notes__ = [f"in `{equation.primitive.name}` at {where(equation) or 'an unknown line'}"]


def _written_in_jax(inner: Any) -> bool:
    """Whether the called function is JAX's own: it traces `jnp.sort` once, so its lines are its first user's."""
    source = getattr(getattr(getattr(inner, "jaxpr", inner), "debug_info", None), "func_src_info", "") or ""
    return JAX_FOLDER in source


def where(equation: Equation) -> str | None:
    """The user's file:line of an equation; None where JAX does not say, or no longer says it in this way."""
    try:
        from jax._src import source_info_util  # private: there is no public way to a line

        frame: Any = source_info_util.user_frame(equation.source_info.traceback)
        return f"{frame.file_name}:{frame.start_line}"
    except Exception:
        return None
