"""A claim checked at every case within stated bounds, checked again: all of them where they are few, else a seeded sample.

The cases are enumerated anew from the bounds' words.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core.reading import Pointwise, Reading
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import view
from axiomkd.verify.line import EXACT as EXACTLY
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import BITS, Subject
from axiomkd.verify.view import Case, Undefined

ALL, SAMPLE = 20_000, 4_000
Row = tuple[Fraction, ...]


def check(subject: Subject, reading: Reading, certificate: dict, scope: str | None = None) -> tuple[str, ...]:
    """The layers that an exhaustion leans on; `scope` is how the report tells its bounds. Raises Failed."""
    bounds, claim = certificate.get("bounds"), reading.claim
    if not isinstance(bounds, dict) or not isinstance(claim, Pointwise):
        raise Failed("the certificate has no bounds, or its reading is no claim about single cases")
    _fits(subject, reading, claim, bounds)
    cases = list(_cases(bounds))
    if len(cases) != certificate.get("cases"):
        raise Failed(f"the bounds hold {len(cases)} cases, the certificate says {certificate.get('cases')}")
    if scope is not None and scope != _told(bounds, certificate.get("undefined")):
        raise Failed(f"its scope is {scope!r}, its bounds say {_told(bounds, certificate.get('undefined'))!r}")
    whole = len(cases) <= ALL
    chosen = cases if whole else random.Random(len(cases)).sample(cases, SAMPLE)
    undefined = sum(not _holds(subject, claim, case) for case in chosen)
    if whole and undefined != certificate.get("undefined"):
        raise Failed(
            f"the operator is undefined at {undefined} cases, the certificate says {certificate.get('undefined')}"
        )
    return (EXACTLY,) if whole else (EXACTLY, f"{len(chosen)} of {len(cases)} cases looked at")


def _fits(subject: Subject, reading: Reading, claim: Pointwise, bounds: dict[str, Any]) -> None:
    """The bounds are on this reading, and on all of its domain that they can be."""
    inside = subject.operator.domain == "interior"
    wanted = {
        "reading": reading.name,
        "zeros in P": reading.domain == "closed" and not inside,
        "zeros in w": reading.domain != "interior" and not inside,
        "softener": subject.softener,
        "every teacher": bool({"q_tilted", "q_same"} & set(claim.probes)),
    }
    for key, value in wanted.items():
        if bounds.get(key) != value:
            raise Failed(f"the bounds say {key}: {bounds.get(key)!r}, expected {value!r}")
    if ("q_tilted" in claim.probes) != bool(bounds.get("t")) or ("q_warm" in claim.probes) != bool(bounds.get("T")):
        raise Failed("the bounds have no t or no T that the claim needs, or one that it does not")
    for size in bounds.get("sizes", ()):
        if not subject.operator.supports(size["K"], size["C"]):
            raise Failed(f"the bounds are of (K, C) = ({size['K']}, {size['C']}), which the operator does not support")


def _told(bounds: dict[str, Any], undefined: Any) -> str:
    """The bounds in the words of a report."""
    sizes = ", ".join(f"n <= {s['denominator']} at (K, C) = ({s['K']}, {s['C']})" for s in bounds["sizes"])
    zeros = " and ".join(name for name in ("P", "w") if bounds[f"zeros in {name}"])
    text = f"every P and w whose rows are multiples of 1/n, {sizes}" + (f", zeros in {zeros} included" if zeros else "")
    text += f", t in {{{', '.join(bounds['t'])}}}, every teacher" if bounds["t"] else ""
    pairs = ", ".join(f"({a}, {b})" for a, b in bounds["T"])
    text += f", (T, T') in {{{pairs}}}, softener {bounds['softener']}" if pairs else ""
    return text + (f"; undefined at {undefined} of these" if undefined else "")


def _rows(parts: int, most: int, zeros: bool) -> list[Row]:
    """Rows that are multiples of 1/n for some n up to `most`."""
    found: set[Row] = set()
    for n in range(1, most + 1):
        found |= {tuple(Fraction(x, n) for x in row) for row in _compositions(n, parts)}
    return sorted(row for row in found if zeros or min(row) > 0)


def _compositions(n: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in _compositions(n - first, parts - 1):
            yield (first, *rest)


def _cases(bounds: dict[str, Any]) -> Iterator[Case]:
    tilts = [Fraction(t) for t in bounds["t"]] or [Fraction(1, 2)]
    pairs = [(Fraction(a), Fraction(b)) for a, b in bounds["T"]] or [(Fraction(1), Fraction(1, 2))]
    for size in bounds["sizes"]:
        K, C, n = size["K"], size["C"], size["denominator"]
        rows, weights = _rows(C, n, bounds["zeros in P"]), _rows(K, n, bounds["zeros in w"])
        for P in itertools.product(rows, repeat=K):
            for w, k, t, (T1, T) in itertools.product(
                weights, range(K if bounds["every teacher"] else 1), tilts, pairs
            ):
                yield Case(P, w, k, t, T1, T, None, alone=False)


def _holds(subject: Subject, claim: Pointwise, case: Case) -> bool:
    """False where the operator is undefined. Raises Failed where a margin is below 0, or its sign cannot be told."""
    point = f"P = {[[str(x) for x in p] for p in case.P]}, w = {[str(x) for x in case.w]}, k = {case.k}, t = {case.t}, T = {case.T}"
    try:
        with numbers.precision(BITS):
            v = view.exact(subject.evaluator, case, claim.probes, BITS)
            for label, part in claim.parts(EXACT, v).items():
                for x in np.asarray(part, dtype=object).ravel():
                    x = x.x if hasattr(x, "x") else numbers.number(x)
                    if numbers.is_special(x) or numbers.sign_of(x) < 0:
                        raise Failed(f"the margin {label} is {numbers.text(x)} at {point}")
    except Undefined:
        return False
    except (Undecided, Unsupported) as e:
        raise Failed(f"a case within the bounds could not be decided ({e}): {point}") from None
    return True
