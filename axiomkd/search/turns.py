"""Small fractions for operators that are called one point at a time: all sizes in turns, a few cases each, and a reading is
left alone as soon as a violation of it is borne out.

The simplest cases come first; beyond them a draw from all that are small, since those next in order differ by little. It
gathers and confirms candidates; nothing is concluded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from axiomkd.claims.margins import measure
from axiomkd.core.reading import Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import conclude
from axiomkd.search.lattice import Lattice, lattice
from axiomkd.search.tally import Tallies

FROM = 40_000  # cases of a lattice that the draw is from
CHUNKS = (32, 16, 8, 6, 4, 4)  # cases in one turn, by the price of a call
SIMPLEST = 1  # turns that follow the order of simplicity
LOOKS = 2  # candidates of a reading that are looked at exactly after a turn
OTHERS = 6  # of the cases with other tilts and temperatures, or on faces, one in so many is left
THREE = 3  # turns in which faces, and other tilts and temperatures, have one each: the first shows most


@dataclass(frozen=True)
class _Lane:
    """One lattice with one tilt and temperature: `order` are its cases in the order in which they are taken."""

    every: Lattice
    order: np.ndarray
    t: Fraction
    T: Fraction
    name: str
    faces: bool = False
    turn: int | None = None  # of THREE, with half as many cases; None: every turn


def in_turns(
    evaluator: Evaluator,
    readings: Sequence[Reading],
    sizes: Sequence[tuple[int, int]],
    pairs: Sequence[tuple[Fraction, Fraction]],
    most: int,
    seed: int,
    tallies: Tallies,
) -> Iterator[str]:
    """Fill the tallies with at most `most` cases a size. Yields what is next, in words. Raises OutOfCalls."""
    lanes = _lanes(evaluator, sizes, pairs, most, seed)
    chunk, done = CHUNKS[evaluator.price.number], [0] * len(lanes)
    turn = 0
    while any(at < len(lane.order) for at, lane in zip(done, lanes, strict=True)):
        for n, lane in enumerate(lanes):
            if lane.turn not in (None, turn % THREE):
                continue
            wanted = tallies.open(readings)
            if not wanted:
                return
            index = lane.order[done[n] : done[n] + (chunk if lane.turn is None else max(chunk // 2, 1))]
            done[n] += len(index)
            wanted = [r for r in wanted if r.domain != "interior" or not lane.faces]
            if len(index) and wanted:
                yield lane.name
                _take(evaluator, wanted, lane, index, turn % lane.every.K, tallies)
        turn += 1


def _take(evaluator: Evaluator, readings, lane: _Lane, index: np.ndarray, k: int, tallies: Tallies) -> None:
    measured = measure(evaluator, readings, lane.every.cases(index, lane.t, lane.T, k))
    tallies.add_simple(measured, lambda i: lane.every.exact(int(index[i]), lane.t, lane.T, k))
    conclude.look(evaluator, tallies, LOOKS)


def _lanes(
    evaluator: Evaluator, sizes, pairs: Sequence[tuple[Fraction, Fraction]], most: int, seed: int
) -> list[_Lane]:
    """The interior with the simplest tilt and temperature first; then faces, then other pairs, with fewer cases."""
    interior_only = evaluator.operator.domain == "interior"
    chunk = CHUNKS[evaluator.price.number]
    rng = np.random.default_rng((seed, 5))
    usual, on_faces, others, (t0, T0) = [], [], [], pairs[0]
    for K, C in sizes:
        name = f"K={K}, C={C}"
        for number, (t, T) in enumerate(pairs):
            if not (t == 1 and interior_only):
                every = lattice(K, C, FROM, False)
                order = _order(rng, len(every), most if number == 0 else most // OTHERS, chunk)
                (others if number else usual).append(_Lane(every, order, t, T, name, turn=2 if number else None))
        if not interior_only:
            faces = lattice(K, C, FROM // 4, True)
            # The simplest are vertices, at which little but agreement is asked.
            order = _order(rng, len(faces), most // OTHERS, 0)
            on_faces.append(_Lane(faces, order, t0, T0, name + ", faces", True, turn=1))
    return usual + on_faces + others


def _order(rng: np.random.Generator, count: int, most: int, chunk: int) -> np.ndarray:
    """The first few, then a draw from the rest, its simpler part more often."""
    first = np.arange(min(SIMPLEST * chunk, count, most))
    rest = len(first) + rng.permutation(count - len(first))
    keep = rng.random(len(rest)) < 1 - 0.8 * (rest / max(count, 1))
    return np.concatenate([first, rest[keep], rest[~keep]])[:most]
