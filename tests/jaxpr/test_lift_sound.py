"""The lift is sound by construction: for every entry of the table, every dtype that JAX takes there and odd values in it, the
lifted term has the value that JAX returns, or is opaque.

Operands are captured arrays, so that their values, and with them the bounds of whole numbers, are known. Where an entry
covers a dtype, small values must not be opaque: else these tests said nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd.tracing import lift, numerics

from .values import Opaque, Values

numerics.prepare()

INTEGERS = [f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)]
REALS = ["float32", "float64"]
STRANGE = ["float16", "bfloat16", "complex64", "complex128"]
DTYPES = ["bool", *INTEGERS, *REALS, *STRANGE]
FEW = ["int8", "float64"]
"""The dtypes of the default run: compiling takes seconds each."""
ROUNDING = {"float64": 1e-12, "float32": 1e-5}


@dataclass(frozen=True)
class Code:
    """A function of arrays of these shapes. `at` are the dtypes in which small values must get through the lift."""

    fn: Callable
    shapes: tuple[tuple[int, ...], ...]
    at: tuple[str, ...] = ()


def pool(dtype: str, odd: bool) -> np.ndarray:
    """Values of a dtype: small ones, or those at which arithmetic wraps, overflows, or has a case of its own."""
    if dtype == "bool":
        return np.array([True, False, True, True, False])
    if dtype in INTEGERS:
        limits = np.iinfo(dtype)
        small, some = [2, 0, 1, 3, 1, 2], [limits.max, 1, limits.min, limits.max // 2, 3, 0]
        return np.array(some if odd else small, dtype)
    small = [0.5, 0.25, 2.0, 0.0, 1.0, 0.75]
    some = [np.nan, 0.0, -0.0, np.inf, -1.5, 1.0, -np.inf, 2.0, -2.0, 0.5]
    return np.array(some if odd else small).astype(jnp.dtype(dtype))


def operands(shapes: Sequence[tuple[int, ...]], dtypes: Sequence[str], odd: bool) -> list[np.ndarray]:
    """An array a shape; the values start at another place in each."""
    out = []
    for n, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        values = pool(dtype, odd)
        out.append(np.take(values, np.arange(int(np.prod(shape))) * (1 + 2 * n) + n, mode="wrap").reshape(shape))
    return out


def lifted(fn: Callable, arrays: Sequence[np.ndarray]):
    """The jaxpr of the function, its lifted outputs, and the lifter."""
    jaxpr = jax.make_jaxpr(fn)(*arrays)
    lifter = lift.Lifted()
    given = [lifter.constant(a, v.aval) for a, v in zip(arrays, jaxpr.jaxpr.invars, strict=True)]
    return jaxpr, lifter.walk(jaxpr, given), lifter


def agreeing(fn: Callable, arrays: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> tuple[int, set[str]]:
    """How many entries have a value, which is JAX's, and the primitives in the code."""
    jaxpr, found, lifter = lifted(fn, arrays)
    assert not lifter.defects
    values, agree = Values(params=lifter.params), 0
    for array, code in zip(found, right, strict=True):
        assert tuple(int(n.data) for n in array.shape) == code.shape
        for at in itertools.product(*map(range, code.shape)):
            try:
                entry = array(*map(lift.terms.num, at))
                mine = values.holds(entry) if array.kind == "b" else values(entry)
            except Opaque:
                continue
            assert array.dtype not in STRANGE
            assert alike(mine, code[at], array.dtype), (array.dtype, at, mine, code[at], arrays)
            agree += 1
    return agree, primitives(jaxpr.jaxpr)


def alike(mine, right, dtype: str) -> bool:
    if dtype not in ROUNDING:
        return mine == right
    mine, right = np.float64(mine), np.float64(right)
    if dtype == "float32" and np.isinf(right) and abs(mine) > np.finfo("float32").max:
        return np.sign(mine) == np.sign(right)  # beyond the type, but no other number
    return bool(np.isclose(mine, right, rtol=ROUNDING[dtype], atol=ROUNDING[dtype], equal_nan=True))


def primitives(jaxpr) -> set[str]:
    found = set()
    for equation in jaxpr.eqns:
        found.add(equation.primitive.name)
        for p in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda x: hasattr(x, "eqns") or hasattr(x, "jaxpr")
        ):
            inner = getattr(p, "jaxpr", p)
            if hasattr(inner, "eqns"):
                found |= primitives(inner)
    return found


