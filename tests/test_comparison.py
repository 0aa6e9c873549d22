"""Two reports side by side: what counts as lost, and how it is told."""

import io

import pytest
from rich.console import Console

from axiomkd import axioms
from axiomkd.core.report import Failure, Report
from axiomkd.gate.comparison import compared
from axiomkd.report.differences import render, summary
from tests.command import axiomkd
from tests.report import samples


def one(verdict="holds", name="a", **more) -> Report:
    margin = {"holds": 0.0, "refuted": -0.05}.get(verdict)
    reading = samples.reading("envelope", verdict, **{"margin": margin, **more})
    return samples.report(samples.operator(name, reading))


def shown(old: Report, new: Report, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    render(compared(old, new), console=console)
    return console.file.getvalue()  # type: ignore[attr-defined]


PROVED = {"scope": "all K, C", "method": "theorem: averages"}


@pytest.mark.parametrize(
    "old, new, kind",
    [
        (one("holds"), one("refuted"), "lost"),
        (one("proved"), one("inconclusive"), "lost"),
        (one("holds"), one("fragile"), "lost"),
        (one("proved"), one("error"), "lost"),
        (one("refuted"), one("holds"), "gained"),
        (one("inconclusive"), one("proved"), "gained"),
        (one("proved"), one("holds"), "weaker"),
        (one("holds"), one("proved"), "stronger"),
        (one("inconclusive"), one("refuted"), "verdict"),
        (one("proved", **PROVED), one("proved", **{**PROVED, "scope": "K = 2, C = 2"}), "scope"),
        (one("proved", **PROVED), one("proved", **{**PROVED, "method": "smt"}), "proof"),
        (one("refuted", margin=-0.05), one("refuted", margin=-0.06), "margin"),
        (one("refuted", margin=-0.05), one("refuted", margin=-0.05 - 1e-12), "same"),
        (one("proved", margin=None), one("proved", margin=0.0), "same"),
        (one("proved", margin=0.5), one("proved", margin=0.0), "margin"),
        (one("holds", cases=10), one("holds", cases=11), "same"),
        (one("holds"), one("holds"), "same"),
    ],
)
def test_kinds(old, new, kind):
    found = compared(old, new)
    (change,) = [c for pair in found.pairs for c in pair.changes if c.name == "envelope"]
    assert change.kind == kind
    assert bool(found.lost) == (kind == "lost")
    assert len(found.of("same")) == len(axioms.READINGS) - (kind != "same")


def without(report: Report, name: str) -> Report:
    (operator,) = report.operators
    readings = [r for r in operator.readings if r.reading != name]
    return report.model_copy(update={"operators": [operator.model_copy(update={"readings": readings})]})


def test_what_is_not_checked_any_more_is_lost_where_it_held():
    assert [c.name for _, c in compared(one("holds"), without(one(), "envelope")).lost] == ["envelope"]
    assert not compared(one("refuted"), without(one(), "envelope")).lost
    assert not compared(without(one(), "envelope"), one("refuted")).lost


def test_an_operator_that_is_gone_is_told_and_not_lost():
    both = samples.report(*one().operators, *one(name="b").operators)
    found = compared(both, one())
    assert not found.lost and summary(found) == f"{len(axioms.READINGS)} as before, 1 operator gone"
    assert "my_op.py::b  not in the new report: valid" in shown(both, one())
    assert "my_op.py::b  new: valid" in shown(one(), both)


@pytest.mark.parametrize("failed", ["my_op.py", "my_op.py::a"])
def test_an_operator_whose_file_could_not_be_loaded_has_lost_what_held(failed):
    broken = samples.report().model_copy(update={"operators": [], "failures": [Failure(target=failed, message="no")]})
    found = compared(one("holds"), broken)
    assert "envelope" in [c.name for _, c in found.lost]
    assert "my_op.py::a  could not be loaded: it was valid" in shown(one("holds"), broken)
    assert "no longer hold" in summary(found) and "gone" not in summary(found)
    elsewhere = broken.model_copy(update={"failures": [Failure(target="my_op.pyx", message="no")]})
    assert not compared(one("holds"), elsewhere).lost


def moved(report: Report, target: str) -> Report:
    (operator,) = report.operators
    return report.model_copy(update={"operators": [operator.model_copy(update={"target": target})]})


def test_an_operator_that_has_moved_is_the_same():
    found = compared(one("holds"), moved(one("refuted"), "new.py::a"))
    assert [(pair.moved, change.name) for pair, change in found.lost] == [("my_op.py::a", "envelope")]
    assert "new.py::a  was my_op.py::a" in shown(one("holds"), moved(one("refuted"), "new.py::a"))


def test_two_of_a_name_are_not_mixed_up():
    twins = samples.report(*moved(one(), "x.py::a").operators, *moved(one(), "y.py::a").operators)
    found = compared(one(), twins)
    assert [pair.moved for pair in found.pairs] == [None, None, None]


def test_settings_that_differ_are_told_first():
    new = one().model_copy(update={"settings": one().settings.model_copy(update={"seed": 3, "effort": "quick"})})
    assert shown(one(), new).startswith("seed: 0 → 3\neffort: standard → quick\nVerdicts may differ by these alone.\n")


def test_the_tables():
    proved = samples.operator("a", samples.reading("hull", "proved", margin=0.0, **PROVED))
    old = samples.report(proved, *one(name="b").operators)
    new = samples.report(samples.operator("a", samples.ENVELOPE, samples.HULL), *one(name="b").operators)
    wide = [line.split("  ") for line in shown(old, new, 120).splitlines() if "hull" in line]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in wide]
    assert cells == [
        ["convexity/hull", "no longer holds", "proved · all K, C · theorem averages", "refuted · exact · by 1/6"]
    ]
    assert "my_op.py::b" not in shown(old, new)
    narrow = shown(old, new, 40)
    assert max(map(len, narrow.splitlines())) <= 40 and "no longer holds" in narrow
    assert "    old     proved · all K, C" in narrow and "    new     refuted · exact · by 1/6" in narrow
    assert shown(old, old) == f"{2 * len(axioms.READINGS)} as before\n"


def test_margins_that_differ_are_shown_to_the_digit():
    assert "holds · margin 0.25" in shown(one(margin=0.25), one(margin=0.2500001), 120)
    assert "holds · margin 0.2500001" in shown(one(margin=0.25), one(margin=0.2500001), 120)


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one("holds").save("old.json")
    one("refuted").save("new.json")
    worse = axiomkd("compare", "old.json", "new.json")
    assert worse.returncode == 1 and f"1 reading no longer holds, {len(axioms.READINGS) - 1} as before" in worse.stdout
    assert axiomkd("compare", "new.json", "old.json").returncode == 0
    assert axiomkd("compare", "old.json", "old.json").stdout == f"{len(axioms.READINGS)} as before\n"
