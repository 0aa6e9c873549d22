"""Operators × readings at one glance as a table: a glyph a cell, a word for whoever does not see it, a link to its account.

The page sorts and filters it (`page.js`); without scripts it is a table. It decides no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from axiomkd.core.report import Report
from axiomkd.report.html.tree import E, Element
from axiomkd.report.matrix import GLYPHS, Cell, Column, Line, matrix

KINDS = {"proved": "good", "holds": "good", "refuted": "bad", "fragile": "open", "inconclusive": "open", "error": "bad"}
RANK = ("error", "refuted", "fragile", "inconclusive", "holds", "proved")  # worst first, for sorting
STATUS = ("error", "invalid", "undecided", "valid")
LEGEND = (
    " · ".join(f"{glyph} {verdict}" for verdict, glyph in GLYPHS.items())
    + " · * required of all; without a shade: not required"
)

Link = Callable[[int, str], str]
"""link(n, reading): where the account of a reading of the n-th operator is."""


def table(report: Report, link: Link | None = None, names: Callable[[int], str] | None = None) -> Element:
    """The matrix. With `link`, each cell leads to its account; with `names`, each operator's name to its section."""
    found = matrix(report)
    groups = [(axiom, len(list(some))) for axiom, some in groupby(found.columns, key=lambda column: column.axiom)]
    heads = E("tr", *map(_head, found.columns))
    body = [_row(n, line, found.columns, link, names) for n, line in enumerate(found.lines)]
    return E("table", E("thead", _axes(groups), heads), E("tbody", *body), class_="overview")


def _axes(groups: Sequence[tuple[str, int]]) -> Element:
    return E(
        "tr",
        E("th", "operator", rowspan="2", scope="col"),
        E("th", "status", rowspan="2", scope="col"),
        *(E("th", axiom.replace("-", " "), colspan=str(size), scope="colgroup") for axiom, size in groups),
    )


def short(report: Report, places: Sequence[int], names: Callable[[int], str]) -> Element:
    """The matrix of these operators, in this order: cells are glyphs alone, of which the script knows the rank, so that a row takes
    a few hundred bytes."""
    found = matrix(report)
    groups = [(axiom, len(list(some))) for axiom, some in groupby(found.columns, key=lambda column: column.axiom)]
    body = [_short_row(n, found.lines[n], names) for n in places]
    return E(
        "table", E("thead", _axes(groups), E("tr", *map(_head, found.columns))), E("tbody", *body), class_="overview"
    )


def _short_row(n: int, line: Line, names: Callable[[int], str]) -> Element:
    kind = {"valid": "good", "undecided": "open"}.get(line.status, "bad")
    cells = [E("td", cell.glyph, class_=_kind(cell)) for cell in line.cells]
    return E("tr", E("th", E("a", line.name, href=names(n)), scope="row"), E("td", line.status, class_=kind), *cells)


def _head(column: Column) -> Element:
    star = "*" if column.required else ""
    return E("th", E("span", f"{column.reading}{star}"), scope="col", title=f"{column.axiom}/{column.reading}")


def _row(
    n: int, line: Line, columns: tuple[Column, ...], link: Link | None, names: Callable[[int], str] | None
) -> Element:
    name = line.name if names is None else E("a", line.name, href=names(n))
    cells = [_cell(n, cell, column, link) for cell, column in zip(line.cells, columns, strict=True)]
    kind = {"valid": "good", "undecided": "open"}.get(line.status, "bad")
    status = E("td", line.status, class_=kind, data_sort=str(STATUS.index(line.status)))
    said = " ".join([line.name, line.status, *(cell.verdict or "" for cell in line.cells if cell.required)])
    return E("tr", E("th", name, scope="row"), status, *cells, data_said=said.lower())


def _cell(n: int, cell: Cell, column: Column, link: Link | None) -> Element:
    word = cell.verdict or "not checked"
    label = f"{column.reading}: {word}{', required' if cell.required else ''}"
    shown = E("span", cell.glyph, aria_label=label, role="img", title=label)
    if link is not None and cell.verdict is not None:
        shown = E("a", cell.glyph, href=link(n, column.reading), aria_label=label, title=label)
    rank = str(RANK.index(cell.verdict)) if cell.verdict else "9"
    return E("td", shown, class_=_kind(cell), data_sort=rank)


def _kind(cell: Cell) -> str:
    kind = "none" if cell.verdict is None else KINDS[cell.verdict]
    return kind if cell.required or kind == "none" else f"{kind} aside"
