"""Whether a term is continuous in P wherever it is a number, with infinities inside: read off its operations.

In the extended real numbers each operation here is continuous where it gives no NaN, and passes a NaN on. It answers with the
operation that stands in the way, None where none does.
"""

from __future__ import annotations

from axiomkd.verify.algebra import split
from axiomkd.verify.signs import Signs
from axiomkd.verify.terms import Node

ALWAYS = frozenset({"add", "mul", "exp", "abs", "cbrt", "sum", "prod"})
EXTREMES = frozenset({"max", "min", "amax", "amin"})
BOUND = frozenset({"sum", "prod", "amax", "amin"})
ANYTHING = frozenset({"+", "-", "nan"})
NOTHING: frozenset[str] = frozenset()


def obstacle(x: Node, signs: Signs) -> str | None:
    if "P" not in x.reads:
        return None
    if x.op in ("P", "w"):
        return "an entry at a place that depends on P" if any("P" in a.reads for a in x.args) else None
    if x.op == "where":
        return "where" if "P" in x.args[0].reads else _first(x.args[1:], signs)
    parts = x.args[1:2] if x.op in BOUND else x.args
    if x.op in BOUND and "P" in x.args[0].reads:
        return x.op
    match x.op:
        case _ if x.op in ALWAYS:
            return _first(parts, signs)
        case _ if x.op in EXTREMES:
            told = not any("nan" in wild(part, signs) for part in parts)
        case "log":
            told = signs.of(parts[0]).nonnegative
        case "div":
            told = signs.of(parts[1]).nonnegative
        case "pow":
            told = (x.data > 0 and x.data.denominator == 1) or signs.of(parts[0]).nonnegative
        case "powr":
            told = "P" not in parts[1].reads and signs.of(parts[0]).nonnegative
        case "fn":
            told = x.data in ("tanh", "erf", "atan")
        case _:
            told = False
    return _first(parts, signs) if told else x.op


def _first(parts, signs: Signs) -> str | None:
    return next((found for part in parts if (found := obstacle(part, signs)) is not None), None)


def wild(x: Node, signs: Signs) -> frozenset[str]:
    """Which of +∞, −∞ and NaN a term may be."""
    match x.op:
        case "num" | "size" | "T" | "P" | "w" | "index" | "bound" | "ind":
            return NOTHING
        case "log":
            inner, bounds = wild(x.args[0], signs), signs.of(x.args[0])
            lost = {"-"} if not bounds.positive else NOTHING
            return frozenset(
                (inner & {"+", "nan"}) | lost | ({"nan"} if not bounds.nonnegative or "-" in inner else NOTHING)
            )
        case "exp":
            return wild(x.args[0], signs) - {"-"}
        case "add" | "max" | "min":
            return _joined([wild(a, signs) for a in x.args], adds=x.op == "add")
        case "sum" | "amax" | "amin":
            return _joined([wild(x.args[1], signs)], adds=x.op == "sum")
        case "mul":
            return _of_product(x, signs)
    return ANYTHING


def _joined(several: list[frozenset[str]], *, adds: bool) -> frozenset[str]:
    found = NOTHING.union(*several)
    return found | {"nan"} if adds and {"+", "-"} <= found else found


def _of_product(x: Node, signs: Signs) -> frozenset[str]:
    """One factor that may be infinite, beside factors that are above 0 or a number."""
    c, factors = split(x)
    infinite = [f for f in factors if wild(f, signs)]
    if not infinite:
        return NOTHING if all(e > 0 for e in factors.values()) else ANYTHING
    (f, *more) = infinite
    others = [g for g in factors if g is not f]
    if more or factors[f] != 1 or not all(signs.of(g).positive and factors[g] > 0 for g in others):
        return ANYTHING
    turn = {"+": "-", "-": "+", "nan": "nan"}
    return frozenset(turn[one] for one in wild(f, signs)) if c < 0 else wild(f, signs)
