"""`axiomkd init`: what it writes passes as it is, and what was there stays."""

import contextlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from axiomkd.cli import starter
from axiomkd.cli.starter import WORKFLOW, write
from axiomkd.core.errors import UsageError
from tests.command import axiomkd
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.whole
def test_all_of_it_passes_as_it_is():
    done = axiomkd("init", "project")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "next: cd project && axiomkd check"
    with contextlib.chdir("project"):
        check = axiomkd("check")
    assert check.returncode == 0 and "1 operator against article: 1 meets" in check.stdout, check.stderr
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_my_op.py"]
    tested = subprocess.run(run, cwd="project", capture_output=True, text=True, timeout=PATIENCE)
    assert tested.returncode == 0 and "1 passed" in tested.stdout, tested.stdout
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "project"]
        assert subprocess.run(ruff, capture_output=True).returncode == 0
    hooks = yaml.safe_load(Path("project/.pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [(one["entry"], one["pass_filenames"]) for one in hooks] == [("axiomkd check", False)]


@pytest.mark.whole
def test_the_workflow_pins_its_actions_and_runs_commands_that_exist():
    list(write("."))
    jobs = yaml.safe_load(Path(".github/workflows/axiomkd.yml").read_text())["jobs"]
    steps = jobs["check"]["steps"]
    for step in steps:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) if "uses" in step else step["run"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs == ['pip install "$AXIOMKD"', "axiomkd check --github --verify"]  # no index has it
    done = axiomkd("check", "--github", "--verify", "--quiet")
    assert done.returncode == 0, done.stderr


def test_the_same_commits_as_our_own_workflow():
    ours = Path(__file__).parent.parent / ".github" / "workflows" / "ci.yml"
    list(write("."))
    pins = r"uses: (\S+@[0-9a-f]{40}  # v[\d.]+)"
    assert set(re.findall(pins, Path(".github/workflows/axiomkd.yml").read_text())) == set(
        re.findall(pins, ours.read_text())
    )


def test_the_workflow_installs_what_is_installed_here_where_that_is_a_git_url(monkeypatch):
    told = list(write("."))
    assert any("set the repository's variable AXIOMKD" in line for line in told)
    Path(WORKFLOW).unlink()

    class Found:
        def read_text(self, name):
            commit = {"vcs": "git", "commit_id": "0" * 40}
            return json.dumps({"url": "https://example.org/axiomkd.git", "vcs_info": commit})

    monkeypatch.setattr(starter, "distribution", lambda name: Found())
    told = list(write("."))
    steps = yaml.safe_load(Path(WORKFLOW).read_text())["jobs"]["check"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs[0] == f'pip install "axiomkd @ git+https://example.org/axiomkd.git@{"0" * 40}"'
    assert not any("AXIOMKD" in line for line in told)


def test_nothing_is_overwritten():
    first = list(write("."))
    assert all(line.startswith(("wrote", "added", "next")) for line in first)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert all(line.startswith(("kept", "next")) for line in write("."))
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_lines_are_added_to_what_is_there():
    Path("pyproject.toml").write_text('[project]\nname = "mine"')
    Path(".gitignore").write_text("dist/")
    Path("my_op.py").write_text("mine")
    said = list(write("."))
    assert "kept   my_op.py: it is there already" in said and "added  [tool.axiomkd] to pyproject.toml" in said
    table = tomllib.loads(Path("pyproject.toml").read_text())
    assert table["project"]["name"] == "mine" and table["tool"]["axiomkd"]["targets"] == ["my_op.py"]
    assert Path(".gitignore").read_text() == "dist/\n.axiomkd/\n.axiomkd_cache/\n"
    assert Path("my_op.py").read_text() == "mine"


@pytest.mark.parametrize("broken", ["a file", "not TOML"])
def test_where_it_cannot_write_it_says_so(broken):
    if broken == "a file":
        Path("there").write_text("")
        with pytest.raises(UsageError, match="init there: there is a file. Name a folder."):
            list(write("there"))
    else:
        Path("pyproject.toml").write_text("[")
        with pytest.raises(UsageError, match="pyproject.toml: not readable as TOML"):
            list(write("."))
