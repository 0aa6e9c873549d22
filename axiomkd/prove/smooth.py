"""Continuity and Lipschitz continuity of a normal form over a domain, by the rules of composition.

The domain of a fixed size is compact or, for the interior, a set on which continuity is asked point by point. On the
closed domain a continuous denominator that is positive everywhere is bounded away from zero, so a quotient of Lipschitz
functions is Lipschitz there. Knows no reading; says why where it cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from axiomkd.prove import normal, quantile
from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

SMOOTH = frozenset({"tanh", "erf", "sin", "cos", "atan"})


@dataclass(frozen=True)
class Rough:
    """What stands in the way: the term, and the reason in words."""

    term: Term
    why: str


def roughness(
    a: Analysis,
    x: Term,
    *,
    lipschitz: bool,
    of: frozenset[str] = frozenset({"P", "w", "T"}),
    where_defined: bool = False,
) -> Rough | None:
    """None where x is continuous (or Lipschitz) in the inputs `of`, the others held fixed; else what stands in the way.

    With where_defined, continuity is only claimed at points where x is defined: denominators are not 0 there.
    """
    memo: dict[Term, Rough | None] = {}

    def go(t: Term) -> Rough | None:
        if not t.of & of:
            return None
        if t not in memo:
            memo[t] = _of(a, t, lipschitz, of, where_defined, go)
        return memo[t]

    return go(x)


def _first(parts) -> Rough | None:
    return next((r for r in parts if r is not None), None)


def _of(a: Analysis, t: Term, lipschitz: bool, of: frozenset[str], where_defined: bool, go) -> Rough | None:
    match t.op:
        case "P" | "w":
            return _first(Rough(t, "the row is chosen by the inputs") for x in t.args if go(x) is not None)
        case "T":
            return None
        case "add" | "max" | "min":
            return _first(map(go, t.args))
        case "mul" | "pow":
            return _product(a, t, lipschitz, where_defined, go)
        case "amin" if (own := quantile.entries(a, t, of)) is not None:
            return go(own)
        case "sum" | "amax" | "amin":
            return go(a.opened(t)[1])
        case "prod":
            return go(a.opened(t)[1])
        case "sorted":
            return _first([go(a.opened(t)[1]), go(t.args[2])])
        case "exp" | "abs":
            return go(t.args[0])
        case "log":
            inner = go(t.args[0])
            if inner is None and not where_defined and not a.positive(t.args[0]):
                return Rough(t, "a logarithm of what may be 0")
            return inner
        case "fn":
            return go(t.args[0]) if t.data in SMOOTH else Rough(t, f"no rule for {t.data}")
        case "where" if not t.args[0].of & of:
            return _first(
                roughness(a.assuming(c), branch, lipschitz=lipschitz, of=of, where_defined=where_defined)
                for c, branch in ((t.args[0], t.args[1]), (terms.negate(t.args[0]), t.args[2]))
            )
        case "ind" | "where":
            return Rough(t, "a comparison: the value may jump where it changes sides")
        case "argmax" | "argmin":
            return Rough(t, f"an {t.op}: the value may jump where two entries tie")
        case "opaque":
            place = f" ({t.data[3]})" if t.data[3] else ""
            return Rough(t, f"no rule for `{t.data[2]}`{place}")
        case _:
            return Rough(t, f"no rule for {t.op}")


def _product(a: Analysis, t: Term, lipschitz: bool, where_defined: bool, go) -> Rough | None:
    """Products of powers. x^a log⁺ x (0 at 0) is continuous for a > 0, and Lipschitz on bounded sets for a > 1."""
    _, factors = normal.split(t)
    factors = dict(factors)
    for f in [f for f in factors if f.op == "logp"]:
        x = f.args[0]
        rough = go(x)
        if rough is not None:
            return rough
        room = factors.get(x, Fraction(0))
        n = factors.pop(f)
        if n != 1 or not (room > 1 if lipschitz else room > 0):
            return Rough(
                t, "x log x has no bounded slope at 0" if room > 0 and lipschitz else "a logarithm of what may be 0"
            )
    for f, e in factors.items():
        rough = go(f)
        if rough is not None:
            return rough
        if e < 0 and not where_defined and not (a.positive(f) or (e.denominator == 1 and a.negative(f))):
            return Rough(t, "a denominator that may be 0")
        if e > 0 and e.denominator > 1:
            if not a.nonnegative(f):
                return Rough(t, "a root of what may be negative")
            if lipschitz and e < 1 and not a.positive(f):
                return Rough(t, "a root of what may be 0 has no bounded slope there")
    return None
