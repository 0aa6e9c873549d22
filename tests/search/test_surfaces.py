"""Jumps, cusps and steep places on surfaces that are neither ties nor faces; and what is smooth or guarded there."""

from __future__ import annotations

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.checking import engine
from axiomkd.claims.finding import Finding
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.price import Price
from axiomkd.search import jump, surfaces
from axiomkd.tracing import switches

from .continuous import made
from .hunting import SEARCHES, distance
from .odd_operators import mixed


def look(fn, reading: str, sizes=((2, 3),), seed: int = 0, effort: int = 1, **options) -> Finding:
    evaluator = Evaluator(describe(fn, **options), softener("power"))
    return SEARCHES[reading](evaluator, sizes=sizes, rng=np.random.default_rng(seed), effort=effort)


def log_of(x):
    return jnp.log(jnp.where(x > 0, x, 1.0))


def root_beside_no_tie(P, w):
    return mixed(P, w, 0.3 * jnp.sqrt(jnp.abs(P[0, 0] - P[1, 0] - 0.1234567)))


def root_on_a_curve(P, w):
    return mixed(P, w, 0.3 * jnp.sqrt(jnp.abs(w[0] * P[0, 0] - 0.2345)))


def entropy_of_a_weight(P, w):
    z = jnp.abs(w[0] - 0.37)
    return mixed(P, w, -0.3 * z * log_of(z))


def entropy_on_a_curve(P, w):
    z = jnp.abs(jnp.sum(P[0] ** 2) - 0.5123)
    return mixed(P, w, -0.3 * z * log_of(z))


def root_of_a_part(P, w):
    return mixed(P, w, 0.3 * jnp.maximum(P[0, 0] - 0.4321, 0) ** 0.75)


def inverse_logarithm(P, w):
    z = jnp.abs(P[0, 0] - P[1, 0] - 0.1234567)
    return mixed(P, w, 0.3 * jnp.where(z > 0, 1 / (1 - log_of(z)), 0.0))


CUSPS = [
    root_beside_no_tie,
    root_on_a_curve,
    entropy_of_a_weight,
    root_of_a_part,
    inverse_logarithm,
]


@pytest.mark.whole
@pytest.mark.parametrize("fn", CUSPS)
@pytest.mark.weekly(2)
def test_a_cusp_inside_the_domain_has_no_bounded_slope(fn):
    found = look(fn, "lipschitz")
    assert found.outcome == "refuted" and "at 2^-400" in found.message
    assert distance(found.witness) == Fraction(1, 2**400)


def test_where_a_curve_has_no_rational_point_that_is_found_growth_is_left_open():
    found = look(entropy_on_a_curve, "lipschitz")
    assert found.outcome == "open" and "known about only" in found.why


@pytest.mark.parametrize("fn", [root_on_a_curve, entropy_of_a_weight])
def test_and_is_continuous(fn):
    assert look(fn, "interior").outcome == "open"


def guarded_entropy(P, w):
    z = jnp.abs(P[0, 0] - P[1, 0] - 0.1234567)
    return mixed(P, w, -0.1 * z * jnp.log(z + 1e-300))


def guarded_twice(P, w):
    z = jnp.abs(jnp.sum(P[0] ** 2) - 0.5123)
    return mixed(P, w, -0.1 * z * jnp.log(z**0.25 + 1e-300))


def kink(P, w):
    return mixed(P, w, 0.3 * jnp.maximum(jnp.sum(P[0] ** 2) - 0.5123, 0))


@pytest.mark.parametrize("fn", [guarded_entropy, kink, pytest.param(guarded_twice, marks=pytest.mark.slow)])
def test_what_is_guarded_or_only_kinked_has_one(fn):
    found = look(fn, "lipschitz")
    assert found.outcome == "open" and not found.why


def small_jump(P, w):
    s = jnp.sum(P[0] * P[1]) + w[0] ** 2
    return mixed(P, w, 3e-8 * (s > 0.6123))


def rounded(P, w):
    q = jnp.round((w @ P) * 1e6) / 1e6
    return q / jnp.sum(q)


def in_a_loop(P, w):
    def body(q, k):
        return jnp.where(P[k, 0] > 0.4131, 0.5 * (q + P[k]), q), None

    return jax.lax.scan(body, w @ P, jnp.arange(P.shape[0]))[0]


@pytest.mark.parametrize("fn", [small_jump, rounded, in_a_loop])
@pytest.mark.parametrize("reading", ["interior", "limits"])
@pytest.mark.weekly(2)
def test_a_jump_on_a_surface(fn, reading):
    found = look(fn, reading)
    assert found.outcome == "refuted", found.why
    assert reading == "limits" or "at an interior point" in found.message
    assert found.witness.teacher is None and found.witness.t is None


