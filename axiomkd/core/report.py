"""The report as other programs read it: the models behind the JSON of schema `axiomkd.report/2`, and their summary rules.

It knows no search and no rendering. The published JSON Schema is made from these models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from axiomkd.core import harmless
from axiomkd.core.audit import AuditModel
from axiomkd.core.codes import DEFECT
from axiomkd.core.errors import UsageError
from axiomkd.core.files import write
from axiomkd.core.verdict import (
    BAD,
    GOOD,
    Error,
    Extent,
    Fragile,
    Holds,
    Inconclusive,
    Proved,
    Refuted,
    Spent,
    Verdict,
    Witness,
)

SCHEMA = "axiomkd.report/2"
FIRST_SCHEMA = "axiomkd.report/1"
RENAMED = {"paper": "classical"}
"""Profiles that were called otherwise in reports of the first schema."""
EXIT = {"valid": 0, "invalid": 1, "error": 1, "undecided": 3}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WitnessModel(_Model):
    """A counterexample (or the reproducer of a numerical defect). Every number is a string that names one exact number."""

    K: int
    C: int
    P: list[list[str]]
    w: list[str]
    cls: int | list[int] | None = Field(default=None, alias="class")
    teacher: int | None = None
    t: list[str] | None = None
    T: list[str] | None = None
    Ts: list[str] | None = None
    P2: list[list[str]] | None = None
    w2: list[str] | None = None
    direction: list[str] | None = None
    teacher2: int | None = None
    delta: str | None = None
    student: list[str] | None = None
    truth: list[str] | None = None
    classes: list[int] | None = None
    pi: list[str] | None = None
    likelihood: list[str] | None = None
    value: list[list[str]] = Field(default_factory=list[list[str]])
    margin: str | None
    confirmed: Literal["exact", "ball", "float64"]


class ExtentModel(_Model):
    """Where a refuted claim fails beyond the witness, by a theorem: `scope` such as "every K ≥ 3, C ≥ 3"."""

    scope: str
    theorem: str
    certificate: dict[str, Any]


class ReadingModel(_Model):
    """One reading's verdict. `margin` is null where the claim is not a margin; `largest` where `witness` is the largest;
    `unproved` says why there is no proof of a reading that the prover was asked for; `partly`: it is proved at some of the
    sizes asked for, and nothing has looked at the others, so that it does not count as met; `within`: the largest violation seen
    of a claim that holds only within the tolerance; `extent` where a refuted claim fails by a theorem too; `moot`: the operator has
    nothing that the reading speaks of, as it has no weights, and what requires the reading is met without it; `skipped`: it was not
    looked at, since a required reading is refuted and the check was to stop there."""

    axiom: str
    reading: str
    required: bool
    verdict: Literal["proved", "holds", "refuted", "fragile", "inconclusive", "error"]
    method: str | None
    scope: str | None
    cases: int
    margin: float | None
    seconds: float
    message: str
    unproved: str | None = None
    partly: bool = False
    moot: bool = False
    skipped: bool = False
    within: float | None = None
    certificate: dict[str, Any] | None = Field(repr=False)  # pages of it, in a notebook
    witness: WitnessModel | None
    largest: WitnessModel | None = Field(None, repr=False)
    extent: ExtentModel | None = None
    reproducer: str | None = None

    @property
    def id(self) -> str:
        return f"{self.axiom}/{self.reading}"

    @property
    def counts(self) -> str:
        """The verdict as it counts: what is proved in part only is open."""
        return "inconclusive" if self.partly else self.verdict


class SceneModel(_Model):
    """One point and what the operator makes of it: P (K, C), w (K,), T or null, q (C,) with null for what is no number.

    `reading` is the one whose witness it is, "" for a point that stands for all others.
    """

    reading: str
    P: list[list[float]]
    w: list[float]
    T: float | None = None
    q: list[float | None]


class PathModel(_Model):
    """The aggregate along a path: of `teacher`'s weight (the others keep their ratios), or of the temperature.

    `x` are n weights or temperatures, `q` (n, C) the aggregates. `distance` (n,), on a path of a weight, is the total
    variation between aggregate and teacher, and `turns` the x from which on it grows though the weight still rises.
    """

    reading: str
    parameter: Literal["weight", "temperature"]
    teacher: int | None = None
    P: list[list[float]]
    w: list[float]
    x: list[float]
    q: list[list[float | None]]
    distance: list[float | None] | None = None
    turns: float | None = None


class TraceModel(_Model):
    """The smallest margin of a reading that a search had seen after so many cases."""

    reading: str
    cases: list[int]
    margin: list[float]


class StartModel(_Model):
    """A point to begin from: P (K, C), w (K,), T; `reading` is the one whose witness it is, "" for one that stands for all."""

    reading: str
    P: list[list[float]]
    w: list[float]
    T: float = 1.0


class HoldModel(_Model):
    """What a reader needs to move a point of K teachers and C classes: where to begin, and the operator in one of two forms.

    `steps` is the operator written out on single numbers (`axiomkd/tracing/steps.py`): the inputs P row by row, w, and T where
    `takes_T`; then a number a step; `outputs` are the places of the C results. It is null where the operator could not be
    written so: then its values at `panels` (rows of inputs) stand for it. `values` are the operator's own at the panels.
    """

    K: int
    C: int
    takes_T: bool
    starts: list[StartModel]
    steps: list[list[str | int | float]] | None
    outputs: list[int]
    panels: list[list[float]]
    values: list[list[float | None]]


class PicturesModel(_Model):
    """What the pictures of a report are drawn from. Floats for the eye: the proof of a violation is its witness."""

    holds: list[HoldModel] = Field(default_factory=list[HoldModel])
    scenes: list[SceneModel]
    paths: list[PathModel]
    traces: list[TraceModel]


class KnownModel(_Model):
    """A violation that the project has written down. `state`: known (put up with), expired (not any more), or fixed
    (met by now: the entry asks to be removed). `verdict` is the one of this run."""

    target: str
    axiom: str
    reading: str
    verdict: str
    state: Literal["known", "expired", "fixed"]
    reason: str
    until: str | None = None
    source: str


class OperatorModel(_Model):
    """One operator's readings, in the order of the axioms, and what follows from them.

    `defect`: the checker is at fault, as a proof and a counterexample contradict each other or as it failed: nothing here
    counts. `takes_T`: whether it takes the temperature, `default_T` that of a call without it; `constants`: parameters that
    kept their defaults, name -> value as text. `call`: how its function is called, where that is not
    A(P, w) on probabilities, name -> value as text; `assumed` is what of it nobody declared. `loss`: of a
    loss, how its target is found. `repairs`: changes, in words, with
    which a quick check has met more. `hashes`: the sha256 of the operator's `source` file and of its `jaxpr`, as
    they were when it was checked. `confined`: what its process had given up, by name. `outside`: how it was called in a process of
    its own, and what is settled held against it there; "" where it was not. `verified`: of a result that went through `verify`
    before it was told, axiom/reading -> what each verdict still rests on there ("nothing to verify" where it was not derived
    again). `precision`: how it fares in each dtype, where that was asked for.
    """

    name: str
    target: str
    file: str
    line: int
    status: Literal["valid", "invalid", "undecided", "error"]
    seconds: float
    requires: dict[str, list[str]]
    strongest: dict[str, list[str]]
    profiles: dict[str, bool | None]
    message: str = ""
    output: str = ""
    defect: bool = False
    takes_T: bool = False
    default_T: float | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    call: dict[str, str] = Field(default_factory=dict)
    assumed: dict[str, str] = Field(default_factory=dict)
    loss: str = ""
    repairs: list[str] = Field(default_factory=list[str])
    hashes: dict[str, str] = Field(default_factory=dict)
    confined: list[str] = Field(default_factory=list[str])
    outside: str = ""
    verified: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    readings: list[ReadingModel]
    precision: AuditModel | None = None
    pictures: PicturesModel | None = None


class ProfileModel(_Model):
    name: str
    requires: dict[str, list[str]]


class SettingsModel(_Model):
    """`search` is false in a report of proofs only. `readings` (axiom/reading), `K` and `C` are those asked for, empty where
    nothing was: then it was all readings, and the default sizes. `tolerance`: by how much a claim that is a margin may fail and
    still be said to hold; never in a proof. `guarantees`: whether all of them were asked for, beside the axioms; `fail_fast`:
    whether the check of an operator was to stop at the first required reading that is refuted."""

    seed: int
    effort: Literal["quick", "standard", "thorough"]
    budget: float | None = None
    readings: list[str] = Field(default_factory=list[str])
    K: list[int] = Field(default_factory=list[int])
    C: list[int] = Field(default_factory=list[int])
    sizes: list[tuple[int, int]]
    softener: str
    search: bool = True
    guarantees: bool = False
    fail_fast: bool = False
    tolerance: float = 0.0
    dtype: str
    device: str


class Failure(_Model):
    """A target that could not be loaded, and why; `defect`: this package failed, and the target may be as it should."""

    target: str
    message: str
    defect: bool = False


class Report(_Model):
    """What `axiomkd check` found. Shapes and units are those of the contract's JSON report."""

    schema_: str = Field(default=SCHEMA, alias="schema")
    version: str
    profile: ProfileModel
    settings: SettingsModel
    operators: list[OperatorModel]
    failures: list[Failure] = Field(default_factory=list[Failure])
    partial: bool = False
    known: list[KnownModel] = Field(default_factory=list[KnownModel])

    def to_json(self) -> str:
        """The report as JSON text (two spaces, keys in the models' order, a final newline)."""
        return (
            json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False, allow_nan=False)
            + "\n"
        )

    def save(self, path: str | Path) -> None:
        """Write the JSON text to `path` in one step: a reader never sees half a report."""
        write(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Read a report. Raises UsageError when the file is missing or is not a report of this schema."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise UsageError(
                f"{path}: cannot be read ({e}). Give the file that `axiomkd check --json FILE` wrote."
            ) from e
        try:
            report = cls.model_validate_json(harmless.document(text))  # it is shown on terminals, whoever wrote it
        except ValidationError as e:
            first = e.errors()[0]
            at = ".".join(map(str, first["loc"])) or "the document"
            raise UsageError(f"{path}: not an axiomkd report: {at}: {first['msg']}.") from e
        if report.schema_ == FIRST_SCHEMA:
            return _renamed(report)
        if report.schema_ != SCHEMA:
            raise UsageError(f"{path}: schema {report.schema_!r}, this version reads {SCHEMA!r} and {FIRST_SCHEMA!r}.")
        return report

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid or error, 2 a target could not be loaded, 3 undecided: the worst over all operators.

        70 where the checker contradicts itself, or failed.
        """
        if any(one.defect for one in (*self.operators, *self.failures)):
            return DEFECT
        if self.failures:
            return 2
        codes = {EXIT[one.status] for one in self.operators}
        return next((code for code in (1, 3) if code in codes), 0)

    @property
    def valid(self) -> bool:
        return self.exit_code == 0

    # What is made of a report lies above this layer. It is reached by the package's public names, loaded on first use, so that
    # nothing here imports it.

    def witness(self, reading: str, operator: str | None = None, *, largest: bool = False) -> Any:
        """The `axiomkd.Witness` against a reading ("envelope"): its numbers as fractions and as NumPy arrays, `show()`,
        `to_latex()`, `to_markdown()`, `to_python()`, `replay()`. `operator` names one of several; `largest` is the one that
        fails by most, where the report has it. Raises UsageError where there is none."""
        import axiomkd

        return axiomkd.witness_of(self, reading, operator, largest=largest)

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a reading of an operator. Raises ImportError where pandas is not installed."""
        import axiomkd

        return axiomkd.notebook.frame(self)

    def __repr__(self) -> str:
        import axiomkd

        return axiomkd.notebook.short(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        import axiomkd

        return axiomkd.notebook.html(self)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a report, as published in `axiomkd/report/report.schema.json`."""
    schema = Report.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}


def _renamed(report: Report) -> Report:
    """A report of the first schema, with its profiles under their names of today."""
    name = RENAMED.get(report.profile.name, report.profile.name)
    operators = [
        one.model_copy(update={"profiles": {RENAMED.get(p, p): met for p, met in one.profiles.items()}})
        for one in report.operators
    ]
    profile = report.profile.model_copy(update={"name": name})
    return report.model_copy(update={"profile": profile, "operators": operators})


def witness_model(w: Witness) -> WitnessModel:
    """A Witness as it is written out."""

    def rows(matrix: Sequence[Sequence[str]] | None) -> list[list[str]] | None:
        return None if matrix is None else [list(row) for row in matrix]

    def row(vector: Sequence[str] | None) -> list[str] | None:
        return None if vector is None else list(vector)

    return WitnessModel(
        K=w.K,
        C=w.C,
        P=rows(w.P) or [],
        w=list(w.w),
        **{"class": list(w.cls) if isinstance(w.cls, tuple) else w.cls},  # type: ignore[arg-type]
        teacher=w.teacher,
        t=row(w.t),
        T=row(w.T),
        Ts=row(w.Ts),
        P2=rows(w.P2),
        w2=row(w.w2),
        direction=row(w.direction),
        teacher2=w.teacher2,
        delta=w.delta,
        student=row(w.student),
        truth=row(w.truth),
        classes=None if w.classes is None else list(w.classes),
        pi=row(w.pi),
        likelihood=row(w.likelihood),
        value=rows(w.value) or [],
        margin=w.margin,
        confirmed=w.confirmed,  # type: ignore[arg-type]
    )


def extent_model(extent: Extent) -> ExtentModel:
    return ExtentModel(scope=str(extent.sizes), theorem=extent.theorem, certificate=extent.certificate)


def reading_model(
    axiom: str,
    reading: str,
    verdict: Verdict,
    *,
    required: bool,
    message: str,
    seconds: float,
    unproved: str | None = None,
    reproducer: str | None = None,
    moot: bool = False,
) -> ReadingModel:
    """One Verdict as a row of the report."""
    spent = getattr(verdict, "spent", Spent(cases=0))
    method, scope, certificate, witness, largest, extent = None, None, None, None, None, None
    match verdict:
        case Proved():
            method, scope, certificate = verdict.method, str(verdict.scope), verdict.certificate
        case Refuted():
            method, witness = "search", witness_model(verdict.simplest)
            largest = None if verdict.largest is None else witness_model(verdict.largest)
            extent = None if verdict.extent is None else extent_model(verdict.extent)
        case Fragile():
            method, witness = "search", witness_model(verdict.reproducer)
        case Holds():
            method, scope, certificate = "search", verdict.scope, verdict.certificate
        case Inconclusive():
            method = verdict.method
        case Error():
            witness = None if verdict.reproducer is None else witness_model(verdict.reproducer)
        case _:
            assert_never(verdict)
    return ReadingModel(
        axiom=axiom,
        reading=reading,
        required=required,
        verdict=verdict.verdict,  # type: ignore[arg-type]
        method=method,
        scope=scope,
        cases=spent.cases,
        margin=spent.margin,
        seconds=round(seconds, 3),
        message=message,
        unproved=unproved,
        moot=moot,
        certificate=certificate,
        witness=witness,
        largest=largest,
        extent=extent,
        reproducer=reproducer,
    )


def profile_met(verdicts: Mapping[str, str], needs: Sequence[str]) -> bool | None:
    """Whether all readings that a profile needs hold; None while some are open, or stand in no row of the report.

    `verdicts`: reading -> the verdict that counts.
    """
    if any(verdicts.get(r) in BAD for r in needs):
        return False
    return True if all(verdicts.get(r) in GOOD for r in needs) else None


def status_of(verdicts: Mapping[str, str], required: Sequence[str], *, errored: bool = False) -> str:
    """valid | invalid | undecided | error, from the verdicts of the required readings that say something of the operator."""
    if errored or any(verdicts.get(r) == "error" for r in required):
        return "error"
    met = profile_met(verdicts, required)
    return {True: "valid", False: "invalid", None: "undecided"}[met]


def strongest(
    verdicts: Mapping[str, str], axioms: Mapping[str, Sequence[str]], stronger: Mapping[str, set[str]]
) -> dict[str, list[str]]:
    """For each axiom of which anything was asked, the readings that hold and are implied by no other of it that holds."""
    out: dict[str, list[str]] = {}
    asked = {axiom: readings for axiom, readings in axioms.items() if any(r in verdicts for r in readings)}
    for axiom, readings in asked.items():
        good = [r for r in readings if verdicts.get(r) in GOOD]
        out[axiom] = [r for r in good if not any(s in good for s in stronger.get(r, set()))]
    return out
