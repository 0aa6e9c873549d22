"""What there is too much of: operators in a file, values of parameters, links in a loop, digits, nesting. Each ends at once, in a
sentence or in an answer."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from axiomkd.core import errors, files
from axiomkd.core.errors import UsageError, shortage
from axiomkd.core.operator import describe, expand
from axiomkd.gate import baseline, configuration, values
from axiomkd.operators import loading
from axiomkd.run import session
from tests.command import axiomkd
from tests.patience import PATIENCE

NINES = "9" * 5000


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def pool(P, w):
    return w @ P


# --- registering ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        5,
        [],
        ["hull"],
        {5: "hull"},
        {"convexity": None},
        {"convexity": 5},
        {"convexity": [5]},
        {"convexity": {"a": 1}},
        b"x",
    ],
)
def test_claims_that_are_none_are_told(claims):
    with pytest.raises(UsageError, match="claims must be a profile's name or a mapping axiom → readings"):
        describe(pool, claims=claims)


@pytest.mark.parametrize("claims", [None, "log", {"convexity": "hull"}, {"convexity": ["hull", "envelope"]}])
def test_claims_that_will_do(claims):
    found = describe(pool, claims=claims).claims
    assert found == claims or found == {
        "convexity": tuple([*claims.values()][0].split() if claims["convexity"] == "hull" else claims["convexity"])
    }


@pytest.mark.parametrize("params", [{"a": itertools.count()}, {"a": range(200), "b": range(200)}])
def test_params_without_end_are_told(params):
    with pytest.raises(UsageError, match="params make more than 10,000 operators"):
        expand(describe(pool), params)


@pytest.mark.parametrize("params", [5, ["a"], {"a": 5}, {"a": "xy"}])
def test_params_that_are_none_are_told(params):
    with pytest.raises(UsageError, match="params"):
        expand(describe(pool), params)


@pytest.mark.parametrize("C", [range(2, 10**8), itertools.count(2)])
def test_sizes_without_end_are_told(C):
    with pytest.raises(UsageError, match="more than 100000 sizes"):
        describe(pool, C=C)


MANY = """
from axiomkd import operator

@operator(params={"a": range(100), "b": range(40)})
def pool(P, w, a=1, b=1):
    return w @ P

for n in range(500):
    exec(f"@operator\\ndef f{n}(P, w): return w @ P")
