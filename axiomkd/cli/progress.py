"""A progress line on standard error, from what workers say. Nothing where standard error is not a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from axiomkd.core.events import Event, Finished, Stage
from axiomkd.core.report import Failure
from axiomkd.run.session import Watcher


class Line(Watcher):
    """Shows a bar over the operators and a line for each operator under way; tells failures at once."""

    def __init__(self, console: Console, *, show: bool) -> None:
        self._console = console
        self._show = show and console.is_terminal
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not self._show,
        )
        self._whole: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}
        self.searched: dict[str, list[str]] = {}
        self.answered = 0  # from earlier runs

    def __enter__(self) -> Line:
        self._bar.start()
        if self._show:
            self._whole = self._bar.add_task("loading", total=None)
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self._bar.stop()

    def found(self, count: int) -> None:
        if self._whole is not None:
            self._bar.update(self._whole, description="operators", total=count)

    def event(self, event: Event) -> None:
        if isinstance(event, Finished):
            self.searched[event.result.target] = event.searched
            self._finish(event.operator)
        elif isinstance(event, Stage) and self._show:
            self._stage(event)

    def kept(self, finished: Finished) -> None:
        self.answered += 1
        self.event(finished)

    def failed(self, failure: Failure, details: str) -> None:
        tell(self._console, failure.message, details)

    def _stage(self, stage: Stage) -> None:
        task = self._tasks.get(stage.operator)
        if task is None:
            task = self._tasks[stage.operator] = self._bar.add_task(stage.operator, total=None)
        text = " · ".join(part for part in (stage.operator, stage.name, stage.detail) if part)
        self._bar.update(task, description=text, completed=stage.done, total=stage.total or None)

    def _finish(self, operator: str) -> None:
        if operator in self._tasks:
            self._bar.remove_task(self._tasks.pop(operator))
        if self._whole is not None:
            self._bar.advance(self._whole)


def tell(console: Console, message: str, details: str = "", *, label: str = "error") -> None:
    """One message on standard error, the user's own traceback below it."""
    console.print(f"{label}: {message}", markup=False, highlight=False, emoji=False, soft_wrap=True)
    if details:
        console.print(details.rstrip(), markup=False, highlight=False, emoji=False, soft_wrap=True)
