"""The numbers of a witness as a reader sees them: short text, and a bar for a probability.

The exact string stays in the JSON report; nothing here is read back.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 12  # characters of a fraction that is still printed as one
NEAR = Fraction(1, 2**60)  # far below what floats tell apart near 1: the numbers at a jump lie 2^-200 from a plain one
CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")  # an operator's message may hold anything
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
ASCII = str.maketrans(
    {
        "·": "-",
        "≈": "~",
        "→": "->",
        "←": "<-",
        "…": "...",
        "×": "x",
        "²": "^2",
        "Σ": "sum ",
        "∞": "inf",
        "−": "-",
        "–": "-",
        "‖": "||",
        "₁": "_1",
        "≥": ">=",
        "≤": "<=",
        "∈": "in",
        "Δ": "Delta",
        "½": "1/2",
        "ε": "eps",
        "α": "alpha",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
    }
)


@dataclass(frozen=True)
class Pen:
    """What the terminal can show: `width` columns, and characters beyond ASCII or not."""

    width: int
    unicode: bool

    def text(self, text: str) -> str:
        """The text as this terminal can show it."""
        text = CONTROL.sub("", text)
        return text if self.unicode else text.translate(ASCII).encode("ascii", "replace").decode()

    def bar(self, share: float, cells: int) -> str:
        """A bar of `share` of `cells`; the least positive share still shows. "" where share is no probability."""
        if cells < 1 or not 0 < share <= 1.000001:
            return ""
        if not self.unicode:
            return "#" * max(1, round(share * cells))
        eighths = max(1, round(min(share, 1) * cells * 8))
        return "█" * (eighths // 8) + EIGHTHS[eighths % 8]


def value(text: str) -> Fraction | float:
    """The number that a witness's string names: a fraction, or a float where it is inf or nan."""
    if "x" in text:
        number = float.fromhex(text)
        return Fraction(number) if math.isfinite(number) else number
    try:
        return Fraction(text)
    except ValueError:
        return float(text)


def short(text: str) -> str:
    """A witness's number for a table cell: `3/40`, `≈0.0714286`, `2^-200`, or `1/2+` for one that lies next to 1/2."""
    number = value(text)
    if not isinstance(number, Fraction):
        return text
    if "x" not in text:
        plain, side = beside(number)
        if side:
            return f"{plain}{side}"
        if len(text) <= LONGEST:
            return text
    if 0 < abs(number) < NEAR:
        sign = "-" if number < 0 else ""
        return f"{sign}{power_of_two(abs(number))}"
    rounded = f"{approximately(number):.6g}"
    return rounded if Fraction(rounded) == number else f"≈{rounded}"


def beside(number: Fraction) -> tuple[Fraction, str]:
    """The plain fraction that a number lies next to, and "+" or "-" for the side; "" where it lies next to none."""
    plain = number.limit_denominator(10_000)
    gap = number - plain
    if plain == 0 or gap == 0 or abs(gap) > NEAR:
        return number, ""
    return plain, "+" if gap > 0 else "-"


def power_of_two(number: Fraction) -> str:
    """A tiny positive number as the power of two that it is, or that it is nearest to."""
    # Logarithms of numerator and denominator: the number itself may be below every double.
    exponent = round(math.log2(number.numerator) - math.log2(number.denominator))
    exact = number == Fraction(2) ** exponent
    return f"{'' if exact else '≈'}2^{exponent}"


def closer_than(gap: Fraction) -> str:
    """A bound on a small positive distance for a sentence: `2^-200`."""
    return f"2^{math.ceil(math.log2(gap.numerator) - math.log2(gap.denominator))}"


def approximately(number: Fraction | float) -> float:
    """The nearest double; fractions beyond the range of doubles become 0 or inf."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)
