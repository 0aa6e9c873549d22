"""Operators checked on a Dask cluster: a real one of two worker processes, one of which is killed; and what travels to it."""

import base64
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.settings import Settings
from axiomkd.run import agent, cluster, far, parcel, session
from axiomkd.run.cache.dependencies import Dependencies, digest
from axiomkd.run.parcel import Parcel, Reply
from axiomkd.run.worker import Ref

SETTINGS = session.resolved(Settings(effort="quick", K=(2,), C=(2,), readings=("envelope",)))
POOL = """
import numpy as np
from axiomkd import operator
{more}
@operator(backend="numpy")
def pool(P, w):
    return w @ np.asarray(P)
"""
HELPED = """
import numpy as np
from axiomkd import operator
from scale import factor

@operator(backend="numpy")
def helped(P, w):
    from late.deep import one  # imported when it is called
    return factor * one * (w @ np.asarray(P))
"""
POISON = """
import os, signal
from axiomkd import operator

def above(pid):
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])

@operator(backend="numpy")
def poison(P, w):
    pid = os.getpid()
    while "spawn_main" not in open(f"/proc/{pid}/cmdline").read() and pid > 1:
        pid = above(pid)
    os.kill(pid, signal.SIGKILL)  # the Dask worker
    return w @ P
"""
BROKEN = POOL.replace("return w @", "return 1 / 0 * w @")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ref(file: str, name: str = "f") -> Ref:
    return Ref(name=name, target=f"{file}::{name}", file=file, line=1)


# --- what travels --------------------------------------------------------------------------------------------------------


def test_what_loading_has_read_travels_and_what_is_imported_late(place):
    for path, text in {
        "ops/a.py": "import helper\ndef f():\n    import late.deep\n",
        "ops/helper.py": "",
        "ops/late/__init__.py": "",
        "ops/late/deep.py": "import os",
        "ops/other.py": "",
        "table.csv": "1",
    }.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    read = [str(place / one) for one in ("ops/a.py", "ops/helper.py", "table.csv")]
    outside = place.parent / "outside.csv"
    outside.write_text("2")
    loaded = Dependencies(files={one: digest(one) for one in [*read, str(outside)]})
    sent = parcel.packed(ref("ops/a.py"), SETTINGS, loaded, str(place))
    assert sorted(sent.files) == ["ops/a.py", "ops/helper.py", "ops/late/__init__.py", "ops/late/deep.py", "table.csv"]
    assert base64.b64decode(sent.files["table.csv"]) == b"1"
    assert sent.outside == {str(outside): digest(str(outside))} and parcel.problem(sent) == ""
    parcel.unpack(sent, str(place / "there"))
    assert Path("there/ops/helper.py").read_text() == "" and Path("there/table.csv").read_text() == "1"
    outside.write_text("3")
    assert parcel.problem(sent).startswith(
        f"ops/a.py: it reads {outside}, which is another file there on the Dask worker."
    )
    outside.unlink()
    assert "which is not there on the Dask worker" in parcel.problem(sent)


def test_what_cannot_travel_is_told(place, monkeypatch):
    Path("a.py").write_text("")
    with pytest.raises(LoadError, match=r"a.py: it looks through the folder /data .* no folders"):
        parcel.packed(ref("a.py"), SETTINGS, Dependencies(listed={"/data": "0"}), str(place))
    with pytest.raises(LoadError, match="a.py has changed since it was loaded"):
        parcel.packed(ref("a.py"), SETTINGS, Dependencies(files={str(place / "a.py"): "0"}), str(place))
    with pytest.raises(LoadError, match="lies outside the working folder"):
        parcel.packed(ref("../a.py"), SETTINGS, None, str(place))
    monkeypatch.setattr(parcel, "MOST", 3)
    Path("a.py").write_text("# long")
    with pytest.raises(LoadError, match="too much to send"):
        parcel.packed(ref("a.py"), SETTINGS, None, str(place))


def test_what_comes_over_the_wire_is_data(place):
    def sent(**more):
        plain = parcel.packed(ref("zoo:linear"), SETTINGS, None, str(place))
        return plain.model_copy(update=more).model_dump_json().encode()

    assert "another axiomkd" in agent.reply(b"{}").unfit and "another axiomkd" in agent.reply(b"\xff").unfit
    other = {**parcel.packed(ref("zoo:linear"), SETTINGS, None, str(place)).installed, "numpy": "0.1"}
    assert re.fullmatch(r"numpy \S+, not 0.1", agent.reply(sent(installed=other)).unfit)
    with pytest.raises(ValueError, match="leads out of its folder"):
        agent.reply(sent(files={"../x": ""}))
    assert not (place.parent / "x").exists()


def test_dependencies_of_work_done_elsewhere_are_those_of_here(place):
    Path("scale.py").write_text("")
    on = Dependencies(
        files={"/there/a.py": "1", "/lib/x.py": "2", "/there2/b.py": "3"},
        absent=["/there/scale/__init__.py"],
        names=["scale"],
        imported_from={"/there": "wrong"},
    ).moved("/there", str(place))
    assert on.files == {f"{place}/a.py": "1", "/lib/x.py": "2", "/there2/b.py": "3"}
    assert on.absent == [f"{place}/scale/__init__.py"] and set(on.imported_from) == {str(place)}
    only = on.model_copy(update={"files": {}})
    assert only.unchanged(digest)
    Path("scale").mkdir()
    assert not only.unchanged(digest)
    assert on.model_copy(update={"listed": {"/there": "0"}}).moved("/there", "/x").unsure


