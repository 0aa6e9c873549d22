"""Operators checked on the machines of a Dask cluster: each is sent, waited for, sent again where its worker was lost, and given
up where it is to blame for that.

The only file that knows Dask. It decides no verdict: what comes back is what the isolated worker over there has found.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from axiomkd.core.errors import LoadError, Lost, UsageError
from axiomkd.core.events import Event
from axiomkd.core.settings import Settings
from axiomkd.run import far
from axiomkd.run.aftermath import End, Heard, finished, reproduced
from axiomkd.run.cache.dependencies import Dependencies
from axiomkd.run.parcel import Parcel, Reply, packed
from axiomkd.run.worker import Ref

MISSING = (
    "--dask needs Dask's scheduler, which is not installed here. Install axiomkd with its extra `dask` (pip install -e '.[dask]' "
    "in a checkout), or distributed itself."
)
LEAST = 64  # operators that are out at a time, at least: workers may join
CONNECTING = 15.0  # seconds for a scheduler to answer
EMPTY = 60.0  # seconds that a cluster may be without workers
RESTARTS = 5  # of the scheduler, that one operator goes through
LOOK = 0.5  # seconds between looks at whether the user has stopped the run
POISON = "ended the Dask workers that it was checked on, the last of them with no other operator out"
DIED = "ended the process that checks operators, twice"


class Cluster:
    """A Dask cluster, as a context. `jobs`: operators that are out at a time."""

    def __init__(self, address: str) -> None:
        """Connect to a scheduler. Raises UsageError where Dask is missing or nobody answers."""
        try:
            import distributed
        except ImportError:
            raise UsageError(MISSING) from None
        _hush()
        self._address, self._distributed = address, distributed
        try:
            self._client: Any = distributed.Client(
                address, timeout=CONNECTING, set_as_default=False, name="axiomkd", heartbeat_interval="2s"
            )
            threads = sum(self._client.nthreads().values())
        except (OSError, ValueError, TypeError, ImportError) as e:
            told = str(e).partition("\n")[0] or type(e).__name__
            raise UsageError(
                f"--dask {address}: no scheduler answers there ({told}). Start one (`dask scheduler`) and give its address, such "
                "as tcp://HOST:8786."
            ) from None
        self.jobs = max(LEAST, 2 * threads)
        self._folder = os.getcwd()
        self._loaded: dict[tuple[str, str], Dependencies] = {}
        self._turns = _Turns()
        self._lock = threading.Lock()
        self._looked = self._peopled = time.monotonic()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # it may be gone, and what it says then is of no use to anybody
            self._client.close(timeout=2)

    def loaded(self, ref: Ref, on: Dependencies) -> None:
        """Be told what loading an operator leaned on: these files go with it."""
        self._loaded[ref.target, ref.name] = Dependencies(files=on.files, listed=on.listed)

    def run(
        self,
        ref: Ref,
        settings: Settings,
        *,
        stop: threading.Event | None = None,
        leans_on: Callable[[Dependencies], None] | None = None,
    ) -> Iterator[Event]:
        """Check one operator as `isolate.run` does. Yields its Finished event alone; none where `stop` is set before. Raises
        LoadError and UsageError as that does, and Lost where the cluster is gone."""
        parcel = packed(ref, settings, self._loaded.get((ref.target, ref.name)), self._folder)
        began = time.monotonic()
        answer = self._answer(parcel, stop or threading.Event())
        if answer is None:
            return
        if answer.unfit:
            raise Lost(
                f"--dask {self._address}: a worker cannot check this: it has {answer.unfit}. Install there what is here."
            )
        if answer.refused:
            raise LoadError(answer.refused, answer.details) if answer.loading else UsageError(answer.refused)
        done = answer.finished
        if done is None:
            end = End(DIED if not answer.details else answer.details)
            done = finished(ref, settings, Heard(), end, None, time.monotonic() - began)
            done = done.model_copy(update={"result": reproduced(done.result, settings)})
        elif answer.leans_on is not None and leans_on is not None:
            leans_on(answer.leans_on.moved(answer.folder, self._folder))
        yield done

    def _answer(self, parcel: Parcel, stop: threading.Event) -> Reply | None:
        """What has become of an operator; None where the run is stopped before."""
        text, alone, restarts = parcel.model_dump_json(by_alias=True).encode(), False, 0
        while not stop.is_set():
            with self._turns.turn(stop, alone=alone) as mine:
                outcome = self._sent(text, stop) if mine else None
            match outcome:
                case None:
                    return None
                case Reply():
                    return outcome
                case "killed" if alone:
                    return Reply(died=True, details=POISON)
                case "killed":
                    # Dask blames whatever was on its workers when they died. With nothing else out, it is known which one it is.
                    alone = True
                case _:
                    restarts += 1
                    if restarts > RESTARTS:
                        raise Lost(self._gone("its scheduler has lost an operator again and again"))
                    self._reconnected(stop)
        return None

    def _sent(self, text: bytes, stop: threading.Event) -> Reply | str | None:
        """The reply; `killed`, `lost`; or None where the run is stopped."""
        done = threading.Event()
        try:
            future = self._client.submit(far.check, text, key=f"axiomkd-{uuid.uuid4().hex}", pure=False)
            future.add_done_callback(lambda _: done.set())
            while not done.wait(LOOK) and future.status == "pending":
                if stop.is_set():
                    future.cancel()
                    return None
                self._look()
            return self._outcome(future)
        except Lost:
            raise
        except Exception as e:  # of the many that Dask raises when its scheduler goes away
            return f"lost: {type(e).__name__}"

    def _outcome(self, future: Any) -> Reply | str:
        if future.status == "finished":
            try:
                return Reply.model_validate_json(future.result(timeout=CONNECTING))
            except ValidationError:
                return Reply(unfit="another axiomkd")
        if future.status != "error":
            return "lost"
        error = future.exception(timeout=CONNECTING)
        if isinstance(error, self._distributed.KilledWorker):
            return "killed"
        told = f"{type(error).__name__}: {error}".partition("\n")[0]
        return Reply(unfit=f"no axiomkd that could be started ({told})")

    def _look(self) -> None:
        """Raise Lost where there has been no worker for a while: an operator would be waited for without end."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked < 4 * LOOK:
                return
            self._looked = now
            if self._client.status == "running" and self._client.nthreads():
                self._peopled = now
            if now - self._peopled > EMPTY:
                raise Lost(self._gone("it has no worker any more"))

    def _reconnected(self, stop: threading.Event) -> None:
        """Wait until the client has found its scheduler again, or a new one at the same address. Raises Lost."""
        until = time.monotonic() + 2 * CONNECTING
        while not stop.wait(LOOK):
            if self._client.status == "running":
                return
            if self._client.status == "closed" or time.monotonic() > until:
                raise Lost(self._gone("its scheduler is gone"))

    def _gone(self, why: str) -> str:
        return f"--dask {self._address}: {why}. What was settled is kept; with --stream FILE, `--resume FILE` goes on from there."


class _Turns:
    """Who may send: many at a time, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._out = 0
        self._alone = False

    @contextmanager
    def turn(self, stop: threading.Event, *, alone: bool) -> Iterator[bool]:
        """Wait for one's turn, and have it: False where the run is stopped before."""
        mine = self._enter(stop, alone)
        try:
            yield mine
        finally:
            with self._changed:
                if mine and alone:
                    self._alone = False
                elif mine:
                    self._out -= 1
                self._changed.notify_all()

    def _enter(self, stop: threading.Event, alone: bool) -> bool:
        with self._changed:
            while self._alone:
                self._changed.wait(LOOK)
                if stop.is_set():
                    return False
            if not alone:
                self._out += 1
                return True
            self._alone = True
            while self._out:
                self._changed.wait(LOOK)
                if stop.is_set():
                    self._alone = False
                    return False
            return True


def _hush() -> None:
    """What Dask says of lost connections, from threads of its own, is said here in one sentence."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
