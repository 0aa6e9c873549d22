"""Twenty operators that are right nearly everywhere; each breaks one reading in a thin corner, at a point given.

Each starts from a pool that has the reading. They were written from the readings, not tuned to what any sampler draws.
Statements only: nothing is searched here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp

from axiomkd.core.case import ExactCase


@dataclass(frozen=True)
class Mutant:
    """An operator, the reading that it breaks, where, and a hand-computed case at which it does.

    `share` bounds the part of flat cases (rows, weights and t uniform, log T uniform) of the point's size that violate.
    """

    name: str
    fn: Callable[..., Any]
    reading: str
    corner: str
    point: ExactCase
    share: float

    @property
    def size(self) -> tuple[int, int]:
        return self.point.size


MUTANTS: list[Mutant] = []


def _row(numbers: Sequence) -> tuple[Fraction, ...]:
    return tuple(Fraction(str(x)) for x in numbers)


def mutant(reading: str, corner: str, share: float, P, w, *, k=0, t="1/2", T1="1", T="2"):
    """Register a mutant; the numbers of its point are decimals or fractions."""

    def add(fn):
        rows = tuple(_row(row) for row in P)
        point = ExactCase(rows, _row(w), k, Fraction(t), Fraction(T1), Fraction(T))
        MUTANTS.append(Mutant(fn.__name__.replace("_", "-"), fn, reading, corner, point, share))
        return fn

    return add


def linear(P, w):
    return w @ P


def logarithmic(P, w):
    return jax.nn.softmax(w @ jnp.log(P))


def bump(x):
    """1 at 0, below 1e-10 beyond 5."""
    return jnp.exp(-(x**2))


def moved(q, amount):
    """The pool with `amount` moved from class 1 to class 0."""
    return q.at[0].add(amount).at[1].add(-amount)


def first_weight(w, v):
    """Weights with v for teacher 0, the others in their old ratios."""
    others = w.at[0].set(0.0)
    return (others / jnp.maximum(others.sum(), 1e-300) * (1 - v)).at[0].set(v)


# --- convexity and positivity -----------------------------------------------------------------------------------------


@mutant("unanimity", "p_ki < 1e-4", 1e-3, [["0.00001", "0.49999", "0.5"]] * 2, ["1/2", "1/2"])
def clipped(P, w):
    """The linear pool of rows clipped at 1e-4, renormalised."""
    q = w @ jnp.maximum(P, 1e-4)
    return q / q.sum()


@mutant("unanimity", "q_0 within 0.001 of 0.437", 5e-3, [["0.437", "0.263", "0.3"]] * 2, ["1/2", "1/2"])
def dent_at_437(P, w):
    q = linear(P, w)
    return moved(q, 1e-4 * q[1] * bump((q[0] - 0.437) / 0.0005))


@mutant("simplex", "q_i > 0.999, by 1e-7", 1e-5, [["0.9998", "0.0001", "0.0001"]] * 2, ["1/2", "1/2"])
def heavy_sum(P, w):
    """Sums to 1 + 1e-7 near the vertices."""
    q = linear(P, w)
    return q * (1 + 1e-4 * jnp.maximum(q.max() - 0.999, 0))


@mutant(
    "envelope",
    "classes 0 and 1 tie within 0.001 for every teacher",
    1e-4,
    [["0.4", "0.4", "0.2"], ["0.4", "0.4", "0.2"]],
    ["1/2", "1/2"],
)
def near_tie(P, w):
    q = linear(P, w)
    gap = jnp.sum((P[:, 0] - P[:, 1]) ** 2)
    return moved(q, 1e-2 * q[0] * q[1] * bump(jnp.sqrt(gap + 1e-30) / 1e-3))


@mutant("envelope", "C = 4, by at most 1e-4", 5e-3, [["1/4"] * 4] * 2, ["1/2", "1/2"])
def four_classes(P, w):
    q = linear(P, w)
    return moved(q, 1e-4 * 256 * jnp.prod(q)) if P.shape[1] == 4 else q


@mutant(
    "envelope",
    "a Gaussian basin of width 0.03 in the rows, C = 3",
    1e-4,
    [["0.2137", "0.3291", "0.4572"], ["0.2137", "0.3291", "0.4572"]],
    ["1/2", "1/2"],
)
def narrow_basin(P, w):
    q = linear(P, w)
    if P.shape[1] != 3:
        return q
    far = jnp.sum((P - jnp.array([0.2137, 0.3291, 0.4572])) ** 2)
    return moved(q, 0.02 * q[1] * jnp.exp(-far / (2 * 0.03**2)))


@mutant(
    "hull",
    "weights equal within 0.01, by about 1e-5",
    1e-3,
    [["0.2", "0.3", "0.5"], ["0.5", "0.2", "0.3"]],
    ["1/2", "1/2"],
)
def swirl(P, w):
    """Inside the envelope, outside the hull: two classes trade a product of their room."""
    q = linear(P, w)
    room = jnp.minimum(q - P.min(0), P.max(0) - q)
    near = jnp.maximum(1 - jnp.max(jnp.abs(w - 1 / w.shape[0])) / 0.01, 0)
    return moved(q, 1e-3 * near * room[0] * room[1])


@mutant("nonnegative", "q_i < 3e-5", 1e-4, [["0.000001", "0.499999", "0.5"]] * 2, ["1/2", "1/2"])
def overshoot(P, w):
    """A ten-thousandth farther from uniform than the linear pool."""
    return (1 + 1e-4) * linear(P, w) - 1e-4 / P.shape[1]


@mutant("common-support", "q_i < 1e-7", 1e-5, [["0.00000001", "0.49999999", "0.5"]] * 2, ["1/2", "1/2"])
def truncated(P, w):
    q = linear(P, w)
    q = jnp.where(q < 1e-7, 0.0, q)
    return q / q.sum()


# --- weights ----------------------------------------------------------------------------------------------------------


@mutant(
    "pull",
    "w_0 and w_0(t) on one falling flank, 1/1000 wide, by 1e-4",
    1e-3,
    [["0.9", "0.05", "0.05"], ["0.05", "0.9", "0.05"]],
    ["0.502", "0.498"],
    t="0.002",
)
def sine_weights(P, w):
    """w_0 + 1e-3 sin(400π w_0): the weights of the linear pool with a ripple."""
    return first_weight(w, w[0] + 1e-3 * w[0] * (1 - w[0]) * 4 * jnp.sin(400 * jnp.pi * w[0])) @ P


@mutant(
    "pull",
    "K = 3, teacher 1 or 2 gains weight where the pull of the others cancels",
    1e-3,
    [["0.9", "0.05", "0.05"], ["0.05", "0.9", "0.05"], ["0.05", "0.9", "0.05"]],
    ["0.01", "0.989", "0.001"],
    k=2,
    t="0.05",
)
def three_teachers(P, w):
    """The third teacher's weight lends teacher 0 some of teacher 1's."""
    if P.shape[0] != 3:
        return linear(P, w)
    lent = 1.2 * w[0] * w[1] * w[2]
    return (w + lent * jnp.array([1.0, -1.0, 0.0])) @ P


@mutant(
    "pull",
    "w_0(t) a little above 0.98, by 2e-4",
    5e-4,
    [["0.9", "0.05", "0.05"], ["0.05", "0.9", "0.05"]],
    ["0.98", "0.02"],
    t="0.08",
)
def top_weight(P, w):
    """Nearly all the weight is held back a little: by 60 (w_0 - 0.98) (1 - w_0)."""
    return first_weight(w, w[0] - 60 * jnp.maximum(w[0] - 0.98, 0) * (1 - w[0])) @ P


@mutant(
    "pull",
    "w_0(t) in a dent of width 0.02",
    5e-3,
    [["0.9", "0.05", "0.05"], ["0.05", "0.9", "0.05"]],
    ["0.35", "0.65"],
    t="2/65",
)
def dent_in_t(P, w):
    """w_0 is lowered by 0.05 around 0.37."""
    return first_weight(w, w[0] - 0.05 * bump((w[0] - 0.37) / 0.01)) @ P


@mutant(
    "pull",
    "a Gaussian basin of width 0.05 in teacher 0's row, C = 3",
    1e-2,
    [["0.6137", "0.1043", "0.282"], ["0.05", "0.9", "0.05"]],
    ["0.3", "0.7"],
)
def reversed_basin(P, w):
    """The linear pool whose weights go as w^-0.2 in the basin, as w elsewhere."""
    if P.shape[1] != 3:
        return linear(P, w)
    far = jnp.sum((P[0] - jnp.array([0.6137, 0.1043, 0.282])) ** 2)
    safe = jnp.where(w > 0, w, 1.0)
    v = jnp.where(w > 0, safe ** (1 - 1.2 * jnp.exp(-far / (2 * 0.05**2))), 0.0)
    return v / v.sum() @ P


@mutant(
    "responsive",
    "K = 4, teacher 0 above 0.99 on its class, by 1e-4",
    5e-4,
    [["0.998", "0.001", "0.001"], ["0.2", "0.3", "0.5"], ["0.2", "0.3", "0.5"], ["0.2", "0.3", "0.5"]],
    ["1", "0", "0", "0"],
    t="1",
)
def sure_of_four(P, w):
    """A sure teacher never gets the last ten-thousandth of the weight."""
    if P.shape[0] != 4:
        return linear(P, w)
    return w @ P + 1e-4 * w[0] * jnp.where(P[0].max() > 0.99, 1.0, 0.0) * (P[1] - P[0])


@mutant(
    "coordinate",
    "teachers 0 and 1 within 1e-4 on class 0, by 1e-5",
    1e-4,
    [["0.4", "0.1", "0.5"], ["0.4", "0.5", "0.1"]],
    ["0.01", "0.99"],
    t="0.08",
)
def small_bump(P, w):
    """A wave of height 1e-5 in w_0, moved from class 2 to class 0."""
    q = linear(P, w)
    if P.shape[1] < 3:
        return q
    wave = 1e-5 * jnp.sin(6 * jnp.pi * w[0]) * q[0] * q[2]
    return q.at[0].add(wave).at[2].add(-wave)


# --- temperature ------------------------------------------------------------------------------------------------------


@mutant(
    "entropy",
    "T in a dent of width 0.1 at T = 3",
    1e-3,
    [["0.9", "0.05", "0.05"], ["0.8", "0.1", "0.1"]],
    ["1/2", "1/2"],
    T1="3",
    T="3.1",
)
def dent_in_T(P, w, T=1.0):
    """Pool, then soften, by a temperature that is 0.3 too high around T = 3."""
    return jax.nn.softmax(jnp.log(linear(P, w)) / (T + 0.3 * bump((T - 3) / 0.05)))


@mutant(
    "commutation",
    "T < 0.13",
    1e-2,
    [["0.5", "0.3", "0.2"], ["0.4", "0.4", "0.2"]],
    ["1/2", "1/2"],
    T="1/8",
)
def floored_cold(P, w, T=1.0):
    """Pool, then soften, by a temperature of at least 0.13."""
    return jax.nn.softmax(jnp.log(linear(P, w)) / jnp.maximum(T, 0.13))


@mutant(
    "ranking",
    "two classes of the aggregate tie within about 0.002",
    1e-3,
    [["0.64", "0.2", "0.16"], ["0.1", "0.32032", "0.57968"]],
    ["1/2", "1/2"],
    T="8",
)
def tilted_logits(P, w):
    """The logarithmic pool with a hundredth of the linear one added to its logits."""
    return jax.nn.softmax(w @ jnp.log(P) + 0.01 * linear(P, w))


@mutant(
    "entropy",
    "Σ_k w_k (max - min) of the teachers' logits within 0.1 of 2, at both temperatures",
    1e-3,
    [["0.70538", "0.19927", "0.09535"], ["0.70538", "0.19927", "0.09535"]],
    ["1/2", "1/2"],
    T="1.04",
)
def dent_in_sharpness(P, w):
    """The logarithmic pool, 5 % too flat where the teachers' logits span 2."""
    logits = jnp.log(P)
    span = w @ (logits.max(1) - logits.min(1))
    return jax.nn.softmax((1 - 0.05 * bump((span - 2) / 0.05)) * (w @ logits))
