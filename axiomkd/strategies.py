"""Hypothesis strategies for users' own tests: probability vectors, weights, and panels of teachers.

They yield float64 NumPy arrays and know no axiom. What fails shrinks towards uniform rows, by way of small fractions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    import numpy as np

LARGEST = 1000  # the largest part: a row's smallest positive entry is at least 1 / (1000 C)
ABSENT = 3  # one entry in four is zero


def simplices(C: int, *, interior: bool = False) -> st.SearchStrategy[np.ndarray]:
    """Rows of shape (C,): non-negative, summing to 1 within rounding, all entries positive with `interior`.

    Shrinks to the uniform row. Raises ValueError where C is below 1.
    """
    _at_least_one("C", C)
    return _parts(C, interior).map(_row)


def weights(K: int, *, interior: bool = False) -> st.SearchStrategy[np.ndarray]:
    """Weights of K teachers, shape (K,): on the simplex, all positive with `interior`; shrinks to equal ones."""
    _at_least_one("K", K)
    return simplices(K, interior=interior)


def panels(K: int, C: int, *, interior: bool = False) -> st.SearchStrategy[np.ndarray]:
    """K teachers over C classes, shape (K, C): each row on the simplex. Shrinks to uniform teachers.

    Some panels repeat a teacher: agreement is where many operators go wrong. Raises ValueError where K or C is below 1.
    """
    _at_least_one("K", K)
    _at_least_one("C", C)
    return _teachers(K, C, interior).map(_matrix)


@st.composite
def _teachers(draw: st.DrawFn, K: int, C: int, interior: bool) -> list[list[int]]:
    distinct = draw(st.lists(_parts(C, interior), min_size=1, max_size=K))
    # The last teacher drawn is repeated, so that fewer draws are a simpler panel and not a smaller one.
    return distinct + [distinct[-1]] * (K - len(distinct))


def _parts(n: int, interior: bool) -> st.SearchStrategy[list[int]]:
    """Whole numbers in proportion to a row's entries, not all zero; the simplest are all 1."""
    part = st.integers(1, LARGEST)
    if not interior:
        # A zero takes as many draws as any other entry: were it shorter, everything would shrink to certain teachers.
        part = st.builds(lambda size, fate: 0 if fate == ABSENT else size, part, st.integers(0, ABSENT))
    return st.lists(part, min_size=n, max_size=n).filter(any)


def _row(parts: list[int]) -> np.ndarray:
    import numpy as np

    row = np.array(parts, dtype=np.float64)
    return row / row.sum()


def _matrix(rows: list[list[int]]) -> np.ndarray:
    import numpy as np

    return np.stack([_row(row) for row in rows])


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} = {value!r}: give a number of at least 1.")
