"""What an accelerator changes: whether ten shipped operators get the verdicts that they get on the CPU, and cases per second.

Run `python -m benchmarks.gpu` on a machine that has one, from the checkout; `--device cpu` runs every step where there is none and
compares the CPU with itself. Each device has a process of its own, float64 throughout. It ends within `--seconds`; what was not
reached is named. The exit status is 1 where a verdict differs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from axiomkd.core.errors import UsageError
from benchmarks.cold import TEN, command
from benchmarks.machine import described, table

SIZES = ((2, 3), (8, 100), (8, 32_000), (64, 151_936))
LARGE = 100_000  # entries of P above which the search's own loop is not timed: it draws and measures in NumPy, on any device
REPEATS = 5
DOUBLE = 8  # bytes
SHARE = 0.4  # of the time for the rates of both devices; the rest is for the verdicts
KEEP = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # or the first of several processes takes most of the device's memory


@dataclass(frozen=True)
class Rate:
    """Cases per second at one size: A on arrays that come from the host and go back (`whole`), A on arrays that lie on the device
    (`there`), the search's own loop (`search`, None where it is not timed); bytes that a case moves; platform and dtype seen."""

    size: tuple[int, int]
    batch: int
    whole: float
    there: float
    search: float | None
    moved: int
    platform: str
    dtype: str


def rates(device: str, sizes: Sequence[tuple[int, int]], ended: float) -> list[Rate]:
    """The log pool's rates on a device in this process, size by size until the clock says `ended` (of time.monotonic)."""
    from axiomkd.tracing.numerics import prepare

    prepare(device)
    found = []
    for size in sizes:
        if time.monotonic() > ended:
            break
        found.append(_rate(size))
    return found


def _rate(size: tuple[int, int]) -> Rate:
    import jax
    import numpy as np

    from benchmarks.throughput import evaluator_at, pipeline

    evaluator, (K, C) = evaluator_at(size), size
    B = evaluator.padded_to(4096, K, C)
    rng = np.random.default_rng(0)
    P = rng.exponential(size=(B, K, C))
    P /= P.sum(-1, keepdims=True)
    w = rng.dirichlet(np.ones(K), B)
    alone = jax.jit(jax.vmap(evaluator.traceable))
    lying = jax.device_put(P), jax.device_put(w)
    one = alone(*lying)
    whole = _median(lambda: evaluator.batch(P, w))
    there = _median(lambda: alone(*lying).block_until_ready())
    looped = None
    if K * C <= LARGE:
        pipeline(evaluator, size, 4, 0, time.perf_counter)  # compiles
        looped = statistics.median(pipeline(evaluator, size, 20, n, time.perf_counter) for n in range(3))
    moved = DOUBLE * (K * C + K + C)
    (platform,) = {d.platform for d in one.devices()}
    return Rate(size, B, B / whole, B / there, looped, moved, platform, str(one.dtype))


def _median(run: Callable[[], object]) -> float:
    """Seconds of one call, once it has been compiled."""
    run()
    seen = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        run()
        seen.append(time.perf_counter() - begun)
    return statistics.median(seen)


def rates_of(device: str, sizes: Sequence[tuple[int, int]], seconds: float) -> list[Rate]:
    """`rates` in a process of its own; what it had printed where it is ended by the clock, or dies."""
    asked = [f"{K}x{C}" for K, C in sizes]
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            __spec__.name,
            "--rates",
            "--device",
            device,
            "--seconds",
            str(seconds),
            "--sizes",
            *asked,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | KEEP,
    )
    try:
        told, _ = run.communicate(timeout=seconds + 30)
    except subprocess.TimeoutExpired:
        run.kill()
        told, _ = run.communicate()
    return [read(line) for line in told.splitlines() if line.startswith("{")]


def read(line: str) -> Rate:
    told = json.loads(line)
    return Rate(**{**told, "size": tuple(told["size"])})


def verdicts(
    device: str, names: Sequence[str], effort: str, jobs: int, seconds: float
) -> Mapping[str, Mapping[str, str]]:
    """What `axiomkd check` says of shipped operators on a device: verdicts by operator and reading, of what was settled in time."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "reports.jsonl"
        asked = [f"zoo:{name}" for name in names]
        options = ["--device", device, "--effort", effort, "--jobs", str(jobs), "--no-cache", "--stream", str(lines)]
        try:
            subprocess.run(
                [command(), "check", *asked, *options],
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env=os.environ | KEEP,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            pass
        told = lines.read_text(encoding="utf-8").splitlines() if lines.exists() else []
    return settled(told)


def settled(lines: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Status by operator and reading, from the lines of a stream."""
    found: dict[str, Mapping[str, str]] = {}
    for line in lines:
        told = json.loads(line)
        if told["kind"] == "operator":
            result = told["finished"]["result"]
            found[result["name"]] = {r["reading"]: r["verdict"] for r in result["readings"]}
    return found


