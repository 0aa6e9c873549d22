"""What a check does with proofs, told by a prover that proves what it is told to: ladder, clashes, search, `prove`.

No theorem is tried here. The fake answers through the module attribute that the check calls.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import jsonschema
import numpy as np
import pytest

import axiomkd
from axiomkd import axioms
from axiomkd.checking import engine, proofs
from axiomkd.core.errors import Clash
from axiomkd.core.operator import describe
from axiomkd.core.report import json_schema, reading_model
from axiomkd.core.scope import All, Scope, Supported, at_sizes
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import Fragile, Holds, Inconclusive, Proved, Refuted, Spent, Witness
from axiomkd.prove import fixed, prover
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.run.worker import MESSAGE
from axiomkd.tracing import numerics
from tests import command as commands
from tests.patience import PATIENCE

numerics.prepare()
HERE = str(Path(__file__))
PATHS = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def linear(P, w):
    return w @ P


def logarithmic(P, w):
    z = w @ jnp.log(P)
    return jnp.exp(z - jnp.max(z)) / jnp.sum(jnp.exp(z - jnp.max(z)))


def big(P, w):
    """Equal to `linear`, and 0 in floats where the weight of teacher 0 is above one half."""
    gone = jnp.where(w[0] > 0.5, 1e30, 0.0)
    return (gone + w @ P) - gone


ALL = All()


def proof(reading: str, scope: Scope = ALL, theorem: str | None = "weighted-mean", method: str = "theorem") -> Proof:
    return Proof(reading, scope, method, theorem, {"kind": "graph", "of": reading}, "a weighted mean of the teachers")


@pytest.fixture
def proves(monkeypatch):
    """proves("hull", …) lets the prover prove these; proves(proof, …) gives its answers; what it was asked is returned."""

    def install(*known):
        asked = []
        answers = {one.reading: one for one in (proof(k) if isinstance(k, str) else k for k in known)}

        def examine(operator, softener_name, readings, *, effort, sizes):
            asked.append((softener_name, [r.name for r in readings], effort, sizes))
            why = f"no rule for `erf` ({HERE}:12)"
            return prover.Examined({r.name: answers.get(r.name, NotProved(r.name, why)) for r in readings})

        monkeypatch.setattr(prover, "examine", examine)
        monkeypatch.setattr(
            fixed, "prove", lambda evaluator, readings, *, effort: {}
        )  # the solver has tests of its own
        return asked

    return install


def finished(fn, **settings):
    return list(engine.check(describe(fn), Settings(**{"effort": "quick", "K": (2,), "C": (2, 3), **settings})))[-1]


def rows(event):
    return {one.reading: one for one in event.result.readings}


# --- the ladder ------------------------------------------------------------------------------------------------------

NAMES = [one.name for one in axioms.READINGS]


def test_a_proof_goes_down_the_ladder_and_nowhere_else():
    for strong in NAMES:
        below = set(axioms.IMPLIED[strong]) & set(NAMES)
        below |= {"hot"} if strong in ("interior", "closed", "lipschitz") else set()
        below |= {"cold"} if strong in ("closed", "lipschitz") else set()
        assert set(proofs.carried({strong: proof(strong)}, NAMES)) == {strong, *below}


def test_an_implied_proof_carries_the_one_it_follows_from():
    found = proofs.carried({"hull": proof("hull")}, NAMES)["unanimity"]
    assert found.certificate == {
        "kind": "implied",
        "by": "hull",
        "certificate": {"kind": "graph", "of": "hull", "theorem": "weighted-mean"},
    }
    assert (found.message, found.scope, found.theorem) == ("implied by hull", ALL, "weighted-mean")


def test_a_proof_of_its_own_is_kept_unless_another_covers_more():
    some = at_sizes([(2, 2)])
    own = {"hull": proof("hull"), "envelope": proof("envelope"), "simplex": proof("simplex", some, None, "smt")}
    found = proofs.carried(own, NAMES)
    assert found["envelope"] is own["envelope"]
    assert found["simplex"].message == "implied by hull" and found["simplex"].scope == ALL
    found = proofs.carried({"hull": proof("hull", some), "simplex": own["simplex"]}, NAMES)
    assert found["simplex"] is own["simplex"]


def test_what_implies_a_reading_need_not_have_been_asked_for():
    assert set(proofs.carried({"hull": proof("hull")}, ["envelope"])) == {"envelope"}


@pytest.mark.parametrize("name", ["ranking", "entropy"])
def test_commutation_implies_order_and_entropy_of_distributions_only(name):
    commutation, simplex = proof("commutation"), proof("hull")
    assert name not in proofs.carried({"commutation": commutation}, NAMES)
    found = proofs.carried({"commutation": commutation, "hull": simplex}, NAMES)[name]
    assert found.message == "implied by commutation with simplex"
    assert found.certificate["by"] == "commutation" and found.certificate["with"]["simplex"]["by"] == "hull"


def test_a_joint_proof_covers_what_both_do():
    some, other = at_sizes([(2, 2)]), at_sizes([(2, 3)])
    found = proofs.carried({"commutation": proof("commutation"), "simplex": proof("simplex", some)}, NAMES)
    assert found["ranking"].scope == some
    found = proofs.carried({"commutation": proof("commutation", other), "simplex": proof("simplex", some)}, NAMES)
    assert "ranking" not in found


def test_scopes():
    assert proofs.covers(proof("hull"), 64, 1000)
    assert proofs.covers(proof("hull", Supported()), 3, 5)
    some = proof("hull", at_sizes([(2, 2), (12, 3)]))
    assert proofs.covers(some, 12, 3) and not proofs.covers(some, 2, 3)


# --- a proof against what a search finds -----------------------------------------------------------------------------


def witness(confirmed: str) -> Witness:
    return Witness(2, 2, (("1/2", "1/2"), ("1/4", "3/4")), ("1/2", "1/2"), "-1/20", confirmed, cls=0)


def refuted(confirmed: str) -> Refuted:
    return Refuted(witness(confirmed), None, confirmed, Spent(9, -0.05))


@pytest.mark.parametrize("confirmed", ["exact", "ball"])
def test_an_exact_counterexample_clashes(confirmed):
    with pytest.raises(Clash) as caught:
        proofs.against(proof("hull"), refuted(confirmed), "")
    assert str(caught.value) == (
        "a proof and a counterexample of hull contradict each other: this is a defect of axiomkd "
        f"{axiomkd.__version__}; please report it with the command and the operator"
    )
    assert "theorem weighted-mean, all K, C" in caught.value.details
    assert f"({confirmed}, margin -1/20) at P = [[1/2, 1/2], [1/4, 3/4]], w = [1/2, 1/2], class = 0" in (
        caught.value.details
    )


def test_one_outside_the_scope_refutes():
    found, message = proofs.against(proof("hull", at_sizes([(2, 3)])), refuted("exact"), "it leaves")
    assert isinstance(found, Refuted) and message == "it leaves (proved at (K, C) = (2, 3) only)"


def test_a_counterexample_in_floats_leaves_what_is_proved_open_and_shows_both():
    verdict, message = proofs.against(proof("hull"), refuted("float64"), "")
    assert isinstance(verdict, Inconclusive) and verdict.why == message
    assert "weighted-mean" in message or "a weighted mean of the teachers" in message
    assert "margin -0.05, is at P = [[1/2, 1/2], [1/4, 3/4]], w = [1/2, 1/2]" in message


def test_a_defect_of_the_computation_leaves_a_proof_standing():
    verdict, message = proofs.against(proof("hull"), Fragile(witness("exact"), "nan", Spent(9, 0.0)), "")
    assert isinstance(verdict, Proved) and verdict.spent == Spent(9, None)
    assert message == (
        "a weighted mean of the teachers. The float computation breaks at P = [[1/2, 1/2], [1/4, 3/4]], w = [1/2, 1/2]"
    )


@pytest.mark.parametrize("found", [Holds(Spent(9, 0.1)), Inconclusive("late", Spent(9, 0.1))])
def test_a_proof_keeps_what_the_search_has_spent(found):
    verdict, message = proofs.against(proof("hull"), found, "late")
    row = reading_model("convexity", "hull", verdict, required=True, message=message, seconds=0.0)
    assert (row.verdict, row.scope, row.method) == ("proved", "all K, C", "theorem: weighted-mean")
    assert row.certificate == {"kind": "graph", "of": "hull", "theorem": "weighted-mean"}
    assert (row.cases, row.margin, row.message) == (9, 0.1, "a weighted mean of the teachers")


# --- in a check ------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_check_asks_first_and_searches_all_the_same(proves):
    asked = proves("hull", "lipschitz")
    events = list(engine.check(describe(linear), Settings(effort="quick", K=(2,), C=(2, 3))))
    stages = [event.name for event in events if event.kind == "stage"]
    assert stages.index("prove") < stages.index("search")
    assert asked == [("power", NAMES, "quick", [(2, 2), (2, 3)])]
    found = rows(events[-1])
    assert {name for name, one in found.items() if one.verdict == "proved"} == {
        *axioms.NAMES["convexity"],
        *axioms.NAMES["continuity"],
        *("hot", "cold"),  # by what closed implies
    }
    assert found["simplex"].cases > 1000 and found["simplex"].unproved is None
    assert found["closed"].cases > 1000 and found["closed"].message == "implied by lipschitz"
    assert found["pull"].verdict == "holds" and found["ranking"].verdict == "refuted"
    assert found["pull"].unproved == "not proved: no rule for `erf` (tests/test_proofs.py:12); searched instead"


def test_only_what_is_wanted_is_asked(proves):
    asked = proves("hull")
    found = rows(finished(linear, readings=("convexity/envelope",)))
    assert asked[0][1] == ["envelope"] and found["envelope"].verdict == "holds"


@pytest.mark.whole
def test_what_is_proved_gets_a_second_look_and_no_more(proves):
    def cases(*known, effort):
        proves(*known)
        settings = {"effort": effort, "readings": ("convexity/envelope", "positivity/any-support")}
        return {name: one.cases for name, one in rows(finished(linear, **settings)).items()}

    quick, standard, mixed = (
        cases(effort="quick"),
        cases(effort="standard"),
        cases("envelope", effort="standard"),
    )
    settled = cases("envelope", "any-support", effort="standard")
    assert settled == cases("envelope", "any-support", effort="quick")
    assert 10_000 < settled["envelope"] == mixed["envelope"] < quick["envelope"] / 4
    assert mixed["any-support"] > quick["any-support"] and standard["envelope"] > quick["envelope"]


def test_what_small_fractions_refute_is_searched_no_more_than_what_is_proved(proves):
    proves()
    readings = ("convexity/unanimity", "temperature-coherence/nonexpansive")
    found = rows(finished(logarithmic, readings=readings))
    assert found["nonexpansive"].verdict == "refuted" and found["unanimity"].verdict == "holds"
    assert 10_000 < found["nonexpansive"].cases < found["unanimity"].cases / 2


@pytest.mark.whole
def test_proved_at_some_sizes_only_is_searched_in_full(proves):
    readings = ("convexity/envelope",)
    proves()
    whole = rows(finished(linear, effort="standard", readings=readings))["envelope"]
    proves(proof("envelope", at_sizes([(2, 2)]), None, "smt"))
    part = rows(finished(linear, effort="standard", readings=readings))["envelope"]
    assert (part.verdict, part.method, part.scope) == ("proved", "smt", "(K, C) = (2, 2)")
    assert part.cases == whole.cases


@pytest.mark.whole
def test_a_false_proof_stops_the_run_loudly(proves):
    proves("hull")
    event = finished(logarithmic)
    assert event.result.status == "error" and event.result.defect
    assert "a proof and a counterexample of" in event.result.message.splitlines()[0]
    assert "theorem weighted-mean" in event.result.message and "at P = [[" in event.result.message
    assert {one.verdict for one in event.result.readings} == {"error"}
    (shown,) = [one for one in event.result.readings if one.witness is not None]
    assert shown.reading in axioms.NAMES["convexity"] and shown.witness.confirmed in ("exact", "ball")
    assert MESSAGE.validate_json(MESSAGE.dump_json(event, by_alias=True)) == event


@pytest.mark.whole
def test_an_operator_that_changes_its_mind_is_no_defect_of_ours(proves):
    calls = 0

    def tires(P, w):
        nonlocal calls
        calls += 1
        q = np.asarray(w) @ np.asarray(P)
        return q if calls < 200 else q[::-1].copy()

    proves("hull")
    result = finished(tires).result
    assert result.status == "error" and not result.defect
    assert "two calls at one point" in result.message


@pytest.mark.parametrize("name", ["interior", "closed"])
def test_a_false_proof_of_continuity_too(proves, name):
    def first(P, w):
        return P[jnp.argmax(w)]

    proves(name)
    assert finished(first).result.defect


@pytest.mark.parametrize("confirmed", ["exact", "ball"])
@pytest.mark.parametrize("name", ["interior", "closed", "limits"])
def test_a_limit_that_balls_refute_at_all_distances_clashes(name, confirmed):
    with pytest.raises(Clash):
        proofs.against(proof(name), refuted(confirmed), "")


def test_quotients_that_grow_at_finitely_many_distances_leave_a_proof_open():
    verdict, told = proofs.against(proof("lipschitz"), refuted("ball"), "")
    assert isinstance(verdict, Inconclusive) and "finitely many distances" in told


def test_a_false_proof_of_continuity_clashes_with_balls_too(proves):
    def logarithmic_at_faces(P, w):
        u = w @ jnp.log(P)
        return jnp.exp(u - jnp.max(u)) / jnp.sum(jnp.exp(u - jnp.max(u)))

    proves("closed")
    assert finished(logarithmic_at_faces).result.defect


@pytest.mark.whole
def test_a_false_proof_at_other_sizes_is_no_clash(proves):
    proves(proof("envelope", at_sizes([(2, 2)]), None, "smt"))  # true at C = 2, and false above
    found = rows(finished(logarithmic))["envelope"]
    assert found.verdict == "refuted" and found.message.endswith("(proved at (K, C) = (2, 2) only)")


def test_where_floats_break_a_proof_stands_and_says_so(proves):
    proves("any-support")
    found = rows(finished(big, readings=("positivity/any-support",)))["any-support"]
    assert found.verdict == "proved" and found.witness is None
    assert "The float computation breaks at P = [[" in found.message


def test_the_interior_is_all_that_is_asked_of_an_operator_declared_for_it(proves):
    asked = proves("lipschitz")
    operator = describe(linear, domain="interior")
    found = rows(list(engine.check(operator, Settings(effort="quick", K=(2,), C=(2,))))[-1])
    assert not {"closed", "lipschitz"} & set(asked[0][1])
    assert (found["closed"].verdict, found["closed"].unproved) == ("inconclusive", None)
    assert found["interior"].verdict == "holds"


@pytest.mark.whole
def test_a_solver_proves_what_was_searched_and_stands(monkeypatch):
    """Without the theorems, the linear pool's envelope is left to the search, and then to the solver."""
    monkeypatch.setattr(prover, "examine", lambda *a, **k: prover.Examined({}))
    found = rows(finished(linear, effort="standard", K=(2,), C=(2,), readings=("convexity/envelope",)))
    assert found["envelope"].verdict == "proved" and "smt" in found["envelope"].method
    assert found["envelope"].scope == "(K, C) = (2, 2), (2, 3), (3, 3)"


