"""From a tally to a verdict on one pointwise reading: confirm candidates, shrink them, choose what is printed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice

import numpy as np

from axiomkd.claims import confirm, margins
from axiomkd.claims.confirm import Cleared, Confirmed, Open, Rounded
from axiomkd.core.case import ExactCase, Row, exact, floats
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.tolerances import DETECT, FRAGILE
from axiomkd.core.verdict import Fragile, Holds, Inconclusive, Refuted, Spent, Verdict, Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.aside import aside
from axiomkd.search.lattice import lattice
from axiomkd.search.shrink import shrink
from axiomkd.search.simpler import is_large
from axiomkd.search.tally import Tallies, Tally

HALF = 0.5
OTHERS = 3  # cases beside the first that the simplest witness is sought from,
PLAIN, PLAIN_SIZE = 12, 9  # while it has larger denominators, or more numbers a row
EDGES = 3  # candidates on edges that are looked at a little to the side too, where each costs calls
AGAIN = 4  # calls at a witness, which are few of its whole search
SMALL = 6  # numbers in the rows of a case, of which all in shorter fractions are tried:
FEW, AT_ONCE = 1 << 15, 1 << 12  # so many cases, and those measured at once
EASED = (HALF, HALF**3, HALF**6, 0.0)  # shares of a violation that shrinking keeps, one after the other
DIRECTION_DENOMINATORS = (1, 2, 3, 4, 6, 10, 100, 10**4, 10**8)


@dataclass(frozen=True)
class Concluded:
    """`doubted` are the sizes of candidates that were looked at and did not stand."""

    verdict: Verdict
    message: str
    case: ExactCase | None = None
    doubted: frozenset[tuple[int, int]] = frozenset()


def conclude(evaluator: Evaluator, tally: Tally, limit: int, *, starts: int) -> Concluded:
    """The verdict that the tally's candidates bear out. At most `limit` of each kind are looked at exactly; the largest witness is
    shrunk from `starts` cases."""
    reading = tally.reading
    if evaluator.allowance.limited and tally.confirmed is not None and tally.confirmed.case in tally.simple:
        return _refuted(
            evaluator, tally, tally.confirmed, None, starts
        )  # in small fractions already, and calls are dear
    seen: list[tuple[float, ExactCase, confirm.Outcome]] = []
    simple = _first_confirmed(evaluator, reading, _spread(tally.simple, limit), seen)
    if simple is not None and _is_drawn(reading):
        simple = _simpler(simple, _shrunk(evaluator, reading, simple, _enough(evaluator)))
    wild = _first_confirmed(evaluator, reading, _varied(tally, limit), seen)
    if simple is None and wild is None and tally.confirmed is not None:
        wild = tally.confirmed
    if simple is None and wild is not None:
        simple = _simplest(evaluator, tally, wild)
    if simple is None:
        simple = _first_confirmed(evaluator, reading, tally.rough, seen)
    if simple is not None:
        return _refuted(evaluator, tally, simple, wild, starts)
    return replace(_not_refuted(evaluator, tally, seen), doubted=frozenset(case.size for _, case, _ in seen))


def _is_drawn(reading: Reading) -> bool:
    """Whether a claim has more drawn for it: then a case in small fractions was tried with some of what there is, not with all."""
    return isinstance(reading.claim, Pointwise) and bool(reading.claim.drawn)


def _simpler(one: Confirmed, other: Confirmed | None) -> Confirmed:
    return other if other is not None and other.case.simplicity() < one.case.simplicity() else one


def _enough(evaluator: Evaluator) -> float:
    """The float margin up to which a case is shrunk."""
    return -max(10 * DETECT, 2 * _least_believed(evaluator))


def _least_believed(evaluator: Evaluator) -> float:
    """The smallest violation that could be confirmed."""
    return 0.0 if evaluator.exactly else evaluator.rounding.bar


def _spread(cases: list[ExactCase], limit: int) -> list[ExactCase]:
    """The simplest, half of them at most, and others at even distances: the simplest may all sit on one tie of floats."""
    ordered = sorted(cases, key=ExactCase.simplicity)
    first = ordered[: limit - limit // 2]
    rest = ordered[len(first) :]
    return first + rest[:: max(len(rest) // max(limit // 2, 1), 1)][: limit // 2]


def _varied(tally: Tally, limit: int) -> list[ExactCase]:
    """Sampled candidates, the largest violation first, then the largest of every other size, then the next of each."""
    turns: dict[tuple[int, int], int] = {}
    ranked = []
    for place, (_, case) in enumerate(_handy(tally)):
        turn = turns[case.size] = turns.get(case.size, -1) + 1
        ranked.append((turn, place, case))
    ranked.sort(key=lambda item: item[:2])
    return [case for _, _, case in ranked[: limit + len(turns)]]


def look(evaluator: Evaluator, tallies: Tallies, at_most: int) -> list[Tally]:
    """Look exactly at the simplest candidates gathered since the last time; the readings that are refuted by that."""
    found = []
    for tally in tallies.by_name.values():
        if tally.confirmed is None:
            for case in _telling(evaluator, tally.unseen())[:at_most]:
                outcome = _confirm_about(evaluator, tally.reading, case)
                if isinstance(outcome, Confirmed):
                    tally.confirmed = outcome
                    found.append(tally)
                    break
    return found


def _confirm_about(evaluator: Evaluator, reading: Reading, case: ExactCase) -> confirm.Outcome:
    """Confirm at a case; where what floats show there passes a little to the side, at the worst of some cases beside it, once."""
    outcome = _confirm(evaluator, reading, case)
    if not _is_on_edge(outcome):
        return outcome
    beside = aside(case)
    found = margins.measure(evaluator, [reading], floats(beside)).margins[reading.name]
    at = int(np.argmin(np.where(np.isnan(found), np.inf, found)))
    return _confirm(evaluator, reading, beside[at]) if found[at] <= _enough(evaluator) else outcome


def _is_on_edge(outcome: confirm.Outcome) -> bool:
    return isinstance(outcome, Open) and outcome.on_edge


def _telling(evaluator: Evaluator, simplest: list[ExactCase]) -> list[ExactCase]:
    """In the order of simplicity; where only floats can look, one with the fewest ties before all: at a tie the least change of
    the inputs changes what code chooses, and floats bear out nothing there."""
    if evaluator.exactly or not simplest:
        return simplest
    first = min(simplest, key=lambda case: case.ties)
    return [first, *(case for case in simplest if case is not first)]


def spent(tally: Tally) -> Spent:
    claim = tally.reading.claim
    measurable = isinstance(claim, Pointwise) and claim.measurable and math.isfinite(tally.worst)
    return Spent(tally.cases, max(tally.worst, 0.0) if measurable else None)


def retry(evaluator: Evaluator, reading: Reading, case: ExactCase) -> Confirmed | None:
    """Whether a reading also fails at a case at which a weaker one does."""
    outcome = _confirm(evaluator, reading, case)
    return outcome if isinstance(outcome, Confirmed) else None


def _refuted(evaluator: Evaluator, tally: Tally, simple: Confirmed, wild: Confirmed | None, starts: int) -> Concluded:
    _repeats(evaluator, simple.case)
    largest: Witness | None = None
    worst = float((wild or simple).margin)
    if wild is not None and float(simple.margin) > HALF * worst and not evaluator.allowance.limited:
        strong = _strongest(evaluator, tally, wild, starts)
        largest = None if strong.case == simple.case else strong.witness
        if strong.case.size == simple.case.size and strong.case.simplicity() < simple.case.simplicity():
            simple, largest = strong, None
    base = spent(tally)
    claim = tally.reading.claim
    shown = float(simple.margin) if isinstance(claim, Pointwise) and claim.measurable else None
    verdict = Refuted(simple.witness, largest, simple.witness.confirmed, Spent(base.cases, shown))
    return Concluded(verdict, simple.message, simple.case)


def _repeats(evaluator: Evaluator, case: ExactCase) -> None:
    """Call an operator that is no graph at the witness again: chance that strikes in one corner alone is met there. Raises
    Misbehaviour where the answer changes."""
    if evaluator.mode == "jax":
        return
    again = floats([case] * (1 if evaluator.allowance.limited else AGAIN))
    now = 1.0 if evaluator.operator.takes_temperature else None
    q = evaluator.batch(again.P[:1], again.w[:1], now)
    evaluator.repeatable(again.P, again.w, np.repeat(q, len(again.P), axis=0), now)


def _strongest(evaluator: Evaluator, tally: Tally, wild: Confirmed, starts: int) -> Confirmed:
    """The simplest witness with at least half of the largest violation, from the worst cases of a few kinds of panels."""
    enough = HALF * float(wild.margin)
    found = [wild]
    for margin, case in _handy(tally)[:starts]:
        if margin <= enough:
            outcome = _confirm(evaluator, tally.reading, shrink(evaluator, tally.reading, _aimless(case), enough))
            if isinstance(outcome, Confirmed) and outcome.margin <= enough:
                found.append(outcome)
    return min(found, key=lambda one: one.case.simplicity())


def _handy(tally: Tally) -> list[tuple[float, ExactCase]]:
    """Sampled candidates, the largest violation first, the shorter fractions first among equals."""
    # Yes-or-no claims violate by 1 wherever they do: short fractions are the ones that exact arithmetic bears out.
    return sorted(tally.candidates(), key=lambda item: (item[0], item[1].longest))


def _simplest(evaluator: Evaluator, tally: Tally, wild: Confirmed) -> Confirmed:
    """The simplest witness that shrinking reaches from a confirmed case, and, while it is not plain, from the worst cases of the
    smallest sizes: which fractions it ends at is a matter of where it starts."""
    enough, best = _enough(evaluator), wild
    others = iter(()) if evaluator.allowance.limited else islice(_at_small_sizes(evaluator, tally, wild.case), OTHERS)
    for start in chain([wild], others):
        if _largeness(start.case) > _largeness(best.case):
            break  # smaller than this is reached already, and all that come are larger
        best = _simpler(best, _shrunk(evaluator, tally.reading, start, enough))
        if _is_plain(best.case):
            break
    if evaluator.allowance.limited:
        return best
    if not _is_plain(best.case) and not is_large(wild.case.size):
        best = _simpler(best, _eased(evaluator, tally.reading, wild, enough))
    return _simpler(best, _shorter(evaluator, tally.reading, best.case, enough))


def _shorter(evaluator: Evaluator, reading: Reading, case: ExactCase, enough: float) -> Confirmed | None:
    """Where there are few cases in shorter fractions, the first of all that fails: shrinking ends where no neighbour is simpler."""
    K, C = case.size
    if _is_drawn(reading) or K * C > SMALL or case.zeros or case.T1 != 1:
        return None
    small, longest = lattice(K, C, FEW, False), case.longest
    for start in range(0, len(small), AT_ONCE):
        if small.largest(start) > longest:
            return None
        part = small.cases(slice(start, start + AT_ONCE), case.t, case.T, case.k)
        found = margins.measure(evaluator, [reading], part).margins[reading.name]
        for i in np.flatnonzero(found <= enough)[:1]:
            outcome = _confirm(evaluator, reading, small.exact(start + int(i), case.t, case.T, case.k))
            return outcome if isinstance(outcome, Confirmed) else None
    return None


def _eased(evaluator: Evaluator, reading: Reading, from_: Confirmed, enough: float) -> Confirmed | None:
    """Shrink while much of the violation is kept, then while less is: a case that barely fails has few neighbours that do."""
    case = _aimless(from_.case)
    for share in EASED:
        case = _aimless(shrink(evaluator, reading, case, min(share * float(from_.margin), enough)))
    outcome = _confirm(evaluator, reading, case)
    return outcome if isinstance(outcome, Confirmed) else None


def _at_small_sizes(evaluator: Evaluator, tally: Tally, apart_from: ExactCase) -> Iterator[Confirmed]:
    """What is borne out of the worst cases of each size, the smallest size first."""
    worst: dict[tuple[int, int], ExactCase] = {}
    for _, case in _handy(tally):
        worst.setdefault(case.size, case)
    for case in sorted((one for one in worst.values() if one != apart_from), key=_largeness):
        outcome = _confirm(evaluator, tally.reading, case)
        if isinstance(outcome, Confirmed):
            yield outcome


def _largeness(case: ExactCase) -> tuple:
    return case.size[0] * case.size[1], case.size


def _is_plain(case: ExactCase) -> bool:
    """Whether it can be read at a glance."""
    return case.size[0] * case.size[1] <= PLAIN_SIZE and case.longest <= PLAIN


def _shrunk(evaluator: Evaluator, reading: Reading, from_: Confirmed, enough: float) -> Confirmed | None:
    """Shrink and confirm; where the shrunk case does not stand in exact arithmetic, ask for a larger margin."""
    for threshold in (enough, HALF * float(from_.margin)):
        shrunk = shrink(evaluator, reading, _aimless(from_.case), min(threshold, -2 * DETECT))
        outcome = _confirm(evaluator, reading, shrunk)
        if isinstance(outcome, Confirmed):
            return outcome
    return None


def _aimless(case: ExactCase) -> ExactCase:
    return case.with_direction(None)


def _first_confirmed(evaluator, reading: Reading, cases: list[ExactCase], seen: list) -> Confirmed | None:
    edges = 0
    for case in cases:
        outcome = _confirm(evaluator, reading, case)
        if _is_on_edge(outcome) and edges < EDGES:
            edges, outcome = edges + 1, _confirm_about(evaluator, reading, case)
        if isinstance(outcome, Confirmed):
            return outcome
        seen.append((_float_margin(evaluator, reading, case), case, outcome))
    return None


def _float_margin(evaluator: Evaluator, reading: Reading, case: ExactCase, *, suggests: bool = True) -> float:
    measured = margins.measure(evaluator, [reading], floats([_aimless(case)]), ties=False, suggests=suggests)
    return float(measured.margins[reading.name][0])


def _confirm(evaluator: Evaluator, reading: Reading, case: ExactCase) -> confirm.Outcome:
    """Confirm at a case, once; where the claim is over directions, along the simplest direction that will do."""
    key = reading.name, case
    if key not in evaluator.outcomes:
        evaluator.outcomes[key] = _confirmed(evaluator, reading, case)
    return evaluator.outcomes[key]


def _confirmed(evaluator: Evaluator, reading: Reading, case: ExactCase) -> confirm.Outcome:
    claim = reading.claim
    if not isinstance(claim, Pointwise) or claim.adversary != "direction":
        return confirm.confirm(evaluator, reading, case)
    outcome: confirm.Outcome = Cleared()
    for d in _directions(evaluator, reading, case):
        outcome = confirm.confirm(evaluator, reading, case.with_direction(d))
        if not isinstance(outcome, Cleared):
            return outcome
    return outcome


def _directions(evaluator: Evaluator, reading: Reading, case: ExactCase) -> list[Row]:
    """Directions in short fractions at which the float margin keeps most of the violation, the shortest first."""
    measured = margins.measure(evaluator, [reading], floats([_aimless(case)]))
    best = float(measured.margins[reading.name][0])
    aimed = exact(measured.cases, 0).d
    if aimed is None or not best < 0:
        return []
    C = case.size[1]
    units = [tuple(Fraction(s * (i == j)) for j in range(C)) for i in range(C) for s in (1, -1)]
    rounded = [tuple(Fraction(round(x * den), den) for x in aimed) for den in DIRECTION_DENOMINATORS]
    every = [d for d in dict.fromkeys([*units, *rounded, aimed]) if any(d)]
    one = floats([case.with_direction(aimed)])
    cases = replace(one.take(np.zeros(len(every), int)), d=np.array(every, float))
    here = margins.measure(evaluator, [reading], cases).margins[reading.name]
    return [d for d, margin in zip(every, here, strict=True) if margin < 0.7 * best][:4]


def _not_refuted(evaluator: Evaluator, tally: Tally, seen: list) -> Concluded:
    broken = _broken(evaluator, tally)
    if broken is not None:
        return broken
    undecided = [(m, c, o) for m, c, o in seen if isinstance(o, Open)]
    cleared = [(m, c) for m, c, o in seen if isinstance(o, Cleared) and m < -FRAGILE]
    for _, case in sorted(cleared, key=lambda item: item[0]):
        worst = _float_margin(evaluator, tally.reading, case, suggests=False)
        if not worst < -FRAGILE:
            continue
        why = (
            f"the float result violates the claim by {-worst:.3g}, the exact value does not: a numerical defect at the inputs "
            "printed"
        )
        return Concluded(Fragile(_reproducer(evaluator, tally, case), why, spent(tally)), why, case)
    rounded = [(m, c, o) for m, c, o in seen if isinstance(o, Rounded)]
    if rounded:
        _, case, outcome = min(rounded, key=lambda item: item[0])
        return Concluded(Fragile(_reproducer(evaluator, tally, case), outcome.why, spent(tally)), outcome.why, case)
    if undecided and not _all_noise(undecided):
        worst, case, outcome = min(undecided, key=lambda item: item[0])
        why = f"a float violation of {-worst:.3g} could be neither confirmed nor cleared: {outcome.why}"
        return Concluded(Inconclusive(why, spent(tally)), why)
    if tally.cases == 0:
        why = "no case of the reading's domain could be evaluated"
        return Concluded(Inconclusive(why, Spent(0)), why)
    return Concluded(Holds(spent(tally)), "")


def _all_noise(undecided: list) -> bool:
    return all(m > -FRAGILE for m, _, _ in undecided)


def _broken(evaluator: Evaluator, tally: Tally) -> Concluded | None:
    """Float NaN or inf at an interior point where exact arithmetic has a value."""
    for case in tally.broken[:3]:
        aimed = case.with_direction(tuple(x * 0 + int(i == 0) for i, x in enumerate(case.P[0])))
        outcome = confirm.confirm(evaluator, tally.reading, aimed) if evaluator.exactly else Open("")
        if isinstance(outcome, Cleared) and np.isnan(_float_margin(evaluator, tally.reading, case, suggests=False)):
            why = "the float result is not finite at an interior point where the exact value is (the inputs printed)"
            return Concluded(Fragile(_reproducer(evaluator, tally, case), why, spent(tally)), why, case)
        if isinstance(outcome, Open) and not evaluator.exactly:
            why = "the float result is not finite at an interior point, and the operator cannot be followed exactly"
            return Concluded(Inconclusive(why, spent(tally)), why)
    return None


def _reproducer(evaluator: Evaluator, tally: Tally, case: ExactCase) -> Witness:
    """The inputs at which floats go wrong, with what the float computation returned."""
    return confirm.reproducer(evaluator, tally.reading, case)
