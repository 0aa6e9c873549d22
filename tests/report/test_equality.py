"""A strict claim that fails by an equality: no amount is told, and nothing is said to differ."""

import io
from fractions import Fraction as F

import pytest
from rich.console import Console

import axiomkd
from axiomkd.report import phrases
from axiomkd.report.terminal import render

TIED = {"w": [F(1, 2), F(1, 2)], "teacher": 0, "teacher2": 1, "delta": F(1, 2)}
P = [[F(2, 3), F(1, 3)], [F(1, 2), F(1, 2)]]


@pytest.fixture(scope="module")
def report():
    return axiomkd.check(
        lambda P, w: P.mean(axis=0), effort="quick", K=2, C=[2, 3], readings=["strict-transfer", "transfer"]
    )


def test_no_amount_is_told(report):
    by_name = {one.reading: one for one in report.operators[0].readings}
    strict = by_name["strict-transfer"]
    assert strict.witness.margin == "-1" and phrases.tied(strict, strict.witness)
    assert phrases.violation(strict) is None and "stays at" in strict.message
    console = Console(width=100, record=True, file=io.StringIO())
    render(report, verbose=False, quiet=False, console=console)
    shown = console.export_text()
    assert "strict-transfer  refuted by an equality, in exact arithmetic" in shown and "by 1 " not in shown
    assert "The aggregates are equal." in shown and "differ" not in shown


def test_a_fall_has_an_amount(report):
    strict = next(one for one in report.operators[0].readings if one.reading == "strict-transfer")
    fallen = strict.model_copy(update={"witness": strict.witness.model_copy(update={"margin": "-1/100"})})
    assert not phrases.tied(fallen, fallen.witness) and phrases.violation(fallen) == "by 1/100"


def test_a_replay_says_what_a_margin_of_minus_one_is():
    seen = axiomkd.Witness("zoo:mean", "weight-monotonicity/strict-transfer", P=P, **TIED).replay()
    assert seen.seen and str(seen).endswith("an equality, which counts as a margin of -1")
    fell = axiomkd.Witness(
        "zoo:log",
        "weight-monotonicity/strict-transfer",
        P=[[F(1, 4), F(1, 4), F(1, 2)], [F(3, 5), F(1, 5), F(1, 5)]],
        **{**TIED, "w": [F(3, 4), F(1, 4)], "delta": F(1, 4)},
    ).replay()
    assert fell.seen and "equal" not in str(fell) and "margin ≈-" in str(fell)
