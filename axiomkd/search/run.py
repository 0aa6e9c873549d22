"""The search for violations of pointwise claims: small fractions first, then structured batches, then gradients.

It gathers candidates; nothing is concluded here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from axiomkd.claims.margins import measure
from axiomkd.core.allowance import OutOfCalls
from axiomkd.core.case import Cases, in_turns_of
from axiomkd.core.extras import needed
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.tolerances import MODERATE
from axiomkd.operators import losses
from axiomkd.operators.evaluate import LARGEST, MUCH, TOGETHER, Evaluator, batch_size
from axiomkd.search import conclude, strategies
from axiomkd.search.ascend import ascend
from axiomkd.search.climb import climb
from axiomkd.search.draw import draw
from axiomkd.search.effort import ODD_SIZES, Effort
from axiomkd.search.lattice import PAIRS, SIZES, WARM_PAIRS, Lattice, lattice
from axiomkd.search.tally import READABLE, Tallies
from axiomkd.search.turns import in_turns

ENOUGH = 256  # cases that one structure is worth at least
ONE_BY_ONE = 40  # an operator that runs one point at a time gets one case in so many
DEAR = (None, 16, 4, 4, 2, 2)  # cases of a structure, by the price of a call; None: as many as ONE_BY_ONE leaves
FIRST, SAMPLED, CLIMBED = 0.4, 0.5, 0.6  # shares of the calls that are left then, where calls are counted
LOOKS = 3  # candidates of a reading that are looked at exactly before the search is over
MINIMISED = 20  # K·C up to which panels of a minimised loss are drawn: each size is a compilation of second derivatives
TOO_DEAR = 1 / 300  # of the structures of a size, where no more than this would be looked at, none is
AIMED = 4  # a sampled batch is measured against claims over directions at one case in so many
ASCENT_SIZES = ((3, 3), (2, 3), (2, 4))  # as many of them as the effort's level
GLANCE_SIZES, GLANCE_PAIRS = ((2, 2), (2, 3), (3, 3)), 2  # where small fractions are looked at a second time
MIXED = 6  # kinds of panels in the one batch of a size that a second look has


@dataclass(frozen=True)
class Plan:
    """What to search: sizes, effort, seed; `deadline` (a time.monotonic value) only where the user gave a budget.

    `again`: draw all structures again and again until the deadline. `extra`: of the sizes, those that were asked for beyond
    the usual ones, searched as they are. `glance`: a second look at what is settled, one batch of several kinds a size. `wide`:
    sizes beyond these, at which rows with one peak are drawn and nothing else. `small`: what a second look is not worth at large
    sizes, by name.
    """

    sizes: Sequence[tuple[int, int]]
    effort: Effort
    seed: int
    deadline: float | None = None
    again: bool = True
    extra: Sequence[tuple[int, int]] = ()
    glance: bool = False
    wide: Sequence[tuple[int, int]] = ()
    small: frozenset[str] = frozenset()
    laps: list[int] = field(default_factory=list)  # one entry for each time that all structures were drawn

    @property
    def lapped(self) -> bool:
        return bool(self.laps)

    @property
    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


@dataclass(frozen=True)
class Step:
    """Progress: `done` of `total` at a stage."""

    stage: str
    done: int
    total: int
    detail: str = ""


def search(evaluator: Evaluator, readings: Sequence[Reading], plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """Fill the tallies. Yields progress; stops early at the plan's deadline, and where no calls are left."""
    yield from first(evaluator, readings, plan, tallies)
    yield from rest(evaluator, readings, plan, tallies)


