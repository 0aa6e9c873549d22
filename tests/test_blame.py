"""Whose error it is: what an operator raises is its own, what this package raises is told as a defect and is never the user's."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import describe, operator
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.frames import is_ours
from axiomkd.operators.recorder import Recorder
from axiomkd.prove import prover
from axiomkd.run import worker
from axiomkd.run.tampering import Before
from axiomkd.zoo import ENTRIES
from tests.command import axiomkd

P, w = np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0.5, 0.5])


def raised(call, *args):
    with pytest.raises(Exception) as found:
        call(*args)
    return found.value


def test_what_the_system_is_out_of_in_a_worker_is_no_defect(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Before, "changed", lambda self: ""
    )  # a runner of tests replaces hooks, and an operator does not here
    short = raised(Recorder, str(tmp_path / "no" / "such"))
    assert worker._fell(short, Before()).ours
    short.errno, short.strerror = 28, "No space left on device"
    fell = worker._fell(short, Before())
    assert not fell.ours and fell.message.startswith("could not be gone on with: the system refuses: No space left")


def solves(P, w):
    return np.linalg.solve(np.zeros((2, 2)), w)


def test_what_a_library_raises_for_the_operator_is_the_operators(tmp_path):
    assert not is_ours(raised(solves, P, w))
    recorded = Recorder(str(tmp_path / "calls")).around(np.linalg.cholesky)  # an operator without a line of the user's
    assert not is_ours(raised(recorded, -np.eye(2)))
    made = Evaluator(describe(lambda P, w: P[0], name="first"), softener("power"), 2, 2)
    made.operator = describe(solves)
    assert not is_ours(raised(made.plain, P, w))


def test_an_operator_of_the_zoo_called_wrongly_is_the_callers():
    made = Evaluator(describe(lambda P, w: P[0], name="first"), softener("power"), 2, 2)
    made.operator = describe(lambda P, w: ENTRIES["linear"].fn(P, w[:1]), name="wrong")
    assert not is_ours(raised(made.plain, P, w))


def test_what_this_package_raises_is_its_own():
    assert is_ours(raised(axioms.reading_id, 3))
    assert is_ours(raised(prover.smallest, None))
    assert is_ours(KeyError("from nowhere"))


def test_a_prover_that_fails_says_so_and_not_that_the_operator_does(monkeypatch):
    linear = describe(lambda P, w: w @ P, name="linear")
    monkeypatch.setattr(prover, "_by_theorems", lambda *_, **__: axioms.reading_id(None))  # type: ignore[arg-type]
    found = prover.prove(linear, "power", axioms.READINGS[:2], effort="quick", sizes=[(2, 2)])
    for answer in found.values():
        assert isinstance(answer, prover.NotProved)
        assert "prover failed" in answer.why and "defect of axiomkd" in answer.why


BREAKS_THE_ENGINE = """
from axiomkd import operator
from axiomkd.search import effort
effort.EFFORTS = {}

@operator
def linear(P, w):
    return w @ P
"""
BREAKS_THE_LOADER = "from axiomkd.operators import loading\nloading.REGISTERED = None\nx = 1\n"


@pytest.mark.parametrize("text", [BREAKS_THE_ENGINE, BREAKS_THE_LOADER], ids=["check", "load"])
def test_a_failure_of_this_package_is_70_and_asks_for_a_report(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("op.py").write_text(text)
    done = axiomkd("check", "op.py", "--effort", "quick", "--no-cache", "--json", "r.json")
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 70
    assert "defect of axiomkd" in told and "AXIOMKD_DEBUG" in told and "Traceback" not in told
    report = json.loads(Path("r.json").read_text())
    for one in report["operators"]:
        assert one["defect"] and one["status"] == "error"
        assert all(r["witness"] is None and r["verdict"] == "error" for r in one["readings"])
    assert [one["defect"] for one in report["failures"]] == ([True] if text == BREAKS_THE_LOADER else [])


def test_what_is_handed_to_this_package_wrongly_is_told_at_the_users_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("op.py").write_text(
        "from axiomkd import operator\n\n@operator(nme='x')\ndef linear(P, w):\n    return w @ P\n"
    )
    done = axiomkd("check", "op.py")
    assert done.returncode == 2
    assert "op.py, line 3: operator(...) takes no nme; it takes name, claims," in " ".join(done.stderr.split())
    Path("op.py").write_text("import axiomkd\n\naxiomkd.axioms.reading_id(3)\n")
    done = axiomkd("check", "op.py")
    assert done.returncode == 2 and "inside axiomkd when imported" in " ".join(done.stderr.split())


def test_an_unknown_argument_is_named_with_those_there_are():
    with pytest.raises(UsageError, match="takes no size; it takes name, claims, domain"):
        operator(size=3)(lambda P, w: w @ P)  # type: ignore[call-overload]


@pytest.mark.parametrize("names", [("P",), ("w",), ("P", "w")])
def test_what_was_changed_in_place_is_named(names):
    def writes(P, w):
        for name in names:
            (P if name == "P" else w)[...] *= 0.5
        return P[0]

    made = Evaluator(describe(lambda P, w: P[0], backend="numpy", name="first"), softener("power"), 2, 2)
    made.operator = describe(writes)
    told = raised(made.checked, P.copy(), w.copy())
    copies = ", ".join(f"{name} = {name}.copy()" for name in names)
    assert str(told) == f"changed {' and '.join(names)} in place. Work on a copy: {copies}"


def test_sizes_outside_those_declared_are_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("op.py").write_text(
        "from axiomkd import operator\n\n@operator(K=range(3, 9), C=2)\ndef linear(P, w):\n    return w @ P\n\n"
        "@operator(K=1)\ndef alone(P, w):\n    return P[0]\n"
    )
    for target, asked, said in (
        (
            "linear",
            ("-K", "2"),
            "`linear` is declared for K = 3, 4, 5, 6, 7, 8 and C = 2, and was asked for K = 2: no size",
        ),
        ("linear", ("-K", "3", "-C", "3-5"), "and was asked for K = 3 and C = 3, 4, 5: no size is in both."),
        ("alone", (), "`alone` is declared for K = 1: no K from 2 to 64 with a C from 2 to 1000 is among them."),
    ):
        done = axiomkd("check", f"op.py::{target}", "--effort", "quick", "--no-cache", "--quiet", *asked)
        assert done.returncode == 2 and said in " ".join(done.stderr.split()), done.stderr
        assert "Traceback" not in done.stderr


ODD = """
import sys, types
odd = types.ModuleType("odd")
odd.__path__ = object()
odd.__getattr__ = lambda name: 1 / 0
sys.modules.update({"odd": odd, "nothing": None, "raises": type("M", (), {"__getattr__": lambda self, name: 1 / 0})()})
"""
POOL = "from axiomkd import operator\n\n@operator\ndef linear(P, w):\n    return w @ P\n"
torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


@pytest.mark.whole
@pytest.mark.parametrize("head", [ODD, pytest.param("import torch\n", marks=torch)], ids=["odd", "torch"])
def test_whatever_a_file_imports_its_operators_are_checked(tmp_path, monkeypatch, head):
    monkeypatch.chdir(tmp_path)
    Path("op.py").write_text(head + POOL)
    for _ in range(2):  # anew, and from what was kept
        done = axiomkd("check", "op.py", "--effort", "quick", "-K", "2", "-C", "2", "--reading", "simplex", "--quiet")
        assert done.returncode == 0 and "meets convexity/simplex" in done.stdout, done.stderr
