"""A whole check: targets in, one report out. Each operator in a worker; who watches is told as it goes.

It knows neither how a report is shown nor how a worker is kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from axiomkd import axioms
from axiomkd.axioms.summary import requires_of
from axiomkd.core.errors import Failed, LoadError, Lost, UsageError, shortage
from axiomkd.core.events import Event, Finished
from axiomkd.core.package import VERSION
from axiomkd.core.report import Failure, ProfileModel, Report, SettingsModel
from axiomkd.core.settings import EFFORTS, Settings
from axiomkd.core.softener import softener
from axiomkd.core.system import resource
from axiomkd.operators.loading import Source, sources
from axiomkd.run.answers import Answers, Lean
from axiomkd.run.cache.dependencies import Dependencies
from axiomkd.run.results import Results
from axiomkd.run.stream import Stream
from axiomkd.run.worker import Ref


class Watcher:
    """Is told what happens. Calls may come from several threads."""

    def found(self, count: int) -> None:
        """So many operators will be checked."""

    def event(self, event: Event) -> None:
        """A worker's event."""

    def kept(self, finished: Finished) -> None:
        """An operator is answered from an earlier run."""

    def resumed(self, finished: Finished) -> None:
        """An operator was done when the run was interrupted that this one goes on from."""

    def failed(self, failure: Failure, details: str) -> None:
        """A target, or one of its operators, cannot be checked."""


class Elsewhere(Protocol):
    """Where operators are checked, if not in workers of this machine: so many `jobs` at a time."""

    jobs: int

    def loaded(self, ref: Ref, on: Dependencies) -> None:
        """Be told what loading an operator leaned on."""
        ...

    def run(
        self, ref: Ref, settings: Settings, *, stop: threading.Event | None = None, leans_on: Lean | None = None
    ) -> Iterator[Event]:
        """Check an operator, as `isolate.run` does. Raises what that does, and Lost."""
        ...


class Interrupted(Exception):
    """The check was stopped: by the user, or (`why` says so) since what it ran on is gone. `report` holds what was settled."""

    def __init__(self, report: Report, why: str = "") -> None:
        super().__init__(why or "interrupted")
        self.report = report
        self.why = why


@dataclass
class _Course:
    settings: Settings
    watcher: Watcher
    so_far: Callable[[Report], None] | None = None
    answers: Answers = field(default_factory=Answers)
    stream: Stream | None = None
    elsewhere: Elsewhere | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    results: Results = field(default_factory=Results)
    due: int = 1  # so many results make the next partial report
    lock: threading.Lock = field(default_factory=threading.Lock)
    failures: list[Failure] = field(default_factory=list)

    def fail(self, target: str, e: UsageError) -> None:
        failure = Failure(target=target, message=str(e), defect=isinstance(e, Failed))
        self.failures.append(failure)
        self.watcher.failed(failure, e.details if isinstance(e, LoadError) else "")


def resolved(settings: Settings) -> Settings:
    """The same settings, names checked, readings in full, the profile's readings filled in. Raises UsageError."""
    if settings.effort not in EFFORTS:
        raise UsageError(f"no effort {settings.effort!r}; there are {', '.join(EFFORTS)}.")
    softener(settings.softener)
    return replace(
        settings,
        requires=axioms.profile(settings.profile, settings.profiles),
        readings=tuple(dict.fromkeys(axioms.reading_id(one) for one in settings.readings)),
    )


def requires_in(settings: Settings) -> Mapping[str, Sequence[str]]:
    """axiom -> readings that settings require of an operator without claims of its own. Raises UsageError."""
    return requires_of("", None, settings)


