"""Bounds of normal forms over a domain: intervals with open or closed ends, from rules that each state one inequality.

Only what holds for every K and C above the smallest, and at every point where the term is defined, is concluded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from axiomkd.jaxpr import sizes, terms
from axiomkd.jaxpr.terms import ONE, ZERO, Term, is_num, num
from axiomkd.prove import kinds, normal

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis


@dataclass(frozen=True)
class Interval:
    """low ≤ x ≤ high; None is unbounded; an open end is not attained."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def __and__(self, other: Interval) -> Interval:
        low, low_open = _stronger((self.low, self.low_open), (other.low, other.low_open), 1)
        high, high_open = _stronger((self.high, self.high_open), (other.high, other.high_open), -1)
        return Interval(low, high, low_open, high_open)

    def __or__(self, other: Interval) -> Interval:
        low, low_open = _weaker((self.low, self.low_open), (other.low, other.low_open), 1)
        high, high_open = _weaker((self.high, self.high_open), (other.high, other.high_open), -1)
        return Interval(low, high, low_open, high_open)


End = tuple[Fraction | None, bool]


def _stronger(x: End, y: End, sign: int) -> End:
    if x[0] is None or y[0] is None:
        return y if x[0] is None else x
    if x[0] == y[0]:
        return x[0], x[1] or y[1]
    return x if sign * x[0] > sign * y[0] else y


def _weaker(x: End, y: End, sign: int) -> End:
    if x[0] is None or y[0] is None:
        return None, False
    if x[0] == y[0]:
        return x[0], x[1] and y[1]
    return x if sign * x[0] < sign * y[0] else y


F = Fraction
EVERYTHING = Interval(None, None)
ABOVE, FROM_ZERO = Interval(F(0), None, True), Interval(F(0), None)
BELOW = Interval(None, F(0), False, True)
UNIT, INNER = Interval(F(0), F(1)), Interval(F(0), F(1), True, True)


def point(x: Fraction) -> Interval:
    return Interval(x, x)


def kinds_of(i: Interval) -> frozenset[str]:
    out = set()
    if i.low is None or i.low < 0:
        out.add(kinds.NEG)
    if i.high is None or i.high > 0:
        out.add(kinds.POS)
    if (i.low is None or i.low < 0 or (i.low == 0 and not i.low_open)) and (
        i.high is None or i.high > 0 or (i.high == 0 and not i.high_open)
    ):
        out.add(kinds.NIL)
    return frozenset(out)


# --- arithmetic of intervals ---------------------------------------------------------------------------------------------


def plus(x: Interval, y: Interval) -> Interval:
    low = None if x.low is None or y.low is None else x.low + y.low
    high = None if x.high is None or y.high is None else x.high + y.high
    return Interval(
        low, high, low is not None and (x.low_open or y.low_open), high is not None and (x.high_open or y.high_open)
    )


def scaled(c: Fraction, x: Interval) -> Interval:
    if not c:
        return point(F(0))
    ends = (x.low, x.low_open), (x.high, x.high_open)
    (low, lo), (high, ho) = ends if c > 0 else ends[::-1]
    return Interval(None if low is None else c * low, None if high is None else c * high, lo, ho)


def times(x: Interval, y: Interval) -> Interval:
    """The product: exact for intervals on one side of zero, the hull of the corners else."""
    if _nonneg(x) and _nonneg(y):
        assert x.low is not None and y.low is not None
        low = x.low * y.low
        low_open = (x.low_open and y.low_open) if low == 0 and x.low == 0 and y.low == 0 else False
        if low == 0:
            # zero is attained if either factor attains zero
            low_open = not ((x.low == 0 and not x.low_open) or (y.low == 0 and not y.low_open))
        else:
            low_open = x.low_open or y.low_open
        if x.high is None or y.high is None:
            return Interval(low, None, low_open, False)
        return Interval(low, x.high * y.high, low_open, x.high_open or y.high_open)
    if _nonneg(scaled(F(-1), x)):
        return scaled(F(-1), times(scaled(F(-1), x), y))
    if _nonneg(scaled(F(-1), y)):
        return scaled(F(-1), times(x, scaled(F(-1), y)))
    if x.low is None or x.high is None or y.low is None or y.high is None:
        return EVERYTHING
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return Interval(min(corners), max(corners))


