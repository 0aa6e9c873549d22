"""The formats of a gate from end to end: what is written where, what is lost when one of them fails, and the exit codes."""

import json
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest

from axiomkd.core.report import Report
from tests.command import axiomkd

TINY = ("--effort", "quick", "-K", "2", "-C", "2", "--reading", "responsive")
MEAN = """
import jax.numpy as jnp
from axiomkd import operator


@operator
def mean(P, w):
    return jnp.mean(P, axis=0)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path / "ops")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    Path("pools.py").write_text(MEAN)
    return tmp_path


@pytest.mark.whole
def test_all_of_them_at_once():
    files = ("--json", "r.json", "--junit", "r.xml", "--sarif", "r.sarif", "--github")
    done = axiomkd("check", "pools.py", *TINY, *files, GITHUB_STEP_SUMMARY="summary.md")
    assert done.returncode == 1, done.stderr
    assert "weight-monotonicity/responsive  refuted" in done.stdout
    assert "::error file=ops/pools.py,line=6,title=axiomkd%3A weight-monotonicity/responsive::" in done.stdout
    assert done.stderr.startswith("1/1: pools.py") and done.stderr.count("\n") == 1
    assert Report.load("r.json").operators[0].name == "mean"
    root = XML.parse("r.xml").getroot()
    assert [one.attrib["type"] for one in root.iter("failure")] == ["refuted"]
    assert not list(root.iter("skipped"))  # what was not asked for is not required
    (run,) = json.loads(Path("r.sarif").read_text(encoding="utf-8"))["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "ops/pools.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 6},
    }
    assert run["invocations"][0]["exitCode"] == 1
    assert (
        Path("summary.md")
        .read_text(encoding="utf-8")
        .startswith("## axiomkd: 1 operator against weight-monotonicity/responsive")
    )
    assert not list(Path().glob("*.part"))


def test_a_format_on_standard_output_is_alone_there():
    done = axiomkd("check", "pools.py", *TINY, "--sarif", "-", "--github", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert json.loads(done.stdout)["version"] == "2.1.0"
    assert "\n::error file=ops/pools.py,line=6," in done.stderr


def test_prove_writes_them_too():
    done = axiomkd("prove", "pools.py", "-K", "2", "-C", "2", "--reading", "responsive", "--junit", "-")
    assert done.returncode == 3, done.stderr
    root = XML.fromstring(done.stdout.encode())
    assert [one.attrib["type"] for one in root.iter("failure")] == ["undecided"]


@pytest.mark.whole
def test_nothing_is_lost_when_an_output_cannot_be_written():
    Path("taken").mkdir()
    files = ("--json", "taken", "--junit", "r.xml", "--sarif", "-", "--github")
    done = axiomkd("check", "pools.py", *TINY, *files, GITHUB_STEP_SUMMARY="nowhere/summary.md")
    assert done.returncode == 2
    assert "--json taken: cannot be written" in done.stderr
    assert "GITHUB_STEP_SUMMARY" in done.stderr and "Traceback" not in done.stderr
    assert XML.parse("r.xml").getroot().tag == "testsuites"
    assert json.loads(done.stdout)["version"] == "2.1.0"
    assert "::error " in done.stderr
    assert not list(Path().glob("*.part"))


@pytest.mark.whole
def test_a_summary_is_appended_and_none_is_asked_for_elsewhere():
    Path("summary.md").write_text("# before\n")
    options = ("check", "pools.py::gone", "pools.py", *TINY, "--github", "--quiet")
    done = axiomkd(*options, GITHUB_STEP_SUMMARY="summary.md")
    assert done.returncode == 2
    text = Path("summary.md").read_text(encoding="utf-8")
    assert text.startswith("# before\n## axiomkd") and "Not loaded" in text
    assert "::error file=ops/pools.py,title=axiomkd%3A pools.py%3A%3Agone not loaded::" in done.stdout


@pytest.mark.whole
def test_the_configuration_can_ask_for_them_and_what_is_allowed_is_no_failure():
    Path("pyproject.toml").write_text(
        '[tool.axiomkd]\njunit = "r.xml"\nsarif = "r.sarif"\ngithub = true\nallow = ["inconclusive"]\n'
    )
    done = axiomkd("prove", "pools.py", "-K", "2", "-C", "2", "--reading", "responsive")
    assert done.returncode == 0, done.stderr
    assert "::" not in done.stdout.replace("pools.py::mean", "")
    assert not list(XML.parse("r.xml").getroot().iter("failure"))
    (run,) = json.loads(Path("r.sarif").read_text(encoding="utf-8"))["runs"]
    assert [one["level"] for one in run["results"]] == ["note"] and run["invocations"][0]["exitCode"] == 0
