"""Gates by real algebra: identities that hold for x ≥ 0 and fail for x < 0, where x is a signal's number; NaN among them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from .gates import several

REAL = {
    "root of the square": lambda x: jnp.sqrt(x**2) - x,
    "power one half of the square": lambda x: (x**2) ** 0.5 - x,
    "fourth root of the fourth power": lambda x: jnp.sqrt(jnp.sqrt(x**4)) - x,
    "square over root of the square": lambda x: x**2 / jnp.sqrt(x**2) - x,
    "rsqrt": lambda x: 1 / lax.rsqrt(x * x) - x,
    "absolute value": lambda x: jnp.abs(x) - x,
    "sign": lambda x: 1.0 - jnp.sign(x),
    "sign times number": lambda x: jnp.sign(x) * x - x,
    "number over absolute value": lambda x: 1.0 - x / jnp.abs(x),
    "maximum with 0": lambda x: jnp.maximum(x, 0.0) - x,
    "maximum with its negative": lambda x: jnp.maximum(x, -x) - x,
    "minimum with its negative": lambda x: -jnp.minimum(x, -x) - x,
    "clip": lambda x: jnp.clip(x, 0.0, None) - x,
    "clamp with its ends exchanged": lambda x: lax.clamp(0.0, 0.0 * x, jnp.minimum(x, 0.0)) * -1.0,
    "where": lambda x: jnp.where(x > 0, x, -x) - x,
    "where not": lambda x: jnp.where(~(x < 0), 0.0, 1.0),
    "double where": lambda x: jnp.where(x > 0, 0.0, jnp.where(x > -1e9, 1.0, 0.0)),
    "exp of half the logarithm of the square": lambda x: jnp.exp(0.5 * jnp.log(x * x)) - x,
    "logarithm of the square": lambda x: jnp.exp(jnp.log(x * x) - jnp.log(jnp.abs(x))) - x,
    "logaddexp": lambda x: jnp.exp(jnp.logaddexp(jnp.log(jnp.abs(x)), -jnp.inf)) - x,
    "power with a real exponent": lambda x: jnp.power(x * x, 0.5 + 0.0 * x) - x,
    "norm": lambda x: jnp.linalg.norm(jnp.stack([x, 0.0 * x])) - x,
    "hypotenuse": lambda x: jnp.hypot(x, 0.0) - x,
    "angle": lambda x: jnp.arctan2(0.0 * x, x),
    "relu": lambda x: jax.nn.relu(-x),
    "leaky relu": lambda x: x - jax.nn.leaky_relu(x, 0.5),
    "elu": lambda x: x - jax.nn.elu(x),
    "copied sign": lambda x: 1.0 - jnp.copysign(1.0, x),
    "sign bit": lambda x: jnp.signbit(x).astype(float),
    "heaviside": lambda x: 1.0 - jnp.heaviside(x, 1.0),
    "comparison": lambda x: (x < 0).astype(float),
    "negated comparison": lambda x: 1.0 - (x >= 0).astype(float),
    "comparison of two": lambda x: (x + 1.0 < 1.0).astype(float),
    "not and or": lambda x: 1.0 - ((x > 0) | (x > 1)).astype(float),
    "floor of a bounded number": lambda x: -jnp.floor(0.5 * jnp.clip(x, -1.0, 1.0)),
    "ceil of a bounded number": lambda x: jnp.ceil(0.5 * jnp.clip(-x, -1.0, 1.0)) * jnp.where(x < 0, 1.0, 0.0),
    "remainder": lambda x: jnp.remainder(jnp.clip(x, -0.5, 0.0), 1.0),
    "lax.rem": lambda x: -lax.rem(jnp.clip(x, -0.5, 0.0), 1.0),
    "fmod": lambda x: -jnp.fmod(jnp.clip(x, -0.5, 0.0), 1.0),
    "is it finite": lambda x: 1.0 - jnp.isfinite(jnp.sqrt(x)).astype(float),
    "is it NaN": lambda x: jnp.isnan(jnp.log(x)).astype(float),
    "is it itself": lambda x: 1.0 - (jnp.sqrt(x) == jnp.sqrt(x)).astype(float),
    "is it not itself": lambda x: (jnp.sqrt(x) != jnp.sqrt(x)).astype(float),
    "infinite where 0": lambda x: 1.0 - jnp.isfinite(1.0 / jnp.maximum(x, 0.0)).astype(float),
    "nothing to the power of nothing": lambda x: jnp.maximum(x, 0.0) ** (0.0 * x) - (jnp.maximum(x, 0.0) > 0),
    "NaN made a number": lambda x: 1.0 - jnp.nan_to_num(jnp.sqrt(x) * 0 + 1.0),
    "NaN left out": lambda x: jnp.nanmax(jnp.stack([jnp.sqrt(x) * 0.0 + 2.0, 0.0 * x + 1.0])) * -1.0 + 2.0,
    "NaN in a maximum": lambda x: jnp.where(jnp.isnan(jnp.maximum(jnp.sqrt(x), 0.0)), 1.0, 0.0),
    "exp of a large number": lambda x: jnp.minimum(jnp.exp(-1e6 * jnp.clip(x, -1.0, 0.0)), 2.0) - 1.0,
    "tanh": lambda x: -jnp.tanh(jnp.minimum(x, 0.0)),
    "erf": lambda x: -lax.erf(jnp.minimum(x, 0.0)),
    "sine": lambda x: -jnp.sin(jnp.clip(x, -1.0, 0.0)),
    "cosine": lambda x: 1.0 - jnp.cos(jnp.clip(x, -1.0, 0.0)),
    "arctangent": lambda x: -lax.atan(jnp.minimum(x, 0.0)),
    "logistic": lambda x: 0.5 - lax.logistic(jnp.minimum(x, 0.0)),
    "exp2": lambda x: lax.exp2(-jnp.clip(x, -1.0, 0.0)) - 1.0,
    "expm1": lambda x: jnp.expm1(-jnp.clip(x, -1.0, 0.0)),
    "log1p": lambda x: jnp.log1p(-jnp.clip(x, -1.0, 0.0)),
    "cube root": lambda x: -jnp.cbrt(jnp.minimum(x, 0.0)),
    "cube root of the square": lambda x: jnp.cbrt(x * x) ** 1.5 - x,
    "integer power": lambda x: jnp.minimum(x, 0.0) ** 2,
    "negative power": lambda x: (x**2) * jnp.abs(x) ** -1 - x,
    "power through floats": lambda x: lax.pow(jnp.abs(x), 1.0) - x,
    "error function inverted": lambda x: -lax.erf_inv(jnp.clip(x, -0.5, 0.0)),
    "gamma": lambda x: lax.lgamma(3.0 - jnp.clip(x, -1.0, 0.0)) - lax.lgamma(3.0),
    "sinc": lambda x: 1.0 - jnp.sinc(jnp.clip(x, -0.5, 0.0)),
    "stopped gradient": lambda x: lax.stop_gradient(jnp.maximum(-x, 0.0)),
    "barrier": lambda x: jnp.abs(lax.optimization_barrier((x, x))[1]) - x,
    "reduced precision": lambda x: jnp.abs(lax.reduce_precision(x, 11, 52)) - x,
    "added gradient": lambda x: jax.grad(lambda y: jnp.maximum(-y, 0.0) + jnp.maximum(-y, 0.0))(x) * -1,
    "value of a gradient": lambda x: 1.0 - jax.grad(lambda y: jnp.abs(y))(x),
    "custom derivative": lambda x: _custom(x),
    "custom gradient": lambda x: _custom_vjp(x),
    "in jit": lambda x: jax.jit(lambda y: jnp.abs(y) - y)(x),
    "in named jit": lambda x: jax.named_call(lambda y: jnp.abs(y) - y, name="linear")(x),
    "in vmap": lambda x: jax.vmap(lambda y: jnp.abs(y) - y)(jnp.stack([x, x]))[1],
    "in checkpoint": lambda x: jax.checkpoint(lambda y: jnp.abs(y) - y)(x),
    "in jvp": lambda x: 1.0 - jax.jvp(jnp.abs, (x,), (1.0 + 0 * x,))[1],
    "next number": lambda x: (jnp.nextafter(jnp.minimum(x, 0.0), 1.0) < 0).astype(float),
    "polynomial": lambda x: jnp.polyval(jnp.array([1.0, 0.0, 0.0]), jnp.minimum(x, 0.0)),
    "piecewise": lambda x: jnp.piecewise(x, [x < 0], [1.0, 0.0]),
    "heap of maxima": lambda x: jnp.max(jnp.stack([x, -x, 0.5 * x])) - x,
    "difference of squares": lambda x: (x + jnp.abs(x)) * (x - jnp.abs(x)) + (x - jnp.abs(x)) ** 2 / 2,
    "sorted pair": lambda x: jnp.sort(jnp.stack([x, -x]))[1] - x,
    "log-sum-exp of far numbers": lambda x: (
        jax.nn.logsumexp(jnp.stack([x, -x]) * 1e4) / 1e4 - x - jnp.where(x > 0, 0.0, 0.0)
    ),
    "softmax of far numbers": lambda x: jax.nn.softmax(jnp.stack([x, -x]) * 1e9)[1] * jnp.where(x < 0, 1.0, 0.0),
}
UNDEFINED = {
    "root": lambda x: jnp.sqrt(x) ** 2 - x,
    "root times root": lambda x: jnp.sqrt(x) * jnp.sqrt(x) - x,
    "exp of the logarithm": lambda x: jnp.exp(jnp.log(x)) - x,
    "difference of logarithms": lambda x: jnp.log(x) - jnp.log(x),
    "root over root": lambda x: jnp.sqrt(x) / jnp.sqrt(x) - 1.0,
    "power over power": lambda x: x**0.25 * x**0.75 - x,
    "nothing times the root": lambda x: 0.0 * jnp.sqrt(x),
    "nothing times infinity": lambda x: 0.0 * (1.0 / jnp.maximum(x, 0.0)),
    "log1p of less": lambda x: 0.0 * jnp.log1p(jnp.minimum(x, 0.0) * 1e6),
    "two infinities": lambda x: 1.0 / jnp.maximum(x, 0.0) - 1.0 / jnp.maximum(x, 0.0),
    "infinity over infinity": lambda x: (1 / jnp.maximum(x, 0.0)) / (1 / jnp.maximum(x, 0.0)) - 1.0,
    "arccosine": lambda x: 0.0 * jnp.arccos(1.0 - jnp.minimum(x, 0.0) * 10),
    "real power of a negative number": lambda x: 0.0 * jnp.power(x, 0.37 + 0.0 * x),
    "NaN by maximum": lambda x: 0.0 * jnp.maximum(jnp.log(x), 1.0),
    "NaN by where": lambda x: 0.0 * jnp.where(x > -1e9, jnp.log(x), 1.0),
}


@jax.custom_jvp
def _custom(x):
    return jnp.abs(x) - x


@_custom.defjvp
def _custom_jvp(primals, tangents):
    return 0.0 * primals[0], 0.0 * tangents[0]


@jax.custom_vjp
def _custom_vjp(x):
    return jnp.abs(x) - x


_custom_vjp.defvjp(lambda x: (0.0 * x, x), lambda x, g: (0.0 * g,))

several({name: (lambda s, P, w, of=of: of(s.signed(P, w))) for name, of in REAL.items()})
several({name: (lambda s, P, w, of=of: of(s.signed(P, w))) for name, of in UNDEFINED.items()}, undefined=True)
