"""The sizes at which a formula is held against the operator: a fixed list, the same on every machine and in every run.

Every K to 64 and every C to 40; powers of two and their neighbours, where counters of 8 bits and more wrap; large sizes of both.
"""

from __future__ import annotations

from axiomkd.core.operator import Operator
from axiomkd.core.scope import Size

MOST_K, MOST_C, EACH_C, LARGEST_C = 64, 1000, 40, 1025
POWERS = tuple(n for e in range(6, 11) for n in (2**e - 1, 2**e, 2**e + 1))
SMALL = ((2, 2), (2, 3), (3, 2), (3, 3), (2, 4), (3, 4), (4, 3), (5, 3), (7, 2), (6, 3))
EACH = 5  # looked at for each of several formulas
UNLIKE = (11, 13)
MIXED = ((8, 100), (16, 300), (64, 1000))


def looked_at(
    operator: Operator, K: int | None, C: int | None, *, thorough: bool = False, share: tuple[int, int] = (0, 1)
) -> tuple[Size, ...]:
    """The sizes to look at, the cheap ones first, for a formula at these sizes (None: at every value of it).

    Only sizes that the operator supports; `thorough`: every C to 1,000. Of several formulas, at one K (or C) each, `share` =
    (n, m) is the n-th of m: they share the values of the other axis among them, but for the small ones.
    """
    if K is not None and C is not None:
        return ((K, C),)
    large = [*POWERS, MOST_C, *(range(EACH_C + 1, MOST_C) if thorough else ())]
    n, m = share
    if K is not None:
        found = [(K, c) for c in (*range(2, EACH + 1), *(*range(EACH + 1, EACH_C + 1), *large)[n::m])]
    elif C is not None:
        found = [(k, C) for k in (*range(2, EACH + 1), *range(EACH + 1 + n, MOST_K + 1, m))]
    else:
        # Every K to 64 and every C to 40 at once: a branch on one of them is met whatever the other is.
        found = [(k, _beside(k)) for k in range(2, MOST_K + 1)]
        found += [*SMALL, *((2 + c % 2, c) for c in large), *MIXED]
    return _ordered(operator, _supported(operator, found, K, C))


def unlike(operator: Operator, K: int | None, C: int | None) -> Size:
    """A size that is no small one and in no usual list, as far as the operator supports such."""
    Ks, Cs = ([n for n in axis or () if n >= 2] for axis in (operator.K, operator.C))
    return (_near(UNLIKE[0], Ks) if K is None else K, _near(UNLIKE[1], Cs) if C is None else C)


def beside(operator: Operator, size: Size) -> tuple[Size, ...]:
    """Small sizes with the same K, and with the same C: they show which of the two is why a formula fails at a size."""
    K, C = size
    return _ordered(operator, [(K, 2), (K, 3), (2, C), (3, C)])


def every(operator: Operator) -> tuple[Size, ...]:
    """Each K and each C at small values of the other: what a proof lists that does not hold of all sizes."""
    found = [(k, c) for k in range(2, MOST_K + 1) for c in (2, 3)] + [
        (k, c) for k in (2, 3) for c in range(2, EACH_C + 1)
    ]
    return _ordered(operator, _supported(operator, found, None, None))


def _beside(k: int) -> int:
    """C for each K: 40 down to 2, then small; never K itself."""
    if k > EACH_C:
        return 2 + k % 2
    middle = EACH_C // 2 + 1
    return {middle: middle - 1, middle + 1: middle}.get(k, EACH_C + 2 - k)


def _supported(operator: Operator, found: list[Size], K: int | None, C: int | None) -> list[Size]:
    """The sizes found, moved to the nearest that the operator names, and all that it names itself."""
    if operator.K is None and operator.C is None:
        return found
    Ks = [n for n in operator.K or () if n >= 2] if K is None else [K]
    Cs = [n for n in operator.C or () if n >= 2] if C is None else [C]
    out = [(_near(k, Ks), _near(c, Cs)) for k, c in found]
    return out + [(k, _near(3, Cs)) for k in Ks] + [(_near(3, Ks), c) for c in Cs]


def _near(n: int, among: list[int]) -> int:
    """The value nearest to n, n itself where all are allowed."""
    return min(among, key=lambda m: (abs(m - n), m)) if among else n


def _ordered(operator: Operator, found: list[Size]) -> tuple[Size, ...]:
    some = {size for size in found if operator.supports(*size)}
    return tuple(sorted(some, key=lambda size: (size[0] * size[1], size)))
