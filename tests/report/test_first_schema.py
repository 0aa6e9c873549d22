"""A report of the first schema, as it was written: 19 readings, no guarantees, and `paper` for what is `classical` now.

`first/report.json` is `axiomkd check pools.py --profile paper -K 2 -C 2,3 --effort quick` of then, its spaces taken out.
"""

import json
import shutil
from pathlib import Path

import pytest

from axiomkd import axioms
from axiomkd.core.report import FIRST_SCHEMA, Report
from axiomkd.gate import baseline, comparison, configuration, values
from axiomkd.report import html, terminal
from axiomkd.verify import summary
from tests.command import axiomkd

FOLDER = Path(__file__).parent / "first"


@pytest.fixture
def place(tmp_path, monkeypatch):
    for one in FOLDER.iterdir():
        if one.is_file():
            shutil.copy(one, tmp_path)
    monkeypatch.chdir(tmp_path)


def test_it_is_what_was_written_then():
    raw = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    assert raw["schema"] == FIRST_SCHEMA and raw["profile"]["name"] == "paper"
    named = {r["reading"] for one in raw["operators"] for r in one["readings"]}
    assert named == {r.name for r in axioms.READINGS} - axioms.SECOND
    assert "guarantees" not in raw["settings"]
    witness = next(r["witness"] for r in raw["operators"][0]["readings"] if r["witness"])
    assert not {"teacher2", "delta", "Ts", "student"} & set(witness)


def test_its_profile_has_its_name_of_today():
    report = Report.load(FOLDER / "report.json")
    assert report.profile.name == "classical"
    assert report.profile.requires == {axiom: list(names) for axiom, names in axioms.PROFILES["classical"].items()}
    assert all("classical" in one.profiles and "paper" not in one.profiles for one in report.operators)


def test_its_summary_stands():
    report = Report.load(FOLDER / "report.json")
    summary.whole(report)
    for one in report.operators:
        summary.check(report, one)


def test_a_page_and_a_text_are_made_of_it():
    report = Report.load(FOLDER / "report.json")
    page = html.render(report)
    assert "classical" in page and page.count("not checked") >= len(axioms.SECOND)
    assert callable(terminal.render)


def test_it_is_compared(place):
    done = axiomkd("compare", "report.json", "report.json")
    assert done.returncode == 0 and "38 as before" in done.stdout
    same = comparison.compared(Report.load("report.json"), Report.load("report.json"))
    assert not same.lost and not same.settings


def test_its_witnesses_are_shown(place):
    done = axiomkd("witness", "report.json", "envelope")
    assert done.returncode == 0 and "teacher 0" in done.stdout
    assert axiomkd("witness", "report.json", "commutation", "--operator", "linear", "--latex").returncode == 0


def test_it_is_a_baseline_and_a_line_tells_what_its_profile_is_called(place):
    options = {"baseline": values.baseline("baseline", "report.json")}
    assert baseline.expectations(options, configuration.Configuration()) == []  # all that it requires is met
    told = baseline.renamed(options)
    assert told.startswith("baseline: report.json was written for the profile paper") and "--profile classical" in told


def test_no_other_baseline_has_such_a_line(place):
    assert baseline.renamed({}) == ""
    raw = json.loads(Path("report.json").read_text(encoding="utf-8"))
    for change in ({"schema": "axiomkd.report/2"}, {"profile": {**raw["profile"], "name": "log"}}, {"profile": 3}):
        Path("other.json").write_text(json.dumps({**raw, **change}))
        assert baseline.renamed({"baseline": values.Baseline("other.json")}) == ""
    Path("other.json").write_text("[]")
    assert baseline.renamed({"baseline": values.Baseline("other.json")}) == ""
    assert baseline.renamed({"baseline": values.Baseline("none.json")}) == ""


@pytest.mark.whole
def test_a_check_against_it_says_so_once(place):
    Path("pyproject.toml").write_text('[tool.axiomkd]\nbaseline = "report.json"\n')
    tiny = ("--effort", "quick", "-K", "2", "-C", "2", "--reading", "simplex")
    done = axiomkd("check", "pools.py::linear", *tiny)
    assert done.returncode == 0 and done.stderr.count("is called classical now") == 1


@pytest.mark.slow
def test_it_is_verified(place):
    done = axiomkd("verify", "report.json")
    assert done.returncode == 0, done.stdout
    assert "27 proofs and 11 counterexamples checked" in done.stdout
