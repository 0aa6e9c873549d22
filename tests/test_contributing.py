"""CONTRIBUTING.md followed to the letter: its recipes are carried out on a copy of the package, and what they add is used.

Each addition is one entry in a table, one object or one file; whatever else it needs is derived, and this is where that is held.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from axiomkd import axioms
from axiomkd.core.formats import FORMATS
from axiomkd.core.softener import SOFTENERS
from axiomkd.prove.families import THEOREMS
from axiomkd.tracing.lift import TABLE
from axiomkd.zoo import ENTRIES
from tests import recipes

RECIPES = recipes.recipes()

# What each recipe adds, and the most blocks that it may need: an addition that touches more is to be derived instead.
ADDS = {
    "A reading": 1,
    "A theorem": 2,
    "A softener": 1,
    "A function that proofs see through": 1,
    "A format of reports": 2,
    "An operator of the zoo": 1,
}

USE = (Path(__file__).parent / "operators" / "following.py").read_text(encoding="utf-8")
OPERATOR = """
from axiomkd import operator

@operator
def twice(P, w):
    return 2 * (w @ P)
"""


def test_the_recipes_are_there_and_short():
    assert {title: len(steps) for title, steps in RECIPES.items()} == ADDS


def test_where_blocks_say_they_go():
    text = "T = (\n    1,\n)\nD: dict = {'é': f(1, 2), 'b': 2}\nC = X(1, [])\n"
    for name, code, wanted in (("T", "2", (1, 2)), ("D", '"k": 3', 3), ("C", "5", [5])):
        added = recipes._with(text, recipes.Step("x.py", f"in {name}", code))
        found = {}
        exec(added, {"f": max, "X": lambda _n, items: items}, found)
        assert (found[name]["k"] if name == "D" else found[name]) == wanted
    assert recipes._with("a = 1\nb = 2\n", recipes.Step("x.py", "above b", "c = 3")) == "a = 1\nc = 3\n\nb = 2\n"
    with pytest.raises(ValueError, match="nothing binds z"):
        recipes._with(text, recipes.Step("x.py", "in z", "1"))


def test_every_row_of_the_table_names_files_that_are_there():
    text = (recipes.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Recipes\n")[0]
    for name in re.findall(r"`((?:axiomkd|tests|docs)/[\w/.]*)`", text):
        assert (recipes.ROOT / name).exists(), name
    for name in re.findall(r"`([A-Z]{3,})`", text):
        assert any(f"{name}:" in path.read_text(encoding="utf-8") for path in recipes.ROOT.glob("axiomkd/**/*.py")), (
            name
        )


def test_the_toys_are_no_part_of_the_package():
    """Else a recipe would be carried out by what is there already."""
    assert not {"capped"} & axioms.BY_NAME.keys() and not {"fast-mix"} & SOFTENERS.keys()
    assert "sinh" not in TABLE and "gently" not in ENTRIES
    assert "no-more-than-one" not in {one.name for one in THEOREMS} and "verdicts" not in {one.name for one in FORMATS}


@pytest.mark.whole
def test_recipes_followed_to_the_letter(tmp_path: Path):
    recipes.copy(tmp_path)
    for steps in RECIPES.values():
        recipes.carry_out(steps, tmp_path)
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    (tmp_path / "op.py").write_text(OPERATOR, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "AXIOMKD_DEBUG": "1"}
    run = subprocess.run(
        [sys.executable, "use.py", str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0 and run.stdout.endswith("all used\n"), run.stdout[-3000:] + run.stderr[-6000:]