NUMBERS = (*INTEGERS, *REALS)
ANY = ("bool", *NUMBERS)
ROW, MATRIX = ((5,),), ((3, 4),)
TWO = ((5,), (5,))


def unary(fn, at=("float32", "float64")) -> Code:
    return Code(fn, ROW, tuple(at))


def binary(fn, at=NUMBERS) -> Code:
    return Code(fn, TWO, tuple(at))


def matrix(fn, at=ANY) -> Code:
    return Code(fn, MATRIX, tuple(at))


def dot(x, y, **more):
    return lax.dot_general(x, y, (((1,), (0,)), ((), ())), **more)


CODE: dict[str, Code] = {
    "add": binary(lax.add),
    "sub": binary(lax.sub, ("float64", "int8", "int64")),
    "mul": binary(lax.mul),
    "div": binary(lax.div, REALS),
    "rem": binary(lax.rem, ()),
    "pow": binary(lax.pow, REALS),
    "pow whole": Code(
        lambda x: (lax.pow(x, np.int64(3)), lax.pow(x, np.int64(-2)), lax.pow(x, np.int64(0))), ROW, ("float64",)
    ),
    "max": binary(lax.max),
    "min": binary(lax.min),
    "atan2": binary(lax.atan2, ()),
    "nextafter": binary(lax.nextafter, ()),
    "compared": binary(lambda x, y: (x < y, x <= y, x > y, x >= y, x == y, x != y)),
    "bits": binary(lambda x, y: (x & y, x | y, ~x), ("bool",)),
    "truths": binary(lambda x, y: (x < y) & (x == y) | ~(x > y)),
    "xor": binary(lax.bitwise_xor, ()),
    "shift": binary(lax.shift_left, ()),
    "neg": unary(lax.neg, ("int8", "float64")),
    "abs": unary(lax.abs, ("int16", "float32")),
    "sign": unary(lax.sign, NUMBERS),
    "square": unary(lax.square, NUMBERS),
    "exp": unary(lax.exp),
    "exp2": unary(lax.exp2),
    "log": unary(lax.log),
    "log1p": unary(lax.log1p),
    "expm1": unary(lax.expm1),
    "sqrt": unary(lax.sqrt),
    "rsqrt": unary(lax.rsqrt),
    "cbrt": unary(lax.cbrt),
    "logistic": unary(lax.logistic),
    "tanh": unary(lax.tanh),
    "erf": unary(lax.erf),
    "sin": unary(lax.sin),
    "cos": unary(lax.cos),
    "atan": unary(lax.atan),
    "is_finite": unary(lax.is_finite),
    "floor": unary(lax.floor, ()),
    "parts": Code(lambda x: (lax.real(x), lax.imag(x), lax.conj(x)), ROW),
    **{f"power {y}": unary(lambda x, y=y: lax.integer_pow(x, y)) for y in (0, 1, 2, 3, -1, -2, 7)},
    **{f"to {to}": Code(lambda x, to=to: lax.convert_element_type(x, to), ROW) for to in DTYPES},
    "to and fro": Code(lambda x: x.astype(jnp.int8).astype(jnp.int64), ROW, tuple(INTEGERS)),
    "through half": unary(lambda x: x.astype(jnp.float16).astype(jnp.float64), ()),
    "reduce_precision": unary(lambda x: (lax.reduce_precision(x, 11, 52), lax.reduce_precision(x, 8, 23))),
    "fewer bits": unary(lambda x: lax.reduce_precision(x, 5, 10), ()),
    "copy": unary(lambda x: (jnp.array(x, copy=True), lax.optimization_barrier(x), lax.stop_gradient(x)), ANY),
    "clamp": Code(lax.clamp, ((5,), (5,), (5,)), NUMBERS),
    "clamp to numbers": Code(lambda x, y: lax.clamp(x[0], y, x[1]), TWO, NUMBERS),
    "select": Code(lambda x, y: lax.select_n(x > y, x, y), TWO, NUMBERS),
    "select by one": Code(lambda x, y: lax.select_n(x[0] > y[0], x, y), TWO, NUMBERS),
    "select truth": Code(lambda x, y: lax.select_n(x > y, x == y, x != y), TWO, NUMBERS),
    "select by number": Code(lambda x, y: lax.select_n((x > y).astype(jnp.int32), x, y), TWO),
    "select of three": Code(lambda x, y: lax.select_n((x > y).astype(jnp.int32) * 2, x, y, x), TWO),
    "axes": matrix(
        lambda x: (x.T, x[None, :, :, None], x[:1].squeeze(0), x.reshape(3, 1, 4), lax.expand_dims(x, (0, 2)))
    ),
    "merged": matrix(lambda x: x.reshape(12), ()),
    "rev": matrix(lambda x: (x[::-1], lax.rev(x, (0, 1)))),
    "broadcast rows": matrix(lambda x: lax.broadcast_in_dim(x, (2, 3, 4), (1, 2))),
    "broadcast one": matrix(lambda x: lax.broadcast_in_dim(x[:1], (3, 4), (0, 1))),
    "slice": matrix(lambda x: (x[1:], x[:, 1:3], x[-1])),
    "strides": matrix(lambda x: lax.slice(x, (0, 0), (3, 4), (2, 3)), ()),
    "pad": matrix(lambda x: lax.pad(x, x[0, 0], ((1, 0, 0), (0, 0, 0))), ()),
    "concatenate": matrix(lambda x: lax.concatenate([x, x[:1], x], 0)),
    "stack": matrix(lambda x: jnp.stack([x[0], x[2], x[1]], 1)),
    "split": matrix(lambda x: (*lax.split(x, (1, 3), 1), *jnp.unstack(x, axis=1))),
    "dynamic_slice": matrix(lambda x: (lax.dynamic_slice(x, (1, 0), (2, 4)), lax.dynamic_slice(x, (2, 1), (1, 3)))),
    "dynamic_slice outside": matrix(lambda x: lax.dynamic_slice(x, (jnp.int32(7), jnp.int32(-9)), (2, 2)), ()),
    "gather": matrix(lambda x: (x[jnp.arange(2)], x[:, jnp.full(3, 2)], x[jnp.arange(3), jnp.full(3, 1)])),
    "gather by captured": matrix(lambda x: x[jnp.array([2, 0])], ()),
    "gather outside": matrix(lambda x: x.at[jnp.array([7, -9, 1])].get(mode="fill", fill_value=1), ()),
    "gather clipped": matrix(lambda x: x.at[jnp.array([7, 1])].get(mode="clip"), ()),
    "scatter": matrix(lambda x: (x.at[1].set(x[0]), x.at[1, 2].set(x[0, 0]))),
    "scatter outside": matrix(lambda x: (x.at[7].set(x[0]), x.at[7].add(x[0])), ()),
    "scatter several": matrix(lambda x: x.at[jnp.array([1, 1])].set(x[:2]), ()),
    "scatter-add": matrix(lambda x: (x.at[1].add(x[0]), x[0].at[jnp.array([1, 1, 3])].add(x[:, 0])), NUMBERS),
    "scatter apply": matrix(lambda x: x.at[1].apply(lambda y: y + y), ()),
    "scatter with others": matrix(lambda x: (x.at[1].mul(x[0]), x.at[1].max(x[0]), x.at[1].min(x[0])), ()),
    "update": matrix(lambda x: lax.dynamic_update_slice(x, x[:1], (2, 0)), ()),
    "sums": matrix(lambda x: (lax.reduce_sum(x, (0,)), lax.reduce_sum(x, (0, 1)), x.sum()), NUMBERS),
    "sum of none": matrix(lambda x: lax.reduce_sum(x[:0], (0,)), NUMBERS),
    "products": matrix(lambda x: lax.reduce_prod(x, (1,)), REALS),
    "extremes": matrix(lambda x: (lax.reduce_max(x, (0,)), lax.reduce_min(x, (1,))), NUMBERS),
    "extreme of none": matrix(lambda x: (lax.reduce_max(x[:0], (0,)), lax.reduce_min(x[:0], (0,))), REALS),
    "every": matrix(lambda x: (lax.reduce_and(x, (0,)), lax.reduce_or(x, (1,))), ("bool",)),
    "every of none": matrix(lambda x: (jnp.all(x[:0] == x[:0], 0), jnp.any(x[:0] == x[:0], 0)), NUMBERS),
    "places": matrix(lambda x: (lax.argmax(x, 1, jnp.int32), lax.argmin(x, 0, jnp.int64)), NUMBERS),
    "place in a byte": Code(lambda x: (lax.argmax(x, 0, jnp.int8), lax.argmin(x, 0, jnp.uint8)), ((300,),)),
    "cumsum": matrix(lambda x: (lax.cumsum(x, 0), lax.cumsum(x, 1, reverse=True)), NUMBERS),
    "cumulative": matrix(lambda x: (lax.cumprod(x, 0), lax.cummax(x, 1), lax.cummin(x, 0)), ()),
    "cumlogsumexp": matrix(lambda x: lax.cumlogsumexp(x, 0), ()),
    "sort": matrix(lambda x: (lax.sort(x, dimension=0), lax.sort(x, dimension=1)), NUMBERS),
    "sort by another": matrix(lambda x: lax.sort((x, -x), dimension=0, num_keys=2), ()),
    "argsort": matrix(lambda x: jnp.argsort(x, axis=1), ()),
    "top_k": matrix(lambda x: lax.top_k(x, 2), NUMBERS),
    "dot": Code(lambda x, y: (dot(x, y), dot(x, y, precision=lax.Precision.HIGHEST)), ((2, 3), (3, 2)), NUMBERS),
    "dot of truth": Code(dot, ((2, 3), (3, 2)), NUMBERS),
    "dot in more": Code(lambda x, y: dot(x, y, preferred_element_type=jnp.float64), ((2, 3), (3, 2)), REALS),
    "dot in whole": Code(lambda x, y: dot(x, y, preferred_element_type=jnp.int32), ((2, 3), (3, 2)), ("int8", "int16")),
    "batched dot": Code(
        lambda x, y: lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,)))), ((2, 2, 3), (2, 3, 2)), NUMBERS
    ),
    "iota": matrix(lambda x: lax.broadcasted_iota(x.dtype, (3, 4), 1) + x, NUMBERS),
    "long iota": Code(lambda x: lax.iota(x.dtype, 300), ROW, ("int16", "uint16", "int32", "float32", "float64")),
    "fft": matrix(lambda x: jnp.real(jnp.fft.ifft(jnp.fft.fft(x, axis=0), axis=0)), ()),
    "cond": Code(lambda x, y: lax.cond(x[0] > y[0], lambda: x, lambda: y), TWO, NUMBERS),
    **{
        f"branch {n}": Code(lambda x, n=n: lax.switch(jnp.int32(n), [lambda: x, lambda: x[::-1], lambda: x + x]), ROW)
        for n in (-1, 0, 1, 2, 5)
    },
    "scan": matrix(lambda x: lax.scan(lambda s, r: (s + r, r[::-1]), x[0], x), NUMBERS),
    "scan back": matrix(lambda x: lax.scan(lambda s, r: (s + r, r), x[0], x, reverse=True), NUMBERS),
    "scan back that turns": matrix(lambda x: lax.scan(lambda s, r: (s * r + r, s), x[0], x, reverse=True), REALS),
    "scan that counts": matrix(lambda x: lax.scan(lambda n, r: (n + 1, r * n.astype(r.dtype)), 0, x), NUMBERS),
    "scan back that counts": matrix(
        lambda x: lax.scan(lambda n, r: (n + 1, r * n.astype(r.dtype)), 0, x, reverse=True), NUMBERS
    ),
    "scan that counts in a byte": Code(
        lambda x: lax.scan(lambda n, r: (n + np.int8(1), n.astype(jnp.float64)), np.int8(0), x), ((300,),)
    ),
    "scan with a byte between": Code(
        lambda x: lax.scan(lambda n, r: ((n + 100).astype(jnp.int8).astype(jnp.int64), None), 0, x)[0], ((4,),)
    ),
    "scan of the largest": matrix(lambda x: lax.scan(lambda s, r: (jnp.maximum(s, r), None), x[0], x)[0], NUMBERS),
    "scan of no rows": matrix(lambda x: lax.scan(lambda s, r: (s + r, None), x[0], x[:0])[0], NUMBERS),
    "nested scans": matrix(
        lambda x: lax.scan(
            lambda s, r: (lax.scan(lambda t, y: (jnp.maximum(s, t) + y, None), s, r)[0], None), x[0, 0], x
        )[0],
        REALS,
    ),
    "nested extremes": matrix(
        lambda x: lax.scan(
            lambda s, r: (jnp.maximum(s, lax.scan(lambda t, y: (jnp.maximum(t, y), None), r[0], r)[0]), None),
            x[0, 0],
            x,
        )[0],
        NUMBERS,
    ),
    "loop": matrix(lambda x: lax.fori_loop(0, 3, lambda k, s: s + x[k], x[0]), NUMBERS),
    "loop from 2": matrix(lambda x: lax.fori_loop(2, 3, lambda k, s: s + x[k], x[0]), NUMBERS),
    "loop of fewer than no steps": matrix(lambda x: lax.fori_loop(3, 1, lambda k, s: s + x[k], x[0]), ()),
    "loop to a number": matrix(lambda x: lax.fori_loop(0, jnp.sum(x > 0), lambda k, s: s + x[0], x[0]), ()),
    "while": matrix(
        lambda x: lax.while_loop(lambda s: s[0] < 2, lambda s: (s[0] + 1, s[1] + x[s[0]]), (0, x[0]))[1], REALS
    ),
    "while by halves": matrix(
        lambda x: lax.while_loop(lambda s: s[0] < 2.5, lambda s: (s[0] + 1, s[1] + x[0]), (0.0, x[0]))[1], ()
    ),
    "while by twos": matrix(
        lambda x: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 2, s[1] + x[0]), (0, x[0]))[1], ()
    ),
    "map of an unknown": matrix(lambda x: lax.map(lambda r: lax.sort((r, r + r), num_keys=1)[1], x), ()),
    "gradient": matrix(lambda x: jax.grad(lambda y: jnp.sum(y * y + 3 * y))(x), REALS),
    "checkpoint": matrix(jax.checkpoint(lambda x: x + x), NUMBERS),
}
NEVER_TRACED = {
    "copy_p",
    "scatter_add",
    "dim_as_value",
    "expand_dims",
    "stop_gradient",
    "add_any",
    "split",
    "unstack",
    "stack",
    "copy",
}
"""Names in other versions of JAX than this, and one that needs symbolic sizes: others tests have them."""


