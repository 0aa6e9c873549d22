"""SARIF 2.1.0: a rule a reading, a result for each reading that an operator fails or leaves open.

Readings that hold are no results: GitHub shows even results of kind "pass" as alerts. They stand in the run's properties.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from axiomkd import axioms
from axiomkd.core.reading import Reading
from axiomkd.core.report import Failure, KnownModel, OperatorModel, ReadingModel, Report
from axiomkd.report import phrases
from axiomkd.report.bars import CONTROL
from axiomkd.report.known import sentence
from axiomkd.report.markdown import fenced
from axiomkd.report.outcomes import cases, ending, known, outcome
from axiomkd.report.places import place, uri
from axiomkd.report.plain import headline, paragraph, trouble

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
OPERATOR, TARGET = "axiomkd/operator", "axiomkd/not-loaded"
CLEAN_ENDS = (0, 1, 3)  # all that was asked for was checked

Object = dict[str, Any]


def render(
    report: Report,
    *,
    allow: Sequence[str] = (),
    code: int | None = None,
    here: Path | None = None,
    notes: bool = False,
) -> str:
    """The report as SARIF text. `allow`: verdicts that may stay open; `code`: the exit code, where it is not the report's;
    `notes`: a note for each reading too that is refuted and that nothing requires.

    Files are named from the top of the repository that the folder `here` belongs to.
    """
    run = {
        "tool": {"driver": _driver(report)},
        "invocations": [_invocation(report, report.exit_code if code is None else code)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top folder of the repository."}}},
        "results": [result for one in report.operators for result in _results(report, one, allow, here, notes)],
        "columnKind": "unicodeCodePoints",
        "properties": _properties(report, allow),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(_clean(log), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def rule_id(reading: ReadingModel | Reading) -> str:
    """The name of a reading's rule, for good."""
    name = reading.name if isinstance(reading, Reading) else reading.reading
    return f"axiomkd/{reading.axiom}/{name}"


def _clean(value: Any) -> Any:
    """The same without the control characters that an operator's message may hold."""
    if isinstance(value, str):
        return CONTROL.sub("", value)
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in cast(dict[Any, Any], value).items()}
    return [_clean(one) for one in cast(list[Any], value)] if isinstance(value, list) else value


# --- the tool and its rules ------------------------------------------------------------------------------------------


def _driver(report: Report) -> Object:
    return {
        "name": "axiomkd",
        "version": report.version,
        "semanticVersion": report.version,
        "shortDescription": {"text": "Checks aggregation operators A(P, w) of multi-teacher distillation."},
        "rules": RULES,
        "notifications": [{"id": TARGET, "shortDescription": {"text": "A target could not be loaded."}}],
    }


def _rule(reading: Reading) -> Object:
    axiom = next(one for one in axioms.GROUPS if one.name == reading.axiom)
    return {
        "id": rule_id(reading),
        "name": _pascal(f"{reading.axiom} {reading.name}"),
        "shortDescription": {"text": reading.statement},
        "fullDescription": {"text": f"{axiom.title}. {axiom.sentence} The reading {reading.name}: {reading.formula}."},
        "help": {"text": "\n".join(_help(reading, "")), "markdown": "\n\n".join(_help(reading, "`"))},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["axiomkd", reading.axiom], "precision": "very-high", "problem.severity": "error"},
    }


def _help(reading: Reading, tick: str) -> Iterator[str]:
    def named(names: set[str]) -> str:
        return ", ".join(f"{tick}{name}{tick}" for name in axioms.BY_NAME if name in names)

    yield reading.statement
    yield f"Claim: {tick}{reading.formula}{tick}"
    if reading.note:
        yield reading.note
    if axioms.STRONGER[reading.name]:
        yield f"Implied by {named(axioms.STRONGER[reading.name])}."
    if axioms.WEAKER[reading.name]:
        yield f"It implies {named(axioms.WEAKER[reading.name])}."
    yield f"An example that fails it: {tick}axiomkd explain {reading.name}{tick}"


def _pascal(text: str) -> str:
    return "".join(word.capitalize() for word in text.replace("-", " ").split())


def _operator_rule() -> Object:
    told = (
        "The operator is a function that can be judged: it answers at interior points, in time, with the right shape."
    )
    more = "One that raises, hangs, returns another shape, changes its inputs or gives two answers is in error."
    return {
        "id": OPERATOR,
        "name": "Operator",
        "shortDescription": {"text": told},
        "fullDescription": {"text": f"{told} {more}"},
        "help": {"text": f"{more}\naxiomkd explain error", "markdown": f"{more}\n\n`axiomkd explain error`"},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["axiomkd"], "precision": "very-high", "problem.severity": "error"},
    }


RULES = [*map(_rule, axioms.EVERY), _operator_rule()]
INDEX = {rule["id"]: n for n, rule in enumerate(RULES)}


# --- results ---------------------------------------------------------------------------------------------------------


