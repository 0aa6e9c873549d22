"""JUnit XML: a test suite an operator, a test case a required reading. What was not checked or stayed open never passes.

The structure is that of Jenkins' schema for JUnit reports, which the services that read such files share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as XML

from axiomkd.core.codes import INTERRUPTED
from axiomkd.core.report import Failure, OperatorModel, Report
from axiomkd.report import phrases
from axiomkd.report.known import sentence
from axiomkd.report.outcomes import Case, cases, ending
from axiomkd.report.places import module
from axiomkd.report.plain import headline, paragraph, trouble

# Characters that no XML 1.0 document may hold, not even escaped; a message of an operator may hold anything.
FORBIDDEN = re.compile("[^\\t\\n\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(report: Report, *, allow: Sequence[str] = (), code: int | None = None) -> str:
    """The report as JUnit XML. `allow`: verdicts that may stay open; `code`: the exit code, where it is not the report's."""
    root = XML.Element("testsuites", name="axiomkd")
    root.extend(_suite(report, one, allow) for one in report.operators)
    root.extend(_unloaded(failure) for failure in report.failures)
    if code == INTERRUPTED:
        root.append(_interrupted())
    for name, tag in COUNTED.items():
        if name != "skipped":
            root.set(name, str(len(list(root.iter(tag)))))
    root.set("tests", str(len(list(root.iter("testcase")))))
    root.set("time", _seconds(sum(one.seconds for one in report.operators)))
    XML.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + XML.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, one: OperatorModel, allow: Sequence[str]) -> XML.Element:
    suite = XML.Element("testsuite", name=_clean(one.target))
    properties = XML.SubElement(suite, "properties")
    for name, value in _properties(report, one):
        XML.SubElement(properties, "property", name=name, value=_clean(value))
    for case in cases(report, one, allow):
        suite.append(_case(report, one, case))
    if one.status == "error" and suite.find("testcase/error") is None:
        _add(_new_case(suite, one, "operator"), "error", "error", phrases.blamed(one), trouble(one, whole=False))
    return _counted(suite, one.seconds)


def _properties(report: Report, one: OperatorModel) -> Iterable[tuple[str, str]]:
    """The settings, and of each proof its scope and method."""
    settings = report.settings
    yield "axiomkd", report.version
    yield "profile", phrases.asked(report, one)
    yield "status", one.status
    yield "softener", settings.softener
    yield "seed", str(settings.seed)
    yield "effort", settings.effort
    yield "budget", "none" if settings.budget is None else f"{settings.budget:g} seconds"
    yield "search", "yes" if settings.search else "no: proofs only"
    yield "sizes", ", ".join(f"({K}, {C})" for K, C in settings.sizes)
    yield "dtype", settings.dtype
    yield "device", settings.device
    for reading in one.readings:
        if reading.verdict == "proved" and reading.required:
            yield f"proof of {reading.axiom}/{reading.reading}", f"{phrases.argument(reading)} · {reading.scope}"


# --- test cases ------------------------------------------------------------------------------------------------------


def _case(report: Report, one: OperatorModel, case: Case) -> XML.Element:
    reading = case.reading
    element = XML.Element(
        "testcase",
        classname=_class(one),
        name=case.id,
        time=_seconds(0.0 if reading is None else reading.seconds),
    )
    if reading is None:
        _add(element, "skipped", "unchecked", f"{case.id} was not checked")
        return element
    told = headline(one, reading)
    match case.outcome:
        case "met":
            XML.SubElement(element, "system-out").text = _clean(phrases.verdict(reading))
        case "known" if case.known is not None:
            _add(element, "skipped", "known", f"{told} ({sentence(case.known)})")
        case "allowed":
            _add(element, "skipped", reading.verdict, f"{told} (allowed)")
        case "refuted" | "undecided":
            kind = "undecided" if case.outcome == "undecided" else reading.verdict
            written = f"{sentence(case.known)}\n\n" if case.known is not None else ""
            _add(element, "failure", kind, told, written + paragraph(one, reading, report, whole=False))
        case "error":
            kind = "defect" if one.defect else "error"
            _add(element, "error", kind, told, "\n\n".join([one.message, paragraph(one, reading, report, whole=False)]))
        case "known" | "unchecked":
            pass  # a known one has its entry, an unchecked one no reading: both were dealt with above
    return element


def _class(one: OperatorModel) -> str:
    """The file as a module, then the operator: two operators of a file have readings of the same names."""
    where = module(one.file) if one.file else one.target.partition(":")[0]
    return _clean(f"{where}.{one.name}")


def _new_case(suite: XML.Element, one: OperatorModel, name: str) -> XML.Element:
    return XML.SubElement(suite, "testcase", classname=_class(one), name=name, time=_seconds(0.0))


def _add(case: XML.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    first = next(iter(message.splitlines()), kind)
    element = XML.SubElement(case, tag, type=kind, message=_clean(first))
    if text.strip():
        element.text = _clean(f"\n{text.strip()}\n")


def _unloaded(failure: Failure) -> XML.Element:
    suite = XML.Element("testsuite", name=_clean(failure.target))
    case = XML.SubElement(suite, "testcase", classname=_clean(failure.target), name="load", time=_seconds(0.0))
    _add(case, "error", "not-loaded", failure.message, failure.message)
    return _counted(suite, 0.0)


def _interrupted() -> XML.Element:
    suite = XML.Element("testsuite", name="axiomkd")
    case = XML.SubElement(suite, "testcase", classname="axiomkd", name="run", time=_seconds(0.0))
    _add(case, "error", "interrupted", ending(INTERRUPTED))
    return _counted(suite, 0.0)


def _counted(suite: XML.Element, seconds: float) -> XML.Element:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in COUNTED.items():
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", _seconds(seconds))
    return suite


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", text)
