"""A theorem on a family of operators as one value: what it concludes, how its hypotheses are checked, its written proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from axiomkd.prove.claims import Attempt
from axiomkd.prove.subject import Subject


@dataclass(frozen=True)
class Theorem:
    """`attempt` looks for the hypotheses in an operator; `concludes` are the readings that then hold, for all P and w
    of their domains at which the operator is defined.

    `statement`, `proof` and `source` are Markdown for the theorem's page; `after` names readings that must be proved
    already; `facts` what is asked of the softener, by names of `core.softener.FACTS`; `takes_T` whether it is on operators
    that take the temperature (False), on those that do (True), or on both (None); `all_classes` whether what it says of one
    number of classes leans on the formula at others, so that it needs the formula for every C.
    """

    name: str
    title: str
    concludes: tuple[str, ...]
    statement: str
    proof: str
    source: str
    attempt: Callable[[Subject], Attempt]
    after: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    takes_T: bool | None = None
    all_classes: bool = False
    example: str = ""  # a zoo operator that it applies to
