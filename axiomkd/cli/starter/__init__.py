"""What `axiomkd init` writes: an operator, its test, the configuration, a workflow and a hook. It overwrites nothing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from axiomkd.core.errors import UsageError
from axiomkd.core.files import write as write_whole

WORKFLOW = ".github/workflows/axiomkd.yml"
FILES = {
    "my_op.py": "my_op.py",
    "test_my_op.py": "test_my_op.py",
    WORKFLOW: "workflow.yml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
}
CONFIGURATION, IGNORED = "pyproject.toml", ".gitignore"
UNKNOWN = """pip install "$AXIOMKD"
        env:
          AXIOMKD: ${{ vars.AXIOMKD }} # no index has axiomkd: set this variable to git+https://HOST/OWNER/axiomkd@COMMIT"""
KEPT_OUT = (".axiomkd/", ".axiomkd_cache/")


def write(folder: str) -> Iterator[str]:
    """Write the files below `folder`, which is made where it is missing, and say of each what was done.

    A file that is there is left as it is; pyproject.toml and .gitignore get lines added. Raises UsageError.
    """
    top = Path(folder)
    try:
        top.mkdir(parents=True, exist_ok=True)
        for path, template in FILES.items():
            yield _new(top, path, _template(template))
        yield _configuration(top)
        yield _ignored(top)
    except FileExistsError as e:
        raise UsageError(f"init {folder}: {e.filename} is a file. Name a folder.") from None
    except OSError as e:
        raise UsageError(f"init {folder}: {e.filename or folder} cannot be written ({e.strerror}).") from None
    where = "" if top == Path(".") else f"cd {folder} && "
    yield f"next: {where}axiomkd check"


def _template(name: str) -> str:
    text = (files(__name__) / "files" / name).read_text(encoding="utf-8")
    return text.replace(UNKNOWN, f'pip install "{origin}"') if (origin := _origin()) else text


def _origin() -> str | None:
    """What to install in another place, where this package came from a Git repository: no index has it."""
    try:
        found = json.loads(distribution("axiomkd").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    git = found.get("vcs_info", {})
    if git.get("vcs") != "git" or not found.get("url", "").startswith("https://"):
        return None
    return f"axiomkd @ git+{found['url']}@{git['commit_id']}"


def _new(top: Path, path: str, text: str) -> str:
    if (top / path).exists():
        return f"kept   {path}: it is there already"
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    write_whole(top / path, text)
    wanting = ": set the repository's variable AXIOMKD, a Git URL of axiomkd" if UNKNOWN in text else ""
    return f"wrote  {path}{wanting}"


def _configuration(top: Path) -> str:
    """The table is added at the end of a file that has none: that is valid after whatever stands before."""
    path, text = top / CONFIGURATION, _template(CONFIGURATION)
    if not path.exists():
        return _new(top, CONFIGURATION, text)
    try:
        before = path.read_text(encoding="utf-8")
        table = tomllib.loads(before).get("tool", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise UsageError(f"{path}: not readable as TOML ({e}). Correct it and run `axiomkd init` again.") from None
    if "axiomkd" in table:
        return f"kept   {CONFIGURATION}: it has a table [tool.axiomkd]"
    _add(path, before, text)
    return f"added  [tool.axiomkd] to {CONFIGURATION}"


def _ignored(top: Path) -> str:
    path = top / IGNORED
    before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    missing = [one for one in KEPT_OUT if one not in before.splitlines()]
    if not missing:
        return f"kept   {IGNORED}"
    _add(path, before, "".join(f"{one}\n" for one in missing))
    return f"added  {', '.join(missing)} to {IGNORED}"


def _add(path: Path, before: str, text: str) -> None:
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    gap = gap if path.name == CONFIGURATION else "" if before.endswith("\n") or not before else "\n"
    write_whole(path, before + gap + text)
