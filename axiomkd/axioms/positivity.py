"""Axiom 2, positivity: no class is lost, nothing is negative. Statements only."""

from __future__ import annotations

from axiomkd.core.reading import PAPER, Axiom, Pointwise, Reading
from axiomkd.core.words import number


def _nonnegative(m, v):
    return {"negative": v.q}


def _supported(m, v, everyone):
    """q_i > 0 for the classes that everyone (or someone) with weight supports; other classes pass."""
    active = v.active[..., :, None]
    if everyone:
        needed = (v.support | ~active).all(-2)
    else:
        needed = (v.support & active).any(-2)
    return {"negative": v.q, "lost": m.where(needed, m.positive(v.q), 1)}


def _common(m, v):
    return _supported(m, v, everyone=True)


def _any(m, v):
    return _supported(m, v, everyone=False)


def _told_lost(who, v, i):
    return f"{who} gives class {i[0]} some probability, the aggregate gives it {number(v.q[i[0]])}"


_NEGATIVE = {"negative": lambda v, i: f"class {i[0]} gets {number(v.q[i[0]])}, which is negative"}

POSITIVITY = Axiom(
    "positivity",
    "Positivity",
    "No class is lost, and nothing is negative.",
    (
        Reading(
            axiom="positivity",
            name="nonnegative",
            statement="No class gets a negative value.",
            formula="q_i >= 0 for every class i",
            latex=r"q \ge 0",
            domain="closed",
            claim=Pointwise(_nonnegative, ("q",), tell=_NEGATIVE),
            unit="probability",
        ),
        Reading(
            axiom="positivity",
            name="common-support",
            statement="A class that every teacher with weight finds possible stays possible.",
            formula="q >= 0, and if p_ki > 0 for every k with w_k > 0 then q_i > 0",
            latex=r"q \ge 0,\quad \bigl(\forall k \in \operatorname{supp} w:\ p_{ki} > 0\bigr) \Rightarrow q_i > 0",
            domain="closed",
            claim=Pointwise(
                _common,
                ("q",),
                tell={
                    **_NEGATIVE,
                    "lost": lambda v, i: _told_lost("every teacher with weight", v, i),
                },
                measurable=False,
            ),
            unit=None,
            weaker=("nonnegative", "inheritance"),
            note="The claim is about the real number q_i: a float that underflows to 0 is a numerical defect (fragile).",
            fails="vote",
        ),
        Reading(
            axiom="positivity",
            name="any-support",
            statement="A class that some teacher with weight finds possible stays possible.",
            formula="q >= 0, and if p_ki > 0 for some k with w_k > 0 then q_i > 0",
            latex=r"q \ge 0,\quad \bigl(\exists k \in \operatorname{supp} w:\ p_{ki} > 0\bigr) \Rightarrow q_i > 0",
            domain="closed",
            claim=Pointwise(
                _any,
                ("q",),
                tell={
                    **_NEGATIVE,
                    "lost": lambda v, i: _told_lost("a teacher with weight", v, i),
                },
                measurable=False,
            ),
            unit=None,
            weaker=("common-support",),
            fails="log",
        ),
        Reading(
            axiom="positivity",
            name="inheritance",
            statement="Where every teacher finds every class possible, so does the aggregate.",
            formula="if p_ki > 0 for every k and i, then q_i > 0 for every class i, whatever the weights",
            latex=r"P > 0 \Rightarrow q > 0",
            domain="interior P",
            claim=Pointwise(
                lambda m, v: {"lost": m.positive(v.q)},
                ("q",),
                tell={"lost": lambda v, i: _told_lost("every teacher", v, i)},
                measurable=False,
            ),
            unit=None,
            source=PAPER,
            note="The weights play no part in it: a teacher of weight 0 counts as well as the others.",
            paper="A2",
            fails="vote",
        ),
    ),
)
