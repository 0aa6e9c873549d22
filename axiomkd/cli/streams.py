"""Standard output and standard error that may be closed or full: what is written is lost then, and the work goes on.

Whoever reads `axiomkd check … | head -1` has what they want; the check, its files and its exit code are what they would have been.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


class Guarded:
    """A text stream that swallows what can no longer be written. `problem` says why, unless a reader has just gone."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.problem = ""
        self.lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> Any:
        """The bytes below, guarded alike."""
        return _Bytes(self, self._stream.buffer)

    def write(self, text: str) -> int:
        """As a text stream's; once something could not be written, nothing more is."""
        self.attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """As a text stream's; raises nothing."""
        self.attempt(self._stream.flush)

    def attempt(self, act: Any) -> None:
        if self.lost:
            return
        try:
            act()
        except OSError as e:
            self.lost = True
            self.problem = "" if isinstance(e, BrokenPipeError) else e.strerror or str(e)
            _to_nowhere(self._stream)


class Closed(Guarded):
    """In the place of a stream that was closed before the command was started: what is written to it is lost, and told."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__(open(os.devnull, "w", encoding="utf-8"))

    def attempt(self, act: Any) -> None:
        if act != self._stream.flush:
            self.problem = "it is closed"


class _Bytes:
    def __init__(self, guard: Guarded, buffer: Any) -> None:
        self._guard, self._buffer = guard, buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._buffer, name)

    def write(self, data: bytes) -> int:
        self._guard.attempt(lambda: self._buffer.write(data))
        return len(data)

    def flush(self) -> None:
        self._guard.attempt(self._buffer.flush)


def _to_nowhere(stream: Any) -> None:
    """What is still held back would fail again when the process ends, with a complaint of Python's own."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


@contextlib.contextmanager
def guarded() -> Iterator[Guarded]:
    """Both streams guarded; the guard of standard output, flushed at the end."""
    before = sys.stdout, sys.stderr
    out, errors = (Closed() if one is None else Guarded(one) for one in before)
    sys.stdout, sys.stderr = out, errors  # type: ignore[assignment]
    try:
        yield out
    finally:
        out.flush()
        errors.flush()
        sys.stdout, sys.stderr = before
