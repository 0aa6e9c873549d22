"""What happens inside a worker process: user code is loaded, the engine runs, and messages leave over a pipe.

Its streams 0, 1 and 2 are not those of the command. It watches no clock: who started it ends it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from axiomkd.core import harmless
from axiomkd.core.audit import AuditModel
from axiomkd.core.errors import LoadError, Misbehaviour, UsageError, shortage
from axiomkd.core.events import Event, Finished, Repaired
from axiomkd.core.operator import Operator, told
from axiomkd.core.settings import Settings
from axiomkd.core.system import resource
from axiomkd.operators.frames import is_ours, said, text_of, user_traceback
from axiomkd.run import confinement, household
from axiomkd.run.cache.dependencies import Dependencies, Listener
from axiomkd.run.cache.store import FOLDER
from axiomkd.run.tampering import Before


class Ref(BaseModel):
    """An operator as another process may know it. `problem` says why it cannot be checked; the last four are what a report says of
    how it is called, as `OperatorModel` has them."""

    name: str
    target: str
    file: str
    line: int
    claims: str | Mapping[str, Sequence[str]] | None = None
    logits: bool = False
    problem: str | None = None
    takes_T: bool = False
    default_T: float | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    call: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, operator: Operator) -> Ref:
        """The operator as it was registered."""
        return cls(
            name=operator.name,
            target=operator.target,
            file=operator.file,
            line=operator.line,
            claims=operator.claims,
            logits=operator.takes_logs,
            takes_T=operator.takes_temperature,
            default_T=operator.default_temperature,
            constants=dict(operator.constants),
            call=told(operator),
        )


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


class Confined(BaseModel):
    """The first message of a worker, sent before anybody else's code runs: what it has given up, by name."""

    kind: Literal["confined"] = "confined"
    means: list[str]


class Sampled(BaseModel):
    """Values of the operator where it was checked, at ordinary points of one size, to be compared with those elsewhere."""

    kind: Literal["sampled"] = "sampled"
    size: tuple[int, int]
    values: list[list[float]]


class Outside(BaseModel):
    """What was seen from outside: how the operator was called there ("" where it could not be), and what is against the result."""

    kind: Literal["outside"] = "outside"
    how: str
    against: str = ""
    P: list[list[float]] | None = None
    w: list[float] | None = None
    T: float | None = None


class Verified(BaseModel):
    """What `verify` finds of a result: of each reading that stood, what it still rests on; and the first that did not, in words.
    `ours`: it could not be looked at, by a defect of this package."""

    kind: Literal["verified"] = "verified"
    layers: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    against: str = ""
    ours: bool = False


class Audited(BaseModel):
    """What an audit of an operator's precision came to."""

    kind: Literal["audited"] = "audited"
    audit: AuditModel


Message = Event | Confined | Sampled | Outside | Listed | Refused | Fell | Dependencies | Audited | Verified
MESSAGE: TypeAdapter[Message] = TypeAdapter(
    Annotated[Message, Field(discriminator="kind")], config=ConfigDict(defer_build=True)
)
Send = Callable[[Message], None]


@dataclass(frozen=True)
class Room:
    """Where a worker works: its pipes, the folder that it may write to, for how many seconds, and whom it serves."""

    events: Connection
    output: Connection
    folder: str
    seconds: float
    device: str | None
    served: int  # the process that waits for what it sends
    confined: bool  # as the command was told: the server that forks workers may be older than that
    hidden: Sequence[str]  # folders that are nothing for it

    @property
    def calls(self) -> str:
        """The file in which it leaves its last call."""
        return f"{self.folder}/calls"

    @property
    def trace(self) -> str:
        """The file in which it leaves its last position."""
        return f"{self.folder}/trace"

    @property
    def examples(self) -> str:
        """The folder in which it leaves what failed, for the next run."""
        return f"{self.folder}/examples"


def list_operators(room: Room, source: str, found: bool, settings: Settings, listen: bool) -> None:
    """Send what a target holds; with `listen`, before that what this depends on."""
    _work(room, lambda send, before: _list(send, before, _listener(room, listen), source, found, settings))


def check_operator(room: Room, ref: Ref, settings: Settings, listen: bool) -> None:
    """Check one operator and send the engine's events; with `listen`, before the last one what they depend on."""
    _work(room, lambda send, before: _check(send, before, _listener(room, listen), room, ref, settings))


