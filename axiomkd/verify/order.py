"""That proofs lean on one another in one direction only, and that a verdict does not contradict a proof above it.

It runs no operator.
"""

from __future__ import annotations

from typing import Any

from axiomkd import axioms
from axiomkd.core.report import OperatorModel
from axiomkd.verify.line import Failed
from axiomkd.verify.theorems import KNOWN

ALL = "all K, C"


def check(one: OperatorModel) -> None:
    """Raises Failed."""
    proved = {r.reading: r for r in one.readings if r.verdict == "proved" and r.certificate}
    needs = {name: _needs(r.certificate) for name, r in proved.items()}
    for name, r in proved.items():
        if name in _below(name, needs):
            raise Failed(f"{one.name} {r.axiom}/{name}: its proof leans on itself")
        for other in needs[name]:
            if other in proved and proved[other].scope not in (r.scope, ALL):
                raise Failed(
                    f"{one.name} {r.axiom}/{name}: it is proved for {r.scope}, and leans on {other}, which is proved for "
                    f"{proved[other].scope}"
                )
    for r in one.readings:
        if r.verdict == "refuted":
            above = [
                s for s in axioms.STRONGER[r.reading] if s in proved and proved[s].scope == ALL and s != "commutation"
            ]
            if above:
                raise Failed(f"{one.name} {r.axiom}/{r.reading}: refuted, and {above[0]}, which implies it, is proved")


def _needs(certificate: Any) -> set[str]:
    """The readings that a certificate takes for proved without holding their proofs."""
    if not isinstance(certificate, dict):
        return set()
    match certificate.get("kind"):
        case "theorem":
            known = KNOWN.get(str(certificate.get("theorem")))
            return set(known.after) if known else set()
        case "implied":
            beside = certificate.get("with", {})
            inner = [certificate.get("certificate"), *(beside.values() if isinstance(beside, dict) else ())]
            return set().union(*map(_needs, inner))
        case "sizes":
            listed = certificate.get("sizes")
            return set().union(*(_needs(s.get("certificate")) for s in listed)) if isinstance(listed, list) else set()
    return set()


def _below(name: str, needs: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    stack = list(needs.get(name, ()))
    while stack:
        one = stack.pop()
        if one not in seen:
            seen.add(one)
            stack.extend(needs.get(one, ()))
    return seen
