"""Files written in one step, and read where somebody else may have put something else in their place.

It knows nothing of what they hold.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path


def write(path: str | Path, text: str) -> None:
    """Write `text` to `path` in one step: a reader never sees half of it. Raises OSError, and then leaves nothing behind.

    Several processes and threads may write the same path at a time: one of them wins whole. What is there and is no plain file (a
    device, a pipe) is written to, and stays what it is.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        _write_into(path, text)
        return
    # A name that nobody can have put a pipe or a link under before.
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        part.touch(exist_ok=False)
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_into(path: Path, text: str) -> None:
    """Write to what stays what it is. A pipe that nobody reads is an error: it would keep the writer waiting for good."""
    opened = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(opened, True)
    with open(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


def regular(path: str | Path, most: int) -> bytes | None:
    """The first `most` bytes of a file; None where there is none, or where something else stands under its name: a pipe would
    keep the reader waiting for good, a device would never end."""
    try:
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        with open(opened, "rb", closefd=False) as file:
            return file.read(most)
    except OSError:
        return None
    finally:
        os.close(opened)


def out_of_git(folder: str | Path) -> None:
    """Make a folder that Git passes over, whatever the project's own .gitignore says. That it cannot be made is no error."""
    with contextlib.suppress(OSError):
        Path(folder).mkdir(parents=True, exist_ok=True)
        if not (Path(folder) / ".gitignore").exists():
            write(Path(folder) / ".gitignore", "*\n")
