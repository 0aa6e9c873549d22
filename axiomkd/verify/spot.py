"""What is proved, looked at directly: the claim's own margins at exact points of its domain, none of which may be below -2^-40.

It proves nothing; a proof of something false is likely to be caught here whatever its certificate says.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.tracing import digits, numbers
from axiomkd.tracing.arithmetic import EXACT
from axiomkd.tracing.numbers import Undecided, precision
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import beside, view
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import BITS, Size, Subject
from axiomkd.verify.values import Point
from axiomkd.verify.view import Case, Undefined

TILTS = (Fraction(1, 3), Fraction(1))
TEMPERATURES = (Fraction(2), Fraction(1, 2))
MOST = 24  # cases a reading


def check(subject: Subject, reading: Reading, sizes: list[Size] | None = None) -> int:
    """At how many cases no margin is negative but by rounding. Raises Failed where one is."""
    if not isinstance(reading.claim, Pointwise):
        return 0
    key = f"spot {reading.name} {sizes}"
    return subject.keep(key, lambda: _check(subject, reading, sizes))


def _check(subject: Subject, reading: Reading, sizes: list[Size] | None) -> int:
    supported = [size for size in sizes or () if subject.operator.supports(*size)]
    every = list(cases(subject, reading, supported or subject.sizes))
    step = max(1, len(every) // MOST)
    return sum(holds(subject, reading, case) for case in every[::step])


def cases(subject: Subject, reading: Reading, sizes: list[Size]) -> Iterator[Case]:
    """Points of the reading's domain, with teachers, tilts, temperatures and directions where it speaks of them."""
    claim, soft = reading.claim, subject.evaluator.softener
    assert isinstance(claim, Pointwise)
    inside = subject.operator.domain == "interior"
    tilts = [t for t in TILTS if t < 1 or not inside] if "q_tilted" in claim.probes else [Fraction(1, 2)]
    warm = [T for T in TEMPERATURES if soft.lowest <= T <= soft.highest] if "q_warm" in claim.probes else [Fraction(2)]
    for size in sizes:
        teachers = range(size[0]) if {"q_tilted", "q_same"} & set(claim.probes) or claim.needs else range(1)
        aimed = directions(size[1]) if claim.adversary is not None else [None]
        for at in points(subject, reading, size):
            P, w = fractions(at)
            for k, t, T, d in itertools.product(teachers, tilts, warm, aimed):
                for shown, more in beside.simple(claim, P, w, k, "spot", inside=inside):
                    yield Case(shown, w, k, t, Fraction(1), T, d, alone=False, beside=more)


def points(subject: Subject, reading: Reading, size: Size) -> list[Point]:
    """Exact points of the reading's domain at a size."""
    kinds = ["inside"]
    if subject.operator.domain != "interior":
        kinds += ["weights"] if reading.domain != "interior" else []
        kinds += ["faces"] if reading.domain == "closed" else []
    return [at for kind in kinds for at in subject.points(kind, size)]


def directions(C: int) -> list[tuple[Fraction, ...]]:
    units = [tuple(Fraction(s * (i == j)) for j in range(C)) for i in range(C) for s in (1, -1)]
    return [*units, tuple(Fraction(1 + i % 2, 1 + i) for i in range(C))]


def fractions(at: Point) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[Fraction, ...]]:
    return tuple(tuple(map(numbers.as_fraction, p)) for p in at.P), tuple(map(numbers.as_fraction, at.w))


def margins(subject: Subject, reading: Reading, case: Case) -> dict[str, Any]:
    """Each margin by its label and place. Raises Undefined, Undecided, Unsupported."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    v = view.exact(subject.evaluator, case, claim, BITS)
    out = {}
    for label, part in claim.parts(EXACT, v).items():
        for at, x in np.ndenumerate(np.asarray(part, dtype=object)):
            out[label + "".join(f"[{i}]" for i in at)] = x.x if hasattr(x, "x") else numbers.number(x)
    return out


def holds(subject: Subject, reading: Reading, case: Case) -> bool:
    """Whether the margins at a case could be told; none is below 0 but by rounding then. Raises Failed where one is."""
    limit = subject.operator.domain == "interior"  # for which A(P, e_k) is a limit, that no one point decides
    try:
        with precision(BITS), digits.constants_met() as rounded:
            for name, x in margins(subject, reading, case).items():
                if (
                    not numbers.is_special(x)
                    and numbers.bounds(x)[1] < -max(tolerances.EXACT, tolerances.of_constants(rounded))
                    and not (limit and name == "alone")
                ):
                    raise Failed(f"it is false: the margin {name} is {numbers.text(x)} at {told(case)}")
    except (Undefined, Undecided, Unsupported):
        return False
    return True


def told(case: Case) -> str:
    """A case as a reader would write it."""
    P = ", ".join(f"[{', '.join(map(str, p))}]" for p in case.P)
    return f"P = [{P}], w = [{', '.join(map(str, case.w))}], k = {case.k}, t = {case.t}, T = {case.T}"
