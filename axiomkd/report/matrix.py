"""Operators × readings at one glance: the table as a value, and as text. Pages, notebooks and terminals share the value.

It knows no colour and no markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_letters
from textwrap import wrap

from axiomkd.core.report import OperatorModel, Report
from axiomkd.report.bars import Pen

GLYPHS = {"proved": "●", "holds": "○", "refuted": "×", "fragile": "~", "inconclusive": "?", "error": "!"}
PLAIN = {**GLYPHS, "proved": "#", "holds": "o", "refuted": "x"}
NONE = "·"  # not asked
STATUS = {"valid": "meets", "invalid": "fails", "undecided": "open", "error": "error"}
STATUS_WIDTH = max(map(len, STATUS.values()))
WIDTH = 80
LONGEST = 28  # characters of an operator's name
ENOUGH = 5  # operators up to which each has a card of its own on a terminal
MANY = 60  # operators beyond which not each has a line on a terminal, and not each lies open on a page


@dataclass(frozen=True)
class Column:
    """A reading; `required` of every operator of the report."""

    axiom: str
    reading: str
    required: bool


@dataclass(frozen=True)
class Cell:
    """What an operator's reading counts as: None where it was not asked; `required` of this operator."""

    verdict: str | None
    required: bool

    @property
    def glyph(self) -> str:
        return NONE if self.verdict is None else GLYPHS[self.verdict]


@dataclass(frozen=True)
class Line:
    """One operator: its cells are in the order of the columns."""

    name: str
    target: str
    status: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Matrix:
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def matrix(report: Report) -> Matrix:
    """The table of a report: a column for each reading that any operator was asked for, in the order of the axioms."""
    places = dict.fromkeys((r.axiom, r.reading) for one in report.operators for r in one.readings)
    lines = tuple(_line(one, list(places)) for one in report.operators)
    every = [all(line.cells[n].required for line in lines) for n in range(len(places))]
    return Matrix(tuple(Column(*place, required) for place, required in zip(places, every, strict=True)), lines)


def _line(one: OperatorModel, places: list[tuple[str, str]]) -> Line:
    rows = {(r.axiom, r.reading): r for r in one.readings}
    cells = tuple(
        Cell(rows[place].counts, rows[place].required) if place in rows else Cell(None, False) for place in places
    )
    return Line(one.name, one.target, one.status, cells)


def text(report: Report, *, unicode: bool = True, places: Sequence[int] | None = None) -> str:
    """The table as text, at most 80 columns wide, with its legend. `places`: the operators that have a line, in this order."""
    pen, table = Pen(WIDTH, unicode), matrix(report)
    if places is not None:
        table = Matrix(table.columns, tuple(table.lines[n] for n in places))
    return "\n".join(map(pen.text, _lines(table, GLYPHS if unicode else PLAIN))) + "\n"


def _lines(table: Matrix, glyphs: dict[str, str]) -> Iterator[str]:
    groups = [list(group) for _, group in groupby(range(len(table.columns)), key=lambda n: table.columns[n].axiom)]
    width = min(max((len(line.name) for line in table.lines), default=0), LONGEST)
    for block in _blocks(groups, WIDTH - width - 2 - STATUS_WIDTH):
        yield from _block(table, glyphs, block, width)
        yield ""
    for group in groups:
        named = ", ".join(f"{ascii_letters[n]} {_starred(table.columns[n])}" for n in group)
        yield from wrap(f"{table.columns[group[0]].axiom}: {named}", WIDTH, subsequent_indent="  ")
    meanings = ", ".join(f"{glyph} {verdict}" for verdict, glyph in glyphs.items())
    yield from wrap(f"{meanings}; * required of all", WIDTH, subsequent_indent="  ")


def _blocks(groups: list[list[int]], room: int) -> list[list[list[int]]]:
    """Axioms side by side, as many as there is room for."""
    blocks: list[list[list[int]]] = []
    for group in groups:
        if blocks and sum(2 * len(one) + 1 for one in (*blocks[-1], group)) <= room:
            blocks[-1].append(group)
        else:
            blocks.append([group])
    return blocks


def _block(table: Matrix, glyphs: dict[str, str], groups: list[list[int]], width: int) -> Iterator[str]:
    def row(cells: Sequence[str]) -> str:
        return "  ".join(" ".join(cells[n] for n in group) for group in groups)

    yield f"{'':{width}}  {row(ascii_letters)}"
    for line in table.lines:
        cells = [NONE if one.verdict is None else glyphs[one.verdict] for one in line.cells]
        yield f"{_cut(line.name, width):{width}}  {row(cells)}  {STATUS[line.status]}"


def _starred(column: Column) -> str:
    return f"{column.reading}{'*' if column.required else ''}"


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"
