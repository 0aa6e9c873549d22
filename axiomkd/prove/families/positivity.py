"""Theorems on positivity: signs of all operations, weights that vanish with w.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from fractions import Fraction

from axiomkd.prove import kinds, normal
from axiomkd.prove.claims import Attempt, Derived, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    averaging,
    claim,
    form,
    in_each_branch,
    nonnegative,
    pure_pool,
    together,
)
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term, make

ROWS = "interior P"
COMMON, ANYONE = kinds.common(), kinds.anyone()


def _never_negative(s: Subject) -> Attempt:
    a = s.analysis("closed")
    if kinds.NEG not in s.kinds("closed"):
        return Derived([claim("sign", a, text="no operation of the code gives a negative value")])
    return (
        together(form(s, "closed"), nonnegative(a, s.q("closed"), "q_i ≥ 0"))
        if _faithful(s, "closed")
        else Missing(s.obstacle("closed") or "the aggregate's sign is not known")
    )


def _faithful(s: Subject, domain: str) -> bool:
    return s.obstacle(domain) is None


def _supported(s: Subject, scenario: kinds.Scenario, name: str) -> Attempt:
    found = s.kinds("closed", scenario)
    if found & {kinds.NEG, kinds.NIL}:
        what = s.obstacle("closed") or "the aggregate may be 0 there, as far as the rules can tell"
        return Missing(what)
    sign = _never_negative(s)
    if isinstance(sign, Missing):
        return sign
    return Derived(
        [
            *sign.claims,
            claim("support", s.analysis("closed"), text=f"q_i is positive or undefined: {name}", scenario=name),
        ]
    )


def _common(s: Subject) -> Attempt:
    return _supported(s, COMMON, "common")


def _any(s: Subject) -> Attempt:
    return _supported(s, ANYONE, "any")


def _common_by_weights(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        if isinstance(p, Missing):
            return p
        if not _vanishes_with_weight(p):
            return Missing(f"v_k = 0 where w_k = 0 could not be shown: {terms.show(p.weight)[:160]}", 2)
        text = "w_k = 0 ⇒ v_k = 0"
        return together(averaging(p), claim("shape", p.analysis, p.weight, text=text, rule="vanishes"))

    return in_each_branch(s, "closed", each)


def _kept(s: Subject) -> Attempt:
    found = s.kinds(ROWS)
    if found & {kinds.NEG, kinds.NIL}:
        return Missing(s.obstacle(ROWS) or "the aggregate may be 0 there, as far as the rules can tell")
    return Derived([claim("sign", s.analysis(ROWS), text="q_i is positive or undefined", strict=True)])


def _averaged(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        return p if isinstance(p, Missing) else together(averaging(p))

    return in_each_branch(s, ROWS, each)


def _vanishes_with_weight(p: Pool) -> bool:
    """Whether each monomial of v_k has a power of w_k, or chooses a teacher whose positive score has one."""
    own = make("w", (p.k,))
    for m in normal.monomials(p.weight):
        _, factors = normal.split(m)
        if factors.get(own, Fraction(0)) > 0:
            continue
        if not any(_chosen_with_weight(p, f, own) for f in factors):
            return False
    return True


def _chosen_with_weight(p: Pool, f: Term, own: Term) -> bool:
    if f.op != "ind" or f.args[0].op != "eq" or p.k not in f.args[0].args:
        return False
    place = next(t for t in f.args[0].args if t is not p.k)
    if place.op != "argmax" or place.args[0].args[0] is not p.k.args[0]:
        return False
    score = terms.substitute(place.args[1], {place.args[0]: p.k})
    c, factors = normal.split(score) if score.op != "add" else (Fraction(0), {})
    if c <= 0 or factors.get(own, Fraction(0)) <= 0:
        return False
    return p.analysis.positive(normal.extreme(p.analysis, "amax", p.k, score)) and p.analysis.nonnegative(score)


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="signs",
        title="No operation gives a negative value",
        concludes=("nonnegative",),
        statement="If, by the sign rules of the operations, infinities and NaN included, no entry of the result can be "
        "negative on the closed domain, then A has `nonnegative`.",
        proof="By induction over the operations of the code: each rule lists every kind of value (−∞, negative, zero, "
        "positive, +∞, NaN) that the operation can give on operands of the kinds that its operands can have. A "
        "NaN or infinite result is an undefined point, of which nothing is claimed.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_never_negative,
        example="log",
    ),
    Theorem(
        name="common-signs",
        title="Common support, by signs",
        concludes=("common-support",),
        statement="Take a class i such that every teacher k has w_k = 0, or w_k > 0 and p_ki > 0. If by the sign rules of "
        "the operations q_i is positive or undefined, and never negative elsewhere, then A has `common-support`.",
        proof="By induction over the operations, as for `nonnegative`, with teachers in two kinds (with weight, "
        "without) and classes in two (i, the others). A sum or a maximum over teachers ranges over both kinds, "
        "and at least one teacher has weight, since w sums to 1; one over classes ranges over i and the others. "
        "exp(a_i − max a)/Σ_j exp(a_j − max a) is positive where a_i is finite and no a_j is +∞ or NaN, and NaN "
        "where some is.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_common,
        example="log",
    ),
    Theorem(
        name="any-signs",
        title="Any support, by signs",
        concludes=("any-support",),
        statement="Take a class i and a teacher k with w_k > 0 and p_ki > 0, the others arbitrary. If by the sign rules of "
        "the operations q_i is positive or undefined, and never negative elsewhere, then A has `any-support`.",
        proof="As for `common-support`, with the teacher k apart from the others.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_any,
        example="linear",
    ),
    Theorem(
        name="vanishing",
        title="Weights that vanish with w",
        concludes=("common-support",),
        statement="If on the closed domain q = Σ_k v_k p_k wherever A is defined, with v_k ≥ 0, Σ_k v_k = 1, and v_k = 0 "
        "whenever w_k = 0, then A has `common-support`.",
        proof="Let p_ki > 0 for all k with w_k > 0. Some v_k > 0, since they sum to 1; that teacher has w_k > 0, hence "
        "p_ki > 0, and q_i ≥ v_k p_ki > 0. All terms are nonnegative, so q ≥ 0. Where v is [k = argmax_j s_j] "
        "with s_j = w_j^a c_j and max s > 0, the chosen teacher has s_k > 0 and so w_k > 0.",
        source=HERE,
        attempt=_common_by_weights,
        example="nentw",
    ),
    Theorem(
        name="kept-signs",
        title="Positive rows, by signs",
        concludes=("inheritance",),
        statement="If, by the sign rules of the operations, infinities and NaN included, every entry of the result is positive "
        "or undefined where all p_ki > 0, whatever the weights, then A has `inheritance`.",
        proof="By induction over the operations, as for `nonnegative`.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_kept,
        example="min_all",
    ),
    Theorem(
        name="kept-averages",
        title="Averages of positive rows",
        concludes=("inheritance",),
        statement="If q = Σ_k v_k p_k with v_k ≥ 0 and Σ_k v_k = 1, wherever A is defined on interior P, then A has "
        "`inheritance`. The weights v may depend on P and w in any way.",
        proof="Some v_k > 0, since they sum to 1, and q_i ≥ v_k p_ki > 0.",
        source=HERE,
        attempt=_averaged,
        example="confteacher",
    ),
)
