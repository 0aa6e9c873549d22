"""What an audit of an operator's precision found, as other programs read it: JSON of schema `axiomkd.precision/1`.

Values only: it knows neither how an operator is run nor how this is shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from axiomkd.core.files import write

AUDIT_SCHEMA = "axiomkd.precision/1"
DTYPES = ("float64", "float32", "bfloat16", "float16")
KINDS = {
    "not-finite": "NaN or inf",
    "lost-class": "a class lost",
    "sum-off": "the sum is off",
    "ranking-flip": "the ranking flips",
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class AdviceModel(_Model):
    """A stable form, run at the same inputs. `name` says which, `how` in words with the user's lines; `error` is its largest
    relative error where the operator's is `before` (null: not finite), over all inputs tried at which the operator loses
    something; it loses something at `still` of these `cases`."""

    name: str
    how: list[str]
    before: float | None
    error: float | None
    cases: int
    still: int


class LossModel(_Model):
    """Where an operator leaves the exact value: the smallest of the inputs tried, `code` their lines of Python.

    `place` are classes: the one that is lost, or the two that change places. `computed` and `exact` are the numbers there as
    decimals (of a sum: the sums). `confirmed`: how the exact value is known. `first_C`: the smallest C at which ordinary inputs
    lose it too, `right_to_C` the largest below that at which none of them does; null where there is none. `right_to_p`: the
    smallest probability (for logits `right_to_logit`, the largest size of one) on the ladder at which it is still right.
    """

    kind: Literal["not-finite", "lost-class", "sum-off", "ranking-flip"]
    K: int
    C: int
    T: float | None = None
    message: str
    place: list[int]
    computed: list[str]
    exact: list[str]
    confirmed: Literal["exact", "ball", "float64"]
    code: list[str]
    reproducer: str
    first_C: int | None = None
    right_to_C: int | None = None
    right_to_p: float | None = None
    right_to_logit: float | None = None
    advice: AdviceModel | None = None


class DtypeModel(_Model):
    """An operator in one dtype. `ran` is false where it could not be run or judged, and `why` says so. `unit` is the dtype's
    unit of rounding, `error` the largest relative error on ordinary inputs, at which `error_C` (null: nothing finite was
    seen). `beneath`: at so many inputs a class came out as 0 whose exact value is below the smallest normal number."""

    dtype: str
    ran: bool
    why: str = ""
    cases: int = 0
    largest_C: int = 0
    unit: float = 0.0
    error: float | None = None
    error_C: int | None = None
    beneath: int = 0
    losses: list[LossModel] = Field(default_factory=list[LossModel])


class AuditModel(_Model):
    """One operator in every dtype asked for; `problem` where it could not be audited at all."""

    name: str
    target: str
    file: str
    line: int
    language: str = ""
    problem: str = ""
    dtypes: list[DtypeModel] = Field(default_factory=list[DtypeModel])

    @property
    def loses(self) -> bool:
        """Whether anything is lost in any dtype."""
        return any(one.losses for one in self.dtypes)

    @property
    def undecided(self) -> bool:
        """Whether it could not be judged in some dtype."""
        return bool(self.problem) or any(not one.ran for one in self.dtypes)


class AuditReport(_Model):
    """What `axiomkd precision` found."""

    schema_: str = Field(default=AUDIT_SCHEMA, alias="schema")
    version: str
    seed: int
    asked: list[str]
    operators: list[AuditModel]

    @property
    def exit_code(self) -> int:
        """1 where something is lost, 3 where nothing is and a dtype could not be judged, else 0."""
        if any(one.loses for one in self.operators):
            return 1
        return 3 if any(one.undecided for one in self.operators) else 0

    def to_json(self) -> str:
        """The report as JSON text (two spaces, keys in the models' order, a final newline)."""
        made = self.model_dump(mode="json", by_alias=True)
        return json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the JSON text to `path` in one step."""
        write(path, self.to_json())
