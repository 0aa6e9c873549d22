"""One operator in full: its status, pictures, what is violated with its witness, what is proved with its proof.

Every reading has a place of its own, by the id that the tables above link to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from axiomkd import axioms
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.audit import KINDS
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.core.softener import DEFAULT, SOFTENERS
from axiomkd.report import phrases, plain, precision
from axiomkd.report.bars import approximately, short, value
from axiomkd.report.html import pictures
from axiomkd.report.html.compliance import CLASSES, anchor
from axiomkd.report.html.ternary import Numbers, Spot
from axiomkd.report.html.tree import E, Element
from axiomkd.report.known import sentence
from axiomkd.report.outcomes import cases, known
from axiomkd.report.panel import panel
from axiomkd.report.witness.value import made

HOW = {"exact": "in exact arithmetic", "ball": "in ball arithmetic", "float64": "in float64"}
FEW = 3  # operators whose accounts lie open; of more, each is folded, and the overview leads to it
Row = tuple[str, ...]


def account(report: Report, n: int, allow: Sequence[str], *, held: bool = True, drawn: bool = True) -> Element:
    """The section of the n-th operator; `held`: with the picture that one can move, `drawn`: with all others."""
    one = report.operators[n]
    place = f"{one.file}:{one.line}" if one.file else one.target
    head = [E("h2", one.name, E("small", place)), E("p", E("b", phrases.status(report, one)), class_=_tone(one))]
    body = [E("p", f"note: {note}", class_="open note") for note in phrases.notes(one)]
    if "\n" in one.message:
        body.append(E("pre", one.message))
    if not one.defect:
        facts = [("profiles", phrases.profiles(one)), ("strongest readings", phrases.strongest(one))]
        body.append(E("dl", *(part for name, told in facts for part in (E("dt", name), E("dd", told)))))
    whole = [
        *body,
        *(_held(report, n) if held else ()),
        *(_pictures(one) if drawn else ()),
        *_violations(report, n, allow, drawn),
        *_proofs(one, n),
        *_precision(one),
        *_printed(one),
    ]
    if len(report.operators) <= FEW:
        return E("section", *head, *whole, id=anchor(n))
    return E("section", E("details", E("summary", *head), *whole, class_="operator"), id=anchor(n))


def _tone(one: OperatorModel) -> str:
    return {"valid": "good", "undecided": "open"}.get(one.status, "bad") + " status"


# --- pictures --------------------------------------------------------------------------------------------------------


def _pictures(one: OperatorModel) -> Iterator[Element]:
    found = one.pictures
    if found is None:
        return
    drawn: list[Element | None] = []
    for scene in found.scenes:
        spots = [Spot(f"teacher {k}", row, w) for k, (row, w) in enumerate(zip(scene.P, scene.w, strict=True))]
        drawn.append(pictures.point("Teachers and aggregate at a telling point", [*spots, _aggregate(scene.q)]))
    for path in found.paths:
        drawn += pictures.weight(path) if path.parameter == "weight" else [pictures.temperature(path)]
    drawn.append(pictures.traces([trace for trace in found.traces if _worth(one, trace.reading)]))
    yield E("h3", "Pictures")
    yield E("div", *drawn, class_="pictures")


def _held(report: Report, n: int) -> Iterator[Element]:
    """The picture that the page's script makes of an operator, for a hand to move; paper and pages without scripts have others."""
    found = report.operators[n].pictures
    if found is None or not found.holds:
        return
    data = {"softener": report.settings.softener, "holds": [one.model_dump() for one in found.holds]}
    told = "Drag a teacher, or tab to it and press an arrow key (with Shift ten times as far); slide weights and temperature."
    yield E(
        "div",
        E("h3", "Try it"),
        E("p", told, class_="key"),
        class_="hold",
        id=f"{anchor(n)}-hold",
        data_hold=json.dumps(data, separators=(",", ":")),
        hidden="",
    )


def _aggregate(q: Numbers) -> Spot:
    return Spot("aggregate", q)


def _worth(one: OperatorModel, name: str) -> bool:
    """Of what is searched, the readings that are required come into the picture."""
    return any(r.reading == name and r.required for r in one.readings)


