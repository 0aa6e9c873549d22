"""`axiomkd.Checker`: checks one after another, or several at once, by workers that have warmed up.

It turns what it is given into a target, and knows neither how a worker is kept nor how an operator is checked.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from axiomkd.api import Sizes, loaded, settings_of
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.operator import REGISTERED, Operator
from axiomkd.core.report import Failure, Report
from axiomkd.core.settings import Settings
from axiomkd.core.softener import DEFAULT
from axiomkd.gate.options import BY_NAME
from axiomkd.operators.loading import sources
from axiomkd.operators.objects import operators_of
from axiomkd.run import session
from axiomkd.run.answers import Answers
from axiomkd.run.cache.store import Store
from axiomkd.run.pool import CLOSED, Errand, Pool

SOURCE = "source.py"  # what a report calls the file of a source text
QUEUED = 2  # targets taken from an iterator, for each job, before a report of theirs is asked for
Target = str | os.PathLike[str] | Operator | Callable[..., Any]


class Checker:
    """Checks operators by `jobs` workers that are kept warm: a context manager, or closed by `close`.

    Each operator has a worker to itself, a fresh fork in which no operator has run before: one that crashes or hangs takes
    it and no other, and leaves nothing for the next. A report is the one that `axiomkd.check` gives with the same arguments.
    Several threads may use one Checker, and there may be several.
    """

    def __init__(
        self,
        jobs: int = 2,
        effort: str = "standard",
        profile: str = "article",
        seed: int = 0,
        *,
        softener: str = DEFAULT,
        guarantees: bool = False,
        fail_fast: bool = False,
        precision: bool = False,
        verify: bool = False,
        tolerance: float = 0.0,
        K: Sizes = None,
        C: Sizes = None,
        readings: Sequence[str] = (),
        budget: float | None = None,
        timeout: float | None = None,
        device: str | None = None,
        profiles: Mapping[str, Mapping[str, Any]] | None = None,
        cache: bool = True,
    ) -> None:
        """`jobs` is how many are checked at the same time by `check_many`, and how many workers wait. The other arguments are
        those of `axiomkd.check`. Starts the workers. Raises UsageError on an unknown name or value."""
        self._settings = settings_of(locals())
        self._jobs, self._cache = BY_NAME["jobs"].check("jobs", jobs), cache
        self._pool = Pool(jobs)
        self._folder = tempfile.mkdtemp(prefix="axiomkd-")
        self._finalizer = weakref.finalize(self, _remove, self._folder, os.getpid())
        self._errands: set[Errand] = set()
        self._lock = threading.Lock()
        self._pool.fill(self._settings)

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers; a check that is going on in another thread is `undecided`. To close twice is no error."""
        self._pool.close()
        with self._lock:
            for errand in self._errands:
                errand.stop.set()
        self._finalizer()

    def check(self, target: Target) -> Report:
        """Check what a target names: a target string ("my_op.py::name"), a path, source text (a string of several lines), or a
        callable that can be loaded again from the file it stands in, as that file is now.

        Of source text a report calls the file `source.py`. Raises UsageError where the Checker is closed or the callable stands
        in no file, LoadError (a UsageError) where the target cannot be loaded.
        """
        return loaded(self._report(target, self._settings))

    def check_many(self, targets: Iterable[Target]) -> Iterator[Report]:
        """A report for each target, in the order in which they end, `jobs` at a time. It may be an iterator without end: no more
        targets are taken than are needed. A target that cannot be loaded is a report with `failures`, not an exception.

        Raises UsageError where the Checker is closed.
        """
        if self._pool.closed:
            raise UsageError(CLOSED)
        return self._many(iter(targets))

    def _many(self, targets: Iterator[Target]) -> Iterator[Report]:
        ended: SimpleQueue[Future[Report]] = SimpleQueue()
        going: set[Future[Report]] = set()
        errands: list[Errand] = []
        with ThreadPoolExecutor(self._jobs) as threads:
            try:
                while True:
                    while len(going) < QUEUED * self._jobs and (one := next(targets, _NONE)) is not _NONE:
                        going.add(future := threads.submit(self._told, one, errands))
                        future.add_done_callback(ended.put)
                    if not going:
                        return
                    going.discard(done := ended.get())
                    yield done.result()
            finally:
                for future in going:
                    future.cancel()
                for errand in list(errands):
                    errand.stop.set()

    def _told(self, target: Target, errands: list[Errand]) -> Report:
        """The report on a target, whatever is wrong with it."""
        try:
            return self._report(target, self._settings, errands)
        except LoadError as e:
            return session.report_of([], self._settings, [Failure(target=_spoken(target), message=str(e))])

    def _report(self, target: Target, settings: Settings, errands: list[Errand] | None = None) -> Report:
        if isinstance(target, str) and "\n" in target:
            with self._written(target) as file:
                return _unplaced(self._checked(file, settings, errands, cache=False), file)
        return self._checked(_text(target), settings, errands, cache=self._cache)

    def _checked(self, text: str, settings: Settings, errands: list[Errand] | None, *, cache: bool) -> Report:
        errand = Errand(self._pool, ahead=_is_one(text))
        if errands is not None:
            errands.append(errand)
        with self._lock:
            self._errands.add(errand)
        try:
            if self._pool.closed:
                raise UsageError(CLOSED)
            return session.check([text], settings, answers=Answers(Store() if cache else None, work=errand))
        except session.Interrupted:
            raise KeyboardInterrupt from None
        finally:
            errand.close()
            with self._lock:
                self._errands.discard(errand)
            if errands is not None:
                errands.remove(errand)
            self._pool.fill(settings)

    @contextmanager
    def _written(self, source: str) -> Iterator[str]:
        """A file with that text, in a folder of its own that no other user can write to."""
        if self._pool.closed:
            raise UsageError(CLOSED)
        folder = tempfile.mkdtemp(dir=self._folder)
        try:
            file = Path(folder, SOURCE)
            file.write_text(source, encoding="utf-8", errors="surrogatepass")
            yield str(file)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


