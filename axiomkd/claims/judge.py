"""What a reading says of one exact case: whether each of its margins is at least 0, in exact arithmetic.

It knows the readings by their margins alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from axiomkd.claims import margins, views
from axiomkd.claims.confirm import complete
from axiomkd.core.case import ExactCase
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported

BITS = 256
VERTEX = "q_vertex"


def judge(evaluator: Evaluator, reading: Reading, case: ExactCase) -> str:
    """ "holds" where every margin is at least 0, exactly; else "undefined" (A is), "fails", or "open" where that is not known."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    if evaluator.operator.domain == "interior" and VERTEX in claim.probes:
        return "open"  # a limit, which no single case decides
    if not margins.posed(evaluator, claim, case.size):
        return "open"
    case = complete(evaluator, reading, case)
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
