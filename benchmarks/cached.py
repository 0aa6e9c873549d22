"""What the cache saves and what it costs: a repository checked without it, with an empty one, unchanged, and after one save.

The four runs take turns, in a repository of so many operators, a file each, so that a ratio compares runs that stood next
to each other. Run `python -m benchmarks.cached` from the checkout. It knows nothing of how the cache works.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.cold import Spent, spent
from benchmarks.machine import described, table

OPERATOR = """from axiomkd import operator


@operator
def mean_{n}(P, w):
    return w @ P + 0.0 * {n}
"""
SAID = {
    "without": "`--no-cache`",
    "first": "an empty cache",
    "again": "nothing has changed",
    "changed": "one file has changed",
}


def round_of(operators: int, *options: str) -> Mapping[str, Spent]:
    """Each kind of run once, in a new repository of `operators` operators."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for n in range(operators):
            (here / f"mean_{n}.py").write_text(OPERATOR.format(n=n), encoding="utf-8")
        line = ["check", ".", *options]
        runs = {
            "without": spent([*line, "--no-cache"], folder=here),
            "first": spent(line, folder=here),
            "again": spent(line, folder=here),
        }
        with (here / "mean_0.py").open("a", encoding="utf-8") as file:
            file.write("\n# another line\n")
        return {**runs, "changed": spent(line, folder=here)}


def rows(rounds: Sequence[Mapping[str, Spent]]) -> list[list[str]]:
    """Medians over the rounds, and of the ratios to the run without a cache in the same round."""
    found = []
    for kind, said in SAID.items():
        wall = statistics.median(one[kind].wall for one in rounds)
        ratio = statistics.median(one["without"].wall / one[kind].wall for one in rounds)
        found.append(
            [said, f"{wall:.2f}", f"{statistics.median(one[kind].cpu for one in rounds):.2f}", f"{ratio:.2f}x"]
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operators", type=int, default=10)
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rounds = [round_of(given.operators, "--effort", given.effort) for _ in range(given.rounds)]
    head = f"{given.operators} operators, {given.effort} effort, medians of {given.rounds} rounds."
    print(described(), head, sep="\n", end="\n\n")
    print(table(["run", "wall, s", "processor, s", "faster than without"], rows(rounds)))


if __name__ == "__main__":
    main()
