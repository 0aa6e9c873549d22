"""Scopes: what they cover, what two have in common, and that each way of writing one is read back as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axiomkd.core.scope import All, AtSizes, ForEvery, Supported, at_sizes, meet, over, parse, whole

SIZES = st.tuples(st.integers(2, 12), st.integers(2, 12))
SCOPES = st.one_of(
    st.just(All()),
    st.just(Supported()),
    st.builds(over, st.sampled_from("KC"), st.sets(st.integers(2, 12), min_size=1)),
    st.builds(at_sizes, st.sets(SIZES, min_size=1, max_size=60)),
)


@given(SCOPES)
def test_a_scope_is_read_back_as_it_was_written(scope):
    assert parse(str(scope)) == scope


@given(SCOPES, SCOPES, SIZES)
def test_what_two_scopes_have_in_common_is_covered_by_both(a, b, size):
    common = meet(a, b)
    assert (common is not None and common.covers(*size)) == (a.covers(*size) and b.covers(*size))


def test_how_scopes_are_written():
    assert str(All()) == "all K, C"
    assert str(Supported()) == "all K, C that it supports"
    assert str(over("K", [3, 2])) == "K = 2, 3 and every C"
    assert str(at_sizes([(3, 2), (2, 3)])) == "(K, C) = (2, 3), (3, 2)"
    many = at_sizes([(K, 3) for K in range(2, 65) if K != 7])
    assert str(many) == "(K, C) = ({2–6, 8–64}, 3)"
    assert not many.covers(7, 3) and many.covers(8, 3)


@pytest.mark.parametrize(
    "text", ["", "all", "K = 2", "K = 2 and every K", "(K, C) = ", "(K, C) = (2, x)", "all K, C that it supports "]
)
def test_what_names_no_sizes_is_refused(text):
    with pytest.raises(ValueError, match="names no sizes"):
        parse(text)


def test_which_scopes_are_whole():
    assert whole(All()) and whole(Supported())
    assert not whole(ForEvery("K", (2,))) and not whole(AtSizes(((2, 2),)))
