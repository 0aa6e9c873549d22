"""Texts that others wrote: nothing in them acts on a terminal, in a log of CI, or on the direction of a line."""

import json
from pathlib import Path

import pytest

from axiomkd.core import harmless
from axiomkd.core.report import Report
from tests.command import axiomkd


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain\n\ttext, naïve", "plain\n\ttext, naïve"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\r\nb\rc", "a\nb\\x0dc"),
        ("::error::x\n  ::warning::y", "\\::error::x\n  \\::warning::y"),
        ("a ##[error]b", "a #\\#[error]b"),
        ("op.py::f", "op.py::f"),
        ("\u202eabc\ud800", "\\u202eabc\\ud800"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_would_act_is_written_out(given, shown):
    assert harmless.text(given) == shown
    assert harmless.value({"a": [given, 1]}) == {"a": [shown, 1]}
    assert harmless.suspect(json.dumps([given]).encode()) or shown == given


def test_a_report_is_data_and_acts_on_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = json.loads((Path(__file__).parent / "report" / "first" / "report.json").read_text())
    whole["operators"][0]["message"] = "\n::error::x\x1b[2J"
    Path("r.json").write_text(json.dumps(whole))
    assert Report.load("r.json").operators[0].message == "\n\\::error::x\\x1b[2J"
    done = axiomkd("compare", "r.json", "r.json")
    assert "\x1b" not in done.stdout + done.stderr
