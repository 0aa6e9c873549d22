"""Axiom 1, convexity: the aggregate lies between the teachers. Statements only."""

from __future__ import annotations

from axiomkd.core.formula import equal, sums_to_one
from axiomkd.core.reading import Axiom, Pointwise, Reading
from axiomkd.core.words import number


def on_simplex(m, q):
    return {"negative": q, "sum": sums_to_one(m, q)}


def _simplex(m, v):
    return on_simplex(m, v.q)


def _unanimity(m, v):
    same = {f"same-{label}": part for label, part in on_simplex(m, v.q_same).items()}
    return {**on_simplex(m, v.q), **same, "moved": equal(m, v.q_same, v.p)}


def _envelope(m, v):
    return {**on_simplex(m, v.q), "below": v.q - m.min(v.P, -2), "above": m.max(v.P, -2) - v.q}


def _envelope_scale(m, v):
    return m.max(m.max(v.P, -2) - m.min(v.P, -2), -1)


def _hull(m, v):
    d = v.d
    return {"separated": m.max(m.sum(d[..., None, :] * v.P, -1), -1) - m.sum(d * v.q, -1)}


_SIMPLEX_WORDS = {
    "negative": lambda v, i: f"class {i[0]} gets {number(v.q[i[0]])}, which is negative",
    "sum": lambda v, i: f"the aggregate sums to {number(v.total(v.q))}, not to 1",
}
_UNANIMITY_WORDS = {
    **_SIMPLEX_WORDS,
    "same-negative": lambda v, i: f"all teachers say the same, and class {i[0]} gets {number(v.q_same[i[0]])}",
    "same-sum": lambda v, i: f"all teachers say the same, and the aggregate sums to {number(v.total(v.q_same))}",
    "moved": lambda v, i: (
        f"all teachers give class {i[0]} the probability {number(v.p[i[0]])}, and the aggregate gives it "
        f"{number(v.q_same[i[0]])}"
    ),
}
_ENVELOPE_WORDS = {
    **_SIMPLEX_WORDS,
    "below": lambda v, i: (
        f"no teacher gives class {i[0]} less than {number(v.lowest(i[0]))}, and the aggregate gives it {number(v.q[i[0]])}"
    ),
    "above": lambda v, i: (
        f"no teacher gives class {i[0]} more than {number(v.highest(i[0]))}, and the aggregate gives it {number(v.q[i[0]])}"
    ),
}

CONVEXITY = Axiom(
    "convexity",
    "Convexity",
    "The aggregate lies between the teachers.",
    (
        Reading(
            axiom="convexity",
            name="simplex",
            statement="The aggregate is a probability distribution.",
            formula="q ∈ Δ_C: q_i >= 0 for every class i, and Σ_i q_i = 1",
            latex=r"q \in \Delta_C",
            domain="interior",
            claim=Pointwise(_simplex, ("q",), tell=_SIMPLEX_WORDS),
            unit="probability",
            paper="A1",
        ),
        Reading(
            axiom="convexity",
            name="unanimity",
            statement="Where all teachers agree, the aggregate agrees with them; and it is a distribution everywhere.",
            formula="q ∈ Δ_C, and A((p, …, p), w) = p",
            latex=r"q \in \Delta_C,\quad A((p,\dots,p), w) = p",
            domain="interior",
            claim=Pointwise(_unanimity, ("q", "q_same"), tell=_UNANIMITY_WORDS),
            unit="probability",
            weaker=("simplex",),
            fails="dempster",
        ),
        Reading(
            axiom="convexity",
            name="envelope",
            statement="Each class gets no less than the lowest and no more than the highest probability a teacher gives it.",
            formula="q ∈ Δ_C, and min_k p_ki <= q_i <= max_k p_ki for every class i",
            latex=r"q \in \Delta_C,\quad \min_k p_{ki} \le q_i \le \max_k p_{ki}\ \forall i",
            domain="interior",
            claim=Pointwise(_envelope, ("q",), scale=_envelope_scale, tell=_ENVELOPE_WORDS),
            unit="probability",
            weaker=("unanimity",),
            note="At C = 2 it says the same as hull.",
            fails="log",
        ),
        Reading(
            axiom="convexity",
            name="hull",
            statement="The aggregate is a weighted mean of the teachers, with some weights.",
            formula="q ∈ conv{p_1, …, p_K}: max_k d·p_k >= d·q for every direction d",
            latex=r"q \in \operatorname{conv}\{p_1,\dots,p_K\}",
            domain="interior",
            claim=Pointwise(
                _hull,
                ("q",),
                scale=lambda m, v: m.max(m.abs(v.d), -1),
                tell={
                    "separated": lambda v, i: (
                        f"along the direction printed the aggregate reaches {number(v.dot(v.d, v.q))}, "
                        f"the farthest teacher {number(v.farthest())}"
                    )
                },
                adversary="direction",
            ),
            unit="probability",
            weaker=("envelope", "safety-set", "bias-max", "brier-max", "log-loss-max"),
            note="A witness carries a direction d with d·q > max_k d·p_k: a hyperplane between the aggregate and the teachers.",
            fails="w1",
        ),
    ),
)
