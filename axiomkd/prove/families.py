"""The theorems: each a family of operators, the hypotheses that make an operator one of it, and the proof.

To add one, write an `attempt` that derives the hypotheses from the subject's terms, and a `Theorem` with its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.jaxpr import terms
from axiomkd.jaxpr.terms import ONE, ZERO, Term, make
from axiomkd.prove import kinds, normal, signs, smooth, subject
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.claims import Attempt, Claim, Derived, Missing
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.prove.theorem import Theorem

HERE = "elementary; the proof is this project's"
EVERY = frozenset({"P", "w", "T"})


def claim(kind: str, a: Analysis, *on: Term, text: str = "", **detail) -> Claim:
    return Claim(kind, a.domain, on, text, detail)


def form(s: Subject, domain: str) -> Claim:
    return claim("form", s.analysis(domain), s.q(domain), text="the aggregate's entry at class i")


def _no_form(s: Subject, domain: str, wanted: str) -> Missing:
    return Missing(s.obstacle(domain) or f"the aggregate is no {wanted}")


def nonnegative(a: Analysis, x: Term, what: str) -> Claim | Missing:
    if a.nonnegative(x):
        return claim("nonnegative", a, x, text=what)
    return Missing(f"{what} could not be shown: {terms.show(x)[:160]}", 1)


def positive(a: Analysis, x: Term, what: str) -> Claim | Missing:
    if a.positive(x):
        return claim("positive", a, x, text=what)
    return Missing(f"{what} could not be shown: {terms.show(x)[:160]}", 1)


def equal(a: Analysis, x: Term, y: Term, what: str) -> Claim | Missing:
    if x is y or normal.cancelled(a, normal.add([x, normal.minus(y)])) is ZERO:
        return claim("equal", a, x, y, text=what)
    return Missing(f"{what} could not be shown: {terms.show(x)[:120]} against {terms.show(y)[:80]}", 1)


def together(*parts: Claim | Missing | Sequence[Claim | Missing]) -> Attempt:
    """All of these claims, or the first that is missing."""
    found: list[Claim] = []
    for part in parts:
        for one in part if isinstance(part, Sequence) else [part]:
            if isinstance(one, Missing):
                return Missing(one.why, one.near + len(found))
            found.append(one)
    return Derived(found)


def in_each_branch(s: Subject, domain: str, attempt: Callable[[Branch], Attempt]) -> Attempt:
    """A claim on single points holds if it holds for each branch of the aggregate, where that branch is taken."""
    claims: list[Claim] = [form(s, domain)]
    for branch in s.branches(domain):
        found = attempt(branch)
        if isinstance(found, Missing):
            return found
        claims.extend(found.claims)
    return Derived(claims)


def pool_of(s: Subject, branch: Branch) -> Pool | Missing:
    found = subject.pool(branch.analysis, branch.term, s.i, s.K)
    if found is not None:
        return found
    opaque = next((t for t in terms.walk(branch.term) if t.op == "opaque"), None)
    return Missing(
        subject.described(opaque) if opaque is not None else "the aggregate is no Σ v_k p_k with v free of the class"
    )


def pure_pool(s: Subject, branch: Branch) -> Pool | Missing:
    """A pool without a remainder."""
    found = pool_of(s, branch)
    if isinstance(found, Missing) or found.rest is ZERO:
        return found
    return Missing(f"the aggregate has a part that is no teacher's: {terms.show(found.rest)[:120]}")


# --- convexity -----------------------------------------------------------------------------------------------------------


def _averaging(p: Pool) -> list[Claim | Missing]:
    return [
        nonnegative(p.analysis, p.weight, "v_k ≥ 0"),
        equal(p.analysis, p.total(), ONE, "Σ_k v_k = 1"),
    ]


def _hull(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        return p if isinstance(p, Missing) else together(_averaging(p))

    return in_each_branch(s, "interior", each)


def _simplex(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        a = branch.analysis
        return together(
            nonnegative(a, branch.term, "q_i ≥ 0"),
            equal(a, normal.total(a, s.i, branch.term), ONE, "Σ_i q_i = 1"),
        )

    return in_each_branch(s, "interior", each)


def _simplex_one_place(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if not _is_one_hot(q, s.i):
        return Missing("the aggregate is no one-hot vector")
    return together(
        form(s, "interior"), claim("shape", a, q, text="q_i = [i = argmax_j …], the argmax over all classes")
    )


def _is_one_hot(q: Term, i: Term) -> bool:
    if q.op != "ind" or q.args[0].op != "eq" or i not in q.args[0].args:
        return False
    place = next(t for t in q.args[0].args if t is not i)
    return place.op in ("argmax", "argmin") and i not in place.free and place.args[0].args[0] is i.args[0]


def _unanimity(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    star = s.index(s.K, "star")
    agreed = subject.at(a, q, subject.unanimous(star))
    return together(form(s, "interior"), equal(a, agreed, make("P", (star, s.i)), "A((p, …, p), w) = p"))


# --- positivity ----------------------------------------------------------------------------------------------------------


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


COMMON, ANYONE = kinds.common(), kinds.anyone()


def _common_by_weights(s: Subject) -> Attempt:
    def each(branch: Branch) -> Attempt:
        p = pure_pool(s, branch)
        if isinstance(p, Missing):
            return p
        if not _vanishes_with_weight(p):
            return Missing(f"v_k = 0 where w_k = 0 could not be shown: {terms.show(p.weight)[:160]}", 2)
        text = "w_k = 0 ⇒ v_k = 0"
        return together(_averaging(p), claim("shape", p.analysis, p.weight, text=text, rule="vanishes"))

    return in_each_branch(s, "closed", each)


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


# --- continuity ----------------------------------------------------------------------------------------------------------


def _continuous(domain: str, *, lipschitz: bool = False) -> Callable[[Subject], Attempt]:
    def attempt(s: Subject) -> Attempt:
        if s.interior_only and domain == "closed":
            return Missing("the operator is declared for the interior")
        a, q = s.analysis(domain), s.q(domain)
        rough = smooth.roughness(a, q, lipschitz=lipschitz, of=frozenset({"P", "w"}))
        if rough is not None:
            return Missing(f"{rough.why}: {terms.show(rough.term)[:120]}")
        if not s.total(domain):
            return Missing(
                s.obstacle(domain) or "the code may give no finite value there, as far as the rules can tell", 1
            )
        kind = "lipschitz" if lipschitz else "continuous"
        return Derived(
            [
                form(s, domain),
                claim("defined", a, text="the code gives a finite value everywhere"),
                claim(kind, a, q, text=f"the term is {kind}", of=["P", "w"]),
            ]
        )

    return attempt


# --- weights -------------------------------------------------------------------------------------------------------------

TILTED = "interior P"


def _ignores_weights(s: Subject) -> Attempt:
    q = s.q(TILTED)
    if "w" in q.of:
        return Missing("the aggregate depends on w")
    return together(form(s, TILTED), claim("free", s.analysis(TILTED), q, text="w has no say", of=["w"]))


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
        return _no_form(s, TILTED, "f_i / Σ_j f_j")
    name = _mean_name(a, f, s.i, s.K)
    if name is None:
        return Missing(f"f_i is no power mean, weighted maximum or geometric mean: {terms.show(f)[:160]}", 1)
    return together(form(s, TILTED), claim("shape", a, f, text=f"q_i = f_i/Σ_j f_j, f_i = {name}", rule="mean"))


def _mean_name(a: Analysis, f: Term, i: Term, K: Term) -> str | None:
    """Which of the means of the pull lemma f is, spelled in its normal form."""
    k = terms.index(K, "k")
    p, weight = make("P", (k, i)), make("w", (k,))
    c, factors = normal.split(f)
    if c != 1 or len(factors) != 1:
        return None
    ((g, e),) = factors.items()
    geometric = normal.exp(a, normal.total(a, k, normal.mul(a, [weight, normal.log(a, p)])))
    if f is geometric:
        return "∏_k p_ki^w_k"
    if f is normal.extreme(a, "amax", k, normal.mul(a, [weight, p])):
        return "max_k w_k p_ki"
    alpha = 1 / e if e else Fraction(0)
    if g.op == "sum" and alpha and g is normal.total(a, k, normal.mul(a, [weight, normal.power(a, p, alpha)])):
        return f"(Σ_k w_k p_ki^{alpha})^(1/({alpha}))"
    return None


def _argmax_of_scores(s: Subject) -> Attempt:
    a, q = s.analysis(TILTED), s.q(TILTED)
    if not _is_one_hot(q, s.i):
        return _no_form(s, TILTED, "one-hot vector")
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


# --- temperature ---------------------------------------------------------------------------------------------------------


def _limits(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    rough = smooth.roughness(a, q, lipschitz=False, of=frozenset({"P"}))
    if rough is not None:
        return Missing(f"{rough.why}: {terms.show(rough.term)[:120]}")
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
        claim("continuous", a, q, text="the term is continuous in P, w held fixed", of=["P"]),
        equal(a, even, level, "A((U, …, U), w) = U"),
    )


def _limits_in_the_hull(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    rough = smooth.roughness(a, q, lipschitz=False, of=frozenset({"P"}), where_defined=True)
    if rough is not None:
        return Missing(f"{rough.why}: {terms.show(rough.term)[:120]}")
    text = "the term is continuous in P where it is defined, w held fixed"
    return together(form(s, "interior"), claim("continuous", a, q, text=text, of=["P"], where_defined=True))


def _fixed_pool(s: Subject) -> Attempt:
    a = s.analysis("interior")
    p = pool_of(s, Branch(a, s.q("interior")))
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
    if not _is_one_hot(s.q("interior"), s.i):
        return Missing("the aggregate is no one-hot vector", 1)
    return Derived(
        [*found.claims, claim("shape", s.analysis("interior"), s.q("interior"), text="one-hot", rule="one-hot")]
    )


def _one_hot(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if not _is_one_hot(q, s.i):
        return _no_form(s, "interior", "one-hot vector")
    return together(form(s, "interior"), claim("shape", a, q, text="one-hot", rule="one-hot"))


def _commutes(s: Subject) -> Attempt:
    a, q = s.analysis("interior"), s.q("interior")
    if not a.positive(q) and not s.kinds("interior") <= {kinds.POS}:
        return Missing(s.obstacle("interior") or "q > 0 could not be shown", 1)
    first = subject.at(a, q, subject.softened(a, s.softener, s.C))
    after = subject.softened_aggregate(a, s.softener, q, s.i)
    positive_code = claim("sign", a, text="q_i > 0 on the interior", strict=True)
    return together(form(s, "interior"), positive_code, equal(a, first, after, "A(S_T P, w) = S_T(A(P, w))"))


def _commutes_with_T(s: Subject) -> Attempt:
    if s.with_T is None:
        return Missing("the operator takes no temperature")
    a, q = s.analysis("interior"), s.q("interior")
    if not s.kinds("interior") <= {kinds.POS}:
        return Missing(s.obstacle("interior") or "q > 0 could not be shown", 1)
    if s.default_T is not None and a.normal(s.default_T) is not q:
        return Missing("A(P, w) = A(P, w, 1) could not be shown", 1)
    after = subject.softened_aggregate(a, s.softener, q, s.i)
    positive_code = claim("sign", a, text="q_i > 0 on the interior", strict=True)
    return together(
        form(s, "interior"),
        positive_code,
        claim("form", a, a.normal(s.with_T), text="the aggregate's entry at class i and temperature T", T=True),
        equal(a, a.normal(s.with_T), after, "A(P, w, T) = S_T(A(P, w, 1))"),
    )


def _follows(s: Subject) -> Attempt:
    return Derived([])


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="averages-stay-in-the-hull",
        title="Averages stay in the hull",
        concludes=("hull",),
        statement="If q = Σ_k v_k p_k with v_k ≥ 0 and Σ_k v_k = 1, at every interior P and w where A is defined, then A has "
        "`hull`. The weights v may depend on P and w in any way.",
        proof="This is the definition of the convex hull of p_1, …, p_K. Where A is given by cases, the claim is on one point "
        "(P, w) at a time, and each point falls under one case.",
        source="the definition of a convex combination",
        attempt=_hull,
        example="linear",
    ),
    Theorem(
        name="entries-sum-to-one",
        title="Entries that sum to one",
        concludes=("simplex",),
        statement="If q_i ≥ 0 for every class and Σ_i q_i = 1 identically, then A has `simplex`.",
        proof="This is the definition of Δ_C. The sum is worked out symbolically, for all C.",
        source="the definition of the simplex",
        attempt=_simplex,
        example="log",
    ),
    Theorem(
        name="one-hot-is-on-the-simplex",
        title="One-hot vectors are on the simplex",
        concludes=("simplex",),
        statement="If q_i = 1 for i = argmax_j s_j, the first of the largest, and 0 elsewhere, then A has `simplex`.",
        proof="Exactly one index is the first of the largest entries; its entry is 1 and the others are 0.",
        source=HERE,
        attempt=_simplex_one_place,
        example="vote",
    ),
    Theorem(
        name="agreement-by-algebra",
        title="Agreement, by algebra",
        concludes=("unanimity",),
        statement="If A has `simplex`, and replacing every row by one row p turns the formula of q_i into p_i, then A has "
        "`unanimity`.",
        proof="Replacing the rows is evaluating A at (p, …, p), an interior point when p is. The simplification uses Σ_k w_k = 1, "
        "Σ_i p_i = 1 and laws of powers and logarithms of positive numbers only, each of which holds at every such point.",
        source=HERE,
        attempt=_unanimity,
        after=("simplex",),
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="no-negative-operation",
        title="No operation gives a negative value",
        concludes=("nonnegative",),
        statement="If, by the sign rules of the operations, infinities and NaN included, no entry of the result can be negative on "
        "the closed domain, then A has `nonnegative`.",
        proof="By induction over the operations of the code: each rule lists every kind of value (−∞, negative, zero, positive, +∞, "
        "NaN) that the operation can give on operands of the kinds that its operands can have. A NaN or infinite result is an "
        "undefined point, of which nothing is claimed.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_never_negative,
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="common-support-by-signs",
        title="Common support, by signs",
        concludes=("common-support",),
        statement="Take a class i such that every teacher k has w_k = 0, or w_k > 0 and p_ki > 0. If by the sign rules of the "
        "operations q_i is positive or undefined, and never negative elsewhere, then A has `common-support`.",
        proof="By induction over the operations, as for `nonnegative`, with teachers in two kinds (with weight, without) and classes "
        "in two (i, the others). A sum or a maximum over teachers ranges over both kinds, and at least one teacher has weight, "
        "since w sums to 1; one over classes ranges over i and the others. exp(a_i − max a)/Σ_j exp(a_j − max a) is positive where "
        "a_i is finite and no a_j is +∞ or NaN, and NaN where some is.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_common,
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="any-support-by-signs",
        title="Any support, by signs",
        concludes=("any-support",),
        statement="Take a class i and a teacher k with w_k > 0 and p_ki > 0, the others arbitrary. If by the sign rules of the "
        "operations q_i is positive or undefined, and never negative elsewhere, then A has `any-support`.",
        proof="As for `common-support`, with the teacher k apart from the others.",
        source="abstract interpretation of signs, Cousot & Cousot 1977",
        attempt=_any,
        takes_T=None,
        example="linear",
    ),
    Theorem(
        name="weights-that-vanish-with-w",
        title="Weights that vanish with w",
        concludes=("common-support",),
        statement="If on the closed domain q = Σ_k v_k p_k wherever A is defined, with v_k ≥ 0, Σ_k v_k = 1, and v_k = 0 whenever "
        "w_k = 0, then A has `common-support`.",
        proof="Let p_ki > 0 for all k with w_k > 0. Some v_k > 0, since they sum to 1; that teacher has w_k > 0, hence p_ki > 0, and "
        "q_i ≥ v_k p_ki > 0. All terms are nonnegative, so q ≥ 0. Where v is [k = argmax_j s_j] with s_j = w_j^a c_j and max s > 0, "
        "the chosen teacher has s_k > 0 and so w_k > 0.",
        source=HERE,
        attempt=_common_by_weights,
        takes_T=None,
        example="nentw",
    ),
    Theorem(
        name="compositions-are-continuous",
        title="Compositions are continuous",
        concludes=("interior",),
        statement="If the code gives a finite value at every interior point, and its formula is made of continuous operations there "
        "(denominators nonzero, logarithms of positive numbers, no comparison that depends on P or w), then A has `interior`.",
        proof="Sums, products, maxima, order statistics, absolute values, exponentials, and quotients, roots and logarithms where they "
        "are defined, are continuous; so are their compositions.",
        source="calculus",
        attempt=_continuous("interior"),
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="compositions-are-continuous-on-faces",
        title="Compositions are continuous, faces included",
        concludes=("closed",),
        statement="If the code gives a finite value on the whole closed domain, and its formula is made of continuous operations "
        "there, with x^a log x (a > 0) taken as 0 at x = 0, then A has `closed`.",
        proof="As on the interior; x^a log x → 0 as x → 0+ for a > 0.",
        source="calculus",
        attempt=_continuous("closed"),
        takes_T=None,
        example="linear",
    ),
    Theorem(
        name="compositions-are-lipschitz",
        title="Compositions are Lipschitz",
        concludes=("lipschitz",),
        statement="If the formula of A is made of operations that are Lipschitz on the closed domain (polynomials, maxima, order "
        "statistics, absolute values, exponentials; quotients, roots and logarithms of what is positive there; x^a with a ≥ 1, "
        "x^a log x with a > 1), and the code gives a finite value everywhere, then A has `lipschitz`: a finite L for each (K, C).",
        proof="For fixed K and C the closed domain is compact. A continuous function on it is bounded, and a positive one is bounded "
        "away from zero; so products, and quotients, roots and logarithms of positive functions, of Lipschitz functions are "
        "Lipschitz. The domain is convex, so bounded slopes give one L.",
        source="calculus",
        attempt=_continuous("closed", lipschitz=True),
        takes_T=None,
        example="wsq",
    ),
    Theorem(
        name="weights-without-a-say",
        title="Weights without a say",
        concludes=("pull", "favourite", "coordinate"),
        statement="If the formula of A does not contain w, then A has `pull`, `favourite` and `coordinate`.",
        proof="A(P, w(t)) is the same for every t, so no distance grows and no entry falls.",
        source=HERE,
        attempt=_ignores_weights,
        takes_T=None,
        example="mean",
    ),
    Theorem(
        name="shares-of-weight",
        title="Shares of weight",
        concludes=("responsive", "favourite", "coordinate"),
        statement="If q = Σ_k v_k p_k with v_k = w_k^a c_k(P) / Σ_j w_j^a c_j(P), a > 0 and c_k ≥ 0 free of w, wherever A is defined "
        "on interior P, then A has `pull`, `responsive`, `favourite` and `coordinate`.",
        proof="Along w(t) = (1−t)w + t e_k the others' weights are (1−t)^a w_j^a c_j / D, so their ratios stay, and v_k/(1 − v_k) is "
        "((w_k + t(1−w_k))/(1−t))^a times a constant, which does not decrease. Hence q_t = (1−τ) r + τ p_k with τ(t) not "
        "decreasing and r fixed: every |q_i − p_ki| = (1−τ)|r_i − p_ki| shrinks, and where p_ki is the largest, q_i rises, for "
        "r_i ≤ p_ki. At t = 1 the others' weights are 0 and v_k = 1 wherever the quotient is defined: A(P, e_k) = p_k. If all "
        "others have c_j w_j = 0, or c_k = 0, then q is p_k, or r, wherever it is defined, for t < 1.",
        source=HERE,
        attempt=_shares,
        takes_T=None,
        example="entropyw",
    ),
    Theorem(
        name="affine-shares-of-weight",
        title="Affine shares of weight",
        concludes=("favourite",),
        statement="If q_i = Σ_k v_k p_ki + b_i with v_k ≥ 0 proportional to w_k^a c_k(P), a > 0, c_k ≥ 0, and Σ_k v_k, c and b free of "
        "w, then A has `favourite`.",
        proof="As above, q_t,i = S((1−τ) r_i + τ p_ki) + b_i with S = Σ_k v_k fixed and τ not decreasing; where p_ki ≥ p_ji for all j, "
        "r_i ≤ p_ki, and the entry rises.",
        source=HERE,
        attempt=_affine_shares,
        takes_T=None,
        example="smooth",
    ),
    Theorem(
        name="choice-of-a-teacher",
        title="The choice of a teacher",
        concludes=("responsive", "favourite", "coordinate"),
        statement="If q = p_k for k = argmax_j w_j^a c_j(P), the first of the largest, with a > 0 and c_j > 0 free of w, then A has "
        "`pull`, `responsive`, `favourite` and `coordinate`.",
        proof="Along w(t) the scores of the others keep their order and their ties, for they all shrink by (1−t)^a, and that of k rises "
        "against each of them. So the choice is one fixed m until it becomes k, and stays k: the distance to p_k is constant and "
        "then 0, class by class, and an entry at which p_ki is the largest goes from p_mi to p_ki. At t = 1 the score of k is c_k > 0 "
        "and the others' is 0.",
        source=HERE,
        attempt=_chosen,
        takes_T=None,
        example="topteacher",
    ),
    Theorem(
        name="pull-lemma",
        title="The pull lemma",
        concludes=("responsive",),
        statement="If q_i = f_i/Σ_j f_j, where f_i is a weighted power mean (Σ_k w_k p_ki^α)^{1/α} with α ≠ 0, the weighted geometric "
        "mean ∏_k p_ki^{w_k}, or the weighted maximum max_k w_k p_ki, then A has `pull` and `responsive`.",
        proof="Fix P and w interior in P, and let s rise along w(t). For the power mean, f_i(s)^α = (1−s) f_i^α + s p_ki^α, so f_i(s) = "
        "p_ki φ_s(u_i) with u_i = (f_i/p_ki)^α and φ_s(u) = (s + (1−s)u)^{1/α}. For the geometric mean u_i = f_i/p_ki and φ_s(u) = "
        "u^{1−s}; for the maximum u_i = max_{j≠k} w_j p_ji / p_ki and φ(u) = max(σ, u) with σ = w_k(t)/(1−t) rising. In each case φ_s is "
        "monotone in u and, for s' > s, φ_s'/φ_s is monotone in the opposite sense: its logarithm has a derivative in u with the "
        "sign of s − s' times that of φ's. Say φ_s increases (else reverse the order of u). Then q_s/p_k increases with u, so the set "
        "U_s = {i : q_s,i ≥ p_ki} is an upper set of u, and TV(q_s, p_k) = q_s(U_s) − p_k(U_s), the largest value over all sets. And q_s'/q_s "
        "decreases with u, so q_s' gives no upper set more mass than q_s. Hence TV(q_s', p_k) = q_s'(U_s') − p_k(U_s') ≤ q_s(U_s') − "
        "p_k(U_s') ≤ TV(q_s, p_k). At s = 1, f_i = p_ki (or w_k p_ki with w_k = 1), and q = p_k.",
        source="a monotone likelihood ratio argument; " + HERE,
        attempt=_generalised_mean,
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="winner-of-pooled-scores",
        title="The winner of pooled scores",
        concludes=("pull",),
        statement="If q is the one-hot vector of argmax_i Σ_k w_k s_ki, the first of the largest, with s_ki = p_ki or s_ki = [i = argmax p_k], "
        "then A has `pull`.",
        proof="TV(onehot_c, p_k) = 1 − p_kc, so let the winner change from b to c as t rises to t': p_kc ≥ p_kb is to be shown. Write the "
        "score of c less that of b as (1−t)R + tD with D = s_kc − s_kb and R from the other teachers and w; it is ≤ 0 at t and ≥ 0 at t'. "
        "If D < 0, it could only fall from one side to the other, or stay; so D ≥ 0. With s = p this says p_kc ≥ p_kb. With votes, D = 1 "
        "means that c is k's own argmax, whose probability is the largest; D = 0 means that neither is (if c is, so is D = 1), then R = 0 "
        "when t' < 1, the tie is broken alike at both, and the winner does not change; at t' = 1 the winner is k's argmax, and D = 1.",
        source=HERE,
        attempt=_argmax_of_scores,
        takes_T=None,
        example="vote",
    ),
    Theorem(
        name="continuity-and-agreement-on-the-uniform",
        title="Continuity, and agreement on the uniform distribution",
        concludes=("limits",),
        statement="If A is defined on the interior and continuous in P for each w, and A((U, …, U), w) = U for the uniform distribution U, "
        "then A has `limits`.",
        proof="S_T P is continuous in T and interior, so A_T is continuous in T. As T → ∞, S_T P → (U, …, U), an interior point, and "
        "A_T → A((U, …, U), w) = U by continuity there.",
        source="calculus; " + HERE,
        attempt=_limits,
        example="linear",
    ),
    Theorem(
        name="continuity-in-the-envelope",
        title="Continuity in the envelope",
        concludes=("limits",),
        statement="If A has `envelope`, and its formula is continuous in P, for each w, at every interior point where it is defined, then A "
        "has `limits`.",
        proof="S_T P is continuous in T, so A_T is continuous at each T at which it is defined. As T → ∞ every entry of S_T P tends to "
        "1/C; q_i lies between the least and the largest entry of its class, so A_T → (1/C, …, 1/C). The claim speaks of the points at "
        "which A is defined; A need not be defined at (U, …, U).",
        source="the squeeze theorem; " + HERE,
        attempt=_limits_in_the_hull,
        after=("envelope",),
        example="nentw",
    ),
    Theorem(
        name="weights-free-of-P",
        title="Weights free of P",
        concludes=("nonexpansive",),
        statement="If q = Σ_k v_k p_k + b with v_k ≥ 0, Σ_k v_k ≤ 1, and v and b free of P, then A has `nonexpansive`.",
        proof="A_T − A_T' = Σ_k v_k (S_T p_k − S_T' p_k), so TV(A_T, A_T') ≤ Σ_k v_k TV(S_T p_k, S_T' p_k) ≤ max_k TV(S_T p_k, S_T' p_k).",
        source="the triangle inequality",
        attempt=_fixed_pool,
        example="linear",
    ),
    Theorem(
        name="order-within-rows",
        title="Only the order within rows",
        concludes=("nonexpansive", "ranking", "entropy"),
        statement="If P enters the formula of A only through comparisons p_ki ≥ p_kj within a row, or through the argmax of a row, then A "
        "has `nonexpansive`, `ranking` and `entropy`.",
        proof="S_T is strictly increasing on the entries of a row, so it keeps every comparison and every tie: A(S_T P, w) = A(P, w) for "
        "all T. Then the distance in question is 0, and order and entropy are constant in T.",
        source=HERE,
        attempt=_order_only,
        example="vote",
    ),
    Theorem(
        name="order-within-rows-one-hot",
        title="Only the order within rows, and a one-hot result",
        concludes=("commutation",),
        statement="If moreover q is one-hot, then A has `commutation` with power softening.",
        proof="A(S_T P, w) = A(P, w), and S_T fixes one-hot vectors: 1^{1/T} = 1 and 0^{1/T} = 0.",
        source=HERE,
        attempt=_order_one_hot,
        softeners=("power",),
        example="vote",
    ),
    Theorem(
        name="one-hot-has-no-entropy",
        title="One-hot vectors have no entropy",
        concludes=("entropy",),
        statement="If q is a one-hot vector, then A has `entropy`.",
        proof="H(A_T) = 0 for every T.",
        source=HERE,
        attempt=_one_hot,
        example="argpool",
    ),
    Theorem(
        name="commutation-by-algebra",
        title="Commutation, by algebra",
        concludes=("commutation",),
        statement="If q > 0 on the interior, and softening every row in the formula of q_i gives the same formula as softening q, then A has "
        "`commutation`.",
        proof="Both sides are written out with S_T in closed form for a free T > 0 and brought to a common form by laws of positive numbers: "
        "(xy)^a = x^a y^a, Σ_i p_ki = 1, Σ_k w_k = 1, and the cancelling of common factors. For the logarithmic pool: log S_T p_k is "
        "(1/T) log p_k less a number that does not depend on the class, and normalising removes that number.",
        source="Genest & Zidek 1986 for the logarithmic pool; " + HERE,
        attempt=_commutes,
        example="log",
    ),
    Theorem(
        name="pool-then-soften",
        title="Pool, then soften",
        concludes=("commutation",),
        statement="If A takes T, q = A(P, w, 1) > 0 on the interior, and the formula of A(P, w, T) is that of S_T(A(P, w, 1)), then A has "
        "`commutation`.",
        proof="That is the claim for operators that take T; the two formulas are brought to a common form as above.",
        source=HERE,
        attempt=_commutes_with_T,
        takes_T=True,
    ),
    Theorem(
        name="commutation-keeps-order-and-entropy",
        title="Commutation keeps order and entropy",
        concludes=("ranking", "entropy"),
        statement="If A has `simplex` and `commutation`, then A has `ranking` and `entropy`.",
        proof="A_T = S_T(q) with q on the simplex. S_T is increasing in each row, which is `ranking`. As T grows, the ratio of each larger "
        "to each smaller entry of S_T(q) shrinks toward 1, so the sorted partial sums fall: S_T(q) is majorised by S_T'(q) for T > T', and "
        "entropy is Schur-concave.",
        source="Marshall, Olkin & Arnold, Inequalities: majorization",
        attempt=_follows,
        after=("simplex", "commutation"),
        takes_T=None,
        example="log",
    ),
    Theorem(
        name="commutation-ends-uniform",
        title="Commutation ends at the uniform distribution",
        concludes=("limits",),
        statement="If A has `commutation` with power softening, and q > 0 on the interior, then A has `limits`.",
        proof="A_T = S_T(q) for a fixed q > 0: q_i^{1/T} is continuous in T and tends to 1, so A_T is continuous and tends to (1/C, …, 1/C).",
        source=HERE,
        attempt=lambda s: (
            together(claim("sign", s.analysis("interior"), text="q_i > 0 on the interior", strict=True))
            if s.kinds("interior") <= {kinds.POS}
            else Missing("q > 0 could not be shown")
        ),
        after=("commutation",),
        takes_T=None,
        example="poe",
    ),
)
BY_NAME = {theorem.name: theorem for theorem in THEOREMS}

__all__ = ["BY_NAME", "THEOREMS", "signs"]
