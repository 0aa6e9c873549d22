"""Messages that come over a pipe from a process that runs the user's code: read without waiting, and never believed to be whole.

A message is its length and its bytes, as `multiprocessing` sends it. It knows nothing of what is in one.
"""

from __future__ import annotations

import os
import struct
import time

LARGEST = 64 << 20  # bytes of one message; the report of an operator with its pictures takes a few hundred thousand
WHOLE = 512 << 20  # bytes of all messages of one worker
AT_ONCE = 1 << 20  # bytes read before anything else gets its turn
FINISHES = 30.0  # seconds in which a message that has begun has to have come

_SHORT, _LONG = struct.Struct("!i"), struct.Struct("!Q")


class Nonsense(Exception):
    """What came is no message of ours; the text says why."""


class Incoming:
    """What has come over a pipe, message by message. The file descriptor must not block."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._came = bytearray()
        self._total = 0
        self._since: float | None = None  # when the message began that is not whole
        self.closed = False

    def read(self) -> list[bytes]:
        """The messages that are whole by now. Raises Nonsense."""
        enough = self._total + AT_ONCE
        while not self.closed and self._total < enough:
            try:
                data = os.read(self._fd, AT_ONCE)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self.closed = not data
            self._came += data
            self._total += len(data)
        if self._total > WHOLE:
            raise Nonsense(f"more than {WHOLE >> 20} MiB of messages")
        return self._whole()

    def late(self) -> None:
        """Raises Nonsense where a message has begun, and does not end."""
        if self._since is not None and time.monotonic() - self._since > FINISHES:
            raise Nonsense("the beginning of a message, and no more")

    def _whole(self) -> list[bytes]:
        found, at = [], 0
        while (size := self._size(at)) is not None and len(self._came) >= size[1]:
            found.append(bytes(self._came[size[0] : size[1]]))
            at = size[1]
        del self._came[:at]
        if not self._came:
            self._since = None
        elif found or self._since is None:
            self._since = time.monotonic()
        return found

    def _size(self, at: int) -> tuple[int, int] | None:
        """Where the message that begins here has its bytes; None where that cannot be told yet. Raises Nonsense."""
        if len(self._came) < at + _SHORT.size:
            return None
        (size,) = _SHORT.unpack_from(self._came, at)
        start = at + _SHORT.size
        if size == -1:
            if len(self._came) < start + _LONG.size:
                return None
            (size,) = _LONG.unpack_from(self._came, start)
            start += _LONG.size
        if not 0 <= size <= LARGEST:
            raise Nonsense(f"a message of {size:,} bytes")
        return start, start + size


def framed(data: bytes) -> bytes:
    """A message as it goes over the pipe."""
    return _SHORT.pack(len(data)) + data
