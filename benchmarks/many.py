"""Many operators: how long a run of them takes with one process, with two, and on two Dask workers, and how its memory goes.

Run `python -m benchmarks.many [--count 1000] [--only one|two|dask]` from the checkout. The operators are those of the proof
fuzzer's generator, a file each, checked at quick effort. Each way is a command of its own in an empty folder, without kept
answers. Memory is the resident memory of the command and of its largest worker, looked at each second: at the end stand the
median of the second tenth of the run and of the last tenth, and the most.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axiomkd.run.household import descendants
from benchmarks.machine import described

ROOT = Path(__file__).resolve().parents[1]
FILE = """
import jax
from axiomkd import operator
from tests.fuzz import faults

operator(faults.made({seed}).fn, name="fault{seed}", backend="jax")
"""
SPOKEN = {"one": "one process", "two": "two jobs", "dask": "two Dask workers"}
WAYS = {"one": ("--jobs", "1"), "two": ("--jobs", "2"), "dask": ()}


def written(folder: Path, count: int, seed: int) -> None:
    """So many generated operators, a file each."""
    for n in range(seed, seed + count):
        (folder / f"fault{n:05}.py").write_text(FILE.format(seed=n))


@contextlib.contextmanager
def cluster(wanted: bool) -> Iterator[tuple[str, ...]]:
    """Options that name a cluster of two worker processes of one thread each, where it is wanted."""
    if not wanted:
        yield ()
        return
    from distributed import LocalCluster

    made: Any = LocalCluster  # whose annotations are those of one that is awaited
    with made(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=60, memory_limit=0
    ) as found:
        yield ("--dask", found.scheduler_address)


class Memory(threading.Thread):
    """MiB resident in a process and in the largest below `below`, each second; and the processor seconds of all below."""

    def __init__(self, pid: int, below: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._below = pid, below
        self.seen: list[tuple[float, float]] = []
        self._spent: dict[int, float] = {}
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(1.0):
            every = descendants(self._below)
            self._spent.update((one, _spent(one)) for one in every)
            workers = [_resident(one) for one in every if one != self._pid]
            self.seen.append((_resident(self._pid), max(workers, default=0.0)))

    @property
    def processor(self) -> float:
        """Processor seconds, but for the last second of each process."""
        return sum(self._spent.values())

    def told(self) -> dict[str, dict[str, float]]:
        out = {}
        for n, name in enumerate(("command", "largest worker")):
            values = [one[n] for one in self.seen if one[n]] or [0.0]
            tenth = max(1, len(values) // 10)
            early, late = values[tenth : 2 * tenth] or values, values[-tenth:]
            out[name] = {
                "second tenth": round(statistics.median(early)),
                "last tenth": round(statistics.median(late)),
                "most": round(max(values)),
            }
        return out


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(way: str, count: int, seed: int) -> dict:
    """Seconds, processor seconds, memory, statuses and verdicts of one run."""
    with tempfile.TemporaryDirectory() as name, cluster(way == "dask") as where:
        folder = Path(name)
        written(folder, count, seed)
        line = [sys.executable, "-m", "axiomkd", "check", ".", "--effort", "quick", "--no-cache", "--quiet"]
        line += [*WAYS[way], *where, "--stream", "out.jsonl"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started = time.monotonic()
        child = subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        memory = Memory(child.pid, os.getpid())
        memory.start()
        _, errors = child.communicate()
        seconds = time.monotonic() - started
        memory.over.set()
        if not (folder / "out.jsonl").exists():
            raise SystemExit(errors.decode())
        lines = [json.loads(one) for one in (folder / "out.jsonl").read_text().splitlines()[1:]]
    if len(lines) != count:
        raise SystemExit(f"{way}: {len(lines)} of {count} operators came to an end")
    results = [one["finished"]["result"] for one in lines]
    statuses = [one["status"] for one in results]
    return {
        "way": way,
        "operators": len(lines),
        "seconds": round(seconds, 1),
        "processor seconds": round(memory.processor, 1),
        "statuses": {one: statuses.count(one) for one in sorted(set(statuses))},
        "MiB": memory.told(),
        "verdicts": {one["name"]: {r["reading"]: r["verdict"] for r in one["readings"]} for one in results},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(WAYS), action="append", help="repeatable; all of them by default")
    asked = parser.parse_args()
    print(described(), flush=True)
    seen: set[str] = set()
    for way in asked.only or WAYS:
        found = measured(way, asked.count, asked.seed)
        seen.add(json.dumps(found.pop("verdicts"), sort_keys=True))
        print(json.dumps(found), flush=True)
    print("the verdicts are the same" if len(seen) == 1 else "the verdicts differ")


if __name__ == "__main__":
    main()