def _nonneg(x: Interval) -> bool:
    return x.low is not None and x.low >= 0


def raised(x: Interval, e: Fraction) -> Interval:
    """x^e, where it is defined."""
    if e.denominator == 1 and e > 0 and not _nonneg(x):
        if e % 2 == 0:
            if x.high is not None and x.high <= 0:
                return raised(scaled(F(-1), x), e)
            top = None if x.low is None or x.high is None else max(-x.low, x.high) ** int(e)
            return Interval(F(0), top)
        low = None if x.low is None else x.low ** int(e)
        high = None if x.high is None else x.high ** int(e)
        return Interval(low, high, x.low_open, x.high_open)
    if not _nonneg(x):
        if e.denominator > 1:
            return ABOVE if e < 0 else raised(x & FROM_ZERO, e)
        if x.high is not None and x.high <= 0:
            return BELOW if e % 2 else ABOVE
        return ABOVE if e % 2 == 0 else EVERYTHING
    ends = [(x.low, x.low_open), (x.high, x.high_open)]
    if e < 0:
        # Defined only where x > 0.
        ends = [(None if v is None else v, o) for v, o in ends][::-1]
        high = None if ends[1][0] in (None, 0) else _rational_power(ends[1][0], e)
        low = F(0) if ends[0][0] is None else _rational_power(ends[0][0], e) if ends[0][0] else None
        if low is None:
            return ABOVE
        return Interval(low, high, ends[0][0] is None or ends[0][1] or low == 0, bool(high is not None and ends[1][1]))
    low, high = _rational_power(ends[0][0], e), None if ends[1][0] is None else _rational_power(ends[1][0], e)
    if low is None:
        low, low_open = F(0), True
    else:
        low_open = ends[0][1]
    return Interval(low, high, low_open, ends[1][1])


def _rational_power(x: Fraction | None, e: Fraction) -> Fraction | None:
    """x^e where it is rational, or on which side of 1 it lies; None where nothing is known."""
    if x is None:
        return None
    if x in (0, 1):
        return x
    return x ** int(e) if e.denominator == 1 else None


# --- terms ---------------------------------------------------------------------------------------------------------------


def interval(a: Analysis, x: Term) -> Interval:
    """Bounds of a normal form."""
    found = _of(a, x)
    for condition in a.domain.given:
        found &= _given(condition, x)
    return found


def _given(condition: Term, x: Term) -> Interval:
    """What a condition that is taken for true says of x itself."""
    negated = condition.op == "not"
    c = condition.args[0] if negated else condition
    if c.op == "ge" and c.args[1] is ZERO:
        if c.args[0] is x:
            return BELOW if negated else FROM_ZERO
        if normal.minus(c.args[0]) is x:
            return ABOVE if negated else Interval(None, F(0))
        # x + b ≥ 0 and b − x ≥ 0 for a number b.
        for sign in (F(1), F(-1)):
            b = normal.add([c.args[0], normal.scaled(-sign, x)])
            if is_num(b):
                bound = -sign * b.data
                above = (sign > 0) != negated
                return Interval(bound, None, negated) if above else Interval(None, bound, False, negated)
    return EVERYTHING


def _of(a: Analysis, x: Term) -> Interval:
    d = a.domain
    match x.op:
        case "num":
            return point(x.data)
        case "size":
            return Interval(F(d.smallest[0] if x.data == "K" else d.smallest[1]), None)
        case "T":
            return ABOVE
        case "P":
            return INNER if d.P_positive else UNIT
        case "w":
            return INNER if d.w_positive else UNIT
        case "index" | "bound" | "argmax" | "argmin":
            n = x.args[0] if x.op in ("index", "bound") else x.args[0].args[0]
            return Interval(F(0), n.data - 1 if is_num(n) else None)
        case "param":
            return _parameter(x)
        case "mul" | "pow":
            return _product(a, x)
        case "add":
            return _sum(a, x)
        case "exp":
            return _exponential(a.interval(x.args[0]))
        case "log":
            return _logarithm(a.interval(x.args[0]))
        case "logp":
            inner = a.interval(x.args[0])
            return Interval(None, F(0)) if inner.high is not None and inner.high <= 1 else EVERYTHING
        case "abs":
            return _absolute(a.interval(x.args[0]))
        case "ind":
            return UNIT
        case "where":
            return _choice(a, x)
        case "wherepos":
            return ABOVE & Interval(None, _at_least_one(a.interval(x.args[0]).high))
        case "max" | "min":
            return _largest(a, x)
        case "sum":
            return _total(a, x)
        case "amax" | "amin":
            return _extreme(a, x)
        case "prod":
            return _running_product(a, x)
        case "sorted":
            return a.interval(a.opened(x)[1])
        case "powr":
            return _powr(a, x)
        case "fn":
            return Interval(F(-1), F(1)) if x.data in ("tanh", "erf", "sin", "cos") else EVERYTHING
        case "floordiv":
            return FROM_ZERO
        case _:
            return EVERYTHING