@cache
def returned(dtype: str) -> dict[tuple[str, bool], list[np.ndarray]]:
    """What JAX returns of each code that takes this dtype, for small and for odd values: compiled at once, which is faster."""
    given = {(name, odd): operands(CODE[name].shapes, [dtype] * len(CODE[name].shapes), odd) for name, odd in EACH}
    fit = [key for key in EACH if _takes(CODE[key[0]].fn, given[key])]
    try:
        found = jax.jit(
            lambda xs: {n: CODE[n].fn(*xs[n, False]) for n, odd in fit if not odd},
            compiler_options=numerics.quick_compile(),
        )
        every = {odd: found({(n, False): given[n, odd] for n, _ in fit}) for odd in (False, True)}
    except Exception:  # JAX traces some code at dtypes for which it cannot be compiled
        every = {odd: {} for odd in (False, True)}
        for name, odd in fit:
            with suppress(Exception):
                every[odd][name] = jax.jit(CODE[name].fn)(*given[name, odd])
    return {
        (n, odd): [np.asarray(x) for x in jax.tree.leaves(y)] for odd, all_ in every.items() for n, y in all_.items()
    }


def _takes(fn: Callable, arrays: Sequence[np.ndarray]) -> bool:
    try:
        jax.make_jaxpr(fn)(*arrays)
    except Exception:
        return False
    return True


