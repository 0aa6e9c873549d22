"""The guarantees: what an aggregate is promised to buy. Statements only.

q = A(P, w) and m = Σ_k w_k p_k; P and w interior. Logarithms and entropies of a negative entry are undefined, and fail.
"""

from __future__ import annotations

from axiomkd.core.formula import entropy, equal, implies, kl, merged, total_variation, untied
from axiomkd.core.reading import PAPER, Axiom, Pointwise, Reading
from axiomkd.core.words import number

GROUP = "guarantees"
PROJECT = "the article promises it in words, or opinion pooling asks for it; the formula is this project's"


def _mean(m, v, x):
    """Σ_k w_k x_k for x (…, K)."""
    return m.sum(v.w * x, -1)


def _negative(m, v):
    return {"negative": m.minimum(v.q, 0 * v.q)}


def _possible(m, v):
    """Where a logarithm of every entry of q is asked for: none of them may be 0 either."""
    return {"lost": m.minimum(m.positive(v.q), 0 * v.q)}


# --- spread ------------------------------------------------------------------------------------------------------------------


def _of_aggregate(chance, chance2, outcomes):
    """Var q_i over the four outcomes of two independent rows, (…, C)."""
    a, b = chance[..., None], chance2[..., None]
    weighed = list(zip((a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)), outcomes, strict=True))
    mean = sum(one * q for one, q in weighed)
    return sum(one * (q - mean) * (q - mean) for one, q in weighed)


def _of_row(chance, a, b):
    """Var p_ki of a row that is a with this chance, else b, (…, C)."""
    return chance[..., None] * (1 - chance[..., None]) * (a - b) * (a - b)


def _of_teachers(m, v):
    """Σ_k w_k² Var p_ki of the two rows that vary about one mean, (…, C)."""
    first, second = _of_row(v.chance, v.p, v.b), _of_row(v.chance2, v.p2, v.b2)
    w, w2 = v.w_k[..., None], v.w_other[..., None]
    return w * w * first + w2 * w2 * second


def _variance(m, v):
    of_aggregate = _of_aggregate(v.chance, v.chance2, (v.q_aa, v.q_ab, v.q_ba, v.q_bb))
    return {"spread": _of_teachers(m, v) - of_aggregate}


def _most_of_teachers(m, v):
    """The larger Σ_i Var p_ki of the two rows that vary."""
    first = m.sum(_of_row(v.pi, v.p, v.second), -1)
    second = m.sum(_of_row(v.pi2, v.p2, v.second2), -1)
    return m.maximum(first, second)


def _variance_max(m, v):
    of_aggregate = _of_aggregate(v.pi, v.pi2, (v.u_aa, v.u_ab, v.u_ba, v.u_bb))
    return {"spread": _most_of_teachers(m, v) - m.sum(of_aggregate, -1)}


# --- distance from what is true ----------------------------------------------------------------------------------------------


def _teachers_to(m, v):
    return total_variation(m, v.P, v.y[..., None, :])


def _bias_mean(m, v):
    return {"farther": _mean(m, v, _teachers_to(m, v)) - total_variation(m, v.q, v.y)}


def _bias_max(m, v):
    return {"farther": m.max(_teachers_to(m, v), -1) - total_variation(m, v.q, v.y)}


def _jensen(m, v):
    teachers = kl(m, v.P, v.s[..., None, :])
    return {**_negative(m, v), "farther": _mean(m, v, teachers) - kl(m, v.q, v.s)}


def _log_loss(m, v):
    teachers = m.sum(v.w[..., :, None] * m.log(v.P), -2)
    return {**_possible(m, v), "dearer": m.log(v.q) - teachers}


def _log_loss_max(m, v):
    # KL(y‖q) - KL(y‖p_k) = Σ_i y_i log(p_ki / q_i)
    gains = m.sum(v.y[..., None, :] * (m.log(v.q)[..., None, :] - m.log(v.P)), -1)
    return {**_possible(m, v), "dearer": m.max(gains, -1)}


