"""Lifted once for all K and C, a term has the value that JAX returns at every size, or is opaque: at sizes where small types
wrap, where loops have no steps, and where axes are empty.

The first table holds code that must stay opaque or wrong sizes would be proved; the second what people write, which must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd.tracing import lift, numerics, terms
from axiomkd.tracing.lift.whole import LONGEST
from axiomkd.tracing.terms import Term

from ..jaxpr.values import Opaque, Values
from . import contained

numerics.prepare()
C = 1
"""The axis of classes."""


def counter(dtype) -> Callable:
    return lambda P: lax.iota(dtype, P.shape[C])


def unlike(P, w, x) -> jax.Array:
    """Some use of a row of whole numbers or truth values, one a class."""
    return w @ P + x.astype(jnp.float64)


# Each is one thing for few classes or teachers, and another one beyond.
TREACHEROUS: dict[str, Callable] = {
    "iota in a byte": lambda P, w: unlike(P, w, lax.iota(jnp.int8, P.shape[C])),
    "cast to a byte": lambda P, w: unlike(P, w, jnp.arange(P.shape[C]).astype(jnp.int8)),
    "cast to an unsigned byte": lambda P, w: unlike(P, w, jnp.arange(P.shape[C]).astype(jnp.uint8)),
    "sum in an unsigned byte": lambda P, w: unlike(P, w, lax.reduce_sum((P > -1).astype(jnp.uint8), (0, 1))) + 0 * P[0],
    "running sum in a byte": lambda P, w: unlike(P, w, lax.cumsum((P[0] > -1).astype(jnp.int8))),
    "dot in a byte": lambda P, w: unlike(P, w, jnp.dot(*[(P[0] > -1).astype(jnp.int8)] * 2)) + 0 * P[0],
    "index in a byte": lambda P, w: unlike(P, w, lax.argmax(jnp.arange(P.shape[C]), 0, jnp.int8)) + 0 * P[0],
    "unsigned below 0": lambda P, w: unlike(P, w, jnp.uint32(600) - lax.iota(jnp.uint32, P.shape[C])),
    "unsigned, by 1": lambda P, w: unlike(P, w, lax.iota(jnp.uint64, P.shape[C]) - jnp.uint64(1)),
    "minus an unsigned": lambda P, w: unlike(P, w, -lax.iota(jnp.uint16, P.shape[C])),
    "cubes in 32 bits": lambda P, w: unlike(P, w, lax.integer_pow(lax.iota(jnp.int32, P.shape[C]) * 3, 3)),
    "product of sizes in 16 bits": lambda P, w: w @ P * (jnp.int16(1) * lax.iota(jnp.int16, P.shape[C])),
    "a dot of truths": lambda P, w: unlike(P, w, lax.dot(*[jnp.arange(P.shape[C]) >= 600] * 2)),
    "a size in a byte": lambda P, w: w @ P * (jnp.arange(P.shape[C])[-1] + 1).astype(jnp.int8),
    "counted in a byte": lambda P, w: lax.scan(lambda n, p: (n + np.int8(1), p * n), np.int8(0), w @ P)[1],
    "counted in a byte, at the end": lambda P, w: (
        w @ P * lax.scan(lambda n, p: (n + np.int8(1), None), np.int8(0), P[0])[0]
    ),
    "added up in a byte": lambda P, w: (
        w @ P * lax.scan(lambda n, p: (n + (p > -1).astype(jnp.int8), None), np.int8(0), P[0])[0]
    ),
    "a byte between": lambda P, w: (
        w @ P * lax.scan(lambda n, p: ((n + 1).astype(jnp.int8).astype(jnp.int64) + (p > 2), None), 0, P[0])[0]
    ),
    "complex": lambda P, w: w @ P + jnp.real((1j * P[0]) * (1j * P[0])),
    "complex to real": lambda P, w: jnp.real(w @ P * 1j) + P[0],
    "imaginary": lambda P, w: jnp.imag(w @ P * (1 + 2j)),
    "half precision": lambda P, w: (w @ P).astype(jnp.float16).astype(jnp.float64),
    "half precision, sums": lambda P, w: P.astype(jnp.bfloat16).sum(0).astype(jnp.float64),
    "fewer bits": lambda P, w: lax.reduce_precision(w @ P, 5, 10),
    "cut": lambda P, w: unlike(P, w, (10 * P[0]).astype(jnp.int32)),
    "fewer steps than none": lambda P, w: lax.fori_loop(0, P.shape[0] - 5, lambda k, q: q + w[0] * P[0], w @ P),
    "from K - 5 on": lambda P, w: lax.fori_loop(P.shape[0] - 5, 2, lambda k, q: q + P[0], w @ P),
    "steps by halves": lambda P, w: lax.while_loop(
        lambda s: s[0] < P.shape[0] / 2, lambda s: (s[0] + 1, s[1] + P[0]), (0.0, w @ P)
    )[1],
    "half as many steps": lambda P, w: lax.fori_loop(0, P.shape[0] // 2, lambda k, q: q + P[0], w @ P),
    "as many as data say": lambda P, w: lax.fori_loop(0, jnp.sum(P[0] > 0.3), lambda k, q: q + P[0], w @ P),
    "the branch of a number": lambda P, w: lax.switch(jnp.argmax(w) + 1, [lambda: P[0], lambda: P[1], lambda: w @ P]),
    "a branch of two": lambda P, w: lax.switch(jnp.argmax(w) + 1, [lambda: P[0], lambda: P[1]]),
    "applied at a place": lambda P, w: (w @ P).at[0].apply(lambda x: x + 1),
    "all of none": lambda P, w: w @ P * jnp.all(P[2:, 0] > 2),
    "the largest number of none": lambda P, w: w @ P * lax.reduce_max(jnp.arange(P.shape[0] - 2), (0,)).astype(float),
    "no power": lambda P, w: w @ P + lax.integer_pow(jnp.log(P[0] - P[0]), 0),
    "rounded": lambda P, w: jnp.round(w @ P, 1) + jnp.floor(P[0]),
    "remainder": lambda P, w: unlike(P, w, jnp.arange(P.shape[C]) % 3) + jnp.arange(P.shape[C]) // 3,
    "scan in reverse": lambda P, w: lax.scan(lambda c, x: (c, 1.0 - x), 0.0, P[0], reverse=True)[1],
    "scan in reverse that counts": lambda P, w: lax.scan(lambda n, x: (n + 1, n * x), 0, P[0], reverse=True)[1],
    "nested scans": lambda P, w: (
        lax.scan(
            lambda r, x: (jnp.maximum(r, lax.scan(lambda s, y: (jnp.maximum(s, y), None), x[0], x)[0]), None), 0.1, P
        )[0]
        + w @ P
    ),
    "nested scans of one another": lambda P, w: (
        lax.scan(lambda r, x: (lax.scan(lambda s, y: (jnp.maximum(r, s) * y, None), r, x)[0], None), 0.5, P)[0] + w @ P
    ),
}

# Whole numbers as people use them: one value a class and a term for all sizes.
USUAL: dict[str, Callable] = {
    "vote": lambda P, w: (jnp.arange(P.shape[C]) == jnp.argmax(w @ P)).astype(float),
    "vote in 32 bits": lambda P, w: (lax.iota(jnp.int32, P.shape[C]) == lax.argmax(w @ P, 0, jnp.int32)).astype(float),
    "one_hot": lambda P, w: w @ jax.nn.one_hot(jnp.argmax(P, 1), P.shape[C]),
    "ranks": lambda P, w: jnp.sum(P[:, :, None] >= P[:, None, :], 2).sum(0) / (P.shape[0] * P.shape[C]),
    "ranks in 32 bits": lambda P, w: jnp.sum((P[0][:, None] > P[0][None]).astype(jnp.int32), 1, dtype=jnp.int32) * P[0],
    "running count": lambda P, w: jnp.cumsum(P[0] > 0.2) * P[1],
    "places as weights": lambda P, w: w @ P * (jnp.arange(P.shape[C]) + 1) / P.shape[C],
    "falling weights": lambda P, w: (P.shape[0] - jnp.arange(P.shape[0])) @ P,
    "pairs": lambda P, w: w @ P / (P.shape[0] * (P.shape[0] - 1) // 2),
    "gather": lambda P, w: P[jnp.argmax(w)] + P[jnp.arange(P.shape[0]), jnp.argmin(P, 1)].sum() * P[0],
    "loop": lambda P, w: lax.fori_loop(0, P.shape[0], lambda k, q: q + w[k] * P[k], jnp.zeros(P.shape[C])),
    "loop from 1": lambda P, w: lax.fori_loop(1, P.shape[0], lambda k, q: q + P[k], w[0] * P[0]),
    "loop of one less": lambda P, w: lax.fori_loop(0, P.shape[0] - 1, lambda k, q: q + w[k] * P[k + 1], P[0]),
    "scan that counts": lambda P, w: lax.scan(lambda n, p: (n + 1, p * n), 0, P[0])[1],
    "scan back": lambda P, w: lax.scan(lambda q, x: (q + x[0] * x[1], None), 0 * P[0], (w, P), reverse=True)[0],
    "map": lambda P, w: lax.map(lambda x: jnp.exp(x), w) @ P,
    "all but two": lambda P, w: w[2:] @ P[2:] + w[:-1] @ P[1:],
    "a slice at a computed place": lambda P, w: lax.dynamic_slice_in_dim(P, P.shape[0] - 2, 2, 0).sum(0),
    "branches": lambda P, w: lax.switch(jnp.argmax(w), [lambda: P[0], lambda: P[1], lambda: w @ P]),
    "in single precision": lambda P, w: (w.astype(jnp.float32) @ P.astype(jnp.float32)).astype(jnp.float64),
}

SIZES = ((2, 2), (2, 3), (3, 4), (5, 3), (6, 2))
WIDE = ((2, 130), (3, 300), (2, 700))


def panels(sizes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    for K, n in sizes:
        P = rng.integers(1, 9, (K, n)) / 8.0
        yield P / P.sum(1, keepdims=True), rng.dirichlet(np.ones(K))


def agreeing(fn: Callable, sizes, tolerance: float = 1e-9) -> int:
    """How many entries have a value, which is JAX's: of few classes all, of many the first, the last and some where types wrap."""
    raw, i, lifter = contained.lifted(fn)
    assert not lifter.defects
    agree = 0
    for P, w in panels(sizes):
        right, values = np.asarray(fn(jnp.asarray(P), jnp.asarray(w))), Values(P, w, params=lifter.params)
        n = P.shape[1]
        for c in sorted({m for m in (0, 1, 2, 3, 127, 128, 256, 601, n - 1) if m < n}):
            try:
                mine = values(raw, {i: c})
            except Opaque:
                break
            assert np.isclose(mine, right[c], rtol=tolerance, atol=tolerance, equal_nan=True), (
                P.shape,
                c,
                mine,
                right[c],
            )
            agree += 1
    return agree


