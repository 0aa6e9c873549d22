"""Each spelling of a zoo operator is the same exact function: at interior points, and on the faces where it says so.

Exact arithmetic compares; balls must overlap in less than 2^-100. What has no exact rule is compared in floats.
"""

from __future__ import annotations

from fractions import Fraction as F
from functools import cache

import numpy as np
import pytest

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.zoo import ENTRIES

from .spellings import SPELLINGS

SIZES = [(2, 2), (2, 3), (3, 3), (4, 3)]
TINY, ROUNDED = F(1, 2**100), F(1, 2**50)
EACH = [(name, s) for name, spellings in SPELLINGS.items() for s in spellings]
IDS = [f"{name}-{s.label}".replace(" ", "_") for name, s in EACH]


@cache
def zoo_evaluator(name):
    entry = ENTRIES[name]
    return Evaluator(describe(entry.fn, name=name, K=entry.K), softener("power"), *size_of(name))


@cache
def evaluator_of(name, s):
    return Evaluator(describe(s.fn, K=ENTRIES[name].K, backend=s.backend), softener("power"), *size_of(name))


def both(name, s):
    return evaluator_of(name, s), zoo_evaluator(name)


def size_of(name):
    return next((K, C) for K, C in SIZES if ENTRIES[name].K is None or K in ENTRIES[name].K)


def sizes(name):
    return [(K, C) for K, C in SIZES if ENTRIES[name].K is None or K in ENTRIES[name].K]


def row(counts):
    return [F(int(n), int(sum(counts))) for n in counts]


def interior_points(K, C):
    """Two points of small fractions, without ties; one near agreement."""
    rng = np.random.default_rng([K, C])
    wide = [row(rng.choice(np.arange(1, 40), C, replace=False)) for _ in range(K)]
    near = [row(rng.choice(np.arange(100, 120), C, replace=False)) for _ in range(K)]
    return [(wide, row(rng.choice(np.arange(1, 30), K, replace=False))), (near, row(1 + 2 * np.arange(K)[::-1]))]


def boundary_points(K, C):
    """Zeros in P, in w, in both at one teacher; rows at vertices; uniform rows; equal weights."""
    (wide, w), _ = interior_points(K, C)
    corner = [F(1)] + [F(0)] * (C - 1)
    last = corner[::-1]
    halves = [F(1, 2), F(1, 2)] + [F(0)] * (C - 2)
    alone = [F(1)] + [F(0)] * (K - 1)
    even, uniform = row([1] * K), row([1] * C)
    return [
        ([corner, *wide[1:]], w),
        ([halves, *wide[1:]], w),
        (wide, alone),
        ([*wide[1:], corner], alone),
        ([corner] + [last] * (K - 1), even),
        ([corner] * K, even),
        ([corner] * (K - 1) + [[F(99, 100), F(1, 100)] + [F(0)] * (C - 2)], even),
        ([uniform] * K, even),
        ([halves] * K, alone[::-1]),
        (wide, even),
    ]


def exact_at(evaluator, P, w):
    T = object_array("2/3")[()] if evaluator.operator.takes_temperature else None
    return evaluator.exact(object_array(P), object_array(w), T)


def undefined(q):
    return any(numbers.is_special(x) for x in q)


def apart(a, b):
    """The largest upper bound of |a_i - b_i|."""
    with numbers.precision(256):
        return max(max(map(abs, map(F, numbers.bounds(numbers.sub(x, y))))) for x, y in zip(a, b, strict=True))


def tolerance(s):
    return ROUNDED if s.rounded else TINY


def same_in_floats(name, s, P, w):
    P, w = np.array(P, float)[None], np.array(w, float)[None]
    a, b = (one.batch(P, w, 2 / 3 if one.operator.takes_temperature else None) for one in both(name, s))
    if np.isnan(a).any() or np.isnan(b).any():
        return np.isnan(a).any() == np.isnan(b).any()
    return np.abs(a - b).max() <= 1e-12


def same_exactly(name, s, P, w):
    a, b = exact_at(evaluator_of(name, s), P, w), exact_at(zoo_evaluator(name), P, w)
    if undefined(a) or undefined(b):
        return undefined(a) == undefined(b)
    return apart(a, b) < tolerance(s)


def test_every_operator_has_another_spelling():
    assert set(SPELLINGS) == set(ENTRIES)


def test_labels_are_told_apart():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "s"), EACH, ids=IDS)
def test_same_function_on_the_interior(name, s):
    evaluator = evaluator_of(name, s)
    for K, C in sizes(name):
        for P, w in interior_points(K, C):
            if s.exact:
                difference = apart(exact_at(evaluator, P, w), exact_at(zoo_evaluator(name), P, w))
                assert difference < tolerance(s), f"{float(difference)} apart at P={P}, w={w}"
            else:
                assert same_in_floats(name, s, P, w), f"P={P}, w={w}"


@pytest.mark.parametrize(("name", "s"), EACH, ids=IDS)
@pytest.mark.weekly(3)
def test_exactness_is_as_said(name, s):
    assert evaluator_of(name, s).exactly == s.exact, evaluator_of(name, s).why_not_exact
    assert s.exact or s.note


@pytest.mark.parametrize(("name", "s"), [x for x in EACH if x[1].rounded], ids=lambda x: getattr(x, "label", x))
def test_a_rounded_constant_does_tell(name, s):
    points = [point for K, C in sizes(name) for point in interior_points(K, C)]
    assert any(apart(exact_at(evaluator_of(name, s), *at), exact_at(zoo_evaluator(name), *at)) > TINY for at in points)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "s"), EACH, ids=IDS)
def test_same_function_on_the_faces_or_not_as_said(name, s):
    same = same_exactly if s.exact and s.exact_on_faces else same_in_floats
    differs = [at for K, C in sizes(name)[:3] for at in boundary_points(K, C) if not same(name, s, *at)]
    assert bool(differs) != s.closed_same, differs[:1]
