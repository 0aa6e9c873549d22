"""Code in log-probabilities: what keeps its proofs where some logarithm is −∞, and near misses that lose them there.

Most near misses are a zoo operator on the interior and something else, or nothing, on a face. Each is compared with the
code at points on faces, entry by entry: the prover's last check, of the formula against the operator, would hide a rule
that is wrong.
"""

from __future__ import annotations

import random

import jax
import jax.numpy as jnp
import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics

from . import contained
from .test_kinds import within
from .test_lift import compared

pytestmark = pytest.mark.usefixtures("one_size")

numerics.prepare()


def proved(fn, readings: str) -> set[str]:
    wanted = tuple(axioms.BY_NAME[name] for name in readings.split())
    answers = prover.prove(describe(fn), "power", wanted, effort="quick", sizes=[(2, 2)])
    return {name for name, answer in answers.items() if isinstance(answer, Proof)}


def joint(P, w):
    """Logarithms of weight and probability, −∞ where either is 0."""
    return jnp.log(w)[:, None] + jnp.log(P)


def finite(x, otherwise=0.0):
    return jnp.where(jnp.isfinite(x), x, otherwise)


def log_sum(a, taken, given):
    return jnp.log(jnp.exp(a - taken).sum(0)) + given


# --- what is ordered as probabilities are ---------------------------------------------------------------------------------


def shares(P, w, x):
    return w @ jax.nn.one_hot(jnp.argmax(x, axis=1), P.shape[1], dtype=P.dtype)


@pytest.mark.parametrize(
    ("of", "kept"),
    [
        pytest.param(jnp.log, True, id="log"),
        pytest.param(lambda P: jnp.exp(-1 / P), False, id="of a quotient", marks=pytest.mark.whole),
        pytest.param(lambda P: jnp.log(P - 0.5), False, id="log of a negative", marks=pytest.mark.whole),
    ],
)
def test_the_argmax_of_logarithms_is_that_of_probabilities(of, kept):
    """log 0 = −∞ is below all others, ties are ties: no more of P is seen than the order within its rows."""
    assert proved(lambda P, w: shares(P, w, of(P)), "ranking cold") == ({"ranking", "cold"} if kept else set())


# --- what is right, and proved on faces too --------------------------------------------------------------------------------


def mixture(P, w):
    return jnp.exp(jax.nn.logsumexp(joint(P, w), axis=0))


def shifted_by_a_teacher(P, w):
    """Any finite number may be taken out, the peak or not."""
    m = finite(jnp.log(P[0]))
    return jnp.exp(log_sum(joint(P, w), m, m))


def rows_normalised(P, w):
    return w @ jnp.exp(jax.nn.log_softmax(jnp.log(P), axis=1))


def weights_normalised(P, w):
    return jax.nn.softmax(jnp.log(w)) @ P


RIGHT = (mixture, shifted_by_a_teacher, rows_normalised, weights_normalised)


@pytest.mark.parametrize("fn", RIGHT, ids=lambda fn: fn.__name__)
def test_the_linear_pool_in_logarithms(fn):
    assert proved(fn, "hull closed any-support") == {"hull", "closed", "any-support"}


# --- what is right in the interior only ------------------------------------------------------------------------------------


def shifted_by_the_bare_peak(P, w):
    """−∞ − −∞ where no teacher with weight supports the class."""
    a = joint(P, w)
    return jnp.exp(log_sum(a, a.max(0), a.max(0)))


def another_number_where_it_is_infinite(P, w):
    """Scaled by 1/e where the first teacher gives the class nothing."""
    m = jnp.log(P[0])
    return jnp.exp(log_sum(joint(P, w), finite(m), finite(m, -1.0)))


def finite_where_another_is(P, w):
    """What is taken out is −∞ where the first teacher gives the class nothing, though the second's logarithm is finite."""
    m = jnp.where(jnp.isfinite(jnp.log(P[1])), jnp.log(P[0]), 0.0)
    return jnp.exp(log_sum(joint(P, w), m, m))


def infinite_otherwise(P, w):
    m = jnp.where(jnp.isfinite(jnp.log(P[0])), jnp.log(P[0]), -jnp.inf)
    return jnp.exp(log_sum(joint(P, w), m, m))


def no_class_in_common(P, w):
    """The product of two experts: every logarithm is −∞ where their supports don't meet."""
    return jax.nn.softmax(jnp.log(P[0]) + jnp.log(P[1]))