# --- proofs only -----------------------------------------------------------------------------------------------------


def test_proofs_only(proves):
    proves("hull")
    report = axiomkd.prove(linear, K=2, C=[2, 3])
    (operator,) = report.operators
    found = {one.reading: one for one in operator.readings}
    assert {one.verdict for one in operator.readings} == {"proved", "inconclusive"}
    assert (found["simplex"].verdict, found["simplex"].cases) == ("proved", 0)
    assert (found["pull"].method, found["pull"].message) == (
        None,
        "not proved: no rule for `erf` (tests/test_proofs.py:12)",
    )
    assert found["pull"].unproved == found["pull"].message
    assert not report.settings.search and report.exit_code == 3
    jsonschema.validate(report.model_dump(mode="json", by_alias=True), json_schema())


def test_a_proof_of_all_that_is_required_is_enough(proves):
    proves("hull", "lipschitz", "any-support", "coordinate", "responsive", "nonexpansive")
    assert axiomkd.prove(linear).exit_code == 0
    assert axiomkd.prove(linear, "log").exit_code == 3


def test_the_function_and_the_package_are_one_object():
    code = "{}; import axiomkd; assert callable(axiomkd.prove) and axiomkd.prove.proof.Proof"
    for first in ("import axiomkd.prove.proof", "from axiomkd import prove; import axiomkd.prove.proof"):
        subprocess.run([sys.executable, "-c", code.format(first)], check=True, timeout=PATIENCE)


