"""One of each kind of input that was once given a false verdict, or none, with what may be said of it now.

`refuted`: readings that are false and must be found so. `true`: readings of the real function that hold, so that neither
`refuted` nor `error` will do. `beyond`: a size at which a reading is false, so that no proof of it may cover that size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from axiomkd import axioms
from axiomkd.checking import engine
from axiomkd.core.operator import describe
from axiomkd.core.report import OperatorModel
from axiomkd.core.scope import parse
from axiomkd.core.settings import Settings
from axiomkd.tracing import numerics
from tests.cases import operators as ops

numerics.prepare()

LINEAR = (
    "simplex unanimity envelope hull nonnegative common-support any-support interior closed lipschitz pull responsive "
    "favourite coordinate limits nonexpansive"
)
MEAN = LINEAR.replace("responsive ", "")
NOT_OF_LINEAR = "ranking entropy commutation"


@dataclass(frozen=True)
class Case:
    fn: Callable
    refuted: str = ""
    true: str = ""
    beyond: tuple[str, tuple[int, int]] = ("", (2, 2))
    options: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    def __str__(self) -> str:
        return self.fn.__name__


CASES = [
    Case(ops.vote_with_a_short_index, beyond=("simplex hull unanimity", (2, 129))),
    Case(ops.tripled_for_seven, refuted="simplex unanimity envelope hull", beyond=(LINEAR, (7, 3))),
    Case(ops.tuned_for_seven, refuted="simplex unanimity envelope hull", beyond=("simplex hull", (7, 3))),
    Case(ops.dot_of_truths, beyond=("simplex hull envelope", (2, 602))),
    Case(ops.wraps_below_zero, beyond=("simplex hull envelope", (2, 602))),
    Case(ops.imaginary_bump, refuted="simplex unanimity envelope hull", beyond=("simplex hull", (2, 2))),
    Case(ops.floors_in_a_map, beyond=("simplex hull nonnegative", (2, 700))),
    Case(ops.scanned_backwards, beyond=("simplex hull envelope", (2, 603))),
    Case(ops.captures_two_arrays(), beyond=("simplex hull envelope", (2, 700))),
    Case(ops.two_faces, error="NumPy"),
    Case(ops.convolved, true="simplex nonnegative envelope hull"),
    Case(ops.fourier_and_back, true=LINEAR, refuted=NOT_OF_LINEAR),
    Case(ops.half_precision_and_back, true=LINEAR),
    Case(ops.linear32, true=LINEAR, refuted=NOT_OF_LINEAR),
    Case(ops.opaque_linear32, true=LINEAR, refuted=NOT_OF_LINEAR),
    Case(ops.running_mean32, true=MEAN, refuted="responsive"),
    Case(ops.geometric_by_running_product, true="ranking", refuted="simplex unanimity"),
    Case(
        ops.product_of_experts,
        true="simplex nonnegative ranking common-support",
        refuted="unanimity",
        options={"domain": "interior"},
    ),
    Case(ops.most_similar, true="simplex hull", refuted="nonexpansive entropy interior"),
    Case(ops.entropy_numpy, true="closed simplex hull", refuted="lipschitz"),
    Case(ops.entropy_jax, true="closed simplex hull", refuted="lipschitz"),
    Case(ops.middle_odds, true="simplex", options={"C": 2, "K": range(3, 9)}),
    Case(ops.probit, true="simplex pull responsive hull", options={"C": 2}),
    Case(ops.binary_logodds, true="simplex nonnegative interior", options={"C": 2}),
    Case(ops.largest_logit, error="constant", options={"inputs": "logits", "outputs": "logits"}),
    Case(ops.mean_logit, true="simplex interior", options={"inputs": "logits", "outputs": "logits"}),
    Case(ops.slow_linear, true=LINEAR, options={"backend": "numpy"}),
    Case(ops.slow_log, true="simplex nonnegative unanimity pull responsive", refuted="envelope hull"),
    Case(ops.flat_power, true="interior closed"),
    Case(ops.slow_to_uniform, true="limits simplex", refuted="unanimity"),
    Case(ops.along_a_parabola, true="interior", refuted="closed lipschitz"),
    Case(ops.root_inside, true="interior closed", refuted="lipschitz"),
    Case(ops.xlogx_inside, true="interior closed", refuted="lipschitz"),
    Case(ops.inverse_log_at_a_face, true="interior closed", refuted="lipschitz"),
    Case(ops.power_mean(-16.0), true="simplex unanimity responsive pull interior"),
]


def checked(case: Case, **settings: Any) -> OperatorModel:
    events = engine.check(describe(case.fn, **case.options), Settings(**{"effort": "quick", **settings}))
    return next(event.result for event in events if event.kind == "finished")


FEW = (
    ops.tripled_for_seven,
    ops.imaginary_bump,
    ops.two_faces,
    ops.largest_logit,
    ops.opaque_linear32,
    ops.most_similar,
)


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.whole if c.fn in FEW else pytest.mark.slow) for c in CASES], ids=str
)
def test_it_is_given_a_right_verdict(case, request):
    if case.fn in FEW and not case.beyond[0]:  # the others are looked at at all sizes once a week
        request.getfixturevalue("one_size")
    hold_up(case, checked(case))


def hold_up(case: Case, found: OperatorModel) -> None:
    assert not found.defect
    rows = {row.reading: row for row in found.readings}
    if case.error:
        assert found.status == "error" and case.error in found.message
        return
    assert found.status != "error", found.message
    verdicts = {name: row.verdict for name, row in rows.items()}
    assert {r: verdicts[r] for r in case.true.split() if verdicts[r] in ("refuted", "error")} == {}
    assert {r: verdicts[r] for r in case.refuted.split() if verdicts[r] != "refuted"} == {}
    readings, size = case.beyond
    proved = {r: rows[r].scope for r in readings.split() if verdicts[r] == "proved"}
    assert {r: scope for r, scope in proved.items() if parse(scope or "").covers(*size)} == {}
    obeys_the_ladder(verdicts)


def obeys_the_ladder(verdicts: dict[str, str]) -> None:
    """What implies another reading has no better verdict than it, and what a refuted reading is implied by is refuted."""
    ranks = {"proved": 0, "holds": 0, "fragile": 1, "inconclusive": 1, "refuted": 2, "error": 3}
    for strong, weaker in axioms.WEAKER.items():
        for weak in weaker & verdicts.keys() if strong in verdicts else ():
            assert ranks[verdicts[weak]] <= ranks[verdicts[strong]], (strong, verdicts[strong], weak, verdicts[weak])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("effort", ["quick", "standard"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_at_other_seeds_and_efforts(case, effort, seed):
    hold_up(case, checked(case, effort=effort, seed=seed))
