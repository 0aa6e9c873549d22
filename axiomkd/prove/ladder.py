"""What proofs imply together, by the axioms' table: readings that follow from others under conditions, with their certificates.

Knows no theorem. What a reading implies by itself needs no more than `proof.implied`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from axiomkd import axioms
from axiomkd.core.scope import meet, whole
from axiomkd.prove.proof import Proof, implied


@dataclass(frozen=True)
class Operators:
    """Of which operators: whether they take a temperature, under which softener, at which K and C (None: all)."""

    takes_T: bool
    softener: str
    K: Sequence[int] | None = None
    C: Sequence[int] | None = None


def followed(
    proofs: Mapping[str, Proof],
    names: Collection[str],
    where: Operators,
    certificate: Callable[[Proof], dict] = lambda proof: dict(proof.certificate),
) -> dict[str, Proof]:
    """The proofs, and those of the readings named that follow from several of them or under a condition.

    What is proved is kept unless it speaks of some sizes only and what follows of all.
    """
    out = dict(proofs)
    rules = [r for r in axioms.RULES if not r.always and r.of_operators(takes_T=where.takes_T, softener=where.softener)]
    more = True
    while more:
        more = False
        for rule in rules:
            found = _by(rule, out, where, certificate)
            if found is not None and _better(found, out.get(rule.conclusion)):
                _add(out, found, names, certificate)
                more = more or rule.conclusion in names
    return out


def _add(out: dict[str, Proof], found: Proof, names: Collection[str], certificate: Callable[[Proof], dict]) -> None:
    if found.reading in names:
        out[found.reading] = found
    for weak in sorted(axioms.IMPLIED[found.reading]):
        by = replace(found, certificate=certificate(found))
        below = implied(weak, by, f"implied by {found.reading}, {found.message}")
        if weak in names and _better(below, out.get(weak)):
            out[weak] = below


def _better(found: Proof, there: Proof | None) -> bool:
    return there is None or (whole(found.scope) and not whole(there.scope))


def _by(
    rule: axioms.Rule, proved: Mapping[str, Proof], where: Operators, certificate: Callable[[Proof], dict]
) -> Proof | None:
    """The conclusion at the sizes that all premises' proofs cover; None where one is missing, or a size is outside the rule."""
    if not set(rule.premises) <= proved.keys():
        return None
    main, *others = (proved[name] for name in rule.premises)
    scope = meet(main.scope, *(one.scope for one in others))
    if scope is None or not rule.throughout(scope, where.K, where.C):
        return None
    by = implied(rule.conclusion, replace(main, certificate=certificate(main)), _told(rule))
    beside = {one.reading: certificate(one) for one in others}
    return replace(by, scope=scope, certificate={**by.certificate, **({"with": beside} if beside else {})})


def _told(rule: axioms.Rule) -> str:
    beside = f" with {', '.join(rule.beside)}" if rule.beside else ""
    return f"implied by {rule.main}{beside}"
