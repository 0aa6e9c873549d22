"""Operators whose calls take long: fewer cases, counted in calls; what is settled when the time is over is kept."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.checking import continuity, engine, plans
from axiomkd.core.allowance import Allowance, OutOfCalls
from axiomkd.core.events import Finished, Settled
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.operators import price
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.manners import Manners
from axiomkd.operators.price import Clock, Price, price_of
from axiomkd.operators.recorder import Recorder, going_on
from axiomkd.run import isolate
from axiomkd.run.session import resolved
from axiomkd.run.worker import Ref
from axiomkd.search import effort
from tests.patience import PATIENCE

FILE = Path(__file__).parent / "operators" / "slow.py"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux which processes live")


@pytest.fixture
def slow():
    spec = importlib.util.spec_from_file_location("slow_operators", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def few_calls(monkeypatch):
    """A fraction of the usual calls: sleeps are what these tests would wait for."""
    monkeypatch.setattr(price, "CALLS", (None, 6_000, 2_000, 400, 60, 10))


def result(fn, **settings):
    events = list(engine.check(describe(fn, backend="numpy"), resolved(Settings(**settings))))
    assert isinstance(events[-1], Finished)
    return events


# --- what is counted


def test_a_portion_ends_and_leaves_the_rest_to_others():
    allowance = Allowance(100)
    with allowance.portion(0.5):
        allowance.take(40)
        with pytest.raises(OutOfCalls):
            allowance.take(11)
        with allowance.portion(0.5):
            assert allowance.left == 5
    assert allowance.left == 60
    allowance.take(1000)  # outside portions nothing is refused: what was found must be confirmed
    assert allowance.left == 0


def test_a_deadline_ends_a_portion_and_nothing_else():
    allowance = Allowance(deadline=time.monotonic() - 1)
    allowance.take(1)
    with allowance.portion(1), pytest.raises(OutOfCalls):
        allowance.take(1)


def test_the_class_of_a_sleep_is_that_of_its_seconds():
    clock = Clock()
    for _ in range(3):
        clock.time(lambda: time.sleep(0.002))
    assert price_of(clock.seconds) == Price(2)
    assert str(Price(2)) == "450 µs to 4.5 ms" and str(Price(1)) == "less than 450 µs"


def test_plain_pools_are_of_one_class_and_what_is_looked_at_around_them_is_not_their_price():
    """What a call costs must not decide by a microsecond how many cases a report counts."""

    def linear(P, w):
        return w @ P

    def several(P, w):
        for _ in range(5):
            w = w * np.exp((P * np.log(P)).sum(1))
            w = w / w.sum()
        return w @ P

    for pool in (linear, several):
        evaluator = Manners(describe(pool, backend="numpy"), softener("power"), [(2, 2), (3, 4)]).meet()
        assert evaluator.price == Price(1)
    P, w, clock = np.full((2, 2), 0.5), np.full(2, 0.5), Clock()
    evaluator.checked(P, w, None, clock)
    assert 0 < clock.seconds < float("inf")
    timed = []

    class Watch(Clock):
        def time(self, call):
            timed.append(call())
            return timed[-1]

    def no_floats(P, w):
        return (w @ P).astype(np.float32)

    evaluator = Evaluator(describe(no_floats, backend="numpy"), softener("power"), 2, 2)
    assert evaluator.checked(P, w, None, Watch()).dtype == np.float64
    assert [q.dtype for q in timed] == [np.float32]  # what the function gave, and nothing that is done to it afterwards
    assert price_of(0.0) == Price(1) and price_of(1.0) == Price(5) and str(Price(5)) == "more than 450 ms"


def test_waiting_for_a_processor_costs_nothing():
    """Busy neighbours make a computation last longer and do not make it dearer."""
    clock, busy = Clock(), [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        for _ in range(5):
            clock.time(lambda: sum(range(60_000)))
    finally:
        for one in busy:
            one.kill()
            one.wait()
    assert price_of(clock.seconds) == Price(2)


def test_no_point_is_called_for_twice(slow):
    evaluator = Evaluator(describe(slow.slow_linear, backend="numpy"), softener("power"), 2, 3)
    P, w = np.random.default_rng(0).dirichlet(np.ones(3), (5, 2)), np.full((5, 2), 0.5)
    first, before = evaluator.batch(P, w), len(slow.CALLS)
    assert np.array_equal(evaluator.batch(P[::-1], w), first[::-1])
    assert len(slow.CALLS) == before
    evaluator.batch(P, np.full((5, 2), [0.25, 0.75]))
    assert len(slow.CALLS) == before + 5


# --- what comes of it


@pytest.mark.whole
@pytest.mark.parametrize("name", ["slow_log", "slow_vote"])
def test_few_calls_refute_what_shows_at_small_fractions(slow, few_calls, name):
    events = result(getattr(slow, name))
    verdicts = {r.reading: r.verdict for r in events[-1].result.readings}
    refuted = {
        "slow_log": ["envelope", "hull", "any-support", "favourite", "coordinate", "nonexpansive"],
        "slow_vote": [
            "unanimity",
            "envelope",
            "common-support",
            "responsive",
            "interior",
            "closed",
            "lipschitz",
            "limits",
        ],
    }[name]
    missed = [one for one in refuted if verdicts[one] != "refuted"]
    assert len(missed) <= 1, missed
    sound = {"slow_log": ["unanimity", "pull", "commutation"], "slow_vote": ["simplex", "pull", "ranking"]}[name]
    assert all(verdicts[one] in ("holds", "proved") for one in sound)
    assert len(slow.CALLS) < 3_000
    (searched,) = events[-1].searched
    assert "2,000 calls were allowed, as one takes 450 µs to 4.5 ms" in searched
    assert "cases: a call takes 450 µs to 4.5 ms" in next(
        r.message for r in events[-1].result.readings if r.verdict == "holds"
    )
    # What is refuted is told as it comes, long before the end.
    told = [e.reading.verdict for e in events if isinstance(e, Settled)]
    assert "refuted" in told[: len(told) // 2 + 1]


def test_calls_are_left_for_the_readings_that_come_last():
    ahead = [axioms.BY_NAME[name] for name in ("interior", "closed", "lipschitz", "limits", "hot", "cold")]
    allowance, given = Allowance(1_000), {}
    for n, one in enumerate(ahead):
        little = one.name in ("lipschitz", "hot", "cold")
        with allowance.portion(continuity._share(ahead[n:], little)):
            given[one.name] = allowance.left
            allowance.take(allowance.left)
    assert min(given.values()) > 5 and sum(given.values()) == pytest.approx(1_000), given


@pytest.mark.whole
def test_the_same_calls_give_the_same_report(slow, few_calls):
    one, other = (result(slow.slow_log, effort="quick", readings=("convexity/envelope",))[-1].result for _ in range(2))
    assert [r.model_copy(update={"seconds": 0}) for r in one.readings] == [
        r.model_copy(update={"seconds": 0}) for r in other.readings
    ]


def check_file(name, **settings):
    ref = Ref(name=name, target=f"{FILE}::{name}", file=str(FILE), line=1)
    return list(isolate.run(ref, resolved(Settings(**settings))))[-1].result


@pytest.mark.whole
def test_what_is_settled_when_the_time_is_over_is_kept():
    found = check_file("slow_log", timeout=9.0)
    verdicts = {r.reading: r.verdict for r in found.readings}
    assert verdicts["envelope"] == "refuted"
    assert found.status == "invalid" and "time limit of 9 s ended the search" in found.message
    assert "error" not in verdicts.values()
    assert "inconclusive" in verdicts.values()


@pytest.mark.whole
def test_one_call_that_does_not_come_back_is_an_error():
    found = check_file("hangs_at_last", timeout=6.0)
    assert found.status == "error" and "gave no answer within 6 s; it was at" in found.message


def test_a_call_that_goes_on_is_known_from_outside(tmp_path):
    path = str(tmp_path / "calls")
    lasted = []
    Recorder(path).around(lambda P, w: lasted.append(going_on(path)))(np.full((2, 2), 0.5), np.ones(2) / 2)
    assert lasted[0] is not None and 0 <= lasted[0] < 5
    assert going_on(path) is None and going_on(str(tmp_path / "none")) is None


# --- sizes


def test_sizes_that_code_branches_on_are_searched():
    sizes = effort.sizes(lambda K, C: True)
    assert {6, 7} <= {K for K, _ in sizes} and {6, 7, 8, 9} <= {C for _, C in sizes}


@pytest.mark.whole
def test_a_branch_at_seven_teachers_is_refuted():
    def branches(P, w):
        return P.max(axis=0) if len(w) == 7 else w @ P

    (found,) = result(branches, effort="quick", readings=("convexity/simplex",))[-1].result.readings
    assert found.verdict == "refuted" and found.witness is not None and found.witness.K == 7


def test_further_sizes_are_searched_after_the_usual_ones():
    plan = plans.plan_of(describe(lambda P, w: w @ P), Settings(), extra=((2, 3), (11, 2)))
    assert plan.sizes[-1] == (11, 2) and plan.sizes.count((2, 3)) == 1
    assert (11, 2) in effort.jump_sizes(plan.sizes, plan.extra)


# --- orphans


@linux
@pytest.mark.whole
def test_a_worker_ends_with_the_process_it_serves_whoever_else_holds_its_pipes(tmp_path, monkeypatch):
    """A process that the command has forked keeps its pipes open; the worker must not take that for the command."""
    monkeypatch.setenv("AXIOMKD_CONFINE", "off")  # it leaves a mark beside itself
    mark, fork = tmp_path / "pid", tmp_path / "fork"
    (tmp_path / "sleeps.py").write_text(
        "import os, subprocess, time\n"
        "from axiomkd import operator\n"
        "child = subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
        f"open({str(mark)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}} ')\n"
        "time.sleep(3600)\n"
    )
    (tmp_path / "command.py").write_text(
        "import os, threading, time\n"
        "import axiomkd\n"
        "def go():\n"
        "    axiomkd.check('sleeps.py')\n"
        "threading.Thread(target=go, daemon=True).start()\n"
        f"while not os.path.exists({str(mark)!r}): time.sleep(0.1)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    time.sleep(120)\n"
        "    os._exit(0)\n"
        f"open({str(fork)!r}, 'w').write(str(pid))\n"
        "time.sleep(3600)\n"
    )
    command = subprocess.Popen([sys.executable, "command.py"], cwd=tmp_path)
    try:
        _until(lambda: fork.exists() and fork.read_text() and mark.read_text().endswith(" "))
        workers = [int(one) for one in mark.read_text().split()]
        assert all(map(_alive, workers))
        command.send_signal(signal.SIGKILL)
        command.wait(timeout=PATIENCE)
        _until(lambda: not any(map(_alive, workers)), seconds=10)
    finally:
        command.kill()
        os.kill(int(fork.read_text()), signal.SIGKILL)


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
