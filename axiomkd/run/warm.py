"""The inside of a worker that was started before anybody knew what for: it warms up, waits for one request, and serves that.

It serves one operator and ends, so that nothing of one is left for the next. What it warms up with is this package's own.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from axiomkd.core.settings import Settings
from axiomkd.run import worker
from axiomkd.run.cache.dependencies import Listener
from axiomkd.run.tampering import Before
from axiomkd.run.worker import Ref, Room, Send

NAME = "request"  # of the pipe in the worker's folder
LOOK = 0.005  # seconds between looks for it
TOY = (2,)  # the K and C of what it warms up with


class Request(BaseModel):
    """What to do: list what a source holds and, with `ahead`, check the first of it; or check one operator."""

    cwd: str
    path: list[str]
    source: str = ""
    found: bool = False
    ahead: bool = False
    ref: Ref | None = None


def serve(room: Room, settings: Settings, listen: bool) -> None:
    """The job of a worker that waits: `settings` are those of whatever it will be asked for."""
    worker._work(room, lambda send, before: _serve(send, before, worker._listener(room, listen), room, settings))


def _serve(send: Send, before: Before, listener: Listener | None, room: Room, settings: Settings) -> None:
    inbox = Inbox(Path(room.calls).with_name(NAME))
    for step in _warming(settings):
        if inbox.filled():
            break
        step()
    request = inbox.read()
    os.chdir(request.cwd)
    sys.path[:] = request.path
    if request.ref is not None:
        worker._check(send, before, listener, room, request.ref, settings)
        return
    refs, loaded = worker._list(send, before, listener, request.source, request.found, settings)
    if request.ahead and refs and not refs[0].problem:
        worker._check(send, before, listener, room, refs[0], settings, loaded)


class Inbox:
    """The end of a named pipe at which requests come out. It is closed before any code of an operator is run."""

    def __init__(self, path: Path) -> None:
        while not path.exists():
            time.sleep(LOOK)
        # For writing too: then it has no end while nobody has opened the other side.
        self._fd = os.open(path, os.O_RDWR)

    def filled(self) -> bool:
        return bool(select.select([self._fd], [], [], 0)[0])

    def read(self) -> Request:
        """The one request, for which it waits."""
        text = b""
        while not text.endswith(b"\n"):
            text += os.read(self._fd, 1 << 16)
        os.close(self._fd)
        return Request.model_validate_json(text)


def _warming(settings: Settings) -> Iterator[Callable[[], object]]:
    """The steps of warming up, from what every check needs to what most do: the backend, then a whole check of a toy, an event at
    a time, which has traced and compiled this package's own functions, and run each of its lines once."""
    yield partial(_backend, settings)
    from axiomkd.checking import engine
    from axiomkd.core.operator import describe

    toy = replace(
        settings,
        K=TOY,
        C=TOY,
        effort="quick",
        readings=(),
        budget=None,
        examples=None,
        pictures=False,
        fail_fast=False,
    )
    for _ in engine.check(describe(_toy), toy):
        yield _done


def _done() -> None:
    """A step that has been taken while the next one was sought."""


def _backend(settings: Settings) -> None:
    import jax.numpy as jnp

    from axiomkd.operators import loading  # noqa: F401
    from axiomkd.tracing import numerics

    numerics.prepare(settings.device)
    jnp.zeros(()).block_until_ready()
    numerics.quick_compile()


def _toy(P, w):
    return w @ P
