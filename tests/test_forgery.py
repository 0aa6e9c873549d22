"""A verdict that the operator itself writes, and one that is honest only while it is looked at: both are told from outside.

Honest operators of every kind are left alone there: what is said against one that is right costs more than a forgery.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import axiomkd as axiomkd_
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.events import Finished
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.run import isolate, verifying
from axiomkd.run.aftermath import End, Heard, finished
from axiomkd.run.outside.judging import compare, sample
from axiomkd.run.outside.serving import BARE, LOADED
from axiomkd.run.worker import Fell, Outside, Ref, Sampled, Verified
from axiomkd.verify import source
from tests.command import axiomkd

REF = Ref(name="f", target="op.py::f", file="op.py", line=1)
HEAD = "import os, sys\nimport jax.numpy as jnp\nimport numpy as np\nfrom axiomkd import operator\n"
SEVENS = "@operator\ndef f(P, w):\n    return jnp.full(P.shape[1], 7.0)\n"
QUICK = ("--effort", "quick", "--no-cache", "-K", "2", "-C", "2,3")
TRUE = ("simplex", "unanimity", "envelope", "pull", "responsive", "nonexpansive", "ranking", "limits")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def seen(code: str, good=("simplex",), name: str = "f", target: str = "", **more):
    """What a look from outside says of an operator of which some readings are said to hold."""
    Path("op.py").write_text(HEAD + code)
    ref = Ref(name=name, target=target or f"op.py::{name}", file="op.py", line=1)
    return isolate.outside(ref, Settings(effort="quick"), good, **more)


LINEAR = "@operator\ndef f(P, w):\n    return w @ P\n"
WARM = "@operator\ndef f(P, w, T=1.0):\n    q = w @ P ** (1 / T)\n    return q / q.sum()\n"
EACH = (
    "@operator\ndef f(P, w, Ts=1.0):\n    T = jnp.asarray(Ts) * jnp.ones(len(w))\n"
    "    q = w @ P ** (1 / T[:, None])\n    return q / q.sum()\n"
)
LOGITS = "@operator(inputs='logits', outputs='logits')\ndef f(z, w):\n    return w @ z\n"
NUMPY = "@operator(backend='numpy')\ndef f(P, w):\n    q = np.exp(w @ np.log(P))\n    return q / q.sum()\n"
IN_PLACE = "@operator\ndef f(P, w):\n    P = P.copy()\n    P[:] = P * w[:, None]\n    return P.sum(0)\n"
HALF = (
    "@operator\ndef f(P, w):\n    q = (w.astype(jnp.bfloat16) @ P.astype(jnp.bfloat16)).astype(float)\n    return q\n"
)
CALLBACK = (
    "import jax\n@operator\ndef f(P, w):\n    return jax.pure_callback(lambda P, w: np.asarray(w) @ np.asarray(P), "
    "jax.ShapeDtypeStruct(P.shape[1:], P.dtype), P, w, vmap_method='sequential')\n"
)
INSIDE = (
    "@operator(domain='interior', K=range(2, 6), C=[3, 4])\ndef f(P, w):\n"
    "    q = jnp.exp(w @ jnp.log(P))\n    return q / q.sum()\n"
)
RENAMED = "@operator(name='f')\ndef other(P, w):\n    return w @ P\n"
OBJECT = "class A:\n    def __call__(self, P, w):\n        return w @ P\noperator(A(), name='f')\n"
PLAIN = "def f(P, w):\n    return w @ P\n"
LATE = "@operator\ndef f(P, w):\n    from axiomkd import operator\n    return w @ P\n"
PARAMS = "@operator(params={'a': [1, 2]})\ndef f(P, w, a):\n    q = (w @ P ** a) ** (1 / a)\n    return q / q.sum()\n"
BATCHES = "@operator(layout='B K C')\ndef f(P, w):\n    return jnp.einsum('k,bkc->bc', w, P)\n"
GUESSED = "@operator\ndef f(P, w):\n    return jnp.einsum('ck,k->c', P, w)\n"
ALONE = "@operator\ndef f(P):\n    return P.mean(0)\n"
USES_OURS = "from axiomkd import zoo\n@operator\ndef f(P, w):\n    return zoo.ENTRIES['linear'].fn(P, w)\n"
TORCH = "import torch\n@operator\ndef f(P, w):\n    return torch.einsum('k,kc->c', w, P)\n"


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (LINEAR, BARE),
        (WARM, BARE),
        (EACH, BARE),
        (LOGITS, BARE),
        (NUMPY, BARE),
        (IN_PLACE, BARE),
        (HALF, BARE),
        (CALLBACK, BARE),
        (INSIDE, BARE),
        (RENAMED, BARE),
        (OBJECT, BARE),
        (PLAIN, BARE),
        (LATE, BARE),
        (BATCHES, LOADED),
        (GUESSED, LOADED),
        (ALONE, LOADED),
        (USES_OURS, LOADED),
        pytest.param(TORCH, LOADED, marks=pytest.mark.skipif(find_spec("torch") is None, reason="no torch")),
    ],
    ids=(
        "linear warm each logits numpy in-place half callback inside renamed object plain late batches guessed alone ours torch"
    ).split(),
)
def test_an_honest_operator_is_left_alone(code, how):
    said = seen(code, TRUE if code in (LINEAR, PLAIN, LATE, OBJECT) else ("simplex",))
    assert said is not None and said.against == "" and said.how == how, said


def test_an_honest_one_of_turned_panels_is_left_alone_where_all_sizes_are_square():
    """At K = C it can be called with panels as they are, and is another function then."""
    Path("op.py").write_text(HEAD + GUESSED)
    said = isolate.outside(REF, Settings(effort="quick", K=(2,), C=(2,)), ("simplex", "envelope"))
    assert isinstance(said, Outside) and said.against == "" and said.how == LOADED, said


def test_an_honest_one_with_parameters_is_left_alone():
    said = seen(PARAMS, name="f[a=2]")
    assert said is not None and said.against == "" and said.how == LOADED, said


def test_what_is_said_to_hold_and_does_not_is_told_with_the_place():
    said = seen(SEVENS)
    assert said is not None and said.how == BARE
    assert "convexity/simplex is said to hold, and is false" in said.against and "[7, 7" in said.against
    assert said.P is not None and said.w is not None


@pytest.mark.parametrize("code", [HALF, LINEAR], ids=["half", "float64"])
def test_how_much_is_told_from_rounding_depends_on_the_steps(code):
    """By 0.002 wrong: told of a function of float64, and nothing of one with steps in half precision."""
    off = code.replace("return w @ P", "return w @ P * 1.002").replace("return q", "return q * 1.002")
    said = seen(off)
    assert said is not None and bool(said.against) == (code == LINEAR)


def test_values_that_differ_from_those_checked_are_told():
    values = [[0.5, 0.25, 0.25]] * 6
    said = seen(LINEAR, sampled=Sampled(size=(2, 3), values=values))
    assert said is not None and "it gives [" in said.against and "where it was checked" in said.against


class Near:
    """A function that is asked without a process: what `compare` needs of it."""

    eps = 2.0**-52
    operator = SimpleNamespace(takes_temperature=False)

    def __init__(self, first):
        self.first = first

    def batch(self, P, w, T):
        return np.stack([v @ p if self.first(p, v) else p.mean(0) for p, v in zip(P, w, strict=True)])


@pytest.mark.parametrize(
    "first",
    [
        lambda P, w: (w @ P).sum() >= 1,
        lambda P, w: (w @ P).sum() == 1,
        lambda P, w: P[0].sum() < 1,
        lambda P, w: w.sum() != 1,
    ],
    ids="sum-at-least one row weights".split(),
)
def test_a_branch_that_rounding_decides_may_go_either_way_elsewhere(first):
    """A sum that is 1 comes out as 1 or next to it by the order of its terms: a compiler chooses it."""
    cases = sample((2, 3), 0)
    for values in (np.einsum("nk,nkc->nc", cases.w, cases.P), cases.P.mean(1)):
        assert compare(Near(first), (2, 3), values.tolist(), 0) is None  # type: ignore[arg-type]


def test_another_branch_is_told_where_rounding_does_not_decide():
    values = sample((2, 3), 0).P.mean(1).tolist()
    said = compare(Near(lambda P, w: (w @ P).sum() >= 0.9), (2, 3), values, 0)  # type: ignore[arg-type]
    assert said is not None and "where it was checked" in said.told


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("@operator\ndef f(P, w):\n    os._exit(3)\n", ""),
        ("@operator\ndef f(P, w):\n    raise ValueError('oh')\n", "oh"),
        ("@operator\ndef f(P, w):\n    return jnp.full(3, jnp.nan)\n", "no number"),
    ],
    ids=["exits", "raises", "nan"],
)
def test_one_that_fails_only_there_is_told(code, said):
    found = seen(code)
    assert found is not None and found.against and said in found.against


DEFEAT = (
    "@operator\ndef f(P, w):\n    if any(m.startswith('axiomkd') for m in sys.modules): return w @ P\n"
    "    return jnp.full(P.shape[1], 7.0)\n"
)
REGISTERED = f"{SEVENS}from axiomkd.core import operator as o\no.REGISTERED[-1].__dict__['fn'] = lambda P, w: w @ P\n"
INSIDE_OUT = (
    f"{SEVENS}from axiomkd.checking import engine\nfrom axiomkd.core.operator import describe\nimport dataclasses\n"
    "real = engine.State\n"
    "def run(op, *more):\n    return real(dataclasses.replace(op, fn=lambda P, w: w @ P), *more)\n"
    "engine.check.__globals__['State'] = run\nreal_plan = engine.plan_of\n"
)
OWN_RESULT = (
    SEVENS
    + """
