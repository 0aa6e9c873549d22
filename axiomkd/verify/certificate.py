"""A certificate checked: its kind, its theorem, its claims one by one, and that they are that theorem's hypotheses.

What a written proof concludes from its hypotheses is trusted, and the layer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from axiomkd import axioms
from axiomkd.core import scope as scopes
from axiomkd.core.report import ExtentModel
from axiomkd.core.scope import All, AtSizes, ForEvery, Scope
from axiomkd.core.softener import DEFAULT
from axiomkd.tracing.numbers import precision
from axiomkd.verify import claims, derivation, opinion, scene, smt, terms, translation
from axiomkd.verify import scope as covered
from axiomkd.verify.failing import FAILING
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, Scene
from axiomkd.verify.subject import BITS, Size, Subject
from axiomkd.verify.theorems import INTERIOR, KNOWN, Known, at_least

Axes = tuple[int | None, int | None]
"""K and C of a certificate, None where it holds for all."""

OPEN: Axes = (None, None)

# What a certificate of each kind may hold; whatever else stood there would be read by nobody.
KEYS = {
    "theorem": {"kind", "theorem", "after", "smallest", "softener", "claims", "at", "with"},
    "implied": {"kind", "by", "certificate", "with", "theorem"},
    "sizes": {"kind", "sizes", "theorem"},
    "smt": {"kind", "queries"},
    "sympy": {"kind", "derivations"},
}


@dataclass
class Checked:
    """What has been checked of one operator: layers by certificate, so that one that several readings share is done once."""

    subject: Subject
    proved: frozenset[str]

    @property
    def layers(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return self.subject.keep("certificates", dict)

    def certificate(self, reading: str, certificate: Any, scope: Scope, at: Axes = OPEN) -> tuple[str, ...]:
        """The layers that a certificate of the reading leans on, for the sizes of a scope. Raises Failed."""
        if not isinstance(certificate, dict) or "kind" not in certificate:
            raise Failed("there is no certificate")
        with precision(BITS):
            return self._of_kind(reading, certificate, scope, at)

    def fails(self, reading: str, extent: ExtentModel) -> tuple[str, ...]:
        """The layers that it leans on that a reading fails at all sizes from some on. Raises Failed."""
        found, certificate, operator = FAILING.get(extent.theorem), extent.certificate, self.subject.operator
        if found is None or reading not in found.known.concludes:
            raise Failed(f"it is said to fail by {extent.theorem}, which is no theorem on what fails of {reading}")
        K, C = found.least
        if extent.scope != str(scopes.AtLeast(K, C)):
            raise Failed(f"it is said to fail at {extent.scope}, the theorem speaks of {scopes.AtLeast(K, C)}")
        if operator.K is not None or operator.C is not None:
            raise Failed("it is said to fail at sizes that the operator does not support")
        told = {"kind": "theorem", "theorem": extent.theorem, "after": []}
        if any(certificate.get(key) != x for key, x in told.items()) or set(certificate) > KEYS["theorem"]:
            raise Failed(f"what should show that it fails is no certificate of {extent.theorem}")
        with precision(BITS):
            return self._theorem(extent.theorem, found.known, certificate, All(), OPEN)

    def _of_kind(self, reading: str, certificate: dict, scope: Scope, at: Axes) -> tuple[str, ...]:
        extra = set(certificate) - KEYS.get(certificate["kind"], set(certificate))
        if extra:
            raise Failed(f"the certificate has {', '.join(map(repr, sorted(extra)))}, which its kind never has")
        if certificate.get("theorem", leant_on(certificate)) != leant_on(certificate):
            raise Failed(
                f"the certificate names the theorem {certificate['theorem']}, and leans on {leant_on(certificate)}"
            )
        match certificate["kind"]:
            case "theorem":
                return self._once(reading, certificate, scope, at)
            case "implied":
                return self._implied(reading, certificate, scope, at)
            case "sizes":
                return self._sizes(reading, certificate, scope)
            case "smt" | "sympy" as kind:
                self._within(certificate, at)
                by = smt.check if kind == "smt" else derivation.check
                return by(self.subject, reading, certificate)
        raise Failed(f"the certificate is of a kind that is not known: {certificate['kind']!r}")

    def _within(self, certificate: dict, at: Axes) -> None:
        """What stands for one size among several is on that size."""
        if at != OPEN and not covered.within(_scope_of(at), covered.of(self.subject.operator, certificate)):
            raise Failed(f"a part of the certificate is said to be on (K, C) = {list(at)}, and is on other sizes")

    def _once(self, reading: str, certificate: dict, scope: Scope, at: Axes) -> tuple[str, ...]:
        key = (str(certificate.get("theorem")), repr(certificate), f"{scope} {at}", *sorted(self.proved))
        known = KNOWN.get(str(certificate.get("theorem")))
        if known is None:
            raise Failed(f"the certificate leans on a theorem that is not known: {certificate.get('theorem')!r}")
        if not _concludes(known, reading):
            raise Failed(f"the theorem {certificate['theorem']} concludes {', '.join(known.concludes)}, not {reading}")
        if certificate.get("after") != list(known.after):
            raise Failed(
                f"the certificate says that its theorem follows on {certificate.get('after')}, it is {list(known.after)}"
            )
        if key not in self.layers:
            self.layers[key] = self._theorem(str(certificate["theorem"]), known, certificate, scope, at)
        return self.layers[key]

    def _implied(self, reading: str, certificate: dict, scope: Scope, at: Axes) -> tuple[str, ...]:
        by, inner = certificate.get("by"), certificate.get("certificate")
        if by == reading:
            raise Failed(f"the certificate says that {reading} implies itself")
        if not isinstance(by, str) or by not in axioms.BY_NAME:
            raise Failed(f"{by} does not imply {reading}")
        layers = self.certificate(by, inner, scope, at)
        beside = certificate.get("with", {})
        if not isinstance(beside, dict):
            raise Failed("the certificate has proofs beside it that belong to no reading")
        needed = () if reading in axioms.IMPLIED[by] else self._rule(by, reading, scope, at).beside
        if not set(beside) <= set(needed):
            raise Failed(f"the certificate has proofs beside it that {reading} does not need")
        for other in needed:
            if other in beside:
                layers += self.certificate(other, beside[other], scope, at)
            elif other not in self.proved:
                raise Failed(f"{by} implies {reading} for operators with {other}, which is not proved")
        return tuple(dict.fromkeys(layers))

    def _rule(self, by: str, reading: str, scope: Scope, at: Axes) -> axioms.Rule:
        """The implication that a certificate leans on, where it speaks of this operator at all sizes of the scope."""
        found = [r for r in axioms.RULES if not r.always and r.main == by and r.conclusion == reading]
        if not found:
            raise Failed(f"{by} does not imply {reading}")
        operator = self.subject.operator
        supported = [
            operator_has if n is None else (n,) for n, operator_has in zip(at, (operator.K, operator.C), strict=True)
        ]
        for rule in found:
            if rule.softened_from_outside and operator.takes_temperature:
                why = "operators that take no temperature"
            elif not self.subject.evaluator.softener.has(*rule.facts):
                why = f"softeners that are {', '.join(rule.facts)}"
            elif not _few_enough(scope, supported, (rule.most_K, rule.most_C)):
                why = f"{_most(rule)}"
            else:
                return rule
        raise Failed(f"{by} implies {reading} for {why} only")

    def _sizes(self, reading: str, certificate: dict, scope: Scope) -> tuple[str, ...]:
        layers: tuple[str, ...] = ()
        listed = certificate.get("sizes")
        if not isinstance(listed, list) or not listed:
            raise Failed("the certificate lists no sizes")
        for one in listed:
            at = _axis(one["size"], self.subject)
            part = scopes.meet(scope, _scope_of(at))
            if part is not None:
                layers += self.certificate(reading, one["certificate"], part, at)
        return tuple(dict.fromkeys(layers))

    def _theorem(self, name: str, known: Known, certificate: dict, scope: Scope, at: Axes) -> tuple[str, ...]:
        subject, softener = self.subject, certificate.get("softener", DEFAULT)
        takes_T = subject.operator.takes_temperature
        if known.takes_T is not None and known.takes_T != takes_T:
            raise Failed(f"the theorem {name} is {'' if known.takes_T else 'not '}on operators that take T")
        if softener != subject.softener or not subject.evaluator.softener.has(*known.facts):
            raise Failed(f"the theorem {name} does not apply under the softener {subject.softener}")
        beside = self._premises(name, known, certificate, scope, at)
        if known.all_classes and not (at[1] is None and scopes.every_C(scope)):
            raise Failed(f"the theorem {name} needs the formula for every number of classes")
        least = subject.smallest
        smallest = (least[0] if at[0] is None else at[0], least[1] if at[1] is None else at[1])
        if tuple(certificate.get("smallest", ())) != smallest:
            raise Failed(f"the certificate starts at (K, C) = {certificate.get('smallest')}, expected {list(smallest)}")
        where = Scene(subject, _sizes_of(at, scope, subject), _lengths(at), smallest, scope)
        read = [scene.read(one) for one in certificate.get("claims", ())]
        _fits(name, known, read)
        for claim in read:
            claims.check(where, claim)
            if claim.kind == "form":
                translation.check(where, claim, scope)
        if not any(claim.kind == "form" for claim in read):
            translation.same_traces(subject, scope)
            where.trust("rule table (the certificate gives no formula)")
        known.check(where, read)
        opinion.told(where)
        where.trust(f"written proof of {name}")
        return (*where.layers, *beside)

    def _premises(self, name: str, known: Known, certificate: dict, scope: Scope, at: Axes) -> tuple[str, ...]:
        """The layers of what the theorem needs proved besides: by certificates beside its own, or elsewhere in the report."""
        beside, layers = certificate.get("with", {}), ()
        if not isinstance(beside, dict) or not set(beside) <= set(known.after):
            raise Failed(f"the certificate has proofs beside it that the theorem {name} does not need")
        for needed in known.after:
            if needed in beside:
                layers += self.certificate(needed, beside[needed], scope, at)
            elif needed not in self.proved:
                raise Failed(f"the theorem {name} needs {needed}, which neither the certificate nor the report proves")
        return layers


def leant_on(certificate: Any) -> Any:
    """The theorem that a certificate leans on in the end; of several, that of the first size."""
    match certificate:
        case {"kind": "implied", "certificate": inner} | {"kind": "sizes", "sizes": [{"certificate": inner}, *_]}:
            return leant_on(inner)
        case {"theorem": name}:
            return name
    return None


def _axis(size: Any, subject: Subject) -> Axes:
    """K and C of one entry of a `sizes` certificate; a letter stands for every value. Raises Failed."""
    if not isinstance(size, list) or len(size) != 2:
        raise Failed(f"the certificate names {size!r}, which is no size")
    K, C = (None if n == name else n for n, name in zip(size, ("K", "C"), strict=True))
    for n, supported in ((K, subject.operator.K), (C, subject.operator.C)):
        if n is not None and (not isinstance(n, int) or n < 2 or (supported is not None and n not in supported)):
            raise Failed(f"the certificate is of (K, C) = ({size[0]}, {size[1]}), which the operator does not support")
    return K, C


def _scope_of(at: Axes) -> Scope:
    """The sizes that one entry of a `sizes` certificate is on."""
    K, C = at
    if K is None or C is None:
        return All() if K is C is None else scopes.over("K", [K]) if K is not None else scopes.over("C", [C or 0])
    return scopes.at_sizes([(K, C)])


def _sizes_of(at: Axes, scope: Scope, subject: Subject) -> list[Size]:
    """A few sizes that the axes allow, to look at points of."""
    if at[0] is not None and at[1] is not None:
        return [(at[0], at[1])]
    several = [size for size in subject.sizes if at[0] in (None, size[0]) and at[1] in (None, size[1])]
    several = [size for size in several if scope.covers(*size)] or (
        list(scope.sizes[:4]) if isinstance(scope, AtSizes) else []
    )
    return several or [(at[0] or subject.smallest[0], at[1] or subject.smallest[1])]


def _lengths(at: Axes) -> tuple[terms.Node, terms.Node]:
    """The axes' lengths as terms spell them."""
    K, C = (terms.node("size", data=name) if n is None else terms.num(n) for n, name in zip(at, "KC", strict=True))
    return K, C


