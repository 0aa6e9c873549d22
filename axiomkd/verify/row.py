"""One row of a report: that it has what its verdict has and nothing else, each number in its range. It runs no operator."""

from __future__ import annotations

import math

from axiomkd import axioms
from axiomkd.core.reading import Pointwise
from axiomkd.core.report import ReadingModel
from axiomkd.verify.line import Failed

# What a row of each verdict may have besides its verdict; those of the first list it must have.
MUST = {
    "proved": ("certificate", "scope", "method"),
    "refuted": ("witness", "method"),
    "fragile": ("witness", "method"),
    "holds": ("method",),
    "inconclusive": (),
    "error": (),
}
MAY = {
    "proved": ("margin",),
    "refuted": ("margin", "largest", "unproved", "reproducer"),
    "fragile": ("margin", "unproved", "reproducer"),
    "holds": ("margin", "certificate", "scope", "unproved"),
    "inconclusive": ("margin", "method", "unproved"),
    "error": ("witness", "unproved", "reproducer"),
}
FIELDS = ("certificate", "scope", "method", "witness", "largest", "margin", "unproved", "reproducer")
TOLD = {"largest": "a largest witness", "reproducer": "a reproducer", "unproved": "a reason why there is no proof"}


def check(r: ReadingModel) -> None:
    """Raises Failed."""
    for name in FIELDS:
        there = getattr(r, name) is not None
        if there and name not in (*MUST[r.verdict], *MAY[r.verdict]):
            raise Failed(f"it has {TOLD.get(name, f'a {name}')}, which this verdict never has")
        if not there and name in MUST[r.verdict]:
            raise Failed(f"there is no {name}")
    if r.verdict in ("refuted", "fragile", "holds") and r.method != "search":
        raise Failed(f"its method is {r.method!r}, and what is {r.verdict} was searched for")
    if r.method not in (None, "search") and r.verdict == "inconclusive":
        raise Failed(f"its method is {r.method!r}, and nothing but a search leaves a reading open")
    if r.cases < 0 or not math.isfinite(r.seconds) or r.seconds < 0:
        raise Failed(f"it has {r.cases} cases in {r.seconds} seconds")
    if r.partly and r.verdict != "proved":
        raise Failed("it is said to be proved at some sizes only, and it is not proved")
    if r.within is not None and (r.verdict != "holds" or not r.within > 0):
        raise Failed("it is said to hold within a tolerance, and it does not hold")
    if (r.scope is None) != (r.certificate is None):
        raise Failed("a scope and a certificate go together, and it has one without the other")
    _margin(r)


def _margin(r: ReadingModel) -> None:
    claim = axioms.BY_NAME[r.reading].claim
    measurable = isinstance(claim, Pointwise) and claim.measurable
    if r.margin is None:
        if r.verdict == "refuted" and measurable:
            raise Failed("its margin is missing")
        return
    if not measurable:
        raise Failed(f"its margin is {r.margin}, and its claim is no margin")
    if r.verdict != "refuted" and not (math.isfinite(r.margin) and r.margin >= 0):
        raise Failed(f"its margin is {r.margin}, and a margin of what is not refuted is at least 0")
