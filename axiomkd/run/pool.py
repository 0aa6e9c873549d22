"""Workers that stand ready: each is started before it is asked, serves one operator, and is replaced.

It knows how workers are started and handed out, and nothing of reports. Safe to use from several threads.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from axiomkd.core.errors import UsageError
from axiomkd.core.events import Event
from axiomkd.core.settings import Settings
from axiomkd.operators.loading import Source, parse
from axiomkd.run import isolate
from axiomkd.run.isolate import Worker
from axiomkd.run.warm import NAME, Request, serve
from axiomkd.run.worker import Ref

CLOSED = "this Checker is closed. Make another one, or check inside its `with` block."
# What code sets before JAX's backend starts, which in a warm worker has started: it gets a worker that is not.
EARLY = re.compile(rb"XLA_FLAGS|JAX_PLATFORM|jax_platform|jax_num_cpu_devices|jax\.distributed|LIBTPU|CUDA_VISIBLE")


class Waiting(Worker):
    """A worker that waits for its request. As a context it is started at once, and ended at the end of the outermost block."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(serve, settings, True, limit=isolate.timeout_of(settings))
        self.settings = settings
        self._blocks = 0
        self._pipe: int | None = None

    def start(self) -> Waiting:
        """Start it. It warms up until it is asked."""
        self.__enter__()
        path = Path(self._room.calls).with_name(NAME)
        made = path.with_name(f"{NAME}-made")
        os.mkfifo(made, 0o600)
        self._pipe = os.open(made, os.O_RDWR)  # held until the end: the pipe keeps what is written while nobody reads
        made.rename(path)
        return self

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def ask(self, **what: Any) -> Waiting:
        """Send the one request."""
        assert self._pipe is not None
        path = [one if one else os.getcwd() for one in sys.path]
        text = Request(cwd=os.getcwd(), path=path, **what).model_dump_json().encode() + b"\n"
        os.set_blocking(self._pipe, False)
        sent = 0
        while sent < len(text):
            select.select([], [self._pipe], [], 1.0)  # full until somebody reads
            with suppress(BlockingIOError):
                sent += os.write(self._pipe, text[sent:])
        return self

    def __enter__(self) -> Waiting:
        if not self._blocks:
            super().__enter__()
        self._blocks += 1
        return self

    def __exit__(self, *error: object) -> None:
        self._blocks -= 1
        if not self._blocks:
            if self._pipe is not None:
                os.close(self._pipe)
                self._pipe = None
            super().__exit__(*error)

    def end(self) -> None:
        """End it, from the block that `start` opened."""
        self.__exit__(None, None, None)


class Pool:
    """Up to `size` workers that wait. Ends them all when it is closed, when it is forgotten, and with this process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ready: list[Waiting] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _end_all, self._ready, self._lock, self._owner)
        # What is registered last comes first at the end: by itself a finalizer comes when multiprocessing waits for all already.
        atexit.register(self._finalizer)

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def fill(self, settings: Settings) -> None:
        """Start what is missing; workers that wait with other settings are ended."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            fit = [one for one in self._ready if one.settings == settings and one.alive]
            for one in self._ready:
                if one not in fit:
                    one.end()
            self._ready[:] = fit
            while len(self._ready) < self._size and not self.closed:
                self._ready.append(Waiting(settings).start())

    def take(self, settings: Settings, *, warm: bool = True) -> Waiting:
        """A worker that waits, the one that has warmed up longest, or a new one. Whoever takes it ends it. Raises UsageError."""
        if self.closed or os.getpid() != self._owner:
            raise UsageError(CLOSED)
        with self._lock:
            for n, one in enumerate(self._ready):
                if warm and one.settings == settings and one.alive:
                    return self._ready.pop(n)
        return Waiting(settings).start()

    def close(self) -> None:
        """End the workers that wait. Those that are taken are their takers'."""
        self._closed.set()
        self._finalizer()
        atexit.unregister(self._finalizer)


def _end_all(ready: list[Waiting], lock: threading.Lock, owner: int) -> None:
    if os.getpid() != owner:  # a copy of that process: they are not its own
        return
    with lock:
        while ready:
            ready.pop().end()


class Errand:
    """One question to a pool: `operators` and `run`, as those of `isolate`.

    With `ahead`, the worker that has found what the target holds goes on to check the first of it. With `refill`, workers that
    wait are started whenever an operator is done.
    """

    def __init__(self, pool: Pool, *, ahead: bool = False, refill: bool = False) -> None:
        self._pool, self._ahead, self._refill = pool, ahead, refill
        self._going: dict[str, Waiting] = {}
        self._lock = threading.Lock()
        self.stop = threading.Event()

    def operators(self, source: Source, settings: Settings, *, leans_on: isolate.Lean | None = None) -> list[Ref]:
        """What a target holds. Raises LoadError."""
        made = self._pool.take(settings, warm=not _early(source.text))
        refs: list[Ref] = []
        try:
            made.ask(source=source.text, found=source.found, ahead=self._ahead)
            refs = isolate.operators(source, settings, leans_on=leans_on, stop=self.stop, made=made)
            return refs
        finally:
            if self._ahead and refs and not refs[0].problem:
                with self._lock:
                    self._going[refs[0].target] = made
            else:
                made.end()

    def run(
        self,
        ref: Ref,
        settings: Settings,
        *,
        stop: threading.Event | None = None,
        leans_on: isolate.Lean | None = None,
    ) -> Iterator[Event]:
        """Check one operator. Yields the engine's events and ends with Finished."""
        with self._lock:
            made = self._going.pop(ref.target, None)
        if made is None:
            made = self._pool.take(settings, warm=not _early(ref.target))
            made.ask(ref=ref)
        try:
            either: Any = _Either(stop, self.stop)
            yield from isolate.run(ref, settings, stop=either, leans_on=leans_on, made=made)
        finally:
            made.end()
            if self._refill:
                self._pool.fill(settings)

    def close(self) -> None:
        """End whatever is still going."""
        self.stop.set()
        with self._lock:
            while self._going:
                self._going.popitem()[1].end()


class _Either:
    """Set where one of two events is."""

    def __init__(self, *events: threading.Event | None) -> None:
        self._events = [one for one in events if one is not None]

    def is_set(self) -> bool:
        return any(one.is_set() for one in self._events)


def _early(target: str) -> bool:
    """Whether the file of a target speaks of what has to be set before JAX starts."""
    try:
        here = parse(target)
        return here.kind == "file" and EARLY.search(Path(here.where).read_bytes()) is not None
    except (OSError, UsageError):
        return False
