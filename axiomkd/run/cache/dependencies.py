"""What a piece of work in this process depended on besides its arguments: files, variables, what was not there.

Python tells of what it opens, lists and imports; what was read behind its back (by a C library, from a clock) is not seen.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, Literal

from pydantic import BaseModel, Field

from axiomkd.core import late, modules
from axiomkd.core.package import PACKAGE
from axiomkd.operators.frames import is_users

OURS = str(PACKAGE) + os.sep
SYSTEM = ("/proc/", "/sys/", "/dev/")
_STANDARD = tuple({sysconfig.get_path(key) + os.sep for key in ("stdlib", "platstdlib")})
_LIBRARY = tuple({sysconfig.get_path(key) + os.sep for key in ("purelib", "platlib")})
# A file system's clock is coarse: what changed so short a time before the start may have changed after it.
COARSE = 50_000_000  # nanoseconds
# What another process or machine is asked cannot be held against the next time.
OUTSIDE = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
)


class Dependencies(BaseModel):
    """What an answer leans on.

    `files`: path -> sha256. `absent`: what was looked for in vain. `listed`: folder -> sha256 of the names in it.
    `imported_from`: folder -> sha256 of what in it could be imported under one of `names`. `variables`: name -> sha256 of
    the value, "" where it was not set. `unsure`: why the answer may not be kept, "" where it may.
    """

    kind: Literal["dependencies"] = "dependencies"
    files: dict[str, str] = Field(default_factory=dict)
    absent: list[str] = Field(default_factory=list)
    names: list[str] = Field(default_factory=list)
    listed: dict[str, str] = Field(default_factory=dict)
    imported_from: dict[str, str] = Field(default_factory=dict)
    variables: dict[str, str] = Field(default_factory=dict)
    unsure: str = ""

    def named(self) -> set[str]:
        """The files among them, those that are not there too."""
        return {*self.files, *self.absent}

    def unchanged(self, digest: Callable[[str], str]) -> bool:
        """Whether all of it is as it was; `digest` gives the sha256 of a file, "" where there is none."""
        names = frozenset(self.names)
        return (
            not self.unsure
            and all(digest(path) == was for path, was in self.files.items())
            and not any(os.path.exists(path) for path in self.absent)
            and all(_hashed(_entries(folder)) == was for folder, was in self.listed.items())
            and all(_hashed(_importable(folder, names)) == was for folder, was in self.imported_from.items())
            and all(_value(name) == was for name, was in self.variables.items())
        )

    def moved(self, here: str, there: str) -> Dependencies:
        """The same, of work that was done on files of `there` in a copy of them, `here`: folders are looked at anew."""

        def place(path: str) -> str:
            return there + path[len(here) :] if path == here or path.startswith(here + os.sep) else path

        names = frozenset(self.names)
        return self.model_copy(
            update={
                "files": {place(path): was for path, was in self.files.items()},
                "absent": [place(path) for path in self.absent],
                "imported_from": {place(one): _hashed(_importable(place(one), names)) for one in self.imported_from},
                "unsure": self.unsure or ("it looks through a folder" if self.listed else ""),
            }
        )


class Listener:
    """Listens from when it is made until the process ends: make one in a process of its own, before user code runs."""

    def __init__(self, ours: Iterable[str] = ()) -> None:
        """`ours` are folders whose files do not count: what axiomkd itself keeps there."""
        self._ours = tuple(os.path.realpath(one) + os.sep for one in ours)
        self._started = time.time_ns()
        self._before = set(sys.modules)
        self._opened: set[str] = set()
        self._written: set[str] = set()
        self._listed: set[str] = set()
        self._names: set[str] = set()
        self._variables: dict[str, str] = {}
        self._unsure = ""
        _listen_to_environment(self._variables, self._doubt)
        _listen_to_questions(self._opened.add)
        sys.addaudithook(self._hear)

    def dependencies(self) -> Dependencies:
        """What has been leaned on so far."""
        for path in filter(self._counts, sorted(self._written)):
            if os.path.lexists(path) and not os.path.isdir(path):  # what is gone again was of no use to anybody else
                self._doubt(f"it writes {path}")
        paths = sorted(filter(self._counts, (self._opened - self._written) | set(self._modules())))
        folders = self._listed | {one for one in paths if os.path.isdir(one)}
        names = self._names | {part for name, _ in modules.everything() for part in name.split(".")[:2]}
        return Dependencies(
            files={one: self._digest(one) for one in paths if os.path.isfile(one)},
            absent=[one for one in paths if not os.path.exists(one)],
            names=sorted(names),
            listed={one: _hashed(_entries(one)) for one in sorted(folders) if self._counts(one + os.sep)},
            imported_from={one: _hashed(_importable(one, names)) for one in sorted(self._import_folders())},
            variables=dict(sorted(self._variables.items())),
            unsure=self._unsure,
        )

    def _digest(self, path: str) -> str:
        try:
            changed = max(os.stat(path).st_ctime_ns, os.lstat(path).st_ctime_ns)
        except OSError:
            changed = self._started
        if changed > self._started - COARSE:
            self._doubt(f"{path} has changed meanwhile")
        return digest(path)

    def _modules(self) -> Iterator[str]:
        """The files of modules that are the user's, or that only this work has imported; not those that axiomkd imports late."""
        for name, module in modules.everything():
            file = modules.file(module)
            if file and ((name not in self._before and not late.brought(name)) or is_users(file)):
                yield os.path.abspath(file)

    def _import_folders(self) -> set[str]:
        """Where a file put in anew could be imported in place of one that was."""
        packages = [one for _, module in modules.everything() for one in modules.folders(module)]
        here = [one for one in sys.path if isinstance(one, str) and modules.is_text(one)]
        folders = {os.path.abspath(one or os.curdir) for one in [*here, *packages]}
        return {one for one in folders if os.path.isdir(one) and is_users(one + os.sep) and self._counts(one + os.sep)}

    def _counts(self, path: str) -> bool:
        """Whether what happens to this path (absolute) matters. Links are kept as they are: one may point elsewhere later."""
        if not modules.is_text(path):
            self._doubt("it asks for a file whose name is no text")
            return False
        real = os.path.realpath(path) + (os.sep if path.endswith(os.sep) else "")
        return not real.startswith((OURS, *_STANDARD, *SYSTEM, *self._ours)) and "__pycache__" not in path

    def _doubt(self, why: str) -> None:
        self._unsure = self._unsure or why

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        try:
            self._note(event, args)
        except (
            Exception
        ):  # anybody may raise an event, with anything in it, and would be told what is wrong with that here
            self._doubt(f"it raises an odd event {event}")

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if late.importing():
            return
        match event:
            case "open":
                self._open(*args)
            case "import":
                self._names.update(args[0].split(".")[:2])
            case "os.listdir" | "os.scandir" if _asked_by_user(sys._getframe(2)):
                self._listed.add(_absolute(args[0]) or os.getcwd())
            case "ctypes.dlopen" | "sqlite3.connect" if args[0] and os.sep in (path := _absolute(args[0])):
                self._opened.add(path)
            case _ if event in OUTSIDE:
                self._doubt(f"it uses {event}")

    def _open(self, path: Any, _mode: str | None, flags: int) -> None:
        full = _absolute(path)
        if full.endswith(".pyc"):  # compiled from a file that the module need not name
            self._opened.add(_source(full))
        if full:
            written = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            (self._written if written else self._opened).add(full)


