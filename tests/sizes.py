"""One size in place of all those at which the prover holds a formula against its operator: nine tenths of a proof are theirs.

It is for tests in which a proof is only a means. What all the sizes are for is tested with all of them
(`prove/test_translation`, `prove/test_prover`, `fuzz/test_faults`, `cases`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Size = tuple[int, int]


def one_of(listed: Callable[..., tuple[Size, ...]]) -> Callable[..., tuple[Size, ...]]:
    """`sizes.looked_at` with the first size only at which no index of one axis is taken for the other's, as far as there is one."""

    def first(operator: Any, K: int | None, C: int | None, **_: Any) -> tuple[Size, ...]:
        found = listed(operator, K, C)
        return next(((size,) for size in found if size[0] != size[1]), found[:1])

    return first
