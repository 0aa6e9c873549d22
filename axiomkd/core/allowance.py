"""How often an operator may still be called, counted and not timed: one allowance for a check, portions of it for its stages.

A portion ends by `OutOfCalls`, which whoever opened it turns into "so far". It knows calls and no operator.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


class OutOfCalls(Exception):
    """The calls (or, where a budget in seconds was given, the seconds) of the portion in force are used up."""


@dataclass
class Allowance:
    """`total` calls for the whole search, inf where none are counted; `deadline` is a time.monotonic value or None.

    Outside portions nothing is refused: what was found must be confirmed whatever has been spent. A call at a size where one
    costs as much as ten at the small sizes counts as ten.
    """

    total: float = math.inf
    deadline: float | None = None
    spent: float = 0.0
    _ends: float | None = None  # what `spent` may come to in the portion in force; None outside all portions

    @property
    def limited(self) -> bool:
        return math.isfinite(self.total)

    @property
    def left(self) -> float:
        """Of the portion in force, or of the whole."""
        return max((self.total if self._ends is None else self._ends) - self.spent, 0.0)

    def take(self, calls: float) -> None:
        """Before so many calls are made. Raises OutOfCalls, with nothing taken, where a portion in force has fewer left."""
        if self._ends is not None:
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise OutOfCalls
            if self.spent + calls > self._ends:
                raise OutOfCalls
        self.spent += calls

    @contextmanager
    def portion(self, share: float) -> Generator[None]:
        """This share of what is left, or less inside another portion. What it does not use goes to later ones."""
        before = self._ends
        self._ends = min(self.spent + share * self.left, math.inf if before is None else before)
        try:
            yield
        finally:
            self._ends = before