def _at_least_one(high: Fraction | None) -> Fraction | None:
    return None if high is None else max(high, F(1))


def _parameter(x: Term) -> Interval:
    _, finite, marks = x.data
    if not finite or "-" in marks:
        return Interval(None, F(0), False, "0" not in marks) if finite and "+" not in marks else EVERYTHING
    return Interval(F(0), None, "0" not in marks)


def _exponential(x: Interval) -> Interval:
    """e^x is above 0; it is at most 1 where x ≤ 0, at least 1 where x ≥ 0."""
    low, low_open = (F(1), x.low_open and x.low == 0) if x.low is not None and x.low >= 0 else (F(0), True)
    if x.low is not None and x.low > 0:
        low_open = True
    if x.high is not None and x.high <= 0:
        return Interval(low, F(1), low_open, x.high < 0 or x.high_open)
    return Interval(low, None, low_open)


def _logarithm(x: Interval) -> Interval:
    low = F(0) if x.low is not None and x.low >= 1 else None
    high = F(0) if x.high is not None and x.high <= 1 else None
    return Interval(
        low, high, low is not None and (x.low_open or x.low != 1), high is not None and (x.high_open or x.high != 1)
    )


def _absolute(x: Interval) -> Interval:
    top = None if x.low is None or x.high is None else max(-x.low, x.high)
    return Interval(F(0), top)


def _choice(a: Analysis, x: Term) -> Interval:
    condition, yes, no = x.args
    return a.assuming(condition).interval(yes) | a.assuming(terms.negate(condition)).interval(no)


def _largest(a: Analysis, x: Term) -> Interval:
    parts = [a.interval(p) for p in x.args]
    sign = F(1 if x.op == "max" else -1)
    parts = [scaled(sign, p) for p in parts]
    lows, highs = [p for p in parts if p.low is not None], [p for p in parts if p.high is not None]
    out = EVERYTHING
    for p in lows:
        out &= Interval(p.low, None, p.low_open)
    if len(highs) == len(parts):
        top = Interval(None, highs[0].high, False, highs[0].high_open)
        for p in highs[1:]:
            top |= Interval(None, p.high, False, p.high_open)
        out &= top
    return scaled(sign, out)


def _powr(a: Analysis, x: Term) -> Interval:
    base, exponent = map(a.interval, x.args)
    if not _nonneg(base):
        return EVERYTHING
    low_open = a.positive(x.args[0])
    small = base.high is not None and base.high <= 1 and _nonneg(exponent)
    return Interval(F(0), F(1) if small else None, low_open)


# --- products ------------------------------------------------------------------------------------------------------------


def _product(a: Analysis, x: Term) -> Interval:
    coefficient, factors = normal.split(x)
    out = point(coefficient)
    entropy = _certainty(a, factors)
    if entropy is not None:
        out = times(out, entropy[0])
        factors = {f: e for f, e in factors.items() if f not in entropy[1]}
    for f, e in factors.items():
        out = times(out, raised(a.interval(f), e))
    for f, e in factors.items():
        if f.op == "sum" and e == 1 and len(factors) > 1:
            v, body = a.opened(f, *factors)
            rest = {g: n for g, n in factors.items() if g is not f}
            average = _averaged(a, v, normal.mul(a, [normal.joined(coefficient, rest), body]))
            out = out if average is None else out & average
    return out


