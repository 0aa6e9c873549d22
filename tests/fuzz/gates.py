"""The book of gates: numbers that are 0 where a signal sleeps and not 0 where it is awake, each by way of a primitive.

A gate is what a primitive does less what a careless rule would take it to do, so that whoever believes the rule finds 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .signals import Signal

Value = Callable[..., object]
"""g(P, w): a number, NaN included."""


@dataclass(frozen=True)
class Gate:
    """`of(signal, rng)` gives g(P, w). `signals` are the axes of signals that it goes with; `n` a threshold of its own."""

    name: str
    of: Callable[[Signal, random.Random], Value]
    axes: str
    n: tuple[int, ...] | None = None
    undefined: bool = False  # awake, it is NaN


GATES: dict[str, Gate] = {}


def gate(axes: str = "KCPw", n: tuple[int, ...] | None = None, undefined: bool = False):
    """Record the decorated function as a gate."""

    def record(of):
        name = f"{of.__module__.rsplit('.', 1)[-1]}: {of.__name__.strip('_').replace('_', ' ')}"
        assert name not in GATES, name
        GATES[name] = Gate(name, of, axes, n, undefined)
        return of

    return record


def simple(axes: str = "KCPw", **how):
    """The same of a function of (signal, P, w) that draws nothing."""

    def record(of):
        def made(s: Signal, rng: random.Random) -> Value:
            return lambda P, w: of(s, P, w)

        made.__name__, made.__module__ = of.__name__, of.__module__
        gate(axes, **how)(made)
        return of

    return record


def several(names_and_functions: dict[str, Callable], axes: str = "KCPw", **how) -> None:
    """Record a table of functions of (signal, P, w)."""
    for name, of in names_and_functions.items():
        of.__name__ = name
        simple(axes, **how)(of)
