"""Gates by integers and truth values: what wraps, what is cut, what counts bits, what is an OR and no sum."""

from __future__ import annotations

import random

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .gates import gate, several, simple

NARROW = ("int8", "uint8", "int16", "uint16", "int32", "uint32")
SIGNED = ("int8", "int16", "int32")
UNSIGNED = ("uint8", "uint16", "uint32")


def _large(dtype: str) -> int:
    """A number of which two wrap."""
    return int(np.iinfo(dtype).max * 0.6) + 1


def _real(x):
    return x.astype(jnp.float64)


def _wrapping(name: str, fold, believed=None):
    """A gate: `fold` of numbers of which two wrap, less the same number without bounds."""

    def of(s, rng: random.Random):
        dtype = rng.choice(NARROW)
        big = _large(dtype)

        def g(P, w):
            f = s.flags(P, w)
            a = f.astype(dtype) * jnp.asarray(big, dtype)
            true = big * jnp.sum(f.astype(float)) if believed is None else believed(f.astype(float), big)
            return (_real(fold(a, dtype)) - true) / big

        return g

    of.__name__ = name
    gate()(of)


def _scanned(a, dtype):
    return lax.scan(lambda c, x: (c + x, None), jnp.zeros((), dtype), a)[0]


_wrapping("integer reduce_sum", lambda a, d: lax.reduce_sum(a, (0,)))
_wrapping("integer jnp.sum with dtype", lambda a, d: jnp.sum(a, dtype=d))
_wrapping("integer cumsum", lambda a, d: jnp.max(_real(jnp.cumsum(a, dtype=d)[-1:])))
_wrapping("integer cumsum reversed", lambda a, d: lax.cumsum(a, 0, reverse=True)[0])
_wrapping("integer dot", lambda a, d: lax.dot(a, jnp.ones_like(a)))
_wrapping("integer dot, preferred type", lambda a, d: lax.dot(a, jnp.ones_like(a), preferred_element_type=d))
_wrapping("integer einsum", lambda a, d: jnp.einsum("k,k->", a, jnp.ones_like(a)))
_wrapping("integer scan", _scanned)
_wrapping("integer sum of two", lambda a, d: a[-1] + a[-2], lambda f, big: big * (f[-1] + f[-2]))
_wrapping("integer sum doubled", lambda a, d: jnp.max(_real(a + a)), lambda f, big: 2 * big * jnp.max(f))
_wrapping("integer mul", lambda a, d: a[-1] * jnp.asarray(2, d), lambda f, big: 2 * big * f[-1])
_wrapping("integer shift left", lambda a, d: a[-1] << jnp.asarray(1, d), lambda f, big: 2 * big * f[-1])
_wrapping("integer square", lambda a, d: lax.square(a[-1]), lambda f, big: big * big * f[-1])
_wrapping("integer power", lambda a, d: a[-1] ** 3, lambda f, big: float(big) ** 3 * f[-1])
_wrapping("integer scatter-add", lambda a, d: jnp.zeros(2, d).at[jnp.zeros_like(a, int)].add(a)[0])
_wrapping("integer segment sum", lambda a, d: jax.ops.segment_sum(a, jnp.zeros_like(a, int), 2)[0])
_wrapping("integer fori", lambda a, d: lax.fori_loop(0, a.shape[0], lambda i, c: c + a[i], jnp.zeros((), d)))
_wrapping("integer sum in vmap", lambda a, d: jax.vmap(lambda r: jnp.sum(r, dtype=d))(jnp.stack([a, a]))[1])
_wrapping("integer sum in jit", lambda a, d: jax.jit(lambda x: lax.reduce_sum(x, (0,)))(a))
_wrapping(
    "integer sum in cond", lambda a, d: lax.cond(a[0] == a[0], lambda x: lax.reduce_sum(x, (0,)), lambda x: x[0], a)
)
_wrapping("integer associative scan", lambda a, d: lax.associative_scan(jnp.add, a)[-1])
_wrapping("integer lax.reduce", lambda a, d: lax.reduce(a, jnp.zeros((), d), lax.add, (0,)))
_wrapping("integer sum, kept axis", lambda a, d: jnp.sum(a[:, None], axis=(0, 1), dtype=d))


