"""A loss's jaxpr in, the minimiser of the loss in the student out, as a JAX value: the walk, and what its end comes to.

Four divergences are known whose minimum is known in closed form; a loss that is none of them, times a positive number, plus what
is free of the student, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.tracing import numbers
from axiomkd.tracing.student import rules
from axiomkd.tracing.student.blends import LOGITS, SLOGS, SQUARE, Blend, S
from axiomkd.tracing.student.forms import (
    LSE,
    ONE,
    Coef,
    Exp,
    Form,
    Free,
    Full,
    NoMinimum,
    NotOfTheForm,
    Row,
    Scale,
    spread,
)
from axiomkd.tracing.student.rules import Value
from axiomkd.tracing.walk import CALLS, where

FORWARD, REVERSE, SQUARES, OF_LOGITS = "KL(q‖s)", "KL(s‖q)", "‖s − q‖²", "‖z − a‖²"


@dataclass(frozen=True)
class Reading:
    """The loss is A times a divergence plus what is free of z, with s = softmax(σz), q (C,) and σ, A > 0 and `centre` free of z:

    KL(q‖s) = log Σ_i exp(σ z_i) − Σ_i q_i σ z_i + …, convex in z, with the gradient σ(s − q): least where s = q; `centre` is q;
    KL(s‖q), q = softmax(centre) interior: by Gibbs' inequality it is 0 where s = q and positive elsewhere;
    ‖s − q‖², q = `centre` less what its sum is above 1, the same for all classes: as ‖s − centre‖² on Σs = 1 plus a constant, where
    that is orthogonal to it; least at s = q where q is on the simplex, which `attained` says of each panel;
    ‖z − centre‖², strictly convex in z: least at z = centre alone, so that softmax(z) is q = softmax(centre).

    `scale` is σ, `weight` is A, a JAX scalar; `sure`: it is never negative."""

    q: Any
    scale: Scale
    weight: Any
    sure: bool
    kind: str = FORWARD
    centre: Any = None

    @property
    def guarded(self) -> Any:
        """q, NaN where it is not known to be the target."""
        q = self.q if self.sure else jnp.where(self.weight > 0, self.q, jnp.nan)
        return jnp.where(jnp.min(self.q) >= 0, q, jnp.nan) if self.kind == SQUARES else q


def read(closed: Any, inputs: Sequence[Any], signed: Sequence[bool], named: Mapping[int, str]) -> Reading:
    """What a loss's closed jaxpr, a function of z (C,) and of `inputs`, comes to at these JAX values, those of which that may be
    negative being `signed`; `named`: names of those that are positive scalars. Raises NotOfTheForm, or NoMinimum."""
    jaxpr = closed.jaxpr
    (C,) = jaxpr.invars[0].aval.shape
    walk = _Walk(C)
    z = Form((C,), Row(Coef(ONE), 0))
    free = [Free(x, walk.symbol(named.get(n), x), signed=signed[n]) for n, x in enumerate(inputs)]
    (loss,) = walk.run(jaxpr, closed.consts, [z, *free])
    return _reading(loss, C)


def _reading(loss: Value, C: Any) -> Reading:
    if isinstance(loss, Blend):
        return _quadratic(loss, C)
    if isinstance(loss, Exp):
        raise NotOfTheForm("it is an exponential of the student's logits")
    if isinstance(loss, Free):
        raise NoMinimum("is the same whatever the student is: no logits of the student's are in it")
    for name in loss.folds:
        if name[0] != LSE:
            raise NotOfTheForm(f"the {name[0]} of the student's logits is left in it")
    if len(loss.folds) > 1:
        raise NotOfTheForm("it has the student at several temperatures, so that no one softmax is in its gradient")
    if not loss.folds:
        if loss.z is None:
            raise NoMinimum("is the same whatever the student is")
        raise NoMinimum("is linear in the student's logits: it falls without end")
    ((name, weight),) = loss.folds.items()
    scale = loss.scales[name]
    if loss.z is None:
        raise NoMinimum("falls without end as the student's logits do: no target is in it")
    part = spread(loss, C).z
    assert isinstance(part, Full)
    entries = part.coef.array.reshape(C)
    below = None if weight.array is None else weight.array.reshape(())
    factor = weight.scale.times(scale).power(-1)
    assert factor is not None
    factor = factor.times(part.coef.scale).times(Scale(Fraction(-1)))
    q = factor.applied(entries if below is None else entries / below)
    # Where nothing in it is negative it is positive or 0, and of what is divided by 0 nothing is claimed.
    sure = weight.scale.ratio > 0 and not weight.signed and all(_positive(name) for name in weight.scale.powers)
    if below is None and not weight.scale.powers and weight.scale.ratio < 0:
        raise NoMinimum("is concave in the student's logits: where its gradient is 0 it is greatest")
    return Reading(q, scale, weight.scale.applied(jnp.ones(()) if below is None else below), sure, FORWARD, q)


def _quadratic(loss: Blend, C: Any) -> Reading:
    """The reading of a loss with products of the student's in it, where they are those of one divergence."""
    found = [name for name in loss.parts if name != S]
    rest, linear = loss.rest, loss.parts.get(S)
    if loss.axis is not None or len(found) > 1 or not found or rest.folds:
        terms = " and ".join(_spoken(loss))
        raise NotOfTheForm(f"it has terms in {terms} together, of which no minimum is known in closed form")
    (name,) = found
    if name == LOGITS and linear is not None or name != LOGITS and rest.z is not None:
        raise NotOfTheForm(
            f"it has terms in {' and '.join(_spoken(loss))} together, of which no minimum is known in closed form"
        )
    weight, sigma = loss.parts[name], ONE if loss.scale is None else loss.scale
    below = weight.dense(()) if weight.array is None else weight.scale.applied(weight.array.reshape(()))
    sure = weight.scale.ratio > 0 and not weight.signed and all(_positive(name) for name in weight.scale.powers)
    if weight.array is None and not weight.scale.powers and weight.scale.ratio < 0:
        raise NotOfTheForm(f"it has {name} with a minus sign")
    if name == LOGITS:
        part = spread(rest, C).z
        linear = part.coef if isinstance(part, Full) else None
    half = Fraction(-1) if name == SLOGS else Fraction(-1, 2)
    over = weight.scale.power(-1)
    if linear is None:
        centre = jnp.zeros(C)
    elif over is None:
        raise NotOfTheForm(f"the coefficient of {name} is 0")
    else:
        entries = jnp.ones(C) if linear.array is None else jnp.broadcast_to(linear.array, (C,))
        entries = entries if weight.array is None else entries / weight.array.reshape(())
        centre = over.times(linear.scale).times(Scale(half)).applied(entries)
    if name == SQUARE:
        return Reading(centre + (1 - jnp.sum(centre)) / centre.shape[0], sigma, below, sure, SQUARES, centre)
    q = jax.nn.softmax(centre)
    return Reading(q, sigma, below, sure, REVERSE if name == SLOGS else OF_LOGITS, centre)


