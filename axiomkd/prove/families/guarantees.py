"""Theorems on the guarantees: the linear pool, pools with small or positive shares, class by class.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from axiomkd.prove import monotone, normal, subject
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.claims import Attempt, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    claim,
    equal,
    form,
    in_each_branch,
    mean_name,
    nonnegative,
    pool_of,
    positive,
    pure_pool,
    together,
)
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, ZERO, Term, make

INSIDE = "interior"


def _linear(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    return together(form(s, INSIDE), equal(a, q, subject.mean(a, s.i, s.K), "q_i = Σ_k w_k p_ki"))


def _pool_free_of_P(s: Subject) -> Pool | Missing:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    p = pool_of(s, Branch(a, q))
    if isinstance(p, Missing):
        return p
    if "P" in p.weight.of or "P" in p.rest.of:
        return Missing(f"the weights depend on P: {terms.show(p.weight)[:160]}", 1)
    return p


def _fixed_shares(s: Subject) -> Attempt:
    p = _pool_free_of_P(s)
    if isinstance(p, Missing):
        return p
    a = p.analysis
    return together(
        form(s, INSIDE),
        claim("free", a, p.weight, p.rest, text="v and the rest do not depend on P", of=["P"]),
        nonnegative(a, p.weight, "v_k ≥ 0"),
        nonnegative(a, normal.add([ONE, normal.minus(p.total())]), "Σ_k v_k ≤ 1"),
    )


def _small_shares(s: Subject) -> Attempt:
    p = _pool_free_of_P(s)
    if isinstance(p, Missing):
        return p
    a = p.analysis
    room = normal.add([make("w", (p.k,)), normal.minus(p.weight)])
    return together(
        form(s, INSIDE),
        claim("free", a, p.weight, p.rest, text="v and the rest do not depend on P", of=["P"]),
        nonnegative(a, p.weight, "v_k ≥ 0"),
        nonnegative(a, room, "v_k ≤ w_k"),
    )


def _positive_shares(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        if isinstance(p, Missing):
            return p
        return together(positive(p.analysis, p.weight, "v_k > 0"), equal(p.analysis, p.total(), ONE, "Σ_k v_k = 1"))

    return in_each_branch(s, INSIDE, each)


def _toward_uniform(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    share, rest = subject.of_mean(a, q, s.i, s.K)
    if share is ZERO or s.i in share.free or s.i in rest.free:
        return Missing(s.obstacle(INSIDE) or "the aggregate is no mean of the linear pool and the uniform distribution")
    whole = normal.add([share, normal.mul(a, [a.normal(s.C), rest])])
    return together(
        form(s, INSIDE),
        nonnegative(a, share, "a ≥ 0"),
        nonnegative(a, rest, "b ≥ 0"),
        equal(a, whole, ONE, "a + C b = 1"),
    )


def _class_wise(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    if monotone.direction(a, q, s.i) not in (monotone.RISES, monotone.STEADY):
        return Missing(s.obstacle(INSIDE) or "that each class rises with the teachers' entries could not be shown")
    text = "q_i does not fall as any p_ki rises, all that does not hang on the class held fixed"
    return together(form(s, INSIDE), claim("shape", a, q, text=text, rule="class-wise"))


def _means(s: Subject) -> Attempt:
    """q_i = Σ_n c_n f_ni / Σ_j f_nj with means f_n of order 0 to 1."""
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    shares: dict[Term, list[Term]] = {}
    for m in normal.monomials(q):
        c, factors = normal.split(m)
        f = normal.joined(Fraction(1), {g: e for g, e in factors.items() if s.i in g.free})
        outside = normal.joined(c, {g: e for g, e in factors.items() if s.i not in g.free})
        shares.setdefault(f, []).append(normal.mul(a, [outside, normal.total(a, s.i, f)]))
    claims = []
    for f, several in shares.items():
        name = "Σ_k w_k p_ki" if f is subject.mean(a, s.i, s.K) else mean_name(a, f, s.i, s.K)
        if name is None or not of_order_0_to_1(name):
            return Missing(s.obstacle(INSIDE) or "the aggregate is no mixture of means of order 0 to 1")
        claims.append(claim("shape", a, f, text=f"f_i = {name}", rule="order"))
        claims.append(nonnegative(a, normal.add(several), "c ≥ 0"))
    whole = normal.add([share for several in shares.values() for share in several])
    return together(form(s, INSIDE), claims, equal(a, whole, ONE, "Σ c = 1"))


def of_order_0_to_1(name: str) -> bool:
    """Whether a mean of that name is one of `means`: the order 1 is the linear pool's."""
    if name in ("Σ_k w_k p_ki", "∏_k p_ki^w_k"):
        return True
    found = re.fullmatch(r"\(Σ_k w_k p_ki\^(\d+(?:/\d+)?)\)\^\(1/\(\1\)\)", name)
    return found is not None and 0 < Fraction(found[1]) <= 1


