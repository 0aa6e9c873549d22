"""Theorems on convexity: averages of the teachers, sums to one, agreement.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from axiomkd.prove import normal, subject
from axiomkd.prove.claims import Attempt, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    averaging,
    equal,
    form,
    in_each_branch,
    nonnegative,
    pure_pool,
    together,
)
from axiomkd.prove.subject import Branch, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing.terms import ONE, make


def _hull(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        return p if isinstance(p, Missing) else together(averaging(p))

    return in_each_branch(s, "interior", each)


def _simplex(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        a = branch.analysis
        return together(
            nonnegative(a, branch.term, "q_i ≥ 0"),
            equal(a, normal.total(a, s.i, branch.term), ONE, "Σ_i q_i = 1"),
        )

    return in_each_branch(s, "interior", each)


def _unanimity(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    star = s.index(s.K, "star")
    agreed = subject.at(a, q, subject.unanimous(star))
    return together(form(s, "interior"), equal(a, agreed, make("P", (star, s.i)), "A((p, …, p), w) = p"))


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="averages",
        title="Averages stay in the hull",
        concludes=("hull",),
        statement="If q = Σ_k v_k p_k with v_k ≥ 0 and Σ_k v_k = 1, at every interior P and w where A is defined, then A "
        "has `hull`. The weights v may depend on P and w in any way.",
        proof="This is the definition of the convex hull of p_1, …, p_K. Where A is given by cases, the claim is on one "
        "point (P, w) at a time, and each point falls under one case.",
        source="the definition of a convex combination",
        attempt=_hull,
        example="linear",
    ),
    Theorem(
        name="sum-to-one",
        title="Entries that sum to one",
        concludes=("simplex",),
        statement="If q_i ≥ 0 for every class and Σ_i q_i = 1 identically, then A has `simplex`.",
        proof="This is the definition of Δ_C. The sum is worked out symbolically, for all C.",
        source="the definition of the simplex",
        attempt=_simplex,
        example="log",
    ),
    Theorem(
        name="agreement",
        title="Agreement, by algebra",
        concludes=("unanimity",),
        statement="If A has `simplex`, and replacing every row by one row p turns the formula of q_i into p_i, then A has "
        "`unanimity`.",
        proof="Replacing the rows is evaluating A at (p, …, p), an interior point when p is. The simplification uses "
        "Σ_k w_k = 1, Σ_i p_i = 1 and laws of powers and logarithms of positive numbers only, each of which holds "
        "at every such point.",
        source=HERE,
        attempt=_unanimity,
        after=("simplex",),
        example="log",
    ),
)
