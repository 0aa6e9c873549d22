"""Axiom 3, continuity: a small change of a teacher is a small change of the aggregate. Statements only.

Finitely many values cannot refute a limit, so these claims are refuted operationally; the notes say how.
"""

from __future__ import annotations

from axiomkd.core.reading import Axiom, Growth, Jump, Reading

CONTINUITY = Axiom(
    "continuity",
    "Continuity",
    "A small change of a teacher is a small change of the aggregate.",
    (
        Reading(
            axiom="continuity",
            name="interior",
            statement="The aggregate has no jump where all probabilities and weights are positive.",
            formula="A is defined and continuous on the interior, jointly in P and w",
            latex=r"A \in C\bigl((\Delta_C^\circ)^K \times \Delta_K^\circ\bigr)",
            domain="interior",
            claim=Jump(closed=False),
            unit=None,
            paper="A4",
            note="Refuted by two points 2^-200 apart whose outputs differ by more than 1e-9, and by nine tenths of that at "
            "2^-400; or by an interior point where A is undefined.",
            fails="topteacher",
        ),
        Reading(
            axiom="continuity",
            name="closed",
            statement="The aggregate is defined and has no jump, probabilities and weights of zero included.",
            formula="A is defined and continuous on Δ_C^K × Δ_K",
            latex=r"A \in C\bigl(\Delta_C^K \times \Delta_K\bigr)",
            domain="closed",
            claim=Jump(closed=True),
            unit=None,
            weaker=("interior",),
            note="Refuted by a jump onto a face, or by two sequences into one boundary point with different limits. Undefined at "
            "a boundary point with one limit from every side seen: fragile.",
            fails="log",
        ),
        Reading(
            axiom="continuity",
            name="lipschitz",
            statement="The aggregate moves at most L times as far as its inputs, for one finite L.",
            formula="closed, and ‖A(x) - A(y)‖₁ <= L ‖x - y‖₁ for one L per (K, C), x = (P, w)",
            latex=r"\|A(x) - A(y)\|_1 \le L\,\|x - y\|_1",
            domain="closed",
            claim=Growth(),
            unit=None,
            weaker=("closed",),
            note="Refuted by pairs at distances 2^-50, 2^-100, 2^-200, 2^-400 whose quotient grows by growing increments.",
            fails="power2",
        ),
    ),
)