@gate()
def integer_product(s, rng):
    """2 to the number of flags, in a type of 8 bits or 16: too small for a few more."""
    dtype = rng.choice(NARROW)
    base = _large(dtype)

    def g(P, w):
        f = s.flags(P, w)
        a = jnp.where(f, jnp.asarray(base, dtype), jnp.asarray(1, dtype))
        return jnp.sign(_real(lax.reduce_prod(a, (0,))) - jnp.prod(jnp.where(f, float(base), 1.0)))

    return g


@gate()
def unsigned_subtraction(s, rng):
    dtype = rng.choice(UNSIGNED)

    def g(P, w):
        a = s.flags(P, w).astype(dtype)
        left = jnp.zeros((), dtype) - a
        return jnp.where(jnp.max(left) > 1, 1.0, 0.0)

    return g


@gate()
def unsigned_negation(s, rng):
    dtype = rng.choice(UNSIGNED)
    return lambda P, w: jnp.maximum(jnp.max(_real(-s.flags(P, w).astype(dtype))), 0.0)


@gate()
def unsigned_comparison(s, rng):
    dtype = rng.choice(UNSIGNED)

    def g(P, w):
        a = s.flags(P, w).astype(dtype)
        return jnp.sum((jnp.asarray(3, dtype) - a * jnp.asarray(4, dtype) > jnp.asarray(3, dtype)).astype(float))

    return g


@gate()
def unsigned_sign(s, rng):
    dtype = rng.choice(UNSIGNED)
    return lambda P, w: 1.0 + jnp.max(_real(jnp.sign(jnp.zeros((), dtype) - s.flags(P, w).astype(dtype)))) - 1.0


@gate()
def unsigned_abs(s, rng):
    dtype = rng.choice(UNSIGNED)

    def g(P, w):
        f = s.flags(P, w)
        return jnp.max(_real(jnp.abs(jnp.zeros((), dtype) - f.astype(dtype)))) - jnp.max(f.astype(float))

    return g


@gate()
def unsigned_clamp(s, rng):
    dtype = rng.choice(UNSIGNED)

    def g(P, w):
        below = jnp.zeros((), dtype) - s.flags(P, w).astype(dtype)
        return jnp.max(_real(jnp.clip(below, jnp.asarray(0, dtype), jnp.asarray(9, dtype))))

    return g


@gate()
def unsigned_sort(s, rng):
    dtype = rng.choice(UNSIGNED)
    return lambda P, w: jnp.maximum(_real(jnp.sort(jnp.zeros((), dtype) - s.flags(P, w).astype(dtype))[-1]), 0.0)


@gate()
def unsigned_argmax(s, rng):
    """The largest of 1, 1 − 2 in unsigned numbers is the second."""
    dtype = rng.choice(UNSIGNED)

    def g(P, w):
        one = jnp.ones((), dtype)
        count = jnp.max(s.flags(P, w).astype(dtype))
        return _real(jnp.argmax(jnp.stack([one, one - count * jnp.asarray(2, dtype)])))

    return g


@gate()
def signed_minimum_abs(s, rng):
    """|−128| is −128 in 8 bits."""
    dtype = rng.choice(SIGNED)
    least = int(np.iinfo(dtype).min)

    def g(P, w):
        a = jnp.where(s.flags(P, w), jnp.asarray(least, dtype), jnp.asarray(0, dtype))
        return jnp.max(jnp.maximum(-_real(jnp.abs(a)), 0.0)) / abs(least)

    return g


