"""Weighted order statistics as a formula spells them: the least entry at or below which there is enough weight.

The shape is min_j of (x_j where Σ_l v_l [x_l ≤ x_j] ≥ c, else max_l x_l), with v ≥ 0. It is the least, over the sets S with Σ_S v
≥ c, of max_S x (and of max x, for all): such a set is {l : x_l ≤ x_j} for a j that counts, and of any such set its largest entry
counts, for v ≥ 0. A least of largests of entries, over sets that hang on v and c alone, is continuous in the entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from axiomkd.prove import normal
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ZERO, Term

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis


def entries(a: Analysis, t: Term, of: frozenset[str]) -> Term | None:
    """x_j at a free index j, where t has that shape with weights and a bound that do not depend on the inputs `of`."""
    if t.op != "amin":
        return None
    j, body = a.opened(t)
    if body.op != "where":
        return None
    condition, own, otherwise = body.args
    if j not in own.free or otherwise is not normal.extreme(a, "amax", j, own):
        return None
    return own if _enough(a, condition, j, own, of) else None


def _enough(a: Analysis, condition: Term, j: Term, own: Term, of: frozenset[str]) -> bool:
    """Whether the condition is Σ_l v_l [x_l ≤ x_j] ≥ c."""
    if condition.op != "ge" or condition.args[1] is not ZERO:
        return False
    counted = 0
    for m in normal.monomials(condition.args[0]):
        c, factors = normal.split(m)
        if j not in m.free and not m.of & of:
            continue
        ((total, e), *more) = factors.items()
        if more or e != 1 or c <= 0 or total.op != "sum" or total.args[0].args[0] is not j.args[0]:
            return False
        if not _weighs(a, total, j, own, of):
            return False
        counted += 1
    return counted == 1


def _weighs(a: Analysis, total: Term, j: Term, own: Term, of: frozenset[str]) -> bool:
    """Whether a sum over l is Σ_l v_l [x_j − x_l ≥ 0] with v_l ≥ 0."""
    other, body = a.opened(total, j, own)
    if other is j:
        return False
    c, factors = normal.split(body)
    signs = [f for f in factors if f.op == "ind" and j in f.free]
    if c <= 0 or len(signs) != 1 or signs[0].args[0].op != "ge" or signs[0].args[0].args[1] is not ZERO:
        return False
    weight = normal.joined(c, {f: e for f, e in factors.items() if f is not signs[0]})
    gap = normal.add([own, normal.minus(terms.substitute(own, {j: other}))])
    same = signs[0].args[0].args[0] is a.again(gap) or signs[0].args[0].args[0] is gap
    return same and j not in weight.free and not weight.of & of and a.nonnegative(weight)