# --- a cluster that is not there -----------------------------------------------------------------------------------------


def test_without_the_extra_one_sentence_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="extra `dask`"):
        cluster.Cluster("tcp://127.0.0.1:1")


def test_turns():
    turns, stop, seen = cluster._Turns(), threading.Event(), []

    def work(n, alone):
        with turns.turn(stop, alone=alone) as mine:
            assert mine
            seen.append((n, "in"))
            time.sleep(0.01)
            seen.append((n, "out"))

    threads = [threading.Thread(target=work, args=(n, n % 3 == 0)) for n in range(9)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for n in (0, 3, 6):
        at = seen.index((n, "in"))
        assert seen[at + 1] == (n, "out")
    assert len(seen) == 18
    with turns.turn(stop, alone=False):
        stop.set()
        with turns.turn(stop, alone=True) as mine:
            assert not mine


class Dead:
    """A client whose scheduler goes away: each future is lost, and it does not come back."""

    status = "closed"

    def submit(self, *_, **__):
        raise OSError("gone")


def made(client) -> cluster.Cluster:
    one = object.__new__(cluster.Cluster)
    one._client, one._address, one._turns = client, "tcp://x:1", cluster._Turns()
    return one


def test_a_scheduler_that_is_gone_is_told_once():
    sent = Parcel(ref=ref("a.py"), settings=b"", files={}, outside={}, installed={})
    with pytest.raises(UsageError, match=r"--dask tcp://x:1: its scheduler is gone. What was settled is kept"):
        made(Dead())._answer(sent, threading.Event())
    stopped = threading.Event()
    stopped.set()
    assert made(Dead())._answer(sent, stopped) is None


def test_what_ends_its_workers_again_with_nothing_else_out_is_to_blame(monkeypatch):
    one, outcomes = made(None), ["killed", "killed"]
    monkeypatch.setattr(one, "_sent", lambda text, stop: outcomes.pop(0))
    sent = Parcel(ref=ref("a.py"), settings=b"", files={}, outside={}, installed={})
    assert one._answer(sent, threading.Event()) == Reply(died=True, details=cluster.POISON) and not outcomes
    good = Reply(refused="no")
    for before in (["killed"], ["lost"], ["lost", "killed"]):
        outcomes[:] = [*before, good]
        monkeypatch.setattr(one, "_reconnected", lambda stop: None)
        assert one._answer(sent, threading.Event()) is good
    outcomes[:] = ["lost"] * (cluster.RESTARTS + 1)
    with pytest.raises(UsageError, match="again and again"):
        one._answer(sent, threading.Event())


def test_an_agent_that_dies_is_replaced_once(monkeypatch):
    started = []

    class Agent:
        def __init__(self):
            started.append(self)

        def ask(self, text):
            return None if len(started) < 3 else b"{}"

        def end(self):
            pass

    monkeypatch.setattr(far, "_Agent", Agent)
    assert far.check(b"x") == far.DIED and len(started) == 2
    assert far.check(b"x") == b"{}" and far._idle.pop() is started[2]
    assert Reply.model_validate_json(far.DIED).died


# --- a cluster -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def local():
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=60
        ) as found,
    ):
        yield found


def told(report):
    """A report without its times."""
    text = report.to_json()
    return re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', text)


@pytest.mark.whole
def test_two_workers_one_of_them_killed_and_a_poison_give_the_report_of_one_process(place, local):
    for n in range(4):
        Path(f"pool{n}.py").write_text(POOL.format(more=f"# {n}"))
    Path("helped.py").write_text(HELPED)
    Path("scale.py").write_text("factor = 1\n")
    Path("late").mkdir()
    Path("late/__init__.py").write_text("")
    Path("late/deep.py").write_text("one = 1\n")
    Path("broken.py").write_text(BROKEN.format(more=""))
    time.sleep(0.06)
    seen = []

    class Watcher(session.Watcher):
        def event(self, event):
            seen.append(event.operator)
            if len(seen) == 1:
                os.kill(next(iter(local.workers.values())).pid, signal.SIGKILL)

    alone = session.check(["."], SETTINGS)
    Path("poison.py").write_text(POISON)
    with cluster.Cluster(local.scheduler_address) as there:
        report = session.check(["."], SETTINGS, elsewhere=there, watcher=Watcher())
    assert len(report.operators) == 7 and sorted(seen) == sorted(one.name for one in report.operators)
    (poison,) = [one for one in report.operators if one.name == "poison"]
    assert poison.status == "error" and "defect" not in poison.message and not poison.defect
    rest = report.model_copy(update={"operators": [one for one in report.operators if one is not poison]})
    assert told(rest) == told(alone)
    assert [one.status for one in alone.operators] == ["error", "valid", *["valid"] * 4]
