"""Many operators: the order of a report, results on disk as they end, and going on from them. Nothing is checked in earnest here
but where a run is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from axiomkd.core.errors import Lost, UsageError
from axiomkd.core.settings import Settings
from axiomkd.run import household, session
from axiomkd.run import stream as streams
from axiomkd.run.aftermath import End, Heard, finished
from axiomkd.run.answers import Answers
from axiomkd.run.cache.dependencies import Dependencies, digest
from axiomkd.run.stream import Stream
from axiomkd.run.worker import Ref
from tests.patience import PATIENCE

SETTINGS = session.resolved(Settings(effort="quick", readings=("envelope",)))


class Known(Answers):
    """What each file holds, without a worker that loads it."""

    def operators(self, source, settings, *, leans_on=None):
        return [Ref(name=Path(source.text).stem, target=f"{source.text}::f", file=source.text, line=1)]


def done(ref, verdict="inconclusive"):
    event = finished(ref, SETTINGS, Heard(), End("looked at", interrupted=True), None, 0.0)
    return event


class Work:
    """Checks nothing, in a while that is another each time."""

    def __init__(self, seed=0, jobs=1):
        self.seen, self.random, self.jobs = [], random.Random(seed), jobs

    def run(self, ref, settings, *, stop, leans_on):
        self.seen.append(ref.name)
        time.sleep(self.random.random() / 200)
        path = os.path.abspath(ref.file)
        leans_on(Dependencies(files={path: digest(path)}))
        yield done(ref)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"op{n}.py" for n in range(40)]
    for name in names:
        Path(name).write_text(f"# {name}\n")
    time.sleep(0.06)  # a file that is younger than a run's beginning may be changing still
    return names


def run(files, *, work=None, path="out.jsonl", resume=False, settings=SETTINGS, jobs=1):
    work = work or Work(jobs=jobs)
    with Stream(path, settings, resume=resume) as stream:
        report = session.check(files, settings, answers=Known(), elsewhere=work, stream=stream)
        return report, work.seen, stream.problem


def test_the_report_is_in_the_order_of_the_targets_whatever_the_order_of_ending(files):
    one = session.check(files, SETTINGS, answers=Known(), elsewhere=Work())
    many = session.check(files, SETTINGS, answers=Known(), elsewhere=Work(1, 16))
    assert one.to_json() == many.to_json() and [o.file for o in many.operators] == files


def test_partial_reports_are_not_written_anew_for_each_of_many(files):
    seen = []
    session.check(
        files, SETTINGS, answers=Known(), elsewhere=Work(), so_far=lambda report: seen.append(len(report.operators))
    )
    assert seen[:5] == [1, 2, 3, 4, 5] and len(seen) < 30 and seen == sorted(seen)


def test_a_stream_has_a_line_an_operator_and_is_not_written_over(files):
    run(files, jobs=4)
    first, *others = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert first["schema_"] == "axiomkd.stream/1" and first["settings"]["effort"] == "quick"
    assert sorted(one["ref"]["file"] for one in others) == sorted(files)
    with pytest.raises(UsageError, match=r"--stream out.jsonl: it is there already. `--resume out.jsonl` goes on"):
        run(files)


def test_a_run_goes_on_where_it_stopped(files):
    whole, *_ = run(files, path="whole.jsonl")
    run(files[:25], jobs=3)
    with open("out.jsonl", "a") as file:
        file.write('{"kind":"operator","key":"' + "0" * 40)  # killed in the middle of a line
    report, seen, _ = run(files, resume=True, jobs=3)
    assert sorted(seen) == sorted(name[:-3] for name in files[25:])
    assert report.to_json() == whole.to_json()
    assert [json.loads(line)["kind"] for line in Path("out.jsonl").read_text().splitlines()] == ["run"] + 40 * [
        "operator"
    ]
    assert run(files, resume=True)[1] == []


def test_what_has_changed_is_checked_anew(files):
    run(files)
    Path(files[3]).write_text("# another\n")
    assert run(files, resume=True)[1] == ["op3"]
    time.sleep(0.06)
    assert run(files, resume=True)[1] == ["op3"]  # it had changed while it was being checked, for all one knows
    assert run(files, resume=True)[1] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 1}, "seed was 0, is 1"),
        ({"effort": "standard"}, 'effort was "quick", is "standard"'),
        ({"timeout": 3.0}, "timeout was null, is 3.0"),
        ({"K": (2,)}, r"K was \[\], is \[2\]"),
    ],
)
def test_other_settings_are_an_error(files, change, told):
    run(files[:1])
    from dataclasses import replace

    with pytest.raises(UsageError, match=rf"--resume out.jsonl: of a run with other settings: {told}\. Give those"):
        run(files, resume=True, settings=replace(SETTINGS, **change))


def tampered(line, change):
    entry = json.loads(line)
    change(entry["finished"]["result"], entry)
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda result, entry: result.update(status="valid"),
        lambda result, entry: result.update(requires={}),
        lambda result, entry: result["profiles"].update(article=True),
        lambda result, entry: result["readings"][0].update(required=False),
        lambda result, entry: result.update(target="other.py::f"),
        lambda result, entry: entry["ref"].update(target="other.py::f"),
        lambda result, entry: entry.update(leans_on=None),
        lambda result, entry: result.update(run="code"),
        lambda result, entry: entry.update(finished=[]),
    ],
)
def test_a_line_that_says_what_does_not_follow_is_no_answer(files, change):
    run(files[:2])
    first, second, third = Path("out.jsonl").read_text().splitlines()
    Path("out.jsonl").write_text("\n".join([first, tampered(second, change), third, ""]))
    assert run(files[:2], resume=True)[1] == ["op0"]


def test_lines_of_another_environment_are_no_answer(files, monkeypatch):
    run(files[:2])
    monkeypatch.setattr(streams.environment, "fingerprint", lambda: "other")
    assert run(files[:3], resume=True)[1] == ["op0", "op1", "op2"]
    assert run(files[:3], resume=True)[1] == []


@pytest.mark.parametrize("text", ["# ops\n", "{}\n", "\x00\x00\n"])
def test_what_is_no_stream_is_told_and_kept(files, text):
    Path("other").write_text(text)
    with pytest.raises(UsageError, match="--resume other: not what `--stream` writes"):
        run(files, path="other", resume=True)
    assert Path("other").read_text() == text


@pytest.mark.parametrize(
    ("path", "resume", "told"),
    [
        ("none/out.jsonl", False, "cannot be opened"),
        ("none.jsonl", True, "no such file"),
        (".", True, "not a file"),
        ("/dev/null", False, "not a file"),
    ],
)
def test_a_file_that_will_not_do_is_told(files, path, resume, told):
    with pytest.raises(UsageError, match=told):
        run(files, path=path, resume=resume)


def test_two_runs_do_not_write_to_one_file(files):
    with (
        Stream("out.jsonl", SETTINGS, resume=False),
        pytest.raises(UsageError, match="another run is writing to it"),
    ):
        run(files, resume=True)


def test_a_full_disk_ends_the_stream_and_not_the_check(files, monkeypatch):
    real, calls = os.pwrite, []

    def full(fd, data, at):
        calls.append(len(data))
        if len(calls) < 6:
            return real(fd, data, at)
        if len(calls) == 6:
            return real(fd, data[:100], at)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    report, seen, problem = run(files)
    assert len(report.operators) == 40 and len(seen) == 40
    assert problem == "--stream out.jsonl: results are no longer written there (No space left on device)."
    monkeypatch.undo()
    os.chdir(os.path.dirname(os.path.abspath("out.jsonl")))


def test_after_a_full_disk_the_half_line_is_no_problem(files):
    run(files[:4])
    text = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(text[:-50])
    assert run(files[:4], resume=True)[1] == ["op3"]


def test_where_all_is_lost_what_was_settled_is_kept(files):
    class Gone(Work):
        def run(self, ref, settings, *, stop, leans_on):
            if ref.name == "op7":
                raise Lost("the scheduler is gone")
            yield from super().run(ref, settings, stop=stop, leans_on=leans_on)

    with pytest.raises(session.Interrupted, match="the scheduler is gone") as caught:
        run(files, work=Gone())
    assert [one.name for one in caught.value.report.operators] == [f"op{n}" for n in range(7)]
    assert caught.value.report.partial and caught.value.why
    assert len(run(files, resume=True)[1]) == 33


POOL = """
import numpy as np
from axiomkd import operator

