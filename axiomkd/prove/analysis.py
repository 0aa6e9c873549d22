"""One operator's terms on one domain: their normal forms, signs, bounds and kinds, each worked out once.

It decides nothing about a reading. Bounds are in `signs`, the forms in `normal`, infinities in `kinds`; they ask each
other through here.
"""

from __future__ import annotations

from fractions import Fraction

from axiomkd.prove import kinds, normal, signs
from axiomkd.prove.domain import Domain
from axiomkd.prove.kinds import FINITE, NIL, Kindly, Kinds, Scenario
from axiomkd.prove.signs import Interval
from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import NAN, ONE, ZERO, Term, make

DEEPEST = 30  # bounds asked for within bounds; beyond it nothing is concluded


class Analysis:
    """`K` and `C` are the lengths of the axes: the sizes themselves, or numbers where the operator was traced at fixed ones."""

    def __init__(self, domain: Domain, K: Term, C: Term) -> None:
        self.domain, self.K, self.C = domain, K, C
        self._normal: dict[Term, Term] = {}
        self._again: dict[Term, Term] = {}
        self._intervals: dict[Term, Interval] = {}
        self._busy: set[Term] = set()
        self._inner: dict[Term, Analysis] = {}
        self._kindly: dict[int, Kindly] = {}
        self.plain = kinds.plain(domain.P_positive, domain.w_positive)

    # --- normal forms ----------------------------------------------------------------------------------------------------

    def normal(self, t: Term) -> Term:
        """The normal form of a term as lifted: equal wherever the code's value is finite."""
        if t not in self._normal:
            try:
                self._normal[t] = self._form(t)
            except normal.TooLong:
                self._normal[t] = self._hidden(t, "the formula gets too long")
        return self._normal[t]

    def again(self, t: Term) -> Term:
        """The normal form of a term made of normal forms, after a substitution: nothing in it hides an infinity."""
        if t not in self._again:
            self._again[t] = self._reform(t)
        return self._again[t]

    def _hidden(self, t: Term, why: str) -> Term:
        found = next((x for x in terms.walk(t) if x.op == "opaque"), None)
        if found is not None:
            data = found.data
            return make("opaque", sorted(t.free, key=lambda x: x.key), (t.key.hex(), t.of, data[2], data[3]))
        return make("opaque", sorted(t.free, key=lambda x: x.key), (t.key.hex(), t.of, why, None))

    def _form(self, t: Term) -> Term:
        def go(x: Term) -> Term:
            return self.normal(x)

        match t.op:
            case "num" | "size" | "index" | "bound" | "opaque" | "true" | "false":
                return t
            case "nan" | "inf":
                return NAN
            case "P" | "w" | "T" | "param":
                return make(t.op, [self.place(x) for x in t.args], t.data)
            case "add":
                return normal.add(map(go, t.args))
            case "mul":
                return normal.mul(self, list(map(go, t.args)))
            case "div":
                if self.kinds(t.args[1]) & {kinds.PINF, kinds.NINF}:
                    return self._hidden(t, "a denominator that may be infinite")
                return normal.mul(self, [go(t.args[0]), normal.power(self, go(t.args[1]), Fraction(-1))])
            case "pow":
                return normal.power(self, go(t.args[0]), t.data)
            case "exp":
                if kinds.NINF in self.kinds(t.args[0]) and not self._falls_by_logarithms(go(t.args[0])):
                    return self._hidden(t, "exp of what may be -∞")
                return normal.exp(self, go(t.args[0]))
            case "log":
                x = go(t.args[0])
                return make("logp", x.args) if x.op == "wherepos" else normal.log(self, x)
            case "abs":
                return normal.absolute(self, go(t.args[0]))
            case "cbrt":
                x = go(t.args[0])
                return normal.power(self, x, Fraction(1, 3)) if self.nonnegative(x) else make("cbrt", (x,))
            case "logistic":
                if self.kinds(t.args[0]) & {kinds.PINF, kinds.NINF}:
                    return self._hidden(t, "a sigmoid of what may be infinite")
                raised = normal.exp(self, normal.minus(go(t.args[0])))
                return normal.power(self, normal.add([ONE, raised]), Fraction(-1))
            case "softmax":
                return self._softmax(t)
            case "sum" | "prod":
                v, body = self.opened(t)
                return (normal.total if t.op == "sum" else normal.product)(self, v, go(body))
            case "amax" | "amin":
                v, body = self.opened(t)
                if self.kinds(body) & {kinds.PINF, kinds.NINF}:
                    return self._hidden(t, "a maximum or minimum of what may be infinite")
                return normal.extreme(self, t.op, v, go(body))
            case "max" | "min":
                if any(self.kinds(x) & {kinds.PINF, kinds.NINF} for x in t.args):
                    return self._hidden(t, "a maximum or minimum of what may be infinite")
                return self._largest(t.op, [go(x) for x in t.args])
            case "ind":
                c = self.condition(t.args[0])
                return (
                    self._hidden(t, "a comparison of what may be infinite or undefined")
                    if c is None
                    else normal.indicator(self, c)
                )
            case "where":
                return self._where(t)
            case "powr":
                return self._powr(t)
            case "sorted":
                v, body = self.opened(t)
                if self.kinds(body) & kinds.HIDDEN:
                    return self._hidden(t, "a sort of what may be infinite or undefined")
                return self._order_statistic(v, go(body), self.place(t.args[2]))
            case "argmax" | "argmin":
                return self.place(t)
            case "sign":
                return self._sign(t)
            case "fn":
                if t.data in ("tanh", "erf", "atan") and self.kinds(t.args[0]) & {kinds.PINF, kinds.NINF}:
                    return self._hidden(t, f"{t.data} of what may be infinite")
                return make("fn", (go(t.args[0]),), t.data)
            case "floordiv":
                return make("floordiv", map(go, t.args))
            case _:
                return self._hidden(t, t.op)

    def _softmax(self, t: Term) -> Term:
        v, body = self.opened(t)
        if kinds.NINF in self.kinds(body) and not self._falls_by_logarithms(self.normal(body)):
            return self._hidden(t, "a softmax of what may be -∞")
        raised = normal.exp(self, self.normal(body))
        top = self.again(terms.substitute(raised, {v: self.place(t.args[2])}))
        return normal.mul(self, [top, normal.power(self, normal.total(self, v, raised), Fraction(-1))])

    def _falls_by_logarithms(self, x: Term) -> bool:
        """Whether x is c log y + … with c > 0, y ≥ 0 and the rest defined everywhere: then exp x is y^c exp(…) at y = 0 too.

        Where the code's x is −∞, each part of it that is not finite is −∞ (else it were NaN), so none was cancelled in x.
        """
        for m in normal.monomials(x):
            c, b = normal.base(m)
            if b.op == "log" and c > 0 and self.nonnegative(b.args[0]) and self.total(b.args[0]):
                continue
            if not self.total(m):
                return False
        return True

    def _largest(self, op: str, parts: list[Term]) -> Term:
        """max(x, y, …), without those that another one is never below."""
        sign = 1 if op == "max" else -1
        kept: list[Term] = []
        for n, x in enumerate(parts):
            others = [y for m, y in enumerate(parts) if m != n and (y in kept or m > n)]
            if not any(
                y is x or self.nonnegative(normal.scaled(Fraction(sign), normal.add([y, normal.minus(x)])))
                for y in others
            ):
                kept.append(x)
        return kept[0] if len(kept) == 1 else make(op, kept)

    def _where(self, t: Term) -> Term:
        c = self.condition(t.args[0])
        if c is None:
            return self._hidden(t, "a condition on what may be infinite or undefined")
        if c is terms.TRUE or c is terms.FALSE:
            return self.normal(t.args[1] if c is terms.TRUE else t.args[2])
        yes, no = self.assuming(c).normal(t.args[1]), self.assuming(terms.negate(c)).normal(t.args[2])
        return normal.choice(self, c, yes, no)

    def _powr(self, t: Term) -> Term:
        x, y = map(self.normal, t.args)
        if self.kinds(t.args[0]) <= {kinds.POS} and self.kinds(t.args[1]) <= FINITE:
            return normal.exp(self, normal.mul(self, [y, normal.log(self, x)]))
        if self.kinds(t.args[0]) <= {kinds.POS, NIL} and self.kinds(t.args[1]) <= FINITE:
            return x if y is terms.ONE else make("powr", (x, y))  # p^(1/T) at T = 1
        return self._hidden(t, "a power of what may be negative")

    def _sign(self, t: Term) -> Term:
        if self.kinds(t.args[0]) & kinds.HIDDEN:
            return self._hidden(t, "the sign of what may be infinite or undefined")
        low = normal.at_least_zero(self, self.normal(t.args[0]))
        high = normal.at_least_zero(self, normal.minus(self.normal(t.args[0])))
        return normal.add([normal.indicator(self, low), normal.minus(normal.indicator(self, high))])

    def condition(self, c: Term) -> Term | None:
        """The condition in normal form; None where an operand may be infinite or undefined."""
        match c.op:
            case "true" | "false":
                return c
            case "not":
                inner = self.condition(c.args[0])
                return None if inner is None else terms.negate(inner)
            case "and":
                x, y = map(self.condition, c.args)
                if x is terms.FALSE or y is terms.FALSE:
                    return terms.FALSE
                return None if x is None or y is None else terms.both(x, y)
            case "finite":
                return terms.TRUE if self.kinds(c.args[0]) <= FINITE else None
            case "ge" | "gt" | "eq":
                if any(x.op == "inf" for x in c.args):
                    return self._with_infinity(c)
                if any(self.kinds(x) & kinds.HIDDEN for x in c.args):
                    return None
                return self._compared(c)
            case _:
                return None

    def _with_infinity(self, c: Term) -> Term | None:
        x, y = c.args
        other = y if x.op == "inf" else x
        if not self.kinds(other) <= FINITE:
            return None
        sign = x.data if x.op == "inf" else -y.data
        return terms.FALSE if c.op == "eq" or sign < 0 else terms.TRUE

    def _compared(self, c: Term) -> Term:
        if c.op == "eq":
            return normal.equal(self, *(self._place_or_form(x) for x in c.args))
        x, y = map(self._place_or_form, c.args)
        if c.op == "ge":
            return normal.at_least_zero(self, normal.add([x, normal.minus(y)]))
        return terms.negate(normal.at_least_zero(self, normal.add([y, normal.minus(x)])))

    def _place_or_form(self, x: Term) -> Term:
        return self.place(x) if x.op in ("index", "bound", "argmax", "argmin") else self.normal(x)

    def place(self, t: Term) -> Term:
        """An index term in normal form."""
        if t.op not in ("argmax", "argmin"):
            return t if not t.args or t.op in ("index", "bound") else self.normal(t)
        v, body = self.opened(t)
        body = self._ordered_alike(body)
        if self.kinds(body) & kinds.HIDDEN:
            return self._hidden(t, f"the {t.op} of what may be infinite or undefined")
        return self._argument(t.op, v, self.normal(body))

    def _ordered_alike(self, x: Term) -> Term:
        """What is ordered as x is, ties included: y for exp y, and for log y where y ≥ 0, log 0 being below all others."""
        while x.op in ("exp", "log"):
            (y,) = x.args
            if self.kinds(y) & kinds.HIDDEN or (x.op == "log" and not self.nonnegative(self.normal(y))):
                break
            x = y
        return x

    def _order_statistic(self, v: Term, body: Term, place: Term) -> Term:
        """The entry at a place of the sorted body: the least at 0, the largest at the last one."""
        if v not in body.free:
            return body
        if place is ZERO:
            return normal.extreme(self, "amin", v, body)
        if sizes.same(terms.add(place, ONE), v.args[0]):
            return normal.extreme(self, "amax", v, body)
        return terms.bind("sorted", v, body, place)

    def _argument(self, op: str, v: Term, body: Term) -> Term:
        """argmax over v, without what does not matter to it: addends and positive factors that do not depend on v."""
        body = normal.add([m for m in normal.monomials(body) if v in m.free])
        if body is ZERO:
            return ZERO
        if body.op != "add":
            coefficient, factors = normal.split(body)
            inside = {
                f: e for f, e in factors.items() if v in f.free or not self.positive(normal.joined(Fraction(1), {f: e}))
            }
            body = normal.joined(Fraction(1 if coefficient > 0 else -1), inside)
        return terms.bind(op, v, body)

    def _reform(self, t: Term) -> Term:
        """Rebuild a term of normal forms, simplifying again what a substitution made simple."""

        def go(x: Term) -> Term:
            return self.again(x)

        match t.op:
            case "add":
                return normal.add(map(go, t.args))
            case "mul":
                return normal.mul(self, list(map(go, t.args)))
            case "pow":
                return normal.power(self, go(t.args[0]), t.data)
            case "exp":
                return normal.exp(self, go(t.args[0]))
            case "log":
                return normal.log(self, go(t.args[0]))
            case "logp":
                x = go(t.args[0])
                return normal.log(self, x) if self.positive(x) else ZERO if x is ZERO else make("logp", (x,))
            case "abs":
                return normal.absolute(self, go(t.args[0]))
            case "sum" | "prod" | "amax" | "amin" | "argmax" | "argmin" | "sorted":
                return self._reform_binder(t)
            case "max" | "min":
                return self._largest(t.op, list(map(go, t.args)))
            case "ind":
                return normal.indicator(self, self.recondition(t.args[0]))
            case "where":
                c = self.recondition(t.args[0])
                yes, no = self.assuming(c).again(t.args[1]), self.assuming(terms.negate(c)).again(t.args[2])
                return normal.choice(self, c, yes, no)
            case "P" | "w" | "param" | "opaque" | "fn" | "cbrt" | "powr" | "floordiv" | "wherepos":
                return make(t.op, map(go, t.args), t.data)
            case _:
                return t

    def _reform_binder(self, t: Term) -> Term:
        v, body = self.opened(t)
        body = self.again(body)
        match t.op:
            case "sum":
                return normal.total(self, v, body)
            case "prod":
                return normal.product(self, v, body)
            case "amax" | "amin":
                return normal.extreme(self, t.op, v, body)
            case "sorted":
                return self._order_statistic(v, body, self.again(t.args[2]))
            case _:
                return self._argument(t.op, v, body)

    def recondition(self, c: Term) -> Term:
        match c.op:
            case "not":
                return terms.negate(self.recondition(c.args[0]))
            case "and":
                return terms.both(*map(self.recondition, c.args))
            case "ge":
                return normal.at_least_zero(self, self.again(c.args[0]))
            case "eq":
                x, y = map(self.again, c.args)
                return normal.equal(self, x, y)
            case _:
                return c

    # --- what is known ---------------------------------------------------------------------------------------------------

    def interval(self, x: Term) -> Interval:
        """Bounds of a normal form over the domain, at the points where it is defined."""
        if x not in self._intervals:
            if x in self._busy or len(self._busy) > DEEPEST:
                return signs.EVERYTHING
            self._busy.add(x)
            try:
                self._intervals[x] = signs.interval(self, x)
            finally:
                self._busy.discard(x)
        return self._intervals[x]

    def positive(self, x: Term) -> bool:
        i = self.interval(x)
        return i.low is not None and (i.low > 0 or (i.low == 0 and i.low_open))

    def negative(self, x: Term) -> bool:
        i = self.interval(x)
        return i.high is not None and (i.high < 0 or (i.high == 0 and i.high_open))

    def nonnegative(self, x: Term) -> bool:
        i = self.interval(x)
        return i.low is not None and i.low >= 0

    def nonempty(self, v: Term) -> bool:
        """Whether an index ranges over at least one value at all sizes."""
        n = sizes.least(v.args[0], self.domain.smallest)
        return n is not None and n >= 1

    def sums_to_one(self, v: Term, f: Term) -> bool:
        """Whether Σ_v f = 1: the weights over all teachers, a row over all classes, [v = the place of a largest entry]."""
        n = v.args[0]
        if f.op == "w":
            return f.args[0] is v and n is self.K
        if f.op == "P":
            return f.args[1] is v and n is self.C and v not in f.args[0].free
        if f.op == "ind" and f.args[0].op == "eq" and v in f.args[0].args:
            place = next((t for t in f.args[0].args if t is not v), v)
            return place.op in ("argmax", "argmin") and v not in place.free and sizes.same(place.args[0].args[0], n)
        return False

    def opened(self, binder: Term, *beside: Term) -> tuple[Term, Term]:
        """A binder's body at a free index that nothing is assumed of."""
        return terms.opened(binder, *beside, *self.domain.given)

    def signs(self, raw: Term) -> Kinds:
        """The finite kinds that a term as lifted may have, by its normal form."""
        i = self.interval(self.normal(raw))
        return signs.kinds_of(i)

    def signs_given(self, raw: Term, facts: frozenset[Term]) -> Kinds:
        """The same where conditions on single entries hold; the normal form is that of the whole domain."""
        a = self
        for fact in sorted(facts, key=lambda t: t.key):
            a = a.assuming(fact)
        return signs.kinds_of(a.interval(self.normal(raw)))

    def kinds_in(self, scenario: Scenario) -> Kindly:
        name = id(scenario)
        if name not in self._kindly:
            self._kindly[name] = Kindly(self, scenario)
        return self._kindly[name]

    def kinds(self, raw: Term) -> Kinds:
        """What a term as lifted may be anywhere on the domain."""
        return self.kinds_in(self.plain)(raw, {})

    def decided(self, condition: Term) -> bool | None:
        """Whether a raw comparison of finite operands always holds, or never; None where neither is known."""
        if any(not self.kinds(x) <= FINITE for x in condition.args):
            return None
        c = self._compared(condition)
        return True if c is terms.TRUE else False if c is terms.FALSE else None

    def assuming(self, condition: Term) -> Analysis:
        """The analysis where a normal condition holds."""
        if condition in self.domain.given or condition is terms.TRUE:
            return self
        if condition not in self._inner:
            self._inner[condition] = Analysis(self.domain.assuming(condition), self.K, self.C)
        return self._inner[condition]

    def assuming_raw(self, condition: Term) -> Analysis | None:
        """The analysis where a condition as lifted holds; None where it cannot be put in normal form."""
        c = self.condition(condition)
        return None if c is None or c is terms.TRUE or c is terms.FALSE else self.assuming(c)

    def in_range(self, place: Term, n: Term) -> bool:
        """Whether an index term surely lies in 0 … n − 1."""
        if place.op in ("index", "bound"):
            return sizes.same(place.args[0], n)
        if place.op in ("argmax", "argmin"):
            return sizes.same(place.args[0].args[0], n)
        if not sizes.whole(place):
            return False
        low = sizes.least(place, self.domain.smallest)
        room = sizes.least(terms.sub(n, place), self.domain.smallest)
        return low is not None and low >= 0 and room is not None and room >= 1

    def total(self, x: Term) -> bool:
        """Whether a normal form is defined all over the domain."""
        return all(self._defined(t) for t in terms.walk(x))

    def _defined(self, t: Term) -> bool:
        match t.op:
            case "nan":
                return False
            case "pow":
                return _power_defined(self, _unbound(t.args[0]), t.data)
            case "log":
                return self.positive(_unbound(t.args[0]))
            case "opaque" | "powr" | "cbrt" | "where" | "wherepos":
                return t.op in ("cbrt", "wherepos")
            case _:
                return True


def _unbound(x: Term) -> Term:
    """The term with the variables that are bound outside of it made free: what holds for any index holds for these."""
    own = {t.args[0] for t in terms.walk(x) if t.op in terms.BINDERS}
    loose = {t for t in terms.walk(x) if t.op == "bound" and t not in own}
    return terms.substitute(x, {t: terms.index(t.args[0], f"u{t.data}") for t in loose}) if loose else x


def _power_defined(a: Analysis, x: Term, e: Fraction) -> bool:
    if e.denominator > 1:
        return a.positive(x) if e < 0 else a.nonnegative(x)
    return e > 0 or a.positive(x) or a.negative(x)
