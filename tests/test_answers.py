"""A check that is answered from an earlier one: the same report, without a worker, and only while nothing has changed."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from axiomkd.core.settings import Settings
from axiomkd.run import isolate, session
from axiomkd.run.answers import Answers
from axiomkd.run.cache.store import Store
from tests.command import axiomkd
from tests.patience import PATIENCE

TINY = ("--effort", "quick", "-K", "2", "-C", "2", "--reading", "envelope")
OPERATOR = """
from axiomkd import operator
import numpy as np
from scale import factor

@operator
def mean(P, w):
    print("called")
    return factor * (w @ P)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ops.py").write_text(OPERATOR)
    Path("scale.py").write_text("factor = 1\n")
    time.sleep(0.06)


@pytest.mark.whole
def test_an_unchanged_operator_is_answered_and_a_changed_one_is_checked(place):
    first = axiomkd("check", "ops.py", *TINY, "--json", "1.json", "--verbose")
    assert first.returncode == 0 and "unchanged" not in first.stderr
    again = axiomkd("check", "ops.py", *TINY, "--json", "2.json", "--verbose")
    assert again.returncode == 0 and again.stdout == first.stdout
    assert "1 of 1 from .axiomkd_cache, unchanged; `--no-cache` checks again" in again.stderr
    assert Path("1.json").read_bytes() == Path("2.json").read_bytes()
    assert "called" in json.loads(Path("2.json").read_text())["operators"][0]["output"]

    Path("scale.py").write_text("factor = 2\n")
    time.sleep(0.06)
    changed = axiomkd("check", "ops.py", *TINY)
    assert changed.returncode == 1 and "unchanged" not in changed.stderr


@pytest.fixture
def counted(place, monkeypatch):
    """Which calls reached a worker."""
    calls = []
    for name in ("operators", "run"):
        real = getattr(isolate, name)

        def call(*args, real=real, name=name, **options):
            calls.append(name)
            return real(*args, **options)

        monkeypatch.setattr(isolate, name, call)
    return calls


def settings(**others) -> Settings:
    return Settings(**{"effort": "quick", "K": (2,), "C": (2,), "readings": ("envelope",), **others})


@pytest.mark.whole
def test_what_reaches_a_worker(counted):
    answers = Answers(Store())
    session.check(["ops.py"], settings(), answers=answers)
    assert counted == ["operators", "run"]
    session.check(["ops.py", "ops.py::mean"], settings(timeout=60.0), answers=answers)
    assert counted == ["operators", "run", "operators"]  # the second target is another question, the operator the same

    counted.clear()
    session.check(["ops.py"], settings(pictures=True), answers=answers)
    assert counted == ["run"]  # the pictures were missing
    session.check(["ops.py"], settings(pictures=True), answers=answers)
    plain = session.check(["ops.py"], settings(), answers=answers)
    assert counted == ["run"] and plain.operators[0].pictures is None

    counted.clear()
    session.check(["ops.py"], settings(seed=1), answers=answers)
    session.check(["ops.py"], settings(), answers=Answers())
    assert counted == ["run", "operators", "run"]


@pytest.mark.whole
def test_errors_and_what_the_clock_stopped_are_not_kept(counted):
    Path("ops.py").write_text("import axiomkd\n@axiomkd.operator\ndef f(P, w):\n    raise ValueError('no')\n")
    time.sleep(0.06)
    answers = Answers(Store())
    for _ in range(2):
        assert session.check(["ops.py"], settings(), answers=answers).operators[0].status == "error"
    assert counted == ["operators", "run", "run"]

    counted.clear()
    for _ in range(2):
        session.check(["zoo:linear"], settings(budget=1.0), answers=answers)
    assert counted == ["operators", "run", "run"]


@pytest.mark.whole
def test_answering_starts_no_worker_and_imports_no_jax(place):
    assert axiomkd("check", "ops.py", *TINY, "--quiet").returncode == 0
    code = (
        "import sys, multiprocessing.forkserver as server\n"
        "from axiomkd.cli.app import run\n"
        f"code = run(['check', 'ops.py', '--quiet', *{TINY!r}])\n"
        "assert code == 0 and server._forkserver._forkserver_pid is None\n"
        "print(sorted({'jax', 'hypothesis', 'sympy', 'z3', 'flint', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout.splitlines()[-1] == "[]"
