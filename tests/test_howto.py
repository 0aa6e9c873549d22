"""The how-to pages, carried out: files written as they show them, commands run, what is printed compared with what they say.

A block headed by a language and a file name is that file. In what a command prints, `…` stands for anything.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent
GATED = ROOT / "docs" / "examples" / "gated"
SEARCH = ROOT / "docs" / "examples" / "search"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = {
    "how-to/gate.md": None,
    "how-to/adopt.md": GATED,
    "how-to/claims.md": GATED,
    "how-to/from-python.md": None,
    "how-to/search-for-operators.md": SEARCH,
    "how-to/many.md": None,
    "how-to/precision.md": None,
    "pytest.md": None,
    **({"how-to/pytorch.md": None} if find_spec("torch") else {}),
}


@pytest.mark.whole
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.weekly(3)
def test_a_page_does_as_it_says(page, tmp_path):
    folder = tmp_path / "project"
    start = PAGES[page]
    shutil.copytree(start, folder) if start else folder.mkdir()
    carried_out = 0
    for language, file, text in BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        if file:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
            time.sleep(0.06)
        elif language == "console":
            carried_out += run(text, folder)
    assert carried_out >= 1


def run(block: str, folder: Path) -> int:
    """Run the commands of a block in one shell each; `$?` is that of the one before."""
    last, count = 0, 0
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {
            **os.environ,
            "PATH": path,
            "NO_COLOR": "1",
            "COLUMNS": "130",
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
        }
        script = f"(exit {last}); {command}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
        said = done.stdout + done.stderr
        assert re.fullmatch(pattern(expected), whole(said)), f"$ {command}\n{said}"
        last, count = done.returncode, count + 1
    return count


def whole(said: str) -> str:
    return f"{said.rstrip()}\n" if said.strip() else ""


def pattern(expected: str) -> str:
    """Lines as they are, `…` for anything in a line, a line of it for any lines."""
    lines = expected.rstrip().splitlines()
    return "".join(
        r"(?:[^\n]*\n)*?" if line == "…" else re.escape(line).replace("…", "[^\n]*") + r" *\n" for line in lines
    )


def test_the_pattern_is_strict():
    assert re.fullmatch(pattern("a\n…\nb…d\n"), "a\nx\ny\nbcd\n")
    assert not re.fullmatch(pattern("a\n…\nb…d\n"), "a\nx\ny\nbce\n")
    assert not re.fullmatch(pattern("a\n"), "a\nb\n")
    assert not re.fullmatch(pattern("a.c\n"), "abc\n")


def test_the_example_repository_has_what_init_writes():
    for written, template in ((".github/workflows/axiomkd.yml", "workflow.yml"), (".pre-commit-config.yaml",) * 2):
        template = template.removeprefix(".")
        assert (GATED / written).read_text() == (ROOT / "axiomkd" / "cli" / "starter" / "files" / template).read_text()


@pytest.mark.whole
def test_the_example_repository_passes(tmp_path):
    shutil.copytree(GATED, tmp_path / "gated")
    for command in (["axiomkd", "check"], ["pytest", "-q"]):
        run = [sys.executable, "-m", *command]
        done = subprocess.run(run, cwd=tmp_path / "gated", capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
