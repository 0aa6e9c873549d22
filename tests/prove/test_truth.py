"""What is proved is true: of the zoo, of its other spellings, of the near misses, and of the linear pool's softener.

The counts that are recorded here may only grow.
"""

from __future__ import annotations

from functools import cache

import pytest

from axiomkd import axioms, numerics
from axiomkd.core.operator import describe
from axiomkd.prove import prover
from axiomkd.prove.proof import ALL, Proof
from axiomkd.zoo import ENTRIES

from ..zoo.spellings import SPELLINGS

numerics.prepare()

TABLE = (
    "linear",
    "log",
    "power2",
    "wsq",
    "entropyw",
    "mean",
    "max_all",
    "softmax5",
    "vote",
    "voteshare",
    "topteacher",
)
FIRST_ELEVEN = 110  # of the 133 `+` in the table of operators, at all K and C
ALL_CELLS = 360
SPELLED = [(of, one) for of, several in SPELLINGS.items() for one in several]
ON_FACES = {"closed", "lipschitz", "nonnegative", "common-support", "any-support", "pull", "responsive"} | {
    "favourite",
    "coordinate",
}


def proved(operator, softener="power") -> dict[str, Proof]:
    found = prover.prove(operator, softener, axioms.READINGS, effort="quick", sizes=[])
    return {name: answer for name, answer in found.items() if isinstance(answer, Proof)}


@cache
def of_zoo(name: str, softener: str = "power") -> dict[str, Proof]:
    entry = ENTRIES[name]
    return proved(describe(entry.fn, name=name, K=entry.K, C=entry.C), softener)


@pytest.mark.parametrize("name", ENTRIES)
def test_nothing_false_is_proved_of_the_zoo(name):
    assert [reading for reading in of_zoo(name) if ENTRIES[name].truth[reading] is False] == []


def test_most_of_the_table_is_proved_at_all_sizes():
    cells = [
        (name, reading)
        for name in TABLE
        for reading, proof in of_zoo(name).items()
        if reading != "nonnegative" and ENTRIES[name].truth[reading] and proof.scope == ALL
    ]
    assert sum(t is True for n in TABLE for r, t in ENTRIES[n].truth.items() if r != "nonnegative") == 133
    assert len(cells) >= FIRST_ELEVEN


def test_most_of_the_zoo_is_proved():
    cells = [
        (name, reading)
        for name in ENTRIES
        for reading in of_zoo(name)
        if reading != "nonnegative" and ENTRIES[name].truth[reading]
    ]
    assert len(cells) >= ALL_CELLS
