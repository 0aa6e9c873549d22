"""What a check costs once a worker has warmed up, beside one in a fresh worker: wall and processor seconds.

Run `python -m benchmarks.warm` from the checkout, on an idle machine: what the next worker does to warm up is waited for, and not
counted. It knows nothing of what is found.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

from axiomkd import Checker
from axiomkd.run import pool
from benchmarks.cold import _look
from benchmarks.machine import described, table

SOME = ("zoo:linear", "zoo:log", "zoo:wsq", "zoo:vote")
REST, STILL = (
    1.0,
    0.02,
)  # seconds between looks at a worker that warms up, and what it does not use of one once it waits


class Watched(pool.Waiting):
    """A worker whose processor seconds are looked at when it is asked, and when it ends."""

    last: Watched | None = None
    before = after = 0.0

    def used(self) -> float:
        seen: dict[int, tuple[float, float]] = {self._process.pid or 0: (0.0, 0.0)}
        for _ in range(3):  # children of children
            _look(seen)
        return sum(cpu for cpu, _ in seen.values())

    def ask(self, **what) -> pool.Waiting:
        Watched.last, self.before = self, self.used()
        return super().ask(**what)

    def __exit__(self, *error: object) -> None:
        if self._blocks == 1:
            self.after = self.used()
        super().__exit__(*error)


def settle(checker: Checker, most: float) -> float:
    """Wait until the worker that waits has warmed up: what it has used by then."""
    (one,) = checker._pool._ready
    before, ended = -1.0, time.monotonic() + most
    while (now := one.used()) - before > STILL and time.monotonic() < ended:  # type: ignore[attr-defined]
        before = now
        time.sleep(REST)
    return now


def measured(target: str, effort: str, repeats: int, *, warm: bool) -> tuple[float, float, float]:
    """(wall, processor, processor of warming up), seconds, medians."""
    rows = []
    with Checker(jobs=1, effort=effort, cache=False) as checker:
        checker._pool._size = int(warm)
        for _ in range(repeats):
            spent = settle(checker, 60.0) if warm else 0.0
            while not warm and checker._pool._ready:
                checker._pool._ready.pop().end()  # so that one is started when it is asked
            begun = time.perf_counter()
            checker.check(target)
            wall = time.perf_counter() - begun
            last = Watched.last
            assert last is not None
            rows.append((wall, last.after - last.before, spent))
    return tuple(statistics.median(column) for column in zip(*rows, strict=True))  # type: ignore[return-value]


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=SOME)
    parser.add_argument("--effort", nargs="*", default=["quick", "standard"])
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args(given)
    pool.Waiting = Watched  # type: ignore[misc]
    print(described(), end="\n\n")
    rows = []
    for effort in asked.effort:
        for target in asked.targets:
            ready, fresh = (measured(target, effort, asked.repeats, warm=warm) for warm in (True, False))
            rows.append([target, effort, *(f"{x:.2f}" for x in (*ready, fresh[0], fresh[1]))])
    heads = ["operator", "effort", "warm, wall s", "processor s", "warming up, processor s"]
    print(table([*heads, "not warm, wall s", "processor s"], rows))


if __name__ == "__main__":
    main()
