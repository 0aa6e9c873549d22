"""One operator from start to verdicts: manners, proofs, search, confirmation, ladder, report. Yields events; knows no
renderer.

It runs in the worker process; the same settings and seed give the same result, times aside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from axiomkd import axioms
from axiomkd.axioms.summary import marked, readings_of, requires_of, summarise
from axiomkd.checking import cascade, pictures, proofs
from axiomkd.checking.cascade import Enough
from axiomkd.checking.proofs import Proofs
from axiomkd.claims.confirm import Confirmed
from axiomkd.claims.finding import Finding
from axiomkd.claims.margins import pointwise
from axiomkd.core.allowance import Allowance
from axiomkd.core.case import ExactCase
from axiomkd.core.errors import Clash, Misbehaviour, UsageError
from axiomkd.core.events import Event, Finished, Settled, Stage
from axiomkd.core.operator import Operator, told
from axiomkd.core.reading import Growth, Jump, Limit, OneTemperature, Pointwise, Reading, relaxed
from axiomkd.core.report import OperatorModel, PicturesModel, ReadingModel, reading_model
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.tolerances import DETECT
from axiomkd.core.verdict import GOOD, Error, Fragile, Holds, Inconclusive, Proved, Refuted, Spent, Verdict, Witness
from axiomkd.operators import hashes, losses
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import settled
from axiomkd.operators.manners import Manners
from axiomkd.prove import fixed, retrace
from axiomkd.search import conclude, effort, growth, jump, limit, one_temperature
from axiomkd.search.memory import Memory
from axiomkd.search.run import Plan, Step, drawn_at, first, rest, search
from axiomkd.search.tally import Tallies, Tally
from axiomkd.tracing.narrow import WRAPPED
from axiomkd.tracing.numerics import device_name

PROMISED_STARTS = 1  # cases that the largest witness against a guarantee is shrunk from: there may be eighteen of them
FEW_LOOKS = 3  # candidates of each kind that are looked at exactly, where calls are counted
BLIND = 0.05  # of what continuity has
EARLIER = 1.6  # times an equal share: the earlier readings are the ones that refute later ones
CONTINUITY = 0.5  # of the calls that are left once the small fractions are done, where calls are counted


@dataclass
class _Settled:
    verdict: Verdict
    message: str
    seconds: float
    case: ExactCase | None = None
    skipped: bool = False  # not looked at


@dataclass
class _Run:
    """The state of one check."""

    operator: Operator
    settings: Settings
    readings: Sequence[Reading]
    requires: Mapping[str, Sequence[str]]  # axiom -> readings
    settled: dict[str, _Settled] = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)
    started: float = field(default_factory=time.monotonic)
    searched: list[str] = field(default_factory=list)
    sizes: Sequence[tuple[int, int]] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)
    pictures: PicturesModel | None = None
    evaluator: Evaluator | None = None

    @cached_property
    def sought(self) -> dict[str, Reading]:
        """The readings by name as they are searched: with the room that the tolerance gives. Proofs are of the readings."""
        slack = Fraction(self.settings.tolerance)
        return {one.name: relaxed(one, slack) for one in axioms.EVERY}

    def asks_for(self, reading: Reading) -> bool:
        """Whether the profile or the operator's claims require the reading."""
        return reading.name in self.requires.get(reading.axiom, ())

    @property
    def first(self) -> list[Reading]:
        """The readings that come first where the check is to stop at one that is refuted; else none does."""
        return [one for one in self.readings if self.asks_for(one)] if self.settings.fail_fast else []

    @property
    def ended(self) -> list[Reading]:
        """Those of them that are refuted: they end the check."""
        done = [(one, self.settled.get(one.name)) for one in self.first]
        return [one for one, it in done if it is not None and isinstance(it.verdict, Refuted)]

    def settle(self, reading: str, done: _Settled) -> None:
        """Give a reading its verdict; where it is proved, after holding the two against each other. Raises Clash."""
        proof = self.proofs.proved.get(reading)
        if proof is not None:
            verdict, message = proofs.against(proof, done.verdict, done.message)
            done = replace(done, verdict=verdict, message=message)
        self.settled[reading] = done


