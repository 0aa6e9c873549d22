"""The process that workers are forked from, started ahead of the command that may need it."""

import os
import subprocess
import sys
import time

import pytest

from axiomkd.core.package import CACHE_FOLDER
from axiomkd.run import server

AHEAD = """
import os, sys
from multiprocessing import forkserver
from axiomkd.run import server
server.ahead(sys.argv[1:])
print(forkserver._forkserver._forkserver_pid, {"axiomkd.cli.app", "jax", "pydantic"} & set(sys.modules))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.py").write_text("x = 1\n")
    return tmp_path


def kept(folder, *, older):
    made = folder / CACHE_FOLDER
    made.mkdir()
    changed = (folder / "pool.py").stat().st_mtime_ns + (-1 if older else 1) * 10**9
    os.utime(made, ns=(changed, changed))


def test_without_answers_of_earlier_runs_it_is_started_ahead(folder):
    assert server._likely(["check", "pool.py"]) and server._likely(["prove", "zoo:linear"])


def test_it_is_not_where_only_options_are_asked_for(folder):
    assert not server._likely(["check", "--help"])


def test_answers_newer_than_the_files_are_looked_at_first(folder):
    kept(folder, older=False)
    assert not server._likely(["check", "pool.py::linear"])
    assert server._likely(["check", "pool.py", "--no-cache"])


def test_a_file_saved_after_the_answers_will_be_checked(folder):
    kept(folder, older=True)
    assert server._likely(["check", "pool.py::linear"]) and not server._likely(["check", "elsewhere.py"])


def test_one_that_nobody_used_ends_with_who_started_it(folder):
    said = folder / "said"
    with said.open("w") as out:  # a pipe would be held open by the server, and waited for
        subprocess.run(
            [sys.executable, "-c", AHEAD, "check", "pool.py"],
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
    pid, imported = said.read_text().split(maxsplit=1)
    assert imported.strip() == "set()"
    ended = time.monotonic() + 0.5  # far less than it would take to import what it is for, and then to end by itself
    while _alive(int(pid)) and time.monotonic() < ended:
        time.sleep(0.02)
    assert not _alive(int(pid))


def _alive(pid):
    """Whether it runs: a child of nobody's may wait as a zombie for who collects those."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
