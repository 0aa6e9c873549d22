"""The folder that a worker may write to: made, emptied, and cleared away after a command that could not do it.

What is in it was written by the user's code: it may be a million files deep, locked, or a link to elsewhere. It knows no operator.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from axiomkd.core.files import out_of_git, regular, write
from axiomkd.core.system import fcntl

PREFIX = "axiomkd-"
_OURS = re.compile(re.escape(PREFIX) + r"[0-9a-z_]{8}")
OWNER = "owner"  # a file that the command holds locked while it lives
YOUNG = 60.0  # seconds in which a folder may not have been locked yet
EXAMPLE, EXAMPLES = 1 << 16, 256  # bytes of one example, and how many a run may leave

_swept = threading.Event()


class Scratch:
    """A folder of one worker's."""

    def __init__(self) -> None:
        sweep()
        self.path = tempfile.mkdtemp(prefix=PREFIX)
        self._lock = os.open(f"{self.path}/{OWNER}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Remove the folder with all that is in it. That something stays is no error: the next command sweeps."""
        os.close(self._lock)
        remove(self.path)


def sweep() -> None:
    """Once a process: remove the folders of this user whose commands are gone."""
    if _swept.is_set():
        return
    _swept.set()
    with contextlib.suppress(OSError):
        for one in list(os.scandir(tempfile.gettempdir())):
            if _OURS.fullmatch(one.name) and _abandoned(one):
                remove(one.path)


def _abandoned(one: os.DirEntry[str]) -> bool:
    """Whether it is a folder of ours that nobody holds: its lock is free. Process numbers would say nothing where several systems
    share one folder of temporary files."""
    try:
        seen = one.stat(follow_symlinks=False)
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or time.time() - seen.st_mtime < YOUNG:
            return False
        lock = os.open(f"{one.path}/{OWNER}", os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(lock)


def remove(folder: str) -> None:
    """Remove a folder, also where its owner has locked parts of it, or made it deeper than Python goes."""
    try:
        shutil.rmtree(folder, onerror=_unlocked)
    except (OSError, RecursionError):
        with contextlib.suppress(OSError):
            subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def _unlocked(act: Callable[[str], None], path: str, _why: object) -> None:
    """Try once more with the folder opened up."""
    with contextlib.suppress(OSError):
        for one in (os.path.dirname(path), path):
            if stat.S_ISDIR(os.lstat(one).st_mode):
                os.chmod(one, 0o700)
        shutil.rmtree(path) if act is not os.unlink and os.path.isdir(path) else os.unlink(path)


def gather(new: str, kept: str) -> None:
    """Add what a worker has left to the examples that the next run begins with: small files, under names that are hashes."""
    found: list[tuple[Path, bytes]] = []
    with contextlib.suppress(OSError):
        for folder in sorted(os.scandir(new), key=lambda one: one.name):
            if not (_is_hash(folder.name) and folder.is_dir(follow_symlinks=False)):
                continue
            for one in sorted(os.scandir(folder.path), key=lambda one: one.name):
                if _is_hash(one.name) and len(found) < EXAMPLES and (data := regular(one.path, EXAMPLE + 1)):
                    found.append((Path(kept) / folder.name / one.name, data))
    if not found:
        return
    out_of_git(Path(kept).parent)
    for path, data in found:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if len(data) <= EXAMPLE and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, data.decode())


def _is_hash(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8,64}", name) is not None
