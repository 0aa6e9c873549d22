"""A certificate as steps: what is claimed of which formula, what the theorem makes of it, and the theorem's written proof.

A step is words and formulas that either way of writing can set. It decides nothing, and knows the theorems by their names only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from axiomkd.explain.derivation import parameters
from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.instances import INSTANCES, no_more
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
    yield from INSTANCES.get(certificate["theorem"], no_more)(claims)


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
    inputs = " or ".join(claim.get("of", ("P", "w", "T")))
    terms = [term for n, term in enumerate(claim["terms"]) if term not in claim["terms"][:n]]
    which = "this does not contain" if len(terms) == 1 else "none of these contains"
    yield Step(f"{claim['text']}: {which} {inputs}", lambda w: _in_a_row(w, map(w, terms)))


def _smooth(claim: Mapping[str, Any]) -> Iterator[Step]:
    word = {"continuous": "continuous", "lipschitz": "Lipschitz for fixed K and C"}[claim["claim"]]
    inputs = " and ".join(claim.get("of", ("P", "w")))
    (term,) = claim["terms"]
    yield Step(f"Every operation of this is {word} in {inputs} there", lambda w: w(term))


def _in_a_row(w: Writer, formulas: Iterable[str]) -> str:
    return (r",\quad " if w.tex else ", ").join(formulas)


SHAPES = {
    "affine": ("a", "g_i"),
    "choice": ("v_k",),
    "curved": ("v_k", "g(w_k)", "b_i"),
    "powers": ("a_k",),
    "share": ("v_k", "b_i"),
    "strength": ("v_k", "s(p_k)"),
    "vanishes": ("v_k",),
}
"""What the terms of a shape are called in its text, by its rule; the one of a rule that is not here is what the text speaks of."""


def _shape(claim: Mapping[str, Any]) -> Iterator[Step]:
    terms, names = claim["terms"], SHAPES.get(claim.get("rule", ""), ())

    def named(w: Writer) -> str:
        if not names:
            return w(terms[0])
        every = (f"{formula(name) if w.tex else name} = {w(term)}" for name, term in zip(names, terms, strict=False))
        return _in_a_row(w, every)

    yield Step(f"{claim['text']}, with", named)


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
