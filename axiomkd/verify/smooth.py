"""Whether a term is continuous, or Lipschitz, in the inputs named: read off its operations, with `signs` for the borders.

It answers yes, or no with the operation that stands in the way; "no" says that it could not be derived, no more.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from axiomkd.verify import ranks
from axiomkd.verify.algebra import split
from axiomkd.verify.signs import Signs
from axiomkd.verify.terms import Node, node

ALWAYS = frozenset({"add", "max", "min", "abs", "exp", "sum", "prod", "amax", "amin", "sorted", "P", "w", "T"})


@dataclass(frozen=True)
class Smooth:
    """`of` are the inputs among P, w, T in which it is asked; `lipschitz` asks for bounded slopes on the compact domain."""

    signs: Signs
    of: Set[str]
    lipschitz: bool = False
    where_defined: bool = False  # asked only at points at which all parts are numbers

    def obstacle(self, x: Node) -> str | None:
        """The operation at which the rules end; None where the term is continuous (or Lipschitz)."""
        if not (x.reads & self.of):
            return None
        if x.op == "opaque":
            return "an opaque term"
        match x.op:
            case "mul" | "pow" | "div":
                return self._product(x)
            case "log":
                positive = self.where_defined or self.signs.of(x.args[0]).positive
                return self.obstacle(x.args[0]) if positive else "log"
            case "logp" | "wherepos":
                return self.obstacle(x.args[0]) if self.signs.of(x.args[0]).positive else x.op
            case "where" if not (x.args[0].reads & self.of):
                return next((found for a in x.args[1:] if (found := self.obstacle(a)) is not None), None)
            case "P" if (largest := _largest(x)) is not None:
                return self.obstacle(largest)
            case "P" | "w" if any(a.reads & self.of for a in x.args):
                return "an entry at a place that depends on the inputs"
            case "sorted" if x.args[2].reads & self.of:
                return "sorted"
            case "amin" if (own := ranks.of_entries(x, self.signs, self.of)) is not None:
                return self.obstacle(own)
            case _ if x.op in ALWAYS:
                parts = x.args[1:2] if x.op in ("sum", "prod", "amax", "amin", "sorted") else x.args
                return next((found for a in parts if (found := self.obstacle(a)) is not None), None)
        return x.op

    def _product(self, x: Node) -> str | None:
        _, factors = split(x)
        for f, e in factors.items():
            if not (f.reads & self.of):
                continue
            soft = f.op in ("logp", "log") and self._softened(f, e, factors)
            found = self.obstacle(f.args[0]) if soft else self._power(f, e)
            if found is not None:
                return found
        return None

    def _softened(self, log: Node, e, factors) -> bool:
        """x^a (log x)^n with a > 0 is continuous at 0, with a > 1 Lipschitz."""
        x = log.args[0]
        a = factors.get(x, 0)
        whole = e > 0 and e.denominator == 1
        return whole and self.signs.of(x).nonnegative and (a > 1 if self.lipschitz else a > 0)

    def _power(self, f: Node, e) -> str | None:
        bounds = self.signs.of(f)
        whole = e.denominator == 1 and e > 0
        above = bounds.nonnegative and (e >= 1 if self.lipschitz else e > 0)
        apart = bounds.positive or (e.denominator == 1 and bounds.high is not None and _negative(bounds))
        return self.obstacle(f) if whole or above or apart or self.where_defined else f"a power {e} of what may be 0"


def _negative(bounds) -> bool:
    return bounds.high < 0 or (bounds.high == 0 and bounds.below)


def _largest(x: Node) -> Node | None:
    """max_i p_ki, where it is written as the entry at the row's argmax."""
    k, place = x.args
    if place.op not in ("argmax", "argmin"):
        return None
    bound, body = place.args
    if body.op != "P" or body.args != (k, bound):
        return None
    return node("amax" if place.op == "argmax" else "amin", bound, body)
