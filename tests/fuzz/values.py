"""Gates by values that are easily taken for others: complex numbers, unknown primitives, captured arrays, callbacks, keys."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .gates import several

COMPLEX = {
    "complex literal": lambda e: -jnp.real((1j * jnp.max(e)) * (1j * jnp.max(e))),
    "complex power": lambda e: -jnp.real((1j * jnp.max(e)) ** 2),
    "complex conjugate": lambda e: jnp.real((1j * jnp.max(e)) * jnp.conj(1j * jnp.max(e))),
    "complex absolute value": lambda e: jnp.abs(1j * jnp.max(e)),
    "imaginary part": lambda e: jnp.imag(lax.complex(0 * jnp.max(e), jnp.max(e))),
    "complex array": lambda e: -jnp.real(jnp.sum((e * jnp.array(1j)) ** 2)),
    "complex captured array": lambda e: -jnp.real(jnp.max(e) * jnp.array([1j, 2j]) * 1j)[0] * -1.0,
    "complex dot": lambda e: -jnp.real(jnp.dot(1j * e, 1j * e)),
    "complex vdot": lambda e: jnp.real(jnp.vdot(1j * e, 1j * e)),
    "complex exp": lambda e: 1.0 - jnp.real(jnp.exp(1j * jnp.max(e))),
    "complex sum": lambda e: jnp.imag(jnp.sum(1j * e)),
    "complex where": lambda e: jnp.imag(jnp.where(jnp.max(e) > 0, 1j, 0j)),
    "complex, 64 bits": lambda e: -jnp.real((jnp.complex64(1j) * jnp.max(e)) ** 2),
    "complex division": lambda e: -jnp.real(jnp.max(e) * 1j / (0 - 1j)),
    "complex angle": lambda e: jnp.angle(1.0 + 1j * jnp.max(e)),
    "complex root": lambda e: jnp.imag(jnp.sqrt(-jnp.max(e) + 0j)),
    "complex product": lambda e: 1.0 - jnp.real(jnp.prod(1.0 + 1j * e)),
    "complex scan": lambda e: jnp.imag(lax.scan(lambda c, x: (c + 1j * x, None), 0j, e)[0]),
    "complex equality": lambda e: 1.0 - (jnp.max(e) * 1j == 0).astype(float),
    "complex order": lambda e: jnp.imag(jnp.max(1j * e)),
    "complex negative": lambda e: jnp.imag(-(1j * jnp.max(e))) * -1,
    "complex log": lambda e: jnp.imag(jnp.log(1.0 + 1j * jnp.max(e))),
    "Fourier": lambda e: jnp.real(jnp.fft.fft(jnp.stack([jnp.max(e), 0 * e[0]])))[1],
}
several({name: (lambda s, P, w, of=of: of(s.excess(P, w))) for name, of in COMPLEX.items()})


def _floor(x):
    return jnp.floor(x)


def _twice(x, y, op):
    return op(x) - op(y)


def _pair(op):
    """op at two arguments from one line of code."""
    return lambda s, P, w: sum(sign * op(x) for sign, x in ((1, 1.51 * jnp.max(s.excess(P, w))), (-1, 0.0 * w[0])))


UNKNOWN = {
    "floor, twice from one line": _pair(_floor),
    "ceil, twice from one line": _pair(jnp.ceil),
    "round, twice from one line": _pair(jnp.round),
    "gamma, twice from one line": _pair(lambda x: lax.lgamma(x + 2.5)),
    "floor of an array": lambda s, P, w: (
        jnp.max(_floor(1.51 * s.excess(P, w))) - jnp.min(_floor(1.51 * s.excess(P, w)))
    ),
    "floor of an array and its reverse": lambda s, P, w: jnp.max(
        jnp.abs(_floor(1.51 * s.excess(P, w)) - _floor(1.51 * s.excess(P, w))[::-1])
    ),
    "floor in a custom rule": lambda s, P, w: jnp.sum(_ruled(1.51 * s.excess(P, w)) - _ruled(0 * s.excess(P, w))),
    "bits of a float": lambda s, P, w: (
        lax.bitcast_convert_type(jnp.max(s.excess(P, w)), jnp.int64) != lax.bitcast_convert_type(0.0 * w[0], jnp.int64)
    ).astype(float),
    "linear solver": lambda s, P, w: jnp.linalg.solve(jnp.eye(2), jnp.stack([jnp.max(s.excess(P, w)), 0 * w[0]]))[0],
    "determinant": lambda s, P, w: jnp.linalg.det(jnp.diag(jnp.stack([jnp.max(s.excess(P, w)), 1 + 0 * w[0]]))),
    "callback": lambda s, P, w: jax.pure_callback(
        lambda e: np.asarray(np.max(e)), jax.ShapeDtypeStruct((), jnp.float64), s.excess(P, w), vmap_method="sequential"
    ),
    "callback, twice from one line": lambda s, P, w: sum(
        sign
        * jax.pure_callback(
            lambda e: np.asarray(np.max(e)), jax.ShapeDtypeStruct((), jnp.float64), x, vmap_method="sequential"
        )
        for sign, x in ((1.0, s.excess(P, w)), (-1.0, 0 * s.excess(P, w)))
    ),
    "random key": lambda s, P, w: jax.random.uniform(jax.random.key(3)) * jnp.max(s.excess(P, w)),
    "random key folded": lambda s, P, w: jnp.abs(
        jax.random.uniform(jax.random.fold_in(jax.random.key(3), jnp.sum(s.flags(P, w).astype("uint32"))))
        - jax.random.uniform(jax.random.fold_in(jax.random.key(3), jnp.uint32(0)))
    ),
    "matrix power": lambda s, P, w: jnp.linalg.matrix_power(
        jnp.diag(jnp.stack([jnp.max(s.excess(P, w)), 0 * w[0]])), 2
    )[0, 0],
    "triangular solver": lambda s, P, w: jax.scipy.linalg.solve_triangular(
        jnp.eye(2), jnp.stack([0 * w[0], jnp.max(s.excess(P, w))])
    )[1],
    "rel_entr": lambda s, P, w: jax.scipy.special.rel_entr(1.0 + jnp.max(s.excess(P, w)), 1.0),
    "xlogy": lambda s, P, w: jax.scipy.special.xlogy(1.0 + jnp.max(s.excess(P, w)), 1.0 + jnp.max(s.excess(P, w))),
    "logsumexp": lambda s, P, w: jax.nn.logsumexp(jnp.stack([jnp.max(s.excess(P, w)), -jnp.inf + 0 * w[0]])),
    "softmax": lambda s, P, w: jax.nn.softmax(jnp.stack([jnp.max(s.excess(P, w)), 0 * w[0]]))[0] - 0.5,
    "one-hot": lambda s, P, w: jax.nn.one_hot(jnp.max(s.flags(P, w).astype(int)), 2)[1],
    "one-hot out of range": lambda s, P, w: 1.0 - jnp.sum(jax.nn.one_hot(9 * jnp.max(s.flags(P, w).astype(int)), 2)),
    "one-hot, narrow": lambda s, P, w: jax.nn.one_hot(jnp.max(s.flags(P, w).astype("int8")), 2, dtype="int8")[1] * 1.0,
    "half precision": lambda s, P, w: jnp.max(s.excess(P, w)).astype("float16").astype(float),
    "brain floats": lambda s, P, w: jnp.max(s.excess(P, w).astype("bfloat16")).astype(float),
    "single precision": lambda s, P, w: jnp.sum(s.excess(P, w).astype("float32")).astype(float),
    "vectorised": lambda s, P, w: jnp.max(jnp.vectorize(lambda x: jnp.floor(x * 1.51))(s.excess(P, w))),
    "applied along an axis": lambda s, P, w: jnp.max(
        jnp.apply_along_axis(lambda r: jnp.floor(1.51 * r), 0, s.excess(P, w))
    ),
}


@jax.custom_jvp
def _ruled(x):
    return jnp.floor(x)


_ruled.defjvp(lambda primals, tangents: (primals[0] * 0, tangents[0] * 0))
several(UNKNOWN)


@cache
def _colliding() -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of which a hash of four bytes is the same."""
    seen: dict[bytes, int] = {}
    for n in range(1, 400_000):
        v = np.array([n / 2**20, 1.0])
        name = blake2b(v.tobytes() + str(v.shape).encode(), digest_size=4).digest()
        if name in seen and abs(seen[name] - n) > 2**12:
            return np.array([seen[name] / 2**20, 1.0]), v
        seen[name] = n
    raise AssertionError("no two collide")


