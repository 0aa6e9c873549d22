"""What a rule covers, said as data: the dtypes of operands and results, the parameters and their values, the ranks.

What an entry does not say is not covered: a dtype that is not listed, a parameter that is not named and has a value, make
the primitive's value unknown. One place asks (`refusal`), so that no rule has to remember.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from axiomkd.tracing.lift import arrays

Dtypes = frozenset[str] | None
"""The names of dtypes; None for any at all, also those whose entries mean nothing here."""

REAL = frozenset({"float32", "float64"})
SIGNED = frozenset(f"int{n}" for n in (8, 16, 32, 64))
UNSIGNED = frozenset(f"uint{n}" for n in (8, 16, 32, 64))
WHOLE = SIGNED | UNSIGNED
TRUTH = frozenset({"bool"})
KNOWN = REAL | WHOLE | TRUTH
ANYTHING: Dtypes = None


@dataclass(frozen=True)
class Signature:
    """Dtypes of the operands and of the results; the last of each stands for all that follow."""

    takes: tuple[Dtypes, ...]
    gives: tuple[Dtypes, ...]

    def covers(self, takes: list[str], gives: list[str]) -> bool:
        return _fit(self.takes, takes) and _fit(self.gives, gives)


def _fit(allowed: tuple[Dtypes, ...], found: list[str]) -> bool:
    if len(found) < len(allowed) - 1:
        return False
    pairs = zip_longest(found, allowed[: len(found)], fillvalue=allowed[-1])
    return all(some is None or name in some for name, some in pairs)


def alike(*several: Dtypes) -> tuple[Signature, ...]:
    """Operands and results all of one of these groups."""
    return tuple(Signature((group,), (group,)) for group in several)


Check = Callable[[Any], bool]


def anything(_value: Any) -> bool:
    return True


def void(value: Any) -> bool:
    """Whether a parameter says nothing: None, False, or nothing in it."""
    return value is None or value is False or (isinstance(value, tuple | list | dict) and not value)


def named(*parameters: str) -> dict[str, Check]:
    """These parameters, whatever their values."""
    return dict.fromkeys(parameters, anything)


@dataclass(frozen=True)
class Entry:
    """A primitive's rule, and where it holds.

    `rule(lifted, equation, *arrays)` gives an Array, or a list of them where the primitive has several results. `parameters`
    names every parameter that may have a value, with what is asked of the value. `scalars` are the places of operands that
    must have no axes, `operands` is their number where the rule knows only one. `computes` is False of rules that only pass
    on entries, which need not be held against the range of their dtype.
    """

    rule: Callable[..., Any]
    signatures: tuple[Signature, ...]
    parameters: Mapping[str, Check] = field(default_factory=dict)
    scalars: tuple[int, ...] = ()
    operands: int | None = None
    computes: bool = True

    def refusal(self, equation: Any) -> str | None:
        """Why the rule does not cover an equation; None where it does."""
        takes = [arrays.named(x.aval.dtype) for x in equation.invars]
        gives = [arrays.named(x.aval.dtype) for x in equation.outvars]
        if not any(s.covers(takes, gives) for s in self.signatures):
            return f"in {', '.join(dict.fromkeys([*takes, *gives])) or 'no dtype'}"
        if self.operands is not None and len(equation.invars) != self.operands:
            return f"of {len(equation.invars)} arrays"
        for name, value in equation.params.items():
            if not self.parameters.get(name, void)(value):
                return f"with {name}={_short(value)}"
        if any(n < len(equation.invars) and equation.invars[n].aval.shape != () for n in self.scalars):
            return "with an array for a number"
        return None


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 24 else f"{text[:23]}…"
