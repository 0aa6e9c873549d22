"""Who may import whom, read from the source: the layers of the package, and the one door of each dependency.

Nothing is run here but two fresh interpreters, which show what `import axiomkd` drags in.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent / "axiomkd"

# Every room of the house, a folder or a file of the top floor, and the rooms that it may import. Imports run downward: a room
# stands below all those that name it, so the table is in order, and there is no exception to it.
ROOMS = {
    "core": (),
    "axioms": ("core",),
    "zoo": (),
    "tracing": ("core",),
    "operators": ("core", "zoo", "tracing"),
    "claims": ("core", "tracing", "operators"),
    "audit": ("core", "tracing", "operators"),
    "search": ("core", "tracing", "operators", "claims"),
    "prove": ("core", "axioms", "tracing", "operators", "claims"),
    "gate": ("core", "axioms"),
    "report": ("core", "axioms", "gate"),
    # Whoever verifies a report may lean on neither of those whose findings it verifies. What a report prints for people to
    # run is rendered again, and never believed.
    "verify": ("core", "axioms", "tracing", "operators", "gate", "report"),
    "checking": ("core", "axioms", "tracing", "operators", "claims", "search", "prove"),
    "run": ("core", "axioms", "tracing", "operators", "audit", "claims", "search", "report", "verify", "checking"),
    "explain": ("core", "axioms", "zoo", "tracing", "prove"),
    "api": ("core", "tracing", "operators", "audit", "gate", "report", "checking", "run"),
    "checker": ("core", "operators", "gate", "run", "api"),
    "evaluation": ("core", "operators", "report", "run", "api"),
    "testing": ("core", "axioms", "operators", "gate", "report", "run", "api"),
    "strategies": (),
    # The public names, on first use.
    "__init__": ("core", "audit", "report", "api", "checker", "evaluation", "testing"),
    "cli": ("core", "axioms", "operators", "gate", "report", "verify", "run", "explain"),
    "__main__": ("core", "run", "cli"),
}

# A dependency and the only files that may import it.
DOORS = {
    "flint": {"tracing/numbers.py"},
    "z3": {
        "tracing/smt.py",
        "tracing/smt_terms.py",
        "prove/smt.py",
        "verify/smt.py",
        "verify/reals.py",
        "verify/posed.py",
    },
    # By SymPy are worked examples, proofs at small sizes, and second opinions on what is verified.
    "sympy": {
        "explain/exactly.py",
        "explain/promised.py",
        "explain/worked.py",
        "prove/symbolic/quotients.py",
        "prove/symbolic/signs.py",
        "prove/symbolic/nonnegative.py",
        "prove/symbolic/samples.py",
        "prove/symbolic/slopes.py",
        "operators/torch/questions.py",
        "operators/torch/recording.py",  # torch writes sizes as SymPy's expressions
        "verify/ratios.py",
        "verify/laws.py",
    },
    "typer": {"cli/app.py"},
    "torch": {
        f"operators/torch/{name}.py"
        for name in ("calling", "open_sizes", "questions", "recording", "twin", "typed", "widening")
    },
    "click": {"cli/app.py"},
    "distributed": {"run/cluster.py"},
    # It draws structures, keeps what failed before, and serves users' own tests.
    "hypothesis": {"search/strategies.py", "search/memory.py", "strategies.py"},
    "pytest": {"testing/plugin.py", "testing/collected.py", "testing/assertions.py"},
}

# It loads what a worker process will need before the process is started, and uses none of it.
PRELOAD = {"run/preload.py"}

# Rich is for what a person reads: the terminal report, progress, `explain`.
RICH = {"cli/app.py", "cli/progress.py", "cli/telling.py", "explain/names.py"}

# Files that `init` writes for other projects: they are no part of this one.
GIVEN_AWAY = ROOT / "cli" / "starter" / "files"


def files() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if GIVEN_AWAY not in path.parents)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, at its head or inside functions, type-checking blocks among them."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """The packages and modules of ours that a file imports, by their first name below axiomkd."""
    parts = [name.split(".") for name in imports(path) if name.split(".")[0] == "axiomkd"]
    return {part[1] for part in parts if len(part) > 1}


def layer(path: Path) -> str:
    inside = path.relative_to(ROOT)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_run_downward():
    wrong = {name(path): beyond for path in files() if (beyond := ours(path) - {layer(path), *ROOMS[layer(path)]})}
    assert wrong == {}


def test_every_arrow_that_the_table_allows_is_drawn():
    drawn = {(layer(path), to) for path in files() for to in ours(path) if to != layer(path)}
    assert drawn == {(room, to) for room, below in ROOMS.items() for to in below}


def test_the_table_is_the_house_and_in_order():
    assert set(ROOMS) == {layer(path) for path in files()}
    order = list(ROOMS)
    assert [(room, to) for room, below in ROOMS.items() for to in below if order.index(to) >= order.index(room)] == []


def test_a_folder_says_what_it_holds_and_refuses_to_know():
    faces = {room: ROOT / room / "__init__.py" for room in ROOMS if (ROOT / room).is_dir()}
    told = {room: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for room, path in faces.items()}
    assert {room for room, text in told.items() if len(text.splitlines()) < 3} == set()


@pytest.mark.parametrize("dependency", DOORS)
def test_each_dependency_has_its_door(dependency):
    users = {name(path) for path in files() if dependency in {one.split(".")[0] for one in imports(path)}}
    assert users <= DOORS[dependency] | PRELOAD


def test_rich_is_for_what_a_person_reads():
    users = {path for path in files() if "rich" in {one.split(".")[0] for one in imports(path)}}
    assert {name(path) for path in users if layer(path) != "report"} <= RICH


def test_only_names_of_the_axioms_reach_the_search():
    """The search is written against kinds of claims: it may not import the axioms, nor mention a reading's name."""
    readings = {
        "envelope",
        "unanimity",
        "hull",
        "responsive",
        "favourite",
        "nonexpansive",
        "commutation",
        "any-support",
    }
    for path in [*(ROOT / "search").glob("*.py"), *(ROOT / "claims").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert "axioms" not in ours(path)
        mentioned = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert mentioned & readings == set(), name(path)


def test_a_file_opens_with_what_it_holds():
    assert [name(path) for path in files() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return set(done.stdout.split())


HEAVY = {
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "sympy",
    "hypothesis",
    "rich",
    "typer",
    "pydantic",
    "flint",
    "pytest",
    "torch",
    "z3",
}


def test_decorating_an_operator_imports_no_jax():
    code = "from axiomkd import operator\n@operator(name='mean', K=2)\ndef f(P, w): return P.mean(0)"
    assert loaded_after(code) & HEAVY == set()


def test_the_axioms_as_objects_need_no_jax():
    assert (
        loaded_after("import axiomkd; axiomkd.axioms.READINGS") & {"jax", "jaxlib", "sympy", "hypothesis", "flint"}
        == set()
    )


# Once they are asked for, and not before: most checks never do.
SELDOM = {"sympy", "scipy", "z3", "torch", "pytest", "jax._src.pallas.core"}


def test_what_asks_for_no_report_imports_next_to_nothing():
    code = "from axiomkd.cli.app import run\nassert run(['--version']) == 0"
    assert loaded_after(code) & (HEAVY - {"typer"}) == set()
    with_options = "from axiomkd.cli.app import run\nassert run(['check', '--help']) == 0"
    assert loaded_after(with_options) & (HEAVY - {"typer", "pydantic"}) == set()  # Typer itself asks Pydantic


def test_the_command_computes_nothing_itself():
    """Up to where it would start a worker: a target that is not there is told by the command."""
    code = "from axiomkd.cli.app import run\nassert run(['check', 'no_such_file.py', '--no-cache']) == 2"
    assert loaded_after(code) & (HEAVY - {"typer", "pydantic", "rich"}) == set()


@pytest.mark.whole
def test_a_worker_is_started_with_what_every_check_needs():
    loaded = loaded_after("import axiomkd.run.preload, gc; assert gc.isenabled()")
    assert loaded & (SELDOM | {"rich", "typer"}) == set()
    assert {"jax.numpy", "axiomkd.checking.engine", "axiomkd.checking.repairs", "axiomkd.run.worker"} <= loaded


@pytest.mark.whole
def test_a_theorem_is_applied_without_the_other_provers():
    code = """
from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing.numerics import prepare
prepare()
linear = describe(lambda P, w: w @ P, name="linear")
answers = prover.prove(linear, "power", axioms.READINGS, effort="quick", sizes=[(2, 3)])
assert isinstance(answers["envelope"], Proof)
"""
    assert loaded_after(code) & SELDOM == set()


def test_explain_needs_no_jax():
    assert loaded_after("import axiomkd.explain") & {"jax", "jaxlib", "sympy", "flint"} == set()
