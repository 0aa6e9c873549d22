"""JUnit XML: the structure that services share, and what is a pass, a failure, an error and skipped."""

from __future__ import annotations

from xml.etree import ElementTree as XML

import pytest

from axiomkd.core.report import Report
from axiomkd.report import junit

from . import samples
from .samples import SAMPLES

# Jenkins' schema as a table: of each element the attributes that it must and may have, and its children in their order.
GRAMMAR = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors", "disabled"}, ["testsuite"]),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "skipped", "time", "disabled", "timestamp", "hostname", "id", "package"},
        ["properties", "testcase", "system-out", "system-err"],
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": (
        {"name", "classname"},
        {"time", "assertions", "status"},
        ["skipped", "error", "failure", "system-out", "system-err"],
    ),
    "skipped": (set(), {"type", "message"}, []),
    "error": (set(), {"type", "message"}, []),
    "failure": (set(), {"type", "message"}, []),
    "system-out": (set(), set(), []),
}
ONCE = {"properties", "skipped"}


def parsed(report: Report, **more) -> XML.Element:
    root = XML.fromstring(junit.render(report, **more).encode())
    assert root.tag == "testsuites"
    fits(root)
    return root


def fits(element: XML.Element) -> None:
    must, may, children = GRAMMAR[element.tag]
    assert must <= set(element.attrib) <= must | may, element.tag
    tags = [child.tag for child in element]
    assert set(tags) <= set(children), element.tag
    assert tags == sorted(tags, key=children.index), f"{element.tag}: out of order"
    assert all(tags.count(one) <= 1 for one in ONCE)
    for child in element:
        fits(child)
    for name in ("tests", "failures", "errors", "skipped"):
        tag = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}[name]
        if name in element.attrib:
            assert int(element.attrib[name]) == len(list(element.iter(tag)))
    if "time" in element.attrib:
        assert float(element.attrib["time"]) >= 0


def outcomes(report: Report, **more) -> dict[str, str]:
    """name of a test case -> pass or the type of what it has."""
    out = {}
    for case in parsed(report, **more).iter("testcase"):
        told = [child for child in case if child.tag != "system-out"]
        assert len(told) <= 1
        out[case.attrib["name"]] = f"{told[0].tag} {told[0].attrib['type']}" if told else "pass"
    return out


@pytest.mark.parametrize("allow", [(), ("fragile", "inconclusive")], ids=["strict", "allowing"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_the_structure(name, allow):
    parsed(SAMPLES[name], allow=allow)


def test_snapshot(snapshot):
    every = samples.report(
        *SAMPLES["envelope_largest"].operators, *SAMPLES["fragile"].operators, failures=SAMPLES["error"].failures
    )
    snapshot("gate.junit.xml", junit.render(every))


def test_a_case_for_each_required_reading():
    required = [f"{axiom}/{name}" for axiom, names in samples.ARTICLE.items() for name in names]
    assert outcomes(SAMPLES["valid"]) == dict.fromkeys(required, "pass")
    claimed = outcomes(SAMPLES["claims"])
    assert "temperature-coherence/commutation" in claimed and "convexity/envelope" not in claimed


def test_verdicts():
    assert outcomes(SAMPLES["envelope_largest"])["convexity/envelope"] == "failure refuted"
    assert outcomes(SAMPLES["fragile"])["continuity/interior"] == "failure undecided"
    assert outcomes(SAMPLES["open"])["temperature-coherence/nonexpansive"] == "failure undecided"
    assert outcomes(SAMPLES["fragile"], allow=("fragile",))["continuity/interior"] == "skipped fragile"
    assert outcomes(SAMPLES["fragile"], allow=("inconclusive",))["continuity/interior"] == "failure undecided"
    assert set(outcomes(SAMPLES["proofs"]).values()) == {"failure undecided"}
    assert set(outcomes(SAMPLES["clash"]).values()) == {"error defect"}
    assert outcomes(SAMPLES["error"])["load"] == "error not-loaded"
    assert outcomes(SAMPLES["error"])["convexity/envelope"] == "error error"


def test_in_a_defect_nothing_passes_and_nothing_is_refuted():
    one = samples.operator("f", samples.ENVELOPE, defect=True, status="error", message="a contradiction")
    assert set(outcomes(samples.report(one)).values()) == {"error defect"}


def test_an_operator_in_error_has_an_error_even_where_its_readings_do_not_tell():
    one = samples.operator("f", status="error", message="`f` crashed")
    found = outcomes(samples.report(one))
    assert found.pop("operator") == "error error"
    assert set(found.values()) == {"pass"}


def test_what_was_not_checked_is_skipped_and_never_passes():
    one = samples.operator("linear")
    one = one.model_copy(update={"readings": one.readings[:3]})
    found = outcomes(samples.report(one))
    assert found.pop("convexity/envelope") == "pass"
    assert set(found.values()) == {"skipped unchecked"} and len(found) == 4


def test_an_interrupted_run_is_an_error():
    assert outcomes(SAMPLES["valid"], code=130)["run"] == "error interrupted"


def test_a_failure_has_the_witness_and_how_to_see_it_again():
    (failure,) = parsed(SAMPLES["envelope_largest"]).iter("failure")
    assert "no teacher gives class 0 more than 1/2, and the aggregate gives it 11/20" in failure.attrib["message"]
    assert failure.text is not None
    assert "11/20" in failure.text and "to see it again:\npython - <<'EOF'" in failure.text


def test_properties_are_the_settings_and_the_proofs():
    solved = samples.reading("envelope", "proved", method="theorem: weighted-mean", scope="all K, C")
    root = parsed(samples.report(samples.operator("linear", solved)))
    found = {one.attrib["name"]: one.attrib["value"] for one in root.iter("property")}
    assert found["softener"] == "power" and found["seed"] == "0" and found["device"] == "cpu"
    assert found["effort"] == "standard" and found["axiomkd"] == "0.1.0"
    assert found["proof of convexity/envelope"] == "theorem weighted-mean · all K, C"


def test_cases_of_two_operators_of_a_file_do_not_meet():
    both = samples.report(samples.operator("a", file="ops/one.py"), samples.operator("b", file="ops/one.py"))
    names = [(case.attrib["classname"], case.attrib["name"]) for case in parsed(both).iter("testcase")]
    assert len(set(names)) == len(names) == 10
    assert names[0][0] == "ops.one.a"


def test_what_no_xml_may_hold_is_left_out():
    broken = samples.operator("f", *samples.errors("bad \x1b[31m \ud800 <name> & \ufffe", None), message="\x00 ]]>")
    text = junit.render(samples.report(broken))
    XML.fromstring(text.encode())
    assert "bad [31m" in text


def test_a_large_witness_is_cut():
    (failure,) = parsed(SAMPLES["wide"]).iter("failure")
    assert failure.text is not None and max(map(len, failure.text.splitlines())) < 140
    assert "class 41" in failure.text and "more, each" in failure.text
