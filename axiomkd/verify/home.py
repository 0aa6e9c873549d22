"""The folder that a report's relative paths are meant from: the working folder or the one given, else one that holds the report.

Nothing outside the working folder, or the one given, is taken for it. It reads files and runs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.report import OperatorModel, Report
from axiomkd.operators.loading import parse


def within(folder: str | None) -> Path:
    """The folder that code may be run from. Raises UsageError where there is none of that name."""
    found = Path(folder or ".").resolve()
    if not found.is_dir():
        raise UsageError(f"--folder {folder}: no such folder.")
    return found


def of(report: Report, path: str | Path, trusted: Path) -> Path:
    """Where the operators' files are the ones that were hashed; `trusted` itself where they are nowhere."""
    for folder in _candidates(path, trusted):
        if all(_is_there(folder, one) for one in report.operators):
            return folder
    return trusted


def _candidates(path: str | Path, trusted: Path) -> Iterator[Path]:
    yield trusted
    yield from (folder for folder in Path(path).resolve().parents if folder.is_relative_to(trusted))


def _is_there(folder: Path, one: OperatorModel) -> bool:
    try:
        if parse(one.target).kind == "zoo":
            return True
        return hashlib.sha256((folder / one.file).read_bytes()).hexdigest() == one.hashes.get("source")
    except (OSError, ValueError, LoadError):
        return False