def different(cpu: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]) -> list[str]:
    """One line for each cell in which two devices differ, of operators that both have settled."""
    return [
        f"{name} {reading}: {cpu[name].get(reading)} on the CPU, {status} there"
        for name in cpu.keys() & other.keys()
        for reading, status in sorted(other[name].items())
        if cpu[name].get(reading) != status
    ]


def written(sizes: Sequence[tuple[int, int]], cpu: Sequence[Rate], other: Sequence[Rate], device: str) -> str:
    """The table of rates, a line a size; "-" is: not reached, or not timed."""
    by_size = [{one.size: one for one in rates} for rates in (cpu, other)]
    head = ["(K, C)", "batch", "kB a case"]
    for where in ("cpu", device):
        head += [f"A, {where}, cases/s", f"there already, {where}", f"search, {where}"]
    rows = []
    for size in sizes:
        seen = [found.get(size) for found in by_size]
        known = next((one for one in seen if one), None)
        row = [
            f"({size[0]}, {size[1]})",
            str(known.batch) if known else "-",
            f"{known.moved / 1e3:,.1f}" if known else "-",
        ]
        for one in seen:
            row += [_number(x) for x in ((one.whole, one.there, one.search) if one else (None,) * 3)]
        rows.append(row)
    return table(head, rows)


def _number(x: float | None) -> str:
    return "-" if x is None else f"{x:,.0f}" if x >= 10 else f"{x:.2f}"


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="gpu", help="what is held against the CPU (gpu)")
    parser.add_argument("--seconds", type=float, default=290.0, help="for all of it (290)")
    parser.add_argument("--effort", default="quick", choices=("quick", "standard", "thorough"))
    parser.add_argument("--jobs", type=int, default=max(1, min(4, (os.cpu_count() or 2) // 2)))
    parser.add_argument("--operators", nargs="*", default=list(TEN), metavar="NAME", help="of the zoo (ten of them)")
    parser.add_argument("--sizes", nargs="*", default=[f"{K}x{C}" for K, C in SIZES], metavar="KxC")
    parser.add_argument("--rates", action="store_true", help="only the rates of this device, a JSON line a size")
    asked = parser.parse_args(given)
    sizes = [(int(K), int(C)) for K, C in (one.split("x") for one in asked.sizes)]
    if asked.rates:
        try:
            for one in rates(asked.device, sizes, time.monotonic() + asked.seconds):
                print(json.dumps(asdict(one)), flush=True)
        except UsageError as e:
            print(e, file=sys.stderr)
            return 2
        return 0
    return _whole(asked, sizes)


def _whole(asked: argparse.Namespace, sizes: Sequence[tuple[int, int]]) -> int:
    begun = time.monotonic()

    def left(share: float) -> float:
        return max((asked.seconds - (time.monotonic() - begun)) * share, 10.0)

    print(described(), end="\n\n", flush=True)
    theirs = rates_of(asked.device, sizes, left(SHARE / 2))
    if not theirs:
        print("Nothing was measured.", file=sys.stderr)
        return 2
    ours = rates_of("cpu", sizes, left(SHARE / 2))
    print(written(sizes, ours, theirs, asked.device))
    dtypes = {one.dtype for one in (*ours, *theirs)}
    print(
        f"\nThe log pool, interior; platform {theirs[0].platform}; {', '.join(sorted(dtypes))}.", end="\n\n", flush=True
    )
    there = verdicts(asked.device, asked.operators, asked.effort, asked.jobs, left(0.6))
    here = verdicts("cpu", list(there), asked.effort, asked.jobs, left(1.0)) if there else {}
    both = there.keys() & here.keys()
    differing = different(here, there)
    cells = sum(len(there[name]) for name in both)
    missing = sorted(set(asked.operators) - both)
    print(
        f"Verdicts, {asked.effort}: {len(both)} operators on both, {cells} readings, {len(differing)} differ"
        + (f"; not reached: {', '.join(missing)}" if missing else "")
        + f". {time.monotonic() - begun:.0f} s in all."
    )
    for line in differing:
        print("-", line)
    return int(bool(differing) or dtypes != {"float64"})


if __name__ == "__main__":
    raise SystemExit(main())