ONE_BITS = np.array([1.0, 0.5]).view(np.int64)
HALVES = np.array([0.5, 1.0], np.float32)


def _with(a, b):
    """Two captured arrays that may be taken for one, times the signal."""
    return lambda s, P, w: (jnp.asarray(a)[0].astype(float) - jnp.asarray(b)[0].astype(float)) * jnp.max(s.excess(P, w))


CAPTURED = {
    "captured arrays of one short hash": lambda s, P, w: _with(*_colliding())(s, P, w) * 4,
    "captured arrays of the same bytes": lambda s, P, w: _with(ONE_BITS, np.array([1.0, 0.5]))(s, P, w) / 2.0**62,
    "captured array and its bits": lambda s, P, w: (
        jnp.minimum(jnp.max(s.excess(P, w)), 1)
        * jnp.where(jnp.asarray(ONE_BITS)[0] * 1.0 == jnp.asarray([1.0, 0.5])[0], 0.0, 1.0)
    ),
    "captured truth values and bytes": lambda s, P, w: (
        (
            (jnp.asarray([True, False])[0] + jnp.asarray([True, False])[0]).astype(float)
            - (jnp.asarray([1, 0], "uint8")[0] + jnp.asarray([1, 0], "uint8")[0]).astype(float)
        )
        * -jnp.max(s.excess(P, w))
    ),
    "captured bytes, signed and not": lambda s, P, w: (
        (jnp.asarray([200, 1], "uint8")[0].astype(float) - jnp.asarray([-56, 1], "int8")[0].astype(float))
        * jnp.max(s.excess(P, w))
    ),
    "captured large whole numbers": lambda s, P, w: (
        jnp.where(jnp.asarray([2**63, 1], "uint64")[0] > 0, 1.0, 0.0) * jnp.max(s.excess(P, w))
    ),
    "captured NaN": lambda s, P, w: jnp.where(jnp.asarray([np.nan, 1.0])[0] > 0, 0.0, 1.0) * jnp.max(s.excess(P, w)),
    "captured infinity": lambda s, P, w: (
        jnp.where(jnp.asarray([np.inf, 1.0])[0] > 9, 1.0, 0.0) * jnp.max(s.excess(P, w))
    ),
    "captured negative zero": lambda s, P, w: (
        jnp.where(1 / jnp.asarray([-0.0, -0.0]) < 0, 1.0, 0.0)[0] * jnp.max(s.excess(P, w))
    ),
    "captured all NaN": lambda s, P, w: jnp.isnan(jnp.asarray([np.nan, np.nan]))[0] * jnp.max(s.excess(P, w)),
    "captured single precision": lambda s, P, w: (jnp.asarray(HALVES)[1].astype(float)) * jnp.max(s.excess(P, w)),
    "captured matrix turned": lambda s, P, w: (
        jnp.max(s.excess(P, w))
        * (
            jnp.asarray(np.array([[1.0, 2.0], [3.0, 4.0]]).T)[0, 1]
            - jnp.asarray(np.array([[1.0, 2.0], [3.0, 4.0]]))[0, 1]
        )
    ),
    "captured whole numbers that wrap": lambda s, P, w: (
        (100.0 * 2 - jnp.sum(jnp.asarray([100, 100], "int8"), dtype="int8").astype(float)) * jnp.max(s.excess(P, w))
    ),
    "captured complex": lambda s, P, w: -jnp.real(jnp.asarray([1j, 1j])[0] ** 2) * jnp.max(s.excess(P, w)),
    "captured negative": lambda s, P, w: (
        jnp.abs(jnp.minimum(jnp.asarray([-1.0, 2.0]), 0.0)[0]) * jnp.max(s.excess(P, w))
    ),
    "captured and indexed": lambda s, P, w: jnp.asarray([0.0, 3.0])[jnp.max(s.flags(P, w).astype(int))],
}
several(CAPTURED)