def _absolute(path: Any) -> str:
    """The path in full; "" for what names no file."""
    if not isinstance(path, str | bytes | os.PathLike):
        return ""
    text = os.fsdecode(path)
    return "" if text.startswith(("<", ":memory:")) else os.path.abspath(text)


def _source(compiled: str) -> str:
    """The file that a file of byte code was made of."""
    try:
        return importlib.util.source_from_cache(compiled)
    except ValueError:  # it stands alone
        return compiled


def digest(path: str) -> str:
    """The sha256 of a file, "" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _asked_by_user(frame: FrameType | None) -> bool:
    """Whether the nearest frame outside the standard library is the user's. Imports and plugins are
    looked for everywhere."""
    while frame is not None and frame.f_code.co_filename.startswith(("<frozen", *_STANDARD)):
        if frame.f_code.co_filename.startswith(("<frozen importlib", *_LIBRARY)):
            return False
        frame = frame.f_back
    return frame is not None and is_users(frame.f_code.co_filename)


def _value(name: str) -> str:
    value = os.environ.get(name)
    return "" if value is None else _hashed([value])  # hashed: it may be a secret


def _hashed(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="surrogateescape")).hexdigest()


def _entries(folder: str) -> list[str]:
    try:
        return sorted(one for one in os.listdir(folder) if not one.startswith(".axiomkd"))
    except OSError:
        return []


def _importable(folder: str, names: Iterable[str]) -> list[str]:
    """What in a folder an import of one of the names could find."""
    return [one for one in _entries(folder) if one.split(".")[0] in names and one != "__pycache__"]


def _listen_to_environment(read: dict[str, str], doubt: Callable[[str], None]) -> None:
    """Note in `read` the variables that are asked for from now on, and doubt where the user's code goes through them all."""

    class Listening(type(os.environ)):
        def __getitem__(self, name):
            note(name)
            return super().__getitem__(name)

        def __contains__(self, name):
            note(name)
            return super().__contains__(name)

        def __iter__(self):
            if _asked_by_user(sys._getframe(1)):
                doubt("it goes through all environment variables")
            return super().__iter__()

    values = dict(os.environ)  # as they were: the user's code may set some, and read them afterwards

    def note(name: Any) -> None:
        if late.importing():
            return
        if isinstance(name, str) and not modules.is_text(name):
            doubt("it asks for a variable whose name is no text")
        elif isinstance(name, str) and name not in read:
            read[name] = _hashed([values[name]]) if name in values else ""

    os.environ.__class__ = Listening


def _listen_to_questions(note: Callable[[str], None]) -> None:
    """Note the paths of which the user's code asks whether they are there: Python tells nobody of that."""
    for name in ("stat", "lstat", "access"):
        real = getattr(os, name)

        def asked(path, *args, real=real, **named):
            if (full := _absolute(path)) and _asked_by_user(sys._getframe(1)):
                note(full)
            return real(path, *args, **named)

        for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if real in able:
                able.add(asked)
        setattr(os, name, asked)