@pytest.mark.parametrize("name", TREACHEROUS)
@pytest.mark.slow
def test_nothing_is_lifted_that_is_true_at_some_sizes_only(name):
    agreeing(TREACHEROUS[name], SIZES + WIDE)


@pytest.mark.weekly(4)
@pytest.mark.parametrize("name", USUAL)
def test_what_people_write_is_lifted(name):
    assert agreeing(USUAL[name], SIZES, 1e-6 if "single" in name else 1e-9)


def test_a_class_index_fits_in_32_bits_and_twice_one_does_not():
    once, twice = (contained.lifted(lambda P, w, n=n: lax.iota(jnp.int32, P.shape[C]) * n * P[0])[0] for n in (1, 2))
    assert not opaques(once) and opaques(twice)
    assert LONGEST == np.iinfo("int32").max


# --- opaque values -------------------------------------------------------------------------------------------------------------


def opaques(x: Term) -> set[Term]:
    return {t for t in terms.walk(x) if t.op == "opaque"}


def entry_of(fn, *places: Term) -> Term:
    jaxpr = jax.make_jaxpr(fn)(np.ones((3, 4)) / 4, np.ones(3) / 3)
    lifter = lift.Lifted()
    (out,) = lifter.walk(jaxpr, list(lift.panel(terms.num(3), terms.num(4))))
    assert not lifter.defects
    return out(*places)


