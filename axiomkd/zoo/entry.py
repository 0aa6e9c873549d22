"""What the zoo records of one operator: its name, formula, source, sizes, and the truth that is known of it.

Knows the names of the readings in the order in which truth is spelled, and nothing of how a reading is decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

F = TypeVar("F", bound=Callable)

TRUTH_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("simplex", "unanimity", "envelope", "hull"),
    ("common-support", "any-support", "inheritance"),
    ("interior", "closed", "lipschitz"),
    ("pull", "responsive", "favourite", "coordinate", "transfer", "strict-transfer"),
    ("limits", "nonexpansive", "ranking", "entropy", "commutation", "hot", "cold"),
)
"""The readings in the order of a spelled truth, a group an axiom; `nonnegative` always holds and is not spelled."""

GUARANTEE_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("variance", "variance-max"),
    ("bias-mean", "bias-max"),
    ("jensen", "log-loss", "log-loss-max"),
    ("attenuation", "safety", "safety-set"),
    ("brier-mean", "brier-max"),
    ("influence", "influence-one"),
    ("entropy-mean", "pareto", "merge", "bayes"),
)
"""The guarantees in the order of a spelled truth, a group what is alike."""

VALUE_OF_MARK: Mapping[str, bool | None] = MappingProxyType({"+": True, "-": False, "?": None})


@dataclass(frozen=True)
class Entry:
    """One shipped operator and what is known of it.

    `fn(P, w)` takes P of shape (K, C) and w of shape (K,) and returns the aggregate of shape (C,); one that takes a temperature
    for each teacher has a parameter `Ts` too. `truth` maps the
    name of a reading to True (holds), False (fails) or None (unknown). `note` names the points where the domain is
    trouble, `open` says what is known of what is unknown. `K` and `C` list the sizes that the operator supports; None is
    every size.
    """

    name: str
    fn: Callable
    formula: str
    source: str
    truth: Mapping[str, bool | None]
    note: str = ""
    open: str = ""
    K: tuple[int, ...] | None = None
    C: tuple[int, ...] | None = None


ENTRIES: dict[str, Entry] = {}


def parse_truth(spelled: str, columns: tuple[tuple[str, ...], ...] = TRUTH_COLUMNS) -> Mapping[str, bool | None]:
    """Read a spelled truth such as "++ ++ +++ +++ ++ ++ +++-": a mark a reading, in the groups of `columns`.

    Raises ValueError where the groups, their lengths or a mark are not as expected.
    """
    groups = spelled.split()
    expected = [len(readings) for readings in columns]
    found = [len(group) for group in groups]
    if found != expected:
        raise ValueError(f"truth {spelled!r} has groups of lengths {found}, expected {expected}")
    if unknown := sorted(set("".join(groups)) - set(VALUE_OF_MARK)):
        raise ValueError(f"truth {spelled!r} holds {unknown}, expected only the marks {list(VALUE_OF_MARK)}")
    marks = zip(columns, groups, strict=True)
    return MappingProxyType(
        {reading: VALUE_OF_MARK[mark] for names, group in marks for reading, mark in zip(names, group, strict=True)}
    )


def entry(
    *,
    formula: str,
    source: str,
    truth: str,
    guarantees: str = "",
    name: str | None = None,
    note: str = "",
    open: str = "",
    K: tuple[int, ...] | None = None,
    C: tuple[int, ...] | None = None,
) -> Callable[[F], F]:
    """Record the decorated operator in ENTRIES, and return it unchanged.

    `name` is the function's own where it is not given; without `guarantees` nothing is known of them. Raises ValueError where
    `truth` or `guarantees` is misspelled, the name is taken, or a mark is "?" and `open` does not say why.
    """
    promised = parse_truth(guarantees, GUARANTEE_COLUMNS) if guarantees else {}
    known = MappingProxyType({"nonnegative": True, **parse_truth(truth), **promised})

    def record(fn: F) -> F:
        label = name or getattr(fn, "__name__", "")
        if label in ENTRIES:
            raise ValueError(f"the zoo already holds an operator named {label!r}")
        if None in known.values() and not open:
            raise ValueError(f"of {label!r} something is unknown, and `open` does not say why")
        ENTRIES[label] = Entry(label, fn, formula, source, known, note, open, K, C)
        return fn

    return record
