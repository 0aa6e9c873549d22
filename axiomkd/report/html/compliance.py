"""The compliance card: readings by operators, in each cell the verdict, its scope and what was spent on it.

A required reading that was not checked is red and says so: no cell is blank.
"""

from __future__ import annotations

from collections.abc import Sequence

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.report import phrases
from axiomkd.report.html.tree import E, Element
from axiomkd.report.outcomes import known, outcome

CLASSES = {
    "proved": "good",
    "holds": "good",
    "refuted": "bad",
    "fragile": "open",
    "inconclusive": "open",
    "error": "bad",
}


def anchor(n: int) -> str:
    return f"operator-{n}"


def card(report: Report, allow: Sequence[str]) -> Element:
    """The table, in a frame of its own that scrolls where it is too wide."""
    head = [E("th", "reading", scope="col")]
    for n, one in enumerate(report.operators):
        head.append(E("th", E("a", one.name, href=f"#{anchor(n)}"), E("small", one.status), scope="col"))
    head += [E("th", one.target, E("small", "not loaded"), scope="col") for one in report.failures]
    groups = [_group(report, axiom.name, allow) for axiom in axioms.AXIOMS]
    table = E("table", E("thead", E("tr", *head)), *groups, class_="card")
    return E("div", table, class_="scroll", tabindex="0", role="region", aria_label="compliance card")


def _group(report: Report, axiom: str, allow: Sequence[str]) -> Element:
    width = 1 + len(report.operators) + len(report.failures)
    rows = [E("tr", E("th", axiom, colspan=str(width), scope="colgroup", class_="axiom"))]
    for name in axioms.NAMES[axiom]:
        cells = [_cell(report, one, axiom, name, allow) for one in report.operators]
        required = name in report.profile.requires.get(axiom, ())
        cells += [_missing("not loaded", required) for _ in report.failures]
        rows.append(E("tr", E("th", name, scope="row"), *cells))
    return E("tbody", *rows)


def _missing(word: str, required: bool) -> Element:
    return E("td", E("b", word), E("small", "required") if required else None, class_="bad" if required else "none")


def _cell(report: Report, one: OperatorModel, axiom: str, name: str, allow: Sequence[str]) -> Element:
    required = name in one.requires.get(axiom, ())
    reading = next((r for r in one.readings if (r.axiom, r.reading) == (axiom, name)), None)
    if reading is None:
        return _missing("not checked", required)
    word, note = _told(reading)
    written = known(report, one, reading)
    found = outcome(report, one, reading, allow)
    notes = [note, "required" if required else "", f"{written.state}" if written else ""]
    notes += ["allowed"] if found == "allowed" and required else []
    small = E("small", " · ".join(part for part in notes if part))
    kind = "bad" if one.defect else CLASSES[reading.verdict]
    quiet = "" if required or kind == "good" else " aside"
    return E("td", E("b", word), small, class_=kind + quiet)


def _told(reading: ReadingModel) -> tuple[str, str]:
    word, _, note = phrases.verdict(reading).partition(" · ")
    if reading.verdict == "proved":
        note = reading.scope or ""
    elif reading.verdict == "refuted" and reading.cases:
        note = " · ".join(part for part in (note, f"{reading.cases:,} cases") if part)
    return word, note
