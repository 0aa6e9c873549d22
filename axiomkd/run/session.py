"""A whole check: targets in, one report out. Each operator in a worker; who watches is told as it goes.

It knows neither how a report is shown nor how a worker is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from axiomkd import axioms
from axiomkd.axioms.summary import requires_of
from axiomkd.core.errors import Failed, LoadError, UsageError
from axiomkd.core.events import Event, Finished
from axiomkd.core.package import VERSION
from axiomkd.core.report import Failure, ProfileModel, Report, SettingsModel
from axiomkd.core.settings import EFFORTS, Settings
from axiomkd.core.softener import softener
from axiomkd.operators.loading import Source, sources
from axiomkd.run.answers import Answers
from axiomkd.run.worker import Ref


class Watcher:
    """Is told what happens. Calls may come from several threads."""

    def found(self, count: int) -> None:
        """So many operators will be checked."""

    def event(self, event: Event) -> None:
        """A worker's event."""

    def kept(self, finished: Finished) -> None:
        """An operator is answered from an earlier run."""

    def failed(self, failure: Failure, details: str) -> None:
        """A target, or one of its operators, cannot be checked."""


class Interrupted(Exception):
    """The user stopped the check. `report` holds what was settled."""

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


@dataclass
class _Course:
    settings: Settings
    watcher: Watcher
    so_far: Callable[[Report], None] | None = None
    answers: Answers = field(default_factory=Answers)
    stop: threading.Event = field(default_factory=threading.Event)
    done: list[Finished] = field(default_factory=list)
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
) -> Report:
    """Check every operator of the targets. Raises UsageError on bad settings, Interrupted on Ctrl-C.

    `so_far` is given a partial report whenever an operator is done and others are not. `answers` knows those of earlier runs.
    """
    course = _Course(resolved(settings), watcher or Watcher(), so_far, answers or Answers())
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        try:
            refs = _operators(course, targets, pool)
            course.watcher.found(len(refs))
            running = [pool.submit(_one, course, ref) for ref in refs]
            done = [future.result() for future in running]
            for ref, one in zip(refs, done, strict=True):
                if isinstance(one, UsageError):
                    course.fail(ref.target, one)
            return _report(course, [one for one in done if isinstance(one, Finished)])
        except KeyboardInterrupt:
            course.stop.set()
            report = _report(course, _partial(locals().get("running", [])))
            raise Interrupted(report.model_copy(update={"partial": True})) from None


def check_one(ref: Ref, settings: Settings, *, answers: Answers | None = None) -> Report:
    """Check one operator that a target was found to hold. Raises UsageError on bad settings."""
    course = _Course(resolved(settings), Watcher(), answers=answers or Answers())
    done = _one(course, ref)
    if isinstance(done, UsageError):
        course.fail(ref.target, done)
    return _report(course, [done] if isinstance(done, Finished) else [])


def _partial(running: Sequence[Future]) -> list[Finished]:
    """What the operators that had begun came to; those that had not are left out."""
    done = [future.result() for future in running if not future.cancel()]
    return [one for one in done if isinstance(one, Finished)]


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
        return [] if course.stop.is_set() else course.answers.operators(source, course.settings)
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


def _one(course: _Course, ref: Ref) -> Finished | UsageError | None:
    last = None
    try:
        if course.stop.is_set():
            return None
        kept = course.answers.result(ref, course.settings)
        if kept is not None:
            course.watcher.kept(kept)
            _tell_so_far(course, kept)
            return kept
        for event in course.answers.run(ref, course.settings, stop=course.stop):
            course.watcher.event(event)
            last = event
    except UsageError as e:
        return e
    if isinstance(last, Finished):
        _tell_so_far(course, last)
        return last
    return None


def _tell_so_far(course: _Course, finished: Finished) -> None:
    with course.lock:
        course.done.append(finished)
        if course.so_far is not None:
            course.so_far(_report(course, course.done).model_copy(update={"partial": True}))


def _report(course: _Course, finished: Sequence[Finished]) -> Report:
    return report_of(finished, course.settings, course.failures)


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