def witness(reading: ReadingModel, found: WitnessModel, softener: str = DEFAULT) -> Element:
    """The point of a witness: its teachers, softened too where the claim compares temperatures, and each aggregate."""
    spots: list[Spot] = []
    for row in panel(reading, found).rows:
        numbers = [approximately(value(x)) for x in row.numbers]
        if row.kind == "teacher":
            spots.append(Spot(row.label, numbers, approximately(value(row.weights[0])) if row.weights else 0.0))
        elif row.kind == "aggregate":
            spots.append(Spot(row.label, numbers))
    zoom = _zoom(reading, found, spots) if found.C == 3 else None
    return pictures.point(f"The witness against {reading.reading}", [*spots, *_softened(found, softener)], zoom=zoom)


SMALL, SHOWN = 0.06, 0.12  # a violation of a probability that is hard to see on the triangle; what it is enlarged to


def _zoom(reading: ReadingModel, found: WitnessModel, spots: Sequence[Spot]) -> tuple[Numbers, float] | None:
    """Around which aggregate, and how many times, the picture is enlarged: where a violation of convexity is smaller than a dot."""
    last = next((one for one in reversed(spots) if one.weight is None and one.sums_to_one), None)
    if reading.axiom != "convexity" or found.margin is None or last is None:
        return None
    by = abs(approximately(value(found.margin)))
    return (last.numbers, SHOWN / by) if 1e-9 < by < SMALL else None


def _softened(found: WitnessModel, softener: str) -> list[Spot]:
    """The teachers' rows at the temperatures compared, other than 1."""
    temperatures = [approximately(value(T)) for T in found.T or []]
    P = np.array([[approximately(value(x)) for x in row] for row in found.P])
    spots: list[Spot] = []
    for text, T in zip(found.T or [], temperatures, strict=True):
        if T == 1 or not np.isfinite(T) or not np.isfinite(P).all() or T <= 0:
            continue
        with np.errstate(all="ignore"):
            rows = SOFTENERS[softener].rows(NUMPY, P, np.full((1, 1), T))
        spots += [Spot(f"teacher {k}, T = {short(text)}", row.tolist(), 0.0, soft=True) for k, row in enumerate(rows)]
    return spots


# --- what is violated ------------------------------------------------------------------------------------------------


def _violations(report: Report, n: int, allow: Sequence[str], drawn: bool) -> Iterator[Element]:
    one = report.operators[n]
    required = {case.id for case in cases(report, one, allow)}
    wrong = [r for r in one.readings if r.counts not in ("proved", "holds")]
    if one.status == "error" and not one.defect:
        ended = [r for r in wrong if r.verdict == "error"]
        yield E("h3", "The call that went wrong", *(E("span", id=anchor(n, r.reading)) for r in ended))
        yield E("pre", plain.trouble(one, whole=False))
        wrong = [r for r in wrong if r.verdict != "error"]
    first = [r for r in wrong if f"{r.axiom}/{r.reading}" in required]
    if first:
        yield E("h3", "Required, and not met")
    for reading in first:
        yield _violation(report, one, reading, anchor(n, reading.reading), drawn)
    others = [r for r in wrong if r not in first]
    if others:
        rows = [(r, (phrases.verdict(r), r.message)) for r in others]
        yield E("h3", "Not required, and not met")
        yield _table(("reading", "verdict", "what was found"), rows, n)


def _violation(report: Report, one: OperatorModel, reading: ReadingModel, place: str, drawn: bool) -> Element:
    statement = axioms.BY_NAME[reading.reading]
    how = f", {HOW[reading.witness.confirmed]}" if reading.witness and reading.verdict == "refuted" else ""
    written = known(report, one, reading)
    parts: list[Element | str | None] = [
        E(
            "h4",
            f"{reading.axiom}/{reading.reading} ",
            E("span", reading.verdict, class_=CLASSES[reading.verdict]),
            E("small", f"{phrases.by_how_much(reading)}{how}"),
        ),
        E("p", statement.statement, E("br"), E("code", statement.formula)),
        E("p", reading.message) if reading.message else None,
        E("p", phrases.extent(reading)) if reading.extent is not None else None,
        E("p", sentence(written), class_="open note") if written else None,
    ]
    for name, found in (("simplest", reading.witness), ("largest", reading.largest)):
        if found is not None:
            parts.append(E("h5", name) if reading.largest is not None else None)
            table = plain.table(reading.model_copy(update={"witness": found}), whole=False)
            picture = witness(reading, found) if drawn else None
            parts += [E("div", picture, E("pre", "\n".join(table)), class_="witness")]
    if reading.reproducer:
        parts.append(E("details", E("summary", "to see it again"), E("pre", reading.reproducer)))
    if reading.witness is not None and reading.verdict == "refuted":
        parts.append(_to_paste(report, one, reading, reading.witness))
    return E("article", *parts, id=place)


