"""One operator from start to verdicts: manners, proofs, search, ladder, report. It holds the order of these steps, yields events
and knows no renderer.

It runs in the worker process; the same settings and seed give the same result, times aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from axiomkd.axioms.summary import readings_of, requires_of
from axiomkd.checking import cascade, pictures, proofs
from axiomkd.checking.cascade import Enough
from axiomkd.checking.ladder import levelled, raised
from axiomkd.checking.plans import count_calls, plan_of, with_odd_sizes
from axiomkd.checking.pointwise import Part, search_all, steps
from axiomkd.checking.rows import all_error, all_void, news, result, with_details
from axiomkd.checking.state import Settling, State, moot
from axiomkd.claims.margins import pointwise
from axiomkd.core.errors import Clash, Misbehaviour
from axiomkd.core.events import Event, Finished, Stage
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading
from axiomkd.core.report import PicturesModel
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Holds, Inconclusive, Spent
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import settled
from axiomkd.operators.manners import Manners
from axiomkd.prove import fixed
from axiomkd.search.memory import Memory
from axiomkd.search.run import Plan
from axiomkd.search.tally import Tallies
from axiomkd.tracing.numerics import device_name


def check(operator: Operator, settings: Settings) -> Iterator[Event]:
    """Check one operator. Yields Stage, Calling and Settled events, and Finished at the end, whatever the operator does."""
    requires = requires_of(operator.name, operator.claims, settings)
    run = State(operator, settings, readings_of(settings, requires), requires)
    plan = plan_of(operator, settings)
    run.sizes = plan.sizes
    message, defect = "", False
    told: dict[str, Settling] = {}
    try:
        for event in _guarded(run, plan):
            yield event
            yield from news(run, told)
    except Misbehaviour as e:
        message = with_details(e)
        all_error(run, e)
    except Clash as e:
        message, defect = with_details(e), True
        all_void(run, e)
    yield from news(run, told)
    yield Finished(
        operator=operator.name,
        result=result(run, message, defect),
        sizes=list(run.sizes),
        device=device_name(),
        searched=run.searched,
    )


def _guarded(run: State, plan: Plan) -> Iterator[Event]:
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
        evaluator.twin = run.proofs.twin
        for name, proof in run.proofs.proved.items():
            run.settled[name] = Settling(proofs.verdict_of(proof, Spent(0)), proof.message, 0.0)
        moot(run)
        if run.settings.search:
            yield Stage(operator=operator.name, name="search")
            plan = with_odd_sizes(run, plan, evaluator)
            count_calls(evaluator, plan)
            yield from search_all(run, plan, evaluator)
            raised(run, evaluator)
            yield from _at_fixed_sizes(run, plan, evaluator)
            levelled(run, plan)
        else:
            asked = [r for r in run.readings if r.name not in run.proofs.proved and proofs.applies(operator, r)]
            yield from _solved(run, evaluator, asked)
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


def _glimpse(run: State, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """The cheapest cases of what is required, before all else. Raises Enough where they refute."""
    count_calls(evaluator, plan)
    required = pointwise([run.sought[one.name] for one in run.first if not proofs.moot(run.operator, one)])
    if required:
        part = Part(required, plan, Tallies.of(required))
        yield from steps(run, evaluator, part, cascade.glimpse)


def _stop(run: State, plan: Plan, evaluator: Evaluator) -> None:
    """What was not looked at is open, but for what the refutations refute too."""
    raised(run, evaluator)
    moot(run)
    memory = Memory(run.settings.examples, run.operator)
    for reading in run.ended:
        if (case := run.settled[reading.name].case) is not None:
            memory.keep(reading, case)
    why = cascade.why(run.ended)
    for reading in run.readings:
        if reading.name not in run.settled:
            run.settled[reading.name] = Settling(Inconclusive(why, Spent(0), method=None), why, 0.0, skipped=True)
    levelled(run, plan)
    run.searched.append(f"stopped at the first required reading that is refuted: {', '.join(r.id for r in run.ended)}")


def _pictures(run: State, evaluator: Evaluator) -> PicturesModel:
    verdicts = {(r.axiom, r.name): run.settled[r.name].verdict for r in run.readings}
    traces = {
        name: [*tally.trace, (tally.cases, tally.worst)] for name, tally in run.tallies.items() if tally.reading.unit
    }
    slack = run.settings.tolerance
    traces = {name: [(n, margin - slack) for n, margin in points] for name, points in traces.items()}
    return pictures.of(evaluator, verdicts, traces)


def _at_fixed_sizes(run: State, plan: Plan, evaluator: Evaluator) -> Iterator[Event]:
    """For what was searched and stands: a solver at small sizes. Not where seconds are counted."""
    if plan.effort.level == 0 or plan.deadline is not None:
        return
    standing = [r for r in run.readings if isinstance(run.settled[r.name].verdict, Holds)]
    yield from _solved(run, evaluator, standing)
    for reading in standing:
        if reading.name in run.proofs.proved:
            run.settle(reading.name, run.settled[reading.name])


def _solved(run: State, evaluator: Evaluator, readings: Sequence[Reading]) -> Iterator[Event]:
    """Add what the solver proves at fixed sizes to the run's proofs."""
    if readings:
        yield Stage(operator=run.operator.name, name="solve")
        answers = fixed.prove(evaluator, readings, effort=run.settings.effort)
        run.proofs = run.proofs.and_those(answers)


def _proofs_only(run: State) -> None:
    """Nothing is searched: what is not proved is open."""
    for reading in run.readings:
        if not proofs.applies(run.operator, reading):
            why = proofs.why_not(run.operator, reading)
        else:
            why = run.proofs.unproved(reading.name, searched=False) or "not proved: the prover was not asked for it"
        run.settle(reading.name, Settling(Inconclusive(why, Spent(0), method=None), why, 0.0))
