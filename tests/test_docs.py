"""The documents keep their word: fences run, links lead somewhere, generated pages are current, examples behave.

It reads README.md, CONTRIBUTING.md and docs/, and knows of no text what it should say beyond that.
"""

import contextlib
import functools
import importlib.util
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

import axiomkd
from axiomkd import axioms
from axiomkd.core import operator as registry
from axiomkd.core.operator import REGISTERED
from axiomkd.core.verdict import GOOD
from axiomkd.prove.families import BY_NAME as THEOREMS
from axiomkd.prove.families.refuting import REFUTING
from axiomkd.report import phrases
from tests import command as commands

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.parent.name != "readings"]
CARRIED_OUT = {
    ROOT / "docs" / "pytest.md",
    *(ROOT / "docs" / "how-to").glob("*.md"),
    ROOT / "CONTRIBUTING.md",
}  # by tests/test_howto.py and tests/test_contributing.py, in order
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def fences(language: str) -> list:
    found = []
    for page in PAGES:
        if page in CARRIED_OUT:
            continue
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1] == language:
                line = text[: match.start()].count("\n") + 1
                found.append(pytest.param(match[2], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


@pytest.fixture
def registrations():
    """What the block registers is forgotten afterwards."""
    before = list(REGISTERED)
    REGISTERED.clear()
    yield REGISTERED
    REGISTERED[:] = before


@pytest.mark.parametrize("code", fences("python"))
@pytest.mark.weekly(3)
def test_python_blocks_run_and_their_operators_work(code, registrations, one_size):
    exec(compile(code, "block", "exec"), {"__name__": "block"})
    assert registrations, "an example of an operator registers one"
    for one in registrations:
        report = axiomkd.check(one, "permissive", "quick", K=2, C=3, readings=["convexity/simplex"])
        assert report.operators[0].readings[0].verdict in GOOD, one.name


@pytest.mark.parametrize("text", fences("toml"))
def test_toml_blocks_are_profiles_that_exist(text):
    for name, requires in tomllib.loads(text)["tool"]["axiomkd"]["profiles"].items():
        assert axioms.checked(name, requires, axioms.NAMES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert "://" not in target, f"{target}: the documents link to themselves only"
        assert (page.parent / target.split("#")[0]).exists(), f"{page.name} links to {target}"


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "which", [pytest.param("texts", marks=pytest.mark.whole), pytest.param("proofs", marks=pytest.mark.slow)]
)
def test_generated_pages_are_current(which):
    pages = getattr(generator(), f"pages_of_{which}")()
    stale = [path.name for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python docs/generate.py"


def test_of_each_open_cell_it_is_said_what_sympy_makes_of_it():
    tried = json.loads((ROOT / "docs" / "sympy.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "open.md").read_text(encoding="utf-8").split("## Not proved")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| \[([\w-]+)\].* \| ([^|]+) \|$", text, re.M)
    assert [(o, r) for o, r, _ in rows] == [(o, r) for o, own in tried.items() for r in own]
    assert all(said and said != "not tried" for *_, said in rows)


def test_there_is_a_page_for_each_reading_and_no_other():
    assert {path.stem for path in (ROOT / "docs" / "readings").glob("*.md")} == set(axioms.BY_NAME)


def test_there_is_a_page_for_each_theorem_and_no_other():
    by_hand = {"index", "no-go", "log-loss"}
    everywhere = {one.name for one in REFUTING}
    assert {path.stem for path in (ROOT / "docs" / "theorems").glob("*.md")} == set(THEOREMS) | everywhere | by_hand


def test_no_line_of_a_formula_turns_into_a_quotation_or_a_list():
    for page in (ROOT / "docs" / "theorems").glob("*.md"):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert re.findall(r"^(?:> |\+ |= ).*", text, re.MULTILINE) == [], page.name


def transcripts() -> list:
    """The commands of `console` blocks that show what they print, each with that."""
    found = []
    for fence in fences("console"):
        for command in re.split(r"^\$ ", fence.values[0], flags=re.MULTILINE)[1:]:
            line, _, printed = command.partition("\n")
            if printed.strip() and line.startswith("axiomkd "):
                found.append(pytest.param(line, printed, id=f"{fence.id}:{line[:40]}"))
    return found


@pytest.mark.parametrize("line, printed", transcripts())
@pytest.mark.whole
def test_transcripts_are_what_the_command_prints(line, printed):
    said = axiomkd_command(*shlex.split(line)[1:]).stdout
    assert [one.rstrip() for one in said.strip().splitlines()] == printed.strip().splitlines()


def test_a_refusal_is_shown():
    assert any("no rule for `erf_inv` (docs/examples/probit_weights.py:" in str(one.values[1]) for one in transcripts())


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_fit_the_width_and_code_is_fenced(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("```") % 2 == 0
    inside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert [line for line in inside.splitlines() if len(line) > 130 and not line.startswith("|")] == []


def test_files_named_in_contributing_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:axiomkd|docs|tests)/[\w./*]*)`", text):
        assert list(ROOT.glob(name)), name


def test_the_profiles_in_the_concepts_are_the_profiles():
    text = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    for name, needs in axioms.PROFILES.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        cells = [tuple(cell.strip().split(", ")) for cell in row.strip("|").split("|")[1:]]
        assert cells == list(needs.values())


@functools.cache
def axiomkd_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    with contextlib.chdir(ROOT):
        return commands.axiomkd(*arguments, NO_COLOR="1", COLUMNS="100")


def options_of(command: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", axiomkd_command(command, "--help").stdout))


def test_options_that_the_documents_use_exist():
    used = set()
    for page in WRITTEN:
        for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
            if not code.startswith(("pytest", "python", "ruff", "pip", "--program_path", "--results_dir")):
                used |= set(re.findall(r"(?<![\w-])--(?!axiomkd)[a-z][a-z-]*(?![\w])", code))
    known = options_of("check") | options_of("verify") | options_of("witness") | options_of("precision") | {"--version"}
    assert used <= known, used - known


def test_commands_that_the_documents_use_exist():
    """A command of a later version is announced in the changelog only."""
    here = dict(re.findall(r"^  (\w+) +(.*)$", axiomkd_command("--help").stdout, re.MULTILINE))
    for page in WRITTEN:
        used = re.findall(r"axiomkd (?!is\b|searches\b)([a-z]+) ", page.read_text(encoding="utf-8"))
        wrong = {name for name in used if name in here and "later version" in axiomkd_command(name, "--help").stdout}
        assert wrong == set(), page.name


# --- docs/examples --------------------------------------------------------------------------------------------------

# Of the readings that are required, those that each example does not meet; and what else it was written to show.
FAILS = {
    "annealed": {"nonexpansive"},
    "attention": {"nonexpansive"},
    "averaged_logits": {"envelope", "nonexpansive"},
    "confidence_weighted": {"nonexpansive"},
    "entropy_naive": {"nonexpansive"},
    "numpy_pool": {"nonexpansive"},
    "power_family": {"envelope", "nonexpansive"},
    "probit_weights": {"nonexpansive"},
    "summed_divergences": set(),
    "wrong_on_purpose": {"envelope", "common-support", "responsive", "nonexpansive"},
}
ALSO: dict[str, dict] = {
    "annealed": {"commutation": GOOD},
    "averaged_logits": {"commutation": GOOD},
    "entropy_naive": {"closed": {"fragile"}},
    "wrong_on_purpose": {"simplex": {"refuted"}},
}


def test_every_example_has_its_expectation():
    assert {path.stem for path in (ROOT / "docs" / "examples").glob("*.py")} == set(FAILS)


@pytest.mark.whole
@pytest.mark.parametrize("name", FAILS)
@pytest.mark.weekly(3)
def test_an_example_does_as_it_says(name):
    target = str(ROOT / "docs" / "examples" / f"{name}.py")
    report = axiomkd.check(target, effort="quick", K=[2, 3], C=[2, 3])
    assert report.failures == [] and report.operators
    readings = [r for operator in report.operators for r in operator.readings]
    assert {r.reading for r in readings if r.required and r.verdict not in GOOD} == FAILS[name]
    for operator in report.operators:
        verdicts = {r.reading: r.verdict for r in operator.readings}
        assert {reading for reading, wanted in ALSO.get(name, {}).items() if verdicts[reading] not in wanted} == set()


@pytest.mark.whole
def test_the_readme_tells_the_truth_of_its_operator(registrations):
    code = next(fence.values[0] for fence in fences("python") if fence.id and fence.id.startswith("README"))
    space: dict = {"__name__": "my_op"}
    exec(compile(code, "my_op.py", "exec"), space)
    report = axiomkd.check(space["geometric"], "log", "quick", K=2, C=[2, 3])
    verdicts = {r.reading: r.verdict for r in report.operators[0].readings}
    assert report.valid and verdicts["envelope"] == "refuted"
    with pytest.raises(axiomkd.AxiomViolation, match="envelope"):
        axiomkd.assert_valid(space["geometric"], effort="quick", K=2, C=[2, 3])


@pytest.mark.whole
def test_the_readme_shows_what_its_first_command_prints():
    """The verdicts, how each refutation was confirmed and by how much it fails: row for row, in the terminal's words."""
    sample = (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    report = axiomkd.check(str(ROOT / "docs" / "examples" / "wrong_on_purpose.py"))
    rows = {r.reading: phrases.verdict(r) for r in report.operators[0].readings if r.verdict != "proved"}
    shown = dict(re.findall(r"([a-z-]+) +(refuted[^\n]*)\n", sample.split("* required by")[0]))
    assert shown == rows
    witness = report.witness("envelope", largest=True)
    assert f"largest  by {-witness.exact.margin}\n" in sample


def test_forgetting_registrations_is_harmless():
    assert registry.REGISTERED is REGISTERED
