"""Solver proofs: every query solved again from its text, held against the operator at exact points, and posed anew.

At a point of the domain the query's hypotheses must be satisfiable, and its conclusion must be able to have the sign that
the claim's margin has there. What cannot be posed anew, or does not end, must have the margin's own values; that the text
says the same at all other points is trusted then.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import z3

from axiomkd import axioms
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import posed, spot
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import BITS, Subject
from axiomkd.verify.view import Case, Undefined

SAMPLES = 3
SMALL = 5_000_000  # the solver's steps at one point
SOLVER = "solver"
ANEW = "queries posed anew and solved"
BY_VALUE = "text of the queries (values compared at points drawn from the text itself)"


def check(subject: Subject, reading: str, certificate: dict) -> tuple[str, ...]:
    """The layers that a solver's proof leans on. Raises Failed."""
    queries, claim = certificate.get("queries"), axioms.BY_NAME[reading].claim
    if not isinstance(queries, list) or not queries or not isinstance(claim, Pointwise):
        raise Failed("the certificate has no queries, or its reading is no claim about finitely many values")
    seen: dict[tuple, int] = {}
    valued = anew = True
    for query in queries:
        if query.get("claim") != reading:
            raise Failed(f"a query of the certificate is on {query.get('claim')!r}, not on {reading}")
        key = (tuple(query["size"]), query["part"])
        seen[key] = seen.get(key, 0) + 1
        _solved(query)
        valued &= _compared(subject, axioms.BY_NAME[reading], query, seen[key] - 1)
        anew = _anew(subject, axioms.BY_NAME[reading], query, seen[key] - 1) and anew
    _complete(subject, axioms.BY_NAME[reading], seen)
    if not anew and not valued:
        raise Failed("its queries could neither be posed anew and solved, nor compared with the operator by value")
    return SOLVER, ANEW if anew else BY_VALUE


def _anew(subject: Subject, reading: Reading, query: dict, k: int) -> bool:
    """Whether the question, posed anew from the operator's trace, has no solution either; False where it could not be posed,
    or does not end. Raises Failed where it has one."""
    size = (int(query["size"][0]), int(query["size"][1]))
    try:
        problem, margins = subject.keep(
            f"posed {reading.name} {size} {k}", lambda: posed.parts(subject, reading, size, k)
        )
    except Unsupported:
        return False
    if query["part"] not in margins:
        raise Failed(f"the query names the part {query['part']}, which {reading.name} does not have")
    said = posed.solved(problem, margins[query["part"]], 4 * int(query["rlimit"]))
    if said == "sat":
        raise Failed(
            f"posed anew from the operator's trace, the part {query['part']} at {list(size)} has a point below 0"
        )
    return said == "unsat"


def _solved(query: dict) -> None:
    context = z3.Context()
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", 2 * int(query["rlimit"]))
    try:
        solver.from_string(query["smtlib"])
        said = str(solver.check())
    except z3.Z3Exception as e:
        raise Failed(f"the query {query['part']} at {query['size']} cannot be read ({e})") from e
    if said != "unsat":
        raise Failed(f"the query {query['part']} at {query['size']}: the solver says {said}, expected unsat")


def _cases(subject: Subject, reading: Reading, size: tuple[int, int], k: int, text: str = "") -> Iterator[Case]:
    """Interior cases drawn from a query's own text: no text can be written for the points at which it will be compared."""
    soft, rng = subject.evaluator.softener, random.Random(hashlib.sha256(text.encode()).hexdigest())
    for _ in range(SAMPLES):
        *P, w = (_row(rng, n) for n in (*[size[1]] * size[0], size[0]))
        d = tuple(Fraction(1 + i % 2, 1 + i) for i in range(size[1]))
        T = max(Fraction(2), Fraction(soft.lowest))
        yield Case(tuple(P), w, k, Fraction(1, 3), Fraction(1), T, d if _aimed(reading) else None, alone=False)


def _row(rng: random.Random, n: int) -> tuple[Fraction, ...]:
    odds = [rng.randint(1, 60) for _ in range(n)]
    return tuple(Fraction(x, sum(odds)) for x in odds)


def _aimed(reading: Reading) -> bool:
    return isinstance(reading.claim, Pointwise) and reading.claim.adversary is not None


def _compared(subject: Subject, reading: Reading, query: dict, k: int) -> bool:
    """Whether the conclusion can have the margin's own value at all points looked at. Raises Failed where it cannot even
    have its sign."""
    K, C = query["size"]
    if not subject.operator.supports(K, C) or k >= K:
        raise Failed(f"the query {query['part']} at {query['size']} is of no size of the operator, or one too many")
    valued = True
    for case in _cases(subject, reading, (K, C), k, query["smtlib"]):
        try:
            with numbers.precision(BITS):
                margins = spot.margins(subject, reading, case)
                if query["part"] not in margins:
                    raise Failed(f"the query names the part {query['part']}, which {reading.name} does not have")
                margin = margins[query["part"]]
                sign = numbers.sign_of(margin)
        except (Undefined, Undecided, Unsupported):
            continue
        valued &= _can_be(query, case, sign, numbers.as_fraction(margin) if numbers.is_rational(margin) else None)
    return valued


def _can_be(query: dict, case: Case, sign: int, margin: Fraction | None) -> bool:
    context = z3.Context()
    assertions: Any = z3.parse_smt2_string(query["smtlib"], ctx=context)
    *hypotheses, conclusion = list(assertions)
    if not (z3.is_lt(conclusion) and conclusion.num_args() == 2):
        raise Failed(f"the query {query['part']} at {query['size']} does not end in the negation of a margin's sign")
    left, right = conclusion.children()
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", SMALL)
    solver.add(*hypotheses)
    for name, value in _named(case).items():
        solver.add(z3.Real(name, context) == z3.RealVal(str(value), context))
    if margin is not None:
        solver.push()
        solver.add(left - right == z3.RealVal(str(margin), context))
        if solver.check() == z3.sat:
            return True
        solver.pop()
    solver.add(left == right if sign == 0 else left > right if sign > 0 else left < right)
    if solver.check() == z3.unsat:
        raise Failed(
            f"the query {query['part']} at {query['size']} does not say what the claim says of this operator: at "
            f"P = {[[str(x) for x in p] for p in case.P]}, w = {[str(x) for x in case.w]} the margin has sign {sign}"
        )
    return False


def _named(case: Case) -> dict[str, Fraction]:
    out = {f"P_{k}_{i}": x for k, p in enumerate(case.P) for i, x in enumerate(p)}
    out |= {f"w_{k}": x for k, x in enumerate(case.w)} | {"t": case.t, "T": case.T, "T1": case.T1}
    return out | {f"d_{i}": x for i, x in enumerate(case.d or ())}


def _complete(subject: Subject, reading: Reading, seen: dict[tuple, int]) -> None:
    """Every part of the claim is asked about, for every teacher where it speaks of one."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    for size in dict.fromkeys(size for size, _ in seen):
        case = next(_cases(subject, reading, size, 0))
        try:
            with numbers.precision(BITS):
                parts: Sequence[str] = list(spot.margins(subject, reading, case))
        except (Undefined, Undecided, Unsupported):
            continue
        teachers = size[0] if claim.of_one_teacher else 1
        for part in parts:
            if seen.get((size, part), 0) != teachers:
                raise Failed(
                    f"{seen.get((size, part), 0)} queries ask about the part {part} at {size}, expected {teachers}"
                )
