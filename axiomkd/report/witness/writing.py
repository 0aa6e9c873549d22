r"""A witness as it is pasted into a paper (LaTeX, amsmath) or into a thread (Markdown): about six lines each.

Every number is the report's: a fraction as \tfrac, a ball's double with \approx. It knows no operator and evaluates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from axiomkd import axioms
from axiomkd.core.softener import softener
from axiomkd.report.bars import CONTROL, approximately, beside, short, value
from axiomkd.report.markdown import plain
from axiomkd.report.panel import Others, Panel, Row, columns, few, panel, two_points
from axiomkd.report.witness.value import Witness

DIGITS = 6
LONG = 12  # digits of a fraction that is still written as one
WIDE, TALL = 8, 10  # classes and teachers that have columns and rows of their own

# --- LaTeX -------------------------------------------------------------------------------------------------------------------

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "→": r"$\to$",
    "←": r"$\leftarrow$",
    "≈": r"$\approx$",
    "…": r"\ldots{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "²": "$^2$",
    "₁": "$_1$",
    "‖": r"$\|$",
    "Σ": r"$\Sigma$",
    "∞": r"$\infty$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "∈": r"$\in$",
    "Δ": r"$\Delta$",
    "½": r"$\tfrac12$",
    "ε": r"$\varepsilon$",
    "α": r"$\alpha$",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
}
_FRACTION = re.compile(r"(?<![\w.^/{}])(-?\d+)/(\d+)(?![\w/])")
_POWER = re.compile(r"(?<![\w.])2\^(-?\d+)(?!\w)")


def latex(witness: Witness) -> str:
    """A counterexample in words and formulas: the operator and the claim, the point, the aggregates, what is wrong."""
    reading = axioms.BY_NAME[witness.reading.partition("/")[2]]
    shown = panel(witness.row(), witness.model())
    name = rf"\texttt{{{tex(re.split('::?', witness.target)[-1])}}}"
    kind, says = SAYS[witness.verdict]
    opening = rf"\textbf{{{kind}.}} The operator {name} {says}"
    end = "," if witness.exact.P2 is not None or witness.exact.w2 is not None else "."
    lines = [
        rf"{opening} \emph{{{tex(reading.name)}}} (an instance of {tex(reading.axiom.replace('-', ' '))}): ${reading.latex}$.",
        rf"With $K = {witness.K}$ teachers and $C = {witness.C}$ classes, both counted from $0$, let",
        rf"\[ P = {_matrix(witness.model().P, shown)},\qquad w = {_tuple(witness.model().w)}{_further(witness)}{end} \]",
        *_second(witness, shown),
    ]
    if witness.exact.value:
        lines.append(rf"Then {', '.join(_aggregates(witness, shown))}" + (":" if witness.message else "."))
    return "\n".join([*lines, *([_sentence(witness.message)] if witness.message else [])])


SAYS = {
    "refuted": ("Counterexample", "violates"),
    "fragile": ("Witness", "computes badly in floating point where this is asked:"),
    "error": ("Witness", "misbehaves where this is asked:"),
}


def tex(text: str) -> str:
    """A text in which nothing is markup, and nothing needs a font that a plain document lacks."""
    text = CONTROL.sub("", text).replace("\n", " ").replace("\t", " ")
    return "".join(_TEX.get(x, x if x.isascii() else "?") for x in text)


def _sentence(message: str) -> str:
    """The finding, its fractions and powers set as such."""
    parts: list[str] = []
    last = 0
    found = sorted([*_FRACTION.finditer(message), *_POWER.finditer(message)], key=lambda m: m.start())
    for one in found:
        if one.start() < last:
            continue
        shown = f"$2^{{{one[1]}}}$" if one.re is _POWER else f"${_fraction(Fraction(int(one[1]), int(one[2]) or 1))}$"
        parts += [tex(message[last : one.start()]), shown]
        last = one.end()
    text = "".join([*parts, tex(message[last:])]).strip()
    return text[:1].lower() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def number(text: str) -> str:
    """One number in math mode."""
    x = value(text)
    if not isinstance(x, Fraction):
        return {"inf": r"\infty", "-inf": r"-\infty"}.get(text, r"\mathrm{NaN}")
    if "x" not in text:
        base, side = beside(x)
        if side:
            return f"{_fraction(base)} {side} {_tiny(abs(x - base))}"
        if len(text.lstrip("-")) <= LONG:
            return _fraction(x)
    if 0 < abs(x) < Fraction(1, 2**60):
        return ("-" if x < 0 else "") + _tiny(abs(x))
    return _decimal(x)


def _fraction(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x.numerator)
    return rf"{'-' if x < 0 else ''}\tfrac{{{abs(x.numerator)}}}{{{x.denominator}}}"


def _tiny(x: Fraction) -> str:
    power = short(str(x))
    found = re.fullmatch(r"(≈?)2\^(-?\d+)", power)
    if found:
        return f"2^{{{found[2]}}}"
    return _fraction(x) if len(str(x)) <= LONG else _decimal(x)


def _decimal(x: Fraction) -> str:
    mantissa, _, exponent = f"{approximately(x):.{DIGITS}g}".partition("e")
    return mantissa + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else "")


def _relation(row: Sequence[str]) -> str:
    return r"\approx" if _rounded(row) else "="


def _rounded(row: Sequence[str]) -> bool:
    """Whether any number of the row is written with fewer digits than it has."""
    return any("x" in text or (len(text.lstrip("-")) > LONG and not _plain(text)) for text in row)


def _plain(text: str) -> bool:
    x = value(text)
    return not isinstance(x, Fraction) or bool(beside(x)[1]) or 0 < abs(x) < Fraction(1, 2**60)


def _tuple(row: Sequence[str], wanted: Sequence[int] = ()) -> str:
    """A vector; of a long one, the entries that matter and those that differ from most."""
    if len(row) > WIDE and len(set(row)) == 1:
        return rf"({number(row[0])}, \ldots, {number(row[0])})"
    some = range(len(row)) if len(row) <= WIDE else columns([Row("", "", (), tuple(row))], len(row), wanted, WIDE)
    return rf"({', '.join(chr(92) + 'ldots' if isinstance(i, Others) else number(row[i]) for i in some)})"


def _matrix(P: Sequence[Sequence[str]], shown: Panel) -> str:
    rows = [Row("teacher", f"teacher {k}", (), tuple(row)) for k, row in enumerate(P)]
    C = len(P[0])
    some = list(range(C)) if C <= WIDE else columns(rows, C, shown.classes, WIDE)
    cells = [[r"\cdots" if isinstance(i, Others) else number(row.numbers[i]) for i in some] for row in rows]
    if len(cells) > TALL:
        cells = [*cells[: TALL - 2], [r"\vdots"] * len(some), cells[-1]]
    body = r" \\ ".join(" & ".join(row) for row in cells)
    return rf"\left(\begin{{array}}{{{'c' * len(some)}}} {body} \end{{array}}\right)"


def _further(witness: Witness) -> str:
    """What else the claim looks at: the teacher that gains, t, T, the direction."""
    model = witness.model()
    parts: list[str] = []
    if model.teacher is not None and model.t is not None:
        parts.append(
            rf"k = {model.teacher}" if model.t == ["1"] else rf"k = {model.teacher},\qquad w(t) = (1 - t)\,w + t\,e_k"
        )
    if model.T:
        names = ["T"] if len(model.T) == 1 else ["T", "T'"]
        parts += [f"{name} = {number(T)}" for name, T in zip(names, (model.T[0], model.T[-1]), strict=False)]
        parts.append(softener(witness.softener).latex.partition(",")[0])
    if model.Ts is not None:
        parts.append(rf"t = {_tuple(model.Ts)}")
    if model.t is None and model.teacher is not None and model.Ts is None:
        parts.append(f"k = {model.teacher}" + ("" if model.teacher2 is None else rf",\ k' = {model.teacher2}"))
    if model.delta is not None:
        parts.append(rf"\delta = {number(model.delta)},\qquad w' = w + \delta(e_k - e_{{k'}})")
    for name, row in (("d", model.direction), ("y", model.truth), ("s", model.student), ("l", model.likelihood)):
        if row is not None:
            parts.append(f"{name} = {_tuple(row)}")
    if model.pi is not None:
        parts.append(rf"\pi = {_tuple(model.pi)}")
    if model.classes is not None:
        parts.append(rf"S = \{{{', '.join(map(str, model.classes))}\}}")
    return "".join(rf",\qquad {part}" for part in parts)


def _second(witness: Witness, shown: Panel) -> list[str]:
    model = witness.model()
    if model.P2 is None and model.w2 is None:
        return []
    if not two_points(witness.row(), model):
        return [rf"and, for the rows of $P$ that change, \[ P' = {_matrix(model.P2 or model.P, shown)}. \]"]
    parts = [f"P' = {_matrix(model.P2, shown)}"] if model.P2 is not None else ["P' = P"]
    parts += [f"w' = {_tuple(model.w2)}"] if model.w2 is not None else ["w' = w"]
    return [
        rf"and, as a second point, \[ {(chr(92) + 'qquad ').join(f'{one},' for one in parts).removesuffix(',')}. \]"
    ]


def _aggregates(witness: Witness, shown: Panel) -> list[str]:
    rows = [row for row in shown.rows if row.kind == "aggregate"]
    two = two_points(witness.row(), witness.model())
    return [_aggregate(row, _formula(row.label, n, two), shown.classes) for n, row in enumerate(rows)]


def _aggregate(row: Row, name: str, classes: Sequence[int]) -> str:
    return rf"${name} {_relation(row.numbers)} {_tuple(row.numbers, classes)}$"


def _formula(label: str, n: int, two: bool) -> str:
    """What a row of the table is, as a formula: A(P, w), A(P, w(t)), A_T(P, w), A(P', w')."""
    if two:
        return "A(P, w)" if n == 0 else "A(P', w')"
    found = re.fullmatch(r"aggregate, (t|T) (?:=|≈) (.+)", label)
    if found and found[1] == "T":
        return rf"A_{{{_inline(found[2])}}}(P, w)"
    if found:
        return "A(P, w)" if found[2] == "0" else rf"A(P, w({_inline(found[2])}))"
    if re.match(r"aggregate, t_\d+ ", label):
        return "A(S_t P, w)"
    ended = re.fullmatch(r"aggregate, (?:row (\d+)|all rows) (uniform|one-hot)", label)
    if ended:
        row = "p_k" if ended[1] is None else f"p_{{{ended[1]}}}"
        return rf"A(P\,|\,{row} := {'U' if ended[2] == 'uniform' else 'e_j'}, w)"
    beside = _BESIDE.get(label.removeprefix("aggregate, ").split(" ")[0])
    if beside is not None:
        return beside(label)
    if label.startswith("aggregate, all on teacher"):
        return rf"A(P, e_{{{label.rpartition(' ')[2]}}})"
    return "A(P, w)" if label != "float64 gives" else r"\mathrm{fl}\bigl(A(P, w)\bigr)"


_BESIDE: Mapping[str, Callable[[str], str]] = {
    "w'": lambda _label: "A(P, w')",
    "row": lambda label: "A(P', w)" if label.endswith("changed") else rf"A(P \mid p_{{{label.split()[-2]}}}', w)",
    "rows": lambda label: r"A(P \circ l, w)" if label.endswith("updated") else "A(P', w)",
    "no": lambda _label: "A(P, w)",
}
"""What an aggregate is, by the first word of its label, where the claim looks at more than weights and temperatures."""


def _inline(shown: str) -> str:
    """A label's number as math: `1/2`, `2^41`, `0.0714286`, `1/2+`."""
    power = re.fullmatch(r"2\^(-?\d+)", shown)
    if power:
        return f"2^{{{power[1]}}}"
    return f"{tex(shown[:-1])}^{{{shown[-1]}}}" if shown[-1:] in ("+", "-") else tex(shown)


