"""Targets become operators here: the only place that imports user code and knows how targets are written.

It refuses to know what is done with an operator. The command line calls it in worker processes only.
"""

from __future__ import annotations

import glob
import importlib
import importlib.util
import itertools
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from axiomkd.core import modules
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.layout import written
from axiomkd.core.operator import REGISTERED, Operator, describe
from axiomkd.core.package import INSTALL_TORCH, PACKAGE, ROOT
from axiomkd.core.words import meant
from axiomkd.operators.frames import is_ours, line_in, named, said, shorten, text_of, user_frames, user_traceback

REMEDY = "Decorate the function with @operator (from axiomkd import operator), or name it"
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages"}
_MODULE = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Target:
    """A target as written: `kind` is file, folder, module or zoo; `name` is "" where all operators are meant."""

    kind: str
    where: str
    name: str

    @property
    def text(self) -> str:
        separator = {"zoo": "", "module": ":"}.get(self.kind, "::")
        return f"{self.where}{separator}{self.name}" if self.name else self.where


@dataclass(frozen=True)
class Source:
    """One thing to load. `found` marks a file found in a folder: it may register nothing."""

    text: str
    found: bool = False


def parse(text: str) -> Target:
    """Read a target. Raises LoadError where it is written in no known way."""
    if text.startswith("zoo:"):
        return Target("zoo", "zoo:", text[len("zoo:") :].replace("-", "_"))
    where, _, name = text.partition("::")
    if os.path.isdir(where) and not name:
        return Target("folder", where, "")
    if "::" in text or where.endswith(".py") or os.path.exists(where) or os.sep in where:
        return Target("file", where, name)
    module, _, name = text.partition(":")
    if _MODULE.match(module):
        return Target("module", module, name)
    raise LoadError(
        f"{text!r}: not a target. Write FILE.py, FILE.py::name, FOLDER/, package.module[:name] or zoo:name."
    )


def sources(text: str) -> list[Source]:
    """The files of a folder, those that a pattern (`ops/*.py`, `**` for any depth) names, or the target itself. No user code
    runs. Raises LoadError."""
    where, separator, name = text.partition("::")
    if any(one in where for one in "*?[") and not os.path.exists(where) and not where.startswith("zoo:"):
        return _matching(text, where, f"{separator}{name}")
    target = parse(text)
    if target.kind != "folder":
        return [Source(text)]
    files = list(_python_files(Path(target.where)))
    if not files:
        raise LoadError(f"{text}: no Python file in this folder. Give a folder that holds operator files, or a file.")
    return [Source(str(file), found=True) for file in files]


def _matching(text: str, pattern: str, rest: str) -> list[Source]:
    """What a shell would have made of a pattern that reached here in quotes; a folder among it stands for its files."""
    places = sorted(_matched(pattern))
    files = [str(file) for one in places for file in (_python_files(Path(one)) if os.path.isdir(one) else [one])]
    found = list(dict.fromkeys(one for one in files if one.endswith(".py")))
    if not found:
        raise LoadError(f"{text}: no Python file matches {pattern!r}.")
    return [Source(f"{file}{rest}", found=not rest) for file in found]


def _matched(pattern: str) -> Iterable[str]:
    """What a pattern names. `**` goes through folders, and not through links to folders, which may lead back to where they are."""
    if "**" not in Path(pattern).parts:
        return glob.glob(pattern)
    root = Path(pattern).anchor
    inside = Path(root).glob(pattern[len(root) :]) if root else Path().glob(pattern)
    # As a shell does it, and unlike Path.glob: what begins with a point is not meant by a star.
    hidden = any(part.startswith(".") for part in Path(pattern).parts)
    return (str(one) for one in inside if hidden or not any(part.startswith(".") for part in one.parts))


def _python_files(folder: Path) -> Iterable[Path]:
    """The files in a folder and below. Each folder is gone through once, under its own name if it has one here: links may lead back
    to where they are, or anywhere many times over."""
    return _below(folder, os.path.realpath(folder), set())


