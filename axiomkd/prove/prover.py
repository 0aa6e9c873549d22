"""An operator in, a proof or the reason why not for each reading out: tracing, theorems, then fixed sizes.

Pure and deterministic. It knows neither the search nor the engine; what the operator does wrong is a reason, no error.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jax import export

from axiomkd import axioms
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Reading
from axiomkd.core.scope import All, AtSizes, Scope, Supported, at_sizes, every_C, meet, over, whole
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Extent
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.frames import is_ours
from axiomkd.operators.language import Translated
from axiomkd.prove import ladder, normal, retrace
from axiomkd.prove.claims import Attempt, Claim, Derived, Missing
from axiomkd.prove.domain import of_reading
from axiomkd.prove.eagerly import apart, calls, traces
from axiomkd.prove.families import REFUTING, THEOREMS, Refuting
from axiomkd.prove.followed import Followed, followed, otherwise
from axiomkd.prove.normal import OutOfSteps, TooLong
from axiomkd.prove.proof import Answer, NotProved, Proof, implied
from axiomkd.prove.softening import NoFormula
from axiomkd.prove.subject import Subject
from axiomkd.prove.theorem import Theorem
from axiomkd.prove.translation import sizes
from axiomkd.prove.translation.traces import essence
from axiomkd.prove.translation.validation import Formula, Translation, Validation
from axiomkd.prove.watch import watched
from axiomkd.tracing import lift, terms
from axiomkd.tracing.lift.lifted import Origins
from axiomkd.tracing.sizes import Unreadable
from axiomkd.tracing.terms import ONE, Term
from axiomkd.tracing.walk import Unsupported

NEAREST = 1000  # a reason that says more
TOLD_LAST = -1  # a reason that says less than any hypothesis that was missed
FEW = (2, 3, 4, 5)
FIXED = (
    (2, 3),
    (3, 2),
    (2, 4),
    (3, 4),
    (4, 3),
)  # sizes with K ≠ C: an index of one axis is never taken for the other's


Size = tuple[int | None, int | None]
"""K and C, None for a size left open: proved for every value of it."""


@dataclass(frozen=True)
class Traced:
    """The operator as a subject, at all sizes or at some; its traces by name, and the captured arrays in its terms."""

    subject: Subject
    scope: Scope
    size: Size
    jaxprs: Mapping[str, Any]
    params: Mapping[str, Any]
    origins: Mapping[str, Origins]


@dataclass(frozen=True)
class Examined:
    """What the prover says of an operator: an answer for each reading, by its name, and where the formula that the proofs lean
    on was held against the operator (nowhere, where there is nothing to report); `fails` says, by reading, at which sizes it fails
    by a theorem; `twin` is NumPy code as JAX traces it."""

    answers: Mapping[str, Answer]
    translation: Translation = Translation()
    fails: Mapping[str, Extent] = field(default_factory=dict)
    twin: Evaluator | None = None


def prove(
    operator: Operator,
    softener_name: str,
    readings: Sequence[Reading],
    *,
    effort: str,
    sizes: Sequence[tuple[int, int]],
) -> dict[str, Answer]:
    """A Proof, or NotProved with the reason, for each reading, by its name."""
    return dict(examine(operator, softener_name, readings, effort=effort, sizes=sizes).answers)


def examine(
    operator: Operator,
    softener_name: str,
    readings: Sequence[Reading],
    *,
    effort: str,
    sizes: Sequence[tuple[int, int]],  # noqa: ARG001 (what is searched; theorems choose sizes of their own)
) -> Examined:
    """An answer for each reading, and the sizes at which the operator was found to be what the proofs say, or not."""
    terms.forget()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            evaluator = Evaluator(operator, softener(softener_name))
            found = _by_theorems(evaluator, thorough=effort == "thorough")
        except RecursionError:
            found = _refused("the operator's formula is too deep for the rules")
        except Exception as e:  # what the operator does wrong is told elsewhere
            ours = f"axiomkd's prover failed here ({_first_line(e)}): this is a defect of axiomkd, please report it"
            found = _refused(ours if is_ours(e) else f"it could not be traced ({type(e).__name__})")
    answers = {r.name: found.answers.get(r.name, NotProved(r.name, "no theorem speaks of it")) for r in readings}
    fails = {name: extent for name, extent in found.fails.items() if not isinstance(answers.get(name), Proof)}
    return replace(found, answers=answers, fails=fails)


def _refused(why: str) -> Examined:
    return Examined({r: NotProved(r, why) for r in axioms.BY_NAME})


def _by_theorems(evaluator: Evaluator, *, thorough: bool) -> Examined:
    """What theorems prove: at all sizes if the operator can be traced so, else at all K or all C, else at a few sizes."""
    if evaluator.mode != "jax":
        respelled = retrace.through_jax(evaluator)
        if isinstance(respelled, str):
            return _refused(respelled)
        return replace(_of_traces(respelled, evaluator, thorough=thorough), twin=respelled)
    # Called on arrays, what is translated is the user's own function.
    original = evaluator if isinstance(evaluator.operator.fn, Translated) else None
    return _of_traces(evaluator, original, thorough=thorough)


def _of_traces(evaluator: Evaluator, original: Evaluator | None, *, thorough: bool) -> Examined:
    """What theorems prove of what JAX traces; `original` is what was written, where that is something else."""
    if lies := apart(evaluator):
        return _refused(lies)
    traced, why = _traced(evaluator, None, None)
    if traced is not None:
        validation = _validation(traced, evaluator, original, thorough=thorough)
        found = _with_the_worst(theorems(traced, validation), [validation])
        found = replace(found, fails=_failing(traced, validation))
        return _and_at_its_own_sizes(found, evaluator, original, thorough)
    for sizes_tried in (tuple((K, None) for K in FEW), tuple((None, C) for C in FEW), FIXED):
        found = _at_listed_sizes(evaluator, sizes_tried, why, original, thorough)
        if found is not None:
            break
    else:
        found = _refused(f"it is no JAX function that can be traced ({why})")
    return (
        found if found.translation.apart else Examined(found.answers, _traced_otherwise(evaluator, thorough=thorough))
    )


def _traced_otherwise(evaluator: Evaluator, *, thorough: bool) -> Translation:
    """The sizes at which an operator without a formula is traced to other code than at most: where a search should look."""
    listed = sizes.looked_at(evaluator.operator, None, None, thorough=thorough)
    found = Validation(evaluator, dict.fromkeys(calls(evaluator.operator)), {}, listed, {}).of(())
    return Translation(apart=found.apart, why=found.why) if found.checked else Translation()


def _and_at_its_own_sizes(
    found: Examined, evaluator: Evaluator, original: Evaluator | None, thorough: bool
) -> Examined:
    """What is proved at all sizes, and what only at the few values of K or of C that the operator has at all: with C = 2, say,
    Σ_i q_i is two entries."""
    operator = evaluator.operator
    if all(isinstance(a, Proof) for a in found.answers.values()) or found.translation.apart:
        return found
    for tried in (
        tuple((None, C) for C in operator.C or () if C >= 2),
        tuple((K, None) for K in operator.K or () if K >= 2),
    ):
        if 0 < len(tried) <= len(FEW):
            more = _at_listed_sizes(evaluator, tried, "", original, thorough)
            if more is not None:
                own = {r: a for r, a in more.answers.items() if isinstance(a, Proof)}
                proved = {r: a for r, a in found.answers.items() if isinstance(a, Proof)}
                worst = more.translation if more.translation.apart else found.translation
                return replace(found, answers={**found.answers, **own, **proved}, translation=worst)
    return found


def _validation(
    traced: Traced, evaluator: Evaluator, original: Evaluator | None, *, thorough: bool, share: tuple[int, int] = (0, 1)
) -> Validation:
    """The operator held against its formula at the sizes for which it was traced."""
    K, C = (n if isinstance(n, int) else None for n in traced.size)
    operator = evaluator.operator
    return Validation(
        evaluator,
        traced.jaxprs,
        traced.params,
        sizes.looked_at(operator, K, C, thorough=thorough, share=share),
        traced.origins,
        wider=(lambda size: sizes.beside(operator, size)) if K is C is None else None,
        original=original,
    )


def _with_the_worst(answers: Mapping[str, Answer], validations: Sequence[Validation]) -> Examined:
    """The answers, and where the formula is not the operator, if it is not somewhere."""
    found = [v.last for v in validations if v.last is not None]
    return Examined(answers, next((t for t in found if t.apart), found[0] if found else Translation()))


def _at_listed_sizes(
    evaluator: Evaluator,
    tried: Sequence[Size],
    why: str,
    original: Evaluator | None,
    thorough: bool,
) -> Examined | None:
    """What is proved at each of these sizes that the operator supports; None where it cannot be traced at one of them."""
    operator = evaluator.operator
    some = [
        size
        for size in tried
        if (size[0] is None or operator.K is None or size[0] in operator.K)
        and (size[1] is None or operator.C is None or size[1] in operator.C)
    ][:4]
    found: list[dict[str, Answer]] = []
    validations: list[Validation] = []
    for n, (K, C) in enumerate(some):
        traced, _ = _traced(evaluator, K, C)
        if traced is None:
            return None
        validations.append(_validation(traced, evaluator, original, thorough=thorough, share=(n, len(some))))
        found.append(theorems(traced, validations[-1]))
        if not any(all(isinstance(one.get(r), Proof) for one in found) for r in axioms.BY_NAME):
            break  # no reading can be proved at all of them any more
    if not found:
        return None
    answers = {reading: _of_all(reading, some, [one.get(reading) for one in found], why) for reading in axioms.BY_NAME}
    return _with_the_worst(answers, validations)


def _of_all(reading: str, some: Sequence[Size], each: Sequence[Answer | None], why: str) -> Answer:
    if not all(isinstance(answer, Proof) for answer in each):
        missing = next((answer.why for answer in each if isinstance(answer, NotProved)), "no theorem speaks of it")
        return NotProved(reading, f"{missing}; {why}" if why else missing)
    proofs = [answer for answer in each if isinstance(answer, Proof)]
    if not all(whole(p.scope) for p in proofs):
        return NotProved(
            reading, "; ".join(one for one in ("its formula is not the operator at every size", why) if one)
        )
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


def _traced(evaluator: Evaluator, K: int | None, C: int | None) -> tuple[Traced | None, str]:
    """The operator traced at these sizes, None for all values of one; or None and why it cannot be."""
    operator, least = evaluator.operator, smallest(evaluator.operator)
    open_K, open_C = export.symbolic_shape("K, C", constraints=[f"K >= {least[0]}", f"C >= {least[1]}"])
    size = (open_K if K is None else K, open_C if C is None else C)
    try:
        with watched(open_K, min(least), operator.fn) as asked, followed() as steps:
            jaxprs = traces(evaluator, *size)
    except Exception as e:
        return None, f"it cannot be traced at symbolic sizes: {_first_line(e)}"
    if asked:
        return None, f"it asks for the value of a size ({asked[0]}), so one trace does not stand for all sizes"
    if steps.swallowed:
        return None, f"it catches an exception ({steps.swallowed[0]}), which may be about a size"
    elsewhere = _other_steps(evaluator, K, C, steps)
    if elsewhere:
        return None, elsewhere
    concrete = _at_a_size(evaluator, K, C, jaxprs)
    if concrete:
        return None, concrete
    some = operator.K is not None or operator.C is not None
    scope = Supported() if some else All()
    lengths = tuple(every if n is None else terms.num(n) for n, every in ((K, terms.K), (C, terms.C)))
    least = (least[0] if K is None else K, least[1] if C is None else C)
    try:
        return _subject(evaluator, jaxprs, lengths[0], lengths[1], least, scope, (K, C)), ""
    except (lift.NotLifted, Unreadable, Unsupported) as e:
        return None, str(e)


def _other_steps(evaluator: Evaluator, K: int | None, C: int | None, steps: Followed) -> str:
    """Why a trace at symbolic sizes is of other code than one at fixed sizes; "" where the same instructions run."""
    size = sizes.unlike(evaluator.operator, K, C)
    try:
        with followed() as fixed:
            traces(evaluator, *size)
    except Exception as e:
        return f"at K = {size[0]}, C = {size[1]} it cannot be traced ({type(e).__name__})"
    line = fixed.swallowed[0] if fixed.swallowed else otherwise(steps, fixed)
    return "" if line is None else f"other code runs at symbolic sizes than at fixed ones ({line})"


def _at_a_size(evaluator: Evaluator, K: int | None, C: int | None, jaxprs: Mapping[str, Any]) -> str:
    """Why traces at symbolic sizes don't speak of fixed ones: at a size, the code computes something else. "" where they do."""
    if K is not None and C is not None:
        return ""
    size = next(iter(sizes.looked_at(evaluator.operator, K, C)), None)
    try:
        for name, symbolic in jaxprs.items():
            if size and essence(evaluator.jaxpr(*size, name != "plain", each=name == "Ts")) != essence(symbolic):
                return "it is traced to other code at symbolic sizes than at fixed ones, so one trace does not stand for all"
    except Exception as e:
        return f"it cannot be traced at (K, C) = {size}: {_first_line(e)}"
    return ""


