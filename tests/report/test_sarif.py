"""SARIF: every verdict against the schema that OASIS publishes, what is a result and at which level, and places."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from axiomkd import axioms
from axiomkd.core.report import Failure, Report
from axiomkd.report import sarif
from axiomkd.report.places import path, uri

from . import samples
from .oasis import CHECKER, SCHEMA
from .samples import SAMPLES


def run_of(report: Report, here: Path = Path("/"), **more) -> dict:
    log = json.loads(sarif.render(report, here=here, **more))
    CHECKER.validate(log)
    (run,) = log["runs"]
    return run


def results(report: Report, **more) -> list[tuple[str, str]]:
    return [(one["ruleId"].removeprefix("axiomkd/"), one["level"]) for one in run_of(report, **more)["results"]]


def test_the_schema_itself_is_one_and_tells_wrong_from_right():
    assert SCHEMA["$id"].endswith("oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    CHECKER.check_schema(SCHEMA)
    log = json.loads(sarif.render(SAMPLES["envelope_largest"], here=Path("/")))
    result = log["runs"][0]["results"][0]
    for wrong in ({"level": "fatal"}, {"kind": "passed"}, {"message": {}}, {"locations": [{"line": 3}]}, {"rule": "x"}):
        broken = {**log, "runs": [{**log["runs"][0], "results": [{**result, **wrong}]}]}
        with pytest.raises(jsonschema.ValidationError):
            CHECKER.validate(broken)


@pytest.mark.parametrize("allow", [(), ("fragile", "inconclusive")], ids=["strict", "allowing"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_fits_the_schema(name, allow):
    run_of(SAMPLES[name], allow=allow)


def test_snapshot(snapshot):
    every = samples.report(
        *SAMPLES["envelope_largest"].operators, *SAMPLES["fragile"].operators, failures=SAMPLES["error"].failures
    )
    log = json.loads(sarif.render(every, here=Path("/")))
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    log["runs"][0]["tool"]["driver"]["rules"] = [rules[2], rules[-1]]
    snapshot("gate.sarif.json", json.dumps(log, indent=2, ensure_ascii=False))


def test_levels():
    assert results(SAMPLES["valid"]) == []
    assert results(SAMPLES["envelope_largest"]) == [("convexity/envelope", "error")]
    both = [("convexity/envelope", "error"), ("convexity/hull", "note")]
    assert (
        results(SAMPLES["envelope_largest"], notes=True) == both
    )  # what nothing requires is told where it is asked for
    assert results(SAMPLES["fragile"]) == [("continuity/interior", "warning")]
    assert results(SAMPLES["fragile"], allow=("fragile",)) == [("continuity/interior", "note")]
    assert results(SAMPLES["open"]) == [("temperature-coherence/nonexpansive", "warning")]
    assert results(SAMPLES["error"]) == [("operator", "error")]
    assert results(SAMPLES["clash"]) == [("operator", "error")]
    assert Counter(level for _, level in results(SAMPLES["proofs"])) == {"warning": 5}


def test_what_holds_is_no_result_and_stands_in_the_properties():
    (one,) = run_of(SAMPLES["valid"])["properties"]["operators"]
    assert one["status"] == "valid" and one["profiles"]["article"] is True
    assert one["readings"]["convexity/envelope"].startswith("holds")
    assert len(one["readings"]) == 5


def test_a_required_reading_that_was_not_checked_is_named_as_such():
    operator = samples.operator("linear")
    operator = operator.model_copy(update={"readings": operator.readings[:1]})
    (one,) = run_of(samples.report(operator))["properties"]["operators"]
    assert set(one["readings"].values()) == {"not checked"} and len(one["readings"]) == 5


def test_rules_are_all_there_in_order_and_results_point_at_theirs():
    run = run_of(SAMPLES["envelope_largest"])
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*(f"axiomkd/{r.id}" for r in axioms.EVERY), "axiomkd/operator"]
    assert rules[2]["name"] == "ConvexityEnvelope"
    assert axioms.BY_NAME["envelope"].formula in rules[2]["fullDescription"]["text"]
    assert "Implied by `hull`." in rules[2]["help"]["markdown"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_the_message_is_the_witness_in_words():
    result = run_of(SAMPLES["envelope_largest"])["results"][0]
    assert "no teacher gives class 0 more than 1/2" in result["message"]["text"]
    assert "teacher 1" in result["message"]["markdown"] and "to see it again" in result["message"]["markdown"]
    assert result["properties"]["seed"] == 0 and result["properties"]["cases"] == 812_032


def test_invocations_say_how_it_ended():
    def ended(report: Report, **more) -> tuple[int, bool]:
        (one,) = run_of(report, **more)["invocations"]
        return one["exitCode"], one["executionSuccessful"]

    assert ended(SAMPLES["valid"]) == (0, True)
    assert ended(SAMPLES["envelope_largest"]) == (1, True)
    assert ended(SAMPLES["open"]) == (3, True)
    assert ended(SAMPLES["open"], code=0, allow=("inconclusive",)) == (0, True)
    assert ended(SAMPLES["error"]) == (2, False)
    assert ended(SAMPLES["clash"]) == (70, False)
    assert ended(SAMPLES["valid"], code=130) == (130, False)
    (told,) = run_of(SAMPLES["error"])["invocations"][0]["toolExecutionNotifications"]
    assert told["level"] == "error" and "gown.py" in told["message"]["text"]


def test_fingerprints_survive_moved_lines_and_other_witnesses():
    def prints(operator) -> list[dict]:
        return [one["partialFingerprints"] for one in run_of(samples.report(operator), notes=True)["results"]]

    first = samples.operator("power[alpha=2]", samples.ENVELOPE, samples.HULL)
    other = samples.WIDE.model_copy(update={"message": "other words"})
    moved = samples.operator("power[alpha=2]", other, samples.HULL, line=99)
    assert prints(first) == prints(moved)
    renamed = samples.operator("power[alpha=3]", samples.ENVELOPE, samples.HULL)
    every = [one["primaryLocationLineHash"] for one in [*prints(first), *prints(renamed)]]
    assert len(set(every)) == 4


def test_control_characters_of_a_message_do_not_reach_the_log():
    broken = samples.operator("f", *samples.errors("bad \x1b[31m \ud800 name", None), message="bad \x1b[31m \ud800")
    failure = Failure(target="x\udcff.py", message="\x00")
    text = sarif.render(samples.report(broken, failures=(failure,)), here=Path("/"))
    assert "\\u001b" not in text and "\ud800" not in text and "\\u0000" not in text
    text.encode()


# --- places ----------------------------------------------------------------------------------------------------------


def location(report: Report, here: Path) -> dict:
    return run_of(report, here=here)["results"][0]["locations"][0]


def test_files_are_named_from_the_top_of_the_repository(tmp_path):
    report = SAMPLES["envelope_largest"]
    (tmp_path / "ops").mkdir()
    assert location(report, tmp_path / "ops")["physicalLocation"] == {
        "artifactLocation": {"uri": "my_op.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 5},
    }
    (tmp_path / ".git").mkdir()
    inside = location(report, tmp_path / "ops")["physicalLocation"]
    assert inside["artifactLocation"]["uri"] == "ops/my_op.py"


def test_a_path_as_a_repository_knows_it(tmp_path):
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    here = tmp_path / "a"
    here.mkdir()
    assert path("../b/./one.py", here) == "b/one.py"
    assert path(str(here / "one.py"), here) == "a/one.py"
    assert path("../../out.py", here) is None
    assert path("", here) is None and path("zoo:linear", here) is None
    assert uri("a b/ü#1.py") == "a%20b/%C3%BC%231.py" and uri("c:x.py") == "c%3Ax.py"


def test_an_operator_of_the_zoo_has_a_name_and_no_place(tmp_path):
    zoo = samples.operator("log", samples.ENVELOPE, target="zoo:log", file="axiomkd/zoo/pools.py")
    assert location(samples.report(zoo), tmp_path) == {
        "logicalLocations": [{"name": "log", "fullyQualifiedName": "zoo:log", "kind": "function"}]
    }