STEPS: dict[str, Callable] = {
    "map": lambda P, w: lax.map(jnp.floor, w),
    "map of what does not matter": lambda P, w: lax.map(lambda x: (jnp.floor(x[0]), x[1]), (w, P))[0],
    "scan": lambda P, w: lax.scan(lambda c, x: (c, jnp.floor(x)), 0.0, w)[1],
    "scan back": lambda P, w: lax.scan(lambda c, x: (c, jnp.floor(x)), 0.0, w, reverse=True)[1],
    "vmap": lambda P, w: jax.vmap(jnp.floor)(w),
    "nested maps": lambda P, w: lax.map(lambda p: lax.map(jnp.floor, p)[0], P),
    "scan that carries": lambda P, w: lax.scan(lambda c, x: (jnp.floor(c + x), c), 0.0, w)[1],
    "scan that carries an unknown": lambda P, w: lax.scan(lambda c, x: (c + x, jnp.floor(c)), 0.0, w)[1],
}


@pytest.mark.parametrize("name", STEPS)
def test_an_unknown_primitive_in_a_loop_has_a_value_a_step(name):
    one, other = (entry_of(STEPS[name], terms.num(n)) for n in (1, 2))
    assert opaques(one) and not opaques(one) & opaques(other)


def test_an_unknown_primitive_in_a_loop_depends_on_what_is_carried():
    summed = entry_of(lambda P, w: lax.scan(lambda c, x: (c + x, jnp.floor(c)), 0.0, w)[1], ZERO := terms.ZERO)
    assert opaques(summed) and "w" in summed.of
    counted = lambda P, w: lax.scan(lambda c, x: (c + jnp.floor(c + x), None), 0.0, w)[0] * P[0]  # noqa: E731
    assert entry_of(counted, ZERO).op != "sum" and not terms.loops(entry_of(counted, ZERO))


