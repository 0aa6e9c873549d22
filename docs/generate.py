"""Writes what in docs/ follows from the code: a page a reading, a page a theorem, what is open, and the table in index.md.

`python docs/generate.py` writes; the tests compare. Nothing here knows a fact of its own: readings and theorems bring
their texts, the zoo its truth, and the prover is asked what it finds.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from axiomkd import axioms
from axiomkd.checking import proofs
from axiomkd.core.operator import describe
from axiomkd.core.reading import Reading
from axiomkd.core.settings import Settings
from axiomkd.core.softener import SOFTENERS
from axiomkd.explain import paper
from axiomkd.explain.instance import TAKING_T, instance
from axiomkd.explain.names import DOMAINS, in_order, required_by, together
from axiomkd.explain.worked import work
from axiomkd.prove.families import REFUTING, THEOREMS, Refuting
from axiomkd.prove.proof import Proof
from axiomkd.prove.theorem import Theorem
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

DOCS = Path(__file__).parent
WIDTH, LONGEST = 120, 240  # of a line of prose, and of a reason in a table
START, END = "<!-- readings: written by generate.py -->", "<!-- /readings -->"


def pages() -> Mapping[Path, str]:
    """Every generated file with the text that it should have."""
    return {**pages_of_texts(), **pages_of_proofs()}


def pages_of_texts() -> Mapping[Path, str]:
    """Those that follow from texts and a small example of each: seconds."""
    return {
        **{DOCS / "readings" / f"{reading.name}.md": page(reading) for reading in axioms.EVERY},
        **{DOCS / "theorems" / f"{theorem.name}.md": refuting_page(theorem) for theorem in REFUTING},
        DOCS / "index.md": _with_table((DOCS / "index.md").read_text(encoding="utf-8")),
    }


def pages_of_proofs() -> Mapping[Path, str]:
    """Those for which the prover is asked, for an operator of each theorem and about all of the zoo: more than a minute."""
    return {
        **{DOCS / "theorems" / f"{theorem.name}.md": theorem_page(theorem) for theorem in THEOREMS},
        DOCS / "theorems" / "index.md": theorem_index(),
        DOCS / "open.md": open_page(),
        DOCS / "paper.md": paper_page(),
    }


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
        *_example(reading),
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
        ("theorems", _concluding(reading) or "none concludes it by itself"),
        ("in the paper", f"{reading.paper}: [the paper, checked](../paper.md)" if reading.paper else ""),
    ]
    return "| | |\n| --- | --- |\n" + "\n".join(f"| {label} | {text} |" for label, text in rows if text)


def _concluding(reading: Reading) -> str:
    return ", ".join(f"[{one.name}](../theorems/{one.name}.md)" for one in THEOREMS if reading.name in one.concludes)


def _example(reading: Reading) -> Iterator[str]:
    example = work(reading.name)
    if example is None:
        return
    yield "## A failure, worked by hand"
    width = max(len(label) for label, _ in example.steps)
    steps = "\n".join(f"{label:<{width}}  {value}" for label, value in example.steps)
    yield f"{example.operator}: `{example.formula}`\n\n```text\n{steps}\n```\n\n{example.conclusion}"


def _truth(reading: Reading) -> str:
    rows = []
    for heading, mark in (("hold", True), ("fail", False), ("not known", None)):
        names = [f"`{name}`" for name, entry in ENTRIES.items() if entry.truth.get(reading.name) is mark]
        if names:
            rows.append(f"| {heading} | {len(names)} | {', '.join(names)} |")
    return "| | | operators |\n| --- | --- | --- |\n" + "\n".join(rows)


def _table() -> str:
    lines = []
    for axiom in axioms.GROUPS:
        lines += [f"### {axiom.title}", "", axiom.sentence, "", "| reading | claim |", "| --- | --- |"]
        lines += [f"| [`{one.name}`](readings/{one.name}.md) | {one.statement} |" for one in axiom.readings]
        lines.append("")
    return "\n".join(lines)


def _with_table(text: str) -> str:
    before, rest = text.split(START)
    return f"{before}{START}\n\n{_table()}\n{END}{rest.split(END)[1]}"


# --- theorems -------------------------------------------------------------------------------------------------------

WRITTEN_BY_HAND = (
    (
        "no-go",
        "No-go: nothing is linear-like and log-like at once",
        "that no operator has `envelope` and `commutation`",
    ),
    ("log-loss", "Only log-loss is operator-agnostic", "which guarantees hold for every valid operator"),
)
TAKES_T = {False: "those that do not take T", True: "those that take T", None: "all, whether or not they take T"}
RECHECKED = {
    "form": "the operator's own code is run in exact arithmetic at points of the domain, and the term has to "
    "have its values",
    "defined": "the code is run in exact arithmetic at points of the domain, and has to have a value at each",
    "sign": "the code is run in exact arithmetic at points of the domain, and must give nothing of the wrong sign",
    "support": "the code is run in exact arithmetic at points of the scenario, and must be positive where it has "
    "a value",
    "nonnegative": "the term is evaluated at exact points, and bounded anew by rules of the verifier's own",
    "positive": "the term is evaluated at exact points, and bounded anew by rules of the verifier's own",
    "equal": "both sides are evaluated at exact points of several sizes, and have to be the same number at each",
    "free": "the term is searched for the inputs that it must not have",
    "continuous": "the operations of the term are gone through anew",
    "lipschitz": "the operations of the term are gone through anew",
    "shape": "the formula of q is built anew from the parts named, and has to have the values of the aggregate",
}


def theorem_page(theorem: Theorem) -> str:
    """The page of one theorem of the prover."""
    parts = [
        "<!-- Written by docs/generate.py from axiomkd/prove/families: change that. -->",
        f"# {theorem.title}",
        _theorem_facts(theorem),
        "## Statement",
        _prose(theorem.statement),
        "## Proof",
        _prose(theorem.proof),
        "## Its hypotheses, as the prover finds them",
        _instance(theorem),
        "## How it is re-checked",
        _rechecked(theorem),
        "[All theorems](index.md) · [how a proof is made](../proofs.md)",
    ]
    return "\n\n".join(parts) + "\n"


def refuting_page(theorem: Refuting) -> str:
    """The page of one theorem on what fails at every size from some on."""
    facts = [
        ("name", f"`{theorem.name}`"),
        ("fails", _readings(theorem.fails)),
        ("at", str(theorem.extent)),
        ("source", theorem.source),
        ("an example", f"`zoo:{theorem.example}`"),
    ]
    parts = [
        "<!-- Written by docs/generate.py from axiomkd/prove/families: change that. -->",
        f"# {theorem.title}",
        "| | |\n| --- | --- |\n" + "\n".join(f"| {label} | {_cell(text)} |" for label, text in facts),
        "## Statement",
        _prose(theorem.statement),
        "## Proof",
        _prose(theorem.proof),
        "## What it adds",
        _prose(
            "A counterexample is of one size. Where the search has confirmed one, and the code is shown to meet the hypotheses at "
            "every size, the report says beside the counterexample at which sizes the reading fails: in words, and as `extent` in "
            "the JSON report, with a certificate that `axiomkd verify` goes through without the prover. No reading is refuted by "
            "this theorem alone."
        ),
        "[All theorems](index.md) · [what a witness is](../witness.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _theorem_facts(theorem: Theorem) -> str:
    rows = [
        ("name", f"`{theorem.name}`"),
        ("concludes", _readings(theorem.concludes)),
        ("asks for", _readings(theorem.after) + ", proved before" if theorem.after else ""),
        ("softeners", _softeners(theorem)),
        ("operators", TAKES_T[theorem.takes_T]),
        ("source", theorem.source),
    ]
    return "| | |\n| --- | --- |\n" + "\n".join(f"| {label} | {_cell(text)} |" for label, text in rows if text)


def _softeners(theorem: Theorem) -> str:
    """Those that have the facts it asks for."""
    fit = [f"`{one.name}`" for one in SOFTENERS.values() if one.has(*theorem.facts)]
    return "all" if len(fit) == len(SOFTENERS) else ", ".join(fit)


def _readings(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](../readings/{name}.md)" for name in in_order(names))


def _prose(text: str) -> str:
    """A paragraph that fits the width, in which no underscore starts an emphasis and no line a list or a quotation."""
    spans = text.split("`")
    spans[::2] = [re.sub(r"(?<!\w)_", r"\\_", span) for span in spans[::2]]
    lines = textwrap.wrap("`".join(spans), WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(re.sub(r"^(?=[>#+*=-])", r"\\", line) for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _instance(theorem: Theorem) -> str:
    found = instance(theorem)
    if found is None:
        return _prose(
            f"No operator of the zoo needs this theorem: of `zoo:{theorem.example}`, whose shape it has, "
            f"{', '.join(theorem.concludes)} is proved by a theorem that is tried before."
        )
    shown = f"`{found.operator}`" if found.operator.startswith("zoo:") else f"A{found.operator[1:]}"
    head = f"{shown}, {found.formula}: {', '.join(f'`{one}`' for one in found.readings)}, {found.scope}."
    if not found.steps:
        return f"{_prose(head)}\n\n" + _prose(
            "There is nothing to find in the code: the readings asked for are enough."
        )
    lines = [line for text, formula in found.steps for line in (text, *([f"    {formula}"] if formula else []))]
    return f"{_prose(head)}\n\n```text\n" + "\n".join(lines) + "\n```"


def _rechecked(theorem: Theorem) -> str:
    found = instance(theorem)
    points = [f"*{kind}*: {RECHECKED[kind]}" for kind in (found.kinds if found is not None else ())]
    points += [f"the proof of `{reading}` is re-checked as well" for reading in theorem.after]
    trusted = _prose(
        "What cannot be re-derived is named, as something that the reader has to trust. That the hypotheses imply the "
        "readings is trusted too: the proof above is what it rests on."
    )
    if not points:
        return trusted
    intro = (
        "The certificate in the JSON report names this theorem and lists the claims above, as terms. `axiomkd verify` "
        "goes through them without the prover:"
    )
    return "\n\n".join([_prose(intro), _list(points), trusted])


def _list(points: Sequence[str]) -> str:
    ends = [";"] * (len(points) - 1) + ["."]
    return "\n".join(
        textwrap.fill(f"- {point}{end}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for point, end in zip(points, ends, strict=True)
    )


def theorem_index() -> str:
    """The table of all theorems."""
    rows = [
        f"| [{theorem.title}]({theorem.name}.md) | `{theorem.name}` | {_readings(theorem.concludes)} | {_shown_on(theorem)} |"
        for theorem in THEOREMS
    ]
    failing = [
        f"| [{one.title}]({one.name}.md) | `{one.name}` | {_readings(one.fails)} | {one.extent} | `zoo:{one.example}` |"
        for one in REFUTING
    ]
    by_hand = [f"| [{title}]({name}.md) | {what} |" for name, title, what in WRITTEN_BY_HAND]
    parts = [
        "<!-- Written by docs/generate.py from axiomkd/prove/families: change that. -->",
        "# Theorems",
        _prose(
            "What the prover leans on. Each theorem is on a family of operators: if the code of an operator is "
            "shown to meet "
            "the hypotheses, the readings in the third column are proved for it, for all K and C. `axiomkd "
            "explain NAME` "
            "shows one at the command line; [how a proof is made](../proofs.md) tells how hypotheses are found."
        ),
        "| theorem | name | concludes | example |\n| --- | --- | --- | --- |\n" + "\n".join(rows),
        "## On what fails",
        _prose(
            "These say of a reading that is refuted by a counterexample at which other sizes it fails. They are on families of "
            "operators, too, and found in the same way."
        ),
        "| theorem | name | fails | at | example |\n| --- | --- | --- | --- | --- |\n" + "\n".join(failing),
        "## On all operators",
        _prose(
            "Two theorems are on the axioms themselves. No operator is proved by them; they say what can be asked for."
        ),
        "| theorem | tells |\n| --- | --- |\n" + "\n".join(by_hand),
        "[Concepts](../concepts.md) · [what is still open in the zoo](../open.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _shown_on(theorem: Theorem) -> str:
    return "one that takes T" if theorem.name in TAKING_T else f"`zoo:{theorem.example}`"


# --- what is open ---------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A reading that an operator of the zoo has: its proof, or the prover's reason that there is none."""

    operator: str
    reading: str
    proof: Proof | None
    why: str


