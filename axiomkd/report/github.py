"""What GitHub Actions shows: annotations on the lines of operators, and the summary of a job in Markdown.

It writes nothing: where the texts go is the command line's to know.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, Report
from axiomkd.report import markdown, phrases
from axiomkd.report.known import sentence
from axiomkd.report.outcomes import Case, cases, ending
from axiomkd.report.places import path, place
from axiomkd.report.plain import headline, paragraph, trouble

MARKS = {"met": "✓", "known": "✗✓", "allowed": "~", "refuted": "✗", "undecided": "?", "error": "!", "unchecked": "·"}
LEVELS = {"refuted": "error", "undecided": "warning", "known": "notice"}
LONGEST = 900_000  # bytes: GitHub throws away a summary of more than 1 MiB


# --- annotations -----------------------------------------------------------------------------------------------------


def annotations(report: Report, *, allow: Sequence[str] = (), here: Path | None = None) -> str:
    """A workflow command a line, for each required reading that stands in the way and for what could not be checked.

    Files are named from the top of the repository that the folder `here` belongs to.
    """
    lines = [line for one in report.operators for line in _of_operator(report, one, allow, here)]
    for failure in report.failures:
        file = path(failure.target.partition("::")[0], here)
        lines.append(_command("error", failure.message, file=file, title=f"axiomkd: {failure.target} not loaded"))
    return "".join(f"{line}\n" for line in lines)


def _of_operator(report: Report, one: OperatorModel, allow: Sequence[str], here: Path | None) -> Iterator[str]:
    where = {"file": place(one, here), "line": str(one.line) if one.line > 0 else None}
    if one.status == "error":
        yield _command("error", phrases.blamed(one), **where, title=f"axiomkd: {one.name} in error")
    for case in cases(report, one, allow):
        if case.reading is None:
            continue
        told = headline(one, case.reading) + (f" ({sentence(case.known)})" if case.known else "")
        level = LEVELS.get(case.outcome) or ("notice" if case.known else None)
        if level is not None:
            yield _command(level, told, **where, title=f"axiomkd: {case.id}")


def _command(level: str, message: str, **properties: str | None) -> str:
    if properties.get("file") is None:
        properties.pop("line", None)
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value is not None)
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- the summary -----------------------------------------------------------------------------------------------------


def summary(report: Report, *, allow: Sequence[str] = (), code: int | None = None) -> str:
    """Markdown: how it ended, a table of operators and axioms, what stands in the way of each, the settings."""
    code = report.exit_code if code is None else code
    parts = [
        f"## axiomkd: {markdown.plain(phrases.summary(report))}",
        f"Exit code {code}: {ending(code)}.",
        *([_table(report, allow)] if report.operators else []),
        *([_known(report)] if report.known else []),
        *(f"**Not loaded:** {markdown.code(one.target)}\n\n{markdown.fenced(one.message)}" for one in report.failures),
    ]
    parts += [f"{markdown.plain(told)}."] if (told := phrases.renamed(report)) else []
    settings = f"axiomkd {report.version} · {markdown.plain(phrases.searched(report))}"
    return "\n\n".join([*_fitting(parts, list(_details(report, allow))), settings]) + "\n"


def _table(report: Report, allow: Sequence[str]) -> str:
    promised = any(one.requires.get(axioms.GROUP) for one in report.operators)
    names = [axiom.name for axiom in (axioms.GROUPS if promised else axioms.AXIOMS)]
    rows = [["operator", *names, "meets profiles"], ["---"] * (len(names) + 2)]
    for one in report.operators:
        required = cases(report, one, allow)
        cells = ["<br>".join(_cell(case) for case in required if case.axiom == name) or "–" for name in names]
        met = ", ".join(name for name, meets in one.profiles.items() if meets)
        rows.append([markdown.code(one.name), *cells, "–" if one.defect else markdown.plain(met) or "none"])
    known = "✗✓ known, " if report.known else ""
    key = f"✓ met, ✗ refuted, {known}? undecided, ~ undecided and allowed, ! error, · not checked, – not required"
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + f"\n\n{key}"


def _known(report: Report) -> str:
    rows = [["operator", "reading", "state"], ["---"] * 3]
    for one in report.known:
        told = markdown.plain(sentence(one))
        rows.append([markdown.code(one.target), f"{one.axiom}/{one.reading}", told])
    return "### Violations written down\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(case: Case) -> str:
    verdict = "not checked" if case.reading is None else case.reading.verdict
    return f"{MARKS[case.outcome]} {case.name} {verdict}"


def _details(report: Report, allow: Sequence[str]) -> Iterator[str]:
    """A block to open for each required reading that stands in the way, and for each operator in error."""
    for one in report.operators:
        if one.status == "error":
            yield _block(phrases.blamed(one), trouble(one, whole=False))
        for case in cases(report, one, allow):
            if case.reading is not None and case.outcome in ("refuted", "undecided", "known", "allowed"):
                yield _block(headline(one, case.reading), paragraph(one, case.reading, report, whole=False))


def _block(title: str, text: str) -> str:
    title = markdown.html(title.replace("`", ""))
    return f"<details><summary>{title}</summary>\n\n{markdown.fenced(text)}\n\n</details>"


def _fitting(parts: list[str], blocks: list[str]) -> list[str]:
    """The parts with as many blocks as there is room for, and word of those left out."""
    room = LONGEST - sum(len(part.encode()) for part in parts)
    shown: list[str] = []
    for block in blocks:
        room -= len(block.encode()) + 2
        if room < 0:
            break
        shown.append(block)
    left = len(blocks) - len(shown)
    return [*parts, *shown, *([f"{left} more are left out here: the JSON report has them."] if left else [])]
