"""Proofs at a few fixed sizes, one reading and size at a time: the sizes at which one succeeds are the scope.

For what no theorem settles: by SymPy, and where that does not get there by the solver. It chooses sizes and limits; how a size is
proved is in `symbolic` and in `smt`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axiomkd import axioms
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.scope import AtSizes, at_sizes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import smt
from axiomkd.prove.eagerly import apart
from axiomkd.prove.proof import NotProved, Proof, implied
from axiomkd.prove.symbolic import attempt as symbolic
from axiomkd.prove.symbolic.regions import Purse

# Steps of SymPy, some 5 µs each: without a region being done, for one reading at one size, and for all of an operator's readings
# of which nothing comes. An operator that SymPy is of no use for costs a few tenths of a second.
PATIENCE, IN_VAIN = 40_000, 100_000
MOST = {"quick": 100_000, "standard": 400_000, "thorough": 1_600_000}


def prove(evaluator: Evaluator, readings: Sequence[Reading], *, effort: str) -> dict[str, Proof | NotProved]:
    """What is proved of these readings at the sizes tried, the strongest first: a proof spares the weaker."""
    answers: dict[str, Proof | NotProved] = {}
    wanted = [r for r in readings if isinstance(r.claim, Pointwise)]
    if lies := apart(evaluator):
        return {r.name: NotProved(r.name, lies) for r in wanted}
    tries = _Tries(evaluator, effort)
    for reading in sorted(wanted, key=lambda r: len(axioms.STRONGER[r.name])):
        if reading.name in answers:
            continue
        found = _as_far_as_it_goes(tries, reading)
        answers[reading.name] = found
        if isinstance(found, Proof):
            for weaker in sorted(axioms.IMPLIED[reading.name]):
                if weaker not in answers:
                    answers[weaker] = tries.further(
                        axioms.BY_NAME[weaker], implied(weaker, found, f"implied by {reading.name}")
                    )
    return answers


class _Tries:
    """One operator's tries, with the steps of SymPy that came to nothing so far."""

    def __init__(self, evaluator: Evaluator, effort: str):
        self.evaluator, self.effort, self.in_vain = evaluator, effort, 0

    def at(self, reading: Reading, size: tuple[int, int]) -> Proof | NotProved:
        """A proof at one size, by whichever gets there first."""
        false = smt.sampled(self.evaluator, reading, size)
        if false is not None:
            return false
        found = self._by_sympy(reading, size)
        if found is None:
            return smt.attempt(self.evaluator, reading, [size], rlimit=smt.RLIMIT[self.effort], sample=False)
        return found

    def further(self, reading: Reading, found: Proof) -> Proof:
        """What follows from a stronger reading at some sizes, with what SymPy proves at those after them."""
        assert isinstance(found.scope, AtSizes)
        if not isinstance(reading.claim, Pointwise):
            return found
        more: list[tuple[tuple[int, int], Proof]] = []
        for size in smt.SIZES:
            if self.evaluator.operator.supports(*size) and size not in found.scope.sizes:
                own = None if smt.sampled(self.evaluator, reading, size) else self._by_sympy(reading, size)
                if own is None:
                    break
                more.append((size, own))
        return _together(reading, [*((size, found) for size in found.scope.sizes), *more]) if more else found

    def _by_sympy(self, reading: Reading, size: tuple[int, int]) -> Proof | None:
        if self.in_vain >= IN_VAIN:
            return None
        purse = Purse(PATIENCE, MOST[self.effort])
        found = symbolic.attempt(self.evaluator, reading, size, purse)
        if isinstance(found, Proof):
            return found
        self.in_vain += purse.spent
        return None


def _as_far_as_it_goes(tries: _Tries, reading: Reading) -> Proof | NotProved:
    """The reading at one size after the other, until one is not proved."""
    proofs: list[tuple[tuple[int, int], Proof]] = []
    why: NotProved | None = None
    for size in smt.SIZES:
        if tries.evaluator.operator.supports(*size):
            found = tries.at(reading, size)
            if isinstance(found, NotProved):
                why = found
                break
            proofs.append((size, found))
    if not proofs:
        return why or NotProved(reading.name, "the operator supports none of the sizes that are tried")
    return _together(reading, proofs)


def _together(reading: Reading, proofs: Sequence[tuple[tuple[int, int], Proof]]) -> Proof:
    """One proof for all sizes, whose certificate says by which method each is."""
    scope = at_sizes(size for size, _ in proofs)
    certificates = [(size, p.certificate) for size, p in proofs]
    kinds = list(dict.fromkeys(p["kind"] for _, p in certificates))
    message = " ".join(dict.fromkeys(_said(reading, kind, [p for _, p in proofs]) for kind in kinds))
    method = ", ".join(dict.fromkeys(part for _, p in proofs for part in p.method.split(", ")))
    certificate: dict[str, Any] = {
        "kind": "sizes",
        "sizes": [{"size": list(size), "certificate": one} for size, one in certificates],
    }
    for kind, what in (("sympy", "derivations"), ("smt", "queries")):
        if kinds == [kind]:
            certificate = {"kind": kind, what: [x for _, one in certificates for x in one[what]]}
    return Proof(reading.name, scope, method, None, certificate, message)


def _said(reading: Reading, kind: str, proofs: Sequence[Proof]) -> str:
    """What the proofs of one kind come to, in a sentence."""
    some = [p for p in proofs if p.certificate["kind"] == kind]
    if kind == "sympy":
        return symbolic.told(reading, [p.certificate for p in some])
    if kind == "smt":
        queries = [query for p in some for query in p.certificate["queries"]]
        sizes = at_sizes((query["size"][0], query["size"][1]) for query in queries)
        return f"Z3 finds no point against {reading.name} for {sizes}: {len(queries)} queries, all unsatisfiable."
    return f"{some[0].message[:1].upper()}{some[0].message[1:]} for {some[0].scope}."
