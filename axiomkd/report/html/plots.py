"""Curves in a frame: axes with round numbers, lines with their names at their ends, marks. It knows no operator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from axiomkd.report.html.tree import E, Element

WIDTH, HEIGHT = 380.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 96.0, 16.0, 40.0
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LETTER, LINE = 6.4, 13.0  # of text in the units of a picture


@dataclass(frozen=True)
class Line:
    """Points (x, y), gaps where y is None; its name stands at its end."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    colour: int = 0


@dataclass(frozen=True)
class Mark:
    """A point that matters, with its name."""

    name: str
    x: float
    y: float | None = None


@dataclass(frozen=True)
class Axis:
    name: str
    low: float
    high: float
    logarithmic: bool = False
    whole: bool = False

    def at(self, value: float) -> float:
        """The place of a value, from 0 to 1."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return 0.5 if high == low else min(max((self._scaled(value) - low) / (high - low), 0.0), 1.0)

    def _scaled(self, value: float) -> float:
        return math.log(max(value, 1e-300)) if self.logarithmic else value

    def ticks(self) -> list[float]:
        """Round numbers within."""
        if self.logarithmic:
            base = 4 if self.high / self.low < 1e4 else 10
            first, last = math.ceil(math.log(self.low, base) - 1e-9), math.floor(math.log(self.high, base) + 1e-9)
            step = max(1, math.ceil((last - first + 1) / 5))
            return [float(base) ** n for n in range(first, last + 1, step)]
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        raw = span / 4
        power = 10 ** math.floor(math.log10(raw))
        step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Plot:
    """What a picture shows. `levels` are (name, y): dashed lines across."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    levels: Sequence[tuple[str, float]] = field(default_factory=tuple)


def draw(plot: Plot) -> Element:
    """The picture as SVG."""
    body = [*_frame(plot), *_levels(plot)]
    for line in plot.lines:
        body.append(E("path", d=_path(plot, line), class_=f"line c{line.colour % 8}"))
    body += [*_names(plot), *_marks(plot)]
    return E(
        "svg", E("title", plot.title), *body, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img", aria_label=plot.title
    )


def _x(plot: Plot, value: float) -> float:
    return LEFT + plot.x.at(value) * (WIDTH - LEFT - RIGHT)


def _y(plot: Plot, value: float) -> float:
    return HEIGHT - BOTTOM - plot.y.at(value) * (HEIGHT - TOP - BOTTOM)


def number(value: float) -> str:
    """A tick's number."""
    if value == 0:
        return "0"
    if 0 < abs(value) < 1 and math.isclose(1 / value, round(1 / value)) and round(1 / abs(value)) in (2, 4, 16, 64):
        return f"1/{round(1 / value)}" if value > 0 else f"−1/{round(-1 / value)}"
    if abs(value) >= 10_000:
        power = math.log10(abs(value))
        return f"10{str(round(power)).translate(RAISED)}" if math.isclose(power, round(power)) else f"{value:.2g}"
    return f"{value:.3g}".replace("-", "−")


def _frame(plot: Plot) -> list[Element]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    out = [E("path", d=f"M{LEFT:g} {TOP:g}V{bottom:g}H{right:g}", class_="axis")]
    for value in plot.x.ticks():
        x = _x(plot, value)
        out.append(E("path", d=f"M{x:.1f} {bottom:g}v4", class_="axis"))
        out.append(E("text", number(value), x=x, y=bottom + 16, class_="tick middle"))
    for value in plot.y.ticks():
        y = _y(plot, value)
        out.append(E("path", d=f"M{LEFT:g} {y:.1f}H{right:g}", class_="grid"))
        out.append(E("text", number(value), x=LEFT - 6, y=y + 4, class_="tick end"))
    out.append(E("text", plot.x.name, x=(LEFT + right) / 2, y=HEIGHT - 6, class_="name middle"))
    middle = (TOP + bottom) / 2
    out.append(E("text", plot.y.name, x=12.0, y=middle, class_="name middle", transform=f"rotate(-90 12 {middle:.1f})"))
    return out


def _levels(plot: Plot) -> list[Element]:
    out = []
    for name, value in plot.levels:
        if plot.y.low <= value <= plot.y.high:
            y = _y(plot, value)
            out.append(E("path", d=f"M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}", class_="level"))
            out.append(E("text", name, x=LEFT + 4, y=y - 4, class_="tick"))
    return out


def _path(plot: Plot, line: Line) -> str:
    parts, pen = [], "M"
    for x, y in zip(line.x, line.y, strict=True):
        if y is None or not math.isfinite(y):
            pen = "M"
            continue
        parts.append(f"{pen}{_x(plot, x):.1f} {_y(plot, y):.1f}")
        pen = "L"
    if len(parts) == 1:
        parts.append("h0.01")  # a single point, drawn by its round ends
    return "".join(parts)


def _names(plot: Plot) -> list[Element]:
    """The names of the lines at their ends, moved apart where they would touch."""
    ends = []
    for line in plot.lines:
        last = next((y for y in reversed(line.y) if y is not None and math.isfinite(y)), None)
        if last is not None:
            ends.append((_y(plot, last), line))
    ends.sort(key=lambda end: end[0])
    places = spread([y for y, _ in ends], LINE, TOP + 4, HEIGHT - BOTTOM)
    return [
        E("text", line.name, x=WIDTH - RIGHT + 6, y=y + 4, class_=f"tick t{line.colour % 8}")
        for y, (_, line) in zip(places, ends, strict=True)
    ]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Sorted places moved so that neighbours are at least `gap` apart, within [low, high] where there is room."""
    out: list[float] = []
    for place in places:
        out.append(max(place, out[-1] + gap) if out else max(place, low))
    if out and out[-1] > high:
        out[-1] = high
        for n in range(len(out) - 2, -1, -1):
            out[n] = min(out[n], out[n + 1] - gap)
    return out


def _marks(plot: Plot) -> list[Element]:
    """The marks, each with its name where neither a level's name nor another mark's is written."""
    out = []
    taken = [(LEFT + 4, _y(plot, value) - 4, name) for name, value in plot.levels]
    for mark in plot.marks:
        x = _x(plot, mark.x)
        if mark.y is None:
            out.append(E("path", d=f"M{x:.1f} {TOP:g}V{HEIGHT - BOTTOM:g}", class_="level"))
        else:
            out.append(E("circle", cx=x, cy=_y(plot, mark.y), r=5.0, class_="mark"))
        left = max(min(x + 5, WIDTH - 4 - len(mark.name) * LETTER), LEFT + 2)
        first = TOP + 10 if mark.y is None else max(_y(plot, mark.y) - 10, TOP + 10)
        y = next((y for y in _heights(first) if not any(_touch((left, y, mark.name), one) for one in taken)), first)
        taken.append((left, y, mark.name))
        out.append(E("text", mark.name, x=left, y=y, class_="tick strong"))
    return out


def _heights(first: float) -> list[float]:
    """Where a name may stand, the nearest to where it belongs first, all within the frame."""
    lines = [TOP + 10 + LINE * n for n in range(int((HEIGHT - BOTTOM - TOP - 10) / LINE))]
    return sorted([first, *lines], key=lambda y: abs(y - first))


Written = tuple[float, float, str]


def _touch(a: Written, b: Written) -> bool:
    """Whether two texts, by their left ends on the line, lie on one another."""
    across = a[0] < b[0] + len(b[2]) * LETTER and b[0] < a[0] + len(a[2]) * LETTER
    return across and abs(a[1] - b[1]) < LINE