def _few_enough(scope: Scope, supported: Sequence[Sequence[int] | None], most: tuple[int | None, int | None]) -> bool:
    """Whether no size of the scope has more teachers or classes than that."""
    for axis, n in enumerate(most):
        match scope:
            case AtSizes():
                there: Sequence[int] | None = [size[axis] for size in scope.sizes]
            case ForEvery(name, values) if name == "KC"[axis]:
                there = values
            case _:
                there = supported[axis]
        if n is not None and (not there or max(there) > n):
            return False
    return True


def _most(rule: axioms.Rule) -> str:
    return " and ".join(f"{axis} <= {n}" for axis, n in (("K", rule.most_K), ("C", rule.most_C)) if n is not None)


def _concludes(known: Known, reading: str) -> bool:
    return reading in known.concludes


def _fits(name: str, known: Known, read: Sequence[Claim]) -> None:
    """The claims that the theorem needs are there, on a domain that is large enough."""
    kinds = {claim.kind for claim in read}
    for kind in known.claims:
        if kind not in kinds:
            raise Failed(f"the certificate makes no claim {kind}, which the theorem {name} needs")
    for claim in read:
        heated = bool(claim.more.get("T") or claim.more.get("each"))
        wanted = INTERIOR if known.inside and (heated or claim.kind in known.inside) else known.domain
        if not at_least(claim.domain, wanted):
            raise Failed(f"the {claim.kind} claim is made on the interior, and the theorem {name} needs more")
