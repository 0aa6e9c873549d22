"""`axiomkd.Checker`: the reports of a check from workers that waited; one operator reaches no other; no process stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import axiomkd
from axiomkd import checker
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.operator import REGISTERED
from axiomkd.core.settings import Settings
from axiomkd.run.pool import Pool
from axiomkd.run.warm import Inbox, Request
from tests.patience import PATIENCE

FAST = {"effort": "quick", "K": 2, "C": 2, "readings": ["simplex", "positivity/common-support"], "cache": False}
HEAD = "import os, sys\nimport jax\nimport jax.numpy as jnp\nfrom axiomkd import operator\n"
HALF = HEAD + "@operator\ndef half(P, w):\n    return w @ P / 2\n"
LINEAR = HEAD + "@operator\ndef linear(P, w):\n    return w @ P\n"
# Leaves its mark on whatever it can reach, and fails where a mark is there.
MARKS = (
    HEAD
    + """
import builtins, json
assert not hasattr(builtins, "mark") and "MARK" not in os.environ and "marked" not in sys.modules
assert not hasattr(json, "mark") and jax.config.jax_numpy_rank_promotion == "allow" and os.getcwd() != "/"
builtins.mark = json.mark = True
os.environ["MARK"] = "1"
sys.modules["marked"] = sys
jax.config.update("jax_numpy_rank_promotion", "raise")
left = open(os.devnull)
os.chdir("/")
@operator
def marks(P, w):
    return w @ P
