"""A report in a notebook: one line for `repr`, the matrix for the eye, a data frame for whoever counts.

It asks no network and writes no script: a notebook may show it years later. pandas is asked for only by `frame`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from xml.etree import ElementTree as XML

from axiomkd.core.report import OperatorModel, Report
from axiomkd.report import phrases
from axiomkd.report.html.overview import LEGEND, table
from axiomkd.report.html.tree import E

NAMED = 3  # operators and readings that the one line names
# A notebook's page has colours of its own, light or dark: these are told apart on both, and the glyph says the same.
STYLE = """
.axiomkd-report td, .axiomkd-report th { text-align: center; padding: .15em .4em; }
.axiomkd-report th[scope=row] { text-align: left; }
.axiomkd-report .good { color: #1a7f37; } .axiomkd-report .bad { color: #d1242f; font-weight: bold; }
.axiomkd-report .open { color: #9a6700; } .axiomkd-report .aside { opacity: .6; }
.axiomkd-report small { font-weight: normal; opacity: .8; }
"""
COLUMNS = ("operator", "target", "status", "axiom", "reading", "required", "verdict", "method", "scope")
NUMBERS = ("cases", "margin", "seconds", "message")


def short(report: Report) -> str:
    """One line: what was checked, and what came of it."""
    told = [_told(one) for one in report.operators[:NAMED]]
    told += [f"{len(report.operators) - NAMED} more"] if len(report.operators) > NAMED else []
    names = f" ({'; '.join(told)})" if told else ""
    return f"<axiomkd.Report: {phrases.summary(report)}{names}>"


def _told(one: OperatorModel) -> str:
    bad = [r for r in one.readings if r.required and r.counts not in ("proved", "holds") and not r.skipped]
    wrong = [r.reading if r.counts == "refuted" else f"{r.reading} ({r.counts})" for r in bad]
    named = ", ".join(wrong[:NAMED]) + (", …" if len(wrong) > NAMED else "")
    if one.status == "error" or not wrong:
        return f"{one.name}: {one.status}"
    return f"{one.name}: {one.status}, {named}"


def html(report: Report) -> str:
    """The matrix of operators and readings, with its legend."""
    said = [E("p", E("b", phrases.summary(report)))]
    said += [E("p", E("b", f"{one.target} not loaded: "), one.message) for one in report.failures]
    body = [table(report), E("p", E("small", LEGEND))] if report.operators else []
    return XML.tostring(
        E("div", E("style", STYLE), *said, *body, class_="axiomkd-report"), encoding="unicode", method="html"
    )


def rows(report: Report) -> list[dict[str, Any]]:
    """A mapping a reading of an operator, in the report's order; `margin` is None where the claim is no margin."""
    return [
        {"operator": one.name, "target": one.target, "status": one.status}
        | {name: getattr(r, name) for name in (*COLUMNS[3:], *NUMBERS)}
        for one in report.operators
        for r in one.readings
    ]


def frame(report: Report) -> Any:
    """The same as a pandas DataFrame. Raises ImportError where there is no pandas."""
    try:
        pandas = import_module("pandas")
    except ImportError as e:
        raise ImportError(
            "Report.to_frame() needs pandas, which axiomkd does not install: python -m pip install pandas. "
            "Without it, report.operators and their readings hold the same."
        ) from e
    return pandas.DataFrame(rows(report), columns=[*COLUMNS, *NUMBERS])
