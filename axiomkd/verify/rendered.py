"""What a row prints for people to run, rendered again from the row's own numbers and compared as text. Nothing of it is run."""

from __future__ import annotations

from axiomkd.core.report import OperatorModel, ReadingModel
from axiomkd.report import reproducer
from axiomkd.verify.line import Failed


def check(one: OperatorModel, r: ReadingModel, softener: str) -> None:
    """The row's reproducer is the one that its witness makes. Raises Failed."""
    # Where a proof and a counterexample contradict each other, the reproducer is the counterexample's.
    shown = r.model_copy(update={"verdict": "refuted"}) if one.defect and r.witness is not None else r
    expected = reproducer.snippet(one, shown, softener=softener)
    if r.reproducer != expected:
        what = "there is none" if r.reproducer is None else "it is another"
        raise Failed(f"its reproducer is not the one that its witness makes ({what}), so it is not to be run")
