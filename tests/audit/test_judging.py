"""What counts as lost: against predicates written out, and with what is no loss."""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.audit import judging
from axiomkd.audit.judging import Loss
from axiomkd.audit.widths import width
from axiomkd.tracing.arrays import object_array

DTYPES = ("float64", "float32", "bfloat16", "float16")


def kinds(q, exact, name, K=2):
    return {one.kind for one in judging.suspected(np.array(q, float), np.array(exact, float), width(name), K)}


def concluded(kind, place, q, exact, name, K=2):
    numbers = object_array([Fraction(x) for x in exact])
    return judging.concluded(Loss(kind, place), np.array(q, float), numbers, width(name), K)


@pytest.mark.parametrize("name", DTYPES)
def test_rounding_once_is_no_loss(name):
    rng = np.random.default_rng(1)
    for C in (2, 10, 1000):
        exact = rng.dirichlet(np.ones(C))
        q = exact.astype(width(name).dtype).astype(float)
        if name == "float64" or exact.min() > 8 * width(name).tiny:
            assert kinds(q, exact, name) == set()


@pytest.mark.parametrize("name", DTYPES)
def test_half_a_spacing_is_what_rounding_moves(name):
    own = width(name)
    x = np.random.default_rng(2).uniform(0.1, 1, 1000)
    moved = np.abs(x.astype(own.dtype).astype(float) - x)
    assert (moved <= own.half_spacing(x)).all()
    if name != "float64":
        assert moved.max() > 0.9 * own.half_spacing(x).min()


def test_a_lost_class_is_one_that_the_dtype_has():
    assert kinds([1, 0], [0.99, 0.01], "float16") >= {"lost-class"}
    assert kinds([1, -1e-3], [0.99, 0.01], "float16") >= {"lost-class"}
    assert kinds([1, 0], [1 - 1e-6, 1e-6], "float16") == set()  # below its smallest normal number
    assert judging.beneath(np.array([1.0, 0]), np.array([1 - 1e-6, 1e-6]), width("float16"), 2)
    assert concluded("lost-class", (1,), [1, 0], ["99/100", "1/100"], "float16")
    assert not concluded("lost-class", (1,), [1, 0], ["999999/1000000", "1/1000000"], "float16")
    assert not concluded("lost-class", (1,), [0.5, 0.5], ["1/2", "1/2"], "float16")


def test_nan_where_there_is_a_number():
    assert kinds([np.nan, 1], [0.5, 0.5], "float32") == {"not-finite"}
    assert kinds([np.nan, 1], [np.nan, 0.5], "float32") == set()
    assert concluded("not-finite", (0,), [np.nan, 1], ["1/2", "1/2"], "float32")


def test_a_sum_that_is_off():
    exact = np.full(10, 0.1)
    assert kinds(exact * 1.2, exact, "bfloat16") == {"sum-off"}
    assert kinds(exact * 1.002, exact, "bfloat16") == set()
    assert kinds(exact * 1.002, exact, "float32") == {"sum-off"}
    assert concluded("sum-off", (), exact * 1.2, ["1/10"] * 10, "bfloat16")
    assert not concluded("sum-off", (), exact * 1.002, ["1/10"] * 10, "bfloat16")


def naive_flip(q, exact, own, K):
    clear = 1 + judging.gap(own, K)
    return any(
        q[i] > q[j] > 0 and exact[j] > exact[i] * clear and exact[j] >= own.tiny and exact[j] - exact[i] > own.tiny
        for i in range(len(q))
        for j in range(len(q))
    )


@pytest.mark.parametrize("name", ("bfloat16", "float16", "float32"))
def test_a_flip_is_found_as_by_looking_at_all_pairs(name):
    rng, own, seen = np.random.default_rng(3), width(name), set()
    for _ in range(300):
        exact = np.sort(1 / 6 * (1 + 2 * judging.gap(own, 2) * rng.normal(size=6)))
        q = exact * (1 + judging.gap(own, 2) * rng.normal(size=6))
        found = [one for one in judging.suspected(q, exact, own, 2) if one.kind == "ranking-flip"]
        if (q > 0).all():
            assert bool(found) == naive_flip(q, exact, own, 2)
            seen.add(bool(found))
        for one in found:
            i, j = one.place
            assert q[i] > q[j] and exact[i] < exact[j]
    assert seen == {True, False}


def test_a_tie_at_the_resolution_does_not_flip():
    assert kinds([0.501, 0.499], [0.4999, 0.5001], "bfloat16") == set()
    assert not concluded("ranking-flip", (0, 1), [0.501, 0.499], ["4999/10000", "5001/10000"], "bfloat16")
    assert concluded("ranking-flip", (0, 1), [0.6, 0.4], ["2/5", "3/5"], "bfloat16")


def test_the_formats_are_those_of_the_dtypes():
    assert width("bfloat16").eps == 2.0**-7 and width("float16").tiny == 2.0**-14
    assert width("float64").unit == 2.0**-53 and jnp.dtype("bfloat16") == width("bfloat16").dtype
