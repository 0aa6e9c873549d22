"""Theorems on temperature coherence: limits, fixed weights, order alone, commutation.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from axiomkd.prove import kinds, normal, softening, subject
from axiomkd.prove.claims import Attempt, Derived, Missing
from axiomkd.prove.families.hypotheses import (
    HERE,
    claim,
    continuous,
    equal,
    flowing_code,
    form,
    is_one_hot,
    no_form,
    nonnegative,
    pool_of,
    together,
)
from axiomkd.prove.subject import Branch, Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE

WHERE_DEFINED = "the term is continuous in P where it is defined, w held fixed"


def _limits(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    flat = continuous(s, "interior", "the term is continuous in P, w held fixed")
    if isinstance(flat, Missing):
        return flat
    if not s.total("interior"):
        return Missing(
            s.obstacle("interior")
            or "the code may give no finite value at some interior point, as far as the rules can tell",
            1,
        )
    level = normal.power(a, a.normal(s.C), Fraction(-1))
    even = subject.at(a, q, subject.uniform(s.C, a))
    return together(
        form(s, "interior"),
        claim("defined", a, text="the code gives a finite value everywhere"),
        flat,
        equal(a, even, level, "A((U, …, U), w) = U"),
    )


def _limits_in_the_hull(s: Subject) -> Attempt:
    return together(form(s, "interior"), continuous(s, "interior", WHERE_DEFINED, where_defined=True))


def _one_row(domain: str) -> Callable[[Subject], Attempt]:
    """Continuity in P with w held fixed, where the formula is defined."""

    def attempt(s: Subject) -> Attempt:
        if s.interior_only and domain != "interior":
            return Missing("the operator is declared for the interior")
        return together(form(s, domain), continuous(s, domain, WHERE_DEFINED, where_defined=True))

    return attempt


def _flows(s: Subject) -> Attempt:
    code = flowing_code(s, "the code is continuous in P where it gives a number, infinities on the way included")
    return code if isinstance(code, Missing) else together(code)


def _by_argmax(s: Subject) -> Attempt:
    domain = "interior w"
    a, q = s.analysis(domain), s.q(domain)
    if s.interior_only:
        return Missing("the operator is declared for the interior")
    if "P" not in q.of or not subject.by_argmax(q):
        return Missing(s.obstacle(domain) or "the aggregate looks at more of P than the argmax of each row")
    return together(form(s, domain), claim("shape", a, q, text="P enters through the argmax of rows", rule="argmax"))


def _fixed_pool(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if "P" not in q.of:
        return together(form(s, "interior"), claim("free", a, q, text="the aggregate does not depend on P", of=["P"]))
    p = pool_of(s, Branch(a, q))
    if isinstance(p, Missing):
        return p
    if "P" in p.weight.of or "P" in p.rest.of:
        return Missing(f"the weights depend on P: {terms.show(p.weight)[:160]}", 1)
    slack = normal.add([ONE, normal.minus(p.total())])
    return together(
        form(s, "interior"),
        claim("free", a, p.weight, p.rest, text="v and the rest do not depend on P", of=["P"]),
        nonnegative(a, p.weight, "v_k ≥ 0"),
        nonnegative(a, slack, "Σ_k v_k ≤ 1"),
    )


def _order_only(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if "P" not in q.of or not subject.by_order(q):
        return Missing(s.obstacle("interior") or "the aggregate looks at more of P than the order within each row")
    return together(form(s, "interior"), claim("shape", a, q, text="P is only compared within rows", rule="order"))


def _order_one_hot(s: Subject) -> Attempt:
    found = _order_only(s)
    if isinstance(found, Missing):
        return found
    if not is_one_hot(s.q("interior"), s.i):
        return Missing("the aggregate is no one-hot vector", 1)
    return Derived(
        [*found.claims, claim("shape", s.analysis("interior"), s.q("interior"), text="one-hot", rule="one-hot")]
    )


def _one_hot(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if not is_one_hot(q, s.i):
        return no_form(s, "interior", "one-hot vector")
    return together(form(s, "interior"), claim("shape", a, q, text="one-hot", rule="one-hot"))


def _commutes(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if not a.positive(q) and not s.kinds("interior") <= {kinds.POS}:
        return Missing(s.obstacle("interior") or "q > 0 could not be shown", 1)
    first = subject.at(a, q, softening.of_rows(a, s.softener, s.C))
    after = softening.of_aggregate(a, s.softener, q, s.i)
    positive_code = claim("sign", a, text="q_i > 0 on the interior", strict=True)
    return together(form(s, "interior"), positive_code, equal(a, first, after, "A(S_T P, w) = S_T(A(P, w))"))


def _commutes_with_T(s: Subject) -> Attempt:
    if s.with_T is None:
        return Missing("the operator takes no temperature")
    a, q = s.analysis("interior"), s.q("interior")
    if not s.kinds("interior") <= {kinds.POS}:
        return Missing(s.obstacle("interior") or "q > 0 could not be shown", 1)
    after = softening.of_aggregate(a, s.softener, q, s.i)
    positive_code = claim("sign", a, text="q_i > 0 on the interior", strict=True)
    return together(
        form(s, "interior"),
        positive_code,
        claim("form", a, a.normal(s.with_T), text="the aggregate's entry at class i and temperature T", T=True),
        equal(a, a.normal(s.with_T), after, "A(P, w, T) = S_T(A(P, w, 1))"),
    )


def _follows(_s: Subject) -> Attempt:
    return Derived([])


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="uniform-limit",
        title="Continuity, and agreement on the uniform distribution",
        concludes=("limits",),
        statement="If A is defined on the interior and continuous in P for each w, and A((U, …, U), w) = U for the uniform "
        "distribution U, then A has `limits`.",
        proof="S_T P is continuous in T and interior, so A_T is continuous in T. As T → ∞, S_T P → (U, …, U), an "
        "interior point, and A_T → A((U, …, U), w) = U by continuity there.",
        source="calculus; " + HERE,
        attempt=_limits,
        facts=("settling",),
        takes_T=False,
        example="linear",
    ),
    Theorem(
        name="squeeze",
        title="Continuity in the envelope",
        concludes=("limits",),
        statement="If A has `envelope`, and its formula is continuous in P, for each w, at every interior point where it is "
        "defined, then A has `limits`.",
        proof="S_T P is continuous in T, so A_T is continuous at each T at which it is defined. As T → ∞ every entry of "
        "S_T P tends to 1/C; q_i lies between the least and the largest entry of its class, so A_T → (1/C, …, "
        "1/C). The claim speaks of the points at which A is defined; A need not be defined at (U, …, U).",
        source="the squeeze theorem; " + HERE,
        attempt=_limits_in_the_hull,
        facts=("settling",),
        after=("envelope",),
        takes_T=False,
        example="nentw",
    ),
    Theorem(
        name="fixed-weights",
        title="Weights free of P",
        concludes=("nonexpansive",),
        statement="If q = Σ_k v_k p_k + b with v_k ≥ 0, Σ_k v_k ≤ 1, and v and b free of P, then A has `nonexpansive`.",
        proof="A_T − A_T' = Σ_k v_k (S_T p_k − S_T' p_k), so TV(A_T, A_T') ≤ Σ_k v_k TV(S_T p_k, S_T' p_k) ≤ max_k "
        "TV(S_T p_k, S_T' p_k).",
        source="the triangle inequality",
        attempt=_fixed_pool,
        takes_T=False,
        example="linear",
    ),
    Theorem(
        name="one-row-hot",
        title="Continuity in the rows, one of them heated",
        concludes=("hot",),
        statement="If the formula of A is continuous in P, for each w, at every interior point where it is defined, then A has "
        "`hot`.",
        proof="As t_k → ∞ row k tends to the uniform distribution, and P to a point that is interior too. Where A is defined "
        "there, A(S_t P, w) tends to its value by continuity. Where it is not, there is no claim, or the limit itself is taken "
        "for the value.",
        source="calculus",
        attempt=_one_row("interior"),
        facts=("settling",),
        takes_T=False,
        example="log",
    ),
    Theorem(
        name="one-row-cold",
        title="Continuity in the rows, one of them cooled",
        concludes=("cold",),
        statement="If the formula of A is continuous in P, for each interior w, at every P where it is defined, zeros included, "
        "then A has `cold` with power softening.",
        proof="As t_k → 0+ row k, which has one argmax j, tends to the one-hot distribution e_j, and P to a point of the closed "
        "domain. Where A is defined there, A(S_t P, w) tends to its value by continuity. Where it is not, there is no claim, or "
        "the limit itself is taken for the value.",
        source="calculus",
        attempt=_one_row("interior w"),
        facts=("freezing",),
        takes_T=False,
        example="linear",
    ),
    Theorem(
        name="flowing-cold",
        title="Code that is continuous in the rows, infinities on the way included",
        concludes=("cold",),
        statement="If, for each interior w, the code is made of operations that are continuous in the extended real numbers, at "
        "every P, zeros included, at which they give no NaN, and that pass a NaN on, with no denominator, logarithm or root of "
        "what may be negative, then A has `cold` under a softener whose cold rows tend to one-hot ones.",
        proof="As t_k → 0+ row k, which has one argmax j, tends to e_j, and P to a point of the closed domain. If A is defined "
        "there, no operation on the way gives NaN. Each then has a limit, by continuity in the extended real numbers, from the "
        "entries of P up to the result: −∞ for a logarithm whose argument falls to 0, say, and 0 for its exponential. So A(S_t P, "
        "w) is defined near the limit, and tends to the value there.",
        source="calculus; " + HERE,
        attempt=_flows,
        facts=("freezing",),
        takes_T=False,
        example="log",
    ),
    Theorem(
        name="argmax-cold",
        title="Only the argmax of rows",
        concludes=("cold",),
        statement="If P enters the formula of A only through the argmax of rows, for interior w and every P, then A has `cold` "
        "with power softening.",
        proof="Row k has one argmax j. Softening keeps it, at every temperature, and so does the one-hot row e_j: A(S_t P, w) = "
        "A(P, w) = A(P with p_k := e_j, w).",
        source=HERE,
        attempt=_by_argmax,
        facts=("increasing", "freezing"),
        takes_T=False,
        example="vote",
    ),
    Theorem(
        name="order",
        title="Only the order within rows",
        concludes=("nonexpansive", "ranking", "entropy"),
        statement="If P enters the formula of A only through comparisons p_ki ≥ p_kj within a row, or through the argmax of "
        "a row, then A has `nonexpansive`, `ranking` and `entropy`.",
        proof="S_T is strictly increasing on the entries of a row, so it keeps every comparison and every tie: A(S_T P, "
        "w) = A(P, w) for all T. Then the distance in question is 0, and order and entropy are constant in T.",
        source=HERE,
        attempt=_order_only,
        facts=("increasing",),
        takes_T=False,
        example="vote",
    ),
    Theorem(
        name="order-one-hot",
        title="Only the order within rows, and a one-hot result",
        concludes=("commutation",),
        statement="If moreover q is one-hot, then A has `commutation` with softeners that fix one-hot vectors.",
        proof="A(S_T P, w) = A(P, w), and S_T(q) = q. For `power`: 1^{1/T} = 1 and 0^{1/T} = 0.",
        source=HERE,
        attempt=_order_one_hot,
        facts=("increasing", "one-hot"),
        takes_T=False,
        example="vote",
    ),
    Theorem(
        name="no-entropy",
        title="One-hot vectors have no entropy",
        concludes=("entropy",),
        statement="If q is a one-hot vector, then A has `entropy`.",
        proof="H(A_T) = 0 for every T.",
        source=HERE,
        attempt=_one_hot,
        takes_T=False,
        example="argpool",
    ),
    Theorem(
        name="commuting",
        title="Commutation, by algebra",
        concludes=("commutation",),
        statement="If q > 0 on the interior, and softening every row in the formula of q_i gives the same formula as "
        "softening q, then A has `commutation`.",
        proof="Both sides are written out with S_T in closed form for a free T > 0 and brought to a common form by laws "
        "of positive numbers: (xy)^a = x^a y^a, Σ_i p_ki = 1, Σ_k w_k = 1, and the cancelling of common factors. "
        "For the logarithmic pool: log S_T p_k is (1/T) log p_k less a number that does not depend on the class, "
        "and normalising removes that number.",
        source="Genest & Zidek 1986 for the logarithmic pool; " + HERE,
        attempt=_commutes,
        takes_T=False,
        example="log",
    ),
    Theorem(
        name="pool-then-soften",
        title="Pool, then soften",
        concludes=("commutation",),
        statement="If A takes T, q = A(P, w, 1) > 0 on the interior, and the formula of A(P, w, T) is that of S_T(A(P, w, "
        "1)), then A has `commutation`.",
        proof="That is the claim for operators that take T; the two formulas are brought to a common form as above.",
        source=HERE,
        attempt=_commutes_with_T,
        takes_T=True,
    ),
    Theorem(
        name="order-kept",
        title="Commutation keeps order and entropy",
        concludes=("ranking", "entropy"),
        statement="If A has `simplex` and `commutation`, then A has `ranking` and `entropy`.",
        proof="A_T = S_T(q) with q on the simplex. S_T is increasing in each row, which is `ranking`. As T grows, the "
        "ratio of each larger to each smaller entry of S_T(q) shrinks toward 1, so the sorted partial sums fall: "
        "S_T(q) is majorised by S_T'(q) for T > T', and entropy is Schur-concave.",
        source="Marshall, Olkin & Arnold, Inequalities: majorization",
        attempt=_follows,
        facts=("increasing", "flattening"),
        after=("simplex", "commutation"),
        example="log",
    ),
    Theorem(
        name="ends-uniform",
        title="Commutation ends at the uniform distribution",
        concludes=("limits",),
        statement="If A has `commutation`, and q > 0 on the interior, then A has `limits`.",
        proof="A_T = S_T(q) for a fixed q > 0, not necessarily on the simplex. For `power`, q_i^{1/T} is continuous in T and "
        "tends to 1, so A_T is continuous and tends to (1/C, …, 1/C); for `uniform-mix`, q_i/T tends to 0 and (1 − 1/T)/C to 1/C.",
        source=HERE,
        attempt=lambda s: (
            together(claim("sign", s.analysis("interior"), text="q_i > 0 on the interior", strict=True))
            if s.kinds("interior") <= {kinds.POS}
            else Missing("q > 0 could not be shown")
        ),
        after=("commutation",),
        facts=("settling",),
        example="poe",
    ),
)
