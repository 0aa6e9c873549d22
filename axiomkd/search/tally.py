"""What a search has gathered on each reading so far: counts, the worst margin, and candidates worth confirming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from axiomkd.claims.confirm import Confirmed
from axiomkd.claims.margins import Measured
from axiomkd.core.case import Cases, ExactCase, exact, more_of
from axiomkd.core.reading import Reading
from axiomkd.core.tolerances import DETECT

READABLE = 30  # K·C above which exact arithmetic and shrinking are slow
SIMPLE = 48  # small-fraction candidates kept for a reading
BROKEN = ROUGH = 6
DEEP = 1e-6  # a float violation of this size is worth an exact look at once


@dataclass
class Tally:
    """One reading. `wild` keeps the worst sampled case of each kind of panel at each size, so that what floats get wrong
    at one does not hide what is wrong at another; `rough` the first cases whose violation is within the rounding of the
    operator's own arithmetic; `broken` interior cases without a margin.

    `trace` are (cases, worst margin) whenever that has become worse; `confirmed` is what was borne out while the search still
    went on, after `looked` candidates were looked at.
    """

    reading: Reading
    cases: int = 0
    worst: float = np.inf
    simple: list[ExactCase] = field(default_factory=list)
    wild: dict[tuple[str, tuple[int, int]], tuple[float, Cases | ExactCase]] = field(default_factory=dict)
    rough: list[ExactCase] = field(default_factory=list)
    broken: list[ExactCase] = field(default_factory=list)
    trace: list[tuple[int, float]] = field(default_factory=list)
    confirmed: Confirmed | None = None
    looked: int = 0

    @property
    def suspected(self) -> bool:
        return bool(self.simple or self.wild)

    def candidates(self) -> list[tuple[float, ExactCase]]:
        """Sampled candidates, the largest violation first: of readable sizes where there are any, else of all sizes.

        Only these are written in fractions: for hundreds of classes that takes longer than to draw and measure a batch.
        """
        small = {label for label in self.wild if label[1][0] * label[1][1] <= READABLE}
        for label in small or set(self.wild):
            margin, case = self.wild[label]
            if isinstance(case, Cases):
                self.wild[label] = margin, exact(case, 0)
        found = [(margin, case) for margin, case in self.wild.values() if isinstance(case, ExactCase)]
        return sorted(found, key=lambda item: item[0])

    def best(self, count: int) -> list[ExactCase]:
        """What was borne out, else the simplest small fractions and the worst of the sampled candidates."""
        if self.confirmed is not None:
            return [self.confirmed.case]
        sampled = [case for _, case in self.candidates()[:count]]
        return [*sorted(self.simple, key=ExactCase.simplicity)[:count], *sampled]

    def unseen(self) -> list[ExactCase]:
        """Candidates gathered since the last look, of violations that are no rounding, the simplest first."""
        every = [*self.simple, *(case for _, case in self.candidates())] if self.worst < -DEEP else []
        new, self.looked = every[self.looked :], max(self.looked, len(every))
        return sorted(new, key=ExactCase.simplicity)


@dataclass
class Tallies:
    """All pointwise readings, and the interior points at which A itself is not finite."""

    by_name: dict[str, Tally]
    undefined: list[ExactCase] = field(default_factory=list)
    interior: int = 0
    finite: int = 0

    def open(self, readings: Iterable[Reading]) -> list[Reading]:
        """Of these readings, those that nothing has been borne out against."""
        return [r for r in readings if self.by_name[r.name].confirmed is None]

    def taking(self, readings: Iterable[Reading], *, counts: bool = True) -> Tallies:
        """These of the readings, with all that was counted of the operator itself, or none of that."""
        own = {r.name: self.by_name[r.name] for r in readings}
        return Tallies(own, list(self.undefined), self.interior, self.finite) if counts else Tallies(own)

    def and_those(self, others: Tallies) -> Tallies:
        return Tallies(
            {**self.by_name, **others.by_name},
            [*self.undefined, *others.undefined],
            self.interior + others.interior,
            self.finite + others.finite,
        )

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> Tallies:
        return cls({r.name: Tally(r) for r in readings})

    def add(self, measured: Measured) -> None:
        """Count a sampled batch and keep its worst cases."""
        self._count(measured)
        for name, margin in measured.margins.items():
            at = int(np.nanargmin(margin)) if not np.isnan(margin).all() else 0
            here = float(margin[at])
            if here < -measured.detect:
                self._keep(self.by_name[name], here, measured, at)
            elif here < -DETECT and len(self.by_name[name].rough) < ROUGH:
                self.by_name[name].rough.append(exact(measured.of(self.by_name[name].reading), at))

    def _keep(self, tally: Tally, here: float, measured: Measured, at: int) -> None:
        label = measured.cases.label, measured.cases.size
        if label not in tally.wild or here < tally.wild[label][0]:
            tally.wild[label] = here, measured.of(tally.reading).take(slice(at, at + 1))

    def _count(self, measured: Measured) -> None:
        for name, margin in measured.margins.items():
            tally = self.by_name[name]
            inside = ~np.isposinf(margin)
            tally.cases += int(inside.sum())
            if inside.any():
                least = np.nanmin(margin, initial=np.inf)
                if least < tally.worst:
                    tally.worst = float(least)
                    tally.trace.append((tally.cases, tally.worst))
            for i in np.flatnonzero(np.isnan(margin))[: BROKEN - len(tally.broken)]:
                tally.broken.append(exact(measured.of(tally.reading), int(i)))
        inner = measured.view.support.all((1, 2)) & measured.view.active.all(1)
        self.interior += int(inner.sum())
        self.finite += int((inner & ~measured.undefined).sum())
        for i in np.flatnonzero(measured.undefined)[: BROKEN - len(self.undefined)]:
            self.undefined.append(exact(replace(measured.cases, more={}), int(i)))

    def add_simple(self, measured: Measured, make) -> None:
        """Count a batch of small fractions in order of simplicity; `make(i, d)` is the exact case behind the i-th."""
        self._count(measured)
        for name, margin in measured.margins.items():
            tally = self.by_name[name]
            room = SIMPLE - len(tally.simple)
            with np.errstate(invalid="ignore"):
                hits = np.flatnonzero(margin < -measured.detect)[: max(room, 0)]
                rough = np.flatnonzero((margin < -DETECT) & (margin >= -measured.detect))[: ROUGH - len(tally.rough)]
            of = measured.of(tally.reading)
            tally.simple.extend(make(int(i)).having(more_of(of, int(i))) for i in hits)
            tally.rough.extend(make(int(i)).having(more_of(of, int(i))) for i in rough)