def _spoken(loss: Blend) -> list[str]:
    """The terms in a loss, by what they are of the student's."""
    affine = ["log Σ exp z"] if loss.rest.folds else ["z"] if loss.rest.z is not None else []
    return [*loss.parts, *affine]


def _positive(name: Any) -> bool:
    """Whether a number is one of those that are known by a name: a temperature, a length."""
    return isinstance(name, str | tuple)


class _Walk:
    """Passes values between equations: what is free of z is computed by JAX as it stands, the rest goes by the rules."""

    def __init__(self, C: Any) -> None:
        self.C = C
        self._symbols = 0

    def symbol(self, name: Any, x: Any) -> Scale | None:
        """A number by a name of its own, where x is one number."""
        if any(not isinstance(n, int) or n != 1 for n in jnp.shape(x)) or not jnp.issubdtype(x.dtype, np.floating):
            return None
        self._symbols += 1
        name = name or self._symbols
        return Scale(powers={name: Fraction(1)}, values={name: jnp.reshape(x, ())})

    def run(self, jaxpr: Any, consts: Sequence[Any], args: Sequence[Value]) -> list[Value]:
        values: dict[Any, Value] = dict(zip(jaxpr.invars, args, strict=True))
        values.update((v, self._constant(x)) for v, x in zip(jaxpr.constvars, consts, strict=True))

        def value(atom: Any) -> Value:
            return self._constant(atom.val) if hasattr(atom, "val") else values[atom]

        for equation in jaxpr.eqns:
            inputs = [value(atom) for atom in equation.invars]
            values.update(zip(equation.outvars, self._equation(equation, inputs), strict=True))
        return [value(atom) for atom in jaxpr.outvars]

    def _constant(self, x: Any) -> Free:
        """A number by its shortest decimal; an array as it is."""
        if np.ndim(x) == 0 and np.asarray(x).dtype.kind in "fiu" and np.isfinite(x):
            return Free(
                x, Scale(Fraction(numbers.as_fraction(numbers.rational(np.asarray(x)[()])))), signed=bool(x < 0)
            )
        return Free(
            x, signed=not isinstance(x, np.ndarray | np.generic | float | int) or bool(np.any(np.asarray(x) < 0))
        )

    def _equation(self, equation: Any, inputs: Sequence[Value]) -> Sequence[Value]:
        name = equation.primitive.name
        inner = equation.params.get(CALLS.get(name, ""))
        known = all(isinstance(x, Free) for x in inputs)
        if inner is not None and (not known or name in ("jit", "pjit")):
            return self.run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)
        with _at(equation):
            if known:
                return self._computed(equation, inputs)  # type: ignore[arg-type]
            rule = rules.TABLE.get(name)
            found = None if rule is None else rule(equation, self.C, *inputs)
        if found is None:
            text = rules.REFUSED.get(name, f"`{name}` of the student's logits")
            raise NotOfTheForm(f"{text} is not of that form", where(equation))
        return found if isinstance(found, list) else [found]

    def _computed(self, equation: Any, inputs: Sequence[Free]) -> list[Value]:
        bound: Any = equation.primitive.get_bind_params(
            equation.params
        )  # functions and parameters, or all in one, by version
        functions, params = bound if isinstance(bound, tuple) else ((), bound)
        out = equation.primitive.bind(*functions, *(x.value for x in inputs), **params)
        several = list(out) if equation.primitive.multiple_results else [out]
        scale = rules.scale(equation, inputs)
        if equation.primitive.name == "dim_as_value":
            name = ("size", str(equation.params["dim"]))
            scale = Scale(powers={name: Fraction(1)}, values={name: several[0]})
        true, signed = rules.truth(equation, inputs), rules.signed(equation, inputs)
        flat = rules.flat(equation, inputs)
        return [Free(x, scale if scale is not None else self.symbol(None, x), true, signed, flat) for x in several]


@contextmanager
def _at(equation: Any) -> Iterator[None]:
    """Have JAX note the user's line for what is computed of an equation, where this version of it lets one."""
    try:
        from jax._src import source_info_util  # private: there is no public way

        context = source_info_util.user_context(equation.source_info.traceback)
    except Exception:
        yield
        return
    with context:
        yield
