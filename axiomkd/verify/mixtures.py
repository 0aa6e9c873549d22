"""Hypotheses of theorems on means that are normalised: mixtures of means of order 0 to 1, powers that sum to 1.

Each claim may be true by itself and yet speak of something else; here they are held against the formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number
from axiomkd.verify import means, pools
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim
from axiomkd.verify.stage import Stage, require, total
from axiomkd.verify.terms import Node, free, num
from axiomkd.verify.values import Point, value


def _order(name: str) -> Fraction | None:
    """The order of the mean of that name; None where it names none."""
    if name == "Σ_k w_k p_ki":
        return Fraction(1)
    if name == "∏_k p_ki^w_k":
        return Fraction(0)
    found = re.fullmatch(r"\(Σ_k w_k p_ki\^(-?\d+(?:/\d+)?)\)\^\(1/\((-?\d+(?:/\d+)?)\)\)", name)
    return Fraction(found[1]) if found is not None and found[1] == found[2] else None


def _mean(order: Fraction) -> means.Mean:
    return means.geometric if order == 0 else means.power(order)


def _normalised(s: Stage, f: Node, at: Point, c: int) -> Number:
    """f_c / Σ_j f_j."""
    return numbers.div(s.entry(at, c, f), total([s.entry(at, j, f) for j in range(at.size[1])]))


def mixture(s: Stage) -> None:
    parts, shares = s.of("shape", rule="order"), s.of("nonnegative")
    (whole,) = s.of("equal", 1)
    require(len(parts) == len(shares) > 0, "there is not one share for each mean")
    require(not any(c.given for c in s.claims), "a claim is made under conditions")
    for part in parts:
        _named(s, part)
    for share in shares:
        require(set(free(share.terms[0])) == set(), "a share depends on the class")
    s.identity(
        "q_i = Σ_n c_n f_ni / Σ_j f_nj",
        s.entry,
        lambda at, c: total(
            [
                numbers.mul(value(share.terms[0], at), _normalised(s, part.terms[0], at, c))
                for part, share in zip(parts, shares, strict=True)
            ]
        ),
    )
    require(len(whole.terms) == 2 and whole.terms[1] is num(1), "the equal claim is not that a sum is 1")
    s.identity(
        "the sum claimed is Σ c_n",
        lambda at, _c: value(whole.terms[0], at),
        lambda at, _c: total([value(share.terms[0], at) for share in shares]),
    )


def _named(s: Stage, part: Claim) -> None:
    order = _order(part.text.rpartition("f_i = ")[2])
    require(order is not None and 0 <= order <= 1, "a shape claim names no mean of order 0 to 1")
    mean = _mean(order or Fraction(0))
    (f,) = part.terms
    s.identity(
        "f_i is the mean named", lambda at, c: s.entry(at, c, f), lambda at, c: mean(list(at.P[:, c]), list(at.w))
    )


def updating(s: Stage) -> None:
    (shape,), (kept,), (one,) = s.of("shape", 1, rule="powers"), s.of("free", 1), s.of("equal", 1)
    (powers,) = shape.terms
    require("P" in kept.more.get("of", ()) and kept.terms == (powers,), "the free claim is not on the powers")
    pools.sums_to_one(s, one, powers)

    def product(at: Point, c: int) -> Number:
        logs = [numbers.mul(a, numbers.log(at.P[k, c])) for k, a in enumerate(pools.weights(s, powers, at))]
        return numbers.exp(total(logs))

    s.identity(
        "q_i = f_i / Σ_j f_j with f_i = ∏_k p_ki^a_k",
        lambda at, c: numbers.mul(s.entry(at, c), total([product(at, j) for j in range(at.size[1])])),
        product,
    )


def _discounted(p: Sequence[Number], w: Sequence[Number]) -> Number:
    out = numbers.ONE
    for x, weight in zip(p, w, strict=True):
        out = numbers.mul(out, numbers.add(numbers.sub(numbers.ONE, weight), numbers.mul(weight, x)))
    return out


def _largest(p: Sequence[Number], _w: Sequence[Number]) -> Number:
    return max(p)


KINDS: dict[str, tuple[str, means.Mean]] = {
    "max_k p_ki": ("maximum", _largest),
    "max_k w_k p_ki": ("weighted maximum", means.largest),
    "∏_k (1 − w_k + w_k p_ki)": ("discounted", _discounted),
}


def large_mean(*wanted: str) -> Callable[[Stage], None]:
    """q_i = f_i / Σ_j f_j with a mean of one of these kinds: "order" is that of power means of order 1 or more."""

    def check(s: Stage) -> None:
        (shape,) = s.of("shape", 1, rule="large mean")
        require(not shape.given, "a claim is made under conditions")
        name = shape.text.rpartition("f_i = ")[2]
        order = _order(name)
        kind, mean = KINDS.get(name, ("order", _mean(order)) if order is not None and order >= 1 else ("", None))
        if mean is None or kind not in wanted:
            raise Failed("the shape claim names no mean that the theorem is on")
        (f,) = shape.terms
        s.identity(
            "f_i is the mean named",
            lambda at, c: s.entry(at, c, f),
            lambda at, c: mean(list(at.P[:, c]), list(at.w)),
        )
        s.identity("q_i = f_i / Σ_j f_j", s.entry, lambda at, c: _normalised(s, f, at, c))

    return check