@pytest.mark.parametrize("name", [*TREACHEROUS, *USUAL])
def test_no_mark_of_a_loop_is_left(name):
    raw, _, _ = contained.lifted((TREACHEROUS | USUAL)[name])
    assert not terms.loops(raw) and not any(t.op == "carry" for t in terms.walk(raw))


def test_two_unknown_values_of_one_primitive_are_two():
    both = entry_of(lambda P, w: jnp.floor(w[0]) - jnp.floor(w[1]) + 0 * P[0], terms.ZERO)
    assert len(opaques(both)) == 2
    assert len({str(t) for t in terms.dump_all(opaques(both))}) == 2


# --- captured arrays -------------------------------------------------------------------------------------------------------------


def names(*arrays) -> list[str]:
    lifter = lift.Lifted()
    return [next(t for t in terms.walk(lifter.constant(a, a).entry) if t.op == "param").data[0] for a in arrays]


def test_captured_arrays_are_one_where_value_and_dtype_are_one():
    a = np.array([1.0, 2.0])
    one, same, other, bits, whole = names(a, a.copy(), np.array([1.0, 3.0]), a.view("int64"), a.astype("int64"))
    assert one == same and len({one, other, bits, whole}) == 4


def test_captured_arrays_that_agree_in_a_hash_of_four_bytes_are_two():
    """Found by trying: the names of a former edition were four bytes of a hash of the content."""
    found = names(np.array([21563 / 2**20, 1.0]), np.array([21564 / 2**20, 1.0]))
    assert len(set(found)) == 2


def test_a_dimension_in_a_form_that_is_not_known_is_a_length_of_which_nothing_is_known():
    raw, _, lifter = contained.lifted(lambda P, w: P[3:].sum(0) + w @ P)
    assert opaques(raw) and not lifter.defects
