"""Exact evaluation against JAX in float64, on code and on the inputs where floats go wrong."""

from __future__ import annotations

import warnings
from fractions import Fraction
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd.tracing import functions, numbers, numerics
from axiomkd.tracing.exact import EXACT, Undecided, Unsupported, evaluate, object_array

from .snippets import RATIONAL, SNIPPETS

INTERIOR = [
    (["1/10 2/10 3/10 4/10", "3/8 1/8 2/8 2/8", "5/17 2/17 9/17 1/17"], "1/6 1/2 1/3"),
    (["0.05 0.15 0.35 0.45", "0.7 0.1 0.15 0.05", "0.2 0.3 0.1 0.4"], "0.25 0.3 0.45"),
]
BOUNDARY = [
    (["1 0 0 0", "0 1 0 0", "0 0 1/2 1/2"], "1 0 0"),
    (["1/4 1/4 1/4 1/4", "1/4 1/4 1/4 1/4", "0 1/2 1/4 1/4"], "1/3 1/3 1/3"),
]


def case(texts: tuple[list[str], str]) -> tuple[np.ndarray, np.ndarray]:
    rows, weights = texts
    return object_array([row.split() for row in rows]), object_array(weights.split())


def floats(x: np.ndarray) -> np.ndarray:
    return np.array([numbers.to_float(e) for e in x.flat]).reshape(x.shape)


@cache
def trace(f, *shapes: tuple[int, ...]):
    return jax.make_jaxpr(f)(*(jax.ShapeDtypeStruct(shape, jnp.float64) for shape in shapes))


def outputs(f, P: np.ndarray, w: np.ndarray, **options) -> list[np.ndarray]:
    return evaluate(trace(f, P.shape, w.shape), [P, w], **options)


def in_floats(f, P: np.ndarray, w: np.ndarray) -> list:
    """What JAX returns: compiled as one, since step by step each step is a program to compile."""
    compiled = jax.jit(f, compiler_options=numerics.quick_compile())
    return jax.tree.leaves(compiled(jnp.array(floats(P)), jnp.array(floats(w))))


def assert_agree(exact: np.ndarray, expected: np.ndarray) -> None:
    assert exact.shape == expected.shape
    if exact.dtype != object:
        assert exact.dtype == expected.dtype
        np.testing.assert_array_equal(exact, expected)
        return
    assert all(map(numbers.is_number, exact.flat))
    np.testing.assert_allclose(floats(exact), np.asarray(expected, dtype=float), rtol=1e-9, atol=1e-9)


@pytest.mark.weekly(12)
@pytest.mark.parametrize("name", SNIPPETS)
def test_agrees_with_floats_inside(name):
    f, _ = SNIPPETS[name]
    for texts in INTERIOR:
        P, w = case(texts)
        expected = in_floats(f, P, w)
        for exact, float_result in zip(outputs(f, P, w), expected, strict=True):
            assert_agree(exact, np.asarray(float_result))


@pytest.mark.parametrize("at", range(len(BOUNDARY)))
@pytest.mark.parametrize("name", SNIPPETS)
@pytest.mark.weekly(6)
def test_agrees_with_floats_at_the_boundary(name, at):
    f, _ = SNIPPETS[name]
    P, w = case(BOUNDARY[at])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = in_floats(f, P, w)
    for exact, float_result in zip(outputs(f, P, w), expected, strict=True):
        assert_agree(exact, np.asarray(float_result))


@pytest.mark.parametrize("name", RATIONAL)
def test_rational_code_keeps_rationals(name):
    P, w = case(INTERIOR[0])
    for exact in outputs(RATIONAL[name], P, w):
        assert exact.dtype != object or all(numbers.is_rational(x) or numbers.is_special(x) for x in exact.flat)


@pytest.mark.parametrize("name", SNIPPETS)
def test_balls_contain_a_more_precise_value(name):
    P, w = case(INTERIOR[0])
    jaxpr = trace(SNIPPETS[name][0], P.shape, w.shape)
    for wide, narrow in zip(evaluate(jaxpr, [P, w], bits=80), evaluate(jaxpr, [P, w], bits=800), strict=True):
        for x, y in zip(wide.flat, narrow.flat, strict=True):
            if wide.dtype == object and not numbers.is_special(x):
                (low, high), (inner_low, inner_high) = numbers.bounds(x), numbers.bounds(y)
                assert low <= inner_low <= inner_high <= high


def ball_around(x: str) -> numbers.Number:
    """A genuine ball: sin and arcsin are no exact forms of the tower."""
    with numbers.precision(256):
        return functions.asin(functions.sin(numbers.rational(x)))


