"""That proofs lean on one another in one direction only, and that no verdict contradicts one above it.

It runs no operator.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from axiomkd import axioms
from axiomkd.core.reading import has_room, relaxed
from axiomkd.core.report import OperatorModel
from axiomkd.core.scope import whole
from axiomkd.verify.line import Failed
from axiomkd.verify.scope import parsed, within
from axiomkd.verify.theorems import KNOWN


def check(one: OperatorModel, tolerance: float = 0.0) -> None:
    """Raises Failed. What holds within a tolerance says nothing of what it implies where it holds."""
    proved = {r.reading: r for r in one.readings if r.verdict == "proved" and r.certificate}
    needs = {name: _needs(r.certificate) for name, r in proved.items()}
    for name, r in proved.items():
        if name in _below(name, needs):
            raise Failed(f"{one.name} {r.axiom}/{name}: its proof leans on itself")
        for other in needs[name]:
            if other in proved and not _covers(proved[other].scope, r.scope):
                raise Failed(
                    f"{one.name} {r.axiom}/{name}: it is proved for {r.scope}, and leans on {other}, which is proved for "
                    f"{proved[other].scope}"
                )
    verdicts = {r.reading: r.verdict for r in one.readings}
    for r in one.readings:
        if r.verdict == "refuted":
            slack = Fraction(tolerance)
            exactly = [s for s in _stronger(r.reading) if not has_room(relaxed(axioms.BY_NAME[s], slack))]
            held = [s for s in exactly if verdicts.get(s) == "holds"]
            if held:
                raise Failed(f"{one.name} {r.axiom}/{r.reading}: refuted, and {held[0]}, which implies it, holds")
            w = r.witness
            above = [
                s for s in _stronger(r.reading) if s in proved and w is not None and _at(proved[s].scope, w.K, w.C)
            ]
            if above:
                raise Failed(f"{one.name} {r.axiom}/{r.reading}: refuted, and {above[0]}, which implies it, is proved")


def _stronger(reading: str) -> list[str]:
    """The readings that imply one by themselves, at every size and of every operator."""
    return [name for name, implied in axioms.IMPLIED.items() if reading in implied]


def _covers(wide: str | None, narrow: str | None) -> bool:
    """Whether a scope covers all of another."""
    return wide == narrow or within(parsed(narrow), parsed(wide)) or whole(parsed(wide))


def _at(scope: str | None, K: int, C: int) -> bool:
    return parsed(scope).covers(K, C)


def _needs(certificate: Any) -> set[str]:
    """The readings that a certificate takes for proved without holding their proofs."""
    if not isinstance(certificate, dict):
        return set()
    match certificate.get("kind"):
        case "theorem":
            known = KNOWN.get(str(certificate.get("theorem")))
            beside = certificate.get("with", {})
            here = beside if isinstance(beside, dict) else {}
            inside = set().union(*map(_needs, here.values()))
            return inside | (set(known.after) - set(here)) if known else inside
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
