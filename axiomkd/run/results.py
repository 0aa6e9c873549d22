"""Results as they end, kept small until the report is made: a process that has thousands of them does not grow by what they hold.

It knows nothing of what a result says.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator

from pydantic import TypeAdapter

from axiomkd.core.events import Finished

_FINISHED = TypeAdapter(Finished)
FAST = 1  # zlib's level: a result shrinks to a seventh of its text, which is an eighth of what it takes as objects


class Results:
    """Finished operators by their place among those asked for. Safe to use from several threads."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def add(self, place: int, finished: Finished) -> None:
        """Keep the result of the operator at `place`."""
        packed = zlib.compress(_FINISHED.dump_json(finished, by_alias=True), FAST)
        with self._lock:
            self._packed[place] = packed

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[Finished]:
        """All of them, in the order of their places, whatever the order in which they came."""
        with self._lock:
            packed = [self._packed[place] for place in sorted(self._packed)]
        return (_FINISHED.validate_json(zlib.decompress(one)) for one in packed)
