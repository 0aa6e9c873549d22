"""The operator as theorems see it: its terms on the domains of the readings, and the shapes that hypotheses ask for.

It proves nothing. A shape is found or it is not; where it is not, `obstacle` says what stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from axiomkd.core.softener import Softener
from axiomkd.prove import normal
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.domain import of_reading
from axiomkd.prove.kinds import FINITE, Kinds, Scenario
from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import ONE, ZERO, Term, make


@dataclass(frozen=True)
class Branch:
    """A term, and the analysis of the part of the domain on which the aggregate is it."""

    analysis: Analysis
    term: Term


@dataclass(frozen=True)
class Pool:
    """q_i = Σ_k v_k p_ki + rest: `weight` is v at the free index `k`; `rest` has no p_ki of that kind in it."""

    analysis: Analysis
    k: Term
    weight: Term
    rest: Term

    def total(self) -> Term:
        """Σ_k v_k."""
        return normal.total(self.analysis, self.k, self.weight)


@dataclass
class Subject:
    """`raw` is the aggregate's entry at class `i`, at T = 1 where the operator takes T; `with_T` the entry with T free,
    `with_Ts` the entry with a temperature for each teacher, T[k], where it takes them.

    `K` and `C` are the axes' lengths, sizes or numbers; `interior_only` is true of operators declared for the interior.
    """

    raw: Term
    i: Term
    K: Term
    C: Term
    smallest: tuple[int, int]
    softener: Softener
    with_T: Term | None = None
    with_Ts: Term | None = None
    interior_only: bool = False
    _analyses: dict[str, Analysis] = field(default_factory=dict)

    def analysis(self, domain: str) -> Analysis:
        """The analysis on "interior", "interior P" or "closed"."""
        if domain not in self._analyses:
            self._analyses[domain] = Analysis(of_reading(domain, self.smallest), self.K, self.C)
        return self._analyses[domain]

    def q(self, domain: str) -> Term:
        """The aggregate's entry at class i in normal form."""
        return self.analysis(domain).normal(self.raw)

    def kinds(self, domain: str, scenario: Scenario | None = None) -> Kinds:
        """What the code gives for an entry, infinities and NaN included."""
        a = self.analysis(domain)
        return a.kinds(self.raw) if scenario is None else a.kinds_in(scenario)(self.raw, {self.i: scenario.entry})

    def total(self, domain: str) -> bool:
        """Whether the code gives a finite value all over the domain."""
        return self.kinds(domain) <= FINITE

    def branches(self, domain: str) -> list[Branch]:
        """The terms that the aggregate is, each where the conditions of `where` choose it."""
        return list(_branches(self.analysis(domain), self.q(domain), self.i))

    def obstacle(self, domain: str) -> str | None:
        """The primitive, or the hidden infinity, that keeps the aggregate from having a normal form."""
        for t in terms.walk(self.q(domain)):
            if t.op == "opaque":
                return described(t)
        return None

    def index(self, length: Term, name: str) -> Term:
        return terms.index(length, name)


def described(t: Term) -> str:
    """An opaque term in words: a primitive without a rule and its line, or what may be hidden."""
    what, where = t.data[2], t.data[3]
    if " of what " in what or what.startswith(("a ", "exp of", "the ")):
        return f"{what} is hidden by the code" + (f" ({where})" if where else "")
    return f"no rule for `{what}`" + (f" ({where})" if where else "")


def _branches(a: Analysis, x: Term, i: Term) -> Iterator[Branch]:
    """The cases of a term; a condition that differs from class to class makes no case of the whole aggregate."""
    if x.op != "where" or i in x.args[0].free:
        yield Branch(a, x)
        return
    condition, yes, no = x.args
    yield from _branches(a.assuming(condition), yes, i)
    yield from _branches(a.assuming(terms.negate(condition)), no, i)


def pool(a: Analysis, q: Term, i: Term, K: Term) -> Pool | None:
    """q as Σ_k v_k p_ki + rest with v free of the class i; None where it has no such shape."""
    k = terms.index(K, "k")
    weights, rest = [], []
    for m in normal.monomials(q):
        c, factors = normal.split(m)
        dependent = [f for f in factors if i in f.free]
        if not dependent or not any(_has_entry(f, i) for f in dependent):
            rest.append(m)
            continue
        if len(dependent) != 1 or factors[dependent[0]] != 1:
            return None
        f = dependent[0]
        v = _weight(f, i, k, K)
        if v is None:
            return None
        outside = normal.joined(c, {g: e for g, e in factors.items() if g is not f})
        weights.append(normal.mul(a, [outside, v]))
    if not weights:
        return None
    return Pool(a, k, normal.add(weights), normal.add(rest))


