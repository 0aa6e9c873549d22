"""A jaxpr run with positive numbers kept as their logarithms: sums become logsumexp, quotients differences, powers products.

One table over the walker, in any float format. A number is a logarithm from the operation on that makes it large or small (exp, a
power, a product over teachers), until something asks for the number itself. `xlogy`: 0 · log 0 is 0. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.audit import retyped
from axiomkd.tracing.walk import Equation, Rules, walk, where

Thunk = Callable[[], Any]


@dataclass
class Value:
    """An array, or the logarithm of one that has no negative entries; each is computed when it is asked for.

    `kept`: it is kept as a logarithm. `of`: what it is the logarithm of, where it is one. `parts`: of a sum the largest logarithm
    of a term, and what is to be added to it; each is taken from a logarithm for itself, or their own size would be lost twice.
    """

    make: Thunk
    make_log: Thunk | None = None
    kept: bool = False
    of: Value | None = None
    parts: Callable[[], tuple[Any, Any]] | None = None

    @cached_property
    def plain(self) -> Any:
        return self.make()

    @cached_property
    def log(self) -> Any:
        assert self.make_log is not None
        return self.make_log()

    @property
    def nonnegative(self) -> bool:
        return self.make_log is not None


@dataclass
class Form:
    """The domain: `dtype` of all floats, whether logarithms are kept, and whether 0 · log 0 is 0. `did` gathers what was done
    otherwise than it is written, with the user's line."""

    dtype: Any
    logs: bool = True
    xlogy: bool = False
    did: dict[tuple[str, str], None] = field(default_factory=dict)

    def run(self, closed: Any, args: list[Any], probabilities: bool) -> Any:
        """The one output on arrays: P, w and perhaps T; `probabilities`: P has no negative entries."""
        signs = [probabilities, True, True]
        values = [given(jnp.asarray(x, self.dtype), sign) for x, sign in zip(args, signs, strict=False)]
        (q,) = walk(closed, values, Rules(self._lift, retyped.Every(self._table(), self._others)))
        return q.plain

    def _lift(self, constant: Any, aval: Any) -> Value:
        made = retyped.lifted(constant, aval, self.dtype)
        return given(made, retyped.is_float(aval.dtype) and bool(np.all(np.asarray(made) >= 0)))

    def _others(self, equation: Equation, *xs: Value) -> Any:
        """What the table does not know, on the numbers themselves, or on logarithms where it only moves them."""
        bind = retyped.bound(self.dtype)
        if equation.primitive.name in MOVES and all(x.nonnegative for x in xs if x is xs[0]) and xs and xs[0].kept:
            more = [x.plain for x in xs[1:]]
            inner, moved = xs[0].parts, kept(lambda: bind(equation, xs[0].log, *more))
            if inner is not None:
                moved.parts = lambda: tuple(bind(equation, one, *more) for one in inner())  # type: ignore[assignment]
            return moved
        result = bind(equation, *(x.plain for x in xs))
        if equation.primitive.multiple_results:
            return [given(one, False) for one in result]
        return given(result, self._stays(equation, xs))

    def _stays(self, equation: Equation, xs: tuple[Value, ...]) -> bool:
        """Whether a result has no negative entries because what it is made of has none."""
        if not retyped.is_float(equation.outvars[0].aval.dtype):
            return False
        return equation.primitive.name in KEEPS_SIGN and all(x.nonnegative for x in xs)

    def _note(self, what: str, equation: Equation) -> None:
        self.did[what, where(equation) or ""] = None

    # --- the table ---------------------------------------------------------------------------------------------------

    def _table(self) -> Mapping[str, Callable[..., Any]]:
        own = {
            "mul": self._mul,
            "log": self._log,
            "convert_element_type": self._convert,
            "dot_general": self._dot,
        }
        if not self.logs:
            return own
        return {
            **own,
            "exp": self._exp,
            "div": self._div,
            "pow": self._pow,
            "integer_pow": self._integer_pow,
            "square": lambda e, x: self._scaled(e, x, 2),
            "sqrt": lambda e, x: self._scaled(e, x, 0.5),
            "rsqrt": lambda e, x: self._scaled(e, x, -0.5),
            "reduce_prod": self._product,
            "reduce_sum": self._sum,
            "reduce_max": self._extreme,
            "reduce_min": self._extreme,
            "add": self._add,
            "select_n": self._select,
        }

    def _convert(self, equation: Equation, x: Value) -> Value:
        if retyped.is_float(equation.params["new_dtype"]) and x.nonnegative:
            return x
        return self._others(equation, x)

    def _exp(self, equation: Equation, x: Value) -> Value:
        if x.of is not None:
            return x.of
        self._note("kept as a logarithm, no exponential taken", equation)
        return kept(lambda: x.plain)

    def _log(self, equation: Equation, x: Value) -> Value:
        if not x.nonnegative:
            return self._others(equation, x)
        return Value(lambda: x.log, of=x)

    def _mul(self, equation: Equation, a: Value, b: Value) -> Value:
        for factor, logarithm in ((a, b), (b, a)):
            if self.xlogy and logarithm.of is not None and factor.nonnegative:
                self._note("`xlogy`: 0 · log 0 is 0", equation)
                return Value(lambda: jnp.where(factor.plain == 0, 0, factor.plain * logarithm.plain))  # noqa: B023
        if not (a.nonnegative and b.nonnegative):
            return self._others(equation, a, b)
        if self.logs and (a.kept or b.kept):
            return kept(lambda: a.log + b.log)
        return Value(lambda: self._others(equation, a, b).plain, lambda: a.log + b.log)

    def _div(self, equation: Equation, a: Value, b: Value) -> Value:
        if not (a.nonnegative and b.nonnegative):
            return self._others(equation, a, b)
        if a.kept or b.kept:
            self._note("a difference of logarithms in place of a quotient, as `softmax` does", equation)
            return kept(lambda: _quotient(a, b))
        return Value(lambda: self._others(equation, a, b).plain, lambda: a.log - b.log)

    def _pow(self, equation: Equation, x: Value, y: Value) -> Value:
        if not x.nonnegative:
            return self._others(equation, x, y)
        self._note("a multiple of the logarithm in place of a power", equation)
        return kept(lambda: jnp.where(y.plain == 0, 0, y.plain * x.log))

    def _integer_pow(self, equation: Equation, x: Value) -> Value:
        return self._scaled(equation, x, equation.params["y"])

    def _scaled(self, equation: Equation, x: Value, by: float) -> Value:
        if not x.nonnegative:
            return self._others(equation, x)
        self._note("a multiple of the logarithm in place of a power", equation)
        return kept(lambda: by * x.log)

    def _product(self, equation: Equation, x: Value) -> Value:
        if not x.nonnegative:
            return self._others(equation, x)
        self._note("a sum of logarithms in place of a product", equation)
        return kept(lambda: jnp.sum(x.log, axis=tuple(equation.params["axes"])))

    def _sum(self, equation: Equation, x: Value) -> Value:
        if not (x.nonnegative and x.kept):
            return self._others(equation, x)
        self._note("`logsumexp` in place of a sum", equation)
        return _summed(lambda: x.log, tuple(equation.params["axes"]))

    def _extreme(self, equation: Equation, x: Value) -> Value:
        if not (x.nonnegative and x.kept):
            return self._others(equation, x)
        bind = retyped.bound(self.dtype)
        return kept(lambda: bind(equation, x.log))

    def _dot(self, equation: Equation, a: Value, b: Value) -> Value:
        (contract_a, contract_b), batches = equation.params["dimension_numbers"]
        simple = not batches[0] and len(contract_a) == 1
        if self.xlogy and simple and self._weighs_logs(a, b):
            self._note("`xlogy`: 0 · log 0 is 0", equation)
            x, y = _aligned(a.plain, b.plain, contract_a[0], contract_b[0])
            zero = y if a.of is not None else x
            return Value(lambda: jnp.sum(jnp.where(zero == 0, 0, x * y), axis=-1))
        if not self.logs or not (a.nonnegative and b.nonnegative and (a.kept or b.kept)) or not simple:
            return self._others(equation, a, b)
        self._note("`logsumexp` of sums of logarithms in place of a sum of products", equation)
        return _summed(lambda: sum(_aligned(a.log, b.log, contract_a[0], contract_b[0])), (-1,))

    @staticmethod
    def _weighs_logs(a: Value, b: Value) -> bool:
        return (a.of is not None and b.nonnegative) or (b.of is not None and a.nonnegative)

    def _add(self, equation: Equation, a: Value, b: Value) -> Value:
        if a.nonnegative and b.nonnegative and (a.kept or b.kept):
            return kept(lambda: jnp.logaddexp(a.log, b.log))
        return self._others(equation, a, b)

    def _select(self, equation: Equation, which: Value, *xs: Value) -> Value:
        if all(x.nonnegative for x in xs) and any(x.kept for x in xs):
            return kept(lambda: jax.lax.select_n(which.plain, *(x.log for x in xs)))
        if not retyped.is_float(equation.outvars[0].aval.dtype):
            return self._others(equation, which, *xs)
        made = self._others(equation, which, *xs).plain
        return given(made, all(x.nonnegative for x in xs))


