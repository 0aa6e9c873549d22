"""What a project knows to be violated, and for how long it will put up with it. It knows neither files nor verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Expected:
    """A required reading of an operator that is known not to be met.

    `target` is the operator's as written in a report, `reading` is axiom/reading. `until` is the last day on which it is put
    up with (None: no end). `source` says where it is written down,
    `dated` where its last day is. `strict`: once it is met, the entry is an error where
    tests are run (entries of a table are, those of a baseline report are not). `verdict` is what it was in a baseline.
    """

    target: str
    reading: str
    reason: str
    until: date | None = None
    source: str = "pyproject.toml"
    dated: str = "pyproject.toml"
    strict: bool = True
    verdict: str | None = None

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until
