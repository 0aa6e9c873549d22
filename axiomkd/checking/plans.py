"""How much of one operator is searched: its sizes, its amounts, and less of what is settled or promised. It searches nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from axiomkd import axioms
from axiomkd.checking.state import State
from axiomkd.core.allowance import Allowance
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import Operator
from axiomkd.core.settings import Settings
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import Translated
from axiomkd.operators.skewed import skewed
from axiomkd.search import effort
from axiomkd.search.run import Plan
from axiomkd.tracing.narrow import WRAPPED


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


def count_calls(evaluator: Evaluator, plan: Plan) -> None:
    """Allow the calls that the effort buys, where a call is so dear that they are counted."""
    evaluator.allowance = Allowance(evaluator.price.calls(plan.effort.level), plan.deadline)
    _ = evaluator.rounding  # measured before a portion of the calls is in force


def with_odd_sizes(run: State, plan: Plan, evaluator: Evaluator) -> Plan:
    """The plan with the sizes at which the prover found the operator to be something else, those at which its narrow whole numbers
    have wrapped, and some that tell what no trace can, unless the user named the sizes."""
    if run.settings.K or run.settings.C:
        return plan
    wider = plan_of(run.operator, run.settings, (*run.proofs.odd, *(WRAPPED if evaluator.narrow else ())))
    beyond = [size for size in _untraced(evaluator) if size not in wider.sizes]
    run.sizes = [*wider.sizes, *beyond]
    return replace(plan, sizes=run.sizes, extra=wider.extra)


def _untraced(evaluator: Evaluator) -> Sequence[tuple[int, int]]:
    """Sizes to look at beside the usual ones where PyTorch code is called for itself, a call is cheap, and it gives an answer."""
    called = (
        isinstance(evaluator.operator.fn, Translated) and evaluator.mode != "jax" and not evaluator.operator.is_loss
    )
    if not called or evaluator.price.number > 1:
        return ()
    return [size for size in effort.UNTRACED_SIZES if evaluator.operator.supports(*size) and _answers(evaluator, size)]


def _answers(evaluator: Evaluator, size: tuple[int, int]) -> bool:
    P, w = skewed(*size)
    return bool(
        np.isfinite(evaluator.really(P[:1], w[:1], 1.0 if evaluator.operator.takes_temperature else None)).all()
    )


def lighter(run: State, plan: Plan) -> Plan:
    """How much guarantees are searched: they look at three times as many points a case, and what breaks them is rarely thin, but
    for what takes many classes."""
    e = plan.effort
    less = replace(
        e, structures=max(e.structures // 3, 1), odd=1, share=1, lattice=e.lattice // 4, starts=e.starts // 2
    )
    wide = [] if run.settings.K or run.settings.C else effort.wide_sizes(run.operator.supports, plan.sizes)
    run.sizes = [*run.sizes, *(size for size in wide if size not in run.sizes)]
    return replace(plan, effort=less, again=False, laps=[], wide=wide)


def second_look(plan: Plan) -> Plan:
    """How much is searched of what is settled, whatever the effort: enough to find that a proof is wrong, or a violation much
    larger than that of the small fractions that refute. Of guarantees at small sizes only, where they are as false as elsewhere."""
    promised = frozenset(one.name for one in axioms.EVERY if one.axiom == axioms.GROUP)
    return replace(plan, effort=effort.GLANCE, glance=True, again=False, laps=[], small=promised)
