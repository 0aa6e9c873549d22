"""Operators that misbehave, checked by the command line, each in its process: a verdict for each, the rest unharmed."""

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from axiomkd import axioms
from tests.patience import PATIENCE

pytestmark = pytest.mark.whole  # whole runs of the command, most of them in processes of their own

OPERATORS = Path(__file__).parent / "operators"
FILE = OPERATORS / "misbehaving.py"
# name -> what the message must say
SAID = {
    "raises": "raises on purpose",
    "raises_on_some": "too sure",
    "wrong_shape": "shape",
    "nan_everywhere": "NaN",
    "exits": "exit",
    "exits_at_once": "exit code 0",
    "exits_at_once_later": "exit code 7",
    "segfaults": "SIGSEGV",
    "allocates": "MemoryError",
    "draws": "two calls at one point",
    "mutates": "in place",
    "complex_result": "complex",
    "string_result": "string",
    "none_result": "None",
    "tires": "two calls at one point",
}


def axiomkd(*args, timeout=PATIENCE, **more):
    command = [sys.executable, "-m", "axiomkd", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)


def report_of(folder, file, *options):
    """Exit code and standard error of a check, and the operators of its report by name."""
    out = folder / "report.json"
    done = axiomkd("check", file.name, "--json", out, "--effort", "quick", *options, cwd=file.parent)
    report = json.loads(out.read_text()) if out.exists() else {"operators": []}
    return done, {one["name"]: one for one in report["operators"]}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """All of the file, at once."""
    return report_of(tmp_path_factory.mktemp("reports"), FILE, "--jobs", 4, "-K", "2", "-C", "2,3")


def test_the_file_is_checked_to_its_end(checked):
    done, operators = checked
    assert done.returncode == 1, done.stderr
    assert set(operators) == {"well", "last_well", *SAID}, done.stderr


@pytest.mark.parametrize("name", ["well", "last_well"])
def test_the_others_of_the_file_are_unharmed(checked, name):
    _, operators = checked
    one = operators[name]
    assert one["status"] == "valid", one["message"]


@pytest.mark.parametrize("name", SAID)
@pytest.mark.weekly(3)
def test_it_ends_as_error_and_says_why(checked, name):
    _, operators = checked
    one = operators[name]
    assert one["status"] == "error"
    assert SAID[name] in one["message"], one["message"]
    verdicts = {r["verdict"] for r in one["readings"]}
    assert "error" in verdicts and verdicts <= {"error", "refuted"}
    assert len(one["readings"]) == len(axioms.READINGS)


@pytest.mark.parametrize("name", SAID)
def test_it_names_the_call_it_ended_in(checked, name):
    """Every error has a point in the interior and lines of Python that repeat the call."""
    _, operators = checked
    error = next(r for r in operators[name]["readings"] if r["verdict"] == "error")
    witness = error["witness"]
    for row in [*witness["P"], witness["w"]]:
        total = sum(Fraction(float.fromhex(x)) if "0x" in x else Fraction(x) for x in row)
        assert abs(total - 1) < Fraction(1, 2**50)
    assert f"{FILE.name}::{name}" in error["reproducer"]


@pytest.mark.parametrize(
    ("name", "seen"), [("raises_on_some", "too sure"), ("exits_at_once_later", ""), ("segfaults", "")]
)
def test_the_reproducer_reproduces(checked, name, seen):
    _, operators = checked
    error = next(r for r in operators[name]["readings"] if r["verdict"] == "error")
    done = subprocess.run(
        ["bash", "-c", f'python() {{ "{sys.executable}" "$@"; }}\n{error["reproducer"]}'],
        capture_output=True,
        text=True,
        cwd=FILE.parent,
        timeout=PATIENCE,
    )
    assert done.returncode != 0 or ("seen again" in done.stdout and seen in done.stdout)
    assert "axiomkd/witness" not in done.stdout + done.stderr


def test_no_traceback_of_the_checkers_own(checked):
    done, _ = checked
    assert "internal error" not in done.stderr
    assert "axiomkd/checking/engine.py" not in done.stderr and "axiomkd/run/worker.py" not in done.stderr


def test_an_endless_operator_is_ended_and_the_rest_goes_on(tmp_path):
    options = ["--timeout", 4, "--jobs", 4, "-K", "2", "-C", "2", "--reading", "simplex"]
    done, operators = report_of(tmp_path, OPERATORS / "endless.py", *options)
    assert done.returncode == 1, done.stderr
    for name in ("sleeps", "spins", "sleeps_on_some"):
        one = operators[name]
        assert one["status"] == "error"
        assert re.search(rf"no answer within 4 s; it was at endless\.py, line \d+, in {name}", one["message"])
        (reading,) = one["readings"]
        assert reading["verdict"] == "error" and reading["witness"] and name in reading["reproducer"]
    assert operators["comes_back"]["readings"][0]["verdict"] in ("proved", "holds")


def test_what_it_starts_ends_with_it(tmp_path):
    """A process that the operator leaves behind does not outlive the check."""
    file, mark = tmp_path / "breeds.py", f"300.{os.getpid()}"
    file.write_text(
        "import subprocess\n"
        "from axiomkd import operator\n"
        "@operator\n"
        "def breeds(P, w):\n"
        f"    subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
        "    while True: pass\n"
    )
    done = axiomkd("check", file, "--effort", "quick", "--timeout", "3")
    assert done.returncode == 1, done.stderr
    running = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True)
    assert running.returncode == 0 and f"sleep {mark}" not in running.stdout
