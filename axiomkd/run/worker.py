"""What happens inside a worker process: user code is loaded, the engine runs, and messages leave over a pipe.

Its streams 0, 1 and 2 are not those of the command. It knows nothing of time limits: who started it ends it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from axiomkd.core.audit import AuditModel
from axiomkd.core.errors import LoadError, Misbehaviour, UsageError
from axiomkd.core.events import Event, Finished, Repaired
from axiomkd.core.files import out_of_git
from axiomkd.core.operator import Operator
from axiomkd.core.settings import Settings
from axiomkd.core.system import resource
from axiomkd.operators.frames import is_ours, user_traceback
from axiomkd.run.cache.dependencies import Dependencies, Listener
from axiomkd.run.cache.store import FOLDER

CACHE = ".axiomkd/hypothesis"  # where Hypothesis keeps what it caches while a check runs


class Ref(BaseModel):
    """An operator as another process may know it. `problem` says why it cannot be checked."""

    name: str
    target: str
    file: str
    line: int
    claims: str | Mapping[str, Sequence[str]] | None = None
    logits: bool = False
    problem: str | None = None


class Listed(BaseModel):
    """The operators of a target."""

    kind: Literal["listed"] = "listed"
    operators: list[Ref]


class Refused(BaseModel):
    """The target cannot be loaded, or the operator cannot be checked as asked."""

    kind: Literal["refused"] = "refused"
    message: str
    details: str = ""


class Fell(BaseModel):
    """Something came out of the engine: the operator's doing, or (`ours`) a defect of this package."""

    kind: Literal["fell"] = "fell"
    message: str
    details: str = ""
    ours: bool = False


class Audited(BaseModel):
    """What an audit of an operator's precision came to."""

    kind: Literal["audited"] = "audited"
    audit: AuditModel


Message = Event | Listed | Refused | Fell | Dependencies | Audited
MESSAGE: TypeAdapter[Message] = TypeAdapter(
    Annotated[Message, Field(discriminator="kind")], config=ConfigDict(defer_build=True)
)
Send = Callable[[Message], None]


@dataclass(frozen=True)
class Room:
    """Where a worker works: its pipes, the files in which it leaves its last call and its last position, and whom it serves."""

    events: Connection
    output: Connection
    calls: str
    trace: str
    served: int  # the process that waits for what it sends


def list_operators(room: Room, source: str, found: bool, settings: Settings, listen: bool) -> None:
    """Send what a target holds; with `listen`, before that what this depends on."""
    _work(room, lambda send: _list(send, _listener(room, listen), source, found, settings))


def check_operator(room: Room, ref: Ref, settings: Settings, listen: bool) -> None:
    """Check one operator and send the engine's events; with `listen`, before the last one what they depend on."""
    _work(room, lambda send: _check(send, _listener(room, listen), room, ref, settings))


def audit_operator(room: Room, ref: Ref, settings: Settings, dtypes: Sequence[str]) -> None:
    """Audit the precision of one operator, and send what came of it."""
    _work(room, lambda send: _audit(send, room, ref, settings, dtypes))


def _listener(room: Room, listen: bool) -> Listener | None:
    # JAX keeps compiled code by what it was compiled from: no answer depends on whether it was found there.
    compiled = [one for one in (os.environ.get("JAX_COMPILATION_CACHE_DIR"),) if one]
    return Listener(ours=[str(Path(room.calls).parent), ".axiomkd", FOLDER, *compiled]) if listen else None


# --- the two jobs ----------------------------------------------------------------------------------------------------


def _list(
    send: Send, listener: Listener | None, source: str, found: bool, settings: Settings
) -> tuple[list[Ref], list[Operator]]:
    """Send what a target holds; give it, too, with the operators themselves."""
    from axiomkd.operators.loading import load
    from axiomkd.tracing.numerics import prepare

    prepare(settings.device)
    sys.argv = [source]
    loaded = load(source, found=found)
    refs = [
        Ref(
            name=one.name,
            target=one.target,
            file=one.file,
            line=one.line,
            claims=one.claims,
            logits=one.takes_logs,
        )
        for one in loaded
    ]
    if listener is not None:
        send(_leaned_on(listener))
    send(Listed(operators=refs))
    return refs, loaded


