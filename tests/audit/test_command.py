"""The command `precision`, `check --precision`, and what Python has of both, on a file as a user has it."""

import json
import subprocess
import sys

import pytest

import axiomkd
from axiomkd.core.audit import AdviceModel, AuditReport
from axiomkd.core.errors import UsageError
from axiomkd.core.report import Report
from axiomkd.report import precision
from tests.command import axiomkd as command
from tests.patience import PATIENCE

FILE = """
import jax.numpy as jnp
from axiomkd import operator

@operator(inputs="logits", C=[2, 3, 10])
def averaged(Z, w):
    z = jnp.exp(w @ Z)
    return z / z.sum()

@operator(C=[2, 3, 10])
def linear(P, w):
    return w @ P
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "pools.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("cases", "told"), [(1, "1 input that loses it"), (2, "2 inputs that lose it")])
def test_one_input_and_several_are_told_each_in_its_way(cases, told):
    one = AdviceModel(name="xlogy", how=[], before=None, error=1e-16, cases=cases, still=0)
    assert list(precision.advice(one))[-1].endswith(f"over {told}")


@pytest.mark.whole
def test_what_is_lost_is_told_and_run_again(folder):
    done = command("precision", "pools.py", "--dtype", "float16", "--json", "found.json")
    assert done.returncode == 1, done.stderr
    report = AuditReport.model_validate_json((folder / "found.json").read_text())
    first, second = report.operators
    assert first.loses and not second.loses and report.exit_code == 1
    assert "pools.py::averaged" in done.stdout and "1 of 2 operators loses something" in done.stdout
    for loss in first.dtypes[0].losses:
        assert loss.advice is not None and any("pools.py:7" in line for line in loss.advice.how)
        run = subprocess.run([sys.executable, "-c", loss.reproducer], capture_output=True, text=True, timeout=PATIENCE)
        assert run.returncode == 0, run.stderr
        assert "nan" in run.stdout or "0." in run.stdout
    assert json.loads((folder / "found.json").read_text())["schema"] == "axiomkd.precision/1"


@pytest.mark.whole
def test_nothing_lost_is_exit_code_0(folder):
    done = command("precision", "pools.py::linear", "--dtype", "float16", "--json", "-")
    assert done.returncode == 0 and json.loads(done.stdout)["operators"][0]["name"] == "linear"


def test_what_cannot_be_asked(folder):
    assert command("precision", "pools.py", "--dtype", "float8").returncode == 2
    assert command("precision", "no_such.py").returncode == 2
    with pytest.raises(UsageError, match="no dtype 'half'"):
        axiomkd.precision("pools.py", ["half"])


@pytest.mark.whole
def test_a_check_with_precision_has_a_section(folder):
    arguments = ("--precision", "--effort", "quick", "--reading", "simplex", "--no-cache")
    done = command("check", "pools.py::averaged", *arguments, "--json", "r.json", "--html", "r.html")
    (one,) = Report.load(folder / "r.json").operators
    assert one.precision is not None and one.precision.loses
    assert "in floating point" in done.stdout and "NaN or inf" in done.stdout
    assert "In floating point" in (folder / "r.html").read_text()
    assert done.returncode == 0  # a reading is what a check judges


@pytest.mark.whole
def test_from_python():
    def linear(P, w):
        return w @ P

    report = axiomkd.precision(axiomkd.operator(C=[2, 3], name="plainly")(linear), ["float16"])
    assert [one.name for one in report.operators] == ["plainly"] and report.exit_code == 0
    assert "nothing lost" in precision.text(report)
