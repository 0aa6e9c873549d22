"""The figures that a user waits for, each beside its aim: cold and warm checks, ten operators, many, throughput, growth.

Run `python -m benchmarks.figures` from the checkout, on an idle machine; `--only cold warm ten throughput growth many` takes some
of them, `--repeats` and `--count` make it short. It prints a table a part as that ends. It knows nothing of what is found, but that
the ways to check many must agree.
"""

from __future__ import annotations

import argparse
import compileall
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import cold, many, throughput, warm
from benchmarks.machine import described, table
from benchmarks.start import JAX

FILES = {"linear": "zoo:linear", "log": "zoo:log", "attention": str(cold.EXAMPLES / "attention.py")}
COLD, WARM = {"quick": 1.2, "standard": 2.5}, {"quick": 0.3, "standard": 1.0}  # seconds of wall time aimed at
TEN, MANY, HELD = 12.0, 360.0, 1024.0  # seconds of ten and of 1,000 operators; MiB of a worker
FLAT = 1.1  # the most by which a worker may have grown from the second tenth of a run to its last
RATIOS = {"two": 1.7, "dask": 1.6}  # how much faster than one process
THROUGHPUT = {
    (2, 3): (400.0, 3.5),
    (4, 10): (200.0, 3.0),
    (8, 100): (230.0, 2.5),
}  # times plain Hypothesis, times its evaluations
LARGE, GROWTH = (
    ((4, 1000), (4, 32000)),
    1.5,
)  # the time a number of the panel at the largest size, over that at the smallest
# Says the seconds of one case of all margins at a size, and the MiB at most held by then.
GROWS = """
import resource, sys, time
from axiomkd import axioms
from axiomkd.claims.margins import measure, pointwise
from axiomkd.operators.evaluate import batch_size
from axiomkd.run.outside.judging import sample
from axiomkd.tracing.numerics import prepare
from benchmarks.throughput import evaluator_at
prepare()
size = int(sys.argv[1]), int(sys.argv[2])
evaluator, cases, readings = evaluator_at(size), sample(size, 0), pointwise(axioms.READINGS)
def once():
    begun = time.perf_counter()
    measure(evaluator, readings, cases, ties=False, suggests=False)
    return time.perf_counter() - begun
once()
print(min(once() for _ in range(3)) / len(cases.P), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@dataclass(frozen=True)
class Figure:
    """What was measured, in its unit, beside the aim: at most that, or at least (`over`)."""

    name: str
    found: float
    aim: float | None = None
    unit: str = "s"
    over: bool = False
    note: str = ""

    def row(self) -> list[str]:
        if self.aim is None:
            return [self.name, f"{self.found:.2f} {self.unit}", "", "", self.note]
        met = self.found >= self.aim if self.over else self.found <= self.aim
        sign = "≥" if self.over else "≤"
        return [
            self.name,
            f"{self.found:.2f} {self.unit}",
            f"{sign} {self.aim:g} {self.unit}",
            "met" if met else "missed",
            self.note,
        ]


def of_cold(repeats: int) -> Iterator[Figure]:
    """Cold commands, wall time, beside a bare import of JAX with a call."""
    compileall.compile_dir(cold.PACKAGE, quiet=2)
    walls = []
    for _ in range(repeats):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", JAX], check=True, capture_output=True)
        walls.append(time.perf_counter() - begun)
    yield Figure("import jax, one jitted call", statistics.median(walls))
    for effort, aim in COLD.items():
        for name, target in FILES.items():
            line = ["check", target, "--effort", effort, "--no-cache"]
            found = cold.median([cold.spent(line) for _ in range(repeats)])
            yield Figure(f"cold {name}, {effort}", found.wall, aim, note=f"{found.cpu:.2f} s of processor time")


def of_warm(repeats: int) -> Iterator[Figure]:
    """Checks by a warm `Checker`, wall time."""
    warm.pool.Waiting = warm.Watched  # type: ignore[misc]
    for effort, aim in WARM.items():
        for name, target in FILES.items():
            wall, processor, _ = warm.measured(target, effort, repeats, warm=True)
            yield Figure(f"warm {name}, {effort}", wall, aim, note=f"{processor:.2f} s of processor time")


def of_ten(repeats: int) -> Iterator[Figure]:
    """Ten operators of the zoo on one core, standard effort."""
    line = ["check", "--no-cache", *(f"zoo:{n}" for n in cold.TEN)]
    found = cold.median([cold.spent(line, cores=1) for _ in range(max(1, repeats // 2))])
    yield Figure("ten of the zoo, one core", found.wall, TEN, note=f"{found.cpu:.2f} s of processor time")


def of_throughput(repeats: int) -> Iterator[Figure]:
    """Cases per second of the search, over plain Hypothesis, and its time over that of its own seven evaluations."""
    throughput.prepare()
    for size, (faster, longer) in THROUGHPUT.items():
        got = throughput.compared(size, repeats=repeats, structures=40, examples=200, clock=time.perf_counter)
        yield Figure(f"search at {size}, over Hypothesis", got["over hypothesis"], faster, "x", over=True)
        yield Figure(f"search at {size}, over seven evaluations", got["over alone"], longer, "x")


def of_growth(_repeats: int) -> Iterator[Figure]:
    """All margins of one case at two sizes: the time a number of the panel, and what is held."""
    seen = []
    for K, C in LARGE:
        done = subprocess.run(
            [sys.executable, "-c", GROWS, str(K), str(C)], cwd=many.ROOT, capture_output=True, text=True, check=True
        )
        seconds, held = map(float, done.stdout.split())
        seen.append(seconds / (K * C))
        yield Figure(f"memory at {(K, C)}", held, HELD, "MiB", note=f"{1000 * seconds:.1f} ms a case")
    yield Figure(f"time a number at {LARGE[-1]}, over {LARGE[0]}", seen[-1] / seen[0], GROWTH, "x")


def of_many(count: int) -> Iterator[Figure]:
    """`count` generated operators with two jobs; the ways compared on a tenth of them. Raises SystemExit where these differ."""
    few = {way: many.measured(way, max(4, count // 10), 0) for way in many.WAYS}
    verdicts = {json.dumps(one["verdicts"], sort_keys=True) for one in few.values()}
    if len(verdicts) != 1:
        raise SystemExit(f"the ways to check many do not agree: {[one['statuses'] for one in few.values()]}")
    for way, aim in RATIOS.items():
        found = few["one"]["seconds"] / few[way]["seconds"]
        yield Figure(
            f"{many.SPOKEN[way]}, over one", found, aim, "x", over=True, note=f"{max(4, count // 10)} operators"
        )
    whole = many.measured("two", count, 0)
    held = whole["MiB"]["largest worker"]
    note = f"{whole['processor seconds']:g} s of processor time"
    yield Figure(f"{count} generated operators, two jobs", whole["seconds"], MANY * count / 1000, note=note)
    yield Figure("the largest worker held", held["most"], HELD, "MiB")
    for name, one in whole["MiB"].items():
        yield Figure(f"{name}, last tenth over second", one["last tenth"] / max(1.0, one["second tenth"]), FLAT, "x")


PARTS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "cold": of_cold,
    "warm": of_warm,
    "ten": of_ten,
    "throughput": of_throughput,
    "growth": of_growth,
    "many": of_many,
}
HEAD = ["", "measured", "aim", "", ""]


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000, help="operators of the part `many`")
    asked = parser.parse_args(given)
    print(described(), f"Wall time, medians of {asked.repeats}.", sep="\n", end="\n\n", flush=True)
    begun = time.perf_counter()
    for part in asked.only:
        rows = [one.row() for one in PARTS[part](asked.count if part == "many" else asked.repeats)]
        print(table(HEAD, rows), end="\n\n", flush=True)
    print(f"{(time.perf_counter() - begun) / 60:.1f} minutes in all.")


if __name__ == "__main__":
    main()
