"""For each reading one failure worked by hand: an operator, teachers in small fractions, and each number on the way.

SymPy does the arithmetic, with its own operators and its own rationals: nothing here knows how axiomkd searches or
confirms, so an example that agrees with a report is a second opinion. Indices count from 0. The guarantees' are in `promised`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy as sp

from axiomkd.explain import promised
from axiomkd.explain.exactly import (
    HALF,
    OPERATORS,
    Found,
    Row,
    ahead,
    argpool,
    dempster,
    entropy,
    general,
    given,
    linear,
    log,
    mean,
    odds,
    overdone,
    panel,
    power2,
    show,
    show_rows,
    soften,
    softmax5,
    topteacher,
    tv,
    undivided,
    vote,
    w1,
)


@dataclass(frozen=True)
class Worked:
    """A failure of `reading`: `steps` are (what, value) in the order of the argument, `fails` is SymPy's own verdict.

    `general` is the operator's first entry in symbols, as SymPy prints it; "" where it is a choice and no expression.
    """

    reading: str
    operator: str
    formula: str
    general: str
    steps: tuple[tuple[str, str], ...]
    conclusion: str
    fails: bool


@cache
def work(reading: str) -> Worked | None:
    """The worked failure of that reading; None where nobody has worked one."""
    if reading not in EXAMPLES:
        return None
    name, steps, conclusion, fails = EXAMPLES[reading]()
    formula, pool, size = OPERATORS[name]
    return Worked(reading, name, formula, general(pool, *size) if size else "", tuple(steps), conclusion, bool(fails))


# --- examples: (operator, steps, conclusion, whether SymPy finds the claim violated) --------------------------------


def _simplex() -> Found:
    P, w = panel("1:1|1:1|1:1"), odds("1:1:1")
    q = undivided(P, w)
    steps = [
        *given(P, w),
        ("H(p_k)", show(entropy(P[0]))),
        ("1 - H(p_k)/ΣH", show(sp.simplify(1 - entropy(P[0]) / (3 * entropy(P[0]))))),
        ("q", show(q)),
    ]
    steps.append(("Σ q_i", show(sum(q))))
    return "undivided entropy weights", steps, f"The aggregate sums to {show(sum(q))} and not to 1.", sum(q) != 1


def _unanimity() -> Found:
    P, w = panel("2:1|2:1"), odds("1:1")
    q = dempster(P, w)
    text = f"Both teachers say {show(P[0])}, and the aggregate says {show(q)}."
    return "dempster", [*given(P, w), ("q", show(q))], text, q != P[0]


def _envelope() -> Found:
    P, w = panel("16:1:1|1:16:1"), odds("1:1")
    q = log(P, w)
    means = tuple(sp.sqrt(a * b) for a, b in zip(*P, strict=True))
    steps = [*given(P, w), ("∏ p_k^{w_k}", show(means)), ("q", show(q)), ("max_k p_k2", show(P[0][2]))]
    return (
        "log",
        steps,
        f"No teacher gives class 2 more than {P[0][2]}, and the aggregate gives it {q[2]}.",
        ahead(q[2], P[0][2]),
    )


def _hull() -> Found:
    P, w, d = panel("4:1:1:4|1:4:4:1|4:4:1:1"), odds("1:1:1"), (1, 0, 1, 0)
    q = w1(P, w)
    reach = [sp.Add(*(a * b for a, b in zip(d, row, strict=True))) for row in (*P, q)]
    steps = [
        *given(P, w),
        ("q", show(q)),
        ("direction d", show(d)),
        ("d·p_k", show(tuple(reach[:-1]))),
        ("d·q", show(reach[-1])),
    ]
    text = (
        f"Along d no teacher reaches beyond {max(reach[:-1])}, and no mean of them; the aggregate reaches {reach[-1]}."
    )
    return "w1", steps, text, ahead(reach[-1], max(reach[:-1]))


def _nonnegative() -> Found:
    P, w = panel("9:1|4:1"), odds("1:1")
    q = overdone(P, w)
    steps = [*given(P, w), ("Σ w_k p_k", show(linear(P, w))), ("q", show(q))]
    return "overdone contrast", steps, f"Class 1 gets {q[1]}.", ahead(sp.Integer(0), q[1])


def _common_support() -> Found:
    P, w = panel("2:1|2:1"), odds("1:1")
    q = vote(P, w)
    return (
        "vote",
        [*given(P, w), ("q", show(q))],
        f"Every teacher gives class 1 the probability {P[0][1]}; it is lost.",
        q[1] == 0,
    )


def _any_support() -> Found:
    P, w = panel("1:0|1:1"), odds("1:1")
    q = log(P, w)
    steps = [
        *given(P, w),
        ("∏ p_k^{w_k}", show(tuple(sp.sqrt(a * b) for a, b in zip(*P, strict=True)))),
        ("q", show(q)),
    ]
    return (
        "log",
        steps,
        "Teacher 1 has weight and finds class 1 possible; one zero elsewhere vetoes it.",
        q[1] == 0 and P[1][1] > 0,
    )


def _interior() -> Found:
    P, e = panel("2:1|1:2"), sp.Symbol("ε", positive=True)
    sides = [topteacher(P, (HALF + s * e, HALF - s * e)) for s in (1, -1)]
    limits = [tuple(sp.limit(x, e, 0, "+") for x in q) for q in sides]
    steps = [*given(P, (HALF + e, HALF - e))[:2], ("w = (1/2 + ε, 1/2 - ε), ε → 0", show(limits[0]))]
    steps += [("w = (1/2 - ε, 1/2 + ε), ε → 0", show(limits[1])), ("‖difference‖₁", show(2 * tv(*limits)))]
    return "topteacher", steps, "Two sequences of weights meet, their aggregates do not.", limits[0] != limits[1]


def _closed() -> Found:
    e = sp.Symbol("ε", positive=True)
    w, paths = odds("1:1"), [((1 - e, e), (e, 1 - e)), ((1 - e**2, e**2), (e, 1 - e))]
    limits = [tuple(sp.limit(x, e, 0, "+") for x in log(P, w)) for P in paths]
    steps = [("weights", show(w)), ("both paths end at", "(1, 0) | (0, 1)")]
    steps += [(f"{show_rows(P)}, ε → 0", show(q)) for P, q in zip(paths, limits, strict=True)]
    return "log", steps, "Two paths lead to one point of the boundary, their aggregates to two.", limits[0] != limits[1]


def _lipschitz() -> Found:
    e = sp.Symbol("ε", positive=True)
    P = panel("1:0|0:1")
    q, corner = power2(P, (1 - e, e)), power2(P, odds("1:0"))
    quotient = sp.simplify((2 * q[1]) / (2 * e))  # q - corner is (-q_1, q_1), and the weights move by (-ε, ε)
    limit = sp.limit(quotient, e, 0, "+")
    steps = [*given(P, (1 - e, e)), ("q", show(q)), ("q at ε = 0", show(corner)), ("‖Δq‖₁ / ‖Δw‖₁", show(quotient))]
    steps += [(f"at ε = 2^-{n}", f"{float(quotient.subs(e, sp.Rational(1, 2**n))):.3g}") for n in (50, 100, 200, 400)]
    steps.append(("ε → 0", show(limit)))
    return (
        "power2",
        steps,
        "The quotient outgrows every bound: near a weight of 0 the aggregate moves like √ε.",
        limit == sp.oo,
    )


def _inheritance() -> Found:
    P, w = panel("2:1|2:1"), odds("1:1")
    q = vote(P, w)
    text = f"Every teacher finds class 1 possible ({P[0][1]}); the aggregate gives it {q[1]}."
    return "vote", [*given(P, w), ("q", show(q))], text, q[1] == 0


def _tilted(w: Row, k: int, t) -> Row:
    return tuple((1 - t) * v + t * int(j == k) for j, v in enumerate(w))


def _pull() -> Found:
    P, w, k, t = panel("1:2|2:1|3:1"), odds("1:1:2"), 1, sp.Rational(1, 4)
    later = _tilted(w, k, t)
    before, after = (tv(softmax5(P, v), P[k]) for v in (w, later))
    steps = [*given(P, w), (f"w({t}), teacher {k} raised", show(later)), (f"TV(q, p_{k}) before", show(before))]
    steps.append((f"TV(q, p_{k}) after", show(after)))
    text = f"Teacher {k} gains weight, and the aggregate moves away from it, as the heaviest teacher loses most."
    return "softmax5", steps, text, ahead(after, before)


def _responsive() -> Found:
    P, w = panel("2:1|1:1"), odds("1:0")
    q = mean(P, w)
    steps = [*given(P, w), ("q", show(q)), ("TV(q, p_0)", show(tv(q, P[0])))]
    return "mean", steps, "All the weight is on teacher 0, and the aggregate still listens to teacher 1.", q != P[0]


def _favourite() -> Found:
    P, w = panel("64:1:9|1:64:4"), odds("1:1")
    before, after = log(P, w), log(P, _tilted(w, 0, 1))
    steps = [*given(P, w), ("q", show(before)), ("q at w(1) = (1, 0)", show(after))]
    text = (
        f"Teacher 0 is the most confident on class 2 ({P[0][2]} > {P[1][2]}); as it takes all the weight the class "
        f"falls from {before[2]} to {after[2]}."
    )
    return "log", steps, text, ahead(P[0][2], P[1][2]) and ahead(before[2], after[2])


def _coordinate() -> Found:
    P, w, t = panel("16:1:1|1:16:1"), odds("1:3"), sp.Rational(1, 3)
    later = _tilted(w, 0, t)
    before, after = (log(P, v)[2] for v in (w, later))
    gaps = [sp.Abs(x - P[0][2]) for x in (before, after)]
    steps = [*given(P, w), (f"w({t}), teacher 0 raised", show(later)), ("q_2 before, after", f"{before}, {after}")]
    steps.append(("|q_2 - p_02| before, after", f"{gaps[0]}, {gaps[1]}"))
    return (
        "log",
        steps,
        "Teacher 0 gains weight, and class 2 moves away from what teacher 0 gives it.",
        ahead(gaps[1], gaps[0]),
    )


def _moved(w: Row, to: int, other: int, share) -> Row:
    return tuple(v + share * (int(j == to) - int(j == other)) for j, v in enumerate(w))


def _transfer() -> Found:
    P, w = panel("64:1:9|1:64:4"), odds("1:1")
    later = _moved(w, 0, 1, HALF)
    before, after = log(P, w), log(P, later)
    steps = [
        *given(P, w),
        ("q", show(before)),
        ("1/2 of weight moves from 1 to 0", show(later)),
        ("q then", show(after)),
    ]
    text = f"Teacher 0 gives class 2 more ({P[0][2]} > {P[1][2]}); the class falls from {before[2]} to {after[2]}."
    return "log", steps, text, ahead(P[0][2], P[1][2]) and ahead(before[2], after[2])


def _strict_transfer() -> Found:
    P, w = panel("2:1|1:1"), odds("1:1")
    later = _moved(w, 0, 1, sp.Rational(1, 4))
    before, after = mean(P, w), mean(P, later)
    steps = [
        *given(P, w),
        ("q", show(before)),
        ("1/4 of weight moves from 1 to 0", show(later)),
        ("q then", show(after)),
    ]
    text = f"Teacher 0 gives class 0 more ({P[0][0]} > {P[1][0]}); the class stays at {after[0]}, exactly."
    return "mean", steps, text, ahead(P[0][0], P[1][0]) and before == after


def _limits() -> Found:
    P, w, T = panel("2:1|2:1"), odds("1:1"), sp.Symbol("T", positive=True)
    warm = tuple(tuple(x ** (1 / T) / sum(y ** (1 / T) for y in row) for x in row) for row in P)
    rows = tuple(sp.limit(x, T, sp.oo) for x in warm[0])
    q = vote(warm, w)
    far = tv(tuple(sp.limit(x, T, sp.oo) for x in q), (HALF, HALF))
    steps = [
        *given(P, w),
        ("S_T p_k, T → ∞", show(rows)),
        ("A_T at every T", show(q)),
        ("TV(A_T, uniform), T → ∞", show(far)),
    ]
    return "vote", steps, "The teachers end at the uniform distribution, the aggregate stays where it was.", far != 0


def _at(P, T):
    return tuple(soften(row, T) for row in P)


def _nonexpansive() -> Found:
    P, w = panel("256:1|1:1"), odds("1:1")
    cold, warm = log(P, w), log(_at(P, 2), w)
    drifts = tuple(tv(a, b) for a, b in zip(P, _at(P, 2), strict=True))
    steps = [*given(P, w), ("the teachers at T = 2", show_rows(_at(P, 2))), ("q at T = 1", show(cold))]
    steps += [
        ("q at T = 2", show(warm)),
        ("the teachers' drifts", show(drifts)),
        ("the aggregate's drift", show(tv(cold, warm))),
    ]
    text = f"No teacher moves by more than {max(drifts)}, and the aggregate moves by {tv(cold, warm)}."
    return "log", steps, text, ahead(tv(cold, warm), max(drifts))


def _ranking() -> Found:
    P, w = panel("16:1|1:4"), odds("2:3")
    cold, warm = linear(P, w), linear(_at(P, 2), w)
    steps = [*given(P, w), ("q at T = 1", show(cold)), ("the teachers at T = 2", show_rows(_at(P, 2)))]
    steps.append(("q at T = 2", show(warm)))
    text = f"At T = 1 class 1 is ahead ({cold[0]} < 1/2); at T = 2 class 0 is ({warm[0]} > 1/2)."
    return "linear", steps, text, ahead(cold[1], cold[0]) and ahead(warm[0], warm[1])


def _entropy() -> Found:
    P, w = panel("16:1|1:4"), odds("17:25")
    cold, warm = linear(P, w), linear(_at(P, 2), w)
    steps = [*given(P, w), ("q at T = 1", show(cold)), ("the teachers at T = 2", show_rows(_at(P, 2)))]
    steps += [("q at T = 2", show(warm)), ("H at T = 1", show(entropy(cold))), ("H at T = 2", show(entropy(warm)))]
    return "linear", steps, "The teachers soften, and the aggregate gets sharper.", ahead(entropy(cold), entropy(warm))


def _commutation() -> Found:
    P, w = panel("1:3|1:1"), odds("1:1")
    first, last = linear(_at(P, HALF), w), soften(linear(P, w), HALF)
    steps = [*given(P, w), ("the teachers at T = 1/2", show_rows(_at(P, HALF)))]
    steps += [("soften, then pool", show(first)), ("pool", show(linear(P, w))), ("pool, then soften", show(last))]
    return "linear", steps, f"Class 0 gets {first[0]} one way and {last[0]} the other.", first != last


def _hot() -> Found:
    P, w, t = panel("1:2|1:2"), odds("3:2"), sp.Symbol("t", positive=True)
    row = tuple(sp.simplify(x) for x in soften(P[0], t))
    uniform = tuple(sp.limit(x, t, sp.oo) for x in row)
    on_the_way, end = vote(((*row,), P[1]), w), vote((uniform, P[1]), w)
    steps = [*given(P, w), ("S_t p_0", show(row)), ("S_t p_0, t → ∞", show(uniform))]
    steps += [("A(S_t P, w) at every t", show(on_the_way)), ("A with p_0 uniform", show(end))]
    steps.append(("TV, t → ∞", show(tv(on_the_way, end))))
    text = (
        "However hot teacher 0 becomes, class 1 stays ahead in its row and gets its vote; once the row is uniform the vote goes to "
        "class 0, the first of those that tie."
    )
    return "vote", steps, text, tv(on_the_way, end) != 0


def _cold() -> Found:
    P, w, x = panel("1:2|2:1"), odds("3:1"), sp.Symbol("x", positive=True)
    row = (1 / (1 + x), x / (1 + x))  # S_t p_1 with x = (1/2)^(1/t), which goes to 0 with t
    pool = tuple(sp.simplify(one) for one in linear((P[0], row), w))
    lead = sp.simplify(pool[1] - pool[0])  # of class 1: positive at every x > 0
    on_the_way, end = (sp.Integer(0), sp.Integer(1)), argpool((P[0], odds("1:0")), w)
    steps = [*given(P, w), ("S_t p_1, with x = 2^(-1/t) → 0", show(row)), ("Σ w_k p_k there", show(pool))]
    steps += [("class 1 is ahead by", show(lead)), ("A(S_t P, w) at every t", show(on_the_way))]
    steps += [("Σ w_k p_k with p_1 = (1, 0)", show(linear((P[0], odds("1:0")), w))), ("A there", show(end))]
    text = "However cold teacher 1 becomes, class 1 stays ahead; once its row is one-hot the classes tie, and the first one wins."
    return "argpool", steps, text, bool(lead.is_positive) and end != on_the_way


EXAMPLES: dict[str, Callable[[], Found]] = {
    "simplex": _simplex,
    "unanimity": _unanimity,
    "envelope": _envelope,
    "hull": _hull,
    "nonnegative": _nonnegative,
    "common-support": _common_support,
    "any-support": _any_support,
    "interior": _interior,
    "closed": _closed,
    "lipschitz": _lipschitz,
    "pull": _pull,
    "responsive": _responsive,
    "favourite": _favourite,
    "coordinate": _coordinate,
    "limits": _limits,
    "nonexpansive": _nonexpansive,
    "ranking": _ranking,
    "entropy": _entropy,
    "commutation": _commutation,
    "inheritance": _inheritance,
    "transfer": _transfer,
    "strict-transfer": _strict_transfer,
    "hot": _hot,
    "cold": _cold,
    **promised.EXAMPLES,
}
