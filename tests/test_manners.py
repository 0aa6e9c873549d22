"""The first and last calls of an operator: what is compiled for them, and what is called again at the end."""

from __future__ import annotations

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.core.case import ExactCase
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.manners import Manners
from axiomkd.search import conclude
from axiomkd.tracing import numerics
from axiomkd.tracing.outside import calls_out

numerics.prepare()
SIZES = [(2, 3), (3, 2), (3, 4)]


def manners(fn, **options):
    return Manners(describe(fn, **options), softener("power"), SIZES, hurry=True)


def test_a_traced_operator_is_compiled_at_one_size():
    met = manners(lambda P, w: w @ P)
    evaluator = met.meet()
    met.leave(evaluator)
    assert {(K, C) for K, C, *_ in evaluator._jitted} == {(2, 3)}


def test_a_shape_that_is_wrong_at_another_size_is_found_by_the_trace():
    with pytest.raises(Misbehaviour, match=r"returned shape \(1,\), expected \(2,\) for K=3, C=2"):
        manners(lambda P, w: w @ P if P.shape[1] > 2 else (w @ P)[:1]).meet()


@pytest.mark.parametrize(
    ("dtype", "units", "kept"), [("bfloat16", 1, True), ("bfloat16", 80, False), ("float64", 80, False)]
)
def test_two_compilations_in_half_precision_may_differ_by_its_rounding_and_no_more(dtype, units, kept):
    met = manners(lambda P, w: (w.astype(dtype) @ P.astype(dtype)).astype(P.dtype))
    evaluator = met.meet()
    met.first = {size: (P, w, q * (1 + units * 2.0**-8)) for size, (P, w, q) in met.first.items()}
    if kept:
        return met.leave(evaluator)
    with pytest.raises(Misbehaviour, match="two calls at one point"):
        met.leave(evaluator)


class Moody:
    """A callback into Python that changes its mind, at one size that is not the first."""

    def __init__(self):
        self.changed = False

    def host(self, P, w):
        q = np.einsum("...k,...kc->...c", w, P)
        return P[..., 0, :] if self.changed and np.shape(P)[-2:] == (3, 4) else q

    def __call__(self, P, w):
        shape = jax.ShapeDtypeStruct((P.shape[1],), jnp.float64)
        return jax.pure_callback(self.host, shape, P, w, vmap_method="expand_dims")


def test_what_calls_code_outside_its_trace_is_called_again_at_every_size():
    moody = Moody()
    met = manners(lambda P, w: moody(P, w))
    evaluator = met.meet()
    met.leave(evaluator)
    moody.changed = True
    with pytest.raises(Misbehaviour, match="two calls at one point"):
        met.leave(evaluator)


@pytest.mark.parametrize(
    ("fn", "outside"),
    [
        (lambda P, w: w @ P, False),
        (lambda P, w: jax.lax.scan(lambda a, x: (a + x[0] * x[1], None), 0 * P[0], (w, P))[0], False),
        (lambda P, w: Moody()(P, w), True),
        (lambda P, w: jax.jit(Moody())(P, w), True),
        (lambda P, w: jax.lax.cond(w[0] > 0.5, Moody(), lambda P, w: w @ P, P, w), True),
        (lambda P, w: (jax.debug.callback(lambda x: None, w), w @ P)[1], True),
    ],
)
def test_code_outside_a_trace_is_seen_at_any_depth(fn, outside):
    assert calls_out(jax.make_jaxpr(fn)(np.full((2, 3), 1 / 3), np.full(2, 0.5)).jaxpr) is outside


def test_chance_in_one_corner_is_met_at_the_witness():
    turns = itertools.count()

    def tosses(P, w):
        q = w @ P
        return q[::-1] if np.abs(P - P[0]).max() == 0 and next(turns) % 2 else q

    evaluator = Evaluator(describe(tosses, backend="numpy"), softener("power"))
    half, row = Fraction(1, 2), (Fraction(1, 3), Fraction(2, 3))
    with pytest.raises(Misbehaviour, match="two calls at one point"):
        conclude._repeats(evaluator, ExactCase((row, row), (half, half)))
