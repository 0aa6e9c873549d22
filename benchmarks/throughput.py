"""Cases per second of the batched search, beside a plain Hypothesis test and beside the operator alone, in one run.

A case of the search is one draw, A at every point that the readings look at, and all fifteen pointwise margins; a case
of the plain test is one reading, `envelope`. Run `python -m benchmarks.throughput`. It knows no verdicts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, seed, settings

from axiomkd import axioms
from axiomkd.claims.margins import measure, pointwise
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator, batch_size
from axiomkd.search import strategies
from axiomkd.search.run import AIMED, batches
from axiomkd.tracing.numerics import prepare
from benchmarks.machine import described, table

SIZES = ((2, 3), (4, 10), (8, 100))
EVALUATIONS = 7
SEED = 0
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"cpu": time.process_time, "wall": time.perf_counter}
CALLS = 10  # of the seven evaluations, for one timing


def log_pool(P, w):
    """q ∝ Π_k p_k^{w_k}."""
    return jax.nn.softmax(w @ jnp.log(P))


def evaluator_at(size: tuple[int, int]) -> Evaluator:
    """The log pool, declared for the interior so that no time goes into log 0."""
    return Evaluator(describe(log_pool, domain="interior"), softener("power"), *size)


def pipeline(evaluator: Evaluator, size: tuple[int, int], structures: int, seeded: int, clock: Clock) -> float:
    """Cases per second of the search's own loop: structures by Hypothesis, numbers by NumPy, then fifteen margins."""
    readings = pointwise(axioms.READINGS)
    done = 0

    def run(structure: strategies.Structure) -> None:
        nonlocal done
        for cases in batches(evaluator, structure):
            measure(evaluator, readings, cases, aimed=AIMED)
            done += len(cases)

    begun = clock()
    strategies.each(size, structures, seeded, run)
    return done / (clock() - begun)


def plain_hypothesis(size: tuple[int, int], examples: int, seeded: int, clock: Clock) -> float:
    """Cases per second of the test that a user writes first: draw, normalise, call the jitted operator, see `envelope`.

    The log pool fails `envelope`, so failures are counted and not raised: shrinking is no part of the comparison.
    Arrays are drawn with `fill` off: the elements are independent, as in a list of lists, and drawn faster.
    """
    K, C = size
    call = jax.jit(log_pool)
    call(np.full(size, 1 / C), np.full(K, 1 / K)).block_until_ready()
    number = st.floats(0, 1, exclude_min=True)
    done = failures = 0

    @seed(seeded)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        hnp.arrays(float, size, elements=number, fill=st.nothing()),
        hnp.arrays(float, K, elements=number, fill=st.nothing()),
    )
    def body(P, w):
        nonlocal done, failures
        assume((P.sum(1) > 1e-300).all() and w.sum() > 1e-300)
        P, w = P / P.sum(1, keepdims=True), w / w.sum()
        q = np.asarray(call(P, w))
        inside = abs(q.sum() - 1) < 1e-9 and (q >= P.min(0) - 1e-9).all() and (q <= P.max(0) + 1e-9).all()
        done += 1
        failures += not inside

    begun = clock()
    body()
    return done / (clock() - begun)


def operator_alone(evaluator: Evaluator, size: tuple[int, int], seeded: int, clock: Clock) -> float:
    """Cases per second of seven evaluations of A on a batch of the same size, jitted and vmapped."""
    rng = np.random.default_rng(seeded)
    B, (K, C) = batch_size(*size), size
    P, w = rng.dirichlet(np.ones(C), (B, K)), rng.dirichlet(np.ones(K), B)
    begun = clock()
    for _ in range(CALLS * EVALUATIONS):
        evaluator.batch(P, w)
    return CALLS * B / (clock() - begun)


def compared(size: tuple[int, int], *, repeats: int, structures: int, examples: int, clock: Clock) -> dict[str, float]:
    """Medians over interleaved repeats: cases per second of each, and the two ratios, each taken within a repeat."""
    evaluator = evaluator_at(size)
    ways: dict[str, Callable[[int], float]] = {
        "search": lambda n: pipeline(evaluator, size, structures, n, clock),
        "alone": lambda n: operator_alone(evaluator, size, n, clock),
        "hypothesis": lambda n: plain_hypothesis(size, examples, n, clock),
    }
    ways["search"](SEED)  # compiles
    seen = [{name: way(SEED + n) for name, way in ways.items()} for n in range(repeats)]
    for one in seen:
        one["over hypothesis"] = one["search"] / one["hypothesis"]
        one["over alone"] = one["alone"] / one["search"]
    return {key: statistics.median(one[key] for one in seen) for key in seen[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--structures", type=int, default=40, help="batches drawn for one timing of the search")
    parser.add_argument("--examples", type=int, default=200, help="cases of one plain Hypothesis test")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu on a machine that others use")
    given_ = parser.parse_args()
    prepare()
    rows = []
    for size in SIZES:
        got = compared(
            size,
            repeats=given_.repeats,
            structures=given_.structures,
            examples=given_.examples,
            clock=CLOCKS[given_.clock],
        )
        rows.append(
            [
                f"({size[0]}, {size[1]})",
                str(batch_size(*size)),
                f"{got['search']:,.0f}",
                f"{got['hypothesis']:,.0f}",
                f"{got['over hypothesis']:.0f}x",
                f"{got['alone']:,.0f}",
                f"{got['over alone']:.1f}x",
            ]
        )
    head = [
        "(K, C)",
        "batch",
        "search, cases/s",
        "plain Hypothesis, cases/s",
        "ratio",
        "seven evaluations, cases/s",
        "time",
    ]
    print(
        described(),
        f"Log pool, seed {SEED}, {given_.clock} time, medians of {given_.repeats} interleaved repeats.",
        sep="\n",
        end="\n\n",
    )
    print(table(head, rows))
    print(
        "\n`ratio`: search over plain Hypothesis. `time`: the search's time a case over that of the seven evaluations."
    )


if __name__ == "__main__":
    main()
