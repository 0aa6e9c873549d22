"""What a row prints for people to run, rendered again from the row's own numbers and compared as text. Nothing of it is run."""

from __future__ import annotations

from collections.abc import Sequence

from axiomkd.core.report import OperatorModel, ReadingModel
from axiomkd.report import reproducer
from axiomkd.verify.line import Failed

OLDER = (
    "from axiomkd.operators.loading import load"  # a line of those that reports had before a witness was a public value
)
UNVOUCHED = "its reproducer is an earlier version's, which nothing here vouches for: do not run it"


def unvouched(r: ReadingModel) -> Sequence[str]:
    """What a line says of a reproducer that this version does not write: a report that is older than it is read all the same."""
    return (UNVOUCHED,) if r.reproducer is not None and OLDER in r.reproducer.splitlines() else ()


def check(one: OperatorModel, r: ReadingModel, softener: str) -> None:
    """The row's reproducer is the one that its witness makes, or an earlier version's. Raises Failed."""
    if unvouched(r):
        return
    # Where a proof and a counterexample contradict each other, the reproducer is the counterexample's.
    shown = r.model_copy(update={"verdict": "refuted"}) if one.defect and r.witness is not None else r
    expected = reproducer.snippet(one, shown, softener=softener)
    if r.reproducer != expected:
        what = "there is none" if r.reproducer is None else "it is another"
        raise Failed(f"its reproducer is not the one that its witness makes ({what}), so it is not to be run")
