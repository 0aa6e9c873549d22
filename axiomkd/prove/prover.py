"""An operator in, a proof or the reason why not for each reading out: tracing, theorems, then fixed sizes.

Pure and deterministic. It knows neither the search nor the engine; what the operator does wrong is a reason, no error.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from axiomkd import axioms
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading
from axiomkd.core.softener import softener
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import lift, sizes, terms
from axiomkd.jaxpr.terms import ONE, Term
from axiomkd.prove import identity
from axiomkd.prove.claims import Claim, Derived, Missing
from axiomkd.prove.families import THEOREMS
from axiomkd.prove.proof import ALL, Answer, NotProved, Proof, listed
from axiomkd.prove.subject import Subject

FIXED = ((2, 3), (3, 2), (2, 4), (3, 4), (4, 3))  # sizes with K ≠ C: an index of one axis is never taken for the other's


@dataclass(frozen=True)
class Traced:
    """The operator as a subject, at all sizes or at one."""

    subject: Subject
    scope: str
    size: tuple[Any, Any]
    jaxpr: Any


def prove(
    operator: Operator,
    softener_name: str,
    readings: Sequence[Reading],
    *,
    effort: str,
    sizes: Sequence[tuple[int, int]],
) -> dict[str, Answer]:
    """A Proof, or NotProved with the reason, for each reading, by its name."""
    terms.forget()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            evaluator = Evaluator(operator, softener(softener_name))
            found = _by_theorems(evaluator, softener_name)
        except RecursionError:
            return {r.name: NotProved(r.name, "the operator's formula is too deep for the rules") for r in readings}
        except Exception as e:  # what the operator does wrong is told elsewhere
            return {r.name: NotProved(r.name, f"it could not be traced ({type(e).__name__})") for r in readings}
    answers = {r.name: found.get(r.name, NotProved(r.name, "no theorem speaks of it")) for r in readings}
    return _at_fixed_sizes(evaluator, readings, answers, effort, sizes)


def _at_fixed_sizes(evaluator, readings, answers, effort, sizes) -> dict[str, Answer]:
    return answers


def _by_theorems(evaluator: Evaluator, softener_name: str) -> dict[str, Answer]:
    traced = _everywhere(evaluator, softener_name)
    if isinstance(traced, Traced):
        return theorems(traced, evaluator)
    found = _listed_sizes(evaluator, softener_name, traced)
    return found


def smallest(operator: Operator) -> tuple[int, int]:
    """The least K and C, at least 2, that the operator supports."""
    return tuple(min((n for n in supported if n >= 2), default=2) if supported else 2 for supported in (operator.K, operator.C))  # type: ignore[return-value]


def _everywhere(evaluator: Evaluator, softener_name: str) -> Traced | str:
    """The operator traced at symbolic K and C; or why it cannot be."""
    operator, least = evaluator.operator, smallest(evaluator.operator)
    K, C = export.symbolic_shape("K, C", constraints=[f"K >= {least[0]}", f"C >= {least[1]}"])
    try:
        jaxprs = traces(evaluator, K, C)
    except Exception as e:
        return f"it cannot be traced at symbolic sizes ({_first_line(e)})"
    some = operator.K is not None or operator.C is not None
    scope = "all K, C that it supports" if some else ALL
    return _subject(evaluator, softener_name, jaxprs, terms.K, terms.C, least, scope)


def _first_line(e: Exception) -> str:
    line = (str(e).splitlines() or [""])[0]
    return f"{type(e).__name__}: {line[:100]}"


def traces(evaluator: Evaluator, K: Any, C: Any) -> dict[str, Any]:
    """The jaxprs of A(P, w), of A(P, w, T), or of both where T has a default, at one size."""
    operator = evaluator.operator
    P, w = jax.ShapeDtypeStruct((K, C), jnp.float64), jax.ShapeDtypeStruct((K,), jnp.float64)
    out = {}
    if not operator.takes_temperature or operator.default_temperature is not None:
        out["plain"] = jax.make_jaxpr(evaluator.traceable)(P, w)
    if operator.takes_temperature:
        out["T"] = jax.make_jaxpr(evaluator.traceable)(P, w, jax.ShapeDtypeStruct((), jnp.float64))
    return out


def _subject(evaluator, softener_name, jaxprs, K: Term, C: Term, least, scope: str) -> Traced:
    i = terms.index(C, "i")
    entries = {
        name: lift.entry(jaxpr, K, C, with_T=name == "T", smallest=least, at=i)[0] for name, jaxpr in jaxprs.items()
    }
    with_T = entries.get("T")
    raw = entries["plain"] if with_T is None else terms.replaced(with_T, lambda t: ONE if t is terms.T else None)
    default = entries.get("plain") if with_T is not None else None
    interior_only = evaluator.operator.domain == "interior"
    subject = Subject(raw, i, K, C, least, softener_name, with_T, default, interior_only)
    return Traced(subject, scope, (K, C), jaxprs)


def theorems(traced: Traced, evaluator: Evaluator) -> dict[str, Answer]:
    """What the theorems prove of a traced operator: each in turn, until none adds a reading."""
    s, proofs, near = traced.subject, {}, {}
    takes_T = s.with_T is not None
    checked: dict[tuple, bool] = {}
    for theorem in THEOREMS:
        wanted = [r for r in theorem.concludes if r not in proofs]
        if not wanted or (theorem.takes_T is not None and theorem.takes_T != takes_T):
            continue
        if theorem.softeners is not None and s.softener not in theorem.softeners:
            continue
        if theorem.name == "commutation-ends-uniform" and s.softener != "power":
            continue
        lacking = [r for r in theorem.after if r not in proofs]
        found = Missing(f"{lacking[0]} is not proved") if lacking else theorem.attempt(s)
        if isinstance(found, Derived) and not _borne_out(found.claims, s, evaluator, checked):
            found = Missing("a check in numbers did not bear out the formula: this is a defect of axiomkd")
        for reading in wanted:
            if isinstance(found, Derived):
                proofs[reading] = _proof(theorem, reading, found.claims, traced)
                for weaker in axioms.WEAKER[reading]:
                    proofs.setdefault(weaker, _implied(weaker, proofs[reading]))
            elif reading not in near or near[reading].near <= found.near:
                near[reading] = found
    answers: dict[str, Answer] = dict(proofs)
    for reading, missing in near.items():
        answers.setdefault(reading, NotProved(reading, _placed(missing.why)))
    return answers


def _borne_out(claims: Sequence[Claim], s: Subject, evaluator: Evaluator, checked: dict) -> bool:
    """Belt and braces: the normal forms that the proof leans on agree with the operator in numbers."""
    for claim in claims:
        if claim.kind == "form":
            name = (claim.on, claim.domain, bool(claim.detail.get("T")))
            if name not in checked:
                checked[name] = identity.agrees(claim.on[0], s, evaluator, with_T=bool(claim.detail.get("T")))
            if not checked[name]:
                return False
    return True


def _proof(theorem, reading: str, claims: Sequence[Claim], traced: Traced) -> Proof:
    certificate = {
        "kind": "theorem",
        "theorem": theorem.name,
        "after": list(theorem.after),
        "smallest": list(traced.subject.smallest),
        "softener": traced.subject.softener,
        "claims": [claim.dump() for claim in claims],
    }
    return Proof(reading, traced.scope, "theorem", theorem.name, certificate, f"by the theorem {theorem.title!r}")


def _implied(reading: str, by: Proof) -> Proof:
    return replace(
        by,
        reading=reading,
        certificate={"kind": "implied", "by": by.reading, "certificate": by.certificate},
        message=f"implied by {by.reading}, {by.message}",
    )


def _placed(why: str) -> str:
    """File paths relative to where the command runs."""
    return why.replace(f"{Path.cwd()}/", "")


def _listed_sizes(evaluator: Evaluator, softener_name: str, why: str) -> dict[str, Answer]:
    """The theorems at each of a few fixed sizes: proved where they prove a reading at all of them."""
    operator = evaluator.operator
    some = [(K, C) for K, C in FIXED if operator.supports(K, C)][:4]
    found: list[dict[str, Answer]] = []
    for K, C in some:
        try:
            jaxprs = traces(evaluator, K, C)
        except Exception as e:
            return {r: NotProved(r, f"it is no JAX function that can be traced ({_first_line(e)})") for r in axioms.BY_NAME}
        one = _subject(evaluator, softener_name, jaxprs, terms.num(K), terms.num(C), (K, C), "")
        found.append(theorems(one, evaluator))
    answers: dict[str, Answer] = {}
    for reading in axioms.BY_NAME:
        each = [answer.get(reading) for answer in found]
        if found and all(isinstance(answer, Proof) for answer in each):
            answers[reading] = _joined(reading, some, each)
        else:
            missing = next((answer.why for answer in each if isinstance(answer, NotProved)), "no theorem speaks of it")
            answers[reading] = NotProved(reading, f"{missing}; {why}")
    return answers


def _joined(reading: str, some: Sequence[tuple[int, int]], proofs: Sequence[Any]) -> Proof:
    certificate = {
        "kind": "sizes",
        "sizes": [{"size": [K, C], "certificate": p.certificate} for (K, C), p in zip(some, proofs, strict=True)],
    }
    return Proof(reading, listed(some), "theorem", proofs[0].theorem, certificate, proofs[0].message)


__all__ = ["FIXED", "prove", "sizes", "smallest", "theorems", "traces"]