def at_balls(f, *texts: str) -> np.ndarray:
    x = object_array(["1"] * len(texts))
    x[:] = [ball_around(text) for text in texts]
    (out,) = evaluate(trace(f, x.shape), [x])
    return out


def test_literals_are_their_shortest_decimals():
    x = object_array(["1/3", "2"])
    (out,) = evaluate(trace(lambda x: 0.1 * x + 0.3, (2,)), [x])
    assert [numbers.as_fraction(v) for v in out] == [Fraction(1, 3), Fraction(1, 2)]


def test_captured_arrays_are_their_shortest_decimals_too():
    weights = np.array([0.1, 0.7], dtype=np.float32)
    halves = jnp.array([0.1, 0.2], dtype=jnp.bfloat16)
    (out,) = evaluate(trace(lambda x: x * weights + halves.astype(float), (2,)), [object_array([1, 1])])
    assert [numbers.as_fraction(v) for v in out] == [Fraction(2, 10), Fraction(9, 10)]


def test_the_width_of_a_float_type_does_not_matter():
    (out,) = evaluate(trace(lambda x: x.astype(jnp.bfloat16).astype(float), (1,)), [object_array(["1/3"])])
    assert numbers.as_fraction(out[0]) == Fraction(1, 3)


def test_max_of_overlapping_balls_is_a_ball_around_both():
    out = at_balls(lambda x: jnp.max(x), "1/3", "1/3")
    low, high = numbers.bounds(out[()])
    assert low <= Fraction(1, 3) <= high and high - low < Fraction(1, 2**200)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.sort(x),
        lambda x: jnp.argmax(x),
        lambda x: jax.lax.top_k(x, 1)[0],
        lambda x: jnp.where(x[0] < x[1], x, 0),
        lambda x: 1 / (x[0] - x[1]),
        lambda x: jnp.log(x[0] - x[1]),
        lambda x: jnp.sqrt(x[0] - x[1]),
        lambda x: jnp.floor(x[0] - x[1]),
        lambda x: jnp.sign(x[0] - x[1]),
        lambda x: (x[0] - x[1]) ** -0.5,
    ],
)
def test_what_balls_leave_open_is_undecided(f):
    with pytest.raises(Undecided) as error:
        at_balls(f, "1/3", "1/3")
    assert any("test_exact.py:" in note for note in error.value.__notes__)


def test_one_ball_is_equal_to_itself():
    assert not at_balls(lambda x: jnp.isnan(x), "1/3").any()
    assert numbers.is_rational(at_balls(lambda x: x[:1] - x[:1], "1/3")[0])


def test_median_of_balls_far_apart_is_one_of_them():
    assert numbers.to_float(at_balls(lambda x: jnp.median(x), "1/3", "1/5", "1/7")[()]) == pytest.approx(0.2)


def test_an_endless_loop_is_undecided(monkeypatch):
    from axiomkd.tracing import exact_control

    monkeypatch.setattr(exact_control, "STEP_LIMIT", 50)
    f = lambda x: jax.lax.while_loop(lambda y: jnp.all(y > 0), lambda y: y / 2, x)  # noqa: E731
    with pytest.raises(Undecided, match="50 steps"):
        evaluate(trace(f, (2,)), [object_array([1, 2])])


@pytest.mark.parametrize(
    ("f", "primitive"),
    [
        (lambda P: jnp.linalg.svd(P)[1], "svd"),
        (lambda P: P + jax.random.uniform(jax.random.key(0), P.shape), "random_seed"),
        (lambda P: jnp.fft.fft(P).real, "fft"),
    ],
)
def test_unsupported_names_the_primitive_and_the_users_line(f, primitive):
    with pytest.raises(Unsupported) as error:
        evaluate(trace(f, (2, 2)), [object_array([[1, 2], [3, 4]])])
    if primitive == "svd":
        assert error.value.primitive == primitive
    assert error.value.where is None or "test_exact.py:" in error.value.where
    assert error.value.primitive in str(error.value)


def test_precision_is_restored():
    import flint

    before = flint.ctx.prec
    with pytest.raises(Undecided):
        at_balls(lambda x: jnp.sort(x), "1/3", "1/3")
    assert flint.ctx.prec == before


def test_a_wrong_shape_is_named():
    with pytest.raises(TypeError, match=r"\(2,\)"):
        evaluate(trace(lambda x: x, (2,)), [object_array([1, 2, 3])])


def test_denormals_are_not_flushed():
    (out,) = evaluate(trace(lambda x: jnp.exp(x) > 0, (1,)), [object_array([-10_000])])
    assert out[0]


