"""The report as one page that needs nothing else: the matrix and the compliance card, then each operator with pictures,
witnesses, proofs.

It asks no network. Its script sorts, filters, copies and unfolds; without it, and on paper, everything is there. It decides no
verdict.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from shlex import quote

from axiomkd.core.report import KnownModel, Report
from axiomkd.core.softener import SOFTENERS
from axiomkd.report import phrases
from axiomkd.report.html import many
from axiomkd.report.html.account import account
from axiomkd.report.html.compliance import anchor, card
from axiomkd.report.html.overview import LEGEND, short, table
from axiomkd.report.html.tree import E, Element, page
from axiomkd.report.known import sentence
from axiomkd.report.matrix import MANY
from axiomkd.report.outcomes import ending

SCRIPTS = ("page.js", "hold.js")
FAILURES = 100  # that are told
TARGETS = 12  # that the footer's command names
KEY = (
    "proved: an exact argument covers the scope named. holds: searched and not refuted, which is no proof. refuted: there is "
    "a counterexample. fragile: floats break where the function does not. inconclusive: undecided. error: the operator "
    "could not be judged."
)


def render(report: Report, *, allow: Sequence[str] = (), code: int | None = None) -> str:
    """The page as text. `allow`: verdicts that may stay open; `code`: the exit code, where it is not the report's."""
    code = report.exit_code if code is None else code
    title = f"axiomkd: {phrases.summary(report)}"
    head = E(
        "head",
        E("meta", charset="utf-8"),
        E("meta", name="viewport", content="width=device-width, initial-scale=1"),
        E("meta", name="color-scheme", content="light dark"),
        E("title", title),
        E("style", (files(__name__) / "style.css").read_text(encoding="utf-8")),
    )
    script = E(
        "script", _softeners() + "".join((files(__name__) / name).read_text(encoding="utf-8") for name in SCRIPTS)
    )
    return page(E("html", head, E("body", *_body(report, allow, code), script), lang="en"))


def _softeners() -> str:
    """The softeners' formulas, for the picture that one can hold."""
    each = (
        f"{json.dumps(one.name)}: {{ lowest: {one.lowest:g}, rows: (row, T) => {one.script} }},\n"
        for one in SOFTENERS.values()
    )
    return f"const SOFTENERS = {{\n{''.join(each)}}};\n"


def _body(report: Report, allow: Sequence[str], code: int) -> list[Element]:
    parts = [
        E("h1", phrases.summary(report)),
        E("p", f"Exit code {code}: {ending(code)}.", class_="status " + ("good" if code == 0 else "bad")),
    ]
    if report.partial:
        parts.append(E("p", "The run was interrupted: the report is partial.", class_="status bad"))
    for failure in report.failures[:FAILURES]:
        parts.append(E("p", E("b", f"{failure.target} not loaded: "), failure.message, class_="status bad"))
    if (more := len(report.failures) - FAILURES) > 0:
        parts.append(E("p", f"{more} more not loaded; the JSON report has them all.", class_="status bad"))
    if len(report.operators) > MANY:
        return [E("main", *parts, *many.page_of(report, allow, _overview), _settings(report))]
    if report.operators:
        parts += [E("h2", "At one glance"), *_overview(report)]
    if report.operators or report.failures:
        parts += [E("h2", "Compliance card"), card(report, allow), E("p", KEY, class_="key")]
    if report.known:
        parts += [E("h2", "Violations written down"), E("ul", *map(_written, report.known))]
    parts += [account(report, n, allow) for n in range(len(report.operators))]
    parts.append(_settings(report))
    return [E("main", *parts)]


def _overview(report: Report, places: Sequence[int] | None = None) -> list[Element]:
    """The matrix, each cell a link to its account; of many operators (`places`: those that have a row, in this order) each row."""
    if places is None:
        found = table(report, lambda n, reading: f"#{anchor(n, reading)}", lambda n: f"#{anchor(n)}")
    else:
        found = short(report, places, lambda n: f"#{anchor(n)}")
    box = E("input", type="search", id="filter", placeholder="log, refuted, …", autocomplete="off")
    search = E(
        "p",
        E("label", "show operators with ", box),
        E("span", "", id="shown", aria_live="polite"),
        class_="tool",
        hidden="",
    )
    return [search, E("div", found, class_="scroll", tabindex="0"), E("p", LEGEND, class_="key")]


def _written(one: KnownModel) -> Element:
    tone = {"known": "open", "expired": "bad", "fixed": "good"}[one.state]
    return E("li", E("b", f"{one.target} {one.axiom}/{one.reading}"), " ", E("span", sentence(one), class_=tone))


def _settings(report: Report) -> Element:
    held_to = "" if report.settings.readings else "profile "
    return E(
        "footer",
        E("p", f"axiomkd {report.version} · {held_to}{phrases.against(report)} · {phrases.searched(report)}"),
        E("p", "The same again: ", E("code", _again(report))),
    )


def _again(report: Report) -> str:
    s = report.settings
    targets = [one.target for one in (*report.operators, *report.failures) if one.target]
    what = " ".join(map(quote, targets[:TARGETS])) + (" …" if len(targets) > TARGETS else "")
    command = f"axiomkd {'check' if s.search else 'prove'} {what or 'FILE.py'} --profile {report.profile.name} --effort {s.effort}"
    asked = [f" --reading {one}" for one in s.readings] or ([" --guarantees"] if s.guarantees else [])
    asked += [f" -{name} {','.join(map(str, sizes))}" for name, sizes in (("K", s.K), ("C", s.C)) if sizes]
    return f"{command}{''.join(asked)}{f' --seed {s.seed}' if s.search else ''} --softener {s.softener}"