@operator
def pool(P, w):
    return w @ np.asarray(P)
"""


@pytest.mark.whole
def test_a_run_that_is_killed_goes_on(tmp_path):
    for n in range(4):
        (tmp_path / f"pool{n}.py").write_text(POOL + f"# {n}\n")
    time.sleep(0.06)
    asked = [
        "-m",
        "axiomkd",
        "check",
        ".",
        "--effort",
        "quick",
        "-K",
        "2",
        "-C",
        "2",
        "--reading",
        "envelope",
        "--no-cache",
    ]
    child = subprocess.Popen(
        [sys.executable, *asked, "--stream", "out.jsonl"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + PATIENCE
    while not (tmp_path / "out.jsonl").exists() or (tmp_path / "out.jsonl").read_bytes().count(b"\n") < 3:
        assert time.monotonic() < until and child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    line = [sys.executable, *asked, "--resume", "out.jsonl", "--jobs", "2", "--json", "all.json"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and "from out.jsonl" in done.stderr, done.stderr
    report = json.loads((tmp_path / "all.json").read_text())
    assert [one["file"] for one in report["operators"]] == [f"pool{n}.py" for n in range(4)]
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 5


MANY = 60
OPERATORS = """
import numpy as np
from axiomkd import operator
for n in range({count}):
    def pool(P, w, n=n):
        return w @ np.asarray(P)
    operator(pool, name=f"pool{{n}}", backend="numpy")
