"""Axiom 4, weight monotonicity: more weight on a teacher, an aggregate nearer to it. Statements only.

w(t) = (1 - t) w + t e_k. As w runs over the whole simplex, comparing w(0) with w(t) covers every pair t < t'.
"""

from __future__ import annotations

from axiomkd.core.formula import implies, total_variation, untied
from axiomkd.core.reading import PAPER, Axiom, Pointwise, Reading
from axiomkd.core.words import number


def _pull(m, v):
    return {"away": total_variation(m, v.q, v.p) - total_variation(m, v.q_tilted, v.p)}


def _pull_scale(m, v):
    return v.t * m.max(total_variation(m, v.P, v.p[..., None, :]), -1)


def _responsive(m, v):
    return {**_pull(m, v), "alone": -total_variation(m, v.q_vertex, v.p)}


def _coordinate(m, v):
    return {"away": m.abs(v.q - v.p) - m.abs(v.q_tilted - v.p)}


def _favourite(m, v):
    lead = v.p - m.max(v.others, -2)
    return {"drop": implies(m, lead, v.q_tilted - v.q)}


def _transfer(m, v):
    return {"falls": implies(m, v.p - v.p2, v.q_moved - v.q)}


def _strict_transfer(m, v):
    much = (v.p - v.p2) * v.delta[..., None]
    return {**_transfer(m, v), "stays": untied(m, much, v.q_moved - v.q)}


def _told_falls(v, i):
    c = i[0]
    return (
        f"{number(v.delta)} of weight moves from teacher {v.other} to teacher {v.k}, which gives class {c} more "
        f"({number(v.p[c])}, not {number(v.p2[c])}): the class falls from {number(v.q[c])} to {number(v.q_moved[c])}"
    )


def _told_stays(v, i):
    c = i[0]
    return (
        f"{number(v.delta)} of weight moves from teacher {v.other} to teacher {v.k}, which gives class {c} more "
        f"({number(v.p[c])}, not {number(v.p2[c])}): the class stays at {number(v.q[c])}"
    )


def _told_pull(v, i):
    before, after = v.distance(v.q, v.p), v.distance(v.q_tilted, v.p)
    return (
        f"teacher {v.k} gains weight, and the aggregate moves away from it: distance {number(before)} → {number(after)}"
    )


def _told_coordinate(v, i):
    c = i[0]
    return (
        f"teacher {v.k}, who gives class {c} the probability {number(v.p[c])}, gains weight, and the aggregate there goes "
        f"{number(v.q[c])} → {number(v.q_tilted[c])}"
    )


def _told_favourite(v, i):
    c = i[0]
    return (
        f"teacher {v.k}, the most confident on class {c} ({number(v.p[c])}), gains weight, and the class falls: "
        f"{number(v.q[c])} → {number(v.q_tilted[c])}"
    )


WEIGHTS = Axiom(
    "weight-monotonicity",
    "Weight monotonicity",
    "More weight on a teacher brings the aggregate nearer to it.",
    (
        Reading(
            axiom="weight-monotonicity",
            name="pull",
            statement="A teacher who gains weight never sees the aggregate move away.",
            formula="TV(A(P, w(t)), p_k) does not increase in t, for every k; w(t) = (1 - t) w + t e_k",
            latex=r"t \mapsto \mathrm{TV}\bigl(A(P, w(t)), p_k\bigr)\ \text{does not increase}",
            domain="interior P",
            claim=Pointwise(_pull, ("q", "q_tilted"), scale=_pull_scale, tell={"away": _told_pull}),
            unit="total variation",
            fails="softmax5",
        ),
        Reading(
            axiom="weight-monotonicity",
            name="responsive",
            statement="As pull, and all the weight on one teacher gives that teacher.",
            formula="pull, and A(P, e_k) = p_k",
            latex=r"\text{pull},\quad A(P, e_k) = p_k",
            domain="interior P",
            claim=Pointwise(
                _responsive,
                ("q", "q_tilted", "q_vertex"),
                tell={
                    "away": _told_pull,
                    "alone": lambda v, i: (
                        f"all the weight is on teacher {v.k}, and the aggregate still is {number(v.distance(v.q_vertex, v.p))} "
                        "away from it"
                    ),
                },
            ),
            unit="total variation",
            weaker=("pull",),
            fails="mean",
        ),
        Reading(
            axiom="weight-monotonicity",
            name="favourite",
            statement="A class never falls when the teacher most confident in it gains weight.",
            formula="if p_ki >= p_ji for all j, then A_i(P, w(t)) does not decrease in t",
            latex=r"p_{ki} \ge p_{ji}\ \forall j \Rightarrow t \mapsto A_i(P, w(t))\ \text{does not decrease}",
            domain="interior P",
            claim=Pointwise(_favourite, ("q", "q_tilted"), scale=lambda m, v: v.t, tell={"drop": _told_favourite}),
            unit="probability",
            note="A witness has p_ki > p_ji for all other j.",
            fails="log",
        ),
        Reading(
            axiom="weight-monotonicity",
            name="coordinate",
            statement="As pull, for each class by itself.",
            formula="|A_i(P, w(t)) - p_ki| does not increase in t, for every class i",
            latex=r"t \mapsto |A_i(P, w(t)) - p_{ki}|\ \text{does not increase}",
            domain="interior P",
            claim=Pointwise(_coordinate, ("q", "q_tilted"), scale=_pull_scale, tell={"away": _told_coordinate}),
            unit="probability",
            weaker=("pull",),
            note="At C = 2 it says the same as pull.",
            fails="log",
        ),
        Reading(
            axiom="weight-monotonicity",
            name="transfer",
            statement="A class never falls when weight moves to a teacher who gives it more from one who gives it less.",
            formula="if p_ki > p_k'i and 0 < δ <= w_k', then A_i(P, w + δ(e_k - e_k')) >= A_i(P, w)",
            latex=r"p_{ki} > p_{k'i},\ 0 < \delta \le w_{k'} \Rightarrow A_i\bigl(P, w + \delta(e_k - e_{k'})\bigr) \ge A_i(P, w)",
            domain="interior P",
            claim=Pointwise(
                _transfer,
                ("q", "q_moved"),
                scale=lambda m, v: v.delta,
                tell={"falls": _told_falls},
                needs=("teacher", "other", "share"),
            ),
            unit="probability",
            weaker=("favourite",),
            source=PAPER,
            note="The paper says it of small δ; for an A that is continuous in w that is the same.",
            paper="A3, not strictly",
            fails="log",
        ),
        Reading(
            axiom="weight-monotonicity",
            name="strict-transfer",
            statement="A class rises when weight moves to a teacher who gives it more from one who gives it less.",
            formula="if p_ki > p_k'i and 0 < δ <= w_k', then A_i(P, w + δ(e_k - e_k')) > A_i(P, w)",
            latex=r"p_{ki} > p_{k'i},\ 0 < \delta \le w_{k'} \Rightarrow A_i\bigl(P, w + \delta(e_k - e_{k'})\bigr) > A_i(P, w)",
            domain="interior P",
            claim=Pointwise(
                _strict_transfer,
                ("q", "q_moved"),
                scale=lambda m, v: v.delta,
                tell={"falls": _told_falls, "stays": _told_stays},
                needs=("teacher", "other", "share"),
                ties=frozenset({"stays"}),
                strict=True,
            ),
            unit="probability",
            weaker=("transfer",),
            source=PAPER,
            note="An exact tie refutes it, with violation 1; two numbers that only floats find equal do not.",
            paper="A3",
            fails="mean",
        ),
    ),
)
