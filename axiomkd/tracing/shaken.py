"""A trace in floats, step by step, with every number that a step gives moved by units in the last place.

What such runs differ by is what rounding alone may do to the result, also where a tie inside the code, which no change of its
inputs breaks, is decided by the last digit. The idea is stochastic arithmetic's (J. Vignes, "A stochastic arithmetic for
reliable scientific computation", Math. Comput. Simul. 35, 1993). It knows no operator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from axiomkd.tracing import exact_control
from axiomkd.tracing.arrays import is_real
from axiomkd.tracing.walk import CALLS, Rule, Rules, walk

UNITS = 2  # in the last place, at most, that a number is moved by


def shaken(closed_jaxpr: Any, args: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """The outputs of a closed jaxpr on arrays, one of the runs that rounding might have given; every seed gives another."""
    rng = np.random.default_rng((seed, 37))

    def step(equation: Any, *inputs: np.ndarray) -> list[np.ndarray] | np.ndarray:
        given = equation.primitive.bind(*map(jax.numpy.asarray, inputs), **equation.params)
        if equation.primitive.multiple_results:
            return [_moved(rng, np.asarray(one)) for one in given]
        return _moved(rng, np.asarray(given))

    class _Primitives(Mapping[str, Rule]):
        """A rule for all there are: loops and branches are carried out, calls are walked into, the rest is JAX's own step."""

        def __getitem__(self, name: str) -> Rule:
            if name in CALLS:
                raise KeyError(name)
            return control.get(name, step)

        def __iter__(self):
            return iter(control)

        def __len__(self) -> int:
            return len(control)

    rules = Rules(lambda constant, _: np.asarray(constant), _Primitives())
    control = exact_control.rules(lambda inner, operands: walk(inner, operands, rules))
    with jax.disable_jit():
        return [np.asarray(one) for one in walk(closed_jaxpr, args, rules)]


def _moved(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    if not is_real(x.dtype):
        return x
    # ml_dtypes' narrow floats have no `spacing`; one unit is the dtype's eps times the number, at most.
    eps = float(jax.numpy.finfo(x.dtype).eps)
    with np.errstate(all="ignore"):
        return (x * (1 + eps * rng.integers(-UNITS, UNITS + 1, x.shape))).astype(x.dtype)
