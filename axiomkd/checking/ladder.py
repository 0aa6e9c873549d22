"""What implications say of verdicts: a refutation goes up to what is stronger, and nothing fares better than what it implies.

It knows the ladder and one operator's state, and no search but for trying a case that is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from axiomkd import axioms
from axiomkd.checking import proofs
from axiomkd.checking.state import Settling, State
from axiomkd.core.case import ExactCase
from axiomkd.core.reading import Pointwise, Reading, has_room
from axiomkd.core.verdict import GOOD, Error, Fragile, Holds, Inconclusive, Proved, Refuted, Spent, Verdict
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import conclude
from axiomkd.search.run import Plan


def raised(run: State, evaluator: Evaluator) -> None:
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
    run: State, evaluator: Evaluator, strong: Reading, weak: Reading, below: Settling, above: Settling | None
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
            run.settle(strong.name, Settling(verdict, again.message, seconds, again.case))


def levelled(run: State, plan: Plan) -> None:
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


def _speaks(rule: axioms.Rule, run: State, plan: Plan) -> bool:
    """Whether an implication is one of this operator's readings, at every size of the plan."""
    takes_T, softener = run.operator.takes_temperature, run.settings.softener
    return rule.of_operators(takes_T=takes_T, softener=softener) and all(rule.at(*size) for size in plan.sizes)


def _met(run: State, names: Iterable[str]) -> bool:
    """Whether readings that an implication needs besides are met."""
    found = [run.settled.get(name) for name in names]
    return all(one is not None and one.verdict.verdict in GOOD for one in found)


def _lower_to(run: State, strong: str, weak: str, *, one_kind: bool = True) -> None:
    """Where the two claims are of different kinds, only a refutation of the weaker one tells of the stronger; where the stronger
    one may fail by the tolerance, not even that: what fails by little in one unit may fail by much in another."""
    above, below = run.settled[strong], run.settled[weak]
    refuted = isinstance(below.verdict, Refuted)
    if (not one_kind and not refuted) or (refuted and has_room(run.sought[strong])):
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