EACH = [(name, odd) for name in CODE for odd in (False, True)]


def compare(name: str, dtypes: Sequence[str]) -> None:
    code, tried = CODE[name], 0
    for dtype, odd in itertools.product(dtypes, (False, True)):
        if (name, odd) not in returned(dtype):
            assert dtype not in code.at
            continue
        tried += 1
        arrays = operands(code.shapes, [dtype] * len(code.shapes), odd)
        agree, _ = agreeing(code.fn, arrays, returned(dtype)[name, odd])
        assert agree or odd or dtype not in code.at, (name, dtype)
    assert tried or not code.at


@pytest.mark.parametrize("name", CODE)
@pytest.mark.weekly(4)
@pytest.mark.whole
def test_a_lifted_term_has_the_value_that_jax_returns_or_none(name):
    compare(name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d not in FEW])
def test_the_same_in_every_other_dtype(dtype):
    for name, odd in EACH:
        if not odd and (name, odd) in returned(dtype):
            compare(name, [dtype])


@pytest.mark.whole
def test_every_entry_of_the_table_is_compared():
    seen: set[str] = set()
    for dtype in FEW:
        for name, odd in returned(dtype):
            if not odd:
                arrays = operands(CODE[name].shapes, [dtype] * len(CODE[name].shapes), odd)
                agree, names = agreeing(CODE[name].fn, arrays, returned(dtype)[name, odd])
                seen |= names if agree else set()
    assert set(lift.TABLE) - seen <= NEVER_TRACED