def check(
    targets: Iterable[str],
    settings: Settings,
    *,
    jobs: int = 1,
    watcher: Watcher | None = None,
    so_far: Callable[[Report], None] | None = None,
    answers: Answers | None = None,
    stream: Stream | None = None,
    elsewhere: Elsewhere | None = None,
) -> Report:
    """Check every operator of the targets, `jobs` at a time; the report is in their order, in whatever order they end. Raises
    UsageError on bad settings, Interrupted on Ctrl-C.

    `so_far` is given a partial report when an operator is done and others are not: each time while they are few, and more seldom
    the more there are. `answers` knows those of earlier runs. `stream` keeps each result as it ends, and those that it has are not
    checked again. Operators are checked `elsewhere`, where that is given; what targets hold is found out here.
    """
    course = _Course(resolved(settings), watcher or Watcher(), so_far, answers or Answers(), stream, elsewhere)
    running: list[Future[UsageError | None]] = []
    with ExitStack() as pools:
        pool = here = pools.enter_context(ThreadPoolExecutor(max_workers=_bearable(jobs)))
        if elsewhere is not None:
            pool = pools.enter_context(ThreadPoolExecutor(max_workers=elsewhere.jobs))
        try:
            refs = _operators(course, targets, here)
            course.watcher.found(len(refs))
            running = [pool.submit(_one, course, place, ref) for place, ref in enumerate(refs)]
            for ref, future in zip(refs, running, strict=True):
                refused = future.result()
                if refused is not None:
                    course.fail(ref.target, refused)
            return _report(course)
        except (KeyboardInterrupt, Lost) as e:
            course.stop.set()
            _wait(running)
            why = str(e) if isinstance(e, Lost) else ""
            raise Interrupted(_report(course).model_copy(update={"partial": True}), why) from None


