"""A quick look of one's own at the claims on limits: jumps at ties and faces, quotients that grow, a last aggregate that is
not uniform. All of it exact; what cannot be decided is left.

It proves nothing, and shares nothing with the search.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.reading import Growth, Jump, Limit, OneTemperature, Reading
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import near, warmth
from axiomkd.verify.line import Failed
from axiomkd.verify.place import Place
from axiomkd.verify.subject import Size, Subject

BASES, WAYS = 16, 3  # places a size, and ways into each
LARGEST_SIZE, SIZES = 9, 2
STILL = 1 - Fraction(
    1, 10**6
)  # what is left of a gap at 2^-400, or at T²: of w^(1/2000), which is steep, 93 in 100 are
JUMP_SCALE = Fraction(1, 2 ** (tolerances.JUMP_NEAR + 3))  # two ways in are at most 2 apart in each of K + 1 rows


def check(subject: Subject, reading: Reading, sizes: Sequence[Size]) -> int:
    """At how many places nothing was found. Raises Failed where the claim does not hold at one."""
    small = sorted((K * C, (K, C)) for K, C in sizes if K * C <= LARGEST_SIZE)[:SIZES]
    looked = 0
    for _, size in small:
        for base in _bases(subject, reading, size):
            try:
                _look(subject, reading, base)
                looked += 1
            except (near.Undefined, Undecided, Unsupported):
                continue
    return looked


def _look(subject: Subject, reading: Reading, base: Place) -> None:
    if not base.interior and subject.operator.domain == "interior":
        return
    match reading.claim:
        case Jump():
            _jump(subject, base)
        case Growth():
            _jump(subject, base)
            _growth(subject, base)
        case Limit():
            _end(subject, base)
        case OneTemperature():
            warmth.look(subject, reading, base, STILL)


def _bases(subject: Subject, reading: Reading, size: Size) -> Iterator[Place]:
    """Places with ties, and on faces where the claim speaks of them: the same every time."""
    K, C = size
    rng = random.Random(f"limits {K} {C}")
    faces = reading.domain == "closed" and subject.operator.domain != "interior"
    for n in range(BASES):
        top = (1, 2, 3)[n % 3]
        rows = [[rng.randint(1, top) for _ in range(C)] for _ in range(K + 1)]
        if n % 4 == 0:
            rows[1:K] = [rows[0]] * (K - 1)  # teachers that agree
        if faces and n % 2:
            rows = [[x * rng.randint(0, 1) for x in row] for row in rows]
        rows[K] = [rng.randint(1, top) * (rng.randint(0, 1) if faces and n % 4 == 3 else 1) for _ in range(K)]
        if all(any(row) for row in rows):
            *P, w = (tuple(Fraction(x, sum(row)) for x in row) for row in rows)
            yield Place(tuple(P), w)


def _ways(base: Place) -> list[Place]:
    """Interior places to come from."""
    rng = random.Random(str(base))
    out = []
    for _ in range(WAYS):
        rows = [[Fraction(rng.randint(1, 9)) for _ in p] for p in (*base.P, base.w)]
        *P, w = (tuple(x / sum(row) for x in row) for row in rows)
        out.append(Place(tuple(P), w))
    return out


def _jump(subject: Subject, base: Place) -> None:
    pairs = itertools.combinations([way.toward(base, JUMP_SCALE) for way in _ways(base)], 2)
    for first, second in pairs:
        values = near.aggregate(subject, first), near.aggregate(subject, second)
        low, high = near.separation(*values)
        if low <= tolerances.JUMP:
            continue
        closer = Fraction(1, 2 ** (tolerances.JUMP_NEARER - tolerances.JUMP_NEAR))
        a, b = (near.aggregate(subject, one.toward(base, closer)) for one in (first, second))
        if near.separation(a, b)[0] >= STILL * high:
            raise Failed(f"it is false: the aggregate jumps by {float(low):.4g} at {_told(base)}")


def _growth(subject: Subject, base: Place) -> None:
    for way in _ways(base)[:2]:
        half = way.toward(base, Fraction(1, 2))
        quotients = near.slopes(subject, way, half, base)
        rises = [after - before for before, after in itertools.pairwise(quotients)]
        if rises and all(later > sooner > 0 for sooner, later in itertools.pairwise(rises)):
            told = ", ".join(f"{float(q):.4g}" for q in quotients)
            raise Failed(f"it is false: the difference quotients grow ({told}) towards {_told(base)}")


def _end(subject: Subject, base: Place) -> None:
    most = max(abs(math.log(x)) for p in base.P for x in p)
    T = Fraction(2**tolerances.FAR_EXPONENT * (1 + math.ceil(most)))
    first, last = (_from_uniform(subject, Place(base.P, base.w, T**power)) for power in (1, 2))
    if first > tolerances.FAR and last >= STILL * first:
        raise Failed(f"it is false: the aggregate is {float(last):.4g} away from uniform at last, at {_told(base)}")


def _from_uniform(subject: Subject, place: Place) -> Fraction:
    q = near.aggregate(subject, place, near.FAR_BITS)
    level = numbers.div(numbers.ONE, numbers.number(len(q)))
    return near.separation(q, np.array([level] * len(q), dtype=object), near.FAR_BITS)[0] / 2


def _told(base: Place) -> str:
    P = ", ".join(f"[{', '.join(map(str, p))}]" for p in base.P)
    return f"P = [{P}], w = [{', '.join(map(str, base.w))}]"
