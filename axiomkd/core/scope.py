"""The sizes that a proof speaks of, as a value: what it covers, what two of them have in common, and the one way of writing it.

It knows no proof and no operator. A scope never says that the operator supports a size, only that the argument covers it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

Size = tuple[int, int]
"""K teachers, C classes."""


@dataclass(frozen=True)
class All:
    """Every K and C."""

    def covers(self, K: int, C: int) -> bool:
        return True

    def __str__(self) -> str:
        return "all K, C"


@dataclass(frozen=True)
class Supported:
    """Every K and C that the operator supports, where it names its sizes."""

    def covers(self, K: int, C: int) -> bool:
        return True

    def __str__(self) -> str:
        return "all K, C that it supports"


@dataclass(frozen=True)
class ForEvery:
    """Some values of one axis, "K" or "C", and every value of the other."""

    axis: str
    values: tuple[int, ...]

    def covers(self, K: int, C: int) -> bool:
        return (K if self.axis == "K" else C) in self.values

    def __str__(self) -> str:
        return f"{self.axis} = {', '.join(map(str, self.values))} and every {'C' if self.axis == 'K' else 'K'}"


@dataclass(frozen=True)
class AtSizes:
    """Finitely many sizes, sorted."""

    sizes: tuple[Size, ...]

    def covers(self, K: int, C: int) -> bool:
        return (K, C) in self.sizes

    def __str__(self) -> str:
        if len(self.sizes) <= FEW:
            return f"{LISTED}{', '.join(f'({K}, {C})' for K, C in self.sizes)}"
        columns: dict[tuple[int, ...], list[int]] = {}
        for K in sorted({K for K, _ in self.sizes}):
            columns.setdefault(tuple(C for k, C in self.sizes if k == K), []).append(K)
        return LISTED + "; ".join(f"({_ranges(Ks)}, {_ranges(Cs)})" for Cs, Ks in columns.items())


@dataclass(frozen=True)
class AtLeast:
    """Every size from these K and C on: where a claim fails, by a theorem. No proof has such a scope."""

    K: int
    C: int

    def covers(self, K: int, C: int) -> bool:
        return K >= self.K and C >= self.C

    def __str__(self) -> str:
        return f"every K ≥ {self.K}, C ≥ {self.C}"


Scope = All | Supported | ForEvery | AtSizes

FEW = 12  # sizes up to which each is written
LISTED = "(K, C) = "


def at_sizes(sizes: Iterable[Size]) -> AtSizes:
    """The scope of these sizes, in order and each once."""
    return AtSizes(tuple(sorted(set(sizes))))


def over(axis: str, values: Iterable[int]) -> ForEvery:
    """The scope of these values of "K" or "C", and every value of the other."""
    return ForEvery(axis, tuple(sorted(set(values))))


def whole(scope: Scope) -> bool:
    """Whether a scope is every size that the operator supports."""
    return isinstance(scope, All | Supported)


def every_C(scope: Scope) -> bool:
    """Whether a scope covers, with a size, the size of one class less that the operator supports."""
    return whole(scope) or (isinstance(scope, ForEvery) and scope.axis == "K")


def complete(scope: Scope, K: Sequence[int] | None, C: Sequence[int] | None) -> bool:
    """Whether a scope covers every one of these K with every one of these C; None stands for all there are."""
    match scope:
        case All() | Supported():
            return True
        case ForEvery(axis, values):
            wanted = K if axis == "K" else C
            return wanted is not None and set(wanted) <= set(values)
        case AtSizes(sizes):
            return K is not None and C is not None and {(k, c) for k in K for c in C} <= set(sizes)


def meet(*scopes: Scope) -> Scope | None:
    """The sizes that all scopes cover, None where there are none, or where two open axes leave no scope to name them by."""
    return reduce(lambda a, b: None if a is None else _meet(a, b), scopes[1:], scopes[0])


def _meet(a: Scope, b: Scope) -> Scope | None:
    if a == b:
        return a
    for one, other in ((a, b), (b, a)):
        if isinstance(one, All):
            return other
        if isinstance(one, AtSizes):
            left = tuple(size for size in one.sizes if other.covers(*size))
            return AtSizes(left) if left else None
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Supported):
            return other
    assert isinstance(a, ForEvery) and isinstance(b, ForEvery)
    if a.axis == b.axis:
        values = tuple(n for n in a.values if n in b.values)
        return ForEvery(a.axis, values) if values else None
    Ks, Cs = (a.values, b.values) if a.axis == "K" else (b.values, a.values)
    return at_sizes((K, C) for K in Ks for C in Cs)


def parse(text: str) -> Scope:
    """The scope that is written so. Raises ValueError where `text` is none."""
    scope = _parsed(text)
    if scope is None or scope == AtSizes(()) or str(scope) != text:
        raise ValueError(f"{text!r} names no sizes")
    return scope


def parse_at_least(text: str) -> AtLeast:
    """The sizes that are written so. Raises ValueError where `text` names none."""
    found = re.fullmatch(r"every K ≥ (\d+), C ≥ (\d+)", text)
    if not found or str(sizes := AtLeast(int(found[1]), int(found[2]))) != text:
        raise ValueError(f"{text!r} names no sizes from some on")
    return sizes


def _parsed(text: str) -> Scope | None:
    for plain in (All(), Supported()):
        if text == str(plain):
            return plain
    if found := re.fullmatch(r"([KC]) = (\d+(?:, \d+)*) and every [KC]", text):
        return over(found[1], map(int, found[2].split(", ")))
    if not text.startswith(LISTED):
        return None
    if ";" not in text and "–" not in text and "{" not in text:
        return at_sizes((int(K), int(C)) for K, C in re.findall(r"\((\d+), (\d+)\)", text))
    pairs = re.findall(r"\((\{[^}]*\}|[\d–]+), (\{[^}]*\}|[\d–]+)\)", text)
    return at_sizes((K, C) for Ks, Cs in pairs for K in _numbers(Ks) for C in _numbers(Cs))


def _ranges(numbers: Sequence[int]) -> str:
    """Rising numbers with runs of three and more as a range, in braces where there are several: `{2–5, 8}`."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    parts = [p for run in runs for p in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run))]
    return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def _numbers(text: str) -> list[int]:
    out: list[int] = []
    for part in text.strip("{}").split(", "):
        first, _, last = part.partition("–")
        out += range(int(first), int(last or first) + 1)
    return out
