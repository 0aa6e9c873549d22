"""Theorems on the guarantees: the linear pool, pools with small or positive shares, class by class.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from axiomkd.prove import normal, subject
from axiomkd.prove.claims import Attempt, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    claim,
    equal,
    form,
    in_each_branch,
    nonnegative,
    pool_of,
    positive,
    pure_pool,
    together,
)
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, ZERO, make

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
)