@gate()
def signed_minimum_neg(s, rng):
    dtype = rng.choice(SIGNED)
    least = int(np.iinfo(dtype).min)

    def g(P, w):
        a = jnp.where(s.flags(P, w), jnp.asarray(least, dtype), jnp.asarray(0, dtype))
        return jnp.max(jnp.maximum(-_real(-a), 0.0)) / abs(least)

    return g


@gate()
def narrowing_conversion(s, rng):
    dtype = rng.choice(NARROW)
    big = int(np.iinfo(dtype).max) + 7

    def g(P, w):
        f = s.flags(P, w).astype("int64") * big
        return jnp.max(_real(f) - _real(f.astype(dtype))) / big

    return g


@gate("C", n=(126, 127, 128, 129))
def narrow_iota(s, rng):
    return lambda P, w: jnp.max(jnp.arange(P.shape[1]) - _real(lax.iota("int8", P.shape[1])))


@gate("C", n=(254, 255, 256))
def narrow_iota_of_8_unsigned_bits(s, rng):
    return lambda P, w: jnp.max(jnp.arange(P.shape[1]) - _real(lax.broadcasted_iota("uint8", P.shape[1:], 0)))


def _narrow_place(name: str, of, dtype: str, n: tuple[int, ...]):
    def made(s, rng):
        def g(P, w):
            i = jnp.arange(P.shape[1])
            return jnp.abs(_real(of(i, dtype)) - (P.shape[1] - 1.0))

        return g

    made.__name__ = name
    gate("C", n=n)(made)


for _dtype, _n in (("int8", (126, 128)), ("uint8", (255, 256))):
    _narrow_place(f"argmax with an index of {_dtype}", lambda i, d: lax.argmax(i * 1.0, 0, np.dtype(d)), _dtype, _n)
    _narrow_place(f"argmin with an index of {_dtype}", lambda i, d: lax.argmin(-1.0 * i, 0, np.dtype(d)), _dtype, _n)


@simple("C", n=(181, 200, 400, 700))
def int16_squares(s, P, w):
    i = jnp.arange(P.shape[1], dtype="int16")
    return jnp.max(jnp.arange(P.shape[1]) ** 2.0) - jnp.max(_real(i * i))


@simple("C", n=(716, 800, 900))
def int32_products(s, P, w):
    i = jnp.arange(P.shape[1], dtype="int32")
    return 3e6 * (P.shape[1] - 1.0) - jnp.max(_real(i * jnp.int32(3_000_000)))


@simple("C", n=(64, 100, 300))
def int64_product(s, P, w):
    """2^C in 64 bits."""
    return jnp.where(jnp.prod(jnp.full_like(P[0], 2, dtype="int64")) > 0, 0.0, 1.0)


@simple("K", n=(7, 8, 12, 31))
def int8_power_of_two(s, P, w):
    return jnp.where(jnp.prod(jnp.full_like(w, 2, dtype="int8"), dtype="int8") > 0, 0.0, 1.0)


