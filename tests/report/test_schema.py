"""The published schema: as the models say, and every sample report is valid under it, all six verdicts among them."""

from __future__ import annotations

import json

import jsonschema
import pytest

from axiomkd.core.report import Report
from axiomkd.report import schema

from .samples import SAMPLES

VERDICTS = {"proved", "holds", "refuted", "fragile", "inconclusive", "error"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    text = json.loads(schema.FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(text)
    return jsonschema.Draft202012Validator(text)


def test_the_file_is_up_to_date():
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run: python -m axiomkd.report.schema"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_is_valid(name, validator):
    validator.validate(json.loads(SAMPLES[name].to_json()))


def test_the_samples_have_every_verdict():
    seen = {r.verdict for report in SAMPLES.values() for one in report.operators for r in one.readings}
    assert seen == VERDICTS


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report["operators"][0]["readings"][0].update(verdict="maybe"),
        lambda report: report["operators"][0].pop("status"),
        lambda report: report.update(extra=1),
        lambda report: report["settings"].update(seed="zero"),
    ],
)
def test_what_is_no_report_is_not_valid(spoil, validator):
    report = json.loads(SAMPLES["valid"].to_json())
    spoil(report)
    assert not validator.is_valid(report)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_comes_back_from_its_file(name, tmp_path):
    SAMPLES[name].save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == SAMPLES[name]
