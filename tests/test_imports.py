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

ROOT = Path(__file__).parent.parent / "axiomkd"

# Our packages and modules, and what of ours they may import. Those not named here may import anything but the rims.
LAYERS = {
    "core": {"core"},
    "axioms": {"core", "axioms"},
    "zoo": {"zoo"},
    "jaxpr": {"core", "jaxpr"},
    "backends": {"core", "jaxpr", "backends"},
    "roundoff": {"core"},
    "stopping": {"core"},
    "price": set(),
    "recorder": set(),
    "evaluate": {"core", "backends", "frames", "jaxpr", "numerics", "price", "recorder", "roundoff", "stopping"},
    "search": {"core", "jaxpr", "evaluate", "numerics", "search", "confirm"},
    "confirm": {"core", "jaxpr", "evaluate", "float_rule", "search"},
    "float_rule": {"core", "evaluate", "roundoff", "search"},
    "prove": {"core", "axioms", "jaxpr", "backends", "evaluate", "frames", "numerics", "prove"},
    "proofs": {"core", "axioms", "frames", "prove"},
    "numerics": {"core"},
    "summary": {"core", "axioms"},
    "cache": {"core", "cache", "frames"},
    "gate": {"core"},
    "pictures": {"core", "evaluate", "holding", "search"},
    "holding": {"core", "evaluate", "jaxpr"},
    "watching": {"core", "loading"},
    "worked": set(),
}

# Single modules that a layer may use of another: what a margin sees of a case is the same to a search and to a solver; and
# what a report prints for people to run is rendered again, and never believed.
LENT = {"prove": {"axiomkd.search.views"}, "verify": {"axiomkd.report.reproducer"}}

# Whoever verifies a report may lean on neither of those whose findings it verifies.
if (ROOT / "verify").exists():
    LAYERS["verify"] = {
        "core",
        "axioms",
        "jaxpr",
        "backends",
        "evaluate",
        "loading",
        "frames",
        "numerics",
        "verify",
        "hashes",
        "summary",
        "configuration",
        "baseline",
        "gate",
    }

# A dependency and the only files that may import it.
DOORS = {
    "flint": {"jaxpr/numbers.py"},
    "z3": {"jaxpr/smt.py", "jaxpr/smt_terms.py", "prove/smt.py", "verify/smt.py", "verify/reals.py", "verify/posed.py"},
    "sympy": {"worked.py"},
    "typer": {"cli.py"},
    "click": {"cli.py"},
    # It draws structures, keeps what failed before, and serves users' own tests.
    "hypothesis": {"search/strategies.py", "search/memory.py", "strategies.py"},
    "pytest": {"pytest_plugin.py", "pytest_gate.py", "testing.py"},
}

# It loads what a worker process will need before the process is started, and uses none of it.
PRELOAD = {"preload.py"}

# Rich is for what a person reads: the terminal report, progress, `explain`.
RICH = {"cli.py", "progress.py", "explain.py"}

# What the parts that compute must not know: the rims, where effects are.
RIMS = {"cli", "report", "explain", "worked", "pytest_plugin", "pytest_gate", "testing", "progress", "api"}
INNER = {
    "core",
    "axioms",
    "jaxpr",
    "backends",
    "evaluate",
    "search",
    "confirm",
    "prove",
    "proofs",
    "manners",
    "engine",
    "numerics",
    "summary",
}


def files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


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


def test_layers():
    wrong = {name(p): beyond(p) for p in files() if layer(p) in LAYERS and beyond(p)}
    assert wrong == {}


def beyond(path: Path) -> set[str]:
    """What of ours a file imports and its layer may not."""
    allowed = LAYERS[layer(path)]
    lent = {one for one in imports(path) if one in LENT.get(layer(path), ())}
    return {one.split(".")[1] for one in set(imports(path)) - lent if one.startswith("axiomkd.")} - allowed


def test_every_layer_that_is_named_is_there():
    assert set(LAYERS) <= {layer(path) for path in files()}


@pytest.mark.parametrize("dependency", DOORS)
def test_each_dependency_has_its_door(dependency):
    users = {name(path) for path in files() if dependency in {one.split(".")[0] for one in imports(path)}}
    assert users <= DOORS[dependency] | PRELOAD


def test_rich_is_for_what_a_person_reads():
    users = {path for path in files() if "rich" in {one.split(".")[0] for one in imports(path)}}
    assert {name(path) for path in users if layer(path) != "report"} <= RICH


def test_what_computes_knows_no_rim():
    assert {name(path): ours(path) & RIMS for path in files() if layer(path) in INNER and ours(path) & RIMS} == {}


def test_the_engine_knows_neither_reports_nor_the_zoo():
    assert ours(ROOT / "engine.py") & {"report", "zoo", "cli", "loading"} == set()


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
    for path in (ROOT / "search").glob("*.py"):
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
        timeout=120,
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


def test_explain_needs_no_jax():
    assert loaded_after("import axiomkd.explain") & {"jax", "jaxlib", "sympy", "flint"} == set()
