"""A check that stops at the first required reading that is refuted: when it is enough, and what is looked at first.

It knows which readings are required and what the search does with them, and settles nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from axiomkd.core.reading import Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import conclude, effort
from axiomkd.search.run import LOOKS, Plan, Step, first, rest
from axiomkd.search.tally import Tallies


class Enough(Exception):
    """A required reading is refuted, and no more was asked for."""


def glimpse(evaluator: Evaluator, readings: Sequence[Reading], plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """The cheapest cases of these readings, before anything is proved: the least small fractions, then a batch a size.

    Not where calls are counted: what they are spent on here, the search in earnest would lack.
    """
    if evaluator.allowance.limited:
        return
    little = replace(plan, effort=effort.GLANCE, glance=True, again=False, laps=[])
    yield from first(evaluator, readings, little, tallies)
    if len(tallies.open(readings)) == len(readings):
        yield from rest(evaluator, readings, little, tallies)


def look(evaluator: Evaluator, tallies: Tallies, required: Sequence[Reading]) -> None:
    """Look exactly at what has been gathered against required readings, so that the search need not go on."""
    own = [one for one in required if one.name in tallies.by_name]
    conclude.look(evaluator, tallies.taking(own, counts=False), LOOKS)


def why(refuted: Sequence[Reading]) -> str:
    """What is said of a reading that was not looked at."""
    names = ", ".join(one.id for one in refuted)
    are = "is" if len(refuted) == 1 else "are"
    return f"not looked at: {names} {are} refuted, and the check was to stop there (fail-fast)"