def _below(folder: Path, root: str, seen: set[tuple[int, int]]) -> Iterable[Path]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for one in sorted(folder.iterdir()):
        if one.name.startswith(".") or one.name in _SKIPPED_FOLDERS:
            continue
        if one.is_dir() and not (one / "pyvenv.cfg").exists():
            if not one.is_symlink() or not f"{os.path.realpath(one)}{os.sep}".startswith(root + os.sep):
                yield from _below(one, root, seen)
        elif one.suffix == ".py" and one.is_file():
            yield one


def load(text: str, *, found: bool = False) -> list[Operator]:
    """The operators of a target that is not a folder, with `target`, `file` and `line` as a reader writes them.

    With `found`, a file that registers nothing gives none. Raises LoadError; runs the user's code.
    """
    target = parse(text)
    match target.kind:
        case "zoo":
            return _from_zoo(target)
        case "module":
            return _select(target, *_from_module(target))
        case "file":
            return _from_file(target, found)
    raise LoadError(f"{text}: a folder. Give one of its files.")


def lacking(text: str) -> str:
    """The sentence that says that the target's file is not there; "" where it is, or where the target is no file."""
    try:
        target = parse(text)
    except LoadError as e:
        return str(e)
    if target.kind != "file" or Path(target.where).exists():
        return ""
    return f"{target.where}: no such file{'' if os.path.isabs(target.where) else f' in {os.getcwd()}'}."


def load_one(text: str) -> Operator:
    """The one operator that a target names. Raises LoadError where it names several."""
    operators = load(text)
    if len(operators) > 1:
        raise LoadError(
            f"{text}: names {len(operators)} operators. Choose one of {', '.join(o.target for o in operators)}."
        )
    return operators[0]


# --- the zoo ---------------------------------------------------------------------------------------------------------


def _from_zoo(target: Target) -> list[Operator]:
    from axiomkd.zoo import ENTRIES

    if target.name and target.name not in ENTRIES:
        raise LoadError(
            f"zoo:{target.name}: no such operator in the zoo.{_close(target.name, ENTRIES)} `axiomkd list` names all."
        )
    chosen = [ENTRIES[target.name]] if target.name else list(ENTRIES.values())
    return [replace(plain(entry.fn, entry.name, K=entry.K, C=entry.C), target=f"zoo:{entry.name}") for entry in chosen]


def plain(fn: Callable, name: str | None = None, **options: Any) -> Operator:
    """The operator of a callable that nobody registered. Raises UsageError."""
    made = describe(fn, name=name, **options)
    line = getattr(getattr(fn, "__code__", None), "co_firstlineno", 0)
    return replace(made, file=_shown(made.file), line=line)


def _shown(file: str) -> str:
    """A file of this package from the package's root, any other relative to the working folder."""
    full = Path(file)
    return str(full.relative_to(ROOT)) if file and full.is_relative_to(PACKAGE) else shorten(file)


# --- modules ---------------------------------------------------------------------------------------------------------


def _from_module(target: Target) -> tuple[ModuleType, str, list[Operator]]:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(target.where)
    except ModuleNotFoundError as e:
        if e.name and (target.where == e.name or target.where.startswith(e.name + ".")):
            near = _close(target.where, [p.stem for p in Path().glob("*.py")])
            raise LoadError(
                f"{target.text}: neither a file nor a module that can be imported from here.{near}"
            ) from None
        raise _explain(e, target.where, _file_of(e)) from None
    except (Exception, SystemExit) as e:  # whatever the user's module raises is told
        raise _explain(e, target.where, _file_of(e)) from None
    file = modules.file(module)
    inside = str(Path(file).parent) + os.sep if file and modules.folders(module) else None
    made = [one for one in REGISTERED if one.file == file or (inside and one.file.startswith(inside))]
    return module, shorten(file), made


def _file_of(e: BaseException) -> str:
    frames = user_frames(e)
    return frames[-1].filename if frames else ""


# --- files -----------------------------------------------------------------------------------------------------------


