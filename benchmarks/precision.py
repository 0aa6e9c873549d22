"""What an audit of precision costs: processor seconds by dtype, memory, and how both grow with the number of classes.

Run `python -m benchmarks.precision [OPERATOR…]` from the checkout. It refuses to know what is found.
"""

from __future__ import annotations

import argparse
import resource
import time

import jax

from axiomkd.audit import cases, engine
from axiomkd.core.audit import DTYPES
from axiomkd.operators.loading import load
from benchmarks.machine import described, table

SOME = ("linear", "log", "power2")
GROWING = (10_000, 20_000, 40_000, 80_000, 151_936)


def spent(name: str, dtype: str, large: tuple[int, ...]) -> float:
    """Processor seconds of one audit with these large sizes, K = 2."""
    cases.LARGE, cases.TEACHERS = large, (2,) * len(large)
    (operator,) = load(f"zoo:{name}")
    before = time.process_time()
    engine.audit(operator, [dtype])
    return time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operators", nargs="*", default=list(SOME))
    names = parser.parse_args().operators
    jax.config.update("jax_enable_x64", True)
    usual = cases.LARGE
    print(described())
    print("\nProcessor seconds of a whole audit, by dtype:\n")
    rows = [[name, *(f"{spent(name, dtype, usual):.1f}" for dtype in DTYPES)] for name in names]
    print(table(["operator", *DTYPES], rows))
    print("\nAnd of the sizes up to (2, 10) with one more, in float16:\n")
    rows = [[name, *(f"{spent(name, 'float16', (C,)):.2f}" for C in GROWING)] for name in names]
    print(table(["operator", *(f"C = {C:,}" for C in GROWING)], rows))
    print(f"\nLargest resident memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
