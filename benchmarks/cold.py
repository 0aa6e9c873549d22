"""What a user waits for: a cold `axiomkd check FILE.py`, wall time and peak memory, and ten operators on one core.

Every run is a fresh process of the `axiomkd` command beside this interpreter, or else on PATH. Run
`python -m benchmarks.cold` from the checkout. It knows nothing of what the command finds.
"""

from __future__ import annotations

import argparse
import compileall
import os
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
# Stays on as many cores as its first argument says ("" for all), and becomes the command.
PINNED = """
import os, sys
if sys.argv[1] and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
os.execv(sys.argv[2], sys.argv[2:])
"""
PACKAGE = EXAMPLES.parent.parent / "axiomkd"
TICK = 0.05
PROC = Path("/proc")


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


def spent(arguments: Sequence[str], *, cores: int | None = None, folder: Path | None = None) -> Spent:
    """One run of the command in a folder (an empty one), on `cores` cores where the system can pin processes."""
    with tempfile.TemporaryDirectory() as empty:
        begun = time.perf_counter()
        run = subprocess.Popen(
            [sys.executable, "-c", PINNED, str(cores or ""), command(), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder or empty,
        )
        seen: dict[int, tuple[float, float]] = {run.pid: (0.0, 0.0)}
        while run.poll() is None:
            _look(seen)
            time.sleep(TICK)
        wall = time.perf_counter() - begun
    return Spent(wall, sum(cpu for cpu, _ in seen.values()), max(peak for _, peak in seen.values()), run.returncode)


def _look(seen: dict[int, tuple[float, float]]) -> None:
    """Note processor seconds and peak MiB of the processes in `seen` and their children, from /proc; nothing elsewhere.

    getrusage would miss the workers: they are forked by a server that the command never waits for.
    """
    for folder in PROC.glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            pid, parent = int(folder.name), int(fields[1])
            if pid in seen or parent in seen:
                lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
                cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                held = max(int(lines.get(key, "0 kB").split()[0]) for key in ("VmHWM", "VmRSS")) / 1024
                seen[pid] = cpu, max(held, seen.get(pid, (0.0, 0.0))[1])
        except (OSError, IndexError, ValueError):
            continue  # it ended while we looked


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
    # An installed package has its bytecode; a checkout where Python is told to write none compiles 220 files in every process.
    compileall.compile_dir(PACKAGE, quiet=2)
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
