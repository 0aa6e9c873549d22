"""The inputs of an audit: lines of Python that make distributions, from the smallest on."""

import numpy as np
import pytest

from axiomkd.audit import cases

FORMS = ("probabilities", "logits", "log-probabilities")


def all_cases(form, closed=True, temperature=False):
    sizes = cases.sizes(lambda K, C: C <= 100, (2, 3))
    return [
        one for K, C in sizes for one in cases.cases(K, C, form=form, closed=closed, temperature=temperature, seed=5)
    ]


def test_probabilities_are_distributions():
    for one in all_cases("probabilities"):
        P, w = one.made
        assert P.shape == (one.K, one.C) and w.shape == (one.K,)
        assert P.min() >= 0 and np.allclose(P.sum(1), 1) and np.isclose(w.sum(), 1), one
        assert ((P == 0).any() or (w == 0).any()) == one.face, one


def test_log_probabilities_are_normed():
    for one in all_cases("log-probabilities"):
        assert np.allclose(np.exp(one.made[0]).sum(1), 1), one


def test_an_open_domain_is_given_no_zeros():
    assert not any((one.made[0] == 0).any() for one in all_cases("probabilities", closed=False))


def test_a_ladder_goes_down_to_the_smallest_double():
    steps = {one.step for one in all_cases("probabilities") if one.step is not None}
    assert {1e-1, 1e-6, 1e-37, 1e-300} <= steps
    small = [one for one in all_cases("probabilities") if one.step == 1e-6]
    assert all(one.made[0].min() == 1e-6 for one in small)


def test_the_largest_size_is_a_vocabulary():
    sizes = cases.sizes(lambda K, C: True, (2, 3))
    assert sizes[0] == (2, 2) and max(C for _, C in sizes) == 151_936 and max(K for K, _ in sizes) >= 4
    assert [C for _, C in sizes] == sorted(C for _, C in sizes)


@pytest.mark.parametrize("form", FORMS)
def test_one_seed_makes_one_set(form):
    first, again = (all_cases(form, temperature=True) for _ in range(2))
    assert first == again
    assert {one.T for one in first} == {1.0, 4.0}
