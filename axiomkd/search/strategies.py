"""What Hypothesis draws: the structure of a batch of cases. Numbers inside the structure are NumPy's (`draw`).

The strategies for users' own tests are apart, in `axiomkd.strategies`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from axiomkd.search.draw import ONE_PEAK, PANELS, SPLIT, TEMPERATURES, TILTS, WEIGHTS


@dataclass(frozen=True)
class Structure:
    """How a batch is drawn: kinds by name, the size, and the seed of its numbers."""

    size: tuple[int, int]
    panel: str
    weights: str
    temperature: str
    tilt: str
    key: int


BYTES = 1024  # more than a hand takes
TIED = ("fractions", "fractions on faces")  # panels whose partial sums meet exactly


def explicit(sizes: Sequence[tuple[int, int]]) -> list[Structure]:
    """The edge cases that every search starts with: each kind of panel at a few small sizes, exact ties at all of them."""
    small = [size for size in sizes if size[0] * size[1] <= 16] or list(sizes[:1])
    kinds = list(WEIGHTS)
    each_panel = [
        Structure(small[n % len(small)], panel, kinds[n % len(kinds)], "halves" if n % 2 else "close", "uniform", n)
        for n, panel in enumerate(PANELS)
    ]
    ties = [
        Structure(size, panel, weights, "halves", "uniform", 1000 + n)
        for n, (size, panel, weights) in enumerate(itertools.product(small, TIED, ("equal", "small odds")))
    ]
    return each_panel + ties


def contested(size: tuple[int, int]) -> list[Structure]:
    """What every size starts with where few structures are drawn: monotonicity in the weights is rarely broken elsewhere."""
    return [
        Structure(size, "contested", "equal", "close", "small", 0),
        Structure(size, SPLIT, "nearly equal", "wide", "uniform", 0),
    ]


Hand = list[tuple[str, str, str, str, int]]
KINDS = tuple(st.sampled_from(sorted(table)) for table in (WEIGHTS, TEMPERATURES, TILTS))


def peaked(sizes: Sequence[tuple[int, int]]) -> list[Structure]:
    """Rows with one peak, at sizes of many classes."""
    return [
        Structure(size, ONE_PEAK, weights, "halves", "uniform", 2000 + n)
        for n, (size, weights) in enumerate(itertools.product(sizes, ("mixture", "equal")))
    ]


@st.composite
def hands(draw: st.DrawFn, count: int) -> Hand:
    """So many kinds of panels in any order, none twice, each with kinds of the rest and the seed of its numbers."""
    rest = st.tuples(*KINDS, st.integers(0, 2**32 - 1))
    return [(panel, *draw(rest)) for panel in draw(st.permutations(sorted(PANELS)))[:count]]


def keep_out_of_the_way(folder: str) -> None:
    """Have Hypothesis write what it caches below `folder`, not into the user's working folder. For worker processes only:
    it is one setting for the whole process."""
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(folder)


def each(size: tuple[int, int], count: int, seeded: int, run: Callable[[Structure], None]) -> None:
    """Draw `count` structures at a size and hand them to `run`. The same seed draws the same ones."""
    for structure in drawn(size, count, seeded):
        run(structure)


def drawn(size: tuple[int, int], count: int, seeded: int) -> list[Structure]:
    """`count` structures at a size, every kind of panel once before any comes twice. The same seed draws the same ones."""
    rng, found = np.random.default_rng(seeded), []
    deal = _dealer(min(count, len(PANELS)))
    while len(found) < count:
        found += deal(rng.bytes(BYTES))
    return [Structure(size, *kinds) for kinds in found[:count]]


@cache
def _dealer(count: int) -> Callable[[bytes], Hand]:
    """What deals a hand for some random bytes.

    Not by Hypothesis's own engine: that takes longer to start than a batch to search, spends the first example on the least hand
    each time, and reads the constants of all modules imported so far, of which the same seed knows nothing.
    """
    dealt: list[Hand] = []

    @settings(database=None, deadline=None)
    @given(hands(count))
    def deal(hand: Hand) -> None:
        dealt.append(hand)

    def of(random: bytes) -> Hand:
        deal.hypothesis.fuzz_one_input(random)
        return dealt.pop()

    return of