def _score(m, x):
    """Σ_i (x_i - [i=y])² for every y, (…, C)."""
    return m.sum(x * x, -1)[..., None] - 2 * x + 1


def _brier_mean(m, v):
    return {"dearer": m.sum(v.w[..., :, None] * _score(m, v.P), -2) - _score(m, v.q)}


def _brier_max(m, v):
    return {"dearer": m.max(_score(m, v.P), -2) - _score(m, v.q)}


# --- safety ------------------------------------------------------------------------------------------------------------------


def _attenuation(m, v):
    highest, lowest = m.max(v.P, -2), m.min(v.P, -2)
    spread = highest - lowest
    return {"above": implies(m, spread, highest - v.q), "reached": untied(m, spread, highest - v.q)}


def _safety(m, v):
    w = v.w_k[..., None]
    return {"above": (1 - w) * m.max(v.others, -2) + w * v.p - v.q}


def _safety_set(m, v):
    teachers = m.max(m.sum(v.P * v.S[..., None, :], -1), -1)
    return {"above": teachers - m.sum(v.q * v.S, -1)}


# --- influence, entropy, order -----------------------------------------------------------------------------------------------


def _change(m, v):
    """How far row k moves."""
    return total_variation(m, v.p, v.row)


def _influence(m, v):
    return {"shifted": v.w_k * _change(m, v) - total_variation(m, v.q, v.q_changed)}


def _influence_one(m, v):
    return {"shifted": _change(m, v) - total_variation(m, v.q, v.q_changed)}


def _entropy_mean(m, v):
    return {**_negative(m, v), "sharper": entropy(m, v.q) - _mean(m, v, entropy(m, v.P))}


def _pareto(m, v):
    lead = m.min(
        v.P[..., :, None] - v.P[..., None, :], -3
    )  # of class i over class j, with the teacher who sees the least
    return {"swapped": implies(m, lead, v.q[..., :, None] - v.q[..., None, :])}


def _merge(m, v):
    return {"apart": equal(m, v.q_merged, merged(m, v.q, v.M))}


def _bayes(m, v):
    evidence = m.sum(v.q * v.l, -1)
    # Both sides times the evidence: the claim with the unit of a probability where the evidence is near 1, and no division.
    return {"none": m.positive(evidence), "apart": equal(m, v.q_weighed * evidence[..., None], v.q * v.l)}


# --- in words ----------------------------------------------------------------------------------------------------------------


def _told_negative(v, i):
    return f"class {i[0]} gets {number(v.q[i[0]])}, which has no logarithm"


_LOST = {"negative": _told_negative, "lost": _told_negative}


def _told_spread(v, i):
    return (
        f"row {v.k} is one of two distributions by chance, row {v.other} too, and the aggregate's class {i[0]} varies more than "
        "the teachers' variances allow"
    )


def _told_spread_max(v, i):
    return f"row {v.k} is one of two distributions by chance, row {v.other} too, and the aggregate varies more than either of them"


def _told_bias(v, i):
    return (
        f"the aggregate is {number(v.distance(v.q, v.y))} away from the truth printed, the teachers are "
        f"{', '.join(number(v.distance(p, v.y)) for p in v.P)}"
    )


def _told_jensen(v, i):
    return "the student printed pays more for the aggregate than for the teachers one by one, on average"


def _told_log_loss(v, i):
    c = i[0]
    return f"class {c} costs more under the aggregate ({number(v.q[c])}) than under the teachers on average"


def _told_log_loss_max(v, i):
    return "under the truth printed the aggregate costs more than every teacher"


def _told_brier(whom):
    def told(v, i):
        return f"where class {i[0]} is true the aggregate's squared error is above {whom}"

    return told


def _told_above(v, i):
    c = i[0]
    return f"class {c} gets {number(v.q[c])}, teachers give it {', '.join(number(p[c]) for p in v.P)}"


def _told_reached(v, i):
    c = i[0]
    return f"teachers differ on class {c}, and the aggregate gives it {number(v.q[c])}, as much as the highest"


