"""The process that workers are forked from: what it imports, and how it is started before anybody knows whether it is needed.

A light import: the command calls `ahead` before it has read its own options. It knows nothing of jobs and messages.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from typing import Any

from axiomkd.core.package import CACHE_FOLDER

PRELOAD = "axiomkd.run.preload"
_used = False


def context() -> Any:
    """Workers are forked from a server that holds the imports of `axiomkd.run.preload`."""
    global _used
    _used = True
    return _context()


def _context() -> Any:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([PRELOAD])
    return found


@contextmanager
def deaf() -> Iterator[None]:
    """Hold Ctrl-C back in what is started here: the server that workers are forked from ignores it only once it has imported all
    it needs, and would end with a traceback until then. Its workers, in sessions of their own, listen again."""
    resource_tracker.ensure_running()  # it would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forget() -> None:
    """In a copy of this process: the server is its parent's, and it starts one of its own where it needs one."""
    server: Any = forkserver._forkserver  # type: ignore[attr-defined]
    if server._forkserver_alive_fd is not None:
        with suppress(OSError):
            os.close(server._forkserver_alive_fd)  # the server ends with the last that holds it
    server._forkserver_address = server._forkserver_alive_fd = server._forkserver_pid = None
    server._lock = threading.Lock()


os.register_at_fork(after_in_child=_forget)


def ahead(arguments: Sequence[str]) -> None:
    """Start the server while the command line is still being imported, where a check is likely to need one.

    It is a guess that changes no answer: where none was needed it is ended with this process, and where none was started it is
    started later.
    """
    if not _likely(arguments):
        return
    with suppress(Exception):  # whoever needs it starts it again, and says what is wrong
        _context()
        with deaf():
            forkserver.ensure_running()
        atexit.register(_end_unused, os.getpid())


def _likely(arguments: Sequence[str]) -> bool:
    """Whether workers will be wanted: no question about options, and no folder of answers that is newer than all that is named."""
    if {"--help", "-h"} & set(arguments):
        return False
    kept = _changed(CACHE_FOLDER)
    return "--no-cache" in arguments or kept is None or any((_changed(one) or 0) > kept for one in arguments[1:])


def _changed(name: str) -> int | None:
    """When a file, or a folder, was last changed; None where there is none. A target may name an operator after its file."""
    with suppress(OSError, ValueError):
        return os.stat(name.partition("::")[0]).st_mtime_ns
    return None


def _end_unused(owner: int) -> None:
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)  # type: ignore[attr-defined]
    if not _used and pid is not None and os.getpid() == owner:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
