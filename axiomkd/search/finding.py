"""What the searches behind continuity and `limits` return, and how hard they look. Knows no operator and no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from axiomkd.core.verdict import Witness

Outcome = Literal["refuted", "fragile", "open"]


@dataclass(frozen=True)
class Finding:
    """`open` is "not refuted": its `why` is empty, or names candidates that stayed undecided.

    `cases` counts evaluated points, `quotient` is the largest difference quotient seen, `message` is a sentence for the
    report, and `why` says what a `fragile` or an undecided search ran into.
    """

    outcome: Outcome
    witness: Witness | None
    message: str
    cases: int
    quotient: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Effort:
    """`places` and `segments` are drawn per size, a segment is cut in `cuts` at each step. Exactly looked at per size:
    the `simple` simplest places, up to `trials` promising places, up to `pins` promising segments."""

    places: int = 256
    segments: int = 256
    cuts: int = 64
    simple: int = 24
    trials: int = 10
    pins: int = 3


STANDARD = Effort()