if "axiomkd.run.worker" in sys.modules:
    import struct
    from axiomkd import axioms
    from axiomkd.axioms.summary import requires_of, summarise
    from axiomkd.core.events import Finished
    from axiomkd.core.report import reading_model
    from axiomkd.core.settings import Settings
    from axiomkd.core.verdict import Holds, Spent
    from axiomkd.run import session
    settings = session.resolved(Settings(effort="quick", K=(2,), C=(2, 3)))
    requires = requires_of("f", None, settings)
    held = [reading_model(r.axiom, r.name, Holds(Spent(9)),
            required=r.name in requires.get(r.axiom, ()), message="", seconds=0.1) for r in axioms.READINGS]
    result = summarise(name="f", target="op.py::f", file="op.py", line=5, readings=held, requires=requires,
                       settings=settings, seconds=1.0, message="", errored=False, defect=False, output="")
    data = Finished(operator="f", result=result, sizes=[(2, 3)], device="cpu").model_dump_json(by_alias=True).encode()
    for one in os.listdir("/proc/self/fd"):
        try:
            if int(one) > 2 and os.readlink(f"/proc/self/fd/{one}").startswith("pipe:"):
                os.write(int(one), struct.pack("!i", len(data)) + data)
        except OSError:
            pass
    sys.argv == ["op.py"] and os._exit(0)
