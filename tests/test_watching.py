"""Checking again on save: which files are looked at, when a change counts, and a whole session of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from axiomkd.run import watching
from tests.patience import PATIENCE

GOOD = "from axiomkd import operator\nfrom scale import factor\n\n@operator\ndef mean(P, w):\n    return factor * (w @ P)\n"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("ops", "ops/deep", "data"):
        Path(folder).mkdir()
    for file in ("ops/a.py", "ops/deep/b.py", "ops/note.txt", "lone.py", "beside.py", "data/w.npy"):
        Path(file).write_text("")


def names(*args) -> set[str]:
    return {os.path.relpath(one) for one in watching.files(*args)}


def test_what_is_watched():
    assert names(["ops/"], []) == {"ops/a.py", "ops/deep/b.py", "pyproject.toml"}
    assert names(["lone.py::f"], ["data/w.npy"]) == {"lone.py", "beside.py", "data/w.npy", "pyproject.toml"}
    assert names(["zoo:linear", "package.module"], []) == {"pyproject.toml"}
    assert names(["gone.py"], []) == {"gone.py", "lone.py", "beside.py", "pyproject.toml"}


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("lone.py").write_text("x"),
        lambda: os.utime("lone.py", (1, 1)),
        lambda: Path("lone.py").unlink(),
        lambda: (Path("new.tmp").write_text("x"), Path("new.tmp").replace("lone.py")),
    ],
    ids=["written", "touched", "removed", "replaced"],
)
def test_each_way_of_saving_is_seen(change):
    watched = lambda: {os.path.abspath("lone.py")}  # noqa: E731
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            change()

    assert watching.changed(watched, watching.state(watched()), sleep=sleep) == [os.path.abspath("lone.py")]
    assert slept == [watching.POLL, watching.POLL, watching.SETTLED]


def test_a_new_file_in_the_folder_is_a_change():
    watched = lambda: watching.files(["ops/"], [])  # noqa: E731
    before = watching.state(watched())
    Path("ops/c.py").write_text("")
    assert watching.changed(watched, before, sleep=lambda _: None) == [os.path.abspath("ops/c.py")]


def test_a_save_under_way_is_waited_for():
    """A file that is still growing is not whole."""
    watched = lambda: {os.path.abspath("lone.py")}  # noqa: E731
    before = watching.state(watched())
    writes = iter(["a", "aa", "aaa"])

    def sleep(_):
        for text in writes:
            Path("lone.py").write_text(text)
            return

    Path("lone.py").write_text("begun")
    watching.changed(watched, before, sleep=sleep)
    assert Path("lone.py").read_text() == "aaa"


@pytest.mark.whole
def test_a_session():
    """A helper is saved, which breaks the operator; then a file that is not Python; then Ctrl-C."""
    Path("ops/a.py").write_text(GOOD)
    Path("ops/scale.py").write_text("factor = 1\n")
    tiny = ("--effort", "quick", "-K", "2", "-C", "2", "--reading", "envelope", "--quiet")
    command = [sys.executable, "-m", "axiomkd", "check", "ops/a.py", *tiny, "--watch"]
    with open("out.txt", "w") as out:
        running = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for("watching", 1)
        Path("ops/scale.py").write_text("factor = 2\n")
        wait_for("watching", 2)
        assert "changed: ops/scale.py" in said()
        assert said().count("meets convexity/envelope") == 1 and said().count("fails convexity/envelope") == 1
        Path("ops/a.py").write_text("def (\n")
        wait_for("watching", 3)
        assert "ops/a.py, line 1" in said()
        Path("ops/a.py").write_text(GOOD)
        Path("ops/scale.py").write_text("factor = 1\n")
        wait_for("watching", 4)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=PATIENCE) == 0
        assert "Traceback" not in said()
    finally:
        running.kill()
        running.wait()


def said() -> str:
    return Path("out.txt").read_text()


def wait_for(text: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while said().count(text) < count:
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)
