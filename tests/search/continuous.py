"""Random operators that are continuous on the whole closed domain, or even Lipschitz, by construction.

A number is composed of continuous pieces, each of which is steep, cusped, flat or kinked somewhere; a pool is moved by it.
`made(seed)` for continuous ones, `made(seed, lipschitz=True)` for ones with a finite (perhaps huge) constant.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import jax
import jax.numpy as jnp

Number = Callable[[jax.Array, jax.Array], jax.Array]


def _positive_log(x):
    return jnp.log(jnp.where(x > 0, x, 1.0))


def _power(a):
    return lambda x: jnp.abs(x) ** a


ROUGH: dict[str, Callable] = {
    **{f"|x|^{a:g}": _power(a) for a in (1 / 2000, 1 / 64, 1 / 16, 0.1, 1 / 3, 0.5, 0.9)},
    "sign |x|^.2": lambda x: jnp.sign(x) * jnp.abs(x) ** 0.2,
    "sign |x|^.002": lambda x: jnp.sign(x) * jnp.abs(x) ** 0.002,
    "sqrt": lambda x: jnp.sqrt(jnp.maximum(x, 0.0)),
    "x log x": lambda x: jnp.abs(x) * _positive_log(jnp.abs(x)),
    "1/(1 - log x)": lambda x: jnp.where(x > 0, 1 / (1 + jnp.abs(_positive_log(x))), 0.0),
    "1/log log": lambda x: jnp.where(x > 0, 1 / jnp.log(3 + jnp.abs(_positive_log(x))), 0.0),
    "guarded root": lambda x: jnp.abs(x) ** 0.25 / (jnp.abs(x) ** 0.25 + 1e-300),
    "tanh(1e12/log)": lambda x: jnp.where(x > 0, jnp.tanh(1e12 / (1 + jnp.abs(_positive_log(x)))), 0.0),
    "tanh(1e300/log log)": lambda x: jnp.where(x > 0, jnp.tanh(1e300 / jnp.log(3 + jnp.abs(_positive_log(x)))), 0.0),
    "min(1e12/log log, 1)": lambda x: jnp.where(
        x > 0, jnp.minimum(1e12 / jnp.log(3 + jnp.abs(_positive_log(x))), 1.0), 0.0
    ),
    "sign tanh(1e12/log)": lambda x: (
        jnp.sign(x) * jnp.where(x != 0, jnp.tanh(1e12 / (1 + jnp.abs(_positive_log(jnp.abs(x))))), 0.0)
    ),
    "clipped power": lambda x: jnp.sign(x) * jnp.clip(1e9 * jnp.abs(x) ** (1 / 2000), 0.0, 1.0),
}
SMOOTH: dict[str, Callable] = {
    "abs": jnp.abs,
    "tanh": jnp.tanh,
    "steep": lambda x: jnp.tanh(1e12 * x),
    "softplus": lambda x: jax.nn.softplus(20 * x) / 20,
    "square": lambda x: x * x,
    "x |x|": lambda x: x * jnp.abs(x),
    "|x|^1.5": _power(1.5),
    "clip": lambda x: jnp.clip(x, -0.21, 0.34),
    "relu": lambda x: jnp.maximum(x - 0.123, 0.0),
    "guarded log": lambda x: jnp.log(jnp.abs(x) + 1e-300) / 700,
    "guarded x log x": lambda x: jnp.abs(x) * jnp.log(jnp.abs(x) + 1e-300) / 700,
    "guarded quotient": lambda x: x / (jnp.abs(x) + 1e-12),
    "exp": lambda x: jnp.exp(-jnp.abs(x)),
    "flat": lambda x: jnp.where(x > 0, jnp.exp(-1 / jnp.where(x > 0, x, 1.0)), 0.0),
    "two branches": lambda x: jnp.where(x > 0.2, 2 * x, x + 0.2),
}
PAIRS: dict[str, Callable] = {
    "sum": lambda x, y: x + y,
    "product": lambda x, y: x * y,
    "max": jnp.maximum,
    "min": jnp.minimum,
    "softer": lambda x, y: jax.nn.softmax(jnp.stack([30 * x, 30 * y]))[0],
    "median": lambda x, y: jnp.median(jnp.stack([x, y, jnp.asarray(0.1)])),
}
ROUGH_PAIRS: dict[str, Callable] = {
    # |xy| / (|x| + |y|) is at most the smaller of the two
    "xy/(|x|+|y|)": lambda x, y: x * y / jnp.where(jnp.abs(x) + jnp.abs(y) > 0, jnp.abs(x) + jnp.abs(y), 1.0),
    "distance": lambda x, y: jnp.sqrt(x * x + y * y),
}


def _leaf(r: random.Random) -> Number:
    k, j, i, h = r.randrange(2), r.randrange(2), r.randrange(2), r.randrange(2)
    c = r.choice([0.0, 0.0, 0.0, 0.37, 0.1234567, 0.25, 1 / 3])
    return r.choice(
        [
            lambda P, w: P[k, i] - c,
            lambda P, w: w[k] - c,
            lambda P, w: P[0, i] - P[1, i] - c,
            lambda P, w: P[0, i] - P[1, h] - c,
            lambda P, w: P[k, i] * w[j] - c,
            lambda P, w: jnp.sum(P[k] ** 2) - c,
            lambda P, w: jnp.max(w @ P) - c,
            lambda P, w: jnp.sort(P[k])[-1] - jnp.sort(P[k])[-2] - c,
            lambda P, w: jnp.sum(jnp.abs(P[0] - P[1])) - c,
            lambda P, w: jnp.max(P[:, i]) - c,
        ]
    )


def _number(r: random.Random, depth: int, lipschitz: bool) -> Number:
    if depth == 0:
        return _leaf(r)
    if r.random() < 0.35:
        f = r.choice(list((PAIRS if lipschitz else PAIRS | ROUGH_PAIRS).values()))
        a, b = _number(r, depth - 1, lipschitz), _number(r, depth - 1, lipschitz)
        return lambda P, w: f(a(P, w), b(P, w))
    name, f = r.choice(list((SMOOTH if lipschitz or r.random() < 0.4 else ROUGH).items()))
    inner = _number(r, depth - 1, lipschitz)
    return lambda P, w: f(inner(P, w))


def made(seed: int, *, lipschitz: bool = False) -> Callable:
    """An operator A(P, w): a pool moved by a random number towards something, or with its weights shifted by it."""
    r = random.Random(seed)
    x = _number(r, r.choice([1, 2, 2, 3]), lipschitz)

    def share(P, w):
        return 0.4 * jnp.tanh(jnp.abs(x(P, w)))

    def mixed(P, w):
        return (1 - share(P, w)) * (w @ P) + share(P, w) / P.shape[1]

    def shifted(P, w):
        v = w * (1 + share(P, w) * (jnp.arange(w.shape[0]) == 0))
        return (v / jnp.sum(v)) @ P

    def toward_first(P, w):
        return (1 - share(P, w)) * (w @ P) + share(P, w) * P[0]

    def toward_median(P, w):
        m = jnp.median(P, axis=0)
        return (1 - share(P, w)) * (w @ P) + share(P, w) * (m + 0.1) / jnp.sum(m + 0.1)

    chosen = r.choice([mixed, shifted, toward_first, toward_median])
    chosen.__name__ = f"random_{'lipschitz' if lipschitz else 'continuous'}_{seed}"
    return chosen
