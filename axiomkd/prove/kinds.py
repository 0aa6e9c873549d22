"""What an entry may be, infinities and NaN included: a set of kinds, computed from the code as it stands.

A scenario may tell some teachers and classes apart ("a class that every teacher with weight supports"); sums and maxima
then range over its cases. Finite kinds are sharpened by the signs of the normal form, where the analysis knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import Term, make

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

NINF, NEG, NIL, POS, PINF, NAN = "-inf", "-", "0", "+", "+inf", "nan"
Kinds = frozenset[str]
FINITE: Kinds = frozenset({NEG, NIL, POS})
ALL: Kinds = FINITE | {NINF, PINF, NAN}
HIDDEN: Kinds = frozenset({NINF, PINF, NAN})
TWO: Kinds = frozenset({NIL, POS})


def some(*kinds: str) -> Kinds:
    return frozenset(kinds)


@dataclass(frozen=True)
class Case:
    """A kind of teacher, or of class. `there`: at least one is of this kind."""

    name: str
    there: bool


@dataclass(frozen=True)
class Scenario:
    """The cases of teachers and of classes, and what P[k, i] and w[k] may be for each.

    `P` maps (teacher's case, class' case) and `w` the teacher's case to kinds. `entry` is the class that is asked about.
    """

    teachers: tuple[Case, ...]
    classes: tuple[Case, ...]
    P: dict[tuple[str, str], Kinds]
    w: dict[str, Kinds]
    entry: str
    below_one: frozenset[str] = frozenset()  # the cases of teachers whose weight is below 1, since another one has some

    def of_P(self, k: str | None, i: str | None) -> Kinds:
        k = k if k in self.w else None
        i = i if any(i == c.name for c in self.classes) else None
        ks = [c.name for c in self.teachers] if k is None else [k]
        cs = [c.name for c in self.classes] if i is None else [i]
        return frozenset().union(*(self.P[a, b] for a in ks for b in cs))

    def of_w(self, k: str | None) -> Kinds:
        return self.w[k] if k in self.w else frozenset().union(*self.w.values())


def plain(P_positive: bool, w_positive: bool) -> Scenario:
    """No teacher and no class is special."""
    P, w = (some(POS) if p else TWO for p in (P_positive, w_positive))
    return Scenario((Case("any", True),), (Case("any", True),), {("any", "any"): P}, {"any": w}, "any")


def common() -> Scenario:
    """Class "it" is supported by every teacher with weight: a teacher has weight and supports it, or has no weight."""
    return Scenario(
        (Case("with", True), Case("without", False)),
        (Case("it", True), Case("other", False)),
        {("with", "it"): some(POS), ("with", "other"): TWO, ("without", "it"): TWO, ("without", "other"): TWO},
        {"with": some(POS), "without": some(NIL)},
        "it",
    )


def anyone() -> Scenario:
    """Class "it" is supported by one teacher with weight."""
    return Scenario(
        (Case("one", True), Case("rest", False)),
        (Case("it", True), Case("other", False)),
        {("one", "it"): some(POS), ("one", "other"): TWO, ("rest", "it"): TWO, ("rest", "other"): TWO},
        {"one": some(POS), "rest": TWO},
        "it",
        frozenset({"rest"}),
    )


# --- arithmetic on kinds -------------------------------------------------------------------------------------------------


def _add1(x: str, y: str) -> Kinds:
    if NAN in (x, y):
        return some(NAN)
    infinite = {x, y} & {NINF, PINF}
    if infinite:
        return some(NAN) if len(infinite) == 2 else frozenset(infinite)
    if NIL in (x, y):
        return some(y if x == NIL else x)
    return some(x) if x == y else FINITE


def _mul1(x: str, y: str) -> Kinds:
    if NAN in (x, y):
        return some(NAN)
    sign = {NINF: -1, NEG: -1, NIL: 0, POS: 1, PINF: 1}
    s = sign[x] * sign[y]
    if x in (NINF, PINF) or y in (NINF, PINF):
        return some(NAN if s == 0 else PINF if s > 0 else NINF)
    return some({-1: NEG, 0: NIL, 1: POS}[s])


def _div1(x: str, y: str) -> Kinds:
    if y == NIL:
        return some(NAN) if x in (NIL, NAN) else some(PINF, NINF)
    if y in (NINF, PINF):
        return some(NAN) if x in (NINF, PINF, NAN) else some(NIL)
    return _mul1(x, y)


def _powr1(x: str, y: str) -> Kinds:
    """x^y: 0^0 is 1; of a negative or infinite base nothing is known."""
    if x == POS and y in FINITE:
        return some(POS)
    if x == NIL and y in (NIL, POS):
        return some(POS if y == NIL else NIL)
    return ALL


def _max1(x: str, y: str) -> Kinds:
    if NAN in (x, y):
        return some(NAN)
    order = [NINF, NEG, NIL, POS, PINF]
    return some(order[max(order.index(x), order.index(y))])


def _neg1(x: str) -> str:
    return {NINF: PINF, NEG: POS, POS: NEG, PINF: NINF}.get(x, x)


def negated(x: Kinds) -> Kinds:
    return frozenset(map(_neg1, x))


def _min1(x: str, y: str) -> Kinds:
    return negated(_max1(_neg1(x), _neg1(y)))


def both(op: Callable[[str, str], Kinds], x: Kinds, y: Kinds) -> Kinds:
    return frozenset().union(*(op(a, b) for a in x for b in y)) if x and y else frozenset()


def mapped(x: Kinds, to: dict[str, Kinds]) -> Kinds:
    return frozenset().union(*(to[a] for a in x)) if x else frozenset()


EXP = {NINF: some(NIL), NEG: some(POS), NIL: some(POS), POS: some(POS), PINF: some(PINF), NAN: some(NAN)}
LOG = {NINF: some(NAN), NEG: some(NAN), NIL: some(NINF), POS: FINITE, PINF: some(PINF), NAN: some(NAN)}
ABS = {NINF: some(PINF), NEG: some(POS), NIL: some(NIL), POS: some(POS), PINF: some(PINF), NAN: some(NAN)}
ROOT = {NINF: some(PINF, NAN), NEG: some(NAN), NIL: some(NIL), POS: some(POS), PINF: some(PINF), NAN: some(NAN)}
EVEN = ABS
ODD = {k: some(k) for k in ALL}
LOGISTIC = {NINF: some(NIL), NEG: some(POS), NIL: some(POS), POS: some(POS), PINF: some(POS), NAN: some(NAN)}
BOUNDED = {NINF: some(NEG), NEG: some(NEG), NIL: some(NIL), POS: some(POS), PINF: some(POS), NAN: some(NAN)}
WAVE = {NINF: some(NAN), NEG: FINITE, NIL: FINITE, POS: FINITE, PINF: some(NAN), NAN: some(NAN)}
SIGN = {NINF: some(NEG), NEG: some(NEG), NIL: some(NIL), POS: some(POS), PINF: some(POS), NAN: some(NAN)}
FUNCTIONS = {"tanh": BOUNDED, "erf": BOUNDED, "atan": BOUNDED, "sin": WAVE, "cos": WAVE}


class Kindly:
    """Kinds of terms in one scenario, on the domain of an analysis."""

    def __init__(self, analysis: Analysis, scenario: Scenario) -> None:
        self.analysis, self.scenario = analysis, scenario
        self.memo: dict[tuple, Kinds] = {}

    def __call__(self, t: Term, cases: dict[Term, str]) -> Kinds:
        """What the entry may be, `cases` telling the case of a free index."""
        mine = tuple(sorted(((v.key, c) for v, c in cases.items() if v in t.free)))
        name = (t, mine)
        if name not in self.memo:
            self.memo[name] = self._sharpened(t, self._raw(t, cases), cases)
        return self.memo[name]

    def _sharpened(self, t: Term, found: Kinds, cases: dict[Term, str]) -> Kinds:
        """Without the finite kinds that the sign of the normal form rules out, on the domain or in these cases."""
        if len(found & FINITE) < 2 or t.op in ("P", "w") and not self.analysis.domain.given:
            return found
        found -= FINITE - self.analysis.signs(t)
        if len(found & FINITE) < 2:
            return found
        facts = self._facts(t, cases)
        return found - (FINITE - self.analysis.signs_given(t, facts)) if facts else found

    def _facts(self, t: Term, cases: dict[Term, str]) -> frozenset[Term]:
        """What the cases say of the entries of P and w in a term: above 0, equal to 0, or below 1."""
        facts: set[Term] = set()
        for x in terms.walk(t):
            if x.op not in ("P", "w") or not any(v in cases for v in x.args):
                continue
            at_most_zero = terms.make("ge", (terms.mul(terms.num(-1), x), terms.ZERO))
            known = self._raw(x, cases)
            if known == {POS}:
                facts.add(terms.negate(at_most_zero))
            elif known == {NIL}:
                facts.add(at_most_zero)
            if x.op == "w" and cases.get(x.args[0]) in self.scenario.below_one:
                facts.add(terms.negate(terms.make("ge", (terms.add(x, terms.num(-1)), terms.ZERO))))
        return frozenset(facts)

    def _raw(self, t: Term, cases: dict[Term, str]) -> Kinds:
        def go(x: Term) -> Kinds:
            return self(x, cases)

        match t.op:
            case "num":
                return some(POS if t.data > 0 else NEG if t.data < 0 else NIL)
            case "size" | "T":
                return some(POS)
            case "inf":
                return some(PINF if t.data > 0 else NINF)
            case "nan":
                return some(NAN)
            case "index" | "bound" | "argmax" | "argmin":
                return TWO
            case "P":
                return self.scenario.of_P(*(cases.get(x) for x in t.args))
            case "w":
                return self.scenario.of_w(cases.get(t.args[0]))
            case "param":
                return self._parameter(t)
            case "add":
                return self._sum_of(t, cases)
            case "mul":
                return self._folded(_mul1, map(go, t.args))
            case "div":
                x, y = map(go, t.args)
                out = both(_div1, x, y)
                # 1/0 is +∞ or −∞; of a denominator that is never negative, the zero is +0.
                return out - {NINF} if NIL in y and not y & {NEG, NINF} and not x & {NEG, NINF} else out
            case "pow":
                if t.data.denominator > 1:
                    return mapped(go(t.args[0]), ROOT)
                return mapped(go(t.args[0]), EVEN if t.data % 2 == 0 else ODD)
            case "exp":
                return mapped(go(t.args[0]), EXP)
            case "log":
                return mapped(go(t.args[0]), LOG)
            case "abs":
                return mapped(go(t.args[0]), ABS)
            case "sign":
                return mapped(go(t.args[0]), SIGN)
            case "cbrt":
                return mapped(go(t.args[0]), ODD)
            case "logistic":
                return mapped(go(t.args[0]), LOGISTIC)
            case "fn":
                return mapped(go(t.args[0]), FUNCTIONS[t.data])
            case "max":
                return self._folded(_max1, map(go, t.args))
            case "min":
                return self._folded(_min1, map(go, t.args))
            case "where":
                return self._where(t, cases)
            case "ind":
                return TWO
            case "sum" | "amax" | "amin" | "prod":
                return self._over(t, cases)
            case "softmax":
                return self._softmax(t, cases)
            case "sorted":
                if sizes.same(terms.add(t.args[2], terms.ONE), t.args[0].args[0]):
                    return self._over(make("amax", t.args[:2]), cases)  # the last one; NaN sorts last
                v, body = self.analysis.opened(t)
                return self._union(v, body, cases)
            case "powr":
                x, y = map(go, t.args)
                return both(_powr1, x, y)
            case "floordiv":
                return FINITE
            case _:
                return ALL

    @staticmethod
    def _parameter(t: Term) -> Kinds:
        _, finite, marks = t.data
        known = frozenset({"-": NEG, "0": NIL, "+": POS}[m] for m in marks)
        return known if finite else ALL

    @staticmethod
    def _folded(op: Callable[[str, str], Kinds], parts: Iterable[Kinds]) -> Kinds:
        out: Kinds | None = None
        for part in parts:
            out = part if out is None else both(op, out, part)
        return out or frozenset()

    def _sum_of(self, t: Term, cases: dict[Term, str]) -> Kinds:
        """A sum; a(i) − max a is never above 0, so it is no +∞ − … either."""
        out = self._folded(_add1, (self(x, cases) for x in t.args))
        for peak in t.args:
            if peak.op == "mul" and len(peak.args) == 2 and terms.is_num(peak.args[0]) and peak.args[0].data == -1:
                rest = terms.add(*(x for x in t.args if x is not peak))
                if peak.args[1].op == "amax" and self._is_entry(rest, peak.args[1]):
                    return out - {POS, PINF}
        return out

    def _is_entry(self, x: Term, peak: Term) -> bool:
        v, body = self.analysis.opened(peak, x)
        there = [place for place in x.free if sizes.same(place.args[0], v.args[0])]
        return any(terms.substitute(body, {v: place}) is x for place in there)

    def _where(self, t: Term, cases: dict[Term, str]) -> Kinds:
        condition, yes, no = t.args
        holds, fails = self.truth(condition, cases)
        out: Kinds = frozenset()
        if holds:
            out |= self._narrowed(yes, condition, cases)
        if fails:
            out |= self._narrowed(no, terms.negate(condition), cases)
        return out

    def _narrowed(self, x: Term, condition: Term, cases: dict[Term, str]) -> Kinds:
        """What x may be where the condition holds: what it is on the domain, and what the analysis of the branch says."""
        found = self(x, cases)
        if len(found) == 1:
            return found
        inner = self.analysis.assuming_raw(condition)
        if inner is None:
            return found
        return found & inner.kinds_in(self.scenario)(x, cases)

    def truth(self, condition: Term, cases: dict[Term, str]) -> tuple[bool, bool]:
        """Whether the condition may hold, and whether it may fail. NaN makes comparisons fail."""
        match condition.op:
            case "true":
                return True, False
            case "false":
                return False, True
            case "not":
                holds, fails = self.truth(condition.args[0], cases)
                return fails, holds
            case "and":
                found = [self.truth(c, cases) for c in condition.args]
                return all(h for h, _ in found), any(f for _, f in found)
            case "ge" | "gt" | "eq":
                known = self.analysis.decided(condition)
                if known is not None:
                    return known, not known
                return self._compared(condition, cases)
            case _:
                return True, True

    def _compared(self, condition: Term, cases: dict[Term, str]) -> tuple[bool, bool]:
        x, y = (self(a, cases) for a in condition.args)
        order = {NINF: 0, NEG: 1, NIL: 2, POS: 3, PINF: 4}
        holds = fails = False
        for a in x:
            for b in y:
                if NAN in (a, b):
                    fails = True
                    continue
                p, q = order[a], order[b]
                alike = p == q and a in (NIL, NINF, PINF)
                unsure = p == q and not alike
                holds |= unsure or {"ge": p > q or alike, "gt": p > q, "eq": alike}[condition.op]
                fails |= unsure or {"ge": p < q, "gt": p < q or alike, "eq": p != q}[condition.op]
        return holds, fails

    # --- over an index ---------------------------------------------------------------------------------------------------

    def _cases_of(self, v: Term) -> tuple[Case, ...]:
        n = v.args[0]
        if n is self.analysis.K:
            return self.scenario.teachers
        return self.scenario.classes if n is self.analysis.C else (Case("any", True),)

    def _each(self, v: Term, body: Term, cases: dict[Term, str]) -> list[tuple[Case, Kinds]]:
        known = v.args[0] is self.analysis.K or v.args[0] is self.analysis.C
        return [(c, self(body, {**cases, v: c.name} if known else cases)) for c in self._cases_of(v)]

    def _union(self, v: Term, body: Term, cases: dict[Term, str]) -> Kinds:
        return frozenset().union(*(k for _, k in self._each(v, body, cases)))

    def _over(self, t: Term, cases: dict[Term, str]) -> Kinds:
        op = {"sum": _add1, "amax": _max1, "amin": _min1, "prod": _mul1}[t.op]
        v, body = self.analysis.opened(t, *cases)
        each = self._each(v, body, cases)
        there = [k for c, k in each if c.there]
        if not self.analysis.nonempty(v):
            out = some({"sum": NIL, "amax": NINF, "amin": PINF, "prod": POS}[t.op])
        elif there:
            out = self._folded(op, there)
        else:
            out = frozenset().union(*(k for _, k in each))
        while True:
            more = out.union(*(both(op, out, k) for _, k in each))
            if more == out:
                return out
            out = more

    def _softmax(self, t: Term, cases: dict[Term, str]) -> Kinds:
        """exp(a_i − max a) / Σ exp(a_j − max a): NaN throughout where any a_j is +∞ or NaN, or every one −∞."""
        v, body = self.analysis.opened(t, *cases)
        each = self._each(v, body, cases)
        every = frozenset().union(*(k for _, k in each))
        mine = self(terms.substitute(body, {v: t.args[2]}), cases)
        out: set[str] = set()
        some_left = NINF not in every or any(c.there and not k & {NINF} for c, k in each) or self._some_left(v, body)
        if every & {PINF, NAN} or not some_left:
            out.add(NAN)
        if mine & FINITE:
            out.add(POS)
        if NINF in mine:
            out.add(NIL)
        return frozenset(out)

    def _some_left(self, v: Term, body: Term) -> bool:
        """Whether Σ_v exp a_v is above 0, so that not every a_v is −∞: a distribution has a positive entry, and its log is one."""
        return self.analysis.signs(terms.bind("sum", v, terms.apply("exp", body))) == {POS}
