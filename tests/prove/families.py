"""Random members of the family that each theorem is on, and operators that miss one of its hypotheses.

`MEMBERS` maps a theorem's name to functions from a random generator to an operator; `MISSES` to operators in whose formula
one hypothesis fails. Asserts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlogy

Rng = np.random.Generator


def number(rng: Rng, low: float, high: float) -> float:
    """A short decimal: a literal means its shortest decimal, so nothing hangs on rounding."""
    return round(float(rng.uniform(low, high)), 2)


def part(rng: Rng) -> float:
    """A part of 1 in eighths: `1 - s` is then exact in floats too."""
    return int(rng.integers(1, 8)) / 8


def pick(rng: Rng, *choices):
    return choices[rng.integers(len(choices))]


# --- parts --------------------------------------------------------------------------------------------------------------


def entropy(P):
    return -jnp.sum(xlogy(P, P), axis=1)


def normalised(f):
    return f / jnp.sum(f)


def spread(P):
    return jnp.max(P, axis=1) - jnp.min(P, axis=1)


def hot(i, C):
    return jnp.where(jnp.arange(C) == i, 1.0, 0.0)


def votes(P, w):
    return jnp.sum(w[:, None] * (jnp.argmax(P, axis=1)[:, None] == jnp.arange(P.shape[1])), axis=0)


def geometric(P, w):
    return jnp.exp(w @ jnp.log(P))


def power_mean(P, w, a):
    return (w @ P**a) ** (1 / a)


def feature(rng: Rng) -> Callable:
    """A number for each teacher, 0 or more."""
    return pick(
        rng,
        lambda P: jnp.max(P, axis=1),
        lambda P: jnp.sum(P**2, axis=1),
        lambda P: jnp.sqrt(jnp.sum(P**2, axis=1)),
        spread,
    )


def strength(rng: Rng) -> Callable:
    """A positive number for each teacher: layers of features, each kept positive."""
    f, g, a, b = feature(rng), feature(rng), number(rng, -3, 3), number(rng, 0.1, 2)
    return pick(
        rng,
        lambda P: jnp.exp(a * f(P)),
        lambda P: b + f(P) * g(P),
        lambda P: (b + f(P)) ** 2 / (1 + g(P)),
        lambda P: jnp.exp(a * jnp.tanh(f(P) - b * g(P))),
        lambda P: jax.nn.sigmoid(a * f(P) - b),
        lambda P: jnp.exp(-b * entropy(P)),
    )


def product_strength(rng: Rng) -> Callable:
    """As strength, and no sum: the prover multiplies sums out, and finds a share or a score in products only."""
    f, a, b = feature(rng), number(rng, -3, 3), number(rng, 0.1, 2)
    return pick(
        rng,
        lambda P: jnp.exp(a * f(P)),
        lambda P: jnp.max(P, axis=1) ** b,
        lambda P: jnp.exp(-b * entropy(P)) * jnp.sqrt(jnp.sum(P**2, axis=1)),
    )


def smooth_strength(rng: Rng) -> Callable:
    """As strength, without entropies: Lipschitz on the faces too."""
    f, a, b = feature(rng), number(rng, -3, 3), number(rng, 0.1, 2)
    return pick(rng, lambda P: jnp.exp(a * f(P)), lambda P: b + f(P), lambda P: (b + f(P)) ** 2)


def exponent(rng: Rng) -> float:
    return pick(rng, 1, 2, 3, 0.5, 1.5)


def shares(rng: Rng) -> Callable:
    c, a = strength(rng), exponent(rng)
    return lambda P, w: normalised(w**a * c(P))


# --- members ------------------------------------------------------------------------------------------------------------


def averages(rng: Rng):
    v, c, d = shares(rng), strength(rng), strength(rng)
    return pick(
        rng,
        lambda P, w: v(P, w) @ P,
        lambda P, w: jax.nn.softmax(c(P) * w) @ P,
        lambda P, w: normalised(w * c(P) + w**2 * d(P)) @ P,
        lambda P, w: jnp.where(c(P)[0] > d(P)[0], v(P, w) @ P, w @ P),
    )


def sum_to_one(rng: Rng):
    a, b, c, s = number(rng, 0.1, 2), number(rng, 0.1, 3), strength(rng), part(rng)
    return pick(
        rng,
        lambda P, w: normalised((w @ P) ** b + a * jnp.max(P, axis=0)),
        lambda P, w: normalised((w * c(P)) @ P**b + a * geometric(P, w)),
        lambda P, w: jax.nn.softmax(b * (w @ P)),
        lambda P, w: s * (w @ P) + (1 - s) * normalised(jnp.max(P, axis=0)),
    )


def one_hot(rng: Rng):
    b, c = number(rng, 0.5, 3), strength(rng)
    return lambda P, w: hot(jnp.argmax((w * c(P)) @ P**b), P.shape[1])


def agreement(rng: Rng):
    s, a, b = part(rng), pick(rng, -1, 2, 4), pick(rng, 0.5, -2)
    return pick(
        rng,
        lambda P, w: normalised(power_mean(P, w, a) ** s * power_mean(P, w, b) ** (1 - s)),
        lambda P, w: normalised(power_mean(P, w, a) ** s * geometric(P, w) ** (1 - s)),
        lambda P, w: normalised(s * power_mean(P, w, a) + (1 - s) * geometric(P, w)),
        lambda P, w: normalised(s * jnp.max(P, axis=0) + (1 - s) * jnp.min(P, axis=0)),
    )


def signs(rng: Rng):
    c, s, b = strength(rng), sum_to_one(rng), number(rng, 0.1, 2)
    return pick(
        rng,
        s,
        lambda P, w: jax.nn.relu((w * c(P)) @ P - b),
        lambda P, w: jnp.abs(w @ P - b),
        lambda P, w: jnp.exp(s(P, w)),
    )


def common_signs(rng: Rng):
    b, c, a = number(rng, 0.1, 2), strength(rng), exponent(rng)
    return pick(
        rng,
        lambda P, w: normalised((w @ P) ** b * geometric(P, w)),
        lambda P, w: normalised((w**a * c(P)) @ P),
        lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
    )


def any_signs(rng: Rng):
    b, c, a = number(rng, 0.2, 2), strength(rng), exponent(rng)
    return pick(
        rng,
        lambda P, w: normalised((w**a * c(P)) @ P**b),
        lambda P, w: normalised(jnp.max(w[:, None] ** a * P, axis=0) + b * (w @ P)),
        lambda P, w: normalised(jnp.max(P, axis=0) ** b),
    )


def vanishing(rng: Rng):
    a = exponent(rng)
    return pick(
        rng,
        lambda P, w: normalised(w**a * spread(P)) @ P,
        lambda P, w: normalised(w * (1 - entropy(P) / jnp.log(P.shape[1]))) @ P,
        lambda P, w: P[jnp.argmax(w**a * jnp.max(P, axis=1))],
    )


def continuity(rng: Rng):
    a, c = number(rng, -2, 2), strength(rng)
    return pick(
        rng,
        lambda P, w: jax.nn.softmax(c(P) + a * w) @ P,
        lambda P, w: normalised(geometric(P, w) + jnp.sort(P, axis=0)[0] ** a),
        lambda P, w: jnp.sqrt(w @ P) * jnp.sum(jnp.log(w * c(P))),
    )


def faces(rng: Rng):
    c, b = strength(rng), number(rng, 0.2, 3)
    return pick(
        rng,
        lambda P, w: normalised(w * c(P)) @ P,
        lambda P, w: jnp.sum(xlogy(P, P), axis=0) * (w @ P**b),
        lambda P, w: normalised((w @ jnp.sqrt(P)) ** 2),
    )


def slopes(rng: Rng):
    c, b = smooth_strength(rng), number(rng, 1, 3)
    return pick(
        rng,
        lambda P, w: normalised(w * c(P)) @ P,
        lambda P, w: (w**b * c(P)) @ P**b,
        lambda P, w: normalised(jnp.max(w[:, None] * P, axis=0)),
    )


def no_say(rng: Rng):
    c, s = strength(rng), sum_to_one(rng)
    return pick(rng, lambda P, w: normalised(c(P)) @ P, lambda P, w: s(P, jnp.ones_like(w) / w.shape[0]))


def pooled_by_shares(rng: Rng):
    v = shares(rng)
    return lambda P, w: v(P, w) @ P


def affine_shares(rng: Rng):
    a, s, c = exponent(rng), part(rng), product_strength(rng)

    def pool(P, w):
        return normalised(w**a * c(P)) @ P

    return pick(
        rng,
        lambda P, w: s * pool(P, w) + (1 - s) / P.shape[1],
        lambda P, w: jnp.max(P) * pool(P, w) + (1 - jnp.max(P)) / P.shape[1],
        lambda P, w: s * pool(P, w) + (1 - s) * hot(jnp.argmax(jnp.max(P, axis=0)), P.shape[1]),
    )


def choice(rng: Rng):
    a, c = exponent(rng), product_strength(rng)
    return pick(rng, lambda P, w: P[jnp.argmax(w**a * c(P))], lambda P, w: P[jnp.argmax(w**a)])


def pull_lemma(rng: Rng):
    a = pick(rng, -2, -1, -0.5, 0.5, 2, 4, 0.25)
    return pick(
        rng,
        lambda P, w: normalised(power_mean(P, w, a)),
        lambda P, w: jax.nn.softmax(jnp.log(w @ P**a) / a),
        lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
        lambda P, w: normalised(jnp.prod(P ** w[:, None], axis=0)),
        lambda P, w: normalised(jnp.max(w[:, None] * P, axis=0)),
    )


def winner(rng: Rng):
    return pick(
        rng,
        lambda P, w: hot(jnp.argmax(w @ P), P.shape[1]),
        lambda P, w: hot(jnp.argmax(jnp.sum(w[:, None] * P, axis=0)), P.shape[1]),
        lambda P, w: hot(jnp.argmax(votes(P, w)), P.shape[1]),
    )


def uniform_limit(rng: Rng):
    a = averages(rng)
    return pick(
        rng,
        lambda P, w: normalised(geometric(P, w) + jnp.max(P, axis=0)),
        pull_lemma(rng),
        pooled_by_shares(rng),
        lambda P, w: jax.nn.softmax(w @ P),
        a if rng.integers(2) else pull_lemma(rng),
    )


def squeeze(rng: Rng):
    a = pick(rng, 1, 2)
    return pick(
        rng,
        lambda P, w: normalised(w**a * spread(P)) @ P,
        lambda P, w: normalised(w * (1 - entropy(P) / jnp.log(P.shape[1]))) @ P,
    )


def fixed_weights(rng: Rng):
    a, s, x = exponent(rng), part(rng), number(rng, -5, 5)
    return pick(
        rng,
        lambda P, w: normalised(w**a) @ P,
        lambda P, w: s * (jax.nn.softmax(x * w) @ P) + (1 - s) / P.shape[1],
        lambda P, w: s * P[jnp.argmax(w)] + (1 - s) * jnp.mean(P, axis=0),
    )


def order(rng: Rng):
    a, s = exponent(rng), part(rng)
    return pick(
        rng,
        lambda P, w: s * votes(P, normalised(w**a)) + (1 - s) / P.shape[1],
        lambda P, w: normalised(w**a @ jnp.sum(P[:, :, None] >= P[:, None, :], axis=2)),
        lambda P, w: hot(jnp.argmax(votes(P, w**a)), P.shape[1]),
    )


def order_one_hot(rng: Rng):
    a = exponent(rng)
    return pick(
        rng,
        lambda P, w: hot(jnp.argmax(votes(P, w**a)), P.shape[1]),
        lambda P, w: hot(jnp.argmax(P[jnp.argmax(w)]), P.shape[1]),
        lambda P, w: hot(jnp.argmax(w**a @ jnp.sum(P[:, :, None] >= P[:, None, :], axis=2)), P.shape[1]),
    )


def commuting(rng: Rng):
    a, x = exponent(rng), number(rng, 0.2, 3)
    return pick(
        rng,
        lambda P, w: jax.nn.softmax(x * (w**a @ jnp.log(P))),
        lambda P, w: normalised(jnp.prod(P ** normalised(w**a)[:, None], axis=0)),
        lambda P, w: jax.nn.softmax(jnp.mean(jnp.log(P), axis=0) * x),
        lambda P, w: P[jnp.argmax(w**a)],
    )


def pool_then_soften(rng: Rng):
    v, s = shares(rng), part(rng)
    return pick(
        rng,
        lambda P, w, T: jax.nn.softmax(jnp.log(v(P, w) @ P) / T),
        lambda P, w, T=1.0: normalised((s * (w @ P) + (1 - s) * jnp.mean(P, axis=0)) ** (1 / T)),
        lambda P, w, T=1.0: jax.nn.softmax((w @ jnp.log(P)) / T),
    )


def spoken_linear(rng: Rng):
    """The linear pool as people write it."""
    return pick(
        rng,
        lambda P, w: w @ P,
        lambda P, w: jnp.sum(w[:, None] * P, axis=0) / jnp.sum(w),
        lambda P, w: normalised(jnp.einsum("k,ki->i", w, P)),
        lambda P, w: jnp.dot(w, P) + 0.1 * (jnp.sum(w[:, None] * P, axis=0) - w @ P),
    )


def affine(rng: Rng):
    """With a > 0 that looks at P, and a part that does not look at w."""
    s, c = part(rng), strength(rng)
    return pick(
        rng,
        lambda P, w: s * (w @ P) + (1 - s) * jnp.mean(P, axis=0),
        lambda P, w: s * (w @ P) + (1 - s) * jax.nn.softmax(jnp.mean(jnp.log(P), axis=0)),
        lambda P, w: s * (w @ P) + (1 - s) * normalised(jnp.max(P, axis=0)),
        lambda P, w: (w @ P) * jnp.max(P) + (1 - jnp.max(P)) * (normalised(c(P)) @ P),
        lambda P, w: s * (w @ P) + (1 - s) / P.shape[1],
    )


def affine_weak(rng: Rng):
    s = part(rng)
    return pick(
        rng,
        lambda P, w: (w @ P) * jax.nn.relu(jnp.max(P) - s) + jnp.min(P, axis=0),
        lambda P, w: (w @ P) * jnp.where(P[0, 0] > s, 1.0, 0.0),
    )


def one_row(rng: Rng):
    c, a, x = strength(rng), exponent(rng), number(rng, -5, 5)
    return pick(
        rng,
        lambda P, w: normalised(w**a * c(P)) @ P,
        lambda P, w: jax.nn.softmax(x * w) @ P,
        lambda P, w: P[jnp.argmax(w)],
        lambda P, w: normalised((w @ jnp.sqrt(P)) ** 2),
        lambda P, w: normalised(jnp.max(w[:, None] * P, axis=0)),
        lambda P, w: normalised(quantile(P, w**a, x / 12 + 0.5)),
        lambda P, w: jnp.diff(quantile(jnp.cumsum(P, axis=1), w, 0.5), prepend=0),
    )


def quantile(x, w, level):
    """The least entry of each column at or below which there is so much of the weight; the largest where there is not."""
    below = jnp.sum(w[:, None, None] * (x[:, None] <= x[None]), axis=0)
    return jnp.min(jnp.where(below >= level, x, jnp.max(x, axis=0)), axis=0)


def one_row_hot(rng: Rng):
    return pick(rng, one_row(rng), continuity(rng), lambda P, w: jax.nn.softmax(w @ jnp.log(P)))


def small_shares(rng: Rng):
    s = part(rng)
    return pick(
        rng,
        lambda P, w: w @ P,
        lambda P, w: s * (w @ P) + (1 - s) / P.shape[1],
        lambda P, w: (w * jnp.max(w)) @ P + (1 - jnp.sum(w) * jnp.max(w)) / P.shape[1],
    )


def positive_shares(rng: Rng):
    c, a, x = strength(rng), exponent(rng), number(rng, -5, 5)
    return pick(
        rng,
        lambda P, w: normalised(w**a * c(P)) @ P,
        lambda P, w: jax.nn.softmax(x * w * jnp.max(P, axis=1)) @ P,
        lambda P, w: jnp.where(jnp.max(P) > 0.7, w @ P, jnp.mean(P, axis=0)),
    )


def toward_uniform(rng: Rng):
    s = part(rng)
    return pick(
        rng,
        lambda P, w: s * (w @ P) + (1 - s) / P.shape[1],
        lambda P, w: jnp.max(P) * (w @ P) + (1 - jnp.max(P)) / P.shape[1],
        lambda P, w: jnp.sum(w**2) * (w @ P) + (1 - jnp.sum(w**2)) / P.shape[1],
    )


def label_wise(rng: Rng):
    a, x = exponent(rng), number(rng, -5, 5)
    return pick(
        rng,
        lambda P, w: normalised(w**a) @ P,
        lambda P, w: jax.nn.softmax(x * w) @ P,
        lambda P, w: P[jnp.argmax(w)],
        lambda P, w: jnp.mean(P, axis=0),
    )


def kept_signs(rng: Rng):
    c, b, s = strength(rng), number(rng, 0.2, 2), sum_to_one(rng)
    return pick(
        rng,
        s,
        lambda P, w: jnp.min(P, axis=0),
        lambda P, w: normalised(jnp.prod(P, axis=0) ** b),
        lambda P, w: (c(P) + w) @ P,
        lambda P, w: jax.nn.softmax(jnp.mean(jnp.log(P), axis=0) + w @ P),
    )


def kept_averages(rng: Rng):
    c, s = strength(rng), shares(rng)
    return pick(
        rng,
        lambda P, w: s(P, w) @ P,
        lambda P, w: P[jnp.argmax(c(P) + w)],
        lambda P, w: jnp.where(jnp.max(P) > 0.7, P[jnp.argmax(w)], s(P, w) @ P),
        lambda P, w: normalised((1 - entropy(P) / jnp.log(P.shape[1])) * w) @ P,
    )


def class_wise(rng: Rng):
    c, b, m = strength(rng), number(rng, 0.2, 3), pull_lemma(rng)
    return pick(
        rng,
        m,
        lambda P, w: normalised((w * c(P)) @ P**b),
        lambda P, w: normalised(jnp.sort(P, axis=0)[0] + b * jnp.max(w[:, None] * P, axis=0)),
        lambda P, w: jax.nn.softmax(b * jnp.tanh(w @ P) / jnp.max(P)),
        lambda P, w: w @ jnp.sum(P[:, :, None] >= P[:, None, :], axis=2),
        lambda P, w: b / (jnp.max(c(P)) + w @ (1 / P)),
    )


def order_0_to_1(rng: Rng):
    s, a, b = part(rng), pick(rng, 0.5, 0.25), pick(rng, 0.5, 0.125)
    return pick(
        rng,
        lambda P, w: normalised(power_mean(P, w, a)),
        lambda P, w: s * (w @ P) + (1 - s) * jax.nn.softmax(w @ jnp.log(P)),
        lambda P, w: s * normalised(power_mean(P, w, a)) + (1 - s) * normalised(power_mean(P, w, b)),
        lambda P, w: jnp.max(P) * (w @ P) + (1 - jnp.max(P)) * normalised(geometric(P, w)),
    )


def updating(rng: Rng):
    a, s = exponent(rng), part(rng)
    return pick(
        rng,
        lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
        lambda P, w: normalised(jnp.prod(P ** normalised(w**a)[:, None], axis=0)),
        lambda P, w: jax.nn.softmax(jnp.mean(jnp.log(P), axis=0)),
        lambda P, w: jax.nn.softmax((2 * w - 1 / w.shape[0]) @ jnp.log(P)),
        lambda P, w: jax.nn.softmax(s * (w @ jnp.log(P)) + (1 - s) * jnp.mean(jnp.log(P), axis=0)),
    )


def large_means(rng: Rng):
    a = pick(rng, 2, 4, 1.25)
    return pick(
        rng,
        lambda P, w: normalised(power_mean(P, w, a)),
        lambda P, w: normalised(jnp.max(P, axis=0)),
        lambda P, w: normalised(jnp.max(w[:, None] * P, axis=0)),
    )


def large_means_below(rng: Rng):
    a = pick(rng, 2, 4, 1.25)
    return pick(rng, lambda P, w: normalised(power_mean(P, w, a)), lambda P, w: normalised(jnp.max(P, axis=0)))


def discounted(rng: Rng):
    return pick(
        rng,
        lambda P, w: normalised(jnp.prod(1 - w[:, None] + w[:, None] * P, axis=0)),
        lambda P, w: normalised(jnp.exp(jnp.sum(jnp.log(1 - w[:, None] * (1 - P)), axis=0))),
    )


def flowing(rng: Rng):
    a, b = exponent(rng), number(rng, 0.2, 3)
    return pick(
        rng,
        lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
        lambda P, w: normalised(1 / (w @ (1 / P))),
        lambda P, w: jax.nn.softmax(b * jnp.mean(jnp.log(P), axis=0)),
        lambda P, w: normalised(jnp.prod(P ** w[:, None], axis=0)),
        lambda P, w: normalised(jax.nn.sigmoid(w**a @ jnp.log(P))),
    )


def at_T(P, T):
    """Each row softened: T is one temperature, or one for each."""
    return normalised_rows(P ** (1 / jnp.broadcast_to(T, P.shape[:1])[:, None]))


def normalised_rows(P):
    return P / P.sum(axis=1, keepdims=True)


def rows_softened(rng: Rng):
    """One temperature, or one a teacher; written on the rows, or where logarithms make it short."""
    a, c = exponent(rng), strength(rng)
    return pick(
        rng,
        lambda P, w, T: w @ at_T(P, T),
        lambda P, w, Ts: w @ at_T(P, Ts),
        lambda P, w, Ts: jax.nn.softmax(jnp.log(P) / Ts[:, None], axis=1).T @ w,
        lambda P, w, Ts: jax.nn.softmax(w @ (jnp.log(P) / Ts[:, None])),
        lambda P, w, T: jax.nn.softmax((w @ jnp.log(P)) / T),
        lambda P, w, Ts: normalised(jnp.prod(P ** (w / Ts)[:, None], axis=0)),
        lambda P, w, Ts: normalised(w**a) @ at_T(P, Ts),
        lambda P, w, T: normalised(w * c(at_T(P, T))) @ at_T(P, T),
    )


def by_argmax(rng: Rng):
    a, s = exponent(rng), part(rng)
    return pick(
        rng,
        lambda P, w: s * votes(P, normalised(w**a)) + (1 - s) / P.shape[1],
        lambda P, w: hot(jnp.argmax(votes(P, w**a)), P.shape[1]),
        lambda P, w: hot(jnp.argmax(P[jnp.argmax(w)]), P.shape[1]),
    )


MEMBERS: Mapping[str, Callable[[Rng], Callable]] = {
    "averages": averages,
    "sum-to-one": sum_to_one,
    "agreement": agreement,
    "signs": signs,
    "common-signs": common_signs,
    "any-signs": any_signs,
    "vanishing": vanishing,
    "continuity": continuity,
    "faces": faces,
    "slopes": slopes,
    "no-say": no_say,
    "shares": pooled_by_shares,
    "affine-shares": affine_shares,
    "choice": choice,
    "pull-lemma": pull_lemma,
    "winner": winner,
    "uniform-limit": uniform_limit,
    "squeeze": squeeze,
    "fixed-weights": fixed_weights,
    "order": order,
    "order-one-hot": order_one_hot,
    "no-entropy": one_hot,
    "commuting": commuting,
    "pool-then-soften": pool_then_soften,
    "order-kept": commuting,
    "ends-uniform": pool_then_soften,
    "affine-transfer": affine,
    "affine-transfer-weak": affine_weak,
    "one-row-hot": one_row_hot,
    "one-row-cold": one_row,
    "linear-pool": spoken_linear,
    "fixed-shares": fixed_weights,
    "small-shares": small_shares,
    "positive-shares": positive_shares,
    "toward-uniform": toward_uniform,
    "label-wise": label_wise,
    "kept-signs": kept_signs,
    "kept-averages": kept_averages,
    "class-wise": class_wise,
    "means": order_0_to_1,
    "updating": updating,
    "large-means": large_means,
    "large-means-below": large_means_below,
    "discounted": discounted,
    "flowing-cold": flowing,
    "rows-softened-hot": rows_softened,
    "rows-softened-cold": rows_softened,
    "argmax-cold": by_argmax,
}


# --- one hypothesis missed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Miss:
    """`why` names the hypothesis of `theorem` that fails."""

    theorem: str
    why: str
    fn: Callable


def _misses() -> Sequence[Miss]:
    def jump(P, w):
        return jnp.where(jnp.max(P) > 0.9, jnp.mean(P, axis=0), w @ P)

    def ramp(P):
        return jnp.arange(P.shape[1]) + 1.0

    def softmax5(P, w):
        return jax.nn.softmax(5 * w) @ P

    return [
        Miss("averages", "Σ v = 1.000001", lambda P, w: 1.000001 * w @ P),
        Miss("averages", "v may be negative", lambda P, w: (1.1 * w - 0.1 / w.shape[0]) @ P),
        Miss("averages", "a part that is no teacher's", lambda P, w: 0.999 * w @ P + 0.001 / P.shape[1]),
        Miss("sum-to-one", "not normalised", lambda P, w: jnp.sqrt(w @ P**2)),
        Miss("sum-to-one", "may be negative", lambda P, w: (w @ P - 0.01) / (1 - 0.01 * P.shape[1])),
        Miss("agreement", "sharpened", lambda P, w: normalised(jnp.sqrt(w @ P))),
        Miss("agreement", "smoothed", lambda P, w: normalised(w @ P + 0.01)),
        Miss("agreement", "no simplex", lambda P, w: 2 * w @ P - P[0] - 0 * w[0]),
        Miss("signs", "a little taken off", lambda P, w: w @ P - 1e-9),
        Miss("signs", "more taken off than is there", lambda P, w: w @ P - 1.001 * w[0] * P[0]),
        Miss("common-signs", "cut at a threshold", lambda P, w: jax.nn.relu(w @ P - 1e-6)),
        Miss("common-signs", "teachers without weight count", lambda P, w: jnp.min(P, axis=0)),
        Miss("any-signs", "a product", lambda P, w: geometric(P, w)),
        Miss("any-signs", "one teacher only", lambda P, w: P[jnp.argmax(w)]),
        Miss("vanishing", "v > 0 where w = 0", lambda P, w: (0.9 * w + 0.1 / w.shape[0]) @ P),
        Miss("vanishing", "chosen without its weight", lambda P, w: P[jnp.argmax(jnp.max(P, axis=1))]),
        Miss("continuity", "a choice by w", lambda P, w: P[jnp.argmax(w)]),
        Miss("continuity", "a threshold", jump),
        Miss("continuity", "a denominator that may be 0", lambda P, w: normalised(w * spread(P)) @ P),
        Miss("faces", "log 0", lambda P, w: jax.nn.softmax(w @ jnp.log(P))),
        Miss("faces", "0/0 where rows are uniform", lambda P, w: normalised(w * spread(P)) @ P),
        Miss("slopes", "a root", lambda P, w: normalised((w @ jnp.sqrt(P)) ** 2)),
        Miss("slopes", "x log x", lambda P, w: normalised(w * jnp.exp(-entropy(P))) @ P),
        Miss("no-say", "w is in it", lambda P, w: w @ P),
        Miss("no-say", "w is in a billionth of it", lambda P, w: jnp.mean(P, axis=0) + 1e-9 * (w @ P)),
        Miss("shares", "a softmax of w", softmax5),
        Miss("shares", "a constant added to w", lambda P, w: normalised(w + jnp.max(P, axis=1)) @ P),
        Miss("shares", "c depends on w", lambda P, w: normalised(w * jnp.exp(-w)) @ P),
        Miss("shares", "two powers of w", lambda P, w: normalised(w + w**2) @ P),
        Miss("affine-shares", "b depends on w", lambda P, w: 0.5 * w @ P + 0.5 * softmax5(P, w)),
        Miss("affine-shares", "Σ v depends on w", lambda P, w: jnp.sum(w**2) * (w @ P) + 1 / P.shape[1]),
        Miss("choice", "the smallest weight", lambda P, w: P[jnp.argmin(w)]),
        Miss("choice", "c may be 0", lambda P, w: P[jnp.argmax(w * spread(P))]),
        Miss("choice", "the score is a sum", lambda P, w: P[jnp.argmax(w + jnp.max(P, axis=1))]),
        Miss("pull-lemma", "w squared", lambda P, w: normalised(jnp.sqrt(w**2 @ P**2))),
        Miss("pull-lemma", "exponents that sum to 2", lambda P, w: jax.nn.softmax(2 * w @ jnp.log(P))),
        Miss("pull-lemma", "two different exponents", lambda P, w: normalised((w @ P**2) ** (1 / 3))),
        Miss("winner", "scores with w squared", lambda P, w: hot(jnp.argmax(w**2 @ P), P.shape[1])),
        Miss("winner", "the loser", lambda P, w: hot(jnp.argmin(w @ P), P.shape[1])),
        Miss("winner", "scores with p squared", lambda P, w: hot(jnp.argmax(w @ P**2), P.shape[1])),
        Miss("uniform-limit", "a prior", lambda P, w: normalised((w @ P) * ramp(P))),
        Miss("uniform-limit", "a threshold", jump),
        Miss("squeeze", "a threshold", jump),
        Miss("squeeze", "no envelope", lambda P, w: normalised(power_mean(P, w, 2))),
        Miss("fixed-weights", "v depends on P", lambda P, w: normalised(w * jnp.max(P, axis=1)) @ P),
        Miss("fixed-weights", "Σ v = 3/2", lambda P, w: 1.5 * w @ P),
        Miss("fixed-weights", "v may be negative", lambda P, w: (1.1 * w - 0.1 / w.shape[0]) @ P),
        Miss("order", "p itself", lambda P, w: w @ P),
        Miss("order", "compared across rows", lambda P, w: w @ (P >= jnp.max(P, axis=0)).astype(float)),
        Miss("order", "compared with a number", lambda P, w: w @ (P > 0.5).astype(float)),
        Miss("order-one-hot", "shares", votes),
        Miss("order-one-hot", "more than the order", lambda P, w: hot(jnp.argmax(w @ P), P.shape[1])),
        Miss("no-entropy", "shares", votes),
        Miss("no-entropy", "smoothed", lambda P, w: 0.99 * hot(jnp.argmax(w @ P), P.shape[1]) + 0.01 / P.shape[1]),
        Miss("commuting", "a power mean", lambda P, w: normalised(power_mean(P, w, 2))),
        Miss("commuting", "a prior", lambda P, w: normalised(geometric(P, w) * ramp(P))),
        Miss("commuting", "exponents with P", lambda P, w: jax.nn.softmax((w * jnp.max(P, axis=1)) @ jnp.log(P))),
        Miss("pool-then-soften", "T squared", lambda P, w, T: jax.nn.softmax(jnp.log(w @ P) / T**2)),
        Miss("pool-then-soften", "not at T = 1", lambda P, w, T: jax.nn.softmax(2 * jnp.log(w @ P) / (T + 1))),
        Miss("order-kept", "no commutation", lambda P, w: normalised(power_mean(P, w, 2))),
        Miss("order-kept", "no commutation with power", lambda P, w: w @ P),
        Miss("ends-uniform", "no commutation", lambda P, w, T: jax.nn.softmax(jnp.log(w @ P) / T**2)),
        Miss("affine-transfer", "w squared", lambda P, w: normalised(w**2) @ P),
        Miss("affine-transfer", "g depends on w", lambda P, w: 0.9 * (w @ P) + 0.1 * jax.nn.softmax(w @ jnp.log(P))),
        Miss("affine-transfer", "a may be 0", lambda P, w: (w @ P) * jax.nn.relu(jnp.max(P) - 0.9)),
        Miss("affine-transfer", "a < 0", lambda P, w: 2 * jnp.mean(P, axis=0) - w @ P),
        Miss("affine-transfer", "weights that see P", lambda P, w: normalised(w * jnp.max(P, axis=1)) @ P),
        Miss("affine-transfer-weak", "a < 0 somewhere", lambda P, w: (w @ P) * (jnp.max(P) - 0.6)),
        Miss("affine-transfer-weak", "a depends on w", lambda P, w: jnp.sum(w**2) * (w @ P)),
        Miss("affine-transfer-weak", "w backwards", lambda P, w: w[::-1] @ P),
        Miss(
            "one-row-hot", "a threshold", lambda P, w: jnp.where(jnp.max(P, axis=0) > 0.4, w @ P, jnp.mean(P, axis=0))
        ),
        Miss("one-row-hot", "the order within rows", votes),
        Miss("one-row-hot", "a median by weights that look at P", lambda P, w: quantile(P, w * P[:, 0], 0.2)),
        Miss("one-row-hot", "weights below 0", lambda P, w: quantile(P, jnp.sin(9 * w), 0.1)),
        Miss(
            "one-row-hot",
            "its own weight does not count",
            lambda P, w: jnp.min(
                jnp.where(jnp.sum(w[:, None, None] * (P[:, None] < P[None]), axis=0) >= 0.5, P, jnp.max(P, axis=0)),
                axis=0,
            ),
        ),
        Miss(
            "one-row-hot",
            "nothing where there is not enough",
            lambda P, w: jnp.min(
                jnp.where(jnp.sum(w[:, None, None] ** 2 * (P[:, None] <= P[None]), axis=0) >= 0.5, P, 1.0), axis=0
            ),
        ),
        Miss("one-row-hot", "takes T", lambda P, w, T: w @ P),
        Miss(
            "one-row-cold", "a threshold", lambda P, w: jnp.where(jnp.min(P, axis=0) > 1e-6, w @ P, jnp.mean(P, axis=0))
        ),
        Miss("one-row-cold", "whether a class is lost", lambda P, w: jnp.sum(P > 0) / P.size * (w @ P)),
        Miss(
            "linear-pool",
            "a billionth to the uniform distribution",
            lambda P, w: (1 - 1e-9) * (w @ P) + 1e-9 / P.shape[1],
        ),
        Miss("linear-pool", "w backwards", lambda P, w: w[::-1] @ P),
        Miss("linear-pool", "w squared", lambda P, w: normalised(w**2) @ P),
        Miss("linear-pool", "linear in the odds", lambda P, w: jax.nn.softmax(w @ jnp.log(P))),
        Miss("linear-pool", "with what sees P", lambda P, w: normalised(w * (1 + 1e-9 * jnp.max(P, axis=1))) @ P),
        Miss("fixed-shares", "v depends on P", lambda P, w: normalised(w * jnp.max(P, axis=1)) @ P),
        Miss("fixed-shares", "Σ v = 1.1", lambda P, w: 1.1 * (w @ P)),
        Miss("fixed-shares", "v may be negative", lambda P, w: (1.1 * w - 0.1 / w.shape[0]) @ P),
        Miss("small-shares", "v above w", lambda P, w: normalised(w**2) @ P),
        Miss("small-shares", "v = 1.001 w", lambda P, w: 1.001 * (w @ P)),
        Miss("small-shares", "the rest depends on P", lambda P, w: 0.5 * (w @ P) + 0.5 * jnp.mean(P, axis=0)),
        Miss("small-shares", "v depends on P", lambda P, w: (w * jnp.max(P, axis=1)) @ P),
        Miss("positive-shares", "v may be 0", lambda P, w: jnp.where(w >= jnp.max(w), 1.0, 0.0) @ P),
        Miss("positive-shares", "the teacher of the largest weight", lambda P, w: P[jnp.argmax(w)]),
        Miss("positive-shares", "Σ v = 1.001", lambda P, w: 1.001 * (w @ P)),
        Miss("positive-shares", "no weight where a row is uniform", lambda P, w: normalised(w * spread(P)) @ P),
        Miss("toward-uniform", "other weights", lambda P, w: 0.5 * jnp.mean(P, axis=0) + 0.5 / P.shape[1]),
        Miss("toward-uniform", "away from it", lambda P, w: 1.1 * (w @ P) - 0.1 / P.shape[1]),
        Miss("toward-uniform", "a prior", lambda P, w: 0.5 * (w @ P) + 0.5 * ramp(P) / jnp.sum(ramp(P))),
        Miss("label-wise", "smoothed", lambda P, w: 0.9 * (w @ P) + 0.1 / P.shape[1]),
        Miss("label-wise", "v depends on P", lambda P, w: normalised(w * jnp.max(P, axis=1)) @ P),
        Miss("label-wise", "v depends on C", lambda P, w: jax.nn.softmax(P.shape[1] * w) @ P),
        Miss("kept-signs", "cut at a threshold", lambda P, w: jax.nn.relu(w @ P - 1e-6)),
        Miss("kept-signs", "nothing without weight", lambda P, w: w[0] * P[0]),
        Miss("kept-signs", "a class whose mean is the least", lambda P, w: w @ P - jnp.min(w @ P)),
        Miss("kept-averages", "v may be negative", lambda P, w: (1.1 * w - 0.1 / w.shape[0]) @ P),
        Miss("kept-averages", "less a little", lambda P, w: (w @ P - 1e-9) / (1 - 1e-9 * P.shape[1])),
        Miss("class-wise", "a prior", lambda P, w: normalised((w @ P) * ramp(P))),
        Miss("class-wise", "classes backwards", lambda P, w: (w @ P)[::-1]),
        Miss("class-wise", "it falls", lambda P, w: jax.nn.softmax(-(w @ P))),
        Miss("class-wise", "it rises and falls", lambda P, w: normalised((w @ P) * (1.001 - w @ P))),
        Miss("class-wise", "x - x^2 where x may be large", lambda P, w: jnp.exp(w @ P - (w @ P) ** 2)),
        Miss("class-wise", "a negative factor", lambda P, w: (w @ P) * (jnp.min(P) - jnp.max(P))),
        Miss("class-wise", "the next class too", lambda P, w: w @ (P + jnp.roll(P, 1, axis=1)) / 2),
        Miss("class-wise", "negative weights", lambda P, w: (2 * w - 1 / w.shape[0]) @ P),
        Miss("means", "order 2", lambda P, w: normalised(power_mean(P, w, 2))),
        Miss("means", "order 1.001", lambda P, w: normalised(power_mean(P, w, 1.001))),
        Miss("means", "order -0.001", lambda P, w: normalised(power_mean(P, w, -0.001))),
        Miss("means", "Σ c = 0.999", lambda P, w: 0.5 * (w @ P) + 0.499 * jax.nn.softmax(w @ jnp.log(P))),
        Miss("means", "c < 0", lambda P, w: 1.1 * (w @ P) - 0.1 * jax.nn.softmax(w @ jnp.log(P))),
        Miss("means", "other weights", lambda P, w: 0.5 * (w @ P) + 0.5 * jax.nn.softmax(jnp.mean(jnp.log(P), axis=0))),
        Miss("updating", "powers that sum to 0.999", lambda P, w: jax.nn.softmax(0.999 * w @ jnp.log(P))),
        Miss("updating", "the product of experts", lambda P, w: jax.nn.softmax(jnp.sum(jnp.log(P), axis=0))),
        Miss(
            "updating",
            "powers that see P",
            lambda P, w: jax.nn.softmax(normalised(w * jnp.max(P, axis=1)) @ jnp.log(P)),
        ),
        Miss("updating", "a mean of order 1", lambda P, w: w @ P),
        Miss("updating", "half linear", lambda P, w: 0.5 * (w @ P) + 0.5 * jax.nn.softmax(w @ jnp.log(P))),
        Miss("large-means", "order 1/2", lambda P, w: normalised(power_mean(P, w, 0.5))),
        Miss("large-means", "w squared", lambda P, w: normalised(jnp.sqrt(w**2 @ P**2))),
        Miss("large-means", "the least", lambda P, w: normalised(jnp.min(P, axis=0))),
        Miss("large-means", "sharpened", lambda P, w: normalised((w @ P) ** 2)),
        Miss("large-means", "not normalised", lambda P, w: 1.5 * jnp.max(P, axis=0)),
        Miss("large-means-below", "the weighted maximum", lambda P, w: normalised(jnp.max(w[:, None] * P, axis=0))),
        Miss("large-means-below", "order 0.99", lambda P, w: normalised(power_mean(P, w, 0.99))),
        Miss("large-means-below", "not normalised", lambda P, w: jnp.max(P, axis=0)),
        Miss("discounted", "without discounts", lambda P, w: normalised(jnp.prod(P, axis=0))),
        Miss("discounted", "w squared", lambda P, w: normalised(jnp.prod(1 - w[:, None] ** 2 * (1 - P), axis=0))),
        Miss(
            "discounted", "twice the discount", lambda P, w: normalised(jnp.prod(1 - 2 * w[:, None] * (1 - P), axis=0))
        ),
        Miss(
            "flowing-cold", "a threshold", lambda P, w: jnp.where(jnp.min(P, axis=0) > 1e-6, w @ P, jnp.mean(P, axis=0))
        ),
        Miss("rows-softened-hot", "the mean temperature for all", lambda P, w, Ts: w @ at_T(P, jnp.mean(Ts))),
        Miss("rows-softened-hot", "its neighbour's temperature", lambda P, w, Ts: w @ at_T(P, Ts[::-1])),
        Miss("rows-softened-hot", "half of the heat", lambda P, w, T: w @ at_T(P, 2 * T / (1 + T))),
        Miss(
            "rows-softened-hot",
            "a threshold",
            lambda P, w, Ts: jnp.where(
                jnp.max(at_T(P, Ts), axis=0) > 0.5, w @ at_T(P, Ts), jnp.mean(at_T(P, Ts), axis=0)
            ),
        ),
        Miss("rows-softened-hot", "takes no temperature", lambda P, w: w @ P),
        Miss("rows-softened-cold", "no colder than a tenth", lambda P, w, Ts: w @ at_T(P, jnp.maximum(Ts, 0.1))),
        Miss("rows-softened-cold", "weights with temperatures", lambda P, w, Ts: normalised(w * Ts) @ at_T(P, Ts)),
        Miss("rows-softened-cold", "one warmer than it is told", lambda P, w, T: w @ at_T(P, T + 1)),
        Miss(
            "rows-softened-cold",
            "a row's own zeros count",
            lambda P, w, T: jnp.where(jnp.min(at_T(P, T), axis=0) > 1e-6, w @ at_T(P, T), jnp.mean(at_T(P, T), axis=0)),
        ),
        Miss("flowing-cold", "zeros left out", lambda P, w: jax.nn.softmax(jnp.where(P > 0, jnp.log(P), 0).T @ w)),
        Miss("flowing-cold", "a NaN is hidden", lambda P, w: normalised(jnp.nan_to_num(jnp.min(P, axis=0) / P[0]) + 1)),
        Miss("flowing-cold", "1/x from both sides", lambda P, w: jax.nn.sigmoid(1 / (P[0] - 1e-9)) * (w @ P)),
        Miss("argmax-cold", "the least class", lambda P, w: hot(jnp.argmin(P[0]), P.shape[1]) + 0 * w[0]),
        Miss(
            "argmax-cold", "the order of all classes", lambda P, w: w @ jnp.sum(P[:, :, None] >= P[:, None, :], axis=2)
        ),
        Miss("argmax-cold", "the argmax of the pool", lambda P, w: hot(jnp.argmax(w @ P), P.shape[1])),
        Miss("winner", "the runner-up of the votes", lambda P, w: hot(jnp.argmin(votes(P, w)), P.shape[1])),
        Miss("ends-uniform", "q may be 0", lambda P, w, T: normalised(jax.nn.relu(w @ P - 0.1) ** (1 / T))),
    ]


MISSES = _misses()