def mean(a: Analysis, i: Term, K: Term) -> Term:
    """Σ_k w_k p_ki, the entry of the linear pool."""
    k = terms.index(K, "k")
    return normal.total(a, k, normal.mul(a, [make("w", (k,)), make("P", (k, i))]))


def of_mean(a: Analysis, q: Term, i: Term, K: Term) -> tuple[Term, Term]:
    """c and g, where q_i = c Σ_k w_k p_ki + g and no product of g has that mean as a plain factor."""
    linear, shares, rest = mean(a, i, K), [], []
    for m in normal.monomials(q):
        c, factors = normal.split(m)
        if factors.get(linear) == 1:
            shares.append(normal.joined(c, {f: e for f, e in factors.items() if f is not linear}))
        else:
            rest.append(m)
    return normal.add(shares), normal.add(rest)


def _has_entry(f: Term, i: Term) -> bool:
    return any(t.op == "P" and t.args[1] is i for t in terms.walk(f))


def _weight(f: Term, i: Term, k: Term, K: Term) -> Term | None:
    """v_k, where f is Σ_k v_k p_ki, or the row p_t at one place t."""
    if f.op == "P" and f.args[1] is i and i not in f.args[0].free:
        return make("ind", (make("eq", (k, f.args[0])),))
    if f.op != "sum" or f.args[0].args[0] is not K:
        return None
    body = terms.substitute(f.args[1], {f.args[0]: k})
    c, factors = normal.split(body)
    entries = [g for g in factors if i in g.free]
    if len(entries) != 1 or factors[entries[0]] != 1:
        return None
    entry = entries[0]
    if entry.op != "P" or entry.args[0] is not k or entry.args[1] is not i:
        return None
    return normal.joined(c, {g: e for g, e in factors.items() if g is not entry})


def log_pool(a: Analysis, x: Term, i: Term, K: Term) -> Pool | None:
    """x as Σ_k c_k log p_ki + rest, c and rest free of the class i; None where it has no such shape."""
    k = terms.index(K, "k")
    own = normal.log(a, make("P", (k, i)))
    weights, rest = [], []
    for m in normal.monomials(x):
        if i not in m.free:
            rest.append(m)
            continue
        c, factors = normal.split(m)
        (f, *others) = [f for f in factors if i in f.free]
        outside = normal.joined(c, {g: e for g, e in factors.items() if g is not f})
        if others or factors[f] != 1:
            return None
        if f.op == "log" and f.args[0].op == "P" and i not in f.args[0].args[0].free and f.args[0].args[1] is i:
            inside = make("ind", (make("eq", (k, f.args[0].args[0])),))
        elif f.op == "sum" and f.args[0].args[0] is K:
            inner, parts = normal.split(terms.substitute(f.args[1], {f.args[0]: k}))
            if parts.pop(own, None) != 1 or any(i in g.free for g in parts):
                return None
            inside = normal.joined(inner, parts)
        else:
            return None
        weights.append(normal.mul(a, [outside, inside]))
    return Pool(a, k, normal.add(weights), normal.add(rest)) if weights else None


@dataclass(frozen=True)
class Share:
    """v_k = scale · w_k^a c_k(P) / D: `power` is a, `strength` c_k; D and scale do not depend on k."""

    power: Fraction
    strength: Term


def share(pool: Pool) -> Share | None:
    """The weight as w_k^a c_k over something that does not depend on k, c free of w; None where it has no such shape."""
    k = pool.k
    own = make("w", (k,))
    common, ms = _common(pool.weight, k)
    powers, strengths = set(), []
    for m in ms:
        c, factors = normal.split(m)
        powers.add(factors.pop(own, Fraction(0)))
        rest = normal.joined(c, factors)
        if "w" in rest.of or "T" in rest.of:
            return None
        strengths.append(rest)
    if len(powers) != 1:
        return None
    ((power),) = powers
    return Share(power, normal.add(strengths)) if power > 0 and common.op != "opaque" else None


def own_share(pool: Pool) -> Term:
    """The weight without the factors that do not depend on k."""
    return normal.add(_common(pool.weight, pool.k)[1])


