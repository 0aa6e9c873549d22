"""A certificate as steps: what is claimed of which formula, what the theorem makes of it, and the theorem's written proof.

A step is words and formulas that either way of writing can set. It decides nothing, and knows the theorems by their names only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from axiomkd.explain.derivation import parameters
from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.prose import formula
from axiomkd.explain.derivation.step import Step
from axiomkd.prove.families import THEOREMS

BY_NAME = {theorem.name: theorem for theorem in THEOREMS}


def of(certificate: Mapping[str, Any]) -> Iterator[Step]:
    """The steps of a certificate, in the order of the argument."""
    match certificate.get("kind"):
        case "theorem":
            yield from _theorem(certificate)
        case "implied":
            yield Step(f"It follows from `{certificate['by']}`, which is shown as follows", end=":")
            yield from of(certificate["certificate"])
            for other, inner in certificate.get("with", {}).items():
                yield Step(f"With it `{other}` is needed, which is shown as follows")
                yield from of(inner)
        case "sizes":
            yield from _sizes(certificate)
        case "sympy":
            for derivation in certificate["derivations"]:
                yield from _derived(derivation)
        case "smt":
            sizes = list(dict.fromkeys(tuple(query["size"]) for query in certificate["queries"]))
            at = ", ".join(f"({K}, {C})" for K, C in sizes)
            yield Step(
                f"At (K, C) = {at} the solver Z3 finds the negation of the claim unsatisfiable over the real numbers; that is "
                "no derivation by hand, and the questions are in the report's certificate"
            )


def _sizes(certificate: Mapping[str, Any]) -> Iterator[Step]:
    """The same theorem at several sizes has the same steps: those of the first size stand for all where they are alike."""
    parts = certificate["sizes"]
    for n, part in enumerate(parts):
        K, C = part["size"]
        yield Step(
            f"At K = {K}, C = {C}"
            if "K" != K and "C" != C
            else f"At {'K = ' + str(K) if C == 'C' else 'C = ' + str(C)}",
            kind="case",
        )
        if part["certificate"].get("kind") == "theorem" and n:
            yield from _claims(part["certificate"])
        else:
            yield from of(part["certificate"])


# ---- theorems


def _theorem(certificate: Mapping[str, Any]) -> Iterator[Step]:
    theorem = BY_NAME[certificate["theorem"]]
    yield from _claims(certificate)
    for needed, inner in certificate.get("with", {}).items():
        yield Step(f"The theorem needs `{needed}` besides, which is shown as follows")
        yield from of(inner)
    yield Step(f"{theorem.title}. {theorem.statement}", kind="theorem")
    yield Step(theorem.proof, kind="proof")


def _claims(certificate: Mapping[str, Any]) -> Iterator[Step]:
    claims = certificate["claims"]
    for claim in claims:
        yield from CLAIMS.get(claim["claim"], _said)(claim)
    yield from INSTANCES.get(certificate["theorem"], _no_more)(claims)


def _form(claim: Mapping[str, Any]) -> Iterator[Step]:
    term = claim["terms"][0]
    at = "with temperature T, " if claim.get("T") else ""
    yield Step(f"The operator is, {at}{_domain(claim)}", lambda w: f"q{w.sub('i')} = {w(term)}")


def _domain(claim: Mapping[str, Any]) -> str:
    P, w = claim["domain"]["P"] == "positive", claim["domain"]["w"] == "positive"
    of = {
        (True, True): "for P and w interior",
        (True, False): "for P interior and any w",
        (False, False): "for all P and w",
    }
    given = claim["domain"].get("given")
    return of.get((P, w), "for all P and w interior") + (
        ", where it is defined" if not given else ", on one of its branches"
    )


def _bounded(claim: Mapping[str, Any]) -> Iterator[Step]:
    sign = claim["claim"]
    (term,) = claim["terms"]
    relation = {"nonnegative": ("≥ 0", r"\ge 0"), "positive": ("> 0", "> 0")}[sign]
    given = f"Where {_given(claim)}: " if claim["domain"].get("given") else ""
    name = claim["text"].split()[0]
    yield Step(
        f"{given}{claim['text']}, since every part of it is"
        if sign == "nonnegative" and name == "q_i"
        else f"{given}{claim['text']}, where",
        lambda w: f"{formula(name) if w.tex else name} = {w(term)} {relation[w.tex]}",
    )


def _given(claim: Mapping[str, Any]) -> str:
    return " and ".join(Writer()(c) for c in claim["domain"]["given"])


def _equal(claim: Mapping[str, Any]) -> Iterator[Step]:
    left, right = claim["terms"]
    where = f"Where {_given(claim)}: " if claim["domain"].get("given") else ""
    if left == right == "1":
        yield Step(f"{where}{claim['text']}, by Σ_k w_k = 1 and Σ_i p_ki = 1")
    elif left == right:
        yield Step(f"{where}{claim['text']}: both sides are", lambda w: w(left))
    else:
        yield Step(f"{where}{claim['text']}:", lambda w: f"{w(left)} = {w(right)}")


def _free(claim: Mapping[str, Any]) -> Iterator[Step]:
    inputs = " and ".join(claim.get("of", ("P", "w", "T")))
    for term in claim["terms"]:
        yield Step(f"{claim['text']}: this does not contain {inputs}", lambda w, term=term: w(term))


def _smooth(claim: Mapping[str, Any]) -> Iterator[Step]:
    word = {"continuous": "continuous", "lipschitz": "Lipschitz for fixed K and C"}[claim["claim"]]
    inputs = " and ".join(claim.get("of", ("P", "w")))
    (term,) = claim["terms"]
    yield Step(f"Every operation of this is {word} in {inputs} there", lambda w: w(term))


def _shape(claim: Mapping[str, Any]) -> Iterator[Step]:
    term = claim["terms"][0]
    yield Step(f"{claim['text']}, with", lambda w: w(term))


def _said(claim: Mapping[str, Any]) -> Iterator[Step]:
    plain = {
        "defined": "The code gives a finite value on the whole domain",
        "sign": "No entry of the result is below 0, by the signs of the operations",
        "support": "The entry is positive or undefined, by the signs of the operations",
    }
    text = str(claim.get("text") or plain.get(claim["claim"], claim["claim"]))
    yield Step(text if "_" in text.split()[0] else text[:1].upper() + text[1:])


CLAIMS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Step]]] = {
    "form": _form,
    "nonnegative": _bounded,
    "positive": _bounded,
    "equal": _equal,
    "free": _free,
    "continuous": _smooth,
    "lipschitz": _smooth,
    "shape": _shape,
}


# ---- what a theorem's argument is for this operator

Claims = list[Mapping[str, Any]]
K_INDEX = ["index", "k", "K"]


def _no_more(_claims: Claims) -> Iterator[Step]:
    yield from ()


def _first(claims: Claims, kind: str) -> Any:
    """The first term of the first claim of a kind, None where there is none."""
    return next((c["terms"][0] for c in claims if c["claim"] == kind and c["terms"]), None)


def _weight_is_own(v: Any) -> bool:
    return isinstance(v, list) and v[0] == "w" and v[1][:2] == ["index", "k"]


def _averages(claims: Claims) -> Iterator[Step]:
    for v in (c["terms"][0] for c in claims if c["claim"] == "nonnegative"):
        yield Step(
            "So q is a convex combination of the rows",
            lambda w, v=v: f"q = {_over_k(w)}{w.within(v, 1)} {_row(w)}",
        )


def _over_k(w: Writer) -> str:
    return r"\sum_{k} " if w.tex else "Σ_k "


def _row(w: Writer) -> str:
    return f"p{w.sub('k')}"


def _shares(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "shape")
    if _weight_is_own(v):
        yield Step(
            "Along w(t) = (1−t) w + t e_k the weights are affine in t, so",
            lambda w: _minus(w, "q_i(w(t))", "q_i", "t (p_ki − q_i)"),
        )
        yield Step(
            "Each entry moves straight to that of teacher k",
            lambda w: _minus(w, "q_i(w(t))", "p_ki", "(1 − t)(q_i − p_ki)"),
        )
        return
    yield Step(
        "Put τ = v_k(w(t)), which does not decrease in t, and r_i = Σ_{j≠k} v_j p_ji / (1 − v_k), which is free of t. Then"
    )
    yield Step("Along w(t) = (1−t) w + t e_k", lambda w: _minus(w, "q_i(w(t))", "p_ki", "(1 − τ)(r_i − p_ki)"))


def _minus(w: Writer, left: str, right: str, value: str) -> str:
    text = f"{left} − {right} = {value}"
    return formula(text) if w.tex else text


def _ignores(_claims: Claims) -> Iterator[Step]:
    yield Step("So, for every t", lambda _w: "A(P, w(t)) = A(P, w)")


def _fixed(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "nonnegative")
    if v is None:
        return
    yield Step(
        "So for any two temperatures",
        lambda w: (
            rf"A_T - A_{{T'}} = \sum_k {w.within(v, 1)} \left(S_T p_k - S_{{T'}} p_k\right)"
            if w.tex
            else f"A_T − A_T' = Σ_k {w.within(v, 1)} (S_T p_k − S_T' p_k)"
        ),
    )


def _uniform(_claims: Claims) -> Iterator[Step]:
    yield Step("So, as T → ∞, S_T P → (U, …, U) and A_T → A((U, …, U), w) = U")


INSTANCES: Mapping[str, Callable[[Claims], Iterator[Step]]] = {
    "averages": _averages,
    "shares": _shares,
    "no-say": _ignores,
    "fixed-weights": _fixed,
    "uniform-limit": _uniform,
}


# ---- SymPy


def _derived(derivation: Mapping[str, Any]) -> Iterator[Step]:
    K, C = derivation["size"]
    cases = derivation["cases"]
    yield Step(
        f"Let K = {K}, C = {C}. In the cases below, which cover the domain, every margin of the claim is a quotient of polynomials "
        "in letters that are positive, with a positive denominator, and its numerator is nowhere below 0"
    )
    for n, case in enumerate(cases):
        yield from parameters.case(case, n + 1, len(cases))
