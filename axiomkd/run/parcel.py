"""An operator as it travels to another machine: its settings, and the files that loading it has read. And what comes back.

Everything in it is data: texts, numbers, bytes. It knows nothing of who carries it.
"""

from __future__ import annotations

import ast
import base64
import os
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from axiomkd.core.errors import LoadError
from axiomkd.core.events import Finished
from axiomkd.core.package import PACKAGE
from axiomkd.core.settings import Settings
from axiomkd.run.cache import environment
from axiomkd.run.cache.dependencies import Dependencies, digest
from axiomkd.run.worker import Ref

MOST = 64 << 20  # bytes of files that travel with one operator
_INSTALLED = (str(PACKAGE) + os.sep, *{sysconfig.get_path(key) + os.sep for key in ("purelib", "platlib")})
SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)


class Parcel(BaseModel):
    """`files`: path from the working folder -> bytes in base 64. `outside`: absolute path -> sha256 of a file that must be the
    same where the operator is checked. `installed`: name -> version of what both sides must have alike."""

    ref: Ref
    settings: bytes
    files: dict[str, str]
    outside: dict[str, str]
    installed: dict[str, str]


class Reply(BaseModel):
    """What has become of an operator. `finished`, with what that leans on, in the `folder` it was checked in; or `refused`, as it
    cannot be checked as asked (`loading`: not be loaded, with the user's `details`); or `unfit`: nothing can be checked there; or
    its process `died` without a word."""

    finished: Finished | None = None
    leans_on: Dependencies | None = None
    folder: str = ""
    refused: str = ""
    loading: bool = False
    details: str = ""
    unfit: str = ""
    died: bool = False


def packed(ref: Ref, settings: Settings, loaded: Dependencies | None, folder: str) -> Parcel:
    """The parcel of an operator whose loading leaned on `loaded`. Raises LoadError where it needs what cannot travel."""
    found = dict(loaded.files) if loaded is not None else {}
    for listed in loaded.listed if loaded is not None else ():
        raise LoadError(
            f"{ref.file}: it looks through the folder {listed} when it is loaded. --dask sends files that are read, no folders: "
            "name the files in it, or check it without --dask."
        )
    own = os.path.abspath(ref.file)
    if os.path.isfile(own):
        found.setdefault(own, digest(own))
    for late in _imported_late([one for one in found if one.endswith(".py")]):
        found.setdefault(late, digest(late))
    inside = {path: was for path, was in found.items() if path.startswith(folder + os.sep)}
    outside = {path: was for path, was in found.items() if path not in inside and not path.startswith(_INSTALLED)}
    return Parcel(
        ref=ref,
        settings=SETTINGS.dump_json(settings),
        files=_contents(ref, inside, folder),
        outside=_visible(ref, outside),
        installed=dict(environment.versions()),
    )


def _contents(ref: Ref, inside: Mapping[str, str], folder: str) -> dict[str, str]:
    total = 0
    files: dict[str, str] = {}
    for path, was in sorted(inside.items()):
        try:
            data = Path(path).read_bytes()
        except OSError as e:
            raise LoadError(f"{ref.file}: {path}, which it reads, cannot be read ({e.strerror}).") from None
        total += len(data)
        if total > MOST:
            raise LoadError(
                f"{ref.file}: it reads more than {MOST >> 20} MiB of files when it is loaded, too much to send with it. Put them "
                "outside the working folder, at a path that every Dask worker sees."
            )
        if was and digest(path) != was:
            raise LoadError(f"{ref.file}: {path} has changed since it was loaded. Check it again.")
        files[os.path.relpath(path, folder)] = base64.b64encode(data).decode()
    return files


def _visible(ref: Ref, outside: Mapping[str, str]) -> dict[str, str]:
    if not os.path.isabs(ref.file) and ref.file.startswith(os.pardir + os.sep):
        raise LoadError(
            f"{ref.file}: it lies outside the working folder, which is what --dask sends. Start in a folder that holds it."
        )
    return dict(outside)


def _names(path: str) -> tuple[str, ...]:
    """The modules that a file imports anywhere, inside functions too."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def _imported_late(files: Iterable[str]) -> Iterator[str]:
    """Files beside those given that one of them imports, at whatever time: what is imported inside a function is not seen when the
    file is loaded."""
    todo, seen = list(files), set(files)
    while todo:
        path = todo.pop()
        for name in _names(path):
            for one in _files_of(os.path.dirname(path), name):
                if one not in seen:
                    seen.add(one)
                    todo.append(one)
                    yield one


def _files_of(folder: str, name: str) -> Iterator[str]:
    """The files of a module, and of the packages that it is in, that lie in a folder."""
    parts = name.split(".")
    for n in range(1, len(parts) + 1):
        base = os.path.join(folder, *parts[:n])
        yield from (one for one in (f"{base}.py", os.path.join(base, "__init__.py")) if os.path.isfile(one))


def problem(parcel: Parcel) -> str:
    """Why this operator cannot be checked here, "" where it can: what it reads beside what it brings is not here."""
    for path, was in parcel.outside.items():
        if digest(path) != was:
            state = "another file there" if os.path.exists(path) else "not there"
            return (
                f"{parcel.ref.file}: it reads {path}, which is {state} on the Dask worker. Put it in the working folder, which is "
                "sent, or at a path that every worker sees."
            )
    return ""


def unfit(parcel: Parcel) -> str:
    """What here is not of the version that it is where the parcel comes from, "" where all is."""
    here = environment.versions()
    other = [
        f"{name} {here.get(name) or 'none'}, not {was}"
        for name, was in parcel.installed.items()
        if here.get(name) != was
    ]
    return ", ".join(other)


def unpack(parcel: Parcel, folder: str) -> None:
    """Write the files of a parcel below `folder`. Raises ValueError for a path that leads out of it."""
    for path, data in parcel.files.items():
        full = os.path.normpath(os.path.join(folder, path))
        if not full.startswith(folder + os.sep):
            raise ValueError(f"{path} leads out of its folder")
        os.makedirs(os.path.dirname(full), exist_ok=True)
        Path(full).write_bytes(base64.b64decode(data))