def _certainty(a: Analysis, factors: normal.Factors) -> tuple[Interval, tuple[Term, Term]] | None:
    """Σ_i p_i log p_i / log C lies in [−1, 0] for a row p: entropy is at most log C, Jensen."""
    for f, e in factors.items():
        n = _row_of_entropy(a, f) if e == 1 else None
        if n is not None:
            for g, k in factors.items():
                if g.op == "log" and k == -1 and sizes.same(g.args[0], n):
                    return Interval(F(-1), F(0), False, a.domain.P_positive), (f, g)
    return None


# --- sums of monomials ---------------------------------------------------------------------------------------------------


def _sum(a: Analysis, x: Term) -> Interval:
    parts = list(x.args)
    out = _added(a, parts)
    out &= _paired(a, parts, F(1))
    out &= scaled(F(-1), _paired(a, [normal.minus(m) for m in parts], F(-1)))
    if len(parts) > 12:
        return out
    out &= _with_entropy(a, parts)
    out &= _with_average(a, parts)
    for pivot, step in _pivots(parts):
        grouped = [m for m in parts if step * normal.split(m)[1].get(pivot, F(0)) >= 1]
        rest = [m for m in parts if m not in grouped]
        cofactor = normal.add([_without(m, pivot, step) for m in grouped])
        inner = times(raised(a.interval(pivot), F(step)), a.interval(cofactor))
        if not rest:
            out &= inner
            continue
        out &= plus(_added(a, rest), inner)
        out &= plus(a.interval(normal.add(rest)), inner)
    return out


def _with_entropy(a: Analysis, parts: list[Term]) -> Interval:
    """A lower bound by log C + Σ_i p_i log p_i ≥ 0 for a row p: entropy is at most log C, Jensen."""
    for m in parts:
        c, factors = normal.split(m)
        for f, e in factors.items():
            n = _row_of_entropy(a, f) if e == 1 and c > 0 else None
            if n is None:
                continue
            partner = normal.joined(
                F(1), {**{g: k for g, k in factors.items() if g is not f}, terms.make("log", (n,)): F(1)}
            )
            found = next((k for k in parts if normal.base(k)[1] is partner and normal.base(k)[0] >= c), None)
            rest = normal.joined(F(1), {g: k for g, k in factors.items() if g is not f})
            if found is not None and a.nonnegative(rest):
                left = normal.add([*(k for k in parts if k is not m), normal.scaled(-c, partner)])
                low = a.interval(left)
                return Interval(low.low, None, low.low_open)
    return EVERYTHING


def _with_average(a: Analysis, parts: list[Term]) -> Interval:
    """R + c Σ_k w_k g_k lies between the bounds of R + c g_k, since w sums to 1."""
    for m in parts:
        c, factors = normal.split(m)
        for f, e in factors.items():
            if f.op != "sum" or e != 1:
                continue
            v, body = a.opened(f, *parts)
            g = _averaged_term(a, v, body)
            if g is not None:
                outside = normal.joined(c, {h: n for h, n in factors.items() if h is not f})
                inner = normal.mul(a, [outside, g])
                return a.interval(normal.add([*(k for k in parts if k is not m), inner]))
    return EVERYTHING


def _averaged_term(a: Analysis, v: Term, body: Term) -> Term | None:
    """g, where the body is w_v g_v or p_v g_v."""
    if body.op == "add":
        return None
    c, factors = normal.split(body)
    for f, e in factors.items():
        if e == 1 and a.sums_to_one(v, f):
            return normal.joined(c, {h: n for h, n in factors.items() if h is not f})
    return None


def _row_of_entropy(a: Analysis, f: Term) -> Term | None:
    """The number of classes, where f is Σ_i p_i log p_i over a row."""
    if f.op != "sum":
        return None
    v, body = a.opened(f)
    c, inner = normal.split(body)
    rows = [g for g, n in inner.items() if g.op == "P" and n == 1 and a.sums_to_one(v, g)]
    logs = [g for g, n in inner.items() if g.op in ("log", "logp") and n == 1 and rows and g.args[0] is rows[0]]
    return v.args[0] if c == 1 and len(inner) == 2 and logs else None


