"""The sizes that a certificate covers, in the words of the report, and the method that goes with it.

It checks no mathematics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axiomkd.core.operator import Operator
from axiomkd.core.report import ReadingModel
from axiomkd.core.scope import All, Scope, Supported, at_sizes, meet, over
from axiomkd.verify.line import Failed


def check(operator: Operator, r: ReadingModel) -> None:
    """Raises Failed where the report says more than its certificate covers, or names another method."""
    assert r.certificate is not None
    expected = of(operator, r.certificate)
    if r.scope not in expected:
        raise Failed(f"its scope is {r.scope!r}, its certificate covers {expected[0]!r}")
    method = _method(r.certificate)
    if method is not None and r.method != method:
        raise Failed(f"its method is {r.method!r}, its certificate is by {method!r}")


def of(operator: Operator, certificate: Any) -> tuple[str, ...]:
    """What the scope may say, the widest first."""
    inner = _of(operator, certificate)
    beside = [_of(operator, one) for one in certificate.get("with", {}).values()]
    narrow = meet(inner, *beside)
    return (str(inner),) if narrow is None or narrow == inner else (str(inner), str(narrow))


def _of(operator: Operator, certificate: Any) -> Scope:
    match certificate.get("kind"):
        case "theorem" if "at" in certificate:
            return at_sizes((K, C) for K, C in certificate["at"])
        case "theorem":
            return All() if operator.K is None and operator.C is None else Supported()
        case "implied":
            return _of(operator, certificate.get("certificate") or {})
        case "sizes":
            return _listed([one["size"] for one in certificate["sizes"]])
        case "smt":
            return at_sizes((K, C) for K, C in (one["size"] for one in certificate["queries"]))
    raise Failed(f"the certificate is of a kind that is not known: {certificate.get('kind')!r}")


def _listed(sizes: Sequence[Sequence[Any]]) -> Scope:
    if all(C == "C" for _, C in sizes):
        return over("K", [K for K, _ in sizes])
    if all(K == "K" for K, _ in sizes):
        return over("C", [C for _, C in sizes])
    return at_sizes((K, C) for K, C in sizes)


def sizes(certificate: Any) -> list[tuple[int, int]] | None:
    """The sizes that a certificate is limited to, a letter read as 2 and 3; None where it is not."""
    match certificate.get("kind"):
        case "implied":
            return sizes(certificate["certificate"])
        case "theorem" if "at" in certificate:
            return [(K, C) for K, C in certificate["at"]]
        case "sizes" | "smt":
            listed = [one["size"] for one in certificate["sizes" if certificate["kind"] == "sizes" else "queries"]]
            axes = [([2, 3] if K == "K" else [K], [2, 3] if C == "C" else [C]) for K, C in listed]
            return list(dict.fromkeys((K, C) for Ks, Cs in axes for K in Ks for C in Cs))
    return None


def _method(certificate: Any) -> str | None:
    """The report's method, where the certificate alone says it."""
    if certificate.get("kind") == "theorem":
        return f"theorem: {certificate.get('theorem')}"
    return None
