"""The page of many operators: what came of each reading, a row an operator, and accounts that are unpacked when they are opened.

A page of a thousand is to stay small: accounts are compressed, and have their pictures where there is room for them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree as XML

from axiomkd.core.report import Report
from axiomkd.report.counts import VERDICTS, counts, ranked, statuses
from axiomkd.report.html.account import account
from axiomkd.report.html.tree import E, Element
from axiomkd.report.matrix import matrix

ROWS = 4_000  # operators that have a row
ROOM = 3_600_000  # bytes for the accounts: with 4,000 rows of 300 bytes a page stays under 5 MB
BLOCK = 10  # accounts that are compressed together
PICTURED = 5_000  # bytes that an account with its pictures hardly ever falls below
KEPT = 400_000  # characters of an account; of a longer one the page keeps none

Overview = Callable[[Report, Sequence[int]], list[Element]]


def page_of(report: Report, allow: Sequence[str], overview: Overview) -> list[Element]:
    """What stands on the page between the summary and the footer."""
    places = ranked(report.operators)
    shown, rest = places[:ROWS], places[ROWS:]
    blocks = list(_blocks(report, shown, allow))
    kept = sum(len(at) for at, _ in blocks)
    parts = [E("h2", "What came of each reading"), _counts(report), E("h2", "At one glance"), *overview(report, shown)]
    if rest:
        parts.append(E("p", f"{len(rest):,} more: {statuses(report, rest)}. The JSON report has them.", class_="key"))
    told = "A name leads to its account, which is unpacked here when it is opened."
    if kept < len(places):
        told += f" {len(places) - kept:,} have none on this page, which they would make too large."
    told += " `axiomkd check TARGET --html FILE` makes a page of one operator, with all pictures."
    parts += [
        E("p", told, class_="key"),
        E("noscript", E("p", "Accounts are opened by a script, which is switched off.")),
    ]
    parts.append(E("div", id="opened", aria_live="polite"))
    parts += [
        E("script", packed, type="application/octet-stream", class_="packed", data_at=" ".join(map(str, at)))
        for at, packed in blocks
    ]
    return parts


def _counts(report: Report) -> Element:
    """A row a reading."""
    found = counts(matrix(report))
    head = E("tr", *(E("th", name, scope="col") for name in ("reading", *VERDICTS, "unmet, of those that require it")))
    body = [
        E(
            "tr",
            E("th", f"{one.axiom}/{one.reading}", scope="row"),
            *(E("td", f"{one.verdicts.get(v, 0) or ''}", data_name=v) for v in VERDICTS),
            E("td", f"{one.unmet:,} of {one.required:,}" if one.required else "", class_="bad" if one.unmet else None),
        )
        for one in found
    ]
    return E("div", E("table", E("thead", head), E("tbody", *body), class_="facts"), class_="scroll", tabindex="0")


def _blocks(report: Report, places: Sequence[int], allow: Sequence[str]) -> Iterator[tuple[Sequence[int], str]]:
    """The accounts, ten a block in base 64. Each block has its share of the room that is left: with pictures where that suffices,
    else without, else not at all."""
    room = ROOM
    groups = [places[n : n + BLOCK] for n in range(0, len(places), BLOCK)]
    for n, group in enumerate(groups):
        share = room // (len(groups) - n)
        for drawn in (True, False):
            if drawn and share < PICTURED * len(group):
                continue
            packed = _packed(report, group, allow, drawn)
            if len(packed) <= max(share, ROOM // 50):
                room -= len(packed)
                yield group, packed
                break


def _packed(report: Report, group: Sequence[int], allow: Sequence[str], drawn: bool) -> str:
    texts = [_text(account(report, n, allow, held=False, drawn=drawn)) for n in group]
    return base64.b64encode(zlib.compress(json.dumps(texts).encode(), 9)).decode()


def _text(section: Element) -> str:
    text = XML.tostring(section, encoding="unicode", method="html")
    return text if len(text) <= KEPT else ""