def _from_file(target: Target, found: bool) -> list[Operator]:
    path = Path(target.where)
    source = _read(target, path)
    full = str(path.resolve())
    code = _compiled(target, source, full)
    if found and b"operator" not in source:
        return []  # it cannot register anything, so it is not run at all
    before = len(REGISTERED)
    module = _run(target, code, full)
    made = [one for one in REGISTERED[before:] if one.file == full]
    return [] if found and not made else _select(target, module, _display(target.where), made)


def _display(where: str) -> str:
    return shorten(where) if os.path.isabs(where) else os.path.normpath(where)


def _read(target: Target, path: Path) -> bytes:
    if path.is_dir():
        raise LoadError(f"{target.text}: {target.where} is a folder. Name a file: {path / 'FILE.py'}::{target.name}.")
    if not path.exists():
        folder = path.parent
        if not folder.is_dir():
            raise LoadError(f"{target.where}: no such file, and no folder {folder}.")
        near = _close(path.name, [p.name for p in folder.glob("*.py")])
        raise LoadError(f"{target.where}: no such file.{near}")
    if path.suffix != ".py":
        raise LoadError(
            f"{target.where}: not a Python file. A target is a file that ends in .py, a folder or a module."
        )
    try:
        return path.read_bytes()
    except OSError as e:
        raise LoadError(f"{target.where}: cannot be read ({e.strerror}).") from None


def _compiled(target: Target, source: bytes, full: str):
    # Not by the import system: no byte code is left beside the user's file, and none of an older version is used.
    try:
        return compile(source, full, "exec", dont_inherit=True)
    except SyntaxError as e:
        shown = f"\n  {e.text.strip()}" if e.text and e.text.strip() else ""
        at = f", line {e.lineno}" if e.lineno else ""
        raise LoadError(f"{_display(target.where)}{at}: {e.msg}. Correct the syntax.{shown}") from None
    except (ValueError, RecursionError, MemoryError) as e:
        raise LoadError(f"{_display(target.where)}: not readable as Python ({e}).") from None


def _run(target: Target, code, full: str) -> ModuleType:
    """Execute the file as a module of its own, its folder importable."""
    stem = re.sub(r"\W", "_", Path(full).stem)
    name = f"axiomkd_target_{next(_numbers)}_{stem}"
    spec = importlib.util.spec_from_file_location(name, full)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = os.path.dirname(full)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as e:  # whatever the user's file raises is told
        del sys.modules[name]
        raise _explain(e, _display(target.where), full) from None
    return module


def _explain(e: BaseException, shown: str, full: str) -> LoadError:
    """One message for whatever came out of the user's file, with the line of that file and what to do."""
    line = line_in(e, full)
    at = f"{shown}, line {line}" if line else shown
    match e:
        case SystemExit():
            text = f"calls sys.exit({e.code!r}) when imported. Put such code under `if __name__ == '__main__':`."
        case ModuleNotFoundError() if e.name:
            text = f"needs the module {e.name!r}, which is not installed here. Install it, or remove the import."
            if e.name == "torch":
                text = f"needs PyTorch, which is not installed here. {INSTALL_TORCH}."
            if len(user_frames(e)) == 1:
                return LoadError(f"{at}: {text}")
        case ImportError() if "relative import" in text_of(e):
            text = "uses relative imports. Give it as a module instead of a file: package.module."
        case UsageError():
            text = str(e)
            return LoadError(f"{at}: {text}")
        case _:
            told = said(e) if text_of(e) else named(e)
            text = f"raised {told} when imported. Correct the file."
            if user_frames(e) and is_ours(e):  # what this package refuses it says in words of its own
                text = (
                    f"raised {told} inside axiomkd when imported. If what it hands over is right, report it to axiomkd."
                )
    return LoadError(f"{at}: {text}", user_traceback(e))


# --- choosing --------------------------------------------------------------------------------------------------------


def _select(target: Target, module: ModuleType, shown: str, made: Sequence[Operator]) -> list[Operator]:
    """The operators that the target names, under the names that find them again."""
    _no_twins(shown, made)
    if target.name:
        chosen = _named(target, module, shown, made)
    elif made:
        chosen = list(made)
    else:
        example = f"{target.where}{'::' if target.kind == 'file' else ':'}{next(iter(_functions(module)), 'name')}"
        raise LoadError(f"{target.where}: registers no operator. {REMEDY}: {example}.")
    prefix = f"{target.where}:" if target.kind == "module" else f"{shown}::"
    among = _Among(made)
    return [
        replace(
            one,
            target=prefix + _spelled(one, module, among),
            file=shown if target.kind == "file" else shorten(one.file),
        )
        for one in chosen
    ]


