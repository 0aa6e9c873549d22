"""How the command behaves beside its answers: streams, interrupts, other systems, patterns, what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from axiomkd.cli import app, streams
from axiomkd.cli.progress import estimate, still_open
from axiomkd.core.errors import LoadError
from axiomkd.core.expected import Expected
from axiomkd.core.files import out_of_git
from axiomkd.core.report import Report
from axiomkd.gate import baseline, configuration, judge, values
from axiomkd.operators import loading
from axiomkd.report import phrases
from tests.command import axiomkd
from tests.patience import PATIENCE
from tests.report import samples

COMMAND = [sys.executable, "-m", "axiomkd"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(line: str) -> subprocess.CompletedProcess[str]:
    script = f'axiomkd() {{ "{sys.executable}" -m axiomkd "$@"; }}\n{line}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE)


# --- streams -------------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_reader_that_has_gone_changes_no_exit_code():
    done = run("axiomkd list | head -1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines()[-1] == "0" and done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
@pytest.mark.whole
def test_a_full_standard_output_is_told_and_no_defect():
    done = run("axiomkd list > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: standard output: cannot be written (No space left on device).\n"


class Broken:
    encoding = "utf-8"

    def __init__(self, error: OSError) -> None:
        self.error, self.tried = error, 0

    @property
    def buffer(self):
        return self

    def write(self, data):
        self.tried += 1
        raise self.error

    def flush(self):
        raise self.error


@pytest.mark.parametrize(("error", "problem"), [(BrokenPipeError(), ""), (OSError(28, "No space"), "No space")])
def test_what_cannot_be_written_is_tried_once(error, problem):
    stream = Broken(error)
    guard = streams.Guarded(stream)
    for _ in range(3):
        guard.write("text")
        guard.buffer.write(b"bytes")
        guard.flush()
    assert (guard.problem, stream.tried, guard.encoding) == (problem, 1, "utf-8")


# --- interrupts, systems -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0.3, 0.6, 1.2])
@pytest.mark.whole
def test_an_interrupt_shows_no_traceback(after):
    start = (
        "import signal, runpy, sys; signal.signal(signal.SIGINT, signal.default_int_handler); print('up', flush=True);"
    )
    code = f"{start} sys.argv = ['axiomkd', 'check', 'zoo:linear', '--no-cache']; runpy.run_module('axiomkd', run_name='__main__')"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None and child.stdout.readline() == "up\n"
    time.sleep(after)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does it: to everything that the command has started
    _, errors = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130 and "interrupted" in errors and "Traceback" not in errors, errors


WITHOUT = "import sys; sys.modules['resource'] = sys.modules['fcntl'] = None; "


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("sys.argv = ['axiomkd', 'check', 'x.py']; from axiomkd.__main__ import main; main()", 2),
        ("import axiomkd; axiomkd.check", 1),
        ("from axiomkd import operator\n@operator\ndef f(P, w): return w @ P", 0),
    ],
)
def test_a_system_without_what_it_needs_is_told_in_a_sentence(code, status):
    done = subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == status
    assert ("needs Linux or macOS" in done.stderr) == (status != 0) and "ModuleNotFoundError" not in done.stderr
    assert status != 2 or (done.stderr.startswith("error: axiomkd needs") and done.stderr.count("\n") == 1)


def test_a_shell_can_complete():
    environment = {**os.environ, "_AXIOMKD_COMPLETE": "complete_bash", "COMP_WORDS": "axiomkd ver", "COMP_CWORD": "1"}
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=PATIENCE, env=environment)
    assert done.stdout.split() == ["verify"]


# --- targets, files ------------------------------------------------------------------------------------------------------


def test_a_pattern_in_quotes():
    for file in ("ops/a.py", "ops/deep/b.py", "ops/c.txt", "ops/[x].py"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("")

    def found(text):
        return [one.text for one in loading.sources(text)]

    assert found("ops/*.py") == ["ops/[x].py", "ops/a.py"]
    assert found("ops/**/*.py") == ["ops/[x].py", "ops/a.py", "ops/deep/b.py"]
    assert found("o*") == ["ops/[x].py", "ops/a.py", "ops/deep/b.py"]
    assert found("ops/?.py::pool[alpha=2]") == ["ops/a.py::pool[alpha=2]"]
    assert found("ops/[x].py") == ["ops/[x].py"] and found("ops/a.py::pool[alpha=2]") == ["ops/a.py::pool[alpha=2]"]
    with pytest.raises(LoadError, match="no Python file matches 'none/\\*.py'"):
        found("none/*.py")


def test_its_folder_is_passed_over_by_git():
    out_of_git(".axiomkd")
    subprocess.run(["git", "init", "-q"], check=True)
    Path(".axiomkd/examples").mkdir()
    Path(".axiomkd/examples/x").write_text("")
    assert subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True).stdout == ""
    Path("file").write_text("")
    out_of_git("file")  # what is in the way is no error


# --- what is said while it runs ------------------------------------------------------------------------------------------


def test_an_estimate_is_at_the_pace_so_far():
    assert estimate(10, 2, 4) == "about 10 s left" and estimate(600, 1, 3) == "about 20 min left"
    assert estimate(1, 1, 2) == estimate(10, 0, 2) == estimate(10, 2, 2) == ""


def test_what_is_open_is_named_as_far_as_it_fits():
    names = ["simplex", "hull", "pull", "closed", "limits"]
    assert still_open(names, {"hull"}) == "open: simplex, pull, closed, +1"
    assert still_open(names, set(names)) == ""


@pytest.mark.whole
def test_many_operators_are_a_line_each_and_a_matrix():
    text = "from axiomkd import operator\n" + "".join(
        f"@operator\ndef f{n}(P, w): return {2 if n == 3 else 1} * (w @ P)\n" for n in range(6)
    )
    Path("many.py").write_text(text)
    tiny = ("--effort", "quick", "-K", "2", "-C", "2", "--reading", "simplex")
    done = axiomkd("check", "many.py", *tiny)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 6 and "6/6: " in done.stderr and "many.py::f3  invalid: simplex" in done.stderr
    assert "f3  ×  fails" in done.stdout and len(done.stdout.splitlines()) < 20
    assert "claim:" in axiomkd("check", "many.py", *tiny, "--verbose").stdout


# --- baselines -----------------------------------------------------------------------------------------------------------


def violated(seconds: float = 1.0) -> Report:
    one = samples.operator("a", samples.reading("envelope", "refuted"), samples.reading("responsive", "fragile"))
    return samples.report(one.model_copy(update={"seconds": seconds}), samples.operator("b"))


def read(**more) -> list[Expected]:
    options = {"baseline": values.Baseline("base.json", **more)}
    return baseline.expectations(options, configuration.Configuration())


def test_a_baseline_is_small_and_the_same_in_every_run():
    text = baseline.written(violated())
    assert text == baseline.written(violated(9.0)) and len(text) < 400 and json.loads(text)["schema"] == baseline.SCHEMA
    Path("base.json").write_text(text)
    small = read()
    violated().save("base.json")
    assert small == read() and len(small) == 2
    Path("base.json").write_text(baseline.written(samples.report(samples.operator("b"))))
    assert read() == []


def test_a_damaged_baseline_is_told():
    Path("base.json").write_text('{"schema": "axiomkd.baseline/1", "violations": [{"target": "x"}]}')
    with pytest.raises(Exception, match="base.json is damaged .*--write-baseline base.json"):
        read()


def test_what_has_expired_names_the_file_that_has_the_date():
    Path("base.json").write_text(baseline.written(violated()))
    judged = judge.judged(violated(), read(until=date(2020, 1, 1)), date(2026, 1, 1))
    assert {(one.state, one.source) for one in judged.known} == {("expired", "pyproject.toml")}


@pytest.mark.parametrize(
    ("said", "told"),
    [("No such command 'chek'. Did you mean 'check'?", "'check'? `"), ("No such option: --e.", "--e. `")],
)
def test_a_sentence_ends_once(said, told, capsys):
    error = Exception()
    error.format_message = lambda: said  # type: ignore[attr-defined]
    assert app._last_word(error) == 2 and told in " ".join(capsys.readouterr().err.split())


def test_an_entry_that_matches_nothing_does_not_pass_in_silence():
    report = violated()

    def silly(target: str, reading: str = "convexity/envelope") -> list[str]:
        entries = [Expected(target, reading, "why")]
        return [one.target for one in judge.unmatched(report, entries)]

    def why(target: str, reading: str = "convexity/envelope") -> str:
        return judge.why_unmatched(report, Expected(target, reading, "why"))

    assert why("my_op.py::aa").startswith("no operator my_op.py::aa was checked (did you mean my_op.py::a")
    assert why("elsewhere") == "no operator elsewhere was checked"
    assert why("my_op.py", "convexity/hull") == "nothing requires convexity/hull of my_op.py"
    assert silly("my_op.py::gone") == ["my_op.py::gone"]
    assert silly("my_op.py", "convexity/hull") == ["my_op.py"]  # which nothing requires
    assert silly("my_op.py::a") == silly("my_op.py") == []
    assert silly("elsewhere.py::f") == []  # it was not asked about
    every = judge.unmatched(report, [Expected("elsewhere.py::f", "convexity/envelope", "why")], every=True)
    assert len(every) == 1
    partial = report.model_copy(update={"partial": True})
    assert judge.unmatched(partial, [Expected("my_op.py::gone", "convexity/envelope", "why")]) == []


# --- sizes in few words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("all K, C", "all K, C"),
        ("(K, C) = (2, 2), (2, 3)", "(K, C) = (2, 2), (2, 3)"),
        ("(K, C) = (2, 2), (2, 3), (2, 4), (3, 2)", "4 sizes, K 2–3, C 2–4"),
        ("K = 2, 3, 4, 5, 6, 7, 8 and every C", "7 K, 2–8, and every C"),
    ],
)
def test_a_long_scope_is_counted(scope, told):
    assert phrases.scope(samples.reading("envelope", "proved").model_copy(update={"scope": scope})) == told


def test_how_many_sizes_were_searched():
    report = samples.report(samples.operator("a"))
    some = report.model_copy(
        update={"settings": report.settings.model_copy(update={"sizes": [(2, 2), (2, 3), (3, 3)]})}
    )
    assert phrases.searched(some).startswith("3 sizes of K = 2, 3, C = 2, 3 ")
    full = report.model_copy(update={"settings": report.settings.model_copy(update={"sizes": [(2, 2), (2, 3)]})})
    assert phrases.searched(full).startswith("K = 2, C = 2, 3 ")