def _loaded(ref: Ref, settings: Settings, loaded: Sequence[Operator] | None = None) -> Operator:
    """The operator, in a process that is ready for it; of those `loaded` where they are."""
    from axiomkd.operators.loading import load
    from axiomkd.tracing.numerics import prepare

    prepare(settings.device)
    sys.argv = [ref.file]
    # As many workers as cores each have one; PyTorch, where a file imports it, would take them all for each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    operators = [one for one in (load(ref.target) if loaded is None else loaded) if one.name == ref.name]
    if not operators:
        raise LoadError(f"{ref.target}: loaded again, it does not register {ref.name!r}. Register without conditions.")
    return operators[0]


def _audit(send: Send, room: Room, ref: Ref, settings: Settings, dtypes: Sequence[str]) -> None:
    from axiomkd.audit.engine import audit
    from axiomkd.operators.recorder import Recorder, install

    operator = _loaded(ref, settings)
    recorder = Recorder(room.calls)
    install(recorder)
    _limit_memory(settings.memory)
    send(Audited(audit=audit(replace(operator, fn=recorder.around(operator.fn)), dtypes, settings.seed)))


def _check(
    send: Send,
    listener: Listener | None,
    room: Room,
    ref: Ref,
    settings: Settings,
    operators: Sequence[Operator] | None = None,
) -> None:
    """Check an operator, of those given where they are loaded already."""
    from axiomkd.checking import engine, repairs
    from axiomkd.operators.recorder import Recorder, install
    from axiomkd.search.strategies import keep_out_of_the_way

    out_of_git(Path(CACHE).parent)
    keep_out_of_the_way(CACHE)
    loaded = _loaded(ref, settings, operators)
    recorder = Recorder(room.calls)
    install(recorder)
    operator = replace(loaded, fn=recorder.around(loaded.fn))
    _limit_memory(settings.memory)
    for event in engine.check(operator, settings):
        if event.kind == "finished":
            event = _with_audit(event, operator, settings)
            _flush()
            if listener is not None:
                send(_leaned_on(listener))
        send(event)
        if event.kind == "finished":
            tried = replace(loaded, fn=recorder.around(loaded.fn))
            send(Repaired(operator=ref.name, repairs=repairs.offered(tried, settings, event.result)))


def _with_audit(event: Finished, operator: Operator, settings: Settings) -> Finished:
    """The event with an audit of the operator's precision, where one is asked for and it can be run at all."""
    if not settings.precision or event.result.status == "error":
        return event
    from axiomkd.audit.engine import audit

    found = audit(operator, (), settings.seed)
    return event.model_copy(update={"result": event.result.model_copy(update={"precision": found})})


def _leaned_on(listener: Listener) -> Dependencies:
    """What the work leaned on. That this cannot be told costs an answer that could have been kept, and no more than that."""
    try:
        return listener.dependencies()
    except Exception as e:
        return Dependencies(unsure=f"what it leans on could not be told ({type(e).__name__}: {e})")


# --- the frame around them -------------------------------------------------------------------------------------------