def _bearable(jobs: int) -> int:
    """So many jobs as there may be files open for: 4 streams, 2 of a process that is being started, and what is read meanwhile."""
    open_at_most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(1, min(jobs, (open_at_most - 24) // 8))


def check_one(ref: Ref, settings: Settings, *, answers: Answers | None = None) -> Report:
    """Check one operator that a target was found to hold. Raises UsageError on bad settings."""
    course = _Course(resolved(settings), Watcher(), answers=answers or Answers())
    refused = _one(course, 0, ref)
    if refused is not None:
        course.fail(ref.target, refused)
    return _report(course)


def _wait(running: Sequence[Future[UsageError | None]]) -> None:
    """For the operators that had begun, whose results so far count; those that had not are left out."""
    for future in running:
        if not future.cancel():
            future.exception()


def _operators(course: _Course, targets: Iterable[str], pool: ThreadPoolExecutor) -> list[Ref]:
    """What the targets hold, in their order, each operator once; what cannot be loaded is told and left out."""
    asked: list[tuple[str, Source]] = []
    for target in targets:
        try:
            asked += [(target, source) for source in sources(target)]
        except LoadError as e:
            course.fail(target, e)
    refs: dict[tuple[str, str], Ref] = {}
    held: dict[str, int] = {target: 0 for target, source in asked if source.found}
    answers = [pool.submit(_listed, course, source) for _, source in asked]
    for (target, source), answer in zip(asked, answers, strict=True):
        found = answer.result()
        if isinstance(found, LoadError):
            course.fail(source.text, found)
            continue
        if source.found:
            held[target] += len(found)
        refs.update({(ref.target, ref.name): ref for ref in found if _fit(course, ref)})
    broken = {failure.target for failure in course.failures}
    for target, count in held.items():
        if not count and not any(one.text in broken for asked_by, one in asked if asked_by == target):
            course.fail(
                target, LoadError(f"{target}: no file in it registers an operator. Decorate one with @operator.")
            )
    return list(refs.values())


def _listed(course: _Course, source: Source) -> list[Ref] | LoadError:
    try:
        if course.stop.is_set():
            return []
        leans_on: list[Dependencies] = []
        refs = course.answers.operators(source, course.settings, leans_on=leans_on.append)
        if course.elsewhere is not None and leans_on:
            for ref in refs:
                course.elsewhere.loaded(ref, leans_on[-1])
        return refs
    except LoadError as e:
        return e


def _fit(course: _Course, ref: Ref) -> bool:
    """Whether the operator can be checked: its problem, or claims that name nothing, are told."""
    try:
        if ref.problem:
            raise LoadError(f"{ref.file}, line {ref.line}: {ref.problem}")
        requires_of(ref.name, ref.claims, course.settings)
    except LoadError as e:
        course.fail(ref.target, e)
        return False
    except UsageError as e:
        about = f"claims of `{ref.name}`: " if isinstance(ref.claims, str) else ""
        course.fail(ref.target, LoadError(f"{ref.file}, line {ref.line}: {about}{e}"))
        return False
    return True


def _one(course: _Course, place: int, ref: Ref) -> UsageError | None:
    """Settle one operator: its result is put in its place. Why it cannot be checked as asked, if it cannot. Raises Lost."""
    try:
        if not course.stop.is_set() and not _answered(course, place, ref):
            _checked(course, place, ref)
    except (Lost, OSError) as e:
        course.stop.set()  # the others would find out one by one
        if isinstance(e, OSError) and (why := shortage(e)):
            raise Lost(f"{why} What was settled is kept.") from None
        raise
    except UsageError as e:
        return e
    return None


def _answered(course: _Course, place: int, ref: Ref) -> bool:
    """Whether the operator is answered from an earlier run."""
    if course.stream is not None and (done := course.stream.result(ref)) is not None:
        course.watcher.resumed(done)
        _settle(course, place, done)
        return True
    leans_on: list[Dependencies] = []
    began = time.time_ns()
    kept = course.answers.result(ref, course.settings, leans_on=leans_on.append)
    if kept is None:
        return False
    course.watcher.kept(kept)
    _stream(course, ref, kept, leans_on, began)
    _settle(course, place, kept)
    return True


def _checked(course: _Course, place: int, ref: Ref) -> None:
    leans_on: list[Dependencies] = []
    began, last = time.time_ns(), None
    work = None if course.elsewhere is None else course.elsewhere.run
    for event in course.answers.run(ref, course.settings, stop=course.stop, leans_on=leans_on.append, work=work):
        course.watcher.event(event)
        last = event
    if isinstance(last, Finished):
        if not course.stop.is_set():  # what was interrupted is to be checked anew
            _stream(course, ref, last, leans_on, began)
        _settle(course, place, last)


def _stream(course: _Course, ref: Ref, finished: Finished, leans_on: Sequence[Dependencies], began: int) -> None:
    if course.stream is not None:
        course.stream.write(ref, finished, leans_on[-1].files if leans_on else None, began)


def _settle(course: _Course, place: int, finished: Finished) -> None:
    course.results.add(place, finished)
    with course.lock:
        if course.so_far is not None and len(course.results) >= course.due:
            # A tenth more each time: written anew for each of thousands, what was found would be written a thousand times over.
            course.due = len(course.results) + 1 + len(course.results) // 10
            course.so_far(_report(course).model_copy(update={"partial": True}))


def _report(course: _Course) -> Report:
    return report_of(list(course.results), course.settings, course.failures)


def report_of(finished: Sequence[Finished], settings: Settings, failures: Sequence[Failure] = ()) -> Report:
    """The report that finished operators make."""
    sizes = list(dict.fromkeys(size for one in finished for size in one.sizes))
    device = next((one.device for one in finished if one.sizes), settings.device or "cpu")
    return Report(
        version=VERSION,
        profile=ProfileModel(
            name=settings.profile, requires={axiom: list(rs) for axiom, rs in settings.requires.items()}
        ),
        settings=SettingsModel(
            seed=settings.seed,
            effort=settings.effort,  # type: ignore[arg-type]
            budget=settings.budget,
            readings=list(settings.readings),
            K=list(settings.K),
            C=list(settings.C),
            sizes=sizes,
            softener=settings.softener,
            search=settings.search,
            guarantees=settings.guarantees,
            fail_fast=settings.fail_fast,
            tolerance=settings.tolerance,
            dtype="float64",
            device=device,
        ),
        operators=[one.result for one in finished],
        failures=list(failures),
    )
