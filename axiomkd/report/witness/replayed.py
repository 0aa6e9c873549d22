"""What came of a replay, as a value and in words. It runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from axiomkd.report.witness.value import Number, Witness

EXACTLY = {"exact": "in exact arithmetic", "ball": "in ball arithmetic", "float64": "in float64"}


@dataclass(frozen=True, repr=False)
class Replay:
    """What came of a replay. `seen`: whether the witness shows again what it is a witness of; None where that can't be told, and
    then `problem` says why. `witness` has the values, the margin and the way of computing of now. `str()` is all of it in words.
    """

    witness: Witness
    seen: bool | None
    lines: tuple[str, ...]
    problem: str = ""

    @property
    def value(self) -> tuple[tuple[Number, ...], ...]:
        """The aggregates at the points compared: fractions, exact or the doubles nearest to balls."""
        return self.witness.exact.value

    @property
    def margin(self) -> Number | None:
        """The margin of the claim, negative where it fails."""
        return self.witness.exact.margin

    @property
    def confirmed(self) -> str:
        """exact, ball or float64; "" where nothing was computed."""
        return self.witness.confirmed

    def __str__(self) -> str:
        return "\n".join((f"{self._named()}: {self._outcome()}", *self.lines))

    def __repr__(self) -> str:
        return f"<axiomkd.Replay: {self._named()}: {self._outcome()}>"

    def _named(self) -> str:
        return " · ".join(filter(None, (self.witness.target, self.witness.reading)))

    def _outcome(self) -> str:
        if self.seen is None:
            return f"not replayed: {self.problem}"
        how = f", {EXACTLY[self.confirmed]}" if self.confirmed and self.witness.verdict == "refuted" else ""
        return f"{'seen again' if self.seen else 'NOT seen again'}{how}"
