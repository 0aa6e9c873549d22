"""Where a check's processor time goes, step by step, beside an older commit of this repository in the same run.

A fresh process per operator and version, in turns, so that a busy machine is as busy for both. Run `python -m benchmarks.steps
[--beside COMMIT]` from the checkout. It counts processor seconds and refuses to know what is found.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.machine import described, table

ROOT = Path(__file__).resolve().parent.parent
SOME = ("linear", "log", "wsq", "power2", "umedian", "jsdgate")
BEFORE = ("start", "prove")  # steps that come before anything is searched
# A check in this process, its steps' processor seconds as JSON: the interface of a check is the same in the versions compared.
CHECKED = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import jax
jax.config.update("jax_enable_x64", True)
from axiomkd.checking import engine
from axiomkd.core.settings import Settings
from axiomkd.operators import loading
(operator,) = loading.load(f"zoo:{sys.argv[1]}")
steps, now, last = {}, "start", time.process_time()
for event in engine.check(operator, Settings(effort=sys.argv[2])):
    spent, last = time.process_time() - last, time.process_time()
    steps[now] = steps.get(now, 0.0) + spent
    now = event.name if event.kind == "stage" else now
print(json.dumps(steps))
"""


def steps(package: Path, operator: str, effort: str) -> dict[str, float]:
    """Processor seconds by step of one check of a zoo operator by the package in a folder. Raises CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKED, operator, effort],
        env={**os.environ, "PYTHONPATH": str(package)},
        cwd=package,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def searched(spent: Mapping[str, float]) -> float:
    """The seconds of all that is search, shrinking, confirmation and continuity."""
    return sum(seconds for name, seconds in spent.items() if name not in BEFORE)


def exported(commit: str, folder: Path) -> Path:
    """The package as it was at a commit, in a folder. Raises CalledProcessError where git has none."""
    packed = subprocess.run(["git", "archive", commit, "axiomkd"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
    return folder


def compared(packages: Sequence[Path], operator: str, effort: str, repeats: int) -> list[tuple[float, float]]:
    """(all, search) in processor seconds, medians, a package each."""
    runs = [[steps(package, operator, effort) for package in packages] for _ in range(repeats)]
    return [
        (statistics.median(sum(one.values()) for one in own), statistics.median(map(searched, own)))
        for own in zip(*runs, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", metavar="COMMIT", help="an older commit to compare with")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("operators", nargs="*", default=SOME)
    asked = parser.parse_args()
    print(described())
    with tempfile.TemporaryDirectory() as folder:
        packages = [ROOT, *([exported(asked.beside, Path(folder))] if asked.beside else [])]
        rows = []
        for name in asked.operators:
            now, *older = compared(packages, name, asked.effort, asked.repeats)
            before = [f"{x:.1f}" for one in older for x in one] + [f"{older[0][1] / now[1]:.1f}x" for _ in older]
            rows.append([name, f"{now[0]:.1f}", f"{now[1]:.1f}", *before])
    heads = ["operator", "all, CPU s", "search"]
    print(table([*heads, *(["all before", "search before", "ratio"] if asked.beside else [])], rows))


if __name__ == "__main__":
    main()
