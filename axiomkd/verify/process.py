"""Each operator verified in a process of its own, so that one that hangs or crashes ends that process and nothing else.

Lines come back over a pipe as JSON. What the operator prints is dropped. Run as a module it is the process itself.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from axiomkd.core import harmless
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.incoming import Incoming, Nonsense, framed
from axiomkd.core.package import ROOT
from axiomkd.core.report import OperatorModel, Report
from axiomkd.verify import summary
from axiomkd.verify.line import Failed, Line

LIMIT = 600.0  # seconds an operator
START = (
    f"import sys; sys.path.append({str(ROOT)!r}); from axiomkd.verify.process import work; "
    "work(sys.argv[1], int(sys.argv[2]), sys.argv[3])"
)


def verify(
    path: str,
    *,
    limit: float = LIMIT,
    about: Callable[[OperatorModel], None] = lambda _: None,
    trusted: Path | None = None,
) -> Iterator[Line]:
    """The lines of a report's file; `about` is told of each operator before anything of it is run, and nothing outside `trusted`,
    the working folder unless it is given, is. Raises UsageError where it is no report, LoadError, and Failed."""
    report = Report.load(path)
    summary.whole(report)
    for number, one in enumerate(report.operators):
        about(one)
        yield from _one(path, number, one, limit, trusted or Path.cwd())


def _one(path: str, number: int, one: OperatorModel, limit: float, trusted: Path) -> Iterator[Line]:
    """One operator's lines. They come from a process that runs the operator's code: each has to be the one that is due."""
    command = [sys.executable, "-P", "-c", START, path, str(number), str(trusted)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    due = [(one.name, f"{r.axiom}/{r.reading}", r.verdict) for r in one.readings]
    try:
        for message in _messages(child.stdout.fileno(), time.monotonic() + limit):
            match message:
                case {"line": [operator, reading, verdict, [*layers]]} if due and due[0] == (
                    operator,
                    reading,
                    verdict,
                ):
                    due.pop(0)
                    yield Line(operator, reading, verdict, tuple(harmless.text(str(layer)) for layer in layers))
                case {"failed": str(why)}:
                    raise Failed(harmless.text(why))
                case {"unloadable": str(why), "details": str(details)}:
                    raise LoadError(harmless.text(why), harmless.text(details))
                case {"done": True} if not due:
                    return
                case _:
                    raise Nonsense("a message that is not due")
        with suppress(subprocess.TimeoutExpired):  # how it ends by itself is what is told
            child.wait(5.0)
    except Nonsense as e:
        raise Failed(f"{one.name}: its process wrote to the pipe on which axiomkd's own messages come ({e})") from None
    except TimeoutError:
        raise Failed(f"{one.name}: it gave no answer within {limit:g} s") from None
    finally:
        _kill(child)
        child.wait()
        child.stdout.close()
    raise Failed(f"{one.name}: its process ended with exit code {child.returncode}")


def _messages(fd: int, until: float) -> Iterator[Any]:
    """What comes, as JSON, until the pipe is closed. Raises Nonsense, and TimeoutError."""
    incoming = Incoming(fd)
    while not incoming.closed:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        select.select([fd], [], [], min(left, 1.0))
        incoming.late()
        for data in incoming.read():
            try:
                yield json.loads(data)
            except (ValueError, RecursionError):
                raise Nonsense(f"{len(data):,} bytes that are no message") from None


def _kill(child: subprocess.Popen) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def work(path: str, number: int, trusted: str) -> None:
    """What the process does: one operator's lines as JSON on what was its standard output."""
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # an operator that prints must not write between the lines

    def send(message: dict) -> None:
        data = framed(json.dumps(message).encode())
        while data:
            data = data[os.write(out, data) :]

    from axiomkd.tracing.numerics import prepare
    from axiomkd.verify.report import operator

    try:
        prepare(None)
        report = Report.load(path)
        sys.argv = [report.operators[number].file]
        for line in operator(report, report.operators[number], trusted=Path(trusted)):
            send({"line": [line.operator, line.reading, line.verdict, list(line.layers)]})
        send({"done": True})
    except Failed as e:
        send({"failed": str(e)})
    except UsageError as e:
        send({"unloadable": str(e), "details": getattr(e, "details", "")})
    except Exception as e:  # told as what it is: this report could not be verified
        send({"failed": f"{report_name(path, number)}: verifying it ended in {type(e).__name__}: {e}"})


def report_name(path: str, number: int) -> str:
    return Report.load(path).operators[number].name
