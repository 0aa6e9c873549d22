"""What failed before, kept in Hypothesis's example database: the next run tries it first.

A remembered case can only add a refutation that the seeded search missed; it never changes one that the search finds itself, so
that the same seed gives the same report. It knows cases and refuses to know verdicts.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

from hypothesis.database import DirectoryBasedExampleDatabase

from axiomkd.core.case import ExactCase, value_of, written
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading

MOST = 4  # cases kept for one reading of one operator


class Memory:
    """The cases of one operator in a folder; None keeps nothing and remembers nothing. `kept` is where new ones are written, where
    that is another one."""

    def __init__(self, folder: str | None, operator: Operator, kept: str | None = None) -> None:
        self._database = None if folder is None else DirectoryBasedExampleDatabase(Path(folder))
        self._new = self._database if folder is None or kept is None else DirectoryBasedExampleDatabase(Path(kept))
        self._name = operator.target or operator.name

    def recall(self, reading: Reading) -> list[ExactCase]:
        """Cases at which the reading failed in an earlier run, the simplest first; unreadable entries are passed over."""
        if self._database is None:
            return []
        found = [_read(text) for text in self._database.fetch(self._key(reading))]
        return sorted((case for case in found if case is not None), key=ExactCase.simplicity)[:MOST]

    def keep(self, reading: Reading, case: ExactCase) -> None:
        """Remember a case at which the reading fails."""
        if self._database is None or self._new is None:
            return
        key, text = self._key(reading), _written(case)
        known = set(self._database.fetch(key))
        if len(known) < MOST and text not in known:
            self._new.save(key, text)

    def _key(self, reading: Reading) -> bytes:
        return hashlib.sha256(f"axiomkd.case/1\0{self._name}\0{reading.id}".encode()).digest()


def _written(case: ExactCase) -> bytes:
    d = None if case.d is None else [str(x) for x in case.d]
    parts = {
        "P": [[str(x) for x in row] for row in case.P],
        "w": [str(x) for x in case.w],
        "k": case.k,
        "t": str(case.t),
        "T1": str(case.T1),
        "T": str(case.T),
        "d": d,
        "more": {name: written(name, value) for name, value in case.more},
    }
    return json.dumps(parts).encode()


def _read(text: bytes) -> ExactCase | None:
    try:
        parts = json.loads(text)
        P = tuple(tuple(Fraction(x) for x in row) for row in parts["P"])
        w = tuple(Fraction(x) for x in parts["w"])
        d = None if parts["d"] is None else tuple(Fraction(x) for x in parts["d"])
        more = {name: value_of(name, x, len(P), len(P[0])) for name, x in parts.get("more", {}).items()}
        case = ExactCase(P, w, int(parts["k"]), Fraction(parts["t"]), Fraction(parts["T1"]), Fraction(parts["T"]), d)
        case = case.having(more)
    except (ValueError, KeyError, TypeError, ZeroDivisionError):
        return None
    sound = (
        len(P) == len(w) > case.k >= 0
        and all(sum(row) == 1 and min(row) >= 0 for row in (*P, w))
        and case.T > 0 < case.T1
    )
    return case if sound and len({len(row) for row in P}) == 1 else None
