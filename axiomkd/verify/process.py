"""Each operator verified in a process of its own, so that one that hangs or crashes ends that process and nothing else.

Lines come back over a pipe as JSON. What the operator prints is dropped. Run as a module it is the process itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.package import ROOT
from axiomkd.core.report import Report
from axiomkd.verify import summary
from axiomkd.verify.line import Failed, Line

LIMIT = 600.0  # seconds an operator
START = f"import sys; sys.path.append({str(ROOT)!r}); from axiomkd.verify.process import work; work(sys.argv[1], int(sys.argv[2]))"


def verify(path: str, *, limit: float = LIMIT) -> Iterator[Line]:
    """The lines of a report's file. Raises UsageError where it is none, LoadError, and Failed."""
    report = Report.load(path)
    summary.whole(report)
    for number, one in enumerate(report.operators):
        yield from _one(path, number, one.name, limit)


def _one(path: str, number: int, name: str, limit: float) -> Iterator[Line]:
    command = [sys.executable, "-P", "-c", START, path, str(number)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(child)

    clock = threading.Timer(limit, end)
    clock.start()
    done = False
    try:
        assert child.stdout is not None
        for text in child.stdout:
            message = json.loads(text)
            match message:
                case {"line": fields}:
                    yield Line(**{**fields, "layers": tuple(fields["layers"])})
                case {"failed": why}:
                    raise Failed(why)
                case {"unloadable": why, "details": details}:
                    raise LoadError(why, details)
                case {"done": True}:
                    done = True
                    break
    finally:
        clock.cancel()
        _kill(child)
        child.wait()
    if not done:
        raise Failed(
            f"{name}: "
            + (
                f"it gave no answer within {limit:g} s"
                if late.is_set()
                else f"its process ended with exit code {child.returncode}"
            )
        )


def _kill(child: subprocess.Popen) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def work(path: str, number: int) -> None:
    """What the process does: one operator's lines as JSON on what was its standard output."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # an operator that prints must not write between the lines

    def send(message: dict) -> None:
        print(json.dumps(message), file=out, flush=True)

    from axiomkd.tracing.numerics import prepare
    from axiomkd.verify.report import operator

    try:
        prepare(None)
        report = Report.load(path)
        sys.argv = [report.operators[number].file]
        for line in operator(report, report.operators[number]):
            send(
                {
                    "line": {
                        "operator": line.operator,
                        "reading": line.reading,
                        "verdict": line.verdict,
                        "layers": line.layers,
                    }
                }
            )
        send({"done": True})
    except Failed as e:
        send({"failed": str(e)})
    except UsageError as e:
        send({"unloadable": str(e), "details": getattr(e, "details", "")})
    except Exception as e:  # told as what it is: this report could not be verified
        send({"failed": f"{report_name(path, number)}: verifying it ended in {type(e).__name__}: {e}"})


def report_name(path: str, number: int) -> str:
    return Report.load(path).operators[number].name
