"""Worker processes: started, listened to, limited, ended. No user code runs in the process that calls this.

Workers are forked from one server process that has imported what they need. A worker's process group ends with it, and
so do the processes that left the group.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from axiomkd.core import harmless
from axiomkd.core.errors import Failed, LoadError, UsageError
from axiomkd.core.events import Calling, Event, Finished, Printed, Repaired, Settled, Stage
from axiomkd.core.files import regular
from axiomkd.core.incoming import Incoming, Nonsense
from axiomkd.core.package import VERSION
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import GOOD
from axiomkd.operators.frames import is_users, shorten
from axiomkd.operators.loading import Source
from axiomkd.operators.recorder import Call, going_on, last_call
from axiomkd.run import server
from axiomkd.run.aftermath import End, Heard, finished, fits, reproduced
from axiomkd.run.cache import key
from axiomkd.run.cache.dependencies import Dependencies
from axiomkd.run.confinement import wanted
from axiomkd.run.household import descendants, end_below
from axiomkd.run.scratch import Scratch, gather
from axiomkd.run.worker import (
    MESSAGE,
    Confined,
    Fell,
    Listed,
    Message,
    Outside,
    Ref,
    Refused,
    Room,
    Sampled,
    check_operator,
    list_operators,
    look_from_outside,
)

TIMEOUTS = {"quick": 300.0, "standard": 900.0, "thorough": 7200.0}  # far more than a check takes: calls are counted
HANGS = 60.0  # seconds after which one call is taken for one that will not come back, where no timeout is given
MOMENT = 0.1  # seconds: a call that has lasted less than this is one of many
LOADING = 60.0  # seconds that a target may take to be loaded, where no timeout is given
KEPT = 64 * 1024  # characters kept of what an operator prints
TRACE = 1 << 20  # bytes of the lines that a crashed process was at


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
    with made or Worker(
        list_operators, source.text, source.found, settings, leans_on is not None, limit=limit
    ) as worker:
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
    limit, started, told = timeout_of(settings), time.monotonic(), _Told()
    with made or Worker(check_operator, ref, settings, leans_on is not None, limit=limit) as worker:
        for message in worker.messages(limit, stop, hangs=settings.timeout or HANGS):
            match message:
                case Dependencies() if leans_on is not None:
                    leans_on(message)
                case Stage() | Calling() | Settled() | Printed():
                    told.heard.note(message)
                    yield message
                case _ if told.last(message, settings):
                    break
        told.heard.output, confined = worker.output(), worker.confined or ()
        if told.done is not None and (wrong := fits(told.done, ref, settings)):
            told.done, told.end = None, End(forged(wrong))
        end = told.end or (None if told.done else _ended(worker, limit))
        call = None if told.done else worker.last_call()
    done, heard = told.done, told.heard
    seen = None if done is None else _from_outside(done, ref, settings, told.sampled, stop)
    if isinstance(seen, Fell):
        done, end, call = None, _fallen(seen, settings), None
    elif seen is not None and seen.against:
        done, end, call = None, End(_against(seen)), _place(seen)
    if done is None:  # whatever has become of trying repairs, a result stands
        assert end is not None
        done = finished(ref, settings, heard, end, call, time.monotonic() - started)
    yield from _printed(ref, heard)
    done = _complete(done, told, settings, confined, seen.how if isinstance(seen, Outside) else "")
    yield done if not settings.verify else _verified(done, ref, settings, stop)


@dataclass
class _Told:
    """What a worker has said of the whole."""

    heard: Heard = field(default_factory=Heard)
    done: Finished | None = None
    end: End | None = None
    sampled: Sampled | None = None
    repairs: Sequence[str] = ()

    def last(self, message: Message, settings: Settings) -> bool:
        """Whether nothing more is to be heard after a message. Raises UsageError where it says that nothing can be checked."""
        match message:
            case Finished() if self.done is not None:
                self.done, self.end = None, End(forged("a second result"))
                return True
            case Finished():
                self.done = message
            case Sampled():
                self.sampled = message
            case Repaired() if self.done is not None:
                self.repairs = message.repairs
                return True
            case Fell() | Refused() if self.done is not None:
                return True
            case Refused():
                raise LoadError(message.message, message.details) if message.details else UsageError(message.message)
            case Fell():
                self.end = _fallen(message, settings)
                return True
        return False


def _from_outside(
    done: Finished, ref: Ref, settings: Settings, sampled: Sampled | None, stop: threading.Event | None
) -> Outside | Fell | None:
    """What is seen of the operator from a process that has not settled anything; None where nothing stands that somebody could
    want to forge. The zoo is this package's own."""
    good = [one.reading for one in done.result.readings if one.counts in GOOD]
    if not settings.outside or done.result.status not in ("valid", "undecided") or ref.target.startswith("zoo:"):
        return None
    return outside(ref, settings, good, sampled, stop)


