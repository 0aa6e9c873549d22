"""The zoo: aggregation operators from practice and from the literature, each with the truth that is known of it.

`ENTRIES` maps a name to its `Entry`; `axiomkd.zoo.linear` is the operator itself. Knows no axiom beyond its name.
"""

from collections.abc import Callable

# isort: off
# The order of import is the order of ENTRIES: a reader of a list meets the plain pools first.
from axiomkd.zoo import pools, weighting, order, selections, evidence, transport, means, heated, families
# isort: on

from axiomkd.zoo.entry import ENTRIES, Entry

__all__ = [
    "ENTRIES",
    "Entry",
    "evidence",
    "families",
    "heated",
    "means",
    "order",
    "pools",
    "selections",
    "transport",
    "weighting",
]


def __getattr__(name: str) -> Callable:
    """The operator of that name."""
    try:
        return ENTRIES[name].fn
    except KeyError:
        raise AttributeError(f"the zoo holds no operator named {name!r}; it holds {', '.join(ENTRIES)}") from None


def __dir__() -> list[str]:
    return sorted({*__all__, *ENTRIES})
