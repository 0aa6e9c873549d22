"""Which file a report's operator is run from, settled before any of it runs: the target's own, and the one that was hashed.

It reads files and paths only. It runs nothing and knows no verdict.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import replace
from importlib.machinery import PathFinder
from pathlib import Path

from axiomkd.core.errors import LoadError
from axiomkd.core.package import ROOT
from axiomkd.core.report import OperatorModel
from axiomkd.operators.loading import Target, parse
from axiomkd.verify.line import Failed

NOT_HERE = "Verify in the folder in which the report was made, or name it with --folder."


def check(one: OperatorModel, trusted: Path | None = None) -> None:
    """That the code which the target runs is the file that the report names and hashed, in the folder that is trusted, the working
    folder unless another is given. Raises Failed, and LoadError where that file is not here."""
    if not one.target:
        raise LoadError(f"{one.name}: the report names no target to load it from. Check the operator by its file.")
    kind = parse(one.target).kind
    named = _named(one.file, kind)
    if not named.is_file():
        raise LoadError(f"{one.file}: no such file here. {NOT_HERE}")
    _same_file(one, kind, named)
    if kind == "file" and not named.resolve().is_relative_to((trusted or Path.cwd()).resolve()):
        raise LoadError(
            f"{one.file}: outside the working folder, so it is not run. Verify in a folder that holds it, or name that with "
            "--folder, if you trust it."
        )
    if "source" not in one.hashes:
        raise Failed(f"{one.name}: the report has no hash of the operator's source, so its code is not run")
    if hashlib.sha256(named.read_bytes()).hexdigest() != one.hashes["source"]:
        raise Failed(f"{one.name}: the operator's source has changed since the report ({one.file})")


def placed(target: str, file: str) -> tuple[Target, Path]:
    """What a target and its file are wherever the working folder is: a report that names them in full is honest in any."""
    read = parse(target)
    where = str(Path(read.where).resolve()) if read.kind == "file" else read.where
    return replace(read, where=where), _named(file, read.kind).resolve()


def _named(file: str, kind: str) -> Path:
    """The file that a report names: relative to the working folder, or to this package's folder for an operator of the zoo."""
    return (ROOT if kind == "zoo" else Path.cwd()) / file


def _same_file(one: OperatorModel, kind: str, named: Path) -> None:
    """Raises Failed where the target would run another file than the one named."""
    target = parse(one.target)
    full = named.resolve()
    match kind:
        case "zoo":
            inside = full.is_relative_to(ROOT / "axiomkd" / "zoo")
        case "file":
            inside = Path(target.where).resolve() == full
        case "module":
            inside = _within_module(target.where, full)
        case _:
            inside = False
    if not inside:
        raise Failed(f"{one.name}: its target is {one.target}, which does not run {one.file}, the file that was hashed")


def _within_module(name: str, file: Path) -> bool:
    """Whether a file is that of a module, or below it where the module is a package. Imports nothing."""
    paths: list[str] | None = [os.getcwd(), *sys.path]
    origin = ""
    parts = name.split(".")
    for n in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: n + 1]), paths)
        if spec is None:
            raise LoadError(f"{name}: no module of that name here. {NOT_HERE}")
        origin = spec.origin or ""
        paths = list(spec.submodule_search_locations) if spec.submodule_search_locations is not None else []
    if not origin:
        return False
    return Path(origin).resolve() == file or (bool(paths) and file.is_relative_to(Path(origin).resolve().parent))
