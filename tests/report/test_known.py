"""Violations that are written down, in every format: known ones pass, expired ones do not, fixed ones ask to be removed."""

import io
import json
from datetime import date
from xml.etree import ElementTree as XML

import pytest
from rich.console import Console

from axiomkd.core.expected import Expected
from axiomkd.gate import judge
from axiomkd.report import github, junit, sarif
from axiomkd.report.terminal import render
from tests.report import samples
from tests.report.oasis import CHECKER

ENTRIES = [
    Expected("my_op.py::a", "convexity/envelope", "issue 12", until=date(2027, 3, 31)),
    Expected("my_op.py::a", "weight-monotonicity/responsive", "issue 13", until=date(2026, 1, 1)),
    Expected("my_op.py::a", "positivity/common-support", "issue 14"),
]


@pytest.fixture
def report():
    one = samples.operator(
        "a",
        samples.ENVELOPE,
        samples.reading("responsive", "refuted", witness=samples.ENVELOPE.witness),
        samples.reading("nonexpansive", "refuted", witness=samples.ENVELOPE.witness),
    )
    return judge.judged(samples.report(one), ENTRIES, date(2026, 11, 24))


def test_junit(report):
    cases = {case.get("name"): case for case in XML.fromstring(junit.render(report)).iter("testcase")}
    (skipped,) = cases["convexity/envelope"]
    assert (skipped.tag, skipped.get("type")) == ("skipped", "known")
    assert "known, until 2027-03-31: issue 12" in skipped.get("message")
    (failure,) = cases["weight-monotonicity/responsive"]
    assert failure.tag == "failure" and "expired on 2026-01-01: issue 13." in failure.text
    assert [one.tag for one in cases["temperature-coherence/nonexpansive"]] == ["failure"]
    assert [one.tag for one in cases["positivity/common-support"]] == ["system-out"]


def test_sarif(report):
    log = json.loads(sarif.render(report))
    CHECKER.validate(log)
    found = {one["ruleId"]: one.get("suppressions") for one in log["runs"][0]["results"]}
    (known,) = found["axiomkd/convexity/envelope"]
    assert known["kind"] == "external" and known["status"] == "accepted"
    assert known["justification"] == "known, until 2027-03-31: issue 12"
    (expired,) = found["axiomkd/weight-monotonicity/responsive"]
    assert expired["status"] == "rejected"
    assert found["axiomkd/temperature-coherence/nonexpansive"] == []
    assert "suppressions" not in sarif.render(report.model_copy(update={"known": []}))
    levels = {one["ruleId"]: one["level"] for one in log["runs"][0]["results"]}
    assert levels["axiomkd/convexity/envelope"] == "error"  # a suppressed result keeps its level


def test_github(report):
    lines = {
        line.split("title=axiomkd%3A ")[1].split("::")[0]: line for line in github.annotations(report).splitlines()
    }
    assert lines["convexity/envelope"].startswith("::notice ") and "issue 12" in lines["convexity/envelope"]
    assert lines["weight-monotonicity/responsive"].startswith("::error ")
    assert "expired on 2026-01-01" in lines["weight-monotonicity/responsive"]
    summary = github.summary(report)
    assert "### Violations written down" in summary and "✗✓ envelope refuted" in summary
    assert "fixed: it holds now. Remove it from pyproject.toml." in summary


@pytest.mark.parametrize("width", [40, 100])
def test_terminal(report, width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    render(report, verbose=False, quiet=False, console=console)
    said = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "fails article: convexity/envelope (known), weight-monotonicity/responsive (expired)," in said
    assert "known my_op.py::a convexity/envelope issue 12 until 2027-03-31" in said
    assert "violations written down: 1 known, 1 expired, 1 fixed" in said