operator(pool, name="f7[x=1]")
"""


def test_thousands_in_a_file_are_named_in_one_look():
    Path("many.py").write_text(MANY)
    began = time.process_time()
    found = loading.load("many.py")
    assert time.process_time() - began < 10  # a look at each for each of them took minutes
    assert len(found) == 4501 and found[41].target == "many.py::pool[a=1,b=1]"
    targets = {one.name: one.target for one in found}
    assert targets["f3"] == "many.py::f3" and len(set(targets.values())) == 4501
    (one,) = loading.load("many.py::pool[a=3,b=7]")
    assert one.name == "pool[a=3,b=7]" and [o.name for o in loading.load("many.py::f3")] == ["f3"]


# --- folders -------------------------------------------------------------------------------------------------------------


def test_links_that_lead_back_are_followed_once(tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "c.py").write_text("")
    Path("ops/b/deep").mkdir(parents=True)
    for file in ("ops/a.py", "ops/b/deep/b.py"):
        Path(file).write_text("")
    for n in range(8):
        Path(f"ops/l{n}").symlink_to("b")
        Path(f"ops/b/deep/l{n}").symlink_to("../..")
        Path(f"ops/0{n}").symlink_to(outside)
        (outside / f"back{n}").symlink_to(tmp_path / "ops")
    assert [one.text for one in loading.sources("ops")] == ["ops/00/c.py", "ops/a.py", "ops/b/deep/b.py"]
    assert [one.text for one in loading.sources("ops/**/*.py")] == ["ops/a.py", "ops/b/deep/b.py"]
    assert [one.text for one in loading.sources(f"{tmp_path}/**/b.py")] == [f"{tmp_path}/ops/b/deep/b.py"]


# --- files that are read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"[tool.axiomkd]\nseed = {NINES}\n",
        f"x = {NINES}\n",
        f"x = {'[' * 3000}{']' * 3000}\n",
        f"x = {'{a=' * 3000}1{'}' * 3000}\n",
        "tool = 5\n",
        "tool = []\n",
        "[tool]\naxiomkd = 5\n",
        "[[tool.axiomkd]]\nseed = 1\n",
        f'[tool.axiomkd]\nK = "{NINES}"\n',
        f'[tool.axiomkd]\nK = "2-{NINES}"\n',
        "[tool.axiomkd]\nseed = 99999999999999999999999\n",
        "[tool.axiomkd]\nmemory = 99999999999999999999999\n",
        "[tool.axiomkd]\njobs = 99999999999999999999999\n",
        f'[tool.axiomkd]\neffort = "{NINES}"\n',
    ],
)
def test_a_configuration_that_will_not_do_is_told_in_a_sentence(text):
    Path("pyproject.toml").write_text(text)
    with pytest.raises(UsageError, match=r"pyproject\.toml") as caught:
        configuration.read(configuration.find())
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5000, NINES, "5"])
def test_a_baseline_that_will_not_do_is_told(text):
    Path("known.json").write_text(text)
    options = {"baseline": values.Baseline("known.json")}
    assert baseline.renamed(options) == ""
    with pytest.raises(UsageError, match=r"known\.json"):
        baseline.expectations(options, configuration.Configuration())


# --- outside -------------------------------------------------------------------------------------------------------------


def test_what_the_system_is_out_of_is_a_sentence():
    assert shortage(OSError(24, "Too many open files")).startswith(
        "the system refuses: Too many open files. Let it open more"
    )
    assert "TMPDIR" in shortage(FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"))
    assert shortage(FileNotFoundError(2, "No such file")) == "" and shortage(OSError()) == ""
    assert set(errors._SHORT) & {2, 9, 13, 22} == set()  # these are likely to be this package's own mistakes


def test_jobs_are_no_more_than_files_may_be_open(monkeypatch):
    for limit, jobs in ((12, 1), (64, 5), (1024, 16)):
        monkeypatch.setattr(session.resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert session._bearable(16) == jobs


def test_a_device_that_a_report_is_written_to_stays_a_device():
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    files.write("pipe", "text")
    assert os.read(reader, 100) == b"text" and Path("pipe").is_fifo()
    os.close(reader)


SMALL = "-m axiomkd check op.py --effort quick -K 2 -C 2 --reading envelope --no-cache --quiet"
OPERATOR = "import numpy as np\nfrom axiomkd import operator\n@operator(backend='numpy')\ndef f(P, w): return w @ np.asarray(P)\n"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    Path("op.py").write_text(OPERATOR)
    script = line.replace("AXIOMKD", f'"{sys.executable}" {SMALL}')
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("ulimit -f 0; AXIOMKD", 2, "error: no temporary folder can be written to"),
        ("ulimit -n 12; AXIOMKD", 2, "error: the system refuses: Too many open files"),
        ("mkdir gone; cd gone; rmdir ../gone; AXIOMKD", 2, "error: the working folder is not there any more"),
        ('"PYTHON" -m axiomkd list >&-', 2, "error: standard output: cannot be written (it is closed)."),
        ('"PYTHON" -m axiomkd list >/dev/full', 2, "error: standard output: cannot be written (No space left"),
        ('"PYTHON" -m axiomkd list >/dev/null 2>&-', 0, ""),
        ('"PYTHON" -m axiomkd list >/dev/null <&-', 0, ""),
    ],
)
@pytest.mark.whole
def test_what_is_wrong_outside_is_a_sentence(line, code, told):
    done = shell(line.replace("PYTHON", sys.executable))
    lines = [one for one in done.stderr.splitlines() if one.startswith("error")]
    assert done.returncode == code, done.stderr
    assert (lines and lines[0].startswith(told)) or (not told and not done.stderr)
    assert "Traceback" not in done.stderr


EARLY = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background has it ignored
from axiomkd import __main__ as command
class Slow:  # the command line takes as long to be imported as it likes
    def find_spec(self, name, path=None, target=None):
        if name == "axiomkd.cli.app":
            print("up", flush=True)
            import time
            time.sleep(600)
sys.meta_path.insert(0, Slow())
command.main()
"""


@pytest.mark.parametrize("one", [signal.SIGTERM, signal.SIGINT])
def test_an_early_request_to_end_is_told(one):
    child = subprocess.Popen([sys.executable, "-c", EARLY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "up\n"
    child.send_signal(one)
    _, errors = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130 and errors == "error: interrupted\n"


def test_streams_and_settings_stand_in_one_command():
    done = axiomkd("check", "zoo:linear", "--stream", "a.jsonl", "--resume", "b.jsonl")
    assert done.returncode == 2 and "--stream, --resume: give one of them." in done.stderr
    done = axiomkd("check", "zoo:linear", "--stream", "a.jsonl", "--watch")
    assert done.returncode == 2 and "not with --watch" in done.stderr
    assert not Path("a.jsonl").exists()
