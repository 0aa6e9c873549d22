"""Solver proofs, verified; and altered ones, caught."""

from __future__ import annotations

import json

import pytest

from axiomkd import axioms
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.prove import smt as solving
from axiomkd.prove.proof import Proof
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import posed, smt, spot
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


def subject(target: str) -> Subject:
    return Subject(load(target)[0], "power")


def solved(target: str, reading: str, sizes=((2, 2),)) -> dict:
    evaluator = Evaluator(load(target)[0], softener("power"))
    proof = solving.attempt(evaluator, axioms.BY_NAME[reading], list(sizes), rlimit=2_000_000)
    assert isinstance(proof, Proof)
    return json.loads(json.dumps(proof.certificate))


@pytest.mark.parametrize("reading", ["envelope", "coordinate", "hull"])
def test_a_solver_s_proof_stands(reading):
    assert smt.check(subject("zoo:linear"), reading, solved("zoo:linear", reading)) == (smt.SOLVER, smt.ANEW)


def altered(reading: str, change) -> str:
    made = solved("zoo:linear", reading)
    change(made["queries"])
    with pytest.raises(Failed) as caught:
        smt.check(subject("zoo:linear"), reading, made)
    return str(caught.value)


def test_a_missing_query():
    assert "queries ask about the part" in altered("coordinate", lambda queries: queries.pop())


def test_a_query_that_is_not_unsatisfiable():
    def weaken(queries):
        queries[0]["smtlib"] = "(declare-fun w_0 () Real)(assert (< w_0 0.0))"

    assert "the solver says sat" in altered("envelope", weaken)


def test_hypotheses_that_nothing_meets():
    def contradict(queries):
        queries[0]["smtlib"] = queries[0]["smtlib"].replace("(assert", "(assert (< 1.0 0.0))\n(assert", 1)

    assert "does not say what the claim says" in altered("envelope", contradict)


def test_another_reading_s_queries():
    made = solved("zoo:linear", "simplex")
    with pytest.raises(Failed, match="not on envelope"):
        smt.check(subject("zoo:linear"), "envelope", made)


def test_a_certificate_of_another_operator_is_posed_anew():
    made = solved("zoo:linear", "envelope")
    assert smt.check(subject("zoo:wsq"), "envelope", made) == (smt.SOLVER, smt.ANEW)


def test_forged_queries_of_what_is_false():
    """Each is unsatisfiable, and says nothing: the question itself has a solution."""
    made = solved("zoo:linear", "responsive")
    for query in made["queries"]:
        query["smtlib"] = "(declare-fun w_0 () Real)(assert (<= 0.0 w_0))(assert (< 1.0 0.0))"
    with pytest.raises(Failed, match="posed anew|does not say what"):
        smt.check(subject("zoo:mean"), "responsive", made)


@pytest.mark.parametrize("name, said", [("linear", "unsat"), ("mean", "sat")])
def test_what_is_posed_anew(name, said):
    problem, margins = posed.parts(subject(f"zoo:{name}"), axioms.BY_NAME["responsive"], (2, 2), 0)
    assert posed.solved(problem, margins["alone"], 1_000_000) == said


def test_what_is_false_is_seen_at_exact_points():
    assert spot.check(subject("zoo:linear"), axioms.BY_NAME["envelope"]) > 20
    with pytest.raises(Failed, match="it is false"):
        spot.check(subject("zoo:log"), axioms.BY_NAME["envelope"])
