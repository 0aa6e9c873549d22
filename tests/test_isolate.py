"""Worker processes: what is shared with them, what ends them, and what is told of one that does not come back."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.report import reading_model
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import Refuted, Spent, Witness
from axiomkd.operators.recorder import Recorder, last_call
from axiomkd.run.aftermath import End, Heard, finished
from axiomkd.run.household import descendants
from axiomkd.run.isolate import timeout_of
from axiomkd.run.worker import Ref
from axiomkd.verify import requirements
from tests.patience import PATIENCE

REF = Ref(name="mine", target="mine.py::mine", file="mine.py", line=3)
SETTINGS = Settings(effort="quick")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends orphans with their parent")


@pytest.mark.whole
def test_what_is_preloaded_starts_no_backend():
    """A JAX backend has threads, and a process forked from one that has them may hang."""
    code = "import axiomkd.run.preload, jax._src.xla_bridge as bridge; assert not bridge._backends"
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0


@linux
@pytest.mark.whole
@pytest.mark.parametrize("confined", ["on", "off"])
def test_workers_do_not_outlive_a_command_that_is_killed(tmp_path, confined):
    mark = f"86400.{os.getpid()}"
    (tmp_path / "sleeps.py").write_text(
        "import subprocess\n"
        "from axiomkd import operator\n"
        f"subprocess.run(['sleep', '{mark}'], start_new_session=True)\n"
    )
    environment = {**os.environ, "AXIOMKD_CONFINE": confined}
    command = subprocess.Popen([sys.executable, "-m", "axiomkd", "check", "sleeps.py"], cwd=tmp_path, env=environment)
    _until(lambda: _sleeping(mark))
    workers = descendants(command.pid)
    assert len(workers) > 2
    command.send_signal(signal.SIGKILL)
    command.wait(timeout=PATIENCE)
    _until(lambda: not _sleeping(mark) and not any(map(_alive, workers)))


def _sleeping(mark):
    """Whether a process sleeps for so many seconds."""
    wanted = f"sleep\0{mark}\0".encode()
    return any(_read(one) == wanted for one in Path("/proc").glob("[0-9]*/cmdline"))


def _read(file):
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _until(happens, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_the_last_call_is_on_record_before_it_is_made(tmp_path):
    path = str(tmp_path / "calls")
    seen = []
    record = Recorder(path).around(lambda P, w, T=1.0: seen.append(last_call(path)))
    record(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([1.0, 0.0]), T=2.0)
    assert (seen[0].P, seen[0].w, seen[0].T, seen[0].points) == ([[0.25, 0.75], [0.5, 0.5]], [1.0, 0.0], 2.0, 1)
    record(np.zeros((2, 3, 5)), np.ones((2, 5)))
    assert (seen[1].P, seen[1].w, seen[1].T, seen[1].points) == ([[0.0] * 3] * 2, [1.0, 1.0], None, 5)
    record("no numbers", None)
    assert seen[2] is None
    assert last_call(str(tmp_path / "none")) is None


def test_what_was_refuted_stays_refuted():
    witness = Witness(1, 2, (("1/2", "1/2"),), ("1",), margin="-1/4", confirmed="exact")
    row = reading_model(
        "convexity", "hull", Refuted(witness, None, "exact", Spent(1)), required=False, message="", seconds=0.0
    )
    event = finished(REF, SETTINGS, Heard(settled={"hull": row}), End("was killed by SIGSEGV"), None, 1.0)
    verdicts = {r.reading: r.verdict for r in event.result.readings}
    assert verdicts.pop("hull") == "refuted"
    assert len(verdicts) == len(axioms.READINGS) - 1 and set(verdicts.values()) == {"error"}
    assert event.result.status == "error" and event.result.message == "was killed by SIGSEGV"
    assert event.result.profiles["strict"] is False


def test_an_interrupted_operator_is_undecided():
    event = finished(REF, SETTINGS, Heard(), End("interrupted", interrupted=True), None, 1.0)
    assert event.result.status == "undecided"
    assert {r.verdict for r in event.result.readings} == {"inconclusive"}


def test_an_interrupted_operator_is_told_with_how_it_is_called():
    kd = describe(lambda z, P, tau=4.0: z.sum(), name="kd", outputs="loss", temperature="tau")
    ref = Ref.of(kd)
    result = finished(ref, SETTINGS, Heard(), End("interrupted", interrupted=True), None, 1.0).result
    assert result.call == {"outputs": "loss", "temperature": "tau", "weights": "none"}
    assert (result.takes_T, result.default_T) == (True, 4.0)
    requirements.of_call(result, kd)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        (Settings(effort="quick"), 300),
        (Settings(effort="standard"), 900),
        (Settings(effort="thorough"), 7200),
        (Settings(effort="quick", timeout=5.0), 5),
        (Settings(effort="quick", budget=400.0), 860),
    ],
)
def test_the_hard_limit_follows_the_effort(settings, seconds):
    assert timeout_of(settings) == seconds
