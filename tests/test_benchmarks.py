"""The benchmarks run: each measuring function once, on next to nothing. How fast anything is, no test says.

What is tested in earnest is that the twenty mutants violate what they say, at the points worked by hand.
"""

import dataclasses
import importlib
import json
import math
import sys
import time
from pathlib import Path

import pytest

from axiomkd import axioms
from axiomkd.tracing.numerics import prepare

sys.path.append(str(Path(__file__).parent.parent))  # benchmarks are run from the checkout and never installed
cached, cold, fault_fuzz, figures, gpu, many, machine, mutants, proofs, start, steps, throughput = (
    importlib.import_module(f"benchmarks.{name}")
    for name in (
        "cached",
        "cold",
        "fault_fuzz",
        "figures",
        "gpu",
        "many",
        "machine",
        "mutants",
        "proofs",
        "start",
        "steps",
        "throughput",
    )
)
prepare()

NAMES = [m.name for m in mutants.MUTANTS]


def named(name):
    return mutants.MUTANTS[NAMES.index(name)]


def test_there_are_twenty_mutants_of_different_names():
    assert len(set(NAMES)) == len(NAMES) == 20
    assert {m.reading for m in mutants.MUTANTS} <= set(axioms.BY_NAME)


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=NAMES)
def test_a_mutant_violates_its_reading_at_the_point_worked_by_hand(mutant):
    margin = mutants.at_point(mutant)
    assert margin is not None and margin < 0


@pytest.mark.parametrize("name", ["four-classes", "dent-in-t"])
def test_a_mutant_is_as_thin_as_it_says(name):
    share, worst = mutants.flat_share(named(name), cases=10_000)
    assert share <= named(name).share
    assert math.isfinite(worst)


def test_every_way_of_finding_a_mutant_runs():
    easy = named("four-classes")
    assert mutants.by_search(easy, time.perf_counter, "quick").found is not None
    for way in (mutants.by_hypothesis, mutants.by_evolution):
        timed = way(easy, time.perf_counter, 0.1)
        assert timed.found is None or timed.found <= timed.spent


def test_throughput_measures_all_three():
    got = throughput.compared((2, 3), repeats=1, structures=1, examples=5, clock=time.perf_counter)
    assert set(got) == {"search", "alone", "hypothesis", "over hypothesis", "over alone"}
    assert all(value > 0 for value in got.values())


@pytest.mark.slow
def test_proofs_are_timed_and_counted():
    one = proofs.proving("mean", repeats=1, clock=time.perf_counter)
    assert 0 < one.tracing and 0 < one.proving
    assert one.proved == one.holds == sum(proofs.ENTRIES["mean"].truth[reading] is True for reading in axioms.BY_NAME)
    other = proofs.solving("mean", effort="quick", clock=time.perf_counter)
    assert 0 < other.proved <= other.asked and other.seconds > 0


def test_faults_are_fuzzed(tmp_path):
    out = tmp_path / "found.jsonl"
    part = fault_fuzz.measured(["proofs"], 60, 0, most=1, out=out)["proofs"]
    assert part.operators == 1 and part.seeds == [0, 0] and sum(part.verdicts.values()) == len(part.found)


@pytest.mark.whole
def test_a_report_that_breaks_a_law_is_a_finding(monkeypatch):
    pool = fault_fuzz.floats.of_zoo("linear", "float32", numpy=False)
    false = {**pool.truth, "hull": False}
    monkeypatch.setattr(fault_fuzz, "checked", lambda operator, effort, seed: _proved_at_once(operator))
    found = list(fault_fuzz.of_pool(fault_fuzz.floats.Pool(0, "believed", pool.operator, false), "quick", 0))
    assert [(one["what"], one["reading"]) for one in found if one["what"].startswith("false")] == [
        ("false proved", "hull")
    ]


def _proved_at_once(operator):
    """A check that searches nothing."""
    settings = fault_fuzz.Settings(effort="quick", search=False)
    return next(event.result for event in fault_fuzz.engine.check(operator, settings) if event.kind == "finished")


