"""The command line from end to end, each command in a process of its own: exit codes, and what goes where."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from axiomkd import axioms
from axiomkd.cli import app
from axiomkd.core.report import Report, json_schema
from axiomkd.core.verdict import GOOD
from tests.command import axiomkd
from tests.patience import PATIENCE

SMALL = ("--effort", "quick", "-K", "2", "-C", "2,3")
TINY = (*SMALL, "--reading", "simplex")
POOLS = """
import jax.numpy as jnp
from axiomkd import operator

@operator
def linear(P, w):
    print("linear was here")
    return w @ P

@operator
def mean(P, w):
    return jnp.mean(P, axis=0)

@operator(domain="interior", claims={"continuity": "closed"})
def open_pool(P, w):
    return w @ P

@operator(claims={"convexity": "simplex"})
def claims_little(P, w):
    return jnp.mean(P, axis=0)

def bare(P, w):
    return w @ P
"""


@pytest.fixture(autouse=True, scope="module")
def _interruptible():
    """What is started in the background of a shell ignores interrupts, and so would all that it starts."""
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pools.py").write_text(POOLS)
    return tmp_path


# --- exit codes ------------------------------------------------------------------------------------------------------


def test_a_valid_operator_is_0_and_its_report_is_one():
    done = axiomkd("check", "pools.py::linear", *SMALL, "--json", "r.json")
    assert done.returncode == 0, done.stderr
    assert "linear" in done.stdout
    assert re.fullmatch(r"1/1: pools.py::linear  valid  \d+\.\d s\n", done.stderr)  # where nobody watches a bar
    text = Path("r.json").read_text()
    jsonschema.validate(json.loads(text), json_schema())
    report = Report.load("r.json")
    assert report.to_json() == text
    (one,) = report.operators
    assert (one.name, one.target, one.file, one.status) == ("linear", "pools.py::linear", "pools.py", "valid")
    assert [(r.axiom, r.reading) for r in one.readings] == [(r.axiom, r.name) for r in axioms.READINGS]
    assert report.settings.sizes == [(2, 2), (2, 3)]
    assert report.profile.name == "article"
    assert one.output.count("linear was here") >= 1


@pytest.mark.whole
def test_a_refuted_reading_is_1_and_its_witness_runs_by_copy_and_paste():
    done = axiomkd("check", "pools.py::mean", *SMALL, "--json", "r.json")
    assert done.returncode == 1, done.stderr
    (one,) = Report.load("r.json").operators
    assert one.status == "invalid"
    refuted = [r for r in one.readings if r.verdict == "refuted"]
    assert "responsive" in {r.reading for r in refuted}
    for reading in refuted:
        assert reading.witness is not None and reading.reproducer is not None
        env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        again = subprocess.run(
            ["bash", "-c", reading.reproducer], capture_output=True, text=True, env=env, timeout=PATIENCE
        )
        assert again.returncode == 0, again.stderr
        assert again.stdout.strip()


def test_undecided_is_3_unless_allowed():
    only = ("check", "pools.py::open_pool", *SMALL, "--reading", "closed")
    done = axiomkd(*only)
    assert done.returncode == 3, done.stderr
    assert "inconclusive" in done.stdout
    assert axiomkd(*only, "--allow", "inconclusive").returncode == 0
    assert axiomkd(*only, "--allow", "fragile").returncode == 3


@pytest.mark.whole
def test_claims_replace_the_profile():
    done = axiomkd("check", "pools.py::claims_little", "--effort", "quick", "-K", "2", "-C", "2", "--json", "-")
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["operators"]
    required = {r["reading"]: (r["required"], r["verdict"] in GOOD) for r in one["readings"]}
    assert required["simplex"] == (True, True) and required["responsive"] == (False, False)
    assert [name for name, (asked, _) in required.items() if asked] == ["simplex"]


@pytest.mark.whole
def test_what_cannot_be_loaded_is_2_and_the_others_are_checked():
    Path("broken.py").write_text("def f(:\n")
    done = axiomkd("check", "broken.py", "pools.py::linear", "pools.py::nobody", *TINY, "--json", "-")
    assert done.returncode == 2
    assert "broken.py, line 1" in done.stderr and "nobody" in done.stderr and "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, json_schema())
    assert [one["name"] for one in report["operators"]] == ["linear"]
    assert [one["target"] for one in report["failures"]] == ["broken.py", "pools.py::nobody"]


def test_claims_that_name_nothing_are_told_with_the_line():
    Path("claims.py").write_text(
        "from axiomkd import operator\n@operator(claims='no-such')\ndef f(P, w):\n    return P[0]\n"
    )
    done = axiomkd("check", "claims.py", *TINY)
    assert done.returncode == 2
    assert "claims.py, line 2" in done.stderr and "no-such" in done.stderr and "article" in done.stderr


@pytest.mark.whole
def test_without_pytorch_its_operators_end_in_an_error_that_says_what_to_install():
    Path("sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    Path("pt.py").write_text(
        "from axiomkd import operator\n@operator(backend='torch')\ndef f(P, w):\n    return P[0]\n"
        "@operator\ndef g(P, w):\n    return w @ P\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "axiomkd", "check", "pt.py", *TINY, "--reading", "simplex"],
        env=os.environ | {"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "pip install -e '.[torch]'" in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert "1 meets, 1 in error" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["check"], "TARGET"),
        (["check", "pools.py", "--effort", "huge"], "quick, standard, thorough"),
        (["check", "pools.py", "--profile", "no-such"], "permissive, paper, classical, article, strict, log, promises"),
        (["check", "pools.py", "--reading", "no-such"], "envelope"),
        (["check", "pools.py", "--reading", "convexity/closed"], "simplex, unanimity, envelope, hull"),
        (["check", "pools.py", "--softener", "no-such"], "power, uniform-mix"),
        (["check", "pools.py", "--device", "tpu"], "cpu, gpu"),
        (["check", "pools.py", "--allow", "refuted"], "fragile, inconclusive"),
        (["check", "pools.py", "-K", "1"], "K"),
        (["check", "pools.py", "-C", "5-2"], "C"),
        (["check", "pools.py", "--seed", "x"], "--seed"),
        (["check", "pools.py", "--timeout", "0"], "--timeout"),
        (["check", "pools.py", "--jobs", "0"], "--jobs"),
        (["check", "pools.py", "--no-such"], "--no-such"),
        (["check", "pools.py", "--json", "nowhere/r.json"], "nowhere"),
        (["no-such"], "no-such"),
        (["explain", "no-such"], "no-such"),
        (["verify", "pools.py"], "not an axiomkd report"),
        (["compare", "pools.py", "pools.py"], "not an axiomkd report"),
        (["check", "pools.py", "--html", "-"], "--html"),
        (["verify", "no-such.json"], "no-such.json"),
        (["prove"], "TARGET"),
        (["prove", "pools.py", "--profile", "no-such"], "permissive, paper, classical, article, strict, log, promises"),
        (["prove", "pools.py", "--junit", "nowhere/r.xml"], "--junit"),
        (["check", "pools.py", "--sarif", "nowhere/r.sarif"], "--sarif"),
        (["check", "pools.py", "--json", "-", "--sarif", "-"], "--json and --sarif"),
        (["check", "pools.py", "--json", "r", "--junit", "./r"], "--json and --junit"),
    ],
)
def test_what_cannot_run_is_2_with_one_message(args, said):
    done = axiomkd(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.whole
def test_verify_reads_what_check_wrote():
    assert axiomkd("check", "pools.py::linear", *TINY, "--json", "r.json", "--quiet").returncode == 0
    done = axiomkd("verify", "r.json")
    assert done.returncode == 0 and done.stdout.startswith("ok  linear  ")
    assert done.stderr == "axiomkd: running pools.py, which the report names and has the hash of, for linear\n"


# --- what goes where -------------------------------------------------------------------------------------------------


def test_json_on_standard_output_is_alone_there():
    done = axiomkd("check", "pools.py::linear", *TINY, "--json", "-", "--verbose")
    jsonschema.validate(json.loads(done.stdout), json_schema())
    assert "linear was here" in done.stderr


def test_what_an_operator_prints_is_shown_with_verbose_only():
    done = axiomkd("check", "pools.py::linear", *TINY)
    assert "linear was here" not in done.stdout + done.stderr
    done = axiomkd("check", "pools.py::linear", *TINY, "--verbose")
    assert "linear was here" in done.stderr and "linear was here" not in done.stdout


@pytest.mark.whole
def test_the_same_seed_gives_the_same_report_with_any_number_of_jobs():
    options = (*SMALL, "--no-cache", "--reading", "envelope", "--reading", "pull", "--seed", "7", "--json", "-")
    first = axiomkd("check", "pools.py", *options)
    second = axiomkd("check", "pools.py", *options, "--jobs", "3")
    assert timeless(json.loads(first.stdout)) == timeless(json.loads(second.stdout))


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key != "seconds"}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def test_version_list_and_explain():
    import axiomkd as package

    assert axiomkd("--version").stdout.strip() == f"axiomkd {package.__version__}"
    listed = axiomkd("list")
    assert listed.returncode == 0 and "envelope" in listed.stdout and "article" in listed.stdout
    for name in ("envelope", "article", "fragile"):
        assert axiomkd("explain", name).returncode == 0


@pytest.mark.whole
def test_a_folder_a_module_and_the_zoo():
    Path("ops").mkdir()
    Path("ops/one.py").write_text("from axiomkd import operator\n@operator\ndef one(P, w):\n    return w @ P\n")
    Path("ops/nothing.py").write_text("x = 1\n")
    done = axiomkd("check", "ops", "pools:bare", "zoo:linear", *TINY, "--json", "-", "--jobs", "3")
    assert done.returncode == 0, done.stderr
    targets = [one["target"] for one in json.loads(done.stdout)["operators"]]
    assert targets == ["ops/one.py::one", "pools:bare", "zoo:linear"]


# --- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_pyproject_sets_options_and_the_command_line_wins():
    Path("pyproject.toml").write_text(
        '[tool.axiomkd]\nprofile = "mine"\nseed = 5\neffort = "quick"\nK = 2\nC = [2, 3]\nallow = ["inconclusive"]\n'
        '[tool.axiomkd.profiles.mine]\nconvexity = "simplex"\ncontinuity = ["closed"]\n'
    )
    done = axiomkd("check", "pools.py::bare", "--reading", "simplex", "--seed", "6", "--json", "-")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["profile"] == {"name": "mine", "requires": {"convexity": ["simplex"], "continuity": ["closed"]}}
    assert report["settings"]["seed"] == 6 and report["settings"]["sizes"] == [[2, 2], [2, 3]]
    assert "mine" in report["operators"][0]["profiles"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense = 1", "nonsense"),
        ('effort = "huge"', "quick, standard, thorough"),
        ("seed = -1", "seed"),
        ('K = "many"', "K"),
        ('allow = ["refuted"]', "fragile, inconclusive"),
        ("timeout = 0", "timeout"),
        ('profile = "no-such"', "no-such"),
        ('profiles.mine.convexity = "closed"', "simplex, unanimity, envelope, hull"),
        ('profiles.mine.no-such = "closed"', "no-such"),
        ("[", "pyproject.toml"),
    ],
)
def test_a_bad_configuration_is_told_by_key(text, said):
    Path("pyproject.toml").write_text(f"[tool.axiomkd]\n{text}\n")
    done = axiomkd("check", "pools.py", *TINY)
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr and said in done.stderr and "Traceback" not in done.stderr


# --- the parent process ----------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_the_command_itself_runs_no_user_code_and_imports_no_jax():
    Path("parent.py").write_text(
        "import sys\nfrom axiomkd import operator\n"
        "assert 'typer' not in sys.modules and sys.modules['__main__'].__dict__.get('MARK') is None\n"
        "@operator\ndef f(P, w):\n    return w @ P\n"
    )
    text = (
        "import sys\nMARK = 1\nfrom axiomkd.cli import app\n"
        f"code = app.run(['check', 'parent.py', '--quiet', *{list(TINY)!r}])\n"
        "heavy = {'jax', 'sympy', 'hypothesis', 'flint', 'parent'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


@pytest.mark.whole
def test_python_is_checked_from_a_script_without_a_main_guard():
    Path("script.py").write_text(
        "import axiomkd\nprint('once')\n"
        "print(axiomkd.check('pools.py::linear', effort='quick', K=2, C=2, readings=['simplex']).exit_code)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "once\n0\n", done.stderr


def test_an_error_of_its_own_is_70_and_asks_for_a_report():
    text = (
        "import sys\nfrom axiomkd.cli import app\nfrom axiomkd.run import session\n"
        "def broken(*args, **more):\n    raise ZeroDivisionError('inside')\n"
        "session.check = broken\nsys.exit(app.run(['check', 'pools.py']))\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 70
    assert "internal error" in done.stderr and "report" in done.stderr and "Traceback" not in done.stderr
    env = {**os.environ, "AXIOMKD_DEBUG": "1"}
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=PATIENCE, env=env)
    assert "Traceback" in done.stderr


@pytest.fixture
def unconfined(monkeypatch):
    """Operators may leave a mark beside their file, and a process has the number that others know it by."""
    monkeypatch.setenv("AXIOMKD_CONFINE", "off")


@pytest.mark.whole
def test_an_interrupt_ends_the_workers_and_is_130(unconfined):
    Path("slow.py").write_text(
        "import os, time\nfrom axiomkd import operator\n"
        "@operator\ndef slow(P, w):\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(3600)\n"
    )
    command = [sys.executable, "-m", "axiomkd", "check", "slow.py", *TINY]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    while not (Path("pid").exists() and Path("pid").read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, errors
    assert "interrupted" in errors and "Traceback" not in errors
    worker = int(Path("pid").read_text())
    for _ in range(50):
        if not alive(worker):
            break
        time.sleep(0.1)
    assert not alive(worker)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


ONE_THEN_ENDLESS = """
import time
from axiomkd import operator, zoo

