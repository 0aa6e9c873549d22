"""Two reports side by side on a terminal: what differs, operator by operator, and a line that counts it.

Like the terminal report it knows rich; what has changed is not its to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from axiomkd.core.report import OperatorModel, ReadingModel
from axiomkd.gate.comparison import Change, Comparison, Pair
from axiomkd.report import phrases
from axiomkd.report.terminal import STYLES, pen_of

WORDS = {
    "lost": ("no longer holds", "bold red"),
    "gained": ("holds now", "green"),
    "weaker": ("no longer proved", "yellow"),
    "stronger": ("proved now", "green"),
    "verdict": ("another verdict", "yellow"),
    "scope": ("another scope", "yellow"),
    "proof": ("another proof", "yellow"),
    "margin": ("another margin", "yellow"),
    "new": ("new", ""),
    "gone": ("not checked", "yellow"),
}
SLOWER = 1.5  # times are told where one is so many times the other, and both are worth telling
WORTH = 1.0  # seconds
WIDE = 110  # from so many columns on old and new stand side by side


def render(found: Comparison, *, console: Console) -> None:
    """Print what has changed; what has not is only counted."""
    pen = pen_of(console)

    def say(*parts: tuple[str, str]) -> None:
        line = Text.assemble(*((pen.text(text), style) for text, style in parts))
        console.print(line, markup=False, highlight=False, emoji=False)

    for name, old, new in found.settings:
        say((f"{name}: {old} → {new}", "yellow"))
    if found.settings:
        say(("Verdicts may differ by these alone.", "dim"))
        say(("", ""))
    for pair in found.pairs:
        told = [one for one in pair.changes if one.kind != "same"]
        note = _note(pair)
        if not told and not note:
            continue
        say((pair.name, "bold"), (f"  {note}" if note else "", ""))
        if pair.old is not None and pair.new is not None and told:
            console.print(_table(told, wide=console.width >= WIDE, text=pen.text))
        say(("", ""))
    say((summary(found), "bold"))


def _note(pair: Pair) -> str:
    if pair.unloaded:
        return f"could not be loaded: it was {_status(pair.old)}"
    if pair.old is None or pair.new is None:
        one, word = (pair.new, "new") if pair.old is None else (pair.old, "not in the new report")
        return f"{word}: {_status(one)}"
    parts = [f"was {pair.moved}" if pair.moved else "", _status_change(pair.old, pair.new), _times(pair.old, pair.new)]
    return " · ".join(part for part in parts if part)


def _status(one: OperatorModel | None) -> str:
    return "" if one is None else one.status


def _status_change(old: OperatorModel, new: OperatorModel) -> str:
    return f"{old.status} → {new.status}" if old.status != new.status else ""


def _times(old: OperatorModel, new: OperatorModel) -> str:
    low, high = sorted((old.seconds, new.seconds))
    told = high >= WORTH and high > SLOWER * low
    return f"{old.seconds:.1f} s → {new.seconds:.1f} s" if told else ""


def _table(changes: list[Change], *, wide: bool, text: Callable[[str], str]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4 if wide else 2):
        table.add_column(overflow="fold")
    for one in changes:
        margins = _margins(one) if one.kind == "margin" else (None, None)
        word, style = WORDS[one.kind]
        name = Text(text(f"{'* ' if _is_required(one) else '  '}{one.id if wide else one.name}"))
        cells = [_cell(one.old, text, margins[0]), _cell(one.new, text, margins[1])]
        if wide:
            table.add_row(name, Text(text(word), style=style), *cells)
        else:
            table.add_row(name, Text(text(word), style=style))
            table.add_row(Text("    old"), cells[0])
            table.add_row(Text("    new"), cells[1])
    return table


def _is_required(change: Change) -> bool:
    """Whether either report requires the reading."""
    return any(one is not None and one.required for one in (change.old, change.new))


def _margins(change: Change) -> tuple[str, str]:
    """Both margins, with no more digits than tell them apart."""
    values = [None if one is None else one.margin for one in (change.old, change.new)]
    digits = next((n for n in range(3, 18) if len({_rounded(x, n) for x in values}) > 1), 17)
    return _rounded(values[0], digits), _rounded(values[1], digits)


def _rounded(margin: float | None, digits: int) -> str:
    return "no margin" if margin is None else f"margin {margin:.{digits}g}"


def _cell(reading: ReadingModel | None, text: Callable[[str], str], margin: str | None) -> Text:
    if reading is None:
        return Text(text("not checked"), style="dim")
    word, separator, rest = phrases.verdict(reading).partition(" · ")
    if margin is not None:
        separator, rest = " · ", margin
    return Text.assemble((text(word), STYLES[reading.verdict]), (text(separator + rest), "dim"))


def summary(found: Comparison) -> str:
    """The counts: `1 reading no longer holds, 2 hold now, 16 as before`."""
    there = [pair for pair in found.pairs if (pair.old and pair.new) or pair.unloaded]
    count = Counter(one.kind for pair in there for one in pair.changes)
    lost, gained = count["lost"], count["gained"]
    other = count.total() - lost - gained - count["same"]
    parts = [f"{lost} reading{'' if lost == 1 else 's'} no longer hold{'s' if lost == 1 else ''}"] if lost else []
    parts += [f"{gained} hold{'s' if gained == 1 else ''} now"] if gained else []
    parts += [f"{other} otherwise changed"] if other else []
    parts += [f"{count['same']} as before"] if count["same"] else []
    parts += list(_apart(found))
    return ", ".join(parts) or "nothing to compare"


def _apart(found: Comparison) -> Iterator[str]:
    for side, word in (("old", "new"), ("new", "gone")):
        alone = sum(getattr(pair, side) is None and not pair.unloaded for pair in found.pairs)
        if alone:
            yield f"{alone} operator{'' if alone == 1 else 's'} {word}"
