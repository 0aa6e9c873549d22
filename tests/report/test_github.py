"""GitHub: workflow commands with their escapes, and a summary that no text of an operator can break."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from axiomkd.core.report import Failure, Report
from axiomkd.report import github

from . import samples
from .samples import SAMPLES

COMMAND = re.compile(r"::(error|warning) ((?:\w+=[^,:\r\n]+,?)+)::([^\r\n]+)")


def commands(report: Report, here: Path = Path("/"), **more) -> list[tuple[str, dict[str, str], str]]:
    out = []
    for line in github.annotations(report, here=here, **more).splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        out.append((match[1], dict(one.split("=", 1) for one in match[2].split(",")), match[3]))
    return out


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_annotates_in_the_form_of_a_command(name):
    assert len(commands(SAMPLES[name])) == {"valid": 0, "claims": 0, "proofs": 5, "error": 2}.get(name, 1)


def test_an_annotation_stands_at_the_operator():
    ((level, where, message),) = commands(SAMPLES["envelope_largest"])
    assert level == "error"
    assert where == {"file": "my_op.py", "line": "5", "title": "axiomkd%3A convexity/envelope"}
    assert "`power[alpha=2]`" in message and "the aggregate gives it 11/20" in message


def test_levels_and_what_is_allowed():
    assert [one[0] for one in commands(SAMPLES["fragile"])] == ["warning"]
    assert commands(SAMPLES["fragile"], allow=("fragile",)) == []
    assert [one[0] for one in commands(SAMPLES["error"])] == ["error", "error"]
    assert commands(SAMPLES["error"])[1][1]["file"] == "gone.py"


def test_escapes():
    one = samples.operator("f", samples.reading("envelope", "refuted", "100%\r\nof: a, b"), file="a,b:c%.py")
    text = github.annotations(samples.report(one), here=Path("/"))
    assert text.count("\n") == 1 and "\r" not in text
    assert text.endswith("100%25%0D%0Aof: a, b\n")
    assert "file=a%2Cb%3Ac%25.py," in text


def test_no_line_without_a_file(tmp_path):
    zoo = samples.operator("log", samples.ENVELOPE, target="zoo:log", file="axiomkd/zoo/pools.py")
    ((_, where, _),) = commands(samples.report(zoo), here=tmp_path)
    assert set(where) == {"title"}


# --- the summary -----------------------------------------------------------------------------------------------------


def test_snapshot(snapshot):
    every = samples.report(*(one for r in SAMPLES.values() for one in r.operators), failures=SAMPLES["error"].failures)
    snapshot("gate.md", github.summary(every))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_summary_has_a_row_an_operator_and_a_block_for_what_stands_in_the_way(name):
    report = SAMPLES[name]
    text = github.summary(report)
    rows = [line for line in text.splitlines() if line.startswith("| <code>")]
    assert len(rows) == len(report.operators)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 8 for row in rows)
    wrong = len(commands(report)) - len(report.failures)
    assert text.count("<details>") == text.count("</details>") == wrong


def test_what_an_operator_says_is_no_markup():
    said = "</details> | *x* ```\n# heading ````"
    one = samples.operator("a|b`<c>", samples.reading("envelope", "refuted", said))
    text = github.summary(samples.report(one, failures=(Failure(target="x|y", message=said),)))
    assert text.count("</details>\n\n<") == 0 and "`````text" in text
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert outside.count("</details>") == 1 and "# heading" not in outside.replace("</summary>", "\n").split("\n\n")
    (row,) = [line for line in text.splitlines() if line.startswith("| <code>")]
    assert row.startswith(r"| <code>a\|b\`&lt;c&gt;</code> |")


def test_allowed_is_told_and_marked():
    text = github.summary(SAMPLES["fragile"], allow=("fragile",), code=0)
    assert "~ interior fragile" in text and "Exit code 0" in text


def test_a_summary_stays_below_the_limit(monkeypatch):
    monkeypatch.setattr(github, "LONGEST", 6000)
    many = samples.report(*(samples.operator(f"crowd{n}", samples.WIDE) for n in range(10)))
    text = github.summary(many)
    assert len(text.encode()) < 7000
    assert re.search(r"^\d more are left out here: the JSON report has them\.$", text, re.MULTILINE)
    assert "axiomkd 0.1.0" in text
