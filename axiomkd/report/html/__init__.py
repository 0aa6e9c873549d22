"""The report as one page that needs nothing else: the compliance card, then each operator with pictures, witnesses, proofs.

It has no script and asks no network. It decides no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from axiomkd.core.report import Report
from axiomkd.report import phrases
from axiomkd.report.html.account import account
from axiomkd.report.html.compliance import card
from axiomkd.report.html.tree import E, Element, page
from axiomkd.report.known import sentence
from axiomkd.report.outcomes import ending

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
    return page(E("html", head, E("body", *_body(report, allow, code)), lang="en"))


def _body(report: Report, allow: Sequence[str], code: int) -> list[Element]:
    parts = [
        E("h1", phrases.summary(report)),
        E("p", f"Exit code {code}: {ending(code)}.", class_="status " + ("good" if code == 0 else "bad")),
    ]
    if report.partial:
        parts.append(E("p", "The run was interrupted: the report is partial.", class_="status bad"))
    for failure in report.failures:
        parts.append(E("p", E("b", f"{failure.target} not loaded: "), failure.message, class_="status bad"))
    if report.operators or report.failures:
        parts += [E("h2", "Compliance card"), card(report, allow), E("p", KEY, class_="key")]
    if report.known:
        parts += [E("h2", "Violations written down"), E("ul", *map(_written, report.known))]
    parts += [account(report, n, allow) for n in range(len(report.operators))]
    parts.append(_settings(report))
    return [E("main", *parts)]


def _written(one) -> Element:
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
    command = f"axiomkd {'check' if s.search else 'prove'} TARGET --profile {report.profile.name} --effort {s.effort}"
    asked = [f" --reading {one}" for one in s.readings]
    asked += [f" -{name} {','.join(map(str, sizes))}" for name, sizes in (("K", s.K), ("C", s.C)) if sizes]
    return f"{command}{''.join(asked)}{f' --seed {s.seed}' if s.search else ''} --softener {s.softener}"
