"""What exact arithmetic concludes at one case: violations below 2^-40 are none, ties and literals are what they denote."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.axioms import BY_NAME
from axiomkd.claims.confirm import Cleared, Confirmed, Open, Undefined, confirm, name_of
from axiomkd.core.case import ExactCase
from axiomkd.core.operator import describe
from axiomkd.core.report import witness_model
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.verify import witness
from axiomkd.verify.line import FLOATS, Failed
from axiomkd.verify.subject import Subject

from . import checks  # noqa: F401  float64 on

HALF = F(1, 2)
CASE = ExactCase(((F(1, 4), F(1, 4), HALF), (F(1, 4), HALF, F(1, 4))), (HALF, HALF))


def looked(fn, reading="simplex", case=CASE, **options):
    return confirm(Evaluator(describe(fn, **options), softener("power")), BY_NAME[reading], case)


def off_by(size):
    return lambda P, w: (w @ P) * (1 + size)


@pytest.mark.parametrize("bits, outcome", [(38, Confirmed), (39, Confirmed), (41, Cleared), (60, Cleared)])
def test_the_threshold_is_2_to_the_minus_40(bits, outcome):
    assert isinstance(looked(off_by(2.0**-bits)), outcome)


def test_a_decimal_third_is_no_violation():
    assert isinstance(looked(lambda P, w: 3 * (0.3333333333333333 * (w @ P))), Cleared)


def test_a_literal_is_its_decimal():
    """0.1 + 0.2 - 0.3 is 0 exactly, and 5.6e-17 in floats."""

    def gate(P, w):
        return jnp.where(0.1 * (P[0, 2] * 2) + 0.2 * (P[0, 2] * 2) - 0.3 > 0, -P[0], w @ P)

    assert isinstance(looked(gate, "nonnegative"), Cleared)


def test_what_is_undefined_is_not_spoken_of():
    assert isinstance(looked(lambda P, w: (w @ P) * (0 / (P[0, 0] - P[1, 0]))), Undefined)


def test_a_rational_violation_is_exact_and_an_irrational_one_a_ball():
    rational = looked(lambda P, w: jnp.max(P, axis=0) / jnp.sum(jnp.max(P, axis=0)), "envelope")
    assert isinstance(rational, Confirmed) and rational.witness.confirmed == "exact"
    assert rational.witness.margin == "-1/20"

    def log_pool(P, w):
        q = jnp.exp(w @ jnp.log(P))
        return q / jnp.sum(q)

    ball = looked(log_pool, "envelope")
    assert isinstance(ball, Confirmed) and ball.witness.confirmed == "ball"
    assert float.fromhex(ball.witness.margin) == pytest.approx(-0.0112038749637)


def test_an_undecidable_branch_stays_open():
    """sin² + cos² - 1 is 0, and no ball says so."""

    def gate(P, w):
        x = jnp.exp(P[0, 0])
        return jnp.where(jnp.sin(x) ** 2 + jnp.cos(x) ** 2 - 1 > 0, -P[0], w @ P)

    assert isinstance(looked(gate, "nonnegative"), Open)


def test_numpy_code_is_followed_on_exact_numbers():
    found = looked(lambda P, w: np.max(P, axis=0) * np.ones(3), "simplex", backend="numpy")
    assert isinstance(found, Confirmed) and found.witness.confirmed == "exact"
    assert found.witness.value == (("1/4", "1/2", "1/2"),)


def test_code_that_cannot_be_followed_needs_a_margin_far_above_rounding():
    def cast(size):
        return lambda P, w: np.asarray(w, float) @ np.asarray(P, float) * (1 + size)

    found = looked(cast(1e-3), backend="numpy")
    assert isinstance(found, Confirmed) and found.witness.confirmed == "float64"
    assert "times the rounding error" in found.message
    assert isinstance(looked(cast(1e-9), backend="numpy"), Open)


def test_a_branch_that_returns_plain_floats_is_judged_by_floats():
    """The code is followed exactly on the other side, so that it counts as code that can be followed."""

    def falls_back(P, w):
        return np.ones(P.shape[1]) / P.shape[1] if w.max() > 0.7 else w @ P

    lopsided = replace(CASE, w=(F(3, 4), F(1, 4)))
    found = looked(falls_back, "envelope", lopsided, backend="numpy")
    assert (
        isinstance(found, Confirmed)
        and found.witness.confirmed == "float64"
        and "followed exactly there" in found.message
    )
    assert isinstance(looked(falls_back, "envelope", backend="numpy"), Cleared)
    subject = Subject(describe(falls_back, backend="numpy"), "power")
    assert witness.check(subject, BY_NAME["envelope"], witness_model(found.witness)) == (FLOATS,)
    followed = witness_model(replace(found.witness, w=("1/2", "1/2")))
    with pytest.raises(Failed, match="can be followed exactly"):
        witness.check(subject, BY_NAME["envelope"], followed)


@pytest.mark.whole
def test_a_direction_comes_with_a_witness_against_hull():
    case = CASE.with_direction((F(-1), F(0), F(0)))
    assert isinstance(looked(lambda P, w: w @ P, "hull", case), Cleared)
    found = looked(lambda P, w: (w @ P) * jnp.array([0.5, 1.0, 1.0]), "hull", case)
    assert isinstance(found, Confirmed)
    assert found.witness.direction == ("-1", "0", "0") and found.witness.margin == "-1/8"


def test_a_fraction_too_long_to_be_written_is_told_by_a_double():
    """Python refuses to write more than 4300 digits; `verify` reads both."""
    long = -F(2, 3**9000) - F(1, 4)
    assert name_of(numbers.rational(long)) == (-0.25).hex()
    assert witness.close(numbers.rational(long), name_of(numbers.rational(long)))
    assert name_of(numbers.rational(F(3, 40))) == "3/40"


TENTH, THIRD = np.float32(0.1), np.float32(1) / np.float32(3)
OF_FEW_DIGITS = {
    "JAX, as doubles": ("jax", lambda P, w: (1 - TENTH) * (w @ P) + TENTH / P.shape[1]),
    "JAX, as an array": (
        "jax",
        lambda P, w: jnp.array([THIRD, 2 * THIRD]) @ jnp.stack([w @ P, P.mean(0) ** 0 / P.shape[1]]),
    ),
    "NumPy": ("numpy", lambda P, w: THIRD * (w @ P) + (1 - THIRD) / P.shape[1]),
}


@pytest.mark.parametrize("how", OF_FEW_DIGITS)
def test_what_a_constant_of_few_digits_accounts_for_is_no_violation(how):
    backend, fn = OF_FEW_DIGITS[how]
    sums = looked(fn, backend=backend)
    assert isinstance(sums, Open) and "a constant of the operator was rounded" in sums.why
    assert isinstance(looked(fn, "unanimity", replace(CASE, P=(CASE.P[0], CASE.P[0])), backend=backend), Confirmed)


@pytest.mark.parametrize("bits", [16, 20, 23])
def test_a_constant_that_is_written_in_bits_is_itself(bits):
    assert isinstance(looked(off_by(2.0**-bits)), Confirmed)
