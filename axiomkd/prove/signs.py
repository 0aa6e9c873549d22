"""Bounds of normal forms over a domain: intervals, from rules that each state one fact about an operation.

Only what holds for every K and C above the smallest, and at every point where the term is defined, is concluded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from axiomkd.prove import normal
from axiomkd.prove.inequalities import EXCEEDING, averaged, exceeds
from axiomkd.prove.intervals import (
    ABOVE,
    BELOW,
    EVERYTHING,
    FROM_ZERO,
    INNER,
    UNIT,
    Interval,
    kinds_of,
    not_negative,
    plus,
    point,
    raised,
    scaled,
    times,
)
from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import ONE, ZERO, Term, is_num

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

F = Fraction


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
            return FROM_ZERO if a.nonnegative(x.args[0]) else EVERYTHING
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
    if not not_negative(base):
        return EVERYTHING
    low_open = a.positive(x.args[0])
    small = base.high is not None and base.high <= 1 and not_negative(exponent)
    return Interval(F(0), F(1) if small else None, low_open)


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
            average = averaged(a, v, normal.mul(a, [normal.joined(coefficient, rest), body]))
            out = out if average is None else out & a.interval(average)
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


def _sum(a: Analysis, x: Term) -> Interval:
    parts = list(x.args)
    out = _added(a, parts)
    out &= _paired(a, parts)
    out &= scaled(F(-1), _paired(a, [normal.minus(m) for m in parts]))
    if len(parts) > 12:
        return out
    out &= _with_entropy(a, parts)
    out &= _with_average(a, parts)
    out &= _outweighed(a, parts)
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
            g = averaged(a, v, body)
            if g is not None:
                outside = normal.joined(c, {h: n for h, n in factors.items() if h is not f})
                inner = normal.mul(a, [outside, g])
                return a.interval(normal.add([*(k for k in parts if k is not m), inner]))
    return EVERYTHING


def _outweighed(a: Analysis, parts: list[Term]) -> Interval:
    """X + zY > 0 where X > 0, X ≥ Y ≥ 0 and z > −1, for a product X: it is at least X, or at least (1 + z)X."""
    for m in parts:
        c, x = normal.base(m)
        others = [k for k in parts if k is not m]
        if c <= 0 or x.op not in ("prod", "exp"):
            continue
        split = [normal.split(k)[1] for k in others]
        shared = {f: e for f, e in split[0].items() if all(one.get(f) == e for one in split)}
        y = normal.joined(F(1), shared)
        if y is ONE or not (a.nonnegative(y) and a.positive(x)) or exceeds(a, x, y) is None:
            continue
        pieces = [(normal.split(k)[0], normal.split(k)[1]) for k in others]
        z = [normal.joined(d / c, {f: e for f, e in one.items() if f not in shared}) for d, one in pieces]
        if a.positive(normal.add([ONE, *z])):
            return ABOVE
    return EVERYTHING


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


def _paired(a: Analysis, parts: list[Term]) -> Interval:
    """A lower bound: each negative monomial is set off against a positive one that is at least as large."""
    left = {b: c for c, b in map(normal.base, parts) if c > 0}
    low: Interval = point(F(0))
    strict = False
    for m in parts:
        c, b = normal.base(m)
        if c > 0:
            continue
        need = -c
        for larger in left:
            if not need or not left[larger]:
                continue
            how = exceeds(a, larger, b)
            if how is not None:
                used = min(need, left[larger])
                left[larger] -= used
                need -= used
                strict |= how
        if need:
            low = plus(low, scaled(-need, a.interval(b)))
    for b, c in left.items():
        if c:
            low = plus(low, scaled(c, a.interval(b)))
    return Interval(low.low, None, low.low is not None and (low.low_open or strict))


def _total(a: Analysis, x: Term) -> Interval:
    v, body = a.opened(x)
    i = a.interval(body)
    n = sizes.least(v.args[0], a.domain.smallest)
    out = EVERYTHING
    if not_negative(i):
        assert i.low is not None
        above = a.nonempty(v) and (i.low_open or (i.low == 0 and a.positive(body)))
        out &= Interval(i.low * n if n is not None else F(0), None, above)
        if positive_somewhere(a, v, body):
            out &= ABOVE
    if i.high is not None and i.high <= 0:
        below = a.nonempty(v) and (i.high < 0 or i.high_open)
        out &= Interval(None, F(0), False, below or positive_somewhere(a, v, normal.minus(body)))
    average = averaged(a, v, body)
    return out if average is None else out & a.interval(average)


def positive_somewhere(a: Analysis, v: Term, body: Term) -> bool:
    """Whether Σ_v body > 0 everywhere, for a body that is not negative."""
    if a.positive(body):
        return a.nonempty(v)
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
    if not not_negative(i) or i.high is None or i.high > 1:
        return False
    return a.positive(normal.total(a, v, normal.add([ONE, normal.minus(normal.total(a, k, x))])))


def _extreme(a: Analysis, x: Term) -> Interval:
    v, body = a.opened(x)
    out = a.interval(body)
    if x.op == "amax" and not_negative(out) and positive_somewhere(a, v, body):
        out &= ABOVE
    return out


def _running_product(a: Analysis, x: Term) -> Interval:
    v, body = a.opened(x)
    i = a.interval(body)
    if not not_negative(i):
        return EVERYTHING
    top = F(1) if i.high is not None and i.high <= 1 else None
    below = top is not None and a.nonempty(v) and (i.high != 1 or i.high_open)
    return Interval(F(0), top, i.low != 0 or i.low_open, below)


__all__ = ["EVERYTHING", "EXCEEDING", "Interval", "exceeds", "interval", "kinds_of", "positive_somewhere"]
