"""What came into reports later is forged field by field: each is compared with the operator or with the rest of the report."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import axiomkd
from axiomkd.core.operator import describe, told
from axiomkd.core.report import ExtentModel, Report
from axiomkd.operators import losses
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import requirements
from axiomkd.verify.line import Failed
from axiomkd.verify.report import NOTHING, Met, _settled, verify

from .reports import reading, report, written
from .test_tampering import WITNESS

MET: Met = {}
LOSS = "KL(q‖s), up to a factor and what is free of the student s: its target is the log-linear pool"


@pytest.fixture
def honest(tmp_path, monkeypatch) -> Report:
    prepare("cpu")
    monkeypatch.chdir(tmp_path)
    written(tmp_path)
    rows = [
        reading("envelope", "refuted", method="search", margin=-1 / 18, witness={**WITNESS, "class": 1}),
        reading("limits", "inconclusive"),
    ]
    return report("ops.py::log_pool", rows)


def operator(**fields: Any) -> Callable[[Report], Report]:
    return lambda made: made.model_copy(update={"operators": [made.operators[0].model_copy(update=fields)]})


def row(name: str, **fields: Any) -> Callable[[Report], Report]:
    def change(made: Report) -> Report:
        rows = [r.model_copy(update=fields) if r.reading == name else r for r in made.operators[0].readings]
        return operator(readings=rows)(made)

    return change


def settings(**fields: Any) -> Callable[[Report], Report]:
    return lambda made: made.model_copy(update={"settings": made.settings.model_copy(update=fields)})


def both(*changes: Callable[[Report], Report]) -> Callable[[Report], Report]:
    def change(made: Report) -> Report:
        for one in changes:
            made = one(made)
        return made

    return change


EXTENT = ExtentModel(scope="every K ≥ 3, C ≥ 2", theorem="curved-weights", certificate={})
FORGERIES: dict[str, tuple[Callable[[Report], Report], str]] = {
    "a loss where there is none": (operator(loss=LOSS), "loss is 'KL"),
    "a call": (operator(call={"layout": "[C]"}), "call is"),
    "an assumption": (operator(assumed={"layout": "[K, C]"}), "assumed is"),
    "a constant": (operator(constants={"eps": "0.1"}), "constants is"),
    "a temperature": (operator(takes_T=True), "takes_T is"),
    "no weights": (row("limits", moot=True), "moot is True"),
    "left out without being asked to": (row("limits", skipped=True), "left out"),
    "left out though refuted": (both(settings(fail_fast=True), row("envelope", skipped=True)), "left out"),
    "within a tolerance": (row("limits", within=0.1), "said to hold within"),
    "in part": (row("limits", partly=True), "not proved"),
    "fails everywhere": (row("limits", extent=EXTENT), "said to fail"),
    "more guarantees": (settings(guarantees=True, readings=[]), "asked for"),
    "more tolerance": (settings(tolerance=2.0), "tolerance"),
}


def test_an_honest_report_stands(honest):
    assert len(list(verify(honest, met=MET))) == 2
    left_out = both(settings(fail_fast=True), row("limits", skipped=True))(honest)
    assert len(list(verify(left_out, met=MET))) == 2


@pytest.mark.whole
def test_what_says_nothing_of_an_operator_without_weights_is_open(tmp_path, monkeypatch):
    """A mean fails `responsive` wherever it is looked at, and has no weights to respond to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mean.py").write_text("from axiomkd import operator\n\n@operator\ndef mean(P):\n    return P.mean(0)\n")
    made = axiomkd.check("mean.py::mean", effort="quick", K=2, C=2, readings=["responsive"])
    assert made.operators[0].readings[0].moot
    (line,) = verify(made)
    assert line.layers == (NOTHING,)


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forgery_is_rejected(honest, how):
    forge, wanted = FORGERIES[how]
    with pytest.raises(Failed, match=wanted):
        list(verify(Report.model_validate(forge(honest).model_dump(by_alias=True)), met=MET))


def test_what_a_loss_is_said_to_be_is_compared():
    prepare("cpu")
    loss = describe(lambda z, P, w: -jnp.sum((w @ P) * jax.nn.log_softmax(z)), name="loss", outputs="loss")
    judged = _settled(loss)
    found = {
        "takes_T": False,
        "default_T": None,
        "constants": {},
        "call": told(judged),
        "assumed": dict(judged.assumed),
    }
    one = SimpleNamespace(name="loss", readings=[], message="", loss=losses.told(judged), **found)
    assert "KL" in one.loss
    requirements.of_call(one, judged)  # type: ignore[arg-type]
    one.loss = LOSS
    with pytest.raises(Failed, match="loss is 'KL"):
        requirements.of_call(one, judged)  # type: ignore[arg-type]