operator(zoo.linear, name="first")

@operator(backend="numpy")
def second(P, w):
    open("pid", "w").write("x")
    time.sleep(3600)
"""


INTERRUPTS = {"ctrl-c": [signal.SIGINT], "cancelled": [signal.SIGTERM], "twice": [signal.SIGINT, signal.SIGINT]}


@pytest.mark.parametrize("how", INTERRUPTS.values(), ids=INTERRUPTS)
@pytest.mark.whole
@pytest.mark.weekly(2)
def test_what_was_settled_before_an_interrupt_is_in_the_report(how, unconfined):
    Path("slow.py").write_text(ONE_THEN_ENDLESS)
    command = [sys.executable, "-m", "axiomkd", "check", "slow.py", *TINY, "--json", "r.json", "--html", "r.html"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    while not (Path("r.json").exists() and Path("pid").exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    kept = json.loads(Path("r.json").read_text())
    assert kept["partial"] and [one["name"] for one in kept["operators"]] == ["first"]
    for one in how:
        running.send_signal(one)
        time.sleep(0.02)
    printed, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, errors
    report = json.loads(Path("r.json").read_text())
    assert report["partial"] and [one["name"] for one in report["operators"]] == ["first", "second"]
    first, second = report["operators"]
    assert {one["verdict"] for one in first["readings"]} <= GOOD
    assert {one["verdict"] for one in second["readings"]} == {"inconclusive"}
    assert "the report is partial" in " ".join(printed.split())
    assert "partial" in Path("r.html").read_text()


def test_an_interrupt_waits_until_what_was_settled_is_written_and_the_third_does_not():
    before = signal.getsignal(signal.SIGTERM)
    with app._Interrupts():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    with app._Interrupts() as interrupts:
        interrupts.held = True
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


WITH_TS = """
import jax, jax.numpy as jnp
from axiomkd import operator

