"""Axiom 5, temperature coherence: softening the teachers softens the aggregate. Statements only.

A_T = A(S_T P, w), or A(P, w, T) for an operator that takes T. For the others S_T is a semigroup, so comparing T = 1 with T covers
every pair of temperatures.
"""

from __future__ import annotations

from axiomkd.core.formula import entropy, equal, total_variation
from axiomkd.core.reading import PAPER, Axiom, Limit, OneTemperature, Pointwise, Reading
from axiomkd.core.words import compared, number


def _nonexpansive(m, v):
    teachers = m.max(total_variation(m, v.P_warm, v.P_cold), -1)
    return {"drift": teachers - total_variation(m, v.q_warm, v.q_cold)}


def _ranking(m, v):
    return {"swapped": m.order_kept(v.q, v.q_warm)}


def _entropy(m, v):
    return {"sharper": v.warming * (entropy(m, v.q_warm) - entropy(m, v.q_cold))}


def _commutation(m, v):
    # S_T of a negative entry is undefined and fails: the entry itself is the margin then.
    softened = v.soften(m, m.maximum(v.q, 0 * v.q), v.T)
    return {"apart": equal(m, v.q_warm, softened), "negative": m.minimum(v.q, 0 * v.q)}


def _told_drift(v, i):
    most, moved = compared(v.largest_drift(), v.distance(v.q_warm, v.q_cold))
    return f"from T = {number(v.T1)} to {number(v.T)} no teacher moves by more than {most}, and the aggregate moves by {moved}"


def _told_swapped(v, i):
    a, b = i
    return (
        f"at T = 1 class {a} is ahead of class {b} ({number(v.q[a])} > {number(v.q[b])}); at T = {number(v.T)} it is behind "
        f"({number(v.q_warm[a])} < {number(v.q_warm[b])})"
    )


def _told_sharper(v, i):
    cold, warm = (v.T1, v.T) if v.warming > 0 else (v.T, v.T1)
    return (
        f"the teachers soften from T = {number(cold)} to {number(warm)}, and the aggregate gets sharper: entropy "
        f"{number(v.entropy_at(cold))} → {number(v.entropy_at(warm))} nats"
    )


def _told_apart(v, i):
    c = i[0]
    return (
        f"softening first gives class {c} the probability {number(v.q_warm[c])}, pooling first gives it "
        f"{number(v.softened()[c])} (T = {number(v.T)})"
    )


TEMPERATURE = Axiom(
    "temperature-coherence",
    "Temperature coherence",
    "Softening the teachers softens the aggregate.",
    (
        Reading(
            axiom="temperature-coherence",
            name="limits",
            statement="As T rises the aggregate moves without jumps, and it ends at the uniform distribution.",
            formula="for interior P: A_T is continuous in T, and tends to (1/C, …, 1/C) as T → ∞",
            latex=r"T \mapsto A_T\ \text{continuous},\quad \lim_{T\to\infty} A_T = (1/C, \dots, 1/C)",
            domain="interior",
            claim=Limit(),
            unit=None,
            note="Refuted by a jump along T, or by TV(A_T, uniform) > 1/1000 at T = 2^40 (1 + max |log p_ki|), where every "
            "softened row is within 1e-11 of uniform, and nine tenths of it at T².",
            fails="vote",
        ),
        Reading(
            axiom="temperature-coherence",
            name="nonexpansive",
            statement="When T changes, the aggregate drifts no more than the teacher that drifts most.",
            formula="TV(A_T, A_T') <= max_k TV(S_T p_k, S_T' p_k)",
            latex=r"\mathrm{TV}(A_T, A_{T'}) \le \max_k \mathrm{TV}(S_T p_k, S_{T'} p_k)",
            domain="interior",
            claim=Pointwise(
                _nonexpansive,
                ("q_cold", "q_warm"),
                scale=lambda m, v: m.max(total_variation(m, v.P_warm, v.P_cold), -1),
                tell={"drift": _told_drift},
            ),
            unit="total variation",
            fails="log",
        ),
        Reading(
            axiom="temperature-coherence",
            name="ranking",
            statement="A class that is ahead at T = 1 is never behind at another T.",
            formula="if q_i > q_j at T = 1 then A_T,i >= A_T,j at every T",
            latex=r"q_i > q_j \Rightarrow A_{T,i} \ge A_{T,j}\ \forall T",
            domain="interior",
            claim=Pointwise(_ranking, ("q", "q_warm"), tell={"swapped": _told_swapped}),
            unit="probability",
            fails="linear",
        ),
        Reading(
            axiom="temperature-coherence",
            name="entropy",
            statement="The aggregate's entropy does not fall as T rises.",
            formula="H(A_T) does not decrease in T",
            latex=r"T \mapsto H(A_T)\ \text{does not decrease}",
            domain="interior",
            claim=Pointwise(
                _entropy,
                ("q_cold", "q_warm"),
                scale=lambda m, v: m.max(total_variation(m, v.P_warm, v.P_cold), -1),
                tell={"sharper": _told_sharper},
            ),
            unit="nats",
            fails="linear",
        ),
        Reading(
            axiom="temperature-coherence",
            name="commutation",
            statement="Softening the teachers and pooling is pooling and softening the aggregate.",
            formula="A(S_T P, w) = S_T(A(P, w)); for operators that take T: A(P, w, T) = S_T(A(P, w, 1))",
            latex=r"A(S_T P, w) = S_T(A(P, w))",
            domain="interior",
            claim=Pointwise(
                _commutation,
                ("q", "q_warm"),
                tell={
                    "apart": _told_apart,
                    "negative": lambda v, i: f"class {i[0]} gets {number(v.q[i[0]])}, which no temperature softens",
                },
            ),
            unit="probability",
            weaker=("ranking", "entropy"),
            note="It implies ranking and entropy for operators with simplex.",
            fails="linear",
        ),
        Reading(
            axiom="temperature-coherence",
            name="hot",
            statement="A teacher whose temperature alone goes to infinity ends up counting as the uniform distribution.",
            formula="for every k: as t_k → ∞, the other t_j = 1, A(S_t P, w) → A(P with p_k := (1/C, …, 1/C), w)",
            latex=r"t_k \to \infty \Rightarrow A(S_t P, w) \to A(P\,|\,p_k := U, w)",
            domain="interior",
            claim=OneTemperature(cold=False),
            unit=None,
            source=PAPER,
            note="Refuted by TV > 1e-9 at t = 2^40 (1 + max |log p_ki|), and nine tenths of it at t². No claim where A is "
            "undefined at the limit, unless removably. With one scalar T all rows move at once.",
            paper="A5",
            fails="vote",
        ),
        Reading(
            axiom="temperature-coherence",
            name="cold",
            statement="A teacher whose temperature alone goes to 0 ends up counting as the one-hot distribution at its argmax.",
            formula="for every k with one argmax j: as t_k → 0+, the other t_j = 1, A(S_t P, w) → A(P with p_k := e_j, w)",
            latex=r"t_k \to 0^+ \Rightarrow A(S_t P, w) \to A(P\,|\,p_k := e_j, w)",
            domain="interior",
            claim=OneTemperature(cold=True),
            unit=None,
            source=PAPER,
            note="Refuted by TV > 1e-9 where the second entry of row k is r = 2^(-200/w_k) of the largest, and nine tenths of it "
            "at r^4. No claim where A is undefined at the limit, unless removably. Inconclusive for operators of the interior. "
            "With one scalar T all rows move at once.",
            paper="A5",
            fails="argpool",
        ),
    ),
)
