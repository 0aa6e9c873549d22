"""An operator that meets a theorem's hypotheses: what the prover recorded of it, each step in words and as a formula.

It reads certificates, and runs the prover once on a small operator. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from axiomkd.core.softener import DEFAULT
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term


@dataclass(frozen=True)
class Instance:
    """`steps` are the claims of the certificate, each (its text, its formula or ""); `kinds` what sort of claims they are."""

    operator: str
    formula: str
    readings: tuple[str, ...]
    scope: str
    steps: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]


FORMULA = "A(P, w, T) = S_T(Σ_k w_k p_k), written softmax(log(w @ P) / T)"


def pooled_then_softened(P, w, T=1.0):
    """The example of theorems on operators that take T: no operator of the zoo does."""
    import jax
    import jax.numpy as jnp

    return jax.nn.softmax(jnp.log(w @ P) / T)


TAKING_T = frozenset({"pool-then-soften", "ends-uniform"})
"""Theorems that show themselves on an operator that takes T."""


@cache
def instance(theorem: Theorem) -> Instance | None:
    """The theorem's example as the prover sees it, at the readings that it proves there; None where it proves none."""
    from axiomkd import axioms
    from axiomkd.core.operator import describe
    from axiomkd.prove import prover
    from axiomkd.prove.proof import Proof
    from axiomkd.tracing import numerics

    numerics.prepare()
    if theorem.name in TAKING_T:
        name, formula, operator = "an operator that takes T", FORMULA, describe(pooled_then_softened)
    elif theorem.example:
        from axiomkd.zoo import ENTRIES

        entry = ENTRIES[theorem.example]
        name, formula = f"zoo:{entry.name}", entry.formula
        operator = describe(entry.fn, name=entry.name, K=entry.K, C=entry.C)
    else:
        return None
    answers = prover.prove(operator, DEFAULT, axioms.EVERY, effort="quick", sizes=())
    found = {
        reading: proof
        for reading, proof in answers.items()
        if isinstance(proof, Proof) and proof.certificate.get("theorem") == theorem.name
    }
    if not found:
        return None
    own = next(iter(found.values()))
    claims = own.certificate["claims"]
    kinds = tuple(dict.fromkeys(claim["claim"] for claim in claims))
    return Instance(name, formula, tuple(found), str(own.scope), steps(claims), kinds)


def steps(claims: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """The claims of a certificate as (text, formula)."""
    return tuple((claim["text"], _formula(claim)) for claim in claims)


def _formula(claim: Mapping[str, Any]) -> str:
    shown = [terms.show(read(term)) for term in claim["terms"]]
    match claim["claim"]:
        case "equal" if shown[0] != shown[1]:
            return f"{shown[0]} = {shown[1]}"
        case "equal":
            return shown[0]
        case _:
            return ";  ".join(shown)


def read(dumped: Any) -> Term:
    """The term that a certificate's nested lists spell."""
    match dumped:
        case "K" | "C":
            return terms.make("size", (), dumped)
        case "T" | "true" | "false" | "nan":
            return terms.make(dumped)
        case str():
            return terms.make("num", (), Fraction(dumped))
        case ["index" | "bound" as op, name, length]:
            return terms.make(op, (read(length),), name)
        case ["inf", sign]:
            return terms.infinity(sign)
        case ["opaque", primitive, *rest]:
            return terms.make("opaque", map(read, rest), ("", frozenset(), primitive, None))
        case ["param", name, *rest]:
            return terms.make("param", map(read, rest), (name,))
        case ["pow", exponent, *rest]:
            return terms.make("pow", map(read, rest), Fraction(exponent))
        case ["fn", name, *rest]:
            return terms.make("fn", map(read, rest), name)
        case [op, *rest]:
            return terms.make(op, map(read, rest))
    raise ValueError(f"no term is spelled {dumped!r}")
