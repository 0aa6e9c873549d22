"""Shrinking keeps the violation, reaches known minima from far away, and never leaves the operator's domain."""

from __future__ import annotations

from fractions import Fraction as F

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from axiomkd.axioms import BY_NAME
from axiomkd.claims import margins
from axiomkd.core.case import ExactCase, exact, floats
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draft import Draft, vector_of
from axiomkd.search.draft import floats as draft_floats
from axiomkd.search.draw import ONE_PEAK, PANELS, SPLIT, draw
from axiomkd.search.shrink import shrink

from . import checks  # noqa: F401  float64 on


def too_high(P, w):
    """Breaks `simplex` wherever teacher 0 gives class 0 more than 0.3."""
    return (w @ P) * jnp.where(P[0, 0] > 0.3, 1.5, 1.0)


def sampled(key, size, panel="flat", *, count=64, weights="mixture"):
    return draw(
        key,
        count,
        size,
        panel=panel,
        weights=weights,
        temperature="halves",
        tilt="uniform",
        temperatures_in=(0.125, 64),
        pairs=False,
        interior=True,
    )


def violating(evaluator, reading, cases):
    found = margins.measure(evaluator, [reading], cases).margins[reading.name]
    return [exact(cases, int(i)) for i in np.flatnonzero(found < -0.1)]


@pytest.mark.parametrize("size", [(2, 3), (3, 5), (5, 10), (8, 100)], ids=str)
@pytest.mark.weekly(4)
def test_a_far_case_shrinks_to_two_teachers_and_two_classes(size):
    evaluator, reading = Evaluator(describe(too_high), softener("power")), BY_NAME["simplex"]
    panel = "sharp" if size[1] == 100 else "flat"
    case = violating(evaluator, reading, sampled(1, size, panel))[0]
    small = shrink(evaluator, reading, case, -0.4)
    assert small.size == (2, 2)
    assert small.P[0][0] > F(3, 10) and max(x.denominator for x in (*small.P[0], *small.P[1], *small.w)) == 2
    assert margins.measure(evaluator, [reading], floats([small])).margins["simplex"][0] <= -0.4


def test_supported_sizes_are_kept():
    evaluator = Evaluator(describe(too_high, K=[3], C=[4, 5]), softener("power"), 3, 4)
    case = violating(evaluator, BY_NAME["simplex"], sampled(2, (3, 5)))[0]
    assert shrink(evaluator, BY_NAME["simplex"], case, -0.4).size == (3, 4)


@pytest.mark.parametrize("panel", [*PANELS, ONE_PEAK, SPLIT])
def test_every_kind_of_panel_lies_on_the_simplex(panel):
    cases = sampled(3, (3, 4), panel)
    assert (cases.P > 0).all() and (cases.w > 0).all()
    assert np.allclose(cases.P.sum(-1), 1, atol=1e-12) and np.allclose(cases.w.sum(-1), 1, atol=1e-12)
    for i in range(0, 64, 16):
        case = exact(cases, i)
        assert all(sum(row) == 1 for row in (*case.P, case.w))


@pytest.mark.parametrize("size", [(2, 3), (3, 5), (5, 10)], ids=str)
def test_teachers_between_two_classes_show_how_a_vote_turns_against_who_gains(size):
    """A vote breaks `favourite` at one point in a thousand drawn at random, here at one in a hundred or more."""
    cases = sampled(3, size, SPLIT, count=2000, weights="nearly equal")

    def vote(P, w):
        return np.bincount(P.argmax(1), w, minlength=P.shape[1]).argmax()

    turned = 0
    for P, w, k, t in zip(cases.P, cases.w, cases.k, cases.t, strict=True):
        before, after = vote(P, w), vote(P, (1 - t) * w + t * np.eye(len(w))[k])
        turned += before != after and P[k, before] >= P[:, before].max()
    assert turned >= 20


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.sampled_from([2, 3, 5, 10, 100]))
@settings(deadline=None)
def test_a_rounded_row_sums_to_one_and_gains_no_zero(odds, den):
    row = tuple(F(n, sum(odds)) for n in odds)
    rounded = vector_of(row).rounded(den, True)
    if den < len(row):
        assert rounded is None
    else:
        assert sum(rounded.exact) == 1 and min(rounded.exact) > 0
        assert all(x.denominator <= den for x in rounded.exact)


def test_the_order_puts_sizes_then_zeros_then_denominators():
    half = F(1, 2)
    plain = ExactCase(((half, half), (half, half)), (half, half))
    zero = ExactCase(((F(0), F(1)), (half, half)), (half, half))
    long = ExactCase(((F(1, 9), F(8, 9)), (half, half)), (half, half))
    wide = ExactCase(((half, half),) * 3, (F(1, 3),) * 3)
    assert sorted([wide, zero, long, plain], key=ExactCase.simplicity) == [plain, long, zero, wide]


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3).filter(any), min_size=3, max_size=3))
@settings(deadline=None)
def test_a_draft_is_its_case_and_keeps_its_order(odds):
    rows = [tuple(F(n, sum(row)) for n in row) for row in odds]
    cases = [ExactCase((a, b), (w[0] + w[1], w[2])) for a, b, w in zip(rows, rows[1:] + rows[:1], rows, strict=True)]
    drafts = [Draft.of(case) for case in cases]
    assert [draft.case for draft in drafts] == cases
    assert [(*draft.rank, draft.k) for draft in drafts] == [case.simplicity()[:6] for case in cases]
    assert sorted(cases, key=ExactCase.simplicity) == [
        draft.case for draft in sorted(drafts, key=lambda draft: (draft.rank, draft.entries))
    ]
    batch, plain = draft_floats(drafts), floats(cases)
    assert (batch.P == plain.P).all() and (batch.w == plain.w).all() and (batch.T == plain.T).all()
