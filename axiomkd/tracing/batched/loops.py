"""Branches and loops: what is carried from step to step, and which branch each point takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axiomkd.tracing.batched.machine import Rule, Run, Unknown, Value

MOST_STEPS = 20_000


def _of_points(which: Value, x: Value) -> Value:
    """A truth value a point, laid out against a value."""
    return which.reshape(len(which), *[1] * (x.ndim - 1))


def _cond(run: Run, equation: Any, which: Value, *args: Value) -> list[Value]:
    """The branch of that number, the nearest one where there is none; each where points differ."""
    branches = equation.params["branches"]
    which = np.clip(which.astype(np.int64), 0, len(branches) - 1)
    taken = sorted(set(which.tolist()))
    outs = {n: run.walk(branches[n], args) for n in taken}
    out = outs[taken[0]]
    for n in taken[1:]:
        out = [np.where(_of_points(which == n, y), y, x) for x, y in zip(out, outs[n], strict=True)]
    return out


def _scan(run: Run, equation: Any, *args: Value) -> list[Value]:
    p = equation.params
    first, length = p["num_consts"] + p["num_carry"], p["length"]
    consts, carry, rows = args[: p["num_consts"]], list(args[p["num_consts"] : first]), args[first:]
    if length == 0 or length > MOST_STEPS:
        raise Unknown("a loop of no steps" if not length else "a loop of many steps")
    out: list[list[Value] | None] = [None] * length
    around = run.rows
    for n in reversed(range(length)) if p["reverse"] else range(length):
        run.rows = (*around, n)
        found = run.walk(p["jaxpr"], [*consts, *carry, *(x[:, n] for x in rows)])
        carry, out[n] = found[: len(carry)], found[len(carry) :]
    run.rows = around
    return [*carry, *(_stacked([step[m] for step in out if step]) for m in range(len(out[0] or ())))]


def _stacked(steps: Sequence[Value]) -> Value:
    points = max(len(x) for x in steps)
    return np.stack([np.broadcast_to(x, (points, *x.shape[1:])) for x in steps], axis=1)


def _while(run: Run, equation: Any, *args: Value) -> list[Value]:
    """A point whose condition no longer holds keeps what it has while others go on."""
    p = equation.params
    n_cond, n_body = p["cond_nconsts"], p["body_nconsts"]
    of_cond, of_body, carry = args[:n_cond], args[n_cond : n_cond + n_body], list(args[n_cond + n_body :])
    around = run.rows
    for n in range(MOST_STEPS):
        run.rows = (*around, n)
        (on,) = run.walk(p["cond_jaxpr"], [*of_cond, *carry])
        if not on.any():
            run.rows = around
            return carry
        after = run.walk(p["body_jaxpr"], [*of_body, *carry])
        carry = after if on.all() else [np.where(_of_points(on, y), y, x) for x, y in zip(carry, after, strict=True)]
    raise Unknown("a loop of many steps")


RULES: dict[str, Rule] = {"cond": _cond, "scan": _scan, "while": _while}
