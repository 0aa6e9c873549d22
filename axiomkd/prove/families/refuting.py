"""Theorems by which a claim fails at every size from some on: what stands beside a witness, which is of one size.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Refuting` with its written proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from axiomkd.core.scope import AtLeast
from axiomkd.prove import normal, smooth, subject
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.claims import Attempt, Claim, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    averaging,
    claim,
    equal,
    form,
    mean_name,
    no_form,
    pool_of,
    positive,
    pure_pool,
    together,
)
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, ZERO, Term, make

INSIDE = "interior"


@dataclass(frozen=True)
class Refuting:
    """`attempt` looks for the hypotheses in an operator; the readings `fails` then fail at every size of `extent`.

    `statement`, `proof` and `source` are Markdown for the theorem's page; `example` is a zoo operator that it applies to.
    """

    name: str
    title: str
    fails: tuple[str, ...]
    extent: AtLeast
    statement: str
    proof: str
    source: str
    attempt: Callable[[Subject], Attempt]
    example: str


def _defined(s: Subject) -> Claim | Missing:
    if not s.total(INSIDE):
        return Missing(s.obstacle(INSIDE) or "the code may give no finite value at some interior point", 1)
    return claim("defined", s.analysis(INSIDE), text="the code gives a finite value everywhere")


def _curved(p: Pool) -> Term | None:
    """g_k, where v_k = g(w_k) over what does not depend on k, and g is a sum of c w^a e^(bw) that is no affine function."""
    g, own = subject.own_share(p), make("w", (p.k,))
    found: list[tuple[Fraction, Fraction]] = []
    for m in normal.monomials(g):
        _, factors = normal.split(m)
        a, b = factors.pop(own, Fraction(0)), factors.pop(make("exp", (own,)), Fraction(0))
        if any(f.of or p.k in f.free or not p.analysis.positive(f) for f in factors):
            return None
        found.append((a, b))
    flat = {(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0))}
    return g if len(set(found)) == len(found) and set(found) - flat else None


def _moving(s: Subject, p: Pool) -> Pool:
    """The pool with the part of its weights that w has no say in as a part that is no teacher's."""
    a, parts = p.analysis, normal.monomials(p.weight)
    fixed = normal.add([m for m in parts if "w" not in m.of])
    if fixed is ZERO or fixed is p.weight:
        return p
    shared = normal.total(a, p.k, normal.mul(a, [fixed, make("P", (p.k, s.i))]))
    return Pool(a, p.k, normal.add([m for m in parts if "w" in m.of]), normal.add([p.rest, shared]))


