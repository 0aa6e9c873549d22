"""How long it takes to find what twenty mutants break: axiomkd's search, plain Hypothesis, differential evolution.

axiomkd checks all nineteen readings at all of its sizes; the two others are told the reading and the size to look at.
What any of the three finds counts when exact arithmetic confirms it. Run
`python -m benchmarks.mutants`. It knows no targets.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from scipy.optimize import differential_evolution

from axiomkd import axioms
from axiomkd.checking import engine
from axiomkd.claims.margins import Measured, measure, pointwise
from axiomkd.core.case import Cases, exact
from axiomkd.core.events import Settled
from axiomkd.core.operator import describe
from axiomkd.core.reading import Reading
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.tolerances import DETECT
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import conclude, effort
from axiomkd.search.run import Plan, search
from axiomkd.search.tally import Tallies
from axiomkd.tracing.numerics import prepare
from benchmarks.machine import described, table
from benchmarks.mutant_operators import MUTANTS, Mutant

LIMIT = 10.0
LOW, HIGH = 1 / 8, 64
SPAN = 14.0  # logits of rows and weights, for differential evolution
CLOCKS: dict[str, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}


class Unpadded(Evaluator):
    """Calls the compiled operator on batches as they come: the others ask for one case, or one population."""

    def _padded(self, P, w, T, size: int) -> np.ndarray:
        return super()._padded(P, w, T, len(P))


@dataclass
class Timed:
    """Seconds to the first confirmed violation, None where there was none; `spent` is what the attempt took in all."""

    found: float | None
    spent: float
    note: str = ""


class _Found(Exception):
    pass


class _Ended(Exception):
    pass


# --- axiomkd ----------------------------------------------------------------------------------------------------------


@dataclass
class _Watched(Tallies):
    """Tallies that look at each candidate of one reading as it comes in, and end the search once one is confirmed."""

    evaluator: Evaluator | None = None
    reading: Reading | None = None
    looked: int = 0

    def add(self, measured: Measured) -> None:
        super().add(measured)
        self._look()

    def add_simple(self, measured: Measured, make) -> None:
        super().add_simple(measured, make)
        self._look()

    def _look(self) -> None:
        assert self.evaluator is not None and self.reading is not None
        tally = self.by_name[self.reading.name]
        cases = [*tally.simple, *(case for _, case in tally.candidates())]
        for case in cases[self.looked : self.looked + 4]:
            if conclude.retry(self.evaluator, self.reading, case) is not None:
                raise _Found
        self.looked = max(self.looked, len(cases))


def by_search(mutant: Mutant, clock: Callable[[], float], level: str = "standard") -> Timed:
    """axiomkd's search over all pointwise readings and sizes, up to the first confirmed witness of the one broken."""
    reading = axioms.BY_NAME[mutant.reading]
    begun = clock()
    plan = Plan(effort.sizes(lambda K, C: True), effort.EFFORTS[level], 0)
    evaluator = Evaluator(describe(mutant.fn), softener("power"), 2, 2)
    readings = pointwise(axioms.READINGS)
    tallies = _Watched(
        {r.name: Tallies.of([r]).by_name[r.name] for r in readings}, evaluator=evaluator, reading=reading
    )
    stage = ""
    try:
        for step in search(evaluator, readings, plan, tallies):
            stage = step.stage
    except _Found:
        return Timed(clock() - begun, clock() - begun, stage)
    return Timed(None, clock() - begun)


def by_engine(mutant: Mutant, clock: Callable[[], float], level: str = "standard") -> Timed:
    """A whole check, as `axiomkd check` does it: every reading, shrinking included. The note is the verdict."""
    begun = clock()
    verdict = ""
    for event in engine.check(describe(mutant.fn), Settings(effort=level)):
        if isinstance(event, Settled) and event.reading.reading == mutant.reading:
            verdict = event.reading.verdict
    spent = clock() - begun
    return Timed(spent if verdict == "refuted" else None, spent, verdict)


# --- the two others ---------------------------------------------------------------------------------------------------


