"""What verifying one reading comes to: a line with the layers that its correctness still rests on, or one failure.

It knows no mathematics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The layers, from the strongest to the weakest. Several may stand behind one line.
EXACT, BALL = "arithmetic (exact)", "arithmetic (ball)"
FLOATS = "floats"
NOTHING = "nothing to verify"

# What no one can work out again without the search itself, or what is prose: it is shown, and rests on nothing.
AS_TOLD = (
    "not verified: what the search says of itself (seed, sizes asked for, cases, seconds, margins of what is not refuted), "
    "version and device, what its process had given up, how it was called from outside and what was verified before (confined, "
    "outside, verified), what an audit of precision found, pictures, repairs, targets that could not be loaded, and texts "
    "(messages, reasons, what the operator printed, the wording of claims)"
)


class Failed(Exception):
    """Something in the report is not borne out. The text says which claim, what was expected and what was found."""


@dataclass(frozen=True)
class Line:
    """One reading that stood: `layers` is what the reader still has to trust."""

    operator: str
    reading: str
    verdict: str
    layers: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"ok  {self.operator}  {self.reading}  {self.verdict}  {', '.join(self.layers)}"


def total(lines: Sequence[Line]) -> str:
    """The last line: how many readings stood, and what all of them rest on."""
    operators = len({line.operator for line in lines})
    checked = [line for line in lines if not any(NOTHING in layer for layer in line.layers)]
    proved = sum(line.verdict == "proved" for line in checked)
    refuted = sum(line.verdict == "refuted" for line in checked)
    return (
        f"verified: {len(lines)} readings of {operators} operators; {proved} proofs and {refuted} counterexamples checked, "
        f"{len(lines) - len(checked)} readings with nothing to verify; {AS_TOLD}"
    )
