"""The readings over cases: which are searched together, in what order, and what is settled on the way.

The cheapest and most telling cases come first; what is settled already is looked at again, and less. It draws nothing itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from axiomkd import axioms
from axiomkd.checking import cascade, proofs
from axiomkd.checking.continuity import continuity, settle_finding
from axiomkd.checking.ladder import raised
from axiomkd.checking.plans import lighter, second_look
from axiomkd.checking.state import Settling, State, enough, few
from axiomkd.claims.confirm import Confirmed
from axiomkd.claims.margins import pointwise
from axiomkd.claims.nearby import plain_batch
from axiomkd.core.case import ExactCase, floats
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.events import Event, Stage
from axiomkd.core.reading import Jump, Reading
from axiomkd.core.verdict import Fragile, Holds, Inconclusive, Refuted, Spent
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import retrace
from axiomkd.search import conclude, effort, jump
from axiomkd.search.memory import Memory
from axiomkd.search.run import Plan, Step, drawn_at, first, rest, search
from axiomkd.search.tally import Tallies, Tally

FEW_LOOKS = 3  # candidates of each kind that are looked at exactly, where calls are counted


@dataclass(frozen=True)
class Part:
    """Readings that are searched together, and how much."""

    readings: Sequence[Reading]
    plan: Plan
    tallies: Tallies


def search_all(run: State, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """The cheapest and most telling cases first: small fractions, then continuity, then what is sampled and climbed."""
    readings = pointwise([run.sought[one.name] for one in run.readings if not proofs.moot(run.operator, one)])
    memory = Memory(run.settings.examples, run.operator, run.settings.kept)
    remembered = {r.name: _recalled(evaluator, memory, r) for r in readings}
    parts, begun = _parts(run, readings, plan), time.monotonic()
    for part in parts:
        yield from steps(run, evaluator, part, first)
    parts = parts if evaluator.allowance.limited else _settled_apart(parts, plan)
    shared = time.monotonic() - begun
    yield from continuity(run, plan, evaluator)
    begun = time.monotonic()
    for part in parts:
        yield from steps(run, evaluator, part, rest)
        _counted(run, evaluator, part)
    if parts and evaluator.mode != "jax" and not plan.late:  # none where only limits were asked for
        yield from _through_jax(run, evaluator, parts[0])
    shared = (shared + time.monotonic() - begun) / max(len(readings), 1)
    run.tallies = {name: tally for part in parts for name, tally in part.tallies.by_name.items()}
    looks = min(plan.effort.confirm, FEW_LOOKS) if evaluator.allowance.limited else plan.effort.confirm
    for some in _in_turn(run, readings):
        concluded, took = {}, {}
        for reading in some:
            begun = time.monotonic()
            yield Stage(operator=run.operator.name, name="confirm", detail=reading.name)
            concluded[reading.name] = _concluded(evaluator, run.tallies[reading.name], plan, looks)
            took[reading.name] = time.monotonic() - begun
        yield from _elsewhere(run, plan, evaluator, concluded, looks)
        for reading in some:
            found = _remembered(_unfinished(concluded[reading.name], plan), remembered[reading.name])
            if isinstance(found.verdict, Refuted) and found.case is not None:
                memory.keep(reading, found.case)
            message = found.message or few(evaluator, found.verdict)
            run.settle(reading.name, Settling(found.verdict, message, shared + took[reading.name], found.case))
        enough(run)
    _undefined_points(run, evaluator, [case for part in parts for case in part.tallies.undefined])


def _concluded(evaluator: Evaluator, tally: Tally, plan: Plan, looks: int) -> conclude.Concluded:
    """What the candidates against a reading bear out. There may be eighteen guarantees: of each the worst case alone is shrunk."""
    starts = 1 if tally.reading.axiom == axioms.GROUP else plan.effort.worst
    return conclude.conclude(evaluator, tally, looks, starts=starts)


def _in_turn(run: State, readings: Sequence[Reading]) -> list[list[Reading]]:
    """All of them at once; where the first refutation ends the check, what is required apart from the rest."""
    names = {one.name for one in run.first}
    parts = [one for one in readings if one.name in names], [one for one in readings if one.name not in names]
    return [part for part in parts if part]


def _elsewhere(
    run: State, plan: Plan, evaluator: Evaluator, concluded: dict[str, conclude.Concluded], looks: int
) -> Iterator[Event]:
    """One defect hides nothing: what is fragile or open at some sizes is searched once more at all others."""
    for sizes, names in _doubted(run, plan, concluded).items():
        tallies = Tallies.of([run.sought[name] for name in names])
        how = replace(plan, sizes=[size for size in plan.sizes if size not in sizes], again=False, laps=[])
        for step in search(evaluator, [tally.reading for tally in tallies.by_name.values()], how, tallies):
            yield Stage(
                operator=run.operator.name, name=step.stage, done=step.done, total=step.total, detail=step.detail
            )
        for name, tally in tallies.by_name.items():
            found = _concluded(evaluator, tally, plan, looks)
            if isinstance(found.verdict, Refuted):
                concluded[name] = found


def _doubted(
    run: State, plan: Plan, concluded: Mapping[str, conclude.Concluded]
) -> dict[frozenset[tuple[int, int]], list[str]]:
    """The sizes at which candidates did not stand, with the readings left open by them that no proof settles."""
    out: dict[frozenset[tuple[int, int]], list[str]] = {}
    for name, found in concluded.items():
        open_ = isinstance(found.verdict, Fragile | Inconclusive) and name not in run.proofs.proved
        if open_ and found.doubted and not plan.late and found.doubted < set(plan.sizes):
            out.setdefault(found.doubted, []).append(name)
    return out


def _parts(run: State, readings: Sequence[Reading], plan: Plan) -> list[Part]:
    """Readings to be searched in earnest, and apart from them those that proofs cover; guarantees by themselves, and less."""
    proved = [one for one in readings if run.proofs.cover(one.name, plan.sizes)]
    left = [one for one in readings if one not in proved]
    promised = [one for one in left if one.axiom == axioms.GROUP]
    others = [one for one in left if one.axiom != axioms.GROUP]
    less = lighter(run, plan) if promised else plan
    parts = ((others, plan), (promised, less), (proved, second_look(plan)))
    return [Part(some, how, Tallies.of(some)) for some, how in parts if some]


def _settled_apart(parts: Sequence[Part], plan: Plan) -> list[Part]:
    """The parts with what small fractions have refuted moved to what is proved: only a larger violation is left to be found."""
    open_ones, done, tallies = [], [], Tallies.of([])
    for part in parts:
        left = [] if part.plan.glance else part.tallies.open(part.readings)
        moved = [one for one in part.readings if one not in left]
        done += moved
        tallies = tallies.and_those(part.tallies.taking(moved, counts=not left))
        if left:
            open_ones.append(Part(left, part.plan, part.tallies.taking(left)))
    return [*open_ones, *([Part(done, second_look(plan), tallies)] if done else [])]


Searching = Callable[[Evaluator, Sequence[Reading], Plan, Tallies], Iterator[Step]]


def steps(run: State, evaluator: Evaluator, part: Part, stages: Searching) -> Iterator[Event]:
    """Search, and settle what is borne out on the way: shrinking may still find it a simpler witness."""
    for step in stages(evaluator, part.readings, part.plan, part.tallies):
        yield Stage(operator=run.operator.name, name=step.stage, done=step.done, total=step.total, detail=step.detail)
        cascade.look(evaluator, part.tallies, run.first)
        _settle_early(run, evaluator, part.tallies)
    cascade.look(evaluator, part.tallies, run.first)
    _settle_early(run, evaluator, part.tallies)


def _through_jax(run: State, evaluator: Evaluator, part: Part) -> Iterator[Event]:
    """NumPy code that means the same with `jax.numpy` in NumPy's place is searched a hundred times faster there. What is found
    is a suggestion: it counts where the operator itself bears it out, and nothing counts that the other way held."""
    readings = [r for r in part.tallies.open(part.readings) if r.name not in run.proofs.proved]
    twin = retrace.through_jax(evaluator) if readings else ""
    if isinstance(twin, str):
        return
    twin.hurry = True
    quick = effort.EFFORTS["quick"] if evaluator.allowance.limited else part.plan.effort
    how = replace(part.plan, effort=quick, again=False, laps=[])
    tallies = Tallies.of(readings)
    for step in search(twin, readings, how, tallies):
        yield Stage(operator=run.operator.name, name="through jax.numpy", detail=step.stage)
    for name, suggested in tallies.by_name.items():
        tally = part.tallies.by_name[name]
        for case in suggested.best(FEW_LOOKS):
            found = conclude.retry(evaluator, tally.reading, case)
            if found is not None:
                tally.confirmed = found
                tally.wild["through jax.numpy", case.size] = float(found.margin), case
                break
    _settle_early(run, evaluator, part.tallies)


def _settle_early(run: State, evaluator: Evaluator, tallies: Tallies) -> None:
    new = [
        (name, tally.confirmed)
        for name, tally in tallies.by_name.items()
        if tally.confirmed is not None and name not in run.settled
    ]
    for name, found in new:
        verdict = Refuted(found.witness, None, found.witness.confirmed, conclude.spent(tallies.by_name[name]))
        run.settled[name] = Settling(verdict, found.message, 0.0, found.case)
    if new:
        raised(run, evaluator)
        enough(run)


def _counted(run: State, evaluator: Evaluator, part: Part) -> None:
    """What the search of these readings came to. Raises Misbehaviour where the operator never gave a number."""
    tallies = part.tallies
    if tallies.interior and not tallies.finite and not _a_number(evaluator, tallies.undefined[0]):
        raise Misbehaviour(
            f"returned NaN or inf at every one of {tallies.interior} interior points", _point(tallies.undefined[0])
        )
    proved = all(one.name in run.proofs.proved for one in part.readings)
    whose = " (of what is proved)" if proved else " (of what is settled)" if part.plan.glance else ""
    most = max(tallies.interior, *(tally.cases for tally in tallies.by_name.values()))
    words = f"{tallies.interior:,} interior cases among {most:,}, {evaluator.mode} mode{whose}"
    if evaluator.allowance.limited:
        words += f"; {evaluator.allowance.total:,.0f} calls were allowed, as one takes {evaluator.price}"
    drawn = drawn_at(evaluator, part.plan)
    if left_out := [size for size in part.plan.sizes if size not in drawn]:
        words += f"; of {', '.join(f'(K, C) = {size}' for size in left_out)}, where a point is too much to compute, few points"
    run.searched.append(words)


def _a_number(evaluator: Evaluator, case: ExactCase) -> bool:
    """Whether the operator itself gives one at a case, where its trace run in NumPy does not."""
    cases = floats([case])
    return bool(np.isfinite(plain_batch(evaluator, cases.P, cases.w, suggests=False)).all())


def _recalled(evaluator: Evaluator, memory: Memory, reading: Reading) -> Confirmed | None:
    """The first case of earlier runs at which the reading still fails: looked at before anything is drawn."""
    for case in memory.recall(reading):
        if evaluator.operator.supports(*case.size):
            again = conclude.retry(evaluator, reading, case)
            if again is not None:
                return again
    return None


def _remembered(found: conclude.Concluded, again: Confirmed | None) -> conclude.Concluded:
    """What an earlier run found counts where this search found nothing; a refutation of its own stands as it is."""
    if again is None or isinstance(found.verdict, Refuted):
        return found
    spent = getattr(found.verdict, "spent", Spent(0))
    verdict = Refuted(again.witness, None, again.witness.confirmed, Spent(spent.cases, float(again.margin)))
    return conclude.Concluded(verdict, f"{again.message} (remembered from an earlier run)", again.case)


def _unfinished(found: conclude.Concluded, plan: Plan) -> conclude.Concluded:
    """`holds` after a search that the clock cut before its first lap was over would say too much."""
    if isinstance(found.verdict, Holds | Inconclusive) and plan.late and not plan.lapped:
        why = "the budget ended before the search was over"
        return conclude.Concluded(Inconclusive(why, found.verdict.spent), why)
    return found


def _undefined_points(run: State, evaluator: Evaluator, undefined: Sequence[ExactCase]) -> None:
    """Interior points without a value refute `interior` where exact arithmetic agrees, and make it fragile where it does not."""
    for reading in run.readings:
        if not isinstance(reading.claim, Jump) or not proofs.applies(run.operator, reading):
            continue
        done = run.settled.get(reading.name)
        if done is None or not isinstance(done.verdict, Refuted):
            for case in undefined:
                found = jump.at_point(evaluator, case.P, case.w)
                if found.outcome != "open":
                    settle_finding(run, reading, found, 0.0)
                    break


def _point(case: ExactCase) -> dict:
    return {"P": [[float(x) for x in row] for row in case.P], "w": [float(x) for x in case.w], "T": None}
