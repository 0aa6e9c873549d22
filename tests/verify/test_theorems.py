"""The table of theorems against the prover's, and the module's independence of what it verifies."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from axiomkd import axioms
from axiomkd.core.softener import FACTS
from axiomkd.prove.families import THEOREMS
from axiomkd.verify.theorems import KNOWN, follows

ROOT = Path(__file__).parents[2] / "axiomkd" / "verify"
FORBIDDEN = (
    "axiomkd.search",
    "axiomkd.claims",
    "axiomkd.checking",
    "axiomkd.prove",
)
FORBIDDEN += tuple(f"axiomkd.tracing.{name}" for name in ("terms", "lift", "sizes", "smt", "reroll"))


def test_the_same_theorems():
    assert set(KNOWN) == {theorem.name for theorem in THEOREMS}


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.name)
def test_the_same_conclusions_and_premises(theorem):
    known = KNOWN[theorem.name]
    assert known.concludes == theorem.concludes
    assert set(theorem.after) == set(known.after)
    assert known.takes_T in (None, theorem.takes_T)
    assert set(known.facts) == set(theorem.facts) <= set(FACTS)


def test_every_conclusion_is_a_reading():
    assert {name for known in KNOWN.values() for name in known.concludes} <= set(axioms.BY_NAME)


def test_one_theorem_alone_asks_nothing_of_its_claims():
    assert [name for name, known in KNOWN.items() if known.check is follows] == ["order-kept"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.py")), ids=lambda path: path.stem)
def test_it_imports_nothing_that_it_verifies(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        assert not any(name == one or name.startswith(one + ".") for name in names for one in FORBIDDEN)
