"""What runs a jaxpr at a fixed size on a batch of points: values are passed between equations, a table says what each does.

Every value has a leading axis for the points, of length 1 where they all agree, so nothing is ever a NumPy scalar, and whole
numbers wrap as they do in JAX. It knows no primitive but those that only call a jaxpr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

Value = np.ndarray
Rule = Callable[..., Any]
"""rule(run, equation, *values): the output, or the list of outputs."""

CALLED_BY = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "core_call": "call_jaxpr",
    "closed_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "checkpoint": "jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "custom_vmap_call": "call",
    "composite": "jaxpr",
}
"""The primitives that only call a jaxpr, by the parameter that holds it."""

# A step in fewer digits denotes the real number: its rounding is no part of the function that the code denotes.
WIDENED = {"float16": np.float64, "float32": np.float64, "bfloat16": np.float64, "complex64": np.complex128}


def denoted(value: Any) -> np.ndarray:
    """What numbers in fewer digits denote: the shortest decimal that their type reads back as them, 0.1 for float32(0.1)."""
    x = np.asarray(value)
    if x.dtype.name not in WIDENED or x.dtype.kind == "c":
        return x
    return np.array([float(str(v)) for v in x.ravel()], dtype=float).reshape(x.shape)


WORK = 3e7  # entries read in one run: some tenths of a second at most
STEP = 1_000  # entries that could be read in the time that NumPy takes to begin: what an equation costs, however small


LEAST = float(np.finfo(float).tiny)
MOVED = frozenset(
    """broadcast_in_dim reshape squeeze expand_dims transpose rev slice concatenate stack unstack split pad tile gather
    dynamic_slice select_n max min clamp sort top_k reduce_max reduce_min abs neg copy stop_gradient""".split()
)
"""Primitives that give no number that they did not get, up to its sign."""


class Unknown(Exception):
    """A primitive without a rule, or one whose result JAX does not define."""


class TooMuch(Unknown):
    """More work than is allowed: fewer points may do."""


@cache
def _computed_in(declared: Any, real: bool) -> np.dtype:
    try:
        dtype = np.dtype(declared)
    except TypeError:
        raise Unknown(f"values of type {declared}") from None
    return np.dtype(WIDENED[dtype.name]) if real and dtype.name in WIDENED else dtype


@dataclass(frozen=True)
class Step:
    """An equation that was run: its primitive, its equation, the rows that the loops around it were at, and its outputs."""

    primitive: str
    equation: Any
    rows: tuple[int, ...]
    outputs: tuple[Value, ...]


@dataclass
class Run:
    """One run by `rules`: `real` computes reals of any width in float64, else each in its own; `left` bounds the work; `flushed`
    takes every double nearer to 0 than the least normal one for 0, as compiled code does on a CPU.

    `steps` are the equations with a primitive in `record`, in the order in which they ran.
    """

    rules: Mapping[str, Rule]
    real: bool = True
    record: frozenset[str] = frozenset()
    left: float = WORK
    flushed: bool = False
    rows: tuple[int, ...] = ()
    steps: list[Step] = field(default_factory=list)

    def dtype(self, aval: Any) -> np.dtype:
        """The dtype that values of an abstract value are computed in."""
        return _computed_in(aval.dtype, self.real)

    def constant(self, value: Any, aval: Any) -> Value:
        """A literal or a captured array."""
        return self.normal((denoted(value) if self.real else np.asarray(value)).astype(self.dtype(aval))[None])

    def walk(self, closed: Any, args: Iterable[Value]) -> list[Value]:
        """The outputs of a closed (or constant-free) jaxpr. Raises Unknown."""
        jaxpr = getattr(closed, "jaxpr", closed)
        values: dict[Any, Value] = {
            variable: self.constant(constant, variable.aval)
            for variable, constant in zip(jaxpr.constvars, getattr(closed, "consts", ()), strict=True)
        }
        values.update(zip(jaxpr.invars, args, strict=True))

        def read(atom: Any) -> Value:
            return self.constant(atom.val, atom.aval) if hasattr(atom, "val") else values[atom]

        for equation in jaxpr.eqns:
            values.update(zip(equation.outvars, self.step(equation, [read(a) for a in equation.invars]), strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def step(self, equation: Any, given: Sequence[Value]) -> list[Value]:
        """The outputs of one equation, each of the dtype and shape that it declares."""
        name = equation.primitive.name
        rule = self.rules.get(name)
        if rule is None and name in CALLED_BY:
            return self.walk(equation.params[CALLED_BY[name]], given)
        if rule is None:
            raise Unknown(f"no rule for `{name}`")
        self.left -= STEP + sum(x.size for x in given)
        if self.left < 0:
            raise TooMuch("the operator takes too much work")
        out = rule(self, equation, *given)
        several = out if equation.primitive.multiple_results else [out]
        found = [self._declared(x, v.aval) for x, v in zip(several, equation.outvars, strict=True)]
        if self.flushed and name not in MOVED:
            found = [self.normal(x) for x in found]
        if name in self.record:
            self.steps.append(Step(name, equation, self.rows, tuple(found)))
        return found

    def _declared(self, x: Value, aval: Any) -> Value:
        dtype = self.dtype(aval)
        if x.shape[1:] != tuple(aval.shape):
            raise AssertionError(f"a rule gave shape {x.shape[1:]} for {aval}")
        return x if x.dtype == dtype else x.astype(dtype)

    def normal(self, x: Value) -> Value:
        """The values with those that are flushed gone."""
        if not self.flushed or x.dtype != np.float64:
            return x
        small = np.abs(x) < LEAST  # zeros are among them, and few others
        return np.where(small, 0.0, x) if small.any() and (x[small] != 0).any() else x