def confirmed(mutant: Mutant, evaluator: Evaluator, cases: Cases) -> bool:
    """Whether the worst of these cases violates the mutant's reading in floats, and then in exact arithmetic."""
    reading = axioms.BY_NAME[mutant.reading]
    margin = measure(evaluator, [reading], cases).margins[reading.name]
    margin = np.where(np.isnan(margin), np.inf, margin)
    at = int(np.argmin(margin))
    return bool(margin[at] < -DETECT) and conclude.retry(evaluator, reading, exact(cases, at)) is not None


def by_hypothesis(mutant: Mutant, clock: Callable[[], float], limit: float = LIMIT) -> Timed:
    """A plain test: lists of floats, normalised, one case at a time; the jitted operator, the reading's own margin."""
    K, C = mutant.size
    evaluator = Unpadded(describe(mutant.fn), softener("power"), K, C)
    _case_of(mutant, evaluator, np.full((K, C), 1 / C), np.full(K, 1 / K), 0, 0.5, 1.0, 2.0)  # compiles
    number = st.floats(0, 1)
    cold = st.floats(LOW, HIGH) if evaluator.operator.takes_temperature else st.just(1.0)
    begun = clock()

    @settings(
        max_examples=10**7,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(
        st.lists(st.lists(number, min_size=C, max_size=C), min_size=K, max_size=K),
        st.lists(number, min_size=K, max_size=K),
        st.integers(0, K - 1),
        st.floats(0, 1),
        cold,
        st.floats(LOW, HIGH),
    )
    def body(P, w, k, t, T1, T):
        if clock() - begun > limit:
            raise _Ended
        P, w = np.array(P), np.array(w)
        if (P.sum(1) > 1e-300).all() and w.sum() > 1e-300 and T != T1:
            case = _case_of(mutant, evaluator, P / P.sum(1, keepdims=True), w / w.sum(), k, t, T1, T)
            if case:
                raise _Found

    with contextlib.suppress(_Ended):
        try:
            body()
        except _Found:
            return Timed(clock() - begun, clock() - begun)
    return Timed(None, clock() - begun)


def _case_of(mutant: Mutant, evaluator: Evaluator, P, w, k: int, t: float, T1: float, T: float) -> bool:
    one = Cases(P[None], w[None], np.array([k]), np.array([t]), np.array([T1]), np.array([T]))
    return confirmed(mutant, evaluator, one)


def by_evolution(mutant: Mutant, clock: Callable[[], float], limit: float = LIMIT) -> Timed:
    """SciPy's differential evolution on the reading's margin, whole populations at once, restarted on converging."""
    K, C = mutant.size
    reading = axioms.BY_NAME[mutant.reading]
    evaluator = Unpadded(describe(mutant.fn), softener("power"), K, C)
    pairs = evaluator.operator.takes_temperature
    bounds = [(-SPAN, 0.0)] * (K * C + K) + [(0.0, K - 1e-9), (0.0, 1.0)] + [(np.log(LOW), np.log(HIGH))] * 2

    def margin(x: np.ndarray) -> np.ndarray:
        cases = _decoded(np.atleast_2d(x.T), K, C, pairs)
        if clock() - begun > limit:
            raise _Ended
        if confirmed(mutant, evaluator, cases):
            raise _Found
        found = measure(evaluator, [reading], cases).margins[reading.name]
        return np.where(np.isfinite(found), found, 1e3)

    measure(evaluator, [reading], _decoded(np.zeros((15 * len(bounds), len(bounds))), K, C, pairs))  # compiles
    begun = clock()
    number = 0
    try:
        while True:
            number += 1
            differential_evolution(
                margin, bounds, maxiter=10**6, polish=False, vectorized=True, updating="deferred", rng=number
            )
    except _Ended:
        return Timed(None, clock() - begun)
    except _Found:
        return Timed(clock() - begun, clock() - begun)


def _decoded(x: np.ndarray, K: int, C: int, pairs: bool) -> Cases:
    B = len(x)
    P, w = np.exp(x[:, : K * C]).reshape(B, K, C), np.exp(x[:, K * C : K * C + K])
    k, t, T1, T = x[:, K * C + K :].T
    T = np.where(T == 0, 0.1, T)
    return Cases(
        P / P.sum(-1, keepdims=True),
        w / w.sum(-1, keepdims=True),
        np.clip(k, 0, K - 1e-9).astype(int),
        t,
        np.exp(T1) if pairs else np.ones(B),
        np.exp(T) * np.where(pairs & (T == T1), 1 + 1e-9, 1.0),
    )


# --- whether a mutant is what it says ---------------------------------------------------------------------------------


def at_point(mutant: Mutant) -> float | None:
    """The exact margin at the point worked by hand; None where exact arithmetic sees no violation."""
    evaluator = Evaluator(describe(mutant.fn), softener("power"), *mutant.size)
    found = conclude.retry(evaluator, axioms.BY_NAME[mutant.reading], mutant.point)
    return None if found is None else float(found.margin)


def flat_share(mutant: Mutant, cases: int = 100_000) -> tuple[float, float]:
    """The share of flat cases of the point's size that violate, and the worst margin among them."""
    (K, C), rng = mutant.size, np.random.default_rng(1)
    reading = axioms.BY_NAME[mutant.reading]
    evaluator = Evaluator(describe(mutant.fn), softener("power"), K, C)
    margins = []
    for _ in range(max(cases // 10_000, 1)):
        B = min(cases, 10_000)
        T1, T = np.exp(rng.uniform(np.log(LOW), np.log(HIGH), (2, B)))
        if not evaluator.operator.takes_temperature:
            T1 = np.ones(B)
        flat = Cases(
            rng.dirichlet(np.ones(C), (B, K)), rng.dirichlet(np.ones(K), B), rng.integers(0, K, B), rng.random(B), T1, T
        )
        margins.append(measure(evaluator, [reading], flat).margins[reading.name])
    every = np.concatenate(margins)
    return float((every < -1e-10).mean()), float(np.nanmin(every))


# --- the table --------------------------------------------------------------------------------------------------------


def seconds(timed: Timed) -> str:
    return "-" if timed.found is None else f"{timed.found:.2f}"


def row(mutant: Mutant, clock: Callable[[], float], limit: float) -> list[str]:
    """One mutant measured: axiomkd twice (the whole check, then up to the witness), and the two others."""
    share, _ = flat_share(mutant)
    margin = at_point(mutant)
    whole, found = by_engine(mutant, clock), by_search(mutant, clock)
    plain, evolved = by_hypothesis(mutant, clock, limit), by_evolution(mutant, clock, limit)
    return [
        mutant.name,
        mutant.reading,
        mutant.corner,
        "none" if margin is None else f"{-margin:.1e}",
        f"{share:.0e}" if share else "0",
        whole.note,
        f"{whole.spent:.1f}",
        seconds(found),
        found.note or "-",
        seconds(plain),
        seconds(evolved),
    ]


HEAD = (
    "mutant",
    "breaks",
    "where",
    "by, at the point",
    "flat share",
    "axiomkd",
    "check, s",
    "witness, s",
    "in stage",
    "Hypothesis, s",
    "evolution, s",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="mutants to measure (all)")
    parser.add_argument(
        "--limit", type=float, default=LIMIT, help="seconds for Hypothesis, and for differential evolution"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu on a machine that others use")
    parser.add_argument("--check", action="store_true", help="only show that each mutant is what it says")
    given_ = parser.parse_args()
    prepare()
    chosen = [m for m in MUTANTS if not given_.names or m.name in given_.names]
    if given_.check:
        for m in chosen:
            share, worst = flat_share(m)
            print(f"{m.name:20} {m.reading:15} point {at_point(m)} share {share:.2g} <= {m.share} worst {worst:.2g}")
        return
    rows = []
    for m in chosen:
        rows.append(row(m, CLOCKS[given_.clock], given_.limit))
        print("| " + " | ".join(rows[-1]) + " |", flush=True)
    clock = {"cpu": "seconds of processor time", "wall": "seconds of wall time"}[given_.clock]
    print("\n" + described(), f"Standard effort, seed 0, {clock}, {given_.limit:g} s for each of the others.", sep="\n")
    print("\n" + table(HEAD, rows))


if __name__ == "__main__":
    main()
