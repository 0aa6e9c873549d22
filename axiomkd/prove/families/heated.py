"""Theorems on operators that take the temperature, one or one for each teacher, and soften the rows before they pool them.

To add one, write an `attempt` that derives the hypotheses from the subject, and a `Theorem` with its written proof.
"""

from __future__ import annotations

from axiomkd.prove import softening, subject
from axiomkd.prove.claims import Attempt, Claim, Missing
from axiomkd.prove.families.hypotheses import HERE, claim, continuous, equal, flowing_code, form, together
from axiomkd.prove.subject import Subject
from axiomkd.prove.theorem import Theorem


def _softens_rows(s: Subject) -> list[Claim | Missing]:
    """On the interior, A(P, w, T) is A(S_T P, w, 1): each row softened at its own temperature where it has one."""
    a, q = s.analysis("interior"), s.q("interior")
    if s.with_T is None:
        return [Missing("the operator takes no temperature")]
    each = s.with_Ts is not None
    heated = a.normal(s.with_T if s.with_Ts is None else s.with_Ts)
    if not s.total("interior"):
        return [Missing(s.obstacle("interior") or "the code may give no finite value at some interior point", 1)]
    first = subject.at(a, q, softening.of_rows(a, s.softener, s.C, each=each))
    name = "Ts" if each else "T"
    return [
        claim("defined", a, text="at T = 1 the code gives a finite value everywhere"),
        claim(
            "form", a, heated, text=f"the aggregate's entry at class i, with {name}", **{"each" if each else "T": True}
        ),
        equal(a, heated, first, f"A(P, w, {name}) = A(S_{name} P, w, 1)"),
    ]


def _hot(s: Subject) -> Attempt:
    flat = continuous(s, "interior", "at T = 1 the term is continuous in P, w held fixed")
    return flat if isinstance(flat, Missing) else together(form(s, "interior"), _softens_rows(s), flat)


def _cold(s: Subject) -> Attempt:
    text = "at T = 1 the code is continuous in P where it gives a number, infinities on the way included"
    code = flowing_code(s, text, " at T = 1")
    if isinstance(code, Missing):
        return code
    first, last = code
    return together(first, _softens_rows(s), last)


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        name="rows-softened-hot",
        title="Rows softened first, and heated",
        concludes=("hot",),
        statement="If A takes a temperature T, or a temperature t_k for each teacher, A(P, w, 1) is defined on the interior and "
        "continuous in P for each w, and on the interior the formula of A(P, w, T) is that of A(S_T P, w, 1), each row "
        "softened at its own temperature, then A has `hot`.",
        proof="Each S_t p is interior for an interior p and t > 0, and tends to the uniform distribution as t → ∞; S_1 p = p. "
        "So as t_k → ∞ with the others at 1, or as the one T → ∞, the softened rows tend to an interior point, at which "
        "A(·, w, 1) is defined and continuous: A(P, w, T) = A(S_T P, w, 1) tends to its value there, which is what is "
        "claimed, for at that point the temperatures are 1.",
        source="calculus; " + HERE,
        attempt=_hot,
        facts=("settling",),
        takes_T=True,
        example="linear_ts",
    ),
    Theorem(
        name="rows-softened-cold",
        title="Rows softened first, and cooled",
        concludes=("cold",),
        statement="If A takes a temperature T, or a temperature t_k for each teacher; if on the interior A(P, w, 1) is defined and "
        "the formula of A(P, w, T) is that of A(S_T P, w, 1), each row softened at its own temperature; and if, for each "
        "interior w and every P, zeros included, the code of A(P, w, 1) is made of operations that are continuous in the "
        "extended real numbers where they give no NaN, and that pass a NaN on, with no denominator, logarithm or root of "
        "what may be negative; then A has `cold` under a softener whose cold rows tend to one-hot ones.",
        proof="As t_k → 0+ with the others at 1, S_t p_k tends to e_j, j the one argmax of p_k, through interior rows; as the "
        "one T → 0+, every row does so. There A(P, w, T) = A(S_T P, w, 1). If A(·, w, 1) is defined at the limit point, "
        "no operation of its code gives NaN there, so each has a limit in the extended real numbers, from the entries of "
        "P up to the result: A(S_T P, w, 1) tends to the value at the limit point, which is what is claimed. Where it is "
        "not defined, there is no claim, or the limit itself is taken for the value.",
        source="calculus; " + HERE,
        attempt=_cold,
        facts=("freezing",),
        takes_T=True,
        example="log_ts",
    ),
)
