"""The processes of one worker: who does the job, who waits for it, and how all of them end together.

The outermost is what the command started; it waits, and ends whatever is left. Where there are namespaces, the next is the first
of a world of processes that the kernel ends with it. It knows no job and no message.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from axiomkd.core.system import resource

ROUNDS = 200  # times that what is below a process is looked for: what forks faster than it is killed is stopped first
_STATUS = struct.Struct("=i")


def found(served: int, theirs: Sequence[Connection], apart: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Fork until this is the process that does the job: only it returns, with what `apart` said in the outermost one. `theirs`
    are pipes that only the job's process holds open; all ends when the process `served` does."""
    _with_parent()
    outer, alive = os.getpid(), _handle(os.getpid())
    means = apart()
    if "processes" not in means:
        if child := os.fork():
            _close(theirs)
            _wait(child, served, None)
        _with_parent()
        if os.getppid() != outer:  # it has died before this process asked to be told
            os._exit(1)
        return means
    told, tell = os.pipe()
    if first := os.fork():
        os.close(tell)
        _close(theirs)
        _wait(first, served, told)
    _with_parent()
    if alive is not None and select.select([alive], [], [], 0)[0]:
        os._exit(1)
    os.close(told)
    if child := os.fork():
        _close(theirs)
        _first(child, tell)
    os.close(tell)
    _with_parent()
    return means


def _close(theirs: Sequence[Connection]) -> None:
    for one in theirs:
        one.close()


def _first(child: int, tell: int) -> None:
    """Be the first of a world of processes: collect what ends, and end with the job, which ends all others."""
    signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGUSR1))
    os.write(tell, _STATUS.pack(_collected(child)))
    os._exit(0)


def _collected(child: int) -> int:
    """How a child ended, others of whoever's being collected meanwhile."""
    ended, status = 0, 0
    while ended != child:
        ended, status = os.waitpid(-1, 0)
    return status


def _wait(child: int, served: int, told: int | None) -> None:
    """Wait for the job's process, end whatever it leaves behind, and end in the way it ended."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGUSR1))
    ends, gone = _handle(child), _handle(served)
    if ends is not None and (gone is None or ends not in select.select([ends, gone], [], [])[0]):
        end_below(os.getpid())  # the process served is gone
        os.killpg(0, signal.SIGKILL)
    status = _collected(child)
    if told is not None:
        status = _STATUS.unpack(data)[0] if len(data := os.read(told, _STATUS.size)) == _STATUS.size else status
    end_below(os.getpid())
    _end_as(os.waitstatus_to_exitcode(status))


def _end_as(code: int) -> None:
    if code < 0:
        faulthandler.disable()
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 1)


def _handle(pid: int) -> int | None:
    """A descriptor that can be read once a process has ended; None where there is none, or no such call."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _with_parent() -> None:
    """Linux: die when the parent dies, and inherit what the operator's children leave behind."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def descendants(pid: int) -> list[int]:
    """Linux: every process below this one. Orphans are among them, as a worker inherits what its children leave."""
    found, ahead = [], [pid]
    while ahead:
        children = _children(ahead.pop())
        found += children
        ahead += children
    return found


def _children(pid: int) -> list[int]:
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        return [int(one) for file in files for one in file.read_text().split()]
    except (OSError, ValueError):
        return []


def end_below(pid: int) -> None:
    """End every process below this one, and what those start meanwhile."""
    for child in _children(pid):  # the first of a world of its own takes all of that with it, however many there are
        _send(child, signal.SIGKILL)
    for n in range(ROUNDS):
        below = [one for one in descendants(pid) if not _ended(one)]
        if not below:
            return
        for kind in (
            signal.SIGSTOP,
            signal.SIGKILL,
        ):  # all stand still before the first goes: none is left to start more
            for one in below:
                _send(one, kind)
        time.sleep(0.001 if n < 20 else 0.01)


def _send(pid: int, kind: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, kind)


def _ended(pid: int) -> bool:
    """Whether a process has ended, and waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except (OSError, IndexError):
        return True
