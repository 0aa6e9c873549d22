"""What an audit of precision costs: processor seconds by dtype, memory, and how both grow with the number of classes.

Run `python -m benchmarks.precision [OPERATOR…]` from the checkout. Each row is printed when it is known: a run that is ended
early leaves what it has. It refuses to know what is found.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence

import jax

from axiomkd.audit import cases, engine
from axiomkd.core.audit import DTYPES
from axiomkd.operators.loading import load
from benchmarks.machine import described, table

SOME = ("linear", "log", "power2")
GROWING = (10_000, 20_000, 40_000, 80_000, 151_936)


Sizes = Sequence[tuple[int, int]]


def spent(name: str, dtype: str, large: Sizes) -> float:
    """Processor seconds of one audit with these large sizes (K, C)."""
    cases.TEACHERS, cases.LARGE = tuple(zip(*large, strict=True))
    (operator,) = load(f"zoo:{name}")
    before = time.process_time()
    engine.audit(operator, [dtype])
    return time.process_time() - before


def printed(head: Sequence[str], names: Sequence[str], row: Callable[[str], Sequence[str]]) -> None:
    """A table, its rows as they come."""
    print(table(head, []), flush=True)
    for name in names:
        print(f"| {' | '.join([name, *row(name)])} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operators", nargs="*", default=list(SOME))
    names = parser.parse_args().operators
    jax.config.update("jax_enable_x64", True)
    usual = tuple(zip(cases.TEACHERS, cases.LARGE, strict=True))
    print(described())
    print("\nProcessor seconds with one size beside those up to (5, 10), (2, C), in float16:\n")
    head = ["operator", *(f"C = {C:,}" for C in GROWING)]
    printed(head, names, lambda name: [f"{spent(name, 'float16', [(2, C)]):.2f}" for C in GROWING])
    print("\nAnd of a whole audit, by dtype:\n")
    printed(["operator", *DTYPES], names, lambda name: [f"{spent(name, dtype, usual):.1f}" for dtype in DTYPES])
    print(f"\nLargest resident memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