def look_from_outside(room: Room, ref: Ref, settings: Settings, good: Sequence[str], sampled: Sampled | None) -> None:
    """Hold what is said of one operator against how it is called in a process of its own, and send what is seen."""
    from axiomkd.run.outside.looking import look

    _work(room, lambda send, _before: look(send, room, ref, settings, good, sampled))


def audit_operator(room: Room, ref: Ref, settings: Settings, dtypes: Sequence[str]) -> None:
    """Audit the precision of one operator, and send what came of it."""
    _work(room, lambda send, before: _audit(send, before, room, ref, settings, dtypes))


def _listener(room: Room, listen: bool) -> Listener | None:
    # JAX keeps compiled code by what it was compiled from: no answer depends on whether it was found there.
    compiled = [one for one in (os.environ.get("JAX_COMPILATION_CACHE_DIR"),) if one]
    return Listener(ours=[room.folder, ".axiomkd", FOLDER, *compiled]) if listen else None


# --- the two jobs ----------------------------------------------------------------------------------------------------


def _list(
    send: Send, before: Before, listener: Listener | None, source: str, found: bool, settings: Settings
) -> tuple[list[Ref], list[Operator]]:
    """Send what a target holds; give it, too, with the operators themselves."""
    from axiomkd.operators.loading import load

    _prepare(settings.device)
    before.take()
    sys.argv = [source]
    loaded = load(source, found=found)
    refs = [Ref.of(one) for one in loaded]
    if listener is not None:
        send(_leaned_on(listener))
    send(Listed(operators=refs))
    return refs, loaded


def _loaded(ref: Ref, settings: Settings, before: Before, loaded: Sequence[Operator] | None = None) -> Operator:
    """The operator, in a process that is ready for it; of those `loaded` where they are."""
    from axiomkd.operators.loading import load

    _prepare(settings.device)
    sys.argv = [ref.file]
    # As many workers as cores each have one; PyTorch, where a file imports it, would take them all for each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if loaded is None:
        before.take()
    operators = [one for one in (load(ref.target) if loaded is None else loaded) if one.name == ref.name]
    if not operators:
        raise LoadError(f"{ref.target}: loaded again, it does not register {ref.name!r}. Register without conditions.")
    return operators[0]


def _audit(send: Send, before: Before, room: Room, ref: Ref, settings: Settings, dtypes: Sequence[str]) -> None:
    from axiomkd.audit.engine import audit
    from axiomkd.operators.recorder import Recorder, install

    operator = _loaded(ref, settings, before)
    recorder = Recorder(room.calls)
    install(recorder)
    _limit_memory(settings.memory)
    send(Audited(audit=audit(replace(operator, fn=recorder.around(operator.fn)), dtypes, settings.seed)))


