"""Steps as text of a hundred columns, or as LaTeX with amsmath. It knows neither theorems nor certificates."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from axiomkd.core.errors import UsageError
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.explain.derivation import steps
from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.prose import tex
from axiomkd.explain.derivation.step import Step

WIDTH = 100
LINE = 90  # characters of a display, before it is broken
STYLES = ("text", "latex")


def written(report: Report, style: str) -> str:
    """The proofs of a report, each with its steps; what is not proved has one line. Raises UsageError on another style."""
    if style not in STYLES:
        raise UsageError(f"--derivation: no style {style!r}; there are {', '.join(STYLES)}.")
    write = _text if style == "text" else _latex
    return "\n".join(write(one) for one in report.operators).rstrip("\n")


def _proofs(one: OperatorModel) -> list[tuple[list[ReadingModel], ReadingModel]]:
    """The proved readings, those with the same argument together."""
    groups: dict[str, list[ReadingModel]] = {}
    for r in one.readings:
        if r.verdict == "proved" and r.certificate:
            inner = r.certificate
            key = repr({k: v for k, v in inner.items() if k != "by"}) if inner.get("kind") != "implied" else r.reading
            groups.setdefault(key, []).append(r)
    return [(group, group[0]) for group in groups.values()]


def _open(one: OperatorModel) -> list[str]:
    return [r.reading for r in one.readings if r.verdict != "proved"]


def _implied_here(r: ReadingModel, one: OperatorModel) -> str | None:
    """The reading that implies it, where that one's own proof is written out too."""
    by = (r.certificate or {}).get("by") if (r.certificate or {}).get("kind") == "implied" else None
    beside = (r.certificate or {}).get("with", {})
    shown = {x.reading for x in one.readings if x.verdict == "proved"}
    return " and ".join(f"`{x}`" for x in (by, *beside)) if by in shown and set(beside) <= shown else None


# ---- text


def _text(one: OperatorModel) -> str:
    title = f"{one.name} ({one.target})"
    lines = [title, "=" * min(len(title), WIDTH), ""]
    for group, r in _proofs(one):
        lines += [f"{', '.join(x.reading for x in group)}: proved for {r.scope}", ""]
        by = _implied_here(r, one)
        found: Iterable[Step] = [Step(f"It follows from {by}")] if by else steps.of(r.certificate or {})
        for step in found:
            lines += _text_step(step)
        lines.append("")
    if _open(one):
        lines += _wrapped(f"No proof: {', '.join(_open(one))}.", "")
    return "\n".join(lines) + "\n"


def _text_step(step: Step) -> list[str]:
    heads = {"theorem": "Theorem. ", "proof": "Proof. ", "step": "", "case": ""}
    words = (heads[step.kind] + step.words).replace("`", "")
    if step.formula is None:
        return _wrapped(words if words.endswith((".", ":", ",")) else f"{words}.", "  ")
    return [*_wrapped(words, "  "), *_wrapped(step.formula(Writer()) + step.end, "      ")]


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=True, break_on_hyphens=False
    )


# ---- LaTeX


def _latex(one: OperatorModel) -> str:
    lines = [rf"\section*{{The operator \texttt{{{_escaped(one.name)}}}}}", ""]
    for group, r in _proofs(one):
        names = ", ".join(rf"\emph{{{_escaped(x.reading)}}}" for x in group)
        lines += [rf"\paragraph{{{names}}} Proved for {tex(str(r.scope))}.", ""]
        by = _implied_here(r, one)
        found: Iterable[Step] = [Step(f"It follows from {by}")] if by else steps.of(r.certificate or {})
        for step in found:
            lines += [*_latex_step(step), ""]
    if _open(one):
        lines += [rf"\paragraph{{Not proved}} {', '.join(_escaped(x) for x in _open(one))}.", ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return "".join(
        {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$"}.get(x, x if x.isascii() else "?") for x in text
    )


def _latex_step(step: Step) -> list[str]:
    heads = {"theorem": r"\textbf{Theorem.} ", "proof": r"\textit{Proof.} ", "step": "", "case": ""}
    words = heads[step.kind] + tex(step.words)
    if step.kind == "proof":
        return [rf"{words} \hfill$\square$"]
    if step.formula is None:
        return [words if words.endswith((".", ":", ",")) else f"{words}."]
    shown = _lines(step.formula(Writer(tex=True)) + step.end)
    if len(shown) == 1:
        return [words, rf"\[ {shown[0]} \]"]
    body = " \\\\\n  {} ".join(shown)
    return [words, r"\begin{multline*}", f"  {body}", r"\end{multline*}"]


def _lines(formula: str) -> Sequence[str]:
    """A display broken between terms that stand in no braces and between no \\left and \\right."""
    if len(formula) <= LINE:
        return [formula]
    out, depth, line = [], 0, ""
    for piece in re.split(r"(\\left|\\right|\\begin|\\end|[{}]| (?=[+=-] )|, \\quad )", formula):
        depth += {"{": 1, "}": -1, "\\left": 1, "\\right": -1, "\\begin": 1, "\\end": -1}.get(piece, 0)
        if depth == 0 and (piece == " " or piece.startswith(", \\quad")) and len(line) > LINE - 20:
            out.append(line + piece.rstrip())
            line = ""
        else:
            line += piece
    return [*out, line] if line else out
