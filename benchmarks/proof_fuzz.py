"""Random operators by the thousand: proofs, and a search for counterexamples to each of them.

Run `python -m benchmarks.proof_fuzz 1000 --seed 0` from the checkout; it prints a JSON summary. `--edits` changes the
zoo's source instead of drawing expressions, `--jumps` searches claims of continuity too, `--seconds` ends it early.
"""

from __future__ import annotations

import argparse
import collections
import json
import time

from axiomkd.tracing import numerics
from tests.prove import fuzz


def measured(
    count: int, seed: int, *, edits: bool = False, jumps: bool = False, softener: str = "power", seconds: float = 1e9
) -> dict:
    """The summary of one run: operators, proofs by reading, cases searched, counterexamples."""
    started, functions = time.monotonic(), fuzz.zoo_functions()
    proofs: collections.Counter[str] = collections.Counter()
    operators = with_proof = cases = 0
    found: list[fuzz.Refutation] = []
    for n in range(seed, seed + count):
        if time.monotonic() - started > seconds:
            break
        one = fuzz.edited(n, functions) if edits else fuzz.made(n)
        if one is None:
            continue
        operators += 1
        proved = fuzz.proofs(one, softener)
        proofs.update(list(proved))
        if proved:
            with_proof += 1
            more, looked = fuzz.refutations(one, proved, n, softened=softener, jumps=jumps)
            found, cases = found + more, cases + looked
    return {
        "seed": seed,
        "operators": operators,
        "operators with a proof": with_proof,
        "proofs": sum(proofs.values()),
        "proofs by reading": dict(proofs.most_common()),
        "cases": cases,
        "counterexamples": [{"reading": r.reading, "operator": r.told, "case": str(r.case)} for r in found],
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edits", action="store_true")
    parser.add_argument("--jumps", action="store_true")
    parser.add_argument("--softener", default="power")
    parser.add_argument("--seconds", type=float, default=1e9)
    asked = parser.parse_args()
    numerics.prepare()
    summary = measured(
        asked.count,
        asked.seed,
        edits=asked.edits,
        jumps=asked.jumps,
        softener=asked.softener,
        seconds=asked.seconds,
    )
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
