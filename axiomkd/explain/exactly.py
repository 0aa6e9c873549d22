"""SymPy's own numbers and operators, in which failures are worked by hand: fractions, distances, a dozen pools.

Nothing here knows how axiomkd searches or confirms. Rows are written as odds: "16:1" is (16/17, 1/17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

Expr = Any  # a SymPy expression: its own annotations leave int and float possible wherever sums are taken
Row = tuple[Expr, ...]
Pool = Callable[[Sequence[Row], Row], Row]
HALF = sp.Rational(1, 2)
Found = tuple[str, list[tuple[str, str]], str, bool]
"""An example: the operator, its steps, the conclusion, and whether SymPy finds the claim violated."""


# --- numbers --------------------------------------------------------------------------------------------------------


def odds(text: str) -> Row:
    """ "16:1" is (16/17, 1/17)."""
    parts = [sp.Integer(part) for part in text.split(":")]
    return tuple(part / sum(parts) for part in parts)


def panel(text: str) -> tuple[Row, ...]:
    return tuple(odds(row) for row in text.split("|"))


def norm(x: Sequence[Expr]) -> Row:
    total = sp.Add(*x)
    return tuple(sp.simplify(one / total) for one in x)


def tv(a: Row, b: Row) -> Expr:
    return sp.simplify(sp.Add(*(sp.Abs(x - y) for x, y in zip(a, b, strict=True))) / 2)


def entropy(q: Row) -> Expr:
    return sp.expand(sp.expand_log(-sum(x * sp.log(x) for x in q), force=True))


def soften(p: Row, T) -> Row:
    return norm([x ** (1 / sp.sympify(T)) for x in p])


def ahead(a: Expr, b: Expr) -> bool:
    """Whether a > b, decided by SymPy; through logarithms where powers hide it."""
    for difference in (sp.simplify(a - b), sp.expand_log(sp.log(a) - sp.log(b), force=True)):
        sign = sp.simplify(difference)
        if sign.is_positive or sign.is_nonpositive:
            return bool(sign.is_positive)
    raise ValueError(f"SymPy cannot compare {a} and {b}")


def first_largest(x: Sequence[Expr]) -> int:
    best = 0
    for i in range(1, len(x)):
        best = i if ahead(x[i], x[best]) else best
    return best


def first_of_largest(x: Sequence[Expr]) -> Expr:
    return x[first_largest(x)]


def kl(a: Row, b: Row) -> Expr:
    """KL(a‖b) in nats; infinite where b loses a class that a has."""
    if any(y == 0 and x != 0 for x, y in zip(a, b, strict=True)):
        return sp.oo
    return sp.Add(*(x * sp.log(x / y) for x, y in zip(a, b, strict=True) if x != 0))


def squared_error(p: Row, y: int) -> Expr:
    """Σ_i (p_i - [i = y])²."""
    return sp.Add(*((x - int(i == y)) ** 2 for i, x in enumerate(p)))


def show(x) -> str:
    """A fraction as it is; any other number with its first digits; rows in parentheses."""
    if isinstance(x, tuple):
        return "(" + ", ".join(show(one) for one in x) + ")"
    x = sp.sympify(x)
    if x.is_Rational or x.free_symbols or x.is_infinite:
        return str(x).replace("oo", "∞").replace("**", "^")
    return f"{str(x).replace('**', '^')} ≈ {sp.N(x, 6)}"


def show_rows(P) -> str:
    return " | ".join(show(row) for row in P)


# --- operators ------------------------------------------------------------------------------------------------------


def columns(P):
    return list(zip(*P, strict=True))


def linear(P, w):
    return tuple(sp.expand(sp.Add(*(v * x for v, x in zip(w, column, strict=True)))) for column in columns(P))


def log(P, w):
    return norm([sp.Mul(*(x**v for v, x in zip(w, column, strict=True))) for column in columns(P)])


def power2(P, w):
    return norm([sp.sqrt(sum(v * x**2 for v, x in zip(w, column, strict=True))) for column in columns(P)])


def mean(P, w):
    return linear(P, tuple(sp.Rational(1, len(P)) for _ in P))


def softmax5(P, w):
    return linear(P, norm([sp.exp(5 * v) for v in w]))


def dempster(P, w):
    ignorance = sp.Mul(*(1 - v for v in w))
    plausible = [sp.Mul(*(1 - v + v * x for v, x in zip(w, column, strict=True))) for column in columns(P)]
    return norm([x - ignorance + ignorance / len(plausible) for x in plausible])


def max_all(P, w):
    return norm([first_of_largest(column) for column in columns(P)])


def vote(P, w):
    score = [sp.Integer(0)] * len(P[0])
    for v, row in zip(w, P, strict=True):
        score[first_largest(row)] += v
    winner = first_largest(score)
    return tuple(sp.Integer(i == winner) for i in range(len(score)))


def argpool(P, w):
    m = linear(P, w)
    winner = first_largest(m)
    return tuple(sp.Integer(i == winner) for i in range(len(m)))


def topteacher(P, w):
    return P[first_largest(w)]


def w1(P, w):
    """The lower weighted median of the cumulative sums, and its differences."""
    sums = [tuple(sp.Add(*row[: i + 1]) for row in P) for i in range(len(P[0]))]
    medians = [_median(column, w) for column in sums]
    return tuple(b - a for a, b in zip([sp.Integer(0), *medians], medians, strict=False))


def _median(x, w):
    total = sp.Integer(0)
    for value, weight in sorted(zip(x, w, strict=True)):
        total += weight
        if total >= HALF:
            return value
    raise AssertionError("weights sum to 1")


def undivided(P, w):
    H = [entropy(row) for row in P]
    v = [sp.simplify(1 - h / sp.Add(*H)) for h in H]
    return linear(P, v)


def overdone(P, w):
    return tuple(sp.Rational(3, 2) * x - 1 / (2 * sp.Integer(len(P[0]))) for x in linear(P, w))


# name -> formula, the pool, and the size (K, C) at which it is shown in symbols (None: it is a choice)
OPERATORS: dict[str, tuple[str, Pool, tuple[int, int] | None]] = {
    "linear": ("q = Σ w_k p_k", linear, (2, 2)),
    "log": ("q ∝ ∏ p_k^{w_k}", log, (2, 2)),
    "power2": ("q ∝ (Σ w_k p_k²)^½", power2, (2, 2)),
    "mean": ("q = Σ p_k / K", mean, (2, 2)),
    "softmax5": ("q = Σ v_k p_k, v = softmax(5w)", softmax5, (2, 2)),
    "dempster": ("q ∝ ∏(1 - w_k + w_k p_k) - u + u/C, u = ∏(1 - w_k)", dempster, (2, 2)),
    "max_all": ("q ∝ max_k p_k", max_all, None),
    "vote": ("one-hot of the class with the largest Σ w_k [argmax p_k = i]", vote, None),
    "argpool": ("one-hot of argmax Σ w_k p_k", argpool, None),
    "topteacher": ("the row of argmax w", topteacher, None),
    "w1": ("differences of the weighted median of the cumulative sums", w1, None),
    "undivided entropy weights": ("q = Σ v_k p_k, v_k = 1 - H(p_k)/ΣH (its divisor K - 1 forgotten)", undivided, None),
    "overdone contrast": ("q = 3/2 Σ w_k p_k - 1/(2C)", overdone, (2, 2)),
}


def general(pool: Pool, K: int, C: int) -> str:
    names = [[f"p{k}{i}" for i in range(C)] for k in range(K)]
    P = tuple(tuple(sp.Symbol(name, positive=True) for name in row) for row in names)
    w = tuple(sp.Symbol(f"w{k}", positive=True) for k in range(K))
    return sp.pretty(sp.Eq(sp.Symbol("q0"), pool(P, w)[0]), use_unicode=True, wrap_line=False)


def given(P, w) -> list[tuple[str, str]]:
    return [*((f"teacher {k}", show(row)) for k, row in enumerate(P)), ("weights", show(w))]