def _first_line(e: Exception) -> str:
    line = (str(e).splitlines() or [""])[0]
    return f"{type(e).__name__}: {line[:100]}"


def _subject(evaluator, jaxprs, K: Term, C: Term, least, scope: Scope, size: Size) -> Traced:
    i = terms.index(C, "i")
    entries, params, origins = {}, {}, {}
    for name, jaxpr in jaxprs.items():
        entries[name], lifted = lift.entry(jaxpr, K, C, with_T=name == "T", each=name == "Ts", smallest=least, at=i)
        params |= lifted.params
        origins[name] = lifted.origins
    with_T = entries.get("T")
    raw = entries["plain"] if with_T is None else terms.replaced(with_T, _at_one)
    interior_only = evaluator.operator.domain == "interior"
    with_Ts = entries.get("Ts")
    subject = Subject(raw, i, K, C, least, evaluator.softener, with_T, with_Ts, interior_only)
    return Traced(subject, scope, size, jaxprs, params, origins)


def _at_one(t: Term) -> Term | None:
    """T = 1; what is opaque at T is another opaque value at 1."""
    if t.op == "opaque" and "T" in t.of:
        name, of, primitive, where = t.data
        return terms.make("opaque", t.args, (f"{name} at 1", of - {"T"}, primitive, where))
    if t.op in ("div", "powr") and t.args[1] is ONE:
        return t.args[0]
    return ONE if t.op == "T" else None