def check(operator: Operator, settings: Settings) -> Iterator[Event]:
    """Check one operator. Yields Stage, Calling and Settled events, and Finished at the end, whatever the operator does."""
    requires = requires_of(operator.name, operator.claims, settings)
    run = _Run(operator, settings, readings_of(settings, requires), requires)
    plan = plan_of(operator, settings)
    run.sizes = plan.sizes
    message, defect = "", False
    told: dict[str, _Settled] = {}
    try:
        for event in _guarded(run, plan):
            yield event
            yield from _news(run, told)
    except Misbehaviour as e:
        message = _with_details(e)
        _all_error(run, e)
    except Clash as e:
        message, defect = _with_details(e), True
        _all_void(run, e)
    yield from _news(run, told)
    yield Finished(
        operator=operator.name,
        result=_result(run, message, defect),
        sizes=list(run.sizes),
        device=device_name(),
        searched=run.searched,
    )


def _news(run: _Run, told: dict[str, _Settled]) -> Iterator[Event]:
    """Every verdict that is new or has changed: what is settled is known to whoever listens, if the check is cut short."""
    for reading in run.readings:
        done = run.settled.get(reading.name)
        if done is not None and told.get(reading.name) is not done:
            told[reading.name] = done
            yield Settled(operator=run.operator.name, reading=_model(run, reading))


def plan_of(operator: Operator, settings: Settings, extra: Sequence[tuple[int, int]] = ()) -> Plan:
    """Sizes and amounts; `extra` are sizes to search after the usual ones. Raises UsageError where the operator supports none of
    the sizes asked for."""
    sizes = effort.sizes(operator.supports, settings.K, settings.C)
    if not sizes:
        raise UsageError(_unsupported(operator, settings))
    more = tuple(dict.fromkeys(size for size in extra if operator.supports(*size) and effort.claimed(*size)))
    deadline = None if settings.budget is None else time.monotonic() + settings.budget
    every = [*sizes, *(size for size in more if size not in sizes)]
    return Plan(every, effort.EFFORTS[settings.effort], settings.seed, deadline, extra=more)


def _unsupported(operator: Operator, settings: Settings) -> str:
    declared = " and ".join(_spelled(name, sizes) for name, sizes in (("K", operator.K), ("C", operator.C)) if sizes)
    asked = " and ".join(_spelled(name, sizes) for name, sizes in (("K", settings.K), ("C", settings.C)) if sizes)
    if asked:
        return f"`{operator.name}` is declared for {declared}, and was asked for {asked}: no size is in both."
    return f"`{operator.name}` is declared for {declared}: no K from 2 to 64 with a C from 2 to 1000 is among them."


def _spelled(name: str, sizes: Sequence[int]) -> str:
    some = ", ".join(map(str, sizes[:6])) + (", …" if len(sizes) > 6 else "")
    return f"{name} = {some}"


def _with_details(e: Misbehaviour | Clash) -> str:
    return f"{e}" + (f"\n{e.details}" if e.details else "")


def _guarded(run: _Run, plan: Plan) -> Iterator[Event]:
    operator = run.operator = settled(run.operator)
    manners = Manners(operator, softener(run.settings.softener), plan.sizes, hurry=plan.effort.level < 2)
    yield from manners.announce()
    evaluator = run.evaluator = manners.meet()
    if operator.is_loss:
        operator = run.operator = evaluator.operator  # from here on it is its target
    try:
        if run.settings.search and run.settings.fail_fast:
            yield from _glimpse(run, plan, evaluator)
        yield Stage(operator=operator.name, name="prove")
        run.proofs = proofs.ask(operator, run.settings, run.readings, plan.sizes)
        for name, proof in run.proofs.proved.items():
            run.settled[name] = _Settled(proofs.verdict_of(proof, Spent(0)), proof.message, 0.0)
        _moot(run)
        if run.settings.search:
            yield Stage(operator=operator.name, name="search")
            plan = _with_odd_sizes(run, plan, evaluator)
            _count_calls(evaluator, plan)
            yield from _search(run, plan, evaluator)
            _ladder(run, evaluator)
            yield from _at_fixed_sizes(run, plan, evaluator)
            _level(run, plan)
        else:
            yield from _solved(run, evaluator, [r for r in run.readings if r.name not in run.proofs.proved])
            _proofs_only(run)
    except Enough:
        _stop(run, plan, evaluator)
    except Clash:
        manners.leave(evaluator)  # an operator that has changed its mind is at fault itself, and this says so
        raise
    if run.settings.pictures:
        yield Stage(operator=operator.name, name="pictures")
        run.pictures = _pictures(run, evaluator)
    manners.leave(evaluator)