def nearly_all_weight(P, w):
    return jnp.where(w[0] > 0.999999, mixed(P, w, 0.01), w @ P)


def nearly_none_of_a_class(P, w):
    return jnp.where(P[0, 0] < 3e-7, mixed(P, w, 0.01), w @ P)


def beside_a_row_that_is_sure(P, w):
    return jnp.where(jnp.max(P[0]) > 1 - 1e-8, mixed(P, w, 0.01), w @ P)


@pytest.mark.parametrize("fn", [nearly_all_weight, nearly_none_of_a_class, beside_a_row_that_is_sure])
@pytest.mark.parametrize("reading", ["interior", "closed"])
def test_a_jump_that_only_a_thin_corner_has(fn, reading):
    assert look(fn, reading).outcome == "refuted"


def signed_power(P, w):
    x = P[0, 0] - P[1, 0] - 0.1234567
    return mixed(P, w, 0.25 + 0.2 * jnp.sign(x) * jnp.abs(x) ** 0.001)


def steep(P, w):
    return mixed(P, w, 0.25 + 0.2 * jnp.tanh(1e30 * (P[0, 0] - P[1, 0] - 0.1234567)))


def guarded_root(P, w):
    d = jnp.abs(P[0, 0] - P[1, 0]) ** 0.125
    return mixed(P, w, 0.2 * d / (d + 1e-300))


def guarded_root_on_a_curve(P, w):
    d = jnp.abs(jnp.sum(P[0] ** 2) - 0.5123) ** 0.25
    return mixed(P, w, 0.2 * jnp.sign(jnp.sum(P[0] ** 2) - 0.5123) * d / (d + 1e-300) + 0.25)


def slow_weights(P, w):
    v = w**0.0005
    return (v / jnp.sum(v)) @ P


@pytest.mark.whole
@pytest.mark.parametrize("fn", [signed_power, steep, guarded_root, guarded_root_on_a_curve, slow_weights])
def test_what_is_steep_has_no_jump(fn):
    assert look(fn, "closed", sizes=((2, 2),), effort=0).outcome == "open"


def slow_distance(P, w):
    f = 1 + jnp.abs(P[0] - P[1]) ** 0.0625
    return f / jnp.sum(f)


def slower_distance(P, w):
    f = 1 + jnp.abs(P[0] - P[1]) ** 0.0005
    return f / jnp.sum(f)


@pytest.mark.parametrize("fn", [slow_distance, slower_distance])
def test_an_aggregate_that_is_slow_to_become_uniform_has_its_limit(fn):
    assert look(fn, "limits").outcome == "open"


# ---- curves into one point


def along_a_parabola(P, w):
    x, y = P[0, 0], P[1, 0]
    d = x**4 + y**2
    return mixed(P, w, 0.3 * jnp.where(d > 0, x**2 * y / jnp.where(d > 0, d, 1.0), 0.0))


def along_a_cubic(P, w):
    x, y = P[0, 0], P[1, 0]
    d = x**6 + y**2
    return mixed(P, w, 0.3 * jnp.where(d > 0, x**3 * y / jnp.where(d > 0, d, 1.0), 0.0))


def along_a_parabola_inside(P, w):
    x, y = P[0, 0] - P[1, 0], P[0, 1] - P[1, 1]
    d = x**4 + y**2
    return mixed(P, w, 0.3 * jnp.abs(jnp.where(d > 0, x**2 * y / jnp.where(d > 0, d, 1.0), 0.0)))


@pytest.mark.parametrize("fn", [along_a_parabola, along_a_cubic])
def test_two_curves_into_one_point_of_a_face(fn):
    assert look(fn, "closed").outcome == "refuted"
    assert look(fn, "interior").outcome == "open"


def test_two_curves_into_one_point_inside():
    assert look(along_a_parabola_inside, "interior").outcome == "refuted"


# ---- floats alone


def opaque(x):
    return np.array([float(y) for y in np.ravel(x)]).reshape(np.shape(x))


def half_precision(P, w, dtype=np.float16):
    """Its sharpness carries a step of rounding far above 1e-6."""
    s = np.asarray(opaque(P)[0, 0], dtype).astype(float)
    return mixed(opaque(P), opaque(w), 0.25 + 0.2 * np.tanh(20 * s - 8))


def single_precision(P, w):
    return half_precision(P, w, np.float32)


def single_throughout(P, w):
    q = np.asarray(opaque(w), np.float32) @ np.asarray(opaque(P), np.float32)
    return q / q.sum()


@pytest.mark.whole
@pytest.mark.parametrize("fn", [half_precision, single_precision, single_throughout])
@pytest.mark.parametrize("reading", ["interior", "closed", "limits"])
@pytest.mark.weekly(6)
def test_a_step_of_rounding_is_no_jump(fn, reading):
    assert look(fn, reading, effort=0, backend="numpy").outcome == "open"