# ---- identities that hold exactly, through sums of logarithms


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: jnp.log(6 * x) - jnp.log(2 * x) - jnp.log(3.0), "0"),
        (lambda x: jnp.exp(jnp.log(x)), "2/7"),
        (lambda x: jnp.log(x) / jnp.log(x**3), "1/3"),
        (lambda x: jax.nn.sigmoid(jnp.log(x)), "2/9"),
        (lambda x: (x**0.5) ** 2, "2/7"),
        (lambda x: x**0.5 * x**1.5, "4/49"),
        (lambda x: jnp.exp(x) * jnp.exp(-x), "1"),
        (lambda x: jnp.log(jnp.exp(x)), "2/7"),
        (lambda x: jnp.sqrt(x * x), "2/7"),
        (lambda x: jnp.sqrt(x) / jnp.sqrt(2 * x) * jnp.sqrt(2.0), "1"),
        (lambda x: jax.nn.softmax(jnp.array([1.0, 2.0])[:, None] * jnp.log(x)[None], axis=0)[0], "7/9"),
        (lambda x: x ** (1 / 3.0) - x ** (1 / 3.0), "0"),
    ],
)
def test_exact_identities(f, expected):
    (out,) = evaluate(trace(f, (1,)), [object_array(["2/7"])])
    assert numbers.is_rational(out[0]) and numbers.as_fraction(out[0]) == Fraction(expected)


def test_ties_of_geometric_means_are_ties():
    P = object_array([["1/8", "1/2", "3/8"], ["1/2", "1/8", "3/8"]])
    (out,) = evaluate(trace(lambda P: jnp.argmax(jnp.mean(jnp.log(P[:, :2]), axis=0)), P.shape), [P])
    assert out == 0


@pytest.mark.parametrize("largest", [[169], [3, 169], [0, 199], [127, 128], range(200)], ids=str)
@pytest.mark.parametrize("index", [jnp.int8, jnp.uint8, jnp.int16])
def test_a_narrow_index_wraps_as_it_does_in_jax(largest, index):
    x = np.zeros(200)
    x[list(largest)] = 1
    for extreme, values in ((jax.lax.argmax, x), (jax.lax.argmin, -x)):
        (out,) = evaluate(trace(partial(extreme, axis=0, index_dtype=index), x.shape), [object_array(values)])
        assert out.dtype == index and int(out) == int(extreme(jnp.asarray(values), 0, index))


INT8 = np.array([100, -100, 127, -128, 3, -1, 0], np.int8)
WHOLE = {
    "bits of a negative number": lambda n: lax.population_count(n),
    "the top bit of an unsigned number": lambda n: lax.shift_right_arithmetic(
        jnp.abs(n.astype(int)).astype(jnp.uint8) * jnp.uint8(2), jnp.full(7, 2, jnp.uint8)
    ),
    "division by the least number": lambda n: lax.div(n, jnp.full(7, -128, jnp.int8)),
    "a product in a wider type": lambda n: lax.dot(n, n, preferred_element_type=jnp.int32),
    "a type of four bits": lambda n: jnp.round(n / 16).astype(jnp.int4).astype(float),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_near_the_ends_of_their_type(name):
    (got,) = evaluate(jax.make_jaxpr(WHOLE[name])(INT8), [INT8])
    got = floats(got) if got.dtype == object else got
    assert np.array_equal(got, np.asarray(jax.jit(WHOLE[name])(INT8)))


def test_what_a_function_changes_in_place_is_not_taken_for_what_is_written():
    code = jax.make_jaxpr(lambda x: x.at[jnp.array([1])].apply(jnp.exp))(np.ones(3))
    with pytest.raises(Unsupported):
        evaluate(code, [np.array([0.5, 0.25, 1.0])])


def test_loops_under_vmap_end_one_by_one():
    def loops(w):
        return jax.vmap(lambda x: lax.while_loop(lambda s: s < 1, lambda s: s * 2, x))(w)

    (got,) = evaluate(jax.make_jaxpr(loops)(np.ones(3)), [object_array(["1/4", "3/8", "2"])])
    assert floats(got).tolist() == [1.0, 1.5, 2.0]


def test_a_rule_that_cannot_cope_is_as_one_that_is_missing(monkeypatch):
    def fails(_equation, *_):
        raise KeyError("unforeseen")

    monkeypatch.setitem(EXACT.primitives, "sin", fails)
    with pytest.raises(Unsupported, match="unforeseen"):
        evaluate(jax.make_jaxpr(jnp.sin)(1.0), [1.0])


def test_fractions_that_double_at_each_step_end_as_balls():
    def newton(x):
        return lax.fori_loop(0, 40, lambda _, s: (s + x / s) / 2, x + 1)

    (got,) = evaluate(jax.make_jaxpr(newton)(1.0), [object_array("1/3")])
    assert abs(floats(got)[()] - 3**-0.5) < 1e-15 and not numbers.is_rational(got[()])
