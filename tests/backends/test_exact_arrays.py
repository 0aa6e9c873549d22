"""NumPy's and SciPy's functions on arrays of exact numbers: what they are on floats, NaN and infinities included, or refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.special as sp

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.backends.array import Array, exact_array
from axiomkd.operators.backends.scalar import values
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers, numerics
from axiomkd.tracing.exact import object_array

numerics.prepare()
FRACTIONS = [["1/8", "0", "7/8"], ["1/4", "1/4", "1/2"], ["0", "1", "0"]]
NAN, INF = float("nan"), float("inf")


def pair(nested):
    exact = exact_array(object_array(nested))
    return exact, np.array([[float(Fraction(x)) if isinstance(x, str) else x for x in row] for row in nested])


def as_floats(q):
    q = np.asarray(q)
    if q.dtype != object:
        return q.astype(float)
    return np.array([numbers.to_float(x) for x in values(q).flat]).reshape(q.shape)


FUNCTIONS = {
    "nan_to_num": lambda P: np.nan_to_num(P * np.log(P)),
    "nan_to_num of inf": lambda P: np.nan_to_num(np.log(P), neginf=-30.0),
    "nan_to_num, a number": lambda P: np.nan_to_num(0 * np.log(P), nan=7.0),
    "isnan": lambda P: np.isnan(P * np.log(P)),
    "isinf": lambda P: np.isinf(np.log(P)),
    "isfinite": lambda P: np.isfinite(np.log(P)),
    "where": lambda P: np.where(np.isnan(P * np.log(P)), 0.5, P),
    "maximum": lambda P: np.maximum(P * np.log(P), -0.1),
    "minimum": lambda P: np.minimum(0.1, P * np.log(P)),
    "fmax": lambda P: np.fmax(P * np.log(P), -0.1),
    "max": lambda P: np.max(P * np.log(P), axis=1),
    "max of all": lambda P: np.max(P),
    "method max": lambda P: P.max(axis=(0, 1)),
    "min keeps": lambda P: np.min(P, axis=1, keepdims=True),
    "clip": lambda P: np.clip(P * np.log(P), -0.2, 0.0),
    "sum": lambda P: np.sum(P, axis=0),
    "norm": lambda P: np.linalg.norm(P, axis=1),
    "einsum": lambda P: np.einsum("ki,kj->ij", P, P),
    "median": lambda P: np.median(P, axis=0),
    "sort": lambda P: np.sort(P, axis=1),
    "argmax": lambda P: np.argmax(P, axis=1),
    "take_along_axis": lambda P: np.take_along_axis(P, np.argsort(P, axis=1, kind="stable"), axis=1),
    "xlogy": lambda P: sp.xlogy(P, P),
    "entr": lambda P: sp.entr(P).sum(axis=1),
    "rel_entr": lambda P: sp.rel_entr(P[1], P[0] + 0.1),
    "kl_div": lambda P: sp.kl_div(P[0], P[1]),
    "expit": lambda P: sp.expit(3 * P),
    "logit": lambda P: sp.logit(P[1]),
    "logaddexp": lambda P: np.logaddexp(P, 2 * P),
    "out": lambda P: np.divide(P, 2, out=P.copy()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_means_what_it_means_on_floats(name):
    exact, floats = pair(FRACTIONS)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(as_floats(FUNCTIONS[name](exact)), FUNCTIONS[name](floats), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["argmax", "sort", "median", "argsort"])
def test_an_order_with_nan_is_refused(name):
    exact, _ = pair([[NAN, 1.0, 2.0]])
    with pytest.raises(NotImplementedError, match="NaN"):
        getattr(np, name)(exact)


@pytest.mark.parametrize(
    "cast", [lambda P: P.astype(np.float32), lambda P: np.float32(P[0, 0]), lambda P: int(P[0, 0])]
)
def test_a_cast_that_loses_digits_is_refused(cast):
    with pytest.raises(TypeError):
        cast(pair(FRACTIONS)[0])


def test_what_numpy_makes_of_one_is_one():
    exact, _ = pair(FRACTIONS)
    for made in (exact + 1, exact[0], np.where(exact > 0, exact, 1), np.concatenate([exact, exact]), exact @ exact.T):
        assert isinstance(made, Array)


# ---- code that is another function there


def exactly(fn, **options):
    return Evaluator(describe(fn, backend="numpy", **options), softener("power"))


def on_dtype(P, w):
    return w @ P if P.dtype == float else P[0]


def by_hand(P, w):
    with np.errstate(all="ignore"):
        H = -np.nansum(P * np.log(P), axis=1)
    v = w * np.exp(-H)
    return (v / v.sum()) @ P


def lists(P, w):
    """A plain object array on the way: what replaces NaN there does nothing."""
    with np.errstate(all="ignore"):
        rows = np.array([[x * np.log(x) for x in row] for row in P])
    v = w * np.exp(np.nan_to_num(rows).sum(axis=1))
    return (v / v.sum()) @ P


def at_a_tie(P, w):
    return P[1] if P.dtype == object and P[0, 0] == P[1, 0] else P[0]


@pytest.mark.parametrize("fn", [on_dtype, lists, at_a_tie])
def test_code_that_parts_from_floats_is_not_called_exact(fn):
    found = exactly(fn)
    assert not found.exactly and "another function" in found.why_not_exact


def nearest(P, w):
    return P[np.argmin(((P - P.mean(axis=0)) ** 2).sum(axis=1))]


def entropy_weights(P, w):
    with np.errstate(all="ignore"):
        v = w * np.exp(np.nan_to_num(P * np.log(P)).sum(axis=1))
    return (v / v.sum()) @ P


def undefined_on_faces(P, w):
    with np.errstate(all="ignore"):
        v = w * np.exp((P * np.log(P)).sum(axis=1))
        return (v / v.sum()) @ P


@pytest.mark.parametrize("fn", [nearest, entropy_weights, undefined_on_faces, lambda P, w: np.median(P, axis=0)])
def test_code_that_agrees_but_for_ties_is_exact(fn):
    assert exactly(fn).exactly, exactly(fn).why_not_exact
