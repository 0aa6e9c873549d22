"""Cases a fiftieth beside one at which a violation passes when the inputs move: small fractions sit on ties and on round weights,
which is where code that chooses changes its mind. It makes cases, and refuses to know what fails at them.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from axiomkd.core.case import ExactCase, Row

CASES = 8
FAR = Fraction(1, 50)  # of each row and of the weights, towards rows drawn at random
UNITS = 10  # denominator of what is drawn


def aside(case: ExactCase) -> list[ExactCase]:
    """Copies of a case with every row and the weights moved; zeros stay, and so does what else the claim needs."""
    rng = np.random.default_rng(23)

    def moved(row: Row) -> Row:
        where = [i for i, x in enumerate(row) if x]
        drawn = np.bincount(rng.choice(where, UNITS), minlength=len(row))
        return tuple((1 - FAR) * x + FAR * Fraction(int(n), UNITS) for x, n in zip(row, drawn, strict=True))

    return [replace(case, P=tuple(map(moved, case.P)), w=moved(case.w), d=None) for _ in range(CASES)]
