"""What SymPy makes of the cells that no theorem proves, at one small size: written to docs/sympy.json, which docs/open.md shows.

Apart from docs/generate.py because it takes minutes. Run `python docs/sympy_tried.py` when what is open has changed; cells
that stand in the file are tried again with `--all` only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from axiomkd.axioms import BY_NAME
from axiomkd.core.operator import describe
from axiomkd.core.softener import SOFTENERS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import smt
from axiomkd.prove.proof import Proof
from axiomkd.prove.symbolic.attempt import attempt
from axiomkd.prove.symbolic.regions import Purse
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

FILE = Path(__file__).parent / "sympy.json"
SIZE, STEPS = (2, 2), 10_000


def tried(operator: str, reading: str) -> str:
    """What comes of one cell, in a few words."""
    numerics.prepare()
    entry = ENTRIES[operator]
    size = SIZE if (not entry.K or 2 in entry.K) and (not entry.C or 2 in entry.C) else None
    if size is None:
        return "the operator has no such size"
    evaluator = Evaluator(describe(entry.fn, name=operator, K=entry.K, C=entry.C), SOFTENERS["power"])
    claim = BY_NAME[reading]
    false = smt.sampled(evaluator, claim, size) if hasattr(claim.claim, "probes") else None
    if false is not None:
        return false.why
    found = attempt(evaluator, claim, size, Purse(STEPS, STEPS))
    if isinstance(found, Proof):
        return "shown"
    return found.why.removeprefix("SymPy has no expression of it: ").replace(
        "SymPy did not show every margin nonnegative at (K, C) = (2, 2)", f"not shown within {STEPS:,} steps"
    )


def known() -> dict[str, dict[str, str]]:
    """By operator and reading."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def write(cells: Iterable[tuple[str, str]], *, again: bool) -> None:
    old, new = ({} if again else known()), {}
    for operator, reading in cells:
        said = old.get(operator, {}).get(reading) or tried(operator, reading)
        new.setdefault(operator, {})[reading] = said
        print(operator, reading, said, flush=True)
    FILE.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(FILE.parent.parent))
    from docs.generate import cells

    write([(c.operator, c.reading) for c in cells() if c.proof is None], again="--all" in sys.argv)
