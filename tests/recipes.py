"""The recipes of CONTRIBUTING.md, read from its text and carried out to the letter on a copy of the package.

A code block says in its first line where it goes: `# FILE, at the end`, `# FILE, above NAME` or `# FILE, in NAME`, which is as
the last item of the table that NAME is bound to. Nothing here knows what any of them adds.
"""

from __future__ import annotations

import ast
import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```python\n# (?P<file>\S+), (?P<where>at the end|above \w+|in \w+)\n(?P<code>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One code block of a recipe."""

    file: str
    where: str
    code: str


def recipes() -> dict[str, list[Step]]:
    """The recipes by their headings, each with its steps in order."""
    _, _, text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Recipes\n")
    parts = re.split(r"^### (.*)$", text.partition("\n## ")[0], flags=re.MULTILINE)[1:]
    return {
        title: [Step(*found.group("file", "where", "code")) for found in BLOCK.finditer(body)]
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def copy(to: Path) -> Path:
    """A copy of the package, and of what writes its pages."""
    for folder in ("axiomkd", "docs"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def carry_out(steps: list[Step], root: Path) -> None:
    """Do what the steps of a recipe say to the files below `root`."""
    for step in steps:
        path = root / step.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(_with(text, step), encoding="utf-8")
        compile(path.read_text(encoding="utf-8"), path, "exec")


def _with(text: str, step: Step) -> str:
    how, _, name = step.where.partition(" ")
    if step.where == "at the end":
        return f"{text}\n\n{step.code}" if text else step.code
    statement = _bound(text, name)
    lines = text.splitlines(keepends=True)
    if how == "above":
        lines.insert(statement.lineno - 1, f"{step.code}\n\n")
        return "".join(lines)
    display = _display(statement.value)
    if display is None:
        raise ValueError(f"{step.file}: {name} is no table to put an item into")
    line, column = display.end_lineno - 1, display.end_col_offset - 1
    row = lines[line].encode()  # ast counts columns in bytes
    item = textwrap.indent(step.code.rstrip(",\n"), "    ")
    comma = "" if lines[line][:column].strip() == "" or not _items(display) else ","
    lines[line] = f"{row[:column].decode()}{comma}\n{item},\n{row[column:].decode()}"
    return "".join(lines)


def _bound(text: str, name: str) -> ast.Assign | ast.AnnAssign:
    """The statement at the top of a module that binds the name."""
    for one in ast.parse(text).body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(one, ast.Assign | ast.AnnAssign)
            return one
    raise ValueError(f"nothing binds {name}")


def _display(value: ast.expr | None) -> ast.Tuple | ast.List | ast.Dict | None:
    """The tuple, list or dict that a table is: itself, or the last argument of what makes it."""
    if isinstance(value, ast.Call):
        arguments = [*value.args, *(one.value for one in value.keywords)]
        return next((one for one in map(_display, reversed(arguments)) if one is not None), None)
    return value if isinstance(value, ast.Tuple | ast.List | ast.Dict) else None


def _items(display: ast.Tuple | ast.List | ast.Dict) -> list:
    return display.keys if isinstance(display, ast.Dict) else display.elts
