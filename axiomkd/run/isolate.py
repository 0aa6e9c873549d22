"""Worker processes: started, listened to, limited, ended. No user code runs in the process that calls this.

Workers are forked from one server process that has imported what they need. A worker's process group ends with it, and
so do the processes that left the group.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from axiomkd.core.errors import Failed, LoadError, UsageError
from axiomkd.core.events import Event, Finished, Printed, Repaired
from axiomkd.core.package import VERSION
from axiomkd.core.settings import Settings
from axiomkd.operators.frames import is_users, shorten
from axiomkd.operators.loading import Source
from axiomkd.operators.recorder import Call, going_on, last_call
from axiomkd.run import server
from axiomkd.run.aftermath import End, Heard, finished, reproduced
from axiomkd.run.cache.dependencies import Dependencies
from axiomkd.run.worker import (
    MESSAGE,
    Fell,
    Listed,
    Message,
    Ref,
    Refused,
    Room,
    check_operator,
    descendants,
    list_operators,
)

TIMEOUTS = {"quick": 300.0, "standard": 900.0, "thorough": 7200.0}  # far more than a check takes: calls are counted
HANGS = 60.0  # seconds after which one call is taken for one that will not come back, where no timeout is given
MOMENT = 0.1  # seconds: a call that has lasted less than this is one of many
LOADING = 60.0  # seconds that a target may take to be loaded, where no timeout is given
KEPT = 64 * 1024  # characters kept of what an operator prints


def timeout_of(settings: Settings) -> float:
    """Seconds an operator's process may take: as given, or by effort, and never less than twice the budget. What is settled by
    then is kept."""
    if settings.timeout is not None:
        return settings.timeout
    return max(TIMEOUTS[settings.effort], 60 + 2 * (settings.budget or 0))


Lean = Callable[[Dependencies], None]


def operators(
    source: Source,
    settings: Settings,
    *,
    leans_on: Lean | None = None,
    stop: threading.Event | None = None,
    made: Worker | None = None,
) -> list[Ref]:
    """What a target holds, found out in a worker; `leans_on` is told what the answer depends on. Raises LoadError.

    `made` is a worker that is at it already: it stays, and whoever made it ends it.
    """
    limit = settings.timeout or LOADING
    with made or Worker(list_operators, source.text, source.found, settings, leans_on is not None) as worker:
        for message in worker.messages(limit, stop):
            match message:
                case Dependencies() if leans_on is not None:
                    leans_on(message)
                case Listed():
                    return message.operators
                case Refused():
                    raise LoadError(message.message, message.details)
                case Fell(ours=True):
                    raise Failed(f"{source.text}: {_our_fault(message)}", _our_details(message))
                case Fell():
                    raise LoadError(f"{source.text}: {message.message}", message.details)
        if worker.stopped:
            raise LoadError(f"{source.text}: stopped while it was imported.")
        raise LoadError(f"{source.text}: importing it {worker.ending(limit)}. Correct the file.")


def run(
    ref: Ref,
    settings: Settings,
    *,
    stop: threading.Event | None = None,
    leans_on: Lean | None = None,
    made: Worker | None = None,
) -> Iterator[Event]:
    """Check one operator in a process of its own. Yields the engine's events and ends with Finished, whatever happens.

    `leans_on` is told what the result depends on, before the last event, where the engine came to its end; `made` is a worker
    that is at it already, as for `operators`. Raises UsageError where the operator cannot be checked as asked.
    """
    limit, started, heard = timeout_of(settings), time.monotonic(), Heard()
    with made or Worker(check_operator, ref, settings, leans_on is not None) as worker:
        end: End | None = None
        done: Finished | None = None
        for message in worker.messages(limit, stop, hangs=settings.timeout or HANGS):
            match message:
                case Finished():
                    done = message
                case Repaired():
                    break
                case Fell() | Refused() if done is not None:
                    break
                case Refused():
                    raise (
                        LoadError(message.message, message.details) if message.details else UsageError(message.message)
                    )
                case Fell():
                    end = _fallen(message, settings)
                    break
                case Dependencies():
                    if leans_on is not None:
                        leans_on(message)
                case Listed():
                    continue
                case _:
                    heard.note(message)
                    yield message
        heard.output = worker.output()
        if done is not None:  # whatever has become of trying repairs
            repairs = message.repairs if isinstance(message, Repaired) else []
            yield from _printed(ref, heard)
            yield _complete(done, heard.output, settings, repairs)
            return
        if end is None:
            end = _ended(worker, limit)
        call = worker.last_call()
    yield from _printed(ref, heard)
    yield _complete(finished(ref, settings, heard, end, call, time.monotonic() - started), heard.output, settings)


def _ended(worker: Worker, limit: float) -> End:
    """An error where the process ended or one call hangs; where only the time is over, what was settled stands."""
    if worker.stopped:
        return End("interrupted", interrupted=True)
    if worker.timed_out and not worker.hung:
        return End(f"the time limit of {limit:g} s ended the search", interrupted=True)
    return End(worker.ending(limit))


def _complete(event: Finished, output: str, settings: Settings, repairs: Sequence[str] = ()) -> Finished:
    """The event with what the operator printed, what would mend it, and how to see each finding again."""
    result = event.result.model_copy(update={"output": output, "repairs": list(repairs)})
    return event.model_copy(update={"result": reproduced(result, settings)})


def _printed(ref: Ref, heard: Heard) -> Iterator[Event]:
    if heard.output:
        yield Printed(operator=ref.name, text=heard.output)


def _fallen(message: Fell, settings: Settings) -> End:
    if message.ours:
        return End(_our_fault(message), _our_details(message), defect=True)
    limit = f" (limit: {settings.memory} MiB above its start)" if message.message == "ran out of memory" else ""
    return End(message.message + limit, message.details)


def _our_fault(message: Fell) -> str:
    return (
        f"axiomkd {VERSION} itself failed here ({message.message}). This is a defect of axiomkd: please report it, "
        "with the operator. AXIOMKD_DEBUG=1 shows where it happened"
    )


def _our_details(message: Fell) -> str:
    return message.details if os.environ.get("AXIOMKD_DEBUG") == "1" else ""


# --- one process -----------------------------------------------------------------------------------------------------


class Worker:
    """One worker process as a context: it and all it has started are gone at the end."""

    def __init__(self, job: Callable[..., None], *args: Any) -> None:
        self._job, self._args = job, args
        self._text, self._dropped = "", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.timed_out = self.stopped = False
        self.hung: float | None = None  # the seconds that one call was given, where it did not come back

    def __enter__(self) -> Worker:
        self._folder = tempfile.mkdtemp(prefix="axiomkd-")
        with ExitStack() as undo:  # of what was opened, where the system refuses more
            undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._start(undo)
            undo.pop_all()
        return self

    def _start(self, undo: ExitStack) -> None:
        self._events, events = map(undo.enter_context, server.context().Pipe(duplex=False))
        self._printed, printed = map(undo.enter_context, server.context().Pipe(duplex=False))
        self._room = Room(events, printed, f"{self._folder}/calls", f"{self._folder}/trace", os.getpid())
        self._process = server.context().Process(target=self._job, args=(self._room, *self._args))
        with _no_main(), server.deaf():
            self._process.start()
        events.close()
        printed.close()
        os.set_blocking(self._printed.fileno(), False)
        self._listening: list[Any] = [self._events, self._printed, self._process.sentinel]

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._process.join()
        self._process.close()
        self._events.close()
        self._printed.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def messages(
        self, limit: float, stop: threading.Event | None = None, *, hangs: float | None = None
    ) -> Iterator[Message]:
        """What the worker sends, until it ends, is stopped, one call takes more than `hangs` seconds, or the limit in seconds is
        over. A call that is going on then may still come back: whether it hangs must not depend on when it began."""
        deadline = time.monotonic() + limit
        while True:
            left = deadline - time.monotonic()
            lasted = None if hangs is None else going_on(self._room.calls)
            if stop is not None and stop.is_set():
                self.stopped = True
                return
            if lasted is not None and hangs is not None and lasted > hangs:
                self.timed_out, self.hung = True, hangs
                return
            if left <= 0 and (lasted is None or lasted < MOMENT):
                self.timed_out = True
                return
            ready = wait(self._listening, timeout=max(min(left, 0.2), 0.02))
            if self._printed in ready:
                self._read_output()
            if self._events in ready:
                message = self._receive()
                if message is None:
                    return
                yield message
            elif self._process.sentinel in ready:
                return

    def _receive(self) -> Message | None:
        try:
            return MESSAGE.validate_json(self._events.recv_bytes())
        except (EOFError, OSError, ValueError):
            # Closed, or broken off in the middle of a message: nothing more will be understood.
            self._process.join(timeout=1)
            return None

    def _read_output(self) -> None:
        if self._printed not in self._listening:
            return
        try:
            while data := os.read(self._printed.fileno(), 1 << 16):
                text = self._decoder.decode(data)
                room = KEPT - len(self._text)
                self._text += text[:room]
                self._dropped += max(0, len(text) - room)
        except BlockingIOError:
            return
        self._listening.remove(self._printed)

    def output(self) -> str:
        """What the worker has printed, from the beginning, so much as is kept."""
        self._read_output()
        return self._text + (f"\n… {self._dropped} more characters\n" if self._dropped else "")

    def ending(self, limit: float) -> str:
        """In words, why nothing more comes."""
        where = self._position()
        at = f"; it was at {where}" if where else ""
        if self.timed_out:
            return f"gave no answer within {self.hung or limit:g} s{at}"
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"was killed by {_signal_name(-code)}{at}"
        return f"ended its process with exit code {code}{at}"

    def last_call(self) -> Call | None:
        return last_call(self._room.calls)

    def _position(self) -> str:
        """The innermost of the user's lines that the worker was at: asked of a live one, left by a crashed one."""
        trace = Path(self._room.trace)
        if self.timed_out and self._process.is_alive() and trace.exists():
            os.kill(self._process.pid or 0, signal.SIGUSR1)
            for _ in range(20):
                time.sleep(0.02)
                if trace.stat().st_size:
                    break
        text = trace.read_text(errors="replace") if trace.exists() else ""
        frames = re.findall(r'File "(.+)", line (\d+) in (.+)', text)
        return next((f"{shorten(file)}, line {line}, in {name}" for file, line, name in frames if is_users(file)), "")

    def _kill(self) -> None:
        pid = self._process.pid
        if pid is None:
            return
        left_group = descendants(pid) if self._process.is_alive() else []
        for kill, target in ((os.killpg, pid), *((os.kill, one) for one in left_group)):
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if self._process.is_alive():
            self._process.kill()


_lock = threading.Lock()


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module while a process starts: multiprocessing would run the user's script again in the worker."""
    with _lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
