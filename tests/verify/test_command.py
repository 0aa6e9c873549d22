"""`axiomkd verify` from end to end: its output, its exit codes, and operators that hang, crash and print."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from axiomkd.tracing.numerics import prepare
from axiomkd.verify import process
from axiomkd.verify.line import Failed
from tests.patience import PATIENCE

from .reports import reading, report, written
from .test_tampering import WITNESS

PRINTS = """import sys
from axiomkd import operator
print("loaded"); sys.stdout.write("{}\\n")

@operator(name="log-pool")
def log_pool(P, w):
    import jax.numpy as jnp
    print("called")
    z = w @ jnp.log(P)
    return jnp.exp(z) / jnp.sum(jnp.exp(z))
"""
AWAY = "import os, time\nif os.environ.get('AWAY') == 'hangs':\n    time.sleep(60)\nelif os.environ.get('AWAY'):\n    os._exit(3)\n"


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Writes an operator file and a report on it, and returns the report's path."""
    prepare("cpu")
    monkeypatch.chdir(tmp_path)

    def save(text: str, **fields):
        written(tmp_path, text)
        row = reading("envelope", "refuted", method="search", margin=-1 / 18, witness={**WITNESS, "class": 1, **fields})
        path = tmp_path / "report.json"
        report("ops.py::log_pool", [row]).save(path)
        return path

    return save


def run(path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "axiomkd", "verify", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.whole
def test_a_report_that_stands(saved):
    done = run(saved(PRINTS))
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("ok  log-pool  convexity/envelope  refuted  arithmetic (exact)")
    assert last.startswith("verified: 1 readings of 1 operators; 0 proofs and 1 counterexamples checked")


@pytest.mark.whole
def test_a_report_that_does_not(saved):
    done = run(saved(PRINTS, margin="-1/19"))
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert "log-pool convexity/envelope, refuted: the margin is -1/18 at the witness, the report says -1/19" in told
    assert "Traceback" not in done.stderr


def test_no_report(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    done = run(path)
    assert (done.returncode, "not an axiomkd report" in done.stderr) == (2, True)


@pytest.mark.whole
def test_an_operator_that_cannot_be_loaded(saved, tmp_path):
    path = saved(PRINTS)
    made = json.loads(path.read_text(encoding="utf-8"))
    broken = b"import nonsense_that_is_not_there\n"
    made["operators"][0]["hashes"] = {"source": hashlib.sha256(broken).hexdigest()}
    path.write_text(json.dumps(made), encoding="utf-8")
    (tmp_path / "ops.py").write_bytes(broken)
    done = run(path)
    assert done.returncode == 2
    assert "nonsense_that_is_not_there" in done.stderr


@pytest.mark.parametrize("how, told", [("hangs", "gave no answer within 3 s"), ("exits", "ended with exit code 3")])
@pytest.mark.whole
def test_an_operator_that_goes_away(saved, monkeypatch, how, told):
    path = saved(PRINTS.replace("import sys\n", "import sys\n" + AWAY, 1))
    monkeypatch.setenv("AWAY", how)
    with pytest.raises(Failed, match=told):
        list(process.verify(str(path), limit=3 if how == "hangs" else 60))


def test_a_process_that_did_not_come_back_leaves_a_hash(tmp_path, monkeypatch):
    """Its report is verified like any other: nothing runs but the file that was hashed."""
    import axiomkd
    from axiomkd.core.report import Report
    from axiomkd.verify.report import verify

    monkeypatch.chdir(tmp_path)
    written(tmp_path, PRINTS.replace('    print("called")\n', "    import os; os._exit(3)\n"))
    made: Report = axiomkd.check("ops.py::log_pool", effort="quick")
    (one,) = made.operators
    assert one.status == "error" and set(one.hashes) == {"source"}
    monkeypatch.setattr("axiomkd.operators.loading.load", lambda target: [])
    with pytest.raises(Exception, match="registers no operator"):
        list(verify(made))