def outside(
    ref: Ref,
    settings: Settings,
    good: Sequence[str],
    sampled: Sampled | None = None,
    stop: threading.Event | None = None,
) -> Outside | Fell | None:
    """Hold readings that are said to hold against the operator called in a process of its own; None where it takes too long.
    Where the judge itself fell, nothing was seen of the operator, for it or against it."""
    limit = settings.timeout or HANGS
    with Worker(look_from_outside, ref, settings, good, sampled, limit=limit) as worker:
        for message in worker.messages(limit, stop):
            if isinstance(message, Outside | Fell):
                return message
        if worker.timed_out or worker.stopped:  # it may only be slow
            return None
        return Outside(how="", against=f"{worker.ending(limit)}")


def _verified(done: Finished, ref: Ref, settings: Settings, stop: threading.Event | None) -> Finished:
    from axiomkd.run.verifying import verified

    return verified(done, ref, settings, stop)


def _against(seen: Outside) -> str:
    where = f", {seen.how}" if seen.how else ""
    return f"is another function where it is called in a process of its own{where}: {seen.against}"


def _place(seen: Outside) -> Call | None:
    return None if seen.P is None or seen.w is None else Call(seen.P, seen.w, seen.T, 1)


def against(report: Report) -> Iterator[str]:
    """What is seen from outside against a report's operators, in words. They have been found to be the ones that it is on."""
    told = report.settings
    settings = Settings(
        softener=told.softener, seed=told.seed, K=tuple(told.K), C=tuple(told.C), tolerance=told.tolerance
    )
    for one in report.operators:
        good = [r.reading for r in one.readings if r.counts in GOOD]
        if not good or one.target.startswith("zoo:"):
            continue
        seen = outside(Ref(name=one.name, target=one.target, file=one.file, line=one.line), settings, good)
        if isinstance(seen, Fell):
            yield f"{one.name}: {_fallen(seen, settings).message}"
        elif seen is not None and seen.against:
            yield f"{one.name}: it {_against(seen)}"


def _ended(worker: Worker, limit: float) -> End:
    """An error where the process ended or one call hangs; where only the time is over, what was settled stands."""
    if worker.stopped:
        return End("interrupted", interrupted=True)
    if worker.timed_out and not worker.hung:
        return End(f"the time limit of {limit:g} s ended the search", interrupted=True)
    return End(worker.ending(limit))


