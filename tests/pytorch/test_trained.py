"""Training code with nothing but the decorator added is followed exactly, and proved where its JAX form is."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from axiomkd import axioms
from axiomkd.core.softener import softener
from axiomkd.operators.loading import load
from axiomkd.operators.manners import Manners
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing.numerics import float64

FILE = Path(__file__).parent / "trained.py"
TWINS = {"averaged": "linear", "gate": "wsq", "summed": "linear"}


@pytest.mark.whole  # of the loss the gradient is traced too
@pytest.mark.parametrize("name", ["averaged", "gate", pytest.param("summed", marks=pytest.mark.slow)])
def test_training_code_is_followed_exactly_and_proved(name):
    with float64():
        (mine,), (other,) = load(f"{FILE}::{name}"), load(f"zoo:{TWINS[name]}")
        evaluator = Manners(mine, softener("power"), ((2, 3), (3, 4))).meet()
        found, known = (
            {reading for reading, answer in answers.items() if isinstance(answer, Proof)}
            for one in (mine, other)
            for answers in [prover.prove(one, "power", list(axioms.READINGS), effort="quick", sizes=[(2, 3)])]
        )
    assert (evaluator.mode, evaluator.exactly) == ("jax", True), evaluator.why_not_exact
    assert len(found) >= 0.9 * len(known), known - found