def _curved_weights(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    p = pool_of(s, Branch(a, q))
    if isinstance(p, Missing):
        return p
    p = _moving(s, p)
    whole = p.total()
    whole = ONE if isinstance(equal(a, whole, ONE, ""), Claim) else whole
    if "P" in p.weight.of or "w" in p.rest.of or "w" in whole.of:
        return Missing("the weights depend on P, or their sum or the part that is no teacher's on w", 1)
    g = _curved(p)
    if g is None:
        return Missing("the weights are no g(w_k), rescaled, with g a sum of c w^a e^(bw) that is not affine", 2)
    return together(
        form(s, INSIDE),
        _defined(s),
        claim(
            "shape", a, p.weight, g, p.rest, text="q_i = Σ_k v_k p_ki + b_i, v_k ∝ g(w_k), g not affine", rule="curved"
        ),
        claim("free", a, p.weight, text="v does not depend on P", of=["P"]),
        claim("free", a, whole, p.rest, text="Σ_k v_k and b_i do not depend on w", of=["w"]),
        positive(a, whole, "Σ_k v_k > 0"),
    )


def _curved_pool(s: Subject) -> Attempt:
    p = pure_pool(s, Branch(s.analysis(INSIDE), s.q(INSIDE)))
    if isinstance(p, Missing):
        return p
    found = _curved_weights(s)
    return found if isinstance(found, Missing) else together(list(found.claims), averaging(p))


def _strength(s: Subject, domain: str) -> tuple[Pool, Term] | Missing:
    """The pool, and s(p_k) where v_k = w_k s(p_k) over what does not depend on k, on a domain."""
    p = pure_pool(s, Branch(s.analysis(domain), s.q(domain)))
    if isinstance(p, Missing):
        return p
    share = subject.share(p)
    if share is None or share.power != 1:
        return Missing("the weights are no w_k s(p_k), rescaled", 1)
    star = terms.index(s.K, "star")

    def elsewhere(t: Term) -> Term | None:
        return make("P", (star, t.args[1])) if t.op == "P" and t.args[0] is p.k else None

    moved = terms.replaced(share.strength, elsewhere)
    others = any(t.op in ("P", "opaque") and star not in t.free for t in terms.walk(moved))
    return (
        Missing("s looks at more than the teacher's own row", 2) if p.k in moved.free or others else (p, share.strength)
    )


def _row_strengths(s: Subject) -> Attempt:
    a = s.analysis(INSIDE)
    found, ends = _strength(s, INSIDE), _strength(s, "interior w")
    for one in (found, ends):
        if isinstance(one, Missing):
            return one
    assert not isinstance(found, Missing) and not isinstance(ends, Missing)
    (p, strength), (closed, wider) = found, ends
    rough = smooth.roughness(closed.analysis, wider, lipschitz=False, of=frozenset({"P"}))
    if rough is not None or not closed.analysis.total(wider):
        return Missing(f"s is not known to be continuous up to one-hot rows: {terms.show(wider)[:120]}", 2)
    even, sure = _at_ends(closed, wider, s.C)
    gap = normal.add([even, normal.minus(sure)])
    gap = gap if a.positive(gap) else normal.minus(gap)
    return together(
        form(s, INSIDE),
        _defined(s),
        claim("shape", a, p.weight, strength, text="q = Σ_k v_k p_k, v_k ∝ w_k s(p_k)", rule="strength"),
        averaging(p),
        positive(a, strength, "s > 0"),
        claim(
            "shape", closed.analysis, wider, even, sure, text="s, at a uniform row and at a one-hot row", rule="ends"
        ),
        claim("continuous", closed.analysis, wider, text="s is continuous, zeros included", of=["P"]),
        positive(a, gap, "s is another at a uniform row than at a one-hot row"),
    )


def _at_ends(p: Pool, strength: Term, C: Term) -> tuple[Term, Term]:
    """s at the uniform row and at the row that is 1 at the first class."""
    a: Analysis = p.analysis
    level = normal.power(a, a.normal(C), Fraction(-1))

    def first(t: Term) -> Term | None:
        if t.op == "amax" and terms.opened(t)[1] is make("ind", (make("eq", (terms.opened(t)[0], ZERO)),)):
            return ONE
        return make("ind", (make("eq", (t.args[1], ZERO)),)) if t.op == "P" else None

    return (
        a.again(terms.replaced(strength, lambda t: level if t.op == "P" else None)),
        a.again(terms.replaced(strength, first)),
    )


def _means_apart(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    f = subject.normalised(a, q, s.i)
    if f is None:
        return no_form(s, INSIDE, "f_i / Σ_j f_j")
    name = mean_name(a, f, s.i, s.K)
    if name is None or name.startswith("max") or f is subject.mean(a, s.i, s.K):
        return Missing("f_i is no power mean of an order other than 1", 1)
    return together(
        form(s, INSIDE),
        _defined(s),
        claim("shape", a, f, text=f"q_i = f_i/Σ_j f_j, f_i = {name}", rule="mean"),
    )


REFUTING: tuple[Refuting, ...] = (
    Refuting(
        name="curved-weights",
        title="Weights that bend in w",
        fails=("transfer", "strict-transfer"),
        extent=AtLeast(3, 2),
        statement="If A is defined on the interior, and there q_i = Σ_k v_k p_ki + b_i with v free of P, b and Σ_k v_k > 0 free of "
        "w, and v_k = S g(w_k) / Σ_j g(w_j), g a sum of terms c w^a e^(bw) with different (a, b) and c ≠ 0, one of them "
        "neither constant nor c w, then `transfer` fails at every K ≥ 3 and every C ≥ 2, and so does `strict-transfer`.",
        proof="Fix K ≥ 3, and let `transfer` hold. Move weight from k' to k, and let Δv be what that does to v: Σ_j Δv_j = 0, "
        "and Δq_i = Σ_j Δv_j p_ji. For a third teacher j let p_k'i = s, p_ki = s + ε, p_ji = s + t and p_li = s for all "
        "others, which rows of two classes and more can have: Δq_i = ε Δv_k + t Δv_j. With t of either sign and ε → 0+ "
        "this is negative unless Δv_j = 0. So every v_j with j ≠ k, k' stays. Now D = Σ_l g(w_l) ≠ 0, for A is defined; "
        "the functions w^a e^(bw) with different (a, b) are linearly independent on every interval, so g is not affine, "
        "and not 0 but at isolated points of (0, 1). Let w_k = x, w_k' = σ − x, and the others (1 − σ)/(K − 2) each. "
        "Where g of that is not 0, v_j stays only if D does, so x ↦ g(x) + g(σ − x) is constant on (0, σ): g'(x) = g'(σ − "
        "x). That is so for all σ in (0, 1) but isolated ones, hence for all, by continuity: g' is one constant on (0, "
        "1/2), and on (0, 1), where g is analytic. So g is affine, which it is not.",
        source=HERE,
        attempt=_curved_weights,
        example="wsq",
    ),
    Refuting(
        name="curved-pool",
        title="A pool whose weights bend in w",
        fails=("jensen", "bias-mean", "variance", "safety", "influence"),
        extent=AtLeast(3, 2),
        statement="If A is as in `curved-weights`, and b = 0, v_k ≥ 0 and Σ_k v_k = 1, then `jensen`, `bias-mean`, `variance`, "
        "`safety` and `influence` fail at every K ≥ 3 and every C ≥ 2.",
        proof="Fix K ≥ 3. There is a w in the interior with v ≠ w, for v = w has `transfer`, which fails; so some v_k < w_k, "
        "and some v_k > w_k. Let the rows off k be r, and row k be p with p_i ≠ r_i. Then q_i − m_i = (v_k − w_k)(p_i − "
        "r_i), m = Σ_k w_k p_k, and of either sign. `safety` says q_i ≤ (1 − w_k) r_i + w_k p_i = m_i, and fails. Both q "
        "and m are distributions, so q_i > m_i for some i. `jensen`: KL(q‖s) − Σ_k w_k KL(p_k‖s) = Σ q log q − Σ_k w_k Σ "
        "p log p − Σ_i (q_i − m_i) log s_i tends to +∞ as s_i → 0. `bias-mean`: let q_i < m_i and p* = e_i; 1 − q_i ≤ Σ_k "
        "w_k (1 − p_ki) says q_i ≥ m_i. `variance`: let row k alone vary: Var q_i = v_k² Var p_ki, more than w_k² Var "
        "p_ki where v_k > w_k. `influence`: let row k alone change: TV(q, q') = v_k TV(p_k, p_k').",
        source=HERE,
        attempt=_curved_pool,
        example="wsq",
    ),
    Refuting(
        name="row-strengths",
        title="Weights that look at the rows",
        fails=("transfer", "strict-transfer"),
        extent=AtLeast(3, 3),
        statement="If A is defined on the interior, and there q = Σ_k v_k p_k with v_k = w_k s(p_k) / Σ_j w_j s(p_j), where s > 0 "
        "is continuous on all distributions, and is another at the uniform than at a one-hot one, then `transfer` fails "
        "at every K ≥ 3 and every C ≥ 3, and so does `strict-transfer`.",
        proof="For C ≥ 3 and interior rows p and r there is an interior row with p's entry at one class and r's at another: "
        "Σ_{i≠j} (p_i + r_j) = 2(C − 1) over C(C − 1) pairs, so p_i + r_j ≤ 2/C < 1 for some i ≠ j, and a third class "
        "takes from the rest. So if s were alike at all rows with an entry in common, it would be constant on the "
        "interior, and everywhere, by continuity. It is not: there are interior p and p' with p_i = p'_i = z and s(p) > "
        "s(p'). Let p_k = p, p_k' = p', and every other row r with r_i > z. With Z = w_k s(p) + w_k' s(p') and W = "
        "Σ_{j≠k,k'} w_j s(r) > 0, q_i = (z Z + r_i W)/(Z + W). Weight that moves from k' to k raises Z, and q_i falls. It "
        "still does where p_i is a little above z, by continuity, and then teacher k gives the class more than teacher "
        "k'.",
        source=HERE,
        attempt=_row_strengths,
        example="entropyw",
    ),
    Refuting(
        name="row-strengths-pool",
        title="A pool whose weights look at the rows",
        fails=("jensen", "bias-mean", "safety", "influence"),
        extent=AtLeast(2, 2),
        statement="If A is as in `row-strengths`, then `jensen`, `bias-mean`, `safety` and `influence` fail at every K and C.",
        proof="There are interior p and r with s(p) > s(r). Let p_k = p, and every other row r: v_k > w_k, so q_i − m_i = (v_k "
        "− w_k)(p_i − r_i) is above 0 for some i and below 0 for another, m = Σ_k w_k p_k. `safety` says q_i ≤ m_i. "
        "`jensen`: KL(q‖s) − Σ_k w_k KL(p_k‖s) = Σ q log q − Σ_k w_k Σ p log p − Σ_i (q_i − m_i) log s_i tends to +∞ as "
        "s_i → 0 where q_i > m_i. `bias-mean`: let p* = e_i where q_i < m_i; 1 − q_i ≤ Σ_k w_k (1 − p_ki) says q_i ≥ m_i. "
        "`influence`: let it hold, and let rows that all are p* change into these one by one: TV(q, p*) ≤ Σ_k w_k TV(p_k, "
        "p*) for every interior p*, since A(p*, …, p*; w) = p*; as p* → e_i this is `bias-mean` there.",
        source=HERE,
        attempt=_row_strengths,
        example="entropyw",
    ),
    Refuting(
        name="means-apart",
        title="Means that do not add up to 1",
        fails=("transfer", "strict-transfer", "jensen", "bias-mean", "influence", "bias-max", "safety-set", "merge"),
        extent=AtLeast(2, 3),
        statement="If A is defined on the interior, and there q_i = f_i/Σ_j f_j with f_i the weighted geometric mean of p_1i … "
        "p_Ki, or a weighted power mean (Σ_k w_k p_ki^α)^(1/α) with α ≠ 0, 1, then `transfer`, `strict-transfer`, "
        "`jensen`, `bias-mean`, `influence`, `bias-max`, `safety-set` and `merge` fail at every K and every C ≥ 3.",
        proof="Let p ≠ r be interior rows with p_i = r_i = z for one class i: for C ≥ 3 there are such. Let teacher 1 have p, "
        "all others r, and let t = w_1. Then f_i = z, and q_i = z/Z(t) with Z = Σ_j f_j. By the strict inequality between "
        "means Z(t) < 1 for 0 < t < 1 where α < 1 (α = 0 is the geometric mean), and Z(t) > 1 where α > 1; and Z(t) → 1 "
        "as t → 0, and as t → 1. So q_i ≠ z = m_i, m = Σ_k w_k p_k; and q_i is not constant in t ∈ (0, 1), nor in t ∈ (0, "
        "1 − η) for a small η that teachers 3 … K share. So there are two weights between which q_i falls strictly as "
        "weight moves from teacher 2 to teacher 1, or as it moves the other way. Raise the entry of the teacher who gains "
        "a little above z: q_i still falls, by continuity, and `transfer` fails. q and m are distributions and differ, so "
        "q_j > m_j for some j, and < for another: `jensen` fails as s_j → 0 with q_j > m_j, for KL(q‖s) − Σ_k w_k "
        "KL(p_k‖s) = Σ q log q − Σ_k w_k Σ p log p − Σ_i (q_i − m_i) log s_i; `bias-mean` fails at p* = e_j with q_j < "
        "m_j; and `influence`, with A(p*, …, p*; w) = p*, would give TV(q, p*) ≤ Σ_k w_k TV(p_k, p*) for every interior "
        "p*, and so `bias-mean` as p* → e_j. `safety-set`: all teachers give class i z, and the other classes together 1 − z; "
        "q gives more than that to one of the two, for q_i = z/Z. `bias-max`: where Z > 1, q_i < z, and p* = e_i has "
        "TV(p_k, p*) = 1 − z for all k, and TV(q, p*) = 1 − q_i. Where Z < 1, q_i > z; let p and r be so near to each other "
        "that Σ_{j≠i} max(p_j, r_j) ≤ 1, and let p*_i = 0 and p*_j ≥ max(p_j, r_j) for j ≠ i: TV(p_k, p*) = z for all k, for "
        "class i alone has more in p_k than in p*, and TV(q, p*) ≥ q_i. `merge`: let p and r be alike at all classes but two, "
        "which have the same sum in both. Once these two are merged the rows are alike, every f_j is their entry, and class i "
        "gets z; pooled before they are merged, it gets z/Z.",
        source="the inequality between power means; " + HERE,
        attempt=_means_apart,
        example="log",
    ),
)