def _told_safety(v, i):
    c = i[0]
    return (
        f"teacher {v.k} has weight {number(v.w_k)} and gives class {c} {number(v.p[c])}; no other gives it more than "
        f"{number(v.highest_other(c))}, and the aggregate gives it {number(v.q[c])}"
    )


def _told_set(v, i):
    return (
        f"classes {v.chosen()} together get {number(v.dot(v.q, v.S))}, and no teacher gives them more than "
        f"{number(v.most_on_set())}"
    )


def _told_influence(v, i):
    return (
        f"row {v.k}, of weight {number(v.w_k)}, changes by {number(v.distance(v.p, v.row))}, and the aggregate by "
        f"{number(v.distance(v.q, v.q_changed))}"
    )


def _told_entropy(v, i):
    return "the aggregate has less entropy than the teachers have on average"


def _told_pareto(v, i):
    a, b = i
    return f"every teacher ranks class {a} above class {b}, the aggregate does not ({number(v.q[a])}, not {number(v.q[b])})"


def _told_merge(v, i):
    a, b = v.pair
    return (
        f"adding class {b} to class {a} before pooling gives class {i[0]} of what is left {number(v.q_merged[i[0]])}, adding it "
        f"after pooling {number(v.after()[i[0]])}"
    )


def _told_bayes(v, i):
    return "updating the teachers by the likelihood printed is not updating the aggregate by it"


_INTERIOR = "interior"

