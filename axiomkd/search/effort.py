"""How much an effort buys: numbers of cases and steps, never seconds. One table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

SIZES: tuple[tuple[int, int], ...] = (
    (2, 2),
    (2, 3),
    (2, 4),
    (2, 5),
    (3, 2),
    (3, 3),
    (3, 5),
    (4, 3),
    (5, 10),
    (8, 100),
)
LEAST = 3  # of the K, and of the C, that an operator is declared for: each of them with each
ENOUGH_SIZES = 4  # an operator that is declared for other sizes than these is searched at so many all the same
# Where code branches on a size, and no other size of the list would show it: searched with fewer structures.
ODD_SIZES: tuple[tuple[int, int], ...] = ((6, 3), (7, 3), (2, 6), (2, 7), (3, 8), (2, 9))
# Where code that leaves no trace to compare may do something else, as `topk(min(100, C))` does: past 100, 128 and 256 classes, and
# past 8 and 10 teachers, while what takes every subset of them still ends.
UNTRACED_SIZES: tuple[tuple[int, int], ...] = ((2, 300), (12, 3))
# Where rows have many classes and one peak: entropies and Euclidean lengths part there, and guarantees are searched there too.
WIDE_SIZES: tuple[tuple[int, int], ...] = ((2, 32),)
JUMP_SIZES: tuple[tuple[int, int], ...] = ((2, 2), (2, 3), (3, 3), (2, 4), (4, 3))
DEAR_JUMP_SIZES: tuple[tuple[int, int], ...] = ((2, 2), (2, 3))


def claimed(K: int, C: int) -> bool:
    """Whether claims speak of a size at all (axioms: "The domain of a claim")."""
    return 2 <= K <= 64 and 2 <= C <= 1000


@dataclass(frozen=True)
class Effort:
    """`structures`: batches drawn at each size, `odd` at each of the odd ones, each of them one case in `share` of a whole batch;
    `lattice`: small-fraction cases scanned at each small size; `starts`, `steps`: gradient ascent; `confirm`: candidates a reading
    that exact arithmetic looks at; `worst`: kinds of panels whose worst case is shrunk for the largest witness; `level`: 0,
    1, 2, or -1 for a second look."""

    level: int
    structures: int
    lattice: int
    starts: int
    steps: int
    confirm: int
    odd: int = 2
    share: int = 1
    worst: int = 2


EFFORTS = {
    "quick": Effort(0, 6, 12_000, 0, 0, 6, 2, share=4, worst=1),
    "standard": Effort(1, 9, 40_000, 128, 50, 8, 3),
    "thorough": Effort(2, 240, 400_000, 512, 200, 24, 60),
}

GLANCE = Effort(-1, 3, 3_000, 0, 0, 3, 1)
"""What a second look at what is settled is worth, whatever the effort."""
GLANCED = 2  # sizes at which it looks at continuity


def sizes(
    supports, K: tuple[int, ...] = (), C: tuple[int, ...] = (), default=SIZES + ODD_SIZES
) -> list[tuple[int, int]]:
    """The sizes to search: the default ones that the operator supports, or the product of the lists given.

    Where the operator supports few of them, the smallest sizes too that it does support; and where not all, its least K with
    each of its least C: of C = 2, 4 and 6 the default sizes have no more than two teachers with the last two.
    """
    if K or C:
        wanted = [
            (k, c) for k in (K or sorted({k for k, _ in default})) for c in (C or sorted({c for _, c in default}))
        ]
    else:
        wanted = list(default)
    found = [size for size in wanted if supports(*size)]
    if len(found) == len(wanted) or K or C:
        return found
    every = [(k, c) for k in range(2, 65) for c in (*range(2, 33), 50, 64, 100, 128, 256, 512, 1000) if supports(k, c)]
    least_K, least_C = (sorted({size[axis] for size in every})[:LEAST] for axis in (0, 1))
    found += [size for size in itertools.product(least_K, least_C) if size not in found and supports(*size)]
    if len(found) >= ENOUGH_SIZES:
        return found
    more = sorted((size for size in every if size not in found), key=lambda s: (s[0] * s[1], s))
    return found + more[: ENOUGH_SIZES - len(found)]


def wide_sizes(supports, sizes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of `WIDE_SIZES` that the operator supports and that are not searched anyhow."""
    return [size for size in WIDE_SIZES if supports(*size) and size not in sizes]


def jump_sizes(
    sizes: Sequence[tuple[int, int]], extra: Sequence[tuple[int, int]] = (), price: int = 0
) -> list[tuple[int, int]]:
    """Of the sizes searched, those at which continuity is looked at: fewer where a call is dear."""
    usual = JUMP_SIZES if price < 2 else DEAR_JUMP_SIZES
    small = [size for size in usual if size in sizes] or list(sizes)[:2]
    return list(dict.fromkeys([*small, *(size for size in extra if size in sizes)]))
