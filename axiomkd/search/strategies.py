"""What Hypothesis draws: the structure of a batch of cases. Numbers inside the structure are NumPy's (`draw`).

This is also where Hypothesis enters: `structures` for the search, `simplices`, `weights`, `panels` for users' own tests.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, seed, settings

from axiomkd.search.draw import ONE_PEAK, PANELS, TEMPERATURES, TILTS, WEIGHTS


@dataclass(frozen=True)
class Structure:
    """How a batch is drawn: kinds by name, the size, and the seed of its numbers."""

    size: tuple[int, int]
    panel: str
    weights: str
    temperature: str
    tilt: str
    key: int


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


def peaked(sizes: Sequence[tuple[int, int]]) -> list[Structure]:
    """Rows with one peak, at sizes of many classes."""
    return [
        Structure(size, ONE_PEAK, weights, "halves", "uniform", 2000 + n)
        for n, (size, weights) in enumerate(itertools.product(sizes, ("mixture", "equal")))
    ]


@st.composite
def structures(draw: st.DrawFn, size: tuple[int, int]) -> Structure:
    """A structure at this size."""
    return Structure(
        size,
        draw(st.sampled_from(sorted(PANELS))),
        draw(st.sampled_from(sorted(WEIGHTS))),
        draw(st.sampled_from(sorted(TEMPERATURES))),
        draw(st.sampled_from(sorted(TILTS))),
        draw(st.integers(0, 2**32 - 1)),
    )


def keep_out_of_the_way(folder: str) -> None:
    """Have Hypothesis write what it caches below `folder`, not into the user's working folder. For worker processes only:
    it is one setting for the whole process."""
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(folder)


def each(size: tuple[int, int], count: int, seeded: int, run: Callable[[Structure], None]) -> None:
    """Draw `count` structures at a size and hand them to `run`. The same seed draws the same ones."""

    @seed(seeded)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),  # type: ignore[arg-type]
    )
    @given(structures(size))
    def body(structure: Structure) -> None:
        run(structure)

    body()
