"""What the searches behind continuity and `limits` return, and how hard they look. Knows no operator and no number."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


WORK = 4_000_000  # doubles held at once by one stage of a search
EXACT_WORK = 2_000  # entries of P looked at exactly: 24 places at small sizes
COARSE = 16  # from this share on segments are halved: many steps, and few points


@dataclass(frozen=True)
class Reach:
    """How far a search goes: `places` and `segments` are drawn for each size, a segment is cut in `cuts` at each step.

    Exact arithmetic looks, for each size, at the `simple` simplest places, at up to `trials` promising ones, and at up
    to `pins` promising segments.
    """

    places: int
    segments: int
    cuts: int
    simple: int
    trials: int
    pins: int

    def at(self, K: int, C: int, *, share: int = 1) -> Reach:
        """The same reach at a size, less where the size makes each point dear, or the operator: one in `share` is left."""
        if share >= COARSE:
            return replace(self.at(K, C), cuts=2, places=8, segments=max(12, 2 * self.segments // share))
        return Reach(
            places=max(8, min(self.places // share, WORK // (16 * K * C))),
            segments=max(8, min(self.segments // share, WORK // (self.cuts * K * C))),
            cuts=self.cuts,
            simple=max(2, min(self.simple, EXACT_WORK // (K * C))),
            trials=self.trials if K * C <= 64 else 3,
            pins=self.pins if K * C <= 64 else 1,
        )


REACHES = {
    -1: Reach(48, 48, 64, 6, 3, 1),
    0: Reach(128, 128, 64, 12, 6, 2),
    1: Reach(256, 256, 64, 24, 10, 3),
    2: Reach(1024, 1024, 64, 64, 32, 8),
}
"""By the effort's level: a second look at what is proved, quick, standard, thorough."""