def _results(
    report: Report, one: OperatorModel, allow: Sequence[str], here: Path | None, notes: bool
) -> Iterator[Object]:
    if one.status == "error":
        told = {"text": phrases.blamed(one), "markdown": fenced(trouble(one, whole=False))}
        found = {"verdict": "error", "defect": one.defect, "required": True, "seed": report.settings.seed}
        yield {**_result(one, OPERATOR, "error", told, found, here), **_suppressed(report, None)}
    for reading in one.readings:
        level = _level(report, one, reading, allow)
        if level is not None and (reading.required or notes):
            found = {"outcome": outcome(report, one, reading, allow), **_found(report, reading)}
            result = _result(one, rule_id(reading), level, _message(report, one, reading), found, here)
            yield {**result, **_suppressed(report, known(report, one, reading))}


def _level(report: Report, one: OperatorModel, reading: ReadingModel, allow: Sequence[str]) -> str | None:
    """None where there is nothing to tell, or where the operator as a whole is told to be in error."""
    match outcome(report, one, reading, allow):
        case "refuted":
            return "error" if reading.required else "note"
        case "undecided":
            return "warning" if reading.required else None
        case "known":
            return "error" if reading.verdict == "refuted" else "warning"
        case "allowed":
            return "note" if reading.required else None
        case "error":
            return None if one.status == "error" else "note"
        case "met" | "unchecked":
            return None


def _suppressed(report: Report, entry: KnownModel | None) -> Object:
    """A known violation is a result that is suppressed, with the reason; one that has expired no longer is."""
    if not report.known:
        return {}
    if entry is None:
        return {"suppressions": []}  # in a run all results have them, or none has
    status = "accepted" if entry.state == "known" else "rejected"
    return {"suppressions": [{"kind": "external", "status": status, "justification": sentence(entry)}]}


def _message(report: Report, one: OperatorModel, reading: ReadingModel) -> Object:
    markdown = f"{headline(one, reading)}\n\n{fenced(paragraph(one, reading, report, whole=False))}"
    return {"text": headline(one, reading), "markdown": markdown}


def _found(report: Report, reading: ReadingModel) -> Object:
    return {
        "verdict": reading.verdict,
        "required": reading.required,
        "confirmed": reading.witness.confirmed if reading.witness and reading.verdict == "refuted" else None,
        "margin": reading.margin,
        "cases": reading.cases,
        "scope": reading.scope,
        "fails_at": reading.extent.scope if reading.extent is not None else None,
        "seed": report.settings.seed,
        "reproducer": reading.reproducer,
    }


def _result(
    one: OperatorModel, rule: str, level: str, message: Object, properties: Object, here: Path | None
) -> Object:
    return {
        "ruleId": rule,
        "ruleIndex": INDEX[rule],
        "kind": "fail",
        "level": level,
        "message": message,
        "locations": [_location(one, here)],
        "partialFingerprints": _fingerprints(one, rule),
        "properties": {name: value for name, value in properties.items() if value is not None},
    }


def _location(one: OperatorModel, here: Path | None) -> Object:
    logical = {"logicalLocations": [{"name": one.name, "fullyQualifiedName": one.target, "kind": "function"}]}
    file = place(one, here)
    if file is None:
        return logical
    physical: Object = {"artifactLocation": {"uri": uri(file), "uriBaseId": "%SRCROOT%"}}
    if one.line > 0:
        physical["region"] = {"startLine": one.line}
    return {"physicalLocation": physical, **logical}


def _fingerprints(one: OperatorModel, rule: str) -> dict[str, str]:
    """What a finding is known by from run to run: the operator and the rule, wherever its lines have moved."""
    digest = hashlib.sha256(f"{one.target}\0{rule}".encode("utf-8", "replace")).hexdigest()
    # The second name is the one that GitHub reads. What it would compute instead is the same for all operators of a line.
    return {"axiomkdTargetAndRule/v1": digest, "primaryLocationLineHash": digest}


# --- the run ---------------------------------------------------------------------------------------------------------


def _invocation(report: Report, code: int) -> Object:
    notifications = [
        {"descriptor": {"id": TARGET}, "level": "error", "message": {"text": _told(one)}} for one in report.failures
    ]
    return {
        "executionSuccessful": code in CLEAN_ENDS,
        "exitCode": code,
        "exitCodeDescription": ending(code),
        "toolExecutionNotifications": notifications,
    }


def _told(failure: Failure) -> str:
    known = failure.message.startswith(failure.target)
    return failure.message if known else f"{failure.target}: {failure.message}"


def _properties(report: Report, allow: Sequence[str]) -> Object:
    """The settings, and of each operator every required reading, those that hold among them."""
    return {
        "profile": report.profile.name,
        **report.settings.model_dump(mode="json", exclude_none=True),
        "operators": [
            {
                "target": one.target,
                "status": one.status,
                "profiles": one.profiles,
                "readings": {
                    case.id: "not checked" if case.reading is None else phrases.verdict(case.reading)
                    for case in cases(report, one, allow)
                },
            }
            for one in report.operators
        ],
    }
