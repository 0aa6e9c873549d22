"""Bounds of a term on a domain, derived from the term alone: probabilities, sums to 1, means, shares, sorted rows.

A small calculus written for checking; it shares no rule with what wrote the certificate. A bound is one of every value
that the term has where it is finite. What it cannot bound it leaves open, and the caller says so.
"""

from __future__ import annotations

from fractions import Fraction

from axiomkd.verify import gaps, intervals
from axiomkd.verify.algebra import Factors, is_at, product, split, summands
from axiomkd.verify.intervals import ANY, NONNEGATIVE, POSITIVE, UNIT, Interval, between, exactly
from axiomkd.verify.terms import Node, free, node, num, walk


class Signs:
    """Bounds on the domain where P and w are positive, or at least 0; K and C are at least `smallest`.

    `axes` are the lengths of the two axes as the terms spell them: the sizes, or two numbers.
    """

    def __init__(self, *, P_positive: bool, w_positive: bool, smallest: tuple[int, int], axes: tuple[Node, Node]):
        self.axes = axes
        self.P = between(0, 1, strict=P_positive)
        self.w = between(0, 1, strict=w_positive)
        self.smallest = smallest
        self.memo: dict[Node, Interval] = {}

    def of(self, x: Node) -> Interval:
        """The bounds of a term."""
        if x not in self.memo:
            self.memo[x] = ANY  # a term never bounds itself
            self.memo[x] = self._of(x)
        return self.memo[x]

    def _of(self, x: Node) -> Interval:
        match x.op:
            case "num":
                return exactly(x.data)
            case "size":
                return between(self.smallest[0 if x.data == "K" else 1], None)
            case "P":
                return self.P
            case "w":
                return self.w
            case "T":
                return POSITIVE
            case "index" | "bound" | "argmax" | "argmin":
                return NONNEGATIVE
            case "add":
                return self._sum_of(x)
            case "mul" | "pow" | "div":
                return self._product(x)
            case "sum" | "prod":
                return self._total(x) if x.op == "sum" else self._power_of_all(self.of(x.args[1]))
            case "amax" | "amin" | "sorted":
                return self._extreme(x)
            case "max" | "min":
                return self._of_several(x)
            case "where":
                return intervals.hull(self.of(x.args[1]), self.of(x.args[2]))
            case "ind":
                return UNIT
        return self._function(x)

    def _function(self, x: Node) -> Interval:
        if not x.args:
            return ANY
        a = self.of(x.args[0])
        match x.op:
            case "exp":  # exp(−∞) is 0, and a number
                above = not a.at_least(0) and self.finite(x.args[0])
                return Interval(Fraction(int(a.at_least(0))), Fraction(1) if a.nonpositive else None, above)
            case "log" | "logp":
                strict = x.op == "log" and a.high is not None and (a.high < 1 or a.below)
                return Interval(
                    Fraction(0) if a.at_least(1) else None, Fraction(0) if a.at_most(1) else None, False, strict
                )
            case "wherepos":
                return intervals.hull(intervals.both(a, POSITIVE), exactly(1))
            case "abs":
                return intervals.both(NONNEGATIVE, a) if a.nonnegative else NONNEGATIVE
            case "cbrt":
                return NONNEGATIVE if a.nonnegative else ANY
            case "powr":
                return NONNEGATIVE if a.nonnegative else ANY
        return ANY

    def finite(self, x: Node) -> bool:
        """Whether no part of the term can be infinite or undefined."""
        for n in walk(x):
            if n.op in ("opaque", "inf", "nan", "fn", "powr", "floordiv"):
                return False
            if n.op == "log" and not self.of(n.args[0]).positive:
                return False
            if n.op == "div" or (n.op == "pow" and (n.data < 0 or n.data.denominator > 1)):
                base = self.of(n.args[-1])
                away = base.positive or (n.op == "pow" and n.data > 0 and base.nonnegative)
                if not away and not intervals.negative(base).positive:
                    return False
        return True

    # --- sums ------------------------------------------------------------------------------------------------------------

    def _sum_of(self, x: Node) -> Interval:
        parts = [split(one) for one in summands(x)]
        out = exactly(0)
        for c, factors in parts:
            out = intervals.add(out, self.of(product(c, factors)) if len(parts) > 1 else ANY)
        out = intervals.both(out, self._common(parts))
        out = intervals.both(out, self._merged(x))
        out = intervals.both(out, self._shifted(x))
        return (
            intervals.both(out, NONNEGATIVE)
            if gaps.ordered(parts, self.of) or gaps.below_log(parts, self.entry)
            else out
        )

    def _common(self, parts: list[tuple[Fraction, Factors]]) -> Interval:
        """c·(a + b) for c·a + c·b."""
        shared = {f: e for f, e in parts[0][1].items() if all(p.get(f) == e for _, p in parts)}
        scale = {abs(c) for c, _ in parts}
        c = scale.pop() if len(scale) == 1 else Fraction(1)
        if not shared and c == 1:
            return ANY
        rest = [product(d / c, {f: e for f, e in p.items() if f not in shared}) for d, p in parts]
        return intervals.times(self.of(product(c, shared)), self.of(node("add", *rest)))

    def _merged(self, x: Node) -> Interval:
        """Σ(a + b) for Σa + Σb over one variable."""
        groups: dict[Node, list[Node]] = {}
        others = []
        for one in summands(x):
            c, factors = split(one)
            alone = next(iter(factors)) if len(factors) == 1 and set(factors.values()) == {1} else None
            if alone is not None and alone.op == "sum":
                body = alone.args[1] if c == 1 else node("mul", num(c), alone.args[1])
                groups.setdefault(alone.args[0], []).append(body)
            else:
                others.append(one)
        if not any(len(bodies) > 1 for bodies in groups.values()):
            return ANY
        sums = [
            node("sum", bound, node("add", *bodies) if len(bodies) > 1 else bodies[0])
            for bound, bodies in groups.items()
        ]
        every = [*sums, *others]
        return self.of(every[0] if len(every) == 1 else node("add", *every))

    def _shifted(self, x: Node) -> Interval:
        """Σ_k w_k a_k + b lies where the a_k + b do."""
        parts = summands(x)
        for one in parts:
            if one.op == "sum":
                bound, body = one.args
                c, factors = split(body)
                own = next((f for f, e in factors.items() if e == 1 and self.entry(f, bound)), None)
                others = [part for part in parts if part is not one]
                if own is not None and others and not any(bound in free(part) for part in others):
                    inner = product(c, {f: e for f, e in factors.items() if f is not own})
                    return self.of(node("add", inner, *others))
        return ANY

    def _total(self, x: Node) -> Interval:
        bound, body = x.args
        length, inside = self.of(bound.args[0]), self.of(body)
        out = self._mean(bound, body)
        some = length.at_least(1)
        if inside.nonnegative:
            assert inside.low is not None
            out = intervals.both(out, Interval(inside.low if some else Fraction(0), None, inside.above and some))
        if inside.nonpositive:
            out = intervals.both(out, Interval(None, Fraction(0), False, inside.below and some))
        if inside.nonnegative and self._somewhere(body, {bound}):
            out = intervals.both(out, POSITIVE)
        if length.low is not None and length.low == length.high:
            out = intervals.both(out, intervals.scaled(length.low, inside))
        return out

    def _mean(self, bound: Node, body: Node) -> Interval:
        """Σ_k w_k c_k and Σ_i p_ki c_i lie where the c do."""
        c, factors = split(body)
        for f, e in factors.items():
            if e == 1 and self.entry(f, bound):
                return self.of(product(c, {g: h for g, h in factors.items() if g is not f}))
        return ANY

    # --- products --------------------------------------------------------------------------------------------------------

    def _product(self, x: Node) -> Interval:
        c, factors = split(x)
        if len(factors) == 1 and c == 1:
            ((f, e),) = factors.items()
            return self._power(self.of(f), e, e > 0 or self.finite(f))
        out = exactly(c)
        for f, e in factors.items():
            out = intervals.times(out, self._power(self.of(f), e, e > 0 or self.finite(f)))
        return intervals.both(out, intervals.scaled(c, self._share(factors)))

    def _share(self, factors: Factors) -> Interval:
        """x_k / Σ_j x_j with x ≥ 0 (or all x ≤ 0) is in [0, 1]."""
        for total, e in factors.items():
            if e == -1 and total.op == "sum":
                bound, body = total.args
                rest = product(Fraction(1), {f: h for f, h in factors.items() if f is not total})
                sign = self.of(body)
                if (sign.nonnegative or sign.nonpositive) and is_at(body, bound, rest):
                    return UNIT
        return ANY

    def _power(self, a: Interval, e: Fraction, finite: bool) -> Interval:
        if e == 1:
            return a
        if e.denominator == 1 and e % 2 == 0 and not a.nonnegative:
            return NONNEGATIVE if e > 0 or not finite else POSITIVE
        if a.nonpositive and e.denominator == 1 and not a.nonnegative:
            return intervals.negative(self._power(intervals.negative(a), e, finite))
        if not a.nonnegative:
            return ANY
        if e < 0:  # 1/0 is no number, so that where the power is one it is above 0
            return Interval(
                Fraction(int(a.at_most(1))), Fraction(1) if a.at_least(1) else None, finite and not a.at_most(1)
            )
        above_one = a.at_least(1)
        return Interval(
            Fraction(int(above_one)), Fraction(1) if a.at_most(1) else None, a.positive and not above_one, False
        )

    def _power_of_all(self, a: Interval) -> Interval:
        """Of a product of many."""
        high = Fraction(1) if a.nonnegative and a.at_most(1) else None
        return Interval(Fraction(0), high, a.positive) if a.nonnegative else ANY

    # --- extremes --------------------------------------------------------------------------------------------------------

    def _extreme(self, x: Node) -> Interval:
        bound, body = x.args[:2]
        inside = self.of(body)
        if x.op == "amax" and inside.nonnegative and self._somewhere(body, {bound}):
            return intervals.both(inside, POSITIVE)
        return inside

    def _somewhere(self, body: Node, variables: set[Node]) -> bool:
        """Whether a term that is never negative is positive for some values of the variables: entries of w, and of each
        row, sum to 1, so that one of them is above 0."""
        atoms = self._atoms(body, variables)
        if atoms is None:
            return False
        chosen = [f.args[0] if f.op == "w" else f.args[1] for f in atoms]
        plain = all(f.op == "w" or f.args[0].op in ("index", "bound", "num") for f in atoms)
        return plain and len(chosen) == len(set(chosen))

    def _atoms(self, x: Node, variables: set[Node]) -> set[Node] | None:
        """Entries of w and P that, positive together, make the term positive; None where no such are found."""
        if self.of(x).positive:
            return set()
        if x.op in ("sum", "amax") and x.args[0] not in variables and self.of(x.args[1]).nonnegative:
            return self._atoms(x.args[1], variables | {x.args[0]})
        if x.op == "add":
            if not all(self.of(part).nonnegative for part in x.args):
                return None
            return next((found for part in x.args if (found := self._atoms(part, variables)) is not None), None)
        if any(self.entry(x, v) for v in variables):
            return {x}
        if x.op in ("mul", "pow"):
            c, factors = split(x)
            if c <= 0 or (x.op == "pow" and x.data <= 0):
                return None
            found = [self._atoms(f, variables) if e > 0 else _none(self.of(f).positive) for f, e in factors.items()]
            return None if any(one is None for one in found) else set().union(*(one for one in found if one))
        return None

    def entry(self, f: Node, bound: Node) -> bool:
        """Whether f runs through numbers that sum to 1 as the bound variable does: w_b over K, or P[k, b] over C."""
        length = bound.args[0]
        if f.op == "w":
            return f.args[0] is bound and length is self.axes[0]
        return f.op == "P" and f.args[1] is bound and bound not in free(f.args[0]) and length is self.axes[1]

    def _of_several(self, x: Node) -> Interval:
        parts = [self.of(a) for a in x.args]
        out = parts[0]
        for part in parts[1:]:
            if x.op == "max":
                out = intervals.larger(out, part)
            else:
                out = intervals.negative(intervals.larger(intervals.negative(out), intervals.negative(part)))
        return out


def _none(true: bool) -> set[Node] | None:
    return set() if true else None
