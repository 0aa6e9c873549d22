"""What holding formulas against the operator costs and loses: the whole prover with and without it, over the zoo.

    python -m benchmarks.translation [name ...]

Prints a line an operator: processor seconds without and with validation, and the proofs that it costs.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from axiomkd import axioms
from axiomkd.core.operator import Operator, describe
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.prove.translation.validation import Translation, Validation
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES
from benchmarks.machine import described


@contextmanager
def unvalidated() -> Iterator[None]:
    """The prover as it is when every formula is taken on trust."""
    kept = Validation.of
    Validation.of = lambda self, formulas: Translation(whole=True)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Validation.of = kept  # type: ignore[method-assign]


def proved(operator: Operator) -> tuple[dict[str, str], float]:
    """The scope of each proof by its reading, and the processor seconds that they took."""
    start = time.process_time()
    answers = prover.prove(operator, "power", axioms.READINGS, effort="standard", sizes=[])
    return {r: str(a.scope) for r, a in answers.items() if isinstance(a, Proof)}, time.process_time() - start


def compared(operator: Operator) -> tuple[float, float, list[str]]:
    """Seconds without and with validation, and the proofs lost or narrowed by it."""
    with unvalidated():
        trusted, before = proved(operator)
    held, after = proved(operator)
    return before, after, [r for r in trusted if held.get(r) != trusted[r]]


def main(names: list[str]) -> None:
    numerics.prepare()
    proved(describe(ENTRIES["linear"].fn))  # what only the first call pays for
    rows = []
    for name in names or list(ENTRIES):
        entry = ENTRIES[name]
        before, after, lost = compared(describe(entry.fn, name=name, K=entry.K, C=entry.C))
        rows.append((before, after, lost))
        print(f"{name:14} {before:6.2f} s {after:6.2f} s  {' '.join(lost)}", flush=True)
    costs = [after - before for before, after, _ in rows]
    print(f"median cost {statistics.median(costs):.2f} s, largest {max(costs):.2f} s, ratio of the sums ", end="")
    print(f"{sum(r[1] for r in rows) / sum(r[0] for r in rows):.1f}; proofs lost: {sum(len(r[2]) for r in rows)}")
    print(described())


if __name__ == "__main__":
    main(sys.argv[1:])