@pytest.mark.whole
@pytest.mark.parametrize("part", ["checks", "floats", "zoo", "exotic"])
@pytest.mark.parametrize("searched", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.weekly(2)
def test_every_part_runs(part, searched, monkeypatch, one_size):
    if not searched:
        monkeypatch.setattr(fault_fuzz, "checked", lambda operator, effort, seed: _proved_at_once(operator))
    seen = fault_fuzz.measured([part], 600, 0, most=1)[part]
    assert seen.operators == 1 and seen.verdicts["raised"] == 0


@pytest.mark.whole
@pytest.mark.slow
def test_the_cache_is_held_against_checking_again():
    once = cached.round_of(1, "--effort", "quick", "-K", "2", "-C", "2", "--reading", "simplex")
    assert {one.status for one in once.values()} == {0} and all(one.wall > 0 for one in once.values())
    assert set(once) == {"without", "first", "again", "changed"}


@pytest.mark.whole
@pytest.mark.slow
def test_starting_is_measured_in_parts(tmp_path):
    root = Path(__file__).parent.parent
    variables = start.environment(root, str(tmp_path))
    assert 0 < start.spent(["-c", ""], str(tmp_path), variables)
    begun, manners, proved = start.within("mean", str(tmp_path), variables)
    assert min(begun, manners, proved) > 0


@pytest.mark.whole
def test_steps_tell_search_from_what_comes_before():
    spent = steps.steps(steps.ROOT, "linear", "quick")
    assert {"start", "prove", "structures", "confirm"} <= spent.keys()
    assert 0 < steps.searched(spent) < sum(spent.values())


def test_cold_measures_a_process():
    one = cold.spent(["--version"], cores=1)
    assert one.status == 0
    assert one.wall > 0
    assert one.peak > 1 or sys.platform != "linux"


def test_a_table_has_a_row_for_each_row():
    assert machine.table(["a", "b"], [["1", "2"]]).splitlines() == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]


@pytest.mark.whole
def test_rates_of_a_device_are_measured_in_float64():
    (one,) = gpu.rates("cpu", [(2, 3)], math.inf)
    assert (one.platform, one.dtype, one.moved) == ("cpu", "float64", 8 * (6 + 2 + 3))
    assert min(one.whole, one.there, one.search) > 0
    assert gpu.read(json.dumps(dataclasses.asdict(one))) == one
    assert gpu.rates("cpu", [(2, 3)], -math.inf) == []  # nothing is begun once the time is up


def test_rates_of_a_size_that_was_not_reached_are_dashes():
    one = gpu.Rate((2, 3), 4096, 12345.6, 3.14159, None, 88, "cpu", "float64")
    lines = gpu.written([(2, 3), (8, 100)], [one], [], "gpu").splitlines()
    assert lines[2] == "| (2, 3) | 4096 | 0.1 | 12,346 | 3.14 | - | - | - | - |"
    assert set(lines[3].split(" | ")[1:]) == {"-", "- |"}


def test_a_verdict_that_differs_is_named_and_an_operator_that_was_not_reached_is_not_compared():
    cpu = {"a": {"envelope": "proved", "hull": "holds"}, "b": {"envelope": "proved"}}
    there = {"a": {"envelope": "proved", "hull": "refuted"}}
    assert gpu.different(cpu, there) == ["a hull: holds on the CPU, refuted there"]
    assert gpu.different(cpu, cpu) == []


@pytest.mark.whole
@pytest.mark.slow
def test_every_step_for_an_accelerator_runs_where_there_is_none(capfd):
    some = ["--operators", "linear", "--sizes", "2x3", "--device", "cpu"]
    assert gpu.main(some) == 0
    told = capfd.readouterr().out
    assert "1 operators on both, 24 readings, 0 differ." in told and "float64." in told
    assert gpu.main([*some[:-1], "nowhere"]) == 2  # one line says that there is no such device


def test_a_figure_stands_beside_its_aim():
    assert figures.Figure("cold", 3.0, 2.5).row() == ["cold", "3.00 s", "≤ 2.5 s", "missed", ""]
    assert figures.Figure("two", 1.8, 1.7, "x", over=True).row()[1:4] == ["1.80 x", "≥ 1.7 x", "met"]
    assert figures.Figure("bare", 1.0).row() == ["bare", "1.00 s", "", "", ""]


def test_many_are_compared_by_their_verdicts(monkeypatch):
    """The ways must agree; memory is told from the second tenth on."""
    ways = iter([{"f": {"hull": "proved"}}, {"f": {"hull": "proved"}}, {"f": {"hull": "holds"}}])
    monkeypatch.setattr(many, "measured", lambda *_: {"verdicts": next(ways), "statuses": {}})
    with pytest.raises(SystemExit, match="do not agree"):
        list(figures.of_many(40))
    memory = many.Memory(0, 0)
    memory.seen = [(10.0, 500.0)] * 10 + [(11.0, 600.0)] * 10
    assert memory.told()["largest worker"] == {"second tenth": 500, "last tenth": 600, "most": 600}


@pytest.mark.whole
def test_a_pool_in_pytorch_is_searched_beside_the_one_in_jax():
    pytest.importorskip("torch")
    pytorch = importlib.import_module("benchmarks.pytorch")
    one = pytorch.beside_jax((2, 3), repeats=1, structures=1)
    assert one.found > 0 and one.aim == pytorch.SLOWER and "cases/s" in one.note
