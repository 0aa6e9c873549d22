"""Running the engine on zoo operators and functions inside tests: verdicts by reading. Asserts nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from axiomkd.checking import engine
from axiomkd.core.operator import Operator, describe
from axiomkd.core.report import OperatorModel, ReadingModel
from axiomkd.core.settings import Settings
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

numerics.prepare()


def from_zoo(name: str) -> Operator:
    entry = ENTRIES[name]
    return replace(describe(entry.fn, name=name, K=entry.K, C=entry.C), target=f"zoo:{name}")


def checked(operator: Operator | Callable, *readings: str, **settings) -> OperatorModel:
    """The engine's result, quick effort unless told otherwise."""
    if not isinstance(operator, Operator):
        operator = describe(operator)
    asked = Settings(**{"effort": "quick", "readings": readings, **settings})
    return next(event.result for event in engine.check(operator, asked) if event.kind == "finished")


def verdicts(result: OperatorModel) -> dict[str, ReadingModel]:
    return {reading.reading: reading for reading in result.readings}
