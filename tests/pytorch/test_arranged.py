"""Ten zoo operators in PyTorch, in five layouts each: the verdicts of their JAX forms, and nearly all of their proofs."""

from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("torch")

from axiomkd import axioms
from axiomkd.checking import engine
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import GOOD
from axiomkd.operators.loading import load
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing.numerics import float64
from tests.pytorch import arranged

FILE = Path(arranged.__file__)
PAIRS = [(layout, name) for layout in arranged.LAYOUTS for name in arranged.OPERATORS]
KEPT = 0.9  # of the proofs of the JAX form


@cache
def verdicts(target):
    with float64():
        (operator,) = load(target)
        *_, last = engine.check(operator, Settings(effort="quick"))
    return {one.reading: one.verdict for one in last.result.readings}


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "name"), PAIRS, ids=map("-".join, PAIRS))
def test_a_layout_is_judged_as_the_jax_form_is(layout, name):
    found, known = verdicts(f"{FILE}::{layout}_{name}"), verdicts(f"zoo:{name}")
    assert len(known) == len(axioms.READINGS)
    assert {r: v in GOOD for r, v in found.items()} == {r: v in GOOD for r, v in known.items()}
    assert list(found.values()).count("proved") >= KEPT * list(known.values()).count("proved")


@cache
def proofs(target):
    with float64():
        (operator,) = load(target)
        answers = prover.prove(operator, "power", list(axioms.READINGS), effort="quick", sizes=[(2, 3)])
    return {name for name, answer in answers.items() if isinstance(answer, Proof)}


@pytest.mark.whole
@pytest.mark.weekly(40)
@pytest.mark.parametrize(("layout", "name"), PAIRS, ids=map("-".join, PAIRS))
def test_a_layout_keeps_the_proofs_of_the_jax_form(layout, name, one_size):
    found, known = proofs(f"{FILE}::{layout}_{name}"), proofs(f"zoo:{name}")
    assert len(found) >= KEPT * len(known), known - found