class _Among:
    """How often names, families of names and functions occur among the operators of a target: one look at each, for thousands."""

    def __init__(self, made: Sequence[Operator]) -> None:
        self._names = Counter(one.name for one in made)
        self._families = Counter(one.name.partition("[")[0] for one in made if "[" in one.name)
        self._functions = Counter(id(_written(one)) for one in made)

    def taken(self, name: str, one: Operator) -> bool:
        """Whether another operator than `one` has this name, or belongs to the family of this name."""
        named = self._names[name] - (one.name == name)
        family = self._families[name] - ("[" in one.name and one.name.partition("[")[0] == name)
        return named + family > 0

    def shared(self, fn: Any) -> bool:
        """Whether several operators were made of this function."""
        return self._functions[id(fn)] > 1


def _no_twins(shown: str, made: Sequence[Operator]) -> None:
    lines: dict[str, int] = {}
    for one in made:
        if one.name in lines:
            raise LoadError(
                f"{shown}, line {one.line}: registers {one.name!r}, which line {lines[one.name]} registered already. "
                "Give one of them another name: @operator(name=…)."
            )
        lines[one.name] = one.line


def _named(target: Target, module: ModuleType, shown: str, made: Sequence[Operator]) -> list[Operator]:
    name = target.name
    of_name = getattr(module, name, None) if name.isidentifier() else None
    for belongs in (
        lambda one: one.name == name,
        lambda one: one.name.startswith(f"{name}["),
        lambda one: of_name is not None and _written(one) is of_name,
        lambda one: one.name.replace("-", "_") == name.replace("-", "_"),
    ):
        if chosen := [one for one in made if belongs(one)]:
            return chosen
    if of_name is None:
        raise _not_there(target, module, shown, made)
    if isinstance(of_name, type) or not callable(of_name):
        what = "a class: register an instance of it, operator(…())" if isinstance(of_name, type) else "not a function"
        raise LoadError(f"{shown}: {name} is {what}.")
    try:
        return [plain(of_name, name)]
    except UsageError as e:
        raise LoadError(f"{shown}: {e}") from None


def _not_there(target: Target, module: ModuleType, shown: str, made: Sequence[Operator]) -> LoadError:
    operators, functions = [one.name for one in made], _functions(module)
    there = f"It registers {', '.join(operators)}." if operators else "It registers no operator."
    others = [name for name in functions if name not in operators]
    also = f" Functions in it: {', '.join(others)}." if others else ""
    near = _close(target.name, [*operators, *functions])
    return LoadError(f"{shown}: nothing named {target.name!r} in it. {there}{also}{near}")


def _functions(module: ModuleType) -> list[str]:
    """The functions that the module itself defines."""
    own = modules.attribute(module, "__name__")
    return [
        name
        for name, value in list(modules.held(module).items())
        if isinstance(name, str) and name[:1] != "_" and callable(value) and _module_of(value) == own
    ]


def _module_of(value: Any) -> str:
    try:
        found = value.__module__
    except Exception:  # an object that stands in for another may refuse to say
        return ""
    return found if type(found) is str else ""


def _written(one: Operator) -> Any:
    """What the user registered, parameters unbound."""
    return written(one.fn) if one.params or not isinstance(one.fn, partial) else one.fn


def _spelled(one: Operator, module: ModuleType, among: _Among) -> str:
    """The function's own name where it says which operator is meant, else the registered one."""
    name, fn = str(getattr(one.fn, "__name__", "")), one.fn if one.params else _written(one)
    alone = name.isidentifier() and not among.taken(name, one) and not among.shared(fn)
    return name if alone and getattr(module, name, None) is fn else one.name


def _close(name: str, names: Iterable[str]) -> str:
    near = meant(name, names)
    return f" Did you mean {near}?" if near else ""
