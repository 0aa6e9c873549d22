"""The laws that fuzzing holds reports against can be broken, and are seen to be."""

from __future__ import annotations

import numpy as np
import pytest

from axiomkd.tracing import numerics

from . import floats, laws, naive

numerics.prepare()


@pytest.mark.parametrize(
    "verdicts",
    [
        {"hull": "holds", "envelope": "fragile"},
        {"responsive": "proved", "pull": "inconclusive"},
        {"hull": "proved", "envelope": "refuted"},
        {"lipschitz": "proved", "closed": "holds"},
        {"commutation": "holds", "simplex": "holds", "entropy": "refuted"},
    ],
)
def test_a_strong_verdict_over_a_weak_one_breaks_the_ladder(verdicts):
    assert len(laws.breaches(verdicts)) == 1


def test_a_weak_verdict_that_is_better_breaks_nothing():
    assert laws.breaches({"hull": "refuted", "envelope": "holds", "unanimity": "holds", "simplex": "proved"}) == []


def test_two_readings_are_one_at_two_classes():
    assert laws.breaches({"hull": "refuted", "envelope": "holds"}, (2,)) != []


@pytest.mark.parametrize(
    ("reading", "of", "more"),
    [
        ("simplex", lambda P, w: 2 * w @ P, {}),
        ("envelope", lambda P, w: P[0] ** 2 / (P[0] ** 2).sum(), {}),
        ("unanimity", lambda P, w: P[0] ** 2 / (P[0] ** 2).sum(), {}),
        ("pull", lambda P, w: w[::-1] @ P, {"teacher": 0, "t": ["1/2"]}),
        ("nonexpansive", lambda P, w: P[0] ** 4 / (P[0] ** 4).sum(), {"T": ["1", "0x1.8p+0"]}),
        ("commutation", lambda P, w: w @ P, {"T": ["1/3"]}),
    ],
)
def test_a_violation_is_seen_again(reading, of, more):
    witness = {"P": [["2/10", "3/10", "5/10"], ["3/10", "6/10", "1/10"]], "w": ["1/4", "3/4"], **more}
    margin = laws.replayed(reading, of, witness)
    assert margin is not None and margin < -1e-6
    first = laws.replayed(reading, lambda P, w: P[0], {**witness, "w": ["1", "0"]})
    assert first is not None and first > -1e-9


@pytest.mark.parametrize("name", floats.NUMPY)
def test_pools_in_numpy_are_the_zoo(name):
    rng = np.random.default_rng(0)
    P, w = rng.dirichlet(np.ones(4), 3), rng.dirichlet(np.ones(3))
    np.testing.assert_allclose(floats.NUMPY[name](P, w), floats.ENTRIES[name].fn(P, w), rtol=1e-9)


@pytest.mark.parametrize("name", floats.NUMPY)
def test_naive_predicates_convict_no_truth_of_the_zoo(name):
    rng = np.random.default_rng(1)
    entry = floats.ENTRIES[name]
    seen = set()
    for K, C in ((2, 3), (3, 4), (5, 3)) * 4:
        P, w = rng.dirichlet(np.ones(C), K), rng.dirichlet(np.ones(K))
        seen |= naive.violated(floats.NUMPY[name], P, w)
    assert {reading for reading in seen if entry.truth.get(reading)} == set()
