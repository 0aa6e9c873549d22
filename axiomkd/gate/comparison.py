"""Two reports side by side: what is gained, what is lost, what has moved. It knows no layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.core.verdict import GOOD

Kind = Literal["lost", "gained", "weaker", "stronger", "verdict", "scope", "proof", "margin", "new", "gone", "same"]
NOISE = 1e-9  # a margin that moves by less, or by less than this share of itself, has not moved


@dataclass(frozen=True)
class Change:
    """One reading in both reports; None where a report does not have it."""

    axiom: str
    name: str
    old: ReadingModel | None
    new: ReadingModel | None
    kind: Kind

    @property
    def id(self) -> str:
        return f"{self.axiom}/{self.name}"


@dataclass(frozen=True)
class Pair:
    """One operator in both reports; None where a report does not have it, `unloaded` where the new one says that its target could
    not be loaded."""

    old: OperatorModel | None
    new: OperatorModel | None
    changes: tuple[Change, ...]
    unloaded: bool = False

    @property
    def name(self) -> str:
        one = self.new or self.old
        assert one is not None
        return one.target or one.name

    @property
    def moved(self) -> str | None:
        """The target that it had, where that is another one now."""
        both = self.old is not None and self.new is not None
        return self.old.target if both and self.old.target != self.new.target else None  # type: ignore[union-attr]


@dataclass(frozen=True)
class Comparison:
    """What differs between two reports. `settings` are (name, old, new) where they differ: verdicts may differ by them."""

    settings: tuple[tuple[str, str, str], ...]
    pairs: tuple[Pair, ...]

    def of(self, *kinds: Kind) -> list[tuple[Pair, Change]]:
        return [(pair, one) for pair in self.pairs for one in pair.changes if one.kind in kinds]

    @property
    def lost(self) -> list[tuple[Pair, Change]]:
        """The readings that were proved or held and no longer are, though their operator is still there, or should be."""
        return self.of("lost")

    @property
    def gained(self) -> list[tuple[Pair, Change]]:
        return self.of("gained")


def compared(old: Report, new: Report) -> Comparison:
    """What has changed from one report to the other."""
    return Comparison(tuple(_settings(old, new)), tuple(_pair(a, b, new) for a, b in _pairs(old, new)))


def _pair(old: OperatorModel | None, new: OperatorModel | None, report: Report) -> Pair:
    unloaded = new is None and old is not None and any(_of(old.target, one.target) for one in report.failures)
    asked = report.settings.readings
    return Pair(old, new, tuple(_changes(old, new, asked, gone=new is None and not unloaded)), unloaded)


def _of(target: str, failed: str) -> bool:
    """Whether an operator's target is the one that could not be loaded, or of its file or module."""
    return target == failed or target.startswith((f"{failed}::", f"{failed}:"))


def _settings(old: Report, new: Report) -> Iterator[tuple[str, str, str]]:
    before, after = (
        {"version": one.version, "profile": one.profile.name, **one.settings.model_dump(), "partial": one.partial}
        for one in (old, new)
    )
    for name, value in before.items():
        if after[name] != value:
            yield name, _told(value), _told(after[name])


def _told(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none named"
    return str(value)


def _pairs(old: Report, new: Report) -> Iterator[tuple[OperatorModel | None, OperatorModel | None]]:
    """By target; what is left by name, where only one operator on each side has it. New ones in their order, then the gone."""
    targets = {one.target: one for one in old.operators}
    pairs = {one.target: targets.pop(one.target, None) for one in new.operators}
    alone = Counter(one.name for one in targets.values())
    fresh = Counter(one.name for one in new.operators if pairs[one.target] is None)
    for one in new.operators:
        before = pairs[one.target]
        if before is None and alone[one.name] == fresh[one.name] == 1:
            before = next(o for o in targets.values() if o.name == one.name)
            del targets[before.target]
        yield before, one
    yield from ((one, None) for one in targets.values())


def _changes(
    old: OperatorModel | None, new: OperatorModel | None, asked: Sequence[str], *, gone: bool
) -> Iterator[Change]:
    """`asked`: the readings that the new report was asked for, none where it was all. What it was not asked for is not lost, nor
    is what went with an operator that is `gone`."""
    before = {(r.axiom, r.reading): r for r in (old.readings if old else ())}
    after = {(r.axiom, r.reading): r for r in (new.readings if new else ())}
    for place in dict.fromkeys([*before, *after]):
        a, b = before.get(place), after.get(place)
        yield Change(*place, a, b, _kind(a, b, gone=gone or (bool(asked) and "/".join(place) not in asked)))


def _kind(old: ReadingModel | None, new: ReadingModel | None, *, gone: bool) -> Kind:
    if old is None:
        return "new"
    if new is None:
        return "lost" if old.counts in GOOD and not gone else "gone"
    held, holds = old.counts in GOOD, new.counts in GOOD
    if held != holds:
        return "lost" if held else "gained"
    if old.verdict != new.verdict:
        return "verdict" if not held else "weaker" if old.verdict == "proved" else "stronger"
    if old.scope != new.scope:
        return "scope"
    if old.method != new.method:
        return "proof"
    unsearched = None in (
        old.margin,
        new.margin,
    )  # what is proved may be told without: no other claim, and no other proof
    return "same" if old.verdict == "proved" and unsearched or not _moved(old.margin, new.margin) else "margin"


def _moved(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > NOISE * max(1.0, abs(old), abs(new))