def softened(P, Ts):
    return jax.nn.softmax(jnp.log(P) / Ts[:, None], axis=1)

@operator
def right(P, w, Ts):
    return w @ softened(P, Ts)

@operator
def first_ignored(P, w, Ts):
    return w @ softened(P, Ts.at[0].set(1))

@operator
def multiplied(P, w, Ts):
    return w @ softened(P, 1 / Ts)

@operator
def clipped(P, w, Ts=2.0):
    return w @ softened(P, jnp.clip(jnp.broadcast_to(Ts, w.shape), 0.1, 10))
"""


@pytest.mark.slow
def test_a_temperature_for_each_teacher_that_counts_for_nothing_is_found_and_verified():
    Path("heated.py").write_text(WITH_TS)
    ends = ("--reading", "temperature-coherence/hot", "--reading", "temperature-coherence/cold")
    done = axiomkd("check", "heated.py", "--effort", "quick", "-K", "2", "-C", "2", *ends, "--json", "r.json")
    assert done.returncode == 1, done.stderr
    found = {one.name: one for one in Report.load("r.json").operators}
    assert found["right"].status == "valid" and found["clipped"].default_T == 2
    for name in ("first_ignored", "multiplied", "clipped"):
        assert {r.reading: r.verdict for r in found[name].readings} == {"hot": "refuted", "cold": "refuted"}
        witnesses = [r.witness for r in found[name].readings]
        assert all(w.Ts is not None and w.Ts[1 - w.teacher] == "1" and w.T is None for w in witnesses)
        assert name != "first_ignored" or {w.teacher for w in witnesses} == {0}
        assert all(Report.load("r.json").witness(one, name).replay().seen for one in ("hot", "cold"))
    again = axiomkd("verify", "r.json")
    assert again.returncode == 0 and "2 proofs and 6 counterexamples checked" in again.stdout, again.stdout