# --- the command -----------------------------------------------------------------------------------------------------

# An operator's file runs in the worker before the check does: the fake goes in there.
FAKE = """
import jax.numpy as jnp
from axiomkd import operator
from axiomkd.prove import fixed, prover
from axiomkd.core.scope import All
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.run import tampering

def fake(operator, softener_name, readings, *, effort, sizes):
    known = {known!r}
    return {{
        r.name: Proof(r.name, All(), "theorem", "weighted-mean", {{"kind": "graph"}}, "a weighted mean")
        if r.name in known else NotProved(r.name, f"no rule for `erf` ({{__file__}}:12)")
        for r in readings
    }}

prover.examine = lambda *args, **how: prover.Examined(fake(*args, **how))
fixed.prove = lambda evaluator, readings, *, effort: {{}}
# A file that replaces these ends in an error: here it is to look as if they had been so all along.
tampering.code()["axiomkd.prove.prover"]["examine"] = prover.examine.__code__
tampering.code()["axiomkd.prove.fixed"]["prove"] = fixed.prove.__code__

@operator
def pool(P, w):
    return {formula}
"""
REQUIRED = ("envelope", "common-support", "interior", "responsive", "nonexpansive")
SMALL = ("-K", "2", "-C", "2,3", "--effort", "quick")


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(name, *args, known=(), formula="w @ P"):
        Path("faked.py").write_text(FAKE.format(known=tuple(known), formula=formula))
        return commands.axiomkd(name, "faked.py", *SMALL, *args)

    return run


