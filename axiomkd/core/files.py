"""Files written in one step. It knows nothing of what they hold."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path


def write(path: str | Path, text: str) -> None:
    """Write `text` to `path` in one step: a reader never sees half of it. Raises OSError, and then leaves nothing behind.

    Several processes and threads may write the same path at a time: one of them wins whole. What is there and is no plain file (a
    device, a pipe) is written to, and stays what it is.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def out_of_git(folder: str | Path) -> None:
    """Make a folder that Git passes over, whatever the project's own .gitignore says. That it cannot be made is no error."""
    with contextlib.suppress(OSError):
        Path(folder).mkdir(parents=True, exist_ok=True)
        if not (Path(folder) / ".gitignore").exists():
            write(Path(folder) / ".gitignore", "*\n")