def nobody_responsible(P, w):
    """Shares of a class, squared: none where no teacher supports it, and their limits differ."""
    share = jax.nn.softmax(joint(P, w), axis=0)
    q = (share**2).sum(0)
    return q / q.sum()


def no_weight_where_it_counts(P, w):
    """Weights by the first class: all 0 where no teacher with weight supports it."""
    return jax.nn.softmax(jnp.log(w) + jnp.log(P[:, 0])) @ P


def lost_in_the_shift(P, w):
    """A teacher's softmax of log p − 1/w is its row, and nothing without weight."""
    return w @ jax.nn.softmax(jnp.log(P) - (1 / w)[:, None], axis=1)


def peak_with_the_weight(P, w):
    """A row less the peak of another one, which is −∞ without weight."""
    x = jnp.log(P) - joint(P, w).max(1)[:, None]
    return w @ jnp.exp(x - jnp.log(jnp.exp(x).sum(1))[:, None])


def weightless_rows(P, w):
    """0 · −∞ where a teacher without weight gives a class nothing."""
    log_q = (w[:, None] * jax.nn.log_softmax(jnp.log(P), axis=1)).sum(0)
    return jnp.exp(jax.nn.log_softmax(log_q))


def surprises(P, w):
    """+∞ where a class has no probability."""
    return w @ jnp.exp(jax.nn.log_softmax(-jnp.log(P), axis=1))


INTERIOR_ONLY = (
    shifted_by_the_bare_peak,
    another_number_where_it_is_infinite,
    finite_where_another_is,
    infinite_otherwise,
    no_class_in_common,
    nobody_responsible,
    no_weight_where_it_counts,
    lost_in_the_shift,
    peak_with_the_weight,
    weightless_rows,
    surprises,
)


@pytest.mark.whole
@pytest.mark.parametrize("fn", INTERIOR_ONLY, ids=lambda fn: fn.__name__)
def test_nothing_on_a_face_is_proved_of_what_is_right_beside_it(fn):
    assert proved(fn, "closed") == set()


# --- what is wrong everywhere ----------------------------------------------------------------------------------------------


def peak_of_the_other_axis(P, w):
    """Agreeing teachers give the uniform distribution."""
    x = jnp.log(P) - jnp.log(P).max(0)
    return w @ jnp.exp(x - jnp.log(jnp.exp(x).sum(1))[:, None])


def sum_of_the_other_axis(P, w):
    x = jnp.log(P) - jnp.log(P).max(1)[:, None]
    return w @ jnp.exp(x - jnp.log(jnp.exp(x).sum(0)))


def sum_of_another_exponent(P, w):
    x = jnp.log(P) - jnp.log(P).max(1)[:, None]
    return w @ jnp.exp(2 * x - jnp.log(jnp.exp(x).sum(1))[:, None])


def another_peak_given_back(P, w):
    a = joint(P, w)
    return jnp.exp(log_sum(a, finite(a.max(0)), finite(jnp.log(P).max(0))))


def taken_twice(P, w):
    a = joint(P, w)
    m = finite(a.max(0))
    return jnp.exp(log_sum(a, 2 * m, m))


WRONG = (peak_of_the_other_axis, sum_of_the_other_axis, sum_of_another_exponent, another_peak_given_back, taken_twice)


@pytest.mark.whole
@pytest.mark.parametrize("fn", WRONG, ids=lambda fn: fn.__name__)
def test_a_shift_that_is_not_given_back(fn):
    assert proved(fn, "unanimity envelope") == set()


def hot_without_the_peak(P, w, T):
    """The peak is taken out before T divides and given back whole: far from uniform, however hot."""
    a = joint(P, w)
    m = finite(a.max(0))
    return jax.nn.softmax(jnp.log(jnp.exp((a - m) / T).sum(0)) + m)


@pytest.mark.whole
def test_a_peak_beside_a_temperature():
    assert proved(hot_without_the_peak, "limits commutation") == set()


# --- what the rules say, at points on faces --------------------------------------------------------------------------------

ALL = (*RIGHT, *INTERIOR_ONLY, *WRONG)


@pytest.mark.parametrize("fn", ALL, ids=lambda fn: fn.__name__)
def test_the_formula_is_the_code_on_faces(fn):
    agree, _ = compared(fn, 9)
    assert agree


@pytest.mark.parametrize("fn", ALL, ids=lambda fn: fn.__name__)
def test_kinds_on_faces(fn):
    raw, *_ = contained.lifted(fn)
    assert within(raw, "closed", random.Random(1), 4)
