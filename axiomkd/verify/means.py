"""The means that the pull lemma speaks of, as functions of exact numbers, by the names that certificates give them.

It knows no terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ZERO, Number

Mean = Callable[[Sequence[Number], Sequence[Number]], Number]


def named(text: str) -> Mean | None:
    """The mean of entries p with weights w that the text ends with; None where it names none."""
    name = text.rpartition("f_i = ")[2]
    if name == "∏_k p_ki^w_k":
        return geometric
    if name == "max_k w_k p_ki":
        return largest
    found = re.fullmatch(r"\(Σ_k w_k p_ki\^(-?\d+(?:/\d+)?)\)\^\(1/\((-?\d+(?:/\d+)?)\)\)", name)
    if found is None or found[1] != found[2] or Fraction(found[1]) == 0:
        return None
    return power(Fraction(found[1]))


def geometric(p: Sequence[Number], w: Sequence[Number]) -> Number:
    total = ZERO
    for x, weight in zip(p, w, strict=True):
        total = numbers.add(total, numbers.mul(weight, numbers.log(x)))
    return numbers.exp(total)


def largest(p: Sequence[Number], w: Sequence[Number]) -> Number:
    return max(numbers.mul(weight, x) for x, weight in zip(p, w, strict=True))


def power(alpha: Fraction) -> Mean:
    exponent, inverse = numbers.rational(alpha), numbers.rational(1 / alpha)

    def mean(p: Sequence[Number], w: Sequence[Number]) -> Number:
        total = ZERO
        for x, weight in zip(p, w, strict=True):
            total = numbers.add(total, numbers.mul(weight, numbers.power(x, exponent)))
        return numbers.power(total, inverse)

    return mean
