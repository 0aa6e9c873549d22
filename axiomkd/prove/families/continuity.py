"""Theorems on continuity: compositions of continuous and of Lipschitz operations.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from collections.abc import Callable

from axiomkd.prove import smooth
from axiomkd.prove.claims import Attempt, Derived, Missing
from axiomkd.prove.families.hypotheses import (
    claim,
    form,
)
from axiomkd.prove.subject import Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms


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


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="continuity",
        title="Compositions are continuous",
        concludes=("interior",),
        statement="If the code gives a finite value at every interior point, and its formula is made of continuous "
        "operations there (denominators nonzero, logarithms of positive numbers, no comparison that depends on P "
        "or w), then A has `interior`.",
        proof="Sums, products, maxima, order statistics, absolute values, exponentials, and quotients, roots and "
        "logarithms where they are defined, are continuous; so are their compositions.",
        source="calculus",
        attempt=_continuous("interior"),
        example="log",
    ),
    Theorem(
        name="faces",
        title="Compositions are continuous, faces included",
        concludes=("closed",),
        statement="If the code gives a finite value on the whole closed domain, and its formula is made of continuous "
        "operations there, with x^a log x (a > 0) taken as 0 at x = 0, then A has `closed`.",
        proof="As on the interior; x^a log x → 0 as x → 0+ for a > 0.",
        source="calculus",
        attempt=_continuous("closed"),
        example="linear",
    ),
    Theorem(
        name="slopes",
        title="Compositions are Lipschitz",
        concludes=("lipschitz",),
        statement="If the formula of A is made of operations that are Lipschitz on the closed domain (polynomials, maxima, "
        "order statistics, absolute values, exponentials; quotients, roots and logarithms of what is positive "
        "there; x^a with a ≥ 1, x^a log x with a > 1), and the code gives a finite value everywhere, then A has "
        "`lipschitz`: a finite L for each (K, C).",
        proof="For fixed K and C the closed domain is compact. A continuous function on it is bounded, and a positive "
        "one is bounded away from zero; so products, and quotients, roots and logarithms of positive functions, "
        "of Lipschitz functions are Lipschitz. The domain is convex, so bounded slopes give one L.",
        source="calculus",
        attempt=_continuous("closed", lipschitz=True),
        example="wsq",
    ),
)