BITS = {
    "population count": lambda s, P, w: jnp.sum(
        _real(lax.population_count(s.flags(P, w).astype("uint8") * jnp.uint8(5)))
    ),
    "count leading zeros": lambda s, P, w: 8.0 - jnp.min(_real(lax.clz(s.flags(P, w).astype("uint8")))),
    "bits not": lambda s, P, w: -1.0 - jnp.min(_real(~s.flags(P, w).astype("int32"))),
    "bits and": lambda s, P, w: jnp.sum(_real(s.flags(P, w).astype("int32") & 1)),
    "bits or": lambda s, P, w: jnp.max(_real((s.flags(P, w).astype("int32") * 2) | 1)) - 1.0,
    "bits xor": lambda s, P, w: jnp.sum(_real(s.flags(P, w).astype("int32") ^ 0)),
    "reduce_or of bits": lambda s, P, w: jnp.abs(
        _real(lax.reduce_or(s.flags(P, w).astype("int32"), (0,))) - jnp.sum(s.flags(P, w).astype(float))
    ),
    "reduce_and of bits": lambda s, P, w: _real(lax.reduce_and(jnp.where(s.flags(P, w), 1, 3), (0,))) - 3.0,
    "reduce_xor of bits": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float)) - _real(lax.reduce_xor(s.flags(P, w).astype("int32"), (0,)))
    ),
    "shift right": lambda s, P, w: jnp.max(_real((s.flags(P, w).astype("int32") * 4) >> 1)),
    "logical shift right": lambda s, P, w: jnp.max(
        _real(lax.shift_right_logical(-s.flags(P, w).astype("int8"), jnp.int8(1)))
    ),
    "whole division": lambda s, P, w: jnp.abs(jnp.min(_real(-s.flags(P, w).astype(int) // 2))),
    "lax.div cuts": lambda s, P, w: jnp.max(0.5 * s.flags(P, w) - _real(lax.div(s.flags(P, w).astype(int), 2))),
    "lax.rem of whole numbers": lambda s, P, w: jnp.max(_real(lax.rem(s.flags(P, w).astype(int) * 7, 5))),
    "mod of negative numbers": lambda s, P, w: jnp.max(_real((-s.flags(P, w).astype(int)) % 5)),
    "truth of a number": lambda s, P, w: (
        jnp.max(2.0 * s.flags(P, w)) - jnp.max(_real((2 * s.flags(P, w)).astype(bool)))
    ),
    "cut to a whole number": lambda s, P, w: jnp.max(1.5 * s.flags(P, w) - _real((1.5 * s.flags(P, w)).astype(int))),
    "rounded to a whole number": lambda s, P, w: jnp.max(0.5 * s.flags(P, w) - jnp.round(0.5 * s.flags(P, w))),
}
several(BITS)

TRUTH = {
    "dot of truth values": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float)) - _real(lax.dot(s.flags(P, w), s.flags(P, w)))
    ),
    "matmul of truth values": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float)) - _real((s.flags(P, w)[None, :] @ s.flags(P, w)[:, None])[0, 0])
    ),
    "sum of truth values to a truth value": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float)) - _real(jnp.sum(s.flags(P, w), dtype=bool))
    ),
    "truth values added": lambda s, P, w: (
        2.0 * jnp.max(s.flags(P, w).astype(float)) - jnp.max(_real(s.flags(P, w) + s.flags(P, w)))
    ),
    "cumsum of truth values": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float)) - _real(jnp.cumsum(s.flags(P, w), dtype=bool)[-1])
    ),
    "scan of truth values": lambda s, P, w: (
        jnp.sum(s.flags(P, w).astype(float))
        - _real(lax.scan(lambda c, x: (c + x, None), jnp.array(False), s.flags(P, w))[0])
    ),
    "truth values multiplied": lambda s, P, w: jnp.max(_real(s.flags(P, w) * s.flags(P, w))),
    "largest truth value": lambda s, P, w: _real(jnp.max(s.flags(P, w))),
    "truth values exclusive or": lambda s, P, w: jnp.max(_real(s.flags(P, w) ^ jnp.array(False))),
    "truth values compared": lambda s, P, w: jnp.max(_real(s.flags(P, w) > jnp.array(False))),
    "truth values equal": lambda s, P, w: 1.0 - jnp.min(_real(s.flags(P, w) == jnp.array(False))),
    "truth values sorted": lambda s, P, w: _real(jnp.sort(s.flags(P, w))[-1]),
    "place of the first truth": lambda s, P, w: (
        jnp.where(jnp.argmax(s.flags(P, w)) > 0, 1.0, 0.0) + _real(s.flags(P, w)[0])
    ),
    "any of truth values": lambda s, P, w: _real(jnp.any(s.flags(P, w))),
    "all of truth values": lambda s, P, w: 1.0 - _real(jnp.all(~s.flags(P, w))),
    "number of truths": lambda s, P, w: jnp.minimum(_real(jnp.count_nonzero(s.flags(P, w))), 2.0),
}
several(TRUTH)
