"""Differences of two terms that are never negative though each alone may be anything: sorted entries, entropies.

It knows the terms only, and asks for bounds of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.verify.algebra import Factors, difference, is_instance, product, split
from axiomkd.verify.intervals import Interval
from axiomkd.verify.terms import Node, node, num

Parts = Sequence[tuple[Fraction, Factors]]


def ordered(parts: Parts, bounds: Callable[[Node], Interval]) -> bool:
    """x − y where x is a larger order statistic of the same numbers, or their maximum, or y their minimum."""
    if len(parts) != 2 or sorted(c for c, _ in parts) != [-1, 1]:
        return False
    more, less = (next(p for c, p in parts if c == sign) for sign in (1, -1))
    x, y = product(Fraction(1), more), product(Fraction(1), less)
    if x.op == y.op == "sorted" and x.args[:2] == y.args[:2]:
        gap = bounds(node("add", x.args[2], node("mul", num(-1), y.args[2])))
        return gap.nonnegative or difference(x.args[2], y.args[2]) >= 0
    if x.op == "amax":
        return is_instance(x, y) or (y.op in ("sorted", "amin") and x.args[:2] == y.args[:2])
    return y.op == "amin" and (is_instance(y, x) or (x.op == "sorted" and x.args[:2] == y.args[:2]))


def below_log(parts: Parts, entry: Callable[[Node, Node], bool]) -> bool:
    """c (log C + Σ_i p_i log p_i) ≥ 0: the entropy of C numbers that sum to 1 is at most log C."""
    if len(parts) != 2 or len({c for c, _ in parts}) != 1 or parts[0][0] < 0:
        return False
    terms = [next(iter(p)) for _, p in parts if len(p) == 1 and set(p.values()) == {1}]
    logs = [t for t in terms if t.op == "log" and t.args[0].op in ("size", "num")]
    sums = [t for t in terms if t.op == "sum" and _entropy(t, entry)]
    return len(logs) == 1 == len(sums) and sums[0].args[0].args[0] is logs[0].args[0]


def _entropy(total: Node, entry: Callable[[Node, Node], bool]) -> bool:
    """Σ_i p_ki log p_ki, a log of 0 taken for anything."""
    c, factors = split(total.args[1])
    entries = [f for f in factors if entry(f, total.args[0])]
    if c != 1 or len(entries) != 1 or len(factors) != 2 or set(factors.values()) != {1}:
        return False
    other = next(f for f in factors if f not in entries)
    return other.op in ("log", "logp") and other.args[0] is entries[0]
