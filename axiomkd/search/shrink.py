"""Make a violating case small and readable while it stays violated: fewer teachers, fewer classes, short fractions.

Greedy over neighbours, all of them measured in float batches; the order is `ExactCase.simplicity`. Exact arithmetic decides
afterwards, in `confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from axiomkd.claims import margins
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.case import ExactCase, more_of
from axiomkd.core.extras import EXTRAS
from axiomkd.core.reading import Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draft import Draft, Numbers, floats
from axiomkd.search.simpler import STAGES, is_large

ROUNDS = 60
SHARE = 1 / 4  # of the calls that are left, where calls are counted
AT_ONCE, ONE_BY_ONE = 512, 4  # cases measured before the first that violates is looked for
LARGE_STAGES, LARGE_ROUNDS = 3, 8
AGAIN = (0, 1, 4)  # steps at a size after which fewer teachers and classes, the dearest of all, are tried again
TOGETHER = (
    (0, 1),
    (1, 5),
    (5, 6),
)  # stages whose cases are measured at once, where a call takes as long for few as for many
APART = tuple((n, n + 1) for n in range(len(STAGES)))

Allowed = Callable[[Draft], bool]


def shrink(evaluator: Evaluator, reading: Reading, case: ExactCase, enough: float) -> ExactCase:
    """The simplest case that greedy steps reach from `case` with a float margin of at most `enough` (negative).

    Where calls are counted each shrinking has a share of those left, and the best so far is the answer when it is used up.
    """
    best = [Draft.of(case)]
    with evaluator.allowance.portion(SHARE), suppress(OutOfCalls):
        _descend(evaluator, reading, best, enough)
    return best[-1].case if len(best) > 1 else case


def _descend(evaluator: Evaluator, reading: Reading, best: list[Draft], enough: float) -> None:
    """Append every simpler case that is reached."""
    allowed = _allowed(evaluator, evaluator.softener.lowest, evaluator.softener.highest)
    turns = APART if evaluator.mode == "single" else TOGETHER
    n = here = 0  # `here`: steps since teachers or classes were last dropped
    tried = best[-1]  # for which fewer of them were tried last
    while (steps := len(best) - 1) < ROUNDS:
        case, ended = best[-1], n == len(turns)
        if ended and (case is tried or not _fewer_again(case.size)):
            return
        n = 0 if ended else n
        tried = case if n == 0 else tried
        first, last = turns[n]
        if is_large(case.size):
            if first >= LARGE_STAGES or steps >= LARGE_ROUNDS:
                return
            last = min(last, LARGE_STAGES)
        made = [one for stage in STAGES[first:last] for one in _smaller(stage(case), case, allowed)]
        better = _first(evaluator, reading, made, enough)
        if better is None:
            n = len(turns) if ended else n + 1
        else:
            here = here + 1 if better.size == case.size else 0
            n = 0 if here in AGAIN and _fewer_again(better.size) else min(n, 1)
            best.append(better)


def _fewer_again(size: tuple[int, int]) -> bool:
    """Whether fewer teachers and classes are tried again after some steps, and at the end: short fractions may open the way."""
    return size != (2, 2) and not is_large(size)


def _allowed(evaluator: Evaluator, lowest: float, highest: float) -> Allowed:
    operator = evaluator.operator
    inside = operator.domain == "interior"  # never given a weight of 0
    known: dict[Numbers, bool] = {}

    def check(case: Draft) -> bool:
        numbers = case.numbers
        if numbers not in known:  # most cases share them with the one that they come from
            known[numbers] = _proper(numbers, lowest, highest, inside=inside)
        return known[numbers] and operator.supports(*case.size) and not (inside and case.zeros)

    return check


def _proper(numbers: Numbers, lowest: float, highest: float, *, inside: bool) -> bool:
    """Whether the numbers beside P and w are such as a claim speaks of."""
    t, T1, T = numbers.t, numbers.T1, numbers.T
    if T == T1 or not 0 < t.numerator <= t.denominator or (inside and t == 1):
        return False
    more = numbers.more.items()
    if any(not _sound(name, value) or (inside and (name, value) == ("share", 1)) for name, value in more):
        return False
    # The nearest doubles first: fractions are compared a hundred times slower.
    for x, near in ((T1, numbers.floats[1]), (T, numbers.floats[2])):
        if not lowest < near < highest and not lowest <= x <= highest:
            return False
    return True


def _sound(name: str, value: Any) -> bool:
    """Whether a value is one of its kind: a share up to 1, a chance below it, a row of positive numbers but for what is true."""
    if EXTRAS[name].kind == "share":
        return 0 < value < 1 or (value == 1 and name == "share")
    return EXTRAS[name].kind != "row" or name == "y" or min(value) > 0


def _smaller(made: Iterable[Draft], case: Draft, allowed: Allowed) -> list[Draft]:
    """Of the cases made, those allowed and simpler, the simplest first."""
    here = case.rank
    simpler = [(rank, one) for one in made if (rank := one.rank) < here and allowed(one)]
    # Cases made twice are measured twice: to find them would cost more.
    return [one for _, one in sorted(simpler, key=lambda pair: (pair[0], pair[1].entries))]


def _first(evaluator: Evaluator, reading: Reading, cases: Sequence[Draft], enough: float) -> Draft | None:
    """The first of these (the simplest) that still violates, size by size."""
    step = AT_ONCE if evaluator.mode != "single" else ONE_BY_ONE
    groups: dict[tuple, list[Draft]] = {}
    for case in cases:
        groups.setdefault((case.size, tuple(case.numbers.more)), []).append(case)
    for _, group in sorted(groups.items(), key=lambda one: one[0]):
        for start in range(0, len(group), step):
            part = group[start : start + step]
            measured = margins.measure(evaluator, [reading], floats(part))
            hits = np.flatnonzero(measured.margins[reading.name] <= enough)
            if len(hits):
                return part[hits[0]].having(more_of(measured.of(reading), int(hits[0])))
    return None
