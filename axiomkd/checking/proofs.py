"""What a check does with the prover's answers: carry proofs down the ladder, and hold them against what a search finds.

It knows no theorem, and no search: only scopes, implications, and when two findings cannot both be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import assert_never

from axiomkd import axioms
from axiomkd.axioms.weighted import of_weights
from axiomkd.core import scope as scopes
from axiomkd.core.errors import Clash
from axiomkd.core.operator import Operator
from axiomkd.core.package import VERSION
from axiomkd.core.reading import Growth, OneTemperature, Pointwise, Reading
from axiomkd.core.settings import Settings
from axiomkd.core.softener import DEFAULT
from axiomkd.core.verdict import Error, Extent, Fragile, Holds, Inconclusive, Proved, Refuted, Spent, Verdict, Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.frames import shorten
from axiomkd.prove import prover
from axiomkd.prove.ladder import Operators, followed
from axiomkd.prove.proof import NotProved, Proof, implied

SHOWN = 12  # K*C up to which a point is written out in a sentence, and digits above and below a fraction's bar
ANY = Operators(takes_T=False, softener=DEFAULT)
WEIGHTLESS = "it has no weights"
DECLARED = "the operator is declared for the interior: boundary points are never given to it"


@dataclass(frozen=True)
class Proofs:
    """`proved` by reading, implied ones among them; `why` by reading where the prover has none; `odd` a few sizes at which the
    operator is something else than at most others: where to look; `fails` by reading where it fails by a theorem; `twin` is NumPy
    code as JAX traces it."""

    proved: Mapping[str, Proof] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    odd: tuple[tuple[int, int], ...] = ()
    fails: Mapping[str, Extent] = field(default_factory=dict)
    twin: Evaluator | None = None

    def beside(self, reading: str, found: Verdict) -> Verdict:
        """A refutation with the sizes at which the claim fails by a theorem, where there is one."""
        extent = self.fails.get(reading)
        return replace(found, extent=extent) if extent is not None and isinstance(found, Refuted) else found

    def cover(self, reading: str, sizes: Iterable[tuple[int, int]]) -> bool:
        """Whether a proof covers all these sizes: then a search is no more than a second look."""
        proof = self.proved.get(reading)
        return proof is not None and all(covers(proof, *size) for size in sizes)

    def and_those(self, answers: Mapping[str, Proof | NotProved]) -> Proofs:
        """These proofs, and those found later for readings that have none; a reason is kept beside the earlier one."""
        new = {
            name: answer for name, answer in answers.items() if isinstance(answer, Proof) and name not in self.proved
        }
        why = {name: reason for name, reason in self.why.items() if name not in new}
        return replace(self, proved={**self.proved, **new}, why=why)

    def unproved(self, reading: str, *, searched: bool) -> str | None:
        """One clause on why there is no proof; None where there is one, or where none was asked for."""
        why = self.why.get(reading)
        return None if why is None else f"not proved: {why}" + ("; searched instead" if searched else "")


def ask(
    operator: Operator, settings: Settings, readings: Sequence[Reading], sizes: Sequence[tuple[int, int]]
) -> Proofs:
    """The proofs that the prover finds of these readings, and those that follow from them."""
    asked = [one for one in readings if applies(operator, one)]
    examined = prover.examine(operator, settings.softener, asked, effort=settings.effort, sizes=list(sizes))
    answers = examined.answers
    own = {name: answer for name, answer in answers.items() if isinstance(answer, Proof)}
    proved = carried(own, [one.name for one in asked], where(operator, settings.softener))
    why = {
        name: _told(answer.why, operator)
        for name, answer in answers.items()
        if isinstance(answer, NotProved) and name not in proved
    }
    fails = {name: extent for name, extent in examined.fails.items() if name not in proved}
    return Proofs(proved, why, examined.translation.telling, fails, examined.twin)


def moot(operator: Operator, reading: Reading) -> bool:
    """Whether the operator has nothing that the reading speaks of."""
    return not operator.has_weights and of_weights(reading)


def why_not(operator: Operator, reading: Reading) -> str:
    """Why nothing can be found of the reading, where it does not apply."""
    return WEIGHTLESS if moot(operator, reading) else DECLARED


def applies(operator: Operator, reading: Reading) -> bool:
    """Whether anything can be found of the reading: not of a claim about the faces that the operator is not declared for, nor of
    one about weights that it does not have."""
    if moot(operator, reading):
        return False
    faces = reading.domain == "closed" or isinstance(reading.claim, OneTemperature) and reading.claim.cold
    return operator.domain == "closed" or not faces or isinstance(reading.claim, Pointwise)


def _told(why: str, operator: Operator) -> str:
    """The prover's reason with the user's files named as they are elsewhere."""
    text = why.removeprefix("not proved: ").rstrip(".")
    if operator.file:
        text = text.replace(operator.file, shorten(operator.file))
    return re.sub(r"/[^\s`'\"()]*\.py\b", lambda found: shorten(found[0]), text)


# --- the ladder, downwards -------------------------------------------------------------------------------------------


def carried(own: Mapping[str, Proof], readings: Sequence[str], where: Operators = ANY) -> dict[str, Proof]:
    """Every reading that the proofs settle, in the order given: its own proof, or one that it is implied by.

    A proof of its own is kept unless it speaks of some sizes only and another one of all.
    """
    out: dict[str, Proof] = {}
    for name in readings:
        found = [own[name]] if name in own else []
        # The strongest premise first: it stands last in the axioms' order.
        above = [own[one.name] for one in reversed(axioms.EVERY) if one.name in own]
        found += [_implied(name, proof) for proof in above if name in axioms.IMPLIED[proof.reading]]
        best = next((one for one in found if whole(one)), found[0] if found else None)
        if best is not None:
            out[name] = best
    out = followed({**own, **out}, readings, where, certificate_of)
    return {name: out[name] for name in readings if name in out}


def where(operator: Operator, softener: str) -> Operators:
    """What the implications ask of an operator."""
    return Operators(operator.takes_temperature, softener, operator.K, operator.C)


def _implied(name: str, by: Proof) -> Proof:
    return implied(name, replace(by, certificate=certificate_of(by)), f"implied by {by.reading}")


# --- the verdict -----------------------------------------------------------------------------------------------------


def verdict_of(proof: Proof, spent: Spent) -> Proved:
    """A proof as the verdict that the report has."""
    method = proof.method if proof.theorem is None else f"{proof.method}: {proof.theorem}"
    return Proved(proof.scope, method, certificate_of(proof), spent)


def certificate_of(proof: Proof) -> dict:
    """The prover's certificate, with the theorem that it leans on."""
    return dict(proof.certificate) if proof.theorem is None else {**proof.certificate, "theorem": proof.theorem}


