"""Whether the code itself, infinities on the way included, is continuous in P: logarithms of 0 that a softmax takes back.

By the extended real numbers: each operation is continuous wherever it gives no NaN, and a NaN is passed on to the result, so
where the result is a number all of them were. It looks at terms as lifted, never at a normal form, and knows no reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from axiomkd.prove import kinds
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, Term, make

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

PLAIN = frozenset({"add", "mul", "exp", "abs", "cbrt", "sum", "prod", "P", "w"})
EXTREMES = frozenset({"max", "min", "amax", "amin"})  # whether these pass a NaN on is not relied on
FUNCTIONS = frozenset({"tanh", "erf", "atan"})


def spelled(t: Term) -> Term:
    """The term with softmax and sigmoid written out."""
    return terms.replaced(t, _spelled)


def _spelled(t: Term) -> Term | None:
    if t.op == "softmax":
        v, body = terms.opened(t)
        body, place = spelled(body), spelled(t.args[2])
        top = terms.bind("amax", v, body)

        def raised(x: Term) -> Term:
            return make("exp", (make("add", (x, make("mul", (terms.num(-1), top)))),))

        at = terms.substitute(body, {v: place})
        return make("div", (raised(at), terms.bind("sum", v, raised(body))))
    if t.op == "logistic":
        x = make("exp", (make("mul", (terms.num(-1), spelled(t.args[0]))),))
        return make("div", (ONE, make("add", (ONE, x))))
    return None


def obstacle(a: Analysis, t: Term) -> Term | None:
    """The operation at which the rules end; None where the term as spelled out is continuous in P wherever it is a number."""
    memo: dict[Term, Term | None] = {}

    def go(x: Term) -> Term | None:
        if "P" not in x.of:
            return None
        if x not in memo:
            memo[x] = _of(a, x, go)
        return memo[x]

    return go(t)


def _of(a: Analysis, x: Term, go) -> Term | None:
    if x.op == "where":
        parts = x.args[1:] if "P" not in x.args[0].of else None
    elif x.op in ("P", "w"):
        return x if any("P" in place.of for place in x.args) else None
    else:
        parts = _parts(a, x)
    return x if parts is None else next((found for part in parts if (found := go(part)) is not None), None)


def _parts(a: Analysis, x: Term) -> tuple[Term, ...] | None:
    """What x is made of, where it is continuous in these; None where it may not be."""
    bound = x.op in ("sum", "prod", "amax", "amin")
    parts: tuple[Term, ...] = (a.opened(x)[1],) if bound else x.args
    if bound and "P" in x.args[0].args[0].of:
        return None
    if x.op in PLAIN:
        return parts
    if x.op in EXTREMES:
        return parts if not any(kinds.NAN in a.kinds(part) for part in parts) else None
    if x.op == "log":
        return parts if _never_below(a, parts[0]) else None
    if x.op == "div":
        return parts if _never_below(a, x.args[1]) else None
    if x.op == "pow":
        return parts if (x.data > 0 and x.data.denominator == 1) or _never_below(a, parts[0]) else None
    if x.op == "powr":
        return parts if "P" not in x.args[1].of and _never_below(a, parts[0]) else None
    return parts if x.op == "fn" and x.data in FUNCTIONS else None


def _never_below(a: Analysis, x: Term) -> bool:
    return not a.kinds(x) & {kinds.NEG, kinds.NINF}
