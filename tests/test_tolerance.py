"""A tolerance: what fails by no more is said to hold, in every report, and never to be proved."""

import os
from fractions import Fraction
from pathlib import Path

import pytest

import axiomkd
from axiomkd import axioms
from axiomkd.claims import margins
from axiomkd.core.case import ExactCase, floats
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import describe
from axiomkd.core.reading import relaxed
from axiomkd.core.report import Report
from axiomkd.core.softener import softener
from axiomkd.gate import configuration, judge
from axiomkd.operators.evaluate import Evaluator
from axiomkd.report import github, html, junit, sarif
from axiomkd.verify.line import Failed
from axiomkd.verify.process import verify
from tests.report.test_terminal import shown

NEARLY = """
import jax.numpy as jnp
from axiomkd import operator

@operator
def nearly(P, w):
    q = w @ P + 1e-8
    return q / jnp.sum(q)
"""
ASKED = ["envelope", "common-support"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("nearly.py").write_text(NEARLY)


def checked(tolerance: float, **more) -> Report:
    return axiomkd.check("nearly.py::nearly", effort="quick", K=2, C=2, readings=ASKED, tolerance=tolerance, **more)


def verdicts(report: Report) -> dict[str, str]:
    return {one.reading: one.verdict for one in report.operators[0].readings}


@pytest.fixture(scope="module")
def let_pass(tmp_path_factory):
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("tolerance"))
    try:
        Path("nearly.py").write_text(NEARLY)
        yield checked(1e-6)
    finally:
        os.chdir(before)


def test_what_fails_by_no_more_holds_and_says_by_how_much(let_pass):
    assert verdicts(let_pass) == {"envelope": "holds", "common-support": "proved"}
    (row,) = (one for one in let_pass.operators[0].readings if one.reading == "envelope")
    assert "It fails by up to" in row.message and "within the tolerance of 1e-06" in row.message and row.margin == 0
    assert row.certificate is None
    assert judge.exit_code(let_pass) == 0


@pytest.mark.whole
def test_what_fails_by_more_is_refuted_by_its_own_margin():
    strict, narrow = checked(0), checked(1e-10)
    for one in (strict, narrow):
        assert verdicts(one)["envelope"] == "refuted"
    rows = [next(r for r in one.operators[0].readings if r.reading == "envelope") for one in (strict, narrow)]
    assert rows[0].witness.margin == rows[1].witness.margin
    assert (
        rows[1].margin == pytest.approx(float(Fraction(rows[1].witness.margin)), abs=1e-17) and rows[1].margin > -1e-7
    )


def test_every_report_says_it(let_pass):
    for text in (
        let_pass.to_json(),
        shown(let_pass),
        html.render(let_pass),
        github.summary(let_pass),
        sarif.render(let_pass),
    ):
        assert "tolerance" in text and "1e-06" in text
    assert "within the tolerance" in junit.render(let_pass)


@pytest.mark.whole
def test_it_is_verified_with_the_room_that_it_claims(let_pass):
    let_pass.save("report.json")
    assert [line.text for line in verify("report.json")]
    strict = let_pass.model_copy(update={"settings": let_pass.settings.model_copy(update={"tolerance": 0.0})})
    strict.save("strict.json")
    with pytest.raises(Failed):
        list(verify("strict.json"))


@pytest.mark.parametrize("name", ["attenuation", "strict-transfer"])
def test_what_no_tie_breaks_does_not_fail_by_the_whole_tolerance(name):
    """Where nothing is tied there is no margin of a tie, which the room would be taken from."""
    case = ExactCase(((Fraction(1, 5), Fraction(4, 5)), (Fraction(3, 5), Fraction(2, 5))), (Fraction(1, 2),) * 2)
    evaluator = Evaluator(describe(lambda P, w: w @ P), softener("power"))
    for slack in (Fraction(0), Fraction(1, 100)):
        reading = relaxed(axioms.BY_NAME[name], slack)
        (margin,) = margins.measure(evaluator, [reading], floats([case])).margins[name]
        assert margin - float(slack) > 1e-6


@pytest.mark.parametrize("value", [-1e-9, 1, "1e-6", True, float("nan")])
def test_what_is_no_tolerance_is_refused(value):
    with pytest.raises(UsageError, match="tolerance"):
        configuration.checked({"tolerance": value})


def test_it_stands_in_the_configuration():
    assert configuration.settings(configuration.checked({"tolerance": 1e-6}).options, {}).tolerance == 1e-6