def _updated(s: Subject) -> Attempt:
    a, q = s.analysis(INSIDE), s.q(INSIDE)
    f = subject.normalised(a, q, s.i)
    if f is None or not a.positive(f):
        return Missing(s.obstacle(INSIDE) or "the aggregate is no ∏_k p_ki^a_k, normalised")
    p = subject.log_pool(a, normal.log(a, f), s.i, s.K)
    if p is None or "P" in p.weight.of:
        return Missing("the aggregate is no ∏_k p_ki^a_k with a free of P, normalised", 1)
    text = "q_i = f_i / Σ_j f_j, f_i = ∏_k p_ki^a_k up to a factor that does not depend on the class"
    return together(
        form(s, INSIDE),
        claim("shape", a, p.weight, text=text, rule="powers"),
        claim("free", a, p.weight, text="a does not depend on P", of=["P"]),
        equal(a, p.total(), ONE, "Σ_k a_k = 1"),
    )


def _large_mean(*wanted: str) -> Callable[[Subject], Attempt]:
    """q_i = f_i / Σ_j f_j, f one of the means of `large_means` of these kinds."""

    def attempt(s: Subject) -> Attempt:
        a, q = s.analysis(INSIDE), s.q(INSIDE)
        f = subject.normalised(a, q, s.i)
        name = None if f is None else large_mean(a, f, s.i, s.K)
        if f is None or name is None or not any(one in name for one in wanted):
            return Missing(
                s.obstacle(INSIDE) or "the aggregate is no mean of the teachers' entries of a kind that is known"
            )
        return together(
            form(s, INSIDE), claim("shape", a, f, text=f"q_i = f_i/Σ_j f_j, f_i = {name}", rule="large mean")
        )

    return attempt


ORDER, LARGEST, LARGEST_WEIGHTED, DISCOUNTED = "^(1/(", "max_k p_ki", "max_k w_k p_ki", "∏_k (1 − w_k + w_k p_ki)"


def large_mean(a: Analysis, f: Term, i: Term, K: Term) -> str | None:
    """The name of a power mean of order 1 or more, of a maximum, or of the product of discounted entries."""
    k = terms.index(K, "k")
    p, w = make("P", (k, i)), make("w", (k,))
    own = normal.mul(a, [w, p])
    if f is normal.extreme(a, "amax", k, p):
        return LARGEST
    if f is normal.exp(a, normal.total(a, k, normal.log(a, normal.add([ONE, normal.minus(w), own])))):
        return DISCOUNTED
    if f is subject.mean(a, i, K):
        return "(Σ_k w_k p_ki^1)^(1/(1))"
    name = mean_name(a, f, i, K)
    found = re.match(r"\(Σ_k w_k p_ki\^(\d+(?:/\d+)?)\)", name or "")
    return name if name == LARGEST_WEIGHTED or (found is not None and Fraction(found[1]) >= 1) else None