# ---- random ones


READINGS = ("interior", "closed", "limits", "lipschitz")


def refuted(seed: int, *, lipschitz: bool, effort: int) -> list[str]:
    """Which of the readings that hold by construction are refuted, all the same."""
    sizes = ((2, 2), (2, 3)) if seed % 3 else ((3, 3),)
    evaluator = Evaluator(describe(made(seed, lipschitz=lipschitz)), softener("power"), K=2)
    return [
        f"{reading}: {found.message}"
        for reading in (READINGS if lipschitz else READINGS[:3])
        for found in [SEARCHES[reading](evaluator, sizes=sizes, rng=np.random.default_rng(seed), effort=effort)]
        if found.outcome == "refuted"
    ]


@pytest.mark.whole
@pytest.mark.parametrize("lipschitz", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.weekly(3)
def test_nothing_false_of_a_random_operator(seed, lipschitz):
    assert not refuted(seed, lipschitz=lipschitz, effort=0)


@pytest.mark.slow
@pytest.mark.parametrize("lipschitz", [False, True])
@pytest.mark.parametrize("seed", range(3, 300))
def test_nothing_false_of_many(seed, lipschitz):
    assert not refuted(seed, lipschitz=lipschitz, effort=seed % 2)
    jax.clear_caches()


# ---- what is switched on


def test_every_switch_is_named_once_and_followed_exactly():
    evaluator = Evaluator(describe(root_on_a_curve), softener("power"))
    found = surfaces.of(evaluator, 2, 3)
    assert found is not None and surfaces.of(evaluator, 2, 3) is found
    P, w = np.array([[[0.2, 0.3, 0.5], [0.25, 0.25, 0.5]]]), np.array([[0.6, 0.4]])
    assert np.isclose(found.floats(P, w), 0.6 * 0.2 - 0.2345).any()


def test_a_linear_pool_switches_nowhere():
    assert surfaces.of(Evaluator(describe(lambda P, w: w @ P, name="pool"), softener("power")), 2, 3) is None


def test_ties_of_the_largest_are_switches():
    jaxpr = jax.make_jaxpr(lambda x: jnp.argmax(x))(jnp.zeros(3))
    (found,) = (
        [np.asarray(s.values) for s in switches.collect(jaxpr, [jnp.array([1.0, 4.0, 9.0])]).found][n] for n in [0]
    )
    assert -3.0 in found or 3.0 in found


def test_a_long_loop_is_not_walked():
    def counted(steps: int) -> int:
        body = lambda _, x: jnp.where(x > 0.5, x / 2, x)  # noqa: E731
        jaxpr = jax.make_jaxpr(lambda x: jax.lax.fori_loop(0, steps, body, x))(jnp.array(1.0))
        found = switches.collect(jaxpr, [jnp.array(1.0)])
        assert found.hidden == (steps > 100)
        return len(found.found)

    assert counted(4) == 4 and counted(2000) == 0


def test_an_interior_jump_is_not_told_as_one_on_a_face():
    evaluator = Evaluator(describe(small_jump), softener("power"))
    found = jump.search(evaluator, True, sizes=((2, 3),), rng=np.random.default_rng(1))
    inside = all(Fraction(x) > 0 for row in (*found.witness.P, found.witness.w) for x in row)
    assert ("interior point" in found.message) == inside


def tail_cut(P, w):
    """NumPy code that switches where an entry of the pool is a hundredth, on no tie and on no face."""
    m = w @ P
    kept = np.where(m < 0.01, 0.0, m)
    return kept / np.sum(kept)


def jaxed(P, w):
    m = w @ P
    kept = jnp.where(m < 0.01, 0.0, m)
    return kept / jnp.sum(kept)


@pytest.mark.parametrize("reading", ["interior", pytest.param("limits", marks=pytest.mark.whole)])
def test_what_NumPy_code_switches_on_is_known_of_its_twin(reading):
    evaluator = Evaluator(describe(tail_cut, backend="numpy"), softener("power"))
    evaluator.price = Price(1)
    evaluator.twin = Evaluator(describe(jaxed), softener("power"))
    found = SEARCHES[reading](evaluator, sizes=[(2, 3)], rng=np.random.default_rng(0), effort=0)
    assert found.outcome == "refuted" and found.witness is not None and found.witness.confirmed != "float64"


@pytest.mark.whole
def test_a_check_looks_where_NumPy_code_switches():
    events = list(engine.check(describe(tail_cut), Settings(effort="quick", readings=("continuity/interior",), C=(2,))))
    (row,) = events[-1].result.readings
    assert row.verdict == "refuted" and "where the code switches" in row.message
