"""What theorems ask of an operator, derived or missed: claims, and the few shapes that several theorems share.

Knows no theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.prove import flowing, normal, smooth, subject
from axiomkd.prove.analysis import Analysis
from axiomkd.prove.claims import Attempt, Claim, Derived, Missing
from axiomkd.prove.subject import Branch, Pool, Subject
from axiomkd.tracing import terms
from axiomkd.tracing.terms import ONE, ZERO, Term, make

HERE = "elementary; the proof is this project's"


def claim(kind: str, a: Analysis, *on: Term, text: str = "", **detail) -> Claim:
    return Claim(kind, a.domain, on, text, detail)


def form(s: Subject, domain: str) -> Claim:
    return claim("form", s.analysis(domain), s.q(domain), text="the aggregate's entry at class i")


def no_form(s: Subject, domain: str, wanted: str) -> Missing:
    return Missing(s.obstacle(domain) or f"the aggregate is no {wanted}")


def nonnegative(a: Analysis, x: Term, what: str) -> Claim | Missing:
    if a.nonnegative(x):
        return claim("nonnegative", a, x, text=what)
    return _missed(what, x)


def positive(a: Analysis, x: Term, what: str) -> Claim | Missing:
    if a.positive(x):
        return claim("positive", a, x, text=what)
    return _missed(what, x)


def _missed(what: str, *on: Term) -> Missing:
    """The hypothesis, and what stands in its way: a primitive without a rule, or the term itself."""
    opaque = next((t for x in on for t in terms.walk(x) if t.op == "opaque"), None)
    if opaque is not None:
        return Missing(f"{subject.described(opaque)}, so {what} could not be shown", 1)
    return Missing(f"{what} could not be shown: {' against '.join(terms.show(x)[:120] for x in on)}", 1)


def equal(a: Analysis, x: Term, y: Term, what: str) -> Claim | Missing:
    if x is y or normal.cancelled(a, normal.add([x, normal.minus(y)])) is ZERO:
        return claim("equal", a, x, y, text=what)
    return _missed(what, x, y)


def continuous(s: Subject, domain: str, text: str, *, where_defined: bool = False) -> Claim | Missing:
    """The aggregate's entry is continuous in P, w held fixed; or where it is defined."""
    a, q = s.analysis(domain), s.q(domain)
    rough = smooth.roughness(a, q, lipschitz=False, of=frozenset({"P"}), where_defined=where_defined)
    if rough is not None:
        return Missing(f"{rough.why}: {terms.show(rough.term)[:120]}")
    return claim("continuous", a, q, text=text, of=["P"], **({"where_defined": True} if where_defined else {}))


def flowing_code(s: Subject, text: str, when: str = "") -> list[Claim] | Missing:
    """The code itself, interior weights and zeros in P included, is continuous in P wherever it gives a number."""
    if s.interior_only:
        return Missing("the operator is declared for the interior")
    a, q = s.analysis("interior w"), flowing.spelled(s.raw)
    rough = flowing.obstacle(a, q)
    if rough is not None:
        return Missing(f"{rough.op} may jump, or hide a NaN: {terms.show(rough)[:120]}")
    return [
        claim("form", a, q, text=f"the aggregate's entry at class i{when}, as the code has it"),
        claim("continuous", a, q, text=text, of=["P"], extended=True),
    ]


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


def averaging(p: Pool) -> list[Claim | Missing]:
    return [
        nonnegative(p.analysis, p.weight, "v_k ≥ 0"),
        equal(p.analysis, p.total(), ONE, "Σ_k v_k = 1"),
    ]


def is_one_hot(q: Term, i: Term) -> bool:
    if q.op != "ind" or q.args[0].op != "eq" or i not in q.args[0].args:
        return False
    place = next(t for t in q.args[0].args if t is not i)
    return place.op in ("argmax", "argmin") and i not in place.free and place.args[0].args[0] is i.args[0]


def mean_name(a: Analysis, f: Term, i: Term, K: Term) -> str | None:
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