def test_prove_is_0_where_all_that_is_required_is_proved(command):
    done = command("prove", known=REQUIRED)
    assert done.returncode == 0, done.stderr
    assert "meets article (power softening, K = 2, C = 2, 3)" in done.stdout
    assert "proved · all K, C · theorem weighted-mean" in " ".join(done.stdout.split())
    assert "axiomkd explain weighted-mean" in " ".join(done.stdout.split())
    assert "no rule for `erf` (faked.py:12)" in done.stdout
    assert "nothing searched" in done.stdout and "cases" not in done.stdout


def test_prove_is_3_where_a_required_reading_is_open_unless_allowed(command):
    assert command("prove", known=REQUIRED[1:]).returncode == 3
    assert command("prove", "--allow", "inconclusive", known=REQUIRED[1:]).returncode == 0


@pytest.mark.whole
def test_a_contradiction_is_70(command):
    formula = "jnp.sqrt(jnp.sum(w[:, None] * P**2, 0)) / jnp.sum(jnp.sqrt(jnp.sum(w[:, None] * P**2, 0)))"
    done = command("check", "--json", "r.json", known=["envelope"], formula=formula)
    assert done.returncode == 70
    assert "contradict each other: this is a" in done.stdout and "theorem weighted-mean" in done.stdout
    report = axiomkd.Report.load("r.json")
    assert report.exit_code == 70 and report.operators[0].status == "error"
    (shown,) = [one for one in report.operators[0].readings if one.witness is not None]
    again = subprocess.run(
        ["bash", "-c", shown.reproducer], capture_output=True, text=True, timeout=PATIENCE, env=PATHS
    )
    assert again.returncode == 0 and again.stdout.strip(), again.stderr
    assert command("check", "--allow", "fragile", known=["envelope"], formula=formula).returncode == 70


@pytest.mark.whole
def test_why_is_told_with_verbose(command):
    assert "erf" not in command("check", "--reading", "envelope").stdout
    done = command("check", "--reading", "envelope", "--verbose")
    assert "no rule for `erf` (faked.py:12); searched instead" in done.stdout
