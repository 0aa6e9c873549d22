"""Operators of the zoo written in PyTorch have the verdicts of their JAX forms, and nearly all of their proofs."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from axiomkd.checking import engine
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import GOOD
from axiomkd.operators.loading import load
from axiomkd.tracing.numerics import float64

FILE = Path(__file__).parent / "twins.py"
TWINS = (
    "linear log power2 wsq softmax5 entropyw confw max_all umedian trimmed voteshare spherical agree halflinlog".split()
)


def verdicts(operator):
    *_, last = engine.check(operator, Settings(effort="quick"))
    return {one.reading: one.verdict for one in last.result.readings}


@pytest.mark.slow
@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_judged_as_its_jax_form_is(name):
    with float64():
        (mine,), (other,) = load(f"{FILE}::{name}"), load(f"zoo:{name}")
        found, known = verdicts(mine), verdicts(other)
    assert {r: v in GOOD for r, v in found.items()} == {r: v in GOOD for r, v in known.items()}
    assert [v for v in found.values()].count("proved") >= 0.9 * [v for v in known.values()].count("proved")


@pytest.mark.whole
def test_a_twin_is_proved_for_all_sizes():
    from axiomkd.prove import prover

    with float64():
        (mine,) = load(f"{FILE}::wsq")
        answers = prover.prove(mine, "power", [], effort="quick", sizes=[(2, 3)])
        examined = prover.examine(mine, "power", [], effort="quick", sizes=[(2, 3)])
    assert answers == {} and examined.translation.apart == ()