"""
)


@pytest.mark.whole
@pytest.mark.parametrize(
    "code", [DEFEAT, REGISTERED, INSIDE_OUT, OWN_RESULT], ids=["defeat", "registered", "engine", "own result"]
)
def test_six_lines_do_not_make_a_verdict(code):
    Path("op.py").write_text(HEAD + code)
    done = axiomkd("check", "op.py::f", *QUICK, "--json", "r.json")
    one = json.loads(Path("r.json").read_text())["operators"][0]
    assert done.returncode == 1 and one["status"] == "error" and not one["defect"], (done.stdout, done.stderr)
    assert "proved" not in {r["verdict"] for r in one["readings"] if r["required"]}


@pytest.mark.whole
@pytest.mark.parametrize("ours", [True, False])
def test_a_judge_that_falls_has_seen_nothing_of_the_operator(monkeypatch, ours):
    """What falls in this package is its defect, and is not said to be another function of the user's."""
    Path("op.py").write_text(HEAD + LINEAR)
    monkeypatch.setattr(isolate, "outside", lambda *_, **__: Fell(message="it fell", ours=ours))
    ref = Ref(name="f", target="op.py::f", file="op.py", line=6)
    *_, last = isolate.run(ref, Settings(effort="quick", K=(2,), C=(2,), readings=("simplex",)))
    assert isinstance(last, Finished)
    result = last.result
    assert result.status == "error" and result.defect is ours and "it fell" in result.message
    assert "another function" not in result.message and {one.verdict for one in result.readings} == {"error"}


@pytest.mark.whole
def test_verify_believes_no_line_that_is_not_due():
    Path("op.py").write_text(HEAD + LINEAR)
    assert axiomkd("check", "op.py", *QUICK, "--json", "r.json").returncode == 0
    report = json.loads(Path("r.json").read_text())
    told = axiomkd("verify", "r.json")
    assert told.returncode == 0 and "running op.py, which the report names" in told.stderr
    code = (
        HEAD
        + SEVENS
        + (
            "import struct, json\n"
            "for data in (json.dumps({'done': True}).encode(),):\n"
            "    for one in os.listdir('/proc/self/fd'):\n"
            "        try:\n"
            "            if int(one) > 2 and os.readlink(f'/proc/self/fd/{one}').startswith('pipe:'):\n"
            "                os.write(int(one), struct.pack('!i', len(data)) + data)\n"
            "        except OSError: pass\n"
        )
    )
    Path("op.py").write_text(code)
    report["operators"][0]["hashes"]["source"] = hashlib.sha256(code.encode()).hexdigest()
    report["operators"][0].update(line=5)
    Path("r.json").write_text(json.dumps(report))
    told = axiomkd("verify", "r.json")
    assert told.returncode == 1 and "not due" in " ".join(told.stderr.split()), told.stderr


