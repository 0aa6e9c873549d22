"""The first required reading that is refuted ends a check: what it says of the rest, and that it says so in every place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import axiomkd
from axiomkd.checking import engine
from axiomkd.cli import app
from axiomkd.core.operator import describe
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.gate import judge
from axiomkd.report import outcomes, phrases
from axiomkd.run import answers
from axiomkd.run.session import report_of, resolved
from axiomkd.run.worker import Ref
from axiomkd.tracing import numerics

numerics.prepare()
SMALL = {"effort": "quick", "K": (2,), "C": (2, 3), "fail_fast": True}
ARTICLE = ["envelope", "common-support", "interior", "responsive", "nonexpansive"]


def halved(P, w):
    return w @ P / 2


def linear(P, w):
    return w @ P


def checked(fn, **settings):
    """(report, the stages that were gone through) of one check."""
    own = resolved(Settings(**{**SMALL, **settings}))
    events = list(engine.check(describe(fn), own))
    return report_of([events[-1]], own), [event.name for event in events if event.kind == "stage"]


@pytest.fixture(scope="module")
def stopped():
    return checked(halved)


def test_what_was_not_looked_at_is_open_and_says_so(stopped):
    report, stages = stopped
    (one,) = report.operators
    found = {r.reading: r for r in one.readings}
    assert found["envelope"].verdict == "refuted" and found["envelope"].witness.confirmed == "exact"
    skipped = [r for r in one.readings if r.skipped]
    assert {"interior", "nonexpansive"} <= {r.reading for r in skipped}
    assert {r.verdict for r in skipped} == {"inconclusive"} and not any(r.cases for r in skipped)
    assert all("convexity/envelope" in r.message and "fail-fast" in r.message for r in skipped)
    assert not any(r.verdict == "holds" for r in one.readings)
    assert set(stages) == {"small fractions"}  # nothing was proved, sampled or climbed


def test_the_report_and_its_exit_code(stopped):
    report, _ = stopped
    (one,) = report.operators
    assert report.settings.fail_fast and (one.status, report.exit_code) == ("invalid", 1)
    assert one.profiles["article"] is False and one.profiles["paper"] is None
    assert "more not looked at" in phrases.status(report, one)
    skipped = next(r for r in one.readings if r.skipped)
    assert phrases.verdict(skipped) == "inconclusive · not looked at"
    assert Report.model_validate_json(report.to_json()) == report


def test_no_allowance_lets_pass_what_was_not_looked_at(stopped):
    report, _ = stopped
    (one,) = report.operators
    skipped = next(r for r in one.readings if r.skipped and r.required)
    assert outcomes.outcome(report, one, skipped, ("inconclusive",)) == "undecided"
    readings = [r if r.verdict != "refuted" else r.model_copy(update={"verdict": "holds"}) for r in one.readings]
    let = report.model_copy(update={"operators": [one.model_copy(update={"readings": readings, "status": "invalid"})]})
    assert judge.exit_code(let, ("inconclusive",)) == 1


def test_the_same_seed_gives_the_same_report(stopped):
    def still(report):
        return json.dumps(
            json.loads(report.to_json(), object_hook=lambda d: {k: v for k, v in d.items() if k != "seconds"})
        )

    assert still(checked(halved)[0]) == still(stopped[0])


@pytest.mark.whole
def test_where_nothing_required_is_refuted_all_is_looked_at():
    """And with the verdicts of a check that does not stop, required or not."""
    fast, full = (checked(linear, fail_fast=flag)[0].operators[0] for flag in (True, False))
    assert [(r.reading, r.verdict) for r in fast.readings] == [(r.reading, r.verdict) for r in full.readings]
    assert any(r.verdict == "refuted" for r in fast.readings) and not any(r.skipped for r in fast.readings)


def test_a_refutation_of_what_is_not_required_ends_nothing():
    found = checked(halved, readings=("positivity/common-support", "positivity/any-support"))[0].operators[0]
    assert not any(r.skipped for r in found.readings)


@pytest.mark.parametrize("claim", [pytest.param("interior", marks=pytest.mark.whole), "lipschitz"])
def test_what_is_no_margin_ends_a_check_too(claim):
    def jumps(P, w):
        import jax.numpy as jnp

        return jnp.eye(P.shape[1])[jnp.argmax(w @ P)] * 0.5 + 0.5 * (w @ P)

    report, stages = checked(jumps, readings=("convexity/simplex", f"continuity/{claim}"))
    found = {r.reading: r.verdict for r in report.operators[0].readings}
    assert found[claim] == "refuted" and found["simplex"] != "holds"
    assert "continuity" in stages and "confirm" not in stages


def test_an_answer_that_stopped_is_no_answer_to_a_whole_check():
    ref = Ref(name="x", target="x.py::x", file="x.py", line=1)
    questions = [answers._question(ref, Settings(fail_fast=flag)) for flag in (False, True)]
    assert questions[0] != questions[1]


FAILS = "from axiomkd import operator\n@operator\ndef half(P, w):\n    return w @ P / 2\n"


@pytest.mark.whole
def test_the_command_stops_and_known_violations_keep_it_from_stopping(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("ops.py").write_text(FAILS)
    args = ["check", "ops.py", "--effort", "quick", "-K", "2", "-C", "2", "--no-cache", "--json", "out.json"]
    assert app.run([*args, "--fail-fast"]) == 1
    assert any(r.skipped for r in Report.load("out.json").operators[0].readings)
    Path("pyproject.toml").write_text(
        "[tool.axiomkd]\nfail_fast = true\n[[tool.axiomkd.expected]]\n"
        'target = "ops.py::half"\nreading = "convexity/envelope"\nreason = "known"\n'
    )
    assert app.run(args) == 1
    assert "checked in full" in " ".join(capsys.readouterr().err.split())
    assert not any(r.skipped for r in Report.load("out.json").operators[0].readings)


@pytest.mark.whole
def test_from_python():
    report = axiomkd.check(halved, effort="quick", K=2, C=2, fail_fast=True)
    assert report.exit_code == 1 and any(r.skipped for r in report.operators[0].readings)