def _label_wise(s: Subject) -> Attempt:
    if terms.is_num(s.C):
        return Missing("the operator is looked at with one number of classes only")
    p = _pool_free_of_P(s)
    if isinstance(p, Missing):
        return p
    if p.rest is not ZERO:
        return Missing("the aggregate has a part that is no teacher's")
    if any(t.op == "opaque" or t is s.C for t in terms.walk(p.weight)):
        return Missing("the weights depend on the number of classes", 2)
    text = "v does not depend on P, nor on the number of classes"
    return together(form(s, INSIDE), claim("free", p.analysis, p.weight, text=text, of=["P", "C"]))


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="linear-pool",
        title="The linear pool",
        concludes=("jensen", "bias-mean", "log-loss", "safety", "brier-mean"),
        statement="If q_i = Σ_k w_k p_ki for every class, at every interior P and w where A is defined, then A has `jensen`, "
        "`bias-mean`, `log-loss`, `safety` and `brier-mean`. Among operators with `simplex` it is the only one with "
        "`jensen`, and the only one with `bias-mean`.",
        proof="Write m = Σ_k w_k p_k. KL(·‖s), TV(·, p*) and Σ_i (· − [i=y])² are convex, so their value at m is at most the "
        "mean of their values at p_1, …, p_K, with weights w (Jensen's inequality). log is concave, so log m_i ≥ Σ_k w_k "
        "log p_ki. For a teacher k and a class i, m_i = w_k p_ki + Σ_{j≠k} w_j p_ji ≤ w_k p_ki + (1 − w_k) max_{j≠k} p_ji. "
        "For the last sentence let q be on the simplex and q ≠ m, so q_i > m_i for some class i, and q_j < m_j for "
        "another, j. KL(q‖s) − Σ_k w_k KL(p_k‖s) is a number free of s less Σ_c (q_c − m_c) log s_c, which has no bound as "
        "s_i → 0 with the other s_c in fixed ratios; and TV(q, e_j) = 1 − q_j > 1 − m_j = Σ_k w_k TV(p_k, e_j).",
        source="Jensen's inequality; " + HERE,
        attempt=_linear,
        example="linear",
    ),
    Theorem(
        name="fixed-shares",
        title="Shares free of P",
        concludes=("influence-one", "variance-max"),
        statement="If q = Σ_k v_k p_k + b with v_k ≥ 0, Σ_k v_k ≤ 1, and v and b free of P, at every interior P and w where A "
        "is defined, then A has `influence-one` and `variance-max`.",
        proof="Where only row k changes, q' − q = v_k (p_k' − p_k), so TV(q, q') = v_k TV(p_k, p_k') ≤ TV(p_k, p_k'). Where the "
        "rows are independent, Var q_i = Σ_k v_k² Var p_ki, so Σ_i Var q_i = Σ_k v_k² Σ_i Var p_ki ≤ (Σ_k v_k²) max_k Σ_i "
        "Var p_ki, and Σ_k v_k² ≤ (Σ_k v_k)² ≤ 1.",
        source="the variance of a sum of independent variables",
        attempt=_fixed_shares,
        example="wsq",
    ),
    Theorem(
        name="small-shares",
        title="Shares up to the weights",
        concludes=("influence", "variance"),
        statement="If q = Σ_k v_k p_k + b with 0 ≤ v_k ≤ w_k, and v and b free of P, at every interior P and w where A is "
        "defined, then A has `influence` and `variance`.",
        proof="Where only row k changes, TV(q, q') = v_k TV(p_k, p_k') ≤ w_k TV(p_k, p_k'). Where the rows are independent, "
        "Var q_i = Σ_k v_k² Var p_ki ≤ Σ_k w_k² Var p_ki, whatever their means.",
        source="the variance of a sum of independent variables",
        attempt=_small_shares,
        example="linear",
    ),
    Theorem(
        name="positive-shares",
        title="Every teacher has a share",
        concludes=("attenuation",),
        statement="If q = Σ_k v_k p_k with v_k > 0 and Σ_k v_k = 1, at every interior P and w where A is defined, then A has "
        "`attenuation`. The weights v may depend on P and w in any way.",
        proof="max_j p_ji − q_i = Σ_k v_k (max_j p_ji − p_ki): no summand is negative, and that of a teacher below the maximum "
        "is positive. Where A is given by cases, the claim is on one point (P, w) at a time.",
        source=HERE,
        attempt=_positive_shares,
        example="mean",
    ),
    Theorem(
        name="toward-uniform",
        title="The linear pool, moved toward the uniform distribution",
        concludes=("entropy-mean",),
        statement="If q_i = a Σ_k w_k p_ki + b for every class, with a ≥ 0, b ≥ 0, a + C b = 1, a and b the same for all "
        "classes, at every interior P and w where A is defined, then A has `entropy-mean`. Both may depend on P and w.",
        proof="q = a m + (1 − a) U with m = Σ_k w_k p_k, U the uniform distribution and 0 ≤ a ≤ 1. Entropy is concave, and "
        "largest at U: H(q) ≥ a H(m) + (1 − a) H(U) ≥ H(m) ≥ Σ_k w_k H(p_k).",
        source="the concavity of entropy",
        attempt=_toward_uniform,
        example="smooth",
    ),
    Theorem(
        name="label-wise",
        title="Weights that see neither P nor the classes",
        concludes=("merge",),
        statement="If q = Σ_k v_k p_k, at every interior P and w where A is defined and for every number of classes, with v a "
        "function of w and K alone, then A has `merge`.",
        proof="With class j added to class i, row k has p_ki + p_kj at i and the other entries as before, and v is the same: "
        "the aggregate has Σ_k v_k (p_ki + p_kj) = q_i + q_j at i, and the other entries as before.",
        source="McConway 1981; " + HERE,
        attempt=_label_wise,
        all_classes=True,
        example="linear",
    ),
    Theorem(
        name="class-wise",
        title="Class by class, rising",
        concludes=("pareto",),
        statement="If q_i is one function, the same for every class, of the entries p_1i, …, p_Ki, of the votes [i = argmax p_k], "
        "of w, and of numbers that do not depend on the class, and does not fall as any of these entries or votes rises, at every "
        "interior P and w where A is defined, then A has `pareto`.",
        proof="At one point (P, w) the numbers are the same for classes i and j. If p_ki > p_kj for all k, then q_i is the "
        "function at entries that are all larger than those of q_j, and at votes that are no smaller: j is nobody's argmax.",
        source=HERE,
        attempt=_class_wise,
        example="log",
    ),
    Theorem(
        name="means",
        title="Mixtures of means of order 0 to 1",
        concludes=("log-loss",),
        statement="If q_i = Σ_n c_n f_ni / Σ_j f_nj with c_n ≥ 0 and Σ_n c_n = 1, where each f_ni is a weighted power mean (Σ_k "
        "w_k p_ki^α)^{1/α} with 0 < α ≤ 1, or the weighted geometric mean ∏_k p_ki^{w_k}, at every interior P and w where A is "
        "defined, then A has `log-loss`.",
        proof="Power means do not fall in their order, and the geometric mean is that of order 0: ∏_k p_ki^{w_k} ≤ f_ni ≤ Σ_k w_k "
        "p_ki. Hence Σ_j f_nj ≤ 1, each quotient is at least f_ni ≥ ∏_k p_ki^{w_k}, and so is their mixture. Take logarithms.",
        source="Hardy, Littlewood & Pólya, Inequalities, 2.9; " + HERE,
        attempt=_means,
        example="log",
    ),
    Theorem(
        name="updating",
        title="Powers that sum to 1",
        concludes=("bayes",),
        statement="If q_i = f_i / Σ_j f_j with f_i = ∏_k p_ki^{a_k}, up to a factor that does not depend on the class, a free of "
        "P, and Σ_k a_k = 1, at every interior P and w where A is defined, then A has `bayes`.",
        proof="Row k becomes p_ki l_i / ⟨p_k, l⟩, so f_i gets the factor ∏_k l_i^{a_k} = l_i, and one that does not depend on the "
        "class.",
        source="Genest 1984; " + HERE,
        attempt=_updated,
        example="log",
    ),
    Theorem(
        name="large-means",
        title="Means with small slopes",
        concludes=("influence-one",),
        statement="If q_i = f_i / Σ_j f_j, where f_i is a weighted power mean (Σ_k w_k p_ki^α)^{1/α} with α ≥ 1, the maximum max_k "
        "p_ki, or the weighted maximum max_k w_k p_ki, at every interior P and w where A is defined, then A has "
        "`influence-one`.",
        proof="Let Z = Σ_j f_j, and let row k go from p_k to p_k' in a straight line. What moves in a step is a sum of moves of "
        "mass δ from one class b to another, a, with total mass TV(p_k, p_k') over the whole line. f_a depends on the entries of "
        "class a alone, so such a move changes f_a by x ≥ 0 and f_b by −y ≤ 0, to first order, and no other f. If x ≥ y then only "
        "q_a rises, by (x − q_a (x − y))/Z ≤ x/Z; if y ≥ x then only q_b falls, by at most y/Z. So q moves by at most max(x, y)/Z "
        "≤ δ max ∂f/Z in total variation, and ∂f_i/∂p_ki ≤ Z is to be shown (almost everywhere: f is Lipschitz on the line). For "
        "the maximum, ∂f ≤ 1 ≤ Σ_i max_j p_ji. For the weighted maximum, ∂f ≤ w_k = Σ_i w_k p_ki ≤ Z. For the power mean, ∂f_i "
        "= w_k (p_ki/f_i)^{α−1} ≤ w_k^{1/α}, for w_k p_ki^α ≤ f_i^α; and f_i ≥ w_k^{1/α} p_ki, so Z ≥ w_k^{1/α}.",
        source=HERE,
        attempt=_large_mean(ORDER, LARGEST, LARGEST_WEIGHTED),
        example="power2",
    ),
    Theorem(
        name="discounted",
        title="Products of discounted entries",
        concludes=("influence",),
        statement="If q_i = f_i / Σ_j f_j with f_i = ∏_k (1 − w_k + w_k p_ki), at every interior P and w where A is defined, then "
        "A has `influence`.",
        proof="As above, q moves by at most δ max ∂f/Z, with ∂f_i/∂p_ki = w_k ∏_{j≠k} (1 − w_j + w_j p_ji) ≤ w_k. And Z = Σ_i f_i "
        "≥ 1: Z is affine in each row, so it is least where all rows are one-hot. With S_i the teachers who choose i, f_i = "
        "∏_{k∉S_i} (1 − w_k) ≥ 1 − Σ_{k∉S_i} w_k = Σ_{k∈S_i} w_k there, and these sum to 1 over the classes.",
        source=HERE,
        attempt=_large_mean(DISCOUNTED),
        example="discount",
    ),
    Theorem(
        name="large-means-below",
        title="Means of order 1 and more, and the maximum, normalised",
        concludes=("attenuation",),
        statement="If q_i = f_i / Σ_j f_j, where f_i is a weighted power mean (Σ_k w_k p_ki^α)^{1/α} with α ≥ 1, or the maximum "
        "max_k p_ki, at every interior P and w where A is defined, then A has `attenuation`.",
        proof="Let the teachers differ on class i. A power mean with positive weights is below the largest entry then, and it is "
        "at least the mean of order 1, so Σ_j f_j ≥ Σ_j Σ_k w_k p_kj = 1: q_i ≤ f_i < max_k p_ki. For the maximum, Σ_j max_k p_kj "
        "> Σ_j p_lj = 1 for a teacher l below the largest on class i, so q_i < f_i = max_k p_ki.",
        source="Hardy, Littlewood & Pólya, Inequalities, 2.9; " + HERE,
        attempt=_large_mean(ORDER, LARGEST),
        example="power2",
    ),
)