def _added(a: Analysis, parts: list[Term]) -> Interval:
    out = point(F(0))
    for m in parts:
        out = plus(out, a.interval(m))
    return out


def _pivots(parts: list[Term]) -> list[tuple[Term, int]]:
    """Factors f (with 1) or 1/f (with −1) that occur in more than one monomial."""
    seen: dict[tuple[Term, int], int] = {}
    for m in parts:
        for f, e in normal.split(m)[1].items():
            if abs(e) >= 1:
                key = (f, 1 if e > 0 else -1)
                seen[key] = seen.get(key, 0) + 1
    return [key for key, n in seen.items() if n > 1]


def _without(m: Term, factor: Term, step: int) -> Term:
    c, factors = normal.split(m)
    return normal.joined(c, {**factors, factor: factors[factor] - step})


def _paired(a: Analysis, parts: list[Term], _: Fraction) -> Interval:
    """A lower bound: each negative monomial is set off against a positive one that is at least as large."""
    positive = [list(normal.base(m)) for m in parts if normal.base(m)[0] > 0]
    low: Interval = point(F(0))
    strict = False
    for m in parts:
        c, b = normal.base(m)
        if c > 0:
            continue
        need = -c
        for entry in positive:
            if not need or entry[0] <= 0:
                continue
            how = exceeds(a, entry[1], b)
            if how is not None:
                used = min(need, entry[0])
                entry[0] -= used
                need -= used
                strict |= how
        if need:
            low = plus(low, scaled(-need, a.interval(b)))
    for c, b in positive:
        if c:
            low = plus(low, scaled(c, a.interval(b)))
    return Interval(low.low, None, low.low is not None and (low.low_open or strict))


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
    for place in (*sorted(y.free, key=lambda t: t.key), ZERO):
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
    n = sizes.least(found[0].args[0], a.domain.smallest)
    return a.positive(found[1]) and n is not None and n >= 2


def _entry_above_sum(a: Analysis, x: Term, y: Term) -> bool | None:
    """f_i ≥ Σ_j f_j for f ≤ 0."""
    if y.op != "sum":
        return None
    found = _entry_of(a, y, x)
    if found is None or not a.nonnegative(normal.minus(found[1])):
        return None
    return a.negative(found[1])


def _sum_above_sum(a: Analysis, x: Term, y: Term) -> bool | None:
    """Σ f ≥ Σ g where f ≥ g, entry by entry."""
    if x.op != "sum" or y.op != "sum" or x.args[0].args[0] is not y.args[0].args[0]:
        return None
    v, f = a.opened(x, y)
    gap = normal.add([f, normal.minus(terms.substitute(y.args[1], {y.args[0]: v}))])
    return a.positive(gap) if a.nonnegative(gap) else None


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
    return a.positive(gap) if a.nonnegative(gap) else None


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


def _averages(a: Analysis, x: Term, y: Term) -> bool | None:
    """A weighted average of what is above y is above y, and so for one below x."""
    for one, other, sign in ((x, y, 1), (y, x, -1)):
        if one.op != "sum":
            continue
        v, body = a.opened(one, other)
        if body.op == "add":
            continue
        c, factors = normal.split(body)
        for f, e in factors.items():
            if e == 1 and a.sums_to_one(v, f):
                g = normal.joined(c, {h: n for h, n in factors.items() if h is not f})
                gap = normal.scaled(F(sign), normal.add([g, normal.minus(other)]))
                if a.nonnegative(gap):
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
    """∏ f ≥ ∏ g where f ≥ g ≥ 0."""
    if x.op != "prod" or y.op != "prod" or x.args[0].args[0] is not y.args[0].args[0]:
        return None
    v, f = a.opened(x, y)
    g = terms.substitute(y.args[1], {y.args[0]: v})
    if a.nonnegative(g) and a.nonnegative(normal.add([f, normal.minus(g)])):
        return False
    return None


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


# --- over an index -------------------------------------------------------------------------------------------------------