def _complete(event: Finished, told: _Told, settings: Settings, confined: Sequence[str], outside: str) -> Finished:
    """The event with what the operator printed, what would mend it, how to see each finding again, and what was kept from it."""
    more = {"output": told.heard.output, "repairs": list(told.repairs), "confined": list(confined), "outside": outside}
    return event.model_copy(update={"result": reproduced(event.result.model_copy(update=more), settings)})


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

    def __init__(self, job: Callable[..., None], *args: Any, limit: float) -> None:
        """`args` hold the settings, after which the job asks for its device; `limit` is in seconds."""
        self._job, self._args, self._limit = job, args, limit
        self._text, self._dropped = "", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.timed_out = self.stopped = False
        self._came: list[bytes] = []  # messages that nobody has heard yet
        self.nonsense = ""  # what came over the pipe that is no message
        self.confined: Sequence[str] | None = None
        self.hung: float | None = None  # the seconds that one call was given, where it did not come back

    def __enter__(self) -> Worker:
        self._scratch = Scratch()
        with ExitStack() as undo:  # of what was opened, where the system refuses more
            undo.callback(self._scratch.remove)
            self._start(undo)
            undo.pop_all()
        return self

    def _start(self, undo: ExitStack) -> None:
        self._events, events = map(undo.enter_context, server.context().Pipe(duplex=False))
        self._printed, printed = map(undo.enter_context, server.context().Pipe(duplex=False))
        settings = next(one for one in self._args if isinstance(one, Settings))
        self._examples = settings.examples
        self._room = Room(
            events, printed, self._scratch.path, self._limit, settings.device, os.getpid(), wanted(), key.hidden()
        )
        self._process = server.context().Process(target=self._job, args=(self._room, *self._args))
        with _no_main(), server.deaf():
            self._process.start()
        events.close()
        printed.close()
        for one in (self._printed, self._events):
            os.set_blocking(one.fileno(), False)
        self._incoming = Incoming(self._events.fileno())
        self._listening: list[Any] = [self._events, self._printed, self._process.sentinel]

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._process.join()
        self._process.close()
        self._events.close()
        self._printed.close()
        if self._examples is not None:
            gather(self._room.examples, self._examples)
        self._scratch.remove()

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
            # What says how long a call lasts is the worker's own word: it moves the end by no more than one call may take.
            if left <= 0 and (lasted is None or lasted < MOMENT or left < -(hangs or 0)):
                self.timed_out = True
                return
            ready = wait(self._listening, timeout=0 if self._came else max(min(left, 0.2), 0.02))
            if self._printed in ready:
                self._read_output()
            yield from self._receive(self._events in ready)
            if self.nonsense or self._incoming.closed:
                return
            if self._process.sentinel in ready and self._events not in ready:
                return

    def _receive(self, something: bool) -> Iterator[Message]:
        """What has come by now. What is no message of ours was written by somebody else: there is nothing more to hear then."""
        try:
            self._incoming.late()
            if something:
                self._came += self._incoming.read()
            while self._came:  # whoever stops listening here may go on later
                message = _message(self._came.pop(0))
                if not isinstance(message, Confined):
                    yield message
                elif self.confined is None:
                    self.confined = tuple(message.means)
                else:
                    raise Nonsense("its first message a second time")
            if self._incoming.closed:  # what comes last says how it ended
                self._process.join(timeout=1)
        except Nonsense as e:
            self.nonsense = str(e)

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
        return harmless.text(self._text) + (f"\n… {self._dropped} more characters\n" if self._dropped else "")

    def ending(self, limit: float) -> str:
        """In words, why nothing more comes."""
        if self.nonsense:
            return forged(self.nonsense)
        where = self._position()
        at = f"; it was at {where}" if where else ""
        if self.timed_out:
            return f"gave no answer within {self.hung or limit:g} s{at}"
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"was killed by {_signal_name(-code)}{at}"
        if code is None:  # it lives, and nobody hears it any more
            return f"closed its connection before it had answered{at}"
        return f"ended its process with exit code {code}{at}"

    def last_call(self) -> Call | None:
        return last_call(self._room.calls)

    def _position(self) -> str:
        """The innermost of the user's lines that the worker was at: asked of a live one, left by a crashed one."""
        trace = self._room.trace
        if self.timed_out and self._process.is_alive() and regular(trace, 1) is not None:
            os.kill(self._process.pid or 0, signal.SIGUSR1)
            for _ in range(20):
                time.sleep(0.02)
                if regular(trace, 1):
                    break
        text = harmless.text((regular(trace, TRACE) or b"").decode(errors="replace"))
        frames = re.findall(r'File "(.+)", line (\d+) in (.+)', text)
        return next((f"{shorten(file)}, line {line}, in {name}" for file, line, name in frames if is_users(file)), "")

    def _kill(self) -> None:
        pid = self._process.pid
        if pid is None:
            return
        # The outermost process goes last: whatever the others leave behind is found below it.
        if self._process.is_alive():
            end_below(pid)
        left = descendants(pid) if self._process.is_alive() else []
        for kill, target in ((os.killpg, pid), *((os.kill, one) for one in left)):
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if self._process.is_alive():
            self._process.kill()


def forged(what: str) -> str:
    """Of a process that runs the user's code, and says what our own code in it does not."""
    return f"wrote to the pipe on which axiomkd's own messages come ({what})"


def _message(data: bytes) -> Message:
    """Raises Nonsense."""
    try:
        if harmless.suspect(data):
            data = json.dumps(harmless.value(json.loads(data))).encode()
        return MESSAGE.validate_json(data)
    except (ValueError, RecursionError):
        raise Nonsense(f"{len(data):,} bytes that are no message") from None


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
