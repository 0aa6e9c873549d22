"""One step of a derivation: words, and a formula that is displayed after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from axiomkd.explain.derivation.formulas import Writer

Spelled = Callable[[Writer], str]


@dataclass(frozen=True)
class Step:
    """`words` is a sentence in plain text with formulas as the theorems write them; `formula` what is displayed after it.

    `kind` is "step", "theorem", "proof" or "case"; what follows a display closes with `end`.
    """

    words: str
    formula: Spelled | None = None
    kind: str = "step"
    end: str = "."
