"""What a user waits for: a cold `axiomkd check FILE.py`, wall time and peak memory, and ten operators on one core.

Every run is a fresh process of the `axiomkd` command beside this interpreter, or else on PATH. Run
`python -m benchmarks.cold` from the checkout. It knows nothing of what the command finds.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import described, table

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
TEN = (
    "linear",
    "log",
    "power2",
    "power_half",
    "mean",
    "w2",
    "entropyw",
    "max_all",
    "softmax5",
    "vote",
)
# Takes the cores to stay on ("" for all), then the command. Prints the peak resident set of the largest of its processes
# (KiB; bytes on macOS), the processor seconds of all of them, and the exit status. It is a process of its own, since getrusage
# adds up all children that ended, and since threads make it unsafe to pin between fork and exec.
MEASURED = """
import os, resource, subprocess, sys
if sys.argv[1] and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
status = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime, status)
"""


@dataclass(frozen=True)
class Spent:
    """Wall and processor seconds, the largest process's peak in MiB, and the exit status."""

    wall: float
    cpu: float
    peak: float
    status: int


def command() -> str:
    """The `axiomkd` of this environment. Raises SystemExit where there is none."""
    beside = Path(sys.executable).with_name("axiomkd")
    found = str(beside) if beside.exists() else shutil.which("axiomkd")
    if found is None:
        raise SystemExit("no `axiomkd` command beside this Python or on PATH: run `pip install -e .` first")
    return found


def spent(arguments: Sequence[str], *, cores: int | None = None) -> Spent:
    """One run of the command in an empty folder, on `cores` cores where the system can pin processes."""
    with tempfile.TemporaryDirectory() as empty:
        begun = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", MEASURED, str(cores or ""), command(), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=empty,
            check=True,
        )
        wall = time.perf_counter() - begun
    peak, cpu, status = run.stdout.split()
    return Spent(wall, float(cpu), float(peak) / (2**20 if sys.platform == "darwin" else 2**10), int(status))


def median(runs: Sequence[Spent]) -> Spent:
    """Medians of the times, the largest peak, the worst status."""
    return Spent(
        statistics.median(r.wall for r in runs),
        statistics.median(r.cpu for r in runs),
        max(r.peak for r in runs),
        max(r.status for r in runs),
    )


def row(name: str, one: Spent) -> list[str]:
    return [name, f"{one.wall:.1f}", f"{one.cpu:.1f}", f"{one.peak:.0f}", str(one.status)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="files of docs/examples to check, without .py (all)")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    files = [EXAMPLES / f"{n}.py" for n in given.names] or sorted(EXAMPLES.glob("*.py"))
    rows = []
    for file in files:
        rows.append(row(file.name, median([spent(["check", str(file)]) for _ in range(given.repeats)])))
    if not given.names:
        rows.append(row("ten of the zoo, one core", spent(["check", *(f"zoo:{n}" for n in TEN)], cores=1)))
    print(
        described(), f"Cold runs of `axiomkd check`, standard effort, medians of {given.repeats}.", sep="\n", end="\n\n"
    )
    print(table(["checked", "wall, s", "processor, s", "peak, MiB", "exit status"], rows))


if __name__ == "__main__":
    main()