def _moot(run: _Run) -> None:
    """Settle the readings that the operator has nothing for."""
    for reading in run.readings:
        if proofs.moot(run.operator, reading):
            run.settle(reading.name, _Settled(Inconclusive(proofs.WEIGHTLESS, Spent(0)), proofs.WEIGHTLESS, 0.0))


def _count_calls(evaluator: Evaluator, plan: Plan) -> None:
    """Allow the calls that the effort buys, where a call is so dear that they are counted."""
    evaluator.allowance = Allowance(evaluator.price.calls(plan.effort.level), plan.deadline)
    _ = evaluator.rounding  # measured before a portion of the calls is in force


# --- no more than one refutation ---------------------------------------------------------------------------------------------


def _glimpse(run: _Run, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """The cheapest cases of what is required, before all else. Raises Enough where they refute."""
    _count_calls(evaluator, plan)
    required = pointwise([run.sought[one.name] for one in run.first if not proofs.moot(run.operator, one)])
    if required:
        part = _Part(required, plan, Tallies.of(required))
        yield from _steps(run, evaluator, part, cascade.glimpse)


def _enough(run: _Run) -> None:
    """Raises Enough where a required reading is refuted, and no more was asked for."""
    if run.ended:
        raise Enough


def _stop(run: _Run, plan: Plan, evaluator: Evaluator) -> None:
    """What was not looked at is open, but for what the refutations refute too."""
    _ladder(run, evaluator)
    _moot(run)
    memory = Memory(run.settings.examples, run.operator)
    for reading in run.ended:
        if (case := run.settled[reading.name].case) is not None:
            memory.keep(reading, case)
    why = cascade.why(run.ended)
    for reading in run.readings:
        if reading.name not in run.settled:
            run.settled[reading.name] = _Settled(Inconclusive(why, Spent(0), method=None), why, 0.0, skipped=True)
    _level(run, plan)
    run.searched.append(f"stopped at the first required reading that is refuted: {', '.join(r.id for r in run.ended)}")


def _with_odd_sizes(run: _Run, plan: Plan, evaluator: Evaluator) -> Plan:
    """The plan with the sizes at which the prover found the operator to be something else, and those at which its narrow whole
    numbers have wrapped, unless the user named the sizes."""
    if run.settings.K or run.settings.C:
        return plan
    wider = plan_of(run.operator, run.settings, (*run.proofs.odd, *(WRAPPED if evaluator.narrow else ())))
    run.sizes = wider.sizes
    return replace(plan, sizes=wider.sizes, extra=wider.extra)


def _pictures(run: _Run, evaluator: Evaluator) -> PicturesModel:
    verdicts = {(r.axiom, r.name): run.settled[r.name].verdict for r in run.readings}
    traces = {
        name: [*tally.trace, (tally.cases, tally.worst)] for name, tally in run.tallies.items() if tally.reading.unit
    }
    slack = run.settings.tolerance
    traces = {name: [(n, margin - slack) for n, margin in points] for name, points in traces.items()}
    return pictures.of(evaluator, verdicts, traces)


# --- proofs --------------------------------------------------------------------------------------------------------------


def _at_fixed_sizes(run: _Run, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """For what was searched and stands: a solver at small sizes. Not where seconds are counted."""
    if plan.effort.level == 0 or plan.deadline is not None:
        return
    standing = [r for r in run.readings if isinstance(run.settled[r.name].verdict, Holds)]
    yield from _solved(run, evaluator, standing)
    for reading in standing:
        if reading.name in run.proofs.proved:
            run.settle(reading.name, run.settled[reading.name])


def _solved(run: _Run, evaluator: Evaluator, readings: Sequence[Reading]) -> Iterator[Event]:
    """Add what the solver proves at fixed sizes to the run's proofs."""
    if readings:
        yield Stage(operator=run.operator.name, name="solve")
        answers = fixed.prove(evaluator, readings, effort=run.settings.effort)
        run.proofs = run.proofs.and_those(answers)


def _proofs_only(run: _Run) -> None:
    """Nothing is searched: what is not proved is open."""
    for reading in run.readings:
        if not proofs.applies(run.operator, reading):
            why = proofs.why_not(run.operator, reading)
        else:
            why = run.proofs.unproved(reading.name, searched=False) or "not proved: the prover was not asked for it"
        run.settle(reading.name, _Settled(Inconclusive(why, Spent(0), method=None), why, 0.0))


def _lighter(run: _Run, plan: Plan) -> Plan:
    """How much guarantees are searched: they look at three times as many points a case, and what breaks them is rarely thin, but
    for what takes many classes."""
    e = plan.effort
    less = replace(e, structures=max(e.structures // 3, 1), odd=1, lattice=e.lattice // 4, starts=e.starts // 2)
    wide = [] if run.settings.K or run.settings.C else effort.wide_sizes(run.operator.supports, plan.sizes)
    run.sizes = [*run.sizes, *(size for size in wide if size not in run.sizes)]
    return replace(plan, effort=less, again=False, laps=[], wide=wide)


def _second_look(plan: Plan) -> Plan:
    """How much is searched of what is settled, whatever the effort: enough to find that a proof is wrong, or a violation much
    larger than that of the small fractions that refute. Of guarantees at small sizes only, where they are as false as elsewhere."""
    promised = frozenset(one.name for one in axioms.EVERY if one.axiom == axioms.GROUP)
    return replace(plan, effort=effort.GLANCE, glance=True, again=False, laps=[], small=promised)


# --- pointwise readings --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """Readings that are searched together, and how much."""

    readings: Sequence[Reading]
    plan: Plan
    tallies: Tallies


def _search(run: _Run, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """The cheapest and most telling cases first: small fractions, then continuity, then what is sampled and climbed."""
    readings = pointwise([run.sought[one.name] for one in run.readings if not proofs.moot(run.operator, one)])
    memory = Memory(run.settings.examples, run.operator, run.settings.kept)
    remembered = {r.name: _recalled(evaluator, memory, r) for r in readings}
    parts, begun = _parts(run, readings, plan), time.monotonic()
    for part in parts:
        yield from _steps(run, evaluator, part, first)
    parts = parts if evaluator.allowance.limited else _settled_apart(parts, plan)
    shared = time.monotonic() - begun
    yield from _continuity(run, plan, evaluator)
    begun = time.monotonic()
    for part in parts:
        yield from _steps(run, evaluator, part, rest)
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
            starts = PROMISED_STARTS if reading.axiom == axioms.GROUP else conclude.STARTS
            concluded[reading.name] = conclude.conclude(evaluator, run.tallies[reading.name], looks, starts=starts)
            took[reading.name] = time.monotonic() - begun
        yield from _elsewhere(run, plan, evaluator, concluded, looks)
        for reading in some:
            found = _remembered(_unfinished(concluded[reading.name], plan), remembered[reading.name])
            if isinstance(found.verdict, Refuted) and found.case is not None:
                memory.keep(reading, found.case)
            message = found.message or _few(evaluator, found.verdict)
            run.settle(reading.name, _Settled(found.verdict, message, shared + took[reading.name], found.case))
        _enough(run)
    _undefined_points(run, evaluator, [case for part in parts for case in part.tallies.undefined])


def _in_turn(run: _Run, readings: Sequence[Reading]) -> list[list[Reading]]:
    """All of them at once; where the first refutation ends the check, what is required apart from the rest."""
    names = {one.name for one in run.first}
    parts = [one for one in readings if one.name in names], [one for one in readings if one.name not in names]
    return [part for part in parts if part]


def _elsewhere(
    run: _Run, plan: Plan, evaluator: Evaluator, concluded: dict[str, conclude.Concluded], looks: int
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
            found = conclude.conclude(evaluator, tally, looks)
            if isinstance(found.verdict, Refuted):
                concluded[name] = found


def _doubted(
    run: _Run, plan: Plan, concluded: Mapping[str, conclude.Concluded]
) -> dict[frozenset[tuple[int, int]], list[str]]:
    """The sizes at which candidates did not stand, with the readings left open by them that no proof settles."""
    out: dict[frozenset[tuple[int, int]], list[str]] = {}
    for name, found in concluded.items():
        open_ = isinstance(found.verdict, Fragile | Inconclusive) and name not in run.proofs.proved
        if open_ and found.doubted and not plan.late and found.doubted < set(plan.sizes):
            out.setdefault(found.doubted, []).append(name)
    return out


def _few(evaluator: Evaluator, verdict: Verdict) -> str:
    """What a reading that stands says where fewer cases than usual were searched."""
    if not evaluator.allowance.limited or not isinstance(verdict, Holds):
        return ""
    return f"{verdict.spent.cases:,} cases: a call takes {evaluator.price}"


def _parts(run: _Run, readings: Sequence[Reading], plan: Plan) -> list[_Part]:
    """Readings to be searched in earnest, and apart from them those that proofs cover; guarantees by themselves, and less."""
    proved = [one for one in readings if run.proofs.cover(one.name, plan.sizes)]
    left = [one for one in readings if one not in proved]
    promised = [one for one in left if one.axiom == axioms.GROUP]
    others = [one for one in left if one.axiom != axioms.GROUP]
    lighter = _lighter(run, plan) if promised else plan
    parts = ((others, plan), (promised, lighter), (proved, _second_look(plan)))
    return [_Part(some, how, Tallies.of(some)) for some, how in parts if some]


def _settled_apart(parts: Sequence[_Part], plan: Plan) -> list[_Part]:
    """The parts with what small fractions have refuted moved to what is proved: only a larger violation is left to be found."""
    open_ones, done, tallies = [], [], Tallies.of([])
    for part in parts:
        left = [] if part.plan.glance else part.tallies.open(part.readings)
        moved = [one for one in part.readings if one not in left]
        done += moved
        tallies = tallies.and_those(part.tallies.taking(moved, counts=not left))
        if left:
            open_ones.append(_Part(left, part.plan, part.tallies.taking(left)))
    return [*open_ones, *([_Part(done, _second_look(plan), tallies)] if done else [])]


Searching = Callable[[Evaluator, Sequence[Reading], Plan, Tallies], Iterator[Step]]


def _steps(run: _Run, evaluator: Evaluator, part: _Part, stages: Searching) -> Iterator[Event]:
    """Search, and settle what is borne out on the way: shrinking may still find it a simpler witness."""
    for step in stages(evaluator, part.readings, part.plan, part.tallies):
        yield Stage(operator=run.operator.name, name=step.stage, done=step.done, total=step.total, detail=step.detail)
        cascade.look(evaluator, part.tallies, run.first)
        _settle_early(run, evaluator, part.tallies)
    cascade.look(evaluator, part.tallies, run.first)
    _settle_early(run, evaluator, part.tallies)


def _through_jax(run: _Run, evaluator: Evaluator, part: _Part) -> Iterator[Event]:
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


def _settle_early(run: _Run, evaluator: Evaluator, tallies: Tallies) -> None:
    new = [
        (name, tally.confirmed)
        for name, tally in tallies.by_name.items()
        if tally.confirmed is not None and name not in run.settled
    ]
    for name, found in new:
        verdict = Refuted(found.witness, None, found.witness.confirmed, conclude.spent(tallies.by_name[name]))
        run.settled[name] = _Settled(verdict, found.message, 0.0, found.case)
    if new:
        _ladder(run, evaluator)
        _enough(run)


def _counted(run: _Run, evaluator: Evaluator, part: _Part) -> None:
    """What the search of these readings came to. Raises Misbehaviour where the operator never gave a number."""
    tallies = part.tallies
    if tallies.interior and not tallies.finite:
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


def _undefined_points(run: _Run, evaluator: Evaluator, undefined: Sequence[ExactCase]) -> None:
    """Interior points without a value refute `interior` where exact arithmetic agrees, and make it fragile where it does not."""
    for reading in run.readings:
        if not isinstance(reading.claim, Jump) or not proofs.applies(run.operator, reading):
            continue
        done = run.settled.get(reading.name)
        if done is None or not isinstance(done.verdict, Refuted):
            for case in undefined:
                found = jump.at_point(evaluator, case.P, case.w)
                if found.outcome != "open":
                    _settle_finding(run, reading, found, 0.0)
                    break


def _point(case: ExactCase) -> dict:
    return {"P": [[float(x) for x in row] for row in case.P], "w": [float(x) for x in case.w], "T": None}


# --- continuity and limits -----------------------------------------------------------------------------------------------


def _continuity(run: _Run, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    small = effort.jump_sizes(plan.sizes, plan.extra, evaluator.price.number)
    readings = [(number, r) for number, r in enumerate(run.readings) if not isinstance(r.claim, Pointwise)]
    if run.settings.fail_fast:
        readings.sort(key=lambda one: not run.asks_for(one[1]))
    with evaluator.allowance.portion(CONTINUITY):
        yield from _looked_at(run, plan, evaluator, readings, small)


def _looked_at(run: _Run, plan: Plan, evaluator: Evaluator, readings, small) -> Iterator[Event]:
    for done, (number, reading) in enumerate(readings):
        begun = time.monotonic()
        yield Stage(operator=run.operator.name, name="continuity", detail=reading.name)
        if not proofs.applies(run.operator, reading):
            why = proofs.why_not(run.operator, reading)
            run.settle(reading.name, _Settled(Inconclusive(why, Spent(0)), why, 0.0))
            continue
        if evaluator.allowance.limited and _refuted_below(run, reading):
            _ladder(run, evaluator)  # which says so, and no calls are spent on it
            continue
        rng = np.random.default_rng((plan.seed, number))
        proved = run.proofs.cover(reading.name, plan.sizes)
        # Floats alone refute no growth, and what one temperature does at its ends shows at few points.
        little = isinstance(reading.claim, OneTemperature) or (
            isinstance(reading.claim, Growth) and not evaluator.exactly
        )
        left = sum(not isinstance(r.claim, OneTemperature) for _, r in readings[done:])
        spent = evaluator.allowance.spent
        with evaluator.allowance.portion(BLIND if little else min(1.0, EARLIER / left)):
            found = (
                _look(reading, evaluator, _few_sizes(small), rng, _second_look(plan))
                if proved
                else _look(reading, evaluator, small, rng, plan)
            )
        if evaluator.allowance.limited:  # a search that was cut short has not counted all that it looked at
            found = replace(found, cases=max(found.cases, round(evaluator.allowance.spent - spent)))
        _settle_finding(run, reading, found, time.monotonic() - begun)
        _enough(run)


def _few_sizes(sizes: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The least of the sizes, and the last: the other classes and teachers, or where the operator is something else."""
    return list(dict.fromkeys([*sizes[: effort.GLANCED - 1], *sizes[-1:]]))


def _refuted_below(run: _Run, reading: Reading) -> bool:
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


def _settle_finding(run: _Run, reading: Reading, found: Finding, seconds: float) -> None:
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
    told = found.message or found.why
    if isinstance(verdict, Holds) and found.quotient is not None and not told:
        told = f"the largest difference quotient seen: L = {found.quotient:.4g}"
    if run.evaluator is not None:
        told = "; ".join(one for one in (told, _few(run.evaluator, verdict)) if one)
    run.settle(reading.name, _Settled(verdict, told, seconds))


# --- the ladder ----------------------------------------------------------------------------------------------------------


def _ladder(run: _Run, evaluator: Evaluator) -> None:
    """A refutation goes up: what refutes a reading is tried on every reading that implies it."""
    asked = {r.name for r in run.readings}
    for weak in run.readings:
        below = run.settled.get(weak.name)
        if below is None or not isinstance(below.verdict, Refuted):
            continue
        for name in sorted(_above(weak.name, below.case)):
            above = run.settled.get(name)
            if not proofs.applies(run.operator, axioms.BY_NAME[name]):
                continue
            if name in asked and (above is None or not isinstance(above.verdict, Refuted | Error)):
                _raise_to(run, evaluator, run.sought[name], weak, below, above)


def _above(weak: str, case: ExactCase | None) -> set[str]:
    """The readings that imply one, at the size of a case, and against which that case counts."""
    also = {
        rule.main
        for rule in axioms.CONDITIONAL
        if rule.conclusion == weak and case is not None and rule.at(*case.size) and axioms.carries(rule, axioms.BY_NAME)
    }
    return axioms.STRONGER[weak] | also


def _raise_to(
    run: _Run, evaluator: Evaluator, strong: Reading, weak: Reading, below: _Settled, above: _Settled | None
) -> None:
    assert isinstance(below.verdict, Refuted)
    if not proofs.applies(run.operator, strong):
        return
    seconds, spent = (0.0, Spent(0)) if above is None else (above.seconds, getattr(above.verdict, "spent", Spent(0)))
    if not isinstance(strong.claim, Pointwise):
        told = f"{below.message} (it refutes {weak.name}, which {strong.name} implies)"
        run.settle(strong.name, replace(below, message=told, seconds=seconds))
    elif below.case is not None:
        again = conclude.retry(evaluator, strong, below.case)
        if again is not None:
            margin = float(again.margin) if strong.claim.measurable else None
            verdict = Refuted(again.witness, None, again.witness.confirmed, Spent(spent.cases, margin))
            run.settle(strong.name, _Settled(verdict, again.message, seconds, again.case))


def _level(run: _Run, plan: Plan) -> None:
    """No reading fares better than one that it implies: `holds` becomes what the weaker one is, and says why."""
    asked = [one.name for one in run.readings]
    here = [rule for rule in axioms.CONDITIONAL if rule.conclusion in asked and _speaks(rule, run, plan)]
    for reading in sorted(run.readings, key=lambda one: len(axioms.WEAKER[one.name])):
        for weak in (name for name in asked if name in axioms.WEAKER[reading.name]):
            if _met(run, axioms.BESIDE.get((reading.name, weak), ())):
                _lower_to(run, reading.name, weak)
        for rule in here:
            if rule.main == reading.name and _met(run, rule.beside):
                _lower_to(run, rule.main, rule.conclusion, one_kind=rule.same_case)


def _speaks(rule: axioms.Rule, run: _Run, plan: Plan) -> bool:
    """Whether an implication is one of this operator's readings, at every size of the plan."""
    takes_T, softener = run.operator.takes_temperature, run.settings.softener
    return rule.of_operators(takes_T=takes_T, softener=softener) and all(rule.at(*size) for size in plan.sizes)


def _met(run: _Run, names: Iterable[str]) -> bool:
    """Whether readings that an implication needs besides are met."""
    found = [run.settled.get(name) for name in names]
    return all(one is not None and one.verdict.verdict in GOOD for one in found)


def _lower_to(run: _Run, strong: str, weak: str, *, one_kind: bool = True) -> None:
    """Where the two claims are of different kinds, only a refutation of the weaker one tells of the stronger."""
    above, below = run.settled[strong], run.settled[weak]
    if not one_kind and not isinstance(below.verdict, Refuted):
        return
    spent = getattr(above.verdict, "spent", Spent(0))
    verdict: Verdict
    match above.verdict, below.verdict:
        case Holds(), Fragile(reproducer=witness, why=why):
            told = f"{strong} implies {weak}, which is fragile: {why}"
            verdict = Fragile(witness, told, spent)
        case Holds(), Inconclusive(why=why):
            told = f"{strong} implies {weak}, which is inconclusive: {why}"
            verdict = Inconclusive(told, spent)
        case Proved(), Inconclusive(why=why) if weak in run.proofs.proved:
            # The weaker one's proof met a counterexample: it contradicts this one's too.
            told = f"{strong} implies {weak}, which is inconclusive: {why}"
            verdict = Inconclusive(told, spent)
        case Holds() | Fragile(), Refuted():
            told = f"{strong} implies {weak}, which is refuted, but no counterexample of its own was confirmed"
            verdict = Inconclusive(told, spent)
        case _:
            return
    run.settled[strong] = replace(above, verdict=verdict, message=told, case=None)


# --- the report ----------------------------------------------------------------------------------------------------------


def _all_error(run: _Run, e: Misbehaviour) -> None:
    """What was refuted stays refuted; everything else ends as error."""
    for reading in run.readings:
        old = run.settled.get(reading.name)
        if old is None or not isinstance(old.verdict, Refuted):
            run.settled[reading.name] = _Settled(Error(str(e), witness_of_point(e.point)), str(e), 0.0)


def _all_void(run: _Run, e: Clash) -> None:
    """Nothing that this run found can be relied on; the contradiction is shown where it is."""
    for reading in run.readings:
        witness = e.witness if reading.name == e.reading else None
        run.settled[reading.name] = _Settled(Error(str(e), witness), str(e), 0.0)


def witness_of_point(point: dict | None) -> Witness | None:
    """A misbehaving call's inputs, each number as the double it was."""
    if not point:
        return None
    P, w = point["P"], point["w"]
    return Witness(
        K=len(P),
        C=len(P[0]),
        P=tuple(tuple(float(x).hex() for x in row) for row in P),
        w=tuple(float(x).hex() for x in w),
        margin="0",
        confirmed="float64",
        T=None if point.get("T") is None else (float(point["T"]).hex(),),
        Ts=None if point.get("Ts") is None else tuple(float(t).hex() for t in point["Ts"]),
    )


def _model(run: _Run, reading: Reading) -> ReadingModel:
    done = run.settled[reading.name]
    row = reading_model(
        reading.axiom,
        reading.name,
        run.proofs.beside(reading.name, done.verdict),
        required=run.asks_for(reading),
        message=done.message,
        seconds=done.seconds,
        unproved=run.proofs.unproved(reading.name, searched=run.settings.search),
        moot=proofs.moot(run.operator, reading) and done.verdict.verdict == "inconclusive",
    )
    row = row.model_copy(update={"skipped": done.skipped and done.verdict.verdict == "inconclusive"})
    return marked(_in_full(row, run.sought[reading.name]), run.operator.K, run.operator.C, run.settings)


def _in_full(row: ReadingModel, sought: Reading) -> ReadingModel:
    """The row with the margin of the claim itself, where it was searched with room; what the room let pass is said."""
    slack = float(getattr(sought.claim, "slack", 0))
    if not slack or row.margin is None:
        return row
    margin = row.margin - slack
    if row.verdict not in ("holds", "proved", "inconclusive", "fragile"):
        return row.model_copy(update={"margin": margin})
    told = row.message
    if row.verdict == "holds" and margin < -DETECT:
        told = f"{told} It fails by up to {-margin:.3g}, within the tolerance of {slack:g}.".strip()
        row = row.model_copy(update={"within": -margin})
    return row.model_copy(update={"margin": max(margin, 0.0), "message": told})


def _result(run: _Run, message: str, defect: bool = False) -> OperatorModel:
    operator = run.operator
    return summarise(
        name=operator.name,
        target=operator.target,
        file=operator.file,
        line=operator.line,
        readings=[_model(run, reading) for reading in run.readings],
        requires=run.requires,
        settings=run.settings,
        seconds=time.monotonic() - run.started,
        message=message,
        errored=bool(message),
        defect=defect,
    ).model_copy(
        update={
            "takes_T": operator.takes_temperature,
            "default_T": operator.default_temperature,
            "constants": dict(operator.constants),
            "call": told(operator if run.evaluator is None else run.evaluator.operator),
            "assumed": dict(run.evaluator.operator.assumed) if run.evaluator is not None else {},
            "loss": "" if run.evaluator is None else losses.told(run.evaluator.operator),
            "hashes": hashes.of(operator, run.evaluator),
            "pictures": run.pictures,
        }
    )
