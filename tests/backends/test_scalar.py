"""Operators written in NumPy, followed exactly on object arrays of Scalar."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from axiomkd.operators.backends.scalar import Scalar, scalars, values
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Undecided, rational

TEXTS = [["1/10", "2/10", "3/10", "4/10"], ["3/8", "1/8", "2/8", "2/8"], ["5/17", "2/17", "9/17", "1/17"]]
WEIGHTS = ["1/6", "1/2", "1/3"]


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


OPERATORS = {
    "linear": lambda P, w: w @ P,
    "dot": lambda P, w: np.dot(w, P),
    "einsum": lambda P, w: np.einsum("k,kc->c", w, P),
    "log-pool": lambda P, w: softmax(w @ np.log(P)),
    "power": lambda P, w: np.sqrt(w @ P**2) / np.sum(np.sqrt(w @ P**2)),
    "power-float": lambda P, w: np.power(P, 0.5).sum(0),
    "mean": lambda P, w: P.mean(axis=0),
    "var": lambda P, w: (np.var(P, axis=0), np.std(P, axis=0)),
    "best": lambda P, w: P[np.argmax(w)],
    "sort": lambda P, w: np.sort(P, axis=0)[1],
    "clip": lambda P, w: np.clip(P, 0.1, 0.3),
    "where": lambda P, w: np.where(P > 0.2, P, 0.0).sum(0),
    "extremes": lambda P, w: (P.max(0), P.min(1), np.maximum(P, 0.2), np.minimum(P, w[:, None])),
    "scale": lambda P, w: np.float64(2.0) * P / 3 + 1,
    "loop": lambda P, w: sum(w[k] * P[k] for k in range(3)),
    "elementwise": lambda P, w: (np.abs(P - 0.2), np.sign(P - 0.2), np.exp2(P), np.log2(P), np.log1p(P), np.expm1(P)),
    "hyperbolic": lambda P, w: (np.tanh(P), np.sinh(P), np.arctanh(P), np.sin(P), np.arctan(P), np.cbrt(P)),
    "whole": lambda P, w: (np.floor(9 * P), np.ceil(9 * P), np.rint(9 * P), (9 * P) // 2, (9 * P) % 2),
    "products": lambda P, w: (np.prod(P, 0), np.cumsum(P, 1), np.outer(w, w), np.square(P), 1 / P, -P, +P),
    "reflected": lambda P, w: (1 - P, 2 / P, 2**P, 0.5 + P, P**-1, np.reciprocal(P)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_agrees_with_floats(name):
    P, w = scalars(object_array(TEXTS)), scalars(object_array(WEIGHTS))
    to_floats = np.vectorize(lambda x: float(Fraction(x)))
    exact, expected = OPERATORS[name](P, w), OPERATORS[name](to_floats(TEXTS), to_floats(WEIGHTS))
    for got, floats in zip(*(x if isinstance(x, tuple) else (x,) for x in (exact, expected)), strict=True):
        result = np.array([numbers.to_float(x) for x in values(got).flat]).reshape(floats.shape)
        np.testing.assert_allclose(result, floats, rtol=1e-9)


def test_a_float_literal_is_its_shortest_decimal():
    assert (Scalar(rational(1)) * 0.1).value == rational("1/10")
    assert (np.float64(0.1) * Scalar(rational(1))).value == rational("1/10")


def test_there_is_no_silent_way_to_a_float():
    x: Any = Scalar(rational("1/3"))
    for cast in (float, int, complex, lambda v: [0][v]):
        with pytest.raises(TypeError):
            cast(x)
    with pytest.raises(TypeError):
        np.zeros(2)[0:1] = np.array([x], dtype=object)
    with pytest.raises((TypeError, ValueError)):
        np.zeros(2)[0] = x
    with pytest.raises(TypeError):
        np.array([x], dtype=object).astype(float)


def test_comparisons():
    a, b = Scalar(rational("1/3")), Scalar(rational("1/2"))
    assert a < b and a <= b and b > a and b >= a and a != b and a == Fraction(1, 3) and a == a and a < 1
    assert Scalar(numbers.NAN) != Scalar(numbers.NAN)
    assert hash(a) == hash(Scalar(rational("2/6"))) == hash(Fraction(1, 3))
    assert bool(a) and not Scalar(rational(0))
    assert a != "1/3"


def test_balls_that_overlap_are_not_ordered():
    a, b = Scalar(arb(1, 1e-5)), Scalar(arb(1, 1e-5))
    assert a == a
    for question in (lambda: a < b, lambda: a == b, lambda: a != b, lambda: np.sort(np.array([a, b]))):
        with pytest.raises(Undecided):
            question()


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="str"):
        values(np.array(["a"], dtype=object))
    with pytest.raises(TypeError):
        Scalar(rational(1)) + "a"  # type: ignore[operator]


def test_round_trip_keeps_shape_and_numbers():
    P = object_array(TEXTS)
    assert (values(scalars(P)) == P).all()
    assert values(scalars(object_array("1/3"))).shape == ()
    assert values([1, 0.5]).tolist() == [rational(1), rational("1/2")]