def _common(weight: Term, k: Term) -> tuple[Term, list[Term]]:
    """The factors, free of k, that all monomials share, and the monomials without them."""
    parts = [normal.split(m) for m in normal.monomials(weight)]
    shared = {f: e for f, e in parts[0][1].items() if k not in f.free and all(p.get(f) == e for _, p in parts)}
    rest = [normal.joined(c, {f: e for f, e in p.items() if f not in shared}) for c, p in parts]
    return normal.joined(Fraction(1), shared), rest


@dataclass(frozen=True)
class Choice:
    """v_k = 1 for the teacher of the largest w_j^a c_j(P), 0 for the others."""

    power: Fraction
    strength: Term
    score: Term


def choice(pool: Pool) -> Choice | None:
    """The weight as [k = argmax_j w_j^a c_j] with c free of w; None where it has no such shape."""
    v, k = pool.weight, pool.k
    if v.op != "ind" or v.args[0].op != "eq" or k not in v.args[0].args:
        return None
    place = next(t for t in v.args[0].args if t is not k)
    if place.op != "argmax" or not sizes.same(place.args[0].args[0], k.args[0]):
        return None
    score = terms.substitute(place.args[1], {place.args[0]: k})
    if score.op == "add":
        return None
    c, factors = normal.split(score)
    power = factors.pop(make("w", (k,)), Fraction(0))
    strength = normal.joined(c, factors)
    if power <= 0 or "w" in strength.of or "T" in strength.of:
        return None
    return Choice(power, strength, score)


def normalised(a: Analysis, q: Term, i: Term) -> Term | None:
    """f, where q_i = f_i / Σ_j f_j; None where q has no such shape."""
    if q.op == "add":
        return None
    c, factors = normal.split(q)
    f = normal.joined(Fraction(1), {g: e for g, e in factors.items() if i in g.free})
    rest = normal.joined(c, {g: e for g, e in factors.items() if i not in g.free})
    if f is ONE:
        return None
    sums = normal.power(a, normal.total(a, i, f), Fraction(-1))
    return f if rest is sums else None


def at(a: Analysis, q: Term, change) -> Term:
    """A normal form with its entries of P changed, simplified anew; undefined where an opaque part may hold some."""
    if any(t.op == "opaque" and "P" in t.of for t in terms.walk(q)):
        return terms.NAN
    return a.again(terms.replaced(q, change))


def unanimous(star: Term):
    """Every teacher's row replaced by that of teacher `star`."""
    return lambda t: make("P", (star, t.args[1])) if t.op == "P" else None


def uniform(C: Term, a: Analysis):
    """Every probability replaced by 1/C."""
    level = normal.power(a, a.normal(C), Fraction(-1))
    return lambda t: level if t.op == "P" else None


def by_order(q: Term) -> bool:
    """Whether P is only seen through the order of each teacher's classes: comparisons within a row, and its argmax."""
    hidden: set[Term] = set()

    def go(t: Term) -> bool:
        if "P" not in t.of:
            return True
        if t in hidden:
            return True
        if t.op == "ge" and t.args[1] is ZERO and _row_gap(t.args[0]):
            return True
        if t.op in ("argmax", "argmin"):
            v, body = terms.opened(t)
            if body.op == "P" and body.args[1] is v and all(map(go, body.args)):
                return True
        if t.op in ("P", "opaque"):
            return False
        return all(map(go, t.args))

    return go(q)


def by_argmax(q: Term) -> bool:
    """Whether P is only seen through the argmax of rows."""

    def go(t: Term) -> bool:
        if "P" not in t.of:
            return True
        if t.op == "argmax":
            v, body = terms.opened(t)
            if body.op == "P" and body.args[1] is v and v not in body.args[0].free and "P" not in body.args[0].of:
                return True
        return t.op not in ("P", "opaque") and all(map(go, t.args))

    return go(q)


def _row_gap(x: Term) -> bool:
    """p_ki − p_kj."""
    parts = [normal.split(m) for m in normal.monomials(x)]
    if len(parts) != 2 or {c for c, _ in parts} != {Fraction(1), Fraction(-1)}:
        return False
    entries = []
    for _, factors in parts:
        if len(factors) != 1 or list(factors.values()) != [1]:
            return False
        (f,) = factors
        if f.op != "P" or "P" in f.args[0].of or "P" in f.args[1].of:
            return False
        entries.append(f)
    return entries[0].args[0] is entries[1].args[0]