def _work(room: Room, job: Callable[[Send], object]) -> None:
    """Two processes: one does the job, the other waits, so that somebody is left to end what the first has started."""
    os.setsid()
    _hear_interrupts()
    _with_parent()
    outer = os.getpid()
    # The server that forks the workers ends with the last holder of one pipe, and it is among what is inherited here.
    _close_all_but(room.events.fileno(), room.output.fileno())
    if child := os.fork():
        room.events.close()
        room.output.close()
        _end_with(room.served)
        _watch(child)
    _with_parent()
    if os.getppid() != outer:  # it has died before this process asked to be told
        os._exit(1)
    _enter(room)
    send = _sender(room.events)
    try:
        job(send)
    except LoadError as e:
        send(Refused(message=str(e), details=e.details))
    except UsageError as e:
        send(Refused(message=str(e)))
    except BaseException as e:  # the process ends here: whatever it is has to be told first
        send(_fell(e))
    _flush()
    room.events.close()
    # Until the other side has ended this process and what it started, they can be found; once it is gone they cannot.
    while True:
        signal.pause()


def _hear_interrupts() -> None:
    """Listen to Ctrl-C again, which the server was started without; one that came before this session was meant for the command."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which discards what is pending
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, before)


def _close_all_but(*kept: int) -> None:
    last = 2
    for one in (*sorted(kept), resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
        os.closerange(last + 1, one)
        last = one


def _watch(child: int) -> None:
    """Wait for the job's process, end whatever it leaves behind, and end in the way it ended."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGUSR1))
    ended = 0
    while ended != child:
        ended, status = os.waitpid(-1, 0)
    code = os.waitstatus_to_exitcode(status)
    for orphan in descendants(os.getpid()):
        os.kill(orphan, signal.SIGKILL)
    if code < 0:
        faulthandler.disable()
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 1)


def _end_with(served: int) -> None:
    """Linux: end this process, and all below it, when the process served ends. That its pipes close says it not always: what
    else it has forked may hold them open."""
    try:
        died = os.pidfd_open(served)
    except ProcessLookupError:
        _end_all()
    except (AttributeError, OSError):  # no such system, or no such call
        return

    def wait() -> None:
        select.select([died], [], [])
        _end_all()

    threading.Thread(target=wait, daemon=True).start()


def _end_all() -> None:
    for one in descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    os.killpg(0, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Linux: every process below this one. Orphans are among them, as a worker inherits what its children leave."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [int(one) for file in files for one in file.read_text().split()]
    except OSError:
        return []
    return [found for child in children for found in (child, *descendants(child))]


def _enter(room: Room) -> None:
    """Streams of its own, no core file, and a place to leave word of a crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(room.output.fileno(), 1)
    os.dup2(room.output.fileno(), 2)
    room.output.close()
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    trace = open(room.trace, "w")  # faulthandler keeps its descriptor for the life of the process
    faulthandler.enable(trace, all_threads=False)
    faulthandler.register(signal.SIGUSR1, trace, all_threads=False)
    _kept.append(trace)


_kept: list[object] = []


def _with_parent() -> None:
    """Linux: die when the parent dies, and inherit what the operator's children leave behind."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _sender(events: Connection) -> Send:
    def send(message: Message) -> None:
        try:
            events.send_bytes(MESSAGE.dump_json(message, by_alias=True))
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more

    return send


def _fell(e: BaseException) -> Fell:
    if isinstance(e, MemoryError):
        return Fell(message="ran out of memory", details=user_traceback(e))
    if isinstance(e, SystemExit):
        return Fell(message=f"called sys.exit({e.code!r})", details=user_traceback(e))
    if isinstance(e, Misbehaviour) or not is_ours(e):
        return Fell(message=f"raised {type(e).__name__}: {e}", details=user_traceback(e))
    return Fell(message=f"{type(e).__name__}: {e}", details="".join(traceback.format_exception(e)), ours=True)


def _limit_memory(mebibytes: int) -> None:
    """Let the address space grow by so much from here. On an accelerator it says little, and is left alone."""
    import jax

    if jax.default_backend() != "cpu":
        return
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
    except OSError:
        return
    limit = pages * resource.getpagesize() + (mebibytes << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _flush() -> None:
    """What Python and C still hold back for streams 1 and 2."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the operator may have closed or replaced it
            continue
    ctypes.CDLL(None).fflush(None)
