"""Which questions of a check have answers worth keeping, and how they are asked of the store.

Kept: what a target holds, and an operator's result. Not kept: errors (a limit, a crash or chance may be behind one) and
what was stopped by the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from axiomkd.core.events import Event, Finished
from axiomkd.core.settings import Settings
from axiomkd.operators.loading import Source
from axiomkd.run import isolate
from axiomkd.run.cache.dependencies import Dependencies
from axiomkd.run.cache.store import Store
from axiomkd.run.worker import Ref

_REFS: TypeAdapter[list[Ref]] = TypeAdapter(list[Ref], config=ConfigDict(defer_build=True))
_FINISHED = TypeAdapter(Finished)
Lean = Callable[[Dependencies], None]
Work = Callable[..., Iterator[Event]]
"""What is called as `isolate.run` is, and yields what it does."""
_IRRELEVANT = ("timeout", "examples", "kept", "pictures")  # a result without pictures is found again by what is in it


@dataclass
class Answers:
    """What `isolate` would answer, from the store where it can be; `store` None asks anew each time.

    `leaned_on` gathers the files that the answers of this run lean on.
    """

    store: Store | None = None
    leaned_on: set[str] = field(default_factory=set)
    work: Any = isolate  # what has `operators` and `run` as `isolate` does

    def operators(self, source: Source, settings: Settings, *, leans_on: Lean | None = None) -> list[Ref]:
        """What a target holds; `leans_on` is told what that depends on. Raises LoadError."""
        question = {"holds": source.text, "found": source.found, "device": settings.device}
        refs = self._kept(question, _REFS, leans_on)
        if refs is None:
            found: list[Dependencies] = []
            refs = self.work.operators(source, settings, leans_on=found.append)
            self._keep(question, _REFS.dump_json(refs), found)
            if leans_on is not None and found:
                leans_on(found[-1])
        return refs

    def result(self, ref: Ref, settings: Settings, *, leans_on: Lean | None = None) -> Finished | None:
        """An operator's result, if it is kept; `leans_on` is told what it depends on."""
        found = self._kept(_question(ref, settings), _FINISHED, leans_on)
        if found is None or (settings.pictures and found.result.pictures is None):
            return None
        return found if settings.pictures else _without_pictures(found)

    def run(
        self, ref: Ref, settings: Settings, *, leans_on: Lean | None = None, work: Work | None = None, **options: Any
    ) -> Iterator[Event]:
        """Check an operator as `isolate.run` does (or `work` in its place), and keep the result."""
        found: list[Dependencies] = []

        def lean(on: Dependencies) -> None:
            found.append(on)
            if leans_on is not None:
                leans_on(on)

        for event in (work or self.work.run)(ref, settings, leans_on=lean, **options):
            if isinstance(event, Finished):
                lasting = settings.budget is None and event.result.status != "error"
                self._keep(_question(ref, settings), _FINISHED.dump_json(event, by_alias=True), found, lasting=lasting)
            yield event

    def _kept(self, question: Mapping[str, Any], kind: TypeAdapter, leans_on: Lean | None = None) -> Any:
        found = None if self.store is None else self.store.get(question)
        if found is None:
            return None
        try:
            answer = kind.validate_json(found.answer)
        except ValidationError:  # whole, and not what this version writes
            return None
        self.leaned_on |= found.dependencies.named()
        if leans_on is not None:
            leans_on(found.dependencies)
        return answer

    def _keep(
        self, question: Mapping[str, Any], answer: bytes, leans_on: list[Dependencies], lasting: bool = True
    ) -> None:
        if not leans_on:
            return
        self.leaned_on |= leans_on[-1].named()
        if self.store is not None and lasting:
            self.store.put(question, answer.decode(), leans_on[-1])


def _question(ref: Ref, settings: Settings) -> Mapping[str, Any]:
    asked = {key: value for key, value in asdict(settings).items() if key not in _IRRELEVANT}
    return {"result": ref.model_dump(mode="json"), "settings": asked}


def _without_pictures(found: Finished) -> Finished:
    return found.model_copy(update={"result": found.result.model_copy(update={"pictures": None})})