def _total(a: Analysis, x: Term) -> Interval:
    v, body = a.opened(x)
    i = a.interval(body)
    n = sizes.least(v.args[0], a.domain.smallest)
    out = EVERYTHING
    if _nonneg(i):
        assert i.low is not None
        out &= Interval(i.low * n if n is not None else F(0), None, a.positive(body))
        if positive_somewhere(a, v, body):
            out &= ABOVE
    if i.high is not None and i.high <= 0:
        out &= Interval(None, F(0), False, i.high < 0 or i.high_open or positive_somewhere(a, v, normal.minus(body)))
    average = _averaged(a, v, body)
    if average is not None:
        out &= average
    if body.op == "ind" and _one_place(v, body):
        out &= UNIT
    return out


def _averaged(a: Analysis, v: Term, body: Term) -> Interval | None:
    """Σ_k w_k g_k and Σ_i p_i g_i lie between the bounds of g, since w and p sum to 1; [one place] g as well."""
    if body.op == "add":
        return None
    c, factors = normal.split(body)
    for f, e in factors.items():
        if e == 1 and a.sums_to_one(v, f):
            return a.interval(normal.joined(c, {g: n for g, n in factors.items() if g is not f}))
        if f.op == "ind" and _one_place(v, f):
            return a.interval(normal.joined(c, {g: n for g, n in factors.items() if g is not f}))
    return None


def _one_place(v: Term, f: Term) -> bool:
    """[argmax = v]: 1 at one place, 0 elsewhere."""
    c = f.args[0]
    if c.op != "eq" or v not in c.args:
        return False
    places = [t for t in c.args if t.op in ("argmax", "argmin") and v not in t.free]
    return any(sizes.same(t.args[0].args[0], v.args[0]) for t in places)


def positive_somewhere(a: Analysis, v: Term, body: Term) -> bool:
    """Whether Σ_v body > 0 everywhere, for a body that is not negative."""
    if a.positive(body):
        return True
    if not a.nonnegative(body):
        return False
    if body.op == "add":
        return all(a.nonnegative(m) for m in body.args) and any(positive_somewhere(a, v, m) for m in body.args)
    c, factors = normal.split(body)
    vanishing = [(f, e) for f, e in factors.items() if not a.positive(normal.joined(F(1), {f: e}))]
    if c <= 0 or len(vanishing) != 1 or vanishing[0][1] <= 0:
        return False
    f = vanishing[0][0]
    return _has_positive(a, v, f)


def _has_positive(a: Analysis, v: Term, f: Term) -> bool:
    """Whether some f_v is positive, for f ≥ 0: if its sum is, or if f is the largest of g_k and some Σ_v g_k is."""
    if v not in f.free or not a.nonnegative(f):
        return False
    whole = normal.total(a, v, f)
    if not (whole.op == "sum" and a.opened(whole, v)[1] is f) and a.positive(whole):
        return True
    if f.op == "amax":
        k, g = a.opened(f, v)
        if a.nonnegative(g) and a.positive(normal.extreme(a, "amax", k, normal.total(a, v, g))):
            return True
    if f.op == "prod":
        return _weierstrass(a, v, f)
    return False


def _weierstrass(a: Analysis, v: Term, f: Term) -> bool:
    """∏_k (1 − x_k) ≥ 1 − Σ_k x_k for x in [0, 1]: if Σ_v of the right side is positive, some product is."""
    k, g = a.opened(f, v)
    x = normal.add([ONE, normal.minus(g)])
    i = a.interval(x)
    if not _nonneg(i) or i.high is None or i.high > 1:
        return False
    return a.positive(normal.total(a, v, normal.add([ONE, normal.minus(normal.total(a, k, x))])))


def _extreme(a: Analysis, x: Term) -> Interval:
    v, body = a.opened(x)
    out = a.interval(body)
    if x.op == "amax" and _nonneg(out) and positive_somewhere(a, v, body):
        out &= ABOVE
    return out


def _running_product(a: Analysis, x: Term) -> Interval:
    i = a.interval(a.opened(x)[1])
    if not _nonneg(i):
        return EVERYTHING
    top = F(1) if i.high is not None and i.high <= 1 else None
    return Interval(F(0), top, i.low != 0 or i.low_open, top is not None and (i.high != 1 or i.high_open))


Rule = Callable[..., bool | None]
__all__ = ["EVERYTHING", "Interval", "interval", "kinds_of", "exceeds", "positive_somewhere", "num"]
