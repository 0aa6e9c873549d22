"""One operator in full: its status, pictures, what is violated with its witness, what is proved with its proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.report import phrases, plain
from axiomkd.report.bars import approximately, value
from axiomkd.report.html import pictures
from axiomkd.report.html.compliance import CLASSES, anchor
from axiomkd.report.html.tree import E, Element
from axiomkd.report.known import sentence
from axiomkd.report.outcomes import cases, known
from axiomkd.report.panel import panel

HOW = {"exact": "in exact arithmetic", "ball": "in ball arithmetic", "float64": "in float64"}


def account(report: Report, n: int, allow: Sequence[str]) -> Element:
    """The section of the n-th operator."""
    one = report.operators[n]
    place = f"{one.file}:{one.line}" if one.file else one.target
    head = [
        E("h2", one.name, E("small", place)),
        E("p", E("b", phrases.status(report, one)), class_=_tone(one)),
    ]
    head += [E("p", f"note: {note}", class_="open note") for note in phrases.notes(one)]
    if "\n" in one.message:
        head.append(E("pre", one.message))
    if not one.defect:
        facts = [("profiles", phrases.profiles(one)), ("strongest readings", phrases.strongest(one))]
        head.append(E("dl", *(part for name, told in facts for part in (E("dt", name), E("dd", told)))))
    return E(
        "section", *head, *_pictures(one), *_violations(report, one, allow), *_proofs(one), *_printed(one), id=anchor(n)
    )


def _tone(one: OperatorModel) -> str:
    return {"valid": "good", "undecided": "open"}.get(one.status, "bad") + " status"


# --- pictures --------------------------------------------------------------------------------------------------------


def _pictures(one: OperatorModel) -> Iterator[Element]:
    found = one.pictures
    if found is None:
        return
    drawn: list[Element | None] = []
    for scene in found.scenes:
        spots = [pictures.Spot(f"teacher {k}", row, w) for k, (row, w) in enumerate(zip(scene.P, scene.w, strict=True))]
        drawn.append(pictures.point("Teachers and aggregate at a telling point", [*spots, _aggregate(scene.q)]))
    for path in found.paths:
        drawn += pictures.weight(path) if path.parameter == "weight" else [pictures.temperature(path)]
    drawn.append(pictures.traces([trace for trace in found.traces if _worth(one, trace.reading)]))
    yield E("h3", "Pictures")
    yield E("div", *drawn, class_="pictures")


def _aggregate(q: pictures.Numbers) -> pictures.Spot:
    return pictures.Spot("aggregate", q)


def _worth(one: OperatorModel, name: str) -> bool:
    """Of what is searched, the readings that are required come into the picture."""
    return any(r.reading == name and r.required for r in one.readings)


def witness(reading: ReadingModel, found: WitnessModel) -> Element:
    """The point of a witness: its teachers, and each aggregate that it compares."""
    spots: list[pictures.Spot] = []
    for row in panel(reading, found).rows:
        numbers = [approximately(value(x)) for x in row.numbers]
        if row.kind == "teacher":
            spots.append(
                pictures.Spot(row.label, numbers, approximately(value(row.weights[0])) if row.weights else 0.0)
            )
        elif row.kind == "aggregate":
            spots.append(pictures.Spot(row.label, numbers))
    return pictures.point(f"The witness against {reading.reading}", spots)


# --- what is violated ------------------------------------------------------------------------------------------------


def _violations(report: Report, one: OperatorModel, allow: Sequence[str]) -> Iterator[Element]:
    required = {case.id for case in cases(report, one, allow)}
    wrong = [r for r in one.readings if r.counts not in ("proved", "holds")]
    if one.status == "error" and not one.defect:
        yield E("h3", "The call that went wrong")
        yield E("pre", plain.trouble(one, whole=False))
        wrong = [r for r in wrong if r.verdict != "error"]
    first = [r for r in wrong if f"{r.axiom}/{r.reading}" in required]
    if first:
        yield E("h3", "Required, and not met")
    for reading in first:
        yield _violation(report, one, reading)
    others = [r for r in wrong if r not in first]
    if others:
        rows = [(f"{r.axiom}/{r.reading}", phrases.verdict(r), r.message) for r in others]
        yield E("h3", "Not required, and not met")
        yield _table(("reading", "verdict", "what was found"), rows)


def _violation(report: Report, one: OperatorModel, reading: ReadingModel) -> Element:
    statement = axioms.BY_NAME[reading.reading]
    unit = phrases.unit(reading)
    by = phrases.violation(reading)
    amount = f" {by} ({unit})" if by else ""
    how = f", {HOW[reading.witness.confirmed]}" if reading.witness and reading.verdict == "refuted" else ""
    written = known(report, one, reading)
    parts: list[Element | str | None] = [
        E(
            "h4",
            f"{reading.axiom}/{reading.reading} ",
            E("span", reading.verdict, class_=CLASSES[reading.verdict]),
            E("small", f"{amount}{how}"),
        ),
        E("p", statement.statement, E("br"), E("code", statement.formula)),
        E("p", reading.message) if reading.message else None,
        E("p", sentence(written), class_="open note") if written else None,
    ]
    for name, found in (("simplest", reading.witness), ("largest", reading.largest)):
        if found is not None:
            parts.append(E("h5", name) if reading.largest is not None else None)
            table = plain.table(reading.model_copy(update={"witness": found}), whole=False)
            parts += [E("div", witness(reading, found), E("pre", "\n".join(table)), class_="witness")]
    if reading.reproducer:
        parts.append(E("details", E("summary", "to see it again"), E("pre", reading.reproducer)))
    return E("article", *parts)


# --- what holds ------------------------------------------------------------------------------------------------------


def _proofs(one: OperatorModel) -> Iterator[Element]:
    proved = [r for r in one.readings if r.verdict == "proved"]
    if proved:
        yield E("h3", "Proved")
        rows = [(f"{r.axiom}/{r.reading}", f"{r.scope} · {phrases.argument(r)}", phrases.proof(r)) for r in proved]
        yield _table(("reading", "scope and method", "proof"), rows)
    held = [r for r in one.readings if r.verdict == "holds"]
    if held:
        yield E("h3", "Searched, and not refuted")
        told = [(f"{r.axiom}/{r.reading}", phrases.verdict(r), phrases.unproved(r) or r.message) for r in held]
        yield _table(("reading", "what was spent", "why there is no proof"), told)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Element:
    body = [E("tr", E("th", row[0], scope="row"), *(E("td", cell) for cell in row[1:])) for row in rows]
    names = E("tr", *(E("th", name, scope="col") for name in head))
    return E("div", E("table", E("thead", names), E("tbody", *body), class_="facts"), class_="scroll", tabindex="0")


def _printed(one: OperatorModel) -> Iterator[Element]:
    if one.output:
        yield E("details", E("summary", "what it printed"), E("pre", one.output))
