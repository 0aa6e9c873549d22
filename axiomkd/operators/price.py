"""What one call of an operator costs, as one of six classes: the only place where a clock is read for it.

Class 0 is what is compiled and called in batches, and is not timed. The others are ten times apart and the first of them
wide: plain pools in NumPy take 5 to 100 µs, and a bound between them would give two runs of one pool two counts of calls.
A class decides how many calls a search may make, so a busy machine must measure the class that an idle one does: processor
time counts and not the time spent waiting for a processor, in units of a known computation timed beside it; of several
calls the cheapest counts; what a call waits for by itself (a sleep, another process) counts as it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from axiomkd.core.system import resource

BOUNDS = (450e-6, 4.5e-3, 45e-3, 450e-3)  # seconds, between one timed class and the next
# Calls for a whole search at the standard effort, a class each: 20 to 30 seconds at most where calls take 6 ms or less.
CALLS = (None, 60_000, 7_000, 3_000, 300, 60)
BY_EFFORT = (0.4, 1.0, 20.0)  # of CALLS: quick, standard, thorough
RIGHT = 150e-6  # seconds that the known computation takes on the machine that the bounds were set on

Result = TypeVar("Result")


@dataclass(frozen=True)
class Price:
    """A class: `number` is 0 for what is called in batches, from 1 for what is timed."""

    number: int = 0

    def __str__(self) -> str:
        if self.number <= 1:
            return f"less than {_time(BOUNDS[0])}"
        if self.number > len(BOUNDS):
            return f"more than {_time(BOUNDS[-1])}"
        return f"{_time(BOUNDS[self.number - 2])} to {_time(BOUNDS[self.number - 1])}"

    def calls(self, level: int) -> float:
        """How many calls a search may make at an effort's level; inf where there is no need to count."""
        many = CALLS[self.number]
        return float("inf") if many is None else round(many * BY_EFFORT[level])


def price_of(seconds: float) -> Price:
    """The class of a call that was timed."""
    return Price(1 + sum(seconds > bound for bound in BOUNDS))


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:g} µs" if seconds < 1e-3 else f"{seconds * 1e3:g} ms"


class Clock:
    """Times calls of one operator at one size; `seconds` is what the cheapest came to."""

    def __init__(self) -> None:
        self._worked, self._waited, self._known = float("inf"), float("inf"), float("inf")

    @property
    def seconds(self) -> float:
        speed = min(max(self._known / RIGHT, 0.1), 10.0)
        return self._worked / speed + self._waited

    def time(self, call: Callable[[], Result]) -> Result:
        """Make a call, and the known computation before it; keep the smaller of each of their times."""
        self._known = min(self._known, _spent(_known)[1])
        result, worked, waited = _spent(call)
        self._worked, self._waited = min(self._worked, worked), min(self._waited, waited)
        return result


def _spent(call: Callable[[], Result]) -> tuple[Result, float, float]:
    """The result; seconds of this thread on a processor; and seconds for which the call gave it away, 0 where it never did."""
    gave, wall, cpu = _given_away(), time.perf_counter(), time.thread_time()
    result = call()
    cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
    return result, cpu, max(wall - cpu, 0.0) if _given_away() > gave else 0.0


def _given_away() -> int:
    """How often this thread has stopped by itself: to sleep, or for others to finish."""
    if sys.platform.startswith("linux"):
        return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    return time.perf_counter_ns()  # not known apart: all waiting counts


def _known() -> None:
    """A pool as users write them, some times over: Python's and NumPy's speed in the measure that operators have of it."""
    P, w = np.full((3, 4), 0.25), np.full(3, 1 / 3)
    for _ in range(20):
        q = np.exp(w @ np.log(P))
        q = q / q.sum()
        sum(float(x) for x in q)
