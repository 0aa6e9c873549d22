"""Exact rules for branches and loops: a predicate is a concrete truth value, so only code that runs is walked.

It refuses to know what a body computes; it is handed the function that walks one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axiomkd.tracing.arrays import full, is_real
from axiomkd.tracing.numbers import ZERO, Undecided
from axiomkd.tracing.walk import Equation, Rule

STEP_LIMIT = 100_000  # of a while loop: one that converges only in floats would not end

Walk = Callable[[Any, Sequence[Any]], list[Any]]


def rules(walk: Walk) -> dict[str, Rule]:
    """The rules, given the function that evaluates a jaxpr on arrays."""

    def cond(equation: Equation, index: np.ndarray, *operands: np.ndarray) -> list[Any]:
        branches = equation.params["branches"]
        chosen = min(max(int(index), 0), len(branches) - 1)
        return walk(branches[chosen], operands)

    def while_(equation: Equation, *operands: np.ndarray) -> list[Any]:
        params = equation.params
        first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
        of_cond, of_body, carry = operands[:first], operands[first:second], list(operands[second:])
        for _ in range(STEP_LIMIT):
            (go_on,) = walk(params["cond_jaxpr"], [*of_cond, *carry])
            if not go_on.any() if go_on.ndim else not bool(go_on):
                return carry
            after = walk(params["body_jaxpr"], [*of_body, *carry])
            carry = _where_on(go_on, after, carry) if go_on.ndim else after
        raise Undecided(f"a while loop: it goes on after {STEP_LIMIT} steps in exact arithmetic")

    def scan(equation: Equation, *operands: np.ndarray) -> list[Any]:
        params = equation.params
        first, second = params["num_consts"], params["num_consts"] + params["num_carry"]
        consts, carry, sequences = operands[:first], list(operands[first:second]), operands[second:]
        steps = range(params["length"])
        outputs: list[Any] = [None] * len(steps)
        for step in reversed(steps) if params["reverse"] else steps:
            results = walk(params["jaxpr"], [*consts, *carry, *(xs[step, ...] for xs in sequences)])
            carry, outputs[step] = results[: params["num_carry"]], results[params["num_carry"] :]
        avals = [variable.aval for variable in equation.outvars[params["num_carry"] :]]
        return [*carry, *(_stacked([out[i] for out in outputs], aval) for i, aval in enumerate(avals))]

    return {
        "cond": cond,
        "while": while_,
        "scan": scan,
        "platform_index": platform_index,
        "debug_callback": nothing,
        "debug_print": nothing,
    }


def _where_on(go_on: np.ndarray, after: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Under vmap each loop has its own condition, and one that has ended keeps what it has."""
    over = [go_on.reshape(*go_on.shape, *[1] * (x.ndim - go_on.ndim)) for x in after]
    return [np.where(on, new, old) for on, new, old in zip(over, after, before, strict=True)]


def platform_index(equation: Equation, *_: np.ndarray) -> np.ndarray:
    """The branch for a CPU, or for any platform: branches of one operator denote one function, this one is portable."""
    platforms = equation.params["platforms"]
    fitting = (place for place, names in enumerate(platforms) if names is None or "cpu" in names)
    return np.asarray(next(fitting, len(platforms) - 1), dtype=np.int32)


def nothing(_equation: Equation, *_: np.ndarray) -> list[Any]:
    """A print: it has no output, and none of its text is wanted here."""
    return []


def _stacked(parts: list[np.ndarray], aval: Any) -> np.ndarray:
    if parts:
        return np.stack(parts)
    return full(aval.shape, ZERO) if is_real(aval.dtype) else np.zeros(aval.shape, dtype=aval.dtype)