def theorems(traced: Traced, validation: Validation) -> dict[str, Answer]:
    """What the theorems prove of a traced operator: each in turn, until none adds a reading."""
    s, proofs, near = traced.subject, {}, {}
    normal.begin()
    for theorem in THEOREMS:
        wanted = [r for r in theorem.concludes if r not in proofs]
        if not wanted or not _speaks_of(theorem, s):
            continue
        lacking = [r for r in theorem.after if r not in proofs]
        found = Missing(f"{lacking[0]} is not proved", TOLD_LAST) if lacking else _attempted(theorem, s)
        scope: Scope | None = traced.scope
        if isinstance(found, Derived):
            translation = validation.of([*_of_code(s), *(f for c in found.claims if (f := _formula(c, s)) is not None)])
            scope = translation.scope(traced.scope)
            scope = None if scope is None else meet(scope, *(proofs[r].scope for r in theorem.after))
            if scope is None:
                found = Missing(translation.why, NEAREST)
            elif theorem.all_classes and not every_C(scope):
                found, scope = Missing("the formula is not known for every number of classes", 2), None
        for reading in wanted:
            if isinstance(found, Derived) and scope is not None:
                premises = {name: proofs[name].certificate for name in theorem.after}
                proofs[reading] = _proof(theorem, reading, found.claims, traced, scope, premises)
                for weaker in sorted(axioms.IMPLIED[reading]):
                    by = proofs[reading]
                    proofs.setdefault(weaker, implied(weaker, by, f"implied by {by.reading}, {by.message}"))
            elif isinstance(found, Missing) and (reading not in near or near[reading].near < found.near):
                near[reading] = found
    return {**_missed(near), **ladder.followed(proofs, axioms.BY_NAME, _where(traced))}


