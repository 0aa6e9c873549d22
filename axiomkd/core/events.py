"""What a check says while it runs: the engine yields these, the worker sends them, consumers fold or show them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from axiomkd.core.report import OperatorModel, ReadingModel


class Stage(BaseModel):
    """The check has come to a stage: `done` of `total` steps (0 of 0: unknown)."""

    kind: Literal["stage"] = "stage"
    operator: str
    name: str
    done: int = 0
    total: int = 0
    detail: str = ""


class Calling(BaseModel):
    """The operator is about to be called at this point: what to show if the process does not come back."""

    kind: Literal["calling"] = "calling"
    operator: str
    P: list[list[float]]
    w: list[float]
    T: float | None = None
    note: str = ""


class Settled(BaseModel):
    """One reading has its verdict, or another one than before: the last one counts."""

    kind: Literal["settled"] = "settled"
    operator: str
    reading: ReadingModel


class Printed(BaseModel):
    """What the operator printed."""

    kind: Literal["printed"] = "printed"
    operator: str
    text: str


class Finished(BaseModel):
    """The operator is done; `sizes` are the (K, C) searched, `device` where it ran, `searched` lines for --verbose."""

    kind: Literal["finished"] = "finished"
    operator: str
    result: OperatorModel
    sizes: list[tuple[int, int]]
    device: str
    searched: list[str] = Field(default_factory=list)


class Repaired(BaseModel):
    """After Finished: repairs of the operator that a quick check has borne out."""

    kind: Literal["repaired"] = "repaired"
    operator: str
    repairs: list[str]


Event = Annotated[Stage | Calling | Settled | Printed | Finished | Repaired, Field(discriminator="kind")]
