"""Inequalities between two monomials, a rule each: x ≥ y for all sizes and all points at which both are defined.

A rule says True (strictly above), False (at least), or None where it does not say; `exceeds` takes out what x and y have
in common and asks them all. Bounds of single terms are in `signs`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from axiomkd.prove import normal
from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import ONE, ZERO, Term

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

F = Fraction


def exceeds(a: Analysis, x: Term, y: Term) -> bool | None:
    """Whether the monomial x ≥ y: True strictly, False weakly, None where it is not known."""
    if x is y:
        return False
    cx, fx = normal.split(x)
    cy, fy = normal.split(y)
    if cx != 1 or cy != 1:
        return None
    shared = {f: min(fx[f], fy[f]) for f in fx if f in fy}
    common = normal.joined(F(1), shared)
    left = normal.joined(F(1), {f: e - shared.get(f, 0) for f, e in fx.items()})
    right = normal.joined(F(1), {f: e - shared.get(f, 0) for f, e in fy.items()})
    if not a.nonnegative(common):
        return None
    for rule in EXCEEDING:
        how = rule(a, left, right)
        if how is not None:
            return how and a.positive(common)
    return None


def _entry_of(a: Analysis, x: Term, y: Term) -> tuple[Term, Term, Term] | None:
    """(variable, body, place) where y is the body of the binder x at a place."""
    v, body = a.opened(x, y)
    first = (ZERO,) if a.nonempty(v) else ()
    for place in (*sorted(y.free, key=lambda t: t.key), *first):
        if terms.substitute(body, {v: place}) is y and (place is ZERO or sizes.same(place.args[0], v.args[0])):
            return v, body, place
    return None


def _sum_above_entry(a: Analysis, x: Term, y: Term) -> bool | None:
    """Σ_j f_j ≥ f_i for f ≥ 0; above it where f > 0, for there are at least two entries."""
    if x is ONE:
        return _one_above_entry(a, y)
    if x.op != "sum":
        return None
    found = _entry_of(a, x, y)
    if found is None or not a.nonnegative(found[1]):
        return None
    return a.positive(found[1]) and _several(a, found[0])


def _several(a: Analysis, v: Term) -> bool:
    n = sizes.least(v.args[0], a.domain.smallest)
    return n is not None and n >= 2


def _entry_above_sum(a: Analysis, x: Term, y: Term) -> bool | None:
    """f_i ≥ Σ_j f_j for f ≤ 0."""
    if y.op != "sum":
        return None
    found = _entry_of(a, y, x)
    if found is None or not a.nonnegative(normal.minus(found[1])):
        return None
    return a.negative(found[1]) and _several(a, found[0])


def _sum_above_sum(a: Analysis, x: Term, y: Term) -> bool | None:
    """Σ f ≥ Σ g where f ≥ g, entry by entry."""
    if x.op != "sum" or y.op != "sum" or x.args[0].args[0] is not y.args[0].args[0]:
        return None
    v, f = a.opened(x, y)
    gap = normal.add([f, normal.minus(terms.substitute(y.args[1], {y.args[0]: v}))])
    return (a.positive(gap) and a.nonempty(v)) if a.nonnegative(gap) else None


def _sum_above_multiple(a: Analysis, x: Term, y: Term) -> bool | None:
    """Σ_j f_j ≥ n z where f_j ≥ z and n is the number of entries."""
    if x.op != "sum":
        return None
    c, factors = normal.split(y)
    v, f = a.opened(x, y)
    n = normal.length(a, v)
    if c != 1 or factors.get(n) != 1:
        return None
    gap = normal.add([f, normal.minus(normal.joined(F(1), {g: e for g, e in factors.items() if g is not n}))])
    return (a.positive(gap) and a.nonempty(v)) if a.nonnegative(gap) else None


def _sum_above_bound(a: Analysis, x: Term, y: Term) -> bool | None:
    """Σ_j f_j ≥ f_i ≥ y for f ≥ 0, where f_i is simple."""
    if x.op != "sum":
        return None
    v, f = a.opened(x, y)
    if not a.nonnegative(f):
        return None
    for place in sorted(x.free, key=lambda t: t.key):
        if place.args[0] is v.args[0]:
            gap = normal.add([a.again(terms.substitute(f, {v: place})), normal.minus(y)])
            if a.nonnegative(gap):
                return False
    return None


def _length_above_sum(a: Analysis, x: Term, y: Term) -> bool | None:
    """n ≥ Σ_j f_j where f_j ≤ 1 and n is the number of entries."""
    if y.op != "sum":
        return None
    v, f = a.opened(y, x)
    if normal.length(a, v) is not x:
        return None
    i = a.interval(f)
    return False if i.high is not None and i.high <= 1 else None


def averaged(a: Analysis, v: Term, body: Term) -> Term | None:
    """g, where Σ_v of the body is an average of g: the body is w_v g_v, p_v g_v, or [v = one place] g_v."""
    if body.op == "add":
        return None
    c, factors = normal.split(body)
    for f, e in factors.items():
        if e == 1 and a.sums_to_one(v, f):
            return normal.joined(c, {h: n for h, n in factors.items() if h is not f})
    return None


def _averages(a: Analysis, x: Term, y: Term) -> bool | None:
    """A weighted average of what is above y is above y, and so for one below x."""
    for one, other, sign in ((x, y, 1), (y, x, -1)):
        g = averaged(a, *a.opened(one, other)) if one.op == "sum" else None
        if g is not None and a.nonnegative(normal.scaled(F(sign), normal.add([g, normal.minus(other)]))):
            return False
    return None


def _ratio_below_one(a: Analysis, x: Term, y: Term) -> bool | None:
    """1 ≥ f/g where g ≥ f and g > 0, or g ≤ f and g < 0."""
    if x is not ONE:
        return None
    c, factors = normal.split(y)
    for g, e in factors.items():
        if c == 1 and e == -1 and (a.positive(g) or a.negative(g)):
            rest = normal.joined(F(1), {h: n for h, n in factors.items() if h is not g})
            gap = normal.add([g, normal.minus(rest)]) if a.positive(g) else normal.add([rest, normal.minus(g)])
            if a.nonnegative(gap):
                return a.positive(gap)
    return None


def _monotone(a: Analysis, x: Term, y: Term) -> bool | None:
    """e^f ≥ e^g and log f ≥ log g where f ≥ g."""
    if x.op != y.op or x.op not in ("exp", "log"):
        return None
    gap = normal.add([x.args[0], normal.minus(y.args[0])])
    return a.positive(gap) if a.nonnegative(gap) else None


def _one_above_entry(a: Analysis, y: Term) -> bool | None:
    """1 ≥ y, where y is at most 1."""
    i = a.interval(y)
    if i.high is None or i.high > 1:
        return None
    return i.high < 1 or i.high_open


def _max_above_entry(a: Analysis, x: Term, y: Term) -> bool | None:
    if x.op == "amax" and (_entry_of(a, x, y) is not None or _of_the_same(x, y)):
        return False
    if y.op == "amin" and (_entry_of(a, y, x) is not None or _of_the_same(y, x)):
        return False
    return None


def _of_the_same(x: Term, y: Term) -> bool:
    """Whether y is an order statistic, or an extreme, of the entries that x is an extreme of."""
    return y.op in ("sorted", "amax", "amin") and y.args[:2] == x.args[:2]


def _sorted_above(a: Analysis, x: Term, y: Term) -> bool | None:
    """Order statistics of one row, the later position above the earlier."""
    if x.op != "sorted" or y.op != "sorted" or x.args[1] is not y.args[1] or x.args[0] is not y.args[0]:
        return None
    gap = sizes.least(terms.sub(x.args[2], y.args[2]), a.domain.smallest)
    return False if gap is not None and gap >= 0 else None


def _product_above(a: Analysis, x: Term, y: Term) -> bool | None:
    """∏ f ≥ ∏ g where f ≥ g ≥ 0; a product may be written as e^Σ log f."""
    one, other = _multiplies(x), _multiplies(y)
    if one is None or other is None or one.args[0].args[0] is not other.args[0].args[0]:
        return None
    v, _ = a.opened(one, other)
    f, g = (
        body if binder.op == "prod" else body.args[0]
        for binder in (one, other)
        for body in (terms.substitute(binder.args[1], {binder.args[0]: v}),)
    )
    if a.nonnegative(g) and a.nonnegative(normal.add([f, normal.minus(g)])):
        return False
    return None


def _multiplies(x: Term) -> Term | None:
    """The binder of ∏_k f_k, or that of the sum in e^Σ_k log f_k; None of anything else."""
    if x.op == "prod":
        return x
    inner = x.args[0] if x.op == "exp" else None
    return inner if inner is not None and inner.op == "sum" and inner.args[1].op == "log" else None


def _below_one(a: Analysis, x: Term, y: Term) -> bool | None:
    """x ≥ 1 ≥ y."""
    low, high = a.interval(x), a.interval(y)
    if low.low is not None and low.low >= 1 and high.high is not None and high.high <= 1:
        return low.low > 1 or low.low_open or high.high < 1 or high.high_open
    return None


EXCEEDING = (
    _sum_above_entry,
    _entry_above_sum,
    _sum_above_sum,
    _sum_above_multiple,
    _sum_above_bound,
    _length_above_sum,
    _averages,
    _ratio_below_one,
    _monotone,
    _max_above_entry,
    _sorted_above,
    _product_above,
    _below_one,
)
"""rule(analysis, x, y): whether x ≥ y, strictly or not; None where the rule does not say."""
