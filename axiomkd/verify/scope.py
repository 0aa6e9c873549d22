"""The sizes that a certificate covers, held against those that the report names, and the method that goes with it.

It checks no mathematics.
"""

from __future__ import annotations

from typing import Any

from axiomkd.core import scope as scopes
from axiomkd.core.operator import Operator
from axiomkd.core.report import ReadingModel
from axiomkd.core.scope import All, AtSizes, ForEvery, Scope, Supported
from axiomkd.verify.line import Failed

METHODS = {"smt": "smt", "sympy": "sympy"}


def check(operator: Operator, r: ReadingModel) -> Scope:
    """The scope of a proved reading. Raises Failed where the report says more than its certificate covers, or names another
    method."""
    said = parsed(r.scope)
    covered = of(operator, r.certificate)
    if not within(said, covered):
        raise Failed(f"its scope is {r.scope!r}, its certificate covers {str(covered)!r}")
    if isinstance(said, AtSizes) and not all(operator.supports(*size) for size in said.sizes):
        raise Failed(f"its scope is {r.scope!r}, and the operator does not support all of that")
    method = _method(r.certificate)
    if r.method != method:
        raise Failed(f"its method is {r.method!r}, its certificate is by {method!r}")
    return said


def parsed(text: str | None) -> Scope:
    """The scope that is written so. Raises Failed where none is."""
    try:
        return scopes.parse(text or "")
    except ValueError as e:
        raise Failed(f"its scope is {text!r}, which names no sizes") from e


def within(some: Scope, every: Scope) -> bool:
    """Whether a scope covers nothing that the other does not."""
    return some == every if scopes.whole(some) else scopes.meet(some, every) == some


def of(operator: Operator, certificate: Any) -> Scope:
    """All that a certificate covers. Raises Failed where it covers nothing."""
    match certificate.get("kind"):
        case "theorem":
            beside = [of(operator, one) for one in certificate.get("with", {}).values()]
            some = [_listed(certificate["at"])] if "at" in certificate else []
            return _common(_all(operator), *some, *beside)
        case "implied":
            beside = [of(operator, one) for one in certificate.get("with", {}).values()]
            return _common(of(operator, certificate.get("certificate") or {}), *beside)
        case "sizes":
            return _listed([one["size"] for one in certificate["sizes"]])
        case "smt":
            return _listed([one["size"] for one in certificate["queries"]])
        case "sympy":
            return _listed([one["size"] for one in certificate["derivations"]])
    raise Failed(f"the certificate is of a kind that is not known: {certificate.get('kind')!r}")


def _all(operator: Operator) -> Scope:
    return All() if operator.K is None and operator.C is None else Supported()


def _common(*several: Scope) -> Scope:
    found = scopes.meet(*several)
    if found is None:
        raise Failed("the parts of the certificate have no size in common")
    return found


def _listed(sizes: list[Any]) -> Scope:
    """Sizes as a certificate lists them, a letter for every value of an axis. Raises Failed."""
    for K, C in sizes:
        if not all(isinstance(n, int) or n == letter for n, letter in ((K, "K"), (C, "C"))):
            raise Failed(f"the certificate names ({K}, {C}), which is no size")
    if sizes and all(C == "C" and K != "K" for K, C in sizes):
        return scopes.over("K", [K for K, _ in sizes])
    if sizes and all(K == "K" and C != "C" for K, C in sizes):
        return scopes.over("C", [C for _, C in sizes])
    if not sizes or any(isinstance(n, str) for size in sizes for n in size):
        raise Failed("the certificate lists sizes that make no scope")
    return scopes.at_sizes((K, C) for K, C in sizes)


def sizes(scope: Scope) -> list[tuple[int, int]] | None:
    """A few of the sizes that a scope is limited to, an open axis read as 2 and 3; None where it is not limited."""
    match scope:
        case AtSizes():
            return list(scope.sizes[:5])
        case ForEvery():
            pairs = [(n, m) for n in scope.values for m in (2, 3)]
            return pairs if scope.axis == "K" else [(C, K) for K, C in pairs]
    return None


def _method(certificate: Any) -> str | None:
    """The method that a certificate is by: that of the stronger reading's, where it is one of an implication."""
    match certificate.get("kind"):
        case "theorem":
            return f"theorem: {certificate.get('theorem')}"
        case "implied":
            return _method(certificate.get("certificate") or {})
        case "sizes":
            return f"theorem: {certificate['theorem']}" if "theorem" in certificate else _of_parts(certificate)
        case kind:
            return METHODS.get(str(kind))


def _of_parts(certificate: Any) -> str | None:
    """Of several methods, each once, in the order of the sizes."""
    methods = dict.fromkeys(_method(one["certificate"]) for one in certificate.get("sizes", ()))
    return ", ".join(str(one) for one in methods) or None