def _to_paste(report: Report, one: OperatorModel, reading: ReadingModel, found: WitnessModel) -> Element:
    """The witness for a paper and for a thread; the page's script adds a button that copies to each."""
    shown = made(
        one.target, reading.id, found, verdict="refuted", message=reading.message, softener=report.settings.softener
    )
    texts = (("LaTeX", shown.to_latex()), ("Markdown", shown.to_markdown()), ("Python", shown.to_python()))
    parts = [part for name, text in texts for part in (E("h5", name), E("pre", text, class_="paste", data_copy=name))]
    return E("details", E("summary", "to paste: LaTeX, Markdown, Python"), *parts)


# --- what holds ------------------------------------------------------------------------------------------------------


def _proofs(one: OperatorModel, n: int) -> Iterator[Element]:
    proved = [r for r in one.readings if r.verdict == "proved"]
    if proved:
        yield E("h3", "Proved")
        rows = [(r, (f"{r.scope} · {phrases.argument(r)}", phrases.proof(r))) for r in proved]
        yield _table(("reading", "scope and method", "proof"), rows, n)
    held = [r for r in one.readings if r.verdict == "holds"]
    if held:
        yield E("h3", "Searched, and not refuted")
        told = [(r, (phrases.verdict(r), phrases.unproved(r) or r.message)) for r in held]
        yield _table(("reading", "what was spent", "why there is no proof"), told, n)


def _table(head: Row, rows: Sequence[tuple[ReadingModel, Row]], n: int) -> Element:
    """A row a reading. On a narrow screen each cell is a line of its own, with its heading before it."""
    body = [_row(head, reading, cells, n) for reading, cells in rows]
    names = E("tr", *(E("th", name, scope="col") for name in head))
    return E("div", E("table", E("thead", names), E("tbody", *body), class_="facts"), class_="scroll", tabindex="0")


def _row(head: Row, reading: ReadingModel, cells: Row, n: int) -> Element:
    # What is proved in part has its place among what is not met.
    place = (
        None if reading.partly and reading.verdict == "proved" and head[1] != "verdict" else anchor(n, reading.reading)
    )
    said = [E("td", cell, data_name=name) for name, cell in zip(head[1:], cells, strict=True)]
    return E("tr", E("th", reading.id, scope="row"), *said, id=place)


def _precision(one: OperatorModel) -> Iterator[Element]:
    """A line a dtype, and a line for what is lost in it."""
    if one.precision is None:
        return
    yield E("h3", "In floating point")
    if one.precision.problem:
        yield E("p", one.precision.problem)
        return
    head = ("dtype", "what is lost", "at first", "stable form, run")
    rows: list[Element] = []
    for dtype in one.precision.dtypes:
        lost = [f"{KINDS[loss.kind]} at K = {loss.K}, C = {loss.C:,}: {loss.message}" for loss in dtype.losses]
        mended = [f"{KINDS[loss.kind]}: {loss.advice.name}" for loss in dtype.losses if loss.advice is not None]
        cells = (precision.state(dtype), *("; ".join(part) or "–" for part in (lost, mended)))
        said = [E("td", cell, data_name=name) for name, cell in zip(head[1:], cells, strict=True)]
        rows.append(E("tr", E("th", dtype.dtype, scope="row"), *said))
    names = E("tr", *(E("th", name, scope="col") for name in head))
    yield E("div", E("table", E("thead", names), E("tbody", *rows), class_="facts"), class_="scroll", tabindex="0")


def _printed(one: OperatorModel) -> Iterator[Element]:
    if one.output:
        yield E("details", E("summary", "what it printed"), E("pre", one.output))