def _failing(traced: Traced, validation: Validation) -> dict[str, Extent]:
    """Which readings fail at all sizes from some on, by theorems on the formula at every size."""
    fails: dict[str, Extent] = {}
    if not isinstance(traced.scope, All):
        return fails
    for theorem in REFUTING:
        found = _attempted(theorem, traced.subject)
        if isinstance(found, Derived):
            forms = [f for c in found.claims if (f := _formula(c, traced.subject)) is not None]
            if validation.of([*_of_code(traced.subject), *forms]).whole:
                certificate = _certificate(theorem, found.claims, traced)
                fails |= {r: Extent(theorem.extent, theorem.name, certificate) for r in theorem.fails}
    return fails


def _speaks_of(theorem: Theorem, s: Subject) -> bool:
    """Whether the theorem is on such operators, and the softener has the facts that it asks for."""
    return theorem.takes_T in (None, s.with_T is not None) and s.softener.has(*theorem.facts)


def _missed(near: Mapping[str, Missing]) -> dict[str, Answer]:
    """Why there is no proof of a reading: what the nearest theorem on it, or on a stronger reading, lacked."""
    answers: dict[str, Answer] = {}
    for reading in axioms.BY_NAME:
        # In the axioms' order: the order of a set differs from process to process.
        stronger = next((r for r in axioms.BY_NAME if r in near and r in axioms.STRONGER[reading]), None)
        if reading in near:
            answers[reading] = NotProved(reading, _placed(near[reading].why))
        elif stronger is not None:
            why = f"only {stronger} would prove it, and: {near[stronger].why}"
            answers[reading] = NotProved(reading, _placed(why))
    return answers


