"""Every way to alter a report that we can think of is caught, with a message that says what was expected."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from axiomkd.core.errors import LoadError
from axiomkd.tracing.numerics import prepare
from axiomkd.verify.line import Failed
from axiomkd.verify.report import Met, verify

from .reports import LOG, changed, edited, of_proofs, reading, report, written

MET: Met = {}  # the same file in each test: what was found out of its operators once is found out

WITNESS = {
    "K": 2,
    "C": 3,
    "P": [["4/9", "4/9", "1/9"], ["1/9", "4/9", "4/9"]],
    "w": ["1/2", "1/2"],
    "value": [["1/4", "1/2", "1/4"]],
    "margin": "-1/18",
    "confirmed": "exact",
}


@pytest.fixture(autouse=True)
def _float64(monkeypatch, tmp_path, one_size, few_sizes):
    prepare("cpu")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refuted(tmp_path):
    written(tmp_path)
    row = reading("envelope", "refuted", method="search", margin=-1 / 18, witness={**WITNESS, "class": 1})
    return report("ops.py::log_pool", [row])


@pytest.fixture
def proofs(tmp_path):
    written(tmp_path)
    return of_proofs("ops.py::log_pool")


def certificate(made, name: str) -> dict[str, Any]:
    found = next(r.certificate for r in made.operators[0].readings if r.reading == name)
    assert found is not None
    return found


def fails(made) -> str:
    with pytest.raises(Failed) as caught:
        list(verify(made, met=MET))
    return str(caught.value)


def with_witness(made, **fields):
    witness = made.operators[0].readings[0].witness
    made = changed(made, "envelope", witness=witness.model_copy(update=fields), reproducer=None)
    margin = made.operators[0].readings[0].witness.margin
    return changed(made, "envelope", margin=float(Fraction(margin)))


def test_a_true_witness_stands(refuted):
    (line,) = verify(refuted, met=MET)
    assert line.text.startswith("ok  log-pool  convexity/envelope  refuted  arithmetic (exact)")


def test_an_earlier_versions_reproducer_is_not_vouched_for(refuted):
    earlier = "python - <<'EOF'\nfrom axiomkd.operators.loading import load\nprint(load('a.py'))\nEOF"
    (line,) = verify(changed(refuted, "envelope", reproducer=earlier), met=MET)
    assert "arithmetic (exact)" in line.text and line.text.endswith("do not run it")
    assert "reproducer is not the one" in fails(changed(refuted, "envelope", reproducer=earlier.replace("load", "rm")))


@pytest.mark.slow
def test_true_proofs_stand(proofs):
    lines = list(verify(proofs, met=MET))
    assert len(lines) == len(proofs.operators[0].readings) >= 10


def test_a_changed_fraction_in_the_witness(refuted):
    P = [["4/9", "4/9", "1/9"], ["1/9", "5/9", "3/9"]]
    assert "the claim holds there" in fails(with_witness(refuted, P=P))


def test_a_row_that_is_no_distribution(refuted):
    assert "no distribution" in fails(with_witness(refuted, P=[["4/9", "4/9", "1/9"], ["1/9", "4/9", "5/9"]]))


def test_a_changed_margin(refuted):
    assert "the report says -1/17" in fails(with_witness(refuted, margin="-1/17"))


def test_a_changed_value(refuted):
    assert "an aggregate at the witness is" in fails(with_witness(refuted, value=[["1/4", "1/4", "1/2"]]))


def test_a_witness_where_the_claim_holds(refuted):
    same = [["4/9", "4/9", "1/9"]] * 2
    assert "not below -2^-40" in fails(with_witness(refuted, P=same, margin="-1"))


def test_a_witness_on_a_face(refuted):
    P = [["1/2", "1/2", "0"], ["1/9", "4/9", "4/9"]]
    assert "a probability of 0" in fails(with_witness(refuted, P=P))


def test_a_witness_of_another_reading(refuted):
    row = reading("simplex", "refuted", method="search", witness={**WITNESS, "class": 1}, margin=-1 / 18)
    assert "the claim holds there" in fails(report("ops.py::log_pool", [row]))


@pytest.mark.parametrize("verdict", ["holds", "inconclusive", "proved"])
def test_a_swapped_verdict(refuted, verdict):
    assert "never has" in fails(changed(refuted, "envelope", verdict=verdict)) or verdict == "proved"


def test_a_refutation_without_a_witness(refuted):
    assert "there is no witness" in fails(changed(refuted, "envelope", witness=None))


def test_a_proof_without_a_certificate(proofs):
    assert "there is no certificate" in fails(changed(proofs, "simplex", certificate=None))


@pytest.mark.whole
def test_a_proof_called_a_search(proofs):
    made = changed(proofs, "limits", verdict="holds", method="search")
    assert "the certificate of a proof" in fails(made)


def test_a_status_that_does_not_follow(refuted):
    one = refuted.operators[0].model_copy(update={"status": "valid"})
    assert "status is 'valid'" in fails(refuted.model_copy(update={"operators": [one]}))


def test_a_profile_that_does_not_follow(refuted):
    one = refuted.operators[0]
    one = one.model_copy(update={"profiles": {**one.profiles, "article": True}})
    assert "profiles.article" in fails(refuted.model_copy(update={"operators": [one]}))


def test_a_changed_operator_file(refuted, tmp_path):
    written(tmp_path, LOG + "\n")
    assert "the operator's source has changed since the report" in fails(refuted)


def test_without_hashes_nothing_is_run(refuted, tmp_path):
    one = refuted.operators[0].model_copy(update={"hashes": {}})
    written(tmp_path, "open('ran', 'w').close()\n" + LOG)
    assert "no hash of the operator's source" in fails(refuted.model_copy(update={"operators": [one]}))
    assert not (tmp_path / "ran").exists()


def test_a_changed_term(proofs):
    made = edited(certificate(proofs, "unanimity"), '["log", ["P"', '["exp", ["P"')
    assert "claim form" in fails(changed(proofs, "unanimity", certificate=made))


@pytest.mark.whole
def test_a_changed_side_of_an_identity(proofs):
    made = json.loads(json.dumps(certificate(proofs, "commutation")))
    for claim in made["claims"]:
        if claim["claim"] == "equal":
            claim["terms"] = ["1", "1"]
    assert "a side of the equal claim is A(S_T P, w)" in fails(changed(proofs, "commutation", certificate=made))


def test_a_claim_of_another_weight(tmp_path):
    written(tmp_path)
    made = of_proofs("ops.py::squares", ["hull"])
    certificate_of_hull = json.loads(json.dumps(certificate(made, "hull")))
    for claim in certificate_of_hull["claims"]:
        if claim["claim"] == "nonnegative":
            claim["terms"] = [["w", ["index", "k", "K"]]]
    assert "q_i = Σ v_k p_ki" in fails(changed(made, "hull", certificate=certificate_of_hull))


def test_a_proof_moved_to_another_reading(proofs):
    made = changed(proofs, "simplex", certificate=certificate(proofs, "limits"), method=method(proofs, "limits"))
    assert "concludes" in fails(made)


def method(made, name: str) -> str:
    return next(r.method for r in made.operators[0].readings if r.reading == name)


def test_another_theorem_s_name(proofs):
    made = {**certificate(proofs, "unanimity"), "theorem": "averages"}
    assert "concludes hull" in fails(changed(proofs, "unanimity", certificate=made, method="theorem: averages"))


def test_an_unknown_theorem(proofs):
    made = {**certificate(proofs, "unanimity"), "theorem": "trust-me"}
    assert "not known: 'trust-me'" in fails(changed(proofs, "unanimity", certificate=made, method="theorem: trust-me"))


def test_an_unknown_kind_of_claim(proofs):
    made = edited(certificate(proofs, "unanimity"), '"claim": "equal"', '"claim": "obvious"')
    assert "a kind that is not known: 'obvious'" in fails(changed(proofs, "unanimity", certificate=made))


@pytest.mark.whole
def test_a_missing_claim(proofs):
    made = {**certificate(proofs, "interior")}
    made["claims"] = [claim for claim in made["claims"] if claim["claim"] != "continuous"]
    assert "makes no claim continuous" in fails(changed(proofs, "interior", certificate=made))


def test_claims_on_too_small_a_domain(tmp_path):
    written(tmp_path)
    made = of_proofs("ops.py::linear", ["closed"])
    inside = edited(certificate(made, "closed"), '"nonnegative"', '"positive"')
    assert "is made on the interior" in fails(changed(made, "closed", certificate=inside))


@pytest.mark.weekly(2)
def test_a_certificate_of_another_operator(proofs, tmp_path):
    other = certificate(of_proofs("ops.py::linear", ["simplex", "unanimity"]), "unanimity")
    row = reading("unanimity", "proved", scope="all K, C", method=None, certificate=other)
    made = changed(proofs, "unanimity", certificate=row.certificate, method="theorem: averages")
    assert fails(made)


def test_a_wider_scope_than_the_certificate_s(proofs):
    made = changed(proofs, "interior", scope="all K, C and beyond")
    assert "names no sizes" in fails(made)


@pytest.mark.whole
def test_a_premise_stands_beside(proofs):
    rows = [r for r in proofs.operators[0].readings if r.reading == "unanimity"]
    assert len(list(verify(report("ops.py::log_pool", rows), met=MET))) == 1


def test_a_missing_premise(proofs):
    rows = [r for r in proofs.operators[0].readings if r.reading == "unanimity"]
    bare = {key: x for key, x in certificate(proofs, "unanimity").items() if key != "with"}
    made = changed(report("ops.py::log_pool", rows), "unanimity", certificate=bare)
    assert "needs simplex, which neither the certificate nor the report proves" in fails(made)


def test_proofs_in_a_circle(proofs):
    bare = {key: x for key, x in certificate(proofs, "unanimity").items() if key != "with"}
    circular = {"kind": "implied", "by": "unanimity", "certificate": bare}
    made = changed(changed(proofs, "unanimity", certificate=bare), "simplex", certificate=circular)
    assert "leans on itself" in fails(made)


def test_an_implication_that_is_none(proofs):
    made = {"kind": "implied", "by": "simplex", "certificate": certificate(proofs, "simplex")}
    made = changed(proofs, "unanimity", certificate=made, method=method(proofs, "simplex"))
    assert "simplex does not imply unanimity" in fails(made)


def test_a_malformed_certificate(proofs):
    made = edited(certificate(proofs, "unanimity"), '["log", ', '["log", "1", ')
    assert "cannot be read" in fails(changed(proofs, "unanimity", certificate=made))


def test_an_operator_that_is_gone(refuted, tmp_path):
    (tmp_path / "ops.py").unlink()
    with pytest.raises(LoadError, match="no such file"):
        list(verify(refuted))
