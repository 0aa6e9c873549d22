"""An operator in, a proof or the reason why not for each reading out: tracing, theorems, then fixed sizes.

Pure and deterministic. It knows neither the search nor the engine; what the operator does wrong is a reason, no error.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from axiomkd import axioms
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading
from axiomkd.core.scope import All, Scope, Supported, at_sizes, over
from axiomkd.core.softener import softener
from axiomkd.evaluate import Evaluator
from axiomkd.jaxpr import lift, terms
from axiomkd.jaxpr.terms import ONE, Term
from axiomkd.prove import identity, normal, retrace
from axiomkd.prove.claims import Attempt, Claim, Derived, Missing
from axiomkd.prove.families import THEOREMS
from axiomkd.prove.normal import OutOfSteps, TooLong
from axiomkd.prove.proof import Answer, NotProved, Proof, implied
from axiomkd.prove.subject import Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.prove.watch import watched

TOLD_LAST = -1  # a reason that says less than any hypothesis that was missed
FEW = (2, 3, 4, 5)
FIXED = (
    (2, 3),
    (3, 2),
    (2, 4),
    (3, 4),
    (4, 3),
)  # sizes with K ≠ C: an index of one axis is never taken for the other's


@dataclass(frozen=True)
class Traced:
    """The operator as a subject, at all sizes or at one."""

    subject: Subject
    scope: Scope
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
    return {r.name: found.get(r.name, NotProved(r.name, "no theorem speaks of it")) for r in readings}


def _by_theorems(evaluator: Evaluator, softener_name: str) -> dict[str, Answer]:
    """What theorems prove: at all sizes if the operator can be traced so, else at all K or all C, else at a few sizes."""
    if evaluator.mode != "jax":
        respelled = retrace.through_jax(evaluator)
        if isinstance(respelled, str):
            return {r: NotProved(r, respelled) for r in axioms.BY_NAME}
        evaluator = respelled
    traced, why = _traced(evaluator, softener_name, None, None)
    if traced is not None:
        return theorems(traced, evaluator)
    for sizes_tried in (tuple((K, None) for K in FEW), tuple((None, C) for C in FEW), FIXED):
        found = _at_listed_sizes(evaluator, softener_name, sizes_tried, why)
        if found is not None:
            return found
    return {r: NotProved(r, f"it is no JAX function that can be traced ({why})") for r in axioms.BY_NAME}


Size = tuple[int | None, int | None]
"""K and C, None for a size left open: proved for every value of it."""


def _at_listed_sizes(
    evaluator: Evaluator, softener_name: str, tried: Sequence[Size], why: str
) -> dict[str, Answer] | None:
    """What is proved at each of these sizes that the operator supports; None where it cannot be traced at one of them."""
    operator = evaluator.operator
    some = [
        size
        for size in tried
        if (size[0] is None or operator.K is None or size[0] in operator.K)
        and (size[1] is None or operator.C is None or size[1] in operator.C)
    ][:4]
    found: list[dict[str, Answer]] = []
    for K, C in some:
        traced, _ = _traced(evaluator, softener_name, K, C)
        if traced is None:
            return None
        found.append(theorems(traced, evaluator))
        if not any(all(isinstance(one.get(r), Proof) for one in found) for r in axioms.BY_NAME):
            break  # no reading can be proved at all of them any more
    if not found:
        return None
    return {reading: _of_all(reading, some, [one.get(reading) for one in found], why) for reading in axioms.BY_NAME}


def _of_all(reading: str, some: Sequence[Size], each: Sequence[Answer | None], why: str) -> Answer:
    if not all(isinstance(answer, Proof) for answer in each):
        missing = next((answer.why for answer in each if isinstance(answer, NotProved)), "no theorem speaks of it")
        return NotProved(reading, f"{missing}; {why}")
    proofs = [answer for answer in each if isinstance(answer, Proof)]
    certificate = {
        "kind": "sizes",
        "sizes": [
            {"size": ["K" if K is None else K, "C" if C is None else C], "certificate": p.certificate}
            for (K, C), p in zip(some, proofs, strict=True)
        ],
    }
    return Proof(reading, scope_of(some), "theorem", proofs[0].theorem, certificate, proofs[0].message)


def scope_of(some: Sequence[Size]) -> Scope:
    """The sizes at which there is a proof each: fixed ones, or some K and every C, or some C and every K."""
    if all(C is None for _, C in some):
        return over("K", [K for K, _ in some if K is not None])
    if all(K is None for K, _ in some):
        return over("C", [C for _, C in some if C is not None])
    return at_sizes((K or 0, C or 0) for K, C in some)


def smallest(operator: Operator) -> tuple[int, int]:
    """The least K and C, at least 2, that the operator supports."""
    return tuple(
        min((n for n in supported if n >= 2), default=2) if supported else 2 for supported in (operator.K, operator.C)
    )  # type: ignore[return-value]


def _traced(evaluator: Evaluator, softener_name: str, K: int | None, C: int | None) -> tuple[Traced | None, str]:
    """The operator traced at these sizes, None for all values of one; or None and why it cannot be."""
    operator, least = evaluator.operator, smallest(evaluator.operator)
    open_K, open_C = export.symbolic_shape("K, C", constraints=[f"K >= {least[0]}", f"C >= {least[1]}"])
    size = (open_K if K is None else K, open_C if C is None else C)
    try:
        with watched(open_K, min(least)) as asked:
            jaxprs = traces(evaluator, *size)
    except Exception as e:
        return None, f"it cannot be traced at symbolic sizes: {_first_line(e)}"
    if asked:
        return None, f"it asks for the value of a size ({asked[0]}), so one trace does not stand for all sizes"
    some = operator.K is not None or operator.C is not None
    scope = Supported() if some else All()
    lengths = tuple(whole if n is None else terms.num(n) for n, whole in ((K, terms.K), (C, terms.C)))
    least = (least[0] if K is None else K, least[1] if C is None else C)
    return _subject(evaluator, softener_name, jaxprs, lengths[0], lengths[1], least, scope), ""


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


def _subject(evaluator, softener_name, jaxprs, K: Term, C: Term, least, scope: Scope) -> Traced:
    i = terms.index(C, "i")
    entries = {
        name: lift.entry(jaxpr, K, C, with_T=name == "T", smallest=least, at=i)[0] for name, jaxpr in jaxprs.items()
    }
    with_T = entries.get("T")
    raw = entries["plain"] if with_T is None else terms.replaced(with_T, _at_one)
    default = entries.get("plain") if with_T is not None else None
    interior_only = evaluator.operator.domain == "interior"
    subject = Subject(raw, i, K, C, least, softener_name, with_T, default, interior_only)
    return Traced(subject, scope, (K, C), jaxprs)


def _at_one(t: Term) -> Term | None:
    """T = 1; what is opaque at T is another opaque value at 1."""
    if t.op == "opaque" and "T" in t.of:
        name, of, primitive, where = t.data
        return terms.make("opaque", t.args, (f"{name} at 1", of - {"T"}, primitive, where))
    return ONE if t is terms.T else None


def theorems(traced: Traced, evaluator: Evaluator) -> dict[str, Answer]:
    """What the theorems prove of a traced operator: each in turn, until none adds a reading."""
    s, proofs, near = traced.subject, {}, {}
    normal.begin()
    takes_T = s.with_T is not None
    checked: dict[tuple, bool] = {}
    for theorem in THEOREMS:
        wanted = [r for r in theorem.concludes if r not in proofs]
        if not wanted or (theorem.takes_T is not None and theorem.takes_T != takes_T):
            continue
        if theorem.softeners is not None and s.softener not in theorem.softeners:
            continue
        lacking = [r for r in theorem.after if r not in proofs]
        found = Missing(f"{lacking[0]} is not proved", TOLD_LAST) if lacking else _attempted(theorem, s)
        if isinstance(found, Derived) and not _borne_out(found.claims, s, evaluator, checked):
            found = Missing("a check in numbers did not bear out the formula: this is a defect of axiomkd")
        for reading in wanted:
            if isinstance(found, Derived):
                proofs[reading] = _proof(theorem, reading, found.claims, traced)
                # That commutation keeps order and entropy asks for simplex too: a theorem of its own says so.
                for weaker in axioms.WEAKER[reading] if reading != "commutation" else ():
                    by = proofs[reading]
                    proofs.setdefault(weaker, implied(weaker, by, f"implied by {by.reading}, {by.message}"))
            elif reading not in near or near[reading].near < found.near:
                near[reading] = found
    answers: dict[str, Answer] = dict(proofs)
    for reading in axioms.BY_NAME:
        stronger = next((r for r in axioms.STRONGER[reading] if r in near), None)
        if reading in near:
            answers.setdefault(reading, NotProved(reading, _placed(near[reading].why)))
        elif stronger is not None:
            why = f"only {stronger} would prove it, and: {near[stronger].why}"
            answers.setdefault(reading, NotProved(reading, _placed(why)))
    return answers


def _attempted(theorem: Theorem, s: Subject) -> Attempt:
    try:
        return theorem.attempt(s)
    except (RecursionError, TooLong, OutOfSteps):
        return Missing("the formula grows too long for the rules")


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


def _proof(theorem: Theorem, reading: str, claims: Sequence[Claim], traced: Traced) -> Proof:
    certificate = {
        "kind": "theorem",
        "theorem": theorem.name,
        "after": list(theorem.after),
        "smallest": list(traced.subject.smallest),
        "softener": traced.subject.softener,
        "claims": [claim.dump() for claim in claims],
    }
    return Proof(reading, traced.scope, "theorem", theorem.name, certificate, f"by the theorem {theorem.title!r}")


def _placed(why: str) -> str:
    """File paths relative to where the command runs."""
    return why.replace(f"{Path.cwd()}/", "")


__all__ = ["FIXED", "Traced", "prove", "scope_of", "smallest", "theorems", "traces"]
