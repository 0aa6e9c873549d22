"""Theorems on weight monotonicity: no say, shares, choices, the pull lemma, winners of pooled scores.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from collections.abc import Callable

from axiomkd.prove import normal, subject
from axiomkd.prove.claims import Attempt, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    claim,
    equal,
    form,
    is_one_hot,
    mean_name,
    no_form,
    nonnegative,
    pool_of,
    positive,
    together,
)
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, ZERO, make

TILTED = "interior P"


def _ignores_weights(s: Subject) -> Attempt:
    q = s.q(TILTED)
    if "w" in q.of:
        return Missing("the aggregate depends on w", -1)  # of all reasons the least telling
    return together(form(s, TILTED), claim("free", s.analysis(TILTED), q, text="w has no say", of=["w"]))


def _affine(strict: bool) -> Callable[[Subject], Attempt]:
    def attempt(s: Subject) -> Attempt:
        a, q = s.analysis(TILTED), s.q(TILTED)
        share, rest = subject.of_mean(a, q, s.i, s.K)
        if "w" in rest.of or "w" in share.of:
            opaque = s.obstacle(TILTED)
            return Missing(opaque or "the aggregate is no a Σ_k w_k p_ki + g_i with a and g free of w", -1)
        bound = positive(a, share, "a > 0") if strict else nonnegative(a, share, "a ≥ 0")
        return together(
            form(s, TILTED),
            claim("shape", a, share, rest, text="q_i = a Σ_k w_k p_ki + g_i", rule="affine"),
            claim("free", a, share, rest, text="a and g do not depend on w", of=["w"]),
            bound,
        )

    return attempt


def _pool_on_tilted(s: Subject) -> Pool | Missing:
    a, q = s.analysis(TILTED), s.q(TILTED)
    return pool_of(s, Branch(a, q))


def _shares(s: Subject) -> Attempt:
    p = _pool_on_tilted(s)
    if isinstance(p, Missing):
        return p
    if p.rest is not ZERO:
        return Missing("the aggregate has a part that is no teacher's")
    share = subject.share(p)
    if share is None:
        return Missing(f"the weights are no w_k^a c_k(P), rescaled: {terms.show(p.weight)[:160]}", 1)
    a = p.analysis
    # Where vertices are never given to the operator, what is claimed of them is claimed of the limit.
    strength = positive(a, share.strength, "c_k > 0") if s.interior_only else nonnegative(a, share.strength, "c_k ≥ 0")
    return together(
        form(s, TILTED),
        claim("shape", a, p.weight, text=f"v_k ∝ w_k^{share.power} c_k, c free of w", rule="share"),
        nonnegative(a, p.weight, "v_k ≥ 0"),
        strength,
        equal(a, p.total(), ONE, "Σ_k v_k = 1"),
    )


def _affine_shares(s: Subject) -> Attempt:
    p = _pool_on_tilted(s)
    if isinstance(p, Missing):
        return p
    share = subject.share(p)
    a = p.analysis
    if share is None:
        return Missing(f"the weights are no w_k^a c_k(P), rescaled: {terms.show(p.weight)[:160]}", 1)
    whole = p.total()
    if "w" in whole.of or "w" in p.rest.of:
        return Missing("the part that the teachers share depends on w", 2)
    return together(
        form(s, TILTED),
        claim(
            "shape",
            a,
            p.weight,
            p.rest,
            text=f"q_i = Σ v_k p_ki + b_i, v_k ∝ w_k^{share.power} c_k; c, b free of w",
            rule="share",
        ),
        nonnegative(a, p.weight, "v_k ≥ 0"),
        nonnegative(a, share.strength, "c_k ≥ 0"),
        claim("free", a, whole, p.rest, text="Σ_k v_k and b_i do not depend on w", of=["w"]),
    )


def _chosen(s: Subject) -> Attempt:
    p = _pool_on_tilted(s)
    if isinstance(p, Missing):
        return p
    if p.rest is not ZERO:
        return Missing("the aggregate has a part that is no teacher's")
    chosen = subject.choice(p)
    if chosen is None:
        return Missing("the aggregate is no choice of the teacher with the largest w_k^a c_k(P)", 1)
    a = p.analysis
    return together(
        form(s, TILTED),
        claim("shape", a, p.weight, text=f"v_k = [k = argmax_j w_j^{chosen.power} c_j], c free of w", rule="choice"),
        positive(a, chosen.strength, "c_k > 0"),
    )


def _generalised_mean(s: Subject) -> Attempt:
    a, q = s.analysis(TILTED), s.q(TILTED)
    f = subject.normalised(a, q, s.i)
    if f is None:
        return no_form(s, TILTED, "f_i / Σ_j f_j")
    name = mean_name(a, f, s.i, s.K)
    if name is None:
        return Missing(f"f_i is no power mean, weighted maximum or geometric mean: {terms.show(f)[:160]}", 1)
    return together(form(s, TILTED), claim("shape", a, f, text=f"q_i = f_i/Σ_j f_j, f_i = {name}", rule="mean"))


def _argmax_of_scores(s: Subject) -> Attempt:
    a, q = s.analysis(TILTED), s.q(TILTED)
    if not is_one_hot(q, s.i):
        return no_form(s, TILTED, "one-hot vector")
    place = next(t for t in q.args[0].args if t is not s.i)
    score = terms.substitute(place.args[1], {place.args[0]: s.i})
    k = terms.index(s.K, "k")
    own = make("P", (k, s.i))
    pooled = normal.total(a, k, normal.mul(a, [make("w", (k,)), own]))
    v = terms.index(s.C, "v")
    top = a.place(terms.bind("argmax", v, make("P", (k, v))))
    voted = normal.total(a, k, normal.mul(a, [make("w", (k,)), make("ind", (make("eq", (s.i, top)),))]))
    if place.op != "argmax" or score not in (pooled, voted):
        return Missing("the scores are neither Σ w_k p_ki nor Σ w_k [i = argmax p_k]", 1)
    name = "p_ki" if score is pooled else "[i = argmax p_k]"
    return together(
        form(s, TILTED), claim("shape", a, q, text=f"q_i = [i = argmax_j Σ_k w_k s_kj], s_ki = {name}", rule="scores")
    )


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="no-say",
        title="Weights without a say",
        concludes=("pull", "favourite", "coordinate", "transfer"),
        statement="If the formula of A does not contain w, then A has `pull`, `favourite`, `coordinate` and `transfer`.",
        proof="A(P, w(t)) is the same for every t, and so is A(P, w + δ(e_k − e_k')): no distance grows and no entry falls.",
        source=HERE,
        attempt=_ignores_weights,
        example="mean",
    ),
    Theorem(
        name="affine-transfer",
        title="Affine in the weights, rising",
        concludes=("strict-transfer",),
        statement="If q_i = a Σ_k w_k p_ki + g_i with a > 0, and a and g free of w, wherever A is defined on interior P, then A "
        "has `strict-transfer`. Both may depend on P and on the class i.",
        proof="A_i(P, w + δ(e_k − e_k')) − A_i(P, w) = a δ (p_ki − p_k'i), which is positive where p_ki > p_k'i and δ > 0.",
        source=HERE,
        attempt=_affine(strict=True),
        example="linear",
    ),
    Theorem(
        name="affine-transfer-weak",
        title="Affine in the weights",
        concludes=("transfer",),
        statement="If q_i = a Σ_k w_k p_ki + g_i with a ≥ 0, and a and g free of w, wherever A is defined on interior P, then A "
        "has `transfer`. Both may depend on P and on the class i.",
        proof="As above: the difference is a δ (p_ki − p_k'i), which is not negative.",
        source=HERE,
        attempt=_affine(strict=False),
        example="mean",
    ),
    Theorem(
        name="shares",
        title="Shares of weight",
        concludes=("responsive", "favourite", "coordinate"),
        statement="If q = Σ_k v_k p_k with v_k = w_k^a c_k(P) / Σ_j w_j^a c_j(P), a > 0 and c_k ≥ 0 free of w, wherever A "
        "is defined on interior P, then A has `pull`, `responsive`, `favourite` and `coordinate`.",
        proof="Along w(t) = (1−t)w + t e_k the others' weights are (1−t)^a w_j^a c_j / D, so their ratios stay, and "
        "v_k/(1 − v_k) is ((w_k + t(1−w_k))/(1−t))^a times a constant, which does not decrease. Hence q_t = (1−τ) "
        "r + τ p_k with τ(t) not decreasing and r fixed: every |q_i − p_ki| = (1−τ)|r_i − p_ki| shrinks, and "
        "where p_ki is the largest, q_i rises, for r_i ≤ p_ki. At t = 1 the others' weights are 0 and v_k = 1 "
        "wherever the quotient is defined: A(P, e_k) = p_k. If all others have c_j w_j = 0, or c_k = 0, then q is "
        "p_k, or r, wherever it is defined, for t < 1.",
        source=HERE,
        attempt=_shares,
        example="entropyw",
    ),
    Theorem(
        name="affine-shares",
        title="Affine shares of weight",
        concludes=("favourite",),
        statement="If q_i = Σ_k v_k p_ki + b_i with v_k ≥ 0 proportional to w_k^a c_k(P), a > 0, c_k ≥ 0, and Σ_k v_k, c "
        "and b free of w, then A has `favourite`.",
        proof="As above, q_t,i = S((1−τ) r_i + τ p_ki) + b_i with S = Σ_k v_k fixed and τ not decreasing; where p_ki ≥ "
        "p_ji for all j, r_i ≤ p_ki, and the entry rises.",
        source=HERE,
        attempt=_affine_shares,
        example="smooth",
    ),
    Theorem(
        name="choice",
        title="The choice of a teacher",
        concludes=("responsive", "favourite", "coordinate"),
        statement="If q = p_k for k = argmax_j w_j^a c_j(P), the first of the largest, with a > 0 and c_j > 0 free of w, "
        "then A has `pull`, `responsive`, `favourite` and `coordinate`.",
        proof="Along w(t) the scores of the others keep their order and their ties, for they all shrink by (1−t)^a, and "
        "that of k rises against each of them. So the choice is one fixed m until it becomes k, and stays k: the "
        "distance to p_k is constant and then 0, class by class, and an entry at which p_ki is the largest goes "
        "from p_mi to p_ki. At t = 1 the score of k is c_k > 0 and the others' is 0.",
        source=HERE,
        attempt=_chosen,
        example="topteacher",
    ),
    Theorem(
        name="pull-lemma",
        title="The pull lemma",
        concludes=("responsive",),
        statement="If q_i = f_i/Σ_j f_j, where f_i is a weighted power mean (Σ_k w_k p_ki^α)^{1/α} with α ≠ 0, the weighted "
        "geometric mean ∏_k p_ki^{w_k}, or the weighted maximum max_k w_k p_ki, then A has `pull` and "
        "`responsive`.",
        proof="Fix P and w interior in P, and let s rise along w(t). For the power mean, f_i(s)^α = (1−s) f_i^α + s "
        "p_ki^α, so f_i(s) = p_ki φ_s(u_i) with u_i = (f_i/p_ki)^α and φ_s(u) = (s + (1−s)u)^{1/α}. For the "
        "geometric mean u_i = f_i/p_ki and φ_s(u) = u^{1−s}; for the maximum u_i = max_{j≠k} w_j p_ji / p_ki and "
        "φ(u) = max(σ, u) with σ = w_k(t)/(1−t) rising. In each case φ_s is monotone in u and, for s' > s, "
        "φ_s'/φ_s is monotone in the opposite sense: its logarithm has a derivative in u with the sign of s − s' "
        "times that of φ's. Say φ_s increases (else reverse the order of u). Then q_s/p_k increases with u, so "
        "the set U_s = {i : q_s,i ≥ p_ki} is an upper set of u, and TV(q_s, p_k) = q_s(U_s) − p_k(U_s), the "
        "largest value over all sets. And q_s'/q_s decreases with u, so q_s' gives no upper set more mass than "
        "q_s. Hence TV(q_s', p_k) = q_s'(U_s') − p_k(U_s') ≤ q_s(U_s') − p_k(U_s') ≤ TV(q_s, p_k). At s = 1, f_i "
        "= p_ki (or w_k p_ki with w_k = 1), and q = p_k.",
        source="a monotone likelihood ratio argument; " + HERE,
        attempt=_generalised_mean,
        example="log",
    ),
    Theorem(
        name="winner",
        title="The winner of pooled scores",
        concludes=("pull", "pareto"),
        statement="If q is the one-hot vector of argmax_i Σ_k w_k s_ki, the first of the largest, with s_ki = p_ki or s_ki "
        "= [i = argmax p_k], then A has `pull` and `pareto`.",
        proof="TV(onehot_c, p_k) = 1 − p_kc, so let the winner change from b to c as t rises to t': p_kc ≥ p_kb is to "
        "be shown. Write the score of c less that of b as (1−t)R + tD with D = s_kc − s_kb and R from the other "
        "teachers and w; it is ≤ 0 at t and ≥ 0 at t'. If D < 0, it could only fall from one side to the other, "
        "or stay; so D ≥ 0. With s = p this says p_kc ≥ p_kb. With votes, D = 1 means that c is k's own argmax, "
        "whose probability is the largest; D = 0 means that neither is (if c is, so is D = 1), then R = 0 when t' "
        "< 1, the tie is broken alike at both, and the winner does not change; at t' = 1 the winner is k's "
        "argmax, and D = 1. For `pareto` let p_ki > p_kj for all k. With s = p the score of i is above that of j, so j does not "
        "win. With votes, j has none, for it is nobody's argmax; some class has votes, so j does not win either.",
        source=HERE,
        attempt=_argmax_of_scores,
        example="vote",
    ),
)