def _check(
    send: Send,
    before: Before,
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

    keep_out_of_the_way(f"{room.folder}/hypothesis")
    settings = replace(settings, kept=None if settings.examples is None else room.examples)
    loaded = _loaded(ref, settings, before, operators)
    recorder = Recorder(room.calls)
    install(recorder)
    operator = replace(loaded, fn=recorder.around(loaded.fn))
    _limit_memory(settings.memory)
    _untouched(before)
    for event in engine.check(operator, settings):
        if event.kind == "finished":
            _untouched(before)
            event = _with_audit(event, operator, settings)
            _sample(send, loaded, settings)
            _flush()
            if listener is not None:
                send(_leaned_on(listener))
        send(event)
        if event.kind == "finished":
            tried = replace(loaded, fn=recorder.around(loaded.fn))
            send(Repaired(operator=ref.name, repairs=repairs.offered(tried, settings, event.result)))


def _sample(send: Send, operator: Operator, settings: Settings) -> None:
    """Values at the points that are asked for elsewhere, where the function is called as A(P, w[, T]). What it raises was told."""
    from axiomkd.operators.guess import settled
    from axiomkd.run.outside.calling import Call, Way, temperature_of
    from axiomkd.run.outside.judging import sample, size_for

    size = size_for(operator.supports, settings)
    try:
        if not settings.outside or size is None or operator.backend == "torch" or told(settled(operator)):
            return
        way = Way(operator.inputs, operator.outputs, operator.backend, temperature_of(operator.fn))
        cases, call = sample(size, settings.seed), Call(operator.fn, way)
        now = 1.0 if operator.takes_temperature else None
        values = [call(P, w, now)[0].tolist() for P, w in zip(cases.P, cases.w, strict=True)]
        # What is no number says nothing, and no message can hold it.
        if all(math.isfinite(x) for one in values for x in one):
            send(Sampled(size=size, values=values))
    except Exception:
        return


def _prepare(device: str | None) -> None:
    import jax

    from axiomkd.tracing.numerics import prepare

    prepare(device)
    # Of a thousand frames JAX asks of each whether it is its own, for seconds: a recursion without end is caught many times.
    jax.config.update("jax_traceback_filtering", "off")


def _untouched(before: Before) -> None:
    """That this package is what it was. Raises Misbehaviour: who replaces what judges has judged himself. It is a lock on an open
    window, as whoever gets this far may replace this too: what counts is looked at from outside afterwards."""
    if replaced := before.replaced():
        raise Misbehaviour(f"replaces {', '.join(replaced[:3])}: what it is checked by is not an operator's to change")


def _with_audit(event: Finished, operator: Operator, settings: Settings) -> Finished:
    """The event with an audit of the operator's precision, where one is asked for and it can be run at all."""
    if not settings.precision:
        return event
    from axiomkd.audit.engine import with_audit

    return event.model_copy(update={"result": with_audit(event.result, operator, settings.seed)})


def _leaned_on(listener: Listener) -> Dependencies:
    """What the work leaned on. That this cannot be told costs an answer that could have been kept, and no more than that."""
    try:
        return listener.dependencies()
    except Exception as e:
        return Dependencies(unsure=f"what it leans on could not be told ({type(e).__name__}: {e})")


# --- the frame around them -------------------------------------------------------------------------------------------


def _work(room: Room, job: Callable[[Send, Before], object]) -> None:
    """One process does the job, others wait, so that somebody is left to end what the first has started."""
    os.setsid()
    _hear_interrupts()
    # The server that forks the workers ends with the last holder of one pipe, and it is among what is inherited here.
    _close_all_but(room.events.fileno(), room.output.fileno())
    for one in (room.events, room.output):  # nor is any of it for the programs that an operator starts
        os.set_inheritable(one.fileno(), False)
    apart = household.found(room.served, [room.events, room.output], lambda: _apart(room))
    _enter(room)
    send = _sender(room.events)
    before = Before()
    try:
        send(Confined(means=list(_confined(room, apart))))
        job(send, before)
    except LoadError as e:
        send(Refused(message=str(e), details=e.details))
    except UsageError as e:
        send(Refused(message=str(e)))
    except BaseException as e:  # the process ends here: whatever it is has to be told first
        send(_fell(e, before))
    _flush()
    room.events.close()
    # Until the other side has ended this process and what it started, they can be found; once it is gone they cannot.
    while True:
        signal.pause()


def _apart(room: Room) -> Sequence[str]:
    return confinement.apart(room.device, room.hidden) if room.confined else ()


def _confined(room: Room, apart: Sequence[str]) -> Sequence[str]:
    return confinement.enter(room.folder, room.device, room.seconds, apart) if room.confined else confinement.NOTHING


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


def _sender(events: Connection) -> Send:
    def send(message: Message) -> None:
        try:
            events.send_bytes(_written(message))
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more

    return send


def _written(message: Message) -> bytes:
    try:
        return MESSAGE.dump_json(message, by_alias=True)
    except ValueError:  # half a character somewhere, from whatever the operator says or is called
        plain = harmless.value(message.model_dump(mode="python", by_alias=True))
        return MESSAGE.dump_json(type(message).model_validate(plain), by_alias=True)


def _fell(e: BaseException, before: Before) -> Fell:
    """Whose doing it is. What fails inside this package where the operator has changed what the package stands on is the
    operator's."""
    if isinstance(e, MemoryError):
        return Fell(message="ran out of memory", details=user_traceback(e))
    if isinstance(e, SystemExit):
        return Fell(message=f"called sys.exit({_shown(e.code)})", details=user_traceback(e))
    if isinstance(e, Misbehaviour):
        return Fell(message=text_of(e), details=e.details)
    if not is_ours(e):
        return Fell(message=f"raised {said(e)}", details=user_traceback(e))
    if isinstance(e, OSError) and (
        why := shortage(e)
    ):  # of what the system has, or the operator has used up: no defect
        return Fell(message=f"could not be gone on with: {why}")
    if changed := before.changed():
        return Fell(message=f"{changed}, and cannot be checked so ({said(e)}). Leave that to the program that uses it")
    return Fell(message=said(e), details="".join(traceback.format_exception(e)), ours=True)


def _shown(code: object) -> str:
    """An exit code in short; anything may stand there."""
    return repr(code) if type(code) in (int, str, type(None)) and len(str(code)) < 200 else type(code).__name__


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
