"""The key that answers are signed with: the user's own, outside every project, made when it is first needed.

A folder of answers may come with a checkout; who wrote it then has not this key, and none of it is believed. It knows no answer.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

LENGTH = 32  # bytes: as many as SHA-256 gives
FOLDER = "axiomkd"
NAME = "cache-key"


def folder() -> Path:
    """Where the user's configuration lies. Raises RuntimeError where there is no home."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(named) if os.path.isabs(named) else Path.home() / ".config") / FOLDER


def hidden() -> list[str]:
    """The folder that no operator has to see."""
    with suppress(RuntimeError):
        return [str(folder())]
    return []


def own() -> bytes | None:
    """The user's key; None where it is not the user's alone, or cannot be kept: then there is nothing to sign with."""
    with suppress(OSError, RuntimeError):
        path = folder() / NAME
        return _read(path) or _made(path)
    return None


def _read(path: Path) -> bytes | None:
    """Raises PermissionError where others may read or write it."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(opened, "rb") as file:
        seen = os.fstat(opened)
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
            raise PermissionError(f"{path}: not the user's alone")
        found = file.read(LENGTH + 1)
    if len(found) != LENGTH:
        raise PermissionError(f"{path}: not a key")
    return found


def _made(path: Path) -> bytes | None:
    """A new key, whole when it is first seen; another process's, where that was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{NAME}.{secrets.token_hex(8)}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    return _read(path)