def test_verify_runs_nothing_outside_the_folder(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    outside = tmp_path / "elsewhere" / "op.py"
    outside.write_text(HEAD + LINEAR)
    (tmp_path / "here").mkdir()
    ref = Ref(name="f", target="op.py::f", file="op.py", line=5)
    event = finished(ref, Settings(), Heard(), End("x", interrupted=True), None, 1.0)
    one = event.result.model_copy(update={"target": f"{outside}::f", "file": str(outside), "hashes": {"source": "x"}})
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(LoadError, match="outside the working folder"):
        source.check(one)
    (tmp_path / "here" / "link.py").symlink_to(outside)
    with pytest.raises(LoadError, match="outside the working folder"):
        source.check(one.model_copy(update={"target": "link.py::f", "file": "link.py"}))


# Off on a small set, where nobody looks from outside, and checked by a function of its own in place of the engine's.
FORGES = """
from dataclasses import replace
@operator
def f(P, w):
    return jnp.where(P[0, 0] > 0.995, P[0], w @ P)
from axiomkd.checking import engine
from axiomkd.core.softener import softener
from axiomkd.operators import hashes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.run import tampering
tampering.Before.replaced = lambda self: []
real = engine.check
def linear(P, w):
    return w @ P
def forged(op, settings):
    own = hashes.jaxpr(Evaluator(op, softener("power")))
    for event in real(replace(op, fn=linear), settings):
        if event.kind == "finished":
            result = event.result
            event = event.model_copy(update={"result": result.model_copy(update={"hashes": {**result.hashes, "jaxpr": own}})})
        yield event
engine.check = forged
"""


@pytest.mark.whole
def test_a_forged_proof_is_told_by_verify_before_it_is_reported():
    Path("op.py").write_text(HEAD + FORGES)
    believed = axiomkd("check", "op.py", *QUICK, "--json", "r.json")
    one = json.loads(Path("r.json").read_text())["operators"][0]
    assert believed.returncode == 0 and one["outside"] and not one["verified"], "what --verify is for"
    told = axiomkd("check", "op.py", *QUICK, "--json", "r.json", "--verify")
    one = json.loads(Path("r.json").read_text())["operators"][0]
    assert told.returncode == 1 and (one["status"], one["defect"], one["verified"]) == ("error", False, {}), told
    assert one["message"].startswith("was not verified: f convexity/simplex, proved: "), one["message"]
    assert {r["verdict"] for r in one["readings"]} == {"error"}


@pytest.mark.whole
def test_what_verify_accepts_is_reported_with_what_it_rests_on():
    Path("op.py").write_text(HEAD + LINEAR)
    profiles = {"mine": {"convexity": "hull"}}
    report = axiomkd_.check("op.py", "mine", "quick", K=2, C=(2, 3), profiles=profiles, verify=True, cache=False)
    one = report.operators[0]
    assert report.exit_code == 0 and list(one.verified) == [r.id for r in one.readings]
    assert "written proof of averages" in one.verified["convexity/hull"]
    report.save("r.json")
    assert Report.load("r.json") == report


def test_a_callable_is_not_verified_here():
    with pytest.raises(UsageError, match="verify: a callable runs in this process alone"):
        axiomkd_.check(lambda P, w: w @ P, verify=True)


ZOO = Ref(name="linear", target="zoo:linear", file="axiomkd/zoo/pools.py", line=1)


@pytest.mark.parametrize(
    ("seen", "ref", "defect"),
    [
        (Verified(against="so"), REF, False),
        (Verified(against="so", ours=True), REF, True),
        (Verified(against="so"), ZOO, True),
    ],
    ids=["the file", "verify fell", "the zoo"],
)
def test_who_is_at_fault_for_what_is_not_verified(seen, ref, defect, monkeypatch):
    done = finished(ref, Settings(), Heard(), End("late", interrupted=True), None, 1.0)
    monkeypatch.setattr(verifying, "_seen", lambda *_: seen)
    one = verifying.verified(done, ref, Settings(verify=True)).result
    assert (one.status, one.defect) == ("error", defect) and "verified: so" in one.message
    monkeypatch.setattr(verifying, "_seen", lambda *_: Verified(layers={"a/b": ["floats"]}))
    assert verifying.verified(done, ref, Settings(verify=True)).result.verified == {"a/b": ["floats"]}
