"""Operators made to mislead the searches for jumps: steep, thin, cusped, guarded, slow. The truth stands beside each.

T holds, F is refuted, f is fragile, - is not looked at; in the order interior, closed, lipschitz, limits. A search
knows no ladder: where `closed` fails far from every tie and zero, `lipschitz` alone does not see it, and is "-" here.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

ODD: dict[str, tuple[Callable, str]] = {}


def truth(marks: str):
    def record(fn):
        ODD[fn.__name__] = fn, marks
        return fn

    return record


def mixed(P, w, share):
    """The linear pool, moved by a share towards the uniform distribution."""
    return (1 - share) * (w @ P) + share / P.shape[1]


def shares(x):
    return x / jnp.sum(x)


# ---- continuous, whatever it looks like


@truth("TTTT")
def steep(P, w):
    return jax.nn.softmax(1e6 * w) @ P


@truth("TTTT")
def steeper(P, w):
    return jax.nn.softmax(1e12 * w) @ P


@truth("TTFT")
def root_64(P, w):
    return shares(w ** (1 / 64)) @ P


@truth("TTTT")
def flat_at_zero(P, w):
    x = jnp.where(w[0] > 0, w[0], 1.0)
    return mixed(P, w, jnp.where(w[0] > 0, 0.5 * jnp.exp(-1 / x), 0.0))


@truth("TTFT")
def cusp(P, w):
    return mixed(P, w, 0.5 * jnp.abs(P[0, 0] - P[1, 0]) ** 0.1)


@truth("TTFT")
def slow_logarithm(P, w):
    x = jnp.where(w[0] > 0, w[0], 1.0)
    return mixed(P, w, jnp.where(w[0] > 0, 0.5 / (jnp.log(1 / x) + 1), 0.0))


@truth("TT-T")
def slower_logarithm(P, w):
    x = jnp.where(w[0] > 0, w[0], 1.0)
    return mixed(P, w, jnp.where(w[0] > 0, 0.5 / jnp.log(jnp.log(1 / x) + 3), 0.0))


@truth("TTTT")
def two_branches_that_agree(P, w):
    return jnp.where(w[0] > 0.5, w @ P, w @ P)


@truth("TTTT")
def kink(P, w):
    return mixed(P, w, 0.5 * jnp.where(w[0] > 0.5, w[0] - 0.5, 0.0))


@truth("TTTT")
def narrow_bump(P, w):
    return mixed(P, w, 0.5 * jnp.exp(-((1e5 * (w[0] - 0.5)) ** 2)))


@truth("TTTT")
def removable_and_removed(P, w):
    d = P[0, 0] - P[1, 0]
    return mixed(P, w, 0.25 * jnp.where(d == 0, 2 * P[0, 0], (P[0, 0] ** 2 - P[1, 0] ** 2) / jnp.where(d == 0, 1, d)))


@truth("TTTT")
def guarded_by_the_tiniest(P, w):
    """Its quotients grow down to 2^-997, and its limits seem to differ until then."""
    m = jnp.min(P, axis=0)
    return m / (jnp.sum(m) + 1e-300)


@truth("TTTT")
def guarded_logarithm(P, w):
    return jax.nn.softmax(w @ jnp.log(P + 1e-300))


@truth("TTTT")
def clipped_logarithm(P, w):
    return jax.nn.softmax(w @ jnp.log(jnp.maximum(P, 1e-10)))


@truth("TTTT")
def capped_far_beyond(P, w):
    """x log x, until log x is -1e6: its quotients grow at every distance that is looked at one by one."""
    x = jnp.where(P[0, 0] > 0, P[0, 0], 1.0)
    return mixed(P, w, 0.1 * jnp.tanh(P[0, 0] * jnp.minimum(-jnp.log(x), 1e6)))


@truth("TTTT")
def capped_inside(P, w):
    z = jnp.abs(P[0, 0] - P[1, 0])
    x = jnp.where(z > 0, z, 1.0)
    return mixed(P, w, 0.3 * jnp.tanh(z * jnp.minimum(x**-0.01, 1e300)))


@truth("TTTT")
def distance(P, w):
    return mixed(P, w, 0.3 * jnp.sqrt(jnp.sum((P[0] - P[1]) ** 2)))


@truth("TTFT")
def root_inside(P, w):
    return mixed(P, w, 0.3 * jnp.sqrt(jnp.abs(P[0, 0] - P[1, 0])))


@truth("TTTT")
def square_times_logarithm(P, w):
    x = P[0, 0]
    return mixed(P, w, 0.2 * jnp.where(x > 0, -(x**2) * jnp.log(jnp.where(x > 0, x, 1)), 0))


@truth("TfFT")
def naive_entropy(P, w):
    """p * log(p) is nan at 0, where the operator has one limit."""
    return shares(w * jnp.exp(jnp.sum(P * jnp.log(P), axis=1))) @ P


# ---- with a jump, however hidden


@truth("FF--")
def thin(P, w):
    return mixed(P, w, 1e-6 * (P[0, 0] > P[1, 0]))


@truth("FF--")
def thin_and_curved(P, w):
    return mixed(P, w, 1e-6 * (jnp.sum(P**2) > 1.1))


@truth("FF--")
def thinner(P, w):
    return mixed(P, w, 1e-8 * (P[0, 0] > P[1, 0]))


@truth("FF-F")
def at_four_classes_only(P, w):
    return mixed(P, w, 0.1 * (P[0, -1] > 0.37)) if P.shape[1] == 4 else w @ P


@truth("FFFF")
def stairs(P, w):
    return mixed(P, w, jnp.floor(1e3 * P[0, 0]) / 2e3)


@truth("FFF-")
def removable_gone_wrong(P, w):
    d = P[0, 0] - P[1, 0]
    return mixed(P, w, 0.25 * jnp.where(d == 0, 0.0, (P[0, 0] ** 2 - P[1, 0] ** 2) / jnp.where(d == 0, 1, d)))


@truth("FFF-")
def pole(P, w):
    return w @ P + 1 / (P[0, 0] - 0.3)


@truth("FFF-")
def root_of_a_negative(P, w):
    return mixed(P, w, 0.5 * jnp.sqrt(P[0, 0] - 0.1))


@truth("TFFT")
def counts_the_support(P, w):
    return mixed(P, w, 0.5 * jnp.mean(P > 0))


@truth("FFFT")
def small_weights_dropped(P, w):
    return shares(jnp.where(w > 0.1, w, 0)) @ P


@truth("FF-T")
def tiny_weights_dropped(P, w):
    return jnp.where(w[0] > 1e-3, w @ P, P[1])


@truth("FFFF")
def nucleus(P, w):
    m = w @ P
    return shares(m * (m >= 0.2 * jnp.max(m)))


@truth("FF-F")
def gate(P, w):
    """The threshold is a curved surface that no simple point lies on."""
    return jnp.where(jnp.sum(P[0] * (jnp.log(P[0]) - jnp.log(P[1]))) > 0.3, P[0], w @ P)


# ---- with a temperature of their own


@truth("TTTT")
def pool_then_soften(P, w, T=1.0):
    return shares((w @ P) ** (1 / T))


@truth("TTTF")
def other_at_high_temperature(P, w, T=1.0):
    q = shares((w @ P) ** (1 / T))
    return jnp.where(T > 3.3, q, 0.9 * q + 0.1 / P.shape[1])


@truth("TTTF")
def deaf_to_temperature(P, w, T=1.0):
    return w @ P


# ---- that only floats can follow


def _floats(x):
    return np.array([float(y) for y in np.ravel(x)]).reshape(np.shape(x))


@truth("TT-T")
def numpy_linear(P, w):
    return _floats(w) @ _floats(P)


@truth("FF-T")
def numpy_gate(P, w):
    P, w = _floats(P), _floats(w)
    return w @ P if w[0] > 0.3371 else P[0]


@truth("TF-T")
def numpy_logarithmic(P, w):
    q = np.exp(_floats(w) @ np.log(_floats(P)))
    return q / q.sum()


READINGS = ("interior", "closed", "lipschitz", "limits")
OUTCOMES = {"T": "open", "F": "refuted", "f": "fragile"}
