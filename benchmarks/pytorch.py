"""PyTorch beside JAX: the search's cases per second of one pool written in both, and what a check costs, cold and warm.

Run `python -m benchmarks.pytorch` from the checkout, with the extra `torch`, on an idle machine. Sizes and the loop are those of
`benchmarks.throughput`. It knows no verdicts.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import tempfile
import time
from pathlib import Path

import torch

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing.numerics import prepare
from benchmarks import cold, warm
from benchmarks.figures import HEAD, Figure
from benchmarks.machine import described, table
from benchmarks.throughput import SEED, SIZES, evaluator_at, pipeline

# A pool as training code has it: a list of logits, averaged.
FILE = """
import torch
from axiomkd import operator

@operator(inputs="logits")
def averaged(logits: list[torch.Tensor], w: torch.Tensor) -> torch.Tensor:
    return torch.softmax(sum(w[k] * z for k, z in enumerate(logits)), -1)
"""
SLOWER, COLD, WARM = 3.0, 15.0, 4.0  # the aims: times JAX's, and seconds of wall time


def log_pool(P: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """q ∝ Π_k p_k^{w_k}, as `benchmarks.throughput` has it in JAX."""
    return torch.softmax(w @ torch.log(P), -1)


def beside_jax(size: tuple[int, int], repeats: int, structures: int) -> Figure:
    """How much longer the search takes with the pool in PyTorch: the median over interleaved repeats."""
    ways = evaluator_at(size), Evaluator(describe(log_pool, domain="interior"), softener("power"), *size)
    for one in ways:
        pipeline(one, size, structures, SEED, time.perf_counter)  # compiles
    seen = [[pipeline(one, size, structures, SEED + n, time.perf_counter) for one in ways] for n in range(repeats)]
    jax, pytorch = (statistics.median(column) for column in zip(*seen, strict=True))
    ratio = statistics.median(one[0] / one[1] for one in seen)
    return Figure(
        f"search at {size}, over that of JAX", ratio, SLOWER, "x", note=f"{pytorch:,.0f} and {jax:,.0f} cases/s"
    )


def of_checks(file: str, repeats: int) -> list[Figure]:
    """Cold commands and checks by a warm `Checker` of a file that imports PyTorch, wall time."""
    compileall.compile_dir(cold.PACKAGE, quiet=2)
    warm.pool.Waiting = warm.Watched  # type: ignore[misc]
    out = []
    for effort in ("quick", "standard"):
        found = cold.median([cold.spent(["check", file, "--effort", effort, "--no-cache"]) for _ in range(repeats)])
        out.append(Figure(f"cold, {effort}", found.wall, COLD, note=f"{found.cpu:.2f} s of processor time"))
        wall, processor, _ = warm.measured(file, effort, repeats, warm=True)
        out.append(Figure(f"warm, {effort}", wall, WARM, note=f"{processor:.2f} s of processor time"))
    return out


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--structures", type=int, default=20, help="batches drawn for one timing of the search")
    asked = parser.parse_args(given)
    print(described(), f"PyTorch {torch.__version__}. Wall time, medians of {asked.repeats}.", sep="\n", end="\n\n")
    prepare()
    rows = [beside_jax(size, asked.repeats, asked.structures).row() for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "averaged.py"
        file.write_text(FILE)
        rows += [one.row() for one in of_checks(str(file), asked.repeats)]
    print(table(HEAD, rows))


if __name__ == "__main__":
    main()