"""
)
CRASHES = HEAD + "@operator\ndef crashes(P, w):\n    os.abort()\n"


def named(P, w):
    return w @ P


def still(report):
    """The report without its times."""
    return json.loads(report.to_json(), object_hook=lambda d: {k: v for k, v in d.items() if k != "seconds"})


@pytest.fixture(scope="module")
def warm():
    with axiomkd.Checker(jobs=1, **FAST) as one:
        yield one


def verdicts(report):
    return [r.verdict for one in report.operators for r in one.readings]


# --- what is given ----------------------------------------------------------------------------------------------------


def test_source_text_is_checked_under_a_name_that_stands_for_it(warm):
    report = warm.check(HALF)
    assert verdicts(report)[0] == "refuted" and report.operators[0].target == "source.py::half"
    assert "axiomkd-" not in report.to_json().replace("axiomkd-pytest", "")


@pytest.mark.whole
def test_the_report_is_that_of_a_check(warm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ops.py").write_text(HALF + LINEAR)
    for target in ("ops.py", "ops.py::linear", Path("ops.py"), "zoo:log"):
        cold = axiomkd.check(os.fspath(target), **FAST)
        assert still(warm.check(target)) == still(cold)


@pytest.mark.whole
def test_a_function_of_a_file_is_checked_from_there(warm):
    report = warm.check(named)
    assert report.exit_code == 0 and report.operators[0].target.endswith("test_checker.py::named")


@pytest.mark.parametrize("what", [lambda P, w: w @ P, 5, None])
def test_what_no_other_process_can_load_is_refused(warm, what):
    with pytest.raises(UsageError, match="stands in no file|not a target"):
        warm.check(what)


def test_a_registered_instance_is_found_by_its_name(tmp_path):
    file = tmp_path / "instance.py"
    file.write_text("")
    before = len(REGISTERED)
    try:
        from dataclasses import replace

        from axiomkd.core.operator import describe

        class Pool:
            def __call__(self, P, w):
                return w @ P

        one = replace(describe(Pool(), name="mine"), file=str(file))
        REGISTERED.append(one)
        assert checker._text(one) == f"{file}::mine"
    finally:
        del REGISTERED[before:]


def test_what_cannot_be_loaded_is_one_error(warm):
    with pytest.raises(LoadError, match="source.py, line 2"):
        warm.check("x = 1\ndef (\n")
    with pytest.raises(LoadError, match="no such file"):
        warm.check("gone.py")


# --- one operator and the next ----------------------------------------------------------------------------------------


@pytest.mark.whole
def test_nothing_of_one_operator_is_left_for_the_next(warm):
    for _ in range(2):
        assert warm.check(MARKS).exit_code == 0


@pytest.mark.whole
def test_a_crash_and_a_hang_are_their_own():
    hangs = HEAD + "@operator\ndef hangs(P, w):\n    while True: pass\n"
    with axiomkd.Checker(jobs=2, **FAST, timeout=12) as one:
        found = {r.operators[0].name: r.operators[0].status for r in one.check_many([hangs, CRASHES, LINEAR, CRASHES])}
        assert found == {"hangs": "error", "crashes": "error", "linear": "valid"}
        assert one.check(LINEAR).exit_code == 0


def test_reports_come_in_the_order_in_which_they_end_and_no_more_is_taken_than_needed(monkeypatch):
    taken = []

    def endless():
        while True:
            taken.append(f"target {len(taken)}")
            yield taken[-1]

    held = threading.Event()

    def told(self, target, errands):
        if target == "target 0":
            held.wait(PATIENCE)
        return target

    monkeypatch.setattr(checker.Checker, "_told", told)
    monkeypatch.setattr(Pool, "fill", lambda self, settings: None)
    with axiomkd.Checker(jobs=2, **FAST) as one:
        reports = one.check_many(endless())
        assert [next(reports) for _ in range(3)] == ["target 1", "target 2", "target 3"]
        assert len(taken) <= 3 + 2 * checker.QUEUED
        held.set()
        reports.close()


# --- coming and going -------------------------------------------------------------------------------------------------


def test_after_close_it_says_so():
    one = axiomkd.Checker(jobs=1, **FAST)
    one.close()
    one.close()
    for again in (lambda: one.check("zoo:linear"), lambda: one.check(LINEAR), lambda: one.check_many([])):
        with pytest.raises(UsageError, match="this Checker is closed"):
            again()


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"effort": "no"}, {"profile": "no"}, {"K": 1}])
def test_wrong_arguments_are_refused_before_anything_is_started(wrong, monkeypatch):
    monkeypatch.setattr(Pool, "fill", lambda self, settings: pytest.fail("started"))
    with pytest.raises(UsageError):
        axiomkd.Checker(**wrong)


def test_a_worker_that_has_died_waiting_is_replaced():
    settings = Settings(effort="quick")
    pool = Pool(1)
    try:
        pool.fill(settings)
        (first,) = pool._ready
        os.kill(first._process.pid, 9)
        first._process.join(PATIENCE)
        pool.fill(settings)
        (second,) = pool._ready
        assert second is not first and second.alive
        pool.fill(Settings(effort="standard"))
        (third,) = pool._ready
        assert third.settings.effort == "standard"
    finally:
        pool.close()
    assert not pool._ready


LEFT = """
import os, sys, axiomkd
one = axiomkd.Checker(jobs=2, effort="quick")
print(*(w._process.pid for w in one._pool._ready), flush=True)
{then}
"""


@pytest.mark.parametrize(
    "then",
    ["pass", *(pytest.param(one, marks=pytest.mark.whole) for one in ("sys.exit(3)", "os.kill(os.getpid(), 9)"))],
)
def test_no_process_outlives_the_program(then, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LEFT.format(then=then)], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path
    )
    pids = [int(one) for one in done.stdout.split()]
    assert len(pids) == 2 and "Traceback" not in done.stderr
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


FORKED = """
import os, axiomkd
FAST = {fast!r}
with axiomkd.Checker(jobs=1, **FAST) as one:
    assert one.check("zoo:linear").exit_code == 0
    if not (pid := os.fork()):
        try:
            assert axiomkd.check("zoo:linear", **FAST).exit_code == 0
            with axiomkd.Checker(jobs=1, **FAST) as two:
                assert two.check("zoo:linear").exit_code == 0
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert one.check("zoo:linear").exit_code == 0
print("done")
"""


@pytest.mark.whole
def test_a_fork_of_the_program_has_workers_of_its_own(tmp_path):
    code = FORKED.format(fast=FAST)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path)
    assert done.stdout == "done\n", done.stderr


@pytest.mark.whole
def test_threads_may_share_one(warm):
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(warm.check(LINEAR).exit_code)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
    assert found == [0, 0, 0]


# --- the worker's side ------------------------------------------------------------------------------------------------


def test_a_request_of_any_length_is_read_whole(tmp_path):
    path = tmp_path / "request"
    os.mkfifo(path)
    inbox = Inbox(path)
    assert not inbox.filled()
    asked = Request(cwd="/", path=["x" * 300_000], source="a.py", ahead=True)
    fd = os.open(path, os.O_WRONLY)
    writing = threading.Thread(target=lambda: os.write(fd, asked.model_dump_json().encode() + b"\n"))
    writing.start()
    assert inbox.read() == asked
    writing.join(PATIENCE)
    os.close(fd)
