"""What guarantees cost: a whole check with them over one without, in the same run, in seconds of processor time.

Each check is run in a process that has compiled nothing of the operator yet, in turns, and the median is told. Run
`python -m benchmarks.promised --effort quick`; `--command` times the whole command in place of the check inside it. What a check
without them cost at an older commit, `benchmarks.steps` says. It knows no verdicts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from axiomkd.checking import engine
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.tracing.numerics import prepare
from axiomkd.zoo import ENTRIES
from benchmarks.machine import described, table

NAMES = ("linear", "log", "wsq", "power2", "vote", "entropyw")


def spent(name: str, effort: str, guarantees: bool) -> float:
    """Seconds of processor time of one check, after what a process does once."""
    prepare()
    entry = ENTRIES[name]
    operator = describe(entry.fn, name=name, K=entry.K, C=entry.C)
    begun = time.process_time()
    for _ in engine.check(operator, Settings(effort=effort, guarantees=guarantees)):
        pass
    return time.process_time() - begun


def of_command(name: str, effort: str, guarantees: bool) -> float:
    """Seconds of wall time of `axiomkd check`, whose processes are not all its children."""
    line = [sys.executable, "-m", "axiomkd", "check", f"zoo:{name}", "--effort", effort, "--no-cache", "--quiet"]
    begun = time.monotonic()
    subprocess.run([*line, *(["--guarantees"] if guarantees else [])], stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - begun


def both_commands(name: str, effort: str) -> tuple[float, float]:
    """Without and with, one after the other."""
    return of_command(name, effort, False), of_command(name, effort, True)


def both(name: str, effort: str) -> tuple[float, float]:
    """Without and with, each in a fresh process, one after the other."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        without, promised = (pool.apply(spent, (name, effort, one)) for one in (False, True))
    return without, promised


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--command", action="store_true", help="time the whole command")
    given = parser.parse_args(arguments)
    pair, rows = both_commands if given.command else both, []
    for name in given.names:
        runs = [pair(name, given.effort) for _ in range(given.repeats)]
        without, promised = (statistics.median(seconds) for seconds in zip(*runs, strict=True))
        rows.append([name, f"{without:.1f}", f"{promised:.1f}", f"{promised / without:.2f}x"])
    clock = "wall" if given.command else "processor"
    print(f"{described()}\n{given.effort} effort, seed 0, {clock} time, medians of {given.repeats}.\n")
    print(table(["operator", "without, s", "with guarantees, s", "ratio"], rows))


if __name__ == "__main__":
    main()
