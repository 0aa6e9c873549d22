"""A report's witness as a public value: its numbers, how it is written for a paper, and how it is seen again.

`value` holds it, `writing` writes it, `replay` runs the operator at it. It refuses to know how a witness is found. It is made
from a report (`Report.witness`) or from the lines that a report prints, and goes on to whoever pastes or replays it.
"""

from axiomkd.report.witness.value import Exact, Witness, witness_of

__all__ = ["Exact", "Witness", "witness_of"]
