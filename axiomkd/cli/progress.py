"""What a check says on standard error while it runs, from what workers say: on a terminal a bar and what is open, with an
estimate; a line for each operator that is done where there is no terminal, or where there are many.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from axiomkd import axioms
from axiomkd.cli.telling import tell
from axiomkd.core.events import Event, Finished, Settled, Stage
from axiomkd.core.report import Failure
from axiomkd.report.matrix import ENOUGH
from axiomkd.report.phrases import settled
from axiomkd.run.session import Watcher

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

NAMED = 3  # open readings that are named
SOON = 2.0  # seconds before which nothing is estimated


def estimate(elapsed: float, done: int, total: int) -> str:
    """What is left at the pace so far, in words; "" where too little is known."""
    if not 0 < done < total or elapsed < SOON:
        return ""
    left = elapsed * (total - done) / done
    return f"about {left:.0f} s left" if left < 90 else f"about {left / 60:.0f} min left"


def still_open(asked: Sequence[str], known: set[str]) -> str:
    """Which readings have no verdict yet: `open: hull, closed, +3`."""
    left = [name for name in asked if name not in known]
    more = f", +{len(left) - NAMED}" if len(left) > NAMED else ""
    return f"open: {', '.join(left[:NAMED])}{more}" if left else ""


class Line(Watcher):
    """Shows a bar over the operators and a line for each operator under way; tells failures at once.

    `asked` are the names of the readings that are checked.
    """

    def __init__(self, console: Console, *, show: bool, asked: Sequence[str] = ()) -> None:
        self._console = console
        self._show = show and console.is_terminal
        self._tell = show
        self._asked = list(asked) or [reading.name for reading in axioms.READINGS]
        self._bar = _bar(console) if self._show else None
        self._whole: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}
        self._known: dict[str, set[str]] = {}
        self._since: dict[tuple[str, str], float] = {}  # operator and stage
        self._lock = threading.Lock()
        self._count = self._done = 0
        self._started = time.monotonic()
        self.searched: dict[str, list[str]] = {}
        self.answered = 0  # from earlier runs
        self.gone_on = 0  # from the run that this one goes on from

    def __enter__(self) -> Line:
        if self._bar is not None:
            self._bar.start()
            self._whole = self._bar.add_task("loading", total=None, left="")
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def found(self, count: int) -> None:
        self._count, self._started = count, time.monotonic()
        if self._bar is not None and self._whole is not None:
            self._bar.update(self._whole, description="operators", total=count)

    def event(self, event: Event) -> None:
        if isinstance(event, Finished):
            self.searched[event.result.target] = event.searched
            self._finish(event)
        elif isinstance(event, Settled):
            self._known.setdefault(event.operator, set()).add(event.reading.reading)
        elif isinstance(event, Stage) and self._bar is not None:
            self._stage(event, self._bar)

    def kept(self, finished: Finished) -> None:
        with self._lock:
            self.answered += 1
        self.event(finished)

    def resumed(self, finished: Finished) -> None:
        with self._lock:
            self.gone_on += 1
        self.event(finished)

    def failed(self, failure: Failure, details: str) -> None:
        tell(self._console, failure.message, details)

    def _stage(self, stage: Stage, bar: Progress) -> None:
        task = self._tasks.get(stage.operator)
        if task is None:
            task = self._tasks[stage.operator] = bar.add_task(stage.operator, total=None, left="")
        what = stage.detail or still_open(self._asked, self._known.get(stage.operator, set()))
        text = " · ".join(part for part in (stage.operator, stage.name, what) if part)
        since = self._since.setdefault((stage.operator, stage.name), time.monotonic())
        left = estimate(time.monotonic() - since, stage.done, stage.total)
        bar.update(task, description=text, completed=stage.done, total=stage.total or None, left=left)

    def _finish(self, event: Finished) -> None:
        with self._lock:
            self._done += 1
            if self._bar is not None and event.operator in self._tasks:
                self._bar.remove_task(self._tasks.pop(event.operator))
            if self._bar is not None and self._whole is not None:
                left = estimate(time.monotonic() - self._started, self._done, self._count)
                self._bar.update(self._whole, advance=1, left=left)
            if self._tell and (not self._show or self._count > ENOUGH):
                tell(self._console, settled(event.result), label=f"{self._done}/{self._count}")


def _bar(console: Console) -> Progress:
    # Imported for a terminal alone: a pipe, a commit hook and CI draw no bar.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=console,
        transient=True,
    )