@cache
def cells() -> tuple[Cell, ...]:
    """Every `+` of the zoo's truth, in the order of the zoo and of the readings."""
    numerics.prepare()
    found: list[Cell] = []
    for name, entry in ENTRIES.items():
        operator = describe(entry.fn, name=name, K=entry.K, C=entry.C)
        answers = proofs.ask(operator, Settings(effort="quick"), axioms.EVERY, ())
        for reading in axioms.EVERY:
            if entry.truth.get(reading.name):
                proof, why = answers.proved.get(reading.name), answers.why.get(reading.name, "")
                found.append(Cell(name, reading.name, proof, _placed(why)))
    return tuple(found)


def _placed(why: str) -> str:
    """Paths from the root of the checkout, wherever the command runs."""
    return re.sub(r"[^\s`'\"()]*?(axiomkd/zoo/\w+\.py)", r"\1", why)


def open_page() -> str:
    """How much of the zoo's truth is proved, and every cell that is not, with the prover's reason."""
    all_cells = cells()
    proved = [cell for cell in all_cells if cell.proof is not None]
    whole = [cell for cell in proved if cell.proof is not None and proofs.whole(cell.proof)]
    missing = [cell for cell in all_cells if cell.proof is None]
    parts = [
        "<!-- Written by docs/generate.py from the zoo and the prover: change those. -->",
        "# What is proved of the zoo, and what is open",
        _prose(
            f"The zoo has {len(ENTRIES)} operators, and its tables of truth say of {len(all_cells)} pairs of an operator and a "
            f"reading that the reading holds. The prover proves {len(proved)} of them by theorems with power softening: "
            f"{len(whole)} for all K and C (or all that the operator supports), {len(proved) - len(whole)} for the sizes that "
            f"the table names. {len(missing)} are not proved. No solver is asked at single sizes here, so that the page is the "
            "same wherever it is written."
        ),
        "## Not proved",
        _prose(
            "For each of these, the reading is known to hold (the zoo cites or proves it), and what is below is "
            "the prover's own "
            "reason why it has no proof; and what SymPy, tried at K = C = 2 by itself, makes of the reading. `axiomkd check` "
            "searches there, and says `holds`, or `proved` for the sizes at which SymPy or the solver gets to the end."
        ),
        "| operator | reading | reason | SymPy at (2, 2) |\n| --- | --- | --- | --- |\n" + "\n".join(_missing(missing)),
        "## Not known",
        _prose(
            "Of these neither a proof nor a counterexample is known; searches, with many classes too, have found none. "
            "`axiomkd check` says `holds`."
        ),
        "| operator | readings | what is known |\n| --- | --- | --- |\n" + "\n".join(_unknown()),
        "## By operator",
        _by_operator(all_cells),
        "## By theorem",
        _prose("How many cells rest on each theorem: by itself, and by what its conclusions imply."),
        _by_theorem(proved),
        "[Theorems](theorems/index.md) · [how a proof is made](proofs.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _missing(missing: Sequence[Cell]) -> Iterator[str]:
    """A row a cell. What SymPy was tried on stands in a file: it takes minutes (docs/sympy_tried.py)."""
    tried = json.loads((DOCS / "sympy.json").read_text())
    for c in missing:
        said = tried.get(c.operator, {}).get(c.reading, "not tried")
        yield f"| `{c.operator}` | {_readings_here([c.reading])} | {_reason(c.why)} | {_reason(said)} |"


def _unknown() -> Iterator[str]:
    for name, entry in ENTRIES.items():
        names = [reading for reading, mark in entry.truth.items() if mark is None]
        if names:
            yield f"| `{name}` | {_readings_here(names)} | {_in_a_cell(entry.open)} |"


def _readings_here(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](readings/{name}.md)" for name in in_order(names))


def _reason(why: str) -> str:
    """The reason in one cell of a table: formulas cut where they are long, and nothing in them read as Markdown."""
    return _in_a_cell(why if len(why) <= LONGEST else why[:LONGEST].rstrip() + " …")


def _in_a_cell(text: str) -> str:
    """Words as they are, whatever Markdown would read in them."""
    spans = text.split("`") if text.count("`") % 2 == 0 else [text.replace("`", "'")]
    spans[::2] = [re.sub(r"([\\|*_\[\]<])", r"\\\1", span) for span in spans[::2]]
    return "`".join(spans)


def _by_operator(all_cells: Sequence[Cell]) -> str:
    lines = ["| operator | holds | proved | scope | theorems |", "| --- | --- | --- | --- | --- |"]
    for name in ENTRIES:
        own = [cell for cell in all_cells if cell.operator == name]
        found = [cell.proof for cell in own if cell.proof is not None]
        scopes = ", ".join(dict.fromkeys(str(one.scope) for one in found)) or "none"
        used = {one.theorem for one in found}
        names = ", ".join(theorem.name for theorem in THEOREMS if theorem.name in used)
        lines.append(f"| `{name}` | {len(own)} | {len(found)} | {scopes} | {names} |")
    return "\n".join(lines)


def _by_theorem(proved: Sequence[Cell]) -> str:
    lines = ["| theorem | by itself | implied |", "| --- | --- | --- |"]
    for theorem in THEOREMS:
        own = [c.proof for c in proved if c.proof is not None and c.proof.theorem == theorem.name]
        implied = sum(_implied(one.certificate) for one in own)
        lines.append(f"| [{theorem.name}](theorems/{theorem.name}.md) | {len(own) - implied} | {implied} |")
    return "\n".join(lines)


def _implied(certificate: Mapping[str, Any]) -> bool:
    parts = certificate["sizes"] if certificate["kind"] == "sizes" else [{"certificate": certificate}]
    return all(part["certificate"]["kind"] == "implied" for part in parts)


# --- the paper ------------------------------------------------------------------------------------------------------


def paper_page() -> str:
    """Each axiom and theorem of the paper with what is found of it, and the matrix of operators and readings."""
    parts = [
        "<!-- Written by docs/generate.py from axiomkd/explain/paper.py, the zoo and the prover: change those. -->",
        "# The paper, checked",
        _prose(
            "arXiv:2601.09165 (version 1, sections II to IV) names five axioms of an aggregate of teachers, "
            "states each as a "
            "formula, and derives guarantees from them. This page holds every axiom and every theorem to the "
            "operators of "
            "the zoo: what is claimed, of which operators it is true, with the theorem that proves it, and where "
            "it is false, with "
            "an exact witness. `axiomkd explain paper` is the short form; `--profile paper` asks an operator for "
            "the five "
            "formulas and `--profile promises` for the five guarantees. Numbers are those of the paper. The "
            "axioms, the "
            "theorems III.2, IV.2, IV.7, IV.9, IV.11 and IV.12 and assumption L are checked as formulas; II.3, "
            "III.1 and the remark "
            "IV.4 by what they are about, existence and the reach of IV.2."
        ),
        _prose(
            "What holds up: the axioms do describe the linear pool, they do leave room for others, and each "
            "guarantee is true of "
            "the linear pool. What does not: that the guarantees hold for whatever conforms. A conforming "
            "operator need not be "
            "Σ w_k p_k, and some of the guarantees are true of nothing else."
        ),
        f"$$ {LATEX_OF_THE_IDENTITY} $$",
        _prose(
            "The right side is free of the student s: a loss against the pooled teachers and the averaged losses "
            "against each of them "
            "differ by a constant, and have one gradient. This is the use of IV.7 for training, and it needs the "
            "linear pool."
        ),
        "## Axioms",
        *(_statement(one) for one in paper.STATEMENTS if one.ref.startswith("A")),
        "## Theorems",
        *(_statement(one) for one in paper.STATEMENTS if not one.ref.startswith("A")),
        "## Every operator, every reading",
        _prose(
            "A `+` leads to the theorem that proves it for all K and C (or the sizes that the operator "
            "supports), or to what is open "
            "where none does; a `-` to the reading's page; a `?` is not known. `axiomkd check zoo:NAME "
            "--guarantees` finds each `-`, "
            "or tells how far it has searched."
        ),
        _matrix(),
        "[Concepts](concepts.md) · [theorems](theorems/index.md) · [what is open](open.md)",
    ]
    return "\n\n".join(parts) + "\n"


LATEX_OF_THE_IDENTITY = (
    r"\sum_k w_k \mathrm{KL}(p_k\|s) - \mathrm{KL}(m\|s) = \sum_k w_k \mathrm{KL}(p_k\|m), \quad m = \sum_k w_k p_k"
)


def _statement(one: paper.Statement) -> str:
    parts = [f"### {one.ref}: {one.name}", _prose(f"Claimed: {one.claims}"), _prose(f"Found: {one.verdict}")]
    parts += [_prose(one.holds)] if one.holds else []
    parts.append("\n".join(_who(one.readings)))
    for broken in one.breaks:
        parts.append(_broken(broken))
    parts += [_prose(f"What rescues it: {one.rescue}")] if one.rescue and not one.ref.startswith("A") else []
    parts += [_prose(one.rescue)] if one.rescue and one.ref.startswith("A") else []
    return "\n\n".join(parts)


def _who(readings: Sequence[str]) -> Iterator[str]:
    """A table: of whom each reading is true, proved or not, and of whom it is false."""
    yield "| reading | proved for all K and C | true, not proved | false |"
    yield "| --- | --- | --- | --- |"
    proofs_of = {(cell.operator, cell.reading): cell.proof for cell in cells()}
    for reading in readings:
        groups: dict[str, list[str]] = {"proved": [], "true": [], "false": []}
        for name, entry in ENTRIES.items():
            proof = proofs_of.get((name, reading))
            known = entry.truth.get(reading)
            if known is not None:
                where = "false" if not known else "proved" if proof is not None and proofs.whole(proof) else "true"
                groups[where].append(f"`{name}`")
        yield (
            f"| {_readings_here([reading])} | "
            + " | ".join(", ".join(names) or "none" for names in groups.values())
            + " |"
        )


def _broken(one: paper.Break) -> str:
    point = f"P = {one.P}, w = {one.w} (as odds)"
    beside = ", ".join(f"{name} = {value}" for name, value in one.more.items())
    return "\n\n".join(
        [
            _prose(f"`zoo:{one.operator}` breaks [{one.reading}](readings/{one.reading}.md). {one.says}"),
            f"```text\n{point}{', ' + beside if beside else ''}\n```\n\n```console\n$ {one.command}\n```",
        ]
    )


MARKS = {True: "+", False: "-", None: "?"}


def _matrix() -> str:
    names = [reading.name for reading in axioms.EVERY]
    proofs_of = {(cell.operator, cell.reading): cell.proof for cell in cells()}
    lines = ["| operator | " + " | ".join(f"[{name}](readings/{name}.md)" for name in names) + " |"]
    lines.append("| --- |" + " --- |" * len(names))
    for operator, entry in ENTRIES.items():
        row = []
        for name in names:
            mark, proof = entry.truth.get(name), proofs_of.get((operator, name))
            if proof is not None and proof.theorem:
                where = f"theorems/{proof.theorem}.md"
            else:
                where = f"readings/{name}.md" if mark is False else "open.md"
            row.append(f"[{MARKS[mark]}]({where})")
        lines.append(f"| `{operator}` | " + " | ".join(row) + " |")
    return "\n".join(lines)


def main() -> None:
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