def _summed(log: Thunk, axes: tuple[int, ...]) -> Value:
    """logsumexp, in its two parts."""

    def parts() -> tuple[Any, Any]:
        terms = log()
        most = jnp.max(terms, axis=axes, keepdims=True)
        most = jnp.where(jnp.isfinite(most), most, 0)
        return jnp.squeeze(most, axes), jnp.log(jnp.sum(jnp.exp(terms - most), axis=axes))

    made = kept(lambda: sum(parts()))
    made.parts = parts
    return made


def _quotient(a: Value, b: Value) -> Any:
    """log a − log b."""
    if b.parts is None:
        return a.log - b.log
    most, rest = b.parts()
    return (a.log - most) - rest


def _aligned(a: Any, b: Any, of_a: int, of_b: int) -> tuple[Any, Any]:
    """Two arrays such that their product, summed over the last axis, is the product of matrices."""
    x, y = jnp.moveaxis(a, of_a, -1), jnp.moveaxis(b, of_b, -1)
    return x.reshape(*x.shape[:-1], *(1,) * (y.ndim - 1), x.shape[-1]), y


MOVES = frozenset(
    "broadcast_in_dim reshape transpose squeeze expand_dims slice rev copy stop_gradient gather dynamic_slice".split()
)
KEEPS_SIGN = frozenset({*MOVES, *"add mul div max min reduce_sum reduce_max reduce_min dot_general".split()})


def given(x: Any, nonnegative: bool) -> Value:
    """An array as it is, with its logarithm where that may be asked for."""
    return Value(lambda: x, (lambda: jnp.log(x)) if nonnegative else None)


def kept(log: Thunk) -> Value:
    """A number that is kept as its logarithm."""
    made = Value(lambda: jnp.exp(made.log), log, kept=True)
    return made