# --- Markdown ----------------------------------------------------------------------------------------------------------------


def markdown(witness: Witness) -> str:
    """A sentence, the witness as a table, and the margin."""
    reading = axioms.BY_NAME[witness.reading.partition("/")[2]]
    shown = panel(witness.row(), witness.model())
    rows = few(shown.rows, shown.teacher, TALL)
    some = list(range(witness.C)) if witness.C <= WIDE else columns(rows, witness.C, shown.classes, WIDE)
    heads = ["", *shown.weights, *(i.heading if isinstance(i, Others) else f"class {i}" for i in some)]
    how = f" ({witness.confirmed})" if witness.confirmed else ""
    said = f": {plain(witness.message)}" if witness.message else f": {plain(reading.statement)}"
    return "\n".join(
        [
            f"**{plain(witness.target)}** · {witness.reading} **{witness.verdict}**{how}{said}",
            "",
            _cells(heads),
            _cells(["---"] * len(heads)),
            *(_cells(_row(row, len(shown.weights), some)) for row in rows),
            *(f"\n{plain(note)}" for note in shown.notes),
        ]
    )


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(row: Row, weights: int, some: Sequence[int | Others]) -> list[str]:
    told = [*map(short, row.weights), *[""] * (weights - len(row.weights))]
    numbers = ["" if not row.numbers else _entry(row, i) for i in some]
    return [plain(row.label), *told, *numbers]


def _entry(row: Row, i: int | Others) -> str:
    place = i.like if isinstance(i, Others) else i
    return "…" if place is None else short(row.numbers[place])