_NONE: Any = object()


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _is_one(text: str) -> bool:
    """Whether a target is one file or module, and not a folder of them."""
    try:
        found = sources(text)
    except LoadError:
        return False
    return len(found) == 1 and not found[0].found


def _text(target: Target) -> str:
    """The target string of what can be loaded in another process. Raises UsageError."""
    if isinstance(target, str):
        return target
    if isinstance(target, os.PathLike):
        return os.fspath(target)
    if not isinstance(target, Operator) and not callable(target):
        raise UsageError(
            f"{type(target).__name__}: not a target. Give a path, a target string, source text or a callable."
        )
    operators = operators_of(target)
    texts = {one.target or _registered(one) for one in operators}
    if "" in texts or len(texts) != 1:
        names = ", ".join(one.name for one in operators)
        raise UsageError(
            f"{names}: stands in no file from which another process could load it. Write it at the head of a file, give its "
            "source as text, or call axiomkd.check, which checks it in this process."
        )
    return texts.pop()


def _registered(one: Operator) -> str:
    """Where a file registers it, if one does: an instance has no name of its own there."""
    known = any(one.fn is other.fn and one.name == other.name for other in REGISTERED)
    return f"{one.file}::{one.name}" if known and os.path.isfile(one.file) else ""


def _spoken(target: Target) -> str:
    """A target as a report may call it."""
    return SOURCE if isinstance(target, str) and "\n" in target else str(target)[:200]


def _unplaced(report: Report, file: str) -> Report:
    """The report with the file under the name that stands for it, wherever it is named."""
    text = report.model_dump_json(by_alias=True)
    for written in sorted((file, os.path.realpath(file), os.path.relpath(file)), key=len, reverse=True):
        text = text.replace(written, SOURCE)
    return Report.model_validate_json(text)
