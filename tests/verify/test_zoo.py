"""Every proof that the prover gives of a zoo operator verifies, and so does a whole report."""

from __future__ import annotations

import pytest

import axiomkd
from axiomkd.tracing.numerics import prepare
from axiomkd.verify.report import verify
from axiomkd.zoo import ENTRIES

from .reports import of_proofs

FEW = ("log", "vote")


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


@pytest.mark.parametrize("name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in ENTRIES])
@pytest.mark.weekly(4)
@pytest.mark.whole
def test_every_proof_verifies(name):
    made = of_proofs(f"zoo:{name}")
    assert len(list(verify(made))) == len(made.operators[0].readings)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_proofs_under_the_other_softener_verify(name):
    made = of_proofs(f"zoo:{name}", softener="uniform-mix")
    assert len(list(verify(made))) == len(made.operators[0].readings)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_a_whole_report_verifies(name):
    made = axiomkd.check(f"zoo:{name}", effort="quick")
    lines = list(verify(made))
    assert [line.reading for line in lines] == [f"{r.axiom}/{r.reading}" for r in made.operators[0].readings]


@pytest.mark.slow
def test_little_is_left_to_the_rule_table():
    """What is not re-derived for the pools that matter most."""
    for name in ("linear", "log", "wsq"):
        for line in verify(of_proofs(f"zoo:{name}")):
            assert not any("not re-derived" in layer for layer in line.layers), line.text
