"""The readings over limits, one after the other: jumps, growth, what happens at the ends of one temperature or of all.

It hands them to their searches and settles what comes back; it knows nothing of how they look.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from axiomkd import axioms
from axiomkd.checking import proofs
from axiomkd.checking.ladder import raised
from axiomkd.checking.plans import second_look
from axiomkd.checking.state import Settling, State, enough, few
from axiomkd.claims.finding import Finding
from axiomkd.core.events import Event, Stage
from axiomkd.core.reading import Growth, Jump, Limit, OneTemperature, Pointwise, Reading
from axiomkd.core.verdict import Fragile, Holds, Inconclusive, Refuted, Spent, Verdict
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import effort, growth, jump, limit, one_temperature
from axiomkd.search.run import Plan

BLIND = 0.05  # of what continuity has
EARLIER = 1.6  # times an equal share: the earlier readings are the ones that refute later ones
CONTINUITY = 0.5  # of the calls that are left once the small fractions are done, where calls are counted


def continuity(run: State, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    small = effort.jump_sizes(plan.sizes, plan.extra, evaluator.price.number)
    readings = [(number, r) for number, r in enumerate(run.readings) if not isinstance(r.claim, Pointwise)]
    if run.settings.fail_fast:
        readings.sort(key=lambda one: not run.asks_for(one[1]))
    with evaluator.allowance.portion(CONTINUITY):
        yield from _looked_at(run, plan, evaluator, readings, small)


def _looked_at(run: State, plan: Plan, evaluator: Evaluator, readings, small) -> Iterator[Event]:
    for done, (number, reading) in enumerate(readings):
        begun = time.monotonic()
        yield Stage(operator=run.operator.name, name="continuity", detail=reading.name)
        if not proofs.applies(run.operator, reading):
            why = proofs.why_not(run.operator, reading)
            run.settle(reading.name, Settling(Inconclusive(why, Spent(0)), why, 0.0))
            continue
        if evaluator.allowance.limited and _refuted_below(run, reading):
            raised(run, evaluator)  # which says so, and no calls are spent on it
            continue
        rng = np.random.default_rng((plan.seed, number))
        proved = run.proofs.cover(reading.name, plan.sizes)
        # Floats alone refute no growth, and what one temperature does at its ends shows at few points.
        little = isinstance(reading.claim, OneTemperature) or (
            isinstance(reading.claim, Growth) and not evaluator.exactly
        )
        spent = evaluator.allowance.spent
        with evaluator.allowance.portion(_share([r for _, r in readings[done:]], little)):
            found = (
                _look(reading, evaluator, _few_sizes(small), rng, second_look(plan))
                if proved
                else _look(reading, evaluator, small, rng, plan)
            )
        if evaluator.allowance.limited:  # a search that was cut short has not counted all that it looked at
            found = replace(found, cases=max(found.cases, round(evaluator.allowance.spent - spent)))
        settle_finding(run, reading, found, time.monotonic() - begun)
        enough(run)


def _share(ahead: Sequence[Reading], little: bool) -> float:
    """Of the calls that are left, those of the first of the readings ahead; the last gets some, whatever the others take."""
    ends = sum(isinstance(r.claim, OneTemperature) for r in ahead)
    others = len(ahead) - ends
    if little:
        return BLIND if others else 1 / ends
    return min(1 - BLIND * ends, EARLIER / others)


def _few_sizes(sizes: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The least of the sizes, and the last: the other classes and teachers, or where the operator is something else."""
    return list(dict.fromkeys([*sizes[: effort.GLANCED - 1], *sizes[-1:]]))


def _refuted_below(run: State, reading: Reading) -> bool:
    """Whether a reading that this one implies is refuted, which refutes this one."""
    below = (run.settled.get(name) for name in axioms.WEAKER[reading.name])
    return any(done is not None and isinstance(done.verdict, Refuted) for done in below)


def _look(reading: Reading, evaluator: Evaluator, sizes, rng, plan: Plan) -> Finding:
    match reading.claim:
        case Jump(closed=closed):
            return jump.search(evaluator, closed, sizes=sizes, rng=rng, effort=plan.effort.level)
        case Growth():
            return growth.search(evaluator, sizes=sizes, rng=rng, effort=plan.effort.level)
        case Limit():
            return limit.search(evaluator, sizes=sizes, rng=rng, effort=plan.effort.level)
        case OneTemperature(cold=cold):
            return one_temperature.search(evaluator, cold=cold, sizes=sizes, rng=rng, effort=plan.effort.level)
        case _:
            raise AssertionError(reading.claim)


def settle_finding(run: State, reading: Reading, found: Finding, seconds: float) -> None:
    spent = Spent(found.cases, None, found.quotient)
    verdict: Verdict
    if found.outcome == "refuted" and found.witness is not None:
        verdict = Refuted(found.witness, None, found.witness.confirmed, spent)
    elif found.outcome == "fragile" and found.witness is not None:
        verdict = Fragile(found.witness, found.message, spent)
    elif found.outcome == "open" and found.why:
        verdict = Inconclusive(found.why, spent)
    elif found.cases == 0:
        verdict = Inconclusive("no case could be evaluated", spent)
    else:
        verdict = Holds(spent)
    told = found.message or found.why or (verdict.why if isinstance(verdict, Inconclusive) else "")
    if isinstance(verdict, Holds) and found.quotient is not None and not told:
        told = f"the largest difference quotient seen: L = {found.quotient:.4g}"
    if run.evaluator is not None:
        told = "; ".join(one for one in (told, few(run.evaluator, verdict)) if one)
    run.settle(reading.name, Settling(verdict, told, seconds))