def _where(traced: Traced) -> ladder.Operators:
    K, C = (None if n is None else (n,) for n in traced.size)
    return ladder.Operators(traced.subject.with_T is not None, traced.subject.softener.name, K, C)


def _of_code(s: Subject) -> list[Formula]:
    """What every proof leans on: the terms that the lift made of the code, wherever it is defined."""
    everywhere = of_reading("interior" if s.interior_only else "closed", s.smallest)
    called = "plain" if s.with_T is None else "T"
    found = [Formula(s.raw, s.i, everywhere, called, exactly=True)]
    if s.with_T is not None:
        found.append(Formula(s.with_T, s.i, everywhere, "T", any_T=True, exactly=True))
    if s.with_Ts is not None:
        found.append(Formula(s.with_Ts, s.i, everywhere, "Ts", any_T=True, exactly=True))
    return found


def _formula(claim: Claim, s: Subject) -> Formula | None:
    """A claim that the aggregate is a term, as what can be held against the operator; None of any other claim."""
    if claim.kind != "form":
        return None
    each = bool(claim.detail.get("each"))
    called = "Ts" if each else "plain" if s.with_T is None else "T"
    return Formula(claim.on[0], s.i, claim.domain, called, any_T=each or bool(claim.detail.get("T")))


def _attempted(theorem: Theorem | Refuting, s: Subject) -> Attempt:
    try:
        return theorem.attempt(s)
    except (RecursionError, TooLong, OutOfSteps):
        return Missing("the formula grows too long for the rules")
    except NoFormula as e:
        return Missing(f"the softener {s.softener.name} has no formula in terms: it asks for {e}")


def _proof(
    theorem: Theorem,
    reading: str,
    claims: Sequence[Claim],
    traced: Traced,
    scope: Scope,
    premises: Mapping[str, dict[str, Any]],
) -> Proof:
    """`premises` are the certificates of what the theorem needs proved besides: a reading is re-checked by its own alone."""
    certificate = _certificate(theorem, claims, traced)
    if isinstance(scope, AtSizes):
        certificate["at"] = [list(size) for size in scope.sizes]
    certificate |= {"with": dict(premises)} if premises else {}
    return Proof(reading, scope, "theorem", theorem.name, certificate, f"by the theorem {theorem.title!r}")


def _certificate(theorem: Theorem | Refuting, claims: Sequence[Claim], traced: Traced) -> dict[str, Any]:
    return {
        "kind": "theorem",
        "theorem": theorem.name,
        "after": list(theorem.after) if isinstance(theorem, Theorem) else [],
        "smallest": list(traced.subject.smallest),
        "softener": traced.subject.softener.name,
        "claims": [claim.dump() for claim in claims],
    }


def _placed(why: str) -> str:
    """File paths relative to where the command runs."""
    return why.replace(f"{Path.cwd()}/", "")


__all__ = ["FIXED", "Examined", "Traced", "examine", "prove", "scope_of", "smallest", "theorems", "traces"]
