"""Where an operator stands, as services that hold a repository name it: a path from the repository's top folder.

It looks for that folder, and reads nothing in it.
"""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import quote

from axiomkd.core.report import OperatorModel


def top(here: Path) -> Path:
    """The nearest folder upwards that is the top of a git working tree, or else `here`."""
    # In a linked working tree, `.git` is a file.
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def path(file: str, here: Path | None = None) -> str | None:
    """`file`, as written in the folder `here`, from the repository's top folder with forward slashes.

    None where it lies outside or is no file.
    """
    here = (here or Path.cwd()).resolve()
    if not file or not PurePath(file).suffix:
        return None
    full = _normal(here / file)
    root = top(here)
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else None


def place(operator: OperatorModel, here: Path | None = None) -> str | None:
    """The operator's file in the repository; None where it is not there, as with most of the zoo's users."""
    if operator.target.startswith("zoo:") and not ((here or Path.cwd()) / operator.file).exists():
        return None
    return path(operator.file, here)


def _normal(full: Path) -> Path:
    """Without `.` and `..`. Links are kept: a repository knows its files by their own names."""
    parts: list[str] = []
    for part in full.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return Path(*parts)


def uri(path: str) -> str:
    """A relative path as a relative URI."""
    # A first segment with a colon would read as a scheme.
    return quote(path, safe="/-._~!$&'()*+,;=@", errors="surrogateescape")


def module(file: str) -> str:
    """A file as a dotted name: `ops/one.py` is `ops.one`."""
    parts = [part for part in PurePosixPath(PurePath(file).as_posix()).with_suffix("").parts if part not in ("/", "..")]
    return ".".join(parts)
