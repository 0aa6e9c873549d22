"""Writes docs/readings/*.md, a page a reading, and the table in docs/index.md, from the axioms and the zoo.

`python docs/generate.py` writes; the tests compare. Nothing here knows a fact of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from axiomkd import axioms
from axiomkd.core.reading import Reading
from axiomkd.explain import DOMAINS, in_order, required_by, together
from axiomkd.worked import work
from axiomkd.zoo import ENTRIES

DOCS = Path(__file__).parent
START, END = "<!-- readings: written by generate.py -->", "<!-- /readings -->"


def pages() -> Mapping[Path, str]:
    """Every generated file with the text that it should have."""
    written = {DOCS / "readings" / f"{reading.name}.md": page(reading) for reading in axioms.READINGS}
    return {**written, DOCS / "index.md": _with_table((DOCS / "index.md").read_text(encoding="utf-8"))}


def page(reading: Reading) -> str:
    """The page of one reading."""
    parts = [
        "<!-- Written by docs/generate.py from the axioms and the zoo: change those. -->",
        f"# {reading.id}",
        reading.statement,
        f"```text\n{reading.formula}\n```",
        f"$$ {reading.latex} $$",
        _facts(reading),
        *([f"{reading.note}"] if reading.note else []),
        "## A failure, worked by hand",
        _example(reading),
        "## In the zoo",
        _truth(reading),
        f"Source: {reading.source}.",
        "[All readings](../index.md) · [concepts](../concepts.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _links(names) -> str:
    return ", ".join(f"[{name}]({name}.md)" for name in in_order(names))


def _facts(reading: Reading) -> str:
    rows = [
        ("domain", DOMAINS[reading.domain]),
        ("margin", f"in units of {reading.unit}" if reading.unit else "none: the claim is met or it is not"),
        ("implies", _links(axioms.WEAKER[reading.name]) or "no other reading by itself"),
        ("implied by", _links(axioms.STRONGER[reading.name]) or "no other reading by itself"),
        ("with others", " ".join(together(reading))),
        ("required by", ", ".join(f"`{name}`" for name in required_by(reading)) or "no profile by name"),
    ]
    return "| | |\n| --- | --- |\n" + "\n".join(f"| {label} | {text} |" for label, text in rows if text)


def _example(reading: Reading) -> str:
    example = work(reading.name)
    width = max(len(label) for label, _ in example.steps)
    steps = "\n".join(f"{label:<{width}}  {value}" for label, value in example.steps)
    return f"{example.operator}: `{example.formula}`\n\n```text\n{steps}\n```\n\n{example.conclusion}"


def _truth(reading: Reading) -> str:
    rows = []
    for heading, mark in (("hold", True), ("fail", False), ("not known", None)):
        names = [f"`{name}`" for name, entry in ENTRIES.items() if entry.truth[reading.name] is mark]
        if names:
            rows.append(f"| {heading} | {len(names)} | {', '.join(names)} |")
    return "| | | operators |\n| --- | --- | --- |\n" + "\n".join(rows)


def _table() -> str:
    lines = []
    for axiom in axioms.AXIOMS:
        lines += [f"### {axiom.title}", "", axiom.sentence, "", "| reading | claim |", "| --- | --- |"]
        lines += [f"| [`{one.name}`](readings/{one.name}.md) | {one.statement} |" for one in axiom.readings]
        lines.append("")
    return "\n".join(lines)


def _with_table(text: str) -> str:
    before, rest = text.split(START)
    return f"{before}{START}\n\n{_table()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
