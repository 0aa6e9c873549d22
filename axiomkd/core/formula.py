"""The logic and the distances that claims are made of, over any Arithmetic.

A claim is a margin: how far it is from failing, negative where it fails. "For all" is the smallest margin, "a implies b" is
max(-a, b), the robustness semantics of signal temporal logic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axiomkd.core.arithmetic import Arithmetic, Array


def implies(m: Arithmetic, premise: Array, conclusion: Array) -> Array:
    """premise > 0 implies conclusion >= 0."""
    return m.maximum(-premise, conclusion)


VISIBLE = 2.0**-30
"""How large a premise has to be for a tie of its conclusion to be looked at: below it floats tie by rounding."""


def untied(m: Arithmetic, premise: Array, conclusion: Array) -> Array:
    """premise > VISIBLE implies conclusion != 0; -1 where that fails, else not negative."""
    return m.maximum(m.positive(VISIBLE - premise), m.untied(conclusion))


def kl(m: Arithmetic, a: Array, b: Array) -> Array:
    """KL(a‖b) in nats over the last axis, for a >= 0 and b > 0."""
    return m.sum(m.xlogx(a) - a * m.log(b), -1)


def merged(m: Arithmetic, x: Array, M: Array) -> Array:
    """x (…, C) with two classes added up, M (…, C, C - 1) saying which."""
    return m.sum(x[..., :, None] * M, -2)


def equal(m: Arithmetic, a: Array, b: Array) -> Array:
    return -m.abs(a - b)


def total_variation(m: Arithmetic, a: Array, b: Array) -> Array:
    """TV(a, b) = ½ Σ|a_i - b_i| over the last axis."""
    return m.sum(m.abs(a - b), -1) / 2


def entropy(m: Arithmetic, q: Array) -> Array:
    """H(q) in nats over the last axis, 0 log 0 = 0."""
    return -m.sum(m.xlogx(q), -1)


def sums_to_one(m: Arithmetic, q: Array) -> Array:
    return -m.abs(m.sum(q, -1) - 1)
