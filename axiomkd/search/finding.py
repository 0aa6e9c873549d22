"""What the searches behind continuity and `limits` return, and how hard they look. Knows no operator and no number."""

from __future__ import annotations

from collections.abc import Sequence
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


WORK = 4_000_000  # doubles held at once by one stage of a search
EXACT_WORK = 2_000  # entries of P looked at exactly: 24 places at small sizes
WORTH = 1500  # calls with which a size is searched at all, where they are counted
OF_A_PLACE = 64  # calls that a place costs: two distances on fifteen ways, inside and on faces
OF_A_SEGMENT = 6  # calls that a segment costs, for each cut: it is cut a few times, and there are three kinds
FEW_CUTS = 16  # where calls are counted
ONE_BY_ONE = 8  # an operator that takes one point a call is some hundred times slower; it gets an eighth


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

    def at(self, K: int, C: int, *, one_by_one: bool, calls: int | None = None) -> Reach:
        """The same reach at a size, less where the size or the operator makes each point dear.

        `calls`: about how many points in floats the size may cost.
        """
        if calls is not None:
            return self.at(K, C, one_by_one=one_by_one)._within(calls)
        share = ONE_BY_ONE if one_by_one else 1
        return Reach(
            places=max(8, min(self.places // share, WORK // (16 * K * C))),
            segments=max(8, min(self.segments // share, WORK // (self.cuts * K * C))),
            cuts=self.cuts,
            simple=max(2, min(self.simple, EXACT_WORK // (K * C))),
            trials=self.trials if K * C <= 64 else 3,
            pins=self.pins if K * C <= 64 else 1,
        )

    def _within(self, calls: int) -> Reach:
        """Half of the calls for places and half for segments, at what either costs; exact looks are calls too."""
        cuts = min(self.cuts, FEW_CUTS)
        return Reach(
            places=max(4, min(self.places, calls // (2 * OF_A_PLACE))),
            segments=max(4, min(self.segments, calls // (2 * OF_A_SEGMENT * cuts))),
            cuts=cuts,
            simple=max(2, min(self.simple, calls // 64)),
            trials=max(1, min(self.trials, calls // 256)),
            pins=1,
        )


def affordable(sizes: Sequence[tuple[int, int]], calls: int | None) -> tuple[list[tuple[int, int]], int | None]:
    """The sizes that are worth their share of the calls, the smallest first, and that share."""
    ordered = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    if calls is None:
        return ordered, None
    some = ordered[: max(1, calls // WORTH)]
    return some, calls // max(1, len(some))


REACHES = (Reach(128, 128, 64, 12, 6, 2), Reach(256, 256, 64, 24, 10, 3), Reach(1024, 1024, 64, 64, 32, 8))
"""By the effort's level: quick, standard, thorough."""