"""
ASKED = (
    *("-m", "axiomkd", "check", "ops.py", "--effort", "quick", "-K", "2", "-C", "2", "--reading", "nonnegative"),
    *("--no-cache", "--jobs", "2", "--quiet", "--json", "all.json"),
)


def lines(file):
    return [json.loads(one) for one in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []


def until_written(file, child, count):
    """Wait until a run has written so many lines."""
    until = time.monotonic() + 10 * PATIENCE
    while len(lines(file)) < count:
        assert time.monotonic() < until and child.poll() is None, (child.poll(), len(lines(file)))
        time.sleep(0.05)


def end_a_worker(child):
    """Kill the process that runs an operator: the youngest of those below the command."""
    os.kill(max(household.descendants(child.pid)), signal.SIGKILL)


@pytest.mark.slow
def test_a_run_that_is_stopped_in_every_way_loses_nothing_and_does_nothing_twice(tmp_path, count=MANY):
    (tmp_path / "ops.py").write_text(OPERATORS.format(count=count))
    time.sleep(0.06)
    file, fifth = tmp_path / "out.jsonl", count // 5

    def started(how):
        line = [sys.executable, *ASKED, how, "out.jsonl"]
        return subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    child = started("--stream")
    until_written(file, child, fifth)
    child.kill()
    child.communicate()
    child = started("--resume")
    until_written(file, child, 2 * fifth)
    end_a_worker(child)
    until_written(file, child, 3 * fifth)
    child.terminate()
    child.communicate()
    assert child.returncode == 130 and json.loads((tmp_path / "all.json").read_text())["partial"]
    child = started("--resume")
    _, errors = child.communicate()
    report = json.loads((tmp_path / "all.json").read_text())
    names = [f"pool{n}" for n in range(count)]
    assert [one["name"] for one in report["operators"]] == names and not report["partial"], errors
    done = [one["ref"]["name"] for one in lines(file) if one["kind"] == "operator"]
    assert sorted(done) == sorted(names), "each is in the file once"
    other = [one["message"] for one in report["operators"] if one["status"] != "valid"]
    assert len(other) <= 1 and all("killed by SIGKILL" in one for one in other), other
