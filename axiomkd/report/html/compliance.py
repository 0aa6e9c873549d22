"""The compliance card: readings by operators, in each cell the verdict, its scope and what was spent on it.

A required reading that was not checked is red and says so: no cell is blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from axiomkd import axioms
from axiomkd.axioms.summary import asked_for
from axiomkd.core.report import Failure, OperatorModel, ReadingModel, Report
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
ABREAST = 6  # columns of verdicts on a sheet
Column = tuple[int, OperatorModel] | Failure


def anchor(n: int, reading: str | None = None) -> str:
    """Where the account of the n-th operator is, or of one of its readings."""
    return f"operator-{n}" if reading is None else f"operator-{n}-{reading}"


def card(report: Report, allow: Sequence[str]) -> Element:
    """Tables of a few operators each, as many as a sheet of paper has room for; they scroll where a screen has less."""
    columns: list[Column] = [*enumerate(report.operators), *report.failures]
    tables = [
        E("div", _table(report, some, allow), class_="scroll", tabindex="0") for some in _evenly(columns, ABREAST)
    ]
    return E("div", *tables, role="region", aria_label="compliance card")


def _evenly(columns: Sequence[Column], most: int) -> list[Sequence[Column]]:
    count = -(-len(columns) // most) or 1
    ends = [round(n * len(columns) / count) for n in range(count + 1)]
    return [columns[a:b] for a, b in pairwise(ends)]


def _table(report: Report, columns: Sequence[Column], allow: Sequence[str]) -> Element:
    head = [E("th", "reading", scope="col"), *map(_head, columns)]
    promised = any(r.axiom == axioms.GROUP for one in report.operators for r in one.readings)
    shown = axioms.GROUPS if promised else axioms.AXIOMS
    groups = [_group(report, columns, axiom.name, allow) for axiom in shown]
    return E("table", E("thead", E("tr", *head)), *groups, class_="card")


def _head(column: Column) -> Element:
    if isinstance(column, Failure):
        return E("th", column.target, E("small", "not loaded"), scope="col")
    n, one = column
    return E("th", E("a", one.name, href=f"#{anchor(n)}"), E("small", one.status), scope="col")


def _group(report: Report, columns: Sequence[Column], axiom: str, allow: Sequence[str]) -> Element:
    rows = [E("tr", E("th", axiom, colspan=str(1 + len(columns)), scope="colgroup", class_="axiom"))]
    for name in axioms.NAMES[axiom]:
        required = name in _asked(report).get(axiom, ())
        cells = [
            _missing("not loaded", required) if isinstance(one, Failure) else _cell(report, *one, axiom, name, allow)
            for one in columns
        ]
        rows.append(E("tr", E("th", name, scope="row"), *cells))
    return E("tbody", *rows)


def _asked(report: Report) -> Mapping[str, Sequence[str]]:
    return asked_for(report.settings.readings) if report.settings.readings else report.profile.requires


def _missing(word: str, required: bool) -> Element:
    return E("td", E("b", word), E("small", "required") if required else None, class_="bad" if required else "none")


def _cell(report: Report, n: int, one: OperatorModel, axiom: str, name: str, allow: Sequence[str]) -> Element:
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
    return E("td", E("b", E("a", word, href=f"#{anchor(n, name)}")), small, class_=kind + quiet)


def _told(reading: ReadingModel) -> tuple[str, str]:
    word, _, note = phrases.verdict(reading).partition(" · ")
    if reading.verdict == "proved":
        note = reading.scope or ""
    elif reading.verdict == "refuted" and reading.cases:
        note = " · ".join(part for part in (note, f"{reading.cases:,} cases") if part)
    return word, note
