"""`axiomkd.evaluate`: one program in, numbers and texts out, for searches over programs. Whatever the program does, it answers.

It knows clocks and workers; how a report becomes numbers is `report.feedback`'s.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import Any

from axiomkd.api import Sizes, settings_of
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.core.softener import DEFAULT
from axiomkd.operators.loading import sources
from axiomkd.report import feedback
from axiomkd.run import session
from axiomkd.run.answers import Answers
from axiomkd.run.cache.store import Store
from axiomkd.run.pool import Errand, Pool

TIMEOUT = 300.0  # seconds: more than a quick check takes on a busy machine
SOONER = 0.8  # of it, after which one call or one import is said to hang, and where: before all is over
LEAST = 64  # bytes of texts in which something can be said


def evaluate(
    path: str | os.PathLike[str],
    effort: str = "quick",
    max_bytes: int = 20_000,
    *,
    profile: str = "article",
    seed: int = 0,
    timeout: float = TIMEOUT,
    softener: str = DEFAULT,
    K: Sizes = None,
    C: Sizes = None,
    readings: Any = (),
    profiles: Any = None,
    device: str | None = None,
    verify: bool = False,
    cache: bool = False,
) -> dict[str, dict[str, Any]]:
    """Evaluate the operator of a program: `{"metrics": {name: float}, "artifacts": {name: str}}`.

    `path` is a file that registers one operator, or a target such as "program.py::pool". Metrics: `combined_score` in [0, 1],
    `valid` (1 where the operator meets what is required), and a number for each required reading. Artifacts: texts of
    `max_bytes` bytes in all, with the smallest counterexample in plain words. `timeout` is a limit in seconds on all of it.
    The other arguments are those of `axiomkd.check`. Programs run in worker processes, one of which is kept warm for the next call.

    It never raises for what the program does or lacks. Raises UsageError on an unknown name or value of the other arguments.
    """
    settings = replace(settings_of(locals()), timeout=SOONER * timeout)
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < LEAST:
        raise UsageError(f"max_bytes: {max_bytes!r} will not do; give a whole number, at least {LEAST}.")
    requires = session.requires_in(settings)
    pool = _shared()
    pool.fill(settings)  # where no process can be started, that is no program's fault: it is raised here
    try:
        report, why = _checked(os.fspath(path), settings, pool, timeout, cache)
        cut = bool(report.operators and why)
        numbers = feedback.metrics(next(iter(report.operators), None), requires, cut=cut)
        return {"metrics": numbers, "artifacts": feedback.artifacts(report, why, max_bytes)}
    except Exception as e:  # whatever it is, the search goes on
        return feedback.zero(requires, f"axiomkd could not evaluate it: {_said(e)}", max_bytes)
    finally:
        pool.fill(settings)


def _checked(text: str, settings: Settings, pool: Pool, timeout: float, cache: bool) -> tuple[Report, str]:
    """The report on the one operator of a target, and what kept it from being checked, or in full."""
    try:
        found = sources(text)
    except UsageError as e:
        return session.report_of([], settings), str(e)
    if len(found) != 1 or found[0].found:
        return session.report_of([], settings), f"{text}: a folder. Give one file, with one operator in it."
    errand, late = Errand(pool, ahead=True), threading.Event()
    deadline = time.monotonic() + timeout

    def end() -> None:
        late.set()
        errand.stop.set()

    timer = threading.Timer(max(deadline - time.monotonic(), 0), end)
    timer.daemon = True
    timer.start()
    try:
        report = session.check([text], settings, answers=Only(Store() if cache else None, work=errand))
    except session.Interrupted:
        raise KeyboardInterrupt from None
    finally:
        timer.cancel()
        errand.close()
    why = [one.message for one in report.failures]
    if late.is_set():
        why.insert(0, f"it took more than {timeout:g} s, which is all that it had. What was settled by then is told.")
    elif report.operators and report.operators[0].message:
        why.append(report.operators[0].message)
    return report, "\n".join(why)


class Only(Answers):
    """Answers that take no more than one operator."""

    def operators(self, source: Any, settings: Settings, **options: Any) -> Any:
        """The one operator that a target holds. Raises LoadError, also where it holds several."""
        refs = super().operators(source, settings, **options)
        if len(refs) > 1:
            names = ", ".join(one.target for one in refs[:5]) + (", …" if len(refs) > 5 else "")
            raise LoadError(
                f"it registers {len(refs)} operators ({names}), and one is evaluated. Register one, or name one."
            )
        return refs


def _said(e: Exception) -> str:
    try:
        return f"{type(e).__name__}: {e}"
    except Exception:  # its text is somebody else's code
        return type(e).__name__


_lock = threading.Lock()
_pools: dict[int, Pool] = {}


def _shared() -> Pool:
    """The pool of this process: a fork of it has its own."""
    with _lock:
        if os.getpid() not in _pools:
            _pools.clear()
            _pools[os.getpid()] = Pool(1)
        return _pools[os.getpid()]
