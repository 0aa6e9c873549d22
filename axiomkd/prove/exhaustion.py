"""Claims checked, in exact fractions, at every case within stated bounds: no proof, and no sample either.

The cases are all rows of P and w with small denominators, a few tilts and temperatures, and every teacher; no symmetry is
leant on, so none is left out. A reading that fails or is undecided anywhere is not reported; where the aggregate is undefined
the claims say nothing, and such cases are counted. It knows the readings by their margins alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

import numpy as np

from axiomkd.claims import views
from axiomkd.core.case import ExactCase, Row
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove.proof import Exhausted
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported

SIZES: tuple[tuple[int, int], ...] = ((2, 2), (2, 3), (3, 2), (3, 3))
TILTS: tuple[Fraction, ...] = (Fraction(1, 4), Fraction(1, 2), Fraction(1))
# Pairs of temperatures: whole 1/T keeps softened rows rational; a softener that only warms takes the inverses.
TEMPERATURES: tuple[tuple[Fraction, Fraction], ...] = (
    (Fraction(1), Fraction(1, 2)),
    (Fraction(1), Fraction(1, 3)),
)
BITS = 256
VERTEX = "q_vertex"


def exhaust(
    evaluator: Evaluator,
    readings: Sequence[Reading],
    *,
    denominator: int,
    sizes: Sequence[tuple[int, int]] = SIZES,
    at_most: int,
) -> dict[str, Exhausted]:
    """The readings that hold at every case within bounds, by name.

    A case has rows of P, and w, whose entries are fractions with one common denominator n <= `denominator` a row. Where
    that makes more than `at_most` cases a reading, the denominator is lowered at each size until it does not, and a size
    where not even the smallest bound fits is left out; `scope` says what was covered.
    """
    sizes = [size for size in sizes if evaluator.operator.supports(*size)]
    done = {}
    for reading in readings:
        if isinstance(reading.claim, Pointwise) and reading.claim.adversary is None and evaluator.exactly:
            found = _exhausted(evaluator, reading, bounds(evaluator, reading, denominator, sizes, at_most))
            if found is not None:
                done[reading.name] = found
    return done


def _exhausted(evaluator: Evaluator, reading: Reading, within: dict[str, Any]) -> Exhausted | None:
    if not within["sizes"]:
        return None
    counted = {"holds": 0, "undefined": 0}
    for case in cases(within):
        found = judge(evaluator, reading, case)
        if found not in counted:
            return None
        counted[found] += 1
    if not counted["holds"]:
        return None
    total = sum(counted.values())
    certificate = {"kind": "exhaustion", "bounds": within, "cases": total, "undefined": counted["undefined"]}
    return Exhausted(reading.name, _scope(within, counted["undefined"]), certificate, total)


# --- the bounds ------------------------------------------------------------------------------------------------------------


def bounds(
    evaluator: Evaluator, reading: Reading, denominator: int, sizes: Sequence[tuple[int, int]], at_most: int
) -> dict[str, Any]:
    """Which cases there are, as JSON: all that `cases` needs. Each size has its own largest denominator."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    soft, inside = evaluator.softener, evaluator.operator.domain == "interior"
    tilts = [t for t in TILTS if t < 1 or not inside] if "q_tilted" in claim.probes else []
    pairs = [pair if soft.lowest < 1 else tuple(1 / T for T in pair) for pair in TEMPERATURES]
    within: dict[str, Any] = {
        "reading": reading.name,
        "zeros in P": reading.domain == "closed" and not inside,
        "zeros in w": reading.domain != "interior" and not inside,
        "t": [str(t) for t in tilts],
        "T": [[str(x) for x in pair] for pair in pairs] if "q_warm" in claim.probes else [],
        "softener": soft.name,
        "every teacher": bool(tilts) or "q_same" in claim.probes,
        "sizes": [],
    }
    for K, C in sizes:
        n = denominator
        while n and _count(within, K, C, n) > at_most // len(sizes):
            n -= 1
        if n and _count(within, K, C, n):
            within["sizes"].append({"K": K, "C": C, "denominator": n})
    return within


