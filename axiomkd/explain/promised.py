"""For each guarantee one failure worked by hand, in SymPy's arithmetic and with its own operators.

Indices count from 0. The readings of the axioms are in `worked`.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from axiomkd.explain.exactly import (
    Expr,
    Found,
    Row,
    ahead,
    entropy,
    given,
    kl,
    linear,
    log,
    max_all,
    mean,
    norm,
    odds,
    panel,
    show,
    squared_error,
    tv,
    vote,
    w1,
)


def _of_two(outcomes: tuple[Row, Row]) -> Row:
    """The variance of each class over two outcomes of equal chance."""
    return tuple(sp.simplify((a - b) ** 2 / 4) for a, b in zip(*outcomes, strict=True))


def _averaged(w: Row, values) -> Expr:
    return sp.Add(*(v * x for v, x in zip(w, values, strict=True)))


def _variance() -> Found:
    first, other, w = (odds("2:1"), odds("1:2")), odds("1:1"), odds("1:3")
    outcomes = (max_all((first[0], other), w), max_all((first[1], other), w))
    spread, allowed = _of_two(outcomes)[0], w[0] ** 2 * _of_two(first)[0]
    steps = [("teacher 0, a coin's choice", f"{show(first[0])} or {show(first[1])}"), ("teacher 1", show(other))]
    steps += [("weights", show(w)), ("q", f"{show(outcomes[0])} or {show(outcomes[1])}")]
    steps += [("Σ w_k² Var p_k0", show(allowed)), ("Var q_0", show(spread))]
    return "max_all", steps, f"The variance of class 0 is {spread}, and may be {allowed}.", ahead(spread, allowed)


def _variance_max() -> Found:
    first, other, w = (odds("256:1"), odds("16:1")), odds("1:64"), odds("1:1")
    outcomes = (log((first[0], other), w), log((first[1], other), w))
    spread, allowed = sp.Add(*_of_two(outcomes)), sp.Add(*_of_two(first))
    steps = [("teacher 0, a coin's choice", f"{show(first[0])} or {show(first[1])}"), ("teacher 1", show(other))]
    steps += [("weights", show(w)), ("q", f"{show(outcomes[0])} or {show(outcomes[1])}")]
    steps += [("Σ_i Var p_0i, the largest", show(allowed)), ("Σ_i Var q_i", show(spread))]
    text = f"The aggregate varies by {spread}, the only teacher that varies by {allowed}."
    return "log", steps, text, ahead(spread, allowed)


def _bias_mean() -> Found:
    P, w, truth = panel("1:1|1:9"), odds("1:1"), odds("1:0")
    q = log(P, w)
    far, allowed = tv(q, truth), _averaged(w, [tv(p, truth) for p in P])
    steps = [*given(P, w), ("q", show(q)), ("the truth p*", show(truth))]
    steps += [("TV(p_k, p*)", show(tuple(tv(p, truth) for p in P))), ("TV(q, p*)", show(far))]
    return "log", steps, f"The teachers are {allowed} away on average, the aggregate {far}.", ahead(far, allowed)


def _bias_max() -> Found:
    P, w, truth = panel("1:4:3|4:1:3"), odds("1:1"), odds("1:1:0")
    q = log(P, w)
    far, each = tv(q, truth), tuple(tv(p, truth) for p in P)
    steps = [*given(P, w), ("q", show(q)), ("the truth p*", show(truth))]
    steps += [("TV(p_k, p*)", show(each)), ("TV(q, p*)", show(far))]
    return "log", steps, f"Both teachers are {each[0]} away, the aggregate {far}.", ahead(far, max(each))


def _jensen() -> Found:
    P, w, student = panel("1:1|1:9"), odds("1:1"), odds("4:1")
    q = log(P, w)
    cost, allowed = kl(q, student), _averaged(w, [kl(p, student) for p in P])
    steps = [*given(P, w), ("q", show(q)), ("Σ w_k p_k", show(linear(P, w))), ("the student s", show(student))]
    steps += [("Σ w_k KL(p_k‖s)", show(sp.expand_log(allowed))), ("KL(q‖s)", show(sp.expand_log(cost)))]
    text = "Class 1 gets more than Σ w_k p_k1; a student that gives it little pays more for q than for the teachers."
    return "log", steps, text, bool(sp.N(cost - allowed, 30) > 0)


def _log_loss() -> Found:
    P, w = panel("1:1|1:9"), odds("3:1")
    q = mean(P, w)
    cost, allowed = -sp.log(q[0]), _averaged(w, [-sp.log(p[0]) for p in P])
    steps = [*given(P, w), ("q", show(q)), ("-Σ w_k log p_k0", show(allowed)), ("-log q_0", show(cost))]
    text = "Class 0 costs more: the teacher who pays little for it has the weight, and the aggregate does not listen."
    return "mean", steps, text, bool(sp.N(cost - allowed, 30) > 0)


def _log_loss_max() -> Found:
    P, w, truth = panel("2:1|2:1"), odds("1:1"), odds("0:1")
    q = vote(P, w)
    steps = [*given(P, w), ("q", show(q)), ("the truth y", show(truth))]
    steps += [("KL(y‖p_k)", show(kl(truth, P[0]))), ("KL(y‖q)", show(kl(truth, q)))]
    return "vote", steps, "The aggregate gives the true class nothing, and pays without bound.", kl(truth, q) == sp.oo


def _attenuation() -> Found:
    P, w = panel("64:1:9|1:64:4"), odds("1:1")
    q = log(P, w)
    steps = [*given(P, w), ("p_k2", show(tuple(p[2] for p in P))), ("q", show(q))]
    text = f"The teachers differ on class 2 and give it at most {P[0][2]}; the aggregate gives it {q[2]}."
    return "log", steps, text, P[0][2] != P[1][2] and ahead(q[2], P[0][2])


def _safety() -> Found:
    P, w = panel("64:1:9|1:64:4"), odds("1:1")
    q = log(P, w)
    bound = (1 - w[1]) * P[0][2] + w[1] * P[1][2]
    steps = [*given(P, w), ("(1 - w_1) p_02 + w_1 p_12", show(bound)), ("q", show(q))]
    text = f"Teacher 1 is careful with class 2, and should hold it to {bound}; the aggregate gives it {q[2]}."
    return "log", steps, text, ahead(q[2], bound)


def _safety_set() -> Found:
    P, w = panel("16:1:1|1:16:1"), odds("1:1")
    q = log(P, w)
    steps = [*given(P, w), ("S", "{2}"), ("Σ_{i∈S} p_ki", show(tuple(p[2] for p in P))), ("q", show(q))]
    return "log", steps, f"No teacher gives S more than {P[0][2]}; the aggregate gives it {q[2]}.", ahead(q[2], P[0][2])


def _brier_mean() -> Found:
    P, w = panel("1:1|1:9"), odds("1:1")
    q = log(P, w)
    cost, allowed = squared_error(q, 0), _averaged(w, [squared_error(p, 0) for p in P])
    steps = [*given(P, w), ("q", show(q)), ("the teachers' errors where class 0 is true", show(allowed))]
    steps.append(("the aggregate's", show(cost)))
    return "log", steps, f"The squared error is {cost}, the teachers' on average {allowed}.", ahead(cost, allowed)


def _brier_max() -> Found:
    P, w = panel("1:1:8|1:9:18"), odds("1:1")
    q = log(P, w)
    cost, each = squared_error(q, 0), tuple(squared_error(p, 0) for p in P)
    steps = [*given(P, w), ("q", show(q)), ("the teachers' errors where class 0 is true", show(each))]
    steps.append(("the aggregate's", show(cost)))
    return "log", steps, f"The squared error is {cost}, the worst teacher's {max(each)}.", ahead(cost, max(each))


def _change(first: str, then: str, other: str) -> tuple[list[tuple[str, str]], Expr, Expr]:
    """The log pool at ½ where one row changes: the steps, and how far the row and the aggregate move."""
    w, rows, still = odds("1:1"), (odds(first), odds(then)), odds(other)
    outcomes = tuple(log((row, still), w) for row in rows)
    steps = [("teacher 0", f"{show(rows[0])} → {show(rows[1])}"), ("teacher 1", show(still)), ("weights", show(w))]
    steps.append(("q", f"{show(outcomes[0])} → {show(outcomes[1])}"))
    return steps, tv(*rows), tv(*outcomes)


def _influence() -> Found:
    steps, row, moved = _change("1:4", "1:1", "1:1")
    steps += [("w_0 TV(p_0, p_0')", show(row / 2)), ("TV(q, q')", show(moved))]
    text = f"Teacher 0 has half the weight and moves by {row}; the aggregate moves by {moved}, more than half of it."
    return "log", steps, text, ahead(moved, row / 2)


def _influence_one() -> Found:
    steps, row, moved = _change("256:1", "16:1", "1:64")
    steps += [("TV(p_0, p_0')", show(row)), ("TV(q, q')", show(moved))]
    return "log", steps, f"One teacher moves by {row}, and the aggregate by {moved}.", ahead(moved, row)


def _entropy_mean() -> Found:
    P, w = panel("1:2|1:32"), odds("1:1")
    q = log(P, w)
    own, allowed = entropy(q), _averaged(w, [entropy(p) for p in P])
    steps = [*given(P, w), ("q", show(q)), ("Σ w_k H(p_k)", show(sp.expand(allowed))), ("H(q)", show(own))]
    return "log", steps, "The aggregate is surer than the teachers are on average.", bool(sp.N(allowed - own, 30) > 0)


def _pareto() -> Found:
    P, w = panel("3:1:2|2:4:1"), odds("1:1")
    q = w1(P, w)
    steps = [*given(P, w), ("p_k0, p_k2", show(tuple((p[0], p[2]) for p in P))), ("q", show(q))]
    text = f"Every teacher ranks class 0 above class 2; the aggregate gives them {q[0]} and {q[2]}."
    return "w1", steps, text, all(ahead(p[0], p[2]) for p in P) and ahead(q[2], q[0])


def _merge() -> Found:
    P, w = panel("1:1:4|4:1:1"), odds("1:1")
    merged = tuple((p[0] + p[2], p[1]) for p in P)
    q, before = log(P, w), log(merged, w)
    steps = [*given(P, w), ("classes 0 and 2 merged", f"{show(merged[0])}, {show(merged[1])}")]
    steps += [("merge, then pool", show(before)), ("pool", show(q)), ("pool, then merge", show((q[0] + q[2], q[1])))]
    text = f"The merged class gets {before[0]} one way and {q[0] + q[2]} the other."
    return "log", steps, text, before[0] != q[0] + q[2]


def _bayes() -> Found:
    P, w, likelihood = panel("1:1|1:3"), odds("1:1"), (sp.Integer(2), sp.Integer(1))

    def updated(row: Row) -> Row:
        return norm([x * one for x, one in zip(row, likelihood, strict=True)])

    first, last = linear(tuple(map(updated, P)), w), updated(linear(P, w))
    steps = [*given(P, w), ("likelihood l", show(likelihood)), ("update, then pool", show(first))]
    steps += [("pool", show(linear(P, w))), ("pool, then update", show(last))]
    return "linear", steps, f"Class 0 gets {first[0]} one way and {last[0]} the other.", first != last


EXAMPLES: dict[str, Callable[[], Found]] = {
    "variance": _variance,
    "variance-max": _variance_max,
    "bias-mean": _bias_mean,
    "bias-max": _bias_max,
    "jensen": _jensen,
    "log-loss": _log_loss,
    "log-loss-max": _log_loss_max,
    "attenuation": _attenuation,
    "safety": _safety,
    "safety-set": _safety_set,
    "brier-mean": _brier_mean,
    "brier-max": _brier_max,
    "influence": _influence,
    "influence-one": _influence_one,
    "entropy-mean": _entropy_mean,
    "pareto": _pareto,
    "merge": _merge,
    "bayes": _bayes,
}