def covers(proof: Proof, K: int, C: int) -> bool:
    """Whether a proof speaks of this size, which the operator supports."""
    return proof.scope.covers(K, C)


def whole(proof: Proof) -> bool:
    """Whether a proof speaks of all sizes, or of all that the operator supports."""
    return scopes.whole(proof.scope)


def against(proof: Proof, found: Verdict, message: str) -> tuple[Verdict, str]:
    """What stands where a search has looked at a proved reading too. Raises Clash where both cannot be right.

    An exact counterexample at a size that the proof does not cover refutes the reading; one that the float rule believes
    leaves it open, since a proof may be of another formula than the operator's, and so do quotients that grow at finitely many
    distances. Jumps and ends that balls show clash, as exact values do: they are refuted only where a ball holds all values
    at all distances from some on (`jaxpr.germs`), so one of the two is a defect of ours. What is fragile says nothing of the
    function that was proved to have the property, and is told in words.
    """
    spent = getattr(found, "spent", Spent(0))
    match found:
        case Refuted(simplest=witness) if not covers(proof, witness.K, witness.C):
            return found, f"{message} (proved at {proof.scope} only)"
        case Refuted(simplest=witness) if witness.confirmed != "float64" and not _operational(proof.reading, witness):
            raise _clash(proof, witness)
        case Refuted(simplest=witness):
            only = "in floats only" if witness.confirmed == "float64" else "at finitely many distances"
            why = (
                f"a proof and a counterexample confirmed {only} contradict each other: {proof.method}, {proof.scope}: "
                f"{_sentence(proof.message)} The counterexample, margin {_number(witness.margin)}, is {_at(witness)}"
            )
            return Inconclusive(why, spent), why
        case Fragile(reproducer=witness):
            # The margin is that of a float computation gone wrong: it is no margin of the claim.
            spent = replace(spent, margin=None)
            return verdict_of(proof, spent), f"{_sentence(proof.message)} The float computation breaks {_at(witness)}"
        case Proved() | Holds() | Inconclusive() | Error():
            return verdict_of(proof, spent), proof.message
        case _:
            assert_never(found)


def _operational(reading: str, witness: Witness) -> bool:
    """Whether it is refuted by balls at finitely many distances alone: quotients that grow there may still be bounded, as those
    of x·max(log x, −10^6) are. Quotients of rational values are those of rational functions, which is another thing."""
    return isinstance(axioms.BY_NAME[reading].claim, Growth) and witness.confirmed == "ball"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _number(margin: str) -> str:
    if "0x" in margin or margin == "nan":
        return f"{float.fromhex(margin):.3g}"
    return f"{float(Fraction(margin)):.3g}"


def _at(witness: Witness) -> str:
    if witness.K * witness.C > SHOWN:
        return f"at a point with K = {witness.K}, C = {witness.C}"
    return f"at {_point(witness)}"


def _point(witness: Witness) -> str:
    return f"P = {_short(witness.P)}, w = {_short(witness.w)}"


def _clash(proof: Proof, witness: Witness) -> Clash:
    argument = proof.method if proof.theorem is None else f"{proof.method} {proof.theorem}"
    more = {
        "k": witness.teacher,
        "class": witness.cls,
        "t": witness.t,
        "T": witness.T,
        "Ts": witness.Ts,
        "direction": witness.direction,
    }
    rest = "".join(f", {key} = {_short(value)}" for key, value in more.items() if value is not None)
    two = witness.P2 is not None or witness.w2 is not None
    second = (
        f"; second point: P = {_short(witness.P2 or witness.P)}, w = {_short(witness.w2 or witness.w)}" if two else ""
    )
    return Clash(
        proof.reading,
        f"a proof and a counterexample of {proof.reading} contradict each other: this is a defect of axiomkd "
        f"{VERSION}; please report it with the command and the operator",
        f"the proof: {argument}, {proof.scope}: {proof.message}\n"
        f"the counterexample ({witness.confirmed}, margin {witness.margin}) {_at(witness)}{rest}{second}",
        witness,
    )


def _short(value: object) -> str:
    """Numbers and lists of them in one line. The report's witness has every number in full."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_short, value))}]"
    text = str(value)
    return f"≈{float(Fraction(text)):.6g}" if len(text) > 2 * SHOWN and "/" in text else text
