"""The data behind the pictures: right numbers, no effect on verdicts, and nothing at all where nobody asked."""

import numpy as np
import pytest

from axiomkd.checking import engine
from axiomkd.checking.pictures import PANEL, WEIGHTS
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.zoo import ENTRIES


def checked(fn, pictures=True, readings=("envelope", "responsive", "nonexpansive"), **options):
    settings = Settings(effort="quick", K=(2, 3), C=(2, 3), readings=readings, pictures=pictures)
    (finished,) = [e for e in engine.check(describe(fn, **options), settings) if e.kind == "finished"]
    return finished.result


def test_what_is_computed_is_the_operator():
    found = checked(ENTRIES["linear"].fn).pictures
    (scene,) = found.scenes
    assert np.allclose(scene.q, WEIGHTS @ PANEL) and scene.reading == "" and scene.T is None
    weight, temperature = found.paths
    assert (weight.parameter, weight.teacher, weight.turns) == ("weight", 0, None)
    for x, q, distance in zip(weight.x, weight.q, weight.distance, strict=True):
        v = np.array([x, (1 - x) * 0.6, (1 - x) * 0.4])
        assert np.allclose(q, v @ PANEL)
        assert distance == pytest.approx(np.abs(v @ PANEL - PANEL[0]).sum() / 2)
    assert 1.0 in [pytest.approx(x) for x in temperature.x]
    for T, q in zip(temperature.x, temperature.q, strict=True):
        rows = PANEL ** (1 / T)
        assert np.allclose(q, WEIGHTS @ (rows / rows.sum(1, keepdims=True)))


@pytest.mark.whole
def test_a_trace_only_falls_and_ends_with_all_cases():
    result = checked(ENTRIES["power2"].fn)
    (trace,) = [one for one in result.pictures.traces if one.reading == "envelope"]
    assert trace.cases == sorted(trace.cases) and trace.margin == sorted(trace.margin, reverse=True)
    (reading,) = [one for one in result.readings if one.reading == "envelope"]
    assert trace.cases[-1] == reading.cases and trace.margin[-1] < 0 and len(trace.cases) <= 41


@pytest.mark.whole
def test_where_the_aggregate_turns_away():
    def away(P, w):
        pull = np.minimum(w[0], 0.5)  # from 1/2 on the first teacher counts for no more, and is left
        pull = np.where(w[0] > 0.5, 1 - w[0], pull)
        return pull * P[0] + (1 - pull) * P[1]

    result = checked(away, K=(2,), backend="numpy")
    (weight,) = [one for one in result.pictures.paths if one.parameter == "weight"]
    assert weight.turns == pytest.approx(0.5, abs=0.021)


@pytest.mark.whole
def test_the_same_twice_and_nothing_unasked():
    first, again = (checked(ENTRIES["log"].fn).pictures for _ in range(2))
    assert first == again
    without = checked(ENTRIES["log"].fn, pictures=False)
    assert without.pictures is None
    with_them = checked(ENTRIES["log"].fn)
    strip = {"seconds": 0.0, "pictures": None}
    assert [r.model_copy(update=strip) for r in with_them.readings] == [
        r.model_copy(update=strip) for r in without.readings
    ]


@pytest.mark.whole
def test_what_is_no_number_is_null_and_what_raises_is_left_out():
    def holes(P, w):
        return np.where(w[0] > 0.9, np.nan, 1.0) * (w @ P)

    result = checked(holes, readings=("simplex",), backend="numpy")
    (weight,) = [one for one in result.pictures.paths if one.parameter == "weight"]
    assert weight.q[-1] == [None, None, None] and weight.distance[-1] is None and weight.q[0][0] is not None


def test_sizes_that_are_not_three():
    result = checked(ENTRIES["linear"].fn, K=(2,), C=(2,))
    (scene,) = result.pictures.scenes
    assert (len(scene.P), len(scene.P[0])) == (2, 2)
    assert all(sum(row) == pytest.approx(1) for row in [*scene.P, scene.w])


def test_an_operator_in_error_has_none():
    def wrong(P, w):
        raise ValueError("no")

    assert checked(wrong).pictures is None
