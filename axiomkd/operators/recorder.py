"""The last call of an operator, written down before it is made, where another process can read it: after a crash, or to see
how long it has been going on.

One slot in a mapped file. It knows arrays and nothing of axioms; of what has no floats (a traced call) only the beginning.
"""

from __future__ import annotations

import math
import mmap
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from axiomkd.core.files import regular
from axiomkd.core.late import late
from axiomkd.core.operator import TEMPERATURES

if TYPE_CHECKING:
    import numpy as np
else:
    np = late("numpy")  # who only looks at how long a call goes on needs none

_BUSY = struct.Struct("=qd")  # whether a call is going on, and since when (time.monotonic, which processes share)
_HEAD = struct.Struct("=qqqqqd")  # valid, K, C, points in the batch, has T, T
_NUMBERS = _BUSY.size + _HEAD.size
CAPACITY = 1 << 20


@dataclass(frozen=True)
class Call:
    """The inputs of one call; of a batch of `points`, the first."""

    P: list[list[float]]
    w: list[float]
    T: float | None
    points: int


class Recorder:
    """Wraps a function A(P, w[, T]) so that each call on concrete numbers is in the file before it happens."""

    def __init__(self, path: str) -> None:
        with open(path, "w+b") as file:
            file.truncate(CAPACITY)
            self._map = mmap.mmap(file.fileno(), CAPACITY)

    def around(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*args: Any, **named: Any) -> Any:
            with self.call(args, named):
                return fn(*args, **named)

        recorded.inner, recorded.around = fn, self.around  # type: ignore[attr-defined]
        return recorded

    @contextmanager
    def call(self, args: tuple, named: dict[str, Any]) -> Iterator[None]:
        """While one call is made."""
        try:
            self._write(*_inputs(args, named))
        except Exception:  # tracers have no floats; the call matters, not its record
            if not _BUSY.unpack_from(self._map)[0]:  # else whoever calls has written down what is meant
                self._map[_BUSY.size : _BUSY.size + 8] = b"\0" * 8
        self._map[: _BUSY.size] = _BUSY.pack(1, time.monotonic())
        try:
            yield
        finally:
            self._map[: _BUSY.size] = _BUSY.pack(0, 0.0)

    def _write(self, P: np.ndarray, w: np.ndarray, T: float | None) -> None:
        points = P.shape[2] if P.ndim == 3 else 1
        if P.ndim == 3:
            P, w = P[:, :, 0], w[:, 0]
        K, C = P.shape
        body = P.tobytes() + w.tobytes()
        if _NUMBERS + len(body) > CAPACITY:
            raise ValueError("too large to record")
        self._map[_NUMBERS : _NUMBERS + len(body)] = body
        self._map[_BUSY.size : _NUMBERS] = _HEAD.pack(1, K, C, points, T is not None, 0.0 if T is None else T)


def _inputs(args: tuple, named: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, float | None]:
    P, w = np.asarray(args[0], dtype=float), np.asarray(args[1], dtype=float)
    given = [*args[2:], *(named[name] for name in TEMPERATURES if name in named)]
    T = given[0] if given else None
    return P, w, None if T is None else float(np.asarray(T, dtype=float).ravel()[0])


def last_call(path: str) -> Call | None:
    """What the file holds: the last call begun, or None where it could not be written down, or what stands there is none. The
    process that it comes from runs the user's code: nothing in it is taken for granted."""
    data = regular(path, CAPACITY)
    if data is None or len(data) < _NUMBERS:
        return None
    valid, K, C, points, has_T, T = _HEAD.unpack_from(data, _BUSY.size)
    if not valid or not (0 < K <= CAPACITY and 0 < C <= CAPACITY and points > 0):
        return None
    if _NUMBERS + 8 * (K * C + K) > len(data):
        return None
    numbers = np.frombuffer(data, dtype=float, count=K * C + K, offset=_NUMBERS)
    if not np.isfinite(numbers).all() or (has_T and not math.isfinite(T)):
        return None
    return Call(numbers[: K * C].reshape(K, C).tolist(), numbers[K * C :].tolist(), T if has_T else None, points)


def going_on(path: str) -> float | None:
    """For how many seconds the call that is going on has lasted; None where there is none."""
    data = regular(path, _BUSY.size)
    busy, since = _BUSY.unpack(data) if data is not None and len(data) == _BUSY.size else (0, 0.0)
    return max(time.monotonic() - since, 0.0) if busy and math.isfinite(since) else None


_installed: list[Recorder] = []


def install(recorder: Recorder) -> None:
    """Have `recording` write to this recorder, in this process."""
    _installed[:] = [recorder]


@contextmanager
def recording(*args: Any) -> Iterator[None]:
    """While compiled code of the operator's runs, which does not go through its function: P (B, K, C), w (B, K) and perhaps T."""
    if not _installed:
        yield
        return
    with _installed[0].call((np.moveaxis(args[0], 0, -1), np.moveaxis(args[1], 0, -1), *args[2:]), {}):
        yield