GUARANTEES = Axiom(
    GROUP,
    "Guarantees",
    "What an aggregate is promised to buy.",
    (
        Reading(
            axiom=GROUP,
            name="variance",
            statement="Independent errors of the teachers average out, with the squares of the weights.",
            formula="rows independent, row k is a_k with probability π_k, else b_k, all with one mean: "
            "Var q_i <= Σ_k w_k² Var p_ki",
            latex=r"\mathrm{E}\,p_1 = \dots = \mathrm{E}\,p_K \Rightarrow "
            r"\operatorname{Var} q_i \le \sum_k w_k^2 \operatorname{Var} p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(
                _variance,
                ("q_aa", "q_ab", "q_ba", "q_bb"),
                scale=lambda m, v: m.sum(_of_teachers(m, v), -1),
                tell={"spread": _told_spread},
                needs=("teacher", "other", "mean", "pi", "pi2"),
            ),
            unit="squared probability",
            source=PAPER,
            note="Two rows vary at a time, the others stay at the mean.",
            paper="IV.2",
            fails="max_all",
        ),
        Reading(
            axiom=GROUP,
            name="variance-max",
            statement="The aggregate varies no more than the teacher that varies most.",
            formula="rows independent and two-point: Σ_i Var q_i <= max_k Σ_i Var p_ki",
            latex=r"\sum_i \operatorname{Var} q_i \le \max_k \sum_i \operatorname{Var} p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(
                _variance_max,
                ("u_aa", "u_ab", "u_ba", "u_bb"),
                scale=_most_of_teachers,
                tell={"spread": _told_spread_max},
                needs=("teacher", "other", "second", "second2", "pi", "pi2"),
            ),
            unit="squared probability",
            source=PROJECT,
            note="Two rows vary at a time.",
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="bias-mean",
            statement="The aggregate is no farther from the truth than the teachers are on average.",
            formula="TV(q, p*) <= Σ_k w_k TV(p_k, p*) for every p* in Δ_C",
            latex=r"\mathrm{TV}(q, p^*) \le \sum_k w_k \mathrm{TV}(p_k, p^*)",
            domain=_INTERIOR,
            claim=Pointwise(
                _bias_mean, ("q",), tell={"farther": _told_bias}, needs=("y",), aim={"y": "truth far on average"}
            ),
            unit="total variation",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="bias-max",
            statement="The aggregate is no farther from the truth than the teacher that is farthest.",
            formula="TV(q, p*) <= max_k TV(p_k, p*) for every p* in Δ_C",
            latex=r"\mathrm{TV}(q, p^*) \le \max_k \mathrm{TV}(p_k, p^*)",
            domain=_INTERIOR,
            claim=Pointwise(
                _bias_max,
                ("q",),
                tell={"farther": _told_bias},
                needs=("y",),
                aim={"y": "truth far from all"},
            ),
            unit="total variation",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="jensen",
            statement="A student's divergence from the aggregate is no more than from the teachers on average.",
            formula="KL(q‖s) <= Σ_k w_k KL(p_k‖s) for every interior s",
            latex=r"\mathrm{KL}(q\|s) \le \sum_k w_k \mathrm{KL}(p_k\|s)",
            domain=_INTERIOR,
            claim=Pointwise(
                _jensen, ("q",), tell={**_LOST, "farther": _told_jensen}, needs=("s",), aim={"s": "student"}
            ),
            unit="nats",
            weaker=(),
            source=PAPER,
            note="Among distributions only the linear pool has it: where q_i > m_i, s_i → 0 breaks it.",
            paper="IV.7",
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="log-loss",
            statement="No class costs more under the aggregate than under the teachers on average.",
            formula="-log q_i <= -Σ_k w_k log p_ki for every class i",
            latex=r"-\log q_i \le -\sum_k w_k \log p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(_log_loss, ("q",), tell={**_LOST, "dearer": _told_log_loss}),
            unit="nats",
            weaker=("log-loss-max",),
            source=PAPER,
            paper="IV.9",
            fails="mean",
        ),
        Reading(
            axiom=GROUP,
            name="log-loss-max",
            statement="Under no truth does the aggregate cost more than the worst of the teachers.",
            formula="KL(y‖q) <= max_k KL(y‖p_k) for every y in Δ_C",
            latex=r"\mathrm{KL}(y\|q) \le \max_k \mathrm{KL}(y\|p_k)",
            domain=_INTERIOR,
            claim=Pointwise(
                _log_loss_max,
                ("q",),
                tell={**_LOST, "dearer": _told_log_loss_max},
                needs=("y",),
                aim={"y": "dear truth"},
            ),
            unit="nats",
            source=PROJECT,
            fails="vote",
        ),
        Reading(
            axiom=GROUP,
            name="attenuation",
            statement="Where teachers differ on a class, the aggregate gives it less than the highest of them.",
            formula="if p_ji < max_k p_ki for some j, then q_i < max_k p_ki",
            latex=r"\min_k p_{ki} < \max_k p_{ki} \Rightarrow q_i < \max_k p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(
                _attenuation,
                ("q",),
                tell={"above": _told_above, "reached": _told_reached},
                ties=frozenset({"reached"}),
                strict=True,
            ),
            unit="probability",
            source=PAPER,
            note="An exact tie refutes it, with violation 1.",
            paper="IV.11",
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="safety",
            statement="A teacher pulls every class down by its weight.",
            formula="q_i <= (1 - w_k)·max_{j≠k} p_ji + w_k p_ki for every teacher k and class i",
            latex=r"q_i \le (1 - w_k) \max_{j \ne k} p_{ji} + w_k p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(_safety, ("q",), tell={"above": _told_safety}, needs=("teacher",)),
            unit="probability",
            weaker=("attenuation",),
            source=PAPER,
            paper="IV.12",
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="safety-set",
            statement="No set of classes gets more than the teacher most confident in it gives it.",
            formula="Σ_{i∈S} q_i <= max_k Σ_{i∈S} p_ki for every set S of classes",
            latex=r"\sum_{i \in S} q_i \le \max_k \sum_{i \in S} p_{ki}",
            domain=_INTERIOR,
            claim=Pointwise(_safety_set, ("q",), tell={"above": _told_set}, needs=("S",), aim={"S": "set"}),
            unit="probability",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="brier-mean",
            statement="The aggregate's squared error is no larger than the teachers' on average.",
            formula="Σ_i (q_i - [i=y])² <= Σ_k w_k Σ_i (p_ki - [i=y])² for every class y",
            latex=r"\|q - e_y\|^2 \le \sum_k w_k \|p_k - e_y\|^2",
            domain=_INTERIOR,
            claim=Pointwise(_brier_mean, ("q",), tell={"dearer": _told_brier("the teachers' on average")}),
            unit="squared probability",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="brier-max",
            statement="The aggregate's squared error is no larger than the worst teacher's.",
            formula="Σ_i (q_i - [i=y])² <= max_k Σ_i (p_ki - [i=y])² for every class y",
            latex=r"\|q - e_y\|^2 \le \max_k \|p_k - e_y\|^2",
            domain=_INTERIOR,
            claim=Pointwise(_brier_max, ("q",), tell={"dearer": _told_brier("every teacher's")}),
            unit="squared probability",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="influence",
            statement="A teacher who changes moves the aggregate by no more than its weight of the change.",
            formula="row k alone changes to p_k': TV(q, q') <= w_k TV(p_k, p_k')",
            latex=r"\mathrm{TV}(q, q') \le w_k \mathrm{TV}(p_k, p_k')",
            domain=_INTERIOR,
            claim=Pointwise(
                _influence,
                ("q", "q_changed"),
                scale=_change,
                tell={"shifted": _told_influence},
                needs=("teacher", "row"),
            ),
            unit="total variation",
            weaker=("influence-one",),
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="influence-one",
            statement="A teacher who changes moves the aggregate by no more than the change.",
            formula="row k alone changes to p_k': TV(q, q') <= TV(p_k, p_k')",
            latex=r"\mathrm{TV}(q, q') \le \mathrm{TV}(p_k, p_k')",
            domain=_INTERIOR,
            claim=Pointwise(
                _influence_one,
                ("q", "q_changed"),
                scale=_change,
                tell={"shifted": _told_influence},
                needs=("teacher", "row"),
            ),
            unit="total variation",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="entropy-mean",
            statement="The aggregate has at least the teachers' entropy on average.",
            formula="H(q) >= Σ_k w_k H(p_k)",
            latex=r"H(q) \ge \sum_k w_k H(p_k)",
            domain=_INTERIOR,
            claim=Pointwise(_entropy_mean, ("q",), tell={**_LOST, "sharper": _told_entropy}),
            unit="nats",
            source=PROJECT,
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="pareto",
            statement="What every teacher ranks higher, the aggregate does not rank lower.",
            formula="if p_ki > p_kj for all k, then q_i >= q_j",
            latex=r"p_{ki} > p_{kj}\ \forall k \Rightarrow q_i \ge q_j",
            domain=_INTERIOR,
            claim=Pointwise(_pareto, ("q",), tell={"swapped": _told_pareto}),
            unit="probability",
            source=PROJECT,
            fails="",
        ),
        Reading(
            axiom=GROUP,
            name="merge",
            statement="Merging two classes before pooling is merging them after it.",
            formula="for i < j: adding class j to class i before pooling gives what adding after gives",
            latex=r"A(M_{ij} P, w) = M_{ij}\, A(P, w)",
            domain=_INTERIOR,
            claim=Pointwise(_merge, ("q", "q_merged"), tell={"apart": _told_merge}, needs=("pair",)),
            unit="probability",
            source=PROJECT,
            note="Asked where the operator supports C and C - 1 classes.",
            fails="log",
        ),
        Reading(
            axiom=GROUP,
            name="bayes",
            statement="Updating the teachers by a likelihood is updating the aggregate by it.",
            formula="for every l > 0: A(rows p_k∘l, renormalised; w) = A(P, w)∘l, renormalised",
            latex=r"A\bigl(p_k \circ l / \langle p_k, l\rangle; w\bigr) = \frac{q \circ l}{\langle q, l\rangle}",
            domain=_INTERIOR,
            claim=Pointwise(
                _bayes,
                ("q", "q_weighed"),
                tell={"apart": _told_bayes, "none": lambda v, i: "the aggregate leaves nothing to update"},
                needs=("l",),
                ties=frozenset({"none"}),
            ),
            unit="probability",
            source=PROJECT,
            note="External Bayesianity: the logarithmic pool has it, the linear pool does not.",
            fails="linear",
        ),
    ),
)
