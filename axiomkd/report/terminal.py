"""The report on a terminal: a card for each operator, the witnesses as tables, a line with the counts.

The only file of the report that knows rich. It decides widths and colours; the words and the rows come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.report import matrix, phrases, plain, precision
from axiomkd.report.bars import Pen, approximately, short, value
from axiomkd.report.counts import VERDICTS, Count, counts, ranked, statuses
from axiomkd.report.known import sentence, term
from axiomkd.report.panel import Others, Panel, Row, columns, few, panel

STYLES = {
    "proved": "green",
    "holds": "green",
    "refuted": "bold red",
    "fragile": "yellow",
    "inconclusive": "yellow",
    "error": "bold magenta",
    "valid": "bold green",
    "invalid": "bold red",
    "undecided": "bold yellow",
}
HOW = {"exact": "in exact arithmetic", "ball": "in ball arithmetic", "float64": "in float64"}
CLASSES, TEACHERS = 8, 10  # columns and rows of a witness that are shown at most
BAR, LEAST_BAR = 10, 3
SHOWN = 40  # of many operators, and of targets that could not be loaded
WIDE = 90  # columns from which on verdicts are words in a table of counts
NARROW = 64  # below this many columns the axioms stand on lines of their own


def render(report: Report, *, verbose: bool, quiet: bool, console: Console) -> None:
    """Print the report, a matrix where it has many operators. `quiet`: one line an operator. `verbose`: the witnesses of readings
    that nothing requires too, and of each reading its proof or why it has none; so does a report of proofs only."""
    pen = pen_of(console)
    if quiet:
        _lines(report, pen, console)
        return
    if len(report.operators) > matrix.MANY and not verbose:
        for part in _many(report, pen):
            _show(console, part)
    elif len(report.operators) > matrix.ENOUGH and not verbose:
        _show(console, _whole(matrix.text(report, unicode=pen.unicode)))
        _show(console, _line(pen, ("one operator as TARGET, or --verbose, shows each account", "dim")))
        _show(console, "")
    else:
        for operator in report.operators:
            for part in _card(report, operator, pen, verbose):
                _show(console, part)
    shown = report.failures if verbose else report.failures[:SHOWN]
    for failure in shown:
        _show(console, _line(pen, ("not loaded  ", "bold red"), (failure.target, "bold")))
        _show(console, _indented(_line(pen, (failure.message, ""))))
        _show(console, "")
    if more := len(report.failures) - len(shown):
        _show(console, _line(pen, (f"… {more} more not loaded; --verbose shows each", "dim")))
    for part in _known(report, pen):
        _show(console, part)
    _show(console, _line(pen, (phrases.summary(report), "bold")))
    if told := phrases.renamed(report):
        _show(console, _line(pen, (told, "dim")))
    if report.operators:
        _show(console, _line(pen, (phrases.searched(report), "dim")))


def _many(report: Report, pen: Pen) -> Iterator[RenderableType]:
    """What came of each reading over all operators, and the operators that ask for attention, so many as can be read."""
    yield _counts(counts(matrix.matrix(report)), pen)
    yield ""
    places = ranked(report.operators)
    yield _whole(matrix.text(report, unicode=pen.unicode, places=places[:SHOWN]))
    if rest := places[SHOWN:]:
        yield _line(pen, (f"… {len(rest):,} more: {statuses(report, rest)}", ""))
    yield _line(
        pen, ("--quiet has a line for each, --html FILE a table to sort and filter, --verbose all accounts", "dim")
    )
    yield ""


def _counts(found: Sequence[Count], pen: Pen) -> Table:
    """A row a reading: how many operators came out how, and how many of those that require it do not meet it."""
    seen = [verdict for verdict in VERDICTS if any(verdict in one.verdicts for one in found)]
    wide = pen.width >= WIDE
    glyphs = matrix.GLYPHS if pen.unicode else matrix.PLAIN
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="fold")
    heads = ["reading", *(["axiom"] if wide else []), *(v if wide else glyphs[v] for v in seen), "unmet of required"]
    for name in heads[1:]:
        table.add_column(no_wrap=True, justify="left" if name == "axiom" else "right")
    table.add_row(*(_line(pen, (name, "dim")) for name in heads))
    for one in found:
        cells = [_line(pen, (one.axiom, "dim"))] if wide else []
        cells += [_line(pen, (f"{one.verdicts.get(v, 0) or ''}", STYLES[v])) for v in seen]
        unmet = f"{one.unmet:,} of {one.required:,}" if one.required else ""
        table.add_row(_line(pen, (one.reading, "")), *cells, _line(pen, (unmet, "bold red" if one.unmet else "dim")))
    return table


def _known(report: Report, pen: Pen) -> Iterator[RenderableType]:
    """What the project has written down: each violation with its reason and its last day."""
    if not report.known:
        return
    yield _line(pen, ("violations written down", "bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in report.known:
        style = {"known": "yellow", "expired": "bold red", "fixed": "green"}[one.state]
        told = [(f"{one.target}  {one.axiom}/{one.reading}", "bold"), (f"\n{sentence(one).partition(': ')[2]}", "")]
        when = f"\n{term(one)}" if term(one) else ""
        table.add_row(_line(pen, (one.state, style)), _line(pen, *told, (when, "dim")))
    yield _indented(table)
    yield ""


def _show(console: Console, part: RenderableType) -> None:
    # What is to be pasted keeps its lines whole, however long.
    whole = isinstance(part, Text) and part.overflow == "ignore"
    console.print(part, markup=False, highlight=False, emoji=False, soft_wrap=whole)


def pen_of(console: Console) -> Pen:
    """What this console can show."""
    return Pen(console.width, _can_show_bars(console))


def _can_show_bars(console: Console) -> bool:
    try:
        "█▏·≈→≥".encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _lines(report: Report, pen: Pen, console: Console) -> None:
    for operator in report.operators:
        told = phrases.status(report, operator)
        line = _line(pen, (operator.target or operator.name, "bold"), ("  ", ""), (told, STYLES[operator.status]))
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    for one in report.known:
        told = (f"{one.axiom}/{one.reading} {sentence(one)}", "")
        console.print(_line(pen, (one.target, "bold"), ("  ", ""), told), soft_wrap=True, markup=False, highlight=False)
    for failure in report.failures:
        line = _line(
            pen, (failure.target, "bold"), ("  ", ""), (f"not loaded: {failure.message.splitlines()[0]}", "bold red")
        )
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _whole(text: str) -> Text:
    """What keeps its lines, however narrow the terminal."""
    return Text(text, overflow="ignore", no_wrap=True)


def _line(pen: Pen, *parts: tuple[str, str]) -> Text:
    return Text.assemble(*((pen.text(text), style) for text, style in parts))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


# --- the card --------------------------------------------------------------------------------------------------------


def _card(report: Report, operator: OperatorModel, pen: Pen, verbose: bool) -> Iterator[RenderableType]:
    yield _header(operator, pen)
    yield _line(pen, (phrases.status(report, operator), STYLES[operator.status]))
    yield from (_line(pen, ("did you mean  ", "bold"), (told, "")) for told in operator.repairs)
    if operator.status == "error" and not operator.defect and not verbose:
        yield from (_line(pen, (line, "dim")) for line in plain.brief(operator))
        yield _line(pen, ("`--verbose` shows all of the traceback, and the lines that repeat the call", "dim"))
        yield ""
        return
    for note in phrases.notes(operator, verbose=verbose):
        yield _line(pen, (f"note: {note}", "yellow" if note.endswith(phrases.HINT) else "dim"))
    if "\n" in operator.message:
        yield ""
        yield _indented(_line(pen, (operator.message.split("\n", 1)[1], "")))
    yield ""
    yield _readings(operator, pen)
    if any(r.required for r in operator.readings):
        yield _line(pen, ("* ", "bold"), (_why_required(report, operator), "dim"))
    searched = report.settings.search
    for reading in _told(operator, verbose) if searched or operator.status == "error" else ():
        yield ""
        yield from _account(reading, pen, operator)
    if verbose or not searched:
        yield from _arguments(operator, pen)
    yield from _precision(operator, pen, verbose)
    if not operator.defect:
        yield ""
        yield _footer(operator, pen)
    yield ""


def _precision(operator: OperatorModel, pen: Pen, verbose: bool) -> Iterator[RenderableType]:
    """The audit in each dtype, where there is one."""
    if operator.precision is None:
        return
    yield ""
    yield _line(pen, ("in floating point", "bold"))
    for line in list(precision.lines(operator.precision, verbose=verbose))[1:]:
        yield _whole(line)


def _why_required(report: Report, operator: OperatorModel) -> str:
    return "asked for" if report.settings.readings else f"required by {phrases.asked(report, operator)}"


def _header(operator: OperatorModel, pen: Pen) -> Text:
    name, place = operator.name, f"{operator.file}:{operator.line}" if operator.file else operator.target
    rule = "─" if pen.unicode else "-"
    rest = max(pen.width - len(name) - len(place) - 6, 0)
    return _line(pen, (f"{rule * 2} ", "dim"), (name, "bold"), (f"  {place} ", "dim"), (rule * rest, "dim"))


def _readings(operator: OperatorModel, pen: Pen) -> Table:
    """Axioms with their readings, an asterisk at those required."""
    wide = pen.width >= NARROW
    table = Table.grid(padding=(0, 2, 0, 0))
    for column in ("axiom", "reading", "verdict") if wide else ("reading", "verdict"):
        table.add_column(no_wrap=column != "verdict", overflow="fold")
    last = ""
    for reading in operator.readings:
        first, last = reading.axiom != last, reading.axiom
        cells = [
            _line(pen, ("* " if reading.required else "  ", "bold"), (reading.reading, "")),
            _verdict(reading, pen),
        ]
        if wide:
            cells.insert(0, _line(pen, (reading.axiom if first else "", "bold")))
        elif first:
            table.add_row(_line(pen, (reading.axiom, "bold")))
        table.add_row(*cells)
    return table


def _verdict(reading: ReadingModel, pen: Pen) -> Text:
    word, separator, rest = phrases.verdict(reading).partition(" · ")
    loud = reading.required or reading.verdict in ("proved", "holds")
    return _line(pen, (word, STYLES[reading.verdict] if loud else "dim"), (separator + rest, "dim"))


def _arguments(operator: OperatorModel, pen: Pen) -> Iterator[RenderableType]:
    """What each proof is, and why there is none of the other readings."""
    for title, verdict_style, rows in (
        ("proofs", "proved", [(r, phrases.proof(r)) for r in operator.readings if r.verdict == "proved"]),
        ("not proved", "inconclusive", [(r, phrases.unproved(r)) for r in operator.readings if r.unproved]),
    ):
        if not rows:
            continue
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for reading, told in rows:
            table.add_row(_line(pen, (reading.reading, "")), _line(pen, (told, "dim")))
        yield ""
        yield _line(pen, (title, STYLES[verdict_style]))
        yield _indented(table)


def _footer(operator: OperatorModel, pen: Pen) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, told in (("profiles", phrases.profiles(operator)), ("strongest", phrases.strongest(operator))):
        table.add_row(_line(pen, (name, "bold")), _line(pen, (told, "")))
    return table


# --- accounts of what failed -----------------------------------------------------------------------------------------


def _told(operator: OperatorModel, verbose: bool) -> list[ReadingModel]:
    """The readings that need more than their row. What ended every reading alike is told once."""
    if operator.defect:
        return [r for r in operator.readings if r.witness is not None and r.verdict == "error"]
    chosen = [
        r for r in operator.readings if r.verdict not in ("proved", "holds") and (r.required or verbose) and not r.moot
    ]
    out: list[ReadingModel] = []
    errors: set[str] = set()
    for reading in chosen:
        if reading.verdict == "error" and reading.message in errors:
            continue
        errors |= {reading.message} if reading.verdict == "error" else set()
        out.append(reading)
    return out


def _account(reading: ReadingModel, pen: Pen, operator: OperatorModel) -> Iterator[RenderableType]:
    """What the reading claims, what was found in plain words, the witness, and how to see it happen."""
    yield _title(reading, pen, operator)
    for part in _words(reading, pen, operator.message):
        yield _indented(part)
    witnesses = [
        (name, one) for name, one in (("simplest", reading.witness), ("largest", reading.largest)) if one is not None
    ]
    for name, witness in witnesses:
        yield ""
        if len(witnesses) > 1:
            yield _indented(_line(pen, (_which(name, witness, reading), "bold")))
        yield from map(_indented, _witness(reading, witness, pen))
    if reading.reproducer:
        yield ""
        # Without a margin and without breaks, so that it can be pasted: a here-document must end at the first column.
        yield Text(pen.text(reading.reproducer), style="dim", overflow="ignore")


def _title(reading: ReadingModel, pen: Pen, operator: OperatorModel) -> Text:
    if operator.defect:
        return _line(pen, (f"the counterexample to {reading.reading}", "bold"))
    if reading.verdict == "error" and reading.message in operator.message:
        return _line(pen, ("the call that went wrong", "bold"))
    how = f", {HOW[reading.witness.confirmed]}" if reading.verdict == "refuted" and reading.witness else ""
    name = f"{reading.axiom}/{reading.reading}"
    return _line(
        pen,
        (name, "bold"),
        (f"  {reading.verdict}", STYLES[reading.verdict]),
        (f"{phrases.by_how_much(reading)}{how}", ""),
    )


def _words(reading: ReadingModel, pen: Pen, told: str) -> Iterator[Text]:
    known = axioms.BY_NAME.get(reading.reading)
    if known is not None and reading.verdict != "error":
        yield _line(pen, (f"claim: {known.statement}", "dim"))
    if reading.message and reading.message not in told:
        yield _line(pen, (_sentence(reading.message), ""))
    if reading.extent is not None:
        yield _line(pen, (phrases.extent(reading), ""))


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!", ":")) else ".")


def _which(name: str, witness: WitnessModel, reading: ReadingModel) -> str:
    by = phrases.amount(reading, witness)
    return f"{name}  {by}" if by else name


def _witness(reading: ReadingModel, witness: WitnessModel, pen: Pen) -> Iterator[RenderableType]:
    shown = panel(reading, witness)
    yield _table(shown, witness, pen)
    for note in shown.notes:
        yield _line(pen, (note, "dim"))


# --- the table of a witness ------------------------------------------------------------------------------------------


def _table(shown: Panel, witness: WitnessModel, pen: Pen) -> Table:
    rows = few(shown.rows, shown.teacher, TEACHERS)
    if pen.width < NARROW:
        rows = [replace(row, label=row.label.removeprefix("aggregate, ")) for row in rows]
    room = pen.width - 2 - _left(rows, shown)
    classes, width = _columns(rows, witness.C, shown.classes, room)
    bar = min(BAR, room // max(len(classes), 1) - width - 3)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for _ in shown.weights:
        table.add_column(no_wrap=True, justify="right")
    for _ in classes:
        table.add_column(no_wrap=True)
    table.add_row(
        "", *(_line(pen, (name, "dim")) for name in shown.weights), *(_heading(i, shown, pen) for i in classes)
    )
    for row in rows:
        table.add_row(*_cells(row, shown, classes, width, bar if bar >= LEAST_BAR else 0, pen))
    return table


def _left(rows: Sequence[Row], shown: Panel) -> int:
    """The width of everything left of the classes."""
    label = max(len(row.label) for row in rows)
    weights = [[short(row.weights[n]) for row in rows if n < len(row.weights)] for n in range(len(shown.weights))]
    return (
        label + 2 + sum(max(map(len, [name, *column])) + 2 for name, column in zip(shown.weights, weights, strict=True))
    )


def _columns(rows: Sequence[Row], C: int, wanted: Sequence[int], room: int) -> tuple[list[int | Others], int]:
    """The classes shown, what stands for those left out, and the width of a number."""
    width = max([len("class 0"), *(len(short(x)) for row in rows for x in row.numbers[: CLASSES + 1])])
    if C <= CLASSES and C * (width + 2) - 2 <= room:
        return list(range(C)), width
    rest = len(Others(C, 0).heading)
    some = columns(rows, C, wanted, min(CLASSES, (room - rest) // (width + 2) + 1))
    if isinstance(some[-1], Others) and some[-1].like is not None:
        return some, width
    return columns(rows, C, wanted, min(CLASSES, (room - 3) // (width + 2))), width


def _heading(i: int | Others, shown: Panel, pen: Pen) -> Text:
    return _line(pen, (i.heading, "dim") if isinstance(i, Others) else _named(i, shown))


def _named(i: int, shown: Panel) -> tuple[str, str]:
    return f"class {i}", "bold" if i in shown.classes else "dim"


def _cells(row: Row, shown: Panel, classes: Sequence[int | Others], width: int, bar: int, pen: Pen) -> list[Text]:
    loud = "bold" if row.kind == "aggregate" else "dim" if row.kind == "heading" else ""
    weights = [*map(short, row.weights), *[""] * (len(shown.weights) - len(row.weights))]
    cells = [_line(pen, (row.label, loud)), *(_line(pen, (w, "")) for w in weights)]
    for i in classes:
        if not row.numbers:
            cells.append(Text())
        elif isinstance(i, Others):
            cells.append(_line(pen, ("…" if i.like is None else short(row.numbers[i.like]), "dim")))
        else:
            cells.append(_number(row, row.numbers[i], width, bar, pen, loud if i in shown.classes else ""))
    return cells


def _number(row: Row, text: str, width: int, bar: int, pen: Pen, style: str) -> Text:
    share = approximately(value(text)) if row.kind in ("teacher", "aggregate") else 0.0
    drawn = pen.bar(share, bar) if bar else ""
    shown = pen.text(short(text))
    return Text.assemble(
        (f"{shown:<{width}} " if drawn else shown, style), (drawn, "cyan" if row.kind == "teacher" else "blue")
    )