@cache
def rows(parts: int, denominator: int, zeros: bool) -> tuple[Row, ...]:
    """All rows of `parts` fractions that sum to 1 and are multiples of 1/n for one n <= denominator, each row once."""
    found = {
        tuple(Fraction(b - a - 1, n) for a, b in itertools.pairwise((-1, *bars, n + parts - 1)))
        for n in range(1, denominator + 1)
        for bars in itertools.combinations(range(n + parts - 1), parts - 1)
    }
    return tuple(sorted(row for row in found if zeros or all(row)))


def _count(within: dict[str, Any], K: int, C: int, n: int) -> int:
    # An upper bound first: the rows themselves are only listed where they are few.
    if comb(n + C - 1, C - 1) > 10_000 or comb(n + K - 1, K - 1) > 10_000:
        return 10**12
    points = len(rows(C, n, within["zeros in P"])) ** K * len(rows(K, n, within["zeros in w"]))
    return points * max(len(within["t"]), 1) * max(len(within["T"]), 1) * (K if within["every teacher"] else 1)


def cases(within: dict[str, Any]) -> Iterator[ExactCase]:
    """Every case within bounds."""
    tilts = [Fraction(t) for t in within["t"]] or [Fraction(1, 2)]
    pairs = [(Fraction(a), Fraction(b)) for a, b in within["T"]] or [(Fraction(1), Fraction(1, 2))]
    for size in within["sizes"]:
        K, C, n = size["K"], size["C"], size["denominator"]
        teachers = range(K) if within["every teacher"] else range(1)
        for P in itertools.product(rows(C, n, within["zeros in P"]), repeat=K):
            for w, k, t, (T1, T) in itertools.product(rows(K, n, within["zeros in w"]), teachers, tilts, pairs):
                yield ExactCase(P, w, k, t, T1, T)


def _scope(within: dict[str, Any], undefined: int) -> str:
    sizes = ", ".join(f"n <= {s['denominator']} at (K, C) = ({s['K']}, {s['C']})" for s in within["sizes"])
    zeros = " and ".join(name for name in ("P", "w") if within[f"zeros in {name}"])
    text = f"every P and w whose rows are multiples of 1/n, {sizes}" + (f", zeros in {zeros} included" if zeros else "")
    text += f", t in {{{', '.join(within['t'])}}}, every teacher" if within["t"] else ""
    if within["T"]:
        text += (
            ", (T, T') in {" + ", ".join(f"({a}, {b})" for a, b in within["T"]) + f"}}, softener {within['softener']}"
        )
    return text + (f"; undefined at {undefined} of these" if undefined else "")


# --- one case --------------------------------------------------------------------------------------------------------------


def judge(evaluator: Evaluator, reading: Reading, case: ExactCase) -> str:
    """ "holds" where every margin is at least 0, exactly; else "undefined" (A is), "fails", or "open" where that is not known."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    if evaluator.operator.domain == "interior" and VERTEX in claim.probes:
        return "open"  # a limit, which no single case decides
    try:
        v = views.of_exact(evaluator, case, claim.probes, bits=BITS)
        with numbers.precision(BITS):
            elements = [x for part in claim.parts(EXACT, v).values() for x in _elements(part)]
            return "holds" if all(_not_negative(x) for x in elements) else "fails"
    except views.Undefined:
        return "undefined"
    except (Undecided, Unsupported):
        return "open"


def _elements(part: Any) -> Iterator[Any]:
    yield from unwrap(np.asarray(part, dtype=object)).flat


def _not_negative(x: Any) -> bool:
    """Raises Undecided where a ball leaves it open; a sign is exact otherwise."""
    return not numbers.is_special(x) and numbers.sign_of(x) >= 0
