"""Proofs at a few fixed sizes, one reading and size at a time: the sizes at which the solver succeeds are the scope.

For what no theorem settles. It chooses sizes and limits; how a size is proved is in `smt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from axiomkd import axioms
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.scope import at_sizes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import smt
from axiomkd.prove.proof import NotProved, Proof, implied


def prove(evaluator: Evaluator, readings: Sequence[Reading], *, effort: str) -> dict[str, Proof | NotProved]:
    """What the solver proves of these readings at the sizes it is given, the strongest first: a proof spares the weaker."""
    answers: dict[str, Proof | NotProved] = {}
    wanted = [r for r in readings if isinstance(r.claim, Pointwise)]
    for reading in sorted(wanted, key=lambda r: len(axioms.STRONGER[r.name])):
        if reading.name in answers:
            continue
        found = _as_far_as_it_goes(evaluator, reading, effort)
        answers[reading.name] = found
        if isinstance(found, Proof):
            for weaker in sorted(axioms.IMPLIED[reading.name]):
                answers.setdefault(weaker, implied(weaker, found, f"implied by {reading.name}"))
    return answers


def _as_far_as_it_goes(evaluator: Evaluator, reading: Reading, effort: str) -> Proof | NotProved:
    """The reading at one size after the other, until one is not proved."""
    proofs: list[Proof] = []
    why: NotProved | None = None
    for size in smt.SIZES:
        if evaluator.operator.supports(*size):
            found = smt.attempt(evaluator, reading, [size], rlimit=smt.RLIMIT[effort])
            if isinstance(found, NotProved):
                why = found
                break
            proofs.append(found)
    if not proofs:
        return why or NotProved(reading.name, "the operator supports none of the sizes that the solver is given")
    queries = [query for proof in proofs for query in proof.certificate["queries"]]
    scope = at_sizes(_sizes(queries))
    message = f"Z3 finds no point against {reading.name} for {scope}: {len(queries)} queries, all unsatisfiable."
    return Proof(reading.name, scope, "smt", None, {"kind": "smt", "queries": queries}, message)


def _sizes(queries: Iterable[dict]) -> list[tuple[int, int]]:
    return list(dict.fromkeys((query["size"][0], query["size"][1]) for query in queries))
