"""How long proofs take: each operator of the zoo traced, and traced and proved, beside a solver asked at (2, 2).

Warm medians in one process; the solver is asked once for each reading that the theorems prove and that it can be asked. Run
`python -m benchmarks.proofs`. It knows no verdicts: what is proved is counted, not judged.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from jax import export

from axiomkd import axioms
from axiomkd.core.operator import Operator, describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover, smt
from axiomkd.prove.proof import Proof
from axiomkd.tracing.numerics import prepare
from axiomkd.zoo import ENTRIES
from benchmarks.machine import described, table

SOLVED = ("linear", "mean", "wsq", "power2", "wmax", "vote", "topteacher")  # rational, or nearly: a solver has a chance
SIZE = (2, 2)
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"cpu": time.process_time, "wall": time.perf_counter}


@dataclass(frozen=True)
class Proving:
    """Seconds to trace, and to trace and prove all readings; how many are proved, and how many the zoo says hold."""

    tracing: float
    proving: float
    proved: int
    holds: int


@dataclass(frozen=True)
class Solving:
    """Seconds of the solver over all readings that it was asked, how many these were, and how many it proved."""

    seconds: float
    asked: int
    proved: int


def operator(name: str) -> Operator:
    entry = ENTRIES[name]
    return describe(entry.fn, name=name, K=entry.K, C=entry.C)


def proving(name: str, *, repeats: int, clock: Clock) -> Proving:
    """By theorems, for all sizes. One run before the clock starts fills the caches that a process keeps."""
    one, answers = operator(name), {}

    def trace() -> None:
        evaluator, least = Evaluator(one, softener("power")), prover.smallest(one)
        constraints = [f"K >= {least[0]}", f"C >= {least[1]}"]
        try:
            prover.traces(evaluator, *export.symbolic_shape("K, C", constraints=constraints))
        except Exception:  # not at all sizes at once: then the prover traces at a few, and one of them stands for it
            prover.traces(evaluator, *least)

    def prove() -> None:
        answers.update(prover.prove(one, "power", axioms.READINGS, effort="quick", sizes=()))

    tracing, whole = (_median(run, repeats, clock) for run in (trace, prove))
    proved = sum(isinstance(answer, Proof) for answer in answers.values())
    return Proving(tracing, whole, proved, sum(mark is True for mark in ENTRIES[name].truth.values()))


def _median(run: Callable[[], None], repeats: int, clock: Clock) -> float:
    run()
    spent = []
    for _ in range(repeats):
        begun = clock()
        run()
        spent.append(clock() - begun)
    return statistics.median(spent)


def solving(name: str, *, effort: str, clock: Clock) -> Solving:
    """The solver at one size, asked for each pointwise reading that the zoo says holds: what theorems prove for all sizes."""
    evaluator = Evaluator(operator(name), softener("power"), *SIZE)
    wanted = [r for r in axioms.READINGS if ENTRIES[name].truth[r.name] and isinstance(r.claim, Pointwise)]
    begun = clock()
    answers = [smt.attempt(evaluator, reading, [SIZE], rlimit=smt.RLIMIT[effort]) for reading in wanted]
    return Solving(clock() - begun, len(wanted), sum(isinstance(answer, Proof) for answer in answers))


def row(name: str, one: Proving) -> list[str]:
    rest = f"{1000 * (one.proving - one.tracing):.0f}"
    return [name, f"{1000 * one.tracing:.1f}", f"{1000 * one.proving:.0f}", rest, f"{one.proved} of {one.holds}"]


def beside(name: str, one: Proving, other: Solving) -> list[str]:
    found = f"{other.proved} of {other.asked}"
    return [name, f"{1000 * one.proving:.0f}", str(one.proved), f"{1000 * other.seconds:.0f}", found]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="operators of the zoo (all)")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--effort", choices=list(smt.RLIMIT), default="quick", help="how far the solver goes")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    given = parser.parse_args(arguments)
    prepare()
    clock, names = CLOCKS[given.clock], given.names or list(ENTRIES)
    found = {name: proving(name, repeats=given.repeats, clock=clock) for name in names}
    print(described()[:-1] + f", z3-solver {version('z3-solver')}.")
    print(f"Power softening, {given.clock} time, medians of {given.repeats} warm repeats.\n")
    print(
        table(
            ["operator", "tracing, ms", "in all, ms", "without tracing, ms", "proved"],
            list(map(row, names, found.values())),
        )
    )
    whole = [one.proving for one in found.values()]
    print(
        f"\n{len(found)} operators: {sum(whole):.1f} s in all, median {1000 * statistics.median(whole):.0f} ms; "
        f"{sum(one.proved for one in found.values())} of {sum(one.holds for one in found.values())} readings proved.\n"
    )
    asked = [name for name in SOLVED if name in found]
    rows = [beside(name, found[name], solving(name, effort=given.effort, clock=clock)) for name in asked]
    print(table(["operator", "theorems, ms", "proved, all K and C", "solver, ms", "proved at (2, 2)"], rows))


if __name__ == "__main__":
    main()
