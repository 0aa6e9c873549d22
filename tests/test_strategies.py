"""The public strategies: what they yield lies on the simplex, has its shape, and shrinks to something plain."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import find as found_by
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from axiomkd import strategies

SIZES = st.integers(1, 6)


def find(strategy, condition, max_examples=1000):
    """The simplest value that meets a condition; no time is spent on saying why."""
    some = settings(max_examples=max_examples, database=None, phases=[Phase.generate, Phase.shrink])
    return found_by(strategy, condition, settings=some)


def on_simplex(rows: np.ndarray) -> bool:
    return bool((rows >= 0).all() and np.allclose(rows.sum(-1), 1, rtol=0, atol=1e-12))


@given(st.data(), SIZES, st.booleans())
def test_simplices_and_weights_are_points_of_the_simplex(data, n, interior):
    for strategy in (strategies.simplices(n, interior=interior), strategies.weights(n, interior=interior)):
        row = data.draw(strategy)
        assert row.shape == (n,) and row.dtype == np.float64
        assert on_simplex(row)
        assert not interior or (row > 0).all()


@given(st.data(), SIZES, SIZES, st.booleans())
def test_panels_have_a_point_of_the_simplex_in_each_row(data, K, C, interior):
    P = data.draw(strategies.panels(K, C, interior=interior))
    assert P.shape == (K, C) and P.dtype == np.float64
    assert on_simplex(P)
    assert not interior or (P > 0).all()


def test_everything_shrinks_to_uniform():
    assert find(strategies.simplices(4), lambda p: True).tolist() == [1 / 4] * 4
    assert find(strategies.weights(3), lambda w: True).tolist() == [1 / 3] * 3
    assert find(strategies.panels(2, 4), lambda P: True).tolist() == [[1 / 4] * 4] * 2


def test_a_condition_leaves_small_fractions():
    assert find(strategies.simplices(3), lambda p: p[0] > p[1]).tolist() == [2 / 4, 1 / 4, 1 / 4]
    # Uniform but for the class that must be gone.
    assert find(strategies.simplices(3), lambda p: p[1] == 0).tolist() == [1 / 2, 0, 1 / 2]


def test_zeros_are_drawn_unless_the_interior_is_asked_for():
    assert (find(strategies.panels(2, 3), lambda P: (P == 0).any()) == 0).any()
    with pytest.raises(NoSuchExample):
        find(strategies.panels(2, 3, interior=True), lambda P: (P == 0).any(), max_examples=200)


@pytest.mark.whole
def test_teachers_can_agree_and_differ():
    agree = find(strategies.panels(3, 3), lambda P: (P[0] == P[2]).all() and P[0, 0] > P[0, 1])
    assert (agree[0] == agree).all()
    differ = find(strategies.panels(3, 3), lambda P: len(np.unique(P, axis=0)) == 3)
    assert on_simplex(differ)


@pytest.mark.parametrize("make", [strategies.simplices, strategies.weights, lambda n: strategies.panels(2, n)])
def test_a_size_below_one_is_refused_by_name(make):
    with pytest.raises(ValueError, match="at least 1"):
        make(0)