def first(evaluator: Evaluator, readings: Sequence[Reading], plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """The simplest cases, all readings at once; what they refute is confirmed, so that it is known before the rest."""
    with evaluator.allowance.portion(FIRST), suppress(OutOfCalls):
        yield from _small_fractions(evaluator, readings, plan, tallies)
    conclude.look(evaluator, tallies, LOOKS)


def rest(evaluator: Evaluator, readings: Sequence[Reading], plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """Sampled structures, then climbing from the most promising points."""
    sampled = _once_over if plan.glance and not evaluator.allowance.limited else _structures
    with evaluator.allowance.portion(SAMPLED), suppress(OutOfCalls):
        yield from sampled(evaluator, readings, plan, tallies)
    if plan.effort.starts:
        with evaluator.allowance.portion(CLIMBED), suppress(OutOfCalls):
            yield from _climbed(evaluator, readings, plan, tallies)


def _small_fractions(evaluator, readings, plan: Plan, tallies: Tallies) -> Iterator[Step]:
    sizes = [size for size in (GLANCE_SIZES if plan.glance else SIZES) if size in plan.sizes]
    pairs = PAIRS if evaluator.softener.lowest < 1 else WARM_PAIRS
    pairs = pairs[:GLANCE_PAIRS] if plan.glance else pairs
    if evaluator.mode == "single":
        for words in in_turns(evaluator, readings, sizes, pairs, plan.effort.lattice // ONE_BY_ONE, plan.seed, tallies):
            yield Step("small fractions", 0, 0, words)
        return
    most = plan.effort.lattice // evaluator.share
    for n, size in enumerate(sizes):
        for zeros in (False, True):
            if zeros and evaluator.operator.domain == "interior":
                continue
            open_ones = [r for r in readings if not tallies.by_name[r.name].simple]
            if not open_ones or plan.late:
                return
            yield Step("small fractions", n, len(sizes), f"K={size[0]}, C={size[1]}" + (", faces" if zeros else ""))
            every = lattice(*size, most if not zeros else most // 4, zeros)
            for number, (t, T) in enumerate(pairs):
                if (zeros and number) or (t == 1 and evaluator.operator.domain == "interior"):
                    continue
                _scan(evaluator, open_ones, every, len(every) if number == 0 else len(every) // 6, t, T, tallies)


def _scan(evaluator, readings, every: Lattice, count: int, t, T, tallies: Tallies) -> None:
    step = evaluator.padded_to(LARGEST, every.K, every.C)
    for start in range(0, count, step):
        cases = every.cases(slice(start, min(start + step, count)), t, T)
        measured = measure(evaluator, readings, cases)
        tallies.add_simple(measured, lambda i, at=start: every.exact(at + i, t, T))


def batches(evaluator: Evaluator, structure: strategies.Structure, share: int = 1) -> Iterator[Cases]:
    """The numbers of one structure: a batch or a `share` of it, or several where a batch is small beside the cost of drawing a
    structure."""
    size = batch_size(*structure.size)
    dear = DEAR[evaluator.price.number] if evaluator.allowance.limited else None
    if dear is None and worth(evaluator, structure.size) < 1:
        dear = TOGETHER
    for n in range(max(1, ENOUGH // size) if dear is None else 1):
        yield _drawn(evaluator, structure, dear or _thinned(_in_one(evaluator, structure.size), share), n)


def _thinned(count: int, share: int) -> int:
    """One in `share` of so many cases, but hundreds where there are hundreds, and sixteen anyhow."""
    return max(min(count, max(count // share, ENOUGH)), 16)


def worth(evaluator: Evaluator, size: tuple[int, int]) -> float:
    """1, or the share of a size's structures that is looked at where a point computes so many numbers."""
    return min(1.0, MUCH / max(evaluator.work_at(*size), 1.0))


def drawn_at(evaluator: Evaluator, plan: Plan) -> Sequence[tuple[int, int]]:
    """The sizes at which structures are drawn: not where even one is too much, as the spectrum of a matrix of a thousand classes
    is, unless there are no others."""
    if _minimised(evaluator):
        small = [size for size in plan.sizes if size[0] * size[1] <= MINIMISED and size not in ODD_SIZES]
        return list(dict.fromkeys([*small, *plan.extra])) or plan.sizes[:1]
    return [size for size in plan.sizes if worth(evaluator, size) > TOO_DEAR] or plan.sizes[:1]


def _minimised(evaluator: Evaluator) -> bool:
    """Whether a minimiser looks for some hundred panels at once, in the time that it takes for ten."""
    return evaluator.mode == "numpy" and losses.found_in_floats(evaluator.operator)


def _in_one(evaluator: Evaluator, size: tuple[int, int]) -> int:
    """Cases of a batch, as many as are cheap."""
    return batch_size(*size) // (ONE_BY_ONE if evaluator.mode == "single" else evaluator.share)


def _drawn(evaluator: Evaluator, structure: strategies.Structure, count: int, n: int = 0) -> Cases:
    operator, softener = evaluator.operator, evaluator.softener
    cases = draw(
        structure.key + n,
        count,
        structure.size,
        panel=structure.panel,
        weights=structure.weights,
        temperature=structure.temperature,
        tilt=structure.tilt,
        temperatures_in=(softener.lowest, softener.highest),
        pairs=operator.takes_temperature,
        interior=operator.domain == "interior",
    )
    if not _minimised(evaluator):
        return cases
    # Elsewhere the minimiser's answer convicts nobody (`claims.float_rule`), and takes it a hundred times as long.
    return replace(cases, P=_moderate(cases.P), w=_moderate(cases.w))


def _moderate(x: np.ndarray) -> np.ndarray:
    """Distributions mixed with the even one until no entry is small."""
    return x + MODERATE * (1 - x.shape[-1] * x)


def _structures(evaluator, readings, plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """Every structure of every size; where calls are counted, what is open alone and the sizes in turns."""
    if _minimised(evaluator):
        for lap in range(max(1, plan.effort.structures // MIXED)):
            yield from _once_over(evaluator, readings, plan, tallies, lap)
        plan.laps.append(0)
        return
    if evaluator.allowance.limited:
        yield from _few_structures(evaluator, readings, plan, tallies)
        return

    def run(structure: strategies.Structure) -> None:
        for cases in batches(evaluator, structure, plan.effort.share):
            if plan.late:
                return
            tallies.add(measure(evaluator, readings, cases, aimed=AIMED))

    sizes = drawn_at(evaluator, plan)
    yield Step("structures", 0, len(sizes), "edge cases")
    for structure in (*strategies.explicit(sizes), *strategies.peaked(plan.wide)):
        run(structure)
    for n, size in enumerate(sizes):
        yield Step("structures", n, len(sizes), f"K={size[0]}, C={size[1]}")
        count = plan.effort.odd if size in ODD_SIZES and size not in plan.extra else plan.effort.structures
        strategies.each(size, math.ceil(count * worth(evaluator, size)), hash((plan.seed, size)) & 0xFFFFFFFF, run)
    if not plan.late:
        plan.laps.append(0)
    lap = 0
    while plan.again and plan.deadline is not None and not plan.late:
        lap += 1
        size = sizes[lap % len(sizes)]
        yield Step("structures", 0, 0, f"until the budget ends: K={size[0]}, C={size[1]}")
        strategies.each(size, plan.effort.structures, hash((plan.seed, size, lap)) & 0xFFFFFFFF, run)


def _once_over(evaluator, readings, plan: Plan, tallies: Tallies, lap: int = 0) -> Iterator[Step]:
    """A batch a size, in which cases of several structures take turns: directions are sought at the first of a batch only."""
    sizes = drawn_at(evaluator, plan) if _minimised(evaluator) else plan.sizes
    for n, size in enumerate(sizes):
        if plan.late:
            return
        yield Step("structures", n, len(sizes), f"K={size[0]}, C={size[1]}")
        seed = hash((plan.seed, size, lap) if lap else (plan.seed, size))
        hand = strategies.drawn(size, MIXED, seed & 0xFFFFFFFF)
        count = max(_thinned(_in_one(evaluator, size), plan.effort.share) // MIXED, 4)
        asked = [r for r in readings if r.name not in plan.small] if size[0] * size[1] > READABLE else readings
        if not asked:
            continue
        mixed = in_turns_of([_drawn(evaluator, structure, count) for structure in hand])
        tallies.add(measure(evaluator, asked, mixed, aimed=AIMED))


def _few_structures(evaluator, readings, plan: Plan, tallies: Tallies) -> Iterator[Step]:
    sizes = [size for size in plan.sizes if evaluator.calls_worth(size) == 1] or list(plan.sizes)[:1]
    drawn: list[strategies.Structure] = []
    for size in sizes:
        strategies.each(size, plan.effort.structures, hash((plan.seed, size)) & 0xFFFFFFFF, drawn.append)
    each = len(drawn) // len(sizes)
    in_turns = [drawn[n + m * each] for n in range(each) for m in range(len(sizes))]
    kinds = strategies.explicit(sizes)
    contested = [structure for size in sizes for structure in strategies.contested(size)]
    every = [*contested, *kinds, *in_turns]
    for n, structure in enumerate(every):
        wanted = tallies.open(readings)
        if not wanted or plan.late:
            break
        yield Step("structures", n, len(every), f"K={structure.size[0]}, C={structure.size[1]}")
        for cases in batches(evaluator, structure):
            tallies.add(measure(evaluator, wanted, cases, aimed=AIMED))
        conclude.look(evaluator, tallies, LOOKS)
    if not plan.late:
        plan.laps.append(0)


def _climbed(evaluator, readings, plan: Plan, tallies: Tallies) -> Iterator[Step]:
    """By gradients where JAX has them, else by small steps at random."""
    sizes = [size for size in ASCENT_SIZES if size in plan.sizes] or list(plan.sizes)[:1]
    sizes = sizes[: 1 if plan.effort.level < 2 else 3]
    for n, size in enumerate(sizes):
        quiet = _worth_climbing(readings, tallies)
        if not quiet or plan.late:
            return
        yield Step("gradients", n, len(sizes), f"K={size[0]}, C={size[1]}: {len(quiet)} readings")
        if evaluator.mode == "jax":
            for cases in ascend(evaluator, quiet, size, plan.effort.starts, plan.effort.steps, plan.seed):
                tallies.add(measure(evaluator, readings, cases, anew=True))
        else:
            for measured in climb(evaluator, quiet, size, plan.seed, level=plan.effort.level):
                tallies.add(measured)


def _worth_climbing(readings: Sequence[Reading], tallies: Tallies) -> list[Reading]:
    """Readings without a candidate whose margin has a slope, but for those that a stronger one's margin contains."""
    quiet = {
        r.name: r.claim
        for r in readings
        if isinstance(r.claim, Pointwise) and r.claim.measurable and not tallies.by_name[r.name].suspected
        if all(one.free or one.kind == "index" for one in needed(r.claim.needs))
    }
    covered = {
        weak
        for r in readings
        for weak in r.weaker
        if r.name in quiet and weak in quiet and quiet[weak].scale is None
        if set(quiet[weak].probes) <= set(quiet[r.name].probes)
    }
    return [r for r in readings if r.name in quiet and r.name not in covered]
