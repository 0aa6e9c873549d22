"""What a Dask worker does for axiomkd: it hands parcels to processes that check them, one for each of its threads.

It runs inside the Dask worker and imports next to nothing there; no operator's code comes near it.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading

from axiomkd.core.package import ROOT

DIED = b'{"died":true}'
_idle: list[_Agent] = []
_lock = threading.Lock()


class _Agent:
    """One process of `axiomkd.run.agent`."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
        # -P: the folder in which the Dask worker happens to have been started is no place to import from.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "axiomkd.run.agent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, parcel: bytes) -> bytes | None:
        """The reply; None where the process is no longer there to give one."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(parcel + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            return None
        return line[:-1] if line.endswith(b"\n") else None

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def check(parcel: bytes) -> bytes:
    """The reply to one parcel, both as JSON. An operator whose agent dies gets another one, once: the system may have ended the
    first for want of memory that others took."""
    for _ in range(2):
        agent = _taken()
        answer = agent.ask(parcel)
        if answer is not None:
            with _lock:
                _idle.append(agent)
            return answer
        agent.end()
    return DIED


def _taken() -> _Agent:
    with _lock:
        if _idle:
            return _idle.pop()
    return _Agent()


def _end_all() -> None:
    while _idle:
        _idle.pop().end()


atexit.register(_end_all)
